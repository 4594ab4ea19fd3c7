"""Lines: a stream is cut into blocks of whole lines, for formats of one record a line.

Cutting looks for line ends only, so it costs next to nothing. Lines are not parsed here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar

from tokcompare.errors import RecordError
from tokcompare.sources.document import SourceFile
from tokcompare.sources.formats.format import CHUNK_SIZE, ReadOptions
from tokcompare.sources.rejections import Extent, measure
from tokcompare.sources.streams import (
    TextStream,
    became_shorter,
    can_split,
    open_lines,
    open_text,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Whole lines of a file.

    Attributes:
        name: The name of the file.
        content: The lines, each with its line feed, except perhaps the last line of the file.
        number: The number of the first line, from 1.
        offset: Where it begins in the unpacked file, in bytes; None if not known.
        lines: How many of them end with a line feed.
    """

    name: str
    content: bytes
    number: int
    offset: int | None
    lines: int

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.content)

    @property
    def extent(self) -> Extent:
        """How many lines and bytes there are."""
        has_open_line = not self.content.endswith(b"\n") and self.content != b""
        return Extent(self.lines + has_open_line, len(self.content))

    def has_longer(self, longest: int) -> bool:
        """Returns whether one of the lines has more bytes than that, without its line feed."""
        if len(self.content) <= longest:
            return False
        return any(len(line) > longest for line in self.split())

    def split(self, *, keep_ends: bool = False) -> list[bytes]:
        """Returns the lines, with their line feeds or without."""
        lines = self.content.split(b"\n")
        last = lines.pop()
        if keep_ends:
            lines = [line + b"\n" for line in lines]
        return [*lines, last] if last else lines


LinesT = TypeVar("LinesT", bound=Lines)


class LineCutter(Generic[LinesT]):
    """Cuts a stream between lines.

    Attributes:
        number: The number of the next line.
        offset: Where it begins; None if offsets are not known.
    """

    def __init__(self, kind: type[LinesT], file: TextStream, *, length: int | None = None) -> None:
        self._kind = kind
        self._file = file
        self._left = length
        self._is_inside_line = False
        self._held: list[bytes] = []
        self._read_ahead = b""
        self.number = 1
        self.offset = file.offset

    def read(self, longest: int | None = None) -> LinesT | None:
        """Returns the next lines, or None at the end.

        Args:
            longest: If the next line has more bytes and is longer than a block, lines without
                content are returned, and `rest_of_line` reads the line. None for no limit.

        Raises:
            RecordError: The file is damaged, or ends too early. The lines before were returned.
        """
        size = sum(map(len, self._held))
        while True:
            if longest is not None and size > longest:
                return self._take(b"")
            chunk = self._read_chunk()
            end = chunk.rfind(b"\n") + 1
            if not chunk:
                content = b"".join(self._held)
                self._held = []
                return self._take(content) if content else None
            if end:
                content = b"".join([*self._held, chunk[:end]])
                self._held = [chunk[end:]] if end < len(chunk) else []
                return self._take(content)
            self._held.append(chunk)
            size += len(chunk)

    def rest_of_line(self) -> Iterator[bytes]:
        """Yields the line that is too long to be held, with its line feed, chunk by chunk."""
        held, self._held = self._held, []
        for chunk in chain(held, iter(self._read_chunk, b"")):
            end = chunk.find(b"\n") + 1
            if end:
                self._read_ahead = chunk[end:]
                self._move(chunk[:end], 1)
                yield chunk[:end]
                return
            self._move(chunk, 0)
            yield chunk

    def measure_rest(self) -> Extent:
        """Reads what was not returned, as far as it can be read, and returns its extent."""
        held, self._held = self._held, []
        return measure(chain(held, iter(self._read_chunk, b"")))

    def _read_chunk(self) -> bytes:
        """Reads as much as a block holds, up to the end of the part of the file."""
        if self._read_ahead:
            chunk, self._read_ahead = self._read_ahead, b""
            return chunk
        if self._left is None:
            return self._file.stream.read1(CHUNK_SIZE)
        if self._left > 0:
            chunk = self._file.stream.read1(min(CHUNK_SIZE, self._left))
            if not chunk:
                raise became_shorter(self._file.name, self.offset)
            self._left -= len(chunk)
            self._is_inside_line = not chunk.endswith(b"\n")
            return chunk
        if not self._is_inside_line:
            return b""
        # The line that the part ends in belongs to it.
        chunk = self._file.stream.readline(CHUNK_SIZE)
        self._is_inside_line = not chunk.endswith(b"\n")
        return chunk

    def _take(self, content: bytes) -> LinesT:
        lines = self._kind(
            name=self._file.name,
            content=content,
            number=self.number,
            offset=self.offset,
            lines=content.count(b"\n"),
        )
        self._move(content, lines.lines)
        return lines

    def _move(self, content: bytes, lines: int) -> None:
        self.number += lines
        if self.offset is not None:
            self.offset += len(content)


