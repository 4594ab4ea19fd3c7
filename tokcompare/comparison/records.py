"""A comparison written down: the dictionary of JSON, the flat records of CSV, the DataFrame.

Their forms are a promise: keys and columns are added, never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import TYPE_CHECKING, Any

from tokcompare.comparison.comparison import Comparison, Measurement, Row
from tokcompare.counting.counter import Counts
from tokcompare.errors import SourceError
from tokcompare.metrics import METRICS, Metric

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = 1
"""The version of the form of `as_dict`. Within one version, keys are only added."""

_OPTIONAL = ("graphemes", "words")


def as_dict(comparison: Comparison) -> dict[str, Any]:
    """Returns what JSON holds of a comparison; an undefined number is None."""
    return {
        "schema": SCHEMA,
        "signature": comparison.signature,
        "encodings": list(comparison.encodings),
        "keeps_text": dict(comparison.keeps_text),
        "by": comparison.by,
        "metrics": list(comparison.metric_names),
        "confidence": comparison.method.confidence,
        "rows": [
            _head(comparison, row) | _counts_as_dict(comparison, row.counts)
            for row in comparison.rows
        ],
        "total": _counts_as_dict(comparison, comparison.total),
        "rejected": comparison.rejections.number,
        "rejections": list(map(_rejection, comparison.rejections.first)),
        "notes": comparison.notes,
    }


def _rejection(error: SourceError) -> dict[str, Any]:
    places = ("name", "line", "row", "offset", "reason")
    return {"message": str(error)} | {place: getattr(error, place, None) for place in places}


def _head(comparison: Comparison, row: Row) -> dict[str, str]:
    if comparison.by == "language":
        return {"language": row.group, "name": row.name}
    return {"group": row.group}


def _counts_as_dict(comparison: Comparison, counts: Counts) -> dict[str, Any]:
    values: dict[str, Any] = {}
    intervals: dict[str, Any] = {}
    differences: dict[str, Any] = {}
    for metric in _metrics(comparison):
        measured = _measure(comparison, counts, metric)
        values[metric.name] = {e: _none_if_nan(one.value) for e, one in measured.items()}
        if _has_interval(metric):
            intervals[metric.name] = {e: _bounds(one) for e, one in measured.items()}
        if _has_difference(metric):
            differences[metric.name] = {
                encoding: {"value": _none_if_nan(one.value), "interval": _bounds(one)}
                for encoding, one in _differ(comparison, counts, metric).items()
            }
    return {
        "documents": counts.documents,
        "bytes": counts.bytes,
        "characters": counts.characters,
        **{quantity: counts.sums.get(quantity) for quantity in _optional(comparison)},
        "tokens": counts.tokens,
        **values,
        "intervals": intervals,
        "differences": differences,
        "published": dict(counts.published) or None,
    }


def columns_of(comparison: Comparison) -> list[str]:
    """Returns the columns of the records, in order.

    There are columns of published numbers only if some row has such numbers.
    """
    encodings, others = comparison.encodings, comparison.encodings[1:]
    chosen = _metrics(comparison)
    has_published = any(row.counts.published for row in comparison.rows)
    return [
        *(["language", "name"] if comparison.by == "language" else ["group"]),
        *("documents", "bytes", "characters"),
        *_optional(comparison),
        *(f"tokens_{encoding}" for encoding in encodings),
        *(f"{m.name}_{encoding}" for m in chosen for encoding in comparison.encodings_of(m)),
        *(
            f"{metric.name}_{bound}_{encoding}"
            for metric in chosen
            if _has_interval(metric)
            for encoding in comparison.encodings_of(metric)
            for bound in ("low", "high")
        ),
        *(
            f"{metric.name}_difference{bound}_{encoding}"
            for metric in chosen
            if _has_difference(metric)
            for encoding in others
            for bound in ("", "_low", "_high")
        ),
        *(f"published_{encoding}" for encoding in encodings if has_published),
    ]


def as_records(comparison: Comparison) -> list[dict[str, Any]]:
    """Returns a flat record for each row; an undefined number is None."""
    columns = columns_of(comparison)
    records = []
    for row in comparison.rows:
        record = dict(_cells(comparison, row))
        records.append({column: record.get(column) for column in columns})
    return records


def _cells(comparison: Comparison, row: Row) -> Iterator[tuple[str, Any]]:
    counts = row.counts
    yield from _head(comparison, row).items()
    yield "documents", counts.documents
    for quantity in ("bytes", "characters", *_optional(comparison)):
        yield quantity, counts.sums.get(quantity)
    yield from ((f"tokens_{encoding}", number) for encoding, number in counts.tokens.items())
    for metric in _metrics(comparison):
        of = _counts_for(comparison, row, metric)
        for encoding, one in _measure(comparison, of, metric).items():
            yield f"{metric.name}_{encoding}", _none_if_nan(one.value)
            yield f"{metric.name}_low_{encoding}", _none_if_nan(one.interval.low)
            yield f"{metric.name}_high_{encoding}", _none_if_nan(one.interval.high)
        if _has_difference(metric):
            for encoding, one in _differ(comparison, counts, metric).items():
                yield f"{metric.name}_difference_{encoding}", _none_if_nan(one.value)
                yield f"{metric.name}_difference_low_{encoding}", _none_if_nan(one.interval.low)
                yield f"{metric.name}_difference_high_{encoding}", _none_if_nan(one.interval.high)
    yield from ((f"published_{encoding}", n) for encoding, n in counts.published.items())


def as_frame(comparison: Comparison) -> pd.DataFrame:
    """Returns a tidy DataFrame with a row for each group under each encoding."""
    import pandas as pd

    head = ["language", "name"] if comparison.by == "language" else ["group"]
    types: dict[str, Any] = {
        **dict.fromkeys([*head, "encoding"], "str"),
        **dict.fromkeys(["documents", "bytes", "characters"], "int64"),
        **dict.fromkeys(_optional(comparison), "Int64"),
        "tokens": "int64",
        "published": "Int64",
    }
    for metric in _metrics(comparison):
        suffixes = ["", *(["_low", "_high"] if _has_interval(metric) else [])]
        if _has_difference(metric):
            suffixes += ["_difference", "_difference_low", "_difference_high"]
        types |= dict.fromkeys([f"{metric.name}{suffix}" for suffix in suffixes], "float64")
    records = [
        dict(_frame_cells(comparison, row, encoding))
        for row in comparison.rows
        for encoding in comparison.encodings
    ]
    return pd.DataFrame(records, columns=list(types)).astype(types)


def _frame_cells(comparison: Comparison, row: Row, encoding: str) -> Iterator[tuple[str, Any]]:
    counts = row.counts
    yield from _head(comparison, row).items()
    yield "encoding", encoding
    yield "documents", counts.documents
    for quantity in ("bytes", "characters", *_optional(comparison)):
        yield quantity, counts.sums.get(quantity)
    yield "tokens", counts.tokens[encoding]
    yield "published", counts.published.get(encoding)
    for metric in _metrics(comparison):
        if encoding in comparison.encodings_of(metric):
            of = _counts_for(comparison, row, metric)
            measured = comparison.measure(of, metric.name, encoding)
            yield metric.name, measured.value
            yield f"{metric.name}_low", measured.interval.low
            yield f"{metric.name}_high", measured.interval.high
        if _has_difference(metric) and encoding != comparison.baseline:
            differs = comparison.difference(counts, metric.name, encoding)
            yield f"{metric.name}_difference", differs.value
            yield f"{metric.name}_difference_low", differs.interval.low
            yield f"{metric.name}_difference_high", differs.interval.high


def _metrics(comparison: Comparison) -> list[Metric]:
    return [METRICS[name] for name in comparison.metric_names]


def _optional(comparison: Comparison) -> list[str]:
    """Returns the quantities that were counted because a metric asked for them."""
    needs = {need for metric in _metrics(comparison) for need in metric.needs}
    return [quantity for quantity in _OPTIONAL if quantity in needs]


def _counts_for(comparison: Comparison, row: Row, metric: Metric) -> Counts:
    """Returns the counts that a metric is of; what is said of all languages stands in each row."""
    return comparison.total if metric.against == "languages" else row.counts


def _measure(comparison: Comparison, counts: Counts, metric: Metric) -> dict[str, Measurement]:
    return {
        encoding: comparison.measure(counts, metric.name, encoding)
        for encoding in comparison.encodings_of(metric)
    }


def _differ(comparison: Comparison, counts: Counts, metric: Metric) -> dict[str, Measurement]:
    return {
        encoding: comparison.difference(counts, metric.name, encoding)
        for encoding in comparison.encodings[1:]
    }


def _has_interval(metric: Metric) -> bool:
    return metric.ratio is not None or metric.against == "reference language"


def _has_difference(metric: Metric) -> bool:
    return metric.against == "reference language" or (
        metric.ratio is not None and metric.against == "nothing"
    )


def _bounds(measured: Measurement) -> list[float] | None:
    interval = measured.interval
    return None if isnan(interval.low) else [interval.low, interval.high]


def _none_if_nan(number: float) -> float | None:
    return None if isnan(number) else number
