"""Calibrates a public encoding to the counts that a provider has recorded.

A provider that publishes no tokenizer still counts the tokens of each request. `estimates.line`
fits these counts to the tokens of a public encoding.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, SupportsIndex

from tokcompare import tables
from tokcompare.comparison.compare import compare
from tokcompare.comparison.comparison import Comparison
from tokcompare.comparison.results import Row
from tokcompare.encodings import EncodingLike, LoadedEncoding, load_encoding
from tokcompare.encodings.closed.calibration import Calibration, LanguageFit
from tokcompare.encodings.closed.recorded import RecordedCounts, has_tokens, require_free_name
from tokcompare.errors import ArgumentError, TokcompareError, require_str
from tokcompare.estimates.line import Stratum, bootstrap_intervals, fit_line, linear_intervals
from tokcompare.languages import describe_language
from tokcompare.metrics.intervals import FEW_DOCUMENTS
from tokcompare.metrics.metric import loses_text
from tokcompare.sources.document import Document
from tokcompare.sources.rejections import Rejections
from tokcompare.sources.source import Source
from tokcompare.tables import UNDEFINED, Table

LEAST = FEW_DOCUMENTS
"""The least number of documents of a language that has a factor."""

RESAMPLES = 2000
"""The number of resamples of the bootstrap, if the caller names none."""

_DIGITS = 10
"""The number of digits that are stored; further ones differ from machine to machine."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CalibrationResult(Calibration):
    """A calibration, with its outputs.

    Its attributes are those of `Calibration`, and `rejections`: the records that could not be read.
    """

    rejections: Rejections

    @property
    def summary(self) -> str:
        """The line in words, with the interval of the constant."""
        level = f"{100 * self.confidence:g}% interval"
        return (
            f"≈ {self.name} is a factor for each language times the tokens of {self.base}, plus "
            f"{self.constant:.2f} for each document ({level}: {self.constant_low:.2f}–"
            f"{self.constant_high:.2f})."
        )

    @property
    def notes(self) -> list[str]:
        """The line in words, and the caveats that a reader of the numbers must know."""
        return [self.summary, *_notes(self)]

    @property
    def columns(self) -> list[str]:
        """The columns of `to_records`, in order."""
        return ["language", "name", *(each.name for each in fields(LanguageFit))]

    def to_records(self) -> list[dict[str, Any]]:
        """Returns the rows of `--format csv`: one for each language that has a factor."""
        return [
            {"language": code, "name": describe_language(code).name, **asdict(fit)}
            for code, fit in self.languages.items()
        ]

    def to_json(self) -> str:
        """Returns the content of its file: the same text for the same numbers."""
        return tables.json(self.to_dict())

    def to_markdown(self) -> str:
        """Returns the calibration as a table in GitHub Flavored Markdown."""
        return tables.markdown(calibration_table(self))

    def __repr__(self) -> str:
        """Returns the calibration in one line."""
        languages = "language" if len(self.languages) == 1 else "languages"
        return f"<Calibration of {self.name}: {len(self.languages)} {languages}>"

    def __str__(self) -> str:
        """Returns the calibration as a table for a terminal."""
        return tables.as_text(calibration_table(self))

    def _repr_html_(self) -> str:
        """Returns the calibration as an HTML table, which notebooks show."""
        from tokcompare.page.notebook import output  # saves start time

        return output(calibration_table(self))


