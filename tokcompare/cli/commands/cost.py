"""The commands about money and room: `tokcompare cost` and `tokcompare context`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from tokcompare.cli.options import GroupedCommand, complete_source, context_options, cost_options
from tokcompare.errors import ArgumentError, BudgetError

if TYPE_CHECKING:
    from decimal import Decimal

    from tokcompare.pricing.migration import CostComparison


@click.command(cls=GroupedCommand, short_help="Compare what models cost, language by language.")
@click.argument("names", metavar="[SOURCE]...", nargs=-1, shell_complete=complete_source)
@cost_options
def cost(
    names: tuple[str, ...],
    day: datetime | None,
    prices: tuple[str, ...],
    updates: bool,
    volume: str | None,
    budget: Decimal | None,
    request_characters: int | None,
    format_name: str,
    output: str | None,
    on_error: str,
    normalization: str | None,
    confidence: float,
    before: str,
    after: tuple[str, ...],
    output_ratio: Decimal,
    batch: bool,
    encoding: str | None,
    **reading: Any,
) -> None:
    """Compare what the same text costs before a migration and after.

    SOURCE is as in tokcompare report; by default the Universal Declaration of Human Rights, because
    a sentence is too little to judge a language by.

    \b
    Examples:
      tokcompare cost --date 2024-05-13
      tokcompare cost --from gpt-4-turbo --to gpt-4o --to gpt-4o-mini
      tokcompare cost --volume volumes.csv --requests 500 --output-ratio 0.5 --budget 1000
    """
    from tokcompare.cli.io import check_rejections, load_named, say, write_result
    from tokcompare.pricing.migration import compare_cost
    from tokcompare.pricing.prices import given_price, update_prices
    from tokcompare.pricing.table import cost_table
    from tokcompare.pricing.volumes import read_volumes

    if budget is not None and volume is None:
        raise click.UsageError("--budget is about a bill: --volume FILE says of how much text.")
    given: dict[str, str] = {}
    for text in prices:
        try:
            model = given_price(text).model
        except ArgumentError as error:
            raise click.UsageError(str(error)) from error
        if model in given:
            raise click.UsageError(f"There are two prices for {model!r}.")
        given[model] = text.rpartition("=")[2]
    if updates:
        update_prices()
    volumes = None if volume is None else read_volumes(volume, request_characters)
    source = load_named(names or ["udhr"], **reading)
    say(source.notes)
    costs = compare_cost(
        source,
        before=before,
        after=after,
        output_ratio=output_ratio,
        request_characters=request_characters,
        volumes=volumes,
        encoding=encoding,
        date=None if day is None else day.date(),
        batch=batch,
        prices=given,
        on_error=on_error,
        normalization=normalization,
        confidence=confidence,
    )
    write_result(costs, lambda: cost_table(costs), format_name, output)
    check_rejections(costs.comparison.rejections)
    if budget is not None:
        _check_budget(costs, budget)


def _check_budget(costs: CostComparison, budget: Decimal) -> None:
    for model in costs.models[1:]:
        bill = costs.total_bill(model)
        if bill.total > budget:
            # With as many digits as it takes to see that it is more.
            digits = 2 if round(bill.total, 2) > round(budget, 2) else 6
            raise BudgetError(
                f"The bill of a month with {model.model} is ${bill.total:,.{digits}f}, above the "
                f"budget of ${budget:,.{digits}f}."
            )


@click.command(cls=GroupedCommand, short_help="Compare how much text fits in context windows.")
@click.argument("names", metavar="[SOURCE]...", nargs=-1, shell_complete=complete_source)
@context_options
def context(
    names: tuple[str, ...],
    before: str,
    after: str,
    window: int | None,
    encoding: str | None,
    format_name: str,
    output: str | None,
    on_error: str,
    normalization: str | None,
    **reading: Any,
) -> None:
    """Compare how much text of each language fits in the context windows of two models.

    SOURCE is as in tokcompare report; by default the Universal Declaration of Human Rights.

    \b
    Examples:
      tokcompare context --model gpt-4o
      tokcompare context --from gpt-4o --model gpt-4.1 -l en -l hi
    """
    from tokcompare.cli.io import check_rejections, load_named, say, write_result
    from tokcompare.pricing.context import compare_context, context_table

    source = load_named(names or ["udhr"], **reading)
    say(source.notes)
    contexts = compare_context(
        source,
        before=before,
        after=after,
        window=window,
        encoding=encoding,
        on_error=on_error,
        normalization=normalization,
    )
    write_result(contexts, lambda: context_table(contexts), format_name, output)
    check_rejections(contexts.comparison.rejections)
