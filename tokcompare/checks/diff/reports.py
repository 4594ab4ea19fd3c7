"""Stored reports: what `tokcompare report -f json` wrote, read again and checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from tokcompare.counting import stored as checked
from tokcompare.errors import BaselineError, SourceError
from tokcompare.sources.paths import format_of_path
from tokcompare.sources.storage import display_name
from tokcompare.sources.streams import open_text

_BEGIN = 1 << 16
"""How many bytes are looked at to tell a report from a source."""

_MARK = b'"signature": "tokcompare:'

TOTAL = "total"
"""The group of the total."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredValue:
    """A number of a report, and its interval.

    Attributes:
        value: The number; None if it is undefined.
        interval: The two bounds of its confidence interval; None if it has none.
    """

    value: float | None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRow:
    """A row of a report.

    Attributes:
        group: The group: a language code, the name of a file, or the value of a field; `TOTAL` for
            the total.
        name: The name of the group.
        documents: The number of its documents.
        characters: The number of its characters.
        values: Its tokens ("tokens") and metrics, by name and encoding.
    """

    group: str
    name: str
    documents: int
    characters: int
    values: Mapping[tuple[str, str], StoredValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReport:
    """A report.

    Attributes:
        name: The name of its file, or of the source that was counted, for messages.
        signature: The parts of its signature by name.
        encodings: The first digits of the SHA-256 of each encoding by name, the baseline first.
        metrics: The names of its metrics.
        confidence: The level of its intervals.
        rows: Its rows, by group; the total is the last one.
    """

    name: str
    signature: Mapping[str, str]
    encodings: Mapping[str, str]
    metrics: tuple[str, ...]
    confidence: float
    rows: Mapping[str, StoredRow]

    @property
    def by(self) -> str:
        """What its rows are: "language", "source" or the name of a field."""
        return self.signature["by"]


def read_report(path: str) -> StoredReport:
    """Reads a report.

    Raises:
        BaselineError: It is damaged, or no report.
        SourceError: It cannot be read.
    """
    name = display_name(path)
    try:
        found = _load(path)
    except (ValueError, RecursionError) as error:
        raise _damaged(name, str(error) or type(error).__name__) from error
    if found is None:
        raise _damaged(name, "it has no signature")
    return parse_report(found, name)


def find_report(path: str) -> StoredReport | None:
    """Returns the report in a file; None for anything else that may be a source.

    Standard input and pipes are none, because they can be read only once.

    Raises:
        BaselineError: It is a report, and damaged.
    """
    try:
        if not Path(path).is_file():
            return None
        found = _load(path)
    except (ValueError, RecursionError, SourceError):
        return None
    return None if found is None else parse_report(found, display_name(path))


def _load(path: str) -> Mapping[str, Any] | None:
    """Returns the object in a file of JSON; None if it is no object with a signature.

    Raises:
        ValueError: It is not JSON.
    """
    with open_text(path, name=display_name(path)) as opened:
        begin = opened.stream.read(_BEGIN)
        # A source may be too large to be read as a whole.
        is_object = begin.lstrip()[:1] == b"{"
        if not is_object or (_MARK not in begin and format_of_path(path) != "json"):
            raise ValueError("it is no object of JSON, or has no signature")
        content = begin + opened.stream.read()
    found = json.loads(
        content.decode("utf-8"),
        parse_constant=checked.refuse_constant,
        object_pairs_hook=checked.unique,
    )
    return found if isinstance(found, dict) and "signature" in found else None


def _damaged(name: str, reason: str) -> BaselineError:
    return BaselineError(
        f"{name!r} is no report of tokcompare, or is damaged: {reason}. tokcompare report -f json "
        "writes one."
    )


def parse_report(stored: Mapping[str, Any], name: str) -> StoredReport:
    """Returns a report from the dictionary of its JSON.

    Args:
        stored: The dictionary.
        name: The name of its file, or of the source that was counted.

    Raises:
        BaselineError: It is damaged.
    """
    try:
        return _parse(stored, name)
    except ValueError as error:
        raise _damaged(name, str(error)) from error


_KEYS = ("schema", "signature", "encodings", "by", "metrics", "confidence", "rows", "total")
_OF_SIGNATURE = ("encodings", "source", "special", "normalization", "aggregation", "by")


def _parse(stored: Mapping[str, Any], name: str) -> StoredReport:
    checked.record(stored, _KEYS)
    parts = checked.string(stored["signature"]).split("|")
    signature = {part: value for part, _, value in (part.partition(":") for part in parts)}
    checked.record(signature, _OF_SIGNATURE)
    encodings = {}
    for each in signature["encodings"].split(","):
        encoding, _, digest = each.rpartition("@")
        encodings[encoding] = digest
    if list(encodings) != list(checked.items(stored["encodings"], checked.string)):
        raise ValueError("its encodings are not those of its signature")
    metrics = checked.items(stored["metrics"], checked.string)
    key = "language" if signature["by"] == "language" else "group"
    rows = {}
    for row in checked.items(stored["rows"], checked.record):
        group = checked.string(checked.record(row, (key,))[key])
        if group in rows:
            raise ValueError(f"the row {group!r} is there twice")
        rows[group] = _row(row, group, str(row.get("name", group)), encodings, metrics)
    rows.pop(TOTAL, None)
    total = checked.record(stored["total"])
    return StoredReport(
        name=name,
        signature=signature,
        encodings=encodings,
        metrics=metrics,
        confidence=_number(stored["confidence"]) or 0.0,
        rows={**rows, TOTAL: _row(total, TOTAL, "Total", encodings, metrics)},
    )


def _row(
    row: Mapping[str, Any],
    group: str,
    name: str,
    encodings: Mapping[str, str],
    metrics: tuple[str, ...],
) -> StoredRow:
    checked.record(row, ("documents", "characters", "tokens", "intervals", *metrics))
    tokens = checked.mapping(row["tokens"], checked.whole)
    if tokens.keys() != encodings.keys():
        raise ValueError(f"{name!r} has not the tokens of each encoding")
    values = {("tokens", each): StoredValue(value=number) for each, number in tokens.items()}
    intervals = checked.record(row["intervals"])
    for metric in metrics:
        of_metric = checked.record(intervals.get(metric, {}))
        for encoding, number in checked.mapping(row[metric], _number).items():
            values[metric, encoding] = StoredValue(
                value=number, interval=_interval(of_metric.get(encoding))
            )
    return StoredRow(
        group=group,
        name=name,
        documents=checked.whole(row["documents"]),
        characters=checked.whole(row["characters"]),
        values=values,
    )


def _number(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        raise ValueError(f"{ascii(value)[:40]} is no number")
    return value


def _interval(value: object) -> tuple[float, float] | None:
    if value is None:
        return None
    low, high = checked.row(value, _number, _number)
    if low is None or high is None:
        raise ValueError("an interval has no bounds")
    return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """How the intervals of a report were computed: see `comparison.compare`."""

    confidence: float
    resamples: int
    seed: int


def interval_of(report: StoredReport) -> Interval:
    """Returns how the intervals of a report were computed.

    Raises:
        BaselineError: Its signature does not say it.
    """
    text = report.signature.get("interval", "")
    found = re.fullmatch(r"([0-9.e-]+),(?:linear|bootstrap-t,([0-9]+),seed ([0-9]+))", text)
    if found is None:
        raise _damaged(report.name, f"the interval {text[:40]!r} of its signature is not known")
    return Interval(
        confidence=report.confidence, resamples=int(found[2] or 0), seed=int(found[3] or 0)
    )
