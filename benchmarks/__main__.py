"""Runs the benchmarks: `python -m benchmarks [--repeats N] [--write]`."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

from benchmarks import startup

README = Path(__file__).with_name("README.md")


def machine() -> str:
    """Returns in one line on what it was measured."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("tokcompare", "tiktoken", "click"))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {packages}."
    )


@click.command()
@click.option("--repeats", default=21, show_default=True, help="Counted runs of each command.")
@click.option("--write", is_flag=True, help="Put the figures into benchmarks/README.md.")
def main(repeats: int, write: bool) -> None:
    """Measure tokcompare against what a user would run instead."""
    figures = f"{machine()} Medians of {repeats}.\n\n{startup.table(repeats)}\n"
    click.echo(figures)
    if write:
        between = r"(<!-- figures: startup -->\n).*?(?=<!-- end -->)"
        text = README.read_text(encoding="utf-8")
        written = re.sub(between, lambda match: match[1] + figures, text, flags=re.DOTALL)
        README.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
