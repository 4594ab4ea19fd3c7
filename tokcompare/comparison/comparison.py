"""The comparison that `compare` returns: results, with their outputs and notes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tokcompare import tables
from tokcompare.comparison.notes import notes_on
from tokcompare.comparison.records import as_dict, as_frame, as_records, columns_of
from tokcompare.comparison.results import ComparisonResults
from tokcompare.comparison.table import comparison_table
from tokcompare.counting.spec import NOT_FIELDS
from tokcompare.errors import ArgumentError, require_str, unknown_name

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Comparison(ComparisonResults):
    """The tokens of the same text under several encodings, group by group.

    Its attributes are those of `ComparisonResults`.
    """

    @property
    def notes(self) -> list[str]:
        """Sentences about numbers that are undefined or doubtful, the most important first."""
        return notes_on(self)

    @property
    def columns(self) -> list[str]:
        """The columns of `to_records`, in order."""
        return columns_of(self)

    def sort(self, key: str | None = None, *, reverse: bool = False) -> Comparison:
        """Returns the same comparison with its rows in another order.

        Args:
            key: One of the `columns`. Without the name of an encoding it means the column of the
                last encoding. None keeps the order.
            reverse: Whether to reverse the order. Undefined numbers come last in either order.

        Raises:
            UnknownNameError: There is no such column.
            ArgumentError: The rows are a tree.

        >>> from tokcompare import compare
        >>> compare().sort("compression_ratio").rows[0].name
        'French'
        """
        if self.is_tree and (key is not None or reverse):
            raise ArgumentError("The rows of a tree of folders keep their order; sort by 'source'.")
        if key is None:
            return replace(self, rows=self.rows[::-1]) if reverse else self
        require_str("The key to sort by", key)
        column = key if key in self.columns else f"{key}_{self.encodings[-1]}"
        if column not in self.columns:
            raise unknown_name("column", key, self.columns)
        keyed = [
            (record[column], row) for record, row in zip(self.to_records(), self.rows, strict=True)
        ]
        defined = [pair for pair in keyed if pair[0] is not None]
        undefined = [pair for pair in keyed if pair[0] is None]
        defined.sort(key=lambda pair: pair[0], reverse=reverse)
        return replace(self, rows=tuple(row for _, row in defined + undefined))

    def up_to_depth(self, depth: int) -> Comparison:
        """Returns the same comparison without the folders deeper in the tree.

        Their counts stay in those of the folders above them.

        Args:
            depth: How many levels of folders are shown below the first one.
        """
        return replace(self, rows=tuple(row for row in self.rows if row.depth <= depth))

    def to_dict(self) -> dict[str, Any]:
        """Returns the dictionary that `--format json` writes; an undefined number is None."""
        return as_dict(self)

    def to_records(self) -> list[dict[str, Any]]:
        """Returns the flat records that `--format csv` writes; an undefined number is None."""
        return as_records(self)

    def to_frame(self) -> pd.DataFrame:
        """Returns a tidy pandas DataFrame: one row for each group under each encoding.

        A metric is `nan` where it is undefined, for example for an encoding compared with itself.
        A published number is `pandas.NA` where none is published.
        """
        return as_frame(self)

    def __repr__(self) -> str:
        """Returns a short line: the encodings, and the number of rows."""
        number, is_field = len(self.rows), self.by not in NOT_FIELDS
        rows = ("row" if is_field else self.by) + ("" if number == 1 else "s")
        by = f" by {self.by}" if is_field else ""
        return f"<Comparison {', '.join(self.encodings)}: {number:,} {rows}{by}>"

    def __str__(self) -> str:
        """Returns the table that the command shows."""
        return tables.as_text(comparison_table(self))

    def to_markdown(self) -> str:
        """Returns the comparison as a table in GitHub Flavored Markdown."""
        return tables.markdown(comparison_table(self))

    def _repr_html_(self) -> str:
        """Returns the comparison as an HTML table, which notebooks show."""
        return tables.html(comparison_table(self))
