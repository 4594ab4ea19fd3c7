"""Loads encodings: finds the one that the caller means, and builds it once a process.

Loading writes nothing and registers nothing with tiktoken. It downloads only if the caller allows
it, and imports a library only for an encoding that needs it.
"""

from __future__ import annotations

import hashlib
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
from tokcompare.encodings.kinds.huggingface import HuggingFaceEncoding, build_from_json
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.kinds.rank_files import (
    find_pattern,
    fingerprint,
    parse_rank_file,
    read_ranks,
)
from tokcompare.encodings.locks import LoadLock
from tokcompare.encodings.models import find_encoding_of_model, suggested_models
from tokcompare.encodings.names import (
    absolute_path,
    file_in_folder,
    is_path,
    is_rank_file,
    read_file,
    require_unreserved_name,
    require_valid_name,
    split_name,
)
from tokcompare.encodings.protocol import (
    CustomEncoding,
    Encoding,
    LoadedEncoding,
    is_encoding,
    wrap_custom,
)
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

EncodingLike: TypeAlias = "str | PathLike[str] | Encoding | tiktoken.Encoding"
"""Anything that `load_encoding` accepts."""


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
    """Loads an encoding. It is built the first time it is loaded.

    Args:
        name: The name of one of tiktoken's encodings ("o200k_base"); the path of a `.tiktoken` rank
            file, of a Hugging Face `tokenizer.json`, or of the folder of one; the path of a file
            with a name for it ("llama=path/tokenizer.json"); the name of a model ("gpt-4o"); or an
            object that is an `Encoding` or a `tiktoken.Encoding`.
        pattern: The pattern that splits text into pieces, for a rank file that is not one of
            OpenAI's: a regular expression, or the name of a tiktoken encoding with that pattern.
        allow_download: Whether tiktoken may download a rank file that is not in its cache.

    Raises:
        ArgumentError: `name` is something else, or a pattern was given for an encoding that is not
            a rank file.
        UnknownNameError: No encoding and no model has that name.
        VocabularyError: A file is missing or damaged, or would have to be downloaded.

    >>> load_encoding("o200k_base").encode("Hello, my name is GPT-4o.")
    [13225, 11, 922, 1308, 382, 174803, 12, 19, 78, 13]
    """
    resolved = _resolve(name, _Options(pattern=pattern, allow_download=allow_download))
    _check_pattern(pattern, [resolved])
    return resolved.load()


def load_encodings(
    names: EncodingLike | Sequence[EncodingLike],
    *,
    pattern: str | None = None,
    allow_download: bool = False,
) -> list[LoadedEncoding]:
    """Loads several encodings, in the order in which they are given.

    Args:
        names: One encoding or several, each as `load_encoding` accepts it.
        pattern: The pattern of the rank files among them.
        allow_download: Whether tiktoken may download rank files that are not in its cache.

    Raises:
        ArgumentError: There is no encoding, one is given twice, or one is not an encoding.
        UnknownNameError: No encoding and no model has one of the names.
        VocabularyError: A file is missing or damaged, or would have to be downloaded.
    """
    if isinstance(names, (set, frozenset)):
        raise ArgumentError(
            "Encodings must be in order, with the baseline first, but a set has no order."
        )
    if isinstance(names, (str, bytes, bytearray)) or not isinstance(names, Iterable):
        names = [names]
    options = _Options(pattern=pattern, allow_download=allow_download)
    all_resolved = [_resolve(name, options) for name in names]
    if not all_resolved:
        raise ArgumentError("No encoding was given; at least one is needed.")
    _check_pattern(pattern, all_resolved)
    first: dict[str, _Resolved] = {}
    for resolved in all_resolved:
        if resolved.name in first:
            raise _given_twice(first[resolved.name], resolved)
        first[resolved.name] = resolved
    return [resolved.load() for resolved in all_resolved]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """The options of `load_encoding`."""

    pattern: str | None
    allow_download: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    """An encoding that is known by name and not loaded yet.

    Attributes:
        given: The encoding as the caller gave it.
        name: The name of the encoding.
        load: Loads the encoding.
        takes_pattern: Whether the caller may give a pattern for it.
    """

    given: object
    name: str
    load: Callable[[], LoadedEncoding]
    takes_pattern: bool = False


def _check_pattern(pattern: str | None, resolved: Sequence[_Resolved]) -> None:
    if pattern is not None and not any(each.takes_pattern for each in resolved):
        names = ", ".join(each.name for each in resolved)
        raise ArgumentError(f"A pattern can be given for a .tiktoken rank file, not for {names}.")


def _given_twice(first: _Resolved, second: _Resolved) -> ArgumentError:
    if first.given == second.given:
        return ArgumentError(f"The encoding {second.name!r} was given twice; once is enough.")
    if any(isinstance(each.given, str) and is_path(each.given) for each in (first, second)):
        return ArgumentError(
            f"{first.given!r} and {second.given!r} would both be called {second.name!r}; name one "
            "of them: NAME=PATH."
        )
    if second.given == second.name:
        return ArgumentError(
            f"The encoding {second.name!r} was already given, as {first.given!r}; once is enough."
        )
    return ArgumentError(
        f"{second.given!r} is the encoding {second.name!r}, which was already given; "
        "once is enough."
    )


def _resolve(given: EncodingLike, options: _Options) -> _Resolved:
    """Resolves an encoding as the caller gave it. The first step that knows a string decides."""
    if isinstance(given, PathLike):
        given = fspath(given)
    if not isinstance(given, str):
        return _resolve_object(given)
    for step in (_resolve_name, _resolve_recorded, _resolve_file, _resolve_model):
        resolved = step(given, options)
        if resolved is not None:
            return resolved
    from tokcompare.encodings.foreign import explain_foreign  # saves start time

    if (foreign := explain_foreign(given)) is not None:
        raise foreign
    models = {model: model for model in suggested_models()}
    error = unknown_name("encoding", given, VOCABULARIES, also=models)
    raise UnknownNameError(
        f"{error} The name of a model and the path of a .tiktoken or tokenizer.json file are "
        "accepted too."
    )


