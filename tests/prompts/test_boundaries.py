"""Boundaries of graphemes, words and sentences, in texts and in parts of texts."""

from __future__ import annotations

from itertools import pairwise

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import TEXT
from tokcompare.prompts.boundaries import BOUNDARIES, LOOK, Boundary, find_boundaries

PROSE = st.lists(
    st.sampled_from(
        [
            *("Hi", "a", "B", "Mr", "3", "ª", "字", "か", "สวัสดี", "ำ", "ક્ષિ", "é", "e\u0301"),
            *(".", ". ", "! ", "?", "。", "।", "…", ",", ";", ":", "'", '"', "”", ")", "(", "_"),
            *(" ", "  ", "\n", "\r\n", "\r", "\u2028", "\u3000", "\u202f", "=", "-"),
            *("\u0301", "\u200d", "\xad", "🇩🇪", "🇩", "👩\u200d👧", "\u0600", "\ud83d", "\ude00"),
        ]
    ),
    max_size=30,
).map("".join)


def places(text: str, kind: Boundary) -> list[int]:
    return find_boundaries(text, kind, begins=True, ends=True).places


def parts(text: str, kind: Boundary) -> list[str]:
    found = places(text, kind)
    return [text[start:end] for start, end in pairwise(found)]


@pytest.mark.parametrize(
    ("text", "graphemes"),
    [
        ("", []),
        ("abc", ["a", "b", "c"]),
        ("e\u0301\r\nx", ["e\u0301", "\r\n", "x"]),
        ("ક્ષિ👩\u200d👧", ["ક્ષિ", "👩\u200d👧"]),
        ("🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]),
        ("a\ud83d\ude00\ud83d", ["a", "\ud83d\ude00", "\ud83d"]),  # a pair, and half of one
    ],
)
def test_graphemes(text: str, graphemes: list[str]) -> None:
    assert parts(text, "grapheme") == graphemes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("can't pay $3.14!", ["can't", " ", "pay", " ", "$", "3.14", "!"]),
        ("नमस्ते dünya", ["नमस्ते", " ", "dünya"]),
        # No rule of the standard splits a grapheme, but Thai is split character by character.
        ("กำ", ["กำ"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert parts(text, "word") == words


# Each by a rule of Unicode Standard Annex #29, revision 47, section 5.1.
@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hello. How are you? Fine", ["Hello. ", "How are you? ", "Fine"]),
        ("a\r\nb\nc\u2028d", ["a\r\n", "b\n", "c\u2028", "d"]),  # SB3, SB4
        ("It is 3.4 here. 5 There", ["It is 3.4 here. ", "5 There"]),  # SB6
        ("The U.S.A. won", ["The U.S.A. won"]),  # SB7, SB8
        ("See e.g. this (etc.) and go.", ["See e.g. this (etc.) and go."]),  # SB8
        ("Why?, he asked. No?! Yes", ["Why?, he asked. ", "No?! ", "Yes"]),  # SB8a
        ("“So.”  She (left.) Then", ["“So.”  ", "She (left.) ", "Then"]),  # SB9, SB10
        ("これは。あれは\uff01それ", ["これは。", "あれは\uff01", "それ"]),
        ("यह है। वह है।", ["यह है। ", "वह है।"]),
        ("A.\u0301 B", ["A.\u0301 ", "B"]),  # SB5
        # An abbreviation is no concern of the standard.
        ("Mr. Smith", ["Mr. ", "Smith"]),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert parts(text, "sentence") == sentences


def test_how_far_the_rules_for_sentences_look() -> None:
    near, far = "=" * (LOOK - 2), "=" * LOOK
    assert parts(f"No. {near} a", "sentence") == [f"No. {near} a"]
    assert parts(f"No. {far} a", "sentence") == ["No. ", f"{far} a"]
    blanks = " " * (LOOK + 1)
    assert parts(f"No!{blanks}Yes", "sentence") == [f"No!{blanks[1:]}", " Yes"]


@given(TEXT | PROSE)
def test_graphemes_and_words_are_those_of_regex(text: str) -> None:
    pair = regex.compile("[\ud800-\udbff][\udc00-\udfff]")
    within = {found.start() + 1 for found in pair.finditer(text)}
    graphemes = {0, *(found.end() for found in regex.finditer(r"\X", text))} - within
    words = {found.start() for found in regex.finditer(r"(?V1w)\b", text)}
    assert places(text, "grapheme") == sorted(graphemes)
    assert places(text, "word") == sorted(words & graphemes | {0, len(text)})
    assert set(places(text, "sentence")) <= graphemes


@given(PROSE | TEXT, st.sampled_from(BOUNDARIES), st.data())
def test_boundaries_of_a_part_are_those_of_the_text(
    text: str, kind: Boundary, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    part = text[start:end]
    found = find_boundaries(part, kind, begins=start == 0, ends=end == len(text))
    whole = [place - start for place in places(text, kind)]
    # A pair of surrogates that the part cuts in two is none in the part.
    ends_in_pair = any(
        "\ud800" <= text[p - 1 : p] <= "\udbff" and "\udc00" <= text[p : p + 1] <= "\udfff"
        for p in (start, end)
        if 0 < p < len(text)
    )
    if not ends_in_pair:
        assert found.places == [p for p in whole if found.start <= p <= found.stop]
    assert -1 <= found.stop <= len(part) >= found.start >= 0


@pytest.mark.parametrize("kind", BOUNDARIES)
def test_little_context_is_needed(kind: Boundary) -> None:
    text = "One, two. Three = 4! " * 9
    found = find_boundaries(text, kind, begins=False, ends=False)
    assert found.start <= 1
    assert found.stop >= len(text) - 3


def test_a_part_without_any_context() -> None:
    found = find_boundaries("\u0301" * 9, "grapheme", begins=False, ends=True)
    assert (found.places, found.start) == ([9], 9)
    found = find_boundaries("\u0301" * 9, "word", begins=True, ends=False)
    assert (found.places, found.stop) == ([0], 0)
    far = find_boundaries(" " * 9 * LOOK, "sentence", begins=False, ends=False)
    assert (far.start, far.stop) == (4 * LOOK, 7 * LOOK)
