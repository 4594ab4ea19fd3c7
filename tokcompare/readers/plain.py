"""Plain text: one document a file, or one a line.

A text too long for one chunk is not held in memory: it is read while its tokens are counted.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterator

from tokcompare.compression import CHUNK
from tokcompare.documents import Document
from tokcompare.errors import RecordError, SourceError
from tokcompare.readers.reading import Reading, Reject, add, invalid_utf8
from tokcompare.streams import TextStream, open_text


def read_text(path: str, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields the document that a file of plain text is, or with `per_line` one for each line.

    Lines end with a line feed, which does not belong to them, nor does a carriage return before
    it; every line is a document, an empty one too, so that lines of parallel files stay side by
    side.
    """
    with open_text(path) as file:
        if reading.fields:
            raise RecordError(file.name, f"plain text has no field {reading.fields[0]!r}")
        if reading.per_line:
            yield from _read_lines(file, reading, reject)
            return
        chunk = file.stream.read(CHUNK)
        if len(chunk) < CHUNK:
            yield _document(_decode(file, chunk, file.offset), file, reading)
            return
        text = _LongText(file, _chunks(file, chunk), file.offset)
        with contextlib.closing(text):
            yield _document(text, file, reading)


def _read_lines(file: TextStream, reading: Reading, reject: Reject) -> Iterator[Document]:
    offset, number = file.offset, 0
    while line := file.stream.readline(CHUNK):
        number += 1
        if line.endswith(b"\n") or len(line) < CHUNK:
            try:
                text = _decode(file, _without_end(line), offset, number)
            except RecordError as error:
                reject(error)
            else:
                yield _document(text, file, reading)
            offset = add(offset, len(line))
            continue
        rest = _Line(file, line)
        long_text = _LongText(file, rest, offset, number)
        with contextlib.closing(long_text):
            yield _document(long_text, file, reading)
        if rest.failed:  # its reader was told so
            return
        for _ in rest:  # what is left of the line if its reader gave up
            pass
        offset = add(offset, rest.size)


def _document(text: str | Iterator[str], file: TextStream, reading: Reading) -> Document:
    return Document(text=text, language=reading.language, source=file.name)


def _decode(file: TextStream, content: bytes, offset: int | None, line: int | None = None) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise invalid_utf8(file.name, error, line=line, offset=add(offset, error.start)) from error


class _LongText:
    """The pieces of a text, read as they are asked for: once, and before the next document."""

    def __init__(
        self,
        file: TextStream,
        chunks: Iterator[bytes],
        offset: int | None,
        line: int | None = None,
    ) -> None:
        self._name, self._line = file.name, line
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

    def _decode(self, chunks: Iterator[bytes], offset: int | None) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")()
        for chunk in _and_end(chunks):
            pending = len(decoder.getstate()[0])
            try:
                yield decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                place = add(offset, error.start - pending)
                raise invalid_utf8(self._name, error, line=self._line, offset=place) from error
            offset = add(offset, len(chunk))
        self._is_open = False


def _and_end(chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield from chunks
    yield b""


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
        self.failed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = self._next
        if not chunk:
            raise StopIteration
        if chunk.endswith(b"\n"):
            self._next = b""
            return _without_end(chunk)
        try:
            self._next = self._stream.readline(CHUNK)
        except RecordError:
            self._next, self.failed = b"", True
            raise
        self.size += len(self._next)
        if self._next == b"\n" and chunk.endswith(b"\r"):
            return chunk[:-1]
        return chunk


def _without_end(line: bytes) -> bytes:
    return line[: -2 if line.endswith(b"\r\n") else -1] if line.endswith(b"\n") else line
