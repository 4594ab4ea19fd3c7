"""A comparison as data: the dictionary of JSON, the flat records of CSV, and the DataFrame.

The forms are a promise: keys and columns are added, never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import TYPE_CHECKING, Any

from tokcompare.comparison.notes import notes_on
from tokcompare.comparison.results import ComparisonResults, Measurement, Row
from tokcompare.counting.counts import Counts
from tokcompare.errors import SourceError
from tokcompare.metrics import Metric
from tokcompare.metrics.intervals import Interval, has_few_documents
from tokcompare.tables import frame

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
"""The version of the dictionary. Within one version, keys are only added."""

# The suffixes of a metric's columns: of its value, its interval, and its difference.
_VALUE = ("",)
_BOUNDS = ("_low", "_high")
_DIFFERENCE = ("_difference", "_difference_low", "_difference_high")


def as_dict(results: ComparisonResults) -> dict[str, Any]:
    """Returns the dictionary that becomes JSON; an undefined number is None."""
    return {
        "schema": SCHEMA,
        "signature": results.signature,
        "encodings": list(results.encodings),
        "keeps_text": dict(results.keeps_text),
        **({"recorded": dict(results.recorded)} if results.recorded else {}),
        **({"is_estimate": _estimates(results)} if results.calibrations else {}),
        "by": results.by,
        "metrics": list(results.metric_names),
        "confidence": results.method.confidence,
        "rows": [
            _head(results, row)
            | _counts_as_dict(results, row.counts)
            | {column: list(row.codes) for column in _codes_columns(results)}
            for row in results.rows
        ],
        "total": _counts_as_dict(results, results.total),
        "rejected": results.rejections.number,
        "rejected_lines": results.rejections.lines,
        "rejected_bytes": results.rejections.bytes,
        "rejections": list(map(_rejection, results.rejections.first)),
        "notes": notes_on(results),
    }


def columns_of(results: ComparisonResults) -> list[str]:
    """Returns the columns of the records, in order.

    There are columns of published numbers only if a row has such numbers, and columns of lost bytes
    only for encodings that may lose text.
    """
    encodings = results.encodings
    has_published = any(row.counts.published for row in results.rows)
    return [
        *_head_columns(results),
        *_lengths(results, results.total),
        *(f"tokens_{encoding}" for encoding in encodings),
        *_metric_columns(results),
        *(f"published_{encoding}" for encoding in encodings if has_published),
        *(f"lost_bytes_{encoding}" for encoding in results.total.lost_bytes),
        *_codes_columns(results),
        *(f"is_estimate_{encoding}" for encoding in encodings if results.calibrations),
    ]


def _estimates(results: ComparisonResults) -> dict[str, bool]:
    """Returns which encodings are estimated; empty if none is."""
    if not results.calibrations:
        return {}
    return {encoding: results.is_estimate(encoding) for encoding in results.encodings}


def as_records(results: ComparisonResults) -> list[dict[str, Any]]:
    """Returns a flat record for each row; an undefined number is None."""
    columns = columns_of(results)
    records = []
    for row in results.rows:
        record: dict[str, Any] = {
            **_head(results, row),
            **_lengths(results, row.counts),
            **{f"tokens_{encoding}": number for encoding, number in row.counts.tokens.items()},
            **{f"published_{name}": number for name, number in row.counts.published.items()},
            **{f"lost_bytes_{name}": number for name, number in row.counts.lost_bytes.items()},
            "codes": " ".join(row.codes),
            **{f"is_estimate_{name}": mark for name, mark in _estimates(results).items()},
        }
        for name, encoding, number in _numbers(results, row):
            record[f"{name}_{encoding}"] = none_if_nan(number)
        records.append({column: record.get(column) for column in columns})
    return records


def as_frame(results: ComparisonResults) -> pd.DataFrame:
    """Returns a tidy DataFrame with one row for each group under each encoding."""
    types = {
        **dict.fromkeys([*_head_columns(results), "encoding"], "str"),
        **({"depth": "int64"} if results.is_tree else {}),
        **dict.fromkeys(_lengths(results, results.total), "Int64"),
        **dict.fromkeys(["documents", "bytes", "characters"], "int64"),
        "tokens": "int64",
        "published": "Int64",
    }
    if results.total.lost_bytes:
        types["lost_bytes"] = "Int64"
    for metric in results.chosen_metrics:
        for suffixes in _suffixes(metric):
            types |= dict.fromkeys([metric.name + suffix for suffix in suffixes], "float64")
    types |= dict.fromkeys(_codes_columns(results), "str")
    if results.calibrations:
        types |= {"tokens": "Int64", "is_estimate": "bool"}
    records: list[dict[str, Any]] = []
    for row in results.rows:
        of_encodings: dict[str, dict[str, Any]] = {
            encoding: {
                **_head(results, row),
                "encoding": encoding,
                **_lengths(results, row.counts),
                "tokens": row.counts.tokens.get(encoding),
                "published": row.counts.published.get(encoding),
                "lost_bytes": row.counts.lost_bytes.get(encoding),
                "codes": " ".join(row.codes),
                "is_estimate": results.is_estimate(encoding),
            }
            for encoding in results.encodings
        }
        for name, encoding, number in _numbers(results, row):
            of_encodings[encoding][name] = number
        records += of_encodings.values()
    return frame(types, records)


def _head_columns(results: ComparisonResults) -> list[str]:
    if results.by == "language":
        return ["language", "name"]
    return ["group", "depth", "parent"] if results.is_tree else ["group"]


def _head(results: ComparisonResults, row: Row) -> dict[str, str | int]:
    head: dict[str, str | int] = {
        "language": row.group,
        "group": row.group,
        "name": row.name,
        "depth": row.depth,
        "parent": row.parent,
    }
    return {column: head[column] for column in _head_columns(results)}


def _codes_columns(results: ComparisonResults) -> list[str]:
    return ["codes"] if results.by == "language" else []


def _lengths(results: ComparisonResults, counts: Counts) -> dict[str, int | None]:
    """Returns the number of documents, and the length of the text in each unit that was counted."""
    columns = (quantity.name for quantity in results.optional_quantities if quantity.is_column)
    lengths = {key: counts.sums.get(key) for key in ("bytes", "characters", *columns)}
    return {"documents": counts.documents} | lengths


def _metric_columns(results: ComparisonResults) -> Iterator[str]:
    """Yields the columns of all values, then those of all bounds, then those of all differences."""
    for suffixes in (_VALUE, _BOUNDS, _DIFFERENCE):
        for metric in results.chosen_metrics:
            if suffixes not in _suffixes(metric):
                continue
            of_metric = results.encodings_of(metric)
            for encoding in results.encodings[1:] if suffixes == _DIFFERENCE else of_metric:
                yield from (f"{metric.name}{suffix}_{encoding}" for suffix in suffixes)


def _counts_as_dict(results: ComparisonResults, counts: Counts) -> dict[str, Any]:
    values: dict[str, Any] = {}
    intervals: dict[str, Any] = {}
    differences: dict[str, Any] = {}
    for metric in results.chosen_metrics:
        measured = dict(_measure(results, counts, metric))
        values[metric.name] = {e: none_if_nan(one.value) for e, one in measured.items()}
        if metric.has_interval:
            intervals[metric.name] = {
                encoding: bounds(one.interval) for encoding, one in measured.items()
            }
        if metric.has_difference:
            differences[metric.name] = {
                encoding: measurement_as_dict(one)
                for encoding, one in _differ(results, counts, metric)
            }
    return {
        **_lengths(results, counts),
        "tokens": {encoding: counts.tokens.get(encoding) for encoding in results.encodings},
        **values,
        "intervals": intervals,
        "has_few_documents": has_few_documents(counts),
        "differences": differences,
        "published": dict(counts.published) or None,
        **lost_bytes_as_dict(counts),
    }


def lost_bytes_as_dict(counts: Counts) -> dict[str, Any]:
    """Returns the key "lost_bytes", if an encoding may lose text."""
    return {"lost_bytes": counts.lost_bytes} if counts.lost_bytes else {}


def _suffixes(metric: Metric) -> list[tuple[str, ...]]:
    """Returns the suffixes of the columns that a metric has."""
    return [
        _VALUE,
        *([_BOUNDS] if metric.has_interval else []),
        *([_DIFFERENCE] if metric.has_difference else []),
    ]


def _numbers(results: ComparisonResults, row: Row) -> Iterator[tuple[str, str, float]]:
    """Yields the numbers of a row: the metric's name with a suffix, the encoding, the number."""
    for metric in results.chosen_metrics:
        # Records have no total, so values over all languages stand in each row.
        counts = results.total if metric.is_over_languages else row.counts
        of_metric = [(_VALUE + _BOUNDS, *one) for one in _measure(results, counts, metric)]
        if metric.has_difference:
            of_metric += [(_DIFFERENCE, *one) for one in _differ(results, counts, metric)]
        for suffixes, encoding, one in of_metric:
            numbers = (one.value, one.interval.low, one.interval.high)
            for suffix, number in zip(suffixes, numbers, strict=True):
                yield metric.name + suffix, encoding, number


def _measure(
    results: ComparisonResults, counts: Counts, metric: Metric
) -> Iterator[tuple[str, Measurement]]:
    for encoding in results.encodings_of(metric):
        yield encoding, results.measure(counts, metric.name, encoding)


def _differ(
    results: ComparisonResults, counts: Counts, metric: Metric
) -> Iterator[tuple[str, Measurement]]:
    for encoding in results.encodings[1:]:
        yield encoding, results.difference(counts, metric.name, encoding)


def _rejection(error: SourceError) -> dict[str, Any]:
    places = ("name", "line", "row", "offset", "reason")
    return {"message": str(error)} | {place: getattr(error, place, None) for place in places}


def measurement_as_dict(measured: Measurement) -> dict[str, Any]:
    """Returns the value and the interval; an undefined one is None."""
    return {"value": none_if_nan(measured.value), "interval": bounds(measured.interval)}


def bounds(interval: Interval) -> list[float] | None:
    """Returns the two bounds of an interval; None if it is undefined."""
    return None if isnan(interval.low) else [interval.low, interval.high]


def none_if_nan(number: float) -> float | None:
    """Returns a number as JSON and CSV have it: None if it is `nan`."""
    return None if isnan(number) else number
