"""Many documents counted at once, in columns: the same counts as one by one, and much faster.

What takes a look at each document by itself (words, graphemes, token ids, tokenizers that lose
text) is not counted here: see `Counting.fits_columns`.
"""

from __future__ import annotations

import hashlib
import unicodedata
from functools import partial
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import numpy as np

from tokcompare.counting.counter import DIGEST_MODULUS, Counting, Counts, weighed_quantities
from tokcompare.counting.engines import Engine, count_tokens_of
from tokcompare.text import count_unnormalized

if TYPE_CHECKING:
    import numpy.typing as npt

    Numbers = npt.NDArray[np.int64]

_LITTLE, _MUCH = 2047, 1 << 16
"""How many bytes hashlib takes without giving up the lock, and from how many on it may."""

_is_nfc = partial(unicodedata.is_normalized, "NFC")


def count_columns(
    texts: list[str],
    codes: list[str],
    groups: list[str],
    counting: Counting,
    engine: Engine | None,
    verified: float,
) -> dict[str, Counts]:
    """Returns the counts of documents by group, in order of first appearance.

    Args:
        texts: The texts, well-formed Unicode.
        codes: The code of the language of each.
        groups: The group of each.
        counting: What is counted of them; it must fit columns.
        engine: What encodes them; None for tiktoken.
        verified: The share of them that is held against tiktoken.

    Raises:
        EngineError: The tokens of one of those are others.
    """
    if not texts:
        return {}
    # Groups are counted one after the other. Of a language, the processor's cache then still has
    # the words, which saves an engine a tenth of its time; and each group is a slice of a column.
    places = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    number_of = np.fromiter(map(places.__getitem__, groups), np.int64, len(groups))
    order = np.argsort(number_of, kind="stable").tolist()
    texts = list(map(texts.__getitem__, order))
    contents = list(map(str.encode, texts))
    digests = _digests(contents, list(map(codes.__getitem__, order)))
    sample = np.flatnonzero(digests[:, 0] < verified * 2**32)
    numbers = _measure(texts, contents, counting, engine, sample)
    documents = dict(zip(places, np.bincount(number_of).tolist(), strict=True))
    keeps_values = "values" in counting.measures
    return _add_up(numbers, digests, documents, keeps_values=keeps_values)


def measure_piece(
    piece: str, counting: Counting, engine: Engine | None, verified: float
) -> dict[str, int]:
    """Returns what there is to measure of a piece of a document, by quantity.

    Raises:
        EngineError: It is held against tiktoken, and the tokens are others.
    """
    content = piece.encode()
    limit = int(verified * (2**32 - 1)).to_bytes(4, "big")
    sample = np.array([0] if hashlib.sha256(content).digest()[:4] < limit else [], np.int64)
    numbers = _measure([piece], [content], counting, engine, sample)
    return {quantity: int(column[0]) for quantity, column in numbers.items()}


def _measure(
    texts: list[str],
    contents: list[bytes],
    counting: Counting,
    engine: Engine | None,
    sample: Numbers,
) -> dict[str, Numbers]:
    """Returns a column for each quantity: the numbers of the documents."""
    if counting.normalization is not None:
        texts = [unicodedata.normalize(counting.normalization, text) for text in texts]
        contents = list(map(str.encode, texts))
    numbers = {
        "bytes": np.fromiter(map(len, contents), np.int64, len(contents)),
        "characters": np.fromiter(map(len, texts), np.int64, len(texts)),
    }
    counts = count_tokens_of(texts, counting.encodings, engine, sample)
    for encoding, tokens in zip(counting.encodings, counts, strict=True):
        numbers[f"tokens {encoding.name}"] = tokens
    numbers["unnormalized"] = np.zeros(len(texts), np.int64)
    if counting.normalization is None:
        for place, is_nfc in enumerate(map(_is_nfc, texts)):
            if not is_nfc:
                numbers["unnormalized"][place] = count_unnormalized(texts[place])
    return numbers


def _digests(contents: list[bytes], codes: list[str]) -> npt.NDArray[np.uint32]:
    """Returns the SHA-256 of each document, in eight columns of 32 bits, the highest first."""
    prefixes = {code: f"{code}\n".encode() for code in dict.fromkeys(codes)}
    digests = map(_digest, map(prefixes.__getitem__, codes), contents)
    return np.frombuffer(b"".join(digests), ">u4").reshape(-1, 8)


def _digest(prefix: bytes, content: bytes) -> bytes:
    if len(content) <= _LITTLE - 100:
        return hashlib.sha256(prefix + content).digest()
    digest = hashlib.sha256(prefix)
    # So little at a time that hashlib keeps the interpreter's lock: to give it away and wait for it
    # again takes longer than to hash a document.
    step = _LITTLE if len(content) < _MUCH else len(content)
    for start in range(0, len(content), step):
        digest.update(content[start : start + step])
    return digest.digest()


def _add_up(
    numbers: dict[str, Numbers],
    digests: npt.NDArray[np.uint32],
    documents: dict[str, int],
    *,
    keeps_values: bool,
) -> dict[str, Counts]:
    """Returns the counts of each group of documents; they are in the order of the groups."""
    starts = np.cumsum([0, *documents.values()])[:-1]
    sums = {quantity: np.add.reduceat(column, starts) for quantity, column in numbers.items()}
    weighed = weighed_quantities(numbers)
    products = {
        (a, b): _add_products(
            numbers[a], numbers[b], starts, int(sums[a].max()) * int(sums[b].max())
        )
        for a, b in combinations_with_replacement(weighed, 2)
    }
    halves = np.add.reduceat(digests.astype(np.uint64), starts).tolist()
    return {
        group: Counts(
            documents=number,
            sums={quantity: int(column[place]) for quantity, column in sums.items()},
            products={pair: column[place] for pair, column in products.items()},
            digest=_join(halves[place]) % DIGEST_MODULUS,
            values={
                quantity: tuple(numbers[quantity][starts[place] : starts[place] + number].tolist())
                for quantity in weighed
                if keeps_values
            },
        )
        for place, (group, number) in enumerate(documents.items())
    }


def _add_products(a: Numbers, b: Numbers, starts: Numbers, bound: int) -> list[int]:
    """Returns the sum of products in each group; none is greater than the bound."""
    if bound < 2**63:
        return list(np.add.reduceat(a * b, starts).tolist())
    products = [x * y for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    ends = [*starts[1:].tolist(), len(products)]
    return [sum(products[start:end]) for start, end in zip(starts.tolist(), ends, strict=True)]


def _join(halves: list[int]) -> int:
    """Returns the number that is written in words of 32 bits, the highest first."""
    return sum(half << 32 * (7 - place) for place, half in enumerate(halves))
