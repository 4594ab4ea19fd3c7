"""The fit of a line: checked against matrices, examples by hand, laws and simulations."""

from __future__ import annotations

import random
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tokcompare import ArgumentError
from tokcompare.estimates.line import (
    Fit,
    Stratum,
    bootstrap_intervals,
    fit_line,
    linear_intervals,
)

Pairs = list[tuple[int, int]]


def stratum(code: str, pairs: Pairs) -> Stratum:
    base, recorded = zip(*sorted(pairs), strict=True)
    return Stratum(code=code, base=base, recorded=recorded)


def numbers_of(fit: Fit) -> list[float]:
    return [fit.constant, *(each.factor for each in fit.languages)]


class TestByHand:
    def test_points_on_lines(self) -> None:
        strata = [
            stratum("en", [(b, 7 + 2 * b) for b in (1, 3, 10)]),
            stratum("hi", [(b, 7 + 5 * b) for b in (2, 4)]),
        ]
        fit = fit_line(strata)
        assert numbers_of(fit) == pytest.approx([7, 2, 5])
        assert fit.absolute_error == pytest.approx(0, abs=1e-9)
        for interval, value in zip(linear_intervals(fit, 0.95), (7, 2, 5), strict=True):
            assert (interval.low, interval.high) == pytest.approx((value, value), abs=1e-5)
        assert not fit.is_fixed

    def test_three_points(self) -> None:
        """b = 1, 2, 4 and t = 6, 6, 12, with the weights 1, 1/2, 1/4.

        Sums: 1/b 1.75, n 3, b 7, t/b 12, t 24. So 1.75 c + 3 f = 12 and 3 c + 7 f = 24:
        c = (12 * 7 - 3 * 24) / (1.75 * 7 - 9) = 12 / 3.25, f = (24 - 3 c) / 7.
        """
        fit = fit_line([stratum("en", [(1, 6), (2, 6), (4, 12)])])
        c = 12 / 3.25
        f = (24 - 3 * c) / 7
        assert numbers_of(fit) == pytest.approx([c, f])
        residuals = [6 - c - f, 6 - c - 2 * f, 12 - c - 4 * f]
        assert sum(residuals) == pytest.approx(0, abs=1e-12)
        assert fit.absolute_error == pytest.approx(sum(map(abs, residuals)))
        variance = sum(e * e / b for e, b in zip(residuals, (1, 2, 4), strict=True)) / 2
        assert fit.languages[0].residual_variance == pytest.approx(variance)

    def test_a_constant_below_zero_is_zero(self) -> None:
        fit = fit_line([stratum("en", [(b, 2 * b - 1) for b in (1, 2, 5)])])
        assert fit.is_fixed
        assert (fit.constant, fit.constant_variance) == (0, 0)
        assert fit.languages[0].factor == 13 / 8  # the ratio of sums
        assert fit.languages[0].covariance == 0
        # The linearised variance of a ratio: n / (n - 1) * sum of e * e / B * B.
        residuals = [t - 13 / 8 * b for b, t in ((1, 1), (2, 3), (5, 9))]
        variance = 1.5 * sum(e * e for e in residuals) / 64
        assert fit.languages[0].variance == pytest.approx(variance)
        constant, _ = bootstrap_intervals(fit, 0.95, resamples=200, seed=0)
        assert (constant.low, constant.high) == (0, 0)

    @pytest.mark.parametrize("pairs", [[(1, 20), (9, 12), (5, 15)], [(1, 0), (2, 0)]])
    def test_a_factor_that_is_not_above_zero(self, pairs: Pairs) -> None:
        with pytest.raises(ArgumentError, match=r"The factor of 'en' would be .* does not count"):
            fit_line([stratum("en", pairs)])


