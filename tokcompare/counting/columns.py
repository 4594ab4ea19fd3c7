"""Columns: the numbers of texts, one column a quantity, and the details of groups of texts."""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, chain, combinations_with_replacement, pairwise, repeat
from operator import mul
from typing import Protocol

from tokcompare.counting.engines import Engine, encode_texts
from tokcompare.counting.quantities import IDS, WORD_TYPES, Quantity, tokens_of_word
from tokcompare.encodings import LoadedEncoding
from tokcompare.encodings.closed.recorded import encoder_of, has_tokens, recorded_fields
from tokcompare.encodings.losses import gives_back
from tokcompare.encodings.protocol import is_measured, may_alter
from tokcompare.errors import ArgumentError, number_of, with_hint
from tokcompare.languages import describe_language
from tokcompare.messages import Chat
from tokcompare.text import PIECE, NormalizationForm, count_unnormalized, pieces_of, split_words

Columns = dict[str, list[int]]
"""The numbers of some texts by quantity, one number a text."""


Fields = Mapping[str, Sequence[str | int | None]]
"""Fields of documents by name: the value of each document, None if it lacks the field."""


_MANY = 200
"""From this number of documents on numpy adds up products, if it is imported."""

_WORTH_NUMPY = 20_000
"""From this number on it is worth importing, which takes 70 ms."""


class Measures(Protocol):
    """The quantities to measure: see `DocumentCounter`, which has these attributes."""

    @property
    def encodings(self) -> tuple[LoadedEncoding, ...]:
        """The encodings, the baseline first."""

    @property
    def optional(self) -> tuple[Quantity, ...]:
        """The optional quantities."""

    @property
    def normalization(self) -> NormalizationForm | None:
        """The Unicode normalization form that texts are converted to first, or None."""

    @property
    def may_cut(self) -> bool:
        """Whether long texts may be cut."""


def measure(
    plan: Measures,
    texts: Sequence[str],
    codes: Sequence[str],
    ends: Sequence[int],
    engine: Engine | None,
    sample: Sequence[int],
    chats: Sequence[Chat | None] | None = None,
) -> tuple[Columns, list[GroupDetails]]:
    """Returns the columns of the texts, and the details of each group; long texts are cut.

    Recorded counts, which no text has, are 0. The texts of group k are those from `ends[k]` to
    `ends[k + 1]`. The numbers of a chat are the sums of those of its contents.
    """
    if chats is None and (not plan.may_cut or all(len(text) <= PIECE for text in texts)):
        return _columns(plan, texts, codes, ends, engine, sample)
    contents = [
        [text] if chat is None else chat.contents
        for text, chat in zip(texts, chats or repeat(None, len(texts)), strict=True)
    ]
    pieces = [
        [p for text in of_text for p in pieces_of(text, may_cut=plan.may_cut)] or [""]
        for of_text in contents
    ]
    starts = [0, *accumulate(map(len, pieces))]
    columns, details = _columns(
        plan,
        list(chain.from_iterable(pieces)),
        [code for code, of_text in zip(codes, pieces, strict=True) for _ in of_text],
        [starts[end] for end in ends],
        engine,
        [place for text in sample for place in range(starts[text], starts[text + 1])],
    )
    whole: Columns = {}
    for key, column in columns.items():
        join = max if key.startswith("altered ") else sum
        whole[key] = [join(column[start:end]) for start, end in pairwise(starts)]
    return whole, details


