"""`tokcompare count`: count the tokens of texts or of standard input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tokcompare.cli.options import (
    GroupedCommand,
    download_option,
    encodings_option,
    option,
    pattern_option,
)

if TYPE_CHECKING:
    from tokcompare.counting.counts import Counts


@click.command(cls=GroupedCommand)
@click.argument("texts", metavar="[TEXT]...", nargs=-1)
@encodings_option
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
    """Count the tokens of texts or of standard input.

    Each TEXT is counted; without any, standard input is, as tokcompare report - reads it. It is one
    text, and its last newline is counted too. Write -- before a TEXT that starts with a hyphen.

    \b
    Examples:
      tokcompare count "Hello, my name is GPT-4o."
      tokcompare count --json -e o200k_base "Bonjour" "Guten Tag"
      printf 'one text' | tokcompare count
    """
    from tokcompare.cli.io import decode_argument, read_standard_input, write_notes
    from tokcompare.counting.counter import DocumentCounter
    from tokcompare.counting.counts import add_counts
    from tokcompare.encodings import load_encodings
    from tokcompare.output import write_standard_output
    from tokcompare.sources.document import Document

    loaded = load_encodings(encodings, pattern=pattern, allow_download=allow_download)
    given = [decode_argument(text, "A TEXT") for text in texts]
    given = given or [read_standard_input("give a TEXT")]
    counting = DocumentCounter(encodings=tuple(loaded))
    counts = [counting.count(Document(text=text)) for text in given]
    total = add_counts(counts)
    labels = texts or ("(standard input)",)
    write_standard_output(_to_json(counts, total) if as_json else _to_table(labels, counts, total))
    write_notes(_notes_on_lost_text(total))


def _notes_on_lost_text(total: Counts) -> list[str]:
    from tokcompare.comparison.notes import lost_share

    return [
        f"{lost_share(encoding, lost, total.bytes)}. Do not compare its numbers of tokens."
        for encoding, lost in total.lost_bytes.items()
        if lost
    ]


def _to_table(labels: Sequence[str], counts: Sequence[Counts], total: Counts) -> str:
    """Returns a table with the tokens of each text, and of all texts if there are several."""
    from tokcompare.tables import align, shorten

    rows = [[*total.tokens, "text"]]
    for label, one in zip(labels, counts, strict=True):
        rows.append([*(f"{tokens:,}" for tokens in one.tokens.values()), shorten(label)])
    if len(counts) > 1:
        rows.append([*(f"{tokens:,}" for tokens in total.tokens.values()), "(total)"])
    return "\n".join(align(rows, left={len(total.tokens)})) + "\n"


def _to_json(counts: Sequence[Counts], total: Counts) -> str:
    """Returns the counts of each text and of all texts as JSON."""
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
        "texts": [numbers(one) for one in counts],
        "total": numbers(total),
    }
    return json.dumps(content, indent=2) + "\n"
