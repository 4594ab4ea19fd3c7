"""Files opened as what all readers read: a stream of bytes, unpacked, in UTF-8.

Compression is known by the suffix or by the first bytes, UTF-16 and UTF-32 by their byte order
marks. What is damaged or cut short is an error that names file and byte; nothing ends early in
silence. What the bytes mean is not decided here.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tokcompare.errors import RecordError, SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STANDARD_INPUT = "-"
"""The name that standard input has on a command line."""

CHUNK = 1 << 20
"""How many bytes are read at a time."""

COMPRESSIONS: dict[str, tuple[str, bytes]] = {
    ".gz": ("gzip", b"\x1f\x8b\x08"),
    ".zst": ("zstd", b"\x28\xb5\x2f\xfd"),
    ".bz2": ("bzip2", b"BZh"),
    ".xz": ("xz", b"\xfd7zXZ\x00"),
}
"""Compressions by suffix: what each is called, and the bytes that it begins with."""

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
    """

    name: str
    stream: io.BufferedReader
    offset: int | None


def compression_of(path: str) -> str | None:
    """Returns the suffix of the compression that a file has by its name, or None."""
    suffix = Path(path).suffix.lower()
    return suffix if suffix in COMPRESSIONS else None


def display_name(path: str) -> str:
    """Returns what people call a file: its path, or the name of standard input."""
    if path == STANDARD_INPUT:
        return "(standard input)"
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


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
        unpacked = _unpack(raw, path, name)
        start = unpacked.peek(4)[:4]
        mark, encoding = next(
            ((mark, encoding) for mark, encoding in _MARKS if start.startswith(mark)), (b"", None)
        )
        unpacked.read(len(mark))
        if encoding:
            recoded = _Recoded(unpacked, encoding, len(mark), name)
            yield TextStream(name=name, stream=io.BufferedReader(recoded, CHUNK), offset=None)
            return
        if b"\0" in unpacked.peek(CHUNK)[:8192]:
            raise SourceError(
                f"{name!r} looks like a binary file: there is a NUL byte near its beginning. "
                "Text must be UTF-8, or UTF-16 with a byte order mark."
            )
        yield TextStream(name=name, stream=unpacked, offset=len(mark))


def _open_bytes(path: str, name: str, stack: contextlib.ExitStack) -> io.BufferedReader:
    if path == STANDARD_INPUT:
        if sys.stdin is None:
            raise SourceError("Standard input is closed; name a file.")
        raw: Any = sys.stdin.buffer
    else:
        try:
            raw = Path(path).open("rb")  # noqa: SIM115 - the stack closes it
        except (OSError, ValueError) as error:
            raise unreadable(name, error) from error
        stack.push(raw)
    # A failure of the disk while reading is an error of this file, like any other damage.
    return io.BufferedReader(_Guarded(raw, name), CHUNK)


def unreadable(name: str, error: OSError | ValueError) -> SourceError:
    """Returns the error for a file that the operating system does not give."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return SourceError(f"{name!r} cannot be read: {reason}.")


def _unpack(raw: io.BufferedReader, path: str, name: str) -> io.BufferedReader:
    start = raw.peek(16)[:16]
    suffix = compression_of(path)
    if suffix is None:
        suffix = next((s for s, (_, magic) in COMPRESSIONS.items() if _begins(start, magic)), None)
    if suffix is None:
        return raw
    called, magic = COMPRESSIONS[suffix]
    if not start:
        raise RecordError(name, f"the file is empty, which is no {called} archive", offset=0)
    if not start.startswith(magic):
        raise SourceError(f"{name!r} is no {called} file, as its suffix says: it begins otherwise.")
    return io.BufferedReader(_Guarded(_OPENERS[suffix](raw), name, f"{called} archive"), CHUNK)


def _begins(start: bytes, magic: bytes) -> bool:
    # "BZh" could be the beginning of a text; in an archive a digit and a block or the end follow.
    if magic == b"BZh":
        return start[4:10] in (b"1AY&SY", b"\x17rE8P\x90")
    return start.startswith(magic)


def _open_gzip(raw: IO[bytes]) -> io.RawIOBase | io.BufferedIOBase:
    import gzip

    return gzip.GzipFile(fileobj=raw)


def _open_zstd(raw: IO[bytes]) -> io.RawIOBase | io.BufferedIOBase:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    return zstd.ZstdFile(raw)


def _open_bzip2(raw: IO[bytes]) -> io.RawIOBase | io.BufferedIOBase:
    import bz2

    return _Frames(raw, bz2.BZ2Decompressor)


def _open_xz(raw: IO[bytes]) -> io.RawIOBase | io.BufferedIOBase:
    import lzma

    return _Frames(raw, lzma.LZMADecompressor)


_OPENERS: dict[str, Callable[[IO[bytes]], io.RawIOBase | io.BufferedIOBase]] = {
    ".gz": _open_gzip,
    ".zst": _open_zstd,
    ".bz2": _open_bzip2,
    ".xz": _open_xz,
}


class _Frames(io.RawIOBase):
    """One bzip2 or xz stream after another; `bz2` and `lzma` drop what follows a damaged one."""

    def __init__(self, raw: IO[bytes], new_decompressor: Callable[[], Any]) -> None:
        self._raw = raw
        self._new = new_decompressor
        self._decompressor = new_decompressor()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        while True:
            if self._decompressor.eof:
                # Archives may be padded with NUL bytes.
                rest = self._decompressor.unused_data.lstrip(b"\0")
                while not rest:
                    if not (packed := self._raw.read(CHUNK)):
                        return 0
                    rest = packed.lstrip(b"\0")
                self._decompressor = self._new()
            elif self._decompressor.needs_input:
                if not (rest := self._raw.read(CHUNK)):
                    raise EOFError
            else:
                rest = b""
            if content := self._decompressor.decompress(rest, len(view)):
                view[: len(content)] = content
                return len(content)


class _Guarded(io.RawIOBase):
    """A stream of which every failure is a RecordError with the position of the failure."""

    def __init__(self, raw: Any, name: str, archive: str = "file") -> None:
        self._raw, self._name, self._archive = raw, name, archive
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        try:
            number: int = self._raw.readinto(buffer)
        except EOFError as error:
            reason = f"the {self._archive} ends too early"
            raise RecordError(self._name, reason, offset=self._position) from error
        except RecordError:
            raise
        except Exception as error:  # OSError, and what each of the four libraries raises
            reason = f"the {self._archive} is damaged: {error}"
            raise RecordError(self._name, reason, offset=self._position) from error
        self._position += number
        return number


class _Recoded(io.RawIOBase):
    """Text in another Unicode encoding as UTF-8."""

    def __init__(self, raw: io.BufferedReader, encoding: str, offset: int, name: str) -> None:
        self._raw, self._encoding, self._name = raw, encoding, name
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._position = offset
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        while not self._left:
            packed = self._raw.read(CHUNK)
            pending = len(self._decoder.getstate()[0])
            try:
                self._left = self._decoder.decode(packed, final=not packed).encode()
            except UnicodeDecodeError as error:
                offset = self._position - pending + error.start
                reason = f"invalid {self._encoding.upper()} ({error.reason})"
                raise RecordError(self._name, reason, offset=offset) from error
            self._position += len(packed)
            if not packed:
                break
        view = memoryview(buffer).cast("B")
        content, self._left = self._left[: len(view)], self._left[len(view) :]
        view[: len(content)] = content
        return len(content)
