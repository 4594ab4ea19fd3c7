"""What text is measured in: bytes and characters, graphemes and words, and pieces of long text.

Graphemes and words are those of Unicode Standard Annex #29, by `regex`, which is imported when they
are first asked for. How many tokens a text has is not known here.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import regex

NormalizationForm = Literal["NFC", "NFD", "NFKC"]

PIECE = 1 << 18
"""How many characters of a long text are looked at in one go."""

# White_Space. "\s" will not do: in Python it also takes U+001C to U+001F.
BLANK = r"\t\x0b\x0c \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""The white space characters but for line feed and carriage return, for a character class."""

# Characters that a grapheme may begin with and that another character may follow in it.
_PREPEND = (
    r"\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd"
    r"\U000111c2\U000111c3\U000113d1\U0001193f\U00011941\U00011a3a\U00011a84-\U00011a89"
    r"\U00011d46\U00011f02"
)
# Where text can be cut and no count of tokens, words, graphemes or characters changes: before white
# space that follows a word, and before a line that begins with a letter or digit. (Two letters,
# halfwidth sound marks, cling to what precedes them.)
_CUT = re.compile(
    rf"(?<=[^{BLANK}\r\n{_PREPEND}])(?=[{BLANK}])"
    rf"|(?<=[^{BLANK}\r\n]\n)(?=[^\W\uff9e\uff9f])"
)


def replace_surrogates(text: str) -> str:
    r"""Returns the text as tiktoken counts it: surrogate pairs joined, lone surrogates as U+FFFD.

    Well-formed text is returned as it is.

    >>> replace_surrogates("\ud83d\ude00") == "😀"
    True
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def cut(text: str | Iterable[str], *, length: int = PIECE) -> Iterator[str]:
    """Yields a text in pieces whose counts add up to those of the whole.

    Each piece but the last has at least `length` characters, and it has many more only where text
    goes on and on without white space. It is cut before white space that follows something else,
    and between lines; every encoding of OpenAI parts the text there.

    Args:
        text: A text, or the strings that it consists of.
        length: What is not longer is not cut.

    >>> list(cut("one two three", length=4))
    ['one two', ' three']
    """
    held: list[str] = []
    size = 0
    for part in _slices(text, length):
        if size >= length:
            # A cut depends on two characters before it and one behind it.
            before = "".join(held)[-2:] if len(held[-1]) < 2 else held[-1][-2:]
            found = _CUT.search(before + part, len(before))
            if found:
                end = found.start() - len(before)
                yield "".join([*held, part[:end]])
                part = part[end:]
                held, size = [], 0
        held.append(part)
        size += len(part)
    if held:
        yield "".join(held)


def _slices(text: str | Iterable[str], length: int) -> Iterator[str]:
    for part in [text] if isinstance(text, str) else text:
        for start in range(0, len(part), length):
            yield part[start : start + length]


def count_graphemes(text: str) -> int:
    """Returns the number of extended grapheme clusters: what a reader takes for a character.

    >>> len("ક્ષિ"), count_graphemes("ક્ષિ")
    (4, 1)
    """
    return len(_graphemes().findall(text))


def split_words(text: str) -> list[str]:
    """Returns the words of a text: what stands between word boundaries and has a letter or digit.

    >>> split_words("It can't cost $3.14!")
    ['It', "can't", 'cost', '3.14']
    """
    has_letter = _letter_or_digit().search
    return [segment for segment in _word_boundary().split(text) if has_letter(segment)]


def count_unnormalized(text: str) -> int:
    r"""Returns how many characters stand in words, white space aside, that are not in NFC.

    >>> count_unnormalized("Zoe\u0308 is here"), count_unnormalized("Zoë is here")
    (4, 0)
    """
    if unicodedata.is_normalized("NFC", text):
        return 0
    return sum(len(word) for word in text.split() if not unicodedata.is_normalized("NFC", word))


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


# Zero-width non-joiner and joiner do not print, but words in Indic and Arabic script need them.
_JOINERS = "\u200c\u200d"


def printable(text: str) -> str:
    r"""Returns the text on one line, everything that does not print as a Python escape.

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
