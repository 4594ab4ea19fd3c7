"""Rejections: how many records could not be read, and the first errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tokcompare.errors import RecordError, SourceError

LISTED = 10
"""How many errors are kept to be listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejections:
    """Records that could not be read.

    Attributes:
        number: How many there were.
        first: The first errors, at most `LISTED`.
    """

    number: int = 0
    first: tuple[SourceError, ...] = ()

    def __add__(self, other: Rejections) -> Rejections:
        """Returns the rejections of both, this one's first."""
        if not other.number:
            return self
        return Rejections(
            number=self.number + other.number, first=(*self.first, *other.first)[:LISTED]
        )


class RejectionLog:
    """Collects the errors of a reader.

    Attributes:
        stop_on_error: Whether an error is raised as well, so that the reader ends.
        number: How many errors were added since the last `take`.
    """

    def __init__(self, *, stop_on_error: bool = False) -> None:
        self.stop_on_error = stop_on_error
        self.number = 0
        self._first: list[SourceError] = []

    def __call__(self, error: SourceError) -> None:
        """Adds an error, and raises it if `stop_on_error` is set."""
        self.add(error)
        if self.stop_on_error:
            raise error

    def add(self, error: SourceError) -> None:
        """Adds an error without raising it."""
        self.number += 1
        if len(self._first) < LISTED:
            self._first.append(error)

    def take(self) -> Rejections:
        """Returns the errors added since the last call, and forgets them."""
        taken = Rejections(number=self.number, first=tuple(self._first))
        self.number, self._first = 0, []
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
    return RecordError(error.name, error.reason, line=line, row=error.row, offset=error.offset)


def error_to_dict(error: SourceError) -> dict[str, Any]:
    """Returns an error as values that JSON can hold."""
    if not isinstance(error, RecordError):
        return {"message": str(error)}
    places = ("name", "reason", "line", "row", "offset")
    return {place: getattr(error, place) for place in places}


def error_from_dict(stored: Mapping[str, Any]) -> SourceError:
    """Returns the error that `error_to_dict` stored."""
    if "message" in stored:
        return SourceError(stored["message"])
    return RecordError(**stored)
