"""A chart drawn with matplotlib, an extra that is imported when the first chart is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokcompare.errors import OutputError
from tokcompare.page.parts import Chart, ChartRow
from tokcompare.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ON_LIGHT = ("#a8480a", "#0b5c9e", "#6d3a9c", "#2a6a34")
_ON_DARK = ("#f2a55f", "#78b9fb", "#cba6f5", "#8dce95")
_SHAPES = "ooDs^vPX"
"""The colours and the shapes of the encodings. No two are told apart by their colour alone: the
first is a ring, and the others have different shapes."""

_WIDTH, _ROW, _FRAME = 7.0, 0.26, 1.0
"""The width of a figure, the height of a row, and that of axis and legend, in inches."""

_DOT, _MOST_DOTS = 0.28, 20
"""The height of a dot in rows; and of a stack in dots: in a higher one the dots overlap."""

_COLUMNS = 64
"""How many stacks of dots stand side by side."""

_TICKS = (0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128)
_WIDE = 3
"""The ratio of the ends of an axis from which on it has fewer ticks."""

_LONGEST_NAME = 40


def plot(chart: Chart, ax: Axes | None = None) -> Axes:
    """Draws a chart.

    It uses neither pyplot nor a display, and leaves matplotlib's settings as they are.

    Args:
        chart: The chart.
        ax: Where to draw. None makes a figure that is high enough for the rows.

    Returns:
        The axes. Its `figure` can be saved.

    Raises:
        OutputError: matplotlib is not installed.
    """
    scale = _Scale(chart)
    bands = _bands(chart, scale)
    if ax is None:
        ax = _new_axes(sum(band.height for band in bands))
    palette = _palette(ax)
    if chart.kind == "tokens":
        _draw_tokens(chart, bands, ax, palette)
    else:
        scale.apply(ax)
        ax.set_xlabel(_label_of_ratios(chart), **_PLAIN)
        draw = _draw_ratios if chart.kind == "ratios" else _draw_dots
        draw(chart, bands, ax, palette, scale)
    _draw_frame(chart, bands, ax)
    return ax


def _label_of_ratios(chart: Chart) -> str:
    label = f"times fewer tokens than under {_shown(chart.encodings[0])}"
    has_intervals = any(not math.isnan(mark.low) for row in chart.rows for mark in row.marks)
    if chart.kind == "ratios" and has_intervals:
        label += f" ({100 * chart.confidence:g}% interval)"
    return label


_ENCODING = "encoding"
"""The group of the lines that are marks of an encoding: they stand in the legend."""

_PLAIN: dict[str, Any] = {"parse_math": False}
"""The options of foreign text: a dollar sign is no mathematics."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Band:
    """The space of a row: `middle` and `height` in rows from the top."""

    row: ChartRow
    middle: float
    height: float


def _bands(chart: Chart, scale: _Scale) -> list[_Band]:
    bands, top = [], -0.5
    for row in chart.rows:
        height = 1.0
        if chart.kind == "ratios":
            height = max(1.0, 0.6 * (len(chart.encodings) - 1) + 0.4)
        elif chart.kind == "scripts":
            height = 0.5 + sum(_height(scale.stacks(row, place)) for place in _others(chart))
        bands.append(_Band(row=row, middle=top + height / 2, height=height))
        top += height
    return bands


def _others(chart: Chart) -> range:
    """Returns the places of the encodings that are compared with the baseline."""
    return range(1, len(chart.encodings))


def _new_axes(rows: float) -> Axes:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OutputError(
            "To draw a chart, matplotlib is needed: pip install 'tokcompare[plot]'"
        ) from error
    size = (_WIDTH, _FRAME + _ROW * max(rows, 1))
    axes: Axes = Figure(figsize=size, layout="constrained").subplots()
    return axes


def _palette(ax: Axes) -> list[str]:
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(ax.get_facecolor())
    is_light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.5
    return list(_ON_LIGHT if is_light else _ON_DARK)


