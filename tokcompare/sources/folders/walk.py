"""Folders: finds the files of a folder, and the files that a glob matches. No file is opened."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from tokcompare.bundled import SAMPLES
from tokcompare.sources.storage import STANDARD_INPUT, LocalFile, display_name, unreadable

IsIgnored = Callable[[str], bool]
"""Returns whether a file or folder is to be left out; the path of a folder ends with a slash."""

_CLOSED = f"cannot be read: {os.strerror(errno.EACCES)}"


@dataclass(slots=True)
class Selection:
    """The paths that a name selects.

    Attributes:
        paths: The paths.
        left_out: The files that are left out, each with the reason.
        ignored: How many files and folders are ignored.
    """

    paths: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    ignored: int = 0

    def add(self, path: str, problem: str) -> None:
        """Adds a path, or notes the problem why it is left out, if there is one."""
        if problem:
            self.left_out.append(f"{display_name(path)!r} {problem}")
        else:
            self.paths.append(path)


def walk(folder: str, *, is_ignored: IsIgnored | None = None, must_open: bool = True) -> Selection:
    """Returns the files of a folder and its subfolders, sorted, without hidden ones.

    Args:
        folder: The folder.
        is_ignored: What is ignored; folders that are, are not looked into. None ignores nothing.
        must_open: Whether it is an error that the folder itself cannot be read.
    """
    paths: list[str] = []
    selection = Selection()
    visited: set[Hashable] = set()

    def leave_out(error: OSError) -> None:
        path = str(error.filename)
        if must_open and path == folder:
            raise unreadable(display_name(path), error) from error
        selection.add(path, f"cannot be read: {error.strerror}")

    for parent, folders, files in os.walk(folder, followlinks=True, onerror=leave_out):
        if (identity := LocalFile(parent).identity()) in visited:  # a link to a folder above
            folders.clear()
            continue
        visited.add(identity)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found = [str(Path(parent, name)) for name in files if not name.startswith(".")]
        if is_ignored is not None:
            seen = len(folders) + len(found)
            folders[:] = [name for name in folders if not is_ignored(f"{Path(parent, name)}/")]
            found = [path for path in found if not is_ignored(path)]
            selection.ignored += seen - len(folders) - len(found)
        paths += found
    for path in sorted(map(_as_path, paths)):
        selection.add(path, LocalFile(path).problem())
    return selection


def match(pattern: str, *, is_ignored: IsIgnored | None = None) -> Selection:
    """Returns the files that match a glob, and the files of matching folders, sorted."""
    import glob

    ignored = 0
    paths: list[str] = []
    left_out: dict[str, None] = {}
    for found in _shortest(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - supports "/*"
        if is_ignored is not None and is_ignored(f"{found}/" if Path(found).is_dir() else found):
            ignored += 1
        elif Path(found).is_dir():
            walked = walk(found, is_ignored=is_ignored, must_open=False)
            ignored += walked.ignored
            paths += walked.paths
            left_out |= dict.fromkeys(walked.left_out)
        else:
            paths.append(found)
    selection = Selection(ignored=ignored)
    for path in sorted(map(_as_path, _shortest(paths))):
        selection.add(path, LocalFile(path).problem())
    selection.left_out[:] = sorted({*selection.left_out, *left_out, *_closed_folders(pattern)})
    return selection


def _closed_folders(pattern: str) -> list[str]:
    """Returns the folders that a glob would look into, and may not; `glob` says nothing of them."""
    import glob

    parents = PurePath(pattern).parents
    folders = {
        folder
        for parent in parents
        for folder in glob.glob(f"{parent}{os.sep}", recursive=True)  # noqa: PTH207
        if not os.access(folder, os.R_OK | os.X_OK)
    }
    return [f"{display_name(str(Path(folder)))!r} {_CLOSED}" for folder in folders]


def _shortest(paths: Iterable[str]) -> Iterable[str]:
    """Returns the shortest path of each file, of those that differ only by links to folders.

    "**" also matches a file through links to the folders above it, around a circle many times.
    """
    shortest: dict[tuple[str, str], str] = {}
    for path in sorted(paths, key=lambda path: (path.count(os.sep), path)):
        folder, name = os.path.split(path)
        shortest.setdefault((os.path.realpath(folder), name), path)
    return shortest.values()


def _as_path(path: str) -> str:
    """Prefixes "./" to a path that would otherwise name a sample set or standard input."""
    return f"{os.curdir}{os.sep}{path}" if path in (*SAMPLES, STANDARD_INPUT) else path
