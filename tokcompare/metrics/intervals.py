"""Confidence intervals of ratios of sums, with documents as the sampling unit.

The linear interval needs only sums, which add up, so it costs nothing at scale. The bootstrap needs
the numbers of each document, so it is for few documents. Both assume that the documents are a
random sample. If the text is the whole population, the ratio is exact and needs no interval.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import hypot, isfinite, nan, sqrt
from typing import TYPE_CHECKING, Any

from tokcompare.counting.counts import Counts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """One quantity divided by another, each summed over the documents.

    Attributes:
        numerator: The key in `Counts.sums` of the quantity that is divided.
        denominator: The key of the quantity that divides it.
    """

    numerator: str
    denominator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval.

    Attributes:
        low: The lower bound; `nan` if there is no interval.
        high: The upper bound; `nan` if there is no interval.
    """

    low: float
    high: float


NO_INTERVAL = Interval(low=nan, high=nan)
"""The interval of an undefined number, and of a number from a single document."""


FEW_DOCUMENTS = 10
"""Intervals of fewer documents are often too narrow: the documentation has the coverage."""


def has_few_documents(counts: Counts) -> bool:
    """Returns whether there are so few documents that intervals are often too narrow."""
    return counts.documents < FEW_DOCUMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How intervals are computed.

    Attributes:
        confidence: The share of samples whose interval contains the true value, for example 0.95.
        resamples: The number of resamples of the bootstrap; 0 for the linear interval.
        seed: The seed of the bootstrap's random numbers.
    """

    confidence: float = 0.95
    resamples: int = 0
    seed: int = 0


def ratio_interval(
    counts: Counts, ratio: Ratio, method: Method, *, minus: Ratio | None = None
) -> Interval:
    """Returns the confidence interval of a ratio of sums, or of the difference of two.

    The linear interval belongs to the ratio estimator, linearised by Taylor series (Cochran,
    Sampling Techniques, 3rd edition, 1977, chapter 6): with residuals e = (x - R y) / Y over the n
    documents, Y the sum of the y, its half width is z sqrt(n / (n - 1) * sum of e * e). For a
    difference, the residuals of the two ratios are subtracted document by document, so the
    interval is paired. Each resample of the bootstrap draws n documents with replacement. The
    interval comes from the quantiles of the studentized deviations (bootstrap-t: Efron and
    Tibshirani, An Introduction to the Bootstrap, 1993, chapter 12).

    Estimated numbers of tokens add the variance of their calibration, and that of documents around
    it, both linearised in the same way; the documents are taken as independent of those that it
    was fitted to.

    Args:
        counts: The counts; for the bootstrap with `values`.
        ratio: The ratio.
        method: The confidence, and the choice between the two intervals.
        minus: The ratio that is subtracted, or None.

    Returns:
        The interval; `NO_INTERVAL` for fewer than two documents, or if a denominator is zero.
    """
    terms = [(1, ratio), *([(-1, minus)] if minus else [])]
    quantities = _quantities(terms)
    if counts.documents < 2 or any(counts.sums.get(quantity) is None for quantity in quantities):
        return NO_INTERVAL
    from fractions import Fraction  # saves start time where each group has one document

    totals = {quantity: Fraction(counts.sums[quantity]) for quantity in quantities}
    if any(totals[term.denominator] == 0 for _, term in terms):
        return NO_INTERVAL
    products = {
        (a, b): Fraction(counts.products[(a, b) if (a, b) in counts.products else (b, a)])
        for a in quantities
        for b in quantities
    }
    value = float(_value(terms, totals))
    # The rounded products of estimates may be a little too small.
    error = sqrt(max(0, _variance(terms, totals, products, counts.documents)))
    interval = Interval(low=value, high=value)
    if method.resamples:
        interval = _bootstrap(terms, counts.values, value, error, method)
    if method.resamples and not counts.estimates:
        return interval
    from statistics import NormalDist

    z = NormalDist().inv_cdf((1 + method.confidence) / 2)
    if not method.resamples:
        interval = Interval(low=value - z * error, high=value + z * error)
    return _widened(interval, value, z * sqrt(_estimates_variance(terms, totals, counts)))


def pair_counts(
    counts: Counts, reference: Counts, ratios: Sequence[Ratio]
) -> tuple[Counts, list[Ratio]]:
    """Pairs the k-th documents of two parallel texts, as if the two were one document.

    Args:
        counts: The counts of one text, with `values`.
        reference: The counts of the other text, with `values` and the same number of documents.
        ratios: Ratios of a quantity of the text to a quantity of the reference.

    Returns:
        The counts of the pairs, and the same ratios in the quantities of the pairs.
    """
    paired = [
        Ratio(
            numerator=f"text {ratio.numerator}",
            denominator=f"reference {ratio.denominator}",
        )
        for ratio in ratios
    ]
    values: dict[str, Sequence[Any]] = {}
    estimates = {}
    for ratio, pair in zip(ratios, paired, strict=True):
        if ratio.numerator in counts.estimates:
            estimates[pair.numerator] = counts.estimates[ratio.numerator]
            estimates[pair.denominator] = reference.estimates[ratio.denominator]
        values[pair.numerator] = counts.values[ratio.numerator]
        values[pair.denominator] = reference.values[ratio.denominator]
    return (
        Counts(
            documents=counts.documents,
            sums={key: sum(column) for key, column in values.items()},
            products={
                (a, b): sum(x * y for x, y in zip(values[a], values[b], strict=True))
                for a, b in combinations_with_replacement(values, 2)
            },
            values=values,
            estimates=estimates,
        ),
        paired,
    )


_Terms = Sequence[tuple[int, Ratio]]


def _quantities(terms: _Terms) -> list[str]:
    both = [name for _, term in terms for name in (term.numerator, term.denominator)]
    return list(dict.fromkeys(both))


# The same two formulas serve exact fractions and arrays of resamples.
def _value(terms: _Terms, totals: Mapping[str, Any]) -> Any:
    return sum(sign * totals[term.numerator] / totals[term.denominator] for sign, term in terms)


def _variance(
    terms: _Terms, totals: Mapping[str, Any], products: Mapping[tuple[str, str], Any], n: int
) -> Any:
    weights = _weights(terms, totals)
    squares = sum(weights[a] * weights[b] * products[a, b] for a in weights for b in weights)
    return squares * n / (n - 1)


def _weights(terms: _Terms, totals: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the derivative of the value by each total."""
    weights = dict.fromkeys(_quantities(terms), 0 * totals[terms[0][1].denominator])
    for sign, term in terms:
        denominator = totals[term.denominator]
        weights[term.numerator] = weights[term.numerator] + sign / denominator
        weights[term.denominator] = (
            weights[term.denominator] - sign * totals[term.numerator] / denominator**2
        )
    return weights


