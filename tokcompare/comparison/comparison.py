"""A comparison: counts by group, and the signature that says exactly what was measured.

It holds what was counted and answers what metrics say of it. How it was counted stands in
`comparing`, how it is written down in `records`, and how it looks is not decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from tokcompare.counting.counter import Counts
from tokcompare.errors import require_str, unknown_name
from tokcompare.languages import Language
from tokcompare.metrics import METRICS, Metric
from tokcompare.metrics.intervals import (
    UNDEFINED,
    Interval,
    Method,
    Ratio,
    pair_counts,
    ratio_interval,
)
from tokcompare.sources.rejections import Rejections

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The documents of one group, counted.

    Attributes:
        group: What its documents have in common: a language code, the name of a file, or the value
            of a field.
        name: What people call the group; of a language its English name.
        language: The language; undetermined if documents are grouped by something else.
        counts: The counts of its documents.
    """

    group: str
    name: str
    language: Language
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a metric says of some counts under an encoding.

    Attributes:
        value: The number; `nan` if it is undefined.
        interval: Its confidence interval, undefined if it has none.
    """

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How many tokens the same text has under each of some encodings, group by group.

    Attributes:
        by: What documents are grouped by: "language", "source" or the name of a field.
        encodings: Names of the encodings; the first is the baseline.
        vocabulary_sizes: How many token ids each encoding has, by its name.
        keeps_text: Of each encoding whether its tokens always give back the text: None if that is
            not known.
        metric_names: The metrics that were asked for.
        reference_language: The language that a premium is over; None if there is none.
        reference_encoding: The encoding that lengths are normalized by.
        method: How confidence intervals are made.
        rows: One row a group, in the order of the source.
        total: The counts of all documents.
        rejections: What could not be read, and is not counted.
        signature: Everything that the numbers depend on, in one line.
    """

    by: str
    encodings: tuple[str, ...]
    vocabulary_sizes: Mapping[str, int]
    keeps_text: Mapping[str, bool | None]
    metric_names: tuple[str, ...]
    reference_language: str | None
    reference_encoding: str
    method: Method
    rows: tuple[Row, ...]
    total: Counts
    rejections: Rejections
    signature: str

    @property
    def baseline(self) -> str:
        """The encoding that the others are compared with: the first."""
        return self.encodings[0]

    @property
    def notes(self) -> list[str]:
        """What whoever reads the numbers must know of them, in sentences."""
        from tokcompare.comparison.notes import notes_on

        return notes_on(self)

    def encodings_of(self, metric: Metric) -> tuple[str, ...]:
        """Returns the encodings that a metric says something of: not one against itself."""
        other = self._other(metric)
        return tuple(encoding for encoding in self.encodings if encoding != other)

    def metrics(self, counts: Counts, encoding: str) -> dict[str, float]:
        """Returns what each metric says of some counts under an encoding, by its name.

        Raises:
            UnknownNameError: The encoding is none of those compared.
        """
        return {name: self.value(counts, name, encoding) for name in self.metric_names}

    def value(self, counts: Counts, metric: str, encoding: str) -> float:
        """Returns what a metric says of some counts under an encoding; `nan` if undefined.

        Raises:
            UnknownNameError: There is no such metric, or the encoding is none of those compared.
        """
        asked = self._find(metric, encoding)
        function = asked.function
        match asked.against:
            case "baseline":
                return function(counts, baseline=self.baseline, encoding=encoding)
            case "reference encoding":
                return function(counts, reference=self.reference_encoding, encoding=encoding)
            case "reference language":
                reference = self._reference_counts()
                if reference is None:
                    return nan
                return function(counts, reference=reference, encoding=encoding)
            case "languages":
                # It is about all of them, and says nothing of one.
                rows = self.rows if counts is self.total else ()
                return function([row.counts for row in rows], encoding=encoding)
        if metric == "vocabulary_utilization":
            size = self.vocabulary_sizes[encoding]
            return function(counts, encoding=encoding, vocabulary_size=size)
        return function(counts, encoding=encoding)

    def measure(self, counts: Counts, metric: str, encoding: str) -> Measurement:
        """Returns what a metric says of some counts under an encoding, and how sure that is.

        Raises:
            UnknownNameError: There is no such metric, or the encoding is none of those compared.
        """
        value = self.value(counts, metric, encoding)
        if isnan(value):
            return Measurement(value=value, interval=UNDEFINED)
        asked = METRICS[metric]
        if asked.against == "reference language":
            return Measurement(value=value, interval=self._premium_interval(counts, encoding))
        ratio = asked.ratio_of(encoding, self._other(asked))
        if ratio is None:
            return Measurement(value=value, interval=UNDEFINED)
        interval = ratio_interval(counts, ratio, self.method)
        if asked.is_saving:
            interval = Interval(low=1 - interval.high, high=1 - interval.low)
        return Measurement(value=value, interval=interval)

    def difference(self, counts: Counts, metric: str, encoding: str) -> Measurement:
        """Returns a metric under an encoding minus the same under the baseline.

        The interval is paired: it is of the differences on the same documents. What compares with
        another encoding already has no difference.

        Raises:
            UnknownNameError: There is no such metric, or the encoding is none of those compared.
        """
        asked = self._find(metric, encoding)
        if self._other(asked):
            return Measurement(value=nan, interval=UNDEFINED)
        value = self.value(counts, metric, encoding) - self.value(counts, metric, self.baseline)
        if asked.against == "reference language" and not isnan(value):
            interval = self._premium_interval(counts, encoding, minus=self.baseline)
            return Measurement(value=value, interval=interval)
        ratio, other = asked.ratio_of(encoding), asked.ratio_of(self.baseline)
        if ratio is None or isnan(value):
            return Measurement(value=value, interval=UNDEFINED)
        interval = ratio_interval(counts, ratio, self.method, minus=other)
        return Measurement(value=value, interval=interval)

    def _premium_interval(
        self, counts: Counts, encoding: str, minus: str | None = None
    ) -> Interval:
        reference = self._reference_counts()
        encodings = [encoding, *([minus] if minus else [])]
        quantities = [f"tokens {name}" for name in encodings]
        if reference is None or counts is reference or quantities[0] not in counts.values:
            return UNDEFINED
        paired = pair_counts(counts, reference, quantities)
        ratios = [
            Ratio(numerator=f"text {quantity}", denominator=f"reference {quantity}")
            for quantity in quantities
        ]
        return ratio_interval(paired, ratios[0], self.method, minus=ratios[1] if minus else None)

    def _find(self, metric: str, encoding: str) -> Metric:
        if encoding not in self.encodings:
            raise unknown_name("encoding", str(encoding), self.encodings)
        if metric not in METRICS:
            raise unknown_name("metric", str(metric), METRICS)
        return METRICS[metric]

    def _other(self, metric: Metric) -> str | None:
        """Returns the encoding that a metric holds the others against, or None."""
        if metric.against == "baseline":
            return self.baseline
        return self.reference_encoding if metric.against == "reference encoding" else None

    def _reference_counts(self) -> Counts | None:
        return next((row.counts for row in self.rows if row.group == self.reference_language), None)

    def sort(self, key: str | None = None, *, reverse: bool = False) -> Comparison:
        """Returns the same comparison with its rows in another order.

        Args:
            key: One of the `columns`; without the name of an encoding it is that of the last one.
                None means the order as it is.
            reverse: Whether to turn that order round. An undefined number comes last either way.

        Raises:
            UnknownNameError: There is no such column.

        >>> from tokcompare import compare
        >>> compare().sort("compression_ratio").rows[0].name
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
        from tokcompare.comparison.records import as_dict

        return as_dict(self)

    @property
    def columns(self) -> list[str]:
        """The columns of `to_records`, in order."""
        from tokcompare.comparison.records import columns_of

        return columns_of(self)

    def to_records(self) -> list[dict[str, Any]]:
        """Returns what `--format csv` writes: a flat record a row; an undefined number is None."""
        from tokcompare.comparison.records import as_records

        return as_records(self)

    def to_frame(self) -> pd.DataFrame:
        """Returns a tidy pandas DataFrame: a row for each group under each encoding.

        A metric is `nan` where it is undefined, which that of an encoding against itself is too;
        published is `pandas.NA` where nothing is published.
        """
        from tokcompare.comparison.records import as_frame

        return as_frame(self)

    def to_markdown(self) -> str:
        """Returns the comparison as a table in GitHub Flavored Markdown."""
        from tokcompare.comparison.table import markdown

        return markdown(self)

    def _repr_html_(self) -> str:
        """Returns the comparison as an HTML table, which is what a notebook shows."""
        from tokcompare.comparison.table import html

        return html(self)
