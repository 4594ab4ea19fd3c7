"""Settings: the options of a check that a repository keeps in a file.

They stand in `tokcompare.toml`, or in `[tool.tokcompare]` of `pyproject.toml`. The nearest file
from the working directory upwards is taken, up to the root of the repository.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokcompare.bundled import SAMPLES
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.names import file_in_folder, is_path
from tokcompare.errors import ArgumentError, suggestion
from tokcompare.files import is_url
from tokcompare.text import printable

FILENAME = "tokcompare.toml"
_PROJECT = "pyproject.toml"

SOURCES = "sources"
"""The key of the names of sources, which have no option."""

GENERAL = "default"
"""The key of the limit of all other languages, in a table of limits by language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a file.

    Attributes:
        path: The path of the file.
        values: The values by key: the long name of an option, or `SOURCES`. Of an option that may
            be repeated, and of the sources, a list of strings; of a flag a truth value; of any
            other a string.
    """

    path: Path
    values: Mapping[str, bool | str | list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key that settings may have.

    Attributes:
        is_flag: Whether its value is true or false.
        is_repeatable: Whether it takes several values.
        is_by_language: Whether its value may be a table of values by language.
    """

    is_flag: bool = False
    is_repeatable: bool = False
    is_by_language: bool = False


def find_settings(folder: Path, keys: Mapping[str, Key]) -> Settings | None:
    """Returns the settings that hold in a folder; None if there are none.

    Args:
        folder: The working directory.
        keys: The keys that settings may have, besides `SOURCES`.

    Raises:
        ArgumentError: The file cannot be read, has an unknown key, or a value of a wrong type.
    """
    folder = Path(os.path.abspath(folder))  # noqa: PTH100 - Path.absolute keeps ".."
    for each in (folder, *folder.parents):
        for path in (each / FILENAME, each / _PROJECT):
            table = _read(path)
            if table is not None:
                return Settings(path=path, values=_check(path, table, keys, folder))
        if (each / ".git").exists():
            return None
    return None


def _read(path: Path) -> Mapping[str, Any] | None:
    """Returns the settings of a file; None if there is no such file, or none in it."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ArgumentError(
            f"The settings in {_shown(path)} cannot be read: {error.strerror}."
        ) from error
    is_project = path.name == _PROJECT
    if is_project and b"tokcompare" not in content:  # saves time
        return None
    try:
        table: Mapping[str, Any] = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"The settings in {_shown(path)} are no TOML: {error}.") from error
    if not is_project:
        return table
    tool = table.get("tool", {})
    found = tool.get("tokcompare") if isinstance(tool, Mapping) else None
    if found is not None and not isinstance(found, Mapping):
        raise ArgumentError(f"tool.tokcompare in {_shown(path)} must be a table.")
    return found


def _shown(path: Path) -> str:
    return repr(str(path))


def _check(
    path: Path, table: Mapping[str, Any], keys: Mapping[str, Key], working: Path
) -> dict[str, bool | str | list[str]]:
    """Returns the values as the command line would give them."""
    allowed = {SOURCES: Key(is_repeatable=True), **keys}
    values: dict[str, bool | str | list[str]] = {}
    for name, value in table.items():
        if name not in allowed:
            raise ArgumentError(
                f"Unknown key {printable(name)!r} in {_shown(path)}."
                f"{suggestion(name, allowed)} There are: {', '.join(sorted(allowed))}."
            )
        values[name] = _convert(path, name, value, allowed[name])
    for name, convert in ((SOURCES, _source_from), ("encoding", _encoding_from)):
        given = values.get(name, [])
        if isinstance(given, list) and given:
            values[name] = [convert(each, path.parent, working) for each in given]
    baseline = values.get("baseline")
    if isinstance(baseline, str):
        values["baseline"] = _path_from(baseline, path.parent, working)
    return values


def _convert(path: Path, name: str, value: object, key: Key) -> bool | str | list[str]:
    if key.is_flag:
        if isinstance(value, bool):
            return value
        raise _wrong_type(path, name, "true or false")
    if key.is_by_language and isinstance(value, Mapping):
        return [
            text if language == GENERAL else f"{language}={text}"
            for language, each in value.items()
            for text in [_text(path, f"{name}.{language}", each)]
        ]
    if key.is_repeatable:
        values: Sequence[object] = value if isinstance(value, list) else [value]
        return [_text(path, name, each) for each in values]
    return _text(path, name, value)


def _text(path: Path, name: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise _wrong_type(path, name, "a string or a number")
    return str(value)


def _wrong_type(path: Path, name: str, expected: str) -> ArgumentError:
    return ArgumentError(f"{printable(name)!r} in {_shown(path)} must be {expected}.")


def _source_from(name: str, folder: Path, working: Path) -> str:
    if name in (*SAMPLES, "-") or is_url(name):
        return name
    return _path_from(name, folder, working)


def _encoding_from(given: str, folder: Path, working: Path) -> str:
    """Returns an encoding; the path of its file is one from the folder of the settings on."""
    name, equals, path = given.rpartition("=")
    is_file = is_path(path) or is_path(file_in_folder(os.path.join(folder, path)))  # noqa: PTH118
    if given in VOCABULARIES or not is_file or "://" in path or path.startswith("~"):
        return given
    return f"{name}{equals}{_path_from(path, folder, working)}"


def _path_from(path: str, folder: Path, working: Path) -> str:
    """Returns the path, from the working directory on, of a path from a folder on."""
    if folder == working or os.path.isabs(path):  # noqa: PTH117
        return path
    return os.path.join(os.path.relpath(folder, working), path)  # noqa: PTH118
