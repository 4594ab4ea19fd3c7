"""`tokcompare report`: compare encodings language by language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tokcompare.cli.options import (
    GroupedCommand,
    OutputOptions,
    SourceOptions,
    completions,
    confidence_option,
    download_option,
    encodings_option,
    normalize_option,
    on_error_option,
    option,
    output_options,
    pattern_option,
    source_options,
)

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from tokcompare.sources.source import Source

_LARGE = 1 << 26
"""From this many bytes on, a note says what would count faster."""


def _complete_metric(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from tokcompare.metrics import METRICS

    metrics = {name: metric.formula for name, metric in METRICS.items()}
    return completions({**metrics, "all": "all metrics"}, incomplete)


@click.command(cls=GroupedCommand)
@encodings_option
@source_options
@option(
    "-m",
    "--metric",
    "metrics",
    group="Common options",
    metavar="NAME",
    multiple=True,
    shell_complete=_complete_metric,
    help="Metric to show, or all; repeatable. tokcompare metrics lists them.",
)
@output_options
@on_error_option
@normalize_option
@option(
    "--chat",
    group="Reading",
    is_flag=True,
    help="Count chat messages as prompts: with roles, names, and the tokens that the models add. "
    "Each -e is then a model.",
)
@option(
    "--by",
    group="Rows",
    metavar="language|source|folder|tree|FIELD",
    default="language",
    help="Make one row for each language, each source file, each folder, each folder and file "
    "(tree), or each value of FIELD. A folder counts all that is below it.  [default: language]",
)
@option(
    "--depth",
    group="Rows",
    metavar="N",
    type=click.IntRange(min=0),
    help="With --by folder or tree: show N levels below the first folder.",
)
@option(
    "--sort",
    "key",
    group="Rows",
    metavar="KEY",
    help="Sort the rows by this column of the CSV output.",
)
@option("--reverse", group="Rows", is_flag=True, help="Reverse the order of the rows.")
@option(
    "--reference",
    group="Numbers",
    metavar="CODE",
    help="Language that premium compares with.  [default: en]",
)
@option(
    "--reference-encoding",
    group="Numbers",
    metavar="NAME",
    help="Encoding that normalized_sequence_length compares with, one of those given by -e."
    "  [default: the baseline]",
)
@confidence_option
@option(
    "--bootstrap",
    "resamples",
    group="Numbers",
    metavar="N",
    type=int,
    default=0,
    help="Compute the intervals from N bootstrap resamples, 2000 for example; more accurate for "
    "few documents.",
)
@option(
    "--seed",
    group="Numbers",
    metavar="N",
    type=int,
    default=0,
    help="Random seed of the bootstrap.  [default: 0]",
)
@pattern_option
@download_option
@option(
    "--engine",
    group="Large inputs",
    type=click.Choice(["auto", "tiktoken", "fastokens", "splintr-rs"]),
    default="auto",
    help="Library that encodes large inputs; the counts are the same."
    "  [default: auto, the fastest installed]",
)
@option(
    "--verify",
    group="Large inputs",
    metavar="FRACTION",
    type=float,
    default=0.002,
    help="Share of documents that tiktoken counts too, as a check.  [default and minimum: 0.002]",
)
@option(
    "--jobs",
    group="Large inputs",
    metavar="N",
    type=int,
    help="Number of processes that count.  [default: one per core]",
)
@option(
    "--checkpoint",
    group="Large inputs",
    metavar="FILE",
    help="Save progress in FILE. If the run is interrupted, the same command continues from it.",
)
@option(
    "--cluster",
    group="Large inputs",
    metavar="ADDRESS",
    help="Count on a Dask cluster: tcp://host:8786, or local[:N] for N processes on this machine.",
)
@option(
    "--no-progress",
    "hides_progress",
    group="Large inputs",
    is_flag=True,
    help="Do not show progress on the terminal.",
)
def report(
    source_options: SourceOptions,
    output_options: OutputOptions,
    metrics: tuple[str, ...],
    key: str | None,
    reverse: bool,
    depth: int | None,
    patterns: tuple[str, ...],
    hides_progress: bool,
    **options: Any,
) -> None:
    """Compare encodings language by language.

    SOURCE is a file, a folder, a glob, - for standard input, or a built-in sample set (tokcompare
    samples). The default is the twenty sentences of the GPT-4o announcement.

    \b
    Examples:
      tokcompare report
      tokcompare report udhr -m fertility -m premium
      tokcompare report corpus.jsonl.gz --sort compression_ratio
      tokcompare report 'corpus/**/*.txt' --language-from-path -f markdown
      tokcompare report prompts --by folder --gitignore
    """
    from tokcompare.cli.io import (
        announce_standard_input,
        check_rejections,
        load_named,
        write_notes,
        write_result,
    )
    from tokcompare.cli.progress import show_progress
    from tokcompare.cli.targets import Targets
    from tokcompare.comparison.compare import compare
    from tokcompare.comparison.table import comparison_table
    from tokcompare.encodings.names import names_of_rank_files, path_of
    from tokcompare.encodings.patterns import read_patterns
    from tokcompare.metrics import DEFAULT_METRICS
    from tokcompare.sources.storage import STANDARD_INPUT

    if depth is not None and options["by"] not in ("folder", "tree"):
        raise click.UsageError("--depth needs --by folder, or --by tree.")
    targets = Targets.of(
        output_options.output,
        checkpoint=options["checkpoint"],
        inputs=[*source_options.names, *map(path_of, options["encodings"])],
    )
    pattern = read_patterns(patterns, names_of_rank_files(options["encodings"]))
    source = load_named(source_options, default="gpt-4o", targets=targets)
    write_notes(_notes_on_speed(source, options["engine"]))
    if STANDARD_INPUT in source_options.names:
        announce_standard_input()
    with show_progress(source, hidden=hides_progress) as progress:
        comparison = compare(
            source,
            metrics=metrics or DEFAULT_METRICS,
            pattern=pattern,
            progress=progress,
            **options,
        )
    if depth is not None:
        comparison = comparison.up_to_depth(depth)
    comparison = comparison.sort(key, reverse=reverse)
    write_result(comparison, lambda: comparison_table(comparison), output_options)
    if options["checkpoint"] is not None:
        from tokcompare.counting.parallel.checkpoint import delete_checkpoint

        delete_checkpoint(options["checkpoint"])
    check_rejections(comparison.rejections)


def _notes_on_speed(source: Source, engine: str) -> list[str]:
    from tokcompare.counting.engines import is_installed
    from tokcompare.sources.storage import stored_file

    if engine != "auto" or is_installed("fastokens"):
        return []
    if sum(stored_file(file.path).size() or 0 for file in source.files) < _LARGE:
        return []
    return [
        "fastokens is not installed, so tiktoken counts. fastokens gives the same counts several "
        "times faster: pip install 'tokcompare[fast]' (Linux, macOS, Windows)."
    ]
