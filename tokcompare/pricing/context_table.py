"""A comparison of context windows, put into the words of a table. Nothing is computed here."""

from __future__ import annotations

from tokcompare.counting.counter import Counts
from tokcompare.pricing.context import ContextComparison
from tokcompare.pricing.migration import shown_name
from tokcompare.tables import UNDEFINED, Table


def context_table(contexts: ContextComparison) -> Table:
    """Returns how much fits in the windows of two models, language by language."""
    names = [shown_name(window) for window in (contexts.before, contexts.after)]
    headings = ["language"]
    for what in ("chars", "words", "pages", "relative to English", "chars per token"):
        headings += [f"{what} {name}" for name in names]
    headings += ["speed", "own name"]
    return Table(
        headings=headings,
        rows=[
            [row.name, *_cells(contexts, row.counts), row.language.native_name]
            for row in contexts.rows
        ],
        text_columns={0, len(headings) - 1},
        attached=set(range(2, len(headings) - 2, 2)),
        notes=contexts.notes,
        signature=contexts.signature,
    )


def _cells(contexts: ContextComparison, counts: Counts) -> list[str]:
    numbers = contexts.numbers(counts)
    cells = []
    for what, form in (
        ("characters", "{:,.0f}"),
        ("words", "{:,.0f}"),
        ("pages", "{:,.0f}"),
        ("relative_to_english", "{:.0%}"),
        ("characters_per_token", "{:.2f}"),
    ):
        for when in ("before", "after"):
            number = numbers[f"{what}_{when}"]
            cells.append(UNDEFINED if number is None else form.format(number))
    speed = numbers["speed"]
    return [*cells, UNDEFINED if speed is None else f"{speed:.2f}x"]
