"""Engines: what counts many texts at once, faster than tiktoken and exactly equal to it.

tiktoken stays the reference. Text on which an engine differs from it, or is suspected to, is left
to tiktoken, and some of what an engine says is always held against tiktoken.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

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


Texts = Sequence[bytes]
"""Texts in UTF-8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The tokens of some texts.

    Attributes:
        ids: Their ids, and between those of two texts whatever there is.
        starts: Where those of each text begin.
        ends: Where those of each text end.
    """

    ids: npt.NDArray[np.uint32]
    starts: Numbers
    ends: Numbers

    @property
    def numbers(self) -> Numbers:
        """How many there are of each text."""
        return self.ends - self.starts

    def __getitem__(self, place: int) -> list[int]:
        """Returns the ids of the text at a place."""
        return list(self.ids[self.starts[place] : self.ends[place]].tolist())


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
        """Returns the tokens of texts; what it has of doubtful ones may be anything."""

    def doubtful(self, texts: Texts) -> Numbers:
        """Returns the places of the texts that must be left to tiktoken."""


def find_engine(choice: str, *, alone: bool = False) -> Engine | None:
    """Returns an engine, or None for tiktoken itself.

    Args:
        choice: The name of an engine, or "auto": the fastest that is installed.
        alone: Whether no two threads of this process will ever use it.

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
        return Gigatoken(alone=alone)
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


# What parts the texts that gigatoken is given as one, and its id, which no token has. It is a
# noncharacter, which Unicode will never assign: a text that holds it is left to tiktoken.
_SEPARATOR, _SEPARATOR_ID = "\U0010ffff", 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Gigatoken:
    """gigatoken (https://github.com/marcelroed/gigatoken), on the thread that calls it.

    Version 0.10.0 knows Unicode 17 and tiktoken 0.14.0 Unicode 16: what became a letter, a mark or
    a number in between, such as U+088F, parts text for one of them and not for the other. So text
    with a code point that Unicode 16 does not know is left to tiktoken. Of all else
    `tests/test_engines.py` has the proof.

    Texts are encoded as one, with a special token between two of them: to hand over each by itself
    takes longer than to encode a short one.

    Attributes:
        alone: Whether no two threads of this process ever use it: the call for one text cannot be
            shared, and the one for many begins with the import of a large library.
    """

    alone: bool = False

    @property
    def name(self) -> str:
        """The name of the package."""
        return "gigatoken"

    def can_encode(self, encoding: LoadedEncoding) -> bool:
        """Returns whether an encoding has the ranks and the pattern of one of the two embedded."""
        return isinstance(encoding, TiktokenEncoding) and encoding.sha256 in _RANK_FILES

    def load(self, encoding: LoadedEncoding) -> None:
        """Loads the ranks."""
        _load(encoding.sha256)

    def encode(self, texts: Texts, encoding: LoadedEncoding) -> Tokens:
        """Returns the tokens of texts; of those that hold the separator, none."""
        import numpy as np

        separator = _SEPARATOR.encode()
        joined = separator.join([*texts, b""])
        if joined.count(separator) != len(texts):
            joined = separator.join([*(b"" if separator in t else t for t in texts), b""])
        tokenizer = _load(encoding.sha256)
        if self.alone:
            ids = tokenizer.encode(joined)
        else:
            # On this thread: how many there are is decided by whoever calls.
            ids = tokenizer.encode_batch([joined], parallel=False).layout.content.data
        ends = np.flatnonzero(ids == _SEPARATOR_ID)
        starts = np.zeros_like(ends)
        starts[1:] = ends[:-1] + 1
        return Tokens(ids=ids, starts=starts, ends=ends)

    def doubtful(self, texts: Texts) -> Numbers:
        """Returns the places of texts with unassigned code points, or long runs of blanks."""
        import numpy as np

        from tokcompare.unassigned import find_unassigned

        ends = np.cumsum([len(text) for text in texts], dtype=np.int64)
        holders = np.searchsorted(ends, find_unassigned(b"".join(texts)), side="right")
        # Runs of blanks that tiktoken gives up on are taken apart by the encoding itself.
        blank = [
            place
            for place, text in enumerate(texts)
            if len(text) >= LONG_RUN and may_hold_run(text.decode(), LONG_RUN)
        ]
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
                special_tokens={_SEPARATOR: _SEPARATOR_ID},
            )
        return _loaded[sha256]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What an engine made of a text, to be held against what the encoding itself makes of it.

    Attributes:
        engine: The name of the engine.
        encoding: The name of the encoding.
        text: The text, in UTF-8.
        tokens: The ids.
    """

    engine: str
    encoding: str
    text: bytes
    tokens: list[int]


def verify(checks: Iterable[Check], encodings: Iterable[LoadedEncoding]) -> None:
    """Holds what engines made of texts against what tiktoken makes of them.

    Args:
        checks: What they made of them.
        encodings: The encodings.

    Raises:
        EngineError: There is a text of which the tokens are others.
    """
    by_name = {encoding.name: encoding for encoding in encodings}
    for check in checks:
        text = check.text.decode()
        if check.tokens != list(by_name[check.encoding].encode(text)):
            raise EngineError(check.engine, check.encoding, text)


def count_tokens_of(
    texts: Texts,
    encodings: Iterable[LoadedEncoding],
    engine: Engine | None,
    sample: Numbers,
) -> tuple[list[Numbers], list[Check]]:
    """Returns the number of tokens of each text under each encoding, and what is to be verified.

    Args:
        texts: The texts.
        encodings: The encodings.
        engine: What encodes under those that it can; under the others each does so itself.
        sample: The places of texts to be verified.
    """
    import numpy as np

    doubtful = engine.doubtful(texts) if engine is not None else np.arange(0)
    sample = np.setdiff1d(sample, doubtful)
    counts, checks = [], []
    for encoding in encodings:
        if engine is None or not engine.can_encode(encoding):
            lengths = (len(encoding.encode(text.decode())) for text in texts)
            counts.append(np.fromiter(lengths, np.int64, len(texts)))
            continue
        tokens = engine.encode(texts, encoding)
        numbers = tokens.numbers
        for place in doubtful:
            numbers[place] = len(encoding.encode(texts[place].decode()))
        counts.append(numbers)
        checks += [
            Check(
                engine=engine.name,
                encoding=encoding.name,
                text=texts[place],
                tokens=tokens[place],
            )
            for place in sample
        ]
    return counts, checks
