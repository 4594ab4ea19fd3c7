"""Stored files: local files, standard input, and URLs that fsspec can open.

fsspec is an extra, and so is its package for each protocol (s3://, gs://, abfs://, hf://); they are
imported when the first URL is used. Only the files that are named are downloaded.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, Protocol

from tokcompare.errors import ChangedFileError, SourceError
from tokcompare.files import (
    FileState,
    identity_of_file,
    identity_of_status,
    is_url,
    without_secrets,
)
from tokcompare.sources.remote.access import (
    ask,
    find,
    locate,
    open_remote,
    protocols,
    state_of,
)
from tokcompare.sources.remote.chains import leads_out, parse_chain

STANDARD_INPUT = "-"
"""The path that stands for standard input."""


class StoredFile(Protocol):
    """A file to read, wherever it is stored. Nothing is opened before a method is called."""

    @property
    def name(self) -> str:
        """The name in messages and output: the path, with undecodable bytes escaped."""

    @property
    def filename(self) -> str:
        """The last component of the path, whose suffixes tell format and compression."""

    @property
    def absolute_path(self) -> str:
        """A path that names the same file from every working directory."""

    @property
    def is_local(self) -> bool:
        """Whether the operating system can open the path, in every process of this machine."""

    def open(self) -> contextlib.AbstractContextManager[IO[bytes]]:
        """Opens the file for reading.

        Raises:
            SourceError: It cannot be opened.
        """

    def size(self) -> int | None:
        """Returns the stored size in bytes, before decompression; None if it is unknown."""

    def state(self, opened: IO[bytes] | None = None) -> FileState | None:
        """Returns the state of the file; None if it has none, such as standard input.

        Args:
            opened: The open file, if it is the state of this one, at this moment; None for the
                state of the file that has the path.

        Raises:
            SourceError: The open file cannot be asked.
        """

    def identity(self) -> Hashable:
        """Returns a key that all paths of the same file share.

        Raises:
            SourceError: It cannot be determined.
        """


def stored_file(path: str, *, name: str | None = None) -> StoredFile:
    """Returns the file that a path or URL names.

    Args:
        path: The path or URL, or "-".
        name: The name of the file in messages; None for that of the path.

    >>> stored_file("s3://bucket/a.parquet"), stored_file("corpus.jsonl"), stored_file("-")
    (RemoteFile(path='s3://bucket/a.parquet'), LocalFile(path='corpus.jsonl'), StandardInput())
    """
    if path == STANDARD_INPUT:
        return StandardInput()
    return RemoteFile(path, name) if is_url(path) else LocalFile(path, name)


def display_name(path: str) -> str:
    """Returns the name of a file in messages and output."""
    return stored_file(path).name


@contextlib.contextmanager
def open_unchanged(file: StoredFile, planned: FileState | None) -> Iterator[IO[bytes]]:
    """Opens a file for reading, and checks before and after that it does not change.

    Args:
        file: The file.
        planned: Its state when it was planned to be read; None if it was not planned.

    Raises:
        SourceError: It cannot be opened, read or closed.
        ChangedFileError: It is not in the state that was planned, or has changed while it was read.
            This error replaces those of the reader, which a change may have caused.
    """
    with contextlib.ExitStack() as opened:
        raw = opened.enter_context(file.open())
        is_checked = file.is_local or planned is not None or _is_read_in_parts(raw)
        begun = file.state(raw) if is_checked else None
        check_unchanged(file, planned, begun)
        try:
            yield raw
        except Exception:
            if is_checked:
                check_unchanged(file, begun, file.state(raw))
            raise
        if is_checked:
            check_unchanged(file, begun, file.state(raw))
        try:
            opened.close()
        except OSError as error:  # A network file system may find out at the end.
            raise unreadable(file.name, error) from error


def _is_read_in_parts(raw: IO[bytes]) -> bool:
    """Returns whether a remote file takes several requests, between which it may change."""
    size = getattr(raw, "size", None)
    return size is None or size > getattr(raw, "blocksize", 0)


def check_unchanged(file: StoredFile, before: FileState | None, now: FileState | None) -> None:
    """Checks that a file is still in the state that it was in before.

    Raises:
        ChangedFileError: It is not.
    """
    if before is not None and (change := before.change(now)):
        raise ChangedFileError(
            f"{file.name!r} changed while it was counted: {change}. Nothing is reported, because "
            "the numbers would be of no single state of the file. Count it when nothing writes to "
            "it, or count a copy."
        )


def unreadable(name: str, error: OSError | ValueError) -> SourceError:
    """Returns the error for a file that the operating system refuses to open."""
    reason = error.strerror if isinstance(error, OSError) and error.strerror else error
    return SourceError(f"{name!r} cannot be read: {reason}.")


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that the operating system can open."""

    path: str
    given_name: str | None = field(default=None, repr=False)
    is_local = True

    @property
    def name(self) -> str:
        """The given name; else the path, with undecodable bytes escaped."""
        return self.given_name or _escape_undecodable(without_secrets(self.path))

    @property
    def filename(self) -> str:
        """The last component of the path."""
        return Path(self.path).name

    @property
    def absolute_path(self) -> str:
        """The path from the root."""
        return os.path.abspath(self.path)  # noqa: PTH100 - Path.absolute keeps ".."

    def open(self) -> IO[bytes]:
        """Opens the file for reading.

        Raises:
            SourceError: It cannot be opened.
        """
        try:
            return Path(self.path).open("rb")
        except (OSError, ValueError) as error:
            # The name of a sample set does not say which file is missing.
            shown = LocalFile(self.path).name
            raise unreadable(self.name if shown.endswith(self.name) else shown, error) from error

    def size(self) -> int | None:
        """Returns the size in bytes; None if it is not a regular file, such as a pipe."""
        status = self._status()
        return status.st_size if status else None

    def state(self, opened: IO[bytes] | None = None) -> FileState | None:
        """Returns the size, time and identity of the file; None if it is not a regular file."""
        if opened is None:
            status = self._status()
            return FileState.of(status) if status else None
        try:
            return FileState.of(os.fstat(opened.fileno()))
        except OSError as error:
            raise unreadable(self.name, error) from error

    def identity(self) -> Hashable:
        """Returns the key that all paths of the file share: see `files.identity_of_file`."""
        return identity_of_file(self.path)

    def problem(self) -> str:
        """Returns why a walk through its folder leaves it out, such as "is a socket"; "" if not."""
        try:
            mode = Path(self.path).stat().st_mode
        except (OSError, ValueError) as error:
            is_link = Path(self.path).is_symlink()
            reason = error.strerror if isinstance(error, OSError) else error
            return "is a link that leads nowhere" if is_link else f"cannot be read: {reason}"
        kinds = [
            (stat.S_ISFIFO, "a named pipe"),
            (stat.S_ISSOCK, "a socket"),
            (stat.S_ISDIR, "a link to a folder"),
        ]
        if stat.S_ISREG(mode):
            return ""
        return f"is {next((kind for is_kind, kind in kinds if is_kind(mode)), 'a device')}"

    def _status(self) -> os.stat_result | None:
        """Returns the status of a regular file; None if it is something else or missing."""
        try:
            status = Path(self.path).stat()
        except (OSError, ValueError):
            return None
        return status if stat.S_ISREG(status.st_mode) else None


