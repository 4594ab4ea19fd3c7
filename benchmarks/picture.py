"""The curve as a picture: SVG with real text, written by a template."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10

WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 720, 420, 72, 48, 64

SIZES = {1e3: "1 KB", 1e4: "10 KB", 1e5: "100 KB", 1e6: "1 MB", 1e7: "10 MB", 1e8: "100 MB"}
SIZES[1e9] = "1 GB"


def draw(title: str, lines: Sequence[tuple[str, str, Sequence[tuple[float, float]]]]) -> str:
    """Returns time against size, both axes logarithmic, so that proportional is a straight line.

    Args:
        title: The title.
        lines: For each line its name, its color and its points: bytes and seconds.
    """
    points = [point for _, _, of_line in lines for point in of_line]
    low, high = min(size for size, _ in points), max(size for size, _ in points)
    fastest, slowest = min(time for _, time in points), max(time for _, time in points)
    bottom, top = log10(fastest / 1.5), log10(slowest * 1.5)

    def x(size: float) -> float:
        share = log10(size / low) / log10(high / low)
        return LEFT + share * (WIDTH - 2 * LEFT)

    def y(seconds: float) -> float:
        share = (log10(seconds) - bottom) / (top - bottom)
        return HEIGHT - BELOW - share * (HEIGHT - BELOW - ABOVE)

    grid: list[tuple[str, float, float, str, str]] = [
        (f"M{x(size):.1f} {ABOVE}V{HEIGHT - BELOW}", x(size), HEIGHT - BELOW + 20, name, "middle")
        for size, name in SIZES.items()
        if low <= size <= high
    ]
    grid += [
        (f"M{LEFT} {y(time):.1f}H{WIDTH - LEFT}", LEFT - 8, y(time) + 4, f"{time:g} s", "end")
        for time in (0.1, 1, 10, 100, 1000)
        if fastest / 1.5 <= time <= slowest * 1.5
    ]
    drawn = []
    for number, (name, color, of_line) in enumerate(lines):
        path = " ".join(f"{x(size):.1f},{y(time):.1f}" for size, time in of_line)
        drawn += [
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>',
            *(
                f'<circle cx="{x(size):.1f}" cy="{y(time):.1f}" r="3" fill="{color}"/>'
                for size, time in of_line
            ),
            f'<circle cx="{LEFT + 16 + 180 * number}" cy="44" r="4" fill="{color}"/>',
            f'<text x="{LEFT + 26 + 180 * number}" y="49">{name}</text>',
        ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="sans-serif" font-size="13" fill="#222">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<text x="{LEFT}" y="24" font-size="15">{title}</text>',
            *(f'<path d="{path}" stroke="#ddd"/>' for path, *_ in grid),
            *(
                f'<text x="{across:.1f}" y="{up:.1f}" text-anchor="{anchor}">{name}</text>'
                for _, across, up, name, anchor in grid
            ),
            *drawn,
            "</svg>",
            "",
        ]
    )
