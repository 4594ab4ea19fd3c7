"""Text: cuts it where no count changes, counts graphemes and words, and escapes it for display.

Graphemes and words are those of Unicode Standard Annex #29, by the library `regex`. A blank, here
and in other modules, is a White_Space character other than a line feed or a carriage return.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import regex

NormalizationForm = Literal["NFC", "NFD", "NFKC"]

PIECE = 1 << 18
"""The length, in characters, from which a text is cut into pieces."""

LONGEST = 256_000_000
"""How many bytes a piece, or a record of a file, may have unless the caller sets another limit."""


class TooLongError(ValueError):
    """A piece of a text has more bytes than it may have."""


# Not "\s", which in Python also matches U+001C to U+001F.
BLANK = r"\t\x0b\x0c \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""The blanks, for use in a character class of a regular expression."""

# Prepended characters: a grapheme may begin with one and go on with the character after it.
_PREPEND = (
    r"\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd"
    r"\U000111c2\U000111c3\U000113d1\U0001193f\U00011941\U00011a3a\U00011a84-\U00011a89"
    r"\U00011d46\U00011f02"
)
# A letter of Chinese or Japanese, and a mark behind it. None of these letters combines with what
# follows, and no Unicode normalization changes them.
_BEFORE_MARK = (
    r"(?<=[\u3041-\u3096\u30a1-\u30fa\u30fc\u3400-\u4db5\u4e00-\u9fa5])"
    r"(?=[\u3001\u3002\uff0c\uff01\uff1f\uff1b\uff1a])"
)
# The places where a cut changes no count of tokens, words, graphemes or characters: before a blank
# that follows a word, before a mark that follows a Chinese or Japanese letter, and before a line
# that begins with a letter or digit. The narrow no-break space is a blank that joins words, as in
# "1 000". The two halfwidth sound marks are letters, but belong to the grapheme before them.
_CUT = (
    rf"(?<=[^{BLANK}\r\n{_PREPEND}])(?=[{BLANK}])(?!\u202f)"
    rf"|{_BEFORE_MARK}"
    rf"|(?<=[^{BLANK}\r\n]\n)(?=[^\W\uff9e\uff9f])"
)

# The zero-width non-joiner and joiner are not printable, but words in Indic and Arabic script need
# them.
_JOINERS = "\u200c\u200d"


def cut(
    text: str | Iterable[str], *, length: int = PIECE, longest: int | None = None
) -> Iterator[str]:
    """Yields a text in pieces whose counts add up to those of the whole text.

    Text is cut before a blank that follows another character, before a Chinese or Japanese mark
    such as "。" that follows a letter of these scripts, and between lines. Every encoding of OpenAI
    splits text at these places. Each piece but the last has at least `length` characters. It has
    many more only if the text goes on for long without such a place.

    Args:
        text: A text, or its parts in order.
        length: The length, in characters, up to which a text is not cut.
        longest: How many bytes a piece may have; None for any number.

    Raises:
        TooLongError: A piece has more bytes.

    >>> list(cut("one two three", length=4))
    ['one two', ' three']
    """
    held = _Held(longest)
    for part in _slices(text, length):
        if held.size >= length:
            # Whether text can be cut depends on two characters before the cut and one after it.
            before = held.end()
            found = _places().search(before + part, len(before))
            if found:
                end = found.start() - len(before)
                held.add(part[:end])
                yield held.take()
                part = part[end:]
        held.add(part)
    if held.size:
        yield held.take()


def places_to_cut(text: str) -> list[int]:
    r"""Returns the places where `cut` may cut a text, in ascending order.

    Whether a place is one depends on the two characters before it and the one after it.

    >>> places_to_cut("one two\nthree")
    [3, 8]
    """
    return [found.start() for found in _places().finditer(text)]


@functools.cache
def _places() -> re.Pattern[str]:
    return re.compile(_CUT)  # takes 1 ms, and short texts are not cut


class _Held:
    """The parts of a piece that is not complete yet.

    Attributes:
        size: How many characters they have.
    """

    def __init__(self, longest: int | None) -> None:
        self._longest = longest
        self._parts: list[str] = []
        self.size = self._bytes = 0

    def add(self, part: str) -> None:
        """Adds a part.

        Raises:
            TooLongError: The parts have too many bytes.
        """
        if not part:
            return
        self._parts.append(part)
        self.size += len(part)
        if self._longest is not None:
            is_ascii = part.isascii()
            self._bytes += len(part) if is_ascii else len(part.encode("utf-8", "surrogatepass"))
            if self._bytes > self._longest:
                raise TooLongError

    def end(self) -> str:
        """Returns the last two characters."""
        last = self._parts[-1]
        return last[-2:] if len(last) > 1 else "".join(self._parts[-2:])[-2:]

    def take(self) -> str:
        """Returns the parts as one text, and begins anew."""
        text = "".join(self._parts)
        self._parts = []
        self.size = self._bytes = 0
        return text


