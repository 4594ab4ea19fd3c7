"""What could not be read: how much of it there is, and the first of it by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tokcompare.errors import RecordError, SourceError

LISTED = 10
"""How many of the records that could not be read are kept to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejections:
    """Records that could not be read.

    Attributes:
        number: How many there were.
        first: The errors of the first of them.
    """

    number: int = 0
    first: tuple[SourceError, ...] = ()

    def __add__(self, other: Rejections) -> Rejections:
        """Returns the rejections of both, those of the other behind."""
        if not other.number:
            return self
        return Rejections(
            number=self.number + other.number, first=(*self.first, *other.first)[:LISTED]
        )

    def rename(self, old: str, new: str) -> Rejections:
        """Returns the same under another name of the file."""
        return replace(self, first=tuple(_rename(error, old, new) for error in self.first))


def _rename(error: SourceError, old: str, new: str) -> SourceError:
    if not isinstance(error, RecordError):
        return SourceError(str(error).replace(repr(old), repr(new)))
    return RecordError(new, error.reason, line=error.line, row=error.row, offset=error.offset)


class Rejecting:
    """What a reader hands its errors to, one by one.

    Attributes:
        stops: Whether the first error is raised, too, so that the reader ends.
        number: How many errors there are.
    """

    def __init__(self, *, stops: bool = False) -> None:
        self.stops = stops
        self.number = 0
        self._first: list[SourceError] = []

    def __call__(self, error: SourceError) -> None:
        """Notes an error."""
        self.note(error)
        if self.stops:
            raise error

    def note(self, error: SourceError) -> None:
        """Notes an error that ended the reader by itself."""
        self.number += 1
        if len(self._first) < LISTED:
            self._first.append(error)

    def take(self) -> Rejections:
        """Returns what was noted since the last time."""
        taken = Rejections(number=self.number, first=tuple(self._first))
        self.number, self._first = 0, []
        return taken


def move_lines(error: SourceError, lines: Mapping[str, int]) -> SourceError:
    """Returns an error as it is if so many lines stand before the part that it was found in.

    Args:
        error: The error.
        lines: The number of lines by the name of the file.
    """
    if not isinstance(error, RecordError) or error.line is None or not lines.get(error.name):
        return error
    line = error.line + lines[error.name]
    return RecordError(error.name, error.reason, line=line, row=error.row, offset=error.offset)