def _columns(
    plan: Measures,
    texts: Sequence[str],
    codes: Sequence[str],
    ends: Sequence[int],
    engine: Engine | None,
    sample: Sequence[int],
) -> tuple[Columns, list[GroupDetails]]:
    details = [GroupDetails(plan, codes[start:end]) for start, end in pairwise(ends)]
    columns: Columns = {}
    unnormalized = [0] * len(texts)
    if plan.normalization is None:
        unnormalized = [0 if text.isascii() else count_unnormalized(text) for text in texts]
    else:
        texts = [unicodedata.normalize(plan.normalization, text) for text in texts]
    columns["bytes"] = [
        len(text) if text.isascii() else len(text.encode("utf-8")) for text in texts
    ]
    columns["characters"] = list(map(len, texts))
    of_text, per_encoding = _optional_columns(plan, texts, ends, details)
    columns |= of_text
    lost: Columns = {}
    measured: dict[LoadedEncoding, tuple[list[int], Columns]] = {}
    for encoding in plan.encodings:
        encoder = encoder_of(encoding)
        if encoder is None:
            columns[f"tokens {encoding.name}"] = [0] * len(texts)
            continue
        if encoder not in measured:  # it may encode for several encodings
            measured[encoder] = _token_columns(plan, texts, encoder, ends, engine, sample, details)
        lengths, losses = measured[encoder]
        columns[f"tokens {encoding.name}"] = lengths
        lost |= {f"{kind} {encoding.name}": column for kind, column in losses.items()}
    columns |= per_encoding
    columns["unnormalized"] = unnormalized
    # "unknown" of all encodings precedes "altered" of all, and that "lost" of all.
    order = ("unknown", "altered", "lost")
    columns |= dict(sorted(lost.items(), key=lambda item: order.index(item[0].split(" ")[0])))
    return columns, details


def _optional_columns(
    plan: Measures, texts: Sequence[str], ends: Sequence[int], details: Sequence[GroupDetails]
) -> tuple[Columns, Columns]:
    """Returns the columns of the optional quantities: of the text, and under each encoding."""
    of_text: Columns = {}
    per_encoding: Columns = {}
    with_tokens = list(filter(has_tokens, plan.encodings))
    for quantity in plan.optional:
        if quantity.count is None:
            continue
        if quantity.per_encoding:
            per_encoding |= {f"{quantity.name} {e.name}": [] for e in with_tokens}
        else:
            of_text[quantity.name] = []
    needs_words = any(quantity.of_words for quantity in plan.optional)
    if not needs_words and not of_text and not per_encoding:
        return of_text, per_encoding
    for (start, end), of_group in zip(pairwise(ends), details, strict=True):
        for text in texts[start:end]:
            words = split_words(text) if needs_words and of_group.has_words else []
            of_group.add_words(words)
            for quantity in plan.optional:
                if quantity.count is None:
                    continue
                counted = words if quantity.of_words else text
                if not quantity.per_encoding:
                    of_text[quantity.name].append(quantity.count(counted))
                    continue
                for encoding in with_tokens:
                    number = quantity.count(counted, encoding)
                    per_encoding[f"{quantity.name} {encoding.name}"].append(number)
    return of_text, per_encoding


def _token_columns(
    plan: Measures,
    texts: Sequence[str],
    encoding: LoadedEncoding,
    ends: Sequence[int],
    engine: Engine | None,
    sample: Sequence[int],
    details: Sequence[GroupDetails],
) -> tuple[list[int], Columns]:
    """Returns the number of tokens of each text, and the columns about lost text, by kind."""
    lengths, tokens = encode_texts(texts, encoding, engine, sample)
    unknown = encoding.unknown_token
    measured, altered = is_measured(encoding), may_alter(encoding)
    keeps_ids = IDS in plan.optional and encoding in plan.encodings
    if unknown is None and not altered and not keeps_ids:
        if lengths is None:
            lengths = list(map(len, tokens))
        return lengths, {}
    lengths = []
    columns: Columns = {}
    if unknown is not None:
        columns["unknown"] = []
    if altered:
        columns["altered"] = []
    if measured:
        columns["lost"] = []
    group = 0
    for place, (text, ids) in enumerate(zip(texts, tokens, strict=True)):
        while place >= ends[group + 1]:
            group += 1
        lengths.append(len(ids))
        if keeps_ids:
            details[group].add_ids(encoding, ids)
        if unknown is not None:
            columns["unknown"].append(list(ids).count(unknown))
        if altered:
            is_altered = not gives_back(text, encoding.decode(ids))
            columns["altered"].append(int(is_altered))
        if measured:
            columns["lost"].append(encoding.count_lost_bytes(text, ids))
    return lengths, columns


