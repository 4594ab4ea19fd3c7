"""`tokcompare fit`: print the longest beginning or end of a text that fits a number of tokens."""

from __future__ import annotations

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
    from collections.abc import Sequence

    from tokcompare.cli.texts import Given
    from tokcompare.encodings import LoadedEncoding
    from tokcompare.prompts.boundaries import Boundary
    from tokcompare.prompts.fit import Fit, Keep


@click.command(cls=GroupedCommand)
@click.argument("name", metavar="TEXT|FILE", type=click.Path(allow_dash=True))
@option(
    "-n",
    "--max-tokens",
    group="Common options",
    metavar="N",
    type=click.IntRange(min=0),
    required=True,
    help="How many tokens the part may have under each encoding.",
)
@encodings_option
@option(
    "--keep",
    group="Common options",
    type=click.Choice(["start", "end"]),
    default="start",
    help="Keep the beginning of the text, or its end.  [default: start]",
)
@option(
    "--boundary",
    group="Common options",
    type=click.Choice(["grapheme", "word", "sentence"]),
    default="grapheme",
    help="Where the text may be cut. A grapheme is a character as readers see it."
    "  [default: grapheme]",
)
@option(
    "-o",
    "--output",
    group="Common options",
    metavar="FILE",
    help="Write to FILE instead of standard output.",
)
@option("--json", "as_json", group="Common options", is_flag=True, help="Write JSON.")
@pattern_option
@download_option
def fit(
    name: str,
    max_tokens: int,
    encodings: tuple[str, ...],
    keep: Keep,
    boundary: Boundary,
    output: str | None,
    as_json: bool,
    patterns: tuple[str, ...],
    allow_download: bool,
) -> None:
    """Print the longest beginning or end of a text that fits.

    The part has no more than N tokens under all encodings. TEXT is a text, or the name of a file,
    as for tokcompare count; - is standard input. No more of a file is read than is needed. Nothing
    is added to the part, not even a line feed.

    \b
    Examples:
      tokcompare fit README.md --max-tokens 100
      tokcompare fit chat.log -n 8000 --keep end --boundary sentence -e o200k_base
      printf 'one two three' | tokcompare fit - -n 2 --json
    """
    from tokcompare.cli.io import write_notes
    from tokcompare.cli.targets import Targets
    from tokcompare.cli.texts import find_text
    from tokcompare.encodings import load_encodings
    from tokcompare.encodings.names import names_of_rank_files, path_of
    from tokcompare.encodings.patterns import read_patterns
    from tokcompare.output import write_file, write_standard_output

    given = find_text(name)
    targets = Targets.of(output, inputs=[given.path, *map(path_of, encodings)])
    pattern = read_patterns(patterns, names_of_rank_files(encodings))
    loaded = load_encodings(encodings, pattern=pattern, allow_download=allow_download)
    if not given.path:  # that a file is read needs no note
        write_notes([given.note] if given.note else [])
    result = _fit(given, max_tokens, loaded, keep, boundary)
    text = _to_json(given, result) if as_json else result.text
    if targets.output is None:
        write_standard_output(text)
    else:
        write_file(targets.output, text)
    unsafe = [encoding.name for encoding in loaded if not encoding.cuts_at_space]
    if unsafe and not result.is_whole:
        write_notes([f"The part fits; under {', '.join(unsafe)} a longer one may fit, too."])


def _fit(
    given: Given,
    max_tokens: int,
    loaded: Sequence[LoadedEncoding],
    keep: Keep,
    boundary: Boundary,
) -> Fit:
    from tokcompare.cli.io import announce_standard_input, decode_argument
    from tokcompare.prompts.fit import fit_windows
    from tokcompare.prompts.window import StringWindows, open_windows
    from tokcompare.sources.storage import STANDARD_INPUT

    at_start = keep == "start"
    if not given.path:
        windows = StringWindows(decode_argument(given.text, "A TEXT"), at_start)
        return fit_windows(windows, max_tokens, loaded, keep=keep, boundary=boundary)
    if given.path == STANDARD_INPUT:
        announce_standard_input()
    with open_windows(given.path, at_start=at_start) as opened:
        return fit_windows(opened, max_tokens, loaded, keep=keep, boundary=boundary)


def _to_json(given: Given, result: Fit) -> str:
    import json

    from tokcompare.comparison.records import SCHEMA

    content = {
        "schema": SCHEMA,
        **({"file": given.label} if given.path else {}),
        "max_tokens": result.max_tokens,
        "keep": result.keep,
        "boundary": result.boundary,
        "is_whole": result.is_whole,
        "is_longest": result.is_longest,
        "tokens": dict(result.tokens),
        "characters": result.cut,
        "bytes": len(result.text.encode()),
        "text": result.text,
    }
    return json.dumps(content, indent=2) + "\n"
