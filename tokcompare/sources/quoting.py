"""Quoting: whether the fields of delimited values may be in quotation marks, detected by a sample.

Two conventions are in use. In one, a field with a delimiter, a line end or a quotation mark stands
in quotation marks, and marks in it are doubled (RFC 4180). In the other, a quotation mark is text,
and each line is a record. A file can look right in both, and then the texts differ.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

CERTAIN_LINES = 10
"""From this many lines on, it is no chance that each of them has as many fields as a record."""

Row = tuple[int, list[str]]
"""The fields of a record, behind the number of lines before it."""


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
    records: list[tuple[list[str] | None, Sequence[str]]] = []
    start = 0
    for fields, end in parse_records(lines, delimiter):
        if fields is None and end == len(lines) and not is_end:
            break  # the record goes on behind the sample
        if fields != []:
            records.append((fields, lines[start:end]))
        start = end
    return records


_MANY_PARTS = 1000
"""How many parts of a field are kept before they are joined."""

# What a quoted field holds up to its next quotation mark that is not doubled.
_QUOTED = re.compile(r'[^"]*+(?:""[^"]*+)*+', re.DOTALL)


class RecordParser:
    """Parses one record of quoted fields line by line, as `csv.reader` with `strict=True` does.

    The module `csv` has one limit of the length of a field for the whole process. It is not ours to
    change, so `csv` cannot parse long fields.

    Attributes:
        fields: The fields, when the record is complete.
        fault: What is wrong with the record, or "".
        is_open: Whether the record goes on in the next line.
    """

    def __init__(self, delimiter: str) -> None:
        self.fields: list[str] = []
        self.fault = ""
        self.is_open = True
        self._delimiter = delimiter
        self._end_of_bare = re.compile(f"[{re.escape(delimiter)}\r\n]")
        self._step: Callable[[str, int], int] = self._begin_record
        self._blocks: list[str] = []  # of the field
        self._parts: list[str] = []  # behind the blocks
        self._is_dropped = False

    def drop(self) -> None:
        """Keeps no field from now on: only the end of the record is looked for."""
        self._is_dropped = True
        self.fields, self._blocks, self._parts = [], [], []

    def feed(self, text: str, *, ends_line: bool = True) -> None:
        """Parses a line, or a part of one.

        Args:
            text: The line, with its line end.
            ends_line: Whether the line ends with this part of it.
        """
        place = 0
        while place < len(text) and not self.fault:
            place = self._step(text, place)
        if not ends_line:
            return
        self.is_open = self._step == self._go_on_quoted and not self.fault
        if self._step not in (self._begin_record, self._go_on_quoted, self._end):
            self._save()

    def _begin_record(self, text: str, place: int) -> int:
        self._step = self._end if text[place] in "\r\n" else self._begin_field
        return place

    def _begin_field(self, text: str, place: int) -> int:
        if text[place] == '"':
            self._step = self._go_on_quoted
            return place + 1
        self._step = self._go_on_bare
        return place

    def _go_on_bare(self, text: str, place: int) -> int:
        found = self._end_of_bare.search(text, place)
        end = found.start() if found else len(text)
        self._keep(text[place:end])
        return self._close(text, end) if found else end

    def _go_on_quoted(self, text: str, place: int) -> int:
        found = _QUOTED.match(text, place)
        end = found.end() if found else place
        self._keep(text[place:end].replace('""', '"'))
        if end < len(text):
            self._step = self._follow_quotation_mark
        return end + 1

    def _follow_quotation_mark(self, text: str, place: int) -> int:
        if text[place] == '"':
            self._keep('"')
            self._step = self._go_on_quoted
            return place + 1
        if text[place] in (self._delimiter, "\r", "\n"):
            return self._close(text, place)
        self.fault = f"{self._delimiter!r} expected after '\"'"
        return place

    def _close(self, text: str, place: int) -> int:
        """Closes a field at a delimiter or line end."""
        self._save()
        self._step = self._begin_field if text[place] == self._delimiter else self._end
        return place + 1

    def _end(self, text: str, place: int) -> int:
        if text[place] not in "\r\n":
            self.fault = (
                "a carriage return outside quotation marks: lines must end with a line feed"
            )
        return place + 1

    def _keep(self, text: str) -> None:
        if self._is_dropped:
            return
        self._parts.append(text)
        # A short string takes several times as much memory as its characters.
        if len(self._parts) > _MANY_PARTS:
            self._blocks.append("".join(self._parts))
            self._parts = []

    def _save(self) -> None:
        if not self._is_dropped:
            self.fields.append("".join([*self._blocks, *self._parts]))
            self._blocks, self._parts = [], []


def parse_records(lines: Iterable[str], delimiter: str) -> Iterator[tuple[list[str] | None, int]]:
    """Yields the records of lines: their fields, or None for a fault, and where each ends.

    A record ends before the line with the number that is yielded, from 0.
    """
    parser: RecordParser | None = None
    number = 0
    for number, line in enumerate(lines, start=1):
        parser = parser or RecordParser(delimiter)
        parser.feed(line)
        if not parser.is_open:
            yield None if parser.fault else parser.fields, number
            parser = None
    if parser is not None:
        yield None, number


def parse_regular(
    lines: Sequence[bytes],
    delimiter: str,
    *,
    quoting: str | None,
    width: int,
    has_line_ends: bool,
) -> tuple[list[Row], int] | None:
    """Parses lines at once, if all of them are regular.

    Args:
        lines: The lines, with their ends. A record begins with the first.
        delimiter: What separates fields.
        quoting: "minimal" or "none"; None if that is not known, so that there may be no quotes.
        width: How many fields a record has.
        has_line_ends: Whether quoted fields may have line ends in them.

    Returns:
        The records that are not empty, each with the number of lines before it, and how many lines
        they take: the last record may go on behind the lines. None if a line needs a closer look.
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
        numbered, done = [(n, row) for n, row in enumerate(rows) if row != [""]], len(lines)
    else:
        parsed = _parse_quoted(text, delimiter, len(lines))
        if parsed is None or not (has_line_ends or parsed[2]):
            return None
        numbered, done, _ = parsed
    return None if any(len(row) != width for _, row in numbered) else (numbered, done)


def _parse_quoted(text: str, delimiter: str, lines: int) -> tuple[list[Row], int, bool] | None:
    """Returns records, how many lines they take, and whether each has one line; None for a fault.

    Args:
        text: The text of the lines.
        delimiter: What separates fields.
        lines: How many lines there are.
    """
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter, strict=True)
    rows: list[Row] = []
    number = done = 0
    try:
        for row in reader:
            number += 1
            if row:
                rows.append((done, row))
            done = reader.line_num
    except csv.Error as error:
        if "field limit" in str(error):
            return _parse_long(text, delimiter, lines)
        if reader.line_num < lines or not done:
            return None
    return rows, done, number == done


def _parse_long(text: str, delimiter: str, lines: int) -> tuple[list[Row], int, bool] | None:
    """Does the same without `csv`, whose limit a field is too long for."""
    rows: list[Row] = []
    number = done = 0
    for row, end in parse_records(io.StringIO(text, newline="\n"), delimiter):
        if row is None:
            if end < lines or not done:
                return None
            break
        number += 1
        if row:
            rows.append((done, row))
        done = end
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
