"""One reader a format: the bytes of a file become documents.

What cannot be read is named by file, line or row, byte and reason, and handed to whoever reads:
to stop there, or to count it and go on with the next record. Nothing is counted here.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tokcompare.documents import Document
from tokcompare.errors import RecordError, SourceError
from tokcompare.languages import UNDETERMINED
from tokcompare.streams import CHUNK, TextStream, display_name, open_text, unreadable
from tokcompare.units import replace_surrogates

Reject = Callable[[SourceError], None]
"""What is done with a record that cannot be read: to raise the error, or to note it."""

LONGEST_FIELD = 1 << 30
"""How many characters a field of CSV may have. A quotation mark that nobody closes ends here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How files are read.

    Attributes:
        per_line: Whether each line of plain text is a document.
        text_field: The field of a record that holds the text.
        language_field: The field that holds the language. None means "language" where there is
            such a field; a field that is named must be there.
        language: The language of documents that do not say theirs.
        fields: Other fields that documents are to keep.
    """

    per_line: bool = False
    text_field: str = "text"
    language_field: str | None = None
    language: str = UNDETERMINED
    fields: tuple[str, ...] = ()


Reader = Callable[[str, Reading, Reject], Iterator[Document]]


def read_text(path: str, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields the document that a file of plain text is, or with `per_line` one for each line.

    Lines end with a line feed, which does not belong to them, nor does a carriage return before
    it; every line is a document, an empty one too, so that lines of parallel files stay side by
    side.
    """
    with open_text(path) as file:
        if reading.per_line:
            yield from _read_lines(file, reading, reject)
            return
        first = file.stream.read(CHUNK)
        if len(first) < CHUNK:
            text: str | Iterator[str] = "".join(_decode(file, iter([first]), file.offset))
        else:
            text = _decode(file, _chunks(file, first), file.offset)
        yield _plain(text, file, reading)


def _read_lines(file: TextStream, reading: Reading, reject: Reject) -> Iterator[Document]:
    offset, number = file.offset, 0
    while line := file.stream.readline(CHUNK):
        number += 1
        if line.endswith(b"\n") or len(line) < CHUNK:
            try:
                text = "".join(_decode(file, iter([_without_end(line)]), offset, number))
            except RecordError as error:
                reject(error)
            else:
                yield _plain(text, file, reading)
            offset = _add(offset, len(line))
            continue
        chunks = _Line(file, line)
        yield _plain(_decode(file, chunks, offset, number), file, reading)
        for _ in chunks:  # what is left of the line if its reader gave up
            pass
        offset = _add(offset, chunks.size)


def _plain(text: str | Iterator[str], file: TextStream, reading: Reading) -> Document:
    if reading.fields:
        raise RecordError(file.name, f"plain text has no field {reading.fields[0]!r}")
    return Document(text=text, language=reading.language, source=file.name)


def _chunks(file: TextStream, first: bytes) -> Iterator[bytes]:
    chunk = first
    while chunk:
        yield chunk
        chunk = file.stream.read(CHUNK)


class _Line:
    """The chunks of a line that is too long for one, without its end."""

    def __init__(self, file: TextStream, first: bytes) -> None:
        self._stream, self._next = file.stream, first
        self.size = len(first)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = self._next
        if not chunk:
            raise StopIteration
        if chunk.endswith(b"\n"):
            self._next = b""
            return _without_end(chunk)
        self._next = self._stream.readline(CHUNK)
        self.size += len(self._next)
        if self._next == b"\n" and chunk.endswith(b"\r"):
            return chunk[:-1]
        return chunk


def _without_end(line: bytes) -> bytes:
    return line[: -2 if line.endswith(b"\r\n") else -1] if line.endswith(b"\n") else line


def _decode(
    file: TextStream, chunks: Iterator[bytes], offset: int | None, line: int | None = None
) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for chunk in _and_end(chunks):
        pending = len(decoder.getstate()[0])
        try:
            yield decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            place = _add(offset, error.start - pending)
            raise _invalid_utf8(file.name, error, line, place) from error
        offset = _add(offset, len(chunk))


