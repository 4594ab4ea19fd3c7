"""Patterns that callers give for rank files: which pattern belongs to which file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from tokcompare.errors import ArgumentError, require_str, unknown_name

Patterns: TypeAlias = str | Mapping[str, str]
"""A pattern for the only rank file that needs one, or a pattern for each by its encoding's name."""


def read_patterns(given: Sequence[str], names: Iterable[str]) -> Patterns | None:
    """Reads patterns as the command line gives them: NAME=PATTERN, or a pattern alone.

    A pattern may contain "=", so NAME consists of letters, digits, "_", "." and "-" only, or is the
    name of a rank file. A pattern that begins like that is written in parentheses: (?:a=b).

    Args:
        given: The patterns.
        names: The names of the rank files, which may have one.

    Raises:
        ArgumentError: There are several and one has no NAME=, NAME is not that of a rank file, or
            a name has two.
    """
    names = set(names)
    patterns: dict[str, str] = {}
    for each in given:
        name, equals, pattern = each.partition("=")
        if not equals or name not in names:
            if names and equals and re.fullmatch(r"[\w.-]+", name):
                raise ArgumentError(
                    f"The pattern {each!r} is for {name!r}, and no rank file of that name was "
                    f"given; there are: {', '.join(sorted(names))}. A regular expression that "
                    f"begins with {name + equals!r} is written (?:{each})."
                )
            if len(given) == 1:
                return each
            raise ArgumentError(
                f"Of several patterns each needs the name of its rank file, NAME=PATTERN, but "
                f"{each!r} has none of: {', '.join(sorted(names)) or 'no rank file is given'}."
            )
        if name in patterns:
            raise ArgumentError(f"The encoding {name!r} has two patterns; it can have one.")
        patterns[name] = pattern
    return patterns or None


def assign_patterns(
    patterns: Patterns | None, files: Mapping[str, Callable[[], bool]], names: Sequence[str]
) -> dict[str, str]:
    """Returns the pattern of each rank file that has one, by the name of its encoding.

    Args:
        patterns: The patterns, as the caller gave them.
        files: For the name of each rank file, whether its own pattern is known; it reads the file.
        names: The names of all encodings, for messages.

    Raises:
        ArgumentError: A pattern belongs to no rank file, or it is not clear to which.
    """
    if patterns is None:
        return {}
    if isinstance(patterns, Mapping):
        for name, pattern in patterns.items():
            require_str("A pattern", pattern)
            if name not in files:
                if name in names:
                    raise _not_for(str(name))
                raise unknown_name("rank file", str(name), files)
        return dict(patterns)
    if not isinstance(patterns, str):
        raise ArgumentError(
            "A pattern must be a str, or a mapping of names of encodings to patterns, not "
            f"{type(patterns).__name__}."
        )
    if not files:
        raise _not_for(", ".join(names))
    if len(files) == 1:
        return dict.fromkeys(files, patterns)
    unknown = [name for name, is_known in files.items() if not is_known()]
    if len(unknown) == 1:
        return {unknown[0]: patterns}
    which = "all have known patterns" if not unknown else f"{', '.join(unknown)} need one each"
    raise ArgumentError(
        f"The pattern {patterns!r} could belong to several rank files: {which}. Say to which it "
        f"belongs: --pattern {(unknown or [*files])[0]}=PATTERN (in Python: "
        f"pattern={{{(unknown or [*files])[0]!r}: PATTERN}})."
    )


def _not_for(names: str) -> ArgumentError:
    return ArgumentError(f"A pattern can be given for a .tiktoken rank file, not for {names}.")
