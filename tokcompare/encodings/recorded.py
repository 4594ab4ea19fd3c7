"""Encodings of models whose tokenizers are not public: recorded counts, and calibrated estimates.

`claude=field:usage_tokens` takes the number of tokens from a field of each document, where a
provider's API has counted them. `claude=claude.json` estimates them: a file that `tokcompare
calibrate` wrote has a factor for each language, which a public encoding's tokens are multiplied
with, and a constant, which is added for each document. Neither has tokens, only their number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import Any, ClassVar, NoReturn

from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.names import absolute_path, read_file, require_valid_name, split_name
from tokcompare.encodings.protocol import LoadedEncoding
from tokcompare.errors import ArgumentError, VocabularyError, with_hint

_FIELD = "field:"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordedCounts:
    """The numbers of tokens that a provider's API has counted, in a field of each document.

    Attributes:
        name: The name that the counts have.
        field: The field, as `ReadOptions.text_field` names one: a name or a path.
    """

    name: str
    field: str

    vocabulary_size: ClassVar[int] = 0
    sha256: ClassVar[str] = ""
    library: ClassVar[str] = ""
    keeps_text: ClassVar[bool | None] = None
    unknown_token: ClassVar[int | None] = None
    cuts_at_space: ClassVar[bool] = True
    can_decode: ClassVar[bool] = False

    def encode(self, text: str) -> NoReturn:
        """Refuses a text.

        Raises:
            ArgumentError: Always: a text has no fields.
        """
        raise with_hint(
            ArgumentError,
            f"The tokens of {self.name!r} stand in the field {self.field!r} of documents, and a "
            "text by itself has no fields.",
            python="Give compare() documents that have the field.",
            command=f"Compare records that have the field: tokcompare report FILE -e "
            f"{self.name}={_FIELD}{self.field}",
        )

    def decode(self, tokens: Sequence[int]) -> None:
        """Returns None: there are no tokens."""

    def count_lost_bytes(self, text: str, tokens: Sequence[int]) -> int:
        """Returns 0: there are no tokens that could lose text."""
        return 0


def find_recorded(given: str) -> RecordedCounts | None:
    """Returns the recorded counts that NAME=field:FIELD means; None for anything else.

    Raises:
        ArgumentError: The name or the field is missing, or the name is not allowed.
    """
    name, equals, rest = given.partition("=")
    if given.startswith(_FIELD) or (equals and rest == _FIELD):
        raise ArgumentError(
            f"{given!r} is not NAME=field:FIELD, such as claude=field:usage_tokens: a name for the "
            "counts, and the field of the documents in which they stand."
        )
    if not rest.startswith(_FIELD):
        return None
    return RecordedCounts(name=require_free_name(name, given), field=rest.removeprefix(_FIELD))


def require_free_name(name: str, given: str) -> str:
    """Returns a name unchanged if an encoding of the caller can have it.

    Raises:
        ArgumentError: It is not allowed, or that of an encoding of tiktoken.
    """
    if name in VOCABULARIES:
        raise ArgumentError(
            f"{given!r} would be called {name!r}, which is an encoding of tiktoken. Give it "
            "another name: NAME=..."
        )
    return require_valid_name(name, given)


def recorded_fields(encodings: Iterable[LoadedEncoding]) -> dict[str, str]:
    """Returns the fields of the recorded counts among some encodings, by the encoding's name."""
    return {each.name: each.field for each in encodings if isinstance(each, RecordedCounts)}


