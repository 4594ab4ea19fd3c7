"""Tables: cells in rows for a terminal and Markdown; records as CSV, JSON and DataFrame.

The callers decide the content of the cells. Each format escapes it in its own way, so that foreign
text cannot control a terminal or act as markup.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tokcompare.text import printable

if TYPE_CHECKING:
    import pandas as pd

UNDEFINED = "–"
"""The cell of a number that is undefined or unknown."""

_BOLD, _DIM, _YELLOW, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The content of a table, not escaped yet, for all the formats that people read.

    Attributes:
        headings: The heading of each column.
        rows: The cells of each row.
        total: The cells of the last row, which is emphasized; empty if there is none.
        left_aligned: The columns that are aligned left; the others are aligned right.
        joined_to_previous: The columns that belong to the column before them, such as intervals.
        highlighted: The rows that are emphasized where there are colours.
        languages: The language code and the writing direction of the last cell of each row; empty
            if the last column does not hold languages' own names.
        lead: Sentences above the table: the result in short.
        notes: Sentences that the reader needs to understand the table.
        signature: The signature of the measurement.
    """

    headings: list[str]
    rows: list[list[str]]
    total: list[str] = field(default_factory=list)
    left_aligned: set[int] = field(default_factory=lambda: {0})
    joined_to_previous: set[int] = field(default_factory=set)
    highlighted: set[int] = field(default_factory=set)
    languages: list[tuple[str, str]] = field(default_factory=list)
    lead: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    signature: str = ""


def terminal(
    table: Table, *, color: bool = False, width: int | None = None, signature: str | None = None
) -> str:
    """Renders a table for a terminal. Its columns line up in every script.

    Args:
        table: The table.
        color: Whether to emphasize headings, total, some rows and notes by terminal escapes.
        width: The number of columns of the terminal. A wider table is split into several, one below
            the other, each with the names of the rows. None means that any width fits.
        signature: The line that stands for the signature; None for the signature itself.
    """
    cells = [table.headings, *table.rows, *([table.total] if table.total else [])]
    lead = [printable(sentence) for sentence in table.lead]
    lines = [*(_BOLD + line + _PLAIN if color else line for line in lead), *([""] if lead else [])]
    parts = _split_columns(cells, table.joined_to_previous, width)
    if len(parts) > 1 and table.languages and table.left_aligned.issuperset(parts[-1]):
        parts.pop()  # a table of nothing but the languages' names is not worth its lines
    for columns in parts:
        heading, *rows = align(
            [[row[column] for column in columns] for row in cells],
            left={place for place, column in enumerate(columns) if column in table.left_aligned},
        )
        if color:
            heading = _BOLD + heading + _PLAIN
            for place in table.highlighted:
                rows[place] = _YELLOW + rows[place] + _PLAIN
            if table.total:
                rows[-1] = _BOLD + rows[-1] + _PLAIN
        lines += [heading, *rows, ""]
    notes = [printable(note) for note in (*table.notes, signature or table.signature) if note]
    lines += [_DIM + note + _PLAIN if color else note for note in notes]
    return "\n".join(lines).rstrip("\n") + "\n"


def as_text(table: Table) -> str:
    """Renders a table as `str` shows it: for a terminal, with a short signature."""
    return terminal(table, signature=short_signature(table.signature)).rstrip("\n")


def short_signature(signature: str) -> str:
    """Returns a signature short enough for a terminal: the first digits of its SHA-256.

    >>> short_signature("tokcompare:0.1.0|source:gpt-4o")
    'signature 8cee18a3…'
    """
    from hashlib import sha256

    return f"signature {sha256(signature.encode()).hexdigest()[:8]}…"


def _split_columns(
    cells: Sequence[Sequence[str]], joined: Collection[int], width: int | None
) -> list[list[int]]:
    """Splits a table into parts that fit a width; returns the columns of each part."""
    if width is None:
        return [list(range(len(cells[0])))]
    widths = _widths(cells)
    parts = [[0]]
    left = room = width - widths[0]
    for column in range(1, len(widths)):
        if column in joined:
            continue
        columns = [column, *([column + 1] if column + 1 in joined else [])]
        needed = sum(widths[each] + 2 for each in columns)
        if needed > left and len(parts[-1]) > 1:
            parts.append([0])
            left = room
        parts[-1] += columns
        left -= needed
    return parts


def markdown(table: Table) -> str:
    """Renders a table in GitHub Flavored Markdown, with the notes in paragraphs below it."""
    heading, *rows = (
        [_escape_markdown(cell) for cell in row] for row in (table.headings, *table.rows)
    )
    ruler = [":---" if column in table.left_aligned else "---:" for column in range(len(heading))]
    total = [f"**{_escape_markdown(cell)}**" if cell else "" for cell in table.total]
    lines = [f"| {' | '.join(row)} |" for row in (heading, ruler, *rows, total) if row]
    lead, notes = (list(map(_escape_markdown, texts)) for texts in (table.lead, table.notes))
    if table.signature:
        # A code span shows every character literally, except a backtick.
        notes.append(f"`{printable(table.signature).replace('`', chr(39))}`")
    return "\n\n".join([*lead, "\n".join(lines), *notes]) + "\n"


