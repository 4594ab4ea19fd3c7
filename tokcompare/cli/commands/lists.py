"""`tokcompare encodings`, `metrics` and `samples`: list the names that other commands accept."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tokcompare.cli.options import (
    GroupedCommand,
    complete_encoding,
    download_option,
    pattern_option,
)


@click.command(cls=GroupedCommand)
@click.argument("names", metavar="[NAME]...", nargs=-1, shell_complete=complete_encoding)
@pattern_option
@download_option
def encodings(names: tuple[str, ...], patterns: tuple[str, ...], allow_download: bool) -> None:
    """List the encodings.

    Without a NAME, tiktoken's encodings and the tokenizers of open models are listed: where each is
    on this machine, the licence of its vocabulary, whether a reference implementation gave the same
    tokens, and the models that use it. With NAMEs (encodings, models or tokenizer files), the
    encoding of each is shown.

    The vocabulary size is the largest token id plus one, special tokens included. An encoding keeps
    text if decoding its tokens gives back every byte of the text.

    \b
    Examples:
      tokcompare encodings
      tokcompare encodings gpt-4o llama3
    """
    from tokcompare.cli.io import write_notes
    from tokcompare.encodings import VOCABULARIES, load_encodings
    from tokcompare.encodings.kinds.rank_files import where_ranks_are
    from tokcompare.encodings.models import identify_model, models_of
    from tokcompare.encodings.named.catalogue import TOKENIZERS
    from tokcompare.encodings.named.places import describe_place
    from tokcompare.encodings.names import names_of_rank_files, path_of
    from tokcompare.encodings.patterns import read_patterns
    from tokcompare.encodings.protocol import caveats_of
    from tokcompare.output import write_standard_output
    from tokcompare.tables import UNDEFINED, align

    if names:
        rows = [["encoding", "vocabulary", "keeps text", "SHA-256"]]
        pattern = read_patterns(patterns, names_of_rank_files(names))
        loaded = load_encodings(names, pattern=pattern, allow_download=allow_download)
        for encoding in loaded:
            keeps = {True: "yes", False: "not always", None: "unknown"}[encoding.keeps_text]
            size = f"{encoding.vocabulary_size:,}" if encoding.vocabulary_size else UNDEFINED
            rows.append([encoding.name, size, keeps, encoding.sha256 or UNDEFINED])
        models = (
            identify_model(name)
            for name in names
            if name not in VOCABULARIES and path_of(name) is None and "=" not in name
        )
        notes = [model.note for model in models if model is not None and model.note]
        write_notes([*notes, *caveats_of(loaded)])
    else:
        rows = [["encoding", "vocabulary", "where it is", "licence", "checked", "models"]]
        for name, vocabulary in VOCABULARIES.items():
            size = f"{vocabulary.vocabulary_size:,}"
            models_of_name = _first_of(models_of(name))
            rows.append([name, size, where_ranks_are(vocabulary), "MIT", "yes", models_of_name])
        for name, tokenizer in TOKENIZERS.items():
            size = f"{tokenizer.vocabulary_size:,}"
            place = describe_place(tokenizer)
            rows.append([name, size, place, tokenizer.licence, tokenizer.check, tokenizer.models])
    write_standard_output("\n".join(align(rows, left=set(range(len(rows[0]))) - {1})) + "\n")


def _first_of(models: Sequence[str], most: int = 6) -> str:
    """Returns the first models, and how many more there are."""
    more = [f"{len(models) - most} more"] if len(models) > most else []
    return ", ".join([*models[:most], *more])


@click.command
def metrics() -> None:
    """List the metrics.

    The list shows how each metric is calculated and who defined it.

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


@click.command
def samples() -> None:
    """List the built-in sample sets.

    A second table lists their languages.

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
        documents = sum(1 for _ in source)
        sets.append([name, str(documents), str(len(source.languages)), description])
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