class LineReader:
    """Reads a stream line by line. Lines can be looked at, and put back.

    Attributes:
        name: The name of the file.
        number: The number of the next line, from 1.
        offset: Where it begins; None if offsets are not known.
    """

    def __init__(self, stream: TextStream, *, longest: int) -> None:
        """Makes a reader.

        Args:
            stream: The file.
            longest: How many bytes of a line are held at once. A longer line is read in parts.
        """
        self.name = stream.name
        self._stream = stream.stream
        self._longest = longest
        self._ahead: deque[bytes] = deque()
        self._partial: list[bytes] = []
        self._size = 0  # of the parts that are held of the next line
        self._is_inside_line = False
        self.number, self.offset = 1, stream.offset

    def read(self) -> bytes:
        """Returns the next line, or a part of it if it is too long; b"" at the end."""
        while not self._ahead:
            if not self._read_chunk():
                return b""
        line = self._ahead.popleft()
        self._move([line], 1)
        return line

    def ahead(self) -> list[bytes]:
        """Returns the next lines, as far as they are in memory."""
        return list(self._ahead)

    def skip(self, number: int) -> None:
        """Goes on behind some of the lines that are in memory."""
        self._move([self._ahead.popleft() for _ in range(number)], 1)

    def put_back(self, lines: Sequence[bytes]) -> None:
        """Puts back the last lines that were read."""
        self._ahead.extendleft(reversed(lines))
        self._move(lines, -1)

    def sample(self, size: int) -> tuple[list[bytes], bool]:
        """Returns the next lines, up to a number of bytes, and whether the file ends there."""
        while sum(map(len, self._ahead)) < size:
            try:
                if not self._read_chunk():
                    return list(self._ahead), True
            except RecordError:  # it is raised again when the line is read
                break
        return list(self._ahead), False

    def measure_rest(self) -> Extent:
        """Reads what was not returned, as far as it can be read, and returns its extent."""
        held = [*self._ahead, *self._partial]
        self._ahead.clear()
        self._partial.clear()
        return measure(chain(held, iter(self._read1, b"")))

    def _read1(self) -> bytes:
        return self._stream.read1(CHUNK_SIZE)

    def _read_chunk(self) -> bool:
        """Reads a chunk and splits it into lines; returns whether there was anything left."""
        # Not by `readline`, which loses the beginning of a line if the rest cannot be read.
        chunk = self._read1()
        *ends, rest = chunk.split(b"\n")
        if ends:
            first = b"".join([*self._partial, ends[0], b"\n"])
            self._ahead += [first, *(line + b"\n" for line in ends[1:])]
            self._partial.clear()
            self._size, self._is_inside_line = 0, False
        if rest:
            self._partial.append(rest)
            self._size += len(rest)
        is_too_long = self._is_inside_line or self._size > self._longest
        if self._partial and (is_too_long or not chunk):
            self._ahead.append(b"".join(self._partial))
            self._partial.clear()
            self._size, self._is_inside_line = 0, True
            return True
        return chunk != b""

    def _move(self, lines: Sequence[bytes], step: int) -> None:
        self.number += step * sum(line.count(b"\n") for line in lines)
        self.offset = None if self.offset is None else self.offset + step * sum(map(len, lines))


@contextmanager
def open_part(
    file: SourceFile, options: ReadOptions, start: int, stop: int | None
) -> Iterator[tuple[TextStream, int | None]]:
    """Opens a part of a file of lines, and says how many bytes of it begin lines of the part.

    Args:
        file: The file.
        options: How it is read.
        start: Where the part begins, in bytes; 0 for the beginning.
        stop: Where it ends; None for the end of the file. A line belongs to the part that it
            begins in.
    """
    opened = (
        open_lines(file.path, start, stop, name=file.name, state=file.state)
        if start
        else open_text(
            file.path, name=file.name, state=file.state, measures_rest=options.measures_rest
        )
    )
    with opened as stream:
        yield stream, None if stop is None else max(0, stop - (stream.offset or 0))


def extent_of_lines(file: SourceFile, options: ReadOptions, size: int) -> int:
    """Returns the number of bytes at which a file of lines can be split; 0 for an archive."""
    return size if can_split(file.path) else 0