def calibrate(
    documents: Iterable[Document],
    *,
    field: str,
    encoding: EncodingLike = "o200k_base",
    name: str = "calibrated",
    confidence: float = 0.95,
    resamples: SupportsIndex = RESAMPLES,
    seed: SupportsIndex = 0,
    on_error: str = "stop",
) -> CalibrationResult:
    """Fits factors and a constant that turn the tokens of an encoding into recorded counts.

    Args:
        documents: The documents, such as those of `load_source`; each has the field.
        field: The field in which the recorded counts stand.
        encoding: The base encoding: one that is loaded by its name.
        name: The name of the estimated encoding.
        confidence: The level of the confidence intervals, between 0 and 1.
        resamples: The number of resamples of the bootstrap; 0 for linear intervals.
        seed: The seed of the bootstrap's random numbers.
        on_error: "stop" at the first record that cannot be read, or "skip" such records.

    Returns:
        The calibration. Its `to_json` returns the content of its file.

    Raises:
        ArgumentError: No language has enough documents, or no sensible numbers fit them.
        TokcompareError: `compare` raised it.

    >>> documents = [
    ...     Document(text="word " * n, language="en", fields={"usage": 7 + round(1.5 * n)})
    ...     for n in range(2, 42, 2)
    ... ]
    >>> calibration = calibrate(documents, field="usage")
    >>> calibration.languages["en"].documents
    20
    """
    require_str("The name of a calibration", name)
    require_free_name(name, name)
    require_str("The field of the recorded counts", field)
    base = _load_base(encoding)
    recorded = RecordedCounts(name="recorded", field=field)
    comparison = compare(
        documents,
        encodings=[base, recorded],
        metrics=[],
        confidence=confidence,
        resamples=resamples or RESAMPLES,  # which keeps the numbers of each document
        seed=seed,
        on_error=on_error,
    )
    if loses_text(comparison.total, base.name):
        raise ArgumentError(
            f"The tokens of {base.name!r} do not hold all of the text, so they are no measure of "
            "it; calibrate another encoding."
        )
    strata, without_tokens = _strata(comparison.rows, base.name, recorded.name)
    enough = [stratum for stratum in strata if len(stratum.base) >= LEAST]
    _check(strata, enough, base.name, field)
    fit = fit_line(enough)
    method = comparison.method
    intervals = (
        bootstrap_intervals(fit, method.confidence, resamples=method.resamples, seed=method.seed)
        if resamples
        else linear_intervals(fit, method.confidence)
    )
    how = f"bootstrap-t,{method.resamples},seed {method.seed}" if resamples else "linear"
    constant, *factors = intervals
    return CalibrationResult(
        name=name,
        base=base.name,
        base_sha256=base.sha256,
        field=field,
        source=documents.name if isinstance(documents, Source) else "documents",
        documents=sum(len(stratum.base) for stratum in enough),
        constant=_rounded(fit.constant),
        constant_low=_rounded(max(0.0, constant.low)),
        constant_high=_rounded(constant.high),
        constant_variance=_rounded(fit.constant_variance),
        languages={
            each.stratum.code: LanguageFit(
                factor=_rounded(each.factor),
                low=_rounded(interval.low),
                high=_rounded(interval.high),
                documents=len(each.stratum.base),
                tokens=sum(each.stratum.recorded),
                base_tokens=sum(each.stratum.base),
                variance=_rounded(each.variance),
                covariance=_rounded(each.covariance),
                residual_variance=_rounded(each.residual_variance),
            )
            for each, interval in zip(fit.languages, factors, strict=True)
        },
        too_few={each.code: len(each.base) for each in strata if each not in enough},
        without_tokens=without_tokens,
        rejected=comparison.rejections.number,
        rejections=comparison.rejections,
        absolute_error=_rounded(fit.absolute_error),
        confidence=method.confidence,
        method=f"weights 1/base tokens; intervals {how}",
        signature=_signature(comparison),
    )


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


def _signature(comparison: Comparison) -> str:
    """Returns the signature without what the calibration does not depend on."""
    left_out = ("aggregation:", "by:", "interval:", "order:")
    fields = comparison.signature.split("|")
    return "|".join(field for field in fields if not field.startswith(left_out))


