"""Names to paths: the files that a name selects, and the format and language of a path.

A name selects a file, the files of a folder, or the matches of a glob. No file is opened here.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path, PurePosixPath

from tokcompare.bundled import SAMPLES, sample_path
from tokcompare.errors import SourceError, suggestion
from tokcompare.languages import NamedLanguage, languages_of_paths
from tokcompare.sources.compression import COMPRESSIONS, compression_of
from tokcompare.sources.folders.walk import IsIgnored, Selection, match, walk
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


def expand(
    name: str, is_ignored: IsIgnored | None = None
) -> tuple[list[str], list[str], list[str]]:
    """Returns the paths that a name selects: itself, the files of a folder, or matches of a glob.

    Of a folder and a glob, only regular files and links to them are selected. Files that describe
    the others (README.md, _SUCCESS, dataset_info.json) are left out of a folder, and of a glob that
    names no part of the file's name, if the suffix of another file is that of a format.

    Args:
        name: The name.
        is_ignored: What is ignored in folders and globs; None ignores nothing.

    Returns:
        The paths; notes on those that are left out; and those that are left out because they cannot
        be read, each with the reason.

    Raises:
        SourceError: There are none.
    """
    selection = _expand(name, is_ignored)
    shown = display_name(name)
    paths: list[str] = selection.paths
    notes: list[str] = []
    if selection.ignored:
        number = selection.ignored
        are = "1 file or folder is" if number == 1 else f"{number:,} files or folders are"
        notes.append(f"{shown!r}: {are} left out, because Git ignores them.")
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


def _expand(name: str, is_ignored: IsIgnored | None) -> Selection:
    if name in SAMPLES or name == STANDARD_INPUT:
        return Selection([name])
    file = stored_file(name)
    if isinstance(file, RemoteFile):
        selection = Selection()
        for path, problem in file.expand():
            selection.add(path, problem)
        return selection
    if not name:
        raise SourceError("The name of a source is empty; for the current folder, write '.'.")
    try:
        if Path(name).is_dir():
            found = walk(name, is_ignored=is_ignored)
            if found.paths or found.left_out:
                return found
            if found.ignored:
                raise SourceError(f"Git ignores all files in the folder {file.name!r}.")
            raise SourceError(f"There is no file in the folder {file.name!r}.")
        if Path(name).exists():
            return Selection([name])
        Path(name).lstat()  # raises the error that says why it does not exist
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise unreadable(file.name, error) from error
    import glob

    if glob.has_magic(name):
        found = match(name, is_ignored=is_ignored)
        if found.paths or found.left_out:
            return found
        if found.ignored:
            raise SourceError(f"Git ignores all files that match {file.name!r}.")
        raise SourceError(f"No file matches {file.name!r}.")
    sets = ", ".join(SAMPLES)
    raise SourceError(
        f"{file.name!r} does not exist.{suggestion(name, SAMPLES)} A source is a file, a folder, a "
        f"glob, - for standard input, or a built-in sample set ({sets})."
    )


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