def by_matrices(strata: list[Stratum]) -> tuple[Any, Any]:
    """Returns constant and factors by weighted least squares, and their covariance matrix.

    The sandwich of White, with n / (n - 1) for each stratum.
    """
    rows, targets, weights, enlarged = [], [], [], []
    for place, each in enumerate(strata):
        for b, number in zip(each.base, each.recorded, strict=True):
            row = np.zeros(1 + len(strata))
            row[0], row[1 + place] = 1, b
            rows.append(row)
            targets.append(number)
            weights.append(1 / b)
            enlarged.append(len(each.base) / (len(each.base) - 1))
    x, t, w = np.array(rows), np.array(targets, float), np.array(weights)
    bread = np.linalg.inv(x.T @ (w[:, None] * x))
    found = bread @ (x.T @ (w * t))
    scores = (w * (t - x @ found) * np.sqrt(enlarged))[:, None] * x
    return found, bread @ (scores.T @ scores) @ bread


def random_strata(seed: int, sizes: tuple[int, ...], noise: float = 0.4) -> list[Stratum]:
    generator = random.Random(seed)
    strata = []
    for place, size in enumerate(sizes):
        factor = 1.37 + 0.3 * place
        pairs = []
        for _ in range(size):
            b = 5 + int(generator.lognormvariate(4, 1))
            error = generator.gauss(0, noise) * sqrt(b)
            pairs.append((b, max(0, round(7 + factor * b + error))))
        strata.append(stratum("abcdef"[place], pairs))
    return strata


@pytest.mark.parametrize("sizes", [(20,), (12, 40), (10, 11, 60, 15)])
@pytest.mark.parametrize("seed", range(4))
def test_equals_matrices(sizes: tuple[int, ...], seed: int) -> None:
    strata = random_strata(seed, sizes)
    fit = fit_line(strata)
    found, covariance = by_matrices(strata)
    assert not fit.is_fixed
    assert numbers_of(fit) == pytest.approx(found, rel=1e-9)
    assert fit.constant_variance == pytest.approx(covariance[0, 0], rel=1e-6)
    for place, each in enumerate(fit.languages, start=1):
        assert each.variance == pytest.approx(covariance[place, place], rel=1e-6)
        assert each.covariance == pytest.approx(covariance[0, place], rel=1e-6)


class TestBootstrap:
    def test_equals_resamples_one_by_one(self) -> None:
        """Each resample, drawn again and fitted anew, gives the same studentized deviation."""
        strata = random_strata(3, (12, 15))
        fit = fit_line(strata)
        generator = np.random.default_rng(7)
        draws = [generator.multinomial(n, [1 / n] * n, size=300) for n in (12, 15)]
        expected: list[list[float]] = [[], [], []]
        for each in range(300):
            drawn = [
                Stratum(
                    code=s.code,
                    base=tuple(np.repeat(s.base, draw[each]).tolist()),
                    recorded=tuple(np.repeat(s.recorded, draw[each]).tolist()),
                )
                for s, draw in zip(strata, draws, strict=True)
            ]
            found, covariance = by_matrices(drawn)
            for place, value in enumerate(numbers_of(fit)):
                deviation = (found[place] - value) / sqrt(covariance[place, place])
                expected[place].append(deviation)
        errors = [sqrt(fit.constant_variance), *(sqrt(f.variance) for f in fit.languages)]
        intervals = bootstrap_intervals(fit, 0.9, resamples=300, seed=7)
        for place, value in enumerate(numbers_of(fit)):
            below, above = np.quantile(expected[place], [0.05, 0.95])
            assert intervals[place].low == pytest.approx(value - above * errors[place], rel=1e-6)
            assert intervals[place].high == pytest.approx(value - below * errors[place], rel=1e-6)

    def test_blocks_change_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        fit = fit_line(random_strata(3, (12, 15)))
        whole = bootstrap_intervals(fit, 0.95, resamples=100, seed=0)
        monkeypatch.setattr("tokcompare.estimates.line._BLOCK", 120)
        assert bootstrap_intervals(fit, 0.95, resamples=100, seed=0) == pytest.approx(whole)

    def test_points_on_a_line_have_no_width(self) -> None:
        fit = fit_line([stratum("en", [(b, 8 + 2 * b) for b in (1, 2, 4, 8)])])
        for interval, value in zip(
            bootstrap_intervals(fit, 0.95, resamples=100, seed=0), (8, 2), strict=True
        ):
            assert (interval.low, interval.high) == pytest.approx((value, value), abs=1e-4)