@dataclass(frozen=True, slots=True)
class StandardInput:
    """Standard input, which is read once and from beginning to end."""

    name = "(standard input)"
    filename = STANDARD_INPUT
    absolute_path = STANDARD_INPUT
    is_local = False  # each process has a standard input of its own

    def open(self) -> contextlib.AbstractContextManager[IO[bytes]]:
        """Opens standard input; leaving the context does not close it.

        Raises:
            SourceError: It is closed.
        """
        raw: IO[bytes] | None = getattr(sys.stdin, "buffer", None)
        if raw is None:
            raise SourceError("Standard input is closed; name a file.")
        return contextlib.nullcontext(raw)

    def size(self) -> None:
        """Returns None: the size is unknown."""

    def state(self, opened: IO[bytes] | None = None) -> None:
        """Returns None: it cannot be read again."""

    def identity(self) -> Hashable:
        """Returns device and inode, which a file redirected to standard input shares."""
        try:
            return identity_of_status(os.fstat(sys.stdin.fileno()))
        except (OSError, ValueError, AttributeError):  # it is closed, or not a file
            return STANDARD_INPUT


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at a URL that fsspec can open."""

    path: str
    given_name: str | None = field(default=None, repr=False)
    is_local = False  # nor is "file://": only fsspec opens URLs

    def __repr__(self) -> str:
        """Shows the URL without its secrets."""
        return f"RemoteFile(path={without_secrets(self.path)!r})"

    @property
    def name(self) -> str:
        """The given name; else the URL without its secrets, with undecodable bytes escaped."""
        return self.given_name or _escape_undecodable(without_secrets(self.path))

    @property
    def filename(self) -> str:
        """The last component of the path; of a file in an archive, of its path in there.

        >>> RemoteFile("https://host/a.jsonl?download=true").filename
        'a.jsonl'
        >>> RemoteFile("zip://a.csv::s3://b/c.zip").filename
        'a.csv'
        """
        scheme, _, path = parse_chain(self.path).url.partition("::")[0].partition("://")
        return Path(re.split(r"[?#]", path)[0] if scheme in ("http", "https") else path).name

    @property
    def absolute_path(self) -> str:
        """The URL."""
        return self.path

    def expand(self) -> list[tuple[str, str]]:
        """Finds the files that the URL names: a file, or those of a folder or a glob.

        Returns:
            Their URLs, each with the reason why it is not to be read, or "".

        Raises:
            SourceError: There are none, or the storage cannot be reached.
        """
        system, path = self._locate()
        chain = parse_chain(self.path)
        if leads_out(chain, path):
            raise SourceError(
                f"{self.name!r} leads out of the archive, and such a member is not read. If you "
                "trust the archive, unpack it, and name the file."
            )
        found = ask(self.path, self.name, partial(find, system, path))
        if found is None:
            return [(self.path, "")]
        if not found:
            raise SourceError(f"No file matches {self.name!r}.")
        is_local = "file" in protocols(system)
        expanded = []
        for each, problem in found.items():
            if leads_out(chain, each):
                problem = "leads out of the archive"
            elif is_local:
                problem = problem or LocalFile(each).problem()
            url = chain.url_of(path, each, system.unstrip_protocol(each))
            expanded.append((url, problem))
        return expanded

    def local_path(self) -> str | None:
        """Returns the path of the local file that it is, or is in; None if it is elsewhere."""
        innermost = self.path.rpartition("::")[2]
        if not is_url(innermost):
            return innermost
        if innermost.partition("://")[0].lower() not in ("file", "local"):
            return None
        try:
            from fsspec.implementations.local import LocalFileSystem
        except ImportError:  # an error when it is opened
            return None
        return str(LocalFileSystem._strip_protocol(innermost))

    def open(self) -> IO[bytes]:
        """Opens the file for reading.

        Raises:
            SourceError: It cannot be opened.
        """
        return open_remote(self.path, self.name)

    def size(self) -> int | None:
        """Returns the size in bytes; None if the storage does not tell."""
        try:
            system, path = self._locate()
            size: int | None = system.size(path)
        except Exception:  # opening the file raises an error that explains it
            return None
        return size

    def state(self, opened: IO[bytes] | None = None) -> FileState | None:
        """Returns size and version, such as an ETag; None if the storage does not tell.

        Of a file on this machine, or in an archive there, it is the state of that file.
        """
        try:
            local = self.local_path()
            if local is not None:
                return LocalFile(local).state()
            system, path = self._locate()
            if opened is not None:
                # Else the listing that the file was found by answers.
                system.invalidate_cache(system._parent(path))
            return state_of(system.info(path))
        except Exception:
            return None

    def identity(self) -> Hashable:
        """Returns the URL in its full form; of a local file ("file://") device and inode.

        Raises:
            SourceError: The URL cannot be resolved.
        """
        system, path = self._locate()
        if "::" in self.path:
            return self.path
        if "file" in protocols(system):
            return LocalFile(path).identity()
        return system, path  # a system is equal to those of the same host, user and options

    def _locate(self) -> tuple[Any, str]:
        """Returns the fsspec file system of the file, and the path there."""
        return locate(self.path, self.name)


def _escape_undecodable(path: str) -> str:
    try:
        content = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # not a path that can exist, but one that can be given
        content = path.encode("utf-8", "backslashreplace")
    return content.decode("utf-8", "backslashreplace")
