"""Intervals: small ones by hand, laws, and how often they contain the true value."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.interval_coverage import COVERAGE
from tests.reference import ENCODINGS
from tokcompare import Counts, Document, Interval, compare, load_samples
from tokcompare.comparison.comparison import Comparison
from tokcompare.metrics.intervals import Method, Ratio, ratio_interval

X_PER_Y = Ratio(numerator="x", denominator="y")
LINEAR = Method()


def counts_of(**quantities: Sequence[int]) -> Counts:
    """Counts from lists of the numbers of each document."""
    return Counts(
        documents=len(next(iter(quantities.values()))),
        sums={name: sum(values) for name, values in quantities.items()},
        products={
            (a, b): sum(p * q for p, q in zip(quantities[a], quantities[b], strict=True))
            for a, b in combinations_with_replacement(quantities, 2)
        },
        values=quantities,
    )


def is_undefined(interval: Interval) -> bool:
    return math.isnan(interval.low) and math.isnan(interval.high)


def test_interval_by_hand() -> None:
    # R = 12 / 6 = 2; residuals (x - 2 y) / 6: 1 / 6, -1 / 6, 0; variance 3 / 2 * 2 / 36 = 1 / 12.
    interval = ratio_interval(counts_of(x=[3, 3, 6], y=[1, 2, 3]), X_PER_Y, LINEAR)
    margin = 1.959963984540054 / math.sqrt(12)
    assert interval.low == pytest.approx(2 - margin, rel=1e-14)
    assert interval.high == pytest.approx(2 + margin, rel=1e-14)


def test_paired_difference_by_hand() -> None:
    # 6 / 4 - 8 / 4; residuals ((x - 1.5 y) - (z - 2 y)) / 4 = (x - z + 0.5 y) / 4: 1/4, -1/4.
    counts = counts_of(x=[2, 4], y=[2, 2], z=[2, 6])
    interval = ratio_interval(counts, X_PER_Y, LINEAR, minus=Ratio(numerator="z", denominator="y"))
    margin = 1.959963984540054 * math.sqrt(2 * 2 / 16)
    assert interval.low == pytest.approx(-0.5 - margin)
    assert interval.high == pytest.approx(-0.5 + margin)


def test_paired_difference_has_a_narrower_interval() -> None:
    """Documents that are hard under one encoding are hard under the other."""
    comparison = compare(load_samples("udhr").select("ta"), metrics="fertility")
    counts = comparison.total
    old, new = (comparison.measure(counts, "fertility", name).interval for name in ENCODINGS)
    paired = comparison.difference(counts, "fertility", "o200k_base")
    unpaired = math.hypot(old.high - old.low, new.high - new.low)
    assert paired.interval.high - paired.interval.low < unpaired
    assert paired.interval.low < paired.value < paired.interval.high < 0


@pytest.mark.parametrize("method", [LINEAR, Method(resamples=50)])
def test_no_interval(method: Method) -> None:
    assert is_undefined(ratio_interval(counts_of(x=[3], y=[2]), X_PER_Y, method))
    assert is_undefined(ratio_interval(counts_of(x=[], y=[]), X_PER_Y, method))
    assert is_undefined(ratio_interval(counts_of(x=[1, 2], y=[0, 0]), X_PER_Y, method))
    assert is_undefined(ratio_interval(counts_of(x=[1, 2]), X_PER_Y, method))
    # Where each document has the same ratio there is nothing to be unsure of.
    same = ratio_interval(counts_of(x=[2, 4, 60], y=[1, 2, 30]), X_PER_Y, method)
    assert (same.low, same.high) == (2, 2)


COUNT = st.integers(1, 10_000)
DOCUMENTS = st.lists(st.tuples(COUNT, COUNT), min_size=2, max_size=30)


@given(documents=DOCUMENTS, times=st.integers(2, 50))
def test_interval_shrinks_with_the_root_of_the_number_of_documents(
    documents: list[tuple[int, int]], times: int
) -> None:
    def margin(of: list[tuple[int, int]]) -> float:
        interval = ratio_interval(
            counts_of(x=[x for x, _ in of], y=[y for _, y in of]), X_PER_Y, LINEAR
        )
        return interval.high - interval.low

    n = len(documents)
    assume(margin(documents) > 1e-9)
    # n / (n - 1) corrects for the documents being few, and falls away as they become many.
    expected = math.sqrt(times * (n - 1 / times) / (n - 1))
    assert margin(documents) / margin(documents * times) == pytest.approx(expected, rel=1e-6)


@given(documents=DOCUMENTS, factor=st.integers(2, 10**12))
def test_interval_does_not_depend_on_units(documents: list[tuple[int, int]], factor: int) -> None:
    x, y = [x for x, _ in documents], [y for _, y in documents]
    one = ratio_interval(counts_of(x=x, y=y), X_PER_Y, LINEAR)
    scaled = counts_of(x=[factor * a for a in x], y=[factor * b for b in y])
    other = ratio_interval(scaled, X_PER_Y, LINEAR)
    assert other.low == pytest.approx(one.low)
    assert other.high == pytest.approx(one.high)


@given(documents=DOCUMENTS, cut=st.integers(0, 30))
def test_interval_of_sums_that_were_added(documents: list[tuple[int, int]], cut: int) -> None:
    x, y = [x for x, _ in documents], [y for _, y in documents]
    parts = counts_of(x=x[:cut], y=y[:cut]) + counts_of(x=x[cut:], y=y[cut:])
    assert ratio_interval(parts, X_PER_Y, LINEAR) == ratio_interval(
        counts_of(x=x, y=y), X_PER_Y, LINEAR
    )


def test_bootstrap_is_repeatable_and_near_the_linear_interval() -> None:
    generator = random.Random(0)
    y = [generator.randint(80, 120) for _ in range(400)]
    counts = counts_of(x=[2 * b + generator.randint(-20, 20) for b in y], y=y)
    bootstrap = Method(resamples=2_000, seed=1)
    one = ratio_interval(counts, X_PER_Y, bootstrap)
    assert one == ratio_interval(counts, X_PER_Y, bootstrap)
    assert one != ratio_interval(counts, X_PER_Y, Method(resamples=2_000, seed=2))
    linear = ratio_interval(counts, X_PER_Y, LINEAR)
    assert one.low == pytest.approx(linear.low, rel=1e-3)
    assert one.high == pytest.approx(linear.high, rel=1e-3)


def test_bootstrap_of_many_documents_draws_block_by_block(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tokcompare.metrics import intervals

    counts = counts_of(x=list(range(50, 100)), y=list(range(100, 50, -1)))
    method = Method(resamples=200, seed=7)
    at_once = ratio_interval(counts, X_PER_Y, method)
    monkeypatch.setattr(intervals, "_BLOCK", 50 * 17)
    in_blocks = ratio_interval(counts, X_PER_Y, method)
    assert (in_blocks.low, in_blocks.high) == pytest.approx((at_once.low, at_once.high))


@pytest.mark.slow
@pytest.mark.parametrize(("sigma", "n"), COVERAGE)
def test_coverage(sigma: float, n: int) -> None:
    generator = np.random.default_rng(2024)
    true_x, true_y = np.sum(_draw(generator, 4_000_000, sigma), axis=1)
    held = np.zeros(2)
    for seed in range(1_000):
        x, y = _draw(generator, n, sigma)
        counts = counts_of(x=x.tolist(), y=y.tolist())
        for k, method in enumerate((LINEAR, Method(resamples=400, seed=seed % 3))):
            interval = ratio_interval(counts, X_PER_Y, method)
            held[k] += interval.low <= true_x / true_y <= interval.high
    assert held / 1_000 == pytest.approx(COVERAGE[sigma, n], abs=0.02)


def _draw(generator: np.random.Generator, n: int, sigma: float) -> NDArray[np.int64]:
    """Returns the tokens of n documents under two encodings."""
    y = np.maximum(1, np.round(generator.lognormal(4, sigma, n)))
    ratio = generator.normal(2, 0.35, n).clip(1, 4) + 0.15 * (np.log(y) - 4)
    return np.array([np.maximum(1, np.round(y * ratio)), y]).astype(np.int64)


def test_interval_of_a_comparison() -> None:
    comparison: Comparison = compare(
        [Document(text=text, language="en") for text in ("one", "two three", "four, five; six")],
        metrics=["compression_ratio", "tokens_saved"],
        confidence=0.9,
    )
    ratio = comparison.measure(comparison.total, "compression_ratio", "o200k_base")
    counts = comparison.total
    expected = ratio_interval(
        counts,
        Ratio(numerator="tokens cl100k_base", denominator="tokens o200k_base"),
        Method(confidence=0.9),
    )
    assert ratio.interval == expected
