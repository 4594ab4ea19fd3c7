"""Input and output of the commands: load a source, write a result, notes and skipped records.

Sources are imported when one is loaded: a command that counts its arguments starts faster.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import click

from tokcompare import tables
from tokcompare.cli.options import OutputOptions, SourceOptions
from tokcompare.cli.targets import Targets
from tokcompare.errors import SourceError
from tokcompare.languages import UNDETERMINED
from tokcompare.output import (
    redirected_to,
    shows_color,
    terminal_width,
    write_file,
    write_standard_output,
)
from tokcompare.tables import Table

if TYPE_CHECKING:
    from tokcompare.sources.rejections import Rejections
    from tokcompare.sources.source import Source


class Result(Protocol):
    """A result that a command writes: a comparison of encodings, of costs or of windows."""

    @property
    def columns(self) -> list[str]:
        """The columns of `to_records`, in order."""

    @property
    def notes(self) -> list[str]:
        """Sentences that a reader of the numbers must know."""

    def to_records(self) -> list[dict[str, Any]]:
        """Returns the rows of the CSV output."""

    def to_dict(self) -> dict[str, Any]:
        """Returns the object of the JSON output."""


def load_named(
    options: SourceOptions, *, default: str, targets: Targets, without: Iterable[str] = ()
) -> Source:
    """Loads the source that a command line names, and writes its notes to standard error.

    Args:
        options: The names, and how to read them.
        default: The sample set to load if no source is named.
        targets: The files that the command writes, none of which may be in the source.
        without: The paths of files that are not read, although a folder or a glob selects them.
    """
    from tokcompare.sources.source import load_source

    languages = options.languages
    source = load_source(
        options.names or [default],
        input_format=options.input_format,
        per_line=options.per_line,
        quoting=options.quoting,
        delimiter=options.delimiter,
        header=not options.has_no_header,
        text_field=options.text_fields,
        language_field=options.language_field,
        language=languages[0] if len(languages) == 1 else UNDETERMINED,
        language_from_path=options.language_from_path,
        max_record=options.max_record,
        without=without,
        gitignore=options.gitignore,
    )
    source = targets.check_source(source)
    if languages:
        source = source.select(languages)
    write_notes(source.notes)
    return source


def announce_standard_input() -> None:
    """Tells a user at a terminal that the command waits for input."""
    if sys.stdin is not None and sys.stdin.isatty():
        click.echo("Reading standard input; end it with Ctrl-D.", err=True)


def read_standard_input(instead: str, *, max_record: str) -> str:
    """Reads standard input as one text, in the same way as a source does.

    Args:
        instead: What to do if it is closed, for the error message.
        max_record: The size that the text may have.

    Raises:
        ArgumentError: The size is none.
        SourceError: Standard input is closed, cannot be read, is not text, or is larger.
    """
    from tokcompare.sources.document import pieces_of_document
    from tokcompare.sources.source import load_source
    from tokcompare.sources.storage import STANDARD_INPUT

    if sys.stdin is None:
        raise SourceError(f"Standard input is closed; {instead}.")
    Targets.of(None, inputs=[STANDARD_INPUT])
    announce_standard_input()
    source = load_source(STANDARD_INPUT, max_record=max_record)
    # A long text comes in pieces, which are read before the next document is asked for.
    return "".join(
        piece for document in source for piece in pieces_of_document(document, may_cut=False)
    )


def decode_argument(text: str, name: str) -> str:
    """Decodes an argument as UTF-8, whatever the encoding of the locale is.

    Args:
        text: The argument, as Python decoded it.
        name: Its name in the error message.
    """
    try:
        return os.fsencode(text).decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{name} is not UTF-8: {error.reason} at byte {error.start}.") from error


def write_notes(notes: Sequence[str]) -> None:
    """Writes notes to standard error, one a line."""
    for note in notes:
        click.echo(f"Note: {note}", err=True)


def write_result(result: Result, to_table: Callable[[], Table], options: OutputOptions) -> None:
    """Writes a result in the chosen format, to a file or to standard output.

    Args:
        result: The result.
        to_table: Makes its table; called only for the formats that show one.
        options: The format, and the path of the file.
    """
    if options.format_name == "table":
        text = render_for_terminal(to_table(), options)
    elif options.format_name == "markdown":
        text = tables.markdown(to_table())
    elif options.format_name == "csv":
        text = tables.csv(result.columns, result.to_records())
    else:
        text = tables.json(result.to_dict())
    write_text(text, options)
    # A table on the terminal has its notes below it.
    if options.format_name in ("csv", "json") or options.path is not None:
        write_notes(result.notes)


def render_for_terminal(table: Table, options: OutputOptions) -> str:
    """Returns a table as it is shown on a terminal, or written to a file."""
    return tables.terminal(
        table,
        color=options.path is None and shows_color(),
        width=terminal_width() if options.path is None else None,
        signature=_line_for_signature(table, options),
    )


def write_text(text: str, options: OutputOptions) -> None:
    """Writes a text to the file that options name, or to standard output."""
    if options.path is None:
        write_standard_output(text)
    else:
        write_file(options.path, text)


def _line_for_signature(table: Table, options: OutputOptions) -> str | None:
    """Returns the line that stands for a signature of many lines; None where it is shown whole."""
    is_file = options.path is not None or redirected_to() is not None
    if options.shows_signature or is_file or not table.signature:
        return None
    return f"{tables.short_signature(table.signature)}; --signature or -f json shows it whole"


def check_rejections(rejections: Rejections) -> None:
    """Lists the records that were skipped, and fails if there are any.

    Raises:
        SourceError: At least one record was skipped.
    """
    if not rejections.number:
        return
    for error in rejections.first:
        click.echo(f"Skipped: {error}", err=True)
    if more := rejections.number - len(rejections.first):
        click.echo(f"Skipped: {more:,} more.", err=True)
    lines = "1 line" if rejections.lines == 1 else f"{rejections.lines:,} lines"
    raise SourceError(
        f"The result does not include the skipped input: {lines}, {rejections.bytes:,} bytes."
    )
