"""Documents and encodings in, counts out: whole numbers that add up.

The counts of two parts of a corpus, added, are the counts of the whole, in whichever way it was
parted. Nothing is divided here: ratios are metrics.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tokcompare.encodings import Encoding, load_encoding
from tokcompare.errors import ArgumentError
from tokcompare.sources import Document
from tokcompare.units import replace_surrogates


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What has been counted of some documents.

    Attributes:
        documents: Number of documents.
        bytes: Length in UTF-8, in bytes.
        characters: Length in Unicode code points.
        tokens: Number of tokens by the name of the encoding.
        published: Number of tokens by the name of the encoding as the source itself gives it; only
            encodings for which every document has such a figure.
    """

    documents: int
    bytes: int
    characters: int
    tokens: Mapping[str, int]
    published: Mapping[str, int]

    def __add__(self, other: Counts) -> Counts:
        """Returns the counts of the documents of both.

        Raises:
            ArgumentError: They were not counted under the same encodings.
        """
        if self.tokens.keys() != other.tokens.keys():
            raise ArgumentError(
                f"Counts under {', '.join(self.tokens)} and counts under "
                f"{', '.join(other.tokens)} do not add up: count under the same encodings."
            )
        return Counts(
            documents=self.documents + other.documents,
            bytes=self.bytes + other.bytes,
            characters=self.characters + other.characters,
            tokens=_add(self.tokens, other.tokens),
            published=_add(self.published, other.published),
        )


def _add(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    return {name: left[name] + right[name] for name in left if name in right}


def no_counts(encodings: Sequence[Encoding]) -> Counts:
    """Returns the counts of no document at all: adding them changes nothing."""
    zeros = {encoding.name: 0 for encoding in encodings}
    return Counts(documents=0, bytes=0, characters=0, tokens=zeros, published=zeros)


def count_document(document: Document, encodings: Sequence[Encoding]) -> Counts:
    """Returns the counts of one document under each of the encodings."""
    text = replace_surrogates(document.text)
    return Counts(
        documents=1,
        bytes=len(text.encode()),
        characters=len(text),
        tokens={encoding.name: len(encoding.encode(text)) for encoding in encodings},
        published={
            encoding.name: document.published[encoding.name]
            for encoding in encodings
            if encoding.name in document.published
        },
    )


def count_tokens(text: str, encoding: str) -> int:
    """Returns how many tokens a text has under an encoding.

    This is `len(tiktoken.Encoding.encode_ordinary(text))`, for every string: text that looks
    like a special token is ordinary text, and a lone surrogate counts as U+FFFD.

    Args:
        text: Any string.
        encoding: The name of an encoding, for example "o200k_base".

    Raises:
        ArgumentError: The text is not a string.
        UnknownNameError: There is no encoding of that name.

    >>> count_tokens("Hello, my name is GPT-4o.", "o200k_base")
    10
    """
    return len(load_encoding(encoding).encode(text))
