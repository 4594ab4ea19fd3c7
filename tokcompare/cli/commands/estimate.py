"""`tokcompare estimate`, `rank` and `calibrate`: numbers of tokens without counting them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from tokcompare.cli.options import (
    GroupedCommand,
    OutputOptions,
    SourceOptions,
    as_json_options,
    complete_encoding,
    complete_language,
    confidence_option,
    json_option,
    max_record_option,
    on_error_option,
    option,
    output_options,
    source_options,
)

if TYPE_CHECKING:
    from tokcompare.estimates import Estimate


class _Row(NamedTuple):
    """An estimate, and what was estimated. A text has no language here."""

    language: str | None
    encoding: str
    characters: int
    estimate: Estimate


@click.command(cls=GroupedCommand)
@click.argument("characters", metavar="[CHARACTERS]", required=False, type=int)
@option(
    "-l",
    "--language",
    "languages",
    group="Common options",
    metavar="CODE",
    multiple=True,
    shell_complete=complete_language,
    help="Language of the text; repeatable.",
)
@option(
    "-e",
    "--encoding",
    "encodings",
    group="Common options",
    metavar="NAME",
    multiple=True,
    default=("cl100k_base", "o200k_base"),
    help="Encoding or model to estimate for; repeatable.  [default: cl100k_base, o200k_base]",
)
@option("--text", group="Common options", metavar="TEXT", help="Text to estimate from.")
@max_record_option
@option("--json", "as_json", group="Common options", is_flag=True, help="Write JSON.")
@option(
    "--table",
    "writes_table",
    group="Common options",
    is_flag=True,
    help="Write the numbers that all estimates are made from, as JSON.",
)
def estimate(
    characters: int | None,
    languages: tuple[str, ...],
    encodings: tuple[str, ...],
    text: str | None,
    max_record: str,
    as_json: bool,
    writes_table: bool,
) -> None:
    """Estimate tokens from a length and languages, or from a text.

    CHARACTERS is the length of the text, in Unicode code points. Without it, the text itself is
    read from --text or standard input. No vocabulary is loaded. `low` and `high` are the bounds of
    a 95 % prediction interval. `basis` names the measurements: those of the language, those of its
    script if the language was not measured, or those of the characters in the text.

    \b
    Examples:
      tokcompare estimate 10000 -l hi
      tokcompare estimate 10000 -l en -l hi -e o200k_base --json
      printf 'one text' | tokcompare estimate
      tokcompare estimate --table
    """
    from tokcompare.output import write_standard_output

    if writes_table:
        if characters is not None or languages or text is not None or as_json:
            raise click.UsageError(
                "--table is given alone: it writes the numbers of all languages."
            )
        write_standard_output(_read_table())
        return
    if characters is None and languages:
        raise click.UsageError("-l goes with a length: tokcompare estimate 10000 -l hi")
    if characters is not None and (text is not None or not languages):
        raise click.UsageError("A length goes with -l and without --text.")
    names = list(map(_encoding_name, encodings))
    if characters is None:
        rows = _estimate_text(text, names, max_record)
    else:
        rows = _estimate_length(characters, languages, names)
    write_standard_output(_to_json(rows) if as_json else _to_table(rows))


def _encoding_name(name: str) -> str:
    """Returns the encoding of a model, or the name itself if it is an encoding or unknown."""
    from tokcompare.estimates import read_table

    if name in read_table()["encodings"]:
        return name
    from tokcompare.encodings.models import find_encoding_of_model, find_tokenizer_of_model
    from tokcompare.encodings.named.catalogue import find_tokenizer

    if (tokenizer := find_tokenizer(find_tokenizer_of_model(name) or name)) is not None:
        return tokenizer.name
    return find_encoding_of_model(name) or name


def _estimate_length(
    characters: int, languages: Sequence[str], encodings: Sequence[str]
) -> list[_Row]:
    from tokcompare.cli.io import write_notes
    from tokcompare.estimates import estimate_tokens, read_table
    from tokcompare.estimates.estimate import PROXY
    from tokcompare.languages import resolve_language

    write_notes([note for _, note in map(resolve_language, languages) if note])
    if others := [name for name in encodings if name not in read_table()["encodings"]]:
        write_notes(
            [
                f"{', '.join(others)}: the estimate of {PROXY}, times the ratio of their tokens in "
                "FLORES-200. The intervals are wider."
            ]
        )
    return [
        _Row(language, encoding, characters, estimate_tokens(characters, language, encoding))
        for language in languages
        for encoding in encodings
    ]


def _estimate_text(text: str | None, encodings: Sequence[str], max_record: str) -> list[_Row]:
    from tokcompare.cli.io import decode_argument, read_standard_input
    from tokcompare.estimates import estimate_tokens

    if text is None:
        text = read_standard_input("give --text, or a length and -l", max_record=max_record)
    else:
        text = decode_argument(text, "The text")
    return [
        _Row(None, encoding, len(text), estimate_tokens(text=text, encoding=encoding))
        for encoding in encodings
    ]


def _read_table() -> str:
    from tokcompare.estimates import table_path

    return table_path().read_bytes().decode()


def _to_table(rows: Sequence[_Row]) -> str:
    from tokcompare.tables import align
    from tokcompare.text import printable

    lines = [["language", "encoding", "characters", "tokens", "low", "high", "basis"]]
    for language, encoding, characters, found in rows:
        numbers = (characters, found.tokens, found.low, found.high)
        shown = "–" if language is None else printable(language)
        lines.append([shown, encoding, *(f"{number:,}" for number in numbers), found.basis])
    return "\n".join(align(lines, left={0, 1, 6})) + "\n"


def _to_json(rows: Sequence[_Row]) -> str:
    import json

    from tokcompare.comparison.records import SCHEMA

    estimates: list[dict[str, Any]] = [
        {
            "language": language,
            "encoding": encoding,
            "characters": characters,
            "tokens": found.tokens,
            "low": found.low,
            "high": found.high,
            "basis": found.basis,
        }
        for language, encoding, characters, found in rows
    ]
    return json.dumps({"schema": SCHEMA, "estimates": estimates}, indent=2) + "\n"


@click.command(cls=GroupedCommand)
@click.argument("language", metavar="[LANGUAGE]", required=False, shell_complete=complete_language)
@option(
    "-e",
    "--encoding",
    group="Common options",
    metavar="NAME",
    help="Encoding or model whose languages are ranked.",
)
@json_option
@output_options
def rank(
    language: str | None, encoding: str | None, as_json: bool, output_options: OutputOptions
) -> None:
    """Rank tokenizers for a language, or languages under a tokenizer.

    For LANGUAGE, a code or a name, tokenizers are ranked by the tokens that they need for the same
    content; with --encoding, languages are. The content is that of FLORES-200, in 204 languages.
    The counts are in the package, so no tokenizer is needed.

    \b
    Examples:
      tokcompare rank hi
      tokcompare rank --encoding o200k_base -f csv
    """
    from tokcompare.cli.io import write_notes, write_result
    from tokcompare.cli.targets import Targets
    from tokcompare.estimates.ranking import rank as rank_counts
    from tokcompare.estimates.ranking import ranking_table

    if (language is None) == (encoding is None):
        raise click.UsageError(
            "Give a language, to rank tokenizers, or --encoding, to rank languages: one of the two."
        )
    if as_json:
        output_options = as_json_options(output_options)
    Targets.of(output_options.output)
    if language is not None:
        from tokcompare.languages import resolve_language

        note = resolve_language(language)[1]
        write_notes([note] if note else [])
    name = None if encoding is None else _ranked_encoding(encoding)
    ranking = rank_counts(language, encoding=name)
    write_result(ranking, lambda: ranking_table(ranking), output_options)


def _ranked_encoding(name: str) -> str:
    """Returns the encoding of a model, open ones too, or the name itself."""
    from tokcompare.estimates.flores import made_with

    if name in made_with():
        return name
    from tokcompare.encodings.models import find_encoding_of_model, find_tokenizer_of_model

    return find_encoding_of_model(name) or find_tokenizer_of_model(name) or name


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
