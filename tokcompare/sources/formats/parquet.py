"""Parquet, by pyarrow, an extra that is imported when the first such file is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from tokcompare.errors import RecordError, SourceError
from tokcompare.sources.compression import READ_SIZE
from tokcompare.sources.document import Document, DocumentBatch, SourceFile
from tokcompare.sources.formats.format import CHUNK_SIZE, Cut, ReadOptions, Reject, note
from tokcompare.sources.formats.records import (
    batch_of,
    keys_of,
    make_document,
    notes_on_chat,
    too_large,
)
from tokcompare.sources.rejections import Extent, skipping
from tokcompare.sources.storage import open_unchanged, stored_file, unreadable

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 256
"""How many rows are read at a time at most; fewer if they are long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrowRows:
    """Rows of a table.

    Attributes:
        name: The name of the file in messages.
        source: The name of the source of the documents; "" for a table that is from no file.
        table: The rows, with the columns that are read.
        number: The number of the first row, from 1.
    """

    name: str
    source: str
    table: pa.Table
    number: int

    @property
    def size(self) -> int:
        """How many bytes there are."""
        size: int = self.table.nbytes
        return size

    @property
    def extent(self) -> Extent:
        """How many rows there are, and how many bytes their strings have."""
        return Extent(self.table.num_rows, sum(map(_bytes_of, self.table.columns)))

    @property
    def lines(self) -> int:
        """Rows are no lines."""
        return 0

    def documents(self, options: ReadOptions, reject: Reject) -> Iterator[Document]:
        """Yields a document for each row."""
        columns = {name: self.table.column(name) for name in self.table.schema.names}
        too_long = set(self._longer_rows(options.max_record))
        for place in range(self.table.num_rows):
            try:
                if place in too_long:
                    raise ValueError(too_large(options.max_record))
                record = {name: column[place].as_py() for name, column in columns.items()}
                document = make_document(record, self.source, options)
                for text in notes_on_chat(document, self.name, options):
                    note(reject, text)
                yield document
            except UnicodeDecodeError as error:
                reason = f"invalid UTF-8 ({error.reason})"
                reject(self._rejection(reason, place))
            except ValueError as error:
                reject(self._rejection(str(error), place))

    def _longer_rows(self, longest: int) -> list[int]:
        """Returns the places of the rows whose strings have more bytes than that."""
        if self.extent.size <= longest:
            return []
        rows = (self.table.slice(place, 1).columns for place in range(self.table.num_rows))
        return [place for place, row in enumerate(rows) if sum(map(_bytes_of, row)) > longest]

    def _rejection(self, reason: str, place: int) -> RecordError:
        error = RecordError(self.name, reason, row=self.number + place)
        row = self.table.slice(place, 1)
        return skipping(error, Extent(1, sum(map(_bytes_of, row.columns))))

    def batch(self, options: ReadOptions) -> DocumentBatch | None:
        """Returns the documents at once, or None if a row is out of the ordinary."""
        column_of = self.table.column
        if not {*options.required} <= {*self.table.schema.names}:  # one is reached by a path
            return None
        if self._longer_rows(options.max_record):
            return None
        try:
            columns = [column_of(name).to_pylist() for name in options.text_fields]
            texts = columns[0]
            if len(columns) > 1:
                texts = ["\n".join(row) for row in zip(*columns, strict=True)]
            fields = {name: column_of(name).to_pylist() for name in options.kept}
            name = options.language_field or "language"
            languages: list[Any] = [None] * len(texts)
            if name in self.table.schema.names:
                languages = column_of(name).to_pylist()
        except (UnicodeDecodeError, TypeError):  # or a text is null
            return None
        return batch_of(texts, languages, fields, self.source, options)


def cut_parquet(
    file: SourceFile, options: ReadOptions, reject: Reject, start: int, stop: int | None
) -> Cut:
    """Cuts a Parquet file, or the row groups from a start to a stop, into blocks of rows.

    Raises:
        SourceError: It cannot be opened, or lacks a column.
        RecordError: It is damaged.
    """
    yield from _gather(file, _read_batches(file, options, reject, start, stop))


def cut_arrow(
    file: SourceFile, options: ReadOptions, reject: Reject, start: int, stop: int | None
) -> Cut:
    """Cuts an Arrow file (Feather, or a stream of Arrow's IPC format) into blocks of rows.

    Raises:
        SourceError: It cannot be opened, or lacks a column.
        RecordError: It is damaged.
    """
    yield from _gather(file, _read_arrow(file, options, reject))


