"""Every Unicode scalar value."""

import sys
from collections.abc import Callable, Sequence

SCALARS = [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]

Sample = Callable[[Sequence[str]], list[str]]
"""Draws the share of a test's inputs that --exhaustive-sample asks for."""
