"""`tokcompare diff`: compare a stored report with another one, or with a source."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from tokcompare.cli.options import (
    GroupedCommand,
    OutputOptions,
    SourceOptions,
    complete_encoding,
    download_option,
    fail_above_option,
    option,
    pattern_option,
    plain_output_options,
    source_options,
)
from tokcompare.errors import ArgumentError, CheckError

_OF_REPORTS = ("old", "names", "format_name", "output", "fail_above")
"""The parameters that do not say how a source is counted."""


@click.command(cls=GroupedCommand)
@click.argument("old", metavar="OLD.json")
@source_options
@option(
    "-e",
    "--encoding",
    "encodings",
    group="Common options",
    metavar="NAME",
    multiple=True,
    shell_complete=complete_encoding,
    help="Encoding, model or tokenizer file to count a SOURCE with; repeatable."
    "  [default: those of OLD.json]",
)
@plain_output_options
@fail_above_option
@pattern_option
@download_option
def diff(
    old: str,
    source_options: SourceOptions,
    output_options: OutputOptions,
    encodings: tuple[str, ...],
    fail_above: str | None,
    patterns: tuple[str, ...],
    allow_download: bool,
) -> None:
    """Compare a stored report with a newer one, or with a source.

    Both are written by tokcompare report -f json. Instead of a newer report, SOURCE may be
    anything that tokcompare report counts; it is counted with the settings of OLD.json. The table
    shows the numbers that changed, and whether they lie within the confidence interval of the old
    ones. The exit code is 0, also if numbers changed, unless --fail-above is exceeded: then it is
    1.

    \b
    Examples:
      tokcompare report corpus -f json -o old.json
      tokcompare diff old.json corpus
      tokcompare diff old.json old.json -f markdown
      tokcompare diff old.json corpus --fail-above 5%
    """
    from tokcompare.checks.diff.compare import compare_reports, count_as
    from tokcompare.checks.diff.reports import find_report, read_report
    from tokcompare.checks.diff.views import DiffViews
    from tokcompare.checks.limits import Growth
    from tokcompare.cli.io import load_named, write_result
    from tokcompare.cli.progress import show_progress
    from tokcompare.cli.targets import Targets
    from tokcompare.encodings.names import names_of_rank_files, path_of
    from tokcompare.encodings.patterns import read_patterns

    names = source_options.names
    if not names:
        raise click.UsageError("Name the newer report, or a SOURCE, behind OLD.json.")
    try:
        growth = None if fail_above is None else Growth.parse("--fail-above", fail_above)
    except ArgumentError as error:
        raise click.UsageError(str(error)) from error
    targets = Targets.of(output_options.output, inputs=[old, *names, *map(path_of, encodings)])
    before = read_report(old)
    after = find_report(names[0]) if len(names) == 1 else None
    if after is not None:
        _check_unused()
    else:
        source = load_named(source_options, default="", targets=targets)
        with show_progress(source) as progress:
            pattern = read_patterns(patterns, names_of_rank_files(encodings))
            options: dict[str, Any] = {"pattern": pattern, "allow_download": allow_download}
            after = count_as(before, source, encodings=encodings, progress=progress, **options)
    found = compare_reports(before, after)
    views = DiffViews(diff=found)
    write_result(views, views.to_table, output_options)
    if growth is not None and (above := found.above(growth)):
        grown = [f"{each.name} under {each.encoding}" for each in above]
        more = f" and {len(grown) - 8:,} more" if len(grown) > 8 else ""
        raise CheckError(f"Tokens grew by more than {growth.text}: {', '.join(grown[:8])}{more}.")


def _check_unused() -> None:
    """Refuses options that say how a source is counted, if there is none.

    Raises:
        click.UsageError: One is given.
    """
    context = click.get_current_context()
    for parameter in context.command.params:
        name = str(parameter.name)
        is_given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if is_given and name not in _OF_REPORTS:
            raise click.UsageError(
                f"{max(parameter.opts, key=len)} says how a source is counted, and "
                f"{context.params['names'][0]!r} is a report."
            )
