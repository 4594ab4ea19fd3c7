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
from typing import TYPE_CHECKING, Any

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
            way_out = "Text must be UTF-8, or UTF-16 with a byte order mark."
            if start == b"PAR1":
                way_out = "It may be Parquet: name that as its format."
            raise SourceError(
                f"{name!r} looks like a binary file: there is a NUL byte near its beginning. "
                f"{way_out}"
            )
        yield TextStream(name=name, stream=unpacked, offset=len(mark))


def _open_bytes(path: str, name: str, stack: contextlib.ExitStack) -> io.BufferedReader:
    if path == STANDARD_INPUT:
        raw: Any = getattr(sys.stdin, "buffer", None)
        if raw is None:
            raise SourceError("Standard input is closed; name a file.")
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
        suffix = next((s for s in COMPRESSIONS if _begins(start, s)), None)
    if suffix is None:
        return raw
    called, _ = COMPRESSIONS[suffix]
    if not start:
        raise RecordError(name, f"the file is empty, which is no {called} archive", offset=0)
    if not _begins(start, suffix):
        raise SourceError(f"{name!r} is no {called} file, as its suffix says: it begins otherwise.")
    frames = _Frames(raw, _DECOMPRESSORS[suffix])
    return io.BufferedReader(_Guarded(frames, name, f"{called} archive"), CHUNK)


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
    """One compressed stream after another, as they stand in a file.

    The standard library's own file objects give nothing of what precedes a damage, and those of
    `bz2` and `lzma` end without an error where a later stream is damaged.
    """

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


class _Guarded(io.RawIOBase):
    """A stream of which every failure is a RecordError with the position of the failure.

    It fills each buffer before it ends or fails, so that whoever looks at the beginning of a pipe
    sees all of it, and whoever reads lines gets those before a damage.
    """

    def __init__(self, raw: Any, name: str, archive: str = "file") -> None:
        self._raw, self._name, self._archive = raw, name, archive
        self._position = 0
        self._failure: RecordError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
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
