"""Measures the text that tokens lose: the bytes that a tokenizer's tokens do not hold.

Normalizing is not losing. Letter case, accents, compatibility forms such as "ﬁ", invisible
characters and white space may differ, and a character may be replaced by another one. A letter, a
vowel sign, a digit or a mark that is gone is lost.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache

_LONGEST = 500
"""The length of the longest part that is aligned; the time grows with the square."""

METASPACE = "\u2581"
"""The mark that many tokenizers write for a space."""

_INVISIBLE = frozenset(
    [*map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0)), "\u034f", "\ufffd"]
)
"""Characters that normalizers drop beside controls and formats. U+FFFD stands for lost text."""


def count_lost_bytes(text: str, held: bytes) -> int:
    """Returns the number of bytes of a text, white space aside, that tokens do not hold.

    Args:
        text: The text that the tokens are made of, in well-formed Unicode.
        held: The bytes of the tokens in order. They may have white space and marks that the text
            does not have.

    >>> count_lost_bytes("हि hi", b"hi")
    6
    """
    wanted = _without_space(text).encode()
    if wanted == held:
        return 0
    return (Counter(wanted) - Counter(held)).total()


def count_dropped_bytes(text: str, changed: str) -> int:
    """Returns the number of bytes of the characters that a changed text does not have.

    Args:
        text: The text, in well-formed Unicode.
        changed: The text after normalization, or as tokens decode to it.

    >>> count_dropped_bytes("Café ﬁn", "cafe fin")
    0
    >>> count_dropped_bytes("Café 5", "Café")
    1
    """
    if text == changed:
        return 0
    letters = _fold_each(text)
    gone = Counter("".join(letters)) - Counter("".join(_fold_each(changed)))
    return _bytes_of(text, changed, letters, gone)


def count_bytes_dropped_by(normalize: Callable[[str], str], text: str) -> int:
    """Returns the number of bytes of the characters of a text that a normalizer drops.

    A character that another one replaces, as a quotation mark does two backticks, is not dropped.
    """
    changed = normalize(text)
    dropped = count_dropped_bytes(text, changed)
    if not dropped or not count_dropped_bytes(changed, text):
        return dropped
    # Something was replaced: find out where, in parts that are short enough to be aligned.
    number = 0
    for part, times in Counter(_parts(text)).items():
        letters, changed = _fold_each(part), normalize(part)
        wanted, held = "".join(letters), "".join(_fold_each(changed))
        if wanted != held:
            number += times * _bytes_of(part, changed, letters, _deleted(wanted, held))
    return number


def gives_back(text: str, decoded: str | None) -> bool:
    """Returns whether decoded tokens are a text, or the text with more spaces.

    >>> gives_back("a b", " a b"), gives_back("a  b", "a b")
    (True, False)
    """
    if decoded is None or decoded == text:
        return decoded is not None
    place = 0
    for character in decoded:
        if place < len(text) and text[place] == character:
            place += 1
        elif character != " ":
            return False
    return place == len(text)


def _parts(text: str) -> Iterator[str]:
    for word in text.split():
        for start in range(0, len(word), _LONGEST):
            yield word[start : start + _LONGEST]


def _without_space(text: str) -> str:
    return "".join(text.replace(METASPACE, " ").split())


def _fold_each(text: str) -> list[str]:
    """Returns each character as normalizers may write it; "" for one that may be dropped."""
    return [_fold(character) for character in text]


@lru_cache(maxsize=1 << 16)
def _fold(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character).casefold()
    return "".join(filter(_is_text, unicodedata.normalize("NFKD", decomposed)))


def _is_text(character: str) -> bool:
    """Returns whether a character is text, and no space, accent or invisible character."""
    if character.isspace() or character == METASPACE or character in _INVISIBLE:
        return False
    if unicodedata.category(character) in ("Cc", "Cf"):
        return False
    # The points of Hebrew and Arabic, and marks above and below letters. Vowel signs of Indic and
    # Thai script have lower classes, or none: they are letters.
    place = unicodedata.combining(character)
    return not (10 <= place <= 35 or place >= 200)


def _deleted(wanted: str, held: str) -> Counter[str]:
    """Returns the characters that are deleted, and not replaced by others."""
    from difflib import SequenceMatcher  # saves start time where no text is lost

    matcher = SequenceMatcher(None, wanted, held, autojunk=False)
    deleted: Counter[str] = Counter()
    for kind, start, end, _, _ in matcher.get_opcodes():
        if kind == "delete":
            deleted.update(wanted[start:end])
    return deleted


def _bytes_of(text: str, changed: str, letters: list[str], gone: Counter[str]) -> int:
    """Returns the bytes of the characters of which all letters are gone."""
    number = 0
    missing = Counter(text) - Counter(changed)
    for character, folded in zip(text, letters, strict=True):
        needed = Counter(folded)
        if needed and missing[character] and needed <= gone:
            missing[character] -= 1
            gone -= needed
            number += len(character.encode())
    return number
