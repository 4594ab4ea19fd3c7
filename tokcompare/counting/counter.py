"""Documents and encodings in, counts out: whole numbers that add up.

The counts of two parts of a corpus, added, are the counts of the whole, in whichever way it was
parted. Nothing is divided here: ratios are metrics.
"""

from __future__ import annotations

import functools
import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations_with_replacement
from typing import TypeVar

from tokcompare.encodings import Encoding, LoadedEncoding, load_encoding
from tokcompare.errors import ArgumentError
from tokcompare.languages import Language, describe_language
from tokcompare.sources.document import Document
from tokcompare.text import (
    NormalizationForm,
    count_graphemes,
    count_unnormalized,
    cut,
    replace_surrogates,
    split_words,
)

MEASURES = ("graphemes", "words", "continued", "word_types", "ids", "values")
"""What is counted only when asked for, because it takes time or memory: see `Counts`."""

DIGEST_MODULUS = 1 << 256

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What has been counted of some documents.

    Attributes:
        documents: Number of documents.
        sums: What has been counted, by quantity: "bytes" (of UTF-8), "characters" (code points),
            "unnormalized" (characters in words that are not in NFC), and if asked for "graphemes"
            and "words" (Unicode Standard Annex #29). Of each encoding ENCODING "tokens ENCODING",
            "continued ENCODING" (words of more than one token) if asked for, and if it may
            fail to keep the text "unknown ENCODING" (tokens that stand for whatever is not in the
            vocabulary) and "altered ENCODING" (documents that its tokens do not give back).
            What is not defined for one of the documents, such as words in Chinese, is not there.
        products: Sums over the documents of the product of two quantities, for each two of those
            that ratios are made of, in the order of `sums`: what confidence intervals are made of.
        published: Number of tokens by the name of the encoding as the source itself gives it; only
            encodings for which every document has such a figure.
        digest: The sum, modulo 2 to the power of 256, of a SHA-256 for each document: that of its
            language code, a line feed and its text in UTF-8.
        ids: If asked for, how often each token id occurs, by the name of the encoding.
        word_types: If asked for and defined, the different words, and how many tokens each has
            under each encoding, in the order of the encodings.
        values: If asked for, the numbers of each document, by quantity.
    """

    documents: int
    sums: Mapping[str, int]
    products: Mapping[tuple[str, str], int]
    published: Mapping[str, int] = field(default_factory=dict)
    digest: int = 0
    ids: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    word_types: Mapping[str, tuple[int, ...]] | None = None
    values: Mapping[str, Sequence[int]] = field(default_factory=dict)

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
        """Number of tokens by the name of the encoding."""
        return {name: self.sums[f"tokens {name}"] for name in _encodings_of(self.sums)}

    def __add__(self, other: Counts) -> Counts:
        """Returns the counts of the documents of both.

        Raises:
            ArgumentError: They were not counted under the same encodings.
        """
        return add_counts([self, other])


def add_counts(counts: Iterable[Counts]) -> Counts:
    """Returns the counts of the documents of all of some counts, of which there is at least one.

    Raises:
        ArgumentError: They were not counted under the same encodings.
    """
    parts = iter(counts)
    tally = Tally(next(parts))
    for part in parts:
        tally.add(part)
    return tally.counts()


class Tally:
    """Counts that grow: to add a document costs as much as the document, not as much as all."""

    def __init__(self, counts: Counts) -> None:
        self._documents = counts.documents
        self._sums = dict(counts.sums)
        self._products = dict(counts.products)
        self._published = dict(counts.published)
        self._digest = counts.digest
        self._ids = {name: Counter(ids) for name, ids in counts.ids.items()}
        self._word_types = None if counts.word_types is None else dict(counts.word_types)
        self._values = {quantity: list(values) for quantity, values in counts.values.items()}

    def add(self, counts: Counts) -> None:
        """Adds the counts of other documents.

        Raises:
            ArgumentError: They were not counted under the same encodings.
        """
        if self._sums.keys() != counts.sums.keys():
            _check_encodings(self._sums, counts.sums)
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

    def counts(self) -> Counts:
        """Returns the counts of all that has been added."""
        return Counts(
            documents=self._documents,
            sums=dict(self._sums),
            products=dict(self._products),
            published=dict(self._published),
            digest=self._digest,
            ids={name: dict(ids) for name, ids in self._ids.items()},
            word_types=None if self._word_types is None else dict(self._word_types),
            values={quantity: tuple(values) for quantity, values in self._values.items()},
        )


def _check_encodings(sums: Mapping[str, int], others: Mapping[str, int]) -> None:
    mine, theirs = _encodings_of(sums), _encodings_of(others)
    if mine != theirs:
        raise ArgumentError(
            f"Counts under {', '.join(mine)} and counts under {', '.join(theirs)} do not add "
            "up: count under the same encodings."
        )


def _encodings_of(sums: Mapping[str, int]) -> list[str]:
    return [quantity.removeprefix("tokens ") for quantity in sums if quantity.startswith("tokens ")]


def _add_to(mine: dict[_Key, int], theirs: Mapping[_Key, int]) -> None:
    """Adds what both have, and drops what one of them lacks: it is not defined for the whole."""
    if mine.keys() != theirs.keys():
        for key in mine.keys() - theirs.keys():
            del mine[key]
    for key in mine:
        mine[key] += theirs[key]


@dataclass(slots=True, kw_only=True)
class Measured:
    """What has been measured of a document so far: it may be too long to be held in memory.

    Attributes:
        sums: As in `Counts`.
        ids: As in `Counts`.
        word_types: As in `Counts`.
    """

    sums: dict[str, int]
    ids: dict[str, Counter[int]]
    word_types: dict[str, tuple[int, ...]] | None

    def add(self, other: Measured) -> None:
        """Adds what has been measured of the next pieces of the same document."""
        for quantity, number in other.sums.items():
            self.sums[quantity] += number
        for name, ids in other.ids.items():
            self.ids[name].update(ids)
        if self.word_types is not None:
            self.word_types.update(other.word_types or {})


def begin_digest(language: Language) -> hashlib._Hash:
    """Returns the SHA-256 that is continued with the text of a document in that language."""
    return hashlib.sha256(f"{language.code}\n".encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What is counted of each document.

    Attributes:
        encodings: The encodings, the baseline first.
        measures: Those of the `MEASURES` that are asked for.
        normalization: The Unicode normalization form that texts are brought into first, or None.
    """

    encodings: tuple[LoadedEncoding, ...]
    measures: frozenset[str] = frozenset()
    normalization: NormalizationForm | None = None

    @property
    def fits_columns(self) -> bool:
        """Whether nothing needs a look at each document by itself: see `columns`."""
        return self.measures <= {"values"} and all(
            encoding.keeps_text and encoding.unknown_token is None for encoding in self.encodings
        )

    def nothing(self) -> Counts:
        """Returns the counts of no document at all: adding them changes nothing."""
        quantities = _quantities(self.encodings, self.measures, words=True)
        return Counts(
            documents=0,
            sums=dict.fromkeys(quantities, 0),
            products=dict.fromkeys(
                combinations_with_replacement(weighed_quantities(quantities), 2), 0
            ),
            published={encoding.name: 0 for encoding in self.encodings},
            ids={encoding.name: {} for encoding in self.encodings if "ids" in self.measures},
            word_types={} if "word_types" in self.measures else None,
            values={
                quantity: ()
                for quantity in weighed_quantities(quantities)
                if "values" in self.measures
            },
        )

    def count(self, document: Document) -> Counts:
        """Returns the counts of one document.

        Raises:
            RecordError: Its text is read from a file, and cannot be.
        """
        language = describe_language(document.language)
        measured = self.begin(language)
        digest = begin_digest(language)
        for piece in self.pieces(document.text):
            digest.update(piece.encode())
            self.measure(piece, measured)
        return self.finish(measured, digest, document.published)

    def begin(self, language: Language) -> Measured:
        """Returns what has been measured of a document in that language before its first piece."""
        quantities = _quantities(
            self.encodings, self.measures, words=language.separates_words_by_spaces
        )
        has_types = "word_types" in self.measures and language.separates_words_by_spaces
        return Measured(
            sums=dict.fromkeys(quantities, 0),
            ids={e.name: Counter() for e in self.encodings if "ids" in self.measures},
            word_types={} if has_types else None,
        )

    def measure(self, piece: str, measured: Measured) -> None:
        """Adds what there is to measure of a piece of a document."""
        sums, ids = measured.sums, measured.ids
        if self.normalization is None:
            sums["unnormalized"] += count_unnormalized(piece)
        else:
            piece = unicodedata.normalize(self.normalization, piece)
        sums["bytes"] += len(piece.encode())
        sums["characters"] += len(piece)
        if "graphemes" in sums:
            sums["graphemes"] += count_graphemes(piece)
        for encoding in self.encodings:
            tokens = encoding.encode(piece)
            sums[f"tokens {encoding.name}"] += len(tokens)
            if ids:
                ids[encoding.name].update(tokens)
            if encoding.unknown_token is not None:
                unknown = list(tokens).count(encoding.unknown_token)
                sums[f"unknown {encoding.name}"] += unknown
            if encoding.keeps_text is False and encoding.decode(tokens) != piece:
                sums[f"altered {encoding.name}"] = 1
        if "words" in sums or measured.word_types is not None:
            self._count_words(piece, sums, measured.word_types)

    def finish(
        self, measured: Measured, digest: hashlib._Hash, published: Mapping[str, int]
    ) -> Counts:
        """Returns the counts of a document of which every piece has been measured."""
        sums = measured.sums
        weighed = {quantity: sums[quantity] for quantity in weighed_quantities(sums)}
        return Counts(
            documents=1,
            sums=sums,
            products={
                pair: weighed[pair[0]] * weighed[pair[1]]
                for pair in combinations_with_replacement(weighed, 2)
            },
            published={
                encoding.name: published[encoding.name]
                for encoding in self.encodings
                if encoding.name in published
            },
            digest=int.from_bytes(digest.digest(), "big"),
            ids=measured.ids,
            word_types=measured.word_types,
            values={q: (number,) for q, number in weighed.items() if "values" in self.measures},
        )

    def pieces(self, text: str | Iterable[str]) -> Iterator[str]:
        """Yields a text in pieces that can be counted one by one, as well-formed Unicode."""
        if all(encoding.cuts_at_space for encoding in self.encodings):
            pieces = cut(text)
        else:
            pieces = iter([text if isinstance(text, str) else "".join(text)])
        return map(replace_surrogates, pieces)

    def _count_words(
        self, text: str, sums: dict[str, int], word_types: dict[str, tuple[int, ...]] | None
    ) -> None:
        words = split_words(text)
        if "words" in sums:
            sums["words"] += len(words)
        if "continued" not in self.measures and word_types is None:
            return
        for word in words:
            tokens = tuple(tokens_of_word(word, encoding) for encoding in self.encodings)
            if word_types is not None:
                word_types[word] = tokens
            if "continued" in self.measures:
                for encoding, number in zip(self.encodings, tokens, strict=True):
                    sums[f"continued {encoding.name}"] += number > 1


@functools.lru_cache(maxsize=64)
def _quantities(
    encodings: tuple[LoadedEncoding, ...], measures: frozenset[str], *, words: bool
) -> tuple[str, ...]:
    """Returns the quantities that are counted, with or without those of words."""
    names = [encoding.name for encoding in encodings]
    with_words = words and not measures.isdisjoint(["words", "continued"])
    return (
        "bytes",
        "characters",
        *(["graphemes"] if "graphemes" in measures else []),
        *(["words"] if with_words else []),
        *(f"tokens {name}" for name in names),
        *(f"continued {name}" for name in names if words and "continued" in measures),
        "unnormalized",
        *(f"unknown {e.name}" for e in encodings if e.unknown_token is not None),
        *(f"altered {e.name}" for e in encodings if e.keeps_text is False),
    )


def weighed_quantities(quantities: Iterable[str]) -> list[str]:
    """Returns the quantities that ratios are made of."""
    return [
        quantity
        for quantity in quantities
        if not quantity.startswith(("unnormalized", "unknown ", "altered "))
    ]


@functools.lru_cache(maxsize=1 << 18)
def tokens_of_word(word: str, encoding: LoadedEncoding) -> int:
    """Returns how many tokens a word has inside a sentence, behind another word and a space.

    It is presented to the tokenizer as "a WORD", and the tokens of "a" are taken off: so tokenizers
    which put a space before a text, or drop all spaces, are asked the same. Under OpenAI's
    encodings it is the number of tokens of " WORD".
    """
    return len(encoding.encode(f"a {word}")) - len(encoding.encode("a"))


def count_tokens(text: str, encoding: str | Encoding) -> int:
    """Returns how many tokens a text has under an encoding.

    Under OpenAI's encodings this is `len(tiktoken.Encoding.encode_ordinary(text))`, for every
    string: text that looks like a special token is ordinary text, and a lone surrogate counts as
    U+FFFD.

    Args:
        text: Any string.
        encoding: The name of an encoding or a model, the path of a tokenizer's file, or an object
            with the protocol `Encoding`: see `load_encoding`.

    Raises:
        ArgumentError: The text is not a string.
        UnknownNameError: There is no encoding of that name.
        VocabularyError: The encoding cannot be loaded.

    >>> count_tokens("Hello, my name is GPT-4o.", "o200k_base")
    10
    """
    return len(load_encoding(encoding).encode(text))
