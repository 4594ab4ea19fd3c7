"""Engines: what counts many texts at once, faster than tiktoken and exactly equal to it.

tiktoken stays the reference. Text on which an engine differs from it, or is suspected to, is left
to tiktoken, and while an engine runs, some of what it says is held against tiktoken.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
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

LEAST_VERIFIED = 0.002
"""The share of documents that is always counted by tiktoken too, while another engine runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Texts end to end.

    Attributes:
        content: All of them, in UTF-8.
        offsets: Where each begins, and where the last ends.
    """

    content: bytes
    offsets: Numbers

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, place: SupportsIndex) -> str:
        start, stop = self.offsets[index(place) :][:2]
        return self.content[start:stop].decode()


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

    def load(self, encoding: LoadedEncoding) -> None:
        """Loads what it takes to encode; otherwise that happens when it is first needed."""

    def encode(self, texts: Texts, encoding: LoadedEncoding) -> Tokens:
        """Returns the tokens of texts, without the interpreter's lock."""

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

    Version 0.10.0 knows Unicode 17 and tiktoken 0.14.0 Unicode 16: what became a letter, a mark or
    a number in between, such as U+088F, parts text for one of them and not for the other. So text
    with a code point that Unicode 16 does not know is left to tiktoken. Of all else
    `tests/test_engines.py` has the proof.
    """

    name = "gigatoken"

    def can_encode(self, encoding: LoadedEncoding) -> bool:
        """Returns whether an encoding has the ranks and the pattern of one of the two embedded."""
        return isinstance(encoding, TiktokenEncoding) and encoding.sha256 in _RANK_FILES

    def load(self, encoding: LoadedEncoding) -> None:
        """Loads the ranks; what it has seen of text is in its cache, and of that there is none."""
        import awkward  # noqa: F401

        assert isinstance(encoding, TiktokenEncoding)
        _load(encoding.sha256)

    def encode(self, texts: Texts, encoding: LoadedEncoding) -> Tokens:
        """Returns the tokens of texts, without the interpreter's lock."""
        import awkward as ak
        import numpy as np

        buffer = np.frombuffer(texts.content, np.uint8)
        strings = ak.contents.ListOffsetArray(
            ak.index.Index64(texts.offsets),
            ak.contents.NumpyArray(buffer, parameters={"__array__": "char"}),
            parameters={"__array__": "string"},
        )
        # On this thread: how many there are is decided by whoever calls.
        encoded: Any = _load(encoding.sha256).encode_batch(ak.Array(strings), parallel=False)
        return Tokens(ids=encoded.layout.content.data, offsets=encoded.layout.offsets.data)

    def doubtful(self, texts: Texts) -> Numbers:
        """Returns the places of texts with unassigned code points, or long runs of blanks."""
        import numpy as np

        from tokcompare.unassigned import find_unassigned

        unassigned = find_unassigned(texts.content)
        # Runs of blanks that tiktoken gives up on are taken apart by the encoding itself.
        long = np.flatnonzero(np.diff(texts.offsets) >= LONG_RUN)
        blank = [place for place in long if may_hold_run(texts[place], LONG_RUN)]
        holders = np.searchsorted(texts.offsets, unassigned, side="right") - 1
        return np.union1d(holders, np.array(blank, np.int64))


_loaded: dict[str, Any] = {}
_loading = threading.Lock()


def _load(sha256: str) -> Any:
    """Returns gigatoken's tokenizer for a rank file, loaded once in a process."""
    with _loading:
        if sha256 not in _loaded:
            import gigatoken

            name = _RANK_FILES[sha256]
            _loaded[sha256] = gigatoken.Tokenizer.from_tiktoken(
                data_path("vocabularies", VOCABULARIES[name].rank_file.filename),
                pretokenizer=_PATTERNS[name],
                special_tokens={},
            )
        return _loaded[sha256]


def count_tokens_of(
    texts: Texts,
    encodings: Iterable[LoadedEncoding],
    engine: Engine | None,
    sample: Numbers,
) -> list[Numbers]:
    """Returns the number of tokens of each text, under each encoding.

    Args:
        texts: The texts.
        encodings: The encodings.
        engine: What encodes under those that it can; under the others each does so itself.
        sample: The places of texts that encodings encode themselves too, to be compared.

    Raises:
        EngineError: The engine's tokens for one of these are others.
    """
    import numpy as np

    doubtful = engine.doubtful(texts) if engine is not None else np.arange(0)
    sample = np.setdiff1d(sample, doubtful)
    counts = []
    for encoding in encodings:
        if engine is None or not engine.can_encode(encoding):
            lengths = (len(encoding.encode(texts[place])) for place in range(len(texts)))
            counts.append(np.fromiter(lengths, np.int64, len(texts)))
            continue
        tokens = engine.encode(texts, encoding)
        numbers = np.diff(tokens.offsets).astype(np.int64)
        numbers[doubtful] = [len(encoding.encode(texts[place])) for place in doubtful]
        for place in sample:
            start, stop = tokens.offsets[place : place + 2]
            if tokens.ids[start:stop].tolist() != list(encoding.encode(texts[place])):
                raise EngineError(engine.name, encoding.name, texts[place])
        counts.append(numbers)
    return counts
