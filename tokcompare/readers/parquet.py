"""Parquet, by pyarrow: an extra, which is imported when the first such file is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tokcompare.compression import CHUNK
from tokcompare.documents import Document
from tokcompare.errors import RecordError, SourceError
from tokcompare.readers.reading import Reading, Reject, make_document
from tokcompare.streams import display_name, open_file, unreadable

ROWS = 64
"""How many rows are held in memory at a time."""


def read_parquet(path: str, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields a document for each row of a Parquet file.

    Rows are numbered from 1. The text must be a column of strings.
    """
    name = display_name(path)
    number = 0
    for batch in _read_batches(path, name, reading):
        for row in range(batch.num_rows):
            number += 1
            try:
                record = {field: batch.column(field)[row].as_py() for field in batch.schema.names}
                yield make_document(record, name, reading)
            except UnicodeDecodeError as error:
                reject(RecordError(name, f"invalid UTF-8 ({error.reason})", row=number))
            except ValueError as error:
                reject(RecordError(name, str(error), row=number))


def _read_batches(path: str, name: str, reading: Reading) -> Iterator[Any]:
    try:
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise SourceError(
            f"{name!r}: to read Parquet, pyarrow is needed: pip install 'tokcompare[parquet]'"
        ) from error
    number = 0
    try:
        # A path would have to be UTF-8, and be no URI.
        with (
            open_file(path, name) as stream,
            ParquetFile(
                stream, pre_buffer=False, buffer_size=CHUNK, page_checksum_verification=True
            ) as file,
        ):
            columns = _check_schema(file.schema_arrow, name, reading)
            for batch in file.iter_batches(batch_size=ROWS, columns=columns):
                yield batch
                number += batch.num_rows
    except SourceError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise unreadable(name, error) from error
        raise _damaged(name, number, error) from error
    except Exception as error:  # pyarrow raises what its many parts raise
        raise _damaged(name, number, error) from error


def _damaged(name: str, rows: int, error: Exception) -> RecordError:
    return RecordError(name, f"it is damaged, or no Parquet file: {error}", row=rows + 1)


def _check_schema(schema: Any, name: str, reading: Reading) -> list[str]:
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
