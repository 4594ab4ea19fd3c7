"""`tokcompare rank`: rank tokenizers for a language, or languages under a tokenizer."""

from __future__ import annotations

import click

from tokcompare.cli.options import (
    GroupedCommand,
    OutputOptions,
    complete_language,
    option,
    output_options,
)


@click.command(cls=GroupedCommand)
@click.argument("language", metavar="[LANGUAGE]", required=False, shell_complete=complete_language)
@option(
    "-e",
    "--encoding",
    group="Common options",
    metavar="NAME",
    help="Encoding or model whose languages are ranked.",
)
@option("--json", "as_json", group="Common options", is_flag=True, help="The same as -f json.")
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
        if output_options.format_name not in ("json", "table"):
            raise click.UsageError(f"--json goes without -f {output_options.format_name}.")
        output_options = output_options._replace(format_name="json")
    Targets.of(output_options.output)
    if language is not None:
        from tokcompare.languages import resolve_language

        note = resolve_language(language)[1]
        write_notes([note] if note else [])
    name = None if encoding is None else _encoding_name(encoding)
    ranking = rank_counts(language, encoding=name)
    write_result(ranking, lambda: ranking_table(ranking), output_options)


def _encoding_name(name: str) -> str:
    """Returns the encoding of a model, or the name itself if it is an encoding or unknown."""
    from tokcompare.estimates.flores import made_with

    if name in made_with():
        return name
    from tokcompare.encodings.models import find_encoding_of_model, find_tokenizer_of_model

    return find_encoding_of_model(name) or find_tokenizer_of_model(name) or name
