"""Windows: the beginning or the end of a text, as long as it is needed, of a string or a file."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from tokcompare.sources.compression import READ_SIZE
from tokcompare.sources.formats.records import add, invalid_utf8
from tokcompare.sources.storage import display_name, stored_file
from tokcompare.sources.streams import TextStream, can_split, open_text, read_end


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The beginning or the end of a text.

    Attributes:
        text: The part.
        at_start: Whether it is the beginning, not the end.
        is_whole: Whether it is all of the text.
    """

    text: str
    at_start: bool
    is_whole: bool

    @property
    def near(self) -> int:
        """The place of the end that is kept: the beginning of the text, or its end."""
        return 0 if self.at_start else len(self.text)

    @property
    def far(self) -> int:
        """The place of the other end of the part."""
        return len(self.text) if self.at_start else 0

    def between(self, near: int, far: int) -> str:
        """Returns the text between two places, of which one is nearer to the end that is kept."""
        return self.text[near:far] if self.at_start else self.text[far:near]


class Windows(Protocol):
    """A text of which one end can be looked at."""

    def read(self, length: int) -> Window:
        """Returns a part of at least some characters, or all of the text.

        A part is at least as long as those before it.
        """


@dataclass(frozen=True, slots=True)
class StringWindows:
    """The windows of a string."""

    text: str
    at_start: bool

    def read(self, length: int) -> Window:
        """See `Windows`."""
        is_whole = length >= len(self.text)
        part = self.text[:length] if self.at_start else self.text[len(self.text) - length :]
        return Window(
            text=self.text if is_whole else part, at_start=self.at_start, is_whole=is_whole
        )


class _FileStart:
    """The beginning of a file, of which no more is read than is asked for."""

    def __init__(self, file: TextStream) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text = ""
        self._offset = file.offset
        self._is_whole = False

    def read(self, length: int) -> Window:
        """See `Windows`.

        Raises:
            RecordError: The file is damaged, or is not UTF-8 up to there.
        """
        parts = [self._text]
        size = len(self._text)
        while size < length and not self._is_whole:
            content = self._file.stream.read1(min(READ_SIZE, max(4096, length - size)))
            pending = len(self._decoder.getstate()[0])
            try:
                parts.append(self._decoder.decode(content, final=not content))
            except UnicodeDecodeError as error:
                place = add(self._offset, error.start - pending)
                raise invalid_utf8(self._file.name, error, offset=place) from error
            self._offset = add(self._offset, len(content))
            size += len(parts[-1])
            self._is_whole = not content
        self._text = "".join(parts)
        return Window(text=self._text, at_start=True, is_whole=self._is_whole)


class _FileEnd:
    """The end of a file that can be read from its middle."""

    def __init__(self, path: str) -> None:
        self._path = path

    def read(self, length: int) -> Window:
        """See `Windows`.

        Raises:
            SourceError: The file cannot be opened, or changes.
            RecordError: It is damaged, or is not UTF-8 from there on.
        """
        content, start = read_end(self._path, 4 * length)
        is_whole = start <= len(codecs.BOM_UTF8)
        if not is_whole:
            # A character may begin before the part: its further bytes are 0b10xxxxxx.
            cut = next((n for n, byte in enumerate(content[:4]) if byte & 0xC0 != 0x80), 0)
            content, start = content[cut:], start + cut
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            name = display_name(self._path)
            raise invalid_utf8(name, error, offset=start + error.start) from error
        return Window(text=text, at_start=False, is_whole=is_whole)


@contextmanager
def open_windows(path: str, *, at_start: bool) -> Iterator[Windows]:
    """Opens a text file, or standard input, to look at one end of it.

    The end of a file in UTF-8 that is not compressed is read from there. Other files, and standard
    input, are read as a whole for their end.

    Raises:
        SourceError: It cannot be opened, or is not text.
        RecordError: It is damaged, or is not UTF-8.
    """
    if at_start:
        with open_text(path) as file:
            yield _FileStart(file)
    elif stored_file(path).size() is not None and can_split(path):
        yield _FileEnd(path)
    else:
        with open_text(path) as file:
            start = _FileStart(file)
            length = READ_SIZE
            while not (window := start.read(length)).is_whole:
                length *= 2
        yield StringWindows(window.text, at_start=False)
