"""The table of a comparison of costs. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import isnan

from tokcompare.comparison.table import interval_cell, interval_heading
from tokcompare.counting.counts import Counts
from tokcompare.pricing.cost import Bill, CostResults
from tokcompare.tables import UNDEFINED, Table


def cost_table(costs: CostResults) -> Table:
    """Returns a table with a row for each language.

    With two models it has all their numbers; with more it has only the costs side by side.
    """
    cells = _cells_of_two if len(costs.models) == 2 else _cells_of_many
    headings, joined = _headings(costs)
    notes = costs.notes
    if costs.volumes:
        notes.append(
            "A bill is the cost of one month. Its interval covers tokens per character only. Only "
            "bills weight languages by their volumes."
        )
    return Table(
        headings=headings,
        rows=[
            [
                row.name,
                *cells(costs, row.counts, [costs.bill(row, model) for model in costs.models]),
                row.language.native_name,
            ]
            for row in costs.rows
        ],
        total=[
            "Total",
            *cells(
                costs,
                costs.comparison.total,
                [costs.total_bill(model) for model in costs.models],
            ),
            "",
        ],
        left_aligned={0, len(headings) - 1},
        joined_to_previous=joined,
        languages=[(row.language.code, row.language.direction) for row in costs.rows],
        notes=notes,
        signature=costs.signature,
    )


def _headings(costs: CostResults) -> tuple[list[str], set[int]]:
    names = [model.label for model in costs.models]
    percent = interval_heading(costs.comparison)
    headings = ["language", "chars"]
    if len(names) == 2:
        headings += [f"tokens {name}" for name in names]
        headings += [f"$/M chars {name}" for name in names]
        headings += ["fewer tokens", percent, "lower price", "times cheaper"]
    else:
        headings.append(f"$/M chars {names[0]}")
        for name in names[1:]:
            headings += [f"$/M chars {name}", "times cheaper"]
    if costs.request_characters:
        headings += [f"$/1,000 requests {name}" for name in names]
    if costs.volumes:
        for name in names:
            headings += [f"bill {name}", percent]
    joined = {
        place for place, heading in enumerate(headings) if heading in (percent, "times cheaper")
    }
    if len(names) == 2:
        joined.discard(headings.index("times cheaper"))
    return [*headings, "own name"], joined


def _cells_of_two(costs: CostResults, counts: Counts, bills: Sequence[Bill | None]) -> list[str]:
    after = costs.models[1]
    fewer = costs.fewer_tokens(counts, after)
    return [
        f"{counts.characters:,}",
        *(f"{counts.tokens[model.encoding]:,}" for model in costs.models),
        *(_dollars(costs.per_million_characters(counts, model)) for model in costs.models),
        _times(fewer.value),
        interval_cell(fewer.interval, _times),
        _times(costs.lower_price(counts, after)),
        _times(costs.times_cheaper(counts, after).value),
        *_others(costs, counts, bills),
    ]


def _cells_of_many(costs: CostResults, counts: Counts, bills: Sequence[Bill | None]) -> list[str]:
    cells = [
        f"{counts.characters:,}",
        _dollars(costs.per_million_characters(counts, costs.before)),
    ]
    for model in costs.models[1:]:
        cells.append(_dollars(costs.per_million_characters(counts, model)))
        cells.append(_times(costs.times_cheaper(counts, model).value))
    return [*cells, *_others(costs, counts, bills)]


def _others(costs: CostResults, counts: Counts, bills: Sequence[Bill | None]) -> list[str]:
    cells: list[str] = []
    if costs.request_characters:
        cells += [_dollars(costs.per_thousand_requests(counts, model)) for model in costs.models]
    if costs.volumes:
        for bill in bills:
            cells.append(_dollars(None if bill is None else bill.total))
            cells.append(UNDEFINED if bill is None else interval_cell(bill.interval, _dollars))
    return cells


def _times(number: float) -> str:
    return UNDEFINED if isnan(number) else f"{number:.2f}x"


def _dollars(amount: Decimal | float | None) -> str:
    """Returns an amount with cents, or a small one with two significant digits."""
    if amount is None or isnan(amount):
        return UNDEFINED
    return f"${amount:,.2f}" if amount >= 0.1 or amount == 0 else f"${amount:.2g}"
