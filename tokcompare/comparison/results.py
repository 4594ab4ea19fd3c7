"""The results of a comparison: counts by group, and the values that metrics compute from them.

Records, notes, signature and table read results; `comparison.Comparison` adds these outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isnan, nan
from typing import TYPE_CHECKING

from tokcompare.counting.counts import Counts
from tokcompare.counting.quantities import Quantity
from tokcompare.errors import unknown_name
from tokcompare.languages import Language
from tokcompare.metrics import METRICS, Metric, needed_quantities
from tokcompare.metrics.intervals import (
    NO_INTERVAL,
    Interval,
    Method,
    pair_counts,
    ratio_interval,
)
from tokcompare.sources.rejections import Rejections

if TYPE_CHECKING:
    from tokcompare.encodings.closed.calibration import Calibration


TREES = ("folder", "tree")
"""The groups whose rows are a tree, in which a folder counts all that is below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The counts of one group of documents.

    Attributes:
        group: What the documents have in common: a language code, the name of a file, or the value
            of a field.
        name: The name of the group; for a language its English name.
        language: The language; undetermined if the groups are not languages.
        counts: The counts of the documents.
        codes: The codes of the language as the documents spell them; empty if the groups are not
            languages.
        depth: In a tree, how many folders stand above it.
        parent: In a tree, the group of the folder that it is in, whose counts contain its own;
            empty for none.
        is_folder: Whether it is a folder of a tree.
    """

    group: str
    name: str
    language: Language
    counts: Counts
    codes: tuple[str, ...] = ()
    depth: int = 0
    parent: str = ""
    is_folder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """The value of a metric for some counts under an encoding.

    Attributes:
        value: The number; `nan` if it is undefined.
        interval: Its confidence interval; `NO_INTERVAL` if it has none.
    """

    value: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonResults:
    """The tokens of the same text under several encodings, group by group.

    Attributes:
        by: What documents are grouped by: "language", "source", "folder", "tree" (folders and their
            files) or the name of a field.
        encodings: Names of the encodings; the first is the baseline.
        vocabulary_sizes: Number of token ids of each encoding, by its name.
        keeps_text: Whether the tokens of an encoding always decode to the text, by its name; None
            if that is unknown.
        metric_names: The metrics that were asked for.
        reference_language: The language that premiums are relative to; None if there is none.
        reference_encoding: The encoding that normalized sequence lengths are relative to.
        method: How confidence intervals are computed.
        rows: One row for each group, in the order of the source.
        total: The counts of all documents.
        rejections: The records that could not be read and are not counted.
        signature: Everything that the numbers depend on, in one line.
        selection_notes: What was taken for the languages that were selected, where that is not
            plain.
        recorded: The fields of recorded counts, by the name of the encoding.
        calibrations: The calibrations of estimated encodings, by their names.
        caveats: How far the counts of encodings can be trusted, where that is doubtful.
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
    selection_notes: tuple[str, ...] = ()
    recorded: Mapping[str, str] = field(default_factory=dict)
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    caveats: tuple[str, ...] = ()

    @property
    def is_tree(self) -> bool:
        """Whether the rows are a tree of folders."""
        return self.by in TREES

    @property
    def baseline(self) -> str:
        """The encoding that the others are compared with: the first."""
        return self.encodings[0]

    @property
    def chosen_metrics(self) -> list[Metric]:
        """The metrics that were asked for, in that order."""
        return [METRICS[name] for name in self.metric_names]

    @property
    def optional_quantities(self) -> tuple[Quantity, ...]:
        """The optional quantities that were counted."""
        return needed_quantities(self.metric_names, keeps_values=self.method.resamples > 0)

    def is_estimate(self, encoding: str, metric: Metric | None = None) -> bool:
        """Returns whether the tokens of an encoding are estimates, or the values of a metric."""
        other = None if metric is None else self._other_encoding(metric)
        return encoding in self.calibrations or other in self.calibrations

    def encodings_of(self, metric: Metric) -> tuple[str, ...]:
        """Returns the encodings for which a metric is defined: all but the one it compares with."""
        other = self._other_encoding(metric)
        return tuple(encoding for encoding in self.encodings if encoding != other)

    def metrics(self, counts: Counts, encoding: str) -> dict[str, float]:
        """Returns the values of the metrics for some counts under an encoding, by metric.

        Raises:
            UnknownNameError: The encoding is not one of those compared.
        """
        return {name: self.value(counts, name, encoding) for name in self.metric_names}

    def value(self, counts: Counts, metric: str, encoding: str) -> float:
        """Returns the value of a metric for some counts under an encoding; `nan` if undefined.

        Args:
            counts: The counts of a row, or the total.
            metric: The name of the metric. Metrics over all languages are defined for the total.
            encoding: The name of the encoding.

        Raises:
            UnknownNameError: There is no such metric, or the encoding is not one of those compared.
        """
        found = self._find(metric, encoding)
        reference = self._reference_counts() if found.is_paired else self.reference_encoding
        if reference is None:
            return nan
        arguments = {
            "counts": counts,
            "languages": [row.counts for row in self.rows] if counts is self.total else [],
            "encoding": encoding,
            "baseline": self.baseline,
            "reference": reference,
            "vocabulary_size": self.vocabulary_sizes[encoding],
        }
        return found.function(**{name: arguments[name] for name in found.parameters})

    def measure(self, counts: Counts, metric: str, encoding: str) -> Measurement:
        """Returns the value of a metric for some counts under an encoding, and its interval.

        Args:
            counts: As for `value`.
            metric: As for `value`.
            encoding: As for `value`.

        Raises:
            UnknownNameError: There is no such metric, or the encoding is not one of those compared.
        """
        value = self.value(counts, metric, encoding)
        if isnan(value):
            return Measurement(value=value, interval=NO_INTERVAL)
        found = METRICS[metric]
        interval = self._interval(counts, found, encoding)
        if found.is_saving:
            interval = Interval(low=1 - interval.high, high=1 - interval.low)
        return Measurement(value=value, interval=interval)

    def difference(self, counts: Counts, metric: str, encoding: str) -> Measurement:
        """Returns the value of a metric under an encoding minus its value under the baseline.

        The interval is paired, because both values come from the same documents. The difference is
        undefined for metrics that already compare an encoding with another one.

        Args:
            counts: As for `value`.
            metric: As for `value`.
            encoding: As for `value`.

        Raises:
            UnknownNameError: There is no such metric, or the encoding is not one of those compared.
        """
        found = self._find(metric, encoding)
        if found.other_encoding is not None:
            return Measurement(value=nan, interval=NO_INTERVAL)
        value = self.value(counts, metric, encoding) - self.value(counts, metric, self.baseline)
        if isnan(value):
            return Measurement(value=value, interval=NO_INTERVAL)
        interval = self._interval(counts, found, encoding, self.baseline)
        return Measurement(value=value, interval=interval)

    def _interval(self, counts: Counts, metric: Metric, *encodings: str) -> Interval:
        """Returns the interval under an encoding, or of the difference between two encodings."""
        ratios = []
        for encoding in encodings:
            ratio = metric.ratio_of(
                encoding=encoding, baseline=self.baseline, reference=self.reference_encoding
            )
            if ratio is None:
                return NO_INTERVAL
            ratios.append(ratio)
        if metric.is_paired:
            reference = self._reference_counts()
            if reference is None or counts is reference or not counts.values:
                return NO_INTERVAL
            counts, ratios = pair_counts(counts, reference, ratios)
        return ratio_interval(
            counts, ratios[0], self.method, minus=ratios[1] if len(ratios) > 1 else None
        )

    def _find(self, metric: str, encoding: str) -> Metric:
        if encoding not in self.encodings:
            raise unknown_name("encoding", str(encoding), self.encodings)
        if metric not in METRICS:
            raise unknown_name("metric", str(metric), METRICS)
        return METRICS[metric]

    def _other_encoding(self, metric: Metric) -> str | None:
        names = {"baseline": self.baseline, "reference": self.reference_encoding}
        return None if metric.other_encoding is None else names[metric.other_encoding]

    def _reference_counts(self) -> Counts | None:
        return next((row.counts for row in self.rows if row.group == self.reference_language), None)
