"""The counter: texts in, counts out, for many documents at once and for every quantity.

The documents of a chunk become columns of whole numbers, one column a quantity. Each group's
counts are sums over its part of the columns. A text longer than `text.PIECE` is counted in pieces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import accumulate, chain, combinations_with_replacement
from math import ceil

from tokcompare.counting.columns import (
    Columns,
    Fields,
    GroupDetails,
    measure,
    recorded_columns,
    recorded_digests,
    sum_products,
)
from tokcompare.counting.counts import DIGEST_MODULUS, Counts, CountsSum
from tokcompare.counting.engines import Engine
from tokcompare.counting.quantities import IDS, VALUES, WORD_TYPES, Quantity
from tokcompare.encodings import LoadedEncoding
from tokcompare.encodings.closed.recorded import has_tokens
from tokcompare.encodings.models.chat import ChatFormat
from tokcompare.encodings.protocol import is_measured, may_alter
from tokcompare.errors import ArgumentError
from tokcompare.languages import describe_language, entry_of
from tokcompare.messages import Chat
from tokcompare.sources.document import Document, begin_digest, extend_digest, pieces_of_document
from tokcompare.text import PIECE, NormalizationForm, replace_surrogates


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCounter:
    """Counts documents under some encodings.

    Attributes:
        encodings: The encodings, the baseline first.
        optional: The optional quantities that are counted too.
        normalization: The Unicode normalization form that texts are converted to first, or None.
        chat_formats: What the model of each encoding adds to chat messages, which is counted too;
            empty if only their contents are.
    """

    encodings: tuple[LoadedEncoding, ...]
    optional: tuple[Quantity, ...] = ()
    normalization: NormalizationForm | None = None
    chat_formats: tuple[ChatFormat, ...] = ()

    @property
    def may_cut(self) -> bool:
        """Whether counts of the pieces of a text add up, so that long texts may be cut."""
        return all(encoding.cuts_at_space for encoding in self.encodings) and all(
            quantity.is_additive for quantity in self.optional
        )

    def nothing(self, code: str | None = None) -> Counts:
        """Returns the counts of no document: adding them changes nothing.

        Args:
            code: The language code of a text whose pieces will be added; None for any documents.
        """
        with_words = code is None or describe_language(code).separates_words_by_spaces
        keys = _keys(self.encodings, self.optional, with_words=with_words)
        weighed = weighed_quantities(keys)
        return Counts(
            documents=0,
            sums=dict.fromkeys(keys, 0),
            products=dict.fromkeys(combinations_with_replacement(weighed, 2), 0),
            published={encoding.name: 0 for encoding in self.encodings},
            ids={e.name: {} for e in self.encodings if IDS in self.optional and has_tokens(e)},
            word_types={} if WORD_TYPES in self.optional and with_words else None,
            values={quantity: () for quantity in weighed if VALUES in self.optional},
        )

    def begin_text(self, code: str, fields: Mapping[str, str | int]) -> Counts:
        """Returns the counts of a text before its first piece: see `close_text`.

        Args:
            code: The language code of the text.
            fields: The fields of the document, from which recorded counts are taken.

        Raises:
            ArgumentError: The document lacks a recorded count.
        """
        nothing = self.nothing(code)
        recorded = recorded_columns(self, {name: [fields[name]] for name in fields}, 1)
        sums = {key: column[0] for key, column in recorded.items()}
        return replace(nothing, sums={**nothing.sums, **sums})

    def close_digest(self, digest: bytes, fields: Mapping[str, str | int]) -> int:
        """Returns the digest of a document, with its recorded counts: see `Counts`.

        Args:
            digest: The SHA-256 of its language and text.
            fields: Its fields.
        """
        recorded = recorded_columns(self, {name: [fields[name]] for name in fields}, 1)
        (whole,) = recorded_digests([digest], recorded.values())
        return int.from_bytes(whole)

    def count(self, document: Document) -> Counts:
        """Counts one document.

        Raises:
            RecordError: Its text is read from a file, and cannot be.
            ArgumentError: It lacks a recorded count.
        """
        code = entry_of(document.language)
        if isinstance(document.text, str):
            texts = [replace_surrogates(document.text)]
            fields = {name: [value] for name, value in document.fields.items()}
            counts = self.count_many(
                texts,
                [code],
                [code],
                fields=fields,
                published=[document.published],
                chats=[document.chat],
            )
            return counts[code]
        self.require_chats([None])
        digest = begin_digest(code)
        total = CountsSum(self.begin_text(code, document.fields))
        for piece in pieces_of_document(document, may_cut=self.may_cut):
            extend_digest(digest, piece)
            total.add(self.count_piece(piece, code))
        published = self.published([document.published])
        whole = self.close_digest(digest.digest(), document.fields)
        return close_text(total.counts(), whole, published)

    def count_many(
        self,
        texts: Sequence[str],
        codes: Sequence[str],
        groups: Sequence[str],
        *,
        fields: Fields | None = None,
        published: Sequence[Mapping[str, int]] | None = None,
        chats: Sequence[Chat | None] | None = None,
        engine: Engine | None = None,
        verified: float = 0.0,
    ) -> dict[str, Counts]:
        """Counts documents by group, in order of first appearance.

        Args:
            texts: The texts, well-formed Unicode.
            codes: The language of each: see `languages.entry_of`.
            groups: The group of each.
            fields: Their fields by name, from which recorded counts are taken; None for none.
            published: The published numbers of tokens of each; None for none.
            chats: The chat messages of each; None for none.
            engine: The engine that encodes; None for tiktoken.
            verified: The share of documents that tiktoken encodes too, for comparison.

        Raises:
            ArgumentError: A document lacks a recorded count, or is not a chat although what models
                add to chat messages is to be counted.
            EngineError: tiktoken gives one of those other tokens.
        """
        recorded = recorded_columns(self, fields or {}, len(texts))
        self.require_chats([None] * len(texts) if chats is None else chats)
        # Group by group: the words of a language are then still in the processor's cache, and each
        # group is a slice of each column.
        members: dict[str, list[int]] = {}
        for place, group in enumerate(groups):
            members.setdefault(group, []).append(place)
        order = list(chain.from_iterable(members.values()))
        texts = [texts[place] for place in order]
        codes = [codes[place] for place in order]
        chats = None if chats is None or not any(chats) else [chats[place] for place in order]
        keys = texts if chats is None else list(map(_key, texts, chats))
        digests = [_digest(code, key) for code, key in zip(codes, keys, strict=True)]
        ends = [0, *accumulate(map(len, members.values()))]
        sample = _sample(digests, verified) if engine is not None else []
        numbers, details = measure(self, texts, codes, ends, engine, sample, chats)
        if chats is not None:
            self._add_overhead(numbers, chats)
        for key, column in recorded.items():
            numbers[key] = [column[place] for place in order]
        digests = recorded_digests(digests, [numbers[key] for key in recorded])
        products = sum_products([numbers[key] for key in weighed_quantities(numbers)], ends)
        found = {}
        for place, group in enumerate(members):
            part = slice(ends[place], ends[place + 1])
            counts = self._counts_of_group(numbers, digests, products[place], part, details[place])
            if published is not None:
                of_group = [published[number] for number in order[part]]
                counts = replace(counts, published=self.published(of_group))
            found[group] = counts
        return found

    def require_chats(self, chats: Sequence[Chat | None]) -> None:
        """Raises an ArgumentError if each text must consist of chat messages, and one does not."""
        if self.chat_formats and None in chats:
            raise ArgumentError(
                "What models add to chat messages is to be counted, but a document has none. Name "
                "the field that holds them, such as body.messages."
            )

    def _add_overhead(self, numbers: Columns, chats: Sequence[Chat | None]) -> None:
        """Adds to the tokens of chats what the models add to them."""
        for encoding, added in zip(self.encodings, self.chat_formats, strict=False):

            @cache
            def count(label: str, encoding: LoadedEncoding = encoding) -> int:
                return len(encoding.encode(replace_surrogates(label)))

            column = numbers[f"tokens {encoding.name}"]
            for place, chat in enumerate(chats):
                if chat is not None:
                    column[place] += added.overhead(chat.labels, count)

    def count_piece(
        self, piece: str, code: str, *, engine: Engine | None = None, verified: float = 0.0
    ) -> Counts:
        """Counts a piece of a text that is too long to be held in memory: see `close_text`.

        Args:
            piece: The piece, well-formed Unicode.
            code: The language code of the text.
            engine: As in `count_many`.
            verified: As in `count_many`.

        Returns:
            Counts of no document, with the sums of the piece and without products.
        """
        sample = []
        if engine is not None:
            sample = _sample([hashlib.sha256(piece.encode()).digest()], verified)
        numbers, (details,) = measure(self, [piece], [code], [0, 1], engine, sample)
        keys = [key for key in numbers if details.has_words or not _is_of_words(key, self.optional)]
        weighed = weighed_quantities(keys) if VALUES in self.optional else []
        return Counts(
            documents=0,
            sums={key: numbers[key][0] for key in keys},
            products={},
            ids=details.ids,
            word_types=details.word_types,
            values=dict.fromkeys(weighed, ()),
        )

    def _counts_of_group(
        self,
        numbers: Columns,
        digests: Sequence[bytes],
        products: Sequence[int],
        part: slice,
        details: GroupDetails,
    ) -> Counts:
        def is_defined(key: str) -> bool:
            return details.has_words or not _is_of_words(key, self.optional)

        weighed = weighed_quantities(numbers)
        pairs = combinations_with_replacement(weighed, 2)
        return Counts(
            documents=part.stop - part.start,
            sums={key: sum(column[part]) for key, column in numbers.items() if is_defined(key)},
            products={
                (a, b): number
                for (a, b), number in zip(pairs, products, strict=True)
                if is_defined(a) and is_defined(b)
            },
            digest=sum(map(int.from_bytes, digests[part])) % DIGEST_MODULUS,
            ids=details.ids,
            word_types=details.word_types,
            values={
                key: tuple(numbers[key][part])
                for key in weighed
                if VALUES in self.optional and is_defined(key)
            },
        )

    def published(self, documents: Sequence[Mapping[str, int]]) -> dict[str, int]:
        """Returns the sums of published numbers, where every document has one."""
        names = [encoding.name for encoding in self.encodings]
        return {
            name: sum(published[name] for published in documents)
            for name in names
            if all(name in published for published in documents)
        }


def close_text(counts: Counts, digest: int, published: Mapping[str, int]) -> Counts:
    """Returns the counts of a document from the sum of the counts of its pieces.

    Args:
        counts: `DocumentCounter.nothing` plus `DocumentCounter.count_piece` of each piece.
        digest: The digest of the document: see `Counts`.
        published: Its published numbers of tokens.
    """
    sums = {
        key: min(number, 1) if key.startswith("altered ") else number
        for key, number in counts.sums.items()
    }
    weighed = weighed_quantities(sums)
    return replace(
        counts,
        documents=1,
        sums=sums,
        products={(a, b): sums[a] * sums[b] for a, b in combinations_with_replacement(weighed, 2)},
        published=published,
        digest=digest,
        values={key: (sums[key],) for key in weighed if counts.values},
    )


@lru_cache(maxsize=64)
def _keys(
    encodings: tuple[LoadedEncoding, ...], optional: tuple[Quantity, ...], *, with_words: bool
) -> tuple[str, ...]:
    """Returns the keys of `Counts.sums` in order, with or without those about words."""
    names = [encoding.name for encoding in encodings]
    counted = [q for q in optional if q.count is not None and (with_words or not q.of_words)]
    return (
        "bytes",
        "characters",
        *(quantity.name for quantity in counted if not quantity.per_encoding),
        *(f"tokens {name}" for name in names),
        *(
            f"{quantity.name} {name}"
            for quantity in counted
            if quantity.per_encoding
            for name in [each.name for each in encodings if has_tokens(each)]
        ),
        "unnormalized",
        *(f"unknown {e.name}" for e in encodings if e.unknown_token is not None),
        *(f"altered {e.name}" for e in encodings if may_alter(e)),
        *(f"lost {e.name}" for e in encodings if is_measured(e)),
    )


def _is_of_words(key: str, optional: Iterable[Quantity]) -> bool:
    name = key.partition(" ")[0]
    return any(quantity.name == name and quantity.of_words for quantity in optional)


def weighed_quantities(quantities: Iterable[str]) -> list[str]:
    """Returns the quantities that ratios are made of."""
    return [
        quantity
        for quantity in quantities
        if not quantity.startswith(("unnormalized", "unknown ", "altered ", "lost "))
    ]


def _key(text: str, chat: Chat | None) -> str:
    """Returns the text that the digest of a document is computed from."""
    return text if chat is None else chat.key


def _digest(code: str, text: str) -> bytes:
    """Returns the SHA-256 of a document.

    hashlib gives up the interpreter's lock for 2,048 bytes and more. To get it back takes longer
    than to hash a document of up to 64 KB, so such a document is hashed in smaller steps.
    """
    if len(text) < 500:  # quickly, for most sentences
        return hashlib.sha256(f"{code}\n{text}".encode()).digest()
    if len(text) > PIECE:
        whole = begin_digest(code)
        extend_digest(whole, text)
        return whole.digest()
    content = f"{code}\n{text}".encode()
    digest = hashlib.sha256()
    step = 2047 if len(content) < 1 << 16 else len(content)
    for start in range(0, len(content), step):
        digest.update(content[start : start + step])
    return digest.digest()


def _sample(digests: Sequence[bytes], share: float) -> list[int]:
    """Returns the places of about that share of the digests; it depends on them alone."""
    limit = ceil(share * 2**32)
    if limit >= 2**32:
        return list(range(len(digests)))
    # Bytes compare as the numbers that they are.
    first = limit.to_bytes(4)
    return [place for place, digest in enumerate(digests) if digest < first]
