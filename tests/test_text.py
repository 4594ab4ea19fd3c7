"""Graphemes and words in examples of Unicode; cuts that change no count."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable, Sequence

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import ANY_TEXT, TRICKY_TEXT, examples
from tokcompare import compare, load_encoding
from tokcompare.encodings import VOCABULARIES
from tokcompare.text import PIECE, count_graphemes, count_unnormalized, cut, split_words

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

# What joins across a place where text could be cut: each class of Word_Break (Unicode Standard
# Annex #29) that joins, what extends a grapheme or comes before one, and the marks of each script.
JOINING = st.lists(
    st.sampled_from(
        [
            *(
                "a",
                "Z",
                "가",
                "א",
                "ק",
                "5",
                "٣",
                "カ",
                "コー",
                "ｶ",
                "の",
                "字",
                "\u3007",
                "々",
                "อ",
            ),
            *(":", "·", "\uff1a", ",", ";", "\uff0c", "\uff1b", "'", '"'),  # Mid*
            *(".", "\u2019", "\uff07", "\uff0e"),  # MidNumLet
            *("_", "\u202f", "\u203f", "\uff3f"),  # ExtendNumLet
            *("\u0301", "\u3099", "\uff9e", "\u0345", "\ufe0f", "\u200c"),  # Extend
            *("\u200d", "\u00ad", "\ufeff", "\u200b", "\u2060"),  # ZWJ, Format and their like
            *(" ", "  ", "\u00a0", "\u3000", "\u2009", "\u2007", "\t", "\x0b", "\x85", "\u2028"),
            *("\n", "\r\n", "\r", "\u2029"),
            *("🇩", "🇪", "👩", "❤", "🏽"),
            *("\u0600", "\u06dd", "\U000110bd"),  # Prepend
            *("ક", "્", "ષ", "િ", "\u0903", "\u0e33", "ᄀ", "ᅡ", "ᆨ"),
            *("、", "。", "\uff01", "\uff1f", "!", "/", "…", "」", "\u037a", "'s", "\u017f"),
        ]
    ),
    max_size=24,
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
        ("か\u3099く。がく、か\u3099", 6),  # of three words the first and the last
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
    # The narrow no-break space joins numbers to one word.
    assert list(cut("1\u202f000 m", length=1)) == ["1\u202f000", " m"]
    # Chinese and Japanese have no blanks. A mark behind a mark or a digit may belong to it.
    assert list(cut("你好\uff0c世界。カー\uff01", length=1)) == [
        "你好",
        "\uff0c世界",
        "。カー",
        "\uff01",
    ]
    assert list(cut("你好」。3\uff0c000字\uff1a「x」", length=2)) == [
        "你好」。3\uff0c000字",
        "\uff1a「x」",
    ]
    assert list(cut(iter(["a", "b c", "", "d ", " e"]), length=2)) == ["ab cd", "  e"]


# The pattern of gpt2 and p50k_base, whose ranks are not bundled.
SPLIT_OF_GPT2 = regex.compile(VOCABULARIES["gpt2"].pattern).findall


def count_sentences(text: str) -> int:
    """The runs of marks at the ends of sentences, as CONTRIBUTING.md counts them."""
    return len(regex.findall(r"[.!?।。\uff01\uff1f]+", text))


def check_pieces(pieces: list[str], text: str) -> None:
    """Checks that each count of a text is that of its pieces, in all normalization forms."""
    assert "".join(pieces) == text
    for form in (None, "NFC", "NFD", "NFKC"):
        whole, parts = text, pieces
        if form is not None:
            whole = unicodedata.normalize(form, text)
            parts = [unicodedata.normalize(form, piece) for piece in pieces]
        assert "".join(parts) == whole
        encodes = [load_encoding(name).encode for name in ("cl100k_base", "o200k_base")]
        splits: list[Callable[[str], Sequence[object]]] = [*encodes, SPLIT_OF_GPT2, split_words]
        for split in splits:
            assert [token for part in parts for token in split(part)] == list(split(whole))
        for count in (count_graphemes, count_sentences, count_unnormalized):
            assert sum(map(count, parts)) == count(whole)


@settings(max_examples=examples(1_000))
@given(text=ANY_TEXT | TRICKY_TEXT | CUTTABLE | JOINING, length=st.integers(1, 12), data=st.data())
def test_cutting_changes_nothing(text: str, length: int, data: st.DataObject) -> None:
    pieces = list(cut(text, length=length))
    assert all(len(piece) >= length for piece in pieces[:-1])
    check_pieces(pieces, text)
    # A text that arrives in parts is cut at other places, and loses nothing either.
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=5)))
    parts = [text[i:j] for i, j in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    check_pieces(list(cut(iter(parts), length=length)), text)


@settings(max_examples=examples(1_000))
@given(
    before=JOINING,
    after=JOINING,
    mark=st.sampled_from("\uff0c\uff1a\uff1b。、\uff01\uff1f \u202f\u3000\n"),
)
def test_each_place_of_a_cut_changes_nothing(before: str, mark: str, after: str) -> None:
    """Cut as soon as the text may be cut, so that what joins stands directly around the place."""
    text = f"{before}字{mark}{after}"
    check_pieces(list(cut(text, length=1)), text)


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


def test_long_text_without_white_space_is_cut_at_marks() -> None:
    pieces = list(cut("人人生而自由\uff0c在尊严和权利上一律平等。" * 100_000))
    assert len(pieces) > 4
    assert max(map(len, pieces)) <= 2 * PIECE + 20


def test_numbers_grouped_by_narrow_blanks_are_one_word_in_a_long_text() -> None:
    text = "1\u202f000\u202f000 mètres " * (2 * PIECE // 17)
    comparison = compare(text, encodings="o200k_base", metrics="fertility")
    assert comparison.total.sums["words"] == 2 * (2 * PIECE // 17)