def _style(chart: Chart, place: int, palette: Sequence[str], ax: Axes) -> dict[str, Any]:
    """Returns the options of the marks of an encoding."""
    color = palette[place % len(palette)]
    return {
        "label": _shown(chart.encodings[place]),
        "gid": _ENCODING,
        "linestyle": "none",
        "marker": _SHAPES[place % len(_SHAPES)],
        "color": color,
        "markersize": 6 if place == 0 or _SHAPES[place % len(_SHAPES)] in "oPX" else 5,
        "markerfacecolor": ax.get_facecolor() if place == 0 else color,
        "markeredgewidth": 1.5 if place == 0 else 1,
        "zorder": 3,
    }


def _draw_tokens(chart: Chart, bands: Sequence[_Band], ax: Axes, palette: Sequence[str]) -> None:
    for place in range(len(chart.encodings)):
        known = [band for band in bands if band.row.marks[place].tokens is not None]
        ax.plot(
            [band.row.marks[place].tokens or 0 for band in known],
            [band.middle for band in known],
            **_style(chart, place, palette, ax),
        )
    for band in bands:
        marks = enumerate(band.row.marks)
        ends = sorted((mark.tokens, -place) for place, mark in marks if mark.tokens is not None)
        if len(ends) > 1:
            ax.hlines(band.middle, ends[0][0], ends[-1][0], color="0.55", linewidth=1, zorder=1)
        for (tokens, place), side in zip(ends[:: max(len(ends) - 1, 1)], (-1, 1), strict=False):
            ax.annotate(
                f"{tokens:,}",
                (tokens, band.middle),
                (side * 6, 0),
                textcoords="offset points",
                ha="right" if side < 0 else "left",
                va="center_baseline",
                color=palette[-place % len(palette)],
                fontsize="small",
            )
    ax.set_xlabel("tokens for the same text" if len(bands) > 1 else "tokens")
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.locator_params(axis="x", integer=True)


def _draw_ratios(
    chart: Chart, bands: Sequence[_Band], ax: Axes, palette: Sequence[str], _: _Scale
) -> None:
    for place in _others(chart):
        known = [band for band in bands if not math.isnan(band.row.marks[place].ratio)]
        marks = [band.row.marks[place] for band in known]
        step = 0.6 if len(chart.encodings) > 2 else 0
        # One encoding below the other.
        heights = [band.middle + step * (place - len(chart.encodings) / 2) for band in known]
        style = _style(chart, place, palette, ax)
        ax.plot([mark.ratio for mark in marks], heights, **style)
        whiskers = [
            (height, mark.low, mark.high)
            for height, mark in zip(heights, marks, strict=True)
            if not math.isnan(mark.low)
        ]
        for height, low, high in whiskers:
            ax.hlines(height, low, high, color=style["color"], linewidth=1.75, zorder=2)


def _draw_dots(
    chart: Chart, bands: Sequence[_Band], ax: Axes, palette: Sequence[str], scale: _Scale
) -> None:
    for place in _others(chart):
        across, heights = [], []
        for band in bands:
            bottom = band.middle - band.height / 2 + 0.25
            bottom += sum(_height(scale.stacks(band.row, each)) for each in range(1, place + 1))
            stacks = scale.stacks(band.row, place)
            step = min(_DOT, _DOT * _MOST_DOTS / max(map(len, stacks.values()), default=1))
            for ratios in stacks.values():
                across += sorted(ratios)
                heights += [bottom - step * (0.5 + above) for above in range(len(ratios))]
        style = _style(chart, place, palette, ax) | {"markersize": 4, "alpha": 0.75}
        ax.plot(across, heights, **style, markeredgecolor="none")


def _height(stacks: dict[int, list[float]]) -> float:
    return _DOT * min(max(map(len, stacks.values()), default=1), _MOST_DOTS) + 0.1


