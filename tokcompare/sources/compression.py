"""gzip, zstd, bzip2 and xz: decompresses a stream, and reports any damage to it.

The compression is detected by the suffix or by the first bytes. The file objects of the standard
library are not used: they lose the content before a damaged byte, and those of `bz2` and `lzma` end
without an error where a later compressed stream is damaged.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tokcompare.errors import RecordError, SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READ_SIZE = 1 << 20
"""How many bytes are read at a time."""

WINDOW_LOG_MAX = 31
"""The largest window of zstd that is decoded, 2 GiB as of `zstd --long=31`, as a power of two. It
bounds memory; memory is taken only as far as a file fills its window."""


class _Gzip:
    """A gzip decompressor with the interface of `bz2`, `lzma` and `zstd`.

    The `gzip` module loses the content before a damaged byte.
    """

    def __init__(self) -> None:
        import zlib

        self._zlib = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, packed: bytes, length: int) -> bytes:
        content = self._zlib.decompress(self._zlib.unconsumed_tail + packed, length)
        self.needs_input = not self._zlib.unconsumed_tail and len(content) < length
        return content


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd

    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: WINDOW_LOG_MAX}
    return zstd.ZstdDecompressor(options=options)


def _bzip2() -> Any:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> Any:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """A compression.

    Attributes:
        name: Its name in messages.
        magic: The first bytes of a compressed file.
        decompressor: Makes a decompressor of one compressed stream.
    """

    name: str
    magic: bytes
    decompressor: Callable[[], Any]


COMPRESSIONS: dict[str, Compression] = {
    ".gz": Compression(name="gzip", magic=b"\x1f\x8b\x08", decompressor=_Gzip),
    ".zst": Compression(name="zstd", magic=b"\x28\xb5\x2f\xfd", decompressor=_zstd),
    ".bz2": Compression(name="bzip2", magic=b"BZh", decompressor=_bzip2),
    ".xz": Compression(name="xz", magic=b"\xfd7zXZ\x00", decompressor=_xz),
}
"""The compressions by suffix."""


def compression_of(path: str) -> str | None:
    """Returns the suffix of a path if it is that of a compression, else None."""
    suffix = Path(path).suffix.lower()
    return suffix if suffix in COMPRESSIONS else None


Reopen = Callable[[], AbstractContextManager[IO[bytes]]]


def decompressed(raw: io.BufferedReader, path: str, name: str, reopen: Reopen) -> io.BufferedReader:
    """Returns a file's decompressed content; the file itself if it is not compressed.

    Args:
        raw: The file as it is stored.
        path: Its path.
        name: Its name in messages.
        reopen: Opens the file again, to read all that comes before a damage.

    Raises:
        RecordError: The suffix names a compression, but the file is empty.
        SourceError: The suffix names a compression, but the first bytes are different.
    """
    start = raw.peek(16)[:16]
    suffix = compression_of(path)
    if suffix is None:
        suffix = next((known for known in COMPRESSIONS if _has_magic(start, known)), None)
    if suffix is None:
        return raw
    compression = COMPRESSIONS[suffix]
    if not start:
        reason = f"the file is empty, so it is not a {compression.name} archive"
        raise RecordError(name, reason, offset=0)
    if not _has_magic(start, suffix):
        raise SourceError(
            f"{name!r} is not a {compression.name} file, although its suffix says so: its first "
            "bytes are different."
        )
    content = _DecompressedStream(raw, compression.decompressor, reopen)
    return io.BufferedReader(CheckedStream(content, name, f"{compression.name} archive"), READ_SIZE)


def _has_magic(start: bytes, suffix: str) -> bool:
    """Returns whether a file's first bytes are those of the compression with a suffix."""
    if suffix == ".bz2":
        # A text can begin with "BZh". In an archive a digit and a block, or the end, follow.
        return start[:3] == b"BZh" and start[4:10] in (b"1AY&SY", b"\x17rE8P\x90")
    if suffix == ".zst" and start[1:4] == b"\x2a\x4d\x18":
        return start[0] >> 4 == 5  # a skippable frame; pzstd begins with one
    return start.startswith(COMPRESSIONS[suffix].magic)


