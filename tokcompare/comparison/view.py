"""A comparison as the parts of a page, the chart first."""

from __future__ import annotations

from math import isnan, nan
from typing import Literal

from tokcompare.comparison.results import ComparisonResults, Row
from tokcompare.counting.counts import Counts, add_counts
from tokcompare.languages import name_of_script
from tokcompare.page.parts import Chart, ChartRow, Mark

_MOST_ROWS = 40
"""With more rows than these a chart has a row for each script, if the rows are languages."""


def chart_of(results: ComparisonResults) -> Chart:
    """Returns the chart of a comparison. The data choose its kind.

    Two encodings on as many documents of each language show tokens, because all texts say the
    same; otherwise only ratios can be compared.
    """
    rows = tuple(_chart_row(results, row) for row in results.rows)
    documents = {row.counts.documents for row in results.rows}
    kind: Literal["tokens", "ratios", "scripts"]
    if len(rows) > _MOST_ROWS and results.by == "language":
        kind, rows = "scripts", _by_script(results, rows)
    else:
        kind = "tokens" if len(documents) <= 1 and len(results.encodings) <= 2 else "ratios"
    return Chart(
        kind=kind,
        encodings=tuple(
            f"≈ {name}" if results.is_estimate(name) else name for name in results.encodings
        ),
        confidence=results.method.confidence,
        rows=rows,
    )


def _chart_row(results: ComparisonResults, row: Row) -> ChartRow:
    language = row.language
    return ChartRow(
        name=row.name,
        marks=_marks(results, row.counts),
        native_name=language.native_name if language.native_name != row.name else "",
        code=language.code if language.script else "",
        direction=language.direction,
    )


def _marks(results: ComparisonResults, counts: Counts) -> tuple[Mark, ...]:
    return tuple(_mark(results, counts, encoding) for encoding in results.encodings)


def _mark(results: ComparisonResults, counts: Counts, encoding: str) -> Mark:
    tokens = counts.tokens.get(encoding)
    if encoding == results.baseline:
        return Mark(tokens=tokens, ratio=nan, low=nan, high=nan)
    ratio = results.measure(counts, "compression_ratio", encoding)
    return Mark(tokens=tokens, ratio=ratio.value, low=ratio.interval.low, high=ratio.interval.high)


def _by_script(results: ComparisonResults, rows: tuple[ChartRow, ...]) -> tuple[ChartRow, ...]:
    """Returns a row for each script, the one that gains most first."""
    scripts: dict[str, list[int]] = {}
    for place, row in enumerate(results.rows):
        scripts.setdefault(name_of_script(row.language.script), []).append(place)
    made = [
        ChartRow(
            name=name,
            marks=_marks(results, add_counts(results.rows[place].counts for place in places)),
            members=tuple(rows[place] for place in places),
        )
        for name, places in scripts.items()
    ]
    return tuple(sorted(made, key=_by_gain))


def _by_gain(row: ChartRow) -> tuple[bool, float, str]:
    ratio = row.marks[-1].ratio
    return isnan(ratio), -ratio if not isnan(ratio) else 0, row.name