def _draw_frame(chart: Chart, bands: Sequence[_Band], ax: Axes) -> None:
    """Draws the names, the ratios at the right, the lines between rows, and the legend."""
    end = bands[-1].middle + bands[-1].height / 2 if bands else 0.5
    ax.set_ylim(end, -0.5)
    names = [_name(band.row) for band in bands]
    ax.set_yticks([band.middle for band in bands], names, **_PLAIN)
    ax.tick_params(axis="y", length=0, pad=24 if chart.kind == "tokens" else 8)
    ax.grid(axis="x", color="0.5", alpha=0.25, linewidth=0.8)
    ax.set_axisbelow(True)
    ax.spines[["top", "left", "right"]].set_visible(False)
    if len(chart.encodings) == 2:
        _draw_column(chart, bands, ax)
    elif chart.kind != "tokens":
        for band in bands[1:]:
            ax.axhline(band.middle - band.height / 2, color="0.5", alpha=0.25, linewidth=0.8)
    place: dict[str, Any] = {
        "loc": "lower left",
        "bbox_to_anchor": (0, 1),
        "borderaxespad": 0.2,
        "borderpad": 0,
    }
    lines = [line for line in ax.lines if line.get_gid() == _ENCODING]
    labels = [str(line.get_label()) for line in lines]
    legend = ax.legend(lines, labels, ncols=4, frameon=False, handletextpad=0.1, **place)
    for text in legend.get_texts():
        text.set_parse_math(False)


def _draw_column(chart: Chart, bands: Sequence[_Band], ax: Axes) -> None:
    """Writes the ratios at the right of the axes, under a heading."""
    cells = [(band.middle, _times(band.row.marks[1].ratio)) for band in bands]
    for height, cell in cells:
        ax.annotate(
            cell,
            (1, height),
            (5.5, 0),
            xycoords=ax.get_yaxis_transform(),
            textcoords="offset fontsize",
            ha="right",
            va="center_baseline",
        )
    heading = {"tokens": "times fewer", "ratios": "", "scripts": "together"}[chart.kind]
    ax.annotate(
        heading,
        (1, 1),
        (5.5, 0.35),
        xycoords="axes fraction",
        textcoords="offset fontsize",
        ha="right",
        va="baseline",
    )


class _Scale:
    """The logarithmic axis of the ratios."""

    def __init__(self, chart: Chart) -> None:
        rows = [each for row in chart.rows for each in (row.members or (row,))]
        marks = [mark for row in rows for mark in row.marks]
        numbers = [
            number
            for mark in marks
            for number in (mark.ratio, mark.low, mark.high)
            if math.isfinite(number) and number > 0
        ]
        self.low, self.high = min([0.95, *numbers]) / 1.03, max([1.25, *numbers]) * 1.04

    def stacks(self, row: ChartRow, place: int) -> dict[int, list[float]]:
        """Returns the ratios of the members of a row that stand one above the other, by column."""
        found: dict[int, list[float]] = {}
        for ratio in (member.marks[place].ratio for member in row.members):
            if math.isfinite(ratio) and ratio > 0:
                share = math.log(ratio / self.low) / math.log(self.high / self.low)
                found.setdefault(round(_COLUMNS * share), []).append(ratio)
        return found

    def apply(self, ax: Axes) -> None:
        """Gives an axis this scale, its ticks and a line where nothing has changed."""
        ticks = [tick for tick in _TICKS if self.low <= tick <= self.high]
        if self.high / self.low > _WIDE:
            ticks = [tick for tick in ticks if tick not in (0.75, 1.25, 1.5)]
        ax.set_xscale("log")
        ax.set_xlim(self.low, self.high)
        ax.set_xticks(ticks, [f"{tick:g}×" for tick in ticks])
        ax.set_xticks([], minor=True)
        ax.axvline(1, color="0.55", linewidth=1, zorder=1)


def _name(row: ChartRow) -> str:
    return f"{_shown(row.name)} ({len(row.members)})" if row.members else _shown(row.name)


def _shown(name: str) -> str:
    shown = printable(name)
    return shown if len(shown) <= _LONGEST_NAME else shown[: _LONGEST_NAME - 1] + "…"


def _times(ratio: float) -> str:
    return "–" if math.isnan(ratio) else f"{ratio:.2f}×"
