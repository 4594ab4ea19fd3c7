"""`tokcompare count`: count the tokens of texts, files or standard input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from tokcompare.cli.options import (
    MAX_RECORD,
    GroupedCommand,
    download_option,
    encodings_option,
    max_record_option,
    option,
    pattern_option,
)

if TYPE_CHECKING:
    from tokcompare.cli.texts import Given
    from tokcompare.counting.counts import Counts
    from tokcompare.encodings import LoadedEncoding
    from tokcompare.sources.formats.format import ReadOptions


class _CountCommand(GroupedCommand):
    """The command, for which each argument after -- is a text."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses the arguments."""
        if "--" in args:
            end = args.index("--")
            args = [*args[:end], *(f"--text={text}" for text in args[end + 1 :])]
        return super().parse_args(ctx, args)


def _complete_file(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


@click.command(cls=_CountCommand)
@click.argument("names", metavar="[TEXT|FILE]...", nargs=-1, shell_complete=_complete_file)
@option(
    "--text",
    "texts",
    group="Common options",
    metavar="TEXT",
    multiple=True,
    help="Text to count, even if it is the name of a file; repeatable. Each argument after -- is a "
    "text, too.",
)
@encodings_option
@option(
    "--chat",
    group="Common options",
    is_flag=True,
    help="Each FILE or TEXT holds chat messages in JSON, or each line of it. Show the tokens of "
    "their contents, and those that the models add.",
)
@max_record_option
@option("--json", "as_json", group="Common options", is_flag=True, help="Write JSON.")
@pattern_option
@download_option
def count(
    names: tuple[str, ...],
    texts: tuple[str, ...],
    encodings: tuple[str, ...],
    chat: bool,
    max_record: str,
    as_json: bool,
    patterns: tuple[str, ...],
    allow_download: bool,
) -> None:
    """Count the tokens of texts, files or standard input.

    Each TEXT is counted. If it is the name of a file, the content of the file is counted, as one
    text, and a note says so. - is standard input, which is also read if nothing is given. Files and
    standard input are read as tokcompare report reads plain text: they may be compressed, and in
    UTF-8, or in UTF-16 with a byte order mark.

    \b
    Examples:
      tokcompare count "Hello, my name is GPT-4o."
      tokcompare count --json -e o200k_base prompts/system.txt
      printf 'one text' | tokcompare count
      tokcompare count --text README.md -- -1
      tokcompare count --chat messages.json -e gpt-4o
    """
    from tokcompare.cli.io import write_notes
    from tokcompare.cli.targets import Targets
    from tokcompare.cli.texts import Given, find_text
    from tokcompare.counting.counter import DocumentCounter
    from tokcompare.counting.counts import add_counts
    from tokcompare.encodings import load_encodings
    from tokcompare.encodings.closed.recorded import has_tokens
    from tokcompare.encodings.names import names_of_rank_files, path_of
    from tokcompare.encodings.patterns import read_patterns
    from tokcompare.encodings.protocol import caveats_of
    from tokcompare.output import write_standard_output

    given = [*map(find_text, names), *(Given(text=text) for text in texts)]
    given = given or [Given(path="-")]
    Targets.of(None, inputs=[*(each.path for each in given), *map(path_of, encodings)])
    pattern = read_patterns(patterns, names_of_rank_files(encodings))
    loaded = load_encodings(encodings, pattern=pattern, allow_download=allow_download)
    for encoding in loaded:
        if not has_tokens(encoding):
            encoding.encode("")  # the error says what it needs besides a text
    if sum(each.path == "-" for each in given) > 1:
        raise click.UsageError("Standard input (-) can be read only once.")
    write_notes([note for each in given if (note := each.note) and not (chat and each.path)])
    options = _read_options(given, max_record)
    if chat:
        _count_chats(given, encodings, loaded, options, as_json=as_json)
        return
    counting = DocumentCounter(encodings=tuple(loaded))
    counts = [counting.count(document) for each in given for document in each.read(options)]
    total = add_counts(counts)
    show = _to_json if as_json else _to_table
    write_standard_output(show(given, counts, total))
    write_notes([*_notes_on_lost_text(total), *caveats_of(loaded)])


def _read_options(given: Sequence[Given], max_record: str) -> ReadOptions | None:
    """Returns how files are read; None if there are none and the default holds.

    The formats of files are imported only then, which saves start time.
    """
    if max_record == MAX_RECORD and not any(each.path for each in given):
        return None
    from tokcompare.sources.formats.format import ReadOptions, check_max_record

    return ReadOptions(max_record=check_max_record(max_record))


def _count_chats(
    given: Sequence[Given],
    models: Sequence[str],
    loaded: Sequence[LoadedEncoding],
    options: ReadOptions | None,
    *,
    as_json: bool,
) -> None:
    from tokcompare.cli.chats import count_file, notes_on_chats, to_json, to_table
    from tokcompare.cli.io import write_notes
    from tokcompare.output import write_standard_output

    files = [count_file(each, models, loaded, options) for each in given]
    write_standard_output((to_json if as_json else to_table)(files, models))
    write_notes(notes_on_chats(files, models))


def _notes_on_lost_text(total: Counts) -> list[str]:
    lost_bytes = {encoding: lost for encoding, lost in total.lost_bytes.items() if lost}
    if not lost_bytes:
        return []
    from tokcompare.comparison.notes import lost_share

    return [
        f"{lost_share(encoding, lost, total.bytes)}. Do not compare its numbers of tokens."
        for encoding, lost in lost_bytes.items()
    ]


def _to_table(given: Sequence[Given], counts: Sequence[Counts], total: Counts) -> str:
    """Returns a table with the tokens of each text, and of all texts if there are several."""
    from tokcompare.tables import align, shorten

    rows = [[*total.tokens, "text"]]
    for each, one in zip(given, counts, strict=True):
        rows.append([*(f"{tokens:,}" for tokens in one.tokens.values()), shorten(each.label)])
    if len(counts) > 1:
        rows.append([*(f"{tokens:,}" for tokens in total.tokens.values()), "(total)"])
    return "\n".join(align(rows, left={len(total.tokens)})) + "\n"


def _to_json(given: Sequence[Given], counts: Sequence[Counts], total: Counts) -> str:
    """Returns the counts of each text and of all texts as JSON; a file has its name."""
    import json

    from tokcompare.comparison.records import SCHEMA, lost_bytes_as_dict

    def numbers(counts: Counts) -> dict[str, object]:
        return {
            "bytes": counts.bytes,
            "characters": counts.characters,
            "tokens": dict(counts.tokens),
            **lost_bytes_as_dict(counts),
        }

    content = {
        "schema": SCHEMA,
        "encodings": list(total.tokens),
        "texts": [
            numbers(one) | ({"file": each.label} if each.path else {})
            for each, one in zip(given, counts, strict=True)
        ],
        "total": numbers(total),
    }
    return json.dumps(content, indent=2) + "\n"
