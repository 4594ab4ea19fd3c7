"""Delimited values: CSV and TSV, one document a row.

Fields may be quoted, or a quotation mark is text: the options say it, or a sample of the file does
(see `quoting`). A quoted field that swallows lines which are records themselves is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tokcompare.errors import RecordError
from tokcompare.sources.document import Document, SourceFile
from tokcompare.sources.formats.format import (
    CHUNK_SIZE,
    Cut,
    DocumentList,
    ReadOptions,
    Reject,
    measuring_rest,
    note,
)
from tokcompare.sources.formats.lines import LineReader
from tokcompare.sources.formats.quoted import DelimitedRecord, QuotedRecord, read_bare, size_of
from tokcompare.sources.formats.records import add, invalid_utf8, make_document, notes_on_chat
from tokcompare.sources.quoting import decide_quoting, parse_regular
from tokcompare.sources.rejections import Extent, skipping
from tokcompare.sources.streams import open_text

SAMPLE = 1 << 20
"""How many bytes are looked at to find out whether fields are quoted."""

_WAYS_OUT = (
    "--quoting none takes a quotation mark as text, one record a line; --quoting minimal takes "
    "fields as quoted (in Python quoting='none' or 'minimal')"
)


def cut_delimited(
    file: SourceFile,
    options: ReadOptions,
    reject: Reject,
    start: int,
    stop: int | None,
    *,
    delimiter: str,
) -> Cut:
    """Cuts delimited values, with a header or not; every value is text, also "NA" and "007"."""
    with open_text(
        file.path, name=file.name, state=file.state, measures_rest=options.measures_rest
    ) as stream:
        lines = LineReader(stream, longest=options.max_record)
        reader = _Reader(lines, options, reject, options.delimiter or delimiter, file.format)
        with measuring_rest(options, lines.measure_rest):
            yield from _gather(reader)


def _gather(reader: _Reader) -> Cut:
    """Yields documents in lists of about `CHUNK_SIZE` bytes, each with its extent."""
    parsed: list[Document] = []
    lines = size = 0
    try:
        for documents, of_rows in reader.rows():
            lines += of_rows.lines
            size += of_rows.size
            parsed += documents
            if size >= CHUNK_SIZE:
                yield DocumentList(parsed=parsed, size=size, extent=Extent(lines, size)), None
                parsed, lines, size = [], 0, 0
    except RecordError as error:  # the rows before it are good
        failure: RecordError | None = error
    else:
        failure = None
    if size:
        yield DocumentList(parsed=parsed, size=size, extent=Extent(lines, size)), None
    if failure is not None:
        raise failure


class _Reader:
    """Reads the rows of a file."""

    def __init__(
        self,
        lines: LineReader,
        options: ReadOptions,
        reject: Reject,
        delimiter: str,
        format_name: str,
    ) -> None:
        self._lines, self._options, self._reject = lines, options, reject
        self._renamed = options  # with the name of the only column
        self._delimiter, self._is_csv = delimiter, format_name == "csv" and delimiter != "\t"
        self._quoting = options.quoting
        self._is_trusted = options.quoting is not None  # that a quoted field may have line ends
        self._header: list[str] | None = None
        self._start = lines.offset
        self._regular = 0  # the line from which on lines are parsed at once again

    def rows(self) -> Iterator[tuple[list[Document], Extent]]:
        """Yields documents with the extents of their rows; none for the header and empty rows."""
        name, is_first_row = self._lines.name, True
        while True:
            if (regular := self._read_regular()) is not None:
                is_first_row = is_first_row and not regular[0]
                yield regular
            if (record := self._read()) is None:
                break
            try:
                document = self._parse(record)
            except UnicodeDecodeError as error:
                place = add(record.offset, error.start)
                failure = invalid_utf8(name, error, line=record.line, offset=place)
            except ValueError as error:
                failure = RecordError(name, str(error), line=record.line, offset=record.offset)
            else:
                is_first_row = is_first_row and document is None
                yield [] if document is None else [document], record.extent
                continue
            skipping(failure, record.extent)
            if self._header is None:
                failure.skipping(0, 0)
                if self._options.measures_rest:  # the rest of the file is left out, too
                    skipping(failure, record.extent + self._lines.measure_rest())
                raise failure
            is_first_row = False
            self._reject(failure)
        if self._header is None:
            raise RecordError(name, "there is no header", line=1, offset=self._start)
        if is_first_row:
            note(self._reject, f"{name!r} has a header and no rows.")

    def _read_regular(self) -> tuple[list[Document], Extent] | None:
        """Returns the documents of the lines in memory; None if one needs a closer look."""
        lines = self._lines.ahead() if self._header and self._lines.number >= self._regular else []
        if len(lines) < 2:
            return None
        self._regular = self._lines.number + len(lines)
        if size_of(lines) > self._options.max_record:
            return None
        found = parse_regular(
            lines,
            self._delimiter,
            quoting=self._quoting,
            width=len(self._header or ()),
            has_line_ends=self._is_trusted,
        )
        if found is None:
            return None
        rows, number = found
        first = self._lines.number
        try:
            documents = [self._document(row, first + place) for place, row in rows]
        except ValueError:
            return None
        self._lines.skip(number)
        return documents, Extent(number, sum(map(len, lines[:number])))

    def _document(self, row: list[str], line: int) -> Document:
        values = dict(zip(self._header or (), row, strict=True))
        document = make_document(values, self._lines.name, self._renamed, line=line)
        for text in notes_on_chat(document, self._lines.name, self._renamed):
            note(self._reject, text)
        return document

    def _parse(self, record: DelimitedRecord) -> Document | None:
        """Returns the document of a record; None if it is the header, or an empty row.

        Raises:
            ValueError: It is neither; also a UnicodeDecodeError.
        """
        if record.fault:
            raise ValueError(record.fault)
        if not all(map(bytes.isascii, record.lines)):
            b"".join(record.lines).decode("utf-8")
        row = list(record.fields)
        if not row:
            return None
        if self._header is None:
            self._header = self._name_columns(row)
            if self._options.has_header:
                return None
        if len(row) != len(self._header):
            fields = "field" if len(row) == 1 else "fields"
            whole = "the header" if self._options.has_header else "the first row"
            raise ValueError(f"{len(row)} {fields}, but {whole} has {len(self._header)}")
        return self._document(row, record.line)

    def _name_columns(self, row: list[str]) -> list[str]:
        """Returns the names of the columns.

        Raises:
            ValueError: One is missing or there twice.
        """
        if not self._options.has_header:
            header = list(map(str, range(len(row))))
            if self._options.text_fields == ("text",) and len(row) == 1:
                self._renamed = replace(self._options, text_field="0")
            for name in self._renamed.required:
                if name not in header:
                    raise ValueError(
                        f"there is no column {name!r}: without a header, columns have the numbers "
                        f"from 0 to {len(row) - 1}. Say which one holds the text: --text-field 0"
                    )
            return header
        for name in self._options.required:
            if name not in row:
                raise ValueError(
                    f"the header has no field {name!r}; there are: {', '.join(row)}"
                    f"{_hint_at_delimiter(row)}"
                )
        for name in (*self._options.required, "language"):
            if row.count(name) > 1:
                raise ValueError(f"the header has the field {name!r} twice")
        return row

    def _read(self) -> DelimitedRecord | None:
        """Returns the next record; None at the end."""
        number, offset = self._lines.number, self._lines.offset
        first = self._lines.read()
        if not first:
            return None
        if self._quoting is None and b'"' in first:
            self._lines.put_back([first])
            self._decide()
            self._lines.read()
        if self._quoting == "none":
            return self._read_bare(first, number, offset)
        if b'"' not in first and size_of([first]) <= self._options.max_record:
            return self._read_bare(first, number, offset)
        width, longest = len(self._header or ()), self._options.max_record
        record = QuotedRecord(self._lines, self._delimiter, width=width, longest=longest)
        fields, fault = record.read(first)
        lines, extent = record.lines, record.extent
        if record.are_records():
            if fault:  # the quotation mark stands for itself, perhaps; the lines behind it do not
                self._lines.put_back(lines[1:])
                lines, extent = lines[:1], Extent(1, len(first))
                fault = f"{fault}. {_WAYS_OUT}"
            elif not self._is_trusted:
                fault = (
                    f"a field in quotation marks has {len(lines) - 1:,} line ends in it, and each "
                    f"of its {len(lines):,} lines is a record by itself, so it is not certain that "
                    f"the marks are quotation of a field: {_WAYS_OUT}"
                )
        return DelimitedRecord(
            lines=lines, line=number, offset=offset, extent=extent, fields=fields, fault=fault
        )

    def _read_bare(self, first: bytes, number: int, offset: int | None) -> DelimitedRecord:
        """Returns the record of a line in which a quotation mark, if there is one, is text."""
        lines, extent, fault = read_bare(self._lines, first, longest=self._options.max_record)
        text = b"".join(lines).decode("utf-8", "replace").removesuffix("\n").removesuffix("\r")
        if self._quoting != "none":
            # Only a quotation mark makes both readings differ. A carriage return is no line end.
            text = text.rstrip("\r")
            if "\r" in text:
                fault = "a carriage return outside quotation marks: lines must end with a line feed"
        fields = text.split(self._delimiter) if text else []
        return DelimitedRecord(
            lines=lines, line=number, offset=offset, extent=extent, fields=fields, fault=fault
        )

    def _decide(self) -> None:
        """Decides by a sample how fields are quoted.

        Raises:
            RecordError: Both readings are possible, and the texts would differ.
        """
        sample, is_end = self._lines.sample(SAMPLE)
        decision = decide_quoting(
            [line.decode("utf-8", "replace") for line in sample],
            self._delimiter,
            columns=None if self._header is None else len(self._header),
            has_header=self._options.has_header,
            is_end=is_end,
            is_csv=self._is_csv,
        )
        name = self._lines.name
        if decision.quoting is None:
            reason = (
                "from here on, quotation marks may quote fields or be text, and the texts differ: "
                f"{_WAYS_OUT}"
            )
            raise RecordError(name, reason, line=self._lines.number, offset=self._lines.offset)
        self._quoting, self._is_trusted = decision.quoting, decision.is_proven
        if decision.is_unsure:
            note(
                self._reject,
                f"{name!r}: fields in quotation marks have line ends in them, as CSV allows. "
                "--quoting none takes each line as a record.",
            )
        elif not self._is_csv:
            chosen, other, what = (
                ("none", "minimal", "are taken as text, and each line as a record")
                if decision.quoting == "none"
                else ("minimal", "none", "are taken as quotation of fields")
            )
            note(
                self._reject,
                f"{name!r}: quotation marks {what} (--quoting {chosen}), because the lines are "
                f"more regular in this way; --quoting {other} reads them otherwise.",
            )


def _hint_at_delimiter(header: list[str]) -> str:
    """Returns a hint at a delimiter that the only column of a header has in its name."""
    if len(header) > 1:
        return ""
    found = next((mark for mark in ";\t|," if mark in header[0]), None)
    if found is None:
        return ""
    return f". If another character separates fields: --delimiter {found!r}"
