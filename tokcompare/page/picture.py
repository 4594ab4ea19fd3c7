"""A chart of tokens as a picture for a README: SVG with real text, on a light or a dark ground."""

from __future__ import annotations

from typing import Literal

from tokcompare.page.html import environment
from tokcompare.page.layout import Position, lay_out
from tokcompare.page.parts import Chart

_WIDTH, _LEFT, _RIGHT, _STEP, _TOP = 720, 176, 628, 25, 84
"""The width; where the scale begins and ends; the height of a row, and that of the first one."""

_COLORS = {
    "light": {
        **{"ink": "#1f2328", "soft": "#59636e", "line": "#d9dee3", "edge": "#818b98"},
        **{"paper": "#ffffff", "old": "#a8480a", "new": "#0b5c9e"},
    },
    "dark": {
        **{"ink": "#f0f6fc", "soft": "#9198a1", "line": "#30363d", "edge": "#656c76"},
        **{"paper": "#0d1117", "old": "#f2a55f", "new": "#78b9fb"},
    },
}
"""The colours of text and ground are GitHub's."""


def picture(chart: Chart, *, headline: str, theme: Literal["light", "dark"]) -> str:
    """Returns a chart of tokens under two encodings as SVG. The same chart gives the same bytes.

    Args:
        chart: The chart.
        headline: The line above it.
        theme: The ground that it is made for. The picture itself has no ground.
    """
    rows = lay_out(chart).rows
    return (
        environment()
        .get_template("picture.svg.j2")
        .render(
            width=_WIDTH,
            height=_TOP + _STEP * len(rows) - 15,
            rows=[(_TOP + _STEP * place, row) for place, row in enumerate(rows)],
            encodings=chart.encodings,
            headline=headline,
            description=describe(chart),
            color=_COLORS[theme],
            across=_across,
        )
    )


def describe(chart: Chart) -> str:
    """Returns the numbers of a chart of tokens in words: the text that stands for the picture."""
    rows = "; ".join(
        f"{row.name} {' to '.join(f'{mark.tokens:,}' for mark in row.marks)}" for row in chart.rows
    )
    return f"Tokens from {' to '.join(chart.encodings)}: {rows}."


def _across(position: Position) -> str:
    return f"{_LEFT + float(position.x) / 100 * (_RIGHT - _LEFT):.1f}"
