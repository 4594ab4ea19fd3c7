"""Quantities that are counted only when a metric needs them, in one table.

A metric names its quantities: `needs=(WORDS,)`. It may also bring one of its own. The counts, the
columns of the output, the libraries in the signature, the notes, and the law that cutting a text
changes no count all come from the fields of `Quantity`.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module

from tokcompare.encodings.protocol import LoadedEncoding
from tokcompare.text import count_graphemes


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A whole number that is counted in a document when a metric needs it.

    Attributes:
        name: Its name, an identifier: see `key`.
        count: Counts it in a text, or with `of_words` in the list of the words of a text. With
            `per_encoding` the encoding is the second argument. It must be a function of a module,
            because it is sent to other processes. None for the details that are kept and not
            summed: "word_types", "ids" and "values" of `Counts`.
        of_words: Whether it is counted in words. It is then undefined for languages whose words
            are not separated by spaces.
        per_encoding: Whether it is counted under each encoding.
        is_additive: Whether the counts of the pieces of a text, as `text.cut` makes them, add up
            to the count of the text. If not, long texts are counted whole.
        is_length: Whether it measures the length of the text. Tokens that do not give back the text
            exactly are not compared with its length.
        library: The installed package that `count` uses, whose version is then in the signature; ""
            for none.
    """

    name: str
    count: Callable[..., int] | None = None
    of_words: bool = False
    per_encoding: bool = False
    is_additive: bool = False
    is_length: bool = False
    library: str = ""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"The name of a quantity must be an identifier, not {self.name!r}.")

    def key(self, encoding: str) -> str:
        """Returns its key in `Counts.sums`: "NAME", or with `per_encoding` "NAME ENCODING"."""
        return f"{self.name} {encoding}" if self.per_encoding else self.name

    @property
    def is_column(self) -> bool:
        """Whether it is a column of JSON, CSV and DataFrames: one number for each text."""
        return self.count is not None and not self.per_encoding

    @property
    def libraries(self) -> frozenset[str]:
        """The installed packages whose versions the count depends on."""
        splits_words = ["regex"] if self.of_words else []
        return frozenset([self.library, *splits_words]) - {""}


def library_versions(
    encodings: Iterable[LoadedEncoding], quantities: Iterable[Quantity]
) -> dict[str, str]:
    """Returns the versions of the libraries that encode and that count quantities."""
    of_encodings = {encoding.library for encoding in encodings} - {""}
    of_quantities = set().union(*(quantity.libraries for quantity in quantities))
    return {
        library: installed_version(library)
        for library in [*sorted(of_encodings), *sorted(of_quantities)]
    }


def installed_version(library: str) -> str:
    """Returns the version of an installed package; "unknown" if it has none.

    It stands in the name of a folder beside the package. To import the package would take longer
    than to count a short text, and so would `importlib.metadata`.
    """
    folder_name = re.compile(rf"{re.sub('[-_.]+', '[-_.]', library)}-([^-]+)\.dist-info", re.I)
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")  # noqa: PTH208
        except OSError:
            continue
        for name in names:
            if found := folder_name.fullmatch(name):
                return found[1]
    try:
        return str(import_module(library).__version__)
    except (ImportError, AttributeError):  # the library of a custom encoding
        return "unknown"


@functools.lru_cache(maxsize=1 << 18)
def tokens_of_word(word: str, encoding: LoadedEncoding) -> int:
    """Returns the number of tokens of a word inside a sentence, after another word and a space.

    The tokenizer is given "a WORD", and the tokens of "a" are subtracted. So tokenizers that put a
    space before a text, or drop all spaces, are asked the same question. Under OpenAI's encodings
    the result is the number of tokens of " WORD".
    """
    return len(encoding.encode(f"a {word}")) - len(encoding.encode("a"))


def count_continued_words(words: Sequence[str], encoding: LoadedEncoding) -> int:
    """Returns the number of words of more than one token."""
    return sum(tokens_of_word(word, encoding) > 1 for word in words)


GRAPHEMES = Quantity(
    name="graphemes", count=count_graphemes, is_additive=True, is_length=True, library="regex"
)
"""Extended grapheme clusters (Unicode Standard Annex #29)."""

WORDS = Quantity(name="words", count=len, of_words=True, is_additive=True)
"""Words: segments between word boundaries (Unicode Standard Annex #29) with a letter or digit."""

CONTINUED = Quantity(
    name="continued",
    count=count_continued_words,
    of_words=True,
    per_encoding=True,
    is_additive=True,
)
"""Words of more than one token."""

WORD_TYPES = Quantity(name="word_types", of_words=True, is_additive=True)
"""The distinct words, with their tokens under each encoding."""

IDS = Quantity(name="ids", is_additive=True)
"""How often each token id occurs."""

VALUES = Quantity(name="values", is_additive=True)
"""The numbers of each document, in order: for paired metrics and the bootstrap."""

QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity for quantity in (GRAPHEMES, WORDS, CONTINUED, WORD_TYPES, IDS, VALUES)
}
"""All quantities by name, in the order of the columns. Metrics add the quantities they bring."""
