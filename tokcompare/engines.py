"""Engines: what counts many texts at once, faster than tiktoken and exactly equal to it.

tiktoken stays the reference. Text on which an engine differs from it, or is suspected to, is left
to tiktoken, and while an engine runs, some of what it says is held against tiktoken.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, Any, Protocol, SupportsIndex

from tokcompare.bytepair import LONG_RUN, TiktokenEncoding, may_hold_run
from tokcompare.data import data_path
from tokcompare.errors import ArgumentError, EngineError, require_str, unknown_name
from tokcompare.protocols import LoadedEncoding
from tokcompare.vocabularies import VOCABULARIES

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Numbers = npt.NDArray[np.int64]

ENGINES = ("tiktoken", "gigatoken")
"""The engines by name, the reference first."""

LEAST_VERIFIED = 0.004
"""The share of documents that is always counted by tiktoken too, while another engine runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Texts in UTF-8, end to end in one buffer.

    Attributes:
        buffer: Their bytes.
        offsets: Where each begins, and where the last ends.
    """

    buffer: npt.NDArray[np.uint8]
    offsets: Numbers

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, place: SupportsIndex) -> str:
        start, stop = self.offsets[index(place) :][:2]
        return self.buffer[start:stop].tobytes().decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The tokens of some texts, end to end.

    Attributes:
        ids: Their ids.
        offsets: Where those of each text begin, and where the last end.
    """

    ids: npt.NDArray[np.uint32]
    offsets: Numbers


class Engine(Protocol):
    """What encodes many texts at once."""

    @property
    def name(self) -> str:
        """Its name, which is that of its package."""

    def can_encode(self, encoding: LoadedEncoding) -> bool:
        """Returns whether it is proven to equal tiktoken under an encoding."""

    def encode(self, texts: Texts, encoding: LoadedEncoding) -> Tokens:
        """Returns the tokens of texts, other threads running meanwhile."""

    def doubtful(self, texts: Texts) -> Numbers:
        """Returns the places of the texts that must be left to tiktoken."""


def find_engine(choice: str) -> Engine | None:
    """Returns an engine, or None for tiktoken itself.

    Args:
        choice: The name of an engine, or "auto": the fastest that is installed.

    Raises:
        UnknownNameError: There is no engine of that name.
        ArgumentError: It is not installed.
    """
    require_str("The engine", choice)
    if choice not in ("auto", *ENGINES):
        raise unknown_name("engine", choice, ["auto", *ENGINES])
    if choice == "tiktoken":
        return None
    if is_installed():
        return Gigatoken()
    if choice == "auto":
        return None
    raise ArgumentError(
        "The engine 'gigatoken' is not installed: pip install gigatoken. It exists for Linux, "
        "macOS and Windows on the usual processors; elsewhere tiktoken counts the same, slower."
    )


def is_installed() -> bool:
    """Returns whether there is an engine that is faster than tiktoken."""
    from importlib.util import find_spec

    return find_spec("gigatoken") is not None


# What gigatoken calls the pattern of a rank file, by the SHA-256 of the file.
_PATTERNS = {"cl100k_base": "cl100k", "o200k_base": "o200k"}
_RANK_FILES = {VOCABULARIES[name].sha256: name for name in _PATTERNS}


class Gigatoken:
    """gigatoken (https://github.com/marcelroed/gigatoken), on the thread that calls it.

    It differs from tiktoken on some text with code points from U+30000 up: it knows a newer
    Unicode, in which some of these are letters. (Of all others `tests/test_engines.py` has the
    proof.)
    """

    name = "gigatoken"

    def can_encode(self, encoding: LoadedEncoding) -> bool:
        """Returns whether an encoding has the ranks and the pattern of one of the two embedded."""
        return isinstance(encoding, TiktokenEncoding) and encoding.sha256 in _RANK_FILES

    def encode(self, texts: Texts, encoding: LoadedEncoding) -> Tokens:
        """Returns the tokens of texts, other threads running meanwhile."""
        import awkward as ak

        characters = ak.contents.NumpyArray(texts.buffer, parameters={"__array__": "char"})
        strings = ak.contents.ListOffsetArray(
            ak.index.Index64(texts.offsets), characters, parameters={"__array__": "string"}
        )
        # On this thread: how many there are is decided by whoever calls.
        encoded: Any = _load(encoding.sha256).encode_batch(ak.Array(strings), parallel=False)
        return Tokens(ids=encoded.layout.content.data, offsets=encoded.layout.offsets.data)

    def doubtful(self, texts: Texts) -> Numbers:
        """Returns the places of texts with code points from U+30000 up, or long runs of blanks."""
        import numpy as np

        # In UTF-8 such a code point begins with F0 B0 at the least.
        places = np.flatnonzero(texts.buffer >= 0xF0)
        follows = texts.buffer[np.minimum(places + 1, len(texts.buffer) - 1)]
        places = places[(texts.buffer[places] > 0xF0) | (follows >= 0xB0)]
        astral = np.searchsorted(texts.offsets, places, side="right") - 1
        # Runs of blanks that tiktoken gives up on are taken apart by the encoding itself.
        long = np.flatnonzero(np.diff(texts.offsets) >= LONG_RUN)
        blank = [place for place in long if may_hold_run(texts[place], LONG_RUN)]
        return np.union1d(astral, np.array(blank, np.int64))


@functools.cache
def _load(sha256: str) -> Any:
    """Loads gigatoken's tokenizer for a rank file, once in a process."""
    import gigatoken

    name = _RANK_FILES[sha256]
    path = data_path("vocabularies", VOCABULARIES[name].rank_file.filename)
    return gigatoken.Tokenizer.from_tiktoken(path, pretokenizer=_PATTERNS[name], special_tokens={})


def count_tokens_of(
    texts: Texts, encoding: LoadedEncoding, engine: Engine | None, sample: Numbers
) -> Numbers:
    """Returns the number of tokens of each text.

    Args:
        texts: The texts.
        encoding: The encoding.
        engine: What encodes them, if it can; else the encoding itself does.
        sample: The places of the texts that are encoded by the encoding itself too.

    Raises:
        EngineError: The engine's tokens for one of these are others.
    """
    import numpy as np

    if engine is None or not engine.can_encode(encoding):
        return np.fromiter(
            (len(encoding.encode(texts[place])) for place in range(len(texts))), np.int64
        )
    tokens = engine.encode(texts, encoding)
    numbers = np.diff(tokens.offsets).astype(np.int64)
    doubtful = engine.doubtful(texts)
    numbers[doubtful] = [len(encoding.encode(texts[place])) for place in doubtful]
    for place in np.setdiff1d(sample, doubtful):
        start, stop = tokens.offsets[place : place + 2]
        if tokens.ids[start:stop].tolist() != list(encoding.encode(texts[place])):
            raise EngineError(engine.name, encoding.name, texts[place])
    return numbers
