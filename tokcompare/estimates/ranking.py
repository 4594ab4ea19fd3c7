"""Ranks tokenizers for a language, or languages under a tokenizer, without loading a tokenizer.

The numbers are those of FLORES-200: sentences of the same content in 204 languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokcompare import tables
from tokcompare.bundled import is_verified
from tokcompare.errors import ArgumentError, UnknownNameError, require_str, suggestion, unknown_name
from tokcompare.estimates.estimate import find_measured
from tokcompare.estimates.flores import (
    SPLIT,
    FloresCounts,
    digest,
    made_with,
    read_flores,
)
from tokcompare.tables import Table

if TYPE_CHECKING:
    import pandas as pd

_ENGLISH = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedRow:
    """The tokens of one language under one encoding.

    Attributes:
        rank: Its place; the row with the fewest tokens has 1, and equal ones have the same place.
        language: The BCP 47 code of the language.
        name: Its English name.
        encoding: The name of the encoding.
        sentences: Number of sentences.
        tokens: Number of tokens of these sentences.
        english_tokens: Number of tokens of the same sentences in English.
        least_tokens: Number of tokens of the row with the fewest.
    """

    rank: int
    language: str
    name: str
    encoding: str
    sentences: int
    tokens: int
    english_tokens: int
    least_tokens: int

    @property
    def tokens_per_sentence(self) -> float:
        """Tokens per sentence."""
        return self.tokens / self.sentences

    @property
    def premium(self) -> float:
        """Tokens / tokens of the same content in English, under the same encoding."""
        return self.tokens / self.english_tokens

    @property
    def times_least(self) -> float:
        """Tokens / tokens of the row with the fewest."""
        return self.tokens / self.least_tokens


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Ranking:
    """Encodings in the order of their tokens in a language, or languages under an encoding.

    Attributes:
        language: The BCP 47 code of the language whose encodings are ranked; None for languages.
        encoding: The encoding whose languages are ranked; None for encodings.
        rows: The rows, the one with the fewest tokens first.
    """

    language: str | None
    encoding: str | None
    rows: tuple[RankedRow, ...]

    @property
    def signature(self) -> str:
        """Everything that the numbers depend on, in one line."""
        ranked = f"language:{self.language}" if self.language else f"encoding:{self.encoding}"
        return f"flores-200:{SPLIT}@{digest()}|{ranked}|special:as-text|normalization:none"

    @property
    def notes(self) -> list[str]:
        """The caveats that a reader of the numbers must know, as sentences."""
        return list(_notes(self))

    @property
    def columns(self) -> list[str]:
        """The columns of `to_records`, in order."""
        return [
            *("rank", "language", "name", "encoding", "sentences", "tokens"),
            *("tokens_per_sentence", "premium", "times_least", "is_verified"),
        ]

    def to_records(self) -> list[dict[str, Any]]:
        """Returns the rows of `--format csv`."""
        return [
            {
                column: is_verified(row.encoding)
                if column == "is_verified"
                else getattr(row, column)
                for column in self.columns
            }
            for row in self.rows
        ]

    def to_dict(self) -> dict[str, Any]:
        """Returns the content of `--format json`."""
        from tokcompare.comparison.records import SCHEMA  # saves start time

        return {
            "schema": SCHEMA,
            "signature": self.signature,
            "language": self.language,
            "encoding": self.encoding,
            "rows": self.to_records(),
            "notes": self.notes,
        }

    def to_frame(self) -> pd.DataFrame:
        """Returns a pandas DataFrame with the rows and columns of `to_records`."""
        import pandas as pd

        return pd.DataFrame(self.to_records(), columns=self.columns)

    def to_markdown(self) -> str:
        """Returns the ranking as a table in GitHub Flavored Markdown."""
        return tables.markdown(ranking_table(self))

    def __repr__(self) -> str:
        """Returns the ranking in one line."""
        what = f"encodings for {self.language}" if self.language else f"languages: {self.encoding}"
        return f"<Ranking of {len(self.rows)} {what}>"

    def __str__(self) -> str:
        """Returns the ranking as a table for a terminal."""
        return tables.as_text(ranking_table(self))

    def _repr_html_(self) -> str:
        """Returns the ranking as an HTML table, which notebooks show."""
        from tokcompare.page.notebook import output  # saves start time

        return output(ranking_table(self))


def rank(language: str | None = None, *, encoding: str | None = None) -> Ranking:
    """Ranks encodings by the tokens of the same content in a language, or languages by an encoding.

    The content is the split "dev" of FLORES-200: 997 sentences, translated into 204 languages. It
    loads no tokenizer.

    Args:
        language: The language whose encodings are ranked, as a code or a name.
        encoding: The encoding whose languages are ranked, as its name. Give one of the two.

    Raises:
        ArgumentError: Neither a language nor an encoding was given, or both.
        UnknownNameError: The language is not in FLORES-200, or the encoding was not counted.

    Source: FLORES-200 (NLLB Team, No Language Left Behind, 2022).

    >>> ranking = rank("gu")
    >>> tokens = {row.encoding: row.tokens for row in ranking.rows}
    >>> tokens["o200k_base"], tokens["cl100k_base"]
    (45683, 197875)
    >>> round(next(row for row in ranking.rows if row.encoding == "cl100k_base").premium, 2)
    7.67
    """
    if (language is None) == (encoding is None):
        raise ArgumentError(
            "Give a language, to rank encodings, or an encoding, to rank languages: one of the two."
        )
    if language is not None:
        require_str("The language", language)
        counts = _counts_of(language)
        found = [(counts, name) for name in counts.tokens]
        return Ranking(language=counts.language, encoding=None, rows=_ranked(found))
    require_str("The encoding", encoding)
    name = str(encoding)
    if name not in made_with():
        raise unknown_name("encoding to rank languages by", name, made_with())
    found = [(counts, name) for counts in read_flores().values()]
    return Ranking(language=None, encoding=name, rows=_ranked(found))


def _ranked(found: list[tuple[FloresCounts, str]]) -> tuple[RankedRow, ...]:
    """Returns rows in order. A row's place is 1 plus the number of rows with fewer tokens."""
    english = read_flores()[_ENGLISH].tokens
    totals = sorted(counts.tokens[encoding] for counts, encoding in found)
    rows = [
        RankedRow(
            rank=1 + totals.index(counts.tokens[encoding]),
            language=counts.language,
            name=counts.name,
            encoding=encoding,
            sentences=counts.sentences,
            tokens=counts.tokens[encoding],
            english_tokens=english[encoding],
            least_tokens=totals[0],
        )
        for counts, encoding in found
    ]
    return tuple(sorted(rows, key=lambda row: (row.tokens, row.encoding, row.language)))