def recorded_columns(plan: Measures, fields: Fields, number: int) -> Columns:
    """Returns the columns of recorded counts, which are taken from fields.

    Args:
        plan: The quantities to measure.
        fields: The fields of the documents.
        number: The number of documents.

    Raises:
        ArgumentError: A document lacks the field, or it holds no number of tokens.
    """
    columns = {}
    for name, field in recorded_fields(plan.encodings).items():
        values = fields.get(field, [None] * number)
        if None in values:
            raise with_hint(
                ArgumentError,
                f"The tokens of {name!r} are recorded in the field {field!r}, which a text by "
                "itself does not have.",
                python=f"Give each document fields={{{field!r}: NUMBER}}.",
                command="Compare records that have it: tokcompare report FILE -e "
                f"{name}=field:{field}",
            )
        try:
            columns[f"tokens {name}"] = [number_of(value, field) for value in values]
        except ValueError as error:
            raise ArgumentError(f"A document cannot be counted: {error}.") from None
    return columns


def recorded_digests(digests: list[bytes], columns: Iterable[Sequence[int]]) -> list[bytes]:
    """Returns the digests of documents whose recorded counts are part of what was counted."""
    columns = list(columns)
    if not columns:
        return digests
    return [
        hashlib.sha256(digest + repr(numbers).encode()).digest()
        for digest, *numbers in zip(digests, *columns, strict=True)
    ]


def sum_products(columns: Sequence[Sequence[int]], ends: Sequence[int]) -> list[list[int]]:
    """Returns, for each group, the sums of products of each pair of columns."""
    pairs = list(combinations_with_replacement(columns, 2))
    if len(ends) > 1 and ends[-1] >= (_MANY if "numpy" in sys.modules else _WORTH_NUMPY):
        return _many_products(columns, ends)
    return [
        [sum(map(mul, a[start:end], b[start:end])) for a, b in pairs]
        for start, end in pairwise(ends)
    ]


def _many_products(columns: Sequence[Sequence[int]], ends: Sequence[int]) -> list[list[int]]:
    import numpy as np

    starts = ends[:-1]
    arrays = [np.array(column, np.int64) for column in columns]
    sums = []
    for a, b in combinations_with_replacement(range(len(columns)), 2):
        # No sum of products is larger than the product of the sums.
        if sum(columns[a]) * sum(columns[b]) < 2**63:
            sums.append(np.add.reduceat(arrays[a] * arrays[b], starts).tolist())
        else:
            products = list(map(mul, columns[a], columns[b]))
            sums.append([sum(products[start:end]) for start, end in pairwise(ends)])
    return [list(of_group) for of_group in zip(*sums, strict=True)]


class GroupDetails:
    """The details of a group that are no sums: token ids and distinct words.

    Attributes:
        has_words: Whether words are defined for every document of the group.
        ids: As in `Counts`.
        word_types: As in `Counts`.
    """

    def __init__(self, plan: Measures, codes: Sequence[str]) -> None:
        self._encodings = plan.encodings
        self.has_words = all(
            describe_language(code).separates_words_by_spaces for code in dict.fromkeys(codes)
        )
        self.ids: dict[str, Counter[int]] = {}
        if IDS in plan.optional:
            self.ids = {e.name: Counter() for e in plan.encodings if has_tokens(e)}
        self.word_types: dict[str, tuple[int, ...]] | None = None
        if WORD_TYPES in plan.optional and self.has_words:
            self.word_types = {}

    def add_ids(self, encoding: LoadedEncoding, ids: Iterable[int]) -> None:
        """Adds the token ids of a text."""
        self.ids[encoding.name].update(ids)

    def add_words(self, words: Sequence[str]) -> None:
        """Adds the words of a text."""
        if self.word_types is not None:
            for word in words:
                if word not in self.word_types:
                    self.word_types[word] = tuple(
                        tokens_of_word(word, encoding) if has_tokens(encoding) else 0
                        for encoding in self._encodings
                    )
