"""Counting: documents and encodings become counts, which are whole numbers that add up."""

from __future__ import annotations

from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.counts import Counts, add_counts
from tokcompare.counting.quantities import QUANTITIES, Quantity

__all__ = [
    "QUANTITIES",
    "Counts",
    "DocumentCounter",
    "Quantity",
    "add_counts",
]