def _and_end(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks
    yield b""


def _add(offset: int | None, number: int) -> int | None:
    return None if offset is None else offset + number


def _invalid_utf8(
    name: str, error: UnicodeDecodeError, line: int | None, offset: int | None
) -> RecordError:
    return RecordError(name, f"invalid UTF-8 ({error.reason})", line=line, offset=offset)


def read_json_lines(path: str, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields a document for each line of JSON Lines: an object with a text.

    It may hold "published", numbers of tokens by encoding; other keys are left alone, and so are
    empty lines.
    """
    with open_text(path) as file:
        offset = file.offset
        for number, line in enumerate(file.stream, start=1):
            if line.strip():
                try:
                    record = _parse_object(line)
                    yield _document(record, file.name, reading)
                except UnicodeDecodeError as error:
                    place = _add(offset, error.start)
                    reject(_invalid_utf8(file.name, error, number, place))
                except json.JSONDecodeError as error:
                    place = _add(offset, len(error.doc[: error.pos].encode()))
                    reason = f"malformed JSON ({error.msg})"
                    reject(RecordError(file.name, reason, line=number, offset=place))
                except (ValueError, RecursionError) as error:
                    # A number of thousands of digits, or objects within thousands of objects.
                    reject(RecordError(file.name, str(error), line=number, offset=offset))
            offset = _add(offset, len(line))


def _parse_object(line: bytes) -> dict[str, Any]:
    record = json.loads(line.decode("utf-8"))
    if not isinstance(record, dict):
        kind = _JSON_KINDS[type(record)]
        raise ValueError(f"a line must hold a JSON object, not {kind}")
    return record


_JSON_KINDS: dict[type, str] = {
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
    dict: "an object",
}


def read_csv(
    path: str, reading: Reading, reject: Reject, *, delimiter: str = ","
) -> Iterator[Document]:
    """Yields a document for each row of comma-separated values (RFC 4180) with a header.

    Every value is text, also "NA", "null" and "007". Empty rows are left alone.
    """
    import csv

    with open_text(path) as file:
        lines = _CsvLines(file)
        rows = csv.reader(lines, delimiter=delimiter, strict=True)

        def next_row() -> list[str]:
            # The limit is one for the whole process: others may count on theirs.
            limit = csv.field_size_limit(LONGEST_FIELD)
            try:
                return next(rows)
            finally:
                csv.field_size_limit(limit)

        header: list[str] | None = None
        while True:
            lines.begin_record()
            try:
                row = next_row()
                lines.check()
                if not row:
                    continue
                if header is None:
                    header = _check_header(row, reading)
                    continue
                if len(row) != len(header):
                    fields = "field" if len(row) == 1 else "fields"
                    raise ValueError(f"{len(row)} {fields}, but the header has {len(header)}")
                yield _document(dict(zip(header, row, strict=True)), file.name, reading)
            except StopIteration:
                break
            except UnicodeDecodeError as error:
                place = _add(lines.record_offset, error.start)
                reject(_invalid_utf8(file.name, error, lines.record_line, place))
            except (csv.Error, ValueError) as error:
                reject(
                    RecordError(
                        file.name, str(error), line=lines.record_line, offset=lines.record_offset
                    )
                )
            if header is None:
                return
        if header is None:
            reject(RecordError(file.name, "there is no header", line=1, offset=file.offset))


def read_tsv(path: str, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields a document for each row of tab-separated values: CSV with tabs."""
    return read_csv(path, reading, reject, delimiter="\t")


class _CsvLines:
    """The lines of a file for `csv`, which parses strings; invalid UTF-8 waits for `check`."""

    def __init__(self, file: TextStream) -> None:
        self._stream = file.stream
        self._line, self._offset = 0, file.offset
        self._invalid: list[bytes] = []
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
        self._offset = _add(self._offset, len(line))
        self._record.append(line)
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError:
            self._is_valid = False
            return line.decode("utf-8", "replace")


def _check_header(header: list[str], reading: Reading) -> list[str]:
    for name in (reading.text_field, reading.language_field, *reading.fields):
        if name is not None and name not in header:
            raise ValueError(f"the header has no field {name!r}; there are: {', '.join(header)}")
    for name in header:
        if header.count(name) > 1:
            raise ValueError(f"the header has the field {name!r} twice")
    return header


def read_parquet(path: str, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields a document for each row of a Parquet file.

    Rows are numbered from 1. The text must be a column of strings.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise SourceError(
            f"{display_name(path)!r}: to read Parquet, pyarrow is needed: "
            "pip install 'tokcompare[parquet]'"
        ) from error
    name = display_name(path)
    try:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            columns = _check_schema(file.schema_arrow, name, reading)
            number = 0
            for batch in file.iter_batches(batch_size=1024, columns=columns):
                for row in range(batch.num_rows):
                    number += 1
                    try:
                        record = {column: batch.column(column)[row].as_py() for column in columns}
                        yield _document(record, name, reading)
                    except UnicodeDecodeError as error:
                        reason = f"invalid UTF-8 ({error.reason})"
                        reject(RecordError(name, reason, row=number))
                    except ValueError as error:
                        reject(RecordError(name, str(error), row=number))
    except pa.ArrowException as error:
        raise SourceError(f"{name!r} is damaged, or no Parquet file: {error}") from error
    except OSError as error:
        raise unreadable(name, error) from error


def _check_schema(schema: Any, name: str, reading: Reading) -> list[str]:
    import pyarrow.types as kinds

    columns = [reading.text_field]
    if reading.language_field or "language" in schema.names:
        columns.append(reading.language_field or "language")
    for column in (*columns, *reading.fields):
        if schema.names.count(column) != 1:
            problem = "no column" if column not in schema.names else "more than one column"
            raise SourceError(
                f"{name!r} has {problem} {column!r}; there are: {', '.join(schema.names)}."
            )
    for column in columns:
        kind = schema.field(column).type
        value = kind.value_type if kinds.is_dictionary(kind) else kind
        if not (
            kinds.is_string(value) or kinds.is_large_string(value) or kinds.is_string_view(value)
        ):
            raise SourceError(f"{name!r}: the column {column!r} must hold strings, not {kind}.")
    return list(dict.fromkeys([*columns, *reading.fields]))


def _document(record: Mapping[str, Any], name: str, reading: Reading) -> Document:
    """Makes a document of a record; what cannot be one is a ValueError that says why."""
    text = _field(record, reading.text_field)
    if not isinstance(text, str):
        raise ValueError(f"the field {reading.text_field!r} must be a string, not {_kind(text)}")
    language = (
        record.get("language")
        if reading.language_field is None
        else _field(record, reading.language_field)
    )
    if language is None or language == "":
        language = reading.language
    elif not isinstance(language, str):
        raise ValueError(
            f"the field {reading.language_field or 'language'!r} must be a string, "
            f"not {_kind(language)}"
        )
    return Document(
        text=text,
        language=language,
        published=_published(record.get("published")),
        source=name,
        fields={field: _as_text(_field(record, field), field) for field in reading.fields},
    )


def _field(record: Mapping[str, Any], name: str) -> Any:
    if name not in record:
        raise ValueError(f"the field {name!r} is missing")
    return record[name]


def _as_text(value: Any, name: str) -> str:
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise ValueError(f"the field {name!r} must be a string or a number, not {_kind(value)}")


def _kind(value: Any) -> str:
    return _JSON_KINDS.get(type(value), type(value).__name__)


def _published(value: Any) -> Mapping[str, int]:
    if isinstance(value, Mapping) and all(type(number) is int for number in value.values()):
        return value
    return {}  # whoever published something else meant no numbers of tokens


READERS: dict[str, Reader] = {
    "text": read_text,
    "jsonl": read_json_lines,
    "csv": read_csv,
    "tsv": read_tsv,
    "parquet": read_parquet,
}
"""The readers by the name of their format."""
