"""The search for the longest part of a text that fits: exact, and only as far as it must look.

The number of tokens may fall when a text goes on: under o200k_base "the responsi" has 3, and
"the responsibility" 2. So the first boundary that does not fit proves nothing. These facts do, for
encodings of which `cuts_at_space` is true:

1. A text can be cut at certain places (`text.places_to_cut`, and for OpenAI's patterns also
   `ASCII_CUT`), and the tokens of the two parts are those of the whole. Whether a place is one
   depends on one or two characters before it and one after it, so it is one in each longer
   beginning of the text, too. If S is the number of tokens up to the place, each longer beginning
   has more than S. So the search ends at the first such place with S above the limit: no longer
   beginning fits.
2. Up to there, every boundary is tried, the furthest first: its tokens are S of the last place
   before it, plus those of the text behind that place. So the first that fits is the longest.
3. Where there is no such place for long, as in a line of a million letters, a beginning that fits
   the limit has no more bytes than the limit allows by `fewest`, so that the search ends there.

The same holds for the end of a text, from right to left. A line feed that stands alone before the
place, because the end begins with it, is a piece of its own in each of OpenAI's patterns, as it is
behind other text.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from tokcompare.encodings import LoadedEncoding
from tokcompare.encodings.kinds.openai import ASCII_CUT
from tokcompare.prompts.boundaries import Boundary, Places, find_boundaries
from tokcompare.prompts.fewest import table_of
from tokcompare.prompts.window import Window
from tokcompare.text import places_to_cut, replace_surrogates

Found = tuple[int, list[int]]
"""A place, and the tokens up to there under each encoding."""

_FIRST = 1_024
"""How many characters are counted first, besides one for each token."""

_SHORT = 32
"""Up to this number of characters, to try all boundaries is faster than to look for a bound."""


def find_longest(
    window: Window, encodings: Sequence[LoadedEncoding], most: int, boundary: Boundary
) -> Found | None:
    """Returns the furthest boundary that fits; None if it depends on more of the text."""
    cuts = [window.near, *_outward(window, _cuts(window.text, encodings))]
    if window.is_whole and cuts[-1] != window.far:
        cuts.append(window.far)
    steps = _advance(window, cuts, encodings, most)
    base, counts = steps[-1]
    if window.is_whole and base == window.far:
        return base, counts
    beyond = next((place for place in cuts if _is_further(window, place, base)), None)
    stretch = _Stretch.of(window, base, beyond, encodings, [most - number for number in counts])
    if stretch is None:
        return None
    known = _known(window, boundary)
    if not known.start <= stretch.limit <= known.stop:
        return None
    visited = [abs(place - window.near) for place, _ in steps]
    places = (
        place
        for place in reversed(_outward(window, known.places))
        if not _is_further(window, place, stretch.limit) and stretch.may_fit(place)
    )
    tried = ((place, _count_to(window, place, steps, visited, encodings, most)) for place in places)
    # The end that is kept is a boundary, too, and has no tokens before it.
    return next((place, numbers) for place, numbers in tried if numbers is not None)


def find_some(
    window: Window, encodings: Sequence[LoadedEncoding], most: int, boundary: Boundary
) -> Found | None:
    """Returns a boundary that fits, and is the furthest if numbers of tokens do not fall.

    None if more of the text has to be looked at.
    """
    nothing = [0] * len(encodings)
    whole = _add(nothing, encodings, window.text, most)
    if whole is not None:
        return (window.far, whole) if window.is_whole else None
    places = _outward(window, _known(window, boundary).places)
    best: Found = (window.near, nothing)
    low, high = 0, len(places)
    while low < high:
        middle = (low + high) // 2
        part = window.between(window.near, places[middle])
        numbers = _add(nothing, encodings, part, most)
        if numbers is None:
            high = middle
        else:
            best = (places[middle], numbers)
            low = middle + 1
    return best


def _count_to(
    window: Window,
    place: int,
    steps: Sequence[Found],
    visited: Sequence[int],
    encodings: Sequence[LoadedEncoding],
    most: int,
) -> list[int] | None:
    """Returns the tokens up to a place, or None for too many.

    Args:
        window: The text.
        place: The place.
        steps: The places up to which the text was counted.
        visited: How far each of them is from the end that is kept.
        encodings: The encodings.
        most: How many tokens there may be.
    """
    near, before = steps[bisect_right(visited, abs(place - window.near)) - 1]
    return _add(before, encodings, window.between(near, place), most)


def _known(window: Window, boundary: Boundary) -> Places:
    return find_boundaries(
        window.text,
        boundary,
        begins=window.at_start or window.is_whole,
        ends=not window.at_start or window.is_whole,
    )


def _outward(window: Window, places: Sequence[int]) -> Sequence[int]:
    """Returns places in ascending order, or from the end on in descending order."""
    return places if window.at_start else places[::-1]


def _is_further(window: Window, place: int, other: int) -> bool:
    return place > other if window.at_start else place < other


def _add(
    before: Sequence[int], encodings: Sequence[LoadedEncoding], part: str, most: int
) -> list[int] | None:
    """Returns the tokens with those of a further part; None if they are too many for one."""
    numbers = []
    for number, encoding in zip(before, encodings, strict=True):
        numbers.append(number + (count(encoding, part) if part else 0))
        if numbers[-1] > most:
            return None
    return numbers


def _cuts(text: str, encodings: Sequence[LoadedEncoding]) -> list[int]:
    """Returns the places at which text can be cut without changing any number of tokens."""
    cuts = places_to_cut(text)
    if all(table_of(encoding) is not None for encoding in encodings):
        cuts = sorted({*cuts, *(found.start() for found in _ascii_cut().finditer(text))})
    return cuts


@functools.cache
def _ascii_cut() -> re.Pattern[str]:
    return re.compile(ASCII_CUT)


def _advance(
    window: Window, cuts: Sequence[int], encodings: Sequence[LoadedEncoding], most: int
) -> list[Found]:
    """Returns the places up to which the text was counted and fits, from the end that is kept on.

    The last one is the furthest of the cuts that fits.
    """
    distances = [abs(place - window.near) for place in cuts]
    steps: list[Found] = [(window.near, [0] * len(encodings))]
    done, step, has_failed = 0, _FIRST + most, False
    while done + 1 < len(cuts):
        to = max(done + 1, bisect_right(distances, distances[done] + step) - 1)
        part = window.between(cuts[done], cuts[to])
        before = steps[-1][1]
        numbers = None
        if all(
            (table := table_of(encoding)) is None or len(part) <= (most - number) * table.longest
            for encoding, number in zip(encodings, before, strict=True)
        ):
            numbers = _add(before, encodings, part, most)
        if numbers is not None:
            done = to
            steps.append((cuts[to], numbers))
            step = step if has_failed else 2 * step
        elif to == done + 1:
            break
        else:
            has_failed = True
            step = min(step, len(part)) // 2
    return steps


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """The text behind the last cut that fits, up to the next cut, which does not.

    Attributes:
        limit: The furthest place that may fit.
        refused: The places before it that cannot fit: see `fewest`.
    """

    limit: int
    refused: frozenset[int]

    def may_fit(self, place: int) -> bool:
        """Returns whether a place is not refused."""
        return place not in self.refused

    @staticmethod
    def of(
        window: Window,
        base: int,
        beyond: int | None,
        encodings: Sequence[LoadedEncoding],
        left: Sequence[int],
    ) -> _Stretch | None:
        """Looks at the text behind the last cut that fits.

        Args:
            window: The text.
            base: That cut.
            beyond: The next cut; None if there is none in the window.
            encodings: The encodings.
            left: How many tokens are left under each.

        Returns:
            None if more of the text is needed.
        """
        far = window.far if beyond is None else beyond
        if 0 in left:
            return _Stretch(limit=base, refused=frozenset())
        part = window.between(base, far)
        ends = _byte_lengths(part)
        if not window.at_start:
            ends = [ends[-1] - end for end in reversed(ends)]
        content = replace_surrogates(part).encode()
        reach, refused = len(part), set[int]()
        is_bound = beyond is not None
        for encoding, most in zip(encodings, left, strict=True):
            table = table_of(encoding)
            if table is None or (is_bound and len(part) <= _SHORT):
                continue
            find = table.from_start if window.at_start else table.from_end
            fewest = find(content, most)
            is_bound = is_bound or len(fewest) - 1 + table.longest <= len(content)
            reach = min(reach, bisect_right(ends, len(fewest) - 1) - 1)
            refused |= {n for n in range(1, reach + 1) if fewest[ends[n]] is None}
        if not is_bound:
            return None
        sign = 1 if window.at_start else -1
        return _Stretch(
            limit=base + sign * reach, refused=frozenset(base + sign * n for n in refused)
        )


def _byte_lengths(text: str) -> list[int]:
    """Returns how many bytes the first 0, 1, 2 and so on characters of a text have.

    Lone surrogates have three, as U+FFFD has. A pair has four; it is not cut.
    """
    if text.isascii():
        return list(range(len(text) + 1))
    text = _SURROGATES.sub("\ufffd\x01", text)
    return [0, *accumulate(len(replace_surrogates(character).encode()) for character in text)]


_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def count(encoding: LoadedEncoding, text: str) -> int:
    """Returns the number of tokens of a text, as well-formed Unicode."""
    return len(encoding.encode(replace_surrogates(text)))
