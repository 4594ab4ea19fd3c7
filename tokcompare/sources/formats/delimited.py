"""Comma- and tab-separated values with a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from tokcompare.errors import RecordError
from tokcompare.sources.document import Document
from tokcompare.sources.formats.records import Reading, Reject, add, invalid_utf8, make_document
from tokcompare.sources.streams import TextStream, open_text

LONGEST_FIELD = 1 << 28
"""How many characters a field may have. A quotation mark that nobody closes ends here."""


def read_csv(
    path: str, reading: Reading, reject: Reject, *, delimiter: str = ","
) -> Iterator[Document]:
    """Yields a document for each row of comma-separated values (RFC 4180) with a header.

    Every value is text, also "NA", "null" and "007". Empty rows are left alone.
    """
    with open_text(path) as file:
        lines = _Lines(file)
        rows = csv.reader(lines, delimiter=delimiter, strict=True)
        header: list[str] | None = None
        while True:
            lines.begin_record()
            try:
                row = _next(rows)
                lines.check()
                if not row:
                    continue
                if header is None:
                    header = _check_header(row, reading)
                    continue
                if len(row) != len(header):
                    fields = "field" if len(row) == 1 else "fields"
                    raise ValueError(f"{len(row)} {fields}, but the header has {len(header)}")
                yield make_document(dict(zip(header, row, strict=True)), file.name, reading)
            except StopIteration:
                break
            except UnicodeDecodeError as error:
                place = add(lines.record_offset, error.start)
                reject(invalid_utf8(file.name, error, line=lines.record_line, offset=place))
            except (csv.Error, ValueError) as error:
                line, offset = lines.record_line, lines.record_offset
                reject(RecordError(file.name, _explain(error), line=line, offset=offset))
            if header is None:
                return
        if header is None:
            reject(RecordError(file.name, "there is no header", line=1, offset=file.offset))


def read_tsv(path: str, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields a document for each row of tab-separated values: CSV with tabs."""
    return read_csv(path, reading, reject, delimiter="\t")


def _next(rows: Iterator[list[str]]) -> list[str]:
    # The limit is one for the whole process: others may count on theirs.
    limit = csv.field_size_limit(LONGEST_FIELD)
    try:
        return next(rows)
    finally:
        csv.field_size_limit(limit)


def _explain(error: Exception) -> str:
    reason = str(error)
    if reason.startswith("new-line character seen"):
        return "a carriage return outside quotation marks: lines must end with a line feed"
    if reason == "unexpected end of data":
        return "a quotation mark is opened and never closed"
    return reason


class _Lines:
    """The lines of a file for `csv`, which parses strings; invalid UTF-8 waits for `check`."""

    def __init__(self, file: TextStream) -> None:
        self._stream = file.stream
        self._line, self._offset = 0, file.offset
        self.begin_record()

    def begin_record(self) -> None:
        """Notes where the record begins that is read next."""
        self.record_line, self.record_offset = self._line + 1, self._offset
        self._record: list[bytes] = []
        self._is_valid = True

    def check(self) -> None:
        """Raises a UnicodeDecodeError, counted from the record's beginning, if there is one."""
        if not self._is_valid:
            b"".join(self._record).decode("utf-8")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._stream.readline()
        if not line:
            raise StopIteration
        self._line += 1
        self._offset = add(self._offset, len(line))
        self._record.append(line)
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            self._is_valid = False
            return line.decode("utf-8", "replace")


def _check_header(header: list[str], reading: Reading) -> list[str]:
    for name in reading.required:
        if name not in header:
            raise ValueError(f"the header has no field {name!r}; there are: {', '.join(header)}")
    for name in (*reading.required, "language"):
        if header.count(name) > 1:
            raise ValueError(f"the header has the field {name!r} twice")
    return header
