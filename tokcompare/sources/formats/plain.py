"""Plain text: one document a file, or one a line.

A text too long for one chunk is not held in memory: it is read while its tokens are counted.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterator
from functools import partial
from itertools import chain

from tokcompare.errors import RecordError, SourceError
from tokcompare.sources.compression import READ_SIZE
from tokcompare.sources.document import Document, DocumentBatch, LongText, SourceFile
from tokcompare.sources.formats.format import (
    Cut,
    DocumentList,
    ReadOptions,
    Reject,
    measuring_rest,
)
from tokcompare.sources.formats.lines import LineCutter, Lines, extent_of_lines, open_part
from tokcompare.sources.formats.records import add, invalid_utf8, too_large
from tokcompare.sources.rejections import Extent, skipping
from tokcompare.sources.streams import open_text


class TextLines(Lines):
    """Lines of plain text, each a document.

    Lines end with a line feed, which does not belong to them, nor does a carriage return before
    it. An empty line is a document too, so that lines of parallel files stay side by side.
    """

    def documents(self, options: ReadOptions, reject: Reject) -> Iterator[Document]:
        """Yields a document for each line."""
        offset = self.offset
        for number, line in enumerate(self.split(keep_ends=True), start=self.number):
            try:
                if len(line.removesuffix(b"\n")) > options.max_record:
                    reason = too_large(options.max_record)
                    raise RecordError(self.name, reason, line=number, offset=offset)
                text = _decode(self.name, _without_end(line), offset, number)
            except RecordError as error:
                reject(error.skipping(1, len(line)))
            else:
                yield _document(text, self.name, options, number)
            offset = add(offset, len(line))

    def batch(self, options: ReadOptions) -> DocumentBatch | None:
        """Returns the documents at once, or None if one is not UTF-8, or too large."""
        if self.has_longer(options.max_record):
            return None
        try:
            texts = self.content.replace(b"\r\n", b"\n").decode("utf-8").split("\n")
        except UnicodeDecodeError:
            return None
        if not texts[-1]:
            texts.pop()
        return DocumentBatch(
            texts=texts, languages=[options.language] * len(texts), sources=[self.name] * len(texts)
        )


def cut_text(
    file: SourceFile, options: ReadOptions, reject: Reject, start: int, stop: int | None
) -> Cut:
    """Cuts plain text: a file is a document, or with `per_line` each line is one."""
    if options.per_line:
        with open_part(file, options, start, stop) as (stream, length):
            cutter = LineCutter(TextLines, stream, length=length)
            with measuring_rest(options, cutter.measure_rest):
                _check_fields(file.name, options)
                for lines in _cut_lines(stream.name, cutter, options):
                    yield lines, stream.packed.tell()
        return
    with open_text(
        file.path, name=file.name, state=file.state, measures_rest=options.measures_rest
    ) as stream:
        # Not by `read`, which loses what is before the place that cannot be read.
        chunks = _Measured(iter(partial(stream.stream.read1, READ_SIZE), b""))
        with measuring_rest(options, chunks.measure_rest):
            _check_fields(file.name, options)
            first = b""
            for chunk in chunks:
                first += chunk
                if len(first) >= READ_SIZE or len(first) > options.max_record:
                    break
            else:
                text = _decode(file.name, first, stream.offset)
                document = _document(text, file.name, options)
                extent = Extent.of(first)
                yield DocumentList(parsed=[document], size=len(text), extent=extent), None
                return
        long_text = _FileText(file.name, chain([first], chunks), stream.offset, options, chunks)
        with contextlib.closing(long_text):
            yield _document(long_text, file.name, options), None
        if not long_text.has_failed:
            yield DocumentList(parsed=[], extent=chunks.measure_rest()), None


def extent_of_text(file: SourceFile, options: ReadOptions, size: int) -> int:
    """Returns the number of bytes at which a file can be split: only between documents."""
    # That a field is missing is an error of the whole file.
    is_split = options.per_line and not options.kept
    return extent_of_lines(file, options, size) if is_split else 0


def _check_fields(name: str, options: ReadOptions) -> None:
    if options.kept:
        raise RecordError(name, f"plain text has no field {options.kept[0]!r}")


def _cut_lines(
    name: str, cutter: LineCutter[TextLines], options: ReadOptions
) -> Iterator[TextLines | DocumentList | Document]:
    """Yields lines a block at a time, and a line too long for memory as a document of its own."""
    while lines := cutter.read(longest=READ_SIZE):
        if lines.content:
            yield lines
            continue
        chunks = _Measured(cutter.rest_of_line())
        rest = _Line(chunks)
        long_text = _FileText(name, rest, lines.offset, options, chunks, lines.number)
        with contextlib.closing(long_text):
            yield _document(long_text, name, options, lines.number)
        if rest.failed:  # its reader was told so
            return
        for _ in rest:  # the rest of the line, if its reader gave up
            pass
        if not long_text.has_failed:
            yield DocumentList(parsed=[], extent=chunks.extent)


def _document(
    text: str | Iterator[str], name: str, options: ReadOptions, line: int | None = None
) -> Document:
    return Document(text=text, language=options.language, source=name, line=line)


def _decode(name: str, content: bytes, offset: int | None, line: int | None = None) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise invalid_utf8(name, error, line=line, offset=add(offset, error.start)) from error


class _FileText(LongText):
    """The parts of a text, read as they are asked for: once, and before the next document.

    Attributes:
        longest: How many bytes a piece of it may have.
        has_failed: Whether it turned out to be unreadable.
    """

    def __init__(
        self,
        name: str,
        chunks: Iterator[bytes],
        offset: int | None,
        options: ReadOptions,
        measured: _Measured,
        line: int | None = None,
    ) -> None:
        """Makes the text of chunks.

        Args:
            name: The name of the file.
            chunks: The chunks, without the end of the line.
            offset: Where they begin.
            options: How the file is read.
            measured: The chunks as they stand in the file.
            line: The number of the line, if the text is one.
        """
        self._name, self._line, self._offset = name, line, offset
        self._options, self._measured = options, measured
        self.longest = options.max_record
        self.has_failed = False
        self._pieces = self._decode(chunks, offset)
        self._is_open = True

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not self._is_open:
            raise SourceError(
                f"A text in {self._name!r} is too long to be kept: it can be read once, and "
                "before the next document is asked for."
            )
        return next(self._pieces)

    def close(self) -> None:
        """Refuses to be read from now on."""
        self._is_open = False

    def refuse(self) -> RecordError:
        """See `LongText`."""
        self.has_failed = True
        self.close()
        reason = too_large(self.longest)
        error = RecordError(self._name, reason, line=self._line, offset=self._offset)
        if self._options.measures_rest:
            skipping(error, self._measured.measure_rest())
        return error

    def _decode(self, chunks: Iterator[bytes], offset: int | None) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            for chunk in _and_end(chunks):
                if self._line is not None and self._measured.size > self.longest:
                    raise self.refuse()
                pending = len(decoder.getstate()[0])
                try:
                    yield decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as error:
                    place = add(offset, error.start - pending)
                    raise invalid_utf8(self._name, error, line=self._line, offset=place) from error
                offset = add(offset, len(chunk))
        except SourceError as error:
            self.has_failed = True
            if self._options.measures_rest:
                skipping(error, self._measured.measure_rest())
            raise
        self._is_open = False


def _and_end(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks
    yield b""


class _Measured:
    """Chunks of a file, which are measured when they are read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._ends = self._size = 0
        self._last = b""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = next(self._chunks)
        self._ends += chunk.count(b"\n")
        self._size += len(chunk)
        self._last = chunk[-1:]
        return chunk

    @property
    def size(self) -> int:
        """How many bytes have been read, without the last line feed."""
        return self._size - (self._last == b"\n")

    @property
    def extent(self) -> Extent:
        """The extent of the chunks that have been read."""
        return Extent(self._ends + (self._last not in (b"", b"\n")), self._size)

    def measure_rest(self) -> Extent:
        """Reads the rest, as far as it can be read, and returns the extent of all chunks."""
        with contextlib.suppress(SourceError):
            for _ in self:
                pass
        return self.extent


class _Line:
    """The chunks of a line that is too long for one, without its end."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._next = next(chunks)
        self.failed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = self._next
        if not chunk:
            raise StopIteration
        try:
            self._next = next(self._chunks, b"")
        except RecordError:
            self._next, self.failed = b"", True
            raise
        if chunk.endswith(b"\n"):
            return _without_end(chunk)
        if self._next == b"\n" and chunk.endswith(b"\r"):
            return chunk[:-1]
        return chunk


def _without_end(line: bytes) -> bytes:
    return line[: -2 if line.endswith(b"\r\n") else -1] if line.endswith(b"\n") else line
