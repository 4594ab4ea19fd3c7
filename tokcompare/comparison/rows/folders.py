"""Rows of folders: a tree with totals. Each folder counts all that is below it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from tokcompare.comparison.results import Row
from tokcompare.counting.counts import Counts, add_counts
from tokcompare.languages import LANGUAGES, UNDETERMINED


def rows_of_folders(groups: Mapping[str, Counts], by: str) -> Iterator[Row]:
    """Yields a row for each folder or file, a folder before what is in it, from the common one on.

    Args:
        groups: The counts of the files of each folder, without those in folders below it; or those
            of each file.
        by: "folder", or "tree" for folders and files.
    """
    parts = {tuple(_split(group)): counts for group, counts in groups.items()}
    if not parts:
        return
    top = _common([path[:-1] if by == "tree" else path for path in parts])
    inside: dict[tuple[str, ...], list[Counts]] = {}
    for path, counts in parts.items():
        for length in range(len(top), len(path) + 1):
            inside.setdefault(path[:length], []).append(counts)
    undetermined = LANGUAGES[UNDETERMINED]
    for path in sorted(inside):
        name = join_folder(path)
        yield Row(
            group=name,
            name=name,
            language=undetermined,
            counts=add_counts(inside[path]),
            depth=len(path) - len(top),
            parent=join_folder(path[:-1]) if len(path) > len(top) else "",
            is_folder=by == "folder" or path not in parts,
        )


def _split(folder: str) -> list[str]:
    """Returns the parts of a folder's name; the first one of an absolute path is ""."""
    return [] if folder == "." else folder.replace(os.sep, "/").split("/")


def join_folder(parts: tuple[str, ...]) -> str:
    """Returns the name of a folder.

    >>> join_folder(("", "data")), join_folder(("",)), join_folder(("a", "b")), join_folder(())
    ('/data', '/', 'a/b', '.')
    """
    return "/".join(parts) or "/" if parts else "."


def _common(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Returns the folder that all others are in, or are; the empty one if there is none."""
    first, last = min(paths), max(paths)
    length = 0
    while length < min(len(first), len(last)) and first[length] == last[length]:
        length += 1
    return first[:length]
