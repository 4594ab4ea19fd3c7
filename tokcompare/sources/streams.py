"""Opens text files: as a stream of decompressed UTF-8 bytes, whatever the stored encoding is.

UTF-16 and UTF-32 are detected by their byte order marks. A damaged or truncated file is an error
with the file's name and the byte position; it never ends early without one. Records are not parsed
here.
"""

from __future__ import annotations

import codecs
import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO, TYPE_CHECKING

from tokcompare.errors import GIT_LFS_MARK, RecordError, SourceError, explain_lfs_pointer
from tokcompare.files import FileState
from tokcompare.sources.compression import READ_SIZE, CheckedStream, decompressed
from tokcompare.sources.rejections import Extent, measure, skipping
from tokcompare.sources.storage import StoredFile, open_unchanged, stored_file

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_BYTE_ORDER_MARKS = [
    (codecs.BOM_UTF8, None),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]

_ARCHIVES = {
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
}
_FORMATS = {b"PAR1": "Parquet", b"ARROW1": "Arrow", b"FEA1": "Arrow", b"\xff\xff\xff\xff": "Arrow"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextStream:
    """An open file.

    Attributes:
        name: The name of the file in messages.
        stream: The content: decompressed UTF-8 without a byte order mark.
        offset: Where the content begins in the decompressed file, in bytes; None if the file has
            another encoding, so that positions in the content are not positions in the file.
        packed: The file as it is stored; its position tells how much of the file has been read.
    """

    name: str
    stream: io.BufferedReader
    offset: int | None
    packed: io.BufferedReader


@contextlib.contextmanager
def open_text(
    path: str,
    *,
    name: str | None = None,
    state: FileState | None = None,
    measures_rest: bool = False,
) -> Iterator[TextStream]:
    """Opens a file, or standard input, to read it as text.

    Args:
        path: Its path.
        name: Its name in messages; None for that of the path.
        state: Its state when it was planned to be read; None if it was not.
        measures_rest: Whether the error for a file that is not text says how much is left out.

    Raises:
        SourceError: It cannot be opened, it is not text, or it changes.
        RecordError: While it is read: it is damaged, or ends too early.
    """
    file = stored_file(path, name=name)
    with _open_checked(file, state) as packed:
        try:
            stream = decompressed(packed, path, file.name, partial(_open_again, file))
        except SourceError as error:
            if measures_rest:
                skipping(error, _measure(packed))
            raise
        start = stream.peek(len(GIT_LFS_MARK))[: len(GIT_LFS_MARK)]
        if start == GIT_LFS_MARK:
            pointer = SourceError(explain_lfs_pointer(file.name))
            raise skipping(pointer, _measure(stream)) if measures_rest else pointer
        mark, encoding = next(
            (known for known in _BYTE_ORDER_MARKS if start.startswith(known[0])), (b"", None)
        )
        stream.read(len(mark))
        if encoding:
            transcoder = _Utf8Transcoder(stream, encoding, len(mark), file.name)
            stream = io.BufferedReader(transcoder, READ_SIZE)
        elif start.startswith(tuple(_ARCHIVES)) or b"\0" in stream.peek(READ_SIZE)[:8192]:
            refusal = _no_text(file, stream.peek(READ_SIZE))
            raise skipping(refusal, _measure(stream)) if measures_rest else refusal
        offset = None if encoding else len(mark)
        yield TextStream(name=file.name, stream=stream, offset=offset, packed=packed)


def _open_again(file: StoredFile) -> contextlib.AbstractContextManager[IO[bytes]]:
    if file.size() is None:  # A pipe is read once; to open a named one again would wait for ever.
        raise SourceError(f"{file.name!r} cannot be read again.")
    return file.open()


def _measure(stream: io.BufferedReader) -> Extent:
    return measure(iter(partial(stream.read1, READ_SIZE), b""))


def _no_text(file: StoredFile, start: bytes) -> SourceError:
    """Returns the error for a file that is not text, by its first bytes."""
    name = file.name
    kind = next((kind for magic, kind in _ARCHIVES.items() if start.startswith(magic)), None)
    if start[257:262] == b"ustar":
        kind = "tar"
    if kind is None:
        way_out = "Text must be UTF-8, or UTF-16 with a byte order mark."
        for magic, known in _FORMATS.items():
            if start.startswith(magic):
                option = f"--input-format {known.lower()}"
                way_out = f"It may be {known}; if so, name that as its format: {option}."
        return SourceError(
            f"{name!r} looks like a binary file: there is a NUL byte near its beginning. {way_out}"
        )
    way_out = "unpack it, and name the files that were in it"
    if kind in ("zip", "tar") and file.is_local:
        way_out += (
            f"; or name a file in it by a URL, {kind}://PATH::{name}, where PATH is the path of "
            "the file in the archive (pip install 'tokcompare[remote]')"
        )
    return SourceError(f"{name!r} is a {kind} archive, which can hold several files: {way_out}.")


@contextlib.contextmanager
def open_lines(
    path: str,
    start: int,
    stop: int | None,
    *,
    name: str | None = None,
    state: FileState | None = None,
) -> Iterator[TextStream]:
    """Opens an uncompressed UTF-8 file at the first line that begins at or after a position.

    Args:
        path: Its path.
        start: The position in bytes; not 0, where `open_text` begins.
        stop: The position where the search for a line ends, so that a line longer than many ranges
            is not read to its end for each of them. None for the end of the file.
        name: The name of the file in messages; None for that of the path.
        state: Its state when it was planned to be read; None if it was not.

    Raises:
        SourceError: It cannot be opened, or it changes.
        RecordError: While it is read: it is damaged, or has become shorter.
    """
    file = stored_file(path, name=name)
    # If the byte before the position is not a line feed, the reader of the range before this one
    # reads the rest of that line.
    with _open_checked(file, state, start=start - 1) as packed:
        skipped = 0
        while (stop is None or start - 1 + skipped < stop) and (line := packed.readline(READ_SIZE)):
            skipped += len(line)
            if line.endswith(b"\n"):
                break
        if not skipped:
            raise became_shorter(file.name, start - 1)
        yield TextStream(name=file.name, stream=packed, offset=start - 1 + skipped, packed=packed)


@contextlib.contextmanager
def _open_checked(
    file: StoredFile, state: FileState | None, *, start: int = 0
) -> Iterator[io.BufferedReader]:
    """Opens a file at a position, in bytes, so that a failing disk raises a RecordError, too."""
    with open_unchanged(file, state) as raw:
        if start:
            raw.seek(start)
        yield io.BufferedReader(CheckedStream(raw, file.name, position=start), READ_SIZE)


def can_split(path: str) -> bool:
    """Returns whether a file of lines can be read from its middle: it is UTF-8, not compressed.

    Raises:
        SourceError: It cannot be opened, or it is not text.
        RecordError: It is damaged.
    """
    with open_text(path) as file:
        return file.offset is not None and file.stream is file.packed


def read_end(path: str, length: int) -> tuple[bytes, int]:
    """Returns the last bytes of a file of which `can_split` is true, and the position of the first.

    Args:
        path: Its path.
        length: How many bytes; more, or less if the file has no more, and no byte order mark.

    Raises:
        SourceError: It cannot be opened, or it changes.
        RecordError: It is damaged.
    """
    file = stored_file(path)
    start = max(0, (file.size() or 0) - length)
    start = 0 if start <= len(codecs.BOM_UTF8) else start
    with _open_checked(file, None, start=start) as stream:
        content = stream.read()
    if start == 0 and content.startswith(codecs.BOM_UTF8):
        start = len(codecs.BOM_UTF8)
        content = content[start:]
    return content, start


def became_shorter(name: str, offset: int | None) -> RecordError:
    """Returns the error for a file that ends before a position that it had."""
    return RecordError(name, "the file became shorter while it was read", offset=offset)


class _Utf8Transcoder(io.RawIOBase):
    """Text in another Unicode encoding, transcoded to UTF-8."""

    def __init__(self, raw: io.BufferedReader, encoding: str, offset: int, name: str) -> None:
        self._raw, self._encoding, self._name = raw, encoding, name
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._position = offset
        self._transcoded = b""
        self._failure: RecordError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not self._transcoded:
            if self._failure is not None:
                raise self._failure
            encoded = self._raw.read1(READ_SIZE)
            pending = len(self._decoder.getstate()[0])
            try:
                self._transcoded = self._decoder.decode(encoded, final=not encoded).encode()
            except UnicodeDecodeError as error:
                # The valid text before the error is returned first.
                self._transcoded = error.object[: error.start].decode(self._encoding).encode()
                self._failure = RecordError(
                    self._name,
                    f"invalid {self._encoding[:6].upper()} ({error.reason})",
                    offset=self._position - pending + error.start,
                )
                self._failure.__cause__ = error
                continue
            self._position += len(encoded)
            if not encoded:
                break
        view = memoryview(buffer).cast("B")
        content, self._transcoded = self._transcoded[: len(view)], self._transcoded[len(view) :]
        view[: len(content)] = content
        return len(content)
