"""The definition of a metric: one decorator over one function, and the table of all metrics.

The value, the confidence interval, the paired difference, the columns of the output, and the line
in `tokcompare metrics` all come from the decorator and the function's signature.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import nan
from typing import Any, TypeVar, cast

from tokcompare.counting.counts import Counts
from tokcompare.counting.quantities import IDS, QUANTITIES, VALUES, WORD_TYPES, Quantity
from tokcompare.metrics.intervals import Ratio

PARAMETERS = {
    "counts": "the counts of a text",
    "languages": "the counts of each language of parallel text",
    "encoding": "the name of the encoding that the value is about",
    "baseline": "the name of the baseline encoding",
    "reference": "the name of the reference encoding; for a paired ratio the counts of the "
    "reference language",
    "vocabulary_size": "the number of token ids of the encoding",
}
"""The arguments that a comparison can give to a metric, by the name of the parameter."""

METRICS: dict[str, Metric] = {}
"""The metrics by name, in the order in which they are listed."""

_F = TypeVar("_F", bound=Callable[..., float])

_ALWAYS_COUNTED = {"bytes": False, "characters": False, "tokens": True}
"""The quantities that need no metric, and whether they are counted under each encoding."""

_LENGTHS = frozenset(["bytes", "characters"])

_RESERVED = frozenset(
    [
        *("bytes", "characters", "tokens", "unnormalized", "unknown", "altered", "lost"),
        *("documents", "language", "name", "group", "encoding"),
        *("intervals", "differences", "published", "lost_bytes"),
    ]
)
"""The other keys of `Counts.sums` and of the output."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric and the facts about it.

    Attributes:
        function: Computes the value; its name is the metric's name.
        parameters: The parameters of the function that have no default: keys of `PARAMETERS`.
        heading: The heading of its column in a table.
        formula: Numerator and denominator in words.
        source: The paper or standard that defines it.
        ratio: The ratio of sums that it is, with placeholders for the names of encodings, such as
            "tokens {encoding}". None if it is no ratio of sums; it then has no interval.
        is_saving: Whether the value is one minus the ratio.
        is_paired: Whether the denominator is counted in the reference language, on parallel text.
        needs: The optional quantities that must be counted for it.
        format: The format of a number in a table.
    """

    function: Callable[..., float]
    parameters: tuple[str, ...]
    heading: str
    formula: str
    source: str
    ratio: Ratio | None = None
    is_saving: bool = False
    is_paired: bool = False
    needs: tuple[Quantity, ...] = ()
    format: str = "{:.2f}"

    @property
    def name(self) -> str:
        """The name of the metric, of its function, and of its column in JSON and CSV."""
        return self.function.__name__

    @property
    def is_over_languages(self) -> bool:
        """Whether the value describes all languages together, and not a single one."""
        return "languages" in self.parameters

    @property
    def needs_tokens(self) -> bool:
        """Whether it is made of single tokens, and not only of their number."""
        return any(need in (IDS, WORD_TYPES) or need.per_encoding for need in self.needs)

    @property
    def compares_languages(self) -> bool:
        """Whether the rows of a comparison must be languages."""
        return self.is_over_languages or self.is_paired

    @property
    def other_encoding(self) -> str | None:
        """The encoding that others are compared with: "baseline", "reference", or None."""
        if "baseline" in self.parameters:
            return "baseline"
        return "reference" if "reference" in self.parameters and not self.is_paired else None

    @property
    def has_interval(self) -> bool:
        """Whether the value has a confidence interval."""
        return self.ratio is not None

    @property
    def has_difference(self) -> bool:
        """Whether its difference between an encoding and the baseline has a paired interval."""
        return self.has_interval and self.other_encoding is None

    def ratio_of(self, **encodings: str) -> Ratio | None:
        """Returns the ratio with the names of encodings instead of placeholders.

        Args:
            encodings: The names, by placeholder: encoding, baseline and reference.
        """
        if self.ratio is None:
            return None
        return Ratio(
            numerator=self.ratio.numerator.format(**encodings),
            denominator=self.ratio.denominator.format(**encodings),
        )


def metric(**facts: Any) -> Callable[[_F], _F]:
    """Adds the function below it to `METRICS`; the value has no confidence interval.

    Args:
        facts: Attributes of `Metric`: heading, formula, source, and if needed `needs` and `format`.

    Raises:
        ValueError: A parameter is not in `PARAMETERS`, or a name is already in use.
    """

    def add(function: _F) -> _F:
        _add(function, **facts)
        return function

    return add


def ratio(
    numerator: str, denominator: str, *, is_saving: bool = False, **facts: Any
) -> Callable[[_F], _F]:
    """Adds a ratio of two sums to `METRICS`; the function below it has no body.

    Args:
        numerator: The key in `Counts.sums` of the quantity that is divided. Names of encodings are
            written as parameters of the function: "tokens {encoding}".
        denominator: The key of the quantity that divides it.
        is_saving: Whether the value is one minus the ratio.
        facts: As for `metric`.

    Raises:
        ValueError: As for `metric`; or a quantity is not in `needs`.
    """
    lengths = _LENGTHS | {
        quantity.name for quantity in facts.get("needs", ()) if quantity.is_length
    }
    weighs_text = not lengths.isdisjoint([numerator, denominator])

    def add(declared: _F) -> _F:
        @functools.wraps(declared)
        def function(counts: Counts, **names: str) -> float:
            _check_call(declared, counts, **names)
            keys = (numerator.format(**names), denominator.format(**names))
            if not _is_known(counts, keys, weighs_text=weighs_text):
                return nan
            dividend, divisor = (counts.sums[key] for key in keys)
            # 1 - dividend / divisor would differ in the last bit.
            return divide(divisor - dividend if is_saving else dividend, divisor)

        template = Ratio(numerator=numerator, denominator=denominator)
        _add(function, ratio=template, is_saving=is_saving, **facts)
        return cast(_F, function)

    return add


def paired_ratio(quantity: str, **facts: Any) -> Callable[[_F], _F]:
    """Adds the ratio of a quantity in a language to the same quantity in the reference language.

    The value is `nan` where the two do not have the same number of documents: such text is not
    parallel. The function below the decorator has no body.

    Args:
        quantity: The key in `Counts.sums`: see `ratio`.
        facts: As for `metric`.

    Raises:
        ValueError: As for `ratio`.
    """

    def add(declared: _F) -> _F:
        @functools.wraps(declared)
        def function(counts: Counts, *, reference: Counts, **names: str) -> float:
            _check_call(declared, counts, reference=reference, **names)
            if counts.documents != reference.documents:
                return nan
            key = quantity.format(**names)
            if not all(_is_known(text, (key,), weighs_text=False) for text in (counts, reference)):
                return nan
            return divide(counts.sums[key], reference.sums[key])

        template = Ratio(numerator=quantity, denominator=quantity)
        needs = (*facts.pop("needs", ()), VALUES)
        _add(function, ratio=template, is_paired=True, needs=needs, **facts)
        return cast(_F, function)

    return add


def needed_quantities(names: Iterable[str], *, keeps_values: bool = False) -> tuple[Quantity, ...]:
    """Returns the optional quantities that metrics need, in the order of `QUANTITIES`.

    Args:
        names: The names of the metrics.
        keeps_values: Whether the numbers of each document are needed for another reason.
    """
    needed = {need for name in names for need in METRICS[name].needs}
    if keeps_values:
        needed.add(VALUES)
    return tuple(quantity for quantity in QUANTITIES.values() if quantity in needed)


def loses_text(counts: Counts, encoding: str) -> bool:
    """Returns whether the encoding's tokens do not hold a part of the text, or are undefined.

    That part is in no token, or became the "unknown" token. Such text looks cheap, so metrics of
    the encoding's tokens are undefined. Undefined is also an estimate without a factor.
    """
    return f"tokens {encoding}" not in counts.sums or any(
        counts.sums.get(f"{kind} {encoding}", 0) > 0 for kind in ("unknown", "lost")
    )


def divide(dividend: float, divisor: float) -> float:
    """Returns the quotient; `nan` for a divisor of zero."""
    return dividend / divisor if divisor else nan


def _check_call(declared: Callable[..., object], *counts: Counts, **names: object) -> None:
    """Calls a function without a body, so that wrong arguments are the usual TypeError."""
    if declared(*counts, **names) is not None:
        raise TypeError(f"{declared.__name__} must have no body: its decorator computes the value.")


def _is_known(counts: Counts, keys: tuple[str, ...], *, weighs_text: bool) -> bool:
    """Returns whether quantities were counted, and the tokens stand for the whole text."""
    encodings = {key.partition(" ")[2] for key in keys} - {""}
    if any(key not in counts.sums for key in keys):
        return False
    if any(loses_text(counts, encoding) for encoding in encodings):
        return False
    return not weighs_text or not any(counts.sums.get(f"altered {name}") for name in encodings)


def _add(function: Callable[..., float], **facts: Any) -> None:
    parameters = inspect.signature(function).parameters.values()
    needed = tuple(each.name for each in parameters if each.default is each.empty)
    added = Metric(function=function, parameters=needed, **facts)
    _check(added)
    METRICS[added.name] = added
    QUANTITIES.update({need.name: need for need in added.needs})


def _check(added: Metric) -> None:
    """Checks a definition for mistakes that would otherwise only show as undefined values."""
    needed = {need.name: need for need in added.needs}
    for name, need in needed.items():
        if name in METRICS or name in _RESERVED or QUANTITIES.get(name, need) != need:
            raise ValueError(f"There is another metric, quantity or key {name!r}.")
    if added.name in [*METRICS, *QUANTITIES, *needed, *_RESERVED]:
        raise ValueError(f"There is another metric, quantity or key {added.name!r}.")
    if unknown := [name for name in added.parameters if name not in PARAMETERS]:
        raise ValueError(
            f"{added.name}: no comparison can give the parameter {unknown[0]!r}. There are: "
            f"{', '.join(PARAMETERS)}; others need a default."
        )
    counted = _ALWAYS_COUNTED | {need.name: need.per_encoding for need in added.needs if need.count}
    for key in [added.ratio.numerator, added.ratio.denominator] if added.ratio else []:
        name, _, encoding = key.partition(" ")
        if counted.get(name) != bool(encoding):
            keys = (f"{name} {{encoding}}" if each else name for name, each in counted.items())
            raise ValueError(
                f"{added.name}: {key!r} is not counted. There are: {', '.join(keys)}; `needs` adds "
                "others."
            )
