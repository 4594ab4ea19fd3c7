"""Makes chunks so small that the file of a test has many."""

from __future__ import annotations

import pytest

from tokcompare.counting.parallel import local as running
from tokcompare.sources.formats import format as format_module
from tokcompare.sources.formats import lines, parquet, plain


def cut_small(patch: pytest.MonkeyPatch, size: int) -> None:
    """Makes blocks and parts of files so small, and no input small enough to be counted at once."""
    for module in (lines, format_module, parquet):
        patch.setattr(module, "CHUNK_SIZE", size)
    patch.setattr(plain, "READ_SIZE", 2 * size)
    patch.setattr(parquet, "ROWS", 5)
    patch.setattr(running, "SMALL", 0)
    patch.setattr(running, "_RANGE", size)
