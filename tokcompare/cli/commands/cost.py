"""`tokcompare cost` and `context`: compare what models cost, and how much fits into them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from tokcompare.cli.options import (
    GroupedCommand,
    OutputOptions,
    SourceOptions,
    before_option,
    confidence_option,
    normalize_option,
    on_error_option,
    option,
    page_output_options,
    proxy_option,
    source_options,
)
from tokcompare.errors import ArgumentError, BudgetError

if TYPE_CHECKING:
    from decimal import Decimal

    from tokcompare.pricing.migration import CostComparison


class Amount(click.ParamType[Any]):
    """A decimal number from 0 to 10**15."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Returns the number as a Decimal."""
        from decimal import Decimal, InvalidOperation

        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or not 0 <= number <= 10**15:
            self.fail(f"{value!r} is not a number from 0 to 10**15.", param, ctx)
        return number


@click.command(cls=GroupedCommand)
@before_option
@option(
    "--to",
    "after",
    group="Models",
    metavar="MODEL",
    multiple=True,
    default=("gpt-4o",),
    help="Model after the migration; repeat it to compare several.  [default: gpt-4o]",
)
@option(
    "--date",
    group="Models",
    metavar="YYYY-MM-DD",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Date of the prices.  [default: today]",
)
@option(
    "--price",
    "prices",
    group="Models",
    metavar="MODEL=IN/OUT",
    multiple=True,
    help="US dollars per million tokens of input and of output, instead of the known price; "
    "repeatable.",
)
@option(
    "--batch",
    group="Models",
    is_flag=True,
    help="Use the prices of batch requests. A price given by --price stays as it is.",
)
@option(
    "--update-prices",
    "updates_prices",
    group="Models",
    is_flag=True,
    help="Download today's prices first.",
)
@option(
    "--output-ratio",
    group="Volumes",
    metavar="RATIO",
    type=Amount(),
    default="0",
    help="Tokens of the reply for each token of the request.  [default: 0]",
)
@option(
    "--requests",
    "request_characters",
    group="Volumes",
    metavar="CHARACTERS",
    type=click.IntRange(min=1, max=10**9),
    help="Characters in a request; shows the cost of 1,000 requests.",
)
@option(
    "--volume",
    group="Volumes",
    metavar="FILE",
    help="CSV file with the characters, requests or tokens of each language in a month; shows the "
    "monthly bill and the saving.",
)
@option(
    "--budget",
    group="Volumes",
    metavar="USD",
    type=Amount(),
    help="Exit with code 1 if a monthly bill after the migration is above USD; needs --volume.",
)
@source_options
@proxy_option
@page_output_options
@on_error_option
@normalize_option
@confidence_option
def cost(
    source_options: SourceOptions,
    output_options: OutputOptions,
    date: datetime | None,
    prices: tuple[str, ...],
    updates_prices: bool,
    request_characters: int | None,
    volume: str | None,
    budget: Decimal | None,
    **options: Any,
) -> None:
    """Compare what models cost, language by language.

    The same text is priced before a migration to other models and after it. SOURCE is as in
    tokcompare report; the default is the Universal Declaration of Human Rights, because one
    sentence is too little text to judge a language by.

    \b
    Examples:
      tokcompare cost --date 2024-05-13
      tokcompare cost --from gpt-4-turbo --to gpt-4o --to gpt-4o-mini
      tokcompare cost --volume volumes.csv --requests 500 --output-ratio 0.5 --budget 1000
    """
    from tokcompare.cli.io import check_rejections, load_named, write_result
    from tokcompare.cli.targets import Targets
    from tokcompare.pricing.migration import compare_cost
    from tokcompare.pricing.migration.table import cost_table
    from tokcompare.pricing.prices import update_prices
    from tokcompare.pricing.proxies import proxy_paths
    from tokcompare.pricing.volumes import read_volumes

    if budget is not None and volume is None:
        raise click.UsageError("--budget limits the monthly bill, which needs --volume FILE.")
    given = _parse_prices(prices)
    targets = Targets.of(
        output_options.output,
        inputs=[*source_options.names, volume, *proxy_paths(options["encoding"])],
    )
    if updates_prices:
        update_prices()
    volumes = None if volume is None else read_volumes(volume, request_characters)
    source = load_named(source_options, default="udhr", targets=targets)
    costs = compare_cost(
        source,
        request_characters=request_characters,
        volumes=volumes,
        date=None if date is None else date.date(),
        prices=given,
        **options,
    )

    def to_page() -> str:
        from tokcompare import tables
        from tokcompare.cli.pages import table_page

        models = [model.model for model in costs.models]
        return table_page(
            costs.comparison,
            source,
            cost_table(costs),
            tables.csv(costs.columns, costs.to_records()),
            title=_summary(costs),
            names=models,
            signature=costs.signature,
        )

    write_result(costs, lambda: cost_table(costs), output_options, to_page)
    check_rejections(costs.comparison.rejections)
    if budget is not None:
        _check_budget(costs, budget)


