"""Counts are whole numbers that add up."""

from __future__ import annotations

import pytest

from tokcompare import ArgumentError, Counts, Document, UnknownNameError, count_tokens
from tokcompare.counting import count_document, no_counts
from tokcompare.encodings import load_encodings

BOTH = load_encodings(["cl100k_base", "o200k_base"])


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
    assert count_document(document, BOTH) == Counts(
        documents=1,
        bytes=9,  # three letters of which one has two bytes, a blank, four bytes
        characters=5,
        tokens={"cl100k_base": 4, "o200k_base": 3},
        published={"cl100k_base": 7},
    )


def test_lone_surrogate_counts_as_replacement_character() -> None:
    counts = count_document(Document(text="\ud800"), BOTH)
    assert (counts.bytes, counts.characters) == (3, 1)


def test_counts_add_up() -> None:
    one = Counts(
        documents=1, bytes=2, characters=3, tokens={"a": 4, "b": 5}, published={"a": 6, "b": 7}
    )
    other = Counts(
        documents=10, bytes=20, characters=30, tokens={"a": 40, "b": 50}, published={"b": 70}
    )
    # Under "a" nothing was published for ten of the eleven documents, so there is no sum.
    assert one + other == Counts(
        documents=11, bytes=22, characters=33, tokens={"a": 44, "b": 55}, published={"b": 77}
    )


def test_counts_under_different_encodings_do_not_add_up() -> None:
    old, new = no_counts(BOTH[:1]), no_counts(BOTH[1:])
    with pytest.raises(ArgumentError, match="cl100k_base and counts under o200k_base do not add"):
        old + new


def test_no_counts_change_nothing() -> None:
    counts = count_document(Document(text="Hi", published={"o200k_base": 1}), BOTH)
    with_published = Counts(
        documents=counts.documents,
        bytes=counts.bytes,
        characters=counts.characters,
        tokens=counts.tokens,
        published={"cl100k_base": 1, "o200k_base": 1},
    )
    assert no_counts(BOTH) + with_published == with_published
    assert no_counts(BOTH) + counts == counts
