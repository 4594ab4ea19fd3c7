"""Names and paths of encodings: tells paths from names, checks names, and reads files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.errors import ArgumentError, VocabularyError

_RANK_LINE = re.compile(rb"[A-Za-z0-9+/=]+ \d+\r?\n")


def is_rank_file(path: str) -> bool:
    """Returns whether a path is that of a rank file: it ends in .tiktoken, or is a .model of ranks.

    Llama 3 and 4 have a rank file that is called tokenizer.model. Most others of that name are
    models of SentencePiece.
    """
    if not path.lower().endswith(".model"):
        return path.lower().endswith(".tiktoken")
    try:
        with Path(path).expanduser().open("rb") as file:
            return has_ranks(file.read(1 << 12))
    except (OSError, ValueError, RuntimeError):
        return False


def has_ranks(start: bytes) -> bool:
    """Returns whether a file that begins like this is a rank file."""
    return _RANK_LINE.match(start) is not None


def is_path(given: str) -> bool:
    """Returns whether a string is the path of a file that defines an encoding."""
    return given.lower().endswith(".json") or is_rank_file(given)


def file_in_folder(given: str) -> str:
    """Returns the path of the tokenizer.json in a folder; any other string as it is."""
    path = os.path.join(given, "tokenizer.json")  # noqa: PTH118
    # Unlike Path.is_file, this never raises an error.
    return path if os.path.isfile(path) else given  # noqa: PTH113


def path_of(given: object) -> str | None:
    """Returns the path of the file that defines a given encoding; None if none does.

    A path that cannot be right is none, too: loading the encoding says why.
    """
    if isinstance(given, os.PathLike):
        given = os.fspath(given)
    if not isinstance(given, str) or given in VOCABULARIES:
        return None
    try:
        named = split_name(file_in_folder(given))
    except ArgumentError:
        return None
    if named is None or "://" in named[1]:
        return None
    return os.path.expanduser(named[1])  # noqa: PTH111 - unlike Path.expanduser, it never fails


def split_name(given: str) -> tuple[str, str] | None:
    """Splits NAME=PATH. A path without a name gets the encoding's default name.

    Returns:
        The name of the encoding and the path of its file; None if no path was given.

    Raises:
        ArgumentError: NAME= is not followed by a path.
    """
    name, equals, path = given.partition("=")
    if equals and not set(name) & set("/\\"):
        if not is_path(path):
            # A file of another kind, or a .model that is not there: loading says so.
            is_foreign = "://" in path or os.path.exists(path)  # noqa: PTH110
            if is_foreign or path.lower().endswith(".model"):
                return None
            raise ArgumentError(
                f"{given!r} is not NAME=PATH: the path must end in .json, .tiktoken or .model."
            )
        return name, path
    return (default_name(given), given) if is_path(given) else None


def names_of_rank_files(given: Iterable[str]) -> list[str]:
    """Returns the names of the encodings that are rank files; loading says what is wrong."""
    names = []
    for each in given:
        path = path_of(each)
        named = split_name(each) if path is not None else None
        if named is not None and is_rank_file(named[1]):
            names.append(named[0])
    return names


def default_name(path: str) -> str:
    """Returns the name of a file's encoding, if the caller gives no other.

    Most files are called tokenizer.json or tokenizer.model, and their folder has the name of the
    model. In Hugging Face's cache they are
    models--Qwen--Qwen3-8B/snapshots/<revision>/tokenizer.json.
    """
    if Path(path).name.lower() not in ("tokenizer.json", "tokenizer.model"):
        return Path(path).stem
    folder = Path(absolute_path(path)).parent
    if folder.parent.name == "snapshots" and folder.parent.parent.name.startswith("models--"):
        return folder.parent.parent.name.rpartition("--")[2]
    return folder.name


def absolute_path(path: str) -> str:
    """Returns the absolute path of a file, with "~" expanded.

    Links are not followed: in Hugging Face's cache they lead to a file without a proper name.

    Raises:
        VocabularyError: The path begins with the home folder of a user who does not exist.
    """
    try:
        return os.path.abspath(Path(path).expanduser())  # noqa: PTH100 - Path.absolute keeps ".."
    except RuntimeError as error:
        raise VocabularyError(f"The path {path!r} cannot be resolved: {error}") from error


def require_valid_name(name: str, given: object) -> str:
    """Returns a name unchanged if signatures and names of columns can contain it.

    Args:
        name: The name of an encoding.
        given: The encoding as the caller gave it, for the error message.

    Raises:
        ArgumentError: The name is empty, or has a character that is not allowed.
    """
    if not name or not name.isprintable() or set(name) & set(" |,=@"):
        raise ArgumentError(
            f"{given!r} would be called {name!r}, but a name must consist of printable characters "
            "other than spaces and | , = @. A file can be given another name: NAME=PATH."
        )
    return name


def given_twice(name: str, first: object, second: object) -> ArgumentError:
    """Returns the error for an encoding that was given twice, perhaps in different ways.

    Args:
        name: The name of the encoding.
        first: What the caller gave first.
        second: What the caller gave later.
    """
    if first == second:
        return ArgumentError(f"The encoding {name!r} was given twice; once is enough.")
    if any(isinstance(given, str) and is_path(given) for given in (first, second)):
        return ArgumentError(
            f"{first!r} and {second!r} would both be called {name!r}; name one of them: NAME=PATH."
        )
    if second == name:
        return ArgumentError(
            f"The encoding {name!r} was already given, as {first!r}; once is enough."
        )
    return ArgumentError(
        f"{second!r} is the encoding {name!r}, which was already given; once is enough."
    )


def require_unreserved_name(name: str, path: str, sha256: str) -> None:
    """Raises an ArgumentError if a file has the name of an OpenAI encoding that it is not."""
    if name in VOCABULARIES and sha256 != VOCABULARIES[name].sha256:
        raise ArgumentError(
            f"The file {path!r} is not {name!r}, which is an encoding of tiktoken. Give it another "
            "name: NAME=PATH."
        )


def read_file(path: str) -> bytes:
    """Returns the content of a file.

    Raises:
        VocabularyError: The file does not exist or cannot be read.
    """
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else error
        raise VocabularyError(f"The file {path!r} cannot be read: {reason}.") from error