def _estimates_variance(terms: _Terms, totals: Mapping[str, Any], counts: Counts) -> float:
    """Returns the variance that estimated numbers of tokens add: see `ratio_interval`."""
    if not counts.estimates:
        return 0.0
    variance = 0.0
    constants: dict[int, float] = {}
    factors: dict[int, dict[str, float]] = {}
    calibrations = {}
    for quantity, weight in _weights(terms, totals).items():
        if (estimate := counts.estimates.get(quantity)) is None:
            continue
        derivative, name = float(weight), id(estimate.calibration)
        calibrations[name] = estimate.calibration
        variance += derivative**2 * estimate.residual_variance
        constants[name] = constants.get(name, 0.0) + derivative * estimate.documents
        of_languages = factors.setdefault(name, {})
        for code, number in estimate.base_tokens.items():
            of_languages[code] = of_languages.get(code, 0.0) + derivative * number
    return variance + sum(
        calibration.variance_of(constants[name], factors[name])
        for name, calibration in calibrations.items()
    )


def _widened(interval: Interval, value: float, margin: float) -> Interval:
    """Returns an interval whose bounds have another, independent error."""
    if not margin:
        return interval
    return Interval(
        low=value - hypot(value - interval.low, margin),
        high=value + hypot(interval.high - value, margin),
    )


def _bootstrap(
    terms: _Terms,
    values: Mapping[str, Sequence[float]],
    value: float,
    error: float,
    method: Method,
) -> Interval:
    import numpy as np

    quantities = _quantities(terms)
    columns = {quantity: np.array(values[quantity], dtype=float) for quantity in quantities}
    n = len(columns[quantities[0]])
    deviations = []
    for weights in _resamples(n, method.resamples, method.seed):
        totals = {quantity: weights @ column for quantity, column in columns.items()}
        products = {
            (a, b): weights @ (columns[a] * columns[b]) for a in quantities for b in quantities
        }
        with np.errstate(divide="ignore", invalid="ignore"):
            errors = np.sqrt(np.maximum(_variance(terms, totals, products, n), 0))
            deviations.append((_value(terms, totals) - value) / errors)
    studentized = np.concatenate(deviations)
    # Draws of one document over and over have no spread.
    studentized = studentized[np.isfinite(studentized)]
    if not len(studentized) or not isfinite(error):
        return Interval(low=value, high=value) if error == 0 else NO_INTERVAL
    tail = (1 - method.confidence) / 2
    below, above = np.quantile(studentized, [tail, 1 - tail])
    return Interval(low=float(value - above * error), high=float(value - below * error))


_BLOCK = 4_000_000
"""The most numbers in a block of resamples: 32 MB."""


def _resamples(n: int, number: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yields blocks of resamples: row r, column d tells how often r draws document d."""
    import numpy as np

    if n * number <= _BLOCK:
        yield _all_resamples(n, number, seed)
        return
    generator = np.random.default_rng(seed)
    rows = max(1, _BLOCK // n)
    for done in range(0, number, rows):
        yield _draw(generator, n, min(rows, number - done))


@functools.lru_cache(maxsize=4)
def _all_resamples(n: int, number: int, seed: int) -> NDArray[np.float64]:
    import numpy as np

    return _draw(np.random.default_rng(seed), n, number)


def _draw(generator: np.random.Generator, n: int, rows: int) -> NDArray[np.float64]:
    drawn: NDArray[np.float64] = generator.multinomial(n, [1 / n] * n, size=rows).astype(float)
    return drawn