def _summary(costs: CostComparison) -> str:
    """Returns the sentence at the top of a page: how many times less the same text costs."""
    from tokcompare.tables import times

    models = costs.models
    shown = []
    for model in models[1:]:
        ratio = costs.times_cheaper(costs.comparison.total, model).value
        if change := times(ratio, "less", "more"):
            mark = "≈ " if costs.is_estimate(model) else ""
            shown.append(f"{mark}{change} with {model.model}")
    if len(shown) < len(models) - 1:
        names = ", ".join(model.model for model in models)
        return f"What the same text costs with {names}"
    return f"The same text costs {', '.join(shown)} than with {models[0].model}."


def _parse_prices(prices: Sequence[str]) -> dict[str, str]:
    """Returns the values of `--price` as "IN/OUT" by model.

    Raises:
        click.UsageError: A value is malformed, or a model has two prices.
    """
    from tokcompare.pricing.prices import given_price

    given: dict[str, str] = {}
    for text in prices:
        try:
            model = given_price(text).model
        except ArgumentError as error:
            raise click.UsageError(str(error)) from error
        if model in given:
            raise click.UsageError(f"--price was given twice for {model!r}.")
        given[model] = text.rpartition("=")[2]
    return given


def _check_budget(costs: CostComparison, budget: Decimal) -> None:
    for model in costs.models[1:]:
        bill = costs.total_bill(model)
        if bill.total.is_nan():
            raise BudgetError(
                f"The monthly bill with {model.model} is undefined, so it cannot be compared with "
                "the budget."
            )
        if bill.total > budget:
            # If both round to the same cents, more digits show the difference.
            digits = 2 if round(bill.total, 2) > round(budget, 2) else 6
            raise BudgetError(
                f"The monthly bill with {model.model} is ${bill.total:,.{digits}f}, above the "
                f"budget of ${budget:,.{digits}f}."
            )


@click.command(cls=GroupedCommand)
@before_option
@option(
    "--model",
    "after",
    group="Models",
    metavar="MODEL",
    default="gpt-4o",
    help="Model after the migration.  [default: gpt-4o]",
)
@option(
    "--window",
    group="Models",
    metavar="TOKENS",
    type=click.IntRange(min=1, max=10**12),
    help="Size of the context window of both models.  [default: each model's own]",
)
@source_options
@proxy_option
@page_output_options
@on_error_option
@normalize_option
def context(source_options: SourceOptions, output_options: OutputOptions, **options: Any) -> None:
    """Compare how much text fits in context windows.

    For each language, this shows how much of it fits in the windows of two models. SOURCE is as in
    tokcompare report; the default is the Universal Declaration of Human Rights.

    \b
    Examples:
      tokcompare context --model gpt-4o
      tokcompare context --from gpt-4o --model gpt-4.1 -l en -l hi
    """
    from tokcompare.cli.io import check_rejections, load_named, write_result
    from tokcompare.cli.targets import Targets
    from tokcompare.pricing.context import compare_context, context_table
    from tokcompare.pricing.proxies import proxy_paths

    targets = Targets.of(
        output_options.output, inputs=[*source_options.names, *proxy_paths(options["encoding"])]
    )
    source = load_named(source_options, default="udhr", targets=targets)
    contexts = compare_context(source, **options)

    def to_page() -> str:
        from tokcompare import tables
        from tokcompare.cli.pages import table_page

        models = [contexts.before.model, contexts.after.model]
        return table_page(
            contexts.comparison,
            source,
            context_table(contexts),
            tables.csv(contexts.columns, contexts.to_records()),
            title=f"How much text fits in the context windows of {models[0]} and {models[1]}",
            names=models,
            signature=contexts.signature,
        )

    write_result(contexts, lambda: context_table(contexts), output_options, to_page)
    check_rejections(contexts.comparison.rejections)
