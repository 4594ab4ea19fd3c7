"""Rejections: how much could not be read, the first errors, and what readers note about files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from tokcompare.errors import RecordError, SourceError

ErrorT = TypeVar("ErrorT", bound=SourceError)

LISTED = 10
"""How many errors are kept to be listed."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a file there is.

    Attributes:
        lines: How many lines, with a last one that has no line feed; of Parquet and Arrow, rows.
        size: How many bytes of the decompressed text, without a byte order mark; of Parquet and
            Arrow, bytes of the strings.
    """

    lines: int = 0
    size: int = 0

    def __add__(self, other: Extent) -> Extent:
        """Returns the sum of both."""
        return Extent(self.lines + other.lines, self.size + other.size)

    def __sub__(self, other: Extent) -> Extent:
        """Returns this one without the other."""
        return Extent(self.lines - other.lines, self.size - other.size)

    @staticmethod
    def of(content: bytes) -> Extent:
        """Returns the extent of some lines."""
        ends = content.count(b"\n")
        return Extent(ends + (content[-1:] not in (b"", b"\n")), len(content))


def measure(chunks: Iterable[bytes]) -> Extent:
    """Reads chunks of a file to their end, or as far as they can be read; returns their extent."""
    ends = size = 0
    last = b""
    try:
        for chunk in chunks:
            ends += chunk.count(b"\n")
            size += len(chunk)
            last = chunk[-1:] or last
    except SourceError:  # the archive is damaged, and so is what follows
        pass
    return Extent(ends + (last not in (b"", b"\n")), size)


def skipping(error: ErrorT, extent: Extent) -> ErrorT:
    """Returns an error that says how much is left out because of it."""
    return error.skipping(extent.lines, extent.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejections:
    """Records that could not be read, and notes on the files.

    Attributes:
        number: How many records there were; a file that cannot be read any further is one.
        lines: How many lines they have: see `Extent`.
        bytes: How many bytes they have.
        first: The first errors, at most `LISTED`.
        notes: What a reader of the numbers should know of the files, each once.
    """

    number: int = 0
    lines: int = 0
    bytes: int = 0
    first: tuple[SourceError, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def extent(self) -> Extent:
        """The lines and bytes of the records."""
        return Extent(self.lines, self.bytes)

    @staticmethod
    def of(error: SourceError) -> Rejections:
        """Returns the rejection of one record."""
        lines, size = error.skipped_lines, error.skipped_bytes
        return Rejections(number=1, lines=lines, bytes=size, first=(error,))

    def __add__(self, other: Rejections) -> Rejections:
        """Returns the rejections of both, this one's first."""
        if not other.number and not other.notes:
            return self
        return Rejections(
            number=self.number + other.number,
            lines=self.lines + other.lines,
            bytes=self.bytes + other.bytes,
            first=(*self.first, *other.first)[:LISTED],
            notes=tuple(dict.fromkeys((*self.notes, *other.notes))),
        )


class RejectionLog:
    """Collects the errors of a reader, and its notes.

    Attributes:
        stop_on_error: Whether an error is raised as well, so that the reader ends.
    """

    def __init__(self, *, stop_on_error: bool = False) -> None:
        self.stop_on_error = stop_on_error
        self._taken = Rejections()
        self._notes: dict[str, None] = {}

    @property
    def number(self) -> int:
        """How many errors were added since the last `take`."""
        return self._taken.number

    def __call__(self, error: SourceError) -> None:
        """Adds an error, and raises it if `stop_on_error` is set."""
        self.add(error)
        if self.stop_on_error:
            raise error

    def add(self, error: SourceError) -> None:
        """Adds an error without raising it."""
        self._taken += Rejections.of(error)

    def note(self, text: str) -> None:
        """Adds a note, once."""
        self._notes[text] = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to take."""
        return not self._taken.number and not self._notes

    def take(self) -> Rejections:
        """Returns the errors and notes added since the last call, and forgets them."""
        taken = self._taken + Rejections(notes=tuple(self._notes))
        self._taken = Rejections()
        self._notes = {}
        return taken


def shift_line(error: SourceError, lines: Mapping[str, int]) -> SourceError:
    """Shifts an error's line number by the lines before its part of the file.

    Args:
        error: The error.
        lines: The number of lines before the part, by the name of the file.
    """
    if not isinstance(error, RecordError) or error.line is None or not lines.get(error.name):
        return error
    line = error.line + lines[error.name]
    shifted = RecordError(error.name, error.reason, line=line, row=error.row, offset=error.offset)
    return shifted.skipping(error.skipped_lines, error.skipped_bytes)


def error_to_dict(error: SourceError) -> dict[str, Any]:
    """Returns an error as values that JSON can hold."""
    if not isinstance(error, RecordError):
        return {"message": str(error)}
    places = ("name", "reason", "line", "row", "offset")
    return {place: getattr(error, place) for place in places}


def error_from_dict(stored: Any) -> SourceError:
    """Returns the error that `error_to_dict` stored.

    Raises:
        ValueError: It is damaged.
    """
    if isinstance(stored, dict) and all(map(_may_hold, stored, stored.values())):
        if stored.keys() == {"message"}:
            return SourceError(stored["message"])
        if stored.keys() == {"name", "reason", "line", "row", "offset"}:
            return RecordError(**stored)
    raise ValueError("an error has other fields than it was stored with")


def _may_hold(name: str, value: object) -> bool:
    """Returns whether a stored error may have that value under that name."""
    if name in ("message", "name", "reason"):
        return isinstance(value, str)
    return value is None or (type(value) is int and 0 <= value < 1 << 256)
