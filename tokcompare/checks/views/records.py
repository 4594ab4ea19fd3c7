"""The result of a check as the dictionary of JSON. Keys are added, never changed."""

from __future__ import annotations

from typing import Any

from tokcompare.checks.changes import Change
from tokcompare.checks.results import CheckResult, CheckRow, Finding
from tokcompare.comparison.records import SCHEMA, none_if_nan
from tokcompare.languages import describe_entry


def as_dict(result: CheckResult) -> dict[str, Any]:
    """Returns the dictionary that becomes JSON; an undefined number is None."""
    changes = result.changes
    return {
        "schema": SCHEMA,
        "holds": result.holds,
        "encodings": dict(result.now.encodings),
        **dict(result.now.parts),
        "findings": list(map(_finding, result.findings)),
        "total": dict(result.totals),
        "max_total": result.rules.max_total,
        "rows": list(map(_row, result.rows)),
        "premiums": [
            {
                "language": describe_entry(premium.language).code,
                "reference": describe_entry(premium.reference).code,
                "encoding": premium.encoding,
                "premium": none_if_nan(premium.value),
                "limit": premium.limit,
                "holds": premium.holds,
            }
            for premium in result.premiums
        ],
        "changes": None if changes is None else [_change(each) for each in changes.all],
        "new_files": None if changes is None else list(changes.new),
        "missing_files": None if changes is None else list(changes.missing),
        "notes": list(result.notes),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "message": finding.message,
        "file": None if finding.file is None else finding.file.name,
        "record": finding.number,
        "line": finding.line,
        "encoding": finding.encoding or None,
    }


def _row(row: CheckRow) -> dict[str, Any]:
    return {
        "file": row.file.name,
        "record": row.number,
        "line": row.line,
        "language": row.language or None,
        "encoding": row.encoding,
        "tokens": row.tokens,
        "limit": row.limit,
        "baseline": row.before,
        "holds": row.holds,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "scope": change.scope,
        "name": change.name or None,
        "encoding": change.encoding,
        "baseline": change.before,
        "tokens": change.after,
        "difference": change.difference,
        "growth": none_if_nan(change.growth),
        "files": [
            {"name": each.name, "baseline": each.before, "tokens": each.after}
            for each in change.files
        ],
    }