class _DecompressedStream(io.RawIOBase):
    """The content of a file of one or more compressed streams, one after another.

    A decompressor that finds a damage loses all that it decoded in the same call. Then the stream
    is decoded again, and the last call is repeated byte by byte.
    """

    def __init__(
        self, raw: io.BufferedReader, new_decompressor: Callable[[], Any], reopen: Reopen
    ) -> None:
        self._raw = raw
        self._new = new_decompressor
        self._reopen = reopen
        self._decompressor = new_decompressor()
        self._read = 0  # bytes of the file
        self._begin = 0  # where the compressed stream begins in the file
        self._given = 0  # bytes of its content
        self._rescued = b""
        self._failure: Exception | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        while self._failure is None:
            rest = b""
            if self._decompressor.eof:
                # An archive may be padded with NUL bytes.
                rest = self._decompressor.unused_data.lstrip(b"\0")
                while not rest:
                    if not (packed := self._read_packed()):
                        return 0
                    rest = packed.lstrip(b"\0")
                self._decompressor = self._new()
                self._begin, self._given = self._read - len(rest), 0
            elif self._decompressor.needs_input and not (rest := self._read_packed()):
                raise EOFError
            try:
                content = self._decompressor.decompress(rest, len(view))
            except Exception as error:  # each library has errors of its own
                self._failure = error
                self._rescued = self._rescue(len(view))
                break
            if content:
                view[: len(content)] = content
                self._given += len(content)
                return len(content)
        content, self._rescued = self._rescued[: len(view)], self._rescued[len(view) :]
        if not content and self._failure is not None:
            raise self._failure
        view[: len(content)] = content
        return len(content)

    def _read_packed(self) -> bytes:
        packed = self._raw.read1(READ_SIZE)
        self._read += len(packed)
        return packed

    def _rescue(self, length: int) -> bytes:
        """Decodes the bytes before the damage, of the last read."""
        rescued = bytearray()
        try:
            with self._reopen() as raw:
                raw.seek(self._begin)
                packed = iter(partial(raw.read, 1), b"")
                decompressor = self._new()
                given = 0
                while given < self._given:
                    rest = raw.read(_RESCUE_SIZE) if decompressor.needs_input else b""
                    most = min(READ_SIZE, self._given - given)
                    given += len(decompressor.decompress(rest, most))
                while len(rescued) < length:
                    rest = next(packed) if decompressor.needs_input else b""
                    rescued += decompressor.decompress(rest, 1)
        except Exception:  # the damage, again; or the file cannot be read again
            pass
        return bytes(rescued)


_RESCUE_SIZE = 1 << 12
"""How many bytes are decoded at a time to reach the place before a damage."""


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:  # the operating system's
        return f"cannot be read: {error.strerror}"
    return f"is damaged: {error}"


class CheckedStream(io.RawIOBase):
    """A stream whose failures are all RecordErrors with the position of the failure.

    Each read fills its buffer before the stream ends or fails. So a peek at the beginning of a pipe
    sees all of it, and the lines before a damaged byte are returned before the error.
    """

    def __init__(self, raw: Any, name: str, kind: str = "file", *, position: int = 0) -> None:
        """Wraps a stream.

        Args:
            raw: The stream, which has a method `readinto`.
            name: The name of the file in messages.
            kind: The kind of the file in messages, for example "gzip archive".
            position: The position of the stream in the file, in bytes.
        """
        self._name, self._kind = name, kind
        # A terminal says once that its input ends: `readinto` would ask it again for more.
        self._readinto = getattr(raw, "readinto1", raw.readinto) if kind == "file" else raw.readinto
        self._position = position
        self._has_ended = False
        self._failure: RecordError | None = None

    def readable(self) -> bool:
        """Returns True."""
        return True

    def tell(self) -> int:
        """Returns the position of the next byte to be read."""
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Reads into a buffer and returns the number of bytes; 0 at the end."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and self._failure is None and not self._has_ended:
            try:
                number = self._readinto(view[filled:])
                if number is None:
                    raise BlockingIOError("no data is available yet, and the input is non-blocking")
            except RecordError as error:
                self._failure = error
            except EOFError as error:
                self._failure = self._fail("ends too early", filled, error)
            except Exception as error:  # OSError, and the errors of each of the four libraries
                self._failure = self._fail(_reason(error), filled, error)
            else:
                self._has_ended = not number
                filled += number
        if self._failure is not None and not filled:
            raise self._failure
        self._position += filled
        return filled

    def _fail(self, reason: str, filled: int, cause: Exception) -> RecordError:
        failure = RecordError(
            self._name, f"the {self._kind} {reason}", offset=self._position + filled
        )
        failure.__cause__ = cause
        return failure