def pieces_of(
    text: str | Iterable[str], *, may_cut: bool, longest: int | None = None
) -> Iterator[str]:
    """Yields the pieces in which a text is counted, as well-formed Unicode.

    Args:
        text: A text, or the strings that it consists of.
        may_cut: Whether the counts of pieces add up to those of the text. If not, the text is one
            piece.
        longest: How many bytes a piece may have; None for any number.

    Raises:
        TooLongError: A piece has more bytes.
    """
    if not may_cut:
        pieces = _whole(text, longest)
    elif longest is not None and longest < 8 * PIECE:
        # Text that can be cut is cut before it is too long.
        pieces = cut(text, length=max(1, longest // 8), longest=longest)
    else:
        pieces = cut(text, longest=longest)
    return map(replace_surrogates, pieces)


def _whole(text: str | Iterable[str], longest: int | None) -> Iterator[str]:
    held = _Held(longest)
    for part in [text] if isinstance(text, str) else text:
        held.add(part)
    yield held.take()


def _slices(text: str | Iterable[str], length: int) -> Iterator[str]:
    for part in [text] if isinstance(text, str) else text:
        for start in range(0, len(part), length):
            yield part[start : start + length]


def count_graphemes(text: str) -> int:
    """Returns the number of extended grapheme clusters, which readers perceive as characters.

    >>> len("ક્ષિ"), count_graphemes("ક્ષિ")
    (4, 1)
    """
    return len(_graphemes().findall(text))


def grapheme_ends(text: str) -> Iterator[int]:
    """Yields where each extended grapheme cluster ends, in bytes of UTF-8.

    >>> list(grapheme_ends("aé"))
    [1, 3]
    """
    return accumulate(len(found[0].encode()) for found in _graphemes().finditer(text))


def split_words(text: str) -> list[str]:
    """Returns the words of a text: segments between word boundaries that have a letter or digit.

    >>> split_words("It can't cost $3.14!")
    ['It', "can't", 'cost', '3.14']
    """
    has_letter = _letter_or_digit().search
    return [segment for segment in _word_boundary().split(text) if has_letter(segment)]


def word_places(text: str) -> Iterator[tuple[str, int, int]]:
    """Yields each word of a text, and where it begins and ends in bytes of UTF-8.

    >>> list(word_places("né en"))
    [('né', 0, 3), ('en', 4, 6)]
    """
    has_letter = _letter_or_digit().search
    end = 0
    for segment in _word_boundary().split(text):
        start, end = end, end + len(segment.encode())
        if has_letter(segment):
            yield segment, start, end


def count_unnormalized(text: str) -> int:
    r"""Returns the number of characters in words that are not in NFC.

    Words end at white space, and before the marks that `cut` cuts at.

    >>> count_unnormalized("Zoe\u0308 is here"), count_unnormalized("Zoë is here")
    (4, 0)
    """
    if unicodedata.is_normalized("NFC", text):
        return 0
    words = (part for word in text.split() for part in re.split(_BEFORE_MARK, word))
    return sum(len(word) for word in words if not unicodedata.is_normalized("NFC", word))


@functools.cache
def _graphemes() -> regex.Pattern[str]:
    import regex

    return regex.compile(r"\X")


@functools.cache
def _word_boundary() -> regex.Pattern[str]:
    import regex

    return regex.compile(r"(?V1w)\b")


@functools.cache
def _letter_or_digit() -> regex.Pattern[str]:
    import regex

    return regex.compile(r"[\p{Alphabetic}\p{N}]")


def replace_surrogates(text: str) -> str:
    r"""Joins surrogate pairs and replaces lone surrogates by U+FFFD, as tiktoken does.

    Well-formed text is returned unchanged.

    >>> replace_surrogates("\ud83d\ude00") == "😀"
    True
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def printable(text: str) -> str:
    r"""Returns a text on one line, with every character that is not printable escaped as in Python.

    >>> printable("red: \x1b[31m, new line: \n")
    'red: \\x1b[31m, new line: \\n'
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in _JOINERS
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
