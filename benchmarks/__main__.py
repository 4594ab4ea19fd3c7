"""Runs the benchmarks: `python -m benchmarks [PART]... [--corpus FOLDER] [--write]`."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import click

from benchmarks import calls, check, cold, page, picture, scale, sizes, startup, throughput
from benchmarks.figures import put_figures

README = Path(__file__).with_name("README.md")
PICTURE = Path(__file__).with_name("curve.svg")

PACKAGES = (
    *("tokcompare", "tiktoken", "gigatoken", "fastokens", "splintr-rs", "bpe-openai"),
    *("tokenizers", "genai-prices", "click"),
)


def machine() -> str:
    """Returns in one line on what it was measured."""
    packages = []
    for name in PACKAGES:
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {', '.join(packages)}."
    )


def measured_curve(flores: Path, repeats: int, *, write: bool) -> str:
    """Measures the curve, draws it if it is to be written, and returns it as a table."""
    points = list(sizes.measure(flores, repeats, sizes.CURVE))
    if write:
        lines = [
            (
                name,
                color,
                [
                    (point.size, median(run.wall for run in getattr(point, kind)))
                    for point in points
                ],
            )
            for name, color, kind in (
                ("tokcompare report", "#1f6feb", "ours"),
                ("script with tiktoken", "#9a3412", "theirs"),
            )
        ]
        title = "Time by size of the file, FLORES-200 as JSON Lines (both axes logarithmic)"
        PICTURE.write_text(picture.draw(title, lines), encoding="utf-8")
    return sizes.table(points)


@click.command()
@click.argument("parts", nargs=-1, metavar="[PART]...")
@click.option("--corpus", type=click.Path(path_type=Path), help="Folder made by benchmarks.corpus.")
@click.option("--flores", type=click.Path(path_type=Path), help="The folder flores200_dataset.")
@click.option("--repeats", default=5, show_default=True, help="Counted runs of each command.")
@click.option("--write", is_flag=True, help="Put the figures into benchmarks/README.md.")
def main(
    parts: tuple[str, ...], corpus: Path | None, flores: Path | None, repeats: int, write: bool
) -> None:
    """Measure tokcompare against what a user would run instead.

    PART is startup, cold, calls, check, page, scale, sizes, curve, peers or cores; without one all
    are measured that can be. The last two need --corpus, and sizes and curve need --flores; page
    has one row more with it.
    """
    tables: dict[str, Callable[[], str]] = {
        "startup": lambda: startup.table(repeats),
        "cold": lambda: cold.table(repeats),
        "calls": lambda: calls.table(repeats),
        "check": lambda: check.table(repeats),
        "page": lambda: page.table(repeats, flores),
        "scale": scale.measure,
    }
    if corpus is not None:
        tables |= {
            "peers": lambda: throughput.peers_table(corpus, repeats),
            "cores": lambda: throughput.cores_table(corpus, repeats),
        }
    if flores is not None:
        tables |= {
            "sizes": lambda: sizes.table(list(sizes.measure(flores, repeats, sizes.NAMED))),
            "curve": lambda: measured_curve(flores, repeats, write=write),
        }
    for name in parts or tables:
        if name not in tables:
            raise click.UsageError(f"There is no part {name!r} here: {', '.join(tables)}.")
        figures = f"{machine()} Medians of {repeats}.\n\n{tables[name]()}\n"
        click.echo(f"{name}: {figures}")
        if write:
            put_figures(README, name, figures)


if __name__ == "__main__":
    main()
