"""The tokens of FLORES-200 under each tokenizer, in 204 languages: reads the shipped table.

`data/flores/flores.csv` has the numbers, `data/flores/columns.json` how each column was made.
"""

from __future__ import annotations

import csv
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from tokcompare.bundled import flores_columns, read_data
from tokcompare.languages import describe_language

SPLIT = "dev"
"""The split of FLORES-200 whose sentences are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloresCounts:
    """The same sentences in one language, counted under each tokenizer.

    Attributes:
        language: The BCP 47 code of the language.
        flores: Its code in FLORES-200.
        sentences: Number of sentences.
        tokens: Number of tokens under each encoding. Each sentence is encoded by itself.
    """

    language: str
    flores: str
    sentences: int
    tokens: Mapping[str, int]

    @property
    def name(self) -> str:
        """The English name of the language."""
        return describe_language(self.language).name


@functools.cache
def read_flores() -> Mapping[str, FloresCounts]:
    """Reads the counts of each language, by its BCP 47 code."""
    encodings = made_with()
    lines = read_data("flores", "flores.csv").decode().splitlines()
    return {
        row["language"]: FloresCounts(
            language=row["language"],
            flores=row["flores"],
            sentences=int(row["sentences"]),
            tokens={encoding: int(row[encoding]) for encoding in encodings},
        )
        for row in csv.DictReader(lines)
        if row["split"] == SPLIT
    }


@functools.cache
def made_with() -> Mapping[str, str]:
    """Returns the library that counted the tokens, and its version, for each encoding."""
    return {name: column["made_with"] for name, column in flores_columns().items()}


@functools.cache
def digest() -> str:
    """Returns the SHA-256 of the table, in hexadecimal digits."""
    return hashlib.sha256(read_data("flores", "flores.csv")).hexdigest()
