"""Graphemes and words in examples of Unicode; cuts that change no count."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import ANY_TEXT, TRICKY_TEXT, examples
from tokcompare import load_encoding
from tokcompare.text import count_graphemes, count_unnormalized, cut, split_words

# What a cut could separate: words, white space of every kind, lines, and characters that combine
# with a blank.
CUTTABLE = st.lists(
    st.sampled_from(
        [
            *("word", "Zoë", "can't", "don\u2019t", "3.14", "x/", "/", "!", "...", "//", "नमस्ते"),
            *(" ", "  ", "\t", "\n", "\n\n", "\r\n", "\r", " \n", "\n ", "\u00a0", "\u3000"),
            *("\u2028", "\x85", "\x1c", "\u0301", "\u200d", "\u0600", "\u06dd", "\U000110bd", "👩"),
            *("'s", "\u017f", "1", "'", "你好", "。", "\ud83d", "\ude00", "\u0e33"),
        ]
    ),
    max_size=60,
).map("".join)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("a", 1),
        ("e\u0301", 1),
        ("\r\n", 1),
        ("ક્ષિ", 1),  # a conjunct
        ("நி", 1),
        ("각", 1),
        ("👩\u200d👩\u200d👧", 1),
        ("🇩🇪🇫🇷", 2),
        ("\u0600 1", 2),  # a number sign combines with the space after it
    ],
)
def test_graphemes(text: str, number: int) -> None:
    assert count_graphemes(text) == number


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" ... ", []),
        # The example of Unicode Standard Annex #29, figure 1.
        (
            "The quick (“brown”) fox can’t jump 32.3 feet, right?",
            ["The", "quick", "brown", "fox", "can’t", "jump", "32.3", "feet", "right"],
        ),
        ("naïve e\u0301te\u0301", ["naïve", "e\u0301te\u0301"]),
        ("हिन्दी भाषा।", ["हिन्दी", "भाषा"]),
        ("foo_bar a-b", ["foo_bar", "a", "b"]),
        ("٣٫١٤ x²", ["٣٫١٤", "x", "²"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("Việt Nam", 0),
        ("Vie\u0323\u0302t Nam", 6),
        ("e\u0301 a e\u0301", 4),
        ("\u212b", 1),
    ],
)
def test_characters_that_are_not_normalized(text: str, number: int) -> None:
    assert count_unnormalized(text) == number


def test_cut_by_hand() -> None:
    assert list(cut("")) == []
    assert list(cut("one two", length=7)) == ["one two"]
    assert list(cut("one two", length=2)) == ["one", " two"]
    assert list(cut("ab\ncd", length=3)) == ["ab\n", "cd"]
    # Not within white space, before a line end or before a slash: a token may span the place.
    assert list(cut("a  \nb", length=1)) == ["a", "  \nb"]
    assert list(cut("a\n/b", length=1)) == ["a\n/b"]
    assert list(cut("abc" * 10, length=4)) == ["abc" * 10]
    assert list(cut(iter(["a", "b c", "", "d ", " e"]), length=2)) == ["ab cd", "  e"]


@settings(max_examples=examples(1_000))
@given(text=ANY_TEXT | TRICKY_TEXT | CUTTABLE, length=st.integers(1, 12), data=st.data())
def test_cutting_changes_nothing(text: str, length: int, data: st.DataObject) -> None:
    pieces = list(cut(text, length=length))
    assert "".join(pieces) == text
    assert all(len(piece) >= length for piece in pieces[:-1])
    for name in ("cl100k_base", "o200k_base"):
        encode = load_encoding(name).encode
        assert [token for piece in pieces for token in encode(piece)] == list(encode(text))
    assert sum(map(count_graphemes, pieces)) == count_graphemes(text)
    assert [word for piece in pieces for word in split_words(piece)] == split_words(text)
    assert sum(map(count_unnormalized, pieces)) == count_unnormalized(text)
    for form in ("NFC", "NFD", "NFKC"):
        whole = unicodedata.normalize(form, text)
        assert "".join(unicodedata.normalize(form, piece) for piece in pieces) == whole
    # A text that arrives in parts is cut without loss, too.
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    parts = [text[i:j] for i, j in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert "".join(cut(iter(parts), length=length)) == text


def test_normalization_brings_no_white_space_to_the_end_of_a_piece() -> None:
    """If it did, a cut before white space would become a cut within white space."""
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if not character.isspace() and not 0xD800 <= code <= 0xDFFF:
            assert not unicodedata.normalize("NFKC", character)[-1].isspace()


def test_long_text_is_cut() -> None:
    pieces = list(cut("word " * 1_000_000))
    assert len(pieces) > 2
    assert max(map(len, pieces)) < 3 << 20
