"""A comparison in each format, as the command writes it."""

from __future__ import annotations

from tokcompare import Comparison, tables
from tokcompare.comparison.table import comparison_table

WAY_OUT = "--signature or -f json shows it whole"


def show(
    comparison: Comparison,
    name: str,
    *,
    color: bool = False,
    width: int | None = None,
    is_short: bool = False,
) -> str:
    """Returns a comparison as "table", "markdown", "csv" or "json".

    With `is_short` a table has the line that stands for its signature on standard output.
    """
    match name:
        case "table":
            signature = f"{tables.short_signature(comparison.signature)}; {WAY_OUT}"
            return tables.terminal(
                comparison_table(comparison),
                color=color,
                width=width,
                signature=signature if is_short else None,
            )
        case "markdown":
            return tables.markdown(comparison_table(comparison))
        case "csv":
            return tables.csv(comparison.columns, comparison.to_records())
    assert name == "json"
    return tables.json(comparison.to_dict())