_MARK = "tokcompare_calibration"
_VERSION = 1
_HEAD = 256
"""In so many bytes of a calibration's file its mark stands."""


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CalibratedEncoding:
    """An encoding whose numbers of tokens are estimated from those of a base encoding.

    While text is counted it is the base encoding; `counting.estimated` makes the estimates of the
    sums.

    Attributes:
        calibration: The numbers.
        base: The base encoding.
        name: The name that the estimates have.
        sha256: The SHA-256 of the calibration's file.
    """

    calibration: Calibration
    base: LoadedEncoding
    name: str
    sha256: str

    vocabulary_size: ClassVar[int] = 0

    @property
    def library(self) -> str:
        """The package of the base encoding."""
        return self.base.library

    @property
    def keeps_text(self) -> bool | None:
        """Whether the base encoding keeps text."""
        return self.base.keeps_text

    @property
    def unknown_token(self) -> int | None:
        """The id of the base encoding's unknown token, or None."""
        return self.base.unknown_token

    @property
    def cuts_at_space(self) -> bool:
        """Whether text can be cut for the base encoding."""
        return self.base.cuts_at_space

    @property
    def can_decode(self) -> bool:
        """Whether the base encoding can decode."""
        return self.base.can_decode

    def encode(self, text: str) -> NoReturn:
        """Refuses a text.

        Raises:
            ArgumentError: Always: a factor is that of a language, which a text does not say.
        """
        raise with_hint(
            ArgumentError,
            f"{self.name!r} has no tokens: their number is estimated, by a factor for each "
            f"language, from those of {self.base.name}.",
            python="Give compare() or cost() documents with their languages.",
            command="Use tokcompare report or tokcompare cost, which know the language.",
        )

    def decode(self, tokens: Sequence[int]) -> str | None:
        """Returns the text of tokens of the base encoding."""
        return self.base.decode(tokens)

    def count_lost_bytes(self, text: str, tokens: Sequence[int]) -> int:
        """Returns the bytes that the tokens of the base encoding lose."""
        return self.base.count_lost_bytes(text, tokens)


def find_calibration(given: str) -> tuple[str, str, bytes] | None:
    """Returns the name, the path and the content of a calibration's file; None for anything else.

    Args:
        given: PATH or NAME=PATH.
    """
    named = None if "://" in given or not given.lower().endswith(".json") else split_name(given)
    if named is None:
        return None
    content = read_file(absolute_path(named[1]))
    if f'"{_MARK}"'.encode() not in content[:_HEAD]:
        return None
    is_named = given != named[1]
    name = named[0] if is_named else read_calibration(content, named[1]).name
    return require_free_name(name, given), named[1], content


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


def load_calibrated(
    name: str, path: str, content: bytes, load: Callable[[str], LoadedEncoding]
) -> CalibratedEncoding:
    """Loads an encoding from a calibration.

    Args:
        name: The name of the encoding.
        path: The path of the file, for messages.
        content: Its content.
        load: Loads the base encoding by its name.

    Raises:
        VocabularyError: The file is damaged, or the base encoding is another one than it names.
    """
    calibration = read_calibration(content, path)
    base = load(calibration.base)
    if base.sha256 != calibration.base_sha256:
        raise VocabularyError(
            f"{path!r} was calibrated with another {calibration.base!r} than the one that is here: "
            f"its SHA-256 was {calibration.base_sha256}, and is {base.sha256}."
        )
    sha256 = hashlib.sha256(content).hexdigest()
    return CalibratedEncoding(calibration=calibration, base=base, name=name, sha256=sha256)


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


def encoder_of(encoding: LoadedEncoding) -> LoadedEncoding | None:
    """Returns the encoding that encodes text for an encoding; None if its counts are recorded."""
    if isinstance(encoding, CalibratedEncoding):
        return encoding.base
    return None if isinstance(encoding, RecordedCounts) else encoding


def has_tokens(encoding: LoadedEncoding) -> bool:
    """Returns whether an encoding has tokens, and not only their number."""
    return not isinstance(encoding, (RecordedCounts, CalibratedEncoding))


def calibrations_of(encodings: Iterable[LoadedEncoding]) -> dict[str, Calibration]:
    """Returns the calibrations among some encodings, by the encoding's name."""
    return {
        each.name: each.calibration for each in encodings if isinstance(each, CalibratedEncoding)
    }
