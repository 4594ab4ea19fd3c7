"""A comparison: counts by language, and the signature that says exactly what was measured.

It brings the steps together: documents are counted, counts are grouped by language and added up.
How a comparison looks is not decided here.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

from tokcompare import metrics
from tokcompare.counting import Counts, count_document, no_counts
from tokcompare.encodings import LoadedEncoding, load_encodings
from tokcompare.errors import ArgumentError, require_str, unknown_name
from tokcompare.escaping import printable
from tokcompare.languages import Language, describe_language
from tokcompare.sources import Document, Source, load_samples
from tokcompare.version import __version__

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
"""The version of the form of `Comparison.to_dict`. Within one version, keys are only added."""

DEFAULT_ENCODINGS = ("cl100k_base", "o200k_base")
"""What is compared if nothing else is said: GPT-4's encoding with GPT-4o's."""

METRICS: dict[str, Callable[..., float]] = {
    "compression_ratio": metrics.compression_ratio,
    "tokens_saved": metrics.tokens_saved,
}
"""What is said of every encoding but the baseline, by the name that JSON and CSV call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The documents of one language, counted.

    Attributes:
        language: The language.
        counts: The counts of its documents.
    """

    language: Language
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How many tokens the same text has under each of some encodings, language by language.

    Attributes:
        encodings: Names of the encodings; the first is the baseline.
        rows: One row a language, in the order in which the source names them.
        total: The counts of all documents.
        signature: Everything that the numbers depend on, in one line.
    """

    encodings: tuple[str, ...]
    rows: tuple[Row, ...]
    total: Counts
    signature: str

    @property
    def baseline(self) -> str:
        """The encoding that the others are compared with: the first."""
        return self.encodings[0]

    def metrics(self, counts: Counts, encoding: str) -> dict[str, float]:
        """Returns each metric of some counts, an encoding against the baseline, by its name.

        Raises:
            UnknownNameError: The encoding is none of those compared.
        """
        if encoding not in self.encodings:
            raise unknown_name("encoding", str(encoding), self.encodings)
        return {
            name: metric(counts, baseline=self.baseline, encoding=encoding)
            for name, metric in METRICS.items()
        }

    def sort(self, key: str | None = None, *, reverse: bool = False) -> Comparison:
        """Returns the same comparison with its rows in another order.

        Args:
            key: One of the `columns`; without the name of an encoding it is that of the last one.
                None means the order as it is.
            reverse: Whether to turn that order round. An undefined number comes last either way.

        Raises:
            UnknownNameError: There is no such column.

        >>> compare().sort("compression_ratio").rows[0].language.name
        'French'
        """
        if key is None:
            return replace(self, rows=self.rows[::-1]) if reverse else self
        require_str("The key to sort by", key)
        column = key if key in self.columns else f"{key}_{self.encodings[-1]}"
        if column not in self.columns:
            raise unknown_name("column", key, self.columns)
        keyed = [
            (record[column], row) for record, row in zip(self.to_records(), self.rows, strict=True)
        ]
        defined = [pair for pair in keyed if pair[0] is not None]
        undefined = [pair for pair in keyed if pair[0] is None]
        defined.sort(key=lambda pair: pair[0], reverse=reverse)
        return replace(self, rows=tuple(row for _, row in defined + undefined))

    def to_dict(self) -> dict[str, Any]:
        """Returns what `--format json` writes; an undefined number is None."""
        return {
            "schema": SCHEMA,
            "signature": self.signature,
            "encodings": list(self.encodings),
            "rows": [self._row_to_dict(row) for row in self.rows],
            "total": self._counts_to_dict(self.total),
        }

    def _row_to_dict(self, row: Row) -> dict[str, Any]:
        language = {"language": row.language.code, "name": row.language.name}
        return language | self._counts_to_dict(row.counts)

    def _counts_to_dict(self, counts: Counts) -> dict[str, Any]:
        compared = {encoding: self.metrics(counts, encoding) for encoding in self.encodings[1:]}
        by_metric = {
            name: {encoding: _none_if_nan(values[name]) for encoding, values in compared.items()}
            for name in METRICS
        }
        return {
            "documents": counts.documents,
            "bytes": counts.bytes,
            "characters": counts.characters,
            "tokens": dict(counts.tokens),
            **by_metric,
            "published": dict(counts.published) or None,
        }

    @property
    def columns(self) -> list[str]:
        """The columns of `to_records`, in order."""
        others = self.encodings[1:]
        has_published = any(row.counts.published for row in self.rows)
        return [
            "language",
            "name",
            "documents",
            "bytes",
            "characters",
            *(f"tokens_{encoding}" for encoding in self.encodings),
            *(f"{metric}_{encoding}" for metric in METRICS for encoding in others),
            *(f"published_{encoding}" for encoding in self.encodings if has_published),
        ]

    def to_records(self) -> list[dict[str, Any]]:
        """Returns what `--format csv` writes: a flat record a row; an undefined number is None.

        What `to_dict` has once an encoding stands under its name, an underscore and the encoding.
        There are columns of published numbers only if some row has such numbers.
        """
        columns = self.columns
        flat = [dict(_flatten(self._row_to_dict(row))) for row in self.rows]
        return [{column: record.get(column) for column in columns} for record in flat]

    def to_frame(self) -> pd.DataFrame:
        """Returns a tidy pandas DataFrame: a row for each language under each encoding.

        A metric is `nan` for the baseline and where it is undefined; published is `pandas.NA`
        where nothing is published.
        """
        import pandas as pd

        records = [
            {
                "language": row.language.code,
                "name": row.language.name,
                "encoding": encoding,
                "documents": row.counts.documents,
                "bytes": row.counts.bytes,
                "characters": row.counts.characters,
                "tokens": row.counts.tokens[encoding],
                "published": row.counts.published.get(encoding),
            }
            | (self.metrics(row.counts, encoding) if encoding != self.baseline else {})
            for row in self.rows
            for encoding in self.encodings
        ]
        return pd.DataFrame(records, columns=list(_FRAME_TYPES)).astype(_FRAME_TYPES)

    def to_markdown(self) -> str:
        """Returns the comparison as a table in GitHub Flavored Markdown."""
        from tokcompare.render import markdown

        return markdown(self)

    def _repr_html_(self) -> str:
        """Returns the comparison as an HTML table, which is what a notebook shows."""
        from tokcompare.render import html

        return html(self)


