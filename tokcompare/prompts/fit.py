"""What fits: the longest beginning or end of a text that has no more than some tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import index
from typing import Literal, SupportsIndex

from tokcompare.encodings import EncodingLike, LoadedEncoding, load_encodings
from tokcompare.errors import ArgumentError, require_str, unknown_name
from tokcompare.prompts.boundaries import BOUNDARIES, Boundary
from tokcompare.prompts.fewest import table_of
from tokcompare.prompts.search import count, find_longest, find_some
from tokcompare.prompts.window import StringWindows, Windows
from tokcompare.text import cut

Keep = Literal["start", "end"]

_PER_TOKEN = 6
"""How many characters are looked at first for each token; English has four."""

_FIRST = 1_024
"""How many characters are looked at first in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A part of a text that fits a number of tokens.

    Attributes:
        text: The part: the beginning or the end of the text.
        tokens: Its number of tokens under each encoding.
        max_tokens: The number of tokens that it may have.
        keep: Whether it is the beginning ("start") or the end ("end").
        boundary: The kind of boundary that it is cut at.
        is_whole: Whether it is all of the text.
        is_longest: Whether it is proven that no longer part fits that is cut at such a boundary.
            False if there is an encoding of which `cuts_at_space` is false.
    """

    text: str
    tokens: Mapping[str, int]
    max_tokens: int
    keep: Keep
    boundary: Boundary
    is_whole: bool
    is_longest: bool

    @property
    def cut(self) -> int:
        """Where the text is cut, in characters from the end that is kept."""
        return len(self.text)


def fit(
    text: str,
    max_tokens: SupportsIndex,
    encodings: EncodingLike | Sequence[EncodingLike],
    *,
    keep: Keep = "start",
    boundary: Boundary = "grapheme",
) -> Fit:
    """Returns the longest beginning or end of a text that fits a number of tokens.

    It fits under all encodings, and is cut between two graphemes, words or sentences, as Unicode
    Standard Annex #29 defines them. The text itself and the empty text always count as cut at a
    boundary. No longer part fits that is cut at such a boundary, if the encodings are OpenAI's or
    promise the same by `cuts_at_space`; `Fit.is_longest` says so. The time depends on what fits,
    not on the length of the text.

    Args:
        text: Any string.
        max_tokens: How many tokens the part may have, 0 or more.
        encodings: One encoding or several: see `load_encoding`.
        keep: "start" keeps the beginning, "end" the end.
        boundary: "grapheme", "word" or "sentence". Where words are not separated by spaces, as in
            Chinese or Thai, there is a boundary between most characters.

    Raises:
        ArgumentError: The text is no string, or the number is negative.
        UnknownNameError: There is no such encoding, end or boundary.
        VocabularyError: An encoding cannot be loaded.

    >>> fit("the responsibility of all", 2, "o200k_base").text
    'the responsibility'
    """
    require_str("A text", text)
    loaded = load_encodings(encodings)
    windows = StringWindows(text, keep != "end")
    return fit_windows(windows, max_tokens, loaded, keep=keep, boundary=boundary)


def fit_windows(
    windows: Windows,
    max_tokens: SupportsIndex,
    encodings: Sequence[LoadedEncoding],
    *,
    keep: Keep,
    boundary: Boundary,
) -> Fit:
    """Returns the part that fits of a text that is read as far as it is needed: see `fit`.

    Args:
        windows: The beginning or the end of the text.
        max_tokens: As for `fit`.
        encodings: The encodings, loaded.
        keep: Of which end the windows are.
        boundary: As for `fit`.
    """
    most = _check_number(max_tokens)
    if keep not in ("start", "end"):
        raise unknown_name("end to keep", str(keep), ("start", "end"))
    if boundary not in BOUNDARIES:
        raise unknown_name("boundary", str(boundary), BOUNDARIES)
    is_longest = all(encoding.cuts_at_space for encoding in encodings)
    search = find_longest if is_longest else find_some
    length = _FIRST + _PER_TOKEN * most
    while True:
        window = windows.read(length)
        found = search(window, encodings, most, boundary)
        if found is not None:
            break
        length = 2 * max(length, len(window.text))
    place, counts = found
    return Fit(
        text=window.between(window.near, place),
        tokens={encoding.name: number for encoding, number in zip(encodings, counts, strict=True)},
        max_tokens=most,
        keep=keep,
        boundary=boundary,
        is_whole=window.is_whole and place == window.far,
        is_longest=is_longest,
    )


def is_within(text: str, max_tokens: SupportsIndex, encoding: EncodingLike) -> bool:
    """Returns whether a text has no more than a number of tokens.

    It stops as soon as the number is exceeded, so that the time depends on the number, not on the
    length of the text; but for an encoding of which `cuts_at_space` is false, all of the text is
    encoded.

    Args:
        text: Any string.
        max_tokens: How many tokens it may have, 0 or more.
        encoding: The encoding: see `load_encoding`.

    Raises:
        ArgumentError: The text is no string, or the number is negative.
        UnknownNameError: There is no encoding of that name.
        VocabularyError: The encoding cannot be loaded.

    >>> is_within("the responsibility", 2, "o200k_base")
    True
    """
    require_str("A text", text)
    most = _check_number(max_tokens)
    (loaded,) = load_encodings([encoding])
    if not loaded.cuts_at_space:
        return count(loaded, text) <= most
    table = table_of(loaded)
    if table is not None and len(text) > most * table.longest:  # a character has a byte or more
        return False
    for piece in cut(text, length=_FIRST + _PER_TOKEN * most):
        most -= count(loaded, piece)
        if most < 0:
            return False
    return True


def _check_number(max_tokens: SupportsIndex) -> int:
    if not isinstance(max_tokens, SupportsIndex) or isinstance(max_tokens, bool):
        raise ArgumentError(
            f"The number of tokens must be a whole number, not {type(max_tokens).__name__}."
        )
    if (number := index(max_tokens)) < 0:
        raise ArgumentError(f"The number of tokens must be 0 or more, not {number}.")
    return number
