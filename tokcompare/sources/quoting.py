"""Quoting: whether the fields of delimited values may be in quotation marks, detected by a sample.

Two conventions are in use. In one, a field with a delimiter, a line end or a quotation mark stands
in quotation marks, and marks in it are doubled (RFC 4180). In the other, a quotation mark is text,
and each line is a record. A file can look right in both, and then the texts differ.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from tokcompare.errors import ArgumentError, require_str, unknown_name

QUOTINGS = ("minimal", "none")
"""The names of the conventions, as `csv` and pandas have them."""

LONGEST_FIELD = 1 << 28
"""How many characters a field may have. It bounds a quotation mark that is never closed."""

CERTAIN_LINES = 10
"""From this many lines on, it is no chance that each of them has as many fields as a record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a sample says of a file.

    Attributes:
        quoting: "minimal" or "none"; None if both are possible, and the texts would differ.
        is_proven: Whether some lines are records in this way only.
        is_unsure: Whether the file could be read in the other way as well.
    """

    quoting: str | None
    is_proven: bool = False
    is_unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Evidence:
    """What a sample holds.

    Attributes:
        width: How many fields a record has.
        bare_faults: Lines that are no record if quotation marks are text.
        quoted_faults: Lines that are in no record if fields may be quoted.
        swallowed: Quoted records of several lines of which each is a record by itself.
        long_records: Quoted records of several lines.
        for_quotes: Fields that are as a writer of quoted fields writes them, and hardly another.
        for_text: Fields that such a writer does not write.
        only_enclosed: Whether all fields of a column are in quotation marks that are not needed.
    """

    width: int
    bare_faults: int
    quoted_faults: int
    swallowed: int
    long_records: int
    for_quotes: int
    for_text: int
    only_enclosed: bool


def decide_quoting(
    lines: Sequence[str],
    delimiter: str,
    *,
    columns: int | None,
    has_header: bool,
    is_end: bool,
    is_csv: bool,
) -> Decision:
    """Decides how a sample quotes its fields.

    Args:
        lines: The lines of the sample, with their ends. A record begins with the first.
        delimiter: What separates fields.
        columns: The number of fields of a record; None if it is that of the first line.
        has_header: Whether the first line of the file is a header, which may be in the sample.
        is_end: Whether the file ends with the sample.
        is_csv: Whether fields may be quoted unless something says otherwise, as in CSV.
    """
    found = _look(lines, delimiter, columns, is_end, has_header and columns is None)
    if is_csv:
        proven = found.bare_faults > found.quoted_faults or found.for_quotes > 0
        unsure = not proven and found.width == 1 and found.swallowed > 0
        return Decision(quoting="minimal", is_proven=proven, is_unsure=unsure)
    if found.bare_faults or found.quoted_faults:
        if found.quoted_faults < found.bare_faults:
            return Decision(quoting="minimal", is_proven=True)
        return Decision(quoting="none", is_proven=True)
    if found.swallowed:
        is_open = found.for_quotes > 0 or found.width == 1
        return Decision(quoting=None if is_open else "none")
    if found.long_records:
        return Decision(quoting="minimal", is_proven=found.for_quotes > 0)
    if found.for_quotes and found.for_text:
        few, many = sorted((found.for_quotes, found.for_text))
        if many < 10 * few:
            return Decision(quoting=None)
    if found.for_quotes > found.for_text:
        return Decision(quoting="minimal", is_proven=True)
    if not found.for_text and found.only_enclosed:
        return Decision(quoting=None)
    return Decision(quoting="none", is_proven=True)


def _look(
    lines: Sequence[str], delimiter: str, columns: int | None, is_end: bool, has_header: bool
) -> _Evidence:
    records = _quoted_records(lines, delimiter, is_end)
    width = columns or next((len(fields) for fields, _ in records if fields), 1)
    quoted_faults = sum(len(own) for fields, own in records if len(fields or ()) != width)
    long_records = [own for fields, own in records if fields and len(own) > 1]
    swallowed = [own for own in long_records if are_records(own, delimiter, width)]
    content = [line.rstrip("\r\n") for line in lines]
    rows = [line.split(delimiter) for line in content if line]
    bare_width = columns or (len(rows[0]) if rows else 1)
    marks = [_judge(cell) for row in rows for cell in row]
    header = rows[0] if has_header and rows else []
    has_quoted_header = bool(header) and all(map(_is_enclosed, header))
    below = rows[1:] if has_header else rows
    filled = [list(filter(None, column)) for column in zip(*below, strict=False)]
    return _Evidence(
        width=width,
        bare_faults=sum(len(row) != bare_width for row in rows),
        quoted_faults=quoted_faults,
        swallowed=len(swallowed),
        long_records=len(long_records),
        for_quotes=marks.count(1) + has_quoted_header,
        for_text=marks.count(-1),
        only_enclosed=any(column and all(map(_is_enclosed, column)) for column in filled),
    )


def _quoted_records(
    lines: Sequence[str], delimiter: str, is_end: bool
) -> list[tuple[list[str] | None, Sequence[str]]]:
    """Returns the records of quoted fields, each with its lines; None for one with a fault."""
    reader = csv.reader(iter(lines), delimiter=delimiter, strict=True)
    records: list[tuple[list[str] | None, Sequence[str]]] = []
    start = 0
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        while start < len(lines):
            fields: list[str] | None = None
            try:
                fields = next(reader)
            except csv.Error:
                if reader.line_num == len(lines) and not is_end:
                    break  # the record goes on behind the sample
            if fields != []:
                records.append((fields, lines[start : reader.line_num]))
            start = reader.line_num
    finally:
        csv.field_size_limit(limit)
    return records


def parse_regular(
    lines: Sequence[bytes],
    delimiter: str,
    *,
    quoting: str | None,
    width: int,
    has_line_ends: bool,
    longest: int,
) -> tuple[list[list[str]], int] | None:
    """Parses lines at once, if all of them are regular.

    Args:
        lines: The lines, with their ends. A record begins with the first.
        delimiter: What separates fields.
        quoting: "minimal" or "none"; None if that is not known, so that there may be no quotes.
        width: How many fields a record has.
        has_line_ends: Whether quoted fields may have line ends in them.
        longest: How many characters a field may have.

    Returns:
        The records that are not empty, and how many lines they take: the last record may go on
        behind the lines. None if a line needs a closer look.
    """
    content = b"".join(lines)
    if quoting is None and b'"' in content:
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if quoting == "none":
        rows = [line.removesuffix("\r").split(delimiter) for line in text.split("\n")]
        rows, done = [row for row in rows if row != [""]], len(lines)
    else:
        parsed = _parse_quoted(text, delimiter, len(lines), longest)
        if parsed is None or not (has_line_ends or parsed[2]):
            return None
        rows, done, _ = parsed
    return None if any(len(row) != width for row in rows) else (rows, done)


def _parse_quoted(
    text: str, delimiter: str, lines: int, longest: int
) -> tuple[list[list[str]], int, bool] | None:
    """Returns records, how many lines they take, and whether each has one line; None for a fault.

    Args:
        text: The text of the lines.
        delimiter: What separates fields.
        lines: How many lines there are.
        longest: How many characters a field may have.
    """
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    number = done = 0
    limit = csv.field_size_limit(longest)
    try:
        for row in reader:
            number += 1
            done = reader.line_num
            if row:
                rows.append(row)
    except csv.Error:
        if reader.line_num < lines or not done:
            return None
    finally:
        csv.field_size_limit(limit)
    return rows, done, number == done


def are_records(lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Returns whether each of the lines of a quoted record seems to be a record by itself.

    Each has as many fields as a record. In a few lines that may be chance, so there no field is
    empty or begins or ends with a blank, as the pieces of a sentence do at its commas.
    """
    rows = [line.rstrip("\r\n").split(delimiter) for line in lines]
    if any(len(row) != width for row in rows):
        return False
    if len(rows) >= CERTAIN_LINES and width > 1:
        return True
    cells = [cell.strip('"') for row in rows for cell in row]
    return all(cell and cell == cell.strip() for cell in cells)


