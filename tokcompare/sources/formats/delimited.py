"""Delimited values: CSV and TSV with a header, one document a row."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from tokcompare.errors import RecordError
from tokcompare.sources.document import Document, SourceFile
from tokcompare.sources.formats.format import Cut, ReadOptions, Reject, gather
from tokcompare.sources.formats.records import add, invalid_utf8, make_document
from tokcompare.sources.streams import TextStream, open_text

LONGEST_FIELD = 1 << 28
"""How many characters a field may have. It bounds a quotation mark that is never closed."""


def cut_delimited(
    file: SourceFile,
    options: ReadOptions,
    reject: Reject,
    start: int,
    stop: int | None,
    *,
    delimiter: str,
) -> Cut:
    """Cuts delimited values (RFC 4180) with a header; every value is text, also "NA" and "007"."""
    yield from gather(_documents(file, options, reject, delimiter))


def _documents(
    source: SourceFile, options: ReadOptions, reject: Reject, delimiter: str
) -> Iterator[Document]:
    """Yields a document for each row; empty rows are ignored."""
    with open_text(source.path, name=source.name) as file:
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
                    header = _check_header(row, options)
                    continue
                if len(row) != len(header):
                    fields = "field" if len(row) == 1 else "fields"
                    raise ValueError(f"{len(row)} {fields}, but the header has {len(header)}")
                yield make_document(dict(zip(header, row, strict=True)), file.name, options)
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


def _check_header(header: list[str], options: ReadOptions) -> list[str]:
    for name in options.required:
        if name not in header:
            raise ValueError(f"the header has no field {name!r}; there are: {', '.join(header)}")
    for name in (*options.required, "language"):
        if header.count(name) > 1:
            raise ValueError(f"the header has the field {name!r} twice")
    return header
