"""A comparison as the parts of a page, the chart first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import isnan, nan
from typing import TYPE_CHECKING, Literal

from tokcompare import __version__, tables
from tokcompare.comparison.results import ComparisonResults, Row
from tokcompare.comparison.table import comparison_table
from tokcompare.counting.counts import Counts, add_counts
from tokcompare.languages import name_of_script
from tokcompare.page.parts import (
    Chart,
    ChartRow,
    Figure,
    Headline,
    Mark,
    Method,
    Page,
    TokenView,
    Why,
)
from tokcompare.page.view import view_of_table
from tokcompare.text import printable

if TYPE_CHECKING:
    from tokcompare.comparison.comparison import Comparison

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
            printable(f"≈ {name}" if results.is_estimate(name) else name)
            for name in results.encodings
        ),
        confidence=results.method.confidence,
        rows=rows,
    )


def _chart_row(results: ComparisonResults, row: Row) -> ChartRow:
    language = row.language
    return ChartRow(
        name=printable(row.name),
        marks=_marks(results, row.counts),
        native_name=printable(language.native_name) if language.native_name != row.name else "",
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


def page_of(
    comparison: Comparison,
    *,
    source: str,
    command: str = "",
    hashes: Mapping[str, str] | None = None,
    texts: Sequence[TokenView] = (),
    texts_note: str = "",
    why: Why | None = None,
    sentences: Sequence[str] = (),
) -> Page:
    """Returns a comparison as the parts of a page.

    Args:
        comparison: The comparison.
        source: What was counted, for the reader.
        command: The command that makes the page again; "" if it is not known.
        hashes: The SHA-256 of each encoding, by its name.
        texts: Texts with their tokens.
        texts_note: A sentence about them.
        why: Why the numbers differ.
        sentences: Sentences on how the page was made, for its last section.
    """
    encodings = comparison.encodings
    table = comparison_table(comparison)
    number = len(comparison.rows)
    rows = comparison.by if comparison.by in ("language", "source") else "row"
    others = f" and {', '.join(encodings[1:])}" if len(encodings) > 1 else ""
    return Page(
        title=printable(f"{encodings[0]}{others}: {number:,} {rows}{'' if number == 1 else 's'}"),
        encodings=tuple(map(printable, encodings)),
        headline=_headline(comparison, source),
        chart=chart_of(comparison) if len(encodings) > 1 and _has_tokens(comparison) else None,
        table=view_of_table(
            replace(table, signature="", notes=_notes_below_table(table.notes)),
            encodings,
            csv=tables.csv(comparison.columns, comparison.to_records()),
            codes=[row.group for row in comparison.rows],
            marks=_marks_of_table(comparison),
            strong=_column_of_ratio(table.headings),
            left_out=_savings(table.headings) if len(encodings) > 2 else (),
        ),
        texts=tuple(texts),
        texts_note=texts_note,
        why=why,
        method=Method(
            generator=f"tokcompare {__version__}",
            sentences=(*_how_it_was_measured(comparison), *sentences),
            notes=tuple(map(printable, comparison.notes)),
            command=printable(command),
            signature=printable(comparison.signature),
            vocabularies=tuple(
                (place, comparison.vocabulary_sizes.get(name, 0), (hashes or {}).get(name, ""))
                for place, name in enumerate(encodings)
            ),
        ),
    )


def _has_tokens(comparison: Comparison) -> bool:
    return any(comparison.total.tokens.get(name) for name in comparison.encodings)


def _headline(comparison: Comparison, source: str) -> Headline:
    old, new = comparison.baseline, comparison.encodings[-1]
    last = len(comparison.encodings) - 1
    total = comparison.total
    if not last:
        tokens = _shown_tokens(comparison, total, old)
        said: tuple[tuple[str, str | int], ...] = (
            (f"{total.characters:,} characters are ", ""),
            (f"{tokens} tokens", "strong"),
            (" under ", ""),
            (printable(old), 0),
            (".", ""),
        )
        return Headline(source=printable(source), sentence=said)
    ratio = comparison.value(total, "compression_ratio", new)
    if not ratio > 0:  # undefined, or the baseline has no tokens: recorded counts may be 0
        said = (
            ("How many tokens the same text takes under ", ""),
            (printable(old), 0),
            (" and ", ""),
            (printable(new), last),
        )
    else:
        change = tables.times(ratio, "fewer", "more")
        is_equal = total.tokens.get(old) == total.tokens.get(new)
        equal = "as many tokens" if is_equal else "about as many tokens"
        mark = "≈ " if comparison.is_estimate(old) or comparison.is_estimate(new) else ""
        said = (
            ("The same text takes ", ""),
            (mark + (f"{change} tokens" if change else equal), "strong"),
            (" under ", ""),
            (printable(new), last),
            (" than under " if change else " as under ", ""),
            (printable(old), 0),
            (".", ""),
        )
    ranked = sorted(
        (
            (value, place, row)
            for place, row in enumerate(comparison.rows)
            if not isnan(value := comparison.value(row.counts, "compression_ratio", new))
        ),
        key=lambda each: (-each[0], each[1]),
    )
    return Headline(
        source=printable(source),
        sentence=said,
        lead=_lead([(value, row.name) for value, _, row in ranked]),
        figures=tuple(_figures(comparison, [value for value, _, _ in ranked])),
    )


def _lead(ranked: Sequence[tuple[float, str]]) -> str:
    """Returns which rows gain and lose most; "" if there is one, or all have the same ratio.

    Args:
        ranked: The ratio of each row and its name, the highest first.
    """
    if not ranked:
        return ""
    (most, first), (least, last) = (
        (f"{value:.2f}", printable(name)) for value, name in (ranked[0], ranked[-1])
    )
    if most == least:
        return ""
    if float(least) >= 1:
        return f"{first} gains most ({most}×), {last} least ({least}×)."
    if float(most) <= 1:
        return f"{last} loses most ({least}×), {first} least ({most}×)."
    return f"{first} gains most ({most}×), {last} loses most ({least}×)."


def _figures(comparison: Comparison, ratios: Sequence[float]) -> Iterator[Figure]:
    old, new = comparison.baseline, comparison.encodings[-1]
    total = comparison.total
    yield Figure(
        was=_short(total.tokens.get(old)),
        value=_short(total.tokens.get(new)),
        label=f"tokens for all {total.characters:,} characters",
    )
    saved = comparison.value(total, "tokens_saved", new)
    if not isnan(saved):
        label = "of the tokens saved" if saved >= 0 else "more tokens"
        yield Figure(value=f"{abs(100 * saved):.1f}%", label=label)
    if (farthest := _farthest_from_english(comparison)) is not None:
        yield farthest
    published = [row.counts for row in comparison.rows if row.counts.published]
    if published:
        equal = sum(
            all(counts.tokens.get(name) == n for name, n in counts.published.items())
            for counts in published
        )
        yield Figure(
            value=f"{equal} of {len(published)}",
            label="published pairs of numbers come out exactly",
        )
    elif len(ratios) > 1:
        better = sum(ratio > 1 for ratio in ratios)
        rows = "languages" if comparison.by == "language" else "rows"
        verb = "takes" if better == 1 else "take"
        yield Figure(value=f"{better} of {len(ratios)}", label=f"{rows} {verb} fewer tokens")


def _farthest_from_english(comparison: Comparison) -> Figure | None:
    """Returns how many times the tokens of English the farthest language takes.

    It is defined where a premium is: for parallel text, with as many documents of each language.
    """
    english = next((row.counts for row in comparison.rows if row.group == "en"), None)
    documents = {row.counts.documents for row in comparison.rows}
    if comparison.by != "language" or english is None or len(documents) > 1:
        return None
    found = []
    for encoding in (comparison.baseline, comparison.encodings[-1]):
        tokens = [(row.counts.tokens.get(encoding) or 0, row.name) for row in comparison.rows]
        if not english.tokens.get(encoding):
            return None
        most, name = max(tokens, key=lambda each: each[0])
        found.append((most / english.tokens[encoding], printable(name)))
    (was, first), (now, second) = found
    names = first if first == second else f"{first}, now {second}"
    return Figure(
        was=f"{was:.1f}×",
        value=f"{now:.1f}×",
        label="the tokens of English, for the same message in the language that needs most "
        f"({names})",
    )


def _marks_of_table(comparison: Comparison) -> list[tuple[Mark, ...]]:
    """Returns the marks of a column that draws the ratios, if the table needs one."""
    rows = [*(row.counts for row in comparison.rows), comparison.total]
    marks = [_marks(comparison, counts) for counts in rows]
    has_interval = any(not isnan(mark.low) for each in marks[:-1] for mark in each)
    has_ratio = "compression_ratio" in comparison.metric_names
    is_needed = has_ratio and (has_interval or len(comparison.encodings) > 2)
    return marks if is_needed and len(comparison.encodings) > 1 else []


def _column_of_ratio(headings: Sequence[str]) -> int | None:
    ratios = [place for place, heading in enumerate(headings) if heading.startswith("ratio")]
    return ratios[-1] if ratios else None


def _savings(headings: Sequence[str]) -> list[int]:
    """Returns the columns of savings, which say the same as ratios and take much room."""
    return [place for place, heading in enumerate(headings) if heading.startswith("saved ")]


def _notes_below_table(notes: Iterable[str]) -> list[str]:
    """Returns the notes that explain marks in the table; the others stand in the last section."""
    return [note for note in notes if note[:1] in "≠*"]


def _how_it_was_measured(comparison: Comparison) -> Iterator[str]:
    yield (
        "Each text was encoded whole, as it stands, and its tokens counted; text that looks like a "
        "special token is text. A ratio of several texts is the ratio of the sums."
    )
    if comparison.total.documents > len(comparison.rows):
        yield (
            "An interval says how much a number would vary if other documents had been drawn "
            f"({100 * comparison.method.confidence:g}%)."
        )


def _short(number: int | None) -> str:
    if number is None:
        return tables.UNDEFINED
    return f"{number:,}" if number < 1_000_000 else f"{number / 1e6:.3g}\u00a0M"


def _shown_tokens(comparison: Comparison, counts: Counts, encoding: str) -> str:
    number = counts.tokens.get(encoding)
    mark = "≈ " if comparison.is_estimate(encoding) else ""
    return tables.UNDEFINED if number is None else f"{mark}{number:,}"
