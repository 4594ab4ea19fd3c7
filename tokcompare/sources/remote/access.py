"""Access to remote files by fsspec, whose errors may repeat a URL with its secrets: none does here.

fsspec is imported when the first URL is used.
"""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Mapping
from functools import partial
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from tokcompare.errors import SourceError
from tokcompare.files import FileState, hide_secrets, without_secrets
from tokcompare.sources.remote.chains import parse_chain

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_T = TypeVar("_T")
_BLOCK = 1 << 20


# The file system of an archive must be kept while one of its files is open.
@functools.lru_cache(maxsize=64)
def locate(url: str, name: str) -> tuple[Any, str]:
    """Returns the fsspec file system of a URL, and the path there.

    Args:
        url: The URL.
        name: Its name in messages.

    Raises:
        SourceError: fsspec is missing, or cannot do it.
    """
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise SourceError(
            f"{name!r}: reading a URL needs fsspec: pip install 'tokcompare[remote]'"
        ) from error
    chain = parse_chain(url)
    options: dict[str, Any] = {}
    if chain.cached:
        # Its copy is no file of fsspec, so the system must not be found by its options again.
        copy = open_remote(chain.cached, name)
        options = {chain.innermost: {"fo": copy, "skip_instance_cache": True}}
    found: tuple[Any, str] = ask(url, name, partial(url_to_fs, chain.url, **options))
    return found


def protocols(system: Any) -> tuple[str, ...]:
    """Returns the protocols of an fsspec file system."""
    return (system.protocol,) if isinstance(system.protocol, str) else tuple(system.protocol)


def find(system: Any, path: str) -> dict[str, str] | None:
    """Returns the files of a folder or a glob, in order; None if the path is that of a file.

    Returns:
        The paths of the files, each with the reason why it is not to be read, or "".
    """
    import glob

    if system.isfile(path):
        return None
    if system.isdir(path):
        return dict.fromkeys(sorted(system.find(path)), "")
    if glob.has_magic(path):
        folder = "" if "**" in path else "is a folder, and is read only if it is named"
        found = {each: folder * system.isdir(each) for each in sorted(system.glob(path))}
        return {each: why for each, why in found.items() if why or not system.isdir(each)}
    system.info(path)  # raises the error that says why it is neither
    return None


# In this order: a digest of the content says most. A time of access, which some name too, says
# nothing.
_VERSIONS = (
    *("ETag", "etag", "blob_id", "sha", "md5Hash", "CRC", "generation"),
    *("mtime", "LastModified", "last_modified", "updated", "modified", "created"),
)


def state_of(info: Mapping[str, Any]) -> FileState:
    """Returns the state of a file by what fsspec knows of it."""
    known = next((info[name] for name in _VERSIONS if info.get(name) is not None), "")
    # Listings and single answers quote an ETag differently.
    return FileState(size=info.get("size"), version=str(known).strip('"'))


def open_remote(url: str, name: str) -> IO[bytes]:
    """Opens a remote file for reading; behind a cache, a copy of it in a file without a name.

    Raises:
        SourceError: It cannot be opened.
    """
    system, path = locate(url, name)
    stream = cast(IO[bytes], _Stream(ask(url, name, partial(system.open, path, "rb")), url))
    if not parse_chain(url).caches:
        return stream
    import shutil  # with `tempfile` takes 9 ms
    import tempfile

    copy = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    with stream:
        ask(url, name, partial(shutil.copyfileobj, stream, copy, _BLOCK))
    copy.seek(0)
    return copy


def ask(url: str, name: str, call: Callable[[], _T]) -> _T:
    """Calls fsspec.

    Args:
        url: The URL.
        name: Its name in messages.
        call: The call.

    Raises:
        SourceError: It failed. Each storage has errors of its own.
    """
    try:
        return call()
    except SourceError:
        raise
    except Exception as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else ""
        reason = reason or hide_secrets(str(error) or type(error).__name__, of=url)
        failure = SourceError(f"{name!r} cannot be read: {reason.rstrip('.')}.")
        if not _tells_secret(error, url):
            raise failure from error
    # Not in the handler: an error that tells a secret is not even the context of this one.
    raise failure


def _tells_secret(error: BaseException | None, url: str) -> bool:
    while error is not None:
        texts = [str(error), repr(error)]
        if any(hide_secrets(text, of=url) != text for text in texts):
            return True
        error = error.__cause__ or error.__context__
    return False


class _Stream(io.RawIOBase):
    """An open remote file. Its errors are those that readers of files expect."""

    def __init__(self, raw: Any, url: str) -> None:
        self._raw, self._url = raw, url
        self.size: int | None = getattr(raw, "size", None)
        self.blocksize: int = getattr(raw, "blocksize", 0)

    def __repr__(self) -> str:
        return f"<remote file {without_secrets(self._url)!r}>"

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return bool(self._raw.seekable())

    def read(self, size: int | None = -1) -> bytes:
        return self._call(lambda: bytes(self._raw.read(-1 if size is None else size)))

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        content = self.read(len(view))
        view[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._call(lambda: int(self._raw.seek(offset, whence)))

    def tell(self) -> int:
        return int(self._raw.tell())

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()

    def _call(self, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except EOFError:
            raise
        except Exception as error:
            if not _tells_secret(error, self._url):
                raise
            failure = OSError(hide_secrets(str(error) or type(error).__name__, of=self._url))
        raise failure
