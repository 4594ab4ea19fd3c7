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
from tokcompare.sources.formats.format import CHUNK_SIZE, Cut, ReadOptions, Reject
from tokcompare.sources.formats.records import batch_of, make_document
from tokcompare.sources.storage import stored_file, unreadable

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
    def lines(self) -> int:
        """Rows are no lines."""
        return 0

    def documents(self, options: ReadOptions, reject: Reject) -> Iterator[Document]:
        """Yields a document for each row."""
        columns = {name: self.table.column(name) for name in self.table.schema.names}
        for place in range(self.table.num_rows):
            number = self.number + place
            try:
                record = {name: column[place].as_py() for name, column in columns.items()}
                yield make_document(record, self.source, options)
            except UnicodeDecodeError as error:
                reject(RecordError(self.name, f"invalid UTF-8 ({error.reason})", row=number))
            except ValueError as error:
                reject(RecordError(self.name, str(error), row=number))

    def batch(self, options: ReadOptions) -> DocumentBatch | None:
        """Returns the documents at once, or None if a row is out of the ordinary."""
        column_of = self.table.column
        try:
            texts = column_of(options.text_field).to_pylist()
            fields = {name: column_of(name).to_pylist() for name in options.fields}
            name = options.language_field or "language"
            languages: list[Any] = [None] * len(texts)
            if name in self.table.schema.names:
                languages = column_of(name).to_pylist()
        except UnicodeDecodeError:
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
    gathered: list[pa.RecordBatch] = []
    size, number, position = 0, 1, 0
    failure: SourceError | None = None
    try:
        for batch, first, position in _read_batches(file, options, start, stop):
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


def _rows(name: str, batches: list[pa.RecordBatch], number: int) -> ArrowRows:
    import pyarrow as pa

    return ArrowRows(name=name, source=name, table=pa.Table.from_batches(batches), number=number)


def _read_batches(
    file: SourceFile, options: ReadOptions, start: int, stop: int | None
) -> Iterator[tuple[pa.RecordBatch, int, int]]:
    """Yields batches, the number of the first row of each, and how much of the file was read."""
    number = 0
    try:
        with _open_parquet(file) as (parquet, stream):
            columns = check_schema(parquet.schema_arrow, file.name, options)
            groups = list(range(parquet.num_row_groups))[start:stop]
            number = sum(parquet.metadata.row_group(group).num_rows for group in range(start))
            total: int = parquet.metadata.num_rows
            size = stream.seek(0, 2)
            length = _longest_rows(parquet.metadata)
            # Group by group: a batch over two would be lost with a damage to the second.
            batches = (parquet.iter_batches(length, [group], columns) for group in groups)
            for batch in chain.from_iterable(batches):
                number += batch.num_rows
                yield batch, number - batch.num_rows + 1, size * number // max(total, 1)
    except Exception as error:  # pyarrow raises exceptions of many kinds
        raise _explain(file.name, number, error) from error


def extent_of_parquet(file: SourceFile, options: ReadOptions, size: int) -> int:
    """Returns the number of row groups of a Parquet file.

    Raises:
        SourceError: It cannot be opened, or lacks a column.
        RecordError: It is damaged.
    """
    try:
        with _open_parquet(file) as (parquet, _):
            check_schema(parquet.schema_arrow, file.name, options)
            number: int = parquet.num_row_groups
            return number
    except Exception as error:
        raise _explain(file.name, 0, error) from error


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
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise SourceError(
            f"{source.name!r}: to read Parquet, pyarrow is needed: "
            "pip install 'tokcompare[parquet]'"
        ) from error
    # A path would have to be UTF-8, and be no URI.
    with (
        stored_file(source.path, name=source.name).open() as stream,
        ParquetFile(
            stream, pre_buffer=False, buffer_size=READ_SIZE, page_checksum_verification=True
        ) as file,
    ):
        yield file, stream


def _longest_rows(metadata: Any) -> int:
    """Returns the number of rows that fit in a block, by the sizes that the file gives."""
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    averages: list[int] = [g.total_byte_size // g.num_rows for g in groups if g.num_rows]
    return max(1, min(ROWS, CHUNK_SIZE // max([1, *averages])))


def _explain(name: str, rows: int, error: Exception) -> SourceError:
    """Returns the error for a failure after a number of rows."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, OSError) and error.errno is not None:
        return unreadable(name, error)
    return RecordError(name, f"it is damaged, or no Parquet file: {error}", row=rows + 1)


def check_schema(schema: pa.Schema, name: str, options: ReadOptions) -> list[str]:
    """Returns the columns that are read.

    Raises:
        SourceError: One is missing, or the text or the language are no strings.
    """
    import pyarrow.types as kinds

    of_strings = [options.text_field]
    if options.language_field or "language" in schema.names:
        of_strings.append(options.language_field or "language")
    columns = list(dict.fromkeys([*of_strings, *options.fields]))
    for column in columns:
        if schema.names.count(column) != 1:
            problem = "no column" if column not in schema.names else "more than one column"
            raise SourceError(
                f"{name!r} has {problem} {column!r}; there are: {', '.join(schema.names)}."
            )
    for column in of_strings:
        kind = schema.field(column).type
        value = kind.value_type if kinds.is_dictionary(kind) else kind
        if not (
            kinds.is_string(value) or kinds.is_large_string(value) or kinds.is_string_view(value)
        ):
            raise SourceError(f"{name!r}: the column {column!r} must hold strings, not {kind}.")
    return columns
