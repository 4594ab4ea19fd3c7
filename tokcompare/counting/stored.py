"""Stored values: checks that JSON has the types and ranges that were written to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeVar

ValueT = TypeVar("ValueT")

_LARGEST = 1 << 256
"""Above every number that counting makes, and within the range of a float."""


def whole(value: object) -> int:
    """Returns a whole number of 0 or more.

    Raises:
        ValueError: The value is something else. The other functions raise it likewise.
    """
    if type(value) is not int or not 0 <= value < _LARGEST:
        _refuse("a count", value)
    return value


def signed(value: object) -> int:
    """Returns a whole number, which may be negative."""
    if type(value) is not int or abs(value) >= _LARGEST:
        _refuse("a whole number", value)
    return value


def string(value: object) -> str:
    """Returns a string."""
    if not isinstance(value, str):
        _refuse("a string", value)
    return value


def truth(value: object) -> bool:
    """Returns a truth value."""
    if not isinstance(value, bool):
        _refuse("true or false", value)
    return value


def items(value: object, check: Callable[[Any], ValueT]) -> tuple[ValueT, ...]:
    """Returns the items of a list, each checked."""
    if not isinstance(value, list):
        _refuse("a list", value)
    return tuple(map(check, value))


def row(value: object, *checks: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Returns a list of as many items as there are checks, each checked by its own."""
    if not isinstance(value, list) or len(value) != len(checks):
        _refuse(f"a list of {len(checks)}", value)
    return tuple(check(item) for check, item in zip(checks, value, strict=True))


def mapping(value: object, check: Callable[[Any], ValueT]) -> dict[str, ValueT]:
    """Returns an object, with its values checked."""
    return {key: check(item) for key, item in record(value).items()}


def record(value: object, keys: Iterable[str] = ()) -> Mapping[str, Any]:
    """Returns an object that has some keys at least."""
    if not isinstance(value, dict):
        _refuse("an object", value)
    if missing := [key for key in keys if key not in value]:
        raise ValueError(f"{missing[0]!r} is missing")
    return value


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns an object whose keys are unique: an `object_pairs_hook` of `json`."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def refuse_constant(name: str) -> NoReturn:
    """Refuses NaN and infinity: a `parse_constant` of `json`."""
    _refuse("a whole number", name)


def _refuse(expected: str, value: object) -> NoReturn:
    # A list or an object may be large.
    shown = type(value).__name__ if isinstance(value, list | dict) else ascii(value)
    raise ValueError(f"{shown[:40]} is not {expected}")
