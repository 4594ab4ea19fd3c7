"""Files opened as what all readers read: a stream of bytes, unpacked, in UTF-8.

UTF-16 and UTF-32 are known by their byte order marks. What is damaged or cut short is an error that
names file and byte; nothing ends early in silence. What the bytes mean is not decided here.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tokcompare.errors import RecordError, SourceError
from tokcompare.sources.compression import CHUNK, Guarded, unpack
from tokcompare.sources.storage import is_url, open_url

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STANDARD_INPUT = "-"
"""The name that standard input has on a command line."""

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS = [
    (codecs.BOM_UTF8, None),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStream:
    """An open file.

    Attributes:
        name: What error messages call it.
        stream: Its content: unpacked, in UTF-8, without a byte order mark.
        offset: Where in the unpacked file the content begins; None if it was in another encoding,
            so that positions in the content are not positions in the file.
        packed: The file as it stands on disk, to see how much of it has been read.
    """

    name: str
    stream: io.BufferedReader
    offset: int | None
    packed: io.BufferedIOBase


def display_name(path: str) -> str:
    """Returns what people call a file: its path, or the name of standard input."""
    if path == STANDARD_INPUT:
        return "(standard input)"
    try:
        content = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # no path, but somebody may ask for it
        content = path.encode("utf-8", "backslashreplace")
    return content.decode("utf-8", "backslashreplace")


@contextlib.contextmanager
def open_text(path: str) -> Iterator[TextStream]:
    """Opens a file, or standard input, to be read as text.

    Raises:
        SourceError: It cannot be opened, or it is no text.
        RecordError: While it is read: it is damaged, or ends too early.
    """
    name = display_name(path)
    with contextlib.ExitStack() as stack:
        raw = _open_bytes(path, name, stack)
        unpacked = unpack(raw, path, name)
        start = unpacked.peek(4)[:4]
        mark, encoding = next(
            ((mark, encoding) for mark, encoding in _MARKS if start.startswith(mark)), (b"", None)
        )
        unpacked.read(len(mark))
        if encoding:
            recoded = _Recoded(unpacked, encoding, len(mark), name)
            stream: io.BufferedReader = io.BufferedReader(recoded, CHUNK)
            yield TextStream(name=name, stream=stream, offset=None, packed=raw)
            return
        if b"\0" in unpacked.peek(CHUNK)[:8192]:
            way_out = "Text must be UTF-8, or UTF-16 with a byte order mark."
            if start == b"PAR1":
                way_out = "It may be Parquet: name that as its format."
            raise SourceError(
                f"{name!r} looks like a binary file: there is a NUL byte near its beginning. "
                f"{way_out}"
            )
        yield TextStream(name=name, stream=unpacked, offset=len(mark), packed=raw)


@contextlib.contextmanager
def open_lines(path: str, start: int, stop: int | None) -> Iterator[TextStream]:
    """Opens a file of UTF-8 lines, which is no archive, at the first line from a position on.

    Args:
        path: Its path.
        start: The position, in bytes; not 0, where `open_text` begins.
        stop: From where on no line is looked for: of a line of many parts, each would read all that
            is left. None for the end of the file.

    Raises:
        SourceError: It cannot be opened.
        RecordError: While it is read: it is damaged.
    """
    name = display_name(path)
    with contextlib.ExitStack() as stack:
        # The line that goes on at the position belongs to whoever reads what precedes it.
        raw = _open_bytes(path, name, stack, start=start - 1)
        skipped = 0
        while (stop is None or start - 1 + skipped < stop) and (line := raw.readline(CHUNK)):
            skipped += len(line)
            if line.endswith(b"\n"):
                break
        if not skipped:
            raise became_shorter(name, start - 1)
        yield TextStream(name=name, stream=raw, offset=start - 1 + skipped, packed=raw)


def _open_bytes(
    path: str, name: str, stack: contextlib.ExitStack, *, start: int = 0
) -> io.BufferedReader:
    if path == STANDARD_INPUT:
        raw: Any = getattr(sys.stdin, "buffer", None)
        if raw is None:
            raise SourceError("Standard input is closed; name a file.")
    else:
        raw = stack.enter_context(open_file(path, name))
        if start:
            raw.seek(start)
    # A failure of the disk while reading is an error of this file, like any other damage.
    return io.BufferedReader(Guarded(raw, name, position=start), CHUNK)


def can_be_parted(path: str) -> bool:
    """Returns whether a file of lines can be read from its middle on: it is UTF-8 and no archive.

    Raises:
        SourceError: It cannot be opened, or it is no text.
        RecordError: It is damaged.
    """
    with open_text(path) as file:
        return file.offset is not None and file.stream is file.packed


def open_file(path: str, name: str) -> IO[bytes]:
    """Opens a file, or what stands at a URL.

    Raises:
        SourceError: It cannot be opened.
    """
    if is_url(path):
        return open_url(path)
    try:
        return Path(path).open("rb")
    except (OSError, ValueError) as error:
        raise unreadable(name, error) from error


def became_shorter(name: str, offset: int | None) -> RecordError:
    """Returns the error for a file that ends before a part of it that was there."""
    return RecordError(name, "the file became shorter while it was read", offset=offset)


def unreadable(name: str, error: OSError | ValueError) -> SourceError:
    """Returns the error for a file that the operating system does not give."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return SourceError(f"{name!r} cannot be read: {reason}.")


class _Recoded(io.RawIOBase):
    """Text in another Unicode encoding as UTF-8."""

    def __init__(self, raw: io.BufferedReader, encoding: str, offset: int, name: str) -> None:
        self._raw, self._encoding, self._name = raw, encoding, name
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._position = offset
        self._left = b""
        self._failure: RecordError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not self._left:
            if self._failure is not None:
                raise self._failure
            packed = self._raw.read1(CHUNK)
            pending = len(self._decoder.getstate()[0])
            try:
                self._left = self._decoder.decode(packed, final=not packed).encode()
            except UnicodeDecodeError as error:
                self._left = error.object[: error.start].decode(self._encoding).encode()
                self._failure = RecordError(
                    self._name,
                    f"invalid {self._encoding[:6].upper()} ({error.reason})",
                    offset=self._position - pending + error.start,
                )
                self._failure.__cause__ = error
                continue
            self._position += len(packed)
            if not packed:
                break
        view = memoryview(buffer).cast("B")
        content, self._left = self._left[: len(view)], self._left[len(view) :]
        view[: len(content)] = content
        return len(content)
