"""`tokcompare check`: check whether token counts keep limits, and how they changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from tokcompare.cli.options import (
    GroupedCommand,
    GroupedOption,
    OutputOptions,
    SourceOptions,
    check_output_options,
    complete_encoding,
    download_option,
    fail_above_option,
    normalize_option,
    option,
    pattern_option,
    source_options,
)
from tokcompare.errors import ArgumentError

if TYPE_CHECKING:
    from tokcompare.checks.results import CheckResult, Rules
    from tokcompare.checks.settings import Key

_NOT_IN_SETTINGS = ("--write-baseline", "--format", "--output", "--allow-download")
_BY_LANGUAGE = ("--max-tokens", "--max-premium")
_SOURCES = "tokcompare.sources"


class _CheckCommand(GroupedCommand):
    """The command, whose defaults are the settings of the repository."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses the arguments.

        Raises:
            click.UsageError: The settings are wrong.
        """
        if not ctx.resilient_parsing and not {"-h", "--help"} & set(args):
            self._apply_settings(ctx)
        return super().parse_args(ctx, args)

    def _apply_settings(self, ctx: click.Context) -> None:
        from pathlib import Path

        from tokcompare.checks.settings import SOURCES, find_settings

        options = {
            long_name(each).removeprefix("--"): each
            for each in self.get_params(ctx)
            if isinstance(each, GroupedOption) and long_name(each) not in _NOT_IN_SETTINGS
        }
        keys = {name: _key(each) for name, each in options.items()}
        try:
            settings = find_settings(Path.cwd(), keys)
        except ArgumentError as error:
            raise click.UsageError(str(error)) from error
        if settings is None:
            return
        ctx.meta[_SOURCES] = (settings.values.get(SOURCES, []), settings.path)
        ctx.default_map = {
            str(options[name].name): value
            for name, value in settings.values.items()
            if name in options
        }


def long_name(parameter: click.Parameter) -> str:
    """Returns the long name of an option."""
    return max(parameter.opts, key=len)


def _key(parameter: click.Option) -> Key:
    from tokcompare.checks.settings import Key

    return Key(
        is_flag=parameter.is_flag,
        is_repeatable=parameter.multiple,
        is_by_language=long_name(parameter) in _BY_LANGUAGE,
    )


@click.command(cls=_CheckCommand)
@option(
    "-e",
    "--encoding",
    "encodings",
    group="Common options",
    metavar="NAME",
    multiple=True,
    default=("o200k_base",),
    shell_complete=complete_encoding,
    help="Encoding, model or tokenizer file to count with; repeatable.  [default: o200k_base]",
)
@source_options
@check_output_options
@option(
    "--max-tokens",
    group="Limits",
    metavar="[LANGUAGE=]N",
    multiple=True,
    help="Most tokens of a file, or of a record of JSON Lines, CSV and the like, or of a line with "
    "--per-line; repeatable. That of a language replaces the general one.",
)
@option("--max-total", group="Limits", metavar="N", help="Most tokens of all files together.")
@option(
    "--max-premium",
    group="Limits",
    metavar="[LANGUAGE=]RATIO",
    multiple=True,
    help="Most tokens of a language per token of the reference language, for files with the same "
    "content in each language; repeatable.",
)
@option(
    "--reference",
    group="Limits",
    metavar="CODE",
    help="Language that --max-premium compares with.  [default: en]",
)
@option(
    "--baseline",
    group="Baseline",
    metavar="FILE",
    help="Compare with the token counts in FILE, which --write-baseline wrote.",
)
@option(
    "--write-baseline",
    "writes_baseline",
    group="Baseline",
    is_flag=True,
    help="Write the token counts to the file of --baseline, and check nothing.",
)
@fail_above_option
@option(
    "--new-files",
    group="Baseline",
    type=click.Choice(["pass", "fail"]),
    default="pass",
    help="Whether a file that is not in the baseline is a failure. Its tokens are part of the "
    "total in any case.  [default: pass]",
)
@option(
    "--missing-files",
    group="Baseline",
    type=click.Choice(["pass", "fail"]),
    default="pass",
    help="Whether a file that is only in the baseline is a failure.  [default: pass]",
)
@normalize_option
@pattern_option
@download_option
def check(
    source_options: SourceOptions,
    output_options: OutputOptions,
    encodings: tuple[str, ...],
    baseline: str | None,
    writes_baseline: bool,
    normalization: str | None,
    patterns: tuple[str, ...],
    allow_download: bool,
    **options: Any,
) -> None:
    """Check token counts against limits and a baseline.

    SOURCE is as in tokcompare report. The exit code is 0 if all holds, 1 if something does not or
    cannot be read, and 2 for wrong usage. The options may also stand in tokcompare.toml, or in
    [tool.tokcompare] of pyproject.toml, by their long names, and SOURCE as sources.

    \b
    Examples:
      tokcompare check corpus --max-tokens 4000 --max-total 100000
      tokcompare check corpus --language-from-path --max-tokens gu=6000
      tokcompare check corpus --baseline tokens.json --write-baseline
      tokcompare check corpus --baseline tokens.json --fail-above 5%
    """
    from tokcompare.checks.baseline import write_baseline
    from tokcompare.checks.check import check_source
    from tokcompare.checks.results import Rules
    from tokcompare.cli.io import load_named
    from tokcompare.cli.targets import Targets
    from tokcompare.counting.counter import DocumentCounter
    from tokcompare.encodings import load_encodings
    from tokcompare.encodings.names import names_of_rank_files, path_of
    from tokcompare.encodings.patterns import read_patterns
    from tokcompare.errors import CheckError

    sources, settings = click.get_current_context().meta.get(_SOURCES, ([], None))
    source_options = source_options._replace(names=source_options.names or tuple(sources))
    if not source_options.names:
        raise click.UsageError(
            "There is nothing to check: name a SOURCE, or write sources = [...] into the settings."
        )
    if baseline is None and (writes_baseline or options["fail_above"] is not None):
        name = "--write-baseline" if writes_baseline else "--fail-above"
        raise click.UsageError(f"{name} needs --baseline FILE.")
    rules = _rules(**options)
    targets = Targets.of(
        output_options.output,
        inputs=[*source_options.names, baseline, *map(path_of, encodings)],
    )
    # The baseline and the settings may stand in a folder that is checked.
    own = [str(path) for path in (baseline, settings) if path is not None]
    source = load_named(source_options, default="", targets=targets, without=own)
    pattern = read_patterns(patterns, names_of_rank_files(encodings))
    counter = DocumentCounter(
        encodings=tuple(load_encodings(encodings, pattern=pattern, allow_download=allow_download)),
        normalization=normalization,  # type: ignore[arg-type]
    )
    if baseline is not None and writes_baseline:
        result = check_source(source, counter, Rules(), baseline=baseline, compares=False)
        _check_readable(result)
        write_baseline(baseline, result.now)
        click.echo(f"Wrote the tokens of {len(result.now.files):,} files to {baseline}.", err=True)
        return
    result = check_source(source, counter, rules, baseline=baseline)
    _write(result, output_options)
    if not result.holds:
        raise CheckError(_summary(result))


def _rules(**options: Any) -> Rules:
    """Returns the rules that options give.

    Raises:
        click.UsageError: One of them is malformed.
    """
    from tokcompare.checks.limits import Growth, parse_limits, parse_ratio, parse_tokens
    from tokcompare.checks.results import Rules

    total, growth = options["max_total"], options["fail_above"]
    try:
        return Rules(
            max_tokens=parse_limits("--max-tokens", options["max_tokens"], parse_tokens),
            max_total=None if total is None else parse_tokens("--max-total", total),
            max_premium=parse_limits("--max-premium", options["max_premium"], parse_ratio),
            reference=options["reference"],
            fail_above=None if growth is None else Growth.parse("--fail-above", growth),
            fails_on_new=options["new_files"] == "fail",
            fails_on_missing=options["missing_files"] == "fail",
        )
    except ArgumentError as error:
        raise click.UsageError(str(error)) from error


def _summary(result: CheckResult) -> str:
    number = len(result.findings)
    found = f"The check does not hold: {number:,} finding{'s' * (number > 1)}."
    of_baseline = {"fail-above", "new-files", "missing-files"}
    if of_baseline.isdisjoint(finding.rule for finding in result.findings):
        return found
    return f"{found} If a change of the baseline is intended, --write-baseline accepts it."


def _check_readable(result: CheckResult) -> None:
    """Refuses to write a baseline of files that could not all be read.

    Raises:
        CheckError: One could not.
    """
    from tokcompare.errors import CheckError

    unread = [finding for finding in result.findings if finding.rule == "read"]
    for finding in unread:
        click.echo(f"Not read: {finding.message}", err=True)
    if unread:
        raise CheckError("The baseline was not written, because some of the source is unreadable.")


def _write(result: CheckResult, options: OutputOptions) -> None:
    from tokcompare import tables
    from tokcompare.checks.views.annotations import as_annotations
    from tokcompare.checks.views.records import as_dict
    from tokcompare.checks.views.table import check_table
    from tokcompare.cli.io import render_for_terminal, write_notes, write_text

    if options.format_name == "github":
        text = as_annotations(result, root=os.environ.get("GITHUB_WORKSPACE") or None)
    elif options.format_name == "json":
        text = tables.json(as_dict(result))
    elif options.format_name == "markdown":
        text = tables.markdown(check_table(result))
    else:
        text = render_for_terminal(check_table(result), options)
    write_text(text, options)
    if options.format_name in ("github", "json"):
        write_notes(result.notes)
