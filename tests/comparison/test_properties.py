"""Laws that hold for every text, every encoding and every set of documents."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.formats import show
from tests.reference import ENCODINGS, References, load_tiktoken
from tests.strategies import ANY_TEXT, TEXT, examples
from tokcompare import Comparison, Counts, Document, compare, count_tokens, load_encoding
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.counts import add_counts
from tokcompare.counting.quantities import QUANTITIES, VALUES
from tokcompare.encodings import load_encodings
from tokcompare.metrics import compression_ratio as ratio
from tokcompare.text import replace_surrogates

LANGUAGE = st.sampled_from(["gu", "hi", "en", "und", "xx"])
DOCUMENTS = st.lists(st.builds(Document, text=TEXT, language=LANGUAGE), max_size=8)
ENCODING = st.sampled_from(ENCODINGS)


@pytest.fixture(scope="module", autouse=True)
def _load_first() -> None:
    """Keeps the time of loading out of the time of the first example."""
    load_encodings(ENCODINGS)


@settings(max_examples=examples(1_000), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT, name=ENCODING)
def test_equals_tiktoken(references: References, text: str, name: str) -> None:
    tokens = references[name].encode_ordinary(text)
    assert load_encoding(name).encode(text) == tokens
    assert count_tokens(text, name) == len(tokens)


@settings(max_examples=examples(1_000), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT, name=ENCODING, length=st.integers(2, 5))
def test_encoding_around_runs_equals_tiktoken(
    references: References, text: str, name: str, length: int
) -> None:
    tokens = references[name].encode_ordinary(text)
    assert load_tiktoken(name)._encode_around_runs(text, length) == tokens


@given(text=TEXT, name=ENCODING)
def test_tokens_join_to_the_bytes_of_the_text(text: str, name: str) -> None:
    encoding = load_tiktoken(name)
    tokens = encoding.encode(text)
    content = replace_surrogates(text).encode()
    assert b"".join(map(encoding.tiktoken.decode_single_token_bytes, tokens)) == content
    assert len(tokens) <= len(content)
    assert all(0 <= token < encoding.vocabulary_size for token in tokens)


@given(text=ANY_TEXT)
def test_well_formed_text_is_as_it_was(text: str) -> None:
    repaired = replace_surrogates(text)
    assert replace_surrogates(repaired) is repaired
    assert repaired == text or any(0xD800 <= ord(character) <= 0xDFFF for character in text)


def counts_by_language(comparison: Comparison) -> dict[str, Counts]:
    return {row.language.code: row.counts for row in comparison.rows}


@given(data=st.data(), documents=DOCUMENTS)
def test_order_of_documents_changes_no_count(
    data: st.DataObject, documents: list[Document]
) -> None:
    shuffled = data.draw(st.permutations(documents))
    one, other = compare(documents), compare(shuffled)
    assert counts_by_language(one) == counts_by_language(other)
    assert one.total == other.total


@given(documents=DOCUMENTS, cut=st.integers(0, 8))
def test_counts_add_up_wherever_documents_are_split(documents: list[Document], cut: int) -> None:
    counting = DocumentCounter(
        encodings=tuple(load_encodings(ENCODINGS)),
        optional=tuple(q for q in QUANTITIES.values() if q is not VALUES),
    )

    def count(part: list[Document]) -> Counts:
        return add_counts([counting.nothing(), *map(counting.count, part)])

    assert count(documents[:cut]) + count(documents[cut:]) == count(documents)
    assert count(documents[::-1]) == count(documents)
    assert count(documents).tokens == compare(documents).total.tokens


@given(text=TEXT)
def test_swapping_the_encodings_inverts_the_ratio(text: str) -> None:
    assume(text)
    old, new = compare(text), compare(text, encodings=ENCODINGS[::-1])
    there = old.metrics(old.total, ENCODINGS[1])["compression_ratio"]
    back = new.metrics(new.total, ENCODINGS[0])["compression_ratio"]
    assert there * back == pytest.approx(1)


@given(documents=DOCUMENTS)
def test_ratio_of_sums_lies_between_least_and_greatest_ratio(documents: list[Document]) -> None:
    old, new = ENCODINGS
    comparison = compare(documents)
    ratios = [
        value
        for row in comparison.rows
        if not math.isnan(value := ratio(row.counts, baseline=old, encoding=new))
    ]
    assume(ratios)
    assert min(ratios) <= ratio(comparison.total, baseline=old, encoding=new) <= max(ratios)


@given(documents=DOCUMENTS, language=st.text())
def test_relabelling_languages_changes_no_count(documents: list[Document], language: str) -> None:
    relabelled = [Document(text=document.text, language=language) for document in documents]
    one, other = compare(relabelled).total, compare(documents).total
    assert replace(one, digest=0) == replace(other, digest=0)


@given(documents=DOCUMENTS, name=st.sampled_from(["table", "markdown", "csv", "json"]))
def test_everything_can_be_shown(documents: list[Document], name: str) -> None:
    assert show(compare(documents), name).encode().endswith(b"\n")


@given(documents=DOCUMENTS)
def test_everything_can_be_shown_in_a_notebook(documents: list[Document]) -> None:
    assert compare(documents)._repr_html_().encode().endswith(b"</div>")
