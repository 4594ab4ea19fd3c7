"""Files that Git ignores: .gitignore files, and .git/info/exclude, by the library `pathspec`.

A pattern of a folder counts for all that is in the folder; the last pattern that matches decides,
and those of deeper folders come last. What is in an ignored folder is ignored. The user's own
excludes (core.excludesFile) play no part, so that all users of a repository count the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tokcompare.errors import SourceError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class GitIgnored:
    """Tells what Git ignores. Each .gitignore is read once.

    Those of the repository count; outside of one, those of all folders above.
    """

    _specs: dict[Path, GitIgnoreSpec | None] = field(default_factory=dict)
    _roots: dict[Path, Path] = field(default_factory=dict)
    _folders: dict[Path, bool] = field(default_factory=dict)

    def __call__(self, path: str) -> bool:
        """Returns whether Git ignores a file, or a folder, whose path ends with a slash.

        Raises:
            SourceError: A .gitignore file cannot be read, or has a pattern that is none.
        """
        absolute = Path(os.path.abspath(path))  # noqa: PTH100 - a link stays a link
        root = self._root_of(absolute.parent)
        if path.endswith(("/", os.sep)):
            return self._is_folder_ignored(absolute, root)
        return self._is_folder_ignored(absolute.parent, root) or self._matches(
            absolute, root, is_folder=False
        )

    def _is_folder_ignored(self, folder: Path, root: Path) -> bool:
        if folder == root or not folder.is_relative_to(root):
            return False
        if folder not in self._folders:
            self._folders[folder] = self._is_folder_ignored(folder.parent, root) or self._matches(
                folder, root, is_folder=True
            )
        return self._folders[folder]

    def _matches(self, path: Path, root: Path, *, is_folder: bool) -> bool:
        for folder in path.parents:
            spec = self._spec_of(folder)
            if spec is not None:
                below = path.relative_to(folder).as_posix() + ("/" if is_folder else "")
                decision = spec.check_file(below).include
                if decision is not None:
                    return decision
            if folder == root:
                break
        exclude = self._read(root / ".git" / "info" / "exclude")
        if exclude is None:
            return False
        below = path.relative_to(root).as_posix() + ("/" if is_folder else "")
        return bool(exclude.check_file(below).include)

    def _root_of(self, folder: Path) -> Path:
        """Returns the root of the repository that a folder is in; that of the disk if none."""
        if folder not in self._roots:
            found = (each for each in (folder, *folder.parents) if (each / ".git").exists())
            self._roots[folder] = next(found, Path(folder.anchor))
        return self._roots[folder]

    def _spec_of(self, folder: Path) -> GitIgnoreSpec | None:
        return self._read(folder / ".gitignore")

    def _read(self, path: Path) -> GitIgnoreSpec | None:
        if path not in self._specs:
            self._specs[path] = _parse(path)
        return self._specs[path]


def _parse(path: Path) -> GitIgnoreSpec | None:
    from pathspec import GitIgnoreSpec

    try:
        lines = path.read_text(encoding="utf-8-sig", errors="surrogateescape").splitlines()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as error:
        raise SourceError(f"{str(path)!r} cannot be read: {error.strerror}.") from error
    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError as error:
        raise SourceError(f"{str(path)!r} has a pattern that is none: {error}") from error
