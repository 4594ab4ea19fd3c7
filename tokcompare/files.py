"""Files: tells which paths are the same file and how a file has changed, and hides secrets of URLs.

Sources, encodings, output and checkpoints need this, so it stands below them.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote

_URL = re.compile(r"[A-Za-z][\w+.-]*(::[A-Za-z][\w+.-]*)*://")
_URL_IN_TEXT = re.compile(rf"{_URL.pattern}[^\s'\"<>`]+")
# The last link may be the path of a local archive.
_NEXT_LINK = re.compile(r"::(?=[A-Za-z][\w+.-]*(?:::|://|$)|[^:@]*$)")
_COLLAPSED = re.compile(r"(?<=[\w+.-]{2}):/(?=[^/])")
"""The beginning of a URL that somebody made a `Path` of, which keeps one slash of two."""

_PORT = re.compile(r"\d*(?:[/?#]|$)")

_NAMED_BEFORE_AT = (
    *("abfs", "abfss", "adl", "az", "wasb", "wasbs"),
    *("file", "libarchive", "local", "memory", "tar", "zip"),
)
"""Protocols in whose URLs a part before "@" is no user, but a container of Azure or a file."""

_OF_REPOSITORIES = ("github",)
"""Protocols in whose URLs it is the name of a repository, "owner:repository"."""

_HARMLESS = (
    *("alt", "branch", "config", "dataset", "date", "dl", "download", "export", "ext", "file"),
    *("filename", "format", "id", "inline", "lang", "language", "limit", "name", "offset", "page"),
    *("part", "path", "raw", "ref", "rev", "revision", "row", "rows", "sheet", "split", "start"),
    *("stop", "subset", "tag", "type", "version", "versionid", "year"),
)
"""The names of the parameters of a query whose values are shown. All others may be secrets."""

_HIDDEN = "***"


def is_url(path: str) -> bool:
    """Returns whether a path is a URL, or several that are chained by "::"."""
    return _URL.match(path) is not None


def split_links(url: str) -> list[str]:
    """Splits a chained URL.

    >>> split_links("zip://a.csv::simplecache::https://host/b.zip")
    ['zip://a.csv', 'simplecache', 'https://host/b.zip']
    """
    return _NEXT_LINK.split(url)


def without_secrets(path: str) -> str:
    """Returns a path in which the secrets of a URL are replaced by "***"; any other as it is.

    Secrets are names of users and passwords, and the values of a query and of a fragment, unless
    the name of the parameter says that they are harmless.

    >>> without_secrets("zip://a.csv::ftp://user:password@host/b.zip")
    'zip://a.csv::ftp://***@host/b.zip'
    >>> without_secrets("https://host/a.csv?download=true&token=x")
    'https://host/a.csv?download=true&token=***'
    """
    return _hide(path)[0]


def hide_secrets(text: str, *, of: str = "") -> str:
    """Returns a text, such as that of an error, without the secrets of the URLs that it names.

    Args:
        text: The text.
        of: A path. If it is a URL, its secrets are hidden wherever they stand in the text, also
            percent-encoded or decoded.
    """
    shown, secrets = _hide(of)
    if secrets:
        text = text.replace(of, shown)
    spellings = {
        spelling
        for secret in secrets
        for spelling in (secret, unquote(secret), quote(unquote(secret), safe=""))
        if len(spelling) > 1  # to hide each "a" would leave no message
    }
    for spelling in sorted(spellings, key=len, reverse=True):
        text = text.replace(spelling, _HIDDEN)
    return _URL_IN_TEXT.sub(lambda match: _hide(match.group())[0], text)


def _hide(path: str) -> tuple[str, list[str]]:
    """Returns a path without the secrets of a URL, and the secrets."""
    secrets: list[str] = []
    if not is_url(path):
        url = _COLLAPSED.sub("://", path)
        shown, secrets = _hide(url) if is_url(url) else (path, secrets)
        return shown if secrets else path, secrets
    links = [_hide_in_link(link, secrets) for link in split_links(path)]
    return "::".join(links), secrets


def _hide_in_link(link: str, secrets: list[str]) -> str:
    scheme, separator, rest = link.partition("://")
    scheme = scheme.lower()
    user, rest = _split_user(rest)
    if (user and (scheme in _NAMED_BEFORE_AT and ":" not in user)) or scheme in _OF_REPOSITORIES:
        user = f"{user}@" if user else ""
    elif user:
        secrets += [user, *user.split(":", 1)]
        user = f"{_HIDDEN}@"
    return f"{link[: len(scheme)]}{separator}{user}{_hide_in_query(scheme, rest, secrets)}"


def _split_user(rest: str) -> tuple[str, str]:
    """Splits a URL behind its scheme into the part before "@", which may be "", and the rest."""
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    end = host.rfind("@")
    if end < 0 and ":" in host and not _PORT.match(rest, rest.index(":") + 1):
        end = rest.rfind("@")  # a password with a "/", as those of AWS can have
    return (rest[:end], rest[end + 1 :]) if end >= 0 else ("", rest)


def _hide_in_query(scheme: str, rest: str, secrets: list[str]) -> str:
    start = re.search(r"[?#]", rest)
    if start is None:
        return rest

    def hide(match: re.Match[str]) -> str:
        mark, name, value = match.groups()
        if value is None and mark != "#" and name.lower() in _HARMLESS:  # such as "?raw"
            return match.group()
        if value is None:
            name, value = "", name
        if not value or name.lower() in _HARMLESS:
            return match.group()
        secrets.append(value)
        return f"{mark}{name}={_HIDDEN}" if name else f"{mark}{_HIDDEN}"

    # Elsewhere than on the web, "?" is a character of a glob and "#" one of a name.
    is_web = scheme in ("http", "https")
    pattern = r"([?#&;])([^?#&;=]*)(?:=([^?#&;]*))?" if is_web else r"([?#&;])([^?#&;=/]+)=([^&;]*)"
    place = start.start()
    return rest[:place] + re.sub(pattern, hide, rest[place:])


def identity_of_file(path: str) -> Hashable:
    """Returns a key that all paths of the same file share, also through links.

    If there is no such file, it is the key of the file that writing to the path would create.
    """
    try:
        return identity_of_status(os.stat(path))  # noqa: PTH116 - a path need not be one for Path
    except (OSError, ValueError):
        pass
    try:
        folder, name = os.path.split(os.path.realpath(path))
        return *identity_of_status(os.stat(folder)), os.path.normcase(name)  # noqa: PTH116
    except (OSError, ValueError):  # no folder either, or a NUL in the path
        return path


def identity_of_status(status: os.stat_result) -> tuple[int, int]:
    """Returns device and inode."""
    return status.st_dev, status.st_ino


def find_same(path: str, others: Iterable[str]) -> str | None:
    """Returns the first of other paths that is the same file as a path; None if none is."""
    identity = identity_of_file(path)
    return next((other for other in others if identity_of_file(other) == identity), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """What the storage says of a file. It differs once the file has changed.

    The time of the last access is no part of it.

    Attributes:
        size: The size in bytes; None if the storage does not tell.
        version: The time of the last modification in nanoseconds; of a remote file, what its
            storage says instead, such as an ETag.
        identity: Device and inode; None if they are not known, or not the same everywhere.
        changed: The time in nanoseconds at which the content, the links or the permissions changed
            last; None as for the identity.
        is_deleted: Whether the file has no name any more, and is only open still.
    """

    size: int | None
    version: int | str
    identity: tuple[int, int] | None = None
    changed: int | None = None
    is_deleted: bool = False

    @staticmethod
    def of(status: os.stat_result) -> FileState | None:
        """Returns the state of a regular file; None for anything else, such as a pipe."""
        if not stat.S_ISREG(status.st_mode):
            return None
        return FileState(
            size=status.st_size,
            version=status.st_mtime_ns,
            identity=identity_of_status(status),
            changed=status.st_ctime_ns,
            is_deleted=status.st_nlink == 0,
        )

    @property
    def anywhere(self) -> FileState:
        """The part of it that is the same on every machine that mounts the folder of the file."""
        return replace(self, identity=None, changed=None)

    def change(self, now: FileState | None) -> str:
        """Returns how the file has changed until now, for messages; "" if it has not."""
        if now is None:
            return "it is missing, cannot be read, or is no regular file any more"
        if self.identity and now.identity and self.identity != now.identity:
            return "it was replaced by another file"
        if now.is_deleted and not self.is_deleted:
            return "it was replaced by another file, or deleted"
        if self.size != now.size:
            if self.size is None or now.size is None:
                return "it was modified"
            verb = "grew" if self.size < now.size else "became shorter"
            return f"it {verb}, from {self.size:,} to {now.size:,} bytes"
        if self.version != now.version:
            return "it was modified"
        if self.changed and now.changed and self.changed != now.changed:
            return "it was modified, or its links or permissions were"
        return ""
