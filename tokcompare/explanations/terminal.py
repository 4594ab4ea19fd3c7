"""Explanations for a terminal: the tokens of a text in colours, or with marks.

A list of spans has the text last on each line: terminals do not agree on the width of Gujarati or
of an emoji, so nothing that must line up stands behind it. A longer text flows in paragraphs, with
a row of marks under each line for each encoding.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokcompare.explanations.spans import Bar, Group, Piece, Span
from tokcompare.explanations.tokens import escape_marks
from tokcompare.text import printable

if TYPE_CHECKING:
    from tokcompare.explanations.explanation import Explanation

MARKS = "○●◆■▲▼★♦"
"""The mark of each encoding; they are used again from the ninth on."""

# White on two shades in turn, so each token is a block. Both colours are given: it reads on light
# and on dark ground. The last pair is for what all encodings split in the same way.
_BLOCKS = (("130", "94"), ("25", "31"), ("97", "54"), ("28", "22"))
_SAME = ("240", "236")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_INDENT = 17
_LEAST_WIDTH = 40

MOST_SPANS = 60
"""How many spans are listed unless the user asks for the list; a longer text flows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How an explanation is written.

    Attributes:
        width: The number of columns.
        color: Whether tokens are told apart by colours; by marks if not.
        ids: Whether the ids and the bytes of tokens are listed.
        spans: Whether spans are listed; None lists those of a short text.
    """

    width: int = 80
    color: bool = False
    ids: bool = False
    spans: bool | None = None

    def block(self, shades: tuple[str, str], turn: int, text: str) -> str:
        """Returns a text on one of two shades in turn."""
        return self._sgr(f"38;5;231;48;5;{shades[turn % 2]}", text)

    def bold(self, text: str) -> str:
        """Returns a text in bold."""
        return self._sgr("1", text)

    def dim(self, text: str) -> str:
        """Returns a text that stands back."""
        return self._sgr("2", text)

    def saving(self, saved: int, text: str) -> str:
        """Returns a number of saved tokens: green if it is above zero, red if it is below."""
        return self._sgr("1;32" if saved > 0 else "1;31", text) if saved else self.dim(text)

    def _sgr(self, codes: str, text: str) -> str:
        return f"\x1b[{codes}m{text}\x1b[0m" if self.color and text else text


def show_explanation(explanation: Explanation, style: Style) -> str:
    """Returns an explanation as lines of text."""
    lines = [*_heading(explanation, style), ""]
    is_short = len(explanation.spans) <= MOST_SPANS
    if style.ids or (is_short if style.spans is None else style.spans):
        lines += _list_of_spans(explanation, style)
    else:
        lines += _paragraphs(explanation, style)
    return "\n".join(lines) + "\n"


def _heading(explanation: Explanation, style: Style) -> Iterator[str]:
    """Yields a line for each encoding: its tokens, and how many fewer they are."""
    longest = max(map(len, explanation.encodings))
    first = explanation.counts[0]
    for place, (name, count) in enumerate(
        zip(explanation.encodings, explanation.counts, strict=True)
    ):
        unit = "token " if count == 1 else "tokens"
        line = f"{_mark(place)} {printable(name):{longest}}  {count:>6,} {unit}"
        if place and count and first:
            change = 1 - count / first
            line += (
                f"  {first / count:.2f}x  {abs(change):.1%} {'saved' if change >= 0 else 'more'}"
            )
        swatch = "".join(style.block(_shades(place), turn, " ") for turn in range(4)) + " "
        yield (swatch if style.color else "") + line.rstrip()


def _list_of_spans(explanation: Explanation, style: Style) -> Iterator[str]:
    if not explanation.text:
        yield style.dim("The text is empty.")
        return
    heading = "saved" if len(explanation.encodings) > 1 else ""
    yield style.bold(f"  {'tokens':>6}  {heading:>5}  text")
    has_parts = has_same = False
    # With ids, each span stands by itself: the same bytes have other ids.
    for row in explanation.spans if style.ids else _gathered(explanation.spans):
        if not isinstance(row, Span):
            has_same = True
            groups = [group for span in row for group in span.groups[0]]
            number = sum(len(group.tokens) for group in groups)
            yield from _cells(style.dim("="), number, " " * 5, groups, _SAME, style)
            has_parts |= any(len(group.tokens) > 1 for group in groups)
            continue
        for place, groups_of in enumerate(row.groups):
            saved = row.saved[place]
            shown = f"{saved:+5d}".replace("-", "−") if saved else "    0"
            cell = style.saving(saved, shown) if place else " " * 5
            number = row.tokens[place]
            yield from _cells(_mark(place), number, cell, groups_of, _shades(place), style)
            has_parts |= any(len(group.tokens) > 1 for group in groups_of)
            if style.ids:
                yield from _ids(groups_of, style)
    legend = []
    if has_parts:
        legend.append("letters² are two tokens, each of them only some of their bytes")
    if has_same:
        legend.append("= is the same under each encoding")
    if legend:
        yield ""
        yield from map(style.dim, _fold("; ".join(legend).split(), style.width, ""))


def _gathered(spans: Iterable[Span]) -> Iterator[Span | list[Span]]:
    """Yields spans; those in a row that all encodings split in the same way, as one list."""
    same: list[Span] = []
    for span in spans:
        if len(span.groups) > 1 and span.is_same:
            same.append(span)
            continue
        if same:
            yield same
            same = []
        yield span
    if same:
        yield same


def _cells(
    mark: str,
    number: int,
    saved: str,
    groups: Sequence[Group],
    shades: tuple[str, str],
    style: Style,
) -> Iterator[str]:
    """Yields the lines of a row: the text in cells, as many a line as there is room for."""
    from wcwidth import width as width_of

    width = max(style.width, _LEAST_WIDTH)
    line, used = f"{mark} {number:>6,}  {saved}  ", _INDENT
    for turn, group in enumerate(groups):
        text = _visible(group.text, style)
        if len(group.tokens) > 1:
            text += str(len(group.tokens)).translate(_RAISED)
        for piece in _chop(text, width - _INDENT - 1):  # of a cell that no line has room for
            bar = "|" if used > _INDENT and not style.color else ""
            if used > _INDENT and used + len(bar) + width_of(piece) > width:
                yield line
                line, used, bar = " " * _INDENT, _INDENT, ""
            line += bar + (style.block(shades, turn, piece) if style.color else piece)
            used += len(bar) + width_of(piece)
    yield line


def _ids(groups: Sequence[Group], style: Style) -> Iterator[str]:
    words = (
        word
        for group in groups
        for token in group.tokens
        for word in f"{token.id} ({token.content.hex(' ').upper()})".split()
    )
    yield from map(style.dim, _fold(words, style.width, " " * _INDENT))


def _paragraphs(explanation: Explanation, style: Style) -> Iterator[str]:
    """Yields lines of the text, each with a row of marks below it for each encoding."""
    legend = (
        "╵ a token begins; ─ it goes on; a number, or * above nine: that many tokens have a part "
        "of what stands above"
    )
    for line in _lines(explanation.spans, max(style.width, _LEAST_WIDTH) - 2):
        yield "  " + "".join(_visible(piece.text, style) for piece, _ in line)
        for place in range(len(explanation.encodings)):
            row = "".join(_under(piece.bars[place], width) for piece, width in line)
            yield f"{_mark(place)} {style.dim(row.rstrip())}"
        yield ""
    if any(unicodedata.bidirectional(character) in ("R", "AL") for character in explanation.text):
        legend += (
            "; the marks follow the order in which the text is stored, from left to right: where a "
            "terminal shows Arabic or Hebrew from right to left, --spans is easier to read"
        )
    yield from map(style.dim, _fold(legend.split(), style.width, ""))


def _lines(spans: Sequence[Span], width: int) -> Iterator[list[tuple[Piece, int]]]:
    """Yields the pieces of each line, with the number of columns that each takes."""
    from wcwidth import width as width_of

    line: list[tuple[Piece, int]] = []
    used = 0
    for piece in (piece for span in spans for piece in span.pieces):
        columns = max(0, width_of(_visible(piece.text, Style())))
        if line and used + columns > width:
            yield line
            line, used = [], 0
        line.append((piece, columns))
        used += columns
        if "\n" in piece.text:
            yield line
            line, used = [], 0
    if line:
        yield line


def _under(bar: Bar, width: int) -> str:
    """Returns the marks of a piece: as wide as the piece."""
    if not width:
        return ""
    if bar.dashes == 1:
        first = "─" if bar.is_continued else "╵"
    else:
        first = str(bar.dashes) if bar.dashes < 10 else "*"
    return first + "─" * (width - 1)


def _visible(text: str, style: Style) -> str:
    """Returns a text on one line; without colours, its spaces are marked."""
    shown = printable(escape_marks(text))
    return shown if style.color else shown.replace(" ", "␣")


def _chop(text: str, columns: int) -> Iterator[str]:
    """Yields a text in parts of at most some columns."""
    from wcwidth import width as width_of

    start = 0
    used = 0
    for place, character in enumerate(text):
        columns_of = max(0, width_of(character))
        if used + columns_of > columns and place > start:
            yield text[start:place]
            start, used = place, 0
        used += columns_of
    yield text[start:]


def _fold(words: Iterable[str], columns: int, indent: str) -> Iterator[str]:
    line = ""
    for word in words:
        if line and len(indent) + len(line) + 1 + len(word) > columns:
            yield indent + line
            line = ""
        line += (" " if line else "") + word
    yield indent + line


def _mark(place: int) -> str:
    return MARKS[place % len(MARKS)]


def _shades(place: int) -> tuple[str, str]:
    return _BLOCKS[place % len(_BLOCKS)]
