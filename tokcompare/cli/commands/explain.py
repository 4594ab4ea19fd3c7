"""`tokcompare explain` and `vocabulary`: the tokens of a text, the entries of vocabularies."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from tokcompare.cli.options import (
    GroupedCommand,
    OutputOptions,
    SourceOptions,
    as_json_options,
    complete_encoding,
    download_option,
    encodings_option,
    json_option,
    option,
    pattern_option,
    plain_output_options,
    source_options_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from click.shell_completion import CompletionItem

    from tokcompare.cli.targets import Targets
    from tokcompare.cli.texts import Given
    from tokcompare.encodings import LoadedEncoding

_OF_SOURCES = (
    *("input_format", "per_line", "quoting", "delimiter", "has_no_header", "text_fields"),
    *("language_field", "language_from_path", "gitignore", "max_record", "with_words"),
)
"""The parameters that need --top: they say how a SOURCE is read and ranked."""

_OF_TEXTS = ("given_text", "ids", "spans")
"""The parameters that say how one text is shown."""


@click.command(cls=GroupedCommand)
@encodings_option
@source_options_of(
    "[TEXT | SOURCE...]",
    "Without TEXT: the language of the built-in sentence, by code or name.  [default: gu]  With "
    "--top: count only documents in this language; repeatable. If given once, documents that name "
    "no language are assumed to be in it.",
)
@option(
    "--text",
    "given_text",
    group="Common options",
    metavar="TEXT",
    help="Text to show, even if it is the name of a file.",
)
@option(
    "--ids",
    group="Common options",
    is_flag=True,
    help="List the id and the bytes of each token, too.",
)
@option(
    "--spans/--no-spans",
    "spans",
    group="Common options",
    default=None,
    help="List the spans, or show the text in paragraphs.  [default: list those of a short text]",
)
@json_option
@plain_output_options
@option(
    "--top",
    group="Savings in a corpus",
    metavar="N",
    type=click.IntRange(min=1),
    help="Count a SOURCE, and show the N vocabulary entries that save most in each language.",
)
@option(
    "--words",
    "with_words",
    group="Savings in a corpus",
    is_flag=True,
    help="With --top: show the N words that need most tokens instead, and which became dearer.",
)
@pattern_option
@download_option
def explain(
    source_options: SourceOptions,
    output_options: OutputOptions,
    encodings: tuple[str, ...],
    given_text: str | None,
    ids: bool,
    spans: bool | None,
    as_json: bool,
    top: int | None,
    with_words: bool,
    patterns: tuple[str, ...],
    allow_download: bool,
) -> None:
    """Show the tokens of a text, and why their number differs.

    The argument is a text, the name of a file, or - for standard input, as for tokcompare count;
    without one, it is the built-in sentence in Gujarati, or in the language that -l names. The text
    is split into spans, which begin and end at the same places under each encoding.

    With --top, the arguments are SOURCEs as for tokcompare report. The entries of the last
    encoding's vocabulary are ranked by the tokens that they save against the first encoding.

    \b
    Examples:
      tokcompare explain
      tokcompare explain "नमस्ते दुनिया" --ids
      tokcompare explain -l ta -e gpt-4 -e gpt-4o --spans
      tokcompare explain udhr --top 5 -l hi
      tokcompare explain udhr --top 5 -l hi --words
    """
    from tokcompare.cli.targets import Targets
    from tokcompare.encodings import load_encodings
    from tokcompare.encodings.names import names_of_rank_files, path_of
    from tokcompare.encodings.patterns import read_patterns

    _check_options(top)
    if ids and spans is False:
        raise click.UsageError("--ids lists the spans, so --no-spans cannot be given with it.")
    if as_json:
        output_options = as_json_options(output_options)
    text = _find_text(source_options, given_text) if top is None else None
    names = source_options.names if top is not None else [] if text is None else [text.path]
    targets = Targets.of(output_options.output, inputs=[*names, *map(path_of, encodings)])
    pattern = read_patterns(patterns, names_of_rank_files(encodings))
    loaded = load_encodings(encodings, pattern=pattern, allow_download=allow_download)
    if top is None:
        style = {"ids": ids, "spans": spans}
        _show_text(text, source_options.languages, output_options, loaded, style)
    else:
        _rank(source_options, output_options, loaded, targets, top=top, with_words=with_words)


def _show_text(
    text: Given | None,
    languages: Sequence[str],
    output_options: OutputOptions,
    loaded: list[LoadedEncoding],
    style: Mapping[str, Any],
) -> None:
    from tokcompare import tables
    from tokcompare.cli.io import write_text
    from tokcompare.explanations.explanation import explain_under
    from tokcompare.explanations.terminal import Style, show_explanation
    from tokcompare.output import shows_color, terminal_width

    if output_options.format_name not in ("table", "json"):
        raise click.UsageError(
            f"The tokens of a text are written as table or json, not as "
            f"{output_options.format_name}. --top writes all formats."
        )
    explanation = explain_under(_read_text(text, languages), loaded)
    if output_options.format_name == "json":
        write_text(tables.json(explanation.to_dict()), output_options)
        return
    is_terminal = output_options.path is None
    shown = show_explanation(
        explanation,
        Style(
            width=(terminal_width() if is_terminal else None) or 80,
            color=is_terminal and shows_color(),
            **style,
        ),
    )
    write_text(shown, output_options)


def _find_text(options: SourceOptions, given_text: str | None) -> Given | None:
    """Returns the text or file that the argument or --text names; None if there is neither.

    Raises:
        click.UsageError: They name several.
    """
    from tokcompare.cli.io import write_notes
    from tokcompare.cli.texts import Given, find_text

    if len(options.names) + (given_text is not None) > 1:
        raise click.UsageError(
            "Give one text, in quotation marks if it has spaces; --top takes several sources."
        )
    if len(options.languages) > 1:
        raise click.UsageError("Give one --language, that of the sentence to show.")
    if not options.names and given_text is None:
        if _is_piped():
            write_notes(["Standard input is not read; - names it."])
        return None
    text = find_text(options.names[0]) if given_text is None else Given(text=given_text)
    notes = [text.note] if text.note else []
    if options.languages:
        notes.append(
            "--language plays no part: it names the built-in sentence, and a text is given."
        )
    write_notes(notes)
    return text


def _is_piped() -> bool:
    """Returns whether standard input is a pipe or a file."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):  # there is none
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode)