def _gather(file: SourceFile, batches: Iterator[tuple[pa.RecordBatch, int, int]]) -> Cut:
    """Yields batches in blocks; if they end with an error, those before it are yielded first."""
    gathered: list[pa.RecordBatch] = []
    size, number, position = 0, 1, 0
    failure: SourceError | None = None
    try:
        for batch, first, position in batches:
            if not gathered:
                number = first
            gathered.append(batch)
            size += batch.nbytes
            if size >= CHUNK_SIZE:
                yield _rows(file.name, gathered, number), position
                gathered, size = [], 0
    except SourceError as error:  # the rows before it are good
        failure = error
    if gathered:
        yield _rows(file.name, gathered, number), position
    if failure is not None:
        raise failure


def _bytes_of(column: Any) -> int:
    """Returns the number of bytes of the strings in a column, also within lists and structures.

    Unlike the memory that Arrow takes, it does not depend on how rows are cut into batches.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as kinds

    kind = column.type
    if kinds.is_dictionary(kind):
        return _bytes_of(column.cast(kind.value_type))
    if kinds.is_string_view(kind):
        return _bytes_of(column.cast(pa.large_string()))
    if kinds.is_string(kind) or kinds.is_large_string(kind):
        return pc.sum(pc.binary_length(column)).as_py() or 0
    if kinds.is_struct(kind):
        return sum(map(_bytes_of, column.flatten()))
    if kinds.is_list(kind) or kinds.is_large_list(kind):
        return _bytes_of(pc.list_flatten(column))
    return 0


def _rows(name: str, batches: list[pa.RecordBatch], number: int) -> ArrowRows:
    import pyarrow as pa

    return ArrowRows(name=name, source=name, table=pa.Table.from_batches(batches), number=number)


def _read_batches(
    file: SourceFile, options: ReadOptions, reject: Reject, start: int, stop: int | None
) -> Iterator[tuple[pa.RecordBatch, int, int]]:
    """Yields batches, the number of the first row of each, and how much of the file was read."""
    number = end = 0
    size = total = None
    try:
        with _open_parquet(file) as (parquet, stream):
            rows = [parquet.metadata.row_group(g).num_rows for g in range(parquet.num_row_groups)]
            groups = list(range(len(rows)))[start:stop]
            number, end, total = sum(rows[:start]), sum(rows[:stop]), sum(rows)
            size = stream.seek(0, 2)
            columns = check_schema(parquet.schema_arrow, file.name, options, reject)
            if not total:
                note(reject, _NO_ROWS.format(name=file.name))
            length = _longest_rows(parquet.metadata)
            # Group by group: a batch over two would be lost with a damage to the second.
            batches = (parquet.iter_batches(length, [group], columns) for group in groups)
            for batch in chain.from_iterable(batches):
                number += batch.num_rows
                yield batch, number - batch.num_rows + 1, size * number // max(total, 1)
    except Exception as error:  # pyarrow raises exceptions of many kinds
        if size is None:
            size = stored_file(file.path).size() or 0
        share = size * (end - number) // total if total else size
        raise skipping(_explain(file, number, error), Extent(end - number, share)) from error


def _read_arrow(
    file: SourceFile, options: ReadOptions, reject: Reject
) -> Iterator[tuple[pa.RecordBatch, int, int]]:
    """Does the same for an Arrow file."""
    number = position = 0
    try:
        with _open_arrow(file) as (schema, batches, stream):
            columns = check_schema(schema, file.name, options, reject)
            for batch in batches:
                position = stream.tell()
                batch = batch.select(columns)
                for start in range(0, batch.num_rows, ROWS):
                    rows = batch.slice(start, ROWS)
                    number += rows.num_rows
                    yield rows, number - rows.num_rows + 1, position
            if not number:
                note(reject, _NO_ROWS.format(name=file.name))
    except Exception as error:  # pyarrow raises exceptions of many kinds
        rest = max(0, (stored_file(file.path).size() or 0) - position)
        raise skipping(_explain(file, number, error), Extent(0, rest)) from error


_NO_ROWS = "{name!r} has no rows."


@contextmanager
def _open_arrow(source: SourceFile) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch], Any]]:
    """Opens an Arrow file: its schema, its batches, and the stream that it is read from."""
    _require_pyarrow(source)
    import pyarrow as pa
    from pyarrow import feather, ipc

    with open_unchanged(stored_file(source.path, name=source.name), source.state) as stream:
        magic = stream.read(6)
        stream.seek(0)
        if magic.startswith(b"FEA1"):  # the first version of Feather
            table = feather.read_table(stream)
            yield table.schema, iter(table.to_batches()), stream
        elif magic == b"ARROW1":
            with ipc.open_file(pa.PythonFile(stream)) as file:
                numbers = range(file.num_record_batches)
                yield file.schema, map(file.get_batch, numbers), stream
        else:
            with ipc.open_stream(pa.PythonFile(stream)) as reader:
                yield reader.schema, iter(reader), stream


def extent_of_parquet(file: SourceFile, options: ReadOptions, size: int) -> int:
    """Returns the number of row groups of a Parquet file.

    Raises:
        SourceError: It cannot be opened, or lacks a column.
        RecordError: It is damaged.
    """
    try:
        with _open_parquet(file) as (parquet, _):
            check_schema(parquet.schema_arrow, file.name, options, _ignore)
            number: int = parquet.num_row_groups
            return number
    except Exception as error:
        raise _explain(file, 0, error) from error


def _ignore(error: SourceError) -> None:
    """Takes a note that is made again when the file is read."""


def rows_of_table(table: pa.Table, options: ReadOptions) -> ArrowRows:
    """Returns the rows of an Arrow table that is from no file.

    Raises:
        SourceError: It lacks a column, or the text or the language are no strings.
    """
    columns = check_schema(table.schema, "the table", options)
    return ArrowRows(name="the table", source="", table=table.select(columns), number=1)


@contextmanager
def _open_parquet(source: SourceFile) -> Iterator[tuple[Any, Any]]:
    """Opens a Parquet file, and the stream that it is read from."""
    _require_pyarrow(source)
    from pyarrow.parquet import ParquetFile

    # A path would have to be UTF-8, and be no URI.
    with (
        open_unchanged(stored_file(source.path, name=source.name), source.state) as stream,
        ParquetFile(
            stream, pre_buffer=False, buffer_size=READ_SIZE, page_checksum_verification=True
        ) as file,
    ):
        yield file, stream


def _require_pyarrow(source: SourceFile) -> None:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise SourceError(
            f"{source.name!r}: to read {source.format.title()}, pyarrow is needed: "
            "pip install 'tokcompare[parquet]'"
        ) from error


def _longest_rows(metadata: Any) -> int:
    """Returns the number of rows that fit in a block, by the sizes that the file gives."""
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    averages: list[int] = [g.total_byte_size // g.num_rows for g in groups if g.num_rows]
    return max(1, min(ROWS, CHUNK_SIZE // max([1, *averages])))


def _explain(file: SourceFile, rows: int, error: Exception) -> SourceError:
    """Returns the error for a failure after a number of rows."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, OSError) and error.errno is not None:
        return unreadable(file.name, error)
    kind = file.format.title()
    reason = f"it is damaged, or no {kind} file: {error}"
    return RecordError(file.name, reason, row=rows + 1)


