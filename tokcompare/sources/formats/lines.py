"""Whole lines, cut from a stream a block at a time: what formats of one record a line begin with.

Cutting looks for line ends only, so that it costs next to nothing; what a line holds is not looked
at here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from tokcompare.sources.streams import TextStream, became_shorter

BLOCK = 1 << 19
"""About how many bytes of lines are handed on at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Whole lines of a file.

    Attributes:
        name: What people call the file.
        content: The lines, each but perhaps the last of the file with its line feed.
        number: The number of the first line, from 1.
        offset: Where it begins in the unpacked file, in bytes; None if that is not known.
        line_feeds: How many of them end with a line feed.
    """

    name: str
    content: bytes
    number: int
    offset: int | None
    line_feeds: int

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return len(self.content)

    def split(self, *, keep_ends: bool = False) -> list[bytes]:
        """Returns the lines, with their line feeds or without."""
        lines = self.content.split(b"\n")
        last = lines.pop()
        if keep_ends:
            lines = [line + b"\n" for line in lines]
        return [*lines, last] if last else lines


class LineCutter:
    """Cuts a stream between lines.

    Attributes:
        number: The number of the next line.
        offset: Where it begins; None if offsets are not known.
    """

    def __init__(self, file: TextStream, *, length: int | None = None) -> None:
        self._file = file
        self._left = length
        self._is_inside_line = False
        self._held: list[bytes] = []
        self._read_ahead = b""
        self.number = 1
        self.offset = file.offset

    def read(self, longest: int | None = None) -> Lines | None:
        """Returns the next lines, or None at the end.

        Args:
            longest: If the next line has more bytes than that and is longer than a block, lines of
                no content are returned; `rest_of_line` reads it. None for as long as they come.

        Raises:
            RecordError: The file is damaged, or ends too early; what precedes was returned before.
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

    def _read_chunk(self) -> bytes:
        """Reads what there is room for in a block; of a part of a file, up to its end."""
        if self._read_ahead:
            chunk, self._read_ahead = self._read_ahead, b""
            return chunk
        if self._left is None:
            return self._file.stream.read1(BLOCK)
        if self._left > 0:
            chunk = self._file.stream.read1(min(BLOCK, self._left))
            if not chunk:
                raise became_shorter(self._file.name, self.offset)
            self._left -= len(chunk)
            self._is_inside_line = not chunk.endswith(b"\n")
            return chunk
        if not self._is_inside_line:
            return b""
        # The line that the part ends in belongs to it.
        chunk = self._file.stream.readline(BLOCK)
        self._is_inside_line = not chunk.endswith(b"\n")
        return chunk

    def _take(self, content: bytes) -> Lines:
        lines = Lines(
            name=self._file.name,
            content=content,
            number=self.number,
            offset=self.offset,
            line_feeds=content.count(b"\n"),
        )
        self._move(content, lines.line_feeds)
        return lines

    def _move(self, content: bytes, lines: int) -> None:
        self.number += lines
        if self.offset is not None:
            self.offset += len(content)
