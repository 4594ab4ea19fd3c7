"""Small ranks, trained on the Universal Declaration of Human Rights, and files of them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping

from tests import ROOT
from tokcompare.encodings.kinds.rank_files import byte_characters

# Trained by the plainest byte-pair merging on every 31st paragraph of the declaration; the single
# bytes come first, in the order of GPT-2.
LINES = (ROOT / "tests" / "data" / "small.tiktoken").read_bytes().splitlines()
RANKS = {b64decode(token): int(rank) for token, rank in map(bytes.split, LINES)}


def as_file(ranks: Mapping[bytes, int]) -> bytes:
    """Returns the content of a `.tiktoken` file."""
    return b"".join(b"%s %d\n" % (b64encode(token), rank) for token, rank in ranks.items())


def as_merges() -> bytes:
    """Returns the ranks in the form of GPT-2's vocab.bpe: one merge on each line."""
    character_of = byte_characters()
    lines = ["#version: 0.2"]
    for token, rank in list(RANKS.items())[256:]:
        earlier = {part: r for part, r in RANKS.items() if r < rank}
        left = next(
            n for n in range(1, len(token)) if token[:n] in earlier and token[n:] in earlier
        )
        parts = (
            "".join(character_of[byte] for byte in part) for part in (token[:left], token[left:])
        )
        lines.append(" ".join(parts))
    return ("\n".join(lines) + "\n").encode()
