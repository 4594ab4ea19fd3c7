"""A comparison of costs, written down: the dictionary of JSON and the flat records of CSV.

Their forms are a promise: keys and columns are added, never changed.
"""

from __future__ import annotations

from decimal import Decimal
from math import isnan
from typing import Any

from tokcompare.comparison.comparison import Measurement, Row
from tokcompare.comparison.records import SCHEMA
from tokcompare.counting.counter import Counts
from tokcompare.metrics.intervals import Interval
from tokcompare.pricing.migration import Bill, CostComparison, PricedModel


def as_dict(costs: CostComparison) -> dict[str, Any]:
    """Returns what JSON holds of a comparison of costs; an undefined number is None."""
    total = costs.comparison.total
    return {
        "schema": SCHEMA,
        "signature": costs.signature,
        "currency": "USD",
        "models": [_model_as_dict(costs, model) for model in costs.models],
        "output_ratio": float(costs.output_ratio),
        "request_characters": costs.request_characters,
        "confidence": costs.comparison.method.confidence,
        "rows": [
            {"language": row.group, "name": row.name} | _row_as_dict(costs, row.counts, row)
            for row in costs.rows
        ],
        "total": _row_as_dict(costs, total, None),
        "rejected": costs.comparison.rejections.number,
        "notes": costs.notes,
    }


def _model_as_dict(costs: CostComparison, model: PricedModel) -> dict[str, Any]:
    rates = model.price_of()
    return {
        "model": model.model,
        "encoding": model.encoding,
        "is_estimate": model.is_estimate,
        "provider": rates.provider or None,
        "input": _number(rates.input),
        "cached_input": _number(rates.cached_input),
        "output": _number(rates.output),
        "is_batch": rates.is_batch,
        "day": rates.day.isoformat(),
        "as_of": rates.as_of.isoformat() if rates.as_of else None,
        "source": rates.source,
    }


def _row_as_dict(costs: CostComparison, counts: Counts, row: Row | None) -> dict[str, Any]:
    by_model: dict[str, Any] = {}
    for model in costs.models:
        one: dict[str, Any] = {
            "tokens": counts.tokens[model.encoding],
            "per_million_characters": _number(costs.per_million_characters(counts, model)),
            "per_thousand_requests": _number(costs.per_thousand_requests(counts, model)),
        }
        if model is not costs.before:
            one |= {
                "fewer_tokens": _measured(costs.fewer_tokens(counts, model)),
                "lower_price": _number(costs.lower_price(counts, model)),
                "times_cheaper": _measured(costs.times_cheaper(counts, model)),
            }
        if row is not None:
            one["input_price"] = _number(costs.price_of(counts, model).input)
        if costs.volumes:
            bill = costs.total_bill(model) if row is None else costs.bill(row, model)
            one["bill"] = bill and {
                "total": _number(bill.total),
                "interval": _bounds(bill.interval),
            }
        by_model[model.model] = one
    return {
        "documents": counts.documents,
        "characters": counts.characters,
        "models": by_model,
    }


def columns_of(costs: CostComparison) -> list[str]:
    """Returns the columns of the records, in order."""
    return [
        *("language", "name", "characters", "before", "after", "is_estimate"),
        *("tokens_before", "tokens_after"),
        *("per_million_characters_before", "per_million_characters_after"),
        *("fewer_tokens", "fewer_tokens_low", "fewer_tokens_high", "lower_price", "times_cheaper"),
        *(
            f"per_thousand_requests_{when}"
            for when in ("before", "after")
            if costs.request_characters
        ),
        *(
            f"bill_{when}{bound}"
            for when in ("before", "after")
            for bound in ("", "_low", "_high")
            if costs.volumes
        ),
    ]


def as_records(costs: CostComparison) -> list[dict[str, Any]]:
    """Returns a flat record for each language and each model after; an undefined number is None."""
    before = costs.before
    records = []
    for row in costs.rows:
        counts = row.counts
        for model in costs.models[1:]:
            fewer = costs.fewer_tokens(counts, model)
            record = {
                "language": row.group,
                "name": row.name,
                "characters": counts.characters,
                "before": before.model,
                "after": model.model,
                "is_estimate": before.is_estimate or model.is_estimate,
                "tokens_before": counts.tokens[before.encoding],
                "tokens_after": counts.tokens[model.encoding],
                "per_million_characters_before": costs.per_million_characters(counts, before),
                "per_million_characters_after": costs.per_million_characters(counts, model),
                "fewer_tokens": _number(fewer.value),
                "fewer_tokens_low": _number(fewer.interval.low),
                "fewer_tokens_high": _number(fewer.interval.high),
                "lower_price": _number(costs.lower_price(counts, model)),
                "times_cheaper": _number(costs.times_cheaper(counts, model).value),
            }
            if costs.request_characters:
                record |= {
                    "per_thousand_requests_before": costs.per_thousand_requests(counts, before),
                    "per_thousand_requests_after": costs.per_thousand_requests(counts, model),
                }
            if costs.volumes:
                for when, which in (("before", before), ("after", model)):
                    record |= _bill_cells(when, costs.bill(row, which))
            records.append(record)
    return records


def _bill_cells(when: str, bill: Bill | None) -> dict[str, Any]:
    return {
        f"bill_{when}": bill and bill.total,
        f"bill_{when}_low": bill and _number(bill.interval.low),
        f"bill_{when}_high": bill and _number(bill.interval.high),
    }


def _measured(measurement: Measurement) -> dict[str, Any]:
    return {"value": _number(measurement.value), "interval": _bounds(measurement.interval)}


def _bounds(interval: Interval) -> list[float] | None:
    return None if isnan(interval.low) else [interval.low, interval.high]


def _number(number: Decimal | float | None) -> float | None:
    return None if number is None or isnan(number) else float(number)
