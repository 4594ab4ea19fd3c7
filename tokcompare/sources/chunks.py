"""Chunks: a source is cut into parts that can be counted one by one, in any order, anywhere.

A `FileRange` is part of a file that is not read yet. A `Block` holds records that are cut out and
not parsed yet. A `TextPiece` is a piece of a text that is too long for memory. Cutting is cheap;
records are parsed where they are counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from tokcompare.errors import ChangedFileError, RecordError, SourceError
from tokcompare.languages import entry_of
from tokcompare.sources.document import (
    Document,
    DocumentBatch,
    SourceFile,
    begin_digest,
    extend_digest,
    pieces_of_document,
)
from tokcompare.sources.formats import FORMATS
from tokcompare.sources.formats.format import (
    Cut,
    DocumentList,
    ReadOptions,
    Records,
    Reject,
    gather,
)
from tokcompare.sources.rejections import RejectionLog, Rejections
from tokcompare.sources.storage import stored_file


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRange:
    """A file, or a part of it, that is not read yet.

    Attributes:
        file: The file.
        options: How it is read.
        start: Where the part begins: the byte of a file of lines, the row group of Parquet. A line
            belongs to the part that it begins in.
        stop: Where the part ends; None for the end of the file.
        size: About how many bytes it has.
        position: How many bytes of the file precede its end, about.
    """

    file: SourceFile
    options: ReadOptions = field(default_factory=ReadOptions)
    start: int = 0
    stop: int | None = None
    size: int = 0
    position: int | None = None

    def __str__(self) -> str:
        if not self.is_partial:
            return repr(self.file.name)
        unit = FORMATS[self.file.format].unit
        return f"{self.file.name!r}, {unit} {self.start} to {self.stop or 'the end'}"

    @property
    def is_partial(self) -> bool:
        """Whether it is a part of the file."""
        return self.start != 0 or self.stop is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Records of a file, or documents that are from no file.

    Attributes:
        records: The records.
        options: How they are read.
        rejections: The records before these that could not be read.
        position: How many bytes of the file, as it is on disk, have been read; None if not known.
    """

    records: Records
    options: ReadOptions = field(default_factory=ReadOptions)
    rejections: Rejections = field(default_factory=Rejections)
    position: int | None = None

    @property
    def size(self) -> int:
        """About how many bytes it has."""
        return self.records.size

    @property
    def lines(self) -> int:
        """How many lines of the file it has; 0 in a format whose records are not lines."""
        return self.records.lines

    def read(self, log: RejectionLog) -> DocumentBatch:
        """Parses the records; those that cannot be read are noted in the log."""
        batch = self.records.batch(self.options)
        if batch is not None:
            return batch
        documents = []
        try:
            for document in self.records.documents(self.options, log):
                documents.append(document)
        except SourceError:
            if not log.number:  # else it is the one that was noted
                raise
        return DocumentBatch.of(documents)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPiece:
    """A piece of a text that is too long for memory.

    Attributes:
        document: The document, without its text.
        text: The piece, well-formed Unicode; None behind the last piece.
        digest: Behind the last piece, the SHA-256 of the document; else None.
        has_failed: Whether the text turned out to be unreadable, so that none of it counts.
        rejections: The records before this that could not be read.
        position: As in `Block`.
        lines: 1 behind the last piece, which ends a line.
    """

    document: Document
    text: str | None = None
    digest: int | None = None
    has_failed: bool = False
    rejections: Rejections = field(default_factory=Rejections)
    position: int | None = None
    lines: int = 0

    @property
    def size(self) -> int:
        """About how many bytes it has."""
        return len(self.text or "")


Chunk = FileRange | Block | TextPiece


def planned(file: SourceFile) -> SourceFile:
    """Returns a file with its state, so that it is an error if it changes before it is read.

    A remote file is returned as it is: it would cost a request, and is read as a whole.
    """
    stored = stored_file(file.path)
    return replace(file, state=stored.state()) if stored.is_local else file


