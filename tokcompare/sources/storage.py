"""Files that stand elsewhere: URLs that fsspec understands, such as s3://, gs://, abfs:// and hf://.

fsspec is an extra, and so is what it needs for each kind; they are imported when a URL is named.
Nothing is downloaded but what is named.
"""

from __future__ import annotations

import functools
import re
from typing import IO, Any

from tokcompare.errors import SourceError


def is_url(name: str) -> bool:
    """Returns whether the name of a source is a URL.

    >>> is_url("s3://bucket/*.parquet"), is_url("corpus.jsonl")
    (True, False)
    """
    return re.match(r"[A-Za-z][\w+.-]*(::[A-Za-z][\w+.-]*)*://", name) is not None


def name_in_url(url: str) -> str:
    """Returns the path in a URL, of several that stand in each other that of the file itself.

    >>> name_in_url("https://host/a.jsonl?download=true"), name_in_url("zip://a.csv::s3://b/c.zip")
    ('host/a.jsonl', 'a.csv')
    """
    scheme, _, path = url.partition("::")[0].partition("://")
    return re.split(r"[?#]", path)[0] if scheme in ("http", "https") else path


def expand_url(url: str) -> list[str]:
    """Returns the URLs of the files that a URL stands for: a file, a folder, or a glob.

    Raises:
        SourceError: It stands for none, or it cannot be found out.
    """
    import glob

    system, path = _find(url)
    try:
        if system.isfile(path):
            return [url]
        if system.isdir(path):
            found = sorted(system.find(path))
        elif glob.has_magic(path):
            found = [p for p in sorted(system.glob(path)) if not system.isdir(p)]
        else:
            system.info(path)  # its error says what is wrong
            return [url]
    except Exception as error:  # each of the many kinds has errors of its own
        raise _unreadable(url, error) from error
    if not found:
        raise SourceError(f"No file matches {url!r}.")
    within = "".join(url.partition("::")[1:])
    return [f"{system.unstrip_protocol(path)}{within}" for path in found]


def identity_of_url(url: str) -> str:
    """Returns what is the same for two URLs of the same file; of a file of this machine its path.

    Raises:
        SourceError: It cannot be found out.
    """
    system, path = _find(url)
    if "::" in url:
        return url
    protocols = [system.protocol] if isinstance(system.protocol, str) else system.protocol
    return path if "file" in protocols else str(system.unstrip_protocol(path))


def open_url(url: str) -> IO[bytes]:
    """Opens the file at a URL.

    Raises:
        SourceError: It cannot be opened.
    """
    system, path = _find(url)
    try:
        file: IO[bytes] = system.open(path, "rb")
    except Exception as error:
        raise _unreadable(url, error) from error
    return file


def size_of_url(url: str) -> int | None:
    """Returns how many bytes there are at a URL; None if that is not known."""
    try:
        system, path = _find(url)
        size: int | None = system.size(path)
    except Exception:  # who opens it says what is wrong
        return None
    return size


def state_of_url(url: str) -> str | None:
    """Returns what changes when the file at a URL does; None if that is not known."""
    try:
        system, path = _find(url)
        return str(system.checksum(path))
    except Exception:
        return None


# An archive's file system must be kept for as long as one of its files is open.
@functools.lru_cache(maxsize=64)
def _find(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise SourceError(
            f"{url!r}: to read what stands elsewhere, fsspec is needed: "
            "pip install 'tokcompare[remote]'"
        ) from error
    try:
        system, path = url_to_fs(url)
    except Exception as error:
        raise _unreadable(url, error) from error
    return system, path


def _unreadable(url: str, error: Exception) -> SourceError:
    reason = str(error) or type(error).__name__
    if isinstance(error, FileNotFoundError):
        reason = "there is no such file"
    return SourceError(f"{url!r} cannot be read: {reason.rstrip('.')}.")
