"""gzip, zstd, bzip2 and xz: archives unpacked, and every damage to them named.

Compression is known by the suffix or by the first bytes. The standard library's file objects will
not do: they give nothing of what precedes a damage, and those of `bz2` and `lzma` end without an
error where a later stream is damaged.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokcompare.errors import RecordError, SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 1 << 20
"""How many bytes are read at a time."""

COMPRESSIONS: dict[str, tuple[str, bytes]] = {
    ".gz": ("gzip", b"\x1f\x8b\x08"),
    ".zst": ("zstd", b"\x28\xb5\x2f\xfd"),
    ".bz2": ("bzip2", b"BZh"),
    ".xz": ("xz", b"\xfd7zXZ\x00"),
}
"""Compressions by suffix: what each is called, and the bytes that it begins with."""


def compression_of(path: str) -> str | None:
    """Returns the suffix of the compression that a file has by its name, or None."""
    suffix = Path(path).suffix.lower()
    return suffix if suffix in COMPRESSIONS else None


def unpack(raw: io.BufferedReader, path: str, name: str) -> io.BufferedReader:
    """Returns what an archive holds, or a file as it is if it is none.

    Raises:
        RecordError: The file is no such archive as its suffix says.
        SourceError: The same.
    """
    start = raw.peek(16)[:16]
    suffix = compression_of(path)
    if suffix is None:
        suffix = next((s for s in COMPRESSIONS if _begins(start, s)), None)
    if suffix is None:
        return raw
    called, _ = COMPRESSIONS[suffix]
    if not start:
        raise RecordError(name, f"the file is empty, which is no {called} archive", offset=0)
    if not _begins(start, suffix):
        raise SourceError(f"{name!r} is no {called} file, as its suffix says: it begins otherwise.")
    frames = _Frames(raw, _DECOMPRESSORS[suffix])
    return io.BufferedReader(Guarded(frames, name, f"{called} archive"), CHUNK)


def _begins(start: bytes, suffix: str) -> bool:
    """Returns whether a file that begins so has the compression of a suffix."""
    if suffix == ".bz2":
        # "BZh" could be the beginning of a text; a digit and a block or the end follow.
        return start[:3] == b"BZh" and start[4:10] in (b"1AY&SY", b"\x17rE8P\x90")
    if suffix == ".zst" and start[1:4] == b"\x2a\x4d\x18":
        return start[0] >> 4 == 5  # a frame to be skipped, as pzstd writes one first
    return start.startswith(COMPRESSIONS[suffix][1])


class _Gzip:
    """`zlib` as the other three decompress; `gzip` drops what precedes a damage."""

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

    return zstd.ZstdDecompressor()


def _bzip2() -> Any:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> Any:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ)


_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    ".gz": _Gzip,
    ".zst": _zstd,
    ".bz2": _bzip2,
    ".xz": _xz,
}


class _Frames(io.RawIOBase):
    """One compressed stream after another, as they stand in a file."""

    def __init__(self, raw: io.BufferedReader, new_decompressor: Callable[[], Any]) -> None:
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
                    if not (packed := self._raw.read1(CHUNK)):
                        return 0
                    rest = packed.lstrip(b"\0")
                self._decompressor = self._new()
            elif self._decompressor.needs_input:
                if not (rest := self._raw.read1(CHUNK)):
                    raise EOFError
            else:
                rest = b""
            if content := self._decompressor.decompress(rest, len(view)):
                view[: len(content)] = content
                return len(content)


class Guarded(io.RawIOBase):
    """A stream of which every failure is a RecordError with the position of the failure.

    It fills each buffer before it ends or fails, so that whoever looks at the beginning of a pipe
    sees all of it, and whoever reads lines gets those before a damage.
    """

    def __init__(self, raw: Any, name: str, archive: str = "file", *, position: int = 0) -> None:
        self._raw, self._name, self._archive = raw, name, archive
        self._position = position
        self._failure: RecordError | None = None

    def readable(self) -> bool:
        """Returns that it can be read."""
        return True

    def tell(self) -> int:
        """Returns how many bytes have been read."""
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Reads into a buffer and returns how many bytes were read; 0 at the end."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and self._failure is None:
            try:
                number = self._raw.readinto(view[filled:])
                if number is None:
                    raise BlockingIOError("nothing is there yet, and nobody waits for it")
            except RecordError as error:
                self._failure = error
            except EOFError as error:
                self._failure = self._fail("ends too early", filled, error)
            except Exception as error:  # OSError, and what each of the four libraries raises
                self._failure = self._fail(f"is damaged: {error}", filled, error)
            else:
                if not number:
                    break
                filled += number
        if self._failure is not None and not filled:
            raise self._failure
        self._position += filled
        return filled

    def _fail(self, how: str, filled: int, cause: Exception) -> RecordError:
        failure = RecordError(
            self._name, f"the {self._archive} {how}", offset=self._position + filled
        )
        failure.__cause__ = cause
        return failure
