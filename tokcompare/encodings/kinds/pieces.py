"""Pieces: splits text by an encoding's pattern without tiktoken, and encodes long pieces in blocks.

tiktoken splits a text into pieces, and merges the bytes of each piece to tokens. To merge a piece
of a megabyte takes fifty times its memory; its blocks take hardly any.
"""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from tokcompare.bundled import read_data

if TYPE_CHECKING:
    import regex

LONG = 100_000
"""From this number of characters on a piece is encoded in blocks."""

_BLOCK = 4_096
"""The bytes of a block: tiktoken merges longer ones more slowly."""

_MARGIN = 256
"""The bytes at the end of a block whose tokens may depend on what follows."""

_STEP = 1_000
"""The distance of the characters that are looked at for a long piece: a hundred in a row are the
same kind in a long piece, and hardly ever in other text."""


def may_hold_long_piece(text: str) -> bool:
    """Returns whether a text may hold a piece of `LONG` letters, or of as many marks and symbols.

    Blanks have a limit of their own, and digits are pieces of three.
    """
    if len(text) < LONG or not _runs(LONG // _STEP).search(text[::_STEP]):
        return False
    return _runs(LONG).search(text) is not None


@functools.cache
def _runs(length: int) -> regex.Pattern[str]:
    """Returns a pattern that finds a run of letters and marks, or one of marks and symbols."""
    import regex

    runs = (rf"(?<!{kind}){kind}{{{length}}}" for kind in (r"[\p{L}\p{M}]", r"[^\s\p{L}\p{N}]"))
    return regex.compile("|".join(runs))


class Splitter:
    """Splits text as tiktoken does, by the package `regex` and one of OpenAI's patterns.

    The two have different versions of Unicode. They differ only in characters that Unicode 14 does
    not assign; a text that has one of them is not split.
    """

    def __init__(self, pattern: str) -> None:
        import regex

        self._pattern: regex.Pattern[str] = regex.compile(pattern)
        self._known: set[str] = set()

    def split(self, text: str) -> Iterator[str] | None:
        """Returns the pieces of well-formed text in order; None if tiktoken has to split it."""
        new = set(text) - self._known
        if not all(map(_is_assigned, new)):
            return None
        self._known |= new
        return (found[0] for found in self._pattern.finditer(text))


@functools.cache
def load_splitter(pattern: str) -> Splitter:
    """Returns the splitter of a pattern."""
    return Splitter(pattern)


def encode_piece(
    piece: bytes, encode: Callable[[bytes], Sequence[int]], bytes_of: Callable[[int], bytes]
) -> list[int]:
    """Returns the tokens of a piece, which is merged block by block.

    Tokens are those of a piece if, and only if, each two that follow each other are the tokens of
    their bytes: no merge within two tokens depends on what is around them, and the first merge
    across a border would also happen without the rest. So a block begins where a token of the block
    before ended, and that token and the first of the new block are compared with the tokens of
    their bytes. Where they differ, the new block begins a token earlier, and is twice as long.

    Args:
        piece: The bytes of the piece.
        encode: Returns the tokens of bytes that are not split.
        bytes_of: Returns the bytes of a token.
    """
    tokens: list[int] = []
    # One object for each id: a list of equal numbers takes several times as much memory.
    shared: dict[int, int] = {}
    start, size = 0, _BLOCK
    while start < len(piece):
        block = encode(piece[start : start + size])
        if tokens and not _are_neighbours(tokens[-1], block[0], encode, bytes_of):
            start -= len(bytes_of(tokens.pop()))
            size *= 2
            continue
        tokens += [shared.setdefault(token, token) for token in block]
        end = start + size
        dropped = 0
        while end < len(piece) and dropped < _MARGIN:
            dropped += len(bytes_of(tokens.pop()))
        if end - dropped <= start:
            size *= 2
        start = end - dropped
    return tokens


def _are_neighbours(
    first: int,
    second: int,
    encode: Callable[[bytes], Sequence[int]],
    bytes_of: Callable[[int], bytes],
) -> bool:
    return [*encode(bytes_of(first) + bytes_of(second))] == [first, second]


def _is_assigned(character: str) -> bool:
    return bisect_right(_borders(), ord(character)) % 2 == 0


@functools.cache
def _borders() -> list[int]:
    """Returns where ranges of unassigned code points begin and end, in ascending order."""
    lines = read_data("vocabularies", "unassigned.txt").decode("ascii").split()
    ranges = (line.partition("-") for line in lines)
    return [border for first, _, last in ranges for border in (int(first, 16), int(last, 16) + 1)]
