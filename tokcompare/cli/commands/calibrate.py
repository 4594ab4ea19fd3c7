"""`tokcompare calibrate`: fit estimates to the counts that a provider has recorded."""

from __future__ import annotations

from typing import Any

import click

from tokcompare.cli.options import (
    GroupedCommand,
    OutputOptions,
    SourceOptions,
    complete_encoding,
    confidence_option,
    on_error_option,
    option,
    output_options,
    source_options,
)


@click.command(cls=GroupedCommand)
@option(
    "--field",
    group="Common options",
    metavar="FIELD",
    required=True,
    help="Field or column in which the recorded numbers of tokens stand, or a path such as "
    "usage.input_tokens.",
)
@option(
    "-e",
    "--encoding",
    group="Common options",
    metavar="NAME",
    default="o200k_base",
    shell_complete=complete_encoding,
    help="Encoding whose tokens are turned into estimates.  [default: o200k_base]",
)
@option(
    "--name",
    group="Common options",
    metavar="NAME",
    help="Name of the estimated encoding.  [default: that of FILE without its suffix]",
)
@source_options
@output_options
@on_error_option
@confidence_option
@option(
    "--bootstrap",
    "resamples",
    group="Numbers",
    metavar="N",
    type=int,
    default=2000,
    help="Compute the intervals from N bootstrap resamples; 0 for linear intervals."
    "  [default: 2000]",
)
@option(
    "--seed",
    group="Numbers",
    metavar="N",
    type=int,
    default=0,
    help="Random seed of the bootstrap.  [default: 0]",
)
def calibrate(
    source_options: SourceOptions, output_options: OutputOptions, name: str | None, **options: Any
) -> None:
    """Fit estimates to the counts that a provider has recorded.

    SOURCE has texts, and in FIELD the number of tokens that the provider of a closed model counted
    for each. For each language, this fits a factor from the tokens of an encoding to these counts,
    and one constant for all documents: a provider counts what it puts around a message, too. With
    -o FILE.json, the file is an encoding for -e and --encoding, whose numbers are estimates.

    \b
    Examples:
      tokcompare calibrate corpus.jsonl --field usage_tokens
      tokcompare calibrate corpus.jsonl --field usage_tokens -o claude.json
      tokcompare report udhr -e o200k_base -e claude=claude.json
    """
    from pathlib import Path

    from tokcompare.cli.io import check_rejections, load_named, write_result
    from tokcompare.cli.targets import Targets
    from tokcompare.encodings.names import path_of
    from tokcompare.estimates.calibrate import calibrate as fit
    from tokcompare.estimates.calibrate import calibration_table

    if not source_options.names:
        raise click.UsageError("Name a SOURCE: texts with the counts that a provider recorded.")
    output = output_options.output
    targets = Targets.of(output, inputs=[*source_options.names, path_of(options["encoding"])])
    source = load_named(source_options, default="", targets=targets)
    if name is None:
        name = "calibrated" if output in (None, "-") else Path(str(output)).stem
    result = fit(source, name=name, **options)
    write_result(result, lambda: calibration_table(result), output_options)
    check_rejections(result.rejections)
