"""The options of the command: what each is called, its help, and how a shell completes it.

Options that belong together stand under a heading of their own in the help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_Command = TypeVar("_Command", bound=Callable[..., Any])


class Amount(click.ParamType[Any]):
    """A number that is not negative, as it is written."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Returns it as a Decimal."""
        from decimal import Decimal, InvalidOperation

        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("nan")
        if not number.is_finite() or not 0 <= number <= 10**15:
            self.fail(f"{value!r} is not a number of 0 or more.", param, ctx)
        return number


class GroupedOption(click.Option):
    """An option that help shows under the heading of its group."""

    def __init__(self, *arguments: Any, group: str = "Other", **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.group = group


class GroupedCommand(click.Command):
    """A command of many options: help shows them group by group, in order of first appearance."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the options under their headings, and help last."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, click.Option):
                groups.setdefault(getattr(parameter, "group", "Help"), []).append(record)
        help_last = sorted(groups.items(), key=lambda group: group[0] == "Help")
        for group, records in help_last:
            with formatter.section(group):
                formatter.write_dl(records)


def complete_encoding(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Returns the encodings that begin so."""
    from click.shell_completion import CompletionItem

    from tokcompare.encodings.kinds.openai import VOCABULARIES

    names = _completions(dict.fromkeys(VOCABULARIES), incomplete)
    return [*names, CompletionItem(incomplete, type="file")]


def complete_language(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Returns the codes of the languages of the samples that begin so."""
    from tokcompare.languages import LANGUAGES

    return _completions({code: LANGUAGES[code].name for code in LANGUAGES}, incomplete)


def complete_source(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Returns the sample sets that begin so, and files."""
    from click.shell_completion import CompletionItem

    from tokcompare.bundled import SAMPLES

    return [*_completions(SAMPLES, incomplete), CompletionItem(incomplete, type="file")]


def complete_metric(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Returns the metrics that begin so."""
    from tokcompare.metrics import METRICS

    metrics = {name: metric.formula for name, metric in METRICS.items()}
    return _completions({**metrics, "all": "all of them"}, incomplete)


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


def option(*names: str, group: str, **options: Any) -> Callable[[Any], Any]:
    """Returns what gives a command an option that help shows under a heading."""
    return click.option(*names, cls=GroupedOption, group=group, **options)


encoding_option = option(
    "-e",
    "--encoding",
    "encodings",
    group="Common options",
    metavar="NAME",
    multiple=True,
    default=("cl100k_base", "o200k_base"),
    shell_complete=complete_encoding,
    help="Encoding, model or tokenizer file to count with; repeat it. The first is the baseline."
    "  [default: cl100k_base, o200k_base]",
)
pattern_option = option(
    "--pattern",
    group="Tokenizers",
    metavar="REGEX",
    help="What splits text before a .tiktoken file, or the encoding that has it.",
)
download_option = option(
    "--allow-download",
    group="Tokenizers",
    is_flag=True,
    help="Download vocabularies that are not there.",
)


_language_option = option(
    "-l",
    "--language",
    "languages",
    group="Common options",
    metavar="CODE",
    multiple=True,
    shell_complete=complete_language,
    help="Only this language; repeat it. One alone is also that of text that names none.",
)
_format_option = option(
    "-f",
    "--format",
    "format_name",
    group="Common options",
    type=click.Choice(["table", "markdown", "csv", "json"]),
    default="table",
    help="How to write the report.",
)
_output_option = option(
    "-o",
    "--output",
    group="Common options",
    metavar="FILE",
    help="Write to a file, whole or not at all.",
)
_confidence_option = option(
    "--confidence",
    group="Numbers",
    metavar="LEVEL",
    type=float,
    default=0.95,
    help="Level of the intervals.  [default: 0.95]",
)
_READING_OPTIONS = [
    option(
        "--input-format",
        group="Reading",
        type=click.Choice(["text", "jsonl", "csv", "tsv", "parquet"]),
        help="Format of the files, if not that of the suffix.",
    ),
    option(
        "--per-line", group="Reading", is_flag=True, help="Each line of plain text is a document."
    ),
    option(
        "--text-field",
        group="Reading",
        metavar="NAME",
        default="text",
        help="Field of the text.  [default: text]",
    ),
    option(
        "--language-field",
        group="Reading",
        metavar="NAME",
        help="Field of the language.  [default: language]",
    ),
    option(
        "--language-from-path",
        group="Reading",
        is_flag=True,
        help="Look for it in corpus/gu/a.txt, eng_Latn.devtest, dev.guj.",
    ),
    option(
        "--on-error",
        group="Reading",
        type=click.Choice(["stop", "skip"]),
        default="stop",
        help="What to do with what cannot be read.  [default: stop]",
    ),
    option(
        "--normalize",
        "normalization",
        group="Reading",
        metavar="NFC|NFD|NFKC",
        type=click.Choice(["NFC", "NFD", "NFKC"], case_sensitive=False),
        help="Bring text into this form first.",
    ),
]


_REPORT_OPTIONS = [
    encoding_option,
    _language_option,
    option(
        "-m",
        "--metric",
        "metrics",
        group="Common options",
        metavar="NAME",
        multiple=True,
        shell_complete=complete_metric,
        help="Metric to show (tokcompare metrics), or all; repeat it.",
    ),
    _format_option,
    _output_option,
    *_READING_OPTIONS,
    option(
        "--by",
        group="Rows",
        metavar="language|source|FIELD",
        default="language",
        help="What makes a row.  [default: language]",
    ),
    option("--sort", "key", group="Rows", metavar="KEY", help="Sort by a column of the CSV."),
    option("--reverse", group="Rows", is_flag=True, help="Turn the order round."),
    option(
        "--reference",
        group="Numbers",
        metavar="CODE",
        help="Language that a premium is over.  [default: en]",
    ),
    option(
        "--reference-encoding",
        group="Numbers",
        metavar="NAME",
        help="Encoding of those given that lengths are normalized by.  [default: the baseline]",
    ),
    _confidence_option,
    option(
        "--bootstrap",
        "resamples",
        group="Numbers",
        metavar="N",
        type=int,
        default=0,
        help="Intervals by N resamples (2000, say), for few documents.",
    ),
    option(
        "--seed",
        group="Numbers",
        metavar="N",
        type=int,
        default=0,
        help="Seed of the bootstrap.  [default: 0]",
    ),
    pattern_option,
    download_option,
    option(
        "--engine",
        group="Large inputs",
        type=click.Choice(["auto", "tiktoken", "fastokens"]),
        default="auto",
        help="What encodes; the numbers are the same.  [default: auto, the fastest installed]",
    ),
    option(
        "--verify",
        group="Large inputs",
        metavar="FRACTION",
        type=float,
        default=0.002,
        help="Share of documents that tiktoken counts too, to compare.  [least: 0.002]",
    ),
    option(
        "--jobs",
        group="Large inputs",
        metavar="N",
        type=int,
        help="How many processes count.  [default: one a core]",
    ),
    option(
        "--checkpoint",
        group="Large inputs",
        metavar="FILE",
        help="Keep progress here; a run that was killed goes on from it.",
    ),
    option(
        "--cluster",
        group="Large inputs",
        metavar="ADDRESS",
        help="Count on a Dask cluster: tcp://host:8786, or local[:N] for N processes.",
    ),
    option(
        "--no-progress",
        "hides_progress",
        group="Large inputs",
        is_flag=True,
        help="Show no progress on the terminal.",
    ),
]


def report_options(command: _Command) -> _Command:
    """Gives a command the options of a report, in the order in which help shows them."""
    for add_option in reversed(_REPORT_OPTIONS):
        command = add_option(command)
    return command


_encoding_option = option(
    "--encoding",
    group="Common options",
    metavar="NAME",
    shell_complete=complete_encoding,
    help="What counts tokens where a tokenizer is not public: an estimate, and called so.",
)
_to_option = option(
    "--to",
    "after",
    group="Models",
    metavar="MODEL",
    multiple=True,
    default=("gpt-4o",),
    help="Model after; repeat it to have several side by side.  [default: gpt-4o]",
)
_from_option = option(
    "--from",
    "before",
    group="Models",
    metavar="MODEL",
    default="gpt-4-turbo",
    help="Model before.  [default: gpt-4-turbo]",
)


_COST_OPTIONS = [
    _from_option,
    _to_option,
    option(
        "--date",
        "day",
        group="Models",
        metavar="YYYY-MM-DD",
        type=click.DateTime(["%Y-%m-%d"]),
        help="Day of the prices.  [default: today]",
    ),
    option(
        "--price",
        "prices",
        group="Models",
        metavar="MODEL=IN/OUT",
        multiple=True,
        help="US dollars per million tokens in the place of the known price; repeat it.",
    ),
    option(
        "--batch",
        group="Models",
        is_flag=True,
        help="Prices of a batch; a price of yours is taken as it is.",
    ),
    option(
        "--update-prices",
        "updates",
        group="Models",
        is_flag=True,
        help="Download today's prices first.",
    ),
    option(
        "--output-ratio",
        group="Volumes",
        metavar="RATIO",
        type=Amount(),
        default="0",
        help="Tokens of reply for a token of request.  [default: 0]",
    ),
    option(
        "--requests",
        "request_characters",
        group="Volumes",
        metavar="CHARACTERS",
        type=click.IntRange(min=1, max=10**9),
        help="Length of a request: shows the cost of 1,000 of them.",
    ),
    option(
        "--volume",
        group="Volumes",
        metavar="FILE",
        help="CSV of language and characters or requests a month: shows the bill.",
    ),
    option(
        "--budget",
        group="Volumes",
        metavar="USD",
        type=Amount(),
        help="Exit with 1 if a bill after is above it; needs --volume.",
    ),
    _language_option,
    _encoding_option,
    _format_option,
    _output_option,
    *_READING_OPTIONS,
    _confidence_option,
]

_CONTEXT_OPTIONS = [
    _from_option,
    option(
        "--model",
        "after",
        group="Models",
        metavar="MODEL",
        default="gpt-4o",
        help="Model after.  [default: gpt-4o]",
    ),
    option(
        "--window",
        group="Models",
        metavar="TOKENS",
        type=click.IntRange(min=1, max=10**12),
        help="Size of the window, if it is to be the same for both.  [default: the models' own]",
    ),
    _language_option,
    _encoding_option,
    _format_option,
    _output_option,
    *_READING_OPTIONS,
]


def cost_options(command: _Command) -> _Command:
    """Gives a command the options of a comparison of costs."""
    for add_option in reversed(_COST_OPTIONS):
        command = add_option(command)
    return command


def context_options(command: _Command) -> _Command:
    """Gives a command the options of a comparison of context windows."""
    for add_option in reversed(_CONTEXT_OPTIONS):
        command = add_option(command)
    return command