def _load_base(given: EncodingLike) -> LoadedEncoding:
    """Loads the base encoding.

    Raises:
        ArgumentError: A file could not name it: it has no tokens, or is not loaded by its name.
    """
    base = load_encoding(given)
    if not has_tokens(base):
        raise ArgumentError(f"{base.name!r} has no tokens of its own, so it cannot be calibrated.")
    try:
        is_named = load_encoding(base.name).sha256 == base.sha256 != ""
    except TokcompareError:
        is_named = False
    if not is_named:
        raise ArgumentError(
            f"{base.name!r} is not loaded by its name alone, and a calibration's file only names "
            "its base encoding. Calibrate one that has a name, such as o200k_base."
        )
    return base


def _strata(rows: Sequence[Row], base: str, recorded: str) -> tuple[list[Stratum], int]:
    """Returns the documents of each language that have tokens, and how many have none."""
    strata = []
    without_tokens = 0
    for row in rows:
        values = row.counts.values
        pairs = [
            (int(a), int(b))
            for a, b in zip(values[f"tokens {base}"], values[f"tokens {recorded}"], strict=True)
        ]
        counted = sorted(pair for pair in pairs if pair[0])
        without_tokens += len(pairs) - len(counted)
        if counted:
            lengths, numbers = zip(*counted, strict=True)
            strata.append(Stratum(code=row.group, base=lengths, recorded=numbers))
    return sorted(strata, key=lambda stratum: stratum.code), without_tokens


def _check(strata: Sequence[Stratum], enough: Sequence[Stratum], base: str, field: str) -> None:
    """Checks that a factor and a constant can be fitted.

    Raises:
        ArgumentError: They cannot.
    """
    if not enough:
        there_are = ", ".join(f"{each.code} {len(each.base):,}" for each in strata) or "none"
        raise ArgumentError(
            f"No language has {LEAST} documents with tokens, which a factor needs; there are: "
            f"{there_are}."
        )
    if not any(map(sum, (each.recorded for each in enough))):
        raise ArgumentError(f"The field {field!r} is 0 in each document, so it counts no tokens.")
    if all(len(set(each.base)) == 1 for each in enough):
        raise ArgumentError(
            f"In each language all documents have the same number of tokens of {base}, so the "
            "factor and the constant cannot be told apart. Add shorter and longer documents."
        )


def calibration_table(calibration: CalibrationResult) -> Table:
    """Returns the table of a calibration: a row for each language."""
    level = f"{100 * calibration.confidence:g}% interval"
    rows = [
        [
            describe_language(code).name,
            f"{fit.documents:,}",
            f"{fit.base_tokens:,}",
            f"{fit.tokens:,}",
            f"{fit.factor:.3f}",
            f"{fit.low:.3f}–{fit.high:.3f}",
        ]
        for code, fit in calibration.languages.items()
    ]
    rows += [
        [describe_language(code).name, f"{number:,}", *[UNDEFINED] * 4]
        for code, number in calibration.too_few.items()
    ]
    return Table(
        headings=[
            *("language", "documents", f"tokens {calibration.base}", calibration.field),
            *("factor", level),
        ],
        rows=rows,
        left_aligned={0},
        joined_to_previous={5},
        lead=[calibration.summary],
        notes=list(_notes(calibration)),
        signature=calibration.signature,
    )


def _notes(calibration: Calibration) -> Iterator[str]:
    yield (
        f"The estimates of single documents are off by {calibration.relative_error:.1%} on "
        "average: the sum of errors / the sum of recorded tokens, on the same documents."
    )
    if not calibration.constant:
        yield "The fit gave a constant below 0, so it is 0: nothing seems to be put around a text."
    if calibration.too_few:
        names = ", ".join(describe_language(code).name for code in calibration.too_few)
        yield (
            f"No factor for {names}: a language needs {LEAST} documents. Its estimates will be "
            "undefined; no other language stands in."
        )
    if number := calibration.without_tokens:
        documents = "1 document has" if number == 1 else f"{number:,} documents have"
        yield f"{documents} no token of {calibration.base}, and no part in the fit."