def _resolve_object(given: Encoding | tiktoken.Encoding) -> _Resolved:
    from tokcompare.encodings.recorded import CalibratedEncoding, RecordedCounts

    loaded = (TiktokenEncoding, HuggingFaceEncoding, CustomEncoding)
    if isinstance(given, (*loaded, RecordedCounts, CalibratedEncoding)):
        return _Resolved(given=given, name=given.name, load=lambda: given)
    import tiktoken

    if isinstance(given, tiktoken.Encoding):
        build = partial(wrap_tiktoken, given, reload=(load_encoding, (given,)))
        name = require_valid_name(given.name, given)
        return _Resolved(given=given, name=name, load=partial(_load_once, given, build))
    if not is_encoding(given):
        raise ArgumentError(
            "An encoding must be a str (its name, a model or a path) or an object with a name, a "
            f"vocabulary_size and encode(text), not {type(given).__name__}."
        )
    require_valid_name(given.name, given)
    encoding = wrap_custom(given)
    return _Resolved(given=given, name=encoding.name, load=lambda: encoding)


def _resolve_name(given: str, options: _Options) -> _Resolved | None:
    """Resolves the name of one of tiktoken's encodings."""
    return _openai_encoding(given, given, options) if given in VOCABULARIES else None


def _resolve_recorded(given: str, options: _Options) -> _Resolved | None:
    """Resolves NAME=field:FIELD, and the path of a calibration with or without NAME=."""
    from tokcompare.encodings.recorded import find_calibration, find_recorded, load_calibrated

    if (recorded := find_recorded(given)) is not None:
        return _Resolved(given=given, name=recorded.name, load=lambda: recorded)
    if (found := find_calibration(given)) is None:
        return None
    load = partial(load_encoding, allow_download=options.allow_download)
    build = partial(load_calibrated, *found, load)
    return _Resolved(given=given, name=found[0], load=partial(_load_once, found, build))


def _resolve_file(given: str, options: _Options) -> _Resolved | None:
    """Resolves the path of a file or of its folder, with or without NAME=."""
    given = file_in_folder(given)
    named = split_name(given)
    if named is None or "://" in named[1]:
        return None
    name, path = named
    require_valid_name(name, given)
    takes_pattern = is_rank_file(path)
    load = (
        partial(_load_rank_file, name, absolute_path(path), options.pattern)
        if takes_pattern
        else partial(_load_tokenizer_json, name, absolute_path(path))
    )
    return _Resolved(given=given, name=name, load=load, takes_pattern=takes_pattern)


def _resolve_model(given: str, options: _Options) -> _Resolved | None:
    """Resolves the name of a model to its encoding."""
    name = find_encoding_of_model(given)
    return None if name is None else _openai_encoding(given, name, options)


def _openai_encoding(given: str, name: str, options: _Options) -> _Resolved:
    def build() -> LoadedEncoding:
        load_ranks = read_ranks(VOCABULARIES[name], allow_download=options.allow_download)
        reload = (_reload, (name, VOCABULARIES[name].sha256, None, options.allow_download))
        return build_from_vocabulary(name, load_ranks, reload)

    return _Resolved(given=given, name=name, load=partial(_load_once, name, build))


def _load_rank_file(name: str, path: str, pattern: str | None) -> LoadedEncoding:
    from tokcompare.encodings.foreign import explain_content  # saves start time

    content = read_file(path)
    if (foreign := explain_content(path, content)) is not None:
        raise VocabularyError(foreign)
    regular_expression = find_pattern(pattern, content, path=path)
    sha256 = fingerprint(content, regular_expression)
    require_unreserved_name(name, path, sha256)

    def build() -> LoadedEncoding:
        return build_from_ranks(
            name,
            parse_rank_file(content, path=path),
            pattern=regular_expression,
            sha256=sha256,
            reload=(_reload, (f"{name}={path}", sha256, regular_expression, False)),
        )

    return _load_once((name, path, sha256), build)


def _load_tokenizer_json(name: str, path: str) -> LoadedEncoding:
    content = read_file(path)
    sha256 = hashlib.sha256(content).hexdigest()
    require_unreserved_name(name, path, sha256)
    reload = (_reload, (f"{name}={path}", sha256, None, False))
    build = partial(build_from_json, name, content, path=path, reload=reload)
    try:
        return _load_once((name, path, sha256), build)
    except VocabularyError:
        from tokcompare.encodings.foreign import explain_content  # saves start time

        if (foreign := explain_content(path, content)) is not None:
            raise VocabularyError(foreign) from None
        raise


def _reload(given: str, sha256: str, pattern: str | None, allow_download: bool) -> LoadedEncoding:
    """Loads in another process the encoding that was pickled, or raises a VocabularyError."""
    encoding = load_encoding(given, pattern=pattern, allow_download=allow_download)
    if encoding.sha256 != sha256:
        raise VocabularyError(
            f"The file of {given!r} has changed: its SHA-256 was {sha256} and is now "
            f"{encoding.sha256}."
        )
    return encoding


_loaded: dict[object, LoadedEncoding] = {}
_loading = LoadLock()


def _load_once(key: object, build: Callable[[], LoadedEncoding]) -> LoadedEncoding:
    # Threads that ask for the same encoding at the same time wait for one of them to build it.
    with _loading.held():
        if key not in _loaded:
            _loaded[key] = build()
        return _loaded[key]
