"""What a user would run instead: each peer counts texts that are in memory already, both encodings.

`python -m benchmarks.peers NAME FILE SHARE` prints how many bytes of text there were, and how many
seconds it took to count them for the first time: reading and loading are not measured. Each peer is
used in the way that its own documentation recommends for many texts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

from tokcompare import load_encoding
from tokcompare.bundled import data_path
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.kinds.rank_files import byte_characters, parse_rank_file

ENCODINGS = ("cl100k_base", "o200k_base")

Counter = Callable[[Sequence[str]], int]
"""What returns the number of tokens of texts."""


def rank_file(name: str) -> Path:
    """Returns where the rank file of an encoding stands."""
    return data_path("vocabularies", f"{name}.tiktoken")


def tiktoken(name: str) -> Counter:
    """tiktoken's batch call, on all cores."""
    encode = load_encoding(name).tiktoken.encode_ordinary_batch  # type: ignore[attr-defined]
    return lambda texts: sum(map(len, encode(list(texts), num_threads=os.cpu_count() or 1)))


def tokenizers(name: str) -> Counter:
    """Hugging Face's tokenizers, with the same ranks and pattern."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    ranks = parse_rank_file(rank_file(name).read_bytes(), path=name)
    as_text = byte_characters()

    def text_of(token: bytes) -> str:
        return "".join(as_text[byte] for byte in token)

    vocabulary = {text_of(token): rank for token, rank in ranks.items()}
    merges = [
        (text_of(left), text_of(right))
        for token, rank in sorted(ranks.items(), key=lambda item: item[1])
        if len(token) > 1
        for left, right in [last_merge(token, rank, ranks)]
    ]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=True))
    # In its regular expressions "$" is the end of a line.
    split = pre_tokenizers.Split(Regex(VOCABULARIES[name].pattern.replace("$", r"\z")), "isolated")
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    return lambda texts: sum(len(e.ids) for e in tokenizer.encode_batch_fast(list(texts)))


def last_merge(token: bytes, rank: int, ranks: dict[bytes, int]) -> tuple[bytes, bytes]:
    """Returns the two tokens that byte-pair encoding merges last to make a token."""
    parts = [token[place : place + 1] for place in range(len(token))]
    while len(parts) > 2:
        pairs = [ranks.get(a + b, rank) for a, b in pairwise(parts)]
        place = pairs.index(min(pairs))
        parts[place : place + 2] = [parts[place] + parts[place + 1]]
    return parts[0], parts[1]


def gigatoken(name: str) -> Counter:
    """gigatoken's batch call."""
    module: Any = import_module("gigatoken")
    scheme = {"cl100k_base": "cl100k", "o200k_base": "o200k"}[name]
    tokenizer = module.Tokenizer.from_tiktoken(
        rank_file(name), pretokenizer=scheme, special_tokens={}
    )
    return lambda texts: len(tokenizer.encode_batch(list(texts)).layout.content.data)


def fastokens(name: str) -> Counter:
    """fastokens' call for bulk tokenization."""
    module: Any = import_module("fastokens")
    tokenizer = module.Tokenizer.from_tiktoken(str(rank_file(name)), encoding=name)
    return lambda texts: len(tokenizer.encode_batch_flat(list(texts), False, True)[0]) // 4


def splintr(name: str) -> Counter:
    """splintr's call for bulk tokenization."""
    module: Any = import_module("splintr")
    pattern = getattr(module, f"{name.upper()}_PATTERN")
    tokenizer = module.Tokenizer.from_bytes(rank_file(name).read_bytes(), pattern)
    return lambda texts: len(tokenizer.encode_batch_flat(list(texts))[0]) // 4


def bpe_openai(name: str) -> Counter:
    """bpe-openai's batch call, on all cores."""
    encoding = import_module("bpe_openai").get_encoding(name)
    encode = encoding.encode_ordinary_batch
    return lambda texts: sum(map(len, encode(list(texts), num_threads=os.cpu_count() or 1)))


PEERS: dict[str, Callable[[str], Counter]] = {
    "tiktoken": tiktoken,
    "tokenizers": tokenizers,
    "gigatoken": gigatoken,
    "fastokens": fastokens,
    "splintr": splintr,
    "bpe-openai": bpe_openai,
}
"""The peers by the names of their packages."""

AT_ONCE = 4_000_000
"""How many characters are handed over at a time."""


def main(name: str, path: str, share: float) -> None:
    """Counts a share of the texts of a file with a peer, and prints bytes, seconds and tokens."""
    with Path(path).open("rb") as file:
        texts = [json.loads(line)["text"] for line in file]
    texts = texts[: max(1, int(len(texts) * share))]
    counters = [PEERS[name](encoding) for encoding in ENCODINGS]
    batches: list[list[str]] = [[]]
    size = 0
    for text in texts:
        batches[-1].append(text)
        size += len(text)
        if size > AT_ONCE:
            batches.append([])
            size = 0
    started = time.perf_counter()
    tokens = [sum(map(counter, batches)) for counter in counters]
    seconds = time.perf_counter() - started
    print(sum(len(text.encode()) for text in texts), seconds, *tokens)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