def csv(columns: Sequence[str], records: Iterable[Mapping[str, object]]) -> str:
    """Renders records as comma-separated values with a header and numbers in full precision.

    An undefined number is an empty cell. Characters that are not printable are escaped as in
    Python, and text that a spreadsheet would run as a formula gets an apostrophe before it.
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
    r"""Renders JSON. Undefined numbers must be None: NaN and infinity are errors.

    Characters that are not printable, such as those that control a terminal, are escaped as in
    "\u202e". A program reads the same text.
    """
    import json as writer

    return escape_json(writer.dumps(content, ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def escape_json(text: str) -> str:
    """Escapes the characters of JSON that are not printable, but for line feeds."""
    import json as writer

    hidden = {each for each in set(text) if each != "\n" and printable(each) != each}
    return text.translate({ord(each): writer.dumps(each)[1:-1] for each in hidden})


def frame(types: Mapping[str, str], records: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Returns a DataFrame of records: its columns, in order, are those that have a type.

    Args:
        types: The type of each column: "str", "bool", "int64", "float64", or "Int64", which has
            missing numbers.
        records: The rows. None is a missing value, and `nan` in a column of floats.
    """
    import numpy as np
    import pandas as pd

    # Given the name of a type, pandas changes the filters of warnings for a moment, which all
    # threads of the process share.
    known: dict[str, Any] = {name: np.dtype(name) for name in ("bool", "int64", "float64")}
    known |= {"str": pd.api.types.pandas_dtype("str"), "Int64": pd.Int64Dtype()}
    columns = {column: known[name] for column, name in types.items()}
    return pd.DataFrame(records, columns=list(columns)).astype(columns)


def times(ratio: float, less: str, more: str) -> str:
    """Returns a ratio in words; "" if it is undefined, or 1 to two decimals.

    >>> times(2.5, "fewer", "more"), times(0.25, "fewer", "more"), times(1.001, "fewer", "more")
    ('2.50 times fewer', '4.00 times more', '')
    """
    if not ratio > 0 or f"{max(ratio, 1 / ratio):.2f}" == "1.00":
        return ""
    return f"{ratio:.2f} times {less}" if ratio > 1 else f"{1 / ratio:.2f} times {more}"


def align(rows: Sequence[Sequence[str]], *, left: Collection[int]) -> Iterator[str]:
    """Yields lines in which the cells of each column line up, by their width in a terminal.

    Args:
        rows: The cells, the same number in each row.
        left: The columns that are aligned left; the others are aligned right.
    """
    widths = _widths(rows)
    for row in ([printable(cell) for cell in row] for row in rows):
        cells = []
        for column, cell in enumerate(row):
            padding = " " * (widths[column] - _width(cell))
            cells.append(cell + padding if column in left else padding + cell)
        yield "  ".join(cells).rstrip()


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    columns = zip(*rows, strict=True)
    return [max(_width(printable(cell)) for cell in column) for column in columns]


def _width(text: str) -> int:
    """Returns how many columns of a terminal a printable text takes."""
    if text.isascii():
        return len(text)
    from wcwidth import width  # takes longer to import than to count a short text

    return width(text)


def shorten(text: str, columns: int = 48) -> str:
    """Returns a text on one line, shortened to fit into `columns` columns of a terminal."""
    shown = printable(text[:columns])
    if len(text) <= columns and _width(shown) <= columns:
        return shown
    from wcwidth import clip

    return clip(shown, 0, columns - 1).rstrip() + "…"


# An underscore inside a word is not markup, and `cl100k_base` is easier to read without "\".
_MARKUP = re.compile(r"[\\`*\[\]<>|~&$]|(?<![^\W_])_|_(?![^\W_])")

# An address of a page, unless a backslash stands in it.
_ADDRESS = re.compile(r"(?<=[a-z]):(?=//)|(?<=www)\.", re.IGNORECASE)

# What GitHub makes a link or a picture of, and looks for behind the escapes: people, their
# addresses, issues, emoji. An empty comment, which is not shown, keeps it from that.
_REFERENCE = re.compile(
    r"(?<=@)(?=\w)|(?<=#)(?=\d)|(?<=GH-)(?=\d)|(?<=:)(?=[\w+-]+:)", re.IGNORECASE
)


def _escape_markdown(text: str) -> str:
    escaped = _ADDRESS.sub(r"\\\g<0>", _MARKUP.sub(r"\\\g<0>", printable(text)))
    return _REFERENCE.sub("<!-- -->", escaped)


def _disarm_formula(value: object) -> object:
    if not isinstance(value, str):
        return value
    shown = printable(value)
    # A spreadsheet may skip white space and what is invisible, and takes full-width signs as well.
    begin = unicodedata.normalize("NFKC", shown.lstrip(_SKIPPED)[:1])
    return f"'{shown}" if begin in _FORMULA_SIGNS and begin else shown


_FORMULA_SIGNS = ("=", "+", "-", "@")
"""The characters with which a formula begins."""

_SKIPPED = " \u200c\u200d"
"""The characters that `printable` keeps and nobody sees."""
