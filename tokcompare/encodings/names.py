"""Files that define an encoding: how they are told from names, called, and read."""

from __future__ import annotations

import os
from pathlib import Path

from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.errors import ArgumentError, VocabularyError


def is_rank_file(path: str) -> bool:
    """Returns whether a path is that of a rank file."""
    return path.lower().endswith(".tiktoken")


def is_path(given: str) -> bool:
    """Returns whether what was given for an encoding is a path, by its end."""
    return is_rank_file(given) or given.lower().endswith(".json")


def name_of_file(path: str) -> str:
    """Returns what the encoding of a file is called if nothing else is said."""
    if Path(path).name.lower() != "tokenizer.json":
        return Path(path).stem
    # Nearly all of them are called so, and stand in a folder called as the model.
    folder = Path(full_path(path)).parent
    # But in Hugging Face's cache: models--Qwen--Qwen3-8B/snapshots/<revision>/tokenizer.json.
    if folder.parent.name == "snapshots" and folder.parent.parent.name.startswith("models--"):
        return folder.parent.parent.name.rpartition("--")[2]
    return folder.name


def full_path(path: str) -> str:
    """Returns the path from the root, which leads to the same file from every working directory.

    Links are not followed: in Hugging Face's cache they lead to a file without a name.

    Raises:
        VocabularyError: It has the home of a user who is not there.
    """
    try:
        return os.path.abspath(Path(path).expanduser())  # noqa: PTH100 (that of Path keeps "..")
    except RuntimeError as error:
        raise VocabularyError(f"The path {path!r} leads nowhere: {error}") from error


def require_usable(name: str, given: object) -> str:
    """Returns a name that can stand in a signature and in the names of columns.

    Args:
        name: The name of an encoding.
        given: What was given for that encoding, for the message of an error.

    Raises:
        ArgumentError: It can not.
    """
    if not name or not name.isprintable() or set(name) & set(" |,=@"):
        raise ArgumentError(
            f"{given!r} would be called {name!r}, but a name must be of characters that print, "
            "without blanks and | , = @. For a file give another: NAME=PATH."
        )
    return name


def require_own_name(name: str, path: str, sha256: str) -> None:
    """Raises an ArgumentError if a file is called as an encoding of tiktoken that it is not."""
    if name in VOCABULARIES and sha256 != VOCABULARIES[name].sha256:
        raise ArgumentError(
            f"The file {path!r} is not {name!r}, which is an encoding of tiktoken. Give it another "
            "name: NAME=PATH."
        )


def read_file(path: str) -> bytes:
    """Returns what a file holds.

    Raises:
        VocabularyError: It is not there, or cannot be read.
    """
    try:
        return Path(path).read_bytes()
    # A path with a NUL in it is a ValueError.
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise VocabularyError(f"The file {path!r} cannot be read: {reason}.") from error
