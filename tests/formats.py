"""A comparison in each format, as the command writes it."""

from __future__ import annotations

from tokcompare import Comparison, tables
from tokcompare.comparison.table import comparison_table


def show(
    comparison: Comparison, name: str, *, color: bool = False, width: int | None = None
) -> str:
    """Returns a comparison as "table", "markdown", "html", "csv" or "json"."""
    match name:
        case "table":
            return tables.terminal(comparison_table(comparison), color=color, width=width)
        case "markdown":
            return tables.markdown(comparison_table(comparison))
        case "html":
            return tables.html(comparison_table(comparison))
        case "csv":
            return tables.csv(comparison.columns, comparison.to_records())
    assert name == "json"
    return tables.json(comparison.to_dict())
