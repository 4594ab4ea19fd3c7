"""The errors that tokcompare raises: all are TokcompareError, and their messages are for people.

A message names the bad value, says what is accepted and what to do. Text that came from outside
stands in it escaped, so that no control character reaches a terminal.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from tokcompare.text import printable


class TokcompareError(Exception):
    """Everything that tokcompare raises on purpose."""


class ArgumentError(TokcompareError, ValueError):
    """An argument that cannot be meant: a wrong type, an encoding named twice."""


class UnknownNameError(TokcompareError, ValueError):
    """A name (of an encoding, a language, a sample set, a column) that does not exist."""


class VocabularyError(TokcompareError):
    """A vocabulary file that is missing or damaged."""


class SourceError(TokcompareError):
    """A source, or a record in it, that cannot be read."""


class RecordError(SourceError):
    """A record that cannot be read: where it stands, and why.

    Attributes:
        name: What people call the file.
        reason: What is wrong with the record.
        line: Number of the line, from 1, in a format of lines.
        row: Number of the row, from 1, in a format of rows.
        offset: Where it begins, or where in it the fault is, in bytes from the beginning of the
            (uncompressed) file; None if that is not known.
    """

    def __init__(
        self,
        name: str,
        reason: str,
        *,
        line: int | None = None,
        row: int | None = None,
        offset: int | None = None,
    ) -> None:
        self.name, self.reason, self.line, self.row, self.offset = name, reason, line, row, offset
        places = [("line", line), ("row", row), ("byte", offset)]
        place = "".join(f", {unit} {number}" for unit, number in places if number is not None)
        super().__init__(f"{name!r}{place}: {reason}")

    def __reduce__(self) -> tuple[Callable[..., RecordError], tuple[str, str]]:
        # It may come from another process, and an exception is made anew from its message alone.
        anew = partial(RecordError, line=self.line, row=self.row, offset=self.offset)
        return anew, (self.name, self.reason)


class EngineError(TokcompareError):
    """A fast engine that gave other tokens than tiktoken for a text.

    Attributes:
        engine: The name of the engine.
        encoding: The name of the encoding.
        text: The text.
    """

    def __init__(self, engine: str, encoding: str, text: str) -> None:
        self.engine, self.encoding, self.text = engine, encoding, text
        super().__init__(
            f"{engine} and tiktoken differ under {encoding!r}, so nothing is reported. With "
            "--engine tiktoken, in Python engine='tiktoken', it is counted by tiktoken alone. "
            f"Please tell the makers of tokcompare the text: {text!a}"
        )

    def __reduce__(self) -> tuple[type[EngineError], tuple[str, str, str]]:
        return type(self), (self.engine, self.encoding, self.text)


class CheckpointError(TokcompareError):
    """A checkpoint that does not go with a run."""


class ClusterError(TokcompareError):
    """A cluster, or a process of this machine, that cannot be reached or lost its work for good."""


class BudgetError(TokcompareError):
    """A bill that is above the budget."""


class OutputError(TokcompareError):
    """A result that could not be written."""


def require_str(what: str, value: object) -> None:
    """Raises an ArgumentError if a value, which people call so, is not a string."""
    if not isinstance(value, str):
        raise ArgumentError(f"{what} must be a str, not {type(value).__name__}.")


def require_names(what: str, value: object) -> list[str]:
    """Returns names, of which one may stand alone; paths become strings.

    Raises:
        ArgumentError: The value is something else.
    """
    if isinstance(value, (str, os.PathLike)):
        value = [value]
    if isinstance(value, (bytes, bytearray)) or not isinstance(value, Iterable):
        raise ArgumentError(f"{what} must be a str or several, not {type(value).__name__}.")
    names = [os.fspath(name) if isinstance(name, os.PathLike) else name for name in value]
    for name in names:
        require_str(what, name)
    return names


def unknown_name(
    kind: str, name: str, accepted: Iterable[str], *, also: Mapping[str, str] | None = None
) -> UnknownNameError:
    """Returns the error for a name that is not among the accepted ones, with the nearest of them.

    Args:
        kind: What the name should have been, for example "encoding".
        name: The name as it was given.
        accepted: The names that there are.
        also: What people may write in their place, and which of the names they mean by it.
    """
    accepted = list(accepted)
    names = ", ".join(map(printable, accepted)) or "none"
    nearest = suggestion(name, accepted, also=also)
    return UnknownNameError(f"Unknown {kind} {name!r}.{nearest} There are: {names}.")


def suggestion(name: str, accepted: Iterable[str], *, also: Mapping[str, str] | None = None) -> str:
    """Returns " Did you mean ...?" with the accepted name that is nearest, or nothing.

    Args:
        name: The name as it was given.
        accepted: The names that there are.
        also: What people may write in their place, and which of the names they mean by it.
    """
    meant = {candidate.casefold(): candidate for candidate in accepted}
    meant |= {candidate.casefold(): by_it for candidate, by_it in (also or {}).items()}
    nearest = _nearest(name.casefold(), meant)
    return f" Did you mean {meant[nearest]!r}?" if nearest else ""


def _nearest(word: str, candidates: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    alike = get_close_matches(word, candidates, n=1)
    if not alike and len(word) >= 3:
        alike = [candidate for candidate in candidates if word in candidate]
    return next(iter(alike), None)


def is_panic(error: BaseException) -> bool:
    """Returns whether an exception is a panic of Rust code.

    It derives from BaseException, so `except Exception` lets it pass, and it hangs a worker process
    of `multiprocessing.Pool`. Each library has a class of its own for it, which it does not export.
    """
    return type(error).__module__ == "pyo3_runtime" and type(error).__name__ == "PanicException"
