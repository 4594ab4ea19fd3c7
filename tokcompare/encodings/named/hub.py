"""The Hugging Face Hub: finds a tokenizer.json in its cache on disk, and downloads one if allowed.

The layout of the cache is documented, so that reading it needs no package. Downloading is left to
`huggingface_hub`, which also knows the user's token for gated repositories.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tokcompare.encodings.models import find_tokenizer_of_model
from tokcompare.encodings.named.catalogue import HubFile, NamedTokenizer
from tokcompare.errors import VocabularyError

FILENAME = "tokenizer.json"


def find_in_cache(tokenizer: NamedTokenizer) -> str | None:
    """Returns the path of a tokenizer.json in the cache; None if it has none for a tokenizer.

    The file is that of the pinned revision, or of another model with this tokenizer by the same
    publisher. If the SHA-256 of the file is known, only a file that has it is returned.

    Source: https://huggingface.co/docs/huggingface_hub/guides/manage-cache.
    """
    if tokenizer.hub is None:
        return None
    return next((str(p) for p in _candidates(tokenizer) if _is_right(p, tokenizer.hub)), None)


def find_damaged(tokenizer: NamedTokenizer) -> str:
    """Returns the path of the pinned file in the cache if it is not the known one, else ""."""
    if tokenizer.hub is None:
        return ""
    path = _pinned(tokenizer.hub)
    is_there = os.path.isfile(path)  # noqa: PTH113 - never raises an error
    return str(path) if is_there and not _is_right(path, tokenizer.hub) else ""


def download(tokenizer: NamedTokenizer) -> str:
    """Downloads the tokenizer.json of a tokenizer into the cache, and returns its path.

    A file of the pinned revision that is damaged is downloaded again.

    Raises:
        VocabularyError: There is none, it cannot be downloaded, or it is not the pinned one.
    """
    hub = tokenizer.hub
    if hub is None:
        raise VocabularyError(
            f"The models of {tokenizer.name!r} have no {FILENAME} on the Hugging Face Hub, so "
            "there is nothing to download."
        )
    try:
        from huggingface_hub import hf_hub_download
    except ImportError as error:
        raise VocabularyError(
            f"To download {tokenizer.name!r} needs the package `huggingface_hub`: "
            "pip install 'tokcompare[hub]'"
        ) from error
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        with _quiet():
            path = hf_hub_download(
                hub.repository,
                FILENAME,
                revision=hub.revision,
                force_download=bool(find_damaged(tokenizer)),
            )
    # A lost connection is an OSError, or an error of the library that fetches.
    except (OSError, LocalEntryNotFoundError, HFValidationError) as error:
        raise VocabularyError(_explain(tokenizer, hub, error)) from None
    except Exception as error:
        raise VocabularyError(_explain(tokenizer, hub, error)) from error
    if not _is_right(Path(path), hub):
        raise VocabularyError(
            f"The {FILENAME} of {hub.repository} at revision {hub.revision} is not the known one: "
            f"its SHA-256 is {_sha256(Path(path))}, that of {tokenizer.name!r} is {hub.sha256}. "
            f"If {path} is damaged, delete it; or give a file yourself: {tokenizer.name}=PATH."
        )
    return path


@contextmanager
def _quiet() -> Iterator[None]:
    """Holds back the warnings of `huggingface_hub`, such as one for each time it tries again."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _explain(tokenizer: NamedTokenizer, hub: HubFile, error: Exception) -> str:
    """Returns one line on a download that failed."""
    from huggingface_hub import errors

    what = f"{tokenizer.name!r} could not be downloaded: "
    give = f"Or give its file: {tokenizer.name}=PATH/{FILENAME}."
    if isinstance(error, errors.GatedRepoError):
        return (
            f"{what}the repository {hub.repository} is gated. Accept its licence at "
            f"https://huggingface.co/{hub.repository}, and set HF_TOKEN to your token. {give}"
        )
    if isinstance(error, errors.RepositoryNotFoundError):
        return (
            f"{what}the hub has no repository {hub.repository}, or shows it only to some users, "
            f"who set HF_TOKEN. {give}"
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return f"{what}{hub.repository} has no revision {hub.revision} any more. {give}"
    if isinstance(error, errors.RemoteEntryNotFoundError):
        return f"{what}{hub.repository} has no {FILENAME} at revision {hub.revision}. {give}"
    if isinstance(error, errors.LocalEntryNotFoundError):
        return (
            f"{what}the hub cannot be reached, and {hub.repository} is not in its cache "
            f"({cache_folder()}). {give}"
        )
    first = (str(error).splitlines() or [""])[0]
    return f"{what}{type(error).__name__}: {first} {give}"


def cache_folder() -> Path:
    """Returns the folder of the hub's cache, found as `huggingface_hub` does."""
    for variable in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(variable):
            return _expand(os.environ[variable])
    if os.environ.get("HF_HOME"):
        return _expand(os.environ["HF_HOME"]) / "hub"
    return _expand(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface" / "hub"


def _expand(path: str) -> Path:
    return Path(os.path.expandvars(os.path.expanduser(path)))  # noqa: PTH111 - never fails


def _candidates(tokenizer: NamedTokenizer) -> Iterator[Path]:
    """Yields the files in the cache that may be those of a tokenizer, the pinned one first."""
    hub = tokenizer.hub
    assert hub is not None
    folder = cache_folder()
    yield _pinned(hub)
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError:
        return
    start = f"models--{tokenizer.publisher}--"
    for name in names:
        model = name.removeprefix(start)
        if model != name and find_tokenizer_of_model(model) == tokenizer.name:
            yield from _snapshots(folder / name)


def _pinned(hub: HubFile) -> Path:
    repository = cache_folder() / f"models--{hub.repository.replace('/', '--')}"
    return repository / "snapshots" / hub.revision / FILENAME


def _snapshots(repository: Path) -> Iterator[Path]:
    """Yields the tokenizer.json of each revision, that of "main" first."""
    try:
        main = (repository / "refs" / "main").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        main = ""
    try:
        revisions = sorted(os.listdir(repository / "snapshots"))  # noqa: PTH208
    except OSError:
        return
    for revision in sorted(revisions, key=lambda each: each != main):
        yield repository / "snapshots" / revision / FILENAME


def _is_right(path: Path, hub: HubFile) -> bool:
    """Returns whether a file is there, and is the known one if one is known."""
    if not os.path.isfile(path):  # noqa: PTH113 - unlike Path.is_file, this never raises an error
        return False
    return not hub.sha256 or _sha256(path) == hub.sha256


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
