"""A small encoder for short text: its vocabulary is looked up in a file, and never loaded.

tiktoken builds a table of all tokens before it encodes the first text, which takes a fifth of a
second and 100 MB. Here tokens are keys of a trie that is mapped from the disk. A text is left to
tiktoken where this encoder is not proven to be equal, and where tiktoken is faster in sum.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tokcompare.bundled import data_path, read_data
from tokcompare.encodings.kinds.pieces import load_splitter
from tokcompare.encodings.locks import LoadLock

if TYPE_CHECKING:
    import marisa_trie

WORTH_LOADING = 100_000
"""How many bytes are merged until it is cheaper to load tiktoken."""

_SPLITTING = 12
"""How many characters are split in the time in which one byte is merged."""

LONGEST_PIECE = 1_000
"""The bytes of the longest piece that is merged: the time grows with the square of its length."""

LONGEST_TOKEN = 128
"""The bytes of the longest token, of blanks."""

_REMEMBERED = 10_000
"""How many pieces are remembered with their tokens."""

_REMEMBERED_RANKS = 50_000
"""How many ranks are remembered, of tokens and of bytes that are none."""

_NO_RANK = 1 << 32

_SHA256 = {
    "cl100k_base.trie": "fe12e96f3a938a7e16c4296e2a3585f21cdfec5c9bf605b9f8a2c6534f668b1f",
    "cl100k_base.ranks": "f9e7615e55ebf8ae6997238d6959a4336dede6cc5380ec16b541034d80f05604",
    "o200k_base.trie": "c24bac4baf2827e13673f012de4fe48a17570b9301ffbed411566a2b70a98fee",
    "o200k_base.ranks": "1455466d62480754b940561416e6901070673edea6c05e51d6ca0fff0d0e12e2",
}


class Tokens:
    """The tokens of a vocabulary by their bytes, and their bytes by id."""

    def __init__(self, trie: marisa_trie.BinaryTrie, ranks: Sequence[int]) -> None:
        self._trie = trie
        self._ranks = ranks
        self._keys: array[int] | None = None

    def __len__(self) -> int:
        return len(self._ranks)

    def rank(self, token: bytes) -> int | None:
        """Returns the id of a token, which is its rank; None if there is no such token."""
        key = self._trie.get(token)
        return None if key is None else self._ranks[key]

    def bytes_of(self, token: int) -> bytes:
        """Returns the bytes of a token.

        Raises:
            IndexError: There is no token of that id, or it is a special token.
        """
        if token < 0:
            raise IndexError(token)
        if self._keys is None:
            keys = array("I", bytes(4 * len(self._ranks)))
            for key, rank in enumerate(self._ranks):
                keys[rank] = key
            self._keys = keys
        found: bytes = self._trie.restore_key(self._keys[token])
        return found

    def beginning(self, content: bytes) -> list[bytes]:
        """Returns the tokens that some bytes begin with."""
        found: list[bytes] = self._trie.prefixes(content)
        return found

    def starting_with(self, prefix: bytes) -> list[int]:
        """Returns the ids of the tokens that begin with some bytes, in the order of the tokens."""
        return [self._ranks[self._trie[token]] for token in sorted(self._trie.keys(prefix))]


class SmallEncoder:
    """Encodes short text under one of the embedded encodings.

    Attributes:
        tokens: The tokens of the encoding.
    """

    def __init__(self, tokens: Tokens, pattern: str) -> None:
        self.tokens = tokens
        self._split = load_splitter(pattern).split
        self._ranks = _Ranks(tokens)
        self._remembered: dict[str, list[int]] = {}
        self._spent = 0

    def encode(self, text: str) -> list[int] | None:
        """Returns the token ids of a text; None if tiktoken has to encode it.

        It has to if the text has a surrogate or a character that Unicode 14 does not assign, or a
        piece longer than `LONGEST_PIECE`; and when, with all texts before this one, tiktoken would
        have been cheaper: see `WORTH_LOADING`.
        """
        if self._spent > WORTH_LOADING or len(text) > WORTH_LOADING:
            return None
        pieces = self._split(text)
        if pieces is None:
            return None
        self._spent += len(text) // _SPLITTING
        remembered = self._remembered
        ids: list[int] = []
        for piece in pieces:
            found = remembered.get(piece)
            if found is None:
                merged = piece.encode()
                if len(merged) > LONGEST_PIECE or self._spent > WORTH_LOADING:
                    return None
                found = self._merge(merged)
                self._spent += len(merged)
                if len(remembered) >= _REMEMBERED:
                    remembered.clear()
                remembered[piece] = found
            ids += found
        return ids

    def decode(self, tokens: Sequence[int]) -> str | None:
        """Returns the text of tokens; None if one is not in the rank file."""
        try:
            return b"".join(map(self.tokens.bytes_of, tokens)).decode("utf-8", "replace")
        except (IndexError, TypeError, OverflowError):
            return None

    def _merge(self, piece: bytes) -> list[int]:
        """Returns the tokens of a piece: of all pairs, the one of the lowest rank merges first."""
        rank = self._ranks.__getitem__
        whole = rank(piece)
        if whole != _NO_RANK:
            return [whole]
        parts = [piece[place : place + 1] for place in range(len(piece))]
        ranks = [rank(piece[place : place + 2]) for place in range(len(piece) - 1)]
        while ranks and (least := min(ranks)) != _NO_RANK:
            place = ranks.index(least)
            merged = parts[place] + parts[place + 1]
            parts[place : place + 2] = [merged]
            del ranks[place]
            if place > 0:
                ranks[place - 1] = rank(parts[place - 1] + merged)
            if place < len(ranks):
                ranks[place] = rank(merged + parts[place + 1])
        return list(map(rank, parts))


class _Ranks(dict[bytes, int]):
    """The ranks of bytes that were looked up: `_NO_RANK` if they are no token.

    A dictionary answers in a tenth of the time, and most pairs of bytes occur again.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._rank = tokens.rank

    def __missing__(self, token: bytes) -> int:
        if len(self) >= _REMEMBERED_RANKS:
            self.clear()
        found = self._rank(token)
        self[token] = _NO_RANK if found is None else found
        return self[token]