def check_schema(
    schema: pa.Schema, name: str, options: ReadOptions, reject: Reject | None = None
) -> list[str]:
    """Returns the columns that are read.

    Args:
        schema: The columns that there are.
        name: The name of the file in messages.
        options: How it is read.
        reject: Takes a note if a column "language" that was not asked for holds no strings, and
            is ignored. None makes that an error.

    Raises:
        SourceError: One is missing, or the text or the language are no strings.
    """
    columns: list[str] = []
    for field in options.required:
        column = _column_of(field, schema)
        if schema.names.count(column) != 1:
            problem = "no column" if column not in schema.names else "more than one column"
            raise SourceError(
                f"{name!r} has {problem} {column!r}; there are: {', '.join(schema.names)}."
            )
        kind = schema.field(column).type
        is_text = _is_of_strings(kind) or (field == options.text_field and _is_of_messages(kind))
        if field == column and field not in options.kept and not is_text:
            raise SourceError(
                f"{name!r}: the column {column!r} must hold strings, not {kind}. Of a structure, "
                "--text-field can name what is in it: data.body, messages[].content."
            )
        columns.append(column)
    if options.language_field is None and "language" in schema.names:
        if schema.names.count("language") > 1:
            raise SourceError(
                f"{name!r} has more than one column 'language'; there are: "
                f"{', '.join(schema.names)}."
            )
        kind = schema.field("language").type
        if _is_of_strings(kind):
            columns.append("language")
        elif reject is None:
            raise SourceError(f"{name!r}: the column 'language' must hold strings, not {kind}.")
        else:
            note(
                reject,
                f"{name!r}: the column 'language' holds {kind}, not strings, and is ignored. "
                "--language-field names the column of the language.",
            )
    return list(dict.fromkeys(columns))


def _column_of(field: str, schema: pa.Schema) -> str:
    """Returns the column that a field is, or that it lies in, such as "data" for "data.body"."""
    if field in schema.names:
        return field
    return next((key for key in keys_of(field)[1:2] if key in schema.names), field)


def _is_of_messages(kind: pa.DataType) -> bool:
    """Returns whether a column holds lists of structures that may be chat messages."""
    import pyarrow.types as kinds

    if not (kinds.is_list(kind) or kinds.is_large_list(kind)):
        return False
    value = kind.value_type
    return bool(kinds.is_struct(value)) and {"role", "content"} <= {field.name for field in value}


def _is_of_strings(kind: pa.DataType) -> bool:
    import pyarrow.types as kinds

    value = kind.value_type if kinds.is_dictionary(kind) else kind
    return bool(
        kinds.is_string(value) or kinds.is_large_string(value) or kinds.is_string_view(value)
    )
