"""Engines: libraries that encode many texts at once, faster than tiktoken and exactly equal to it.

tiktoken stays the reference. It encodes the texts on which an engine differs or may differ, and a
sample of all others, whose tokens are compared.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import sub
from typing import Any, Protocol

from tokcompare.bundled import data_path, read_data
from tokcompare.encodings.kinds.bpe import LONG_RUN, TiktokenEncoding, may_hold_run
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.kinds.pieces import LONG as LONG_PIECE
from tokcompare.encodings.kinds.pieces import may_hold_long_piece
from tokcompare.encodings.locks import LoadLock
from tokcompare.encodings.protocol import LoadedEncoding
from tokcompare.errors import ArgumentError, EngineError, require_str, unknown_name

ENGINES = ("tiktoken", "fastokens", "splintr-rs")
"""The engines by the name of their package, the reference first."""

LEAST_VERIFIED = 0.002
"""The least share of documents that tiktoken encodes too while another engine runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The tokens of some texts.

    Attributes:
        ids: The ids of all texts, one text after the other.
        offsets: The position of the first id of each text, and the end of the last text.
    """

    ids: memoryview[int]
    offsets: memoryview[int]

    @property
    def numbers(self) -> list[int]:
        """The number of tokens of each text."""
        return list(map(sub, self.offsets[1:], self.offsets))

    def __getitem__(self, place: int) -> list[int]:
        """Returns the ids of the text at a place."""
        return self.ids[self.offsets[place] : self.offsets[place + 1]].tolist()


class Engine(Protocol):
    """A library that encodes many texts at once."""

    @property
    def name(self) -> str:
        """The name of its package."""

    def can_encode(self, encoding: LoadedEncoding) -> bool:
        """Returns whether it is proven to equal tiktoken under an encoding."""

    def load(self, encoding: LoadedEncoding) -> None:
        """Loads an encoding now; otherwise it is loaded when it is first used."""

    def encode(self, texts: Sequence[str], encoding: LoadedEncoding) -> Tokens:
        """Returns the tokens of well-formed texts; those of doubtful texts may be wrong."""

    def doubtful(self, texts: Sequence[str]) -> list[int]:
        """Returns the places of the texts that tiktoken must encode."""


def find_engine(choice: str) -> Engine | None:
    """Returns an engine, or None for tiktoken itself.

    Args:
        choice: The name of an engine, or "auto": the fastest on large text, if it is installed.

    Raises:
        UnknownNameError: There is no engine of that name.
        ArgumentError: It is not installed.
    """
    require_str("The engine", choice)
    if choice not in ("auto", *ENGINES):
        raise unknown_name("engine", choice, ["auto", *ENGINES])
    if choice == "tiktoken":
        return None
    if choice == "auto":
        return FASTOKENS if is_installed("fastokens") else None
    if not is_installed(choice):
        raise ArgumentError(
            f"The engine {choice!r} is not installed: pip install {choice}. It exists for Linux, "
            "macOS and Windows on the usual processors; elsewhere tiktoken counts the same, slower."
        )
    return FASTOKENS if choice == "fastokens" else SPLINTR


def is_installed(name: str) -> bool:
    """Returns whether the package of an engine is installed."""
    from importlib.util import find_spec

    return find_spec({"splintr-rs": "splintr"}.get(name, name)) is not None


# The names of the rank files that it is proven for, by their SHA-256.
_RANK_FILES = {VOCABULARIES[name].sha256: name for name in ("cl100k_base", "o200k_base")}

_LONG_S = "\u017f"

_LONG_TEXT = min(LONG_RUN, LONG_PIECE)


Encode = Callable[[Sequence[str]], Tokens]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatEngine:
    """A library that returns the ids of many texts as one array, on the thread that calls it.

    After an apostrophe, both libraries and tiktoken 0.14.0 treat the long s (U+017F) as a
    contraction in different places, so tiktoken encodes texts that contain it. For all other text
    `tests/counting/test_engines.py` proves that the tokens are equal.

    Attributes:
        name: The name of the package.
        build: Builds, for the name of a rank file, the function that encodes.
    """

    name: str
    build: Callable[[str], Encode]

    def can_encode(self, encoding: LoadedEncoding) -> bool:
        """Returns whether an encoding has the ranks and the pattern of one of the two embedded."""
        return isinstance(encoding, TiktokenEncoding) and encoding.sha256 in _RANK_FILES

    def load(self, encoding: LoadedEncoding) -> None:
        """Loads the ranks, without holding the interpreter's lock."""
        self._load(encoding.sha256)

    def encode(self, texts: Sequence[str], encoding: LoadedEncoding) -> Tokens:
        """Returns the tokens of texts."""
        return self._load(encoding.sha256)(texts)

    def doubtful(self, texts: Sequence[str]) -> list[int]:
        """Returns the places of texts that hold a long s, a long piece or a long run of blanks.

        The encoding itself takes long pieces and runs apart.
        """
        return [
            place
            for place, text in enumerate(texts)
            if _LONG_S in text
            or (
                len(text) >= _LONG_TEXT
                and (may_hold_run(text, LONG_RUN) or may_hold_long_piece(text))
            )
        ]

    def _load(self, sha256: str) -> Encode:
        """Returns the function that encodes with a rank file, built once in a process."""
        with _loading[sha256].held():
            key = (self.name, sha256)
            if key not in _loaded:
                _loaded[key] = self.build(_RANK_FILES[sha256])
            return _loaded[key]


