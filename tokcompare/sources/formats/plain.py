"""Plain text: one document a file, or one a line.

A text too long for one chunk is not held in memory: it is read while its tokens are counted.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterator

from tokcompare.errors import RecordError, SourceError
from tokcompare.sources.compression import READ_SIZE
from tokcompare.sources.document import Columns, Document
from tokcompare.sources.formats.lines import LineCutter, Lines
from tokcompare.sources.formats.records import Reading, Reject, add, invalid_utf8
from tokcompare.sources.streams import TextStream, open_text


def read_text(path: str, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields the document that a file of plain text is, or with `per_line` one for each line.

    Lines end with a line feed, which does not belong to them, nor does a carriage return before
    it; every line is a document, an empty one too, so that lines of parallel files stay side by
    side.
    """
    with open_text(path) as file:
        if reading.per_line:
            for part in cut_text_lines(file, reading):
                if isinstance(part, Lines):
                    yield from parse_text_lines(part, reading, reject)
                else:
                    yield part
            return
        check_fields(file, reading)
        chunk = file.stream.read(READ_SIZE)
        if len(chunk) < READ_SIZE:
            yield _document(_decode(file.name, chunk, file.offset), file.name, reading)
            return
        text = _LongText(file.name, _chunks(file, chunk), file.offset)
        with contextlib.closing(text):
            yield _document(text, file.name, reading)


def check_fields(file: TextStream, reading: Reading) -> None:
    """Raises a RecordError if documents are to keep a field: plain text has none."""
    if reading.fields:
        raise RecordError(file.name, f"plain text has no field {reading.fields[0]!r}")


def cut_text_lines(
    file: TextStream, reading: Reading, *, length: int | None = None
) -> Iterator[Lines | Document]:
    """Yields the lines of a file, or of a part of it of that length, a block at a time.

    A line that is too long to be held is a document of its own, whose text must be read before the
    next is asked for.
    """
    check_fields(file, reading)
    cutter = LineCutter(file, length=length)
    while lines := cutter.read(longest=READ_SIZE):
        if lines.content:
            yield lines
            continue
        rest = _Line(cutter.rest_of_line())
        long_text = _LongText(file.name, rest, lines.offset, lines.number)
        with contextlib.closing(long_text):
            yield _document(long_text, file.name, reading)
        if rest.failed:  # its reader was told so
            return
        for _ in rest:  # what is left of the line if its reader gave up
            pass


def parse_text_lines(lines: Lines, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields a document for each of some lines of plain text."""
    offset = lines.offset
    for number, line in enumerate(lines.split(keep_ends=True), start=lines.number):
        try:
            text = _decode(lines.name, _without_end(line), offset, number)
        except RecordError as error:
            reject(error)
        else:
            yield _document(text, lines.name, reading)
        offset = add(offset, len(line))


def text_columns(lines: Lines, reading: Reading) -> Columns | None:
    """Returns what `parse_text_lines` yields, at once; None if not all of it is UTF-8."""
    try:
        texts = lines.content.replace(b"\r\n", b"\n").decode("utf-8").split("\n")
    except UnicodeDecodeError:
        return None
    if not texts[-1]:
        texts.pop()
    languages = [reading.language] * len(texts)
    return Columns(texts=texts, languages=languages, fields={}, source=lines.name)


def _document(text: str | Iterator[str], name: str, reading: Reading) -> Document:
    return Document(text=text, language=reading.language, source=name)


def _decode(name: str, content: bytes, offset: int | None, line: int | None = None) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise invalid_utf8(name, error, line=line, offset=add(offset, error.start)) from error


class _LongText:
    """The pieces of a text, read as they are asked for: once, and before the next document."""

    def __init__(
        self,
        name: str,
        chunks: Iterator[bytes],
        offset: int | None,
        line: int | None = None,
    ) -> None:
        self._name, self._line = name, line
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
        chunk = file.stream.read(READ_SIZE)


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
