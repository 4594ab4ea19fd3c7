"""Makes the .trie and .ranks files of the two rank files: see README.md."""

from __future__ import annotations

import sys
from array import array
from binascii import a2b_base64
from pathlib import Path

import marisa_trie

FOLDER = Path(__file__).parent
NAMES = ("cl100k_base", "o200k_base")


def make(name: str, folder: Path) -> None:
    """Writes NAME.trie and NAME.ranks into a folder."""
    lines = (FOLDER / f"{name}.tiktoken").read_bytes().splitlines()
    ranks = {a2b_base64(token): int(rank) for token, rank in map(bytes.split, lines)}
    # Sorted, so that the same version of marisa-trie always writes the same file.
    trie = marisa_trie.BinaryTrie(sorted(ranks))
    by_key = array("I", bytes(4 * len(ranks)))
    for token, rank in ranks.items():
        by_key[trie[token]] = rank
    trie.save(str(folder / f"{name}.trie"))
    (folder / f"{name}.ranks").write_bytes(by_key.tobytes())


if __name__ == "__main__":
    if sys.byteorder != "little" or array("I").itemsize != 4:
        sys.exit("Needs a machine whose numbers of 32 bits are little-endian.")
    for name in NAMES:
        make(name, FOLDER)
