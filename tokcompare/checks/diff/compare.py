"""The comparison of two reports: which numbers changed, and whether their intervals hold that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import nan
from typing import Any

from tokcompare.checks.diff.reports import (
    TOTAL,
    StoredReport,
    StoredRow,
    StoredValue,
    interval_of,
    parse_report,
)
from tokcompare.checks.limits import Growth
from tokcompare.comparison.compare import compare
from tokcompare.counting.parallel.local import Progress
from tokcompare.errors import BaselineError, UnknownNameError
from tokcompare.metrics import METRICS
from tokcompare.sources.source import Source

TOKENS = "tokens"
"""The name of the quantity that is no metric."""

_REFUSED = ("normalization", "special", "aggregation", "by")
"""The parts of the signature that must agree, besides the hashes of the encodings."""

_SILENT = ("encodings", "order", *_REFUSED)
"""The parts that no note is about: an order differs where the text does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A number of a row in both reports.

    Attributes:
        group: The group of the row: see `StoredRow`.
        name: The name of the group.
        encoding: The encoding.
        quantity: "tokens", or the name of a metric.
        before: The number in the old report; None if it is undefined, or there is no such row.
        after: The number in the new report, likewise.
        interval: The confidence interval of the number in the old report; None if it has none.
    """

    group: str
    name: str
    encoding: str
    quantity: str
    before: float | None
    after: float | None
    interval: tuple[float, float] | None = None

    @property
    def has_changed(self) -> bool:
        """Whether the number is another one."""
        return self.before != self.after

    @property
    def change(self) -> float:
        """The new number less the old one; `nan` if one is not there."""
        if self.before is None or self.after is None:
            return nan
        return self.after - self.before

    @property
    def relative_change(self) -> float:
        """The change as a share of the old number; `nan` if that is 0, or one is not there."""
        return self.change / self.before if self.before else nan

    @property
    def is_within(self) -> bool | None:
        """Whether the new number lies within the old one's interval; None if there is none."""
        if self.interval is None or self.after is None:
            return None
        return self.interval[0] <= self.after <= self.interval[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDiff:
    """How a report differs from an older one.

    Attributes:
        old: The older report.
        new: The newer one.
        differences: All numbers of all rows, also those that have not changed.
        notes: What else differs, and what is not compared.
    """

    old: StoredReport
    new: StoredReport
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    @property
    def changed(self) -> tuple[Difference, ...]:
        """The numbers that have changed."""
        return tuple(each for each in self.differences if each.has_changed)

    def above(self, growth: Growth) -> list[Difference]:
        """Returns the numbers of tokens that grew by more than that."""
        return [
            each
            for each in self.differences
            if each.quantity == TOKENS
            and each.before is not None
            and each.after is not None
            and growth.is_exceeded(int(each.before), int(each.after))
        ]


def compare_reports(old: StoredReport, new: StoredReport) -> ReportDiff:
    """Compares two reports.

    Raises:
        BaselineError: They cannot be compared; it names the part in which they differ.
    """
    encodings = _check_comparable(old, new)
    skipped = dict(_incomparable_metrics(old, new))
    metrics = [name for name in old.metrics if name in new.metrics and name not in skipped]
    groups = [*(g for g in old.rows if g != TOTAL), *(g for g in new.rows if g not in old.rows)]
    differences = [
        difference
        for group in [*groups, TOTAL]
        for difference in _compare_rows(
            old.rows.get(group), new.rows.get(group), encodings, [TOKENS, *metrics]
        )
    ]
    notes = [*_on_signatures(old, new), *_on_encodings(old, new), *_on_rows(old, new)]
    notes += [f"{name} is not compared: {reason}." for name, reason in skipped.items()]
    return ReportDiff(old=old, new=new, differences=tuple(differences), notes=tuple(notes))


def count_as(
    old: StoredReport,
    source: Source,
    *,
    encodings: Iterable[str] = (),
    progress: Progress | None = None,
    **options: Any,
) -> StoredReport:
    """Counts a source with the settings of a report.

    Args:
        old: The report.
        source: The source. Languages that are selected in it replace those of the report.
        encodings: The encodings; none for those of the report, by their names.
        progress: Called regularly with the progress.
        options: Other arguments of `compare`.

    Raises:
        BaselineError: An encoding of the report is not known by its name.
        TokcompareError: As `compare` raises it.
    """
    signature, method = old.signature, interval_of(old)
    languages = signature.get("languages", "all")
    if source.selection is None and languages not in ("all", "none"):
        source = source.select(languages.split(","))
    given = list(encodings)
    try:
        comparison = compare(
            source,
            encodings=given or list(old.encodings),
            metrics=old.metrics,
            by=old.by,
            normalization=_none(signature["normalization"]),
            confidence=method.confidence,
            resamples=method.resamples,
            seed=method.seed,
            reference=signature.get("reference"),
            reference_encoding=signature.get("reference-encoding"),
            progress=progress,
            **options,
        )
    except UnknownNameError as error:
        if given or not str(error).startswith("Unknown encoding"):
            raise
        raise BaselineError(
            f"An encoding of {old.name!r} is not known by its name alone. {error} -e NAME=PATH "
            "says where its file is."
        ) from error
    return parse_report(comparison.to_dict(), source.name)


def _none(text: str) -> Any:
    return None if text == "none" else text


def _check_comparable(old: StoredReport, new: StoredReport) -> list[str]:
    """Returns the encodings that both reports have."""
    for part in _REFUSED:
        if old.signature[part] != new.signature[part]:
            raise BaselineError(
                f"The reports cannot be compared: {part} is {old.signature[part]!r} in "
                f"{old.name!r} and {new.signature[part]!r} in {new.name!r}."
            )
    both = [encoding for encoding in old.encodings if encoding in new.encodings]
    if not both:
        raise BaselineError(
            f"The reports have no encoding in common: {', '.join(old.encodings)} in {old.name!r}, "
            f"{', '.join(new.encodings)} in {new.name!r}."
        )
    for encoding in both:
        if old.encodings[encoding] != new.encodings[encoding]:
            raise BaselineError(
                f"The reports cannot be compared: the encoding {encoding} has the SHA-256 "
                f"{old.encodings[encoding]}… in {old.name!r} and {new.encodings[encoding]}… in "
                f"{new.name!r}."
            )
    return both


def _incomparable_metrics(old: StoredReport, new: StoredReport) -> Iterator[tuple[str, str]]:
    """Yields metrics that relate to something else in each report, with the reason."""
    baselines = [next(iter(report.encodings)) for report in (old, new)]
    parts = {
        part: [report.signature.get(part) for report in (old, new)]
        for part in ("reference", "reference-encoding")
    }
    for name in old.metrics:
        metric = METRICS.get(name)
        if metric is None or name not in new.metrics:
            continue
        if metric.other_encoding == "baseline" and baselines[0] != baselines[1]:
            yield name, f"the baseline is {baselines[0]} and now {baselines[1]}"
        part = "reference" if metric.is_paired else "reference-encoding"
        before, after = parts[part]
        if (metric.is_paired or metric.other_encoding == "reference") and before != after:
            yield name, f"its {part} is {before or 'none'} and now {after or 'none'}"


def _compare_rows(
    old: StoredRow | None, new: StoredRow | None, encodings: list[str], quantities: list[str]
) -> Iterator[Difference]:
    row = old or new
    if row is None:
        return
    for encoding in encodings:
        for quantity in quantities:
            key = (quantity, encoding)
            before, after = (None if one is None else one.values.get(key) for one in (old, new))
            if before is None and after is None:  # such as the ratio of the baseline
                continue
            before, after = before or StoredValue(value=None), after or StoredValue(value=None)
            yield Difference(
                group=row.group,
                name=row.name,
                encoding=encoding,
                quantity=quantity,
                before=before.value,
                after=after.value,
                interval=before.interval,
            )


def _on_signatures(old: StoredReport, new: StoredReport) -> Iterator[str]:
    for part in dict.fromkeys([*old.signature, *new.signature]):
        before, after = old.signature.get(part), new.signature.get(part)
        if part in _SILENT or before == after:
            continue
        if part == "source":
            before, after = (_shorten(text) for text in (before or "", after or ""))
        yield f"{part}: {before or 'none'} → {after or 'none'}."


def _shorten(source: str) -> str:
    """Returns the name of a source with the first digits of the SHA-256 of its text."""
    name, _, digest = source.rpartition("@")
    return f"{name} ({digest[:8]}…)"


def _on_encodings(old: StoredReport, new: StoredReport) -> Iterator[str]:
    for mine, theirs in ((old, new), (new, old)):
        if alone := [name for name in mine.encodings if name not in theirs.encodings]:
            yield f"Only in {mine.name!r}: the encoding {', '.join(alone)}."
        if alone := [name for name in mine.metrics if name not in theirs.metrics]:
            yield f"Only in {mine.name!r}: the metric {', '.join(alone)}."


def _on_rows(old: StoredReport, new: StoredReport) -> Iterator[str]:
    for mine, theirs in ((old, new), (new, old)):
        alone = [row.name for group, row in mine.rows.items() if group not in theirs.rows]
        if alone:
            more = f" and {len(alone) - 8:,} more" if len(alone) > 8 else ""
            yield f"Only in {mine.name!r}: {', '.join(alone[:8])}{more}."
    others = [
        row.name
        for group, row in old.rows.items()
        if group != TOTAL and group in new.rows and row.documents != new.rows[group].documents
    ]
    if others:
        more = f" and {len(others) - 8:,} more" if len(others) > 8 else ""
        yield f"Another number of documents: {', '.join(others[:8])}{more}."
