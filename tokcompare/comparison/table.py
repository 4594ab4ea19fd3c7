"""A comparison as a table: its headings, cells and notes. Nothing is computed here."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from tokcompare.comparison.notes import notes_on
from tokcompare.comparison.results import ComparisonResults, Measurement, Row
from tokcompare.counting.counts import Counts
from tokcompare.metrics import Metric
from tokcompare.metrics.intervals import FEW_DOCUMENTS, Interval, has_few_documents
from tokcompare.tables import UNDEFINED, Table

_DIFFERS = "≠"
_DOUBTFUL = "*"
_DEEPER = "· "
_MARKED = re.compile(r"\d[^–]*–[^–]*\d[^–]*\*$")


def comparison_table(results: ComparisonResults) -> Table:
    """Returns the table of a comparison: a row for each group, and the total."""
    columns = list(_metric_columns(results))
    has_published = any(row.counts.published for row in results.rows)
    by_language = results.by == "language"
    headings = [
        results.by,
        "chars",
        *(_mark(encoding, results.is_estimate(encoding)) for encoding in results.encodings),
        *(heading for column in columns for heading in column.headings),
        *(["published"] if has_published else []),
        *(["own name"] if by_language else []),
    ]
    rows = [
        [
            _name(row),
            *_cells(results, row.counts, [column.cells(place) for column in columns]),
            *([_published(row.counts, results.encodings)] if has_published else []),
            *([row.language.native_name] if by_language else []),
        ]
        for place, row in enumerate(results.rows)
    ]
    places = range(len(results.rows) + 1)
    total = ["Total", *_cells(results, results.total, [column.cells(-1) for column in columns])]
    return Table(
        headings=headings,
        rows=rows,
        total=[*total, *[""] * (len(headings) - len(total))],
        joined_to_previous=_interval_columns(columns, start=2 + len(results.encodings)),
        left_aligned={0, *([len(headings) - 1] if by_language else [])},
        highlighted={place for place, row in enumerate(results.rows) if _differs(row.counts)},
        languages=[
            (row.language.code, row.language.direction) for row in results.rows if by_language
        ],
        notes=[
            *_note_on_published(results),
            *note_on_intervals(column.cells(place)[-1] for column in columns for place in places),
            *notes_on(results),
        ],
        signature=results.signature,
    )


def _name(row: Row) -> str:
    """Returns the name of a row; in a tree its last part, indented."""
    if not row.parent:
        return row.name
    slash = "/" if row.is_folder else ""
    return f"{_DEEPER * row.depth}{row.name.rpartition('/')[2]}{slash}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _MetricColumn:
    """The column of a metric under an encoding, and the column of its intervals if it has one.

    Attributes:
        metric: The metric.
        headings: The headings of the one or two columns.
        measured: The values of the rows, and of the total at the end.
        counts: The counts of the rows, and of the total at the end.
        is_estimate: Whether the values are estimates.
    """

    metric: Metric
    headings: list[str]
    measured: list[Measurement]
    counts: list[Counts]
    is_estimate: bool

    def cells(self, place: int) -> list[str]:
        """Returns the one or two cells of a row."""
        measured = self.measured[place]
        cells = [
            _mark(self._show(measured.value), self.is_estimate),
            interval_cell(measured.interval, self._show, self.counts[place]),
        ]
        return cells[: len(self.headings)]

    def _show(self, number: float) -> str:
        return UNDEFINED if math.isnan(number) else self.metric.format.format(number)


def _metric_columns(results: ComparisonResults) -> Iterator[_MetricColumn]:
    texts = [*(row.counts for row in results.rows), results.total]
    for metric in results.chosen_metrics:
        encodings = results.encodings_of(metric)
        for encoding in encodings:
            measured = [results.measure(counts, metric.name, encoding) for counts in texts]
            # With a single encoding there is no doubt which one is meant.
            shown = _mark(encoding, results.is_estimate(encoding))
            headings = [f"{metric.heading} {shown}" if len(encodings) > 1 else metric.heading]
            if _shows_interval(results, metric, measured[:-1]):
                headings.append(interval_heading(results))
            yield _MetricColumn(
                metric=metric,
                headings=headings,
                measured=measured,
                counts=texts,
                is_estimate=results.is_estimate(encoding, metric),
            )


def _interval_columns(columns: Sequence[_MetricColumn], *, start: int) -> set[int]:
    """Returns the places of the intervals in the table; the first metric is at `start`."""
    places = set()
    for column in columns:
        start += len(column.headings)
        if len(column.headings) > 1:
            places.add(start - 1)
    return places


def interval_heading(results: ComparisonResults) -> str:
    """Returns the heading of a column of intervals."""
    return f"{100 * results.method.confidence:g}% interval"


def interval_cell(
    interval: Interval, show: Callable[[float], str], counts: Counts | None = None
) -> str:
    """Returns both bounds of an interval, each as `show` shows a number.

    Args:
        interval: The interval.
        show: Shows a number.
        counts: The counts that it is made of. If they are of few documents, it has a mark, which
            `note_on_intervals` explains. None for another kind of interval.
    """
    if math.isnan(interval.low):
        return UNDEFINED
    mark = _DOUBTFUL if counts is not None and has_few_documents(counts) else ""
    return f"{show(interval.low)}–{show(interval.high)}{mark}"


def note_on_intervals(cells: Iterable[str]) -> list[str]:
    """Returns the note on the mark of intervals, if one of their cells has it."""
    if not any(_MARKED.search(cell) for cell in cells):
        return []
    return [
        f"{_DOUBTFUL} An interval of fewer than {FEW_DOCUMENTS} documents is often too narrow; "
        "that of two is little more than a guess."
    ]


def _shows_interval(
    results: ComparisonResults, metric: Metric, measured: Sequence[Measurement]
) -> bool:
    # The interval of the ratio says the same as the interval of the saving.
    if metric.is_saving and "compression_ratio" in results.metric_names:
        return False
    return any(not math.isnan(one.interval.low) for one in measured)


def _mark(cell: str, is_estimate: bool) -> str:
    return f"≈ {cell}" if is_estimate and cell != UNDEFINED else cell


def _tokens(results: ComparisonResults, counts: Counts, encoding: str) -> str:
    number = counts.tokens.get(encoding)
    return UNDEFINED if number is None else _mark(f"{number:,}", results.is_estimate(encoding))


def _cells(
    results: ComparisonResults, counts: Counts, of_metrics: Sequence[Sequence[str]]
) -> list[str]:
    return [
        f"{counts.characters:,}",
        *(_tokens(results, counts, encoding) for encoding in results.encodings),
        *(cell for cells in of_metrics for cell in cells),
    ]


def _published(counts: Counts, encodings: Sequence[str]) -> str:
    numbers = " / ".join(
        f"{counts.published[encoding]:,}" if encoding in counts.published else UNDEFINED
        for encoding in encodings
    )
    return f"{_DIFFERS} {numbers}" if _differs(counts) else numbers


def _differs(counts: Counts) -> bool:
    return any(counts.tokens.get(encoding, n) != n for encoding, n in counts.published.items())


def _note_on_published(results: ComparisonResults) -> list[str]:
    differing = [row.name for row in results.rows if _differs(row.counts)]
    if not differing:
        return []
    return [
        f"{_DIFFERS} {', '.join(differing)}: the text does not have the number of tokens that was "
        "published for it; both are shown."
    ]