@pytest.mark.parametrize("noise", [0.3, 1.0])
def test_intervals_hold_the_truth_as_often_as_they_say(noise: float) -> None:
    """The truth is 7 and 1.37; of 300 intervals at 95 % some 285 hold it."""
    held = {"linear": [0, 0], "bootstrap": [0, 0]}
    for seed in range(300):
        fit = fit_line(random_strata(seed, (40, 40), noise))
        for name, intervals in (
            ("linear", linear_intervals(fit, 0.95)),
            ("bootstrap", bootstrap_intervals(fit, 0.95, resamples=400, seed=0)),
        ):
            for place, truth in enumerate((7, 1.37)):
                interval = intervals[place]
                held[name][place] += max(0, interval.low) <= truth <= interval.high
    for numbers in held.values():
        assert all(270 <= number <= 297 for number in numbers), held


PAIRS = st.lists(st.tuples(st.integers(1, 500), st.integers(0, 2_000)), min_size=3, max_size=20)


class TestLaws:
    @given(PAIRS, PAIRS, st.sampled_from([2, 3, 10]))
    def test_scaling(self, one: Pairs, other: Pairs, scale: int) -> None:
        """With k times the recorded tokens, constant and factors are k times as large."""
        assume(len({b for b, _ in one}) > 1)
        fit = fitted(one, other)
        scaled = fitted([(b, scale * t) for b, t in one], [(b, scale * t) for b, t in other])
        expected = [scale * number for number in numbers_of(fit)]
        assert numbers_of(scaled) == pytest.approx(expected, rel=1e-6, abs=1e-6)
        assert scaled.absolute_error == pytest.approx(
            scale * fit.absolute_error, rel=1e-6, abs=1e-6
        )
        for a, b in zip(fit.languages, scaled.languages, strict=True):
            assert b.variance == pytest.approx(scale**2 * a.variance, rel=1e-5, abs=1e-9)
        # With k times the tokens of the base, the factors are a k-th, and the constant the same.
        longer = fitted([(scale * b, t) for b, t in one], [(scale * b, t) for b, t in other])
        constant, *factors = numbers_of(fit)
        expected = [constant, *(factor / scale for factor in factors)]
        assert numbers_of(longer) == pytest.approx(expected, rel=1e-6, abs=1e-6)

    @given(PAIRS, PAIRS)
    def test_a_constant_is_added(self, one: Pairs, other: Pairs) -> None:
        assume(len({b for b, _ in one}) > 1)
        fit = fitted(one, other)
        assume(not fit.is_fixed)
        constant, *factors = numbers_of(
            fitted([(b, t + 9) for b, t in one], [(b, t + 9) for b, t in other])
        )
        assert [constant, *factors] == pytest.approx(
            [fit.constant + 9, *numbers_of(fit)[1:]], rel=1e-6, abs=1e-6
        )

    @given(PAIRS, PAIRS)
    def test_estimates_of_a_language_add_up_to_what_was_recorded(
        self, one: Pairs, other: Pairs
    ) -> None:
        assume(len({b for b, _ in one}) > 1)
        fit = fitted(one, other)
        for each in fit.languages:
            estimate = fit.constant * len(each.stratum.base) + each.factor * sum(each.stratum.base)
            assert estimate == pytest.approx(sum(each.stratum.recorded), rel=1e-9)


def fitted(one: Pairs, other: Pairs) -> Fit:
    try:
        return fit_line([stratum("en", one), stratum("hi", other)])
    except ArgumentError:  # a factor that is not above 0
        assume(False)
        raise