def _judge(cell: str) -> int:
    """Returns 1 if a cell is as only a writer of quoted fields writes it, -1 if as only another."""
    if '"' not in cell:
        return 0
    if not _is_enclosed(cell):
        return -1
    inner = cell[1:-1]
    if '"' in inner.replace('""', ""):
        return -1
    return 1 if '"' in inner or "\r" in inner else 0


def _is_enclosed(cell: str) -> bool:
    return len(cell) > 1 and cell.startswith('"') and cell.endswith('"')


def check_quoting(quoting: object) -> str | None:
    """Returns how fields are quoted, by a name or a constant of `csv`; None to detect it.

    Raises:
        UnknownNameError: It is neither.
    """
    if quoting is None or quoting == "auto":
        return None
    if isinstance(quoting, int) and not isinstance(quoting, bool) and 0 <= quoting <= 3:
        return "none" if quoting == 3 else "minimal"
    accepted = ("auto", "minimal", "all", "nonnumeric", "none")
    if quoting not in accepted:
        raise unknown_name("quoting", str(quoting), accepted)
    # To a reader, more quotation than is needed makes no difference.
    return "none" if quoting == "none" else "minimal"


def check_delimiter(delimiter: object) -> str | None:
    """Returns the delimiter, which may be given as a backslash and a "t", or as "tab".

    Raises:
        ArgumentError: It is not one character, or a quotation mark or line end.
    """
    if delimiter is None:
        return None
    require_str("The delimiter", delimiter)
    given = str(delimiter)
    character = {"\\t": "\t", "tab": "\t"}.get(given, given)
    if len(character) != 1 or character in '"\r\n':
        raise ArgumentError(
            "The delimiter must be one character (\\t for a tab), and no quotation mark or line "
            f"end, not {given!r}."
        )
    return character


def check_header(header: object) -> bool:
    """Returns whether there is a header; None means no, as for pandas.

    Raises:
        ArgumentError: The argument is something else, such as the number of a row.
    """
    if header is not None and not isinstance(header, bool):
        raise ArgumentError(
            f"The argument header must be True, or False for a file without one, not {header!r}."
        )
    return bool(header)
