"""Tables as parts of a page: any table that a command shows, with its Markdown and CSV."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import partial

from tokcompare import tables
from tokcompare.page.foreign import tongue_of
from tokcompare.page.parts import Cell, Column, Mark, TableRow, TableView
from tokcompare.tables import Table
from tokcompare.text import printable

_TIMES = re.compile(r"(?<=\d)x\b")
_NEGATIVE = re.compile(r"^-(?=\d)")
_SHARE = re.compile(r"(-?\d+(?:\.\d+)?)%")


def view_of_table(
    table: Table,
    encodings: Sequence[str],
    *,
    csv: str,
    codes: Sequence[str] = (),
    marks: Sequence[Sequence[Mark]] = (),
    strong: int | None = None,
    left_out: Collection[int] = (),
) -> TableView:
    """Returns a table as a part of a page.

    Intervals stand smaller behind the number that they belong to, and own names of languages behind
    the English ones. A column of shares has bars.

    Args:
        table: The table.
        encodings: The names of what is compared; a heading that ends with one is marked as its.
        csv: The same numbers as CSV.
        codes: For each row, a word that finds it.
        marks: For each row and the total, the results under each encoding, to be drawn in a column;
            empty for no such column.
        strong: The column that is emphasized.
        left_out: Columns that are only in what can be copied.
    """
    has_own = bool(table.languages)
    last = len(table.headings) - has_own
    hidden = {*filter(partial(_is_interval, table), table.joined_to_previous), *left_out}
    places = [place for place in range(last) if place not in hidden]
    columns = [_column(table, place, encodings) for place in places]
    rows = [
        TableRow(
            cells=tuple(
                _cell(table, row, place, own=row[-1] if has_own else "", strong=strong)
                for place in places
            ),
            tongue=tongue_of(*table.languages[number]) if has_own else tongue_of("", "auto"),
            code=printable(codes[number]) if codes else "",
        )
        for number, row in enumerate(table.rows)
    ]
    total = None
    if table.total:
        cells = (_cell(table, table.total, place, own="", strong=strong) for place in places)
        total = TableRow(cells=tuple(cells))
    if marks:
        columns.append(Column(label="log scale", sort="", is_optional=True))
        rows = [_with_plot(row, each) for row, each in zip(rows, marks, strict=False)]
        total = None if total is None else _with_plot(total, marks[-1])
    return TableView(
        caption=f"{table.headings[0]}: {', '.join(map(printable, encodings))}",
        columns=tuple(columns),
        rows=tuple(rows),
        total=total,
        notes=tuple(map(printable, table.notes)),
        markdown=tables.markdown(table),
        csv=csv,
    )


def _column(table: Table, place: int, encodings: Sequence[str]) -> Column:
    heading = table.headings[place]
    of = next(
        (
            number
            for number, name in enumerate(encodings)
            if heading.removeprefix("≈ ") == name or heading.endswith(f" {name}")
        ),
        None,
    )
    if of is not None:
        heading = heading.removesuffix(encodings[of]).strip()
    is_first = place in table.left_aligned
    return Column(
        label=printable(heading),
        encoding=of,
        sort="text" if is_first else "" if heading == "published" else "number",
        is_optional=heading in ("chars", "saved"),
    )


def _cell(table: Table, row: Sequence[str], place: int, *, own: str, strong: int | None) -> Cell:
    text = printable(row[place])
    if place in table.left_aligned:
        return Cell(kind="name", text=text, own="" if own == row[place] else printable(own))
    heading = table.headings[place]
    if heading == "published":
        return Cell(kind="published", text=text, is_strong=text.startswith("≠"))
    small = row[place + 1] if _is_interval(table, place + 1) else ""
    found = _SHARE.fullmatch(text)
    if heading.startswith("saved") and (found or text == tables.UNDEFINED):
        share = None if found is None else min(max(float(found[1]) / 100, 0), 1)
        return Cell(kind="bar", text=_NEGATIVE.sub("−", text), share=share, small=_shown(small))
    return Cell(text=_shown(text), small=_shown(small), is_strong=place == strong)


def _is_interval(table: Table, place: int) -> bool:
    """Returns whether a column has the intervals of the one before it."""
    return place in table.joined_to_previous and table.headings[place].endswith("interval")


def _with_plot(row: TableRow, marks: Sequence[Mark]) -> TableRow:
    cell = Cell(kind="plot", marks=tuple(marks))
    return TableRow(cells=(*row.cells, cell), tongue=row.tongue, code=row.code)


def _shown(text: str) -> str:
    """Returns a number as a page shows it: 4.39× and −1."""
    return _NEGATIVE.sub("−", _TIMES.sub("×", printable(text)))