_loaded: dict[tuple[str, str], Encode] = {}
_loading = {sha256: LoadLock() for sha256 in _RANK_FILES}


def _build_fastokens(name: str) -> Encode:
    import fastokens

    path = data_path("vocabularies", VOCABULARIES[name].rank_file.filename)
    tokenizer = fastokens.Tokenizer.from_tiktoken(str(path), encoding=name, special_tokens={})
    _keep_to_one_thread(tokenizer)

    def encode(texts: Sequence[str]) -> Tokens:
        ids, offsets = tokenizer.encode_batch_flat(texts)
        return Tokens(ids=memoryview(ids).cast("I"), offsets=memoryview(offsets).cast("q"))

    return encode


def _keep_to_one_thread(tokenizer: Any) -> None:
    """Keeps fastokens from starting threads: its caller decides how many threads there are.

    When it first encodes two texts, it starts a thread for each core that the calling thread may
    run on but one, and never again. Two workers would then share two cores with four threads.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        tokenizer.encode_batch_flat(["a", "b"])
    finally:
        os.sched_setaffinity(0, cores)


def _build_splintr(name: str) -> Encode:
    import splintr

    # Its own notation of the two patterns: its regular expressions never backtrack.
    patterns = {
        "cl100k_base": splintr.CL100K_BASE_PATTERN,
        "o200k_base": splintr.O200K_BASE_PATTERN,
    }
    ranks = read_data("vocabularies", VOCABULARIES[name].rank_file.filename)
    tokenizer = splintr.Tokenizer.from_bytes(ranks, patterns[name])
    # The first word that is no token builds tables, which workers then share. This call does not
    # hold the interpreter's lock; of many texts it starts threads, which a fork does not hand on.
    tokenizer.encode_batch_flat(["qwrtzx"])
    encode_one = tokenizer.encode_flat

    def encode(texts: Sequence[str]) -> Tokens:
        rows = [memoryview(encode_one(text)).cast("I") for text in texts]
        offsets = array("q", accumulate(map(len, rows), initial=0))
        return Tokens(ids=memoryview(b"".join(rows)).cast("I"), offsets=memoryview(offsets))

    return encode


FASTOKENS = FlatEngine(name="fastokens", build=_build_fastokens)
"""https://github.com/crusoecloud/fastokens: the fastest on large text; loads for 1.5 seconds."""

SPLINTR = FlatEngine(name="splintr-rs", build=_build_splintr)
"""https://github.com/ml-rust/splintr: half as fast, and loads in a tenth of the time."""


def encode_texts(
    texts: Sequence[str],
    encoding: LoadedEncoding,
    engine: Engine | None,
    sample: Iterable[int],
) -> tuple[list[int] | None, Iterable[Sequence[int]]]:
    """Encodes texts, by an engine where it can and else by the encoding itself.

    Args:
        texts: The texts, well-formed Unicode.
        encoding: The encoding.
        engine: The engine; None for the encoding itself.
        sample: The places of texts whose tokens are compared with those of the encoding.

    Returns:
        The number of tokens of each text, if an engine encoded them, and the tokens of each text,
        which without an engine are encoded one text at a time.

    Raises:
        EngineError: The engine gives a text of the sample other tokens.
    """
    if engine is None or not engine.can_encode(encoding):
        return None, map(encoding.encode, texts)
    doubtful = engine.doubtful(texts)
    if len(doubtful) == len(texts):
        return None, map(encoding.encode, texts)
    certain = list(texts)
    for place in doubtful:
        certain[place] = ""
    tokens = engine.encode(certain, encoding)
    for place in sorted(set(sample).difference(doubtful)):
        if tokens[place] != list(encoding.encode(texts[place])):
            raise EngineError(engine.name, encoding.name, texts[place])
    corrected = {place: list(encoding.encode(texts[place])) for place in doubtful}
    lengths = tokens.numbers
    for place, ids in corrected.items():
        lengths[place] = len(ids)
    return lengths, (
        corrected[place] if place in corrected else tokens[place] for place in range(len(texts))
    )
