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

from tokcompare.counting import DIGEST_MODULUS, Counting, Counts, weighed_quantities
from tokcompare.engines import Engine, Texts, count_tokens_of
from tokcompare.units import count_unnormalized

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
    verify: float,
) -> dict[str, Counts]:
    """Returns the counts of documents, group by group in order of first appearance.

    Args:
        texts: The texts, well-formed Unicode.
        codes: The code of the language of each.
        groups: The group of each.
        counting: What is counted of them; it must fit columns.
        engine: What encodes them; None for tiktoken.
        verify: The share of them that tiktoken encodes, too, to be compared.

    Raises:
        EngineError: The engine's tokens are not those of tiktoken.
    """
    if not texts:
        return {}
    contents = list(map(str.encode, texts))
    digests = _digests(contents, codes)
    sample = np.flatnonzero(digests[:, 0] < verify * 2**32)
    numbers = _measure(texts, contents, counting, engine, sample)
    return _add_up(numbers, digests, groups, keeps_values="values" in counting.measures)


def measure_piece(
    piece: str, counting: Counting, engine: Engine | None, verify: float
) -> dict[str, int]:
    """Returns what there is to measure of a piece of a document, by quantity."""
    content = piece.encode()
    is_sampled = hashlib.sha256(content).digest()[:4] < int(verify * (2**32 - 1)).to_bytes(4, "big")
    sample = np.array([0] if is_sampled else [], np.int64)
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
    sizes = np.fromiter(map(len, contents), np.int64, len(contents))
    offsets = np.zeros(len(contents) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    joined = Texts(content=b"".join(contents), offsets=offsets)
    contents.clear()  # they are in memory once more
    numbers = {"bytes": sizes, "characters": np.fromiter(map(len, texts), np.int64, len(texts))}
    counts = count_tokens_of(joined, counting.encodings, engine, sample)
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
    sha256 = hashlib.sha256
    digests = []
    for code, content in zip(codes, contents, strict=True):
        digest = sha256(prefixes[code])
        if len(content) < _MUCH:
            # So little at a time that hashlib keeps the interpreter's lock: to give it away and
            # wait for it again takes longer than to hash a document.
            for start in range(0, len(content), _LITTLE):
                digest.update(content[start : start + _LITTLE])
        else:
            digest.update(content)
        digests.append(digest.digest())
    return np.frombuffer(b"".join(digests), ">u4").reshape(-1, 8)


def _add_up(
    numbers: dict[str, Numbers],
    digests: npt.NDArray[np.uint32],
    groups: list[str],
    *,
    keeps_values: bool,
) -> dict[str, Counts]:
    """Returns the counts of each group of documents."""
    # The groups are numbered, and the documents sorted by these numbers: each group is a slice.
    places = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    number_of = np.fromiter(map(places.__getitem__, groups), np.int64, len(groups))
    order = np.argsort(number_of, kind="stable")
    documents = np.bincount(number_of)
    starts = np.cumsum(documents) - documents
    columns = {quantity: column[order] for quantity, column in numbers.items()}
    sums = {quantity: np.add.reduceat(column, starts) for quantity, column in columns.items()}
    weighed = weighed_quantities(columns)
    products = {
        (a, b): _add_products(
            columns[a], columns[b], starts, int(sums[a].max()) * int(sums[b].max())
        )
        for a, b in combinations_with_replacement(weighed, 2)
    }
    halves = np.add.reduceat(digests[order].astype(np.uint64), starts).tolist()
    return {
        group: Counts(
            documents=int(documents[place]),
            sums={quantity: int(column[place]) for quantity, column in sums.items()},
            products={pair: column[place] for pair, column in products.items()},
            digest=_join(halves[place]) % DIGEST_MODULUS,
            values={
                quantity: tuple(
                    columns[quantity][starts[place] : starts[place] + documents[place]].tolist()
                )
                for quantity in weighed
                if keeps_values
            },
        )
        for group, place in places.items()
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