def _counts_of(language: str) -> FloresCounts:
    counts = read_flores()
    code, _ = find_measured(language)
    if code in counts:
        return counts[code]
    names = {each.name: each.name for each in counts.values()}
    raise UnknownNameError(
        f"FLORES-200 has no text in {language!r}, so there is nothing to rank."
        f"{suggestion(language, counts, also=names)} Its {len(counts)} languages are listed by "
        "rank(encoding='o200k_base'), on the command line: tokcompare rank --encoding o200k_base."
    )


def _notes(ranking: Ranking) -> Iterator[str]:
    first = ranking.rows[0]
    yield (
        f"FLORES-200, split {SPLIT}: {first.sentences:,} sentences of Wikinews, Wikijunior and "
        "Wikivoyage with the same content in each language (NLLB Team, 2022; CC BY-SA 4.0). Text "
        "of another kind has other numbers."
    )
    yield (
        "Premium is the tokens divided by the tokens of the same content in English, under the "
        "same encoding."
    )
    if ranking.language is not None:
        yield (
            "Fewer tokens are not a lower price: a token of each model costs something else. "
            "tokcompare cost compares prices."
        )
    names = sorted({row.encoding for row in ranking.rows if not is_verified(row.encoding)})
    if names:
        libraries = sorted({made_with()[name] for name in names})
        yield (
            f"{', '.join(names)}: unverified. {', '.join(libraries)} counted the tokens, and no "
            "reference implementation was at hand to check them."
        )


def ranking_table(ranking: Ranking) -> Table:
    """Returns a table with a row for each encoding, or for each language."""
    numbers = [
        [f"{row.tokens_per_sentence:.1f}", f"{row.premium:.2f}", f"{row.times_least:.2f}x"]
        for row in ranking.rows
    ]
    headings = ["tokens/sentence", "premium", "times the least"]
    if ranking.language is not None:
        rows = [
            [str(row.rank), row.encoding, *cells]
            for row, cells in zip(ranking.rows, numbers, strict=True)
        ]
        headings = ["rank", "encoding", *headings]
    else:
        rows = [
            [str(row.rank), row.name, row.language, *cells]
            for row, cells in zip(ranking.rows, numbers, strict=True)
        ]
        headings = ["rank", "language", "code", *headings]
    return Table(
        headings=headings,
        rows=rows,
        left_aligned=set(range(1, len(headings) - 3)),
        lead=[_lead(ranking)],
        notes=ranking.notes,
        signature=ranking.signature,
    )


def _lead(ranking: Ranking) -> str:
    if ranking.encoding is not None:
        return f"Tokens of the same content under {ranking.encoding}, in each language"
    return f"Tokens of the same content in {ranking.rows[0].name}, under each encoding"