def read_file(file: SourceFile, options: ReadOptions, reject: Reject) -> Iterator[Document]:
    """Yields the documents of a file one by one, and rejects records that cannot be read."""
    options = _options_of(file, options)
    for records, _ in FORMATS[file.format].cut(file, options, reject, 0, None):
        if isinstance(records, Document):
            yield records
        else:
            yield from records.documents(options, reject)


def chunks_of_range(
    part: FileRange, *, stop_on_error: bool, may_cut: bool
) -> Iterator[Block | TextPiece]:
    """Reads a file, or a part of it, and yields it in chunks.

    Args:
        part: The file or part.
        stop_on_error: Whether to end at the first record that cannot be read.
        may_cut: Whether a long text may be cut where it has white space.

    Raises:
        ChangedFileError: The file changes. All other errors are noted as rejections.
    """
    options = replace(_options_of(part.file, part.options), measures_rest=not stop_on_error)
    log = RejectionLog(stop_on_error=stop_on_error)
    try:
        cut = FORMATS[part.file.format].cut(part.file, options, log, part.start, part.stop)
        yield from _chunks(cut, options, log, may_cut=may_cut)
    except ChangedFileError:
        raise  # it is no record that can be skipped
    except SourceError as error:
        if not (stop_on_error and log.number):  # else it is the one that was noted
            log.add(error)
    if not log.is_empty:
        yield Block(records=DocumentList(parsed=[]), options=options, rejections=log.take())


def chunks_of_documents(
    documents: Iterable[Document], *, may_cut: bool
) -> Iterator[Block | TextPiece]:
    """Yields documents that are from no file in chunks."""
    return _chunks(gather(documents), ReadOptions(), RejectionLog(), may_cut=may_cut)


def _options_of(file: SourceFile, options: ReadOptions) -> ReadOptions:
    language = file.spelling or file.language
    return options if language is None else replace(options, language=language)


def _chunks(
    cut: Cut, options: ReadOptions, log: RejectionLog, *, may_cut: bool
) -> Iterator[Block | TextPiece]:
    for records, position in cut:
        rejections = log.take()
        if isinstance(records, Document):
            yield from _pieces(records, rejections, position, may_cut=may_cut)
        else:
            yield Block(records=records, options=options, rejections=rejections, position=position)


def _pieces(
    document: Document, rejections: Rejections, position: int | None, *, may_cut: bool
) -> Iterator[TextPiece]:
    """Yields a document piece by piece while its text is read."""
    header = TextPiece(document=replace(document, text=""), position=position)
    yield replace(header, rejections=rejections)
    digest = begin_digest(entry_of(document.language))
    try:
        for piece in pieces_of_document(document, may_cut=may_cut):
            extend_digest(digest, piece)
            yield replace(header, text=piece)
    except RecordError as error:
        failure = Rejections.of(error)
        yield replace(header, has_failed=True, rejections=failure, lines=1)
    else:
        yield replace(header, digest=int.from_bytes(digest.digest()), lines=1)


def split_file(file: SourceFile, options: ReadOptions, size: int, length: int) -> list[FileRange]:
    """Splits a file into ranges: one if it is small, or must be read from its beginning.

    An error about the whole file is left to the caller that reads it, which reports it once.

    Args:
        file: The file.
        options: How it is read.
        size: How many bytes it has.
        length: About how many bytes a range is to have.
    """
    number = -(-size // length)
    whole = [FileRange(file=file, options=options, size=size)]
    if number <= 1:
        return whole
    try:
        extent = FORMATS[file.format].extent(file, options, size)
    except SourceError:
        return whole
    number = min(number, extent)
    if number <= 1:
        return whole
    bounds = [extent * place // number for place in range(number + 1)]
    marks = [size * place // number for place in range(number + 1)]
    return [
        FileRange(
            file=file,
            options=options,
            start=bounds[place],
            stop=bounds[place + 1] if place + 1 < number else None,
            size=marks[place + 1] - marks[place],
            position=marks[place + 1],
        )
        for place in range(number)
    ]
