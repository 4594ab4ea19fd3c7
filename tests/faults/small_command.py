"""Runs the command with chunks so small that a small file has many, and each writes a checkpoint.

Temporary files are numbered, so that two runs have files of the same names.
"""

from __future__ import annotations

import itertools
import os

import pytest

from tests.small_chunks import cut_small
from tokcompare.__main__ import run
from tokcompare.counting.parallel import checkpoint

if __name__ == "__main__":
    patch = pytest.MonkeyPatch()
    cut_small(patch, 4_000)
    patch.setattr(checkpoint, "EVERY", 1)
    numbers = itertools.count(1)
    patch.setattr(os, "urandom", lambda size: next(numbers).to_bytes(size))
    run()
