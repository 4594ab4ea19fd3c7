"""A comparison turned into something to look at: table, Markdown, CSV, JSON and HTML.

One function a format, each with its own escaping, so that no foreign text is obeyed by a terminal
or read as markup. Nothing is computed here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tokcompare import tables
from tokcompare.comparison.comparison import Comparison, Measurement, Row
from tokcompare.counting.counter import Counts
from tokcompare.metrics import METRICS, Metric
from tokcompare.tables import UNDEFINED, Table
from tokcompare.text import printable

_DIFFERS = "≠"


def table(comparison: Comparison, *, color: bool = False, width: int | None = None) -> str:
    """Returns a table for a terminal; its columns line up in every script.

    Args:
        comparison: What to show.
        color: Whether to set off headings, total, differences and notes by terminal escapes.
        width: How many columns the terminal has. A wider table is parted into several, one below
            the other, each with the names of the rows. None means that it may be of any width.
    """
    return tables.terminal(comparison_table(comparison), color=color, width=width)


def markdown(comparison: Comparison) -> str:
    """Returns a table in GitHub Flavored Markdown, with the notes in paragraphs below it."""
    return tables.markdown(comparison_table(comparison))


def csv(comparison: Comparison) -> str:
    """Returns comma-separated values with a header, numbers in full precision, no total.

    An undefined number is an empty cell. Before text that a spreadsheet would take for a formula
    stands an apostrophe.
    """
    return tables.csv(comparison.columns, comparison.to_records())


def json(comparison: Comparison) -> str:
    """Returns `Comparison.to_dict` as JSON; an undefined number is null."""
    return tables.json(comparison.to_dict())


def html(comparison: Comparison) -> str:
    """Returns an HTML table; own names carry their language and writing direction."""
    from html import escape

    wording = comparison_table(comparison)

    def row_of(tag: str, cells: Sequence[str], attributes_of_last: str = "") -> str:
        html_cells = []
        for column, cell in enumerate(cells):
            side = "left" if column in wording.text_columns else "right"
            attributes = attributes_of_last if column == len(cells) - 1 else ""
            html_cells.append(
                f'<{tag} style="text-align: {side}"{attributes}>{escape(printable(cell))}</{tag}>'
            )
        return f"<tr>{''.join(html_cells)}</tr>"

    body = [
        row_of(
            "td",
            cells,
            _html_attributes(row) if comparison.by == "language" else "",
        )
        for row, cells in zip(comparison.rows, wording.rows, strict=True)
    ]
    notes = "".join(f"<p>{escape(printable(note))}</p>" for note in wording.notes)
    return "\n".join(
        [
            "<table>",
            f"<thead>{row_of('th', wording.headings)}</thead>",
            "<tbody>",
            *body,
            "</tbody>",
            f"<tfoot>{row_of('th', wording.total)}</tfoot>",
            "</table>",
            f"{notes}<p><small>{escape(printable(comparison.signature))}</small></p>",
            "",
        ]
    )


def _html_attributes(row: Row) -> str:
    from html import escape

    return f' lang="{escape(printable(row.language.code))}" dir="{row.language.direction}"'


def comparison_table(comparison: Comparison) -> Table:
    """Returns a comparison in the words of a table."""
    columns = _metric_columns(comparison)
    # To measure can take long, if intervals are drawn; each number is asked for once.
    *of_rows, of_total = (
        [comparison.measure(counts, column.metric.name, column.encoding) for column in columns]
        for counts in (*(row.counts for row in comparison.rows), comparison.total)
    )
    shown = [
        _shows_interval(comparison, column.metric, [one[place] for one in of_rows])
        for place, column in enumerate(columns)
    ]
    has_published = any(row.counts.published for row in comparison.rows)
    by_language = comparison.by == "language"

    def cells(
        name: str,
        counts: Counts,
        measured: Sequence[Measurement],
        published: str,
        native_name: str,
    ) -> list[str]:
        values = zip(columns, measured, shown, strict=True)
        return [
            name,
            f"{counts.characters:,}",
            *(f"{tokens:,}" for tokens in counts.tokens.values()),
            *(text for column, one, both in values for text in column.cells(one, both)),
            *([published] if has_published else []),
            *([native_name] if by_language else []),
        ]

    headings = [
        comparison.by,
        "chars",
        *comparison.encodings,
        *(
            heading
            for column, both in zip(columns, shown, strict=True)
            for heading in column.headings(comparison, both)
        ),
        *(["published"] if has_published else []),
        *(["own name"] if by_language else []),
    ]
    attached, place = set(), 2 + len(comparison.encodings)
    for both in shown:
        place += 2 if both else 1
        if both:
            attached.add(place - 1)
    rows = [
        cells(
            row.name,
            row.counts,
            one,
            _published(row.counts, comparison.encodings),
            row.language.native_name,
        )
        for row, one in zip(comparison.rows, of_rows, strict=True)
    ]
    return Table(
        headings=headings,
        rows=rows,
        total=cells("Total", comparison.total, of_total, "", ""),
        attached=attached,
        text_columns={0, *([len(headings) - 1] if by_language else [])},
        highlighted={place for place, row in enumerate(comparison.rows) if _differs(row.counts)},
        notes=[*_note_on_published(comparison), *comparison.notes],
        signature=comparison.signature,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _MetricColumn:
    """A metric under an encoding, and beside it its interval if some row has one."""

    metric: Metric
    encoding: str
    names_encoding: bool

    def headings(self, comparison: Comparison, shows_interval: bool) -> list[str]:
        heading = self.metric.heading
        if self.names_encoding:
            heading = f"{heading} {self.encoding}"
        percent = f"{100 * comparison.method.confidence:g}%"
        return [heading, *([f"{percent} interval"] if shows_interval else [])]

    def cells(self, measured: Measurement, shows_interval: bool) -> list[str]:
        bounds = (measured.interval.low, measured.interval.high)
        interval = "–".join(self._show(bound) for bound in bounds)
        if math.isnan(measured.interval.low):
            interval = UNDEFINED
        return [self._show(measured.value), *([interval] if shows_interval else [])]

    def _show(self, number: float) -> str:
        return UNDEFINED if math.isnan(number) else self.metric.format.format(number)


def _metric_columns(comparison: Comparison) -> list[_MetricColumn]:
    chosen = [METRICS[name] for name in comparison.metric_names]
    return [
        _MetricColumn(
            metric=metric,
            encoding=encoding,
            # With a single encoding to compare there is no doubt whose ratio it is.
            names_encoding=len(comparison.encodings_of(metric)) > 1,
        )
        for metric in chosen
        for encoding in comparison.encodings_of(metric)
    ]


def _shows_interval(
    comparison: Comparison, metric: Metric, measured: Sequence[Measurement]
) -> bool:
    # What is saved is the ratio in other words, and so is its interval.
    if metric.is_saving and "compression_ratio" in comparison.metric_names:
        return False
    return any(not math.isnan(one.interval.low) for one in measured)


def _published(counts: Counts, encodings: Sequence[str]) -> str:
    numbers = " / ".join(
        f"{counts.published[encoding]:,}" if encoding in counts.published else UNDEFINED
        for encoding in encodings
    )
    return f"{_DIFFERS} {numbers}" if _differs(counts) else numbers


def _differs(counts: Counts) -> bool:
    return any(counts.tokens[encoding] != n for encoding, n in counts.published.items())


def _note_on_published(comparison: Comparison) -> list[str]:
    differing = [row.name for row in comparison.rows if _differs(row.counts)]
    if not differing:
        return []
    return [
        f"{_DIFFERS} {', '.join(differing)}: the text does not have the number of tokens that was "
        "published for it; both are shown."
    ]