_loaded: dict[tuple[str, str], SmallEncoder | None] = {}

_loading = LoadLock()
"""Held while libraries are imported, so that no fork copies the lock of a half-imported one."""


def load_small(name: str, pattern: str) -> SmallEncoder | None:
    """Returns the small encoder of a rank file; None if its files cannot be mapped here.

    They cannot in a zip file, on a machine of another byte order, or without a marisa-trie that
    reads them. tiktoken then encodes all text.

    Args:
        name: The name of the rank file, without its suffix.
        pattern: The regular expression that splits text into pieces.
    """
    key = (name, pattern)
    if key not in _loaded:
        with _loading.held():
            if key not in _loaded:
                tokens = _load_tokens(name)
                _loaded[key] = None if tokens is None else SmallEncoder(tokens, pattern)
    return _loaded[key]


def _load_tokens(name: str) -> Tokens | None:
    if f"{name}.trie" not in _SHA256 or sys.byteorder != "little":
        return None
    try:
        import marisa_trie

        by_key = array("I", _read(f"{name}.ranks"))
        _read(f"{name}.trie")
        trie = marisa_trie.BinaryTrie().mmap(str(data_path("vocabularies", f"{name}.trie")))
        tokens = Tokens(trie, by_key)
        # Another version that read the file in another way would give other keys.
        single_bytes = {tokens.rank(bytes([byte])) for byte in range(256)}
        is_read = len(trie) == len(tokens) and single_bytes == set(range(256))
    except (ImportError, OSError, RuntimeError, ValueError):
        return None
    return tokens if is_read else None


def _read(filename: str) -> bytes:
    """Returns the content of a file.

    Raises:
        OSError: It cannot be read.
        ValueError: Its SHA-256 is another.
    """
    content = read_data("vocabularies", filename)
    if hashlib.sha256(content).hexdigest() != _SHA256[filename]:
        raise ValueError(f"{filename} is damaged")
    return content
