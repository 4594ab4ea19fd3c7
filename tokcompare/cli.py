"""The command line: click, and nothing but click.

It reads arguments, calls the library and writes what it returns. A command imports what it needs
when it runs, so that help comes at once. Exit codes: 0 fine, 1 a TokcompareError, 2 wrong usage,
130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import click

from tokcompare.errors import SourceError, TokcompareError
from tokcompare.version import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


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


def _complete_encoding(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from tokcompare.encodings import VOCABULARIES

    return _completions(dict.fromkeys(VOCABULARIES), incomplete)


def _complete_language(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from tokcompare.languages import LANGUAGES

    return _completions({code: LANGUAGES[code].name for code in LANGUAGES}, incomplete)


def _complete_source(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from tokcompare.sources import SAMPLES

    return _completions(SAMPLES, incomplete)


def _completions(
    candidates: Mapping[str, str] | Mapping[str, None], incomplete: str
) -> list[CompletionItem]:
    """Returns the candidates that begin so, with what a shell may say of each."""
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(name, help=description)
        for name, description in candidates.items()
        if name.startswith(incomplete)
    ]


_encoding_option = click.option(
    "-e",
    "--encoding",
    "encodings",
    metavar="NAME",
    multiple=True,
    default=("cl100k_base", "o200k_base"),
    shell_complete=_complete_encoding,
    help="Encoding to count with; repeat it for more. The first is the baseline."
    "  [default: cl100k_base, o200k_base]",
)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="tokcompare")
def main() -> None:
    """How many tokens the same text costs when the tokenizer changes.

    Exact, offline, for the twenty languages of the GPT-4o announcement and any text of yours.

    \b
    Example:
      tokcompare report
    """


@main.command(short_help="Compare encodings language by language.")
@click.argument("source", metavar="[SOURCE]", default="gpt-4o", shell_complete=_complete_source)
@_encoding_option
@click.option(
    "-l",
    "--language",
    "languages",
    metavar="CODE",
    multiple=True,
    shell_complete=_complete_language,
    help="Only this language (gu, guj_Gujr); repeat it for more.",
)
@click.option(
    "--sort",
    "key",
    metavar="KEY",
    help="Sort by a column of the CSV, such as name, tokens or compression_ratio.",
)
@click.option("--reverse", is_flag=True, help="Turn the order round.")
@click.option(
    "-f",
    "--format",
    "format_name",
    type=click.Choice(["table", "markdown", "csv", "json"]),
    default="table",
    show_default=True,
    help="How to write the report.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Write to a file, whole or not at all.  [default: standard output]",
)
def report(
    source: str,
    encodings: tuple[str, ...],
    languages: tuple[str, ...],
    key: str | None,
    reverse: bool,
    format_name: str,
    output: str | None,
) -> None:
    """Compare encodings language by language.

    SOURCE is a built-in sample set (see tokcompare samples); by default it is the twenty sentences
    of the GPT-4o announcement.

    \b
    Examples:
      tokcompare report
      tokcompare report udhr
      tokcompare report --sort compression_ratio --reverse
      tokcompare report -l hi -l en -f markdown
      tokcompare report -f csv -o report.csv
    """
    from tokcompare import render
    from tokcompare.comparison import compare
    from tokcompare.output import shows_color, write_file, write_standard_output
    from tokcompare.sources import load_samples

    documents = load_samples(source)
    if languages:
        documents = documents.select(languages)
    comparison = compare(documents, encodings=encodings).sort(key, reverse=reverse)
    if format_name == "table":
        text = render.table(comparison, color=output in (None, "-") and shows_color())
    else:
        text = getattr(render, format_name)(comparison)
    if output in (None, "-"):
        write_standard_output(text)
    else:
        write_file(output, text)


@main.command(short_help="Count the tokens of a text.")
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@_encoding_option
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
def count(texts: tuple[str, ...], encodings: tuple[str, ...], as_json: bool) -> None:
    """Count the tokens of each TEXT, or of standard input.

    Standard input is UTF-8 and one text, counted as it is, with its last new line. Before a TEXT
    that begins with a hyphen write --.

    \b
    Examples:
      tokcompare count "Hello, my name is GPT-4o."
      tokcompare count --json -e o200k_base "Bonjour" "Guten Tag"
      printf 'one text' | tokcompare count
    """
    from tokcompare import render
    from tokcompare.counting import count_document
    from tokcompare.encodings import load_encodings
    from tokcompare.output import write_standard_output
    from tokcompare.sources import Document

    loaded = load_encodings(encodings)
    given = [_decode_argument(text) for text in texts] or [_read_standard_input()]
    documents = [Document(text=text) for text in given]
    counts = [count_document(document, loaded) for document in documents]
    total = reduce(add, counts)
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
    if sys.stdin.isatty():
        click.echo("Reading standard input; end it with Ctrl-D.", err=True)
    try:
        content = sys.stdin.buffer.read()
    except OSError as error:
        raise SourceError(f"Standard input cannot be read: {error.strerror}.") from error
    return _decode(content, "Standard input")


def _decode(content: bytes, what: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(f"{what} is not UTF-8: {error.reason} at byte {error.start}.") from error


@main.command(short_help="List the encodings.")
def encodings() -> None:
    """List the encodings: vocabulary size, and the models that use them.

    The size is the largest token id plus one, special tokens included. The models are those of
    tiktoken's own table.

    \b
    Example:
      tokcompare encodings
    """
    from tokcompare.encodings import VOCABULARIES, models_of
    from tokcompare.output import write_standard_output
    from tokcompare.render import align

    rows = [
        [name, f"{vocabulary.vocabulary_size:,}", ", ".join(models_of(name))]
        for name, vocabulary in VOCABULARIES.items()
    ]
    lines = align([["encoding", "vocabulary", "models"], *rows], left={0, 2})
    write_standard_output("\n".join(lines) + "\n")


@main.command(short_help="List the built-in sample sets.")
def samples() -> None:
    """List the built-in sample sets and their languages.

    \b
    Example:
      tokcompare samples
    """
    from tokcompare.languages import describe_language
    from tokcompare.output import write_standard_output
    from tokcompare.render import align
    from tokcompare.sources import SAMPLES, load_samples

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
