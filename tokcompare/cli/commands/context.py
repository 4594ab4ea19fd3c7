"""`tokcompare context`: compare how much text fits in the context windows of two models."""

from __future__ import annotations

from typing import Any

import click

from tokcompare.cli.options import (
    GroupedCommand,
    OutputOptions,
    SourceOptions,
    before_option,
    normalize_option,
    on_error_option,
    option,
    output_options,
    proxy_option,
    source_options,
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
@output_options
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
    write_result(contexts, lambda: context_table(contexts), output_options)
    check_rejections(contexts.comparison.rejections)
