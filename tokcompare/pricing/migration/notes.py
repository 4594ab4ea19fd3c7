"""The sentences about a comparison of costs: its summary, and its notes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from math import isnan

from tokcompare.encodings.models import find_tokenizer_of_model
from tokcompare.pricing.counted import notes_on_tokenizers
from tokcompare.pricing.migration.bills import Bill
from tokcompare.pricing.migration.results import CostResults
from tokcompare.pricing.models import PricedModel
from tokcompare.pricing.prices import Price, dollars
from tokcompare.tables import UNDEFINED


def summary_of(costs: CostResults) -> list[str]:
    """Returns the bills before and after, and the saving, for each model after.

    It is empty if there are no volumes.
    """
    if not costs.volumes:
        return []
    return [_summary(costs, model) for model in costs.models[1:]]


def _summary(costs: CostResults, model: PricedModel) -> str:
    bills = costs.total_bill(costs.before), costs.total_bill(model)
    before, after = map(_amount, bills)
    change = f"{costs.before.label} → {model.label}: {before} → {after} a month"
    saving = costs.saving(model)
    if saving is None or isnan(saving.amount):
        return f"{change}."
    mark = "≈ " if saving.is_estimate else ""
    verb = "saved" if saving.amount >= 0 else "more"
    share = "" if isnan(saving.share) else f" ({abs(saving.share):.1%})"
    amount = dollars(float(abs(saving.amount)))
    return f"{change}, {mark}{amount}{share} {verb} a month.{_intervals(costs, bills)}"


def _intervals(costs: CostResults, bills: tuple[Bill, Bill]) -> str:
    """Returns a sentence with the intervals of the bills before and after, if they have any."""
    percent = f"{100 * costs.comparison.method.confidence:g}%"
    kind = f"{percent} interval" if costs.has_own_text else "95% prediction interval"
    shown = [
        f"{dollars(bill.interval.low)}–{dollars(bill.interval.high)}"
        if bill.basis in ("documents", "estimate")
        else "exact"
        if bill.basis == "volumes"
        else "none"
        for bill in bills
    ]
    return "" if set(shown) <= {"exact", "none"} else f" {kind}: {' → '.join(shown)}."


def _amount(bill: Bill) -> str:
    if isnan(bill.total):
        return UNDEFINED
    return f"{'≈ ' if bill.is_estimate else ''}{dollars(float(bill.total))}"


def notes_on(costs: CostResults) -> list[str]:
    """Returns the summary, and the caveats that a reader of the numbers must know."""
    return [
        *summary_of(costs),
        *costs.volume_notes,
        *(_note_on_price(costs, model) for model in costs.models),
        *notes_on_tokenizers(costs.models),
        _note_on_replies(costs),
        *_notes_on_bills(costs),
        *costs.comparison.notes,
    ]


def _note_on_price(costs: CostResults, model: PricedModel) -> str:
    rates = model.price_of()
    batch = " in a batch" if rates.is_batch else ""
    amounts = [f"{dollars(rates.input)} per million input tokens{batch}"]
    if rates.output is not None:
        amounts.append(f"{dollars(rates.output)} per million output tokens")
    if rates.cached_input is not None:
        amounts.append(f"{dollars(rates.cached_input)} per million cached input tokens")
    as_of = "" if rates.as_of is None else f", as of {rates.as_of}"
    caveat = f" {rates.caveat}" if rates.caveat else ""
    return (
        f"{model.model}: {', '.join(amounts)}{_of_provider(rates)} on {rates.day} "
        f"({rates.source}{as_of}).{caveat}"
        f"{''.join(_other_tiers(costs, model, rates.input))}"
    )


def _of_provider(rates: Price) -> str:
    """Returns who charges a price, where that is not the company that made the model."""
    named = rates.provider and not rates.model.lower().startswith(f"{rates.provider}/")
    is_open = find_tokenizer_of_model(rates.model) is not None
    return f", charged by {rates.provider}," if named and is_open else ""


def _other_tiers(costs: CostResults, model: PricedModel, usual: Decimal) -> Iterator[str]:
    """Yields a sentence for each price tier but the usual one that requests fall in."""
    tiers: dict[Decimal, list[str]] = {}
    for row in costs.rows:
        tiers.setdefault(costs.price_of(row.counts, model).input, []).append(row.name)
    for tier, names in tiers.items():
        if tier != usual:
            yield (
                f" Requests of {costs.request_characters:,} characters cost {dollars(tier)} per "
                f"million input tokens in {', '.join(names)}."
            )


def _note_on_replies(costs: CostResults) -> str:
    if any(getattr(volume, "output_tokens", None) for volume in costs.volumes.values()):
        return "Costs include replies: the output tokens of the volumes."
    if not costs.output_ratio:
        return "Costs are those of the input only; an output ratio adds replies."
    tokens = "token" if costs.output_ratio == 1 else "tokens"
    return f"Costs include replies of {costs.output_ratio} output {tokens} per input token."


def _notes_on_bills(costs: CostResults) -> Iterator[str]:
    if not costs.volumes:
        return
    left_out = len(costs.comparison.rows) - len(costs.rows)
    others = "" if not left_out else " Languages without a volume are left out."
    yield f"A bill is the cost of one month. The total is weighed by the volumes.{others}"
    if costs.has_token_volumes:
        yield (
            f"The volumes are tokens of {costs.before.model}, so its bill is exact. Tokens of the "
            "other models are these, divided by fewer tokens."
        )
    bases = {costs.total_bill(model).basis for model in costs.models}
    bills = [bill for row in costs.rows for m in costs.models if (bill := costs.bill(row, m))]
    bases |= {bill.basis for bill in bills}
    if not costs.has_own_text:
        yield (
            "The text is a built-in sample set, not yours. So the interval of a bill is not that "
            "of the text, but the 95% prediction interval of an estimate for any text of the "
            "language. The interval of fewer tokens is that of this text alone. Your own text "
            "gives numbers and intervals of your own."
        )
    elif "documents" in bases:
        yield (
            "The interval of a bill is that of your documents. It covers tokens per character "
            "only, for more text of the same kind."
        )
    if not costs.has_own_text:
        for model in costs.models:
            names = [
                row.name
                for row in costs.rows
                if (bill := costs.bill(row, model))
                and bill.basis is None
                and (not bill.is_estimate or costs.has_known_bill(model))
            ]
            if names:
                yield (
                    f"There is no estimate for {model.encoding} in {', '.join(names)}, so bills of "
                    f"{model.model} have no interval there."
                )
