"""A source cut into blocks: so much of a file at a time that to count it is worth a task.

Cutting is cheap. Lines are looked into where they are counted, on another thread or machine; in
other formats a block holds the documents that its reader has read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from tokcompare.errors import SourceError
from tokcompare.sources.document import Columns, Document
from tokcompare.sources.formats import READERS
from tokcompare.sources.formats.jsonl import cut_json_lines, json_columns, parse_json_lines
from tokcompare.sources.formats.lines import BLOCK, Lines
from tokcompare.sources.formats.parquet import (
    Rows,
    check_schema,
    cut_parquet,
    parse_rows,
    row_columns,
)
from tokcompare.sources.formats.plain import cut_text_lines, parse_text_lines, text_columns
from tokcompare.sources.formats.records import Reading, Reject
from tokcompare.sources.rejections import RejectionLog, Rejections
from tokcompare.sources.source import SourceFile
from tokcompare.sources.streams import open_lines, open_text

if TYPE_CHECKING:
    import pyarrow as pa

_CUTTERS = {"jsonl": cut_json_lines, "text": cut_text_lines}
_PARSERS = {"jsonl": parse_json_lines, "text": parse_text_lines}
_COLUMNS = {"jsonl": json_columns, "text": text_columns}


Content = Lines | Rows | list[Document] | Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of a file, or of documents that are none.

    Attributes:
        content: Lines or rows; or documents; or one document whose text is too long to be held,
            which must be read before the next block is asked for.
        size: About how many bytes that is.
        file: The file; None if the documents are from none.
        reading: How it is read.
        rejections: What could not be read in what precedes it.
        position: How much of the file as it stands on disk has been read, in bytes; None if that
            is not known.
    """

    content: Content
    size: int
    file: SourceFile | None = None
    reading: Reading = field(default_factory=Reading)
    rejections: Rejections = field(default_factory=Rejections)
    position: int | None = None

    @property
    def lines(self) -> int:
        """How many lines of the file that is; 0 if it is in another format than one of lines."""
        if isinstance(self.content, Lines):
            return self.content.line_feeds
        return 1 if isinstance(self.content, Document) else 0

    def documents(self, reject: Reject) -> Iterator[Document]:
        """Yields the documents one by one, and hands over what cannot be read."""
        documents: Iterable[Document]
        if isinstance(self.content, Lines) and self.file is not None:
            documents = _PARSERS[self.file.format](self.content, self.reading, reject)
        elif isinstance(self.content, Rows):
            documents = parse_rows(self.content, self.reading, reject)
        elif isinstance(self.content, list):
            documents = self.content
        else:
            raise TypeError("a text that is too long to be held is counted piece by piece")
        for document in documents:
            name = self.file.name if self.file is not None else document.source
            # Only a sample set is not called by its path.
            yield document if document.source == name else replace(document, source=name)

    def columns(self) -> Columns | None:
        """Returns the documents in columns, or None if they must be looked at one by one."""
        columns = None
        if isinstance(self.content, Lines) and self.file is not None:
            columns = _COLUMNS[self.file.format](self.content, self.reading)
        elif isinstance(self.content, Rows):
            columns = row_columns(self.content, self.reading)
        return columns and replace(columns, source=self.file.name if self.file else "")


def blocks_of_file(
    file: SourceFile, reading: Reading, *, stops: bool, start: int = 0, stop: int | None = None
) -> Iterator[Block]:
    """Yields a file, or a part of it, in blocks.

    Args:
        file: The file.
        reading: How it is read.
        stops: Whether to end at the first record that cannot be read.
        start: Where the part begins: of Parquet the row group, of lines the byte. A line belongs
            to the part that it begins in.
        stop: Where the part ends; None for the end of the file.
    """
    if file.language is not None:
        reading = replace(reading, language=file.language)
    rejecting = RejectionLog(stop_on_error=stops)
    new_block = partial(Block, file=file, reading=reading)
    try:
        if file.format == "jsonl" or (file.format == "text" and reading.per_line):
            parts = _cut(file, reading, start, stop)
        elif file.format == "parquet":
            cut = cut_parquet(file.path, reading, start=start, stop=stop)
            parts = ((rows, rows.size, position) for rows, position in cut)
        else:
            parts = _gather(READERS[file.format](file.path, reading, rejecting))
        for content, size, position in parts:
            rejections = rejecting.take()
            yield new_block(content=content, size=size, position=position, rejections=rejections)
    except SourceError as error:
        if not (stops and rejecting.number):  # else it is the one that was noted
            rejecting.add(error)
    if rejecting.number:
        yield new_block(content=[], size=0, rejections=rejecting.take())


def blocks_of_documents(documents: Iterable[Document]) -> Iterator[Block]:
    """Yields documents that are from no file in blocks."""
    for content, size, _ in _gather(documents):
        yield Block(content=content, size=size)


def block_of_rows(table: pa.Table, reading: Reading) -> Block:
    """Returns the rows of an Arrow table, which is from no file, as a block.

    Raises:
        SourceError: It lacks a column, or the text or the language are no strings.
    """
    columns = check_schema(table.schema, "the table", reading)
    rows = Rows(name="the table", table=table.select(columns), number=1)
    return Block(content=rows, size=rows.size, reading=reading)


def _cut(
    file: SourceFile, reading: Reading, start: int, stop: int | None
) -> Iterator[tuple[Content, int, int | None]]:
    with open_lines(file.path, start, stop) if start else open_text(file.path) as stream:
        length = None if stop is None else max(0, stop - (stream.offset or 0))
        for content in _CUTTERS[file.format](stream, reading, length=length):
            size = content.size if isinstance(content, Lines) else 0
            yield content, size, stream.packed.tell()


def _gather(documents: Iterable[Document]) -> Iterator[tuple[Content, int, int | None]]:
    gathered: list[Document] = []
    size = 0
    failure: SourceError | None = None
    try:
        for document in documents:
            if isinstance(document.text, str):
                gathered.append(document)
                size += len(document.text)
            if size >= BLOCK or (gathered and not isinstance(document.text, str)):
                yield gathered, size, None
                gathered, size = [], 0
            if not isinstance(document.text, str):
                yield document, 0, None
    except SourceError as error:
        failure = error
    if gathered:
        yield gathered, size, None
    if failure is not None:
        raise failure
