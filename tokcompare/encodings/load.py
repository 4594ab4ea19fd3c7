"""Loads encodings: finds the one that the caller means, and builds it once a process.

Loading writes nothing and registers nothing with tiktoken. It downloads only if the caller allows
it, and imports a library only for an encoding that needs it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike, fspath
from typing import TYPE_CHECKING, Literal, TypeAlias, overload

from tokcompare.encodings.kinds.bpe import (
    TiktokenEncoding,
    build_from_ranks,
    build_from_vocabulary,
    wrap_tiktoken,
)
from tokcompare.encodings.kinds.completed import NO_STEPS, CompletedEncoding, complete
from tokcompare.encodings.kinds.huggingface import HuggingFaceEncoding, build_from_json
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.kinds.rank_files import (
    find_normalization,
    find_pattern,
    fingerprint,
    is_known_file,
    parse_rank_file,
    read_ranks,
)
from tokcompare.encodings.kinds.tekken import build_from_tekken, is_tekken
from tokcompare.encodings.locks import LoadLock
from tokcompare.encodings.models import (
    find_encoding_of_model,
    find_tokenizer_of_model,
    suggested_models,
)
from tokcompare.encodings.named.catalogue import TOKENIZERS, NamedTokenizer, find_tokenizer
from tokcompare.encodings.names import (
    absolute_path,
    file_in_folder,
    given_twice,
    is_rank_file,
    read_file,
    require_unreserved_name,
    require_valid_name,
    split_name,
)
from tokcompare.encodings.patterns import Patterns, assign_patterns
from tokcompare.encodings.protocol import (
    CustomEncoding,
    Encoding,
    LoadedEncoding,
    Reload,
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
    name: TiktokenName, *, pattern: Patterns | None = None, allow_download: bool = False
) -> TiktokenEncoding: ...


@overload
def load_encoding(
    name: EncodingLike, *, pattern: Patterns | None = None, allow_download: bool = False
) -> LoadedEncoding: ...


def load_encoding(
    name: EncodingLike, *, pattern: Patterns | None = None, allow_download: bool = False
) -> LoadedEncoding:
    """Loads an encoding. It is built the first time it is loaded.

    Args:
        name: The name of one of tiktoken's encodings ("o200k_base"), or of the tokenizer of open
            models ("llama3"); the path of a `.tiktoken` rank file, of a Hugging Face
            `tokenizer.json`, of the folder of one, or of a `tekken.json` of Mistral; the path of a
            file with a name for it ("llama=path/tokenizer.json"); the name of a model ("gpt-4o");
            or an object that is an `Encoding` or a `tiktoken.Encoding`.
        pattern: The pattern that splits text into pieces, for a rank file whose own pattern is not
            known: a regular expression, or the name of a tiktoken encoding with that pattern.
        allow_download: Whether a file that is not on this machine may be downloaded: by tiktoken
            or by huggingface_hub, into their own caches.

    Raises:
        ArgumentError: `name` is something else, or a pattern was given for an encoding that is not
            a rank file.
        UnknownNameError: No encoding and no model has that name.
        VocabularyError: A file is missing or damaged, or would have to be downloaded.

    >>> load_encoding("o200k_base").encode("Hello, my name is GPT-4o.")
    [13225, 11, 922, 1308, 382, 174803, 12, 19, 78, 13]
    """
    return _load_all([name], pattern, allow_download=allow_download)[0]


def load_encodings(
    names: EncodingLike | Sequence[EncodingLike],
    *,
    pattern: Patterns | None = None,
    allow_download: bool = False,
) -> list[LoadedEncoding]:
    """Loads several encodings, in the order in which they are given.

    Args:
        names: One encoding or several, each as `load_encoding` accepts it.
        pattern: The pattern of the rank file among them whose own is not known; of several, a
            mapping of the name of each to its pattern.
        allow_download: Whether files that are not on this machine may be downloaded.

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
    if not (listed := list(names)):
        raise ArgumentError("No encoding was given; at least one is needed.")
    return _load_all(listed, pattern, allow_download=allow_download)


def _load_all(
    names: Sequence[EncodingLike], patterns: Patterns | None, *, allow_download: bool
) -> list[LoadedEncoding]:
    options = _Options(allow_download=allow_download)
    first: dict[str, _Resolved] = {}
    for given in names:
        resolved = _resolve(given, options)
        if resolved.name in first:
            raise given_twice(resolved.name, first[resolved.name].given, given)
        first[resolved.name] = resolved
    files = {
        name: partial(is_known_file, resolved.rank_file)
        for name, resolved in first.items()
        if resolved.rank_file
    }
    pattern_of = assign_patterns(patterns, files, list(first))
    return [
        _load_rank_file(name, resolved.rank_file, pattern_of.get(name))
        if resolved.rank_file
        else resolved.load()
        for name, resolved in first.items()
    ]


