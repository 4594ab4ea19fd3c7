"""Estimated numbers of tokens: turns the counts under a base encoding into those of a calibration.

Texts are counted under the base encoding, in whole numbers that add up. The estimate of a sum is
linear in it: factor x tokens of the base + constant x documents. So it is made once, of the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tokcompare.encodings import LoadedEncoding
from tokcompare.encodings.closed.recorded import CalibratedEncoding

if TYPE_CHECKING:
    from tokcompare.counting.counts import Counts
    from tokcompare.encodings.closed.calibration import Calibration


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatedTokens:
    """The numbers that an estimated number of tokens is made of.

    Attributes:
        calibration: The calibration.
        documents: Number of documents: how often it has the constant.
        base_tokens: Number of tokens of the base encoding, by the language whose factor they have.
    """

    calibration: Calibration
    documents: int
    base_tokens: Mapping[str, int]

    def __add__(self, other: EstimatedTokens) -> EstimatedTokens:
        """Returns those of the documents of both."""
        base_tokens = dict(self.base_tokens)
        for code, number in other.base_tokens.items():
            base_tokens[code] = base_tokens.get(code, 0) + number
        return EstimatedTokens(
            calibration=self.calibration,
            documents=self.documents + other.documents,
            base_tokens=base_tokens,
        )

    @property
    def residual_variance(self) -> float:
        """The variance of the true number around the estimate, if the calibration were exact."""
        fits = self.calibration.languages
        return sum(
            fits[code].residual_variance * number for code, number in self.base_tokens.items()
        )


def estimate_counts(counts: Counts, entry: str, encodings: Iterable[LoadedEncoding]) -> Counts:
    """Returns counts with estimates for the calibrated encodings.

    Args:
        counts: The counts of documents in one language, under the base encodings.
        entry: The language: see `languages.entry_of`.
        encodings: The encodings. Without a factor for the language, one has no number of tokens.
    """
    for encoding in encodings:
        if isinstance(encoding, CalibratedEncoding):
            counts = _estimate(counts, entry, encoding)
    return counts


def _estimate(counts: Counts, entry: str, encoding: CalibratedEncoding) -> Counts:
    from fractions import Fraction  # saves start time

    key, calibration = f"tokens {encoding.name}", encoding.calibration
    code = calibration.language_of(entry)
    if code is None:
        return _without(counts, key, calibration)
    factor = Fraction(calibration.languages[code].factor)
    constant = Fraction(calibration.constant)
    base_tokens, documents = counts.sums[key], counts.documents

    def product(a: str, b: str, number: int) -> int:
        if key not in (a, b):
            return number
        if a == b:
            square = factor**2 * number + 2 * factor * constant * base_tokens
            return round(square + constant**2 * documents)
        return round(factor * number + constant * counts.sums[b if a == key else a])

    values: dict[str, Sequence[float]] = dict(counts.values)
    if key in values:
        slope, shift = float(factor), float(constant)
        values[key] = tuple(slope * number + shift for number in values[key])
    estimated = EstimatedTokens(
        calibration=calibration, documents=documents, base_tokens={code: base_tokens}
    )
    return replace(
        counts,
        sums={**counts.sums, key: round(factor * base_tokens + constant * documents)},
        products={(a, b): product(a, b, number) for (a, b), number in counts.products.items()},
        values=values,
        estimates={**counts.estimates, key: estimated},
    )


def _without(counts: Counts, key: str, calibration: Calibration) -> Counts:
    """Returns counts in which the number of tokens of an encoding is undefined."""
    undefined = EstimatedTokens(calibration=calibration, documents=0, base_tokens={})
    return replace(
        counts,
        sums={other: number for other, number in counts.sums.items() if other != key},
        products={pair: n for pair, n in counts.products.items() if key not in pair},
        values={other: column for other, column in counts.values.items() if other != key},
        estimates={**counts.estimates, key: undefined},
    )
