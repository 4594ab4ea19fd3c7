"""Counts: whole numbers about documents, which add up.

The counts of two parts of a corpus, added, are the counts of the whole, however it was split.
Nothing is divided here: ratios are metrics.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from tokcompare.counting import stored as checked
from tokcompare.errors import ArgumentError

if TYPE_CHECKING:
    from tokcompare.counting.estimated import EstimatedTokens

DIGEST_MODULUS = 1 << 256

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The counts of some documents.

    Attributes:
        documents: Number of documents.
        sums: The sum over the documents of each quantity: "bytes" (of UTF-8), "characters" (code
            points), "unnormalized" (characters in words that are not in NFC), "tokens ENCODING"
            for each encoding, and the optional quantities that were asked for (see `quantities`).
            For an encoding that may lose text also "unknown ENCODING" (tokens that stand for
            something outside the vocabulary), "altered ENCODING" (documents that do not decode to
            their text, or to it with more spaces) and "lost ENCODING" (bytes of text, white space
            aside, that its tokens do not hold). A quantity that is undefined for one of the
            documents, such as words in Chinese, is missing.
        products: The sum over the documents of the product of two quantities, for each pair of
            those that ratios are made of, in the order of `sums`. Confidence intervals need them.
        published: Published number of tokens by encoding; only encodings for which every document
            has such a figure.
        digest: The sum, modulo 2 to the power of 256, of a SHA-256 of each document: of its
            language code, a line feed and its text in UTF-8. If counts are recorded with the
            documents, it is the SHA-256 of that and of these.
        ids: If asked for, how often each token id occurs, by encoding.
        word_types: If asked for and defined, the distinct words, and how many tokens each has
            under each encoding, in the order of the encodings.
        values: If asked for, the numbers of each document, by quantity.
        estimates: For each quantity that is an estimate, what it is made of: see `estimated`. An
            estimate that is undefined, for a language without a factor, is missing from `sums`.
            Parts of a source have none: estimates are made of whole sums.
    """

    documents: int
    sums: Mapping[str, int]
    products: Mapping[tuple[str, str], int]
    published: Mapping[str, int] = field(default_factory=dict)
    digest: int = 0
    ids: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    word_types: Mapping[str, tuple[int, ...]] | None = None
    values: Mapping[str, Sequence[float]] = field(default_factory=dict)
    estimates: Mapping[str, EstimatedTokens] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """Length in UTF-8, in bytes."""
        return self.sums["bytes"]

    @property
    def characters(self) -> int:
        """Length in Unicode code points."""
        return self.sums["characters"]

    @property
    def tokens(self) -> dict[str, int]:
        """Number of tokens by encoding; an encoding whose number is undefined is missing."""
        return {name: self.sums[f"tokens {name}"] for name in _encodings_of(self.sums)}

    @property
    def lost_bytes(self) -> dict[str, int]:
        """Bytes of text that tokens do not hold, by encoding, where that is measured."""
        start = "lost "
        return {
            key.removeprefix(start): number
            for key, number in self.sums.items()
            if key.startswith(start)
        }

    def __add__(self, other: Counts) -> Counts:
        """Returns the counts of the documents of both.

        Raises:
            ArgumentError: They were not counted under the same encodings.
        """
        return add_counts([self, other])

    def to_dict(self) -> dict[str, Any]:
        """Returns the counts as values that JSON can hold."""
        return {
            "documents": self.documents,
            "sums": dict(self.sums),
            "products": [[a, b, number] for (a, b), number in self.products.items()],
            "published": dict(self.published),
            "digest": f"{self.digest:064x}",
            "ids": {name: list(ids.items()) for name, ids in self.ids.items()},
            "word_types": None
            if self.word_types is None
            else [[word, list(tokens)] for word, tokens in self.word_types.items()],
            "values": {quantity: list(values) for quantity, values in self.values.items()},
        }

    @staticmethod
    def from_dict(stored: Mapping[str, Any]) -> Counts:
        """Returns the counts that `to_dict` stored.

        Raises:
            ValueError: They are damaged.
        """
        stored = checked.record(stored, _STORED)
        types = stored["word_types"]
        sums = checked.mapping(stored["sums"], checked.whole)
        checked.record(sums, ("bytes", "characters"))
        return Counts(
            documents=checked.whole(stored["documents"]),
            sums=sums,
            products={
                (a, b): number for a, b, number in checked.items(stored["products"], _product)
            },
            published=checked.mapping(stored["published"], checked.whole),
            digest=_digest(stored["digest"]),
            ids=checked.mapping(stored["ids"], lambda ids: dict(checked.items(ids, _id))),
            word_types=None if types is None else dict(checked.items(types, _word_type)),
            values=checked.mapping(
                stored["values"], lambda values: checked.items(values, checked.whole)
            ),
        )


