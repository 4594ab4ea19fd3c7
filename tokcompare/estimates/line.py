"""The fit of a line with a slope for each language and one constant, and its uncertainty.

    recorded tokens = constant + factor of the language x tokens of the base encoding + residual

The residual's variance is taken as proportional to the tokens of the base. So the fit is that of
weighted least squares with the weights 1 / tokens of the base, and the estimates of a language add
up to what was recorded (the ratio estimator, with a constant: Cochran, Sampling Techniques, 3rd
edition, 1977, section 6.7). The variances do not rest on that: they are linearised, with documents
as the sampling unit, as in `metrics.intervals` (White, A Heteroskedasticity-Consistent Covariance
Matrix Estimator, Econometrica 48, 1980).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from tokcompare.errors import ArgumentError
from tokcompare.metrics.intervals import Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 4_000_000
"""The most numbers in a block of resamples: 32 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """The documents of one language, sorted, so that their order has no effect.

    Attributes:
        code: The BCP 47 code of the language.
        base: The tokens of each document under the base encoding, above 0.
        recorded: The recorded tokens of each.
    """

    code: str
    base: tuple[int, ...]
    recorded: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StratumFit:
    """The factor of one language.

    Attributes:
        stratum: The documents.
        factor: Recorded tokens for each token of the base.
        variance: The variance of the factor.
        covariance: Its covariance with the constant.
        residual_variance: The variance of a document's residual / its tokens of the base.
    """

    stratum: Stratum
    factor: float
    variance: float
    covariance: float
    residual_variance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A constant, and the factor of each language.

    Attributes:
        constant: The constant; 0 if the fit would give one below 0.
        constant_variance: Its variance.
        is_fixed: Whether it is 0 because the fit would give one below 0.
        languages: The languages.
        absolute_error: The sum of the absolute values of the residuals.
    """

    constant: float
    constant_variance: float
    is_fixed: bool
    languages: tuple[StratumFit, ...]
    absolute_error: float


# The sums over the documents of a language of the products of the residual e and the tokens of the
# base b. The same formulas serve numbers and arrays of resamples.
_COLUMNS: dict[str, Callable[[Any, Any], Any]] = {
    "b": lambda b, e: b,
    "bb": lambda b, e: b * b,
    "1/b": lambda b, e: 1 / b,
    "1/bb": lambda b, e: 1 / (b * b),
    "e": lambda b, e: e,
    "eb": lambda b, e: e * b,
    "e/b": lambda b, e: e / b,
    "e/bb": lambda b, e: e / (b * b),
    "ee": lambda b, e: e * e,
    "ee/b": lambda b, e: e * e / b,
    "ee/bb": lambda b, e: e * e / (b * b),
}

_Sums = Mapping[str, Any]


def fit_line(strata: Sequence[Stratum]) -> Fit:
    """Fits the line.

    Args:
        strata: The languages, each with two documents at least, and in one of them documents of
            different lengths.

    Raises:
        ArgumentError: A factor is not above 0.
    """
    sums = [_sums_of(stratum, stratum.recorded) for stratum in strata]
    sizes = [len(stratum.base) for stratum in strata]
    constant, factors = _solve(sums, sizes, is_fixed=False)
    is_fixed = constant < 0
    if is_fixed:
        constant, factors = _solve(sums, sizes, is_fixed=True)
    for stratum, factor in zip(strata, factors, strict=True):
        if factor <= 0:
            raise ArgumentError(
                f"The factor of {stratum.code!r} would be {factor:.3g}, and more text has more "
                "tokens: the field does not count the tokens of these texts."
            )
    residuals = [
        [t - constant - factor * b for b, t in zip(each.base, each.recorded, strict=True)]
        for each, factor in zip(strata, factors, strict=True)
    ]
    sums = [
        _sums_of(stratum, of_stratum) for stratum, of_stratum in zip(strata, residuals, strict=True)
    ]
    zeros = [0.0] * len(strata)
    variance, of_factors = _variances(sums, sizes, (0.0, zeros), is_fixed=is_fixed)
    return Fit(
        constant=constant,
        constant_variance=variance,
        is_fixed=is_fixed,
        languages=tuple(
            StratumFit(
                stratum=stratum,
                factor=factor,
                variance=max(0.0, of_factor[0]),
                covariance=of_factor[1],
                residual_variance=of_sums["ee/b"] / (size - 1),
            )
            for stratum, factor, of_factor, of_sums, size in zip(
                strata, factors, of_factors, sums, sizes, strict=True
            )
        ),
        absolute_error=fsum(abs(e) for of_stratum in residuals for e in of_stratum),
    )


def linear_intervals(fit: Fit, confidence: float) -> list[Interval]:
    """Returns the intervals of the constant and of each factor, from their variances."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return [
        Interval(low=value - z * error, high=value + z * error)
        for value, error in _values_and_errors(fit)
    ]


