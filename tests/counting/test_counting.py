"""Counts are whole numbers that add up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tokcompare import (
    ArgumentError,
    Counts,
    Document,
    UnknownNameError,
    count_tokens,
    load_encoding,
)
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.quantities import QUANTITIES
from tokcompare.encodings import load_encodings

BOTH = DocumentCounter(encodings=tuple(load_encodings(["cl100k_base", "o200k_base"])))
DIGEST = "30cea13cc0b30e9bbd7ed766ec88ab304a70bf232317873cc3a23dbd7f525e8a"


def test_count_tokens() -> None:
    gujarati = "હેલો, મારું નામ જીપીટી-4o છે. હું એક નવા પ્રકારનું ભાષા મોડલ છું. તમને મળીને સારું લાગ્યું!"
    assert count_tokens(gujarati, "cl100k_base") == 145
    assert count_tokens(gujarati, "o200k_base") == 33


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), (" ", 1), ("\0", 1), ("\0\0\0", 3), ("\x1b[31m", 3), ("|", 1), ("\n", 1)],
)
def test_count_of_odd_text(text: str, count: int) -> None:
    assert count_tokens(text, "cl100k_base") == count


@pytest.mark.parametrize("text", [b"bytes", None, 7, ["list"]])
def test_count_of_no_text(text: object) -> None:
    with pytest.raises(ArgumentError, match="must be a str, not"):
        count_tokens(text, "o200k_base")  # type: ignore[arg-type]


def test_count_under_no_encoding() -> None:
    with pytest.raises(UnknownNameError, match="'o200k_base'"):
        count_tokens("text", "o200k")


def test_counts_of_a_document() -> None:
    document = Document(text="Zoë 😀", published={"cl100k_base": 7, "other": 1})
    counts = BOTH.count(document)
    assert counts.documents == 1
    assert counts.sums == {
        "bytes": 9,  # three letters of which one has two bytes, a blank, four bytes
        "characters": 5,
        "tokens cl100k_base": 4,
        "tokens o200k_base": 3,
        "unnormalized": 0,
    }
    assert counts.products == {
        ("bytes", "bytes"): 81,
        ("bytes", "characters"): 45,
        ("bytes", "tokens cl100k_base"): 36,
        ("bytes", "tokens o200k_base"): 27,
        ("characters", "characters"): 25,
        ("characters", "tokens cl100k_base"): 20,
        ("characters", "tokens o200k_base"): 15,
        ("tokens cl100k_base", "tokens cl100k_base"): 16,
        ("tokens cl100k_base", "tokens o200k_base"): 12,
        ("tokens o200k_base", "tokens o200k_base"): 9,
    }
    assert counts.published == {"cl100k_base": 7}
    # printf 'und\nZoë 😀' | sha256sum
    assert f"{counts.digest:064x}" == DIGEST
    assert (counts.ids, counts.word_types, counts.values) == ({}, None, {})
    assert (counts.bytes, counts.characters) == (9, 5)
    assert counts.tokens == {"cl100k_base": 4, "o200k_base": 3}


def test_everything_that_can_be_asked_for() -> None:
    counting = DocumentCounter(
        encodings=tuple(load_encodings("o200k_base")), optional=tuple(QUANTITIES.values())
    )
    counts = counting.count(Document(text="hello hello tokenizers", language="en"))
    # " hello" is one token, " tokenizers" two.
    assert counts.sums == {
        "bytes": 22,
        "characters": 22,
        "graphemes": 22,
        "words": 3,
        "tokens o200k_base": 4,
        "continued o200k_base": 1,
        "unnormalized": 0,
    }
    hello, space_hello, token, izers = load_encoding("o200k_base").encode("hello hello tokenizers")
    assert counts.ids == {"o200k_base": {hello: 1, space_hello: 1, token: 1, izers: 1}}
    assert counts.word_types == {"hello": (1,), "tokenizers": (2,)}
    assert counts.values["words"] == (3,)
    assert counts.products["words", "tokens o200k_base"] == 12


@pytest.mark.parametrize("language", ["zh", "ja", "th", "km", "yue"])
def test_words_are_not_counted_where_spaces_do_not_part_them(language: str) -> None:
    counting = DocumentCounter(
        encodings=tuple(load_encodings("o200k_base")), optional=tuple(QUANTITIES.values())
    )
    counts = counting.count(Document(text="hello", language=language))
    assert "words" not in counts.sums
    assert "continued o200k_base" not in counts.sums
    assert counts.word_types is None
    # Of a text with such a part nothing is said of words either.
    total = counting.count(Document(text="hello", language="en")) + counts
    assert "words" not in total.sums
    assert total.word_types is None
    assert "words" not in total.values
    assert total.sums["graphemes"] == 10


def test_text_is_normalized_if_asked_for() -> None:
    decomposed = Document(text="Vie\u0323\u0302t Nam")
    assert BOTH.count(decomposed).sums["unnormalized"] == 6
    composed = replace(BOTH, normalization="NFC").count(decomposed)
    assert composed.sums == BOTH.count(Document(text="Việt Nam")).sums
    # The digest is that of the text as it was read.
    assert composed.digest == BOTH.count(decomposed).digest


def test_text_may_come_in_parts() -> None:
    parts = Document(text=iter(["Hello, ", "wor", "ld! ", "\ud83d", "\ude00"]))
    assert BOTH.count(parts) == BOTH.count(Document(text="Hello, world! 😀"))


def test_lone_surrogate_counts_as_replacement_character() -> None:
    counts = BOTH.count(Document(text="\ud800"))
    assert (counts.bytes, counts.characters) == (3, 1)


def counts_of(documents: int, sums: dict[str, int], **rest: Any) -> Counts:
    return Counts(documents=documents, sums=sums, products={}, **rest)


def test_counts_add_up() -> None:
    one = counts_of(1, {"bytes": 2, "tokens a": 4}, published={"a": 6, "b": 7}, digest=2**256 - 1)
    other = counts_of(10, {"bytes": 20, "tokens a": 40}, published={"b": 70}, digest=5)
    # Under "a" nothing was published for ten of the eleven documents, so there is no sum.
    assert one + other == counts_of(
        11, {"bytes": 22, "tokens a": 44}, published={"b": 77}, digest=4
    )


def test_counts_under_different_encodings_do_not_add_up() -> None:
    old, new = (DocumentCounter(encodings=(encoding,)).nothing() for encoding in BOTH.encodings)
    with pytest.raises(ArgumentError, match="cl100k_base and counts under o200k_base do not add"):
        old + new


def test_no_counts_change_nothing() -> None:
    everything = replace(BOTH, optional=tuple(QUANTITIES.values()))
    for counting in (BOTH, everything):
        counts = counting.count(Document(text="Hi there", published={"o200k_base": 1}))
        assert counting.nothing() + counts == counts
        assert counts + counting.nothing() == counts
