"""The table of a comparison of costs. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isnan

from tokcompare.comparison.results import Row
from tokcompare.comparison.table import interval_cell, interval_heading, note_on_intervals
from tokcompare.counting.counts import Counts
from tokcompare.metrics.intervals import Interval
from tokcompare.pricing.migration.bills import Bill
from tokcompare.pricing.migration.notes import notes_on, summary_of
from tokcompare.pricing.migration.results import CostResults
from tokcompare.pricing.models import PricedModel
from tokcompare.pricing.prices import dollars
from tokcompare.tables import UNDEFINED, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column: its heading, its cells with that of the total last, and whether it is joined."""

    heading: str
    cells: list[str]
    is_joined: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intervals:
    """A column of intervals: its heading, and the intervals with the counts they are made of."""

    heading: str
    of: Sequence[Interval]
    counts: Sequence[Counts]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The words for a factor above 1, for one below 1, and for a column that has both."""

    above: tuple[str, str]
    below: tuple[str, str]
    both: str


_TOKENS = _Words(
    above=("fewer tokens", "fewer"), below=("more tokens", "more"), both="fewer or more tokens"
)
_PRICE = _Words(
    above=("lower price", "lower"), below=("higher price", "higher"), both="lower or higher price"
)
_COST = _Words(
    above=("times cheaper", "cheaper"), below=("times dearer", "dearer"), both="cheaper or dearer"
)


def cost_table(costs: CostResults) -> Table:
    """Returns a table with a row for each language, and the bills of a month above it.

    With two models it has all their numbers; with more it has only the costs side by side.
    """
    columns = [
        _Column(heading="language", cells=[*(row.name for row in costs.rows), "Total"]),
        _Column(heading="chars", cells=[f"{counts.characters:,}" for counts in _lines(costs)]),
        *(_columns_of_two(costs) if len(costs.models) == 2 else _columns_of_many(costs)),
        *_columns_of_requests(costs),
        *_columns_of_bills(costs),
        _Column(heading="own name", cells=[*(row.language.native_name for row in costs.rows), ""]),
    ]
    lines = [list(cells) for cells in zip(*(column.cells for column in columns), strict=True)]
    summary = summary_of(costs)
    return Table(
        headings=[column.heading for column in columns],
        rows=lines[:-1],
        total=lines[-1],
        left_aligned={0, len(columns) - 1},
        joined_to_previous={place for place, column in enumerate(columns) if column.is_joined},
        languages=[(row.language.code, row.language.direction) for row in costs.rows],
        lead=summary,
        notes=[
            *note_on_intervals(cell for column in columns for cell in column.cells),
            *notes_on(costs)[len(summary) :],
        ],
        signature=costs.signature,
    )


def _lines(costs: CostResults) -> list[Counts]:
    return [*(row.counts for row in costs.rows), costs.total]


def _columns_of_two(costs: CostResults) -> Iterator[_Column]:
    after = costs.models[1]
    for model in costs.models:
        cells = [_mark(_tokens(counts, model), model.is_estimate) for counts in _lines(costs)]
        yield _Column(heading=f"tokens {model.label}", cells=cells)
    for model in costs.models:
        yield _dollars_per_million(costs, model)
    is_estimate = costs.is_estimate(after)
    fewer = [costs.fewer_tokens(counts, after) for counts in _lines(costs)]
    yield from _factors(
        _TOKENS,
        [measured.value for measured in fewer],
        is_estimate,
        _Intervals(
            heading=interval_heading(costs.comparison),
            of=[measured.interval for measured in fewer],
            counts=_lines(costs),
        ),
    )
    lower = [costs.lower_price(counts, after) for counts in _lines(costs)]
    # The price depends on the number of tokens only where requests fall in tiers.
    yield from _factors(_PRICE, lower, is_estimate and costs.request_characters is not None)
    cheaper = [costs.times_cheaper(counts, after).value for counts in _lines(costs)]
    yield from _factors(_COST, cheaper, is_estimate)


def _columns_of_many(costs: CostResults) -> Iterator[_Column]:
    yield _dollars_per_million(costs, costs.before)
    for model in costs.models[1:]:
        yield _dollars_per_million(costs, model)
        cheaper = [costs.times_cheaper(counts, model).value for counts in _lines(costs)]
        (column,) = _factors(_COST, cheaper, costs.is_estimate(model))
        yield _Column(heading=column.heading, cells=column.cells, is_joined=True)


def _dollars_per_million(costs: CostResults, model: PricedModel) -> _Column:
    amounts = [costs.per_million_characters(counts, model) for counts in _lines(costs)]
    return _Column(
        heading=f"$/M chars {model.label}",
        cells=[_mark(_dollars(amount), model.is_estimate) for amount in amounts],
    )


def _columns_of_requests(costs: CostResults) -> Iterator[_Column]:
    if not costs.request_characters:
        return
    for model in costs.models:
        amounts = [costs.per_thousand_requests(counts, model) for counts in _lines(costs)]
        yield _Column(
            heading=f"$/1,000 requests {model.label}",
            cells=[_mark(_dollars(amount), model.is_estimate) for amount in amounts],
        )


def _columns_of_bills(costs: CostResults) -> Iterator[_Column]:
    if not costs.volumes:
        return
    kind = interval_heading(costs.comparison)
    # The bill of all languages rests on each of them.
    rests_on: Sequence[Counts | None] = [
        *(row.counts for row in costs.rows),
        min((row.counts for row in costs.rows), key=lambda counts: counts.documents, default=None),
    ]
    if not costs.has_own_text:
        kind = "95% prediction interval"
        rests_on = [None] * len(rests_on)
    for model in costs.models:
        bills = [*_bills(costs, costs.rows, model), costs.total_bill(model)]
        yield _Column(
            heading=f"bill {model.label}",
            cells=[
                UNDEFINED if bill is None else _mark(_dollars(bill.total), bill.is_estimate)
                for bill in bills
            ],
        )
        yield _Column(
            heading=kind,
            cells=[
                UNDEFINED if bill is None else interval_cell(bill.interval, _dollars, counts)
                for bill, counts in zip(bills, rests_on, strict=True)
            ],
            is_joined=True,
        )


def _bills(costs: CostResults, rows: Sequence[Row], model: PricedModel) -> Iterator[Bill | None]:
    return (costs.bill(row, model) for row in rows)


def _factors(
    words: _Words,
    values: Sequence[float],
    is_estimate: bool,
    intervals: _Intervals | None = None,
) -> Iterator[_Column]:
    """Yields the column of a factor, and that of its intervals, in words that fit its cells.

    A factor below 1 is shown as its reciprocal: 0.02x cheaper is 50.00x dearer.
    """
    signs = {_sign(value) for value in values}
    mixed = {1, -1} <= signs
    heading = words.both if mixed else words.below[0] if -1 in signs else words.above[0]
    cells = []
    for value in values:
        cell = _times(1 / value if _sign(value) < 0 else value)
        if mixed and _sign(value):
            cell += f" {words.below[1] if _sign(value) < 0 else words.above[1]}"
        cells.append(_mark(cell, is_estimate))
    yield _Column(heading=heading, cells=cells)
    if intervals is None:
        return
    shown = [
        _reciprocal(interval) if _sign(value) < 0 else interval
        for value, interval in zip(values, intervals.of, strict=True)
    ]
    yield _Column(
        heading=intervals.heading,
        cells=[
            interval_cell(interval, _times, counts)
            for interval, counts in zip(shown, intervals.counts, strict=True)
        ],
        is_joined=True,
    )


def _sign(factor: float) -> int:
    """Returns 1 for a factor above 1, -1 for one below 1, and 0 if it is shown as 1.00."""
    if isnan(factor) or factor <= 0 or f"{factor:.2f}" == "1.00":
        return 0
    return 1 if factor > 1 else -1


def _reciprocal(interval: Interval) -> Interval:
    if isnan(interval.low) or interval.low <= 0:
        return Interval(low=float("nan"), high=float("nan"))
    return Interval(low=1 / interval.high, high=1 / interval.low)


def _mark(cell: str, is_estimate: bool) -> str:
    return f"≈ {cell}" if is_estimate and cell != UNDEFINED else cell


def _tokens(counts: Counts, model: PricedModel) -> str:
    number = counts.tokens.get(model.encoding)
    return UNDEFINED if number is None else f"{number:,}"


def _times(number: float) -> str:
    return UNDEFINED if isnan(number) else f"{number:.2f}x"


def _dollars(amount: Decimal | float | None) -> str:
    """Returns an amount with cents, or a small one with two significant digits."""
    return UNDEFINED if amount is None or isnan(amount) else dollars(float(amount))
