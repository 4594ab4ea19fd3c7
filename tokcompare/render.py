"""A comparison turned into something to look at: table, Markdown, CSV, JSON and HTML.

One function a format, each with its own escaping, so that no foreign text is obeyed by a terminal
or read as markup. Nothing is computed here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tokcompare.comparison import Comparison, Measurement, Row
from tokcompare.counting import Counts
from tokcompare.escaping import printable
from tokcompare.metrics import METRICS, Metric
from tokcompare.records import SCHEMA

UNDEFINED = "–"
"""What stands in the place of a number that is undefined or unknown."""

_DIFFERS = "≠"

_BOLD, _DIM, _YELLOW, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"


def table(comparison: Comparison, *, color: bool = False, width: int | None = None) -> str:
    """Returns a table for a terminal; its columns line up in every script.

    Args:
        comparison: What to show.
        color: Whether to set off headings, total, differences and notes by terminal escapes.
        width: How many columns the terminal has. A wider table is parted into several, one below
            the other, each with the names of the rows. None means that it may be of any width.
    """
    wording = _put_into_words(comparison)
    cells = [wording.headings, *wording.rows, wording.total]
    lines: list[str] = []
    tables = _part_columns(cells, wording.attached, width)
    if len(tables) > 1 and wording.text_columns.issuperset(tables[-1]):
        tables.pop()  # own names alone are not worth a table
    for columns in tables:
        heading, *rows, total = align(
            [[row[column] for column in columns] for row in cells],
            left={place for place, column in enumerate(columns) if column in wording.text_columns},
        )
        if color:
            heading, total = _BOLD + heading + _PLAIN, _BOLD + total + _PLAIN
            rows = [_YELLOW + row + _PLAIN if _DIFFERS in row else row for row in rows]
        lines += [heading, *rows, total, ""]
    notes = [printable(note) for note in (*wording.notes, comparison.signature)]
    return "\n".join([*lines, *(_DIM + note + _PLAIN if color else note for note in notes), ""])


def _part_columns(
    cells: Sequence[Sequence[str]], attached: Collection[int], width: int | None
) -> list[list[int]]:
    """Returns the columns of each of the tables that a table is parted into, to fit a width."""
    if width is None:
        return [list(range(len(cells[0])))]
    widths = _widths(cells)
    tables = [[0]]
    left = room = width - widths[0]
    for column in range(1, len(widths)):
        if column in attached:
            continue
        columns = [column, *([column + 1] if column + 1 in attached else [])]
        needed = sum(widths[each] + 2 for each in columns)
        if needed > left and len(tables[-1]) > 1:
            tables.append([0])
            left = room
        tables[-1] += columns
        left -= needed
    return tables


def markdown(comparison: Comparison) -> str:
    """Returns a table in GitHub Flavored Markdown, with the notes in paragraphs below it."""
    wording = _put_into_words(comparison)
    heading, *rows = (
        [_escape_markdown(cell) for cell in row] for row in (wording.headings, *wording.rows)
    )
    ruler = [":---" if column in wording.text_columns else "---:" for column in range(len(heading))]
    total = [f"**{_escape_markdown(cell)}**" if cell else "" for cell in wording.total]
    lines = [f"| {' | '.join(row)} |" for row in (heading, ruler, *rows, total)]
    notes = [_escape_markdown(note) for note in wording.notes]
    # A code span shows everything as it stands but a backtick.
    signature = f"`{printable(comparison.signature).replace('`', chr(39))}`"
    return "\n\n".join(["\n".join(lines), *notes, signature]) + "\n"


def csv(comparison: Comparison) -> str:
    """Returns comma-separated values with a header, numbers in full precision, no total.

    An undefined number is an empty cell. Before text that a spreadsheet would take for a formula
    stands an apostrophe.
    """
    import csv as writers
    import io

    out = io.StringIO()
    writer = writers.DictWriter(out, comparison.columns, lineterminator="\n")
    writer.writeheader()
    for record in comparison.to_records():
        writer.writerow({column: _disarm_formula(value) for column, value in record.items()})
    return out.getvalue()


def json(comparison: Comparison) -> str:
    """Returns `Comparison.to_dict` as JSON; an undefined number is null."""
    import json as writer

    content = comparison.to_dict()
    return writer.dumps(content, ensure_ascii=False, allow_nan=False, indent=2) + "\n"


def html(comparison: Comparison) -> str:
    """Returns an HTML table; own names carry their language and writing direction."""
    from html import escape

    wording = _put_into_words(comparison)

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


def counts_table(labels: Sequence[str], counts: Sequence[Counts], total: Counts) -> str:
    """Returns a table for a terminal: the tokens of each text, and of all if there are several."""
    rows = [[*total.tokens, "text"]]
    for label, one in zip(labels, counts, strict=True):
        rows.append([*(f"{tokens:,}" for tokens in one.tokens.values()), _shorten(label)])
    if len(counts) > 1:
        rows.append([*(f"{tokens:,}" for tokens in total.tokens.values()), "(total)"])
    return "\n".join(align(rows, left={len(total.tokens)})) + "\n"


def counts_json(counts: Sequence[Counts], total: Counts) -> str:
    """Returns the counts of each text, and of all, as JSON."""
    import json as writer

    def numbers(counts: Counts) -> dict[str, object]:
        return {
            "bytes": counts.bytes,
            "characters": counts.characters,
            "tokens": dict(counts.tokens),
        }

    content = {
        "schema": SCHEMA,
        "encodings": list(total.tokens),
        "texts": [numbers(one) for one in counts],
        "total": numbers(total),
    }
    return writer.dumps(content, indent=2) + "\n"


def align(rows: Sequence[Sequence[str]], *, left: Collection[int]) -> Iterator[str]:
    """Yields lines in which the cells of each column line up, by the width that a terminal gives.

    Args:
        rows: The cells, the same number in each row.
        left: The columns that are flush left; the others are flush right.
    """
    from wcwidth import ljust, rjust

    widths = _widths(rows)
    for row in ([printable(cell) for cell in row] for row in rows):
        yield "  ".join(
            (ljust if column in left else rjust)(cell, widths[column])
            for column, cell in enumerate(row)
        ).rstrip()


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    from wcwidth import width

    columns = zip(*rows, strict=True)
    return [max(width(printable(cell)) for cell in column) for column in columns]


def _shorten(text: str, columns: int = 48) -> str:
    """Returns the beginning of a text, as much as so many columns of a terminal hold."""
    from wcwidth import clip, width

    shown = printable(text[:columns])
    if len(text) <= columns and width(shown) <= columns:
        return shown
    return clip(shown, 0, columns - 1).rstrip() + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wording:
    """A comparison in words, as all the formats for people have it; not escaped yet.

    The intervals are attached columns: each belongs to the column before it.
    """

    headings: list[str]
    rows: list[list[str]]
    total: list[str]
    text_columns: set[int]
    attached: set[int]
    notes: list[str]


def _put_into_words(comparison: Comparison) -> _Wording:
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
    return _Wording(
        headings=headings,
        rows=rows,
        total=cells("Total", comparison.total, of_total, "", ""),
        attached=attached,
        text_columns={0, *([len(headings) - 1] if by_language else [])},
        notes=[*_note_on_published(comparison), *comparison.notes],
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


def _escape_markdown(text: str) -> str:
    # An underscore inside a word is no markup, and `cl100k_base` is easier to read without "\".
    return re.sub(r"[\\`*\[\]<>|~&$]|(?<!\w)_|_(?!\w)", r"\\\g<0>", printable(text))


def _disarm_formula(value: object) -> object:
    if isinstance(value, str) and value.lstrip().startswith(("=", "+", "-", "@")):
        return "'" + value
    return value
