"""Small ranks, trained on the Universal Declaration of Human Rights, and files of them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from tokcompare.bundled import data_path
from tokcompare.encodings.kinds.rank_files import byte_characters

# The bytes in the order of GPT-2: the printable ones first.
BYTES = [byte for byte in range(256) if chr(byte).isprintable() and byte != 32]
BYTES += [byte for byte in range(256) if byte not in BYTES]


@cache
def train(size: int = 600) -> dict[bytes, int]:
    """Trains ranks by the plainest algorithm."""
    lines = data_path("samples", "udhr.jsonl").read_text("utf-8").splitlines()[::31]
    pieces = re.findall(r" ?\w+|\s+|.", " ".join(json.loads(line)["text"] for line in lines))
    words = [[bytes([byte]) for byte in piece.encode()] for piece in pieces]
    ranks = {bytes([byte]): rank for rank, byte in enumerate(BYTES)}
    while len(ranks) < size:
        counts: dict[bytes, int] = {}
        for word in words:
            for left, right in pairwise(word):
                counts[left + right] = counts.get(left + right, 0) + 1
        token = max((pair for pair in counts if pair not in ranks), key=lambda pair: counts[pair])
        ranks[token] = len(ranks)
        words = [merge(word, token) for word in words]
    return ranks


def merge(word: list[bytes], token: bytes) -> list[bytes]:
    merged: list[bytes] = []
    for part in word:
        if merged and merged[-1] + part == token:
            merged[-1] = token
        else:
            merged.append(part)
    return merged


def as_file(ranks: Mapping[bytes, int]) -> bytes:
    """Returns the content of a `.tiktoken` file."""
    return b"".join(b"%s %d\n" % (b64encode(token), rank) for token, rank in ranks.items())


def as_merges() -> bytes:
    """Returns the ranks in the form of GPT-2's vocab.bpe: one merge on each line."""
    character_of = byte_characters()
    ranks = train()
    lines = ["#version: 0.2"]
    for token, rank in list(ranks.items())[256:]:
        earlier = {part: r for part, r in ranks.items() if r < rank}
        left = next(
            n for n in range(1, len(token)) if token[:n] in earlier and token[n:] in earlier
        )
        parts = (
            "".join(character_of[byte] for byte in part) for part in (token[:left], token[left:])
        )
        lines.append(" ".join(parts))
    return ("\n".join(lines) + "\n").encode()
