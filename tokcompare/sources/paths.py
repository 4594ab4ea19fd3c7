"""Names become paths: which files are meant, in which format and language by their names.

A file has many names; each is found once. No file is opened here.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable
from pathlib import Path

from tokcompare.bundled import SAMPLES, sample_path
from tokcompare.errors import SourceError, suggestion
from tokcompare.languages import language_of_path
from tokcompare.sources.compression import COMPRESSIONS, compression_of
from tokcompare.sources.storage import (
    expand_url,
    identity_of_url,
    is_url,
    name_in_url,
    size_of_url,
    state_of_url,
)
from tokcompare.sources.streams import STANDARD_INPUT, display_name, unreadable

FORMATS: dict[str, tuple[str, ...]] = {
    "text": (".txt",),
    "jsonl": (".jsonl", ".ndjson", ".json"),
    "csv": (".csv",),
    "tsv": (".tsv",),
    "parquet": (".parquet", ".pq"),
}
"""The suffixes of each format; what has another suffix is plain text."""


def expand(name: str) -> list[str]:
    """Returns the paths that a name stands for: itself, files in a folder, matches of a glob.

    Raises:
        SourceError: It stands for none.
    """
    if name in SAMPLES or name == STANDARD_INPUT:
        return [name]
    if is_url(name):
        return expand_url(name)
    if not name:
        raise SourceError("The name of a source is empty; write . for this folder.")
    try:
        if Path(name).is_dir():
            if paths := _walk(name):
                return paths
            raise SourceError(f"There is no file in the folder {display_name(name)!r}.")
        if Path(name).exists():
            return [name]
        Path(name).lstat()  # its error says what is wrong
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise unreadable(display_name(name), error) from error
    import glob

    if glob.has_magic(name):
        if paths := _match(name):
            return paths
        raise SourceError(f"No file matches {display_name(name)!r}.")
    sets = ", ".join(SAMPLES)
    raise SourceError(
        f"{display_name(name)!r} does not exist.{suggestion(name, SAMPLES)} A source is a file, a "
        f"folder, a glob, - for standard input, or a built-in sample set ({sets})."
    )


def _match(pattern: str) -> list[str]:
    """Returns the files that match a glob, and those in folders that match it, sorted."""
    import glob

    paths: list[str] = []
    for match in _shortest(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - knows "/*"
        paths += _walk(match) if Path(match).is_dir() else [match]
    return sorted(map(_as_path, _shortest(paths)))


def _shortest(paths: Iterable[str]) -> Iterable[str]:
    """Returns one path of those that come to the same place through links to folders.

    "**" comes to a file through each folder above, too, and around a circle again and again.
    """
    shortest: dict[tuple[str, str], str] = {}
    for path in sorted(paths, key=lambda path: (path.count(os.sep), path)):
        folder, name = os.path.split(path)
        shortest.setdefault((os.path.realpath(folder), name), path)
    return shortest.values()


def _as_path(path: str) -> str:
    """Returns a path that is not taken for a sample set, or standard input, of the same name."""
    return f"{os.curdir}{os.sep}{path}" if path in (*SAMPLES, STANDARD_INPUT) else path


def _walk(folder: str) -> list[str]:
    """Returns the files of a folder and the folders within, sorted, but for hidden ones."""
    paths: list[str] = []
    visited: set[object] = set()

    def stop(error: OSError) -> None:
        raise unreadable(display_name(str(error.filename)), error) from error

    for parent, folders, files in os.walk(folder, followlinks=True, onerror=stop):
        if (identity := identity_of(parent)) in visited:  # a link to a folder above
            folders.clear()
            continue
        visited.add(identity)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths += [str(Path(parent, name)) for name in files if not name.startswith(".")]
    return sorted(map(_as_path, paths))


def identity_of(path: str) -> object:
    """Returns what is the same for two paths of the same file."""
    if path in SAMPLES:
        path = str(sample_path(path))
    if is_url(path):
        url = identity_of_url(path)
        return url if is_url(url) else identity_of(url)
    try:
        # Standard input may be a file that is named too, and /dev/stdin is the same pipe.
        status = os.fstat(sys.stdin.fileno()) if path == STANDARD_INPUT else Path(path).stat()
    except (OSError, ValueError, AttributeError):  # a link that leads nowhere: to open it says so
        return path
    return status.st_dev, status.st_ino


def absolute(path: str) -> str:
    """Returns the path from the root, which leads to the same file from every working directory."""
    return path if is_url(path) or path == STANDARD_INPUT else os.path.abspath(path)  # noqa: PTH100


def size_of(path: str) -> int | None:
    """Returns how many bytes a file has as it stands on disk; None if that is not known."""
    if is_url(path):
        return size_of_url(path)
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def state_of(path: str) -> str | None:
    """Returns what changes when a file does; None if it is none that could be read again."""
    if is_url(path):
        return state_of_url(path)
    if size_of(path) is None:
        return None
    status = Path(path).stat()
    return f"{status.st_size} bytes, modified {status.st_mtime_ns}"


def format_of_path(path: str) -> str:
    """Returns the format that the suffix of a path stands for: plain text if it is not known."""
    path = name_in_url(path) if is_url(path) else path
    if compression_of(path):
        path = path[: -len(Path(path).suffix)]
    suffix = Path(path).suffix.lower()
    return next((name for name, suffixes in FORMATS.items() if suffix in suffixes), "text")


def check_format(path: str, name: str) -> str:
    """Returns a format if the file at a path can be read in it.

    Raises:
        SourceError: It cannot.
    """
    if name == "parquet" and (path == STANDARD_INPUT or compression_of(path)):
        raise SourceError(
            f"{display_name(path)!r}: Parquet is read here and there and not from beginning to "
            "end, so it must be a file, and not be compressed as a whole; unpack it first."
        )
    return name


def find_language(path: str) -> str | None:
    """Returns the code of the language that a path names, or None."""
    stem = Path(path).name
    suffixes = [*COMPRESSIONS, *(suffix for known in FORMATS.values() for suffix in known)]
    while (suffix := Path(stem).suffix.lower()) in suffixes:
        stem = stem[: -len(suffix)]
    folders = Path(path).parent.parts
    if not folders:  # a file in this folder, which has a name, too
        folders = (Path(path).absolute().parent.name,)
    return language_of_path(folders, stem)