def bootstrap_intervals(
    fit: Fit, confidence: float, *, resamples: int, seed: int
) -> list[Interval]:
    """Returns the intervals of the constant and of each factor, from resamples of the documents.

    Each resample draws as many documents of each language as there are, with replacement. The
    intervals are those of `metrics.intervals.ratio_interval` (bootstrap-t).
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    sums = []
    for each in fit.languages:
        b = np.array(each.stratum.base, dtype=float)
        e = np.array(each.stratum.recorded, dtype=float) - fit.constant - each.factor * b
        columns = np.stack([column(b, e) for column in _COLUMNS.values()], axis=1)
        drawn = _resample(generator, columns, resamples)
        sums.append(dict(zip(_COLUMNS, drawn.T, strict=True)))
    sizes = [len(each.stratum.base) for each in fit.languages]
    with np.errstate(divide="ignore", invalid="ignore"):
        shifts = _solve(sums, sizes, is_fixed=fit.is_fixed)
        variance, of_factors = _variances(sums, sizes, shifts, is_fixed=fit.is_fixed)
        deviations = [
            np.asarray(shift) / np.sqrt(np.maximum(spread, 0))
            for shift, spread in zip(
                [shifts[0], *shifts[1]], [variance, *(each[0] for each in of_factors)], strict=True
            )
        ]
    tail = (1 - confidence) / 2
    intervals = []
    for (value, error), studentized in zip(_values_and_errors(fit), deviations, strict=True):
        studentized = studentized[np.isfinite(studentized)]
        below, above = np.quantile(studentized, [tail, 1 - tail]) if studentized.size else (0, 0)
        interval = Interval(low=float(value - above * error), high=float(value - below * error))
        intervals.append(interval)
    return intervals


def _values_and_errors(fit: Fit) -> list[tuple[float, float]]:
    factors = [(each.factor, sqrt(each.variance)) for each in fit.languages]
    return [(fit.constant, sqrt(fit.constant_variance)), *factors]


def _resample(generator: Any, columns: NDArray[Any], number: int) -> NDArray[Any]:
    """Returns the sums of the columns in each resample of the rows."""
    import numpy as np

    n = len(columns)
    rows = max(1, _BLOCK // n)
    blocks = [
        generator.multinomial(n, [1 / n] * n, size=min(rows, number - done)).astype(float) @ columns
        for done in range(0, number, rows)
    ]
    drawn: NDArray[Any] = np.concatenate(blocks)
    return drawn


def _sums_of(stratum: Stratum, residuals: Sequence[float]) -> _Sums:
    # fsum rounds once, so the sum does not depend on the order.
    pairs = list(zip(map(float, stratum.base), map(float, residuals), strict=True))
    return {name: fsum(column(b, e) for b, e in pairs) for name, column in _COLUMNS.items()}


def _solve(sums: Sequence[_Sums], sizes: Sequence[int], *, is_fixed: bool) -> tuple[Any, list[Any]]:
    """Returns the constant and the factors that fit the residuals best."""
    constant: Any = 0.0
    if not is_fixed:
        pairs = list(zip(sums, sizes, strict=True))
        excess = sum(each["e/b"] - n / each["b"] * each["e"] for each, n in pairs)
        constant = excess / _spread(sums, sizes)
    return constant, [
        (each["e"] - constant * n) / each["b"] for each, n in zip(sums, sizes, strict=True)
    ]


def _spread(sums: Sequence[_Sums], sizes: Sequence[int]) -> Any:
    """Returns how much the lengths of documents differ, which tells the constant from factors."""
    return sum(each["1/b"] - n * n / each["b"] for each, n in zip(sums, sizes, strict=True))


def _variances(
    sums: Sequence[_Sums],
    sizes: Sequence[int],
    shifts: tuple[Any, Sequence[Any]],
    *,
    is_fixed: bool,
) -> tuple[Any, list[tuple[Any, Any]]]:
    """Returns the variance of the constant, and of each factor the variance and the covariance.

    Args:
        sums: The sums of each language.
        sizes: Its number of documents.
        shifts: The constant and the factors of a line through the residuals, which is subtracted.
        is_fixed: Whether the constant has no variance.
    """
    constant, factors = shifts
    spread = _spread(sums, sizes)
    shared: Any = 0.0
    parts = []
    for each, n, factor in zip(sums, sizes, factors, strict=True):
        # The sums of f * f, f * f / b and f * f / (b * b), with f = e - constant - factor * b.
        powers = [
            ("ee", n, "bb", "e", "eb", "b"),
            ("ee/b", each["1/b"], "b", "e/b", "e", n),
            ("ee/bb", each["1/bb"], n, "e/bb", "e/b", each["1/b"]),
        ]
        squares = [
            each[ee]
            + constant**2 * one
            + factor**2 * (each[bb] if isinstance(bb, str) else bb)
            - 2 * constant * each[e]
            - 2 * factor * each[eb]
            + 2 * constant * factor * (each[b] if isinstance(b, str) else b)
            for ee, one, bb, e, eb, b in powers
        ]
        slope, enlarged = n / each["b"], n / (n - 1)
        of_both = enlarged * (squares[1] - slope * squares[0]) / spread
        shared = (
            shared
            + enlarged * (squares[2] - 2 * slope * squares[1] + slope**2 * squares[0]) / spread**2
        )
        parts.append((enlarged * squares[0], of_both, n, each["b"]))
    if is_fixed:
        return 0.0, [(own / length**2, 0.0) for own, _, _, length in parts]
    return shared, [
        (
            (own - 2 * n * both + n * n * shared) / length**2,
            (both - n * shared) / length,
        )
        for own, both, n, length in parts
    ]
