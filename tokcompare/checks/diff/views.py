"""The difference of two reports as a table, as the object of JSON, and as records of CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan
from typing import Any

from tokcompare.checks.diff.compare import TOKENS, Difference, ReportDiff
from tokcompare.checks.diff.reports import TOTAL
from tokcompare.comparison.records import SCHEMA, none_if_nan
from tokcompare.metrics import METRICS
from tokcompare.metrics.intervals import FEW_DOCUMENTS
from tokcompare.tables import UNDEFINED, Table

_COLUMNS = (
    *("group", "name", "encoding", "quantity", "before", "after"),
    *("change", "relative_change", "low", "high", "is_within"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffViews:
    """The forms of a difference that a command writes.

    Attributes:
        diff: The difference.
    """

    diff: ReportDiff

    @property
    def notes(self) -> list[str]:
        """What else differs, and what is not compared."""
        return list(self.diff.notes)

    @property
    def columns(self) -> list[str]:
        """The columns of the records, in order."""
        return list(_COLUMNS)

    def to_records(self) -> list[dict[str, Any]]:
        """Returns a flat record for each number; an undefined one is None."""
        return [_record(each) for each in self.diff.differences]

    def to_dict(self) -> dict[str, Any]:
        """Returns the dictionary that becomes JSON; an undefined number is None."""
        old, new = self.diff.old, self.diff.new
        return {
            "schema": SCHEMA,
            "old": {"name": old.name, "signature": dict(old.signature)},
            "new": {"name": new.name, "signature": dict(new.signature)},
            "by": old.by,
            "confidence": old.confidence,
            "has_changed": bool(self.diff.changed),
            "differences": self.to_records(),
            "notes": self.notes,
        }

    def to_table(self) -> Table:
        """Returns the table of the numbers that have changed."""
        changed = self.diff.changed
        left = {0, *([1] if len(_encodings(self.diff)) > 1 else [])}
        headings = [self.diff.old.by, *(["encoding"] if len(left) > 1 else []), "number"]
        interval = f"{100 * self.diff.old.confidence:g}% interval"
        rows = [
            [
                each.name,
                *([each.encoding] if len(left) > 1 else []),
                _heading(each),
                _show(each, each.before),
                _show(each, each.after),
                _change(each),
                _interval(each),
                _verdict(each),
            ]
            for each in changed
        ]
        rest = len(self.diff.differences) - len(changed)
        same = f"{rest:,} {'number is' if rest == 1 else 'numbers are'} the same."
        return Table(
            headings=[*headings, "before", "after", "change", interval, "within"],
            rows=rows,
            left_aligned={*left, len(headings) - 1, len(headings) + 4},
            highlighted={place for place, each in enumerate(changed) if each.is_within is False},
            lead=[self._lead()],
            notes=[same, *_on_few_documents(self.diff), *self.notes],
        )

    def _lead(self) -> str:
        names = f"{self.diff.old.name!r} → {self.diff.new.name!r}"
        if not self.diff.changed:
            return f"{names}: no number has changed."
        rows = {each.group for each in self.diff.changed if each.group != TOTAL}
        outside = sum(each.is_within is False for each in self.diff.changed)
        number = f"{len(rows):,} {'row has' if len(rows) == 1 else 'rows have'} changed"
        numbers = "1 number lies" if outside == 1 else f"{outside:,} numbers lie"
        return f"{names}: {number}; {numbers} outside the old interval."


def _on_few_documents(diff: ReportDiff) -> Iterator[str]:
    few = dict.fromkeys(
        each.name
        for each in diff.changed
        if each.interval is not None and diff.old.rows[each.group].documents < FEW_DOCUMENTS
    )
    if few:
        yield (
            f"Intervals of fewer than {FEW_DOCUMENTS} documents are often too narrow: "
            f"{', '.join(list(few)[:8])}{f' and {len(few) - 8:,} more' if len(few) > 8 else ''}."
        )


def _encodings(diff: ReportDiff) -> list[str]:
    return list(dict.fromkeys(each.encoding for each in diff.differences))


def _record(each: Difference) -> dict[str, Any]:
    low, high = each.interval or (None, None)
    values = (
        *(each.group, each.name, each.encoding, each.quantity, each.before, each.after),
        *(none_if_nan(each.change), none_if_nan(each.relative_change), low, high, each.is_within),
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _heading(each: Difference) -> str:
    metric = METRICS.get(each.quantity)
    return each.quantity if metric is None else metric.heading


def _show(each: Difference, number: float | None) -> str:
    if number is None:
        return UNDEFINED
    if each.quantity == TOKENS:
        return f"{number:,.0f}"
    metric = METRICS.get(each.quantity)
    return f"{number:.4g}" if metric is None else metric.format.format(number)


def _change(each: Difference) -> str:
    if isnan(each.change):
        return UNDEFINED
    if each.quantity != TOKENS:
        return f"{'-' if each.change < 0 else '+'}{_show(each, abs(each.change))}"
    share = "" if isnan(each.relative_change) else f" ({each.relative_change:+.1%})"
    return f"{each.change:+,.0f}{share}"


def _interval(each: Difference) -> str:
    if each.interval is None:
        return UNDEFINED
    return "–".join(_show(each, bound) for bound in each.interval)


def _verdict(each: Difference) -> str:
    return {None: UNDEFINED, True: "within", False: "outside"}[each.is_within]