_OWN_KINDS = (TiktokenEncoding, HuggingFaceEncoding, CompletedEncoding, CustomEncoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """The options of `load_encoding` that decide how a name is resolved."""

    allow_download: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resolved:
    """An encoding that is known by name and not loaded yet.

    Attributes:
        given: The encoding as the caller gave it.
        name: The name of the encoding.
        load: Loads the encoding, if it is not that of a rank file.
        rank_file: The path of its rank file, which the caller may give a pattern for; "" for none.
    """

    given: object
    name: str
    load: Callable[[], LoadedEncoding]
    rank_file: str = ""


def _resolve(given: EncodingLike, options: _Options) -> _Resolved:
    """Resolves an encoding as the caller gave it. The first step that knows a string decides."""
    if isinstance(given, PathLike):
        given = fspath(given)
    if not isinstance(given, str):
        return _resolve_object(given)
    steps = (_resolve_name, _resolve_recorded, _resolve_file, _resolve_tokenizer, _resolve_model)
    for step in steps:
        resolved = step(given, options)
        if resolved is not None:
            return resolved
    from tokcompare.encodings.foreign import explain_foreign  # saves start time

    if (foreign := explain_foreign(given)) is not None:
        raise foreign
    raise _unknown(given)


def _unknown(given: str) -> UnknownNameError:
    """Returns the error for a name that no step knows."""
    also = {model: model for model in suggested_models()}
    also |= {alias: each.name for each in TOKENIZERS.values() for alias in each.aliases}
    error = unknown_name("encoding", given, [*VOCABULARIES, *TOKENIZERS], also=also)
    from tokcompare.encodings.named.places import describe_absent  # saves start time

    return UnknownNameError(
        f"{error}{describe_absent()} `tokcompare encodings` lists them. The name of a model and "
        "the path of a .tiktoken or tokenizer.json file are accepted too."
    )


def _resolve_object(given: Encoding | tiktoken.Encoding) -> _Resolved:
    from tokcompare.encodings.closed.recorded import CalibratedEncoding, RecordedCounts

    if isinstance(given, (*_OWN_KINDS, RecordedCounts, CalibratedEncoding)):
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
    from tokcompare.encodings.closed.recorded import (
        find_calibration,
        find_recorded,
        load_calibrated,
    )

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
    path = absolute_path(path)
    load = partial(_load_json, name, path)
    rank_file = path if is_rank_file(path) else ""
    return _Resolved(given=given, name=name, load=load, rank_file=rank_file)


def _resolve_tokenizer(given: str, options: _Options) -> _Resolved | None:
    """Resolves the name of the tokenizer of open models, or the name of such a model."""
    name = find_tokenizer_of_model(given)
    tokenizer = find_tokenizer(given) or find_tokenizer(name or "")
    if tokenizer is None:
        return None if name is None else _resolve_name(name, options)
    load = partial(_load_tokenizer, tokenizer, allow_download=options.allow_download)
    return _Resolved(given=given, name=tokenizer.name, load=load)


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
    regular_expression = find_pattern(pattern, content, path=path, name=name)
    sha256 = fingerprint(content, regular_expression)
    normalization = find_normalization(content, regular_expression)
    steps = replace(NO_STEPS, normalization=normalization)
    require_unreserved_name(name, path, sha256)

    def build() -> LoadedEncoding:
        encoding = build_from_ranks(
            name,
            parse_rank_file(content, path=path),
            pattern=regular_expression,
            sha256=sha256,
            reload=(_reload, (f"{name}={path}", sha256, regular_expression, False)),
        )
        return complete(encoding, steps)

    return _load_once((name, path, sha256), build)


def _load_tokenizer(tokenizer: NamedTokenizer, *, allow_download: bool) -> LoadedEncoding:
    from tokcompare.encodings.named.places import require_place  # saves start time

    place = require_place(tokenizer, allow_download=allow_download)
    if place.path:
        try:
            return _load_json(tokenizer.name, place.path)
        except VocabularyError as error:
            raise VocabularyError(
                f"{error} It is in the cache of the Hugging Face Hub: once it is deleted, "
                "--allow-download (in Python: allow_download=True) downloads it again."
            ) from None
    from tokcompare.encodings.named.packages import load_from_package

    def reload(sha256: str) -> Reload:
        return _reload, (tokenizer.name, sha256, None, allow_download)

    build = partial(load_from_package, tokenizer, place.package, reload)
    return _load_once((tokenizer.name, place.package), build)


def _load_json(name: str, path: str) -> LoadedEncoding:
    content = read_file(path)
    sha256 = hashlib.sha256(content).hexdigest()
    require_unreserved_name(name, path, sha256)
    reload = (_reload, (f"{name}={path}", sha256, None, False))
    build_encoding = build_from_tekken if is_tekken(content) else build_from_json
    build = partial(build_encoding, name, content, path=path, reload=reload)
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