_FRAME_TYPES: dict[str, Any] = {
    "language": "str",
    "name": "str",
    "encoding": "str",
    "documents": "int64",
    "bytes": "int64",
    "characters": "int64",
    "tokens": "int64",
    "published": "Int64",
    **dict.fromkeys(METRICS, "float64"),
}


def compare(
    documents: str | Document | Iterable[str | Document] | None = None,
    *,
    encodings: str | Sequence[str] = DEFAULT_ENCODINGS,
) -> Comparison:
    """Counts the tokens of documents under some encodings, and compares them by language.

    Args:
        documents: A text or a document, or an iterable of both; None means the twenty sentences
            of the GPT-4o announcement. They are read once, so a generator will do. A text without
            a language is "und" (undetermined); codes of one language ("gu", "guj_Gujr") make one
            row.
        encodings: Names of the encodings; the first is the baseline.

    Raises:
        ArgumentError: Something other than text was given, no encoding, or one encoding twice.
        UnknownNameError: There is no encoding of that name.

    >>> comparison = compare(["Hello, world!", Document(text="નમસ્તે", language="gu")])
    >>> [(row.language.code, dict(row.counts.tokens)) for row in comparison.rows]
    [('und', {'cl100k_base': 4, 'o200k_base': 4}), ('gu', {'cl100k_base': 12, 'o200k_base': 4})]
    """
    loaded = load_encodings(encodings)
    source = load_samples() if documents is None else documents
    digest = hashlib.sha256()
    nothing = no_counts(loaded)
    groups: dict[Language, Counts] = {}
    for document in _as_documents(source):
        if not isinstance(source, Source):
            digest.update(_as_json_line(document))
        language = describe_language(document.language)
        groups[language] = groups.get(language, nothing) + count_document(document, loaded)
    return Comparison(
        encodings=tuple(encoding.name for encoding in loaded),
        rows=tuple(Row(language=language, counts=counts) for language, counts in groups.items()),
        # Figures are published for single texts; their sum nobody has published.
        total=replace(reduce(add, groups.values(), nothing), published={}),
        signature=_sign(
            loaded,
            source
            if isinstance(source, Source)
            else Source(name="documents", sha256=digest.hexdigest(), documents=()),
        ),
    )


def _as_documents(documents: str | Document | Iterable[str | Document]) -> Iterator[Document]:
    if isinstance(documents, (str, Document)):
        documents = [documents]
    # To iterate over a mapping or a DataFrame would silently count its keys or column names.
    misleading = isinstance(documents, (bytes, bytearray, memoryview, Mapping))
    if misleading or hasattr(documents, "columns") or not isinstance(documents, Iterable):
        raise ArgumentError(
            "Documents must be strings or Document objects, or an iterable of them, "
            f"not {type(documents).__name__}."
        )
    for document in documents:
        if isinstance(document, str):
            document = Document(text=document)
        if not isinstance(document, Document):
            raise ArgumentError(
                f"A document must be a str or a Document, not {type(document).__name__}."
            )
        yield document


def _as_json_line(document: Document) -> bytes:
    record: dict[str, Any] = {"language": document.language, "text": document.text}
    if document.published:
        record["published"] = dict(document.published)
    return json.dumps(record).encode("ascii") + b"\n"


def _sign(encodings: Sequence[LoadedEncoding], source: Source) -> str:
    from tiktoken import __version__ as tiktoken_version

    fields = {
        "tokcompare": __version__,
        "tiktoken": tiktoken_version,
        "encodings": ",".join(f"{encoding.name}@{encoding.sha256[:8]}" for encoding in encodings),
        "source": f"{printable(source.name).replace('|', '%7C')}@{source.sha256}",
        "languages": "all" if source.selection is None else ",".join(source.selection) or "none",
        "special": "as-text",
        "normalization": "none",
        "aggregation": "ratio-of-sums",
    }
    return "|".join(f"{field}:{value}" for field, value in fields.items())


def _none_if_nan(number: float) -> float | None:
    return None if math.isnan(number) else number


def _flatten(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from ((f"{key}_{encoding}", number) for encoding, number in value.items())
        else:
            yield key, value
