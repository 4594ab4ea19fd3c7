"""Bills: the cost of one month, and how far it may be off.

The interval of a bill comes from the documents if they are the caller's own. A built-in text says
nothing of the caller's, so then the interval is the prediction interval of an estimate, which
allows for text of other kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import exp, isnan, log, sqrt
from typing import Literal

from tokcompare.errors import TokcompareError
from tokcompare.estimates import estimate_tokens
from tokcompare.metrics.intervals import NO_INTERVAL, Interval

Basis = Literal["documents", "estimate", "volumes"]

_MOST_ESTIMATED = 10**18


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """The cost of one month.

    Attributes:
        total: US dollars.
        interval: The interval of the total; `NO_INTERVAL` if none can be defended.
        basis: Where the interval comes from: the "documents" (a confidence interval of tokens per
            character), an "estimate" (a 95 % prediction interval for any text of the language), or
            the "volumes" (the tokens were given, so the bill is exact); None for no interval.
        is_estimate: Whether another encoding than a model's own has counted tokens.
    """

    total: Decimal
    interval: Interval
    basis: Basis | None = None
    is_estimate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What a month costs less after a migration; negative if it costs more.

    Attributes:
        amount: US dollars.
        share: The amount divided by the bill before; `nan` if that is zero.
        is_estimate: Whether one of the two bills is an estimate.
    """

    amount: Decimal
    share: float
    is_estimate: bool = False


def add_bills(bills: Sequence[Bill]) -> Bill:
    """Returns the bill of all languages.

    The errors of documents are independent from language to language, so their variances add up;
    those of a calibration are not, so the bounds of estimates add up, which is rather too wide.
    The kind of text is common to all languages, so the bounds of prediction intervals add up.
    """
    total = sum((bill.total for bill in bills), Decimal(0))
    is_estimate = any(bill.is_estimate for bill in bills)
    lows = [bill.interval.low for bill in bills]
    highs = [bill.interval.high for bill in bills]
    if not bills or any(map(isnan, lows)):
        return Bill(total=total, interval=NO_INTERVAL, is_estimate=is_estimate)
    bases = {bill.basis for bill in bills}
    if "estimate" in bases:
        interval = Interval(low=sum(lows), high=sum(highs))
        return Bill(total=total, interval=interval, basis="estimate", is_estimate=is_estimate)
    halves = [(high - low) / 2 for low, high in zip(lows, highs, strict=True)]
    margin = add_margins(halves, is_estimate=is_estimate)
    return Bill(
        total=total,
        interval=Interval(low=float(total) - margin, high=float(total) + margin),
        basis="documents" if "documents" in bases else "volumes",
        is_estimate=is_estimate,
    )


def add_margins(margins: Sequence[float], *, is_estimate: bool) -> float:
    """Returns the margin of a sum over languages: see `add_bills`.

    Args:
        margins: The margin of each language.
        is_estimate: Whether they hold the errors of a calibration.
    """
    return sum(margins) if is_estimate else sqrt(sum(margin**2 for margin in margins))


def predict_tokens(characters: float, language: str, encoding: str) -> Interval:
    """Returns the prediction interval of the tokens of any text of this length in a language.

    It is `NO_INTERVAL` if there is no estimate for the language or the encoding.
    """
    length = min(_MOST_ESTIMATED, max(1, round(characters)))
    try:
        estimate = estimate_tokens(length, language, encoding)
    except TokcompareError:
        return NO_INTERVAL
    scale = characters / length
    return Interval(low=estimate.low * scale, high=estimate.high * scale)


def predict_factor(characters: float, language: str, before: str, after: str) -> Interval:
    """Returns the prediction interval of tokens after / tokens before, relative to its centre.

    The errors of the two estimates are taken as independent. Those of a text under two encodings
    are mostly alike, so the interval is rather too wide.
    """
    length = min(_MOST_ESTIMATED, max(1, round(characters)))
    try:
        one, other = (estimate_tokens(length, language, name) for name in (before, after))
    except TokcompareError:
        return NO_INTERVAL
    low = sqrt(log(other.low / other.tokens) ** 2 + log(one.high / one.tokens) ** 2)
    high = sqrt(log(other.high / other.tokens) ** 2 + log(one.low / one.tokens) ** 2)
    return Interval(low=exp(-low), high=exp(high))
