"""The curve as a picture: SVG with real text, written by a template."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

from benchmarks.processes import Run

WIDTH, HEIGHT, MARGIN = 640, 360, 56


def draw(points: Sequence[tuple[int, Run]]) -> str:
    """Returns time against size, both axes logarithmic, so that proportional is a straight line.

    Args:
        points: Sizes in MB, and the run for each.
    """
    sizes = [size for size, _ in points]
    times = [one.wall for _, one in points]
    low_time, high_time = min(times) / 1.5, max(times) * 1.5

    def x(size: float) -> float:
        share = (log10(size) - log10(sizes[0])) / (log10(sizes[-1]) - log10(sizes[0]))
        return MARGIN + share * (WIDTH - 2 * MARGIN)

    def y(seconds: float) -> float:
        share = (log10(seconds) - log10(low_time)) / (log10(high_time) - log10(low_time))
        return HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)

    line = " ".join(
        f"{x(size):.1f},{y(seconds):.1f}" for size, seconds in zip(sizes, times, strict=True)
    )
    marks = []
    for size, seconds in zip(sizes, times, strict=True):
        across, up = f"{x(size):.1f}", y(seconds)
        marks += [
            f'<circle cx="{across}" cy="{up:.1f}" r="4"/>',
            _text(across, up - 10, f"{seconds:.1f} s"),
            _text(across, HEIGHT - MARGIN + 20, f"{size:,} MB"),
        ]
    axes = f"M{MARGIN} {MARGIN - 16}V{HEIGHT - MARGIN}H{WIDTH - MARGIN + 16}"
    title = "Time of tokcompare report by size of the file (both axes logarithmic)"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="sans-serif" font-size="13" fill="#222">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text x="{MARGIN}" y="24" font-size="15">{title}</text>',
            f'<path d="{axes}" fill="none" stroke="#888"/>',
            f'<polyline points="{line}" fill="none" stroke="#1f6feb" stroke-width="2"/>',
            '<g fill="#1f6feb">',
            *marks,
            "</g>",
            "</svg>",
            "",
        ]
    )


def _text(x: str, y: float, text: str) -> str:
    return f'<text x="{x}" y="{y:.1f}" text-anchor="middle">{text}</text>'
