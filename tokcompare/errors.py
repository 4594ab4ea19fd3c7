"""Errors: the classes that tokcompare raises, and the checks and messages that modules share.

A message names the bad value, the accepted values and the way out. Foreign text in a message is
escaped, so that no control character reaches a terminal.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Self, TypeVar

from tokcompare.text import printable


class TokcompareError(Exception):
    """The base class of all errors that tokcompare raises."""

    @property
    def for_command(self) -> str:
        """The message that the command shows: its hint names options of the command."""
        return str(self.__dict__.get("_for_command", self))


class ArgumentError(TokcompareError, ValueError):
    """An argument that is not valid: of a wrong type, or an encoding that is given twice."""


class UnknownNameError(TokcompareError, ValueError):
    """A name (of an encoding, a language, a sample set, a column) that does not exist."""


class VocabularyError(TokcompareError):
    """A vocabulary file that is missing or damaged."""


class SourceError(TokcompareError):
    """A source, or a record in it, that cannot be read.

    Attributes:
        skipped_lines: How many lines are left out because of it, as far as this is known; of
            Parquet and Arrow, how many rows.
        skipped_bytes: How many bytes are left out, likewise.
    """

    skipped_lines = 0
    skipped_bytes = 0

    def skipping(self, lines: int, size: int) -> Self:
        """Sets how many lines and bytes are left out, and returns the error."""
        self.skipped_lines, self.skipped_bytes = lines, size
        return self


class RecordError(SourceError):
    """A record that cannot be read, with its place and the reason.

    Attributes:
        name: The name of the file, for display.
        reason: The reason.
        line: The number of the line, from 1, in a format of lines.
        row: The number of the row, from 1, in a format of rows.
        offset: The offset of the record, or of the fault in it, in bytes from the beginning of the
            (uncompressed) file; None if not known.
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
        # By default, an exception from another process is rebuilt from its message alone.
        places = (self.line, self.row, self.offset)
        rebuild = partial(_rebuild, *places, self.skipped_lines, self.skipped_bytes)
        return rebuild, (self.name, self.reason)


def _rebuild(
    line: int | None,
    row: int | None,
    offset: int | None,
    skipped_lines: int,
    skipped_bytes: int,
    name: str,
    reason: str,
) -> RecordError:
    error = RecordError(name, reason, line=line, row=row, offset=offset)
    return error.skipping(skipped_lines, skipped_bytes)


class ChangedFileError(SourceError):
    """A file that changed while it was counted. Nothing is counted then, not even what is good."""


class EngineError(TokcompareError):
    """A fast engine encoded a text differently from tiktoken.

    Attributes:
        engine: The name of the engine.
        encoding: The name of the encoding.
        text: The text.
    """

    def __init__(self, engine: str, encoding: str, text: str) -> None:
        self.engine, self.encoding, self.text = engine, encoding, text
        super().__init__(
            f"{engine} and tiktoken differ under {encoding!r}, so nothing is reported. Use "
            "--engine tiktoken (in Python: engine='tiktoken') to count by tiktoken alone. "
            f"Please report the text to the authors of tokcompare: {text!a}"
        )

    def __reduce__(self) -> tuple[type[EngineError], tuple[str, str, str]]:
        return type(self), (self.engine, self.encoding, self.text)


class CheckpointError(TokcompareError):
    """A checkpoint that is damaged or belongs to another run, or a stored part that is damaged."""


class ClusterError(TokcompareError):
    """A cluster, or a process on this machine, that cannot be reached or has lost its work."""


class BudgetError(TokcompareError):
    """A cost above the budget."""


class BaselineError(TokcompareError):
    """A baseline or a stored report that is missing or damaged, or cannot be compared with."""


class CheckError(TokcompareError):
    """A check that does not hold."""


class OutputError(TokcompareError):
    """A result that could not be written."""


_Error = TypeVar("_Error", bound=TokcompareError)


def with_hint(kind: type[_Error], message: str, *, python: str, command: str) -> _Error:
    """Returns an error whose hint names the options of Python, or those of the command.

    Args:
        kind: The class of the error.
        message: The message without the hint.
        python: The hint for callers in Python.
        command: The hint that the command shows.
    """
    error = kind(f"{message} {python}")
    error.__dict__["_for_command"] = f"{message} {command}"
    return error


def is_panic(error: BaseException) -> bool:
    """Returns whether an exception is a panic of Rust code.

    A panic derives from BaseException: `except Exception` does not catch it, and it hangs the
    workers of `multiprocessing.Pool`. Each Rust library has its own class for it, and exports none.
    """
    return type(error).__module__ == "pyo3_runtime" and type(error).__name__ == "PanicException"


