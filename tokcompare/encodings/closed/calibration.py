"""Calibrations: the numbers that estimate a provider's counts, and the file that has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import Any

from tokcompare.errors import VocabularyError

_MARK = "tokcompare_calibration"
_VERSION = 1
_HEAD = 256
"""The mark of a calibration is in this number of bytes at the beginning of its file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageFit:
    """The fit of one language: tokens = factor x tokens of the base + constant, a document.

    Attributes:
        factor: Tokens for each token of the base encoding.
        low: The lower bound of its interval.
        high: The upper bound.
        documents: Number of documents that it was fitted to.
        tokens: Number of recorded tokens of these documents.
        base_tokens: Number of their tokens under the base encoding.
        variance: The variance of the factor.
        covariance: Its covariance with the constant.
        residual_variance: The variance of the tokens of a document around the fit, for each token
            of the base.
    """

    factor: float
    low: float
    high: float
    documents: int
    tokens: int
    base_tokens: int
    variance: float
    covariance: float
    residual_variance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The numbers that turn a base encoding's tokens into estimates of a provider's counts.

    Attributes:
        name: The name of the estimated encoding, such as "claude".
        base: The name of the base encoding.
        base_sha256: The SHA-256 of its definition.
        field: The field that the recorded counts stood in.
        source: The name of the source.
        documents: Number of documents that the numbers were fitted to.
        constant: Tokens that are added for each document: a request, with what is put around it.
        constant_low: The lower bound of its interval.
        constant_high: The upper bound.
        constant_variance: Its variance.
        languages: The fit of each language, by its BCP 47 code.
        too_few: Number of documents of each language that has too few for a factor.
        without_tokens: Number of documents that were left out because the base has no token there.
        rejected: Number of records that could not be read.
        absolute_error: The sum over the documents of |estimate - recorded tokens|.
        confidence: The confidence level of the intervals.
        method: How the numbers and the intervals were computed.
        signature: Everything that the counts depend on, in one line.
    """

    name: str
    base: str
    base_sha256: str
    field: str
    source: str
    documents: int
    constant: float
    constant_low: float
    constant_high: float
    constant_variance: float
    languages: Mapping[str, LanguageFit]
    too_few: Mapping[str, int]
    without_tokens: int
    rejected: int
    absolute_error: float
    confidence: float
    method: str
    signature: str

    @property
    def relative_error(self) -> float:
        """The sum of absolute errors / the sum of recorded tokens."""
        return self.absolute_error / sum(fit.tokens for fit in self.languages.values())

    def language_of(self, entry: str) -> str | None:
        """Returns the code of the language whose factor a language has; None if there is none.

        A region has the factor of the wider language: "hi-IN" that of "hi". No other language
        stands in.
        """
        from tokcompare.languages import entry_of, match_language  # saves start time

        entries = {entry_of(code): code for code in self.languages}
        if entry in entries:
            return entries[entry]
        match = match_language(entry, entries)
        return entries[match.entries[0]] if match.is_wider and len(match.entries) == 1 else None

    def variance_of(self, documents: float, base_tokens: Mapping[str, float]) -> float:
        """Returns the variance of constant x documents + the sum of factor x base tokens.

        Args:
            documents: The weight of the constant.
            base_tokens: The weight of the factor of each language.
        """
        # The factors of two languages depend on each other only through the constant.
        spread = self.constant_variance
        own = slopes = products = 0.0
        for code, weight in base_tokens.items():
            fit = self.languages[code]
            slope = fit.documents / fit.base_tokens
            own += weight**2 * (fit.variance + 2 * slope * fit.covariance + slope**2 * spread)
            slopes += weight * slope
            products += weight * fit.covariance
        shared = spread * (documents**2 - slopes**2) + 2 * products * (documents - slopes)
        return max(0.0, own + shared)

    def to_dict(self) -> dict[str, Any]:
        """Returns the content of its file, which `read_calibration` reads."""
        return {
            _MARK: _VERSION,
            **{each.name: getattr(self, each.name) for each in fields(Calibration)},
            "languages": {code: asdict(fit) for code, fit in self.languages.items()},
            "too_few": dict(self.too_few),
        }


def is_calibration(content: bytes) -> bool:
    """Returns whether the content of a file begins as that of a calibration."""
    return f'"{_MARK}"'.encode() in content[:_HEAD]


def read_calibration(content: bytes, path: str) -> Calibration:
    """Returns the calibration whose `Calibration.to_dict` was written as JSON.

    Raises:
        VocabularyError: It is damaged, or of another version.
    """
    import json  # saves start time

    try:
        stored = json.loads(content)
        version = stored.pop(_MARK)
        if version != _VERSION:
            raise VocabularyError(
                f"The calibration {path!r} has the version {version!r}, and this tokcompare reads "
                f"version {_VERSION}: make it again with tokcompare calibrate."
            )
        fits = {code: _checked(LanguageFit, fit) for code, fit in stored.pop("languages").items()}
        calibration: Calibration = _checked(Calibration, {**stored, "languages": fits})
        if not fits or calibration.constant < 0 or min(f.factor for f in fits.values()) <= 0:
            raise ValueError("a factor or the constant is out of range")
        return calibration
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise VocabularyError(
            f"The calibration {path!r} is damaged: {error}. Make it again with tokcompare "
            "calibrate."
        ) from error


def _checked(kind: Any, stored: Mapping[str, Any]) -> Any:
    """Returns a dataclass of stored values.

    Raises:
        ValueError: A value has another type, or a number is not finite or is negative.
    """
    for each in fields(kind):
        value = stored[each.name]
        if each.type == "str" and not isinstance(value, str):
            raise ValueError(f"{each.name!r} must be a string")
        if each.type in ("int", "float"):
            is_number = type(value) is int or (each.type == "float" and type(value) is float)
            if not is_number or not isfinite(value):
                raise ValueError(f"{each.name!r} must be a number")
            if value < 0 and each.name not in ("covariance", "low"):
                raise ValueError(f"{each.name!r} must not be negative")
    return kind(**stored)
