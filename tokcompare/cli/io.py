"""What the commands that read a source share: loading it, writing what came of it, and skips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import click

from tokcompare.errors import SourceError
from tokcompare.sources.rejections import Rejections
from tokcompare.sources.source import Source, load_source
from tokcompare.tables import Table


class Result(Protocol):
    """What came of a source."""

    @property
    def columns(self) -> list[str]:
        """The columns of `to_records`, in order."""

    @property
    def notes(self) -> list[str]:
        """What whoever reads it must know."""

    def to_records(self) -> list[dict[str, Any]]:
        """Returns what CSV holds of it."""

    def to_dict(self) -> dict[str, Any]:
        """Returns what JSON holds of it."""


def load_named(names: Sequence[str], languages: Sequence[str], **reading: Any) -> Source:
    """Returns the source that a command line names."""
    from tokcompare.languages import UNDETERMINED

    language = languages[0] if len(languages) == 1 else UNDETERMINED
    source = load_source(names, language=language, **reading)
    return source.select(languages) if languages else source


def say(notes: Sequence[str]) -> None:
    """Says notes on standard error."""
    for note in notes:
        click.echo(f"Note: {note}", err=True)


def write_result(
    result: Result, to_table: Callable[[], Table], format_name: str, output: str | None
) -> None:
    """Writes a result in a format, to a file or to standard output."""
    from tokcompare import tables
    from tokcompare.output import shows_color, terminal_width, write_file, write_standard_output

    path = None if output == "-" else output
    if format_name == "table":
        text = tables.terminal(
            to_table(),
            color=path is None and shows_color(),
            width=terminal_width() if path is None else None,
        )
    elif format_name == "markdown":
        text = tables.markdown(to_table())
    elif format_name == "csv":
        text = tables.csv(result.columns, result.to_records())
    else:
        text = tables.json(result.to_dict())
    if path is None:
        write_standard_output(text)
    else:
        write_file(path, text)
    if format_name in ("csv", "json") or path is not None:
        say(result.notes)


def check_rejections(rejections: Rejections) -> None:
    """Lists what was skipped.

    Raises:
        SourceError: Something was.
    """
    if not rejections.number:
        return
    for error in rejections.first:
        click.echo(f"Skipped: {error}", err=True)
    if more := rejections.number - len(rejections.first):
        click.echo(f"Skipped: {more:,} more.", err=True)
    raise SourceError("The report is without what was skipped.")
