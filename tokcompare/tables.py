"""Tables: cells in rows, made into text for a terminal, Markdown, CSV and JSON.

What the cells say is not decided here, only how they are set. Each format has its own escaping, so
that no foreign text is obeyed by a terminal or read as markup.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tokcompare.text import printable

UNDEFINED = "–"
"""What stands in the place of a number that is undefined or unknown."""

_BOLD, _DIM, _YELLOW, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table in words, as all the formats for people have it; not escaped yet.

    Attributes:
        headings: The heading of each column.
        rows: The cells of each row.
        total: The cells of the last row, which is set off; empty if there is none.
        text_columns: The columns that are flush left.
        attached: The columns that belong to the column before them, such as intervals.
        highlighted: The rows that are set off where there are colours.
        notes: What must be known to read the table, in sentences.
        signature: What exactly was measured.
    """

    headings: list[str]
    rows: list[list[str]]
    total: list[str] = field(default_factory=list)
    text_columns: set[int] = field(default_factory=lambda: {0})
    attached: set[int] = field(default_factory=set)
    highlighted: set[int] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    signature: str = ""


def terminal(table: Table, *, color: bool = False, width: int | None = None) -> str:
    """Returns a table for a terminal; its columns line up in every script.

    Args:
        table: What to show.
        color: Whether to set off headings, total, some rows and notes by terminal escapes.
        width: How many columns the terminal has. A wider table is parted into several, one below
            the other, each with the names of the rows. None means that it may be of any width.
    """
    cells = [table.headings, *table.rows, *([table.total] if table.total else [])]
    lines: list[str] = []
    parts = _part_columns(cells, table.attached, width)
    if len(parts) > 1 and table.text_columns.issuperset(parts[-1]):
        parts.pop()  # own names alone are not worth a table
    for columns in parts:
        heading, *rows = align(
            [[row[column] for column in columns] for row in cells],
            left={place for place, column in enumerate(columns) if column in table.text_columns},
        )
        if color:
            heading = _BOLD + heading + _PLAIN
            for place in table.highlighted:
                rows[place] = _YELLOW + rows[place] + _PLAIN
            if table.total:
                rows[-1] = _BOLD + rows[-1] + _PLAIN
        lines += [heading, *rows, ""]
    notes = [printable(note) for note in (*table.notes, table.signature) if note]
    return "\n".join([*lines, *(_DIM + note + _PLAIN if color else note for note in notes), ""])


def _part_columns(
    cells: Sequence[Sequence[str]], attached: Collection[int], width: int | None
) -> list[list[int]]:
    """Returns the columns of each of the parts that a table is parted into, to fit a width."""
    if width is None:
        return [list(range(len(cells[0])))]
    widths = _widths(cells)
    parts = [[0]]
    left = room = width - widths[0]
    for column in range(1, len(widths)):
        if column in attached:
            continue
        columns = [column, *([column + 1] if column + 1 in attached else [])]
        needed = sum(widths[each] + 2 for each in columns)
        if needed > left and len(parts[-1]) > 1:
            parts.append([0])
            left = room
        parts[-1] += columns
        left -= needed
    return parts


def markdown(table: Table) -> str:
    """Returns a table in GitHub Flavored Markdown, with the notes in paragraphs below it."""
    heading, *rows = (
        [_escape_markdown(cell) for cell in row] for row in (table.headings, *table.rows)
    )
    ruler = [":---" if column in table.text_columns else "---:" for column in range(len(heading))]
    total = [f"**{_escape_markdown(cell)}**" if cell else "" for cell in table.total]
    lines = [f"| {' | '.join(row)} |" for row in (heading, ruler, *rows, total) if row]
    notes = [_escape_markdown(note) for note in table.notes]
    if table.signature:
        # A code span shows everything as it stands but a backtick.
        notes.append(f"`{printable(table.signature).replace('`', chr(39))}`")
    return "\n\n".join(["\n".join(lines), *notes]) + "\n"


def csv(columns: Sequence[str], records: Iterable[Mapping[str, object]]) -> str:
    """Returns comma-separated values with a header, numbers in full precision.

    An undefined number is an empty cell. Before text that a spreadsheet would take for a formula
    stands an apostrophe.
    """
    import csv as writers
    import io

    out = io.StringIO()
    writer = writers.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    for record in records:
        writer.writerow({column: _disarm_formula(value) for column, value in record.items()})
    return out.getvalue()


def json(content: Mapping[str, Any]) -> str:
    """Returns JSON; there is no number in it that JSON does not know."""
    import json as writer

    return writer.dumps(content, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def align(rows: Sequence[Sequence[str]], *, left: Collection[int]) -> Iterator[str]:
    """Yields lines in which the cells of each column line up, by the width that a terminal gives.

    Args:
        rows: The cells, the same number in each row.
        left: The columns that are flush left; the others are flush right.
    """
    from wcwidth import ljust, rjust

    widths = _widths(rows)
    for row in ([printable(cell) for cell in row] for row in rows):
        yield "  ".join(
            (ljust if column in left else rjust)(cell, widths[column])
            for column, cell in enumerate(row)
        ).rstrip()


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    from wcwidth import width

    columns = zip(*rows, strict=True)
    return [max(width(printable(cell)) for cell in column) for column in columns]


def shorten(text: str, columns: int = 48) -> str:
    """Returns the beginning of a text, as much as so many columns of a terminal hold."""
    from wcwidth import clip, width

    shown = printable(text[:columns])
    if len(text) <= columns and width(shown) <= columns:
        return shown
    return clip(shown, 0, columns - 1).rstrip() + "…"


def _escape_markdown(text: str) -> str:
    # An underscore inside a word is no markup, and `cl100k_base` is easier to read without "\".
    return re.sub(r"[\\`*\[\]<>|~&$]|(?<!\w)_|_(?!\w)", r"\\\g<0>", printable(text))


def _disarm_formula(value: object) -> object:
    if isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@")):
        return "'" + value
    return value
