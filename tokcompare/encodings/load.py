"""What counts tokens: an encoding found by its name, a model, a file, or an object of the user's.

Loading writes and registers nothing, downloads only what it was allowed to, and imports a library
when the first encoding of its kind is loaded. What a number of tokens means is not decided here.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from os import PathLike, fspath
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from tokcompare.encodings.kinds.bpe import (
    TiktokenEncoding,
    build_from_ranks,
    build_from_vocabulary,
    wrap_tiktoken,
)
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.kinds.rank_files import parse_rank_file, read_ranks
from tokcompare.encodings.protocol import Encoding, LoadedEncoding
from tokcompare.errors import ArgumentError, UnknownNameError, VocabularyError, unknown_name

if TYPE_CHECKING:
    import tiktoken

TiktokenName = Literal[
    "gpt2",
    "r50k_base",
    "p50k_base",
    "p50k_edit",
    "cl100k_base",
    "o200k_base",
    "o200k_harmony",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    """An encoding that is known by name and not yet loaded."""

    given: object
    name: str
    load: Callable[[], LoadedEncoding]
    takes_pattern: bool = False


EncodingLike: TypeAlias = "str | PathLike[str] | Encoding | tiktoken.Encoding"
"""What people may give for an encoding: see `load_encoding`."""


@overload
def load_encoding(
    name: TiktokenName, *, pattern: str | None = None, allow_download: bool = False
) -> TiktokenEncoding: ...


@overload
def load_encoding(
    name: EncodingLike, *, pattern: str | None = None, allow_download: bool = False
) -> LoadedEncoding: ...


def load_encoding(
    name: EncodingLike, *, pattern: str | None = None, allow_download: bool = False
) -> LoadedEncoding:
    """Returns an encoding, built the first time it is asked for.

    Args:
        name: The name of one of tiktoken's encodings ("o200k_base"); the path of a `.tiktoken` rank
            file, or of a Hugging Face `tokenizer.json` or the folder that has one; such a path with
            a name for it ("llama=path/tokenizer.json"); a model ("gpt-4o"); or an object that is an
            `Encoding` or a `tiktoken.Encoding`.
        pattern: What splits text into pieces, for a rank file that is none of OpenAI's: a regular
            expression, or the name of a tiktoken encoding whose pattern to take.
        allow_download: Whether tiktoken may download a rank file that is not there.

    Raises:
        ArgumentError: Something else was given, or a pattern for an encoding that has its own.
        UnknownNameError: There is no encoding and no model of that name.
        VocabularyError: A file is missing, damaged, or not allowed to be downloaded.

    >>> load_encoding("o200k_base").encode("Hello, my name is GPT-4o.")
    [13225, 11, 922, 1308, 382, 174803, 12, 19, 78, 13]
    """
    found = _find(name, pattern, allow_download)
    _check_pattern(pattern, [found])
    return found.load()


def load_encodings(
    names: EncodingLike | Sequence[EncodingLike],
    *,
    pattern: str | None = None,
    allow_download: bool = False,
) -> list[LoadedEncoding]:
    """Returns several encodings, in the order in which they are given.

    Args:
        names: What `load_encoding` takes, once or several times.
        pattern: The pattern of those that are rank files.
        allow_download: Whether tiktoken may download rank files that are not there.

    Raises:
        ArgumentError: There is none, one of them twice, or something that is none.
        UnknownNameError: There is no encoding and no model of that name.
        VocabularyError: A file is missing, damaged, or not allowed to be downloaded.
    """
    if isinstance(names, (set, frozenset)):
        raise ArgumentError("Encodings must be in order, the baseline first, and a set has none.")
    if isinstance(names, (str, bytes, bytearray)) or not isinstance(names, Iterable):
        names = [names]
    every = [_find(name, pattern, allow_download) for name in names]
    if not every:
        raise ArgumentError("No encoding was given; at least one is needed.")
    _check_pattern(pattern, every)
    first: dict[str, _Resolved] = {}
    for found in every:
        if found.name in first:
            raise _given_twice(first[found.name], found)
        first[found.name] = found
    return [found.load() for found in every]


def _check_pattern(pattern: str | None, every: Sequence[_Resolved]) -> None:
    if pattern is not None and not any(found.takes_pattern for found in every):
        names = ", ".join(found.name for found in every)
        raise ArgumentError(f"A pattern goes with a .tiktoken rank file, and not with {names}.")


def _given_twice(first: _Resolved, second: _Resolved) -> ArgumentError:
    from tokcompare.encodings.names import is_path

    if first.given == second.given:
        return ArgumentError(f"The encoding {second.name!r} was given twice; once is enough.")
    if any(isinstance(found.given, str) and is_path(found.given) for found in (first, second)):
        return ArgumentError(
            f"{first.given!r} and {second.given!r} would both be called {second.name!r}; name one "
            "of them: NAME=PATH."
        )
    if second.given == second.name:
        return ArgumentError(
            f"The encoding {second.name!r} was given already, as {first.given!r}; once is enough."
        )
    return ArgumentError(
        f"{second.given!r} is the encoding {second.name!r}, which was given already; "
        "once is enough."
    )


def _find(given: EncodingLike, pattern: str | None, allow_download: bool) -> _Resolved:
    if isinstance(given, PathLike):
        given = fspath(given)
    if not isinstance(given, str):
        return _find_object(given)
    if given in VOCABULARIES:
        return _find_vocabulary(given, given, allow_download)
    # What most people never need is imported when it is needed.
    from tokcompare.encodings.models import find_encoding_of_model, known_models
    from tokcompare.encodings.names import is_path, name_of_file

    in_folder = os.path.join(given, "tokenizer.json")  # noqa: PTH118
    if os.path.isfile(in_folder):  # noqa: PTH113 - unlike that of Path, it is never an error
        given = in_folder
    name, equals, path = given.partition("=")
    if equals and not set(name) & set("/\\"):
        if not is_path(path):
            raise ArgumentError(
                f"{given!r} is not NAME=PATH: the path must end in .tiktoken or .json."
            )
        return _find_file(given, name, path, pattern)
    if is_path(given):
        return _find_file(given, name_of_file(given), given, pattern)
    encoding = find_encoding_of_model(given)
    if encoding is None:
        models = {model: model for model in known_models()}
        error = unknown_name("encoding", given, VOCABULARIES, also=models)
        raise UnknownNameError(
            f"{error} A model's name or the path of a .tiktoken or tokenizer.json file will do too."
        )
    return _find_vocabulary(given, encoding, allow_download)


def _find_object(given: Encoding | tiktoken.Encoding) -> _Resolved:
    import tiktoken

    from tokcompare.encodings.kinds.huggingface import HuggingFaceEncoding
    from tokcompare.encodings.names import require_usable
    from tokcompare.encodings.protocol import CustomEncoding

    if isinstance(given, (TiktokenEncoding, HuggingFaceEncoding, CustomEncoding)):
        return _Resolved(given=given, name=given.name, load=lambda: given)
    if isinstance(given, tiktoken.Encoding):
        build = partial(wrap_tiktoken, given, reload=(load_encoding, (given,)))
        name = require_usable(given.name, given)
        return _Resolved(given=given, name=name, load=partial(_load_once, given, build))
    is_encoding = (
        not isinstance(given, type)
        and isinstance(getattr(given, "name", None), str)
        and isinstance(getattr(given, "vocabulary_size", None), int)
        and callable(getattr(given, "encode", None))
    )
    if not is_encoding:
        raise ArgumentError(
            "An encoding must be a str (its name, a model or a path) or an object with a name, a "
            f"vocabulary_size and encode(text), not {type(given).__name__}."
        )
    encoding = CustomEncoding(
        encoding=given,
        name=require_usable(given.name, given),
        vocabulary_size=given.vocabulary_size,
        sha256=getattr(given, "sha256", ""),
        library=getattr(given, "library", ""),
        keeps_text=getattr(given, "keeps_text", None),
        unknown_token=getattr(given, "unknown_token", None),
        cuts_at_space=getattr(given, "cuts_at_space", False),
    )
    return _Resolved(given=given, name=encoding.name, load=lambda: encoding)


def _find_vocabulary(given: str, name: str, allow_download: bool) -> _Resolved:
    def build() -> LoadedEncoding:
        load_ranks = read_ranks(VOCABULARIES[name], allow_download=allow_download)
        reload = (_reload, (name, VOCABULARIES[name].sha256, None, allow_download))
        return build_from_vocabulary(name, load_ranks, reload)

    return _Resolved(given=given, name=name, load=partial(_load_once, name, build))


def _find_file(given: str, name: str, path: str, pattern: str | None) -> _Resolved:
    from tokcompare.encodings.names import full_path, is_rank_file, require_usable

    require_usable(name, given)
    load = partial(_load_rank_file, name, full_path(path), pattern)
    if not is_rank_file(path):
        load = partial(_load_json, name, full_path(path))
    return _Resolved(given=given, name=name, load=load, takes_pattern=is_rank_file(path))


def _load_rank_file(name: str, path: str, pattern: str | None) -> LoadedEncoding:
    from tokcompare.encodings.kinds.rank_files import find_pattern, fingerprint
    from tokcompare.encodings.names import read_file, require_own_name

    content = read_file(path)
    regular_expression = find_pattern(pattern, content, path=path)
    sha256 = fingerprint(content, regular_expression)
    require_own_name(name, path, sha256)

    def build() -> LoadedEncoding:
        return build_from_ranks(
            name,
            parse_rank_file(content, path=path),
            pattern=regular_expression,
            sha256=sha256,
            reload=(_reload, (f"{name}={path}", sha256, regular_expression, False)),
        )

    return _load_once((name, path, sha256), build)


def _load_json(name: str, path: str) -> LoadedEncoding:
    import hashlib

    from tokcompare.encodings.kinds.huggingface import build_from_json
    from tokcompare.encodings.names import read_file, require_own_name

    content = read_file(path)
    sha256 = hashlib.sha256(content).hexdigest()
    require_own_name(name, path, sha256)
    reload = (_reload, (f"{name}={path}", sha256, None, False))
    build = partial(build_from_json, name, content, path=path, reload=reload)
    return _load_once((name, path, sha256), build)


def _reload(given: str, sha256: str, pattern: str | None, allow_download: bool) -> LoadedEncoding:
    """Loads in another process what was loaded in one: the same, or an error."""
    encoding = load_encoding(given, pattern=pattern, allow_download=allow_download)
    if encoding.sha256 != sha256:
        raise VocabularyError(
            f"What {given!r} was loaded from has changed: its SHA-256 was {sha256} and is "
            f"{encoding.sha256} now."
        )
    return encoding


_loaded: dict[object, LoadedEncoding] = {}
_loading = threading.Lock()


def _load_once(key: object, build: Callable[[], LoadedEncoding]) -> LoadedEncoding:
    # Threads that ask for the same encoding at the same time wait for one of them to build it.
    with _loading:
        if key not in _loaded:
            _loaded[key] = build()
        return _loaded[key]