def _read_text(text: Given | None, languages: Sequence[str]) -> str:
    """Returns a text; the built-in sentence in a language, if there is none."""
    from tokcompare.sources.document import pieces_of_document
    from tokcompare.sources.formats.format import ReadOptions
    from tokcompare.sources.source import load_samples

    if text is None:
        documents = iter(load_samples().select(languages or ("gu",)))
    else:
        documents = text.read(ReadOptions())
    return "".join(
        piece for document in documents for piece in pieces_of_document(document, may_cut=False)
    )


def _rank(
    source_options: SourceOptions,
    output_options: OutputOptions,
    loaded: list[LoadedEncoding],
    targets: Targets,
    *,
    top: int,
    with_words: bool,
) -> None:
    from tokcompare.cli.io import load_named, write_result
    from tokcompare.explanations.ranking import rank_entries

    source = load_named(source_options, default="udhr", targets=targets)
    ranking = rank_entries(source, loaded, top=top, with_words=with_words)
    write_result(ranking, ranking.to_table, output_options)


def _check_options(top: int | None) -> None:
    """Refuses options of a corpus for a text, and of a text for a corpus.

    Raises:
        click.UsageError: One is given.
    """
    context = click.get_current_context()
    unused = _OF_SOURCES if top is None else _OF_TEXTS
    for parameter in context.command.params:
        name = str(parameter.name)
        is_given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if is_given and name in unused:
            where = "needs --top" if top is None else "cannot be given with --top"
            raise click.UsageError(f"{max(parameter.opts, key=len)} {where}.")


def _complete_script(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from tokcompare.cli.options import completions
    from tokcompare.explanations.vocabulary import SCRIPTS

    return completions(dict.fromkeys(SCRIPTS), incomplete)


@click.command(cls=GroupedCommand)
@click.argument("names", metavar="[A] [B]", nargs=-1, shell_complete=complete_encoding)
@option(
    "--by",
    group="Common options",
    type=click.Choice(["script", "form", "length"]),
    default="script",
    help="Count entries by the script of their letters; by their form: after a space (a word, or "
    "the beginning of one), without a space (a part of a word), marks; or by their length in bytes."
    "  [default: script]",
)
@option(
    "--longest",
    group="Common options",
    metavar="N",
    type=click.IntRange(min=1),
    help="Show the N longest entries of each vocabulary instead.",
)
@option(
    "--script",
    group="Common options",
    metavar="SCRIPT",
    shell_complete=_complete_script,
    help="With --longest: the script of these entries, such as Gujarati.",
)
@json_option
@plain_output_options
@pattern_option
@download_option
def vocabulary(
    names: tuple[str, ...],
    output_options: OutputOptions,
    by: Any,
    longest: int | None,
    script: str | None,
    as_json: bool,
    patterns: tuple[str, ...],
    allow_download: bool,
) -> None:
    """Compare the entries of two vocabularies, script by script.

    A and B are encodings, models or tokenizer files; cl100k_base and o200k_base if none is named.
    One alone is described.

    \b
    Examples:
      tokcompare vocabulary
      tokcompare vocabulary --by length
      tokcompare vocabulary o200k_base --longest 5 --script Gujarati
    """
    from tokcompare.cli.io import write_result
    from tokcompare.cli.targets import Targets
    from tokcompare.encodings import load_encodings
    from tokcompare.encodings.names import names_of_rank_files, path_of
    from tokcompare.encodings.patterns import read_patterns
    from tokcompare.explanations.comparison import compare_vocabularies
    from tokcompare.explanations.explanation import DEFAULT_ENCODINGS
    from tokcompare.explanations.vocabulary import find_script

    if len(names) > 2:
        raise click.UsageError("Give two encodings at most.")
    if script is not None and longest is None:
        raise click.UsageError("--script can be given only with --longest.")
    by_is_given = click.get_current_context().get_parameter_source("by")
    if longest is not None and by_is_given is ParameterSource.COMMANDLINE:
        raise click.UsageError("--longest lists entries and --by counts them: give one of them.")
    if as_json:
        output_options = as_json_options(output_options)
    names = names or DEFAULT_ENCODINGS
    Targets.of(output_options.output, inputs=map(path_of, names))
    pattern = read_patterns(patterns, names_of_rank_files(names))
    loaded = load_encodings(names, pattern=pattern, allow_download=allow_download)
    found = compare_vocabularies(
        loaded,
        by=by,
        longest=longest,
        script=None if script is None else find_script(script),
    )
    write_result(found, found.to_table, output_options)