_STORED = ("documents", "sums", "products", "published", "digest", "ids", "word_types", "values")


def _product(stored: object) -> tuple[str, str, int]:
    a, b, number = checked.row(stored, checked.string, checked.string, checked.whole)
    return a, b, number


def _id(stored: object) -> tuple[int, int]:
    token, number = checked.row(stored, checked.whole, checked.whole)
    return token, number


def _word_type(stored: object) -> tuple[str, tuple[int, ...]]:
    # A tokenizer may join a word with the text before it, and need fewer tokens for both.
    word, tokens = checked.row(
        stored, checked.string, lambda tokens: checked.items(tokens, checked.signed)
    )
    return word, tokens


def _digest(stored: object) -> int:
    digest = checked.string(stored)
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError("a digest must have 64 hexadecimal digits")
    return int(digest, 16)


def add_counts(counts: Iterable[Counts]) -> Counts:
    """Returns the counts of all documents of some counts, of which there is at least one.

    Raises:
        ArgumentError: They were not counted under the same encodings.
    """
    parts = iter(counts)
    total = CountsSum(next(parts))
    for part in parts:
        total.add(part)
    return total.counts()


class CountsSum:
    """A growing sum of counts. Adding a document costs as much as the document, not the sum."""

    def __init__(self, counts: Counts) -> None:
        self._documents = counts.documents
        self._sums = dict(counts.sums)
        self._products = dict(counts.products)
        self._published = dict(counts.published)
        self._digest = counts.digest
        self._ids = {name: Counter(ids) for name, ids in counts.ids.items()}
        self._word_types = None if counts.word_types is None else dict(counts.word_types)
        self._values = {quantity: list(values) for quantity, values in counts.values.items()}
        self._estimates = dict(counts.estimates)

    def add(self, counts: Counts) -> None:
        """Adds the counts of other documents.

        Raises:
            ArgumentError: They were not counted under the same encodings.
        """
        if self._sums.keys() != counts.sums.keys():
            _check_encodings({*self._sums, *self._estimates}, {*counts.sums, *counts.estimates})
        self._documents += counts.documents
        _add_to(self._sums, counts.sums)
        _add_to(self._products, counts.products)
        _add_to(self._published, counts.published)
        self._digest = (self._digest + counts.digest) % DIGEST_MODULUS
        for name, ids in self._ids.items():
            ids.update(counts.ids[name])
        if self._word_types is not None:
            if counts.word_types is None:
                self._word_types = None
            else:
                self._word_types.update(counts.word_types)
        for quantity in self._values.keys() - counts.values.keys():
            del self._values[quantity]
        for quantity, values in self._values.items():
            values.extend(counts.values[quantity])
        for key, estimate in counts.estimates.items():
            mine = self._estimates.get(key)
            self._estimates[key] = estimate if mine is None else mine + estimate

    def counts(self) -> Counts:
        """Returns the sum."""
        return Counts(
            documents=self._documents,
            sums=dict(self._sums),
            products=dict(self._products),
            published=dict(self._published),
            digest=self._digest,
            ids={name: dict(ids) for name, ids in self._ids.items()},
            word_types=None if self._word_types is None else dict(self._word_types),
            values={quantity: tuple(values) for quantity, values in self._values.items()},
            estimates=dict(self._estimates),
        )


def _check_encodings(keys: Iterable[str], others: Iterable[str]) -> None:
    mine, theirs = sorted(_encodings_of(keys)), sorted(_encodings_of(others))
    if mine != theirs:
        raise ArgumentError(
            f"Counts under {', '.join(mine)} and counts under {', '.join(theirs)} do not add "
            "up: count under the same encodings."
        )


def _encodings_of(keys: Iterable[str]) -> list[str]:
    return [quantity.removeprefix("tokens ") for quantity in keys if quantity.startswith("tokens ")]


def _add_to(mine: dict[_Key, int], theirs: Mapping[_Key, int]) -> None:
    """Adds the keys that both have, and drops the others: they are undefined for the whole."""
    if mine.keys() != theirs.keys():
        for key in mine.keys() - theirs.keys():
            del mine[key]
    for key in mine:
        mine[key] += theirs[key]
