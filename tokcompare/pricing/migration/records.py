"""The JSON form, the CSV form and the DataFrame of a comparison of costs.

These forms are stable: keys and columns may be added, but never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import isnan
from typing import TYPE_CHECKING, Any

from tokcompare.comparison.records import SCHEMA, bounds, measurement_as_dict, none_if_nan
from tokcompare.comparison.results import Row
from tokcompare.counting.counts import Counts
from tokcompare.metrics.intervals import has_few_documents
from tokcompare.pricing.migration.bills import Bill, Saving
from tokcompare.pricing.migration.notes import notes_on
from tokcompare.pricing.migration.results import CostResults
from tokcompare.pricing.models import PricedModel
from tokcompare.tables import frame

if TYPE_CHECKING:
    import pandas as pd


def as_dict(costs: CostResults) -> dict[str, Any]:
    """Returns the content of the JSON form; an undefined number is None."""
    has_own_ratios = any(getattr(v, "output_tokens", None) for v in costs.volumes.values())
    return {
        "schema": SCHEMA,
        "signature": costs.signature,
        "currency": "USD",
        **({"month": _month_as_dict(costs)} if costs.volumes else {}),
        "models": [_model_as_dict(model) for model in costs.models],
        "output_ratio": None if has_own_ratios else float(costs.output_ratio),
        "request_characters": costs.request_characters,
        "confidence": costs.comparison.method.confidence,
        "rows": [
            {"language": row.group, "name": row.name}
            | _row_as_dict(costs, row.counts, row)
            | {"codes": list(row.codes)}
            for row in costs.rows
        ],
        "total": _row_as_dict(costs, costs.total, None),
        "rejected": costs.comparison.rejections.number,
        "rejected_lines": costs.comparison.rejections.lines,
        "rejected_bytes": costs.comparison.rejections.bytes,
        "notes": notes_on(costs),
    }


def _month_as_dict(costs: CostResults) -> dict[str, Any]:
    """Returns the bill before, and the bill and the saving with each model after."""
    return {
        "has_own_text": costs.has_own_text,
        "before": {"model": costs.before.model, **_bill_as_dict(costs.total_bill(costs.before))},
        "after": [
            {
                "model": model.model,
                **_bill_as_dict(costs.total_bill(model)),
                **_saving_cells(costs.saving(model)),
            }
            for model in costs.models[1:]
        ],
    }


def _bill_as_dict(bill: Bill) -> dict[str, Any]:
    return {
        "total": _number(bill.total),
        "interval": bounds(bill.interval),
        "interval_basis": bill.basis,
        "is_estimate": bill.is_estimate,
    }


def _saving_cells(saving: Saving | None) -> dict[str, Any]:
    return {
        "saved": None if saving is None else _number(saving.amount),
        "saved_share": None if saving is None else none_if_nan(saving.share),
    }


def _model_as_dict(model: PricedModel) -> dict[str, Any]:
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


def _row_as_dict(costs: CostResults, counts: Counts, row: Row | None) -> dict[str, Any]:
    """Returns the JSON form of a row, or of the total if the row is None."""
    by_model: dict[str, Any] = {}
    for model in costs.models:
        cells: dict[str, Any] = {
            "tokens": counts.tokens.get(model.encoding),
            "per_million_characters": _number(costs.per_million_characters(counts, model)),
            "per_thousand_requests": _number(costs.per_thousand_requests(counts, model)),
        }
        if model is not costs.before:
            cells |= {
                "fewer_tokens": measurement_as_dict(costs.fewer_tokens(counts, model)),
                "lower_price": none_if_nan(costs.lower_price(counts, model)),
                "times_cheaper": measurement_as_dict(costs.times_cheaper(counts, model)),
            }
        if row is not None:
            cells["input_price"] = _number(costs.price_of(counts, model).input)
        if costs.volumes:
            bill = costs.total_bill(model) if row is None else costs.bill(row, model)
            cells["bill"] = bill and _bill_as_dict(bill)
        by_model[model.model] = cells
    return {
        "documents": counts.documents,
        "characters": counts.characters,
        "has_few_documents": has_few_documents(counts),
        "models": by_model,
    }


def columns_of(costs: CostResults) -> list[str]:
    """Returns the columns of the records, in order."""
    return [
        *("language", "name", "characters", "before", "after", "is_estimate"),
        *_marks(costs.models),
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
        *(("interval_basis", "saved", "saved_share") if costs.volumes else ()),
        "codes",
    ]


def _marks(models: Iterable[PricedModel]) -> tuple[str, ...]:
    """Returns the columns that say which side is an estimate, if any model is one."""
    is_estimate = any(model.is_estimate for model in models)
    return ("is_estimate_before", "is_estimate_after") if is_estimate else ()


def as_records(costs: CostResults) -> list[dict[str, Any]]:
    """Returns a flat record for each language and each model after; an undefined number is None."""
    return [_record(costs, row, model) for row in costs.rows for model in costs.models[1:]]


def _record(costs: CostResults, row: Row, after: PricedModel) -> dict[str, Any]:
    before, counts = costs.before, row.counts
    fewer = costs.fewer_tokens(counts, after)
    record = {
        "language": row.group,
        "name": row.name,
        "characters": counts.characters,
        "before": before.model,
        "after": after.model,
        "is_estimate": before.is_estimate or after.is_estimate,
        **dict(zip(_marks(costs.models), (before.is_estimate, after.is_estimate), strict=False)),
        "tokens_before": counts.tokens.get(before.encoding),
        "tokens_after": counts.tokens.get(after.encoding),
        "per_million_characters_before": costs.per_million_characters(counts, before),
        "per_million_characters_after": costs.per_million_characters(counts, after),
        "fewer_tokens": none_if_nan(fewer.value),
        "fewer_tokens_low": none_if_nan(fewer.interval.low),
        "fewer_tokens_high": none_if_nan(fewer.interval.high),
        "lower_price": none_if_nan(costs.lower_price(counts, after)),
        "times_cheaper": none_if_nan(costs.times_cheaper(counts, after).value),
    }
    if costs.request_characters:
        record |= {
            "per_thousand_requests_before": costs.per_thousand_requests(counts, before),
            "per_thousand_requests_after": costs.per_thousand_requests(counts, after),
        }
    if costs.volumes:
        record |= _bill_cells("before", costs.bill(row, before))
        bill = costs.bill(row, after)
        record |= _bill_cells("after", bill)
        saving = costs.saving(after, row)
        record |= {
            "interval_basis": None if bill is None else bill.basis,
            "saved": None if saving is None or isnan(saving.amount) else saving.amount,
            "saved_share": None if saving is None else none_if_nan(saving.share),
        }
    return record | {"codes": " ".join(row.codes)}


def as_frame(costs: CostResults) -> pd.DataFrame:
    """Returns a DataFrame of the records; US dollars are floats, an undefined number is `nan`."""
    types = dict.fromkeys(columns_of(costs), "float64")
    types |= dict.fromkeys(["language", "name", "before", "after", "codes"], "str")
    types["characters"] = "int64"
    has_calibrations = any(model.calibration for model in costs.models)
    tokens = ["tokens_before", "tokens_after"]
    types |= dict.fromkeys(tokens, "Int64" if has_calibrations else "int64")
    types |= dict.fromkeys(["is_estimate", *_marks(costs.models)], "bool")
    if costs.volumes:
        types["interval_basis"] = "str"
    return frame(types, as_records(costs))


def _bill_cells(when: str, bill: Bill | None) -> dict[str, Any]:
    return {
        f"bill_{when}": None if bill is None or isnan(bill.total) else bill.total,
        f"bill_{when}_low": bill and none_if_nan(bill.interval.low),
        f"bill_{when}_high": bill and none_if_nan(bill.interval.high),
    }


def _number(number: Decimal | None) -> float | None:
    return None if number is None else none_if_nan(float(number))
