"""Parquet, by pyarrow: an extra, which is imported when the first such file is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from tokcompare.errors import RecordError, SourceError
from tokcompare.sources.compression import READ_SIZE
from tokcompare.sources.document import Columns, Document
from tokcompare.sources.formats.lines import BLOCK
from tokcompare.sources.formats.records import Reading, Reject, columns_of, make_document
from tokcompare.sources.storage import display_name, stored_file, unreadable

if TYPE_CHECKING:
    import pyarrow as pa

ROWS = 256
"""How many rows are read at a time at the most; of long ones fewer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of a table.

    Attributes:
        name: What people call the file.
        table: The rows, with the columns that are asked for.
        number: The number of the first row, from 1.
    """

    name: str
    table: pa.Table
    number: int

    @property
    def size(self) -> int:
        """How many bytes there are."""
        size: int = self.table.nbytes
        return size


def read_parquet(path: str, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields a document for each row of a Parquet file.

    Rows are numbered from 1. The text must be a column of strings.
    """
    for rows, _ in cut_parquet(path, reading):
        yield from parse_rows(rows, reading, reject)


def cut_parquet(
    path: str, reading: Reading, *, start: int = 0, stop: int | None = None
) -> Iterator[tuple[Rows, int]]:
    """Yields the rows of a Parquet file, a block at a time, and how much of the file was read.

    Args:
        path: Its path.
        reading: How it is read.
        start: The first of the row groups to be read.
        stop: The row group behind the last; None for all that follow.

    Raises:
        SourceError: It cannot be opened, or lacks a column.
        RecordError: It is damaged.
    """
    name = display_name(path)
    gathered: list[pa.RecordBatch] = []
    size, number, position = 0, 1, 0
    failure: SourceError | None = None
    try:
        for batch, first, position in _read_batches(path, name, reading, start, stop):
            if not gathered:
                number = first
            gathered.append(batch)
            size += batch.nbytes
            if size >= BLOCK:
                yield _rows(name, gathered, number), position
                gathered, size = [], 0
    except SourceError as error:  # what precedes it is good
        failure = error
    if gathered:
        yield _rows(name, gathered, number), position
    if failure is not None:
        raise failure


def _rows(name: str, batches: list[pa.RecordBatch], number: int) -> Rows:
    import pyarrow as pa

    return Rows(name=name, table=pa.Table.from_batches(batches), number=number)


def parse_rows(rows: Rows, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields a document for each of some rows."""
    columns = {name: rows.table.column(name) for name in rows.table.schema.names}
    for place in range(rows.table.num_rows):
        number = rows.number + place
        try:
            record = {name: column[place].as_py() for name, column in columns.items()}
            yield make_document(record, rows.name, reading)
        except UnicodeDecodeError as error:
            reject(RecordError(rows.name, f"invalid UTF-8 ({error.reason})", row=number))
        except ValueError as error:
            reject(RecordError(rows.name, str(error), row=number))


def row_columns(rows: Rows, reading: Reading) -> Columns | None:
    """Returns what `parse_rows` yields, at once; None if a row is out of the ordinary."""
    column_of = rows.table.column
    try:
        texts = column_of(reading.text_field).to_pylist()
        fields = {name: column_of(name).to_pylist() for name in reading.fields}
        name = reading.language_field or "language"
        languages: list[Any] = [None] * len(texts)
        if name in rows.table.schema.names:
            languages = column_of(name).to_pylist()
    except UnicodeDecodeError:
        return None
    return columns_of(texts, languages, fields, rows.name, reading)


def _read_batches(
    path: str, name: str, reading: Reading, start: int, stop: int | None
) -> Iterator[tuple[pa.RecordBatch, int, int]]:
    """Yields batches, the number of the first row of each, and how much of the file was read."""
    number = 0
    try:
        with _open_parquet(path, name) as (file, stream):
            columns = check_schema(file.schema_arrow, name, reading)
            groups = list(range(file.num_row_groups))[start:stop]
            number = sum(file.metadata.row_group(group).num_rows for group in range(start))
            total: int = file.metadata.num_rows
            size = stream.seek(0, 2)
            length = _longest_rows(file.metadata)
            # Group by group: a batch over two would be lost with a damage to the second.
            batches = (file.iter_batches(length, [group], columns) for group in groups)
            for batch in chain.from_iterable(batches):
                number += batch.num_rows
                yield batch, number - batch.num_rows + 1, size * number // max(total, 1)
    except Exception as error:  # pyarrow raises what its many parts raise
        raise _explain(name, number, error) from error


def number_of_row_groups(path: str, reading: Reading) -> int:
    """Returns how many row groups a Parquet file has.

    Raises:
        SourceError: It cannot be opened, or lacks a column.
        RecordError: It is damaged.
    """
    name = display_name(path)
    try:
        with _open_parquet(path, name) as (file, _):
            check_schema(file.schema_arrow, name, reading)
            number: int = file.num_row_groups
            return number
    except Exception as error:
        raise _explain(name, 0, error) from error


@contextmanager
def _open_parquet(path: str, name: str) -> Iterator[tuple[Any, Any]]:
    """Opens a Parquet file, and the file that it is."""
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise SourceError(
            f"{name!r}: to read Parquet, pyarrow is needed: pip install 'tokcompare[parquet]'"
        ) from error
    # A path would have to be UTF-8, and be no URI.
    with (
        stored_file(path).open() as stream,
        ParquetFile(
            stream, pre_buffer=False, buffer_size=READ_SIZE, page_checksum_verification=True
        ) as file,
    ):
        yield file, stream


def _longest_rows(metadata: Any) -> int:
    """Returns how many rows make no more than a block, as far as the file tells."""
    groups = [metadata.row_group(place) for place in range(metadata.num_row_groups)]
    averages: list[int] = [g.total_byte_size // g.num_rows for g in groups if g.num_rows]
    return max(1, min(ROWS, BLOCK // max([1, *averages])))


def _explain(name: str, rows: int, error: Exception) -> SourceError:
    """Returns the error for a failure behind so many rows."""
    if isinstance(error, SourceError):
        return error
    if isinstance(error, OSError) and error.errno is not None:
        return unreadable(name, error)
    return RecordError(name, f"it is damaged, or no Parquet file: {error}", row=rows + 1)


def check_schema(schema: pa.Schema, name: str, reading: Reading) -> list[str]:
    """Returns the columns that are read.

    Raises:
        SourceError: One is missing, or the text or the language are no strings.
    """
    import pyarrow.types as kinds

    of_strings = [reading.text_field]
    if reading.language_field or "language" in schema.names:
        of_strings.append(reading.language_field or "language")
    columns = list(dict.fromkeys([*of_strings, *reading.fields]))
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
