"""Metrics, by numbers small enough to check in the head."""

from __future__ import annotations

import math

import pytest

from tokcompare import Counts, metrics


def counts(old: int, new: int) -> Counts:
    return Counts(documents=1, sums={"tokens old": old, "tokens new": new}, products={})


def test_compression_ratio() -> None:
    ratio = metrics.compression_ratio(counts(145, 33), baseline="old", encoding="new")
    assert ratio == pytest.approx(4.393939393939394, rel=1e-15)
    assert metrics.compression_ratio(counts(3, 4), baseline="old", encoding="new") == 0.75


def test_tokens_saved() -> None:
    assert metrics.tokens_saved(counts(30, 27), baseline="old", encoding="new") == 0.1
    assert metrics.tokens_saved(counts(4, 5), baseline="old", encoding="new") == -0.25


def test_what_cannot_be_divided_is_nan() -> None:
    assert math.isnan(metrics.compression_ratio(counts(0, 0), baseline="old", encoding="new"))
    assert math.isnan(metrics.tokens_saved(counts(0, 0), baseline="old", encoding="new"))
    assert math.isnan(metrics.compression_ratio(counts(1, 0), baseline="old", encoding="new"))
