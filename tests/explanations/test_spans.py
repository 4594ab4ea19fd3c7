"""Explanations: tokens where they stand, spans, and what is drawn of them."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
import regex
import tiktoken
from hypothesis import given

from tests.reference import ENCODINGS, References
from tests.small_ranks import RANKS
from tests.strategies import TEXT
from tokcompare import ArgumentError, Explanation, explain, load_encoding
from tokcompare.encodings import VOCABULARIES
from tokcompare.explanations.spans import Bar
from tokcompare.explanations.tokens import locate_tokens
from tokcompare.text import replace_surrogates


def test_example_by_hand() -> None:
    # By tiktoken, in bytes: cl100k_base has 2 | 3 1 3 | 3 4 1 3 ..., o200k_base 2 | 7 | 9 3.
    found = explain("Hi नमस्ते")
    assert found.encodings == ("cl100k_base", "o200k_base")
    assert (found.counts, found.saved) == ((8, 4), (0, 4))
    assert [(span.text, span.start, span.end, span.tokens) for span in found.spans] == [
        ("Hi", 0, 2, (1, 1)),
        (" नम", 2, 9, (3, 1)),
        ("स्ते", 9, 21, (4, 2)),
    ]


@given(text=TEXT)
def test_tokens_are_those_of_tiktoken(references: References, text: str) -> None:
    for name in ENCODINGS:
        tokens = locate_tokens(text, load_encoding(name))
        reference = references[name]
        assert [token.id for token in tokens] == reference.encode_ordinary(text)
        for token in tokens:
            assert token.content == reference.decode_single_token_bytes(token.id)
        starts = [0, *accumulate(len(token.content) for token in tokens)]
        assert [token.start for token in tokens] == starts[:-1]
        assert b"".join(token.content for token in tokens) == replace_surrogates(text).encode()


SMALL = tiktoken.Encoding(
    "small", pat_str=VOCABULARIES["o200k_base"].pattern, mergeable_ranks=RANKS, special_tokens={}
)


def walls_of(tokens: tuple[object, ...], edges: set[int]) -> set[int]:
    return {token.start for token in tokens} & edges  # type: ignore[attr-defined]


@given(text=TEXT)
def test_laws_of_spans(text: str) -> None:
    found = explain(text, ["cl100k_base", "o200k_base", SMALL])
    graphemes = regex.findall(r"\X", found.text)
    edges = {0, *accumulate(len(each.encode()) for each in graphemes)}
    assert "".join(span.text for span in found.spans) == found.text
    for place, tokens in enumerate(found.tokens):
        groups = [group for span in found.spans for group in span.groups[place]]
        # Groups hold all tokens in order, and each is as small as can be.
        assert tuple(token for group in groups for token in group.tokens) == tokens
        starts = {group.tokens[0].start for group in groups}
        assert starts == walls_of(tokens, edges)
        assert sum(span.tokens[place] for span in found.spans) == found.counts[place]
    common = set.intersection(*(walls_of(tokens, edges) for tokens in found.tokens))
    assert {span.start for span in found.spans} == common
    every = set().union(*(walls_of(tokens, edges) for tokens in found.tokens))
    pieces = [piece for span in found.spans for piece in span.pieces]
    places = [0, *accumulate(len(piece.text.encode()) for piece in pieces)]
    assert set(places[:-1]) == every
    for (start, end), piece in zip(pairwise(places), pieces, strict=True):
        for tokens, bar in zip(found.tokens, piece.bars, strict=True):
            inside = [token for token in tokens if token.start < end and token.end > start]
            assert bar == Bar(dashes=len(inside), is_continued=inside[0].start < start)


@given(text=TEXT)
def test_swapped_encodings_turn_the_sign(text: str) -> None:
    one, other = explain(text), explain(text, ["o200k_base", "cl100k_base"])
    assert one.saved[1] == -other.saved[1]
    assert [span.text for span in one.spans] == [span.text for span in other.spans]
    assert [span.saved[1] for span in one.spans] == [-span.saved[1] for span in other.spans]


def test_one_encoding_and_no_text() -> None:
    assert explain("", "o200k_base") == Explanation(
        text="", encodings=("o200k_base",), tokens=((),), spans=()
    )
    assert explain("a b", "o200k_base").counts == (2,)


def test_to_dict_has_offsets_in_bytes() -> None:
    assert explain("é!", ["o200k_base", "cl100k_base"]).to_dict() == {
        "schema": 1,
        "text": "é!",
        "encodings": ["o200k_base", "cl100k_base"],
        "tokens": {"o200k_base": 2, "cl100k_base": 2},
        "saved": {"o200k_base": 0, "cl100k_base": 0},
        "spans": [
            {
                "start": 0,
                "end": 2,
                "text": "é",
                "saved": {"o200k_base": 0, "cl100k_base": 0},
                "tokens": {
                    "o200k_base": [{"id": 377, "start": 0, "end": 2, "bytes": "c3a9"}],
                    "cl100k_base": [{"id": 978, "start": 0, "end": 2, "bytes": "c3a9"}],
                },
            },
            {
                "start": 2,
                "end": 3,
                "text": "!",
                "saved": {"o200k_base": 0, "cl100k_base": 0},
                "tokens": {
                    "o200k_base": [{"id": 0, "start": 2, "end": 3, "bytes": "21"}],
                    "cl100k_base": [{"id": 0, "start": 2, "end": 3, "bytes": "21"}],
                },
            },
        ],
    }


class Words:
    """An encoding of the caller's, without the bytes of its tokens."""

    name = "words"
    vocabulary_size = 10

    def encode(self, text: str) -> list[int]:
        return [len(word) for word in text.split()]


class Letters(Words):
    """One that gives back ASCII letters in capitals alone."""

    name = "letters"

    def encode(self, text: str) -> list[int]:
        return list(text.upper().encode())

    def token_bytes(self, token: int) -> bytes:
        return bytes([token])


def test_encodings_whose_tokens_cannot_be_located() -> None:
    with pytest.raises(ArgumentError, match="bytes of the tokens of 'words' are not known"):
        explain("a b", Words())
    with pytest.raises(ArgumentError, match="'letters' do not give back the bytes"):
        explain("abc", ["cl100k_base", Letters()])
    assert explain("ABC", ["cl100k_base", Letters()]).counts == (1, 3)


@pytest.mark.parametrize("text", [1, None, b"a"])
def test_no_text(text: object) -> None:
    with pytest.raises(ArgumentError, match="A text"):
        explain(text)  # type: ignore[arg-type]
