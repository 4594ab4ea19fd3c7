"""The command line: click, and nothing but click.

It reads arguments, calls the library and writes what it returns. A command imports what it needs
when it runs, so that help comes at once. Exit codes: 0 fine, 1 a TokcompareError, 2 wrong usage,
130 interrupted.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from tokcompare import __version__
from tokcompare.cli.commands.cost import context, cost
from tokcompare.cli.options import (
    GroupedCommand,
    complete_encoding,
    complete_source,
    download_option,
    encoding_option,
    option,
    pattern_option,
    report_options,
)
from tokcompare.errors import SourceError, TokcompareError

if TYPE_CHECKING:
    from tokcompare.sources.source import Source


class _Commands(click.Group):
    """Commands of which every failure is one line on standard error and the right exit code."""

    def main(self, *args: Any, **options: Any) -> Any:
        standalone = options.get("standalone_mode", True)
        options["standalone_mode"] = False
        if not standalone:
            return super().main(*args, **options)
        try:
            sys.exit(super().main(*args, **options))
        except click.Abort:  # Ctrl-C
            sys.exit(130)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except TokcompareError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(1)
        except OSError as error:  # help that could not be written: a full disk
            from tokcompare.output import discard_standard_output

            discard_standard_output()
            click.echo(f"Error: Standard output cannot be written: {error.strerror}.", err=True)
            sys.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tokcompare")
def main() -> None:
    """How many tokens the same text costs when the tokenizer changes.

    Exact, offline, for the twenty languages of the GPT-4o announcement and any text of yours.

    \b
    Example:
      tokcompare report
    """


@main.command(cls=GroupedCommand, short_help="Compare encodings language by language.")
@click.argument("names", metavar="[SOURCE]...", nargs=-1, shell_complete=complete_source)
@report_options
def report(
    names: tuple[str, ...],
    languages: tuple[str, ...],
    metrics: tuple[str, ...],
    format_name: str,
    output: str | None,
    input_format: str | None,
    per_line: bool,
    text_field: str,
    language_field: str | None,
    language_from_path: bool,
    key: str | None,
    reverse: bool,
    hides_progress: bool,
    **options: Any,
) -> None:
    """Compare encodings language by language.

    SOURCE is a file, a folder, a glob, - for standard input, or a built-in sample set (tokcompare
    samples); by default the twenty sentences of the GPT-4o announcement.

    \b
    Examples:
      tokcompare report
      tokcompare report udhr -m fertility -m premium
      tokcompare report corpus.jsonl.gz --sort compression_ratio
      tokcompare report 'corpus/**/*.txt' --language-from-path -f markdown
    """
    from tokcompare.cli.io import check_rejections, load_named, say, write_result
    from tokcompare.cli.progress import show_progress
    from tokcompare.comparison.compare import compare
    from tokcompare.comparison.table import comparison_table
    from tokcompare.metrics import DEFAULT_METRICS
    from tokcompare.output import delete_file
    from tokcompare.sources.storage import STANDARD_INPUT

    source = load_named(
        names or ["gpt-4o"],
        languages,
        input_format=input_format,
        per_line=per_line,
        text_field=text_field,
        language_field=language_field,
        language_from_path=language_from_path,
    )
    say([*source.notes, *_on_speed(source, options["engine"])])
    if STANDARD_INPUT in names:
        _say_if_waiting()
    with show_progress(source, hidden=hides_progress) as progress:
        comparison = compare(
            source, metrics=metrics or DEFAULT_METRICS, progress=progress, **options
        )
    comparison = comparison.sort(key, reverse=reverse)
    write_result(comparison, lambda: comparison_table(comparison), format_name, output)
    if options["checkpoint"] is not None:
        delete_file(options["checkpoint"])
    check_rejections(comparison.rejections)


main.add_command(cost)
main.add_command(context)


_SLOW = 1 << 26
"""From how many bytes on people should know what would be faster."""


def _on_speed(source: Source, engine: str) -> list[str]:
    from tokcompare.counting.engines import is_installed
    from tokcompare.sources.storage import stored_file

    if engine != "auto" or is_installed():
        return []
    if sum(stored_file(file.path).size() or 0 for file in source.files) < _SLOW:
        return []
    return [
        "tiktoken itself counts, because fastokens is not installed, which counts the same several "
        "times faster (pip install 'tokcompare[fast]', where it exists: Linux, macOS, Windows)."
    ]


@main.command(cls=GroupedCommand, short_help="Count the tokens of a text.")
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@encoding_option
@option("--json", "as_json", group="Common options", is_flag=True, help="Write JSON.")
@pattern_option
@download_option
def count(
    texts: tuple[str, ...],
    encodings: tuple[str, ...],
    as_json: bool,
    pattern: str | None,
    allow_download: bool,
) -> None:
    """Count the tokens of each TEXT, or of standard input.

    Standard input is UTF-8 and one text, counted as it is, with its last new line. Before a TEXT
    that begins with a hyphen write --.

    \b
    Examples:
      tokcompare count "Hello, my name is GPT-4o."
      tokcompare count --json -e o200k_base "Bonjour" "Guten Tag"
      printf 'one text' | tokcompare count
    """
    from tokcompare.comparison import table as render
    from tokcompare.counting.counter import Counting, add_counts
    from tokcompare.encodings import load_encodings
    from tokcompare.output import write_standard_output
    from tokcompare.sources.document import Document

    loaded = load_encodings(encodings, pattern=pattern, allow_download=allow_download)
    given = [_decode_argument(text) for text in texts] or [_read_standard_input()]
    counting = Counting(encodings=tuple(loaded))
    counts = [counting.count(Document(text=text)) for text in given]
    total = add_counts(counts)
    if as_json:
        write_standard_output(render.counts_json(counts, total))
    else:
        labels = texts or ("(standard input)",)
        write_standard_output(render.counts_table(labels, counts, total))


def _decode_argument(text: str) -> str:
    """Returns an argument as the UTF-8 that it is, whatever the locale made of it."""
    return _decode(os.fsencode(text), "A TEXT")


def _read_standard_input() -> str:
    if sys.stdin is None:
        raise SourceError("Standard input is closed; give a TEXT.")
    _say_if_waiting()
    try:
        content = sys.stdin.buffer.read()
    except OSError as error:
        raise SourceError(f"Standard input cannot be read: {error.strerror}.") from error
    return _decode(content, "Standard input")


def _say_if_waiting() -> None:
    if sys.stdin is not None and sys.stdin.isatty():
        click.echo("Reading standard input; end it with Ctrl-D.", err=True)


def _decode(content: bytes, what: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{what} is not UTF-8: {error.reason} at byte {error.start}.") from error


@main.command(cls=GroupedCommand, short_help="List the encodings.")
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=complete_encoding)
@pattern_option
@download_option
def encodings(names: tuple[str, ...], pattern: str | None, allow_download: bool) -> None:
    """List tiktoken's encodings, or say what each NAME is: an encoding, a model or a file.

    The vocabulary's size is the largest token id plus one, special tokens included. An encoding
    keeps the text if its tokens give back every byte of it. The models are those of tiktoken's own
    table.

    \b
    Examples:
      tokcompare encodings
      tokcompare encodings gpt-4o gpt-3.5-turbo
    """
    from tokcompare.encodings import VOCABULARIES, load_encodings
    from tokcompare.encodings.models import models_of
    from tokcompare.output import write_standard_output
    from tokcompare.tables import align

    if names:
        rows = [["encoding", "vocabulary", "keeps text", "SHA-256"]]
        for encoding in load_encodings(names, pattern=pattern, allow_download=allow_download):
            keeps = {True: "yes", False: "not always", None: "unknown"}[encoding.keeps_text]
            rows.append([encoding.name, f"{encoding.vocabulary_size:,}", keeps, encoding.sha256])
    else:
        rows = [["encoding", "vocabulary", "where it is", "models"]]
        for name, vocabulary in VOCABULARIES.items():
            where = "in tokcompare" if vocabulary.is_embedded else "tiktoken's cache"
            size = f"{vocabulary.vocabulary_size:,}"
            rows.append([name, size, where, ", ".join(models_of(name))])
    write_standard_output("\n".join(align(rows, left={0, 2, 3})) + "\n")


@main.command(short_help="List the metrics.")
def metrics() -> None:
    """List the metrics: how each is calculated, and who defined it.

    \b
    Example:
      tokcompare metrics
    """
    from tokcompare.metrics import METRICS
    from tokcompare.output import write_standard_output
    from tokcompare.tables import align

    rows = [[metric.name, metric.formula, metric.source] for metric in METRICS.values()]
    lines = align([["metric", "formula", "source"], *rows], left=range(3))
    write_standard_output("\n".join(lines) + "\n")


@main.command(short_help="List the built-in sample sets.")
def samples() -> None:
    """List the built-in sample sets and their languages.

    \b
    Example:
      tokcompare samples
    """
    from tokcompare.bundled import SAMPLES
    from tokcompare.languages import describe_language
    from tokcompare.output import write_standard_output
    from tokcompare.sources.source import load_samples
    from tokcompare.tables import align

    sets = [["sample set", "documents", "languages", "what it is"]]
    codes: dict[str, None] = {}
    for name, description in SAMPLES.items():
        source = load_samples(name)
        sets.append([name, str(len(source)), str(len(source.languages)), description])
        codes |= dict.fromkeys(source.languages)
    languages = [["code", "language", "script", "direction", "own name"]]
    for language in map(describe_language, codes):
        languages.append(
            [
                language.code,
                language.name,
                language.script,
                language.direction,
                language.native_name,
            ]
        )
    lines = [*align(sets, left={0, 3}), "", *align(languages, left=range(5))]
    write_standard_output("\n".join(lines) + "\n")
