"""The commands about money and room: `tokcompare cost` and `tokcompare context`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from tokcompare.errors import ArgumentError, BudgetError, SourceError
from tokcompare.options import GroupedCommand, complete_source, context_options, cost_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from tokcompare.comparison import Comparison
    from tokcompare.costs import CostComparison
    from tokcompare.sources import Source
    from tokcompare.tables import Table


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
    from tokcompare import tables
    from tokcompare.cost_tables import cost_table
    from tokcompare.costs import compare_cost
    from tokcompare.prices import given_price, update_prices
    from tokcompare.volumes import read_volumes

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
    costs = compare_cost(
        _load(names, reading),
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
    _write(
        cost_table(costs),
        tables.csv(costs.columns, costs.to_records()),
        costs.to_dict(),
        format_name,
        output,
        costs.notes,
    )
    _end(costs.comparison)
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
    from tokcompare import tables
    from tokcompare.context_tables import context_table
    from tokcompare.contexts import compare_context

    contexts = compare_context(
        _load(names, reading),
        before=before,
        after=after,
        window=window,
        encoding=encoding,
        on_error=on_error,
        normalization=normalization,
    )
    _write(
        context_table(contexts),
        tables.csv(contexts.columns, contexts.to_records()),
        contexts.to_dict(),
        format_name,
        output,
        contexts.notes,
    )
    _end(contexts.comparison)


def _load(names: Sequence[str], reading: Mapping[str, Any]) -> Source:
    from tokcompare.languages import UNDETERMINED
    from tokcompare.sources import load_source

    options = dict(reading)
    languages = options.pop("languages")
    source = load_source(
        names or ["udhr"],
        language=languages[0] if len(languages) == 1 else UNDETERMINED,
        **options,
    )
    source = source.select(languages) if languages else source
    for note in source.notes:
        click.echo(f"Note: {note}", err=True)
    return source


def _write(
    table: Table,
    values: str,
    content: Mapping[str, Any],
    format_name: str,
    output: str | None,
    notes: Sequence[str],
) -> None:
    from tokcompare import tables
    from tokcompare.output import shows_color, terminal_width, write_file, write_standard_output

    path = None if output == "-" else output
    if format_name == "table":
        text = tables.terminal(
            table,
            color=path is None and shows_color(),
            width=terminal_width() if path is None else None,
        )
    elif format_name == "markdown":
        text = tables.markdown(table)
    elif format_name == "csv":
        text = values
    else:
        text = tables.json(content)
    if path is None:
        write_standard_output(text)
    else:
        write_file(path, text)
    if format_name in ("csv", "json") or path is not None:
        for note in notes:
            click.echo(f"Note: {note}", err=True)


def _end(comparison: Comparison) -> None:
    """Lists what could not be read; then the exit code is 1."""
    rejections = comparison.rejections
    if not rejections.number:
        return
    for error in rejections.first:
        click.echo(f"Skipped: {error}", err=True)
    if more := rejections.number - len(rejections.first):
        click.echo(f"Skipped: {more:,} more.", err=True)
    raise SourceError("What is shown is without what was skipped.")