def require_str(subject: str, value: object) -> None:
    """Raises an ArgumentError, with `subject` as its subject, if a value is not a string."""
    if not isinstance(value, str):
        raise ArgumentError(f"{subject} must be a str, not {type(value).__name__}.")


def require_names(subject: str, value: object) -> list[str]:
    """Returns a list of names from one name or several; paths become strings.

    Args:
        subject: The subject of the error message, for example "A language".
        value: A string or a path, or several.

    Raises:
        ArgumentError: The value is something else.
    """
    if isinstance(value, (str, os.PathLike)):
        value = [value]
    if isinstance(value, (bytes, bytearray)) or not isinstance(value, Iterable):
        raise ArgumentError(f"{subject} must be a str or several, not {type(value).__name__}.")
    names = [os.fspath(name) if isinstance(name, os.PathLike) else name for name in value]
    for name in names:
        require_str(subject, name)
    return names


def unknown_name(
    kind: str, name: str, accepted: Iterable[str], *, also: Mapping[str, str] | None = None
) -> UnknownNameError:
    """Returns the error for a name that is not accepted, with a suggestion and all accepted names.

    Args:
        kind: The kind of thing that is named, for example "encoding".
        name: The name as it was given.
        accepted: The accepted names.
        also: Other spellings that are not accepted, each with the name to suggest for it.
    """
    accepted = list(accepted)
    names = ", ".join(map(printable, accepted)) or "none"
    nearest = suggestion(name, accepted, also=also)
    return UnknownNameError(f"Unknown {kind} {name!r}.{nearest} There are: {names}.")


def suggestion(name: str, accepted: Iterable[str], *, also: Mapping[str, str] | None = None) -> str:
    """Returns " Did you mean ...?" with the most similar accepted name, or "" if none is similar.

    Args:
        name: The name as it was given.
        accepted: The accepted names.
        also: Other spellings that are not accepted, each with the name to suggest for it.
    """
    meant = {candidate.casefold(): candidate for candidate in accepted}
    meant |= {spelling.casefold(): target for spelling, target in (also or {}).items()}
    nearest = _nearest(name.casefold(), meant)
    return f" Did you mean {meant[nearest]!r}?" if nearest else ""


def _nearest(word: str, candidates: Iterable[str]) -> str | None:
    from difflib import get_close_matches  # saves start time where there is no error

    similar = get_close_matches(word, candidates, n=1)
    if not similar and len(word) >= 3:
        similar = [candidate for candidate in candidates if word in candidate]
    return next(iter(similar), None)


_KINDS: dict[type, str] = {
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def kind_of(value: Any) -> str:
    """Returns the name that JSON has for the type of a value."""
    if isinstance(value, Mapping):
        return "an object"
    return _KINDS.get(type(value), type(value).__name__)


GIT_LFS_MARK = b"version https://git-lfs.github.com/spec/"
"""How the small file begins that stands for a large one in a Git repository."""


MOST_TOKENS = 2**53
"""Up to here each whole number is a float, too, so that none was rounded on the way."""

_DIGITS = re.compile(r"([0-9]{1,16})(?:\.0+)?")


def number_of(value: object, field_name: str) -> int:
    """Returns the whole number that a field holds.

    It may be a float without a fraction, or digits: pandas writes a column with a missing number as
    floats, and in CSV every value is text.

    Raises:
        ValueError: It is another value, negative, or too large.
    """
    if type(value) is int and 0 <= value <= MOST_TOKENS:
        return value
    number: Any = None
    # The decimals of Arrow have a ratio, too, and importing their type would cost the start.
    is_number = hasattr(value, "as_integer_ratio") and not isinstance(value, int)
    if isinstance(value, str) and (digits := _DIGITS.fullmatch(value)):
        number = int(digits[1])
    elif is_number and value % 1 == 0:  # type: ignore[operator] # neither NaN nor infinity
        number = int(value)  # type: ignore[call-overload]
    if number is not None and 0 <= number <= MOST_TOKENS:
        return int(number)
    shown = ascii(value) if is_number or isinstance(value, (str, int)) else type(value).__name__
    shown = {"True": "true", "False": "false", "NoneType": "null"}.get(shown, shown)
    raise ValueError(
        f"the field {field_name!r} must be a whole number of tokens, 0 or more, not {shown[:40]}"
    )


def explain_lfs_pointer(name: str) -> str:
    """Returns the message about a file that only points to a large one."""
    return (
        f"The file {name!r} is a Git LFS pointer, which stands for the file itself: the repository "
        "was cloned without its large files. `git lfs pull` in the repository gets them; or "
        "download the file."
    )
