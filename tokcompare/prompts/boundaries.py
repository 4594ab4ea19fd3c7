"""Boundaries: the places between graphemes, words or sentences, in a text or in a part of one.

All are those of Unicode Standard Annex #29. The library `regex` has its rules for graphemes and
words. Its rules for sentences stand here, as one regular expression over Unicode's property
Sentence_Break.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import regex

Boundary = Literal["grapheme", "word", "sentence"]

BOUNDARIES: tuple[Boundary, ...] = ("grapheme", "word", "sentence")
"""The kinds of boundaries. Those of words and sentences are also boundaries of graphemes."""

LOOK = 500
"""The most closing marks, the most blanks after them, and the most characters before a small letter
that the rules for sentences look past. The standard sets no limit, but then one end of a text could
depend on the other."""

_X = r"\p{SB=Extend}\p{SB=Format}"
_SKIPPED = rf"[{_X}]{{0,{LOOK}}}"
_END = r"\p{SB=Sep}\p{SB=CR}\p{SB=LF}"
_STOPS = r"\p{SB=STerm}\p{SB=ATerm}"
_LETTERS = r"\p{SB=OLetter}\p{SB=Upper}\p{SB=Lower}"
# The marks and blanks that belong to the sentence before them, and what must not follow.
_CLOSING = rf"[{_X}\p{{SB=Close}}]{{0,{LOOK}}}+[{_X}\p{{SB=Sp}}]{{0,{LOOK}}}+"
_OPEN = rf"(?![{_END}{_STOPS}\p{{SB=SContinue}}])"
# The ends of sentences, by rules SB3 to SB11. The two looks ahead at the full stop are SB6 ("3.4")
# and SB7 ("U.S."); the last one is SB8 ("etc. and").
_SENTENCE_END = (
    rf"\r\n|[{_END}]"
    rf"|\p{{SB=STerm}}{_CLOSING}{_OPEN}"
    rf"|\p{{SB=ATerm}}(?!{_SKIPPED}\p{{SB=Numeric}})"
    rf"(?!(?<=[\p{{SB=Upper}}\p{{SB=Lower}}]{_SKIPPED}\p{{SB=ATerm}}){_SKIPPED}\p{{SB=Upper}})"
    rf"{_CLOSING}{_OPEN}(?![^{_LETTERS}{_END}{_STOPS}]{{0,{LOOK}}}+\p{{SB=Lower}})"
)

_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")

_LETTER = r"(?!\p{Grapheme_Extend})[\p{L}\p{N}]"
_MIDDLE = """['".,:;]"""
_IGNORED = r"[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]"
# Behind a character of the first pattern, no rule looks further back than to it. Up to one of the
# second pattern, no rule looks further ahead than what is here.
_CONTEXT: dict[Boundary, tuple[str, str]] = {
    "grapheme": (rf"[\x00-\x7f]|{_LETTER}", r"."),
    "word": (
        rf"[\x00-\x7f--{_MIDDLE}]|(?<={_MIDDLE}){_MIDDLE}|{_LETTER}",
        rf"(?!{_IGNORED}).(?={_IGNORED}*+.)",
    ),
    "sentence": (_LETTER, rf"[{_LETTERS}{_END}{_STOPS}]"),
}
_BEHIND = {"sentence": 4 * LOOK}
_AHEAD = {"sentence": 2 * LOOK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The boundaries in a part of a text.

    Attributes:
        places: The boundaries that are known, in ascending order.
        start: From this place on, all boundaries are known.
        stop: Up to this place, all boundaries are known; below `start` if none is.
    """

    places: list[int]
    start: int
    stop: int


def find_boundaries(text: str, kind: Boundary, *, begins: bool, ends: bool) -> Places:
    """Finds the boundaries in a part of a text, as far as they do not depend on the rest.

    A place within a pair of surrogates, which stand for one character, is none.

    Args:
        text: The part.
        kind: The kind of boundaries.
        begins: Whether the text begins with this part.
        ends: Whether the text ends with this part.

    >>> find_boundaries("Hi! 3.4?", "word", begins=True, ends=True).places
    [0, 2, 3, 4, 7, 8]
    >>> find_boundaries("Hi! Mr. X.", "sentence", begins=True, ends=True).places
    [0, 4, 8, 10]
    """
    before, after = map(_compiled, _CONTEXT[kind])
    start, stop = 0, len(text)
    if not begins:
        found = before.search(text)
        start = len(text) if found is None else found.start() + 1
        start = min(start, _BEHIND.get(kind, start))
    if not ends:
        found = _last(after, text)
        stop = (0 if begins else -1) if found is None else found.start()
        stop = max(stop, len(text) - _AHEAD.get(kind, len(text) + 1))
    offset = 0 if kind == "sentence" else max(0, start - 1)
    part = text[offset:]
    places = set(_grapheme_ends(part))
    if kind == "word":
        places &= {found.start() for found in _compiled(r"(?V1w)\b").finditer(part)}
    elif kind == "sentence":
        places &= {found.end() for found in _compiled(_SENTENCE_END).finditer(part)}
    known = {place + offset for place in places if start <= place + offset <= stop}
    known |= ({0} if begins else set()) | ({len(text)} if ends else set())
    return Places(places=sorted(known), start=start, stop=stop)


def _grapheme_ends(text: str) -> Iterator[int]:
    """Yields the places where graphemes end, but not those within a pair of surrogates."""
    for found in _compiled(r"\X").finditer(text):
        place = found.end()
        if not _SURROGATES.match(text, place - 1):
            yield place


def _last(pattern: regex.Pattern[str], text: str) -> regex.Match[str] | None:
    """Returns the last match of one character."""
    step = 64
    while True:
        begin = max(0, len(text) - step)
        matches = list(pattern.finditer(text, begin))
        if matches or not begin:
            return matches[-1] if matches else None
        step *= 4


@functools.cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    import regex

    return regex.compile(pattern, regex.VERSION1 | regex.DOTALL)
