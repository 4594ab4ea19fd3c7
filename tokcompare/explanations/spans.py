"""Spans: a text split where all encodings begin a token, for showing it.

All offsets are bytes of UTF-8. A *wall* of an encoding is a place where a token begins and a
grapheme, too, so that it can be drawn between two letters. A *span* lies between two neighbouring
walls that all encodings have: it holds the same bytes under each. A *piece* lies between two
neighbouring walls of any encoding: it is what is drawn at a time. A *group* lies between two
neighbouring walls of one encoding: it holds whole tokens and whole graphemes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tokcompare.explanations.tokens import Token
from tokcompare.text import grapheme_ends, replace_surrogates


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What is drawn of an encoding under a piece: a dash for each token.

    Attributes:
        dashes: How many tokens have a byte in the piece.
        is_continued: Whether the first of them began in the piece before.
    """

    dashes: int
    is_continued: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a text without a wall inside.

    Attributes:
        text: The part.
        bars: What is drawn under it, of each encoding.
    """

    text: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The fewest graphemes that are whole tokens of an encoding: a word, or a letter in parts.

    Attributes:
        text: The graphemes.
        tokens: The tokens.
    """

    text: str
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of a text that holds the same bytes, in whole tokens, under each encoding.

    Attributes:
        text: The part.
        start: Where it begins, in bytes.
        end: Where it ends, in bytes.
        pieces: What is drawn of it.
        groups: Its tokens under each encoding, by the graphemes that they are.
    """

    text: str
    start: int
    end: int
    pieces: tuple[Piece, ...]
    groups: tuple[tuple[Group, ...], ...]

    @property
    def tokens(self) -> tuple[int, ...]:
        """The number of its tokens under each encoding."""
        return tuple(sum(len(group.tokens) for group in groups) for groups in self.groups)

    @property
    def saved(self) -> tuple[int, ...]:
        """How many tokens fewer than under the first encoding it has under each of them."""
        first, *_ = tokens = self.tokens
        return tuple(first - number for number in tokens)

    @property
    def is_same(self) -> bool:
        """Whether all encodings split it at the same places."""
        first, *others = [
            [token.start for group in groups for token in group.tokens] for groups in self.groups
        ]
        return all(starts == first for starts in others)


def split_spans(text: str, tokens: Sequence[Sequence[Token]]) -> tuple[Span, ...]:
    """Splits a text into spans.

    Args:
        text: The text; a lone surrogate counts as U+FFFD.
        tokens: Its tokens under each encoding, as `locate_tokens` returns them.
    """
    content = replace_surrogates(text).encode()
    edges = {0, *grapheme_ends(content.decode())}
    walls = [
        sorted({token.start for token in each if token.start in edges} | {len(content)})
        for each in tokens
    ]
    common = sorted(set.intersection(*map(set, walls)))
    every = sorted(set().union(*walls))
    starts = [[token.start for token in each] for each in tokens]

    def bar(of: int, start: int, end: int) -> Bar:
        first, last = bisect_right(starts[of], start) - 1, bisect_left(starts[of], end)
        return Bar(dashes=last - first, is_continued=starts[of][first] < start)

    def groups(of: int, start: int, end: int) -> tuple[Group, ...]:
        return tuple(
            Group(
                text=content[a:b].decode(),
                tokens=tuple(tokens[of][bisect_left(starts[of], a) : bisect_left(starts[of], b)]),
            )
            for a, b in pairwise(_between(walls[of], start, end))
        )

    encodings = range(len(tokens))
    return tuple(
        Span(
            text=content[start:end].decode(),
            start=start,
            end=end,
            pieces=tuple(
                Piece(
                    text=content[a:b].decode(),
                    bars=tuple(bar(of, a, b) for of in encodings),
                )
                for a, b in pairwise(_between(every, start, end))
            ),
            groups=tuple(groups(of, start, end) for of in encodings),
        )
        for start, end in pairwise(common)
    )


def _between(walls: Sequence[int], start: int, end: int) -> Sequence[int]:
    """Returns the walls from one of them to another, both included."""
    return walls[bisect_left(walls, start) : bisect_right(walls, end)]
