"""Columns: the numbers of texts, one column a quantity, and the details of groups of texts."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, pairwise, repeat
from typing import Protocol

from tokcompare.counting.engines import Engine, encode_texts
from tokcompare.counting.quantities import IDS, WORD_TYPES, Quantity, tokens_of_word
from tokcompare.encodings import LoadedEncoding
from tokcompare.encodings.losses import gives_back
from tokcompare.encodings.protocol import is_measured, may_alter
from tokcompare.languages import describe_language
from tokcompare.messages import Chat
from tokcompare.text import PIECE, NormalizationForm, count_unnormalized, pieces_of, split_words

Columns = dict[str, list[int]]
"""The numbers of some texts by quantity, one number a text."""


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

    The texts of group k are those from `ends[k]` to `ends[k + 1]`. The numbers of a chat are the
    sums of those of its contents.
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
    for encoding in plan.encodings:
        lengths, losses = _token_columns(plan, texts, encoding, ends, engine, sample, details)
        columns[f"tokens {encoding.name}"] = lengths
        lost |= losses
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
    for quantity in plan.optional:
        if quantity.count is None:
            continue
        if quantity.per_encoding:
            per_encoding |= {f"{quantity.name} {e.name}": [] for e in plan.encodings}
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
                for encoding in plan.encodings:
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
    """Returns the number of tokens of each text, and the columns about text that is lost."""
    lengths, tokens = encode_texts(texts, encoding, engine, sample)
    unknown = encoding.unknown_token
    measured, altered = is_measured(encoding), may_alter(encoding)
    if unknown is None and not altered and IDS not in plan.optional:
        if lengths is None:
            lengths = list(map(len, tokens))
        return lengths, {}
    lengths = []
    columns: Columns = {}
    if unknown is not None:
        columns[f"unknown {encoding.name}"] = []
    if altered:
        columns[f"altered {encoding.name}"] = []
    if measured:
        columns[f"lost {encoding.name}"] = []
    group = 0
    for place, (text, ids) in enumerate(zip(texts, tokens, strict=True)):
        while place >= ends[group + 1]:
            group += 1
        lengths.append(len(ids))
        details[group].add_ids(encoding, ids)
        if unknown is not None:
            columns[f"unknown {encoding.name}"].append(list(ids).count(unknown))
        if altered:
            is_altered = not gives_back(text, encoding.decode(ids))
            columns[f"altered {encoding.name}"].append(int(is_altered))
        if measured:
            columns[f"lost {encoding.name}"].append(encoding.count_lost_bytes(text, ids))
    return lengths, columns


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
            self.ids = {encoding.name: Counter() for encoding in plan.encodings}
        self.word_types: dict[str, tuple[int, ...]] | None = None
        if WORD_TYPES in plan.optional and self.has_words:
            self.word_types = {}

    def add_ids(self, encoding: LoadedEncoding, ids: Iterable[int]) -> None:
        """Adds the token ids of a text."""
        if self.ids:
            self.ids[encoding.name].update(ids)

    def add_words(self, words: Sequence[str]) -> None:
        """Adds the words of a text."""
        if self.word_types is not None:
            for word in words:
                if word not in self.word_types:
                    tokens = tuple(tokens_of_word(word, encoding) for encoding in self._encodings)
                    self.word_types[word] = tokens
