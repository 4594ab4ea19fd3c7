"""Counts in, numbers out: what the counts of two encodings say about each other.

Each metric is a pure function of counts. Over several documents it is a ratio of sums, never a mean
of ratios. What cannot be divided is `nan`.
"""

from __future__ import annotations

from math import nan

from tokcompare.counting import Counts


def compression_ratio(counts: Counts, *, baseline: str, encoding: str) -> float:
    """Returns how many times fewer tokens an encoding has than the baseline, on the same text.

    It is (tokens under the baseline) / (tokens under the encoding): the "4.4x fewer tokens" of
    the GPT-4o announcement (OpenAI, 2024). Above 1 the encoding has fewer tokens. No unit; `nan`
    where the encoding has no token.
    """
    return _divide(counts.tokens[baseline], counts.tokens[encoding])


def tokens_saved(counts: Counts, *, baseline: str, encoding: str) -> float:
    """Returns the share of the baseline's tokens that an encoding does without.

    It is (tokens under the baseline - tokens under the encoding) / (tokens under the baseline), as
    a fraction: 0.77 is 77 % fewer tokens, below 0 it is more tokens. `nan` where the baseline has
    no token.
    """
    old, new = counts.tokens[baseline], counts.tokens[encoding]
    return _divide(old - new, old)


def _divide(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else nan
