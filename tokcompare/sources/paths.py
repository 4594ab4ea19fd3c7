"""Names to paths: the files that a name selects, and the format and language of a path.

A name selects a file, the files of a folder, or the matches of a glob. No file is opened here.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath, PurePosixPath

from tokcompare.bundled import SAMPLES, sample_path
from tokcompare.errors import SourceError, suggestion
from tokcompare.languages import NamedLanguage, languages_of_paths
from tokcompare.sources.compression import COMPRESSIONS, compression_of
from tokcompare.sources.formats import FORMATS
from tokcompare.sources.storage import (
    STANDARD_INPUT,
    LocalFile,
    RemoteFile,
    display_name,
    stored_file,
    unreadable,
)

_METADATA = re.compile(
    r"(readme|licen[sc]e|copying|notice|authors|changelog|citation|contributing)(\.\w+)?"
    r"|(_success|_metadata|_common_metadata|_committed_.*|_started_.*|checksums?|sha256sums|md5sums)"
    r"|(dataset_infos?|dataset_dict|state|manifest|croissant|metadata)\.json"
    r"|.*\.(crc|md5|sha1|sha256|sha512|sig|asc|lock)",
    re.IGNORECASE,
)
"""The names of files that describe data, in folders of data."""

_CLOSED = f"cannot be read: {os.strerror(errno.EACCES)}"


@dataclass(frozen=True, slots=True)
class _Selection:
    """The paths that a name selects.

    Attributes:
        paths: The paths.
        left_out: The files that are left out, each with the reason.
    """

    paths: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, path: str, problem: str) -> None:
        """Adds a path, or notes the problem why it is left out, if there is one."""
        if problem:
            self.left_out.append(f"{display_name(path)!r} {problem}")
        else:
            self.paths.append(path)


def expand(name: str) -> tuple[list[str], list[str], list[str]]:
    """Returns the paths that a name selects: itself, the files of a folder, or matches of a glob.

    Of a folder and a glob, only regular files and links to them are selected. Files that describe
    the others (README.md, _SUCCESS, dataset_info.json) are left out of a folder, and of a glob that
    names no part of the file's name, if the suffix of another file is that of a format.

    Returns:
        The paths; notes on those that are left out; and those that are left out because they cannot
        be read, each with the reason.

    Raises:
        SourceError: There are none.
    """
    selection = _expand(name)
    shown = display_name(name)
    paths, notes = selection.paths, []
    if selection.left_out:
        if not paths:
            raise SourceError(f"{shown!r} has no file to read: {_enumerate(selection.left_out)}.")
        number = len(selection.left_out)
        is_left_out = "1 file or folder is" if number == 1 else f"{number:,} files or folders are"
        notes.append(f"{shown!r}: {is_left_out} left out: {_enumerate(selection.left_out)}.")
    if len(paths) == 1 or not (_is_folder(name) or set(_last_part(name)) == {"*"}):
        return paths, notes, selection.left_out
    metadata = [path for path in paths if _METADATA.fullmatch(stored_file(path).filename)]
    kept = [path for path in paths if path not in set(metadata)]
    if not metadata or not any(_has_suffix_of_format(path) for path in kept):
        return paths, notes, selection.left_out
    files = "1 file is" if len(metadata) == 1 else f"{len(metadata):,} files are"
    listed = _enumerate([repr(display_name(path)) for path in metadata], ", ")
    notes.append(
        f"{shown!r}: {files} left out, because by their names they describe the data: {listed}. "
        "Name them to count them."
    )
    return kept, notes, selection.left_out


def _enumerate(texts: Sequence[str], separator: str = "; ") -> str:
    more = f" and {len(texts) - 8:,} more" if len(texts) > 8 else ""
    return f"{separator.join(texts[:8])}{more}"


def _last_part(name: str) -> str:
    return re.split(r"[/\\]", name)[-1]


def _is_folder(name: str) -> bool:
    if isinstance(stored_file(name), RemoteFile):
        return "*" not in _last_part(name)
    try:
        return Path(name).is_dir()
    except (OSError, ValueError):
        return False


def _has_suffix_of_format(path: str) -> bool:
    filename = stored_file(path).filename
    suffixes = [suffix for known in FORMATS.values() for suffix in known.suffixes]
    return any(suffix.lower() in suffixes for suffix in Path(filename).suffixes[-2:])


def _expand(name: str) -> _Selection:
    if name in SAMPLES or name == STANDARD_INPUT:
        return _Selection([name])
    file = stored_file(name)
    if isinstance(file, RemoteFile):
        selection = _Selection()
        for path, problem in file.expand():
            selection.add(path, problem)
        return selection
    if not name:
        raise SourceError("The name of a source is empty; for the current folder, write '.'.")
    try:
        if Path(name).is_dir():
            found = _walk(name)
            if found.paths or found.left_out:
                return found
            raise SourceError(f"There is no file in the folder {file.name!r}.")
        if Path(name).exists():
            return _Selection([name])
        Path(name).lstat()  # raises the error that says why it does not exist
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise unreadable(file.name, error) from error
    import glob

    if glob.has_magic(name):
        found = _match(name)
        if found.paths or found.left_out:
            return found
        raise SourceError(f"No file matches {file.name!r}.")
    sets = ", ".join(SAMPLES)
    raise SourceError(
        f"{file.name!r} does not exist.{suggestion(name, SAMPLES)} A source is a file, a folder, a "
        f"glob, - for standard input, or a built-in sample set ({sets})."
    )


def _match(pattern: str) -> _Selection:
    """Returns the files that match a glob, and the files of matching folders, sorted."""
    import glob

    paths: list[str] = []
    left_out: dict[str, None] = {}
    for match in _shortest(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - supports "/*"
        if Path(match).is_dir():
            walked = _walk(match, must_open=False)
            paths += walked.paths
            left_out |= dict.fromkeys(walked.left_out)
        else:
            paths.append(match)
    selection = _Selection()
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


def _walk(folder: str, *, must_open: bool = True) -> _Selection:
    """Returns the files of a folder and its subfolders, sorted, without hidden ones.

    Args:
        folder: The folder.
        must_open: Whether it is an error that the folder itself cannot be read.
    """
    paths: list[str] = []
    selection = _Selection()
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
        paths += [str(Path(parent, name)) for name in files if not name.startswith(".")]
    for path in sorted(map(_as_path, paths)):
        selection.add(path, LocalFile(path).problem())
    return selection


def local_inputs(paths: Iterable[str]) -> dict[Hashable, str]:
    """Returns the names of the files on this machine that paths are read from, by their keys.

    The key is that of `files.identity_of_file`. Of a URL in an archive, the file is the archive.
    """
    inputs: dict[Hashable, str] = {}
    for path in paths:
        file = stored_file(str(sample_path(path)) if path in SAMPLES else path)
        if isinstance(file, RemoteFile):
            local = file.local_path()
            identity = None if local is None else LocalFile(local).identity()
        else:
            identity = file.identity()
        if identity is not None:
            inputs[identity] = display_name(path)
    return inputs


def identity_of(path: str) -> Hashable:
    """Returns a key that all paths of the same file share; a sample set's name is one of them.

    Raises:
        SourceError: It cannot be determined.
    """
    return stored_file(str(sample_path(path)) if path in SAMPLES else path).identity()


def format_of_path(path: str) -> str:
    """Returns the format that the suffix of a path stands for; "text" if the suffix is unknown.

    >>> format_of_path("a.jsonl.gz"), format_of_path("https://host/a.csv?download=true")
    ('jsonl', 'csv')
    """
    filename = stored_file(path).filename
    if compression_of(filename):
        filename = filename[: -len(Path(filename).suffix)]
    suffix = Path(filename).suffix.lower()
    return next((name for name, known in FORMATS.items() if suffix in known.suffixes), "text")


def check_format(path: str, name: str) -> str:
    """Returns the format unchanged if the file at the path can be read in it.

    Raises:
        SourceError: It cannot.
    """
    if FORMATS[name].needs_seek and (path == STANDARD_INPUT or compression_of(path)):
        raise SourceError(
            f"{display_name(path)!r}: {name.title()} needs random access, so it must be a file, "
            "and the file as a whole must not be compressed; decompress it first."
        )
    return name


def find_languages(names: Iterable[tuple[str, str]]) -> list[NamedLanguage]:
    """Returns the language that each path of a source names, such as "corpus/gu/a.txt".

    Args:
        names: The name that somebody gave, and one of the paths that it selects.
    """
    return languages_of_paths([_named_part(name, path) for name, path in names])


def _named_part(name: str, path: str) -> tuple[Sequence[str], str]:
    """Returns the folders of a path that can name a language, and its stem.

    They are those below the folder or glob that was named, and this folder itself. Of a file that
    was named, they are the folders of a relative path, which somebody wrote for this file.
    """
    from glob import has_magic

    file = stored_file(path)
    stem = file.filename if isinstance(file, RemoteFile) else Path(path).name
    suffixes = [*COMPRESSIONS, *(suffix for known in FORMATS.values() for suffix in known.suffixes)]
    while (suffix := Path(stem).suffix.lower()) in suffixes:
        stem = stem[: -len(suffix)]
    folders = list(PurePosixPath(path).parent.parts if "://" in path else Path(path).parent.parts)
    named = PurePosixPath(name).parts if "://" in name else Path(name).parts
    if ".." not in named and not Path(name).is_absolute() and "://" not in name:
        return folders, stem
    first_magic = next((place for place, part in enumerate(named) if has_magic(part)), None)
    start = len(named) - 1 if first_magic is None else first_magic
    return folders[start:], stem
