"""The layout of charts and texts in HTML: positions in percent, rows of dots, classes of dashes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tokcompare.page.parts import Chart, ChartRow, Mark, PieceView, TokenView
from tokcompare.tables import times

_STEPS = (0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 6, 8, 12, 16, 32, 64)
_TALLEST = 132
"""The height of the tallest stack of dots, in pixels; in a taller one they overlap."""

_DOT = 6
"""The height of a dot with the space around it, in pixels."""

_COLUMN = 1.3
"""The width of a stack of dots, in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A tick of an axis: its place in percent, its label, and whether nothing changes there."""

    x: str
    label: str
    is_one: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a mark stands.

    Attributes:
        place: The place of its encoding.
        x: Where it stands, in percent.
        low: Where its interval begins; "" for none.
        high: Where it ends.
        tokens: The number that it stands for.
    """

    place: int
    x: str
    low: str = ""
    high: str = ""
    tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A language in a stack of dots; `y` is in pixels."""

    x: str
    y: str
    name: str
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOutRow:
    """A row of a chart with the positions of its marks.

    Attributes:
        row: The row.
        positions: The positions of its marks.
        spoken: What it says, for a screen reader.
        dots: Of a script: a dot for each language.
        height: Its height, in pixels.
    """

    row: ChartRow
    positions: tuple[Position, ...]
    spoken: str
    dots: tuple[Dot, ...] = ()
    height: int = 24

    @property
    def ratio(self) -> float:
        """How many times fewer tokens it has under the last encoding."""
        return self.row.marks[-1].ratio

    @property
    def low(self) -> Position:
        """The position of the fewest tokens."""
        return min(self.positions, key=lambda each: (each.tokens, -each.place))

    @property
    def high(self) -> Position:
        """The position of the most tokens."""
        return max(self.positions, key=lambda each: (each.tokens, -each.place))


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The rows of a chart by script, under one encoding."""

    place: int
    rows: tuple[LaidOutRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOutChart:
    """A chart with the positions of all marks."""

    kind: str
    heading: str
    caption: str
    ticks: tuple[Tick, ...]
    rows: tuple[LaidOutRow, ...] = ()
    panels: tuple[Panel, ...] = ()


class LogScale:
    """Ratios on a logarithmic scale, in percent of its width."""

    def __init__(self, marks: Iterable[Mark]) -> None:
        numbers = [
            number
            for mark in marks
            for number in (mark.ratio, mark.low, mark.high)
            if math.isfinite(number) and number > 0
        ]
        self.low, self.high = min([0.95, *numbers]) / 1.03, max([1.25, *numbers]) * 1.04

    def __call__(self, value: float) -> str:
        """Returns where a ratio stands, in percent."""
        within = min(max(value, self.low), self.high)
        return percent(math.log(within / self.low) / math.log(self.high / self.low))

    def ticks(self) -> tuple[Tick, ...]:
        """Returns the ticks of the axis."""
        inside = [step for step in _STEPS if self.low <= step <= self.high]
        if self.high / self.low > 3:
            inside = [step for step in inside if step not in (0.75, 1.25, 1.5)]
        return tuple(Tick(x=self(step), label=f"{step:g}×", is_one=step == 1) for step in inside)

    def position(self, place: int, mark: Mark) -> Position | None:
        """Returns where the ratio of an encoding stands; None if it is undefined."""
        if not math.isfinite(mark.ratio) or mark.ratio <= 0:
            return None
        has_interval = math.isfinite(mark.low) and math.isfinite(mark.high)
        return Position(
            place=place,
            x=self(mark.ratio),
            low=self(mark.low) if has_interval else "",
            high=self(mark.high) if has_interval else "",
        )


def percent(share: float) -> str:
    """Returns a share of 1 in percent, as the attributes of SVG have it."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".")


def lay_out(chart: Chart) -> LaidOutChart:
    """Returns a chart with the positions of all marks."""
    if chart.kind == "tokens":
        return _tokens(chart)
    return _ratios(chart) if chart.kind == "ratios" else _scripts(chart)


def _tokens(chart: Chart) -> LaidOutChart:
    top = _nice_top(max((mark.tokens or 0 for row in chart.rows for mark in row.marks), default=1))
    rows = []
    for row in chart.rows:
        positions = tuple(
            Position(place=place, x=percent(mark.tokens / top), tokens=mark.tokens)
            for place, mark in enumerate(row.marks)
            if mark.tokens is not None
        )
        if positions:
            rows.append(LaidOutRow(row=row, positions=positions, spoken=_spoken(chart, row)))
    return LaidOutChart(
        kind="tokens",
        heading="Tokens for the same text",
        caption=_caption_of_tokens(chart),
        ticks=tuple(Tick(x=percent(k / 4), label=f"{top * k // 4:,}") for k in range(5)),
        rows=tuple(rows),
    )


def _caption_of_tokens(chart: Chart) -> str:
    if len(chart.encodings) == 1:
        return "A mark is a number of tokens."
    caption = "Each line goes from the old number of tokens to the new one."
    old, new = (_spread(row.marks[place].tokens for row in chart.rows) for place in (0, -1))
    if round(new, 1) < round(old, 1):
        caption += (
            f" The new numbers stand closer together: the largest is {new:.1f} times the smallest, "
            f"of the old ones {old:.1f} times."
        )
    return caption


def _spread(tokens: Iterable[int | None]) -> float:
    """Returns the largest number divided by the smallest; 1 for fewer than two."""
    known = [number for number in tokens if number]
    return max(known) / min(known) if known else 1


def _ratios(chart: Chart) -> LaidOutChart:
    scale = LogScale(mark for row in chart.rows for mark in row.marks)
    rows = tuple(
        LaidOutRow(
            row=row,
            positions=tuple(
                position
                for place, mark in enumerate(row.marks)
                if place and (position := scale.position(place, mark)) is not None
            ),
            spoken=_spoken(chart, row),
        )
        for row in chart.rows
    )
    caption = "On a logarithmic scale; at 1× nothing has changed."
    if any(position.low for row in rows for position in row.positions):
        caption += f" The line through a mark is its {100 * chart.confidence:g}% interval."
    return LaidOutChart(
        kind="ratios",
        heading=f"Times fewer tokens than under {chart.encodings[0]}",
        caption=caption,
        ticks=scale.ticks(),
        rows=rows,
    )


def _scripts(chart: Chart) -> LaidOutChart:
    scale = LogScale(mark for row in chart.rows for each in row.members for mark in each.marks)
    places = range(1, len(chart.encodings))
    panels = []
    stacks = {place: [_stack(row, place, scale) for row in chart.rows] for place in places}
    for place in places:
        rows = []
        for number, row in enumerate(chart.rows):
            # Rows of the same script have the same height in each panel.
            tallest = max(max((y for _, y, _ in stacks[p][number]), default=1) for p in places)
            height = 16 + min(_DOT * tallest, _TALLEST)
            own = max((y for _, y, _ in stacks[place][number]), default=1)
            step = min(_DOT, _TALLEST / own)
            dots = tuple(
                Dot(
                    x=x,
                    y=percent((height - 5 - step * y) / 100),
                    name=member.name,
                    ratio=member.marks[place].ratio,
                )
                for x, y, member in stacks[place][number]
            )
            shown = ChartRow(name=row.name, marks=(row.marks[0], row.marks[place]))
            rows.append(
                LaidOutRow(
                    row=shown,
                    positions=(),
                    spoken=_spoken_script(row, place),
                    dots=dots,
                    height=height,
                )
            )
        panels.append(Panel(place=place, rows=tuple(rows)))
    languages = sum(len(row.members) for row in chart.rows)
    return LaidOutChart(
        kind="scripts",
        heading=f"Times fewer tokens than under {chart.encodings[0]}, by script",
        caption=f"Each dot is one of {languages:,} languages, on a logarithmic scale; at 1× "
        "nothing has changed. On the right, all languages of the script together. Point at a dot "
        "for its name; each language has a row in the table.",
        ticks=scale.ticks(),
        panels=tuple(panels),
    )


def _stack(row: ChartRow, place: int, scale: LogScale) -> list[tuple[str, int, ChartRow]]:
    """Returns a dot for each language: those of about the same ratio one above the other."""
    heights: Counter[int] = Counter()
    dots = []
    defined = [member for member in row.members if scale.position(place, member.marks[place])]
    for member in sorted(defined, key=lambda each: (each.marks[place].ratio, each.name)):
        column = round(float(scale(member.marks[place].ratio)) / _COLUMN)
        heights[column] += 1
        dots.append((percent(column * _COLUMN / 100), heights[column], member))
    return dots


def _spoken(chart: Chart, row: ChartRow) -> str:
    said = [
        f"{mark.tokens:,} tokens under {name}"
        for name, mark in zip(chart.encodings, row.marks, strict=True)
        if mark.tokens is not None
    ]
    if len(row.marks) > 1:
        ratio = row.marks[-1].ratio
        same = "about as many" if ratio > 0 else "ratio undefined"
        said.append(times(ratio, "fewer", "more") or same)
    return f"{', '.join(said)}."


def _spoken_script(row: ChartRow, place: int) -> str:
    ratios = sorted(
        (member.marks[place].ratio, member.name)
        for member in row.members
        if math.isfinite(member.marks[place].ratio)
    )
    if not ratios:
        return f"{row.name}: ratio undefined."
    if len(row.members) == 1:
        return f"{row.name}, {ratios[0][1]}: {ratios[0][0]:.2f} times fewer tokens."
    (least, first), (most, last) = ratios[0], ratios[-1]
    return (
        f"{row.name}, {len(row.members)} languages: {row.marks[place].ratio:.2f} times fewer "
        f"tokens together; from {first}, {least:.2f}, to {last}, {most:.2f}."
    )


def _nice_top(value: float) -> int:
    """Returns a round number, not below a value, that four equal steps lead to."""
    step = 10 ** math.floor(math.log10(max(value / 4, 1)))
    return next(
        int(4 * step * factor)
        for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
        if 4 * step * factor >= value and (step * factor) % 1 == 0
    )


def classes_of(piece: PieceView) -> str:
    """Returns the classes of a piece, which say how its dashes are drawn."""
    found = []
    for letter, (dashes, is_continued) in zip("abcd", piece.dashes, strict=False):
        if dashes > 1:
            found.append(f"{letter}{dashes}")
        if is_continued:
            found.append(f"{letter}j")
    if piece.runs_right_to_left:
        found.append("r")
    return " ".join(found)


def rules_for_dashes(texts: Sequence[TokenView]) -> str:
    """Returns a CSS rule for each number of dashes that occurs.

    Style attributes would need `unsafe-inline` in the Content Security Policy.
    """
    found = {
        (letter, dashes)
        for text in texts
        for span in text.spans
        for piece in span.pieces
        for letter, (dashes, _) in zip("abcd", piece.dashes, strict=False)
        if dashes > 1
    }
    return "".join(f".cut .{letter}{n}{{--{letter}:{n}}}\n" for letter, n in sorted(found))
