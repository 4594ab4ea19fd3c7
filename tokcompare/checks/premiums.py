"""Premiums of a check: the tokens of a language per token of the reference, on parallel files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan

from tokcompare.checks.counts import FileCount
from tokcompare.checks.limits import Limits
from tokcompare.counting.counts import Counts
from tokcompare.errors import unknown_name
from tokcompare.languages import (
    UNDETERMINED,
    describe_entry,
    entry_of,
    match_language,
    resolve_language,
)
from tokcompare.metrics import METRICS
from tokcompare.sources.document import SourceFile

_LISTED = 3
"""How many files without a counterpart are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Premium:
    """The premium of a language under an encoding, and its limit.

    Attributes:
        language: The entry of the language.
        reference: The entry of the reference language.
        encoding: The encoding.
        value: The premium, as the metric `premium` defines it; `nan` if it is undefined.
        limit: The highest that it may be.
        reason: Why it is undefined; "" if it is not.
    """

    language: str
    reference: str
    encoding: str
    value: float
    limit: float
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is defined, and not above its limit."""
        return self.value <= self.limit

    @property
    def message(self) -> str:
        """The premium and its limit, as a sentence."""
        name, other = (describe_entry(entry).name for entry in (self.language, self.reference))
        start = f"{name}: the premium over {other} under {self.encoding} is"
        if self.reason:
            return f"{start} undefined, and the limit is {self.limit:g}: {self.reason}"
        if self.holds:
            return f"{start} {self.value:.3g}, and the limit is {self.limit:g}."
        # More digits where the same ones would be shown.
        shown = f"{self.value:.2f}"
        shown = shown if float(shown) > self.limit else f"{self.value:.6g}"
        return f"{start} {shown}, above the limit of {self.limit:g}."


def find_premiums(
    counted: Sequence[FileCount],
    encodings: Sequence[str],
    limits: Limits[float],
    reference: str | None,
) -> list[Premium]:
    """Returns the premiums of the languages that have a limit.

    Args:
        counted: The files.
        encodings: The encodings.
        limits: The highest premium, by language.
        reference: The language that premiums are relative to; None means English.

    Raises:
        UnknownNameError: There is no text in the reference language.
    """
    if not limits:
        return []
    counts = _counts_by_language(counted, encodings)
    base = _find_reference(reference, counts)
    premiums = []
    for language, of_language in counts.items():
        limit = limits.of(language)
        if limit is None or language in (base, UNDETERMINED):
            continue
        for encoding in encodings:
            value = METRICS["premium"].function(
                of_language, reference=counts[base], encoding=encoding
            )
            reason = ""
            if isnan(value):
                reason = _reason(counted, (language, base), counts)
            premiums.append(
                Premium(
                    language=language,
                    reference=base,
                    encoding=encoding,
                    value=value,
                    limit=limit,
                    reason=reason,
                )
            )
    return premiums


def _counts_by_language(
    counted: Iterable[FileCount], encodings: Sequence[str]
) -> dict[str, Counts]:
    sums: dict[str, dict[str, int]] = {}
    numbers: dict[str, int] = {}
    for each in counted:
        for document in each.documents:
            of_language = sums.setdefault(document.language, {})
            numbers[document.language] = numbers.get(document.language, 0) + 1
            for encoding in encodings:
                key = f"tokens {encoding}"
                of_language[key] = of_language.get(key, 0) + document.tokens[encoding]
            for encoding in each.lossy:
                of_language[f"lost {encoding}"] = 1
    return {
        language: Counts(documents=numbers[language], sums=of_language, products={})
        for language, of_language in sums.items()
    }


def _find_reference(reference: str | None, counts: Iterable[str]) -> str:
    entries = list(counts)
    wanted = reference or "en"
    match = match_language(resolve_language(wanted)[0], entries)
    exact = entry_of(wanted)
    if exact in entries:
        return exact
    if len(match.entries) == 1:
        return match.entries[0]
    raise unknown_name("reference language", wanted, entries)


def _reason(
    counted: Iterable[FileCount], languages: tuple[str, str], counts: dict[str, Counts]
) -> str:
    """Returns why the premium of a language over another one is undefined."""
    numbers = [counts[language].documents for language in languages]
    names = [describe_entry(language).name for language in languages]
    if numbers[0] == numbers[1]:
        return f"there is no token in {names[1]}, or the encoding loses text."
    alone = _without_counterpart(counted, languages)
    more = f" and {len(alone) - _LISTED:,} more" if len(alone) > _LISTED else ""
    listed = ", ".join(map(repr, alone[:_LISTED]))
    hint = f" Without a counterpart: {listed}{more}." if alone else ""
    return (
        f"there are {numbers[0]:,} documents in {names[0]} and {numbers[1]:,} in {names[1]}, and "
        f"text must be parallel.{hint}"
    )


def _without_counterpart(counted: Iterable[FileCount], languages: tuple[str, str]) -> list[str]:
    """Returns the files of two languages whose path has no counterpart in the other language."""
    files: dict[str, dict[str, str]] = {language: {} for language in languages}
    for each in counted:
        if each.file.language is not None and (entry := entry_of(each.file.language)) in files:
            files[entry][_skeleton(each.file)] = each.file.name
    first, second = (files[language] for language in languages)
    lone = [name for key, name in (first | second).items() if key not in first.keys() & second]
    return sorted(lone)


def _skeleton(file: SourceFile) -> str:
    """Returns a path without the language that it names."""
    spelling = re.escape(file.spelling or file.language or "")
    return re.sub(rf"(?<![^/\\._-]){spelling}(?![^/\\._-])", "*", file.path)
