"""The result of a check as a table: what does not hold first, then the rows, then changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tokcompare.checks.results import CheckResult, CheckRow
from tokcompare.tables import Table

MOST_ROWS = 100
"""How many rows a table has: a comment on GitHub may have 65,536 characters."""

MOST_FINDINGS = 20
"""How many findings stand above a table, and how many changes below it."""

_MOST_NAMES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column: its heading, the cell of a row, and the cell of a total."""

    heading: str
    cell: Callable[[CheckRow], str]
    of_total: Callable[[str], str] = lambda encoding: ""


def check_table(result: CheckResult) -> Table:
    """Returns the table of a check. Rows that do not hold come first, then those that grew most."""
    columns = list(_columns(result))
    rows = sorted(result.rows, key=_importance)
    shown = rows[:MOST_ROWS]
    totals = [[column.of_total(encoding) for column in columns] for encoding in result.encodings]
    cells = [[column.cell(row) for column in columns] for row in shown]
    left = {"file", "language", "encoding", "result"}
    is_single = len(totals) == 1
    return Table(
        headings=[column.heading for column in columns],
        rows=[*cells, *([] if is_single else totals)],
        total=totals[0] if is_single else [],
        left_aligned={place for place, each in enumerate(columns) if each.heading in left},
        highlighted={place for place, row in enumerate(shown) if not row.holds},
        lead=list(_lead(result)),
        notes=[*_on_rows(rows), *_on_changes(result), *_on_premiums(result), *result.notes],
    )


def verdict(result: CheckResult) -> str:
    """Returns the result in a sentence: whether it holds, and what was counted."""
    counted = f"{result.files:,} {'file' if result.files == 1 else 'files'}"
    if records := sum(row.number is not None for row in result.rows) // len(result.encodings):
        counted += f", {records:,} {'record' if records == 1 else 'records'}"
    tokens = ", ".join(f"{n:,} tokens under {name}" for name, n in result.totals.items())
    if result.holds:
        return f"The check holds: {counted}, {tokens}."
    number = len(result.findings)
    findings = "1 finding" if number == 1 else f"{number:,} findings"
    return f"The check does not hold: {findings} in {counted}, {tokens}."


def _importance(row: CheckRow) -> tuple[bool, int]:
    grown = 0 if row.before is None else row.tokens - row.before
    return row.holds, -abs(grown)


def _columns(result: CheckResult) -> Iterator[_Column]:
    """Yields the columns that say something in this result."""
    rows = result.rows
    yield _Column(heading="file", cell=lambda row: row.file.name, of_total=lambda _: "Total")
    if any(row.line is not None for row in rows):
        yield _Column(heading="line", cell=lambda row: _number(row.line))
    elif any(row.number is not None for row in rows):
        yield _Column(heading="record", cell=lambda row: _number(row.number))
    if any(row.language_name for row in rows):
        yield _Column(heading="language", cell=lambda row: row.language_name)
    if len(result.encodings) > 1:
        yield _Column(heading="encoding", cell=lambda row: row.encoding, of_total=str)
    yield _Column(
        heading="tokens",
        cell=lambda row: f"{row.tokens:,}",
        of_total=lambda encoding: f"{result.totals[encoding]:,}",
    )
    if any(row.limit is not None for row in rows) or result.rules.max_total is not None:
        yield _Column(
            heading="limit",
            cell=lambda row: _number(row.limit),
            of_total=lambda _: _number(result.rules.max_total),
        )
    if result.changes is not None:
        totals = {change.encoding: change for change in result.changes.totals}
        yield _Column(
            heading="baseline",
            cell=lambda row: _number(row.before),
            of_total=lambda encoding: f"{totals[encoding].before:,}",
        )
        yield _Column(
            heading="change",
            cell=_change,
            of_total=lambda encoding: _show_change(totals[encoding].before, totals[encoding].after),
        )
    failing = {(found.rule, found.encoding) for found in result.findings if found.file is None}
    if not result.holds:
        yield _Column(
            heading="result",
            cell=lambda row: "ok" if row.holds else "fails",
            of_total=lambda encoding: "fails" if _fails(failing, encoding) else "ok",
        )


def _fails(failing: set[tuple[str, str]], encoding: str) -> bool:
    return ("max-total", encoding) in failing or ("fail-above", encoding) in failing


def _number(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def _change(row: CheckRow) -> str:
    return "" if row.before is None else _show_change(row.before, row.tokens)


def _show_change(before: int, after: int) -> str:
    if before == after:
        return "0"
    return f"{after - before:+,} ({(after - before) / before:+.1%})" if before else f"{after:+,}"


def _lead(result: CheckResult) -> Iterator[str]:
    yield verdict(result)
    yield from (f"- {found.message}" for found in result.findings[:MOST_FINDINGS])
    if more := len(result.findings[MOST_FINDINGS:]):
        yield f"- {more:,} more, which -f json lists."


def _on_rows(rows: Sequence[CheckRow]) -> Iterator[str]:
    if more := len(rows[MOST_ROWS:]):
        are = "1 row is" if more == 1 else f"{more:,} rows are"
        yield f"{are} not shown: -f json has all."


def _on_changes(result: CheckResult) -> Iterator[str]:
    """Yields the changes of languages and in total that hold, and the files that are new."""
    if result.changes is None:
        return
    found = {finding.message for finding in result.findings}
    notes = [
        f"{change.description}.{change.list_files()}"
        for change in (*result.changes.languages, *result.changes.totals)
        if change.files and not any(each.startswith(change.description) for each in found)
    ]
    yield from notes[:MOST_FINDINGS]
    for files, where in (
        (result.changes.new, "not in the baseline"),
        (result.changes.missing, "in the baseline only"),
    ):
        if files:
            are = "1 file is" if len(files) == 1 else f"{len(files):,} files are"
            more = len(files) - _MOST_NAMES
            listed = ", ".join(map(repr, files[:_MOST_NAMES]))
            yield f"{are} {where}: {listed}{f' and {more:,} more' if more > 0 else ''}."


def _on_premiums(result: CheckResult) -> Iterator[str]:
    yield from (premium.message for premium in result.premiums if premium.holds)
