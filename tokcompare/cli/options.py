"""Options and completions that several commands share, and help that groups options by heading.

An option that only one command has stands in the module of that command. Nothing here imports the
library, so that the help of a command needs only click.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_Callback = TypeVar("_Callback", bound=Callable[..., Any])


class GroupedOption(click.Option):
    """An option that help shows under the heading of its group."""

    def __init__(self, *arguments: Any, group: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help shows the options group by group, in order of first appearance.

    An option that takes one value and is given twice is wrong usage; click would take the last.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses the arguments.

        Raises:
            click.BadOptionUsage: An option that takes one value is given twice.
        """
        if not ctx.resilient_parsing:
            _, _, given = self.make_parser(ctx).parse_args(args=list(args))
            for parameter in given:
                is_single = isinstance(parameter, click.Option) and not (
                    parameter.multiple or parameter.is_flag or parameter.count
                )
                if is_single and given.count(parameter) > 1:
                    name = max(parameter.opts, key=len)
                    message = f"Option {name!r} is given more than once; it takes one value."
                    raise click.BadOptionUsage(name, message, ctx)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the options under their headings; `--help` comes last."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record and isinstance(parameter, click.Option):
                groups.setdefault(getattr(parameter, "group", "Help"), []).append(record)
        help_last = sorted(groups.items(), key=lambda group: group[0] == "Help")
        for group, records in help_last:
            with formatter.section(group):
                formatter.write_dl(records)


def completions(
    candidates: Mapping[str, str] | Mapping[str, None], incomplete: str
) -> list[CompletionItem]:
    """Returns the candidates that start with the incomplete word.

    Args:
        candidates: The candidates, each with the description that the shell shows.
        incomplete: The beginning of a word.
    """
    from click.shell_completion import CompletionItem

    return [
        CompletionItem(name, help=description)
        for name, description in candidates.items()
        if name.startswith(incomplete)
    ]


def complete_encoding(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes the name of an encoding, or a file name."""
    from click.shell_completion import CompletionItem

    from tokcompare.encodings import VOCABULARIES
    from tokcompare.encodings.named.catalogue import TOKENIZERS

    names = completions(dict.fromkeys([*VOCABULARIES, *TOKENIZERS]), incomplete)
    return [*names, CompletionItem(incomplete, type="file")]


def complete_language(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Completes the code of one of the languages of the built-in samples."""
    from tokcompare.languages import LANGUAGES

    return completions({code: LANGUAGES[code].name for code in LANGUAGES}, incomplete)


def _complete_source(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from tokcompare.bundled import SAMPLES

    return [*completions(SAMPLES, incomplete), CompletionItem(incomplete, type="file")]


def option(*names: str, group: str, **options: Any) -> Callable[[_Callback], _Callback]:
    """Returns a decorator like `click.option`, for an option under a heading of the help."""
    return click.option(*names, cls=GroupedOption, group=group, **options)


def _bundle(
    name: str,
    kind: type[Any],
    *decorators: Callable[[Any], Any],
    complete: Callable[[Any], Any] | None = None,
) -> Callable[[_Callback], _Callback]:
    """Returns a decorator that adds options to a command and passes their values as one argument.

    Args:
        name: The name of that argument.
        kind: Its type, a named tuple whose fields are the names of the options. A field without an
            option has a default.
        decorators: The options, in the order in which help shows them.
        complete: Sets options that depend on each other.
    """

    def decorate(command: Any) -> Any:
        @wraps(command)
        def with_bundle(**values: Any) -> Any:
            given = [field for field in kind._fields if field in values]
            bundle = kind(**{field: values.pop(field) for field in given})
            if complete is not None:
                bundle = complete(bundle)
            return command(**values, **{name: bundle})

        for add_option in reversed(decorators):
            add_option(with_bundle)
        return with_bundle

    return decorate


# Not a dataclass: `dataclasses` takes longer to import than the rest of a command's help.
class SourceOptions(NamedTuple):
    """The SOURCE arguments, and the options that say how to read them: see `load_source`."""

    names: tuple[str, ...]
    languages: tuple[str, ...]
    input_format: str | None
    per_line: bool
    quoting: str
    delimiter: str | None
    has_no_header: bool
    text_fields: tuple[str, ...]
    language_field: str | None
    language_from_path: bool
    gitignore: bool
    max_record: str


MAX_RECORD = "256MB"
"""The size that a record may have by default."""

max_record_option = option(
    "--max-record",
    group="Reading",
    metavar="SIZE",
    default=MAX_RECORD,
    help="Size that a record may have: a line, row or value, or a part of plain text that cannot "
    f"be cut. A larger one cannot be read.  [default: {MAX_RECORD}]",
)

_reading_options = (
    option(
        "--input-format",
        group="Reading",
        type=click.Choice(["text", "jsonl", "json", "csv", "tsv", "parquet", "arrow"]),
        help="Format of the input files.  [default: by file name suffix]",
    ),
    option(
        "--per-line",
        group="Reading",
        is_flag=True,
        help="Read each line of a plain text file as one document.",
    ),
    option(
        "--quoting",
        group="Reading",
        type=click.Choice(["auto", "minimal", "none"]),
        default="auto",
        help="Whether fields of CSV and TSV may be in quotation marks (minimal), or a quotation "
        "mark is text (none).  [default: auto, detected]",
    ),
    option(
        "--delimiter",
        group="Reading",
        metavar="CHARACTER",
        help="Character that separates the fields of CSV and TSV; \\t is a tab.",
    ),
    option(
        "--no-header",
        "has_no_header",
        group="Reading",
        is_flag=True,
        help="CSV and TSV have no header; columns are called 0, 1, 2 and so on.",
    ),
    option(
        "--text-field",
        "text_fields",
        group="Reading",
        metavar="NAME",
        multiple=True,
        default=("text",),
        help="Field or column that holds the text, or a path such as data.body or "
        "messages[].content; repeatable, and then they are one text, joined by line feeds."
        "  [default: text]",
    ),
    option(
        "--language-field",
        group="Reading",
        metavar="NAME",
        help="Field or column that holds the language.  [default: language]",
    ),
    option(
        "--language-from-path",
        group="Reading",
        is_flag=True,
        help="Find the language in the path, as in corpus/gu/a.txt, eng_Latn.devtest, dev.guj.",
    ),
    option(
        "--gitignore",
        group="Reading",
        is_flag=True,
        help="Leave out files of folders and globs that Git ignores.",
    ),
    max_record_option,
)


def source_options_of(metavar: str, language_help: str) -> Callable[[_Callback], _Callback]:
    """Returns a decorator that adds the SOURCE arguments and the options that say how to read them.

    Args:
        metavar: How help calls the arguments.
        language_help: What help says about --language.
    """
    return _bundle(
        "source_options",
        SourceOptions,
        click.argument("names", metavar=metavar, nargs=-1, shell_complete=_complete_source),
        option(
            "-l",
            "--language",
            "languages",
            group="Common options",
            metavar="LANGUAGE",
            multiple=True,
            shell_complete=complete_language,
            help=language_help,
        ),
        *_reading_options,
    )


source_options = source_options_of(
    "[SOURCE]...",
    "Count only documents in this language, by code or name; repeatable. If given once, documents "
    "that name no language are assumed to be in it.",
)


_SUFFIXES = {
    "table": (".txt",),
    "markdown": (".md", ".markdown"),
    "csv": (".csv",),
    "json": (".json",),
}
"""The output formats, and the suffixes of files that each is written to."""


class OutputOptions(NamedTuple):
    """The options that say in which format a result is written, and where."""

    format_name: str | None
    output: str | None
    shows_signature: bool = False

    @property
    def path(self) -> str | None:
        """The path of the file; None for standard output."""
        return None if self.output == "-" else self.output


def _choose_format(
    options: OutputOptions, suffixes_of: Mapping[str, tuple[str, ...]] = _SUFFIXES
) -> OutputOptions:
    """Returns the options with the format that the suffix of the file names, if none is given.

    Raises:
        click.BadOptionUsage: The suffix is that of no format.
    """
    if options.format_name is not None:
        return options
    suffix = os.path.splitext(options.output or "")[1].lower()  # noqa: PTH122 - saves start time
    formats = [name for name, suffixes in suffixes_of.items() if suffix in suffixes]
    if suffix and not formats:
        from tokcompare.files import without_secrets  # saves start time where there is no error

        shown = without_secrets(options.output or "")
        suffix = os.path.splitext(shown)[1]  # noqa: PTH122
        known = ", ".join(each for suffixes in suffixes_of.values() for each in suffixes)
        raise click.BadOptionUsage(
            "output",
            f"The suffix {suffix!r} of {shown!r} names no output format. There are: "
            f"{known}. --format writes any file in the format that it names.",
        )
    return options._replace(format_name=formats[0] if formats else "table")


def _format_option(formats: Iterable[str]) -> Callable[[_Callback], _Callback]:
    return option(
        "-f",
        "--format",
        "format_name",
        group="Common options",
        type=click.Choice(list(formats)),
        help="Output format.  [default: by the suffix of FILE, else table]",
    )


_output_option = option(
    "-o",
    "--output",
    group="Common options",
    metavar="FILE",
    help="Write to FILE instead of standard output. FILE is replaced only when the output is "
    "complete.",
)

_signature_option = option(
    "--signature",
    "shows_signature",
    group="Common options",
    is_flag=True,
    help="Show the signature of a table whole. Files and JSON always have it whole.",
)

output_options = _bundle(
    "output_options",
    OutputOptions,
    _format_option(_SUFFIXES),
    _output_option,
    _signature_option,
    complete=_choose_format,
)

plain_output_options = _bundle(
    "output_options",
    OutputOptions,
    _format_option(_SUFFIXES),
    _output_option,
    complete=_choose_format,
)
"""The same for tables without a signature."""

json_option = option(
    "--json", "as_json", group="Common options", is_flag=True, help="The same as -f json."
)


def as_json_options(options: OutputOptions) -> OutputOptions:
    """Returns the options that --json stands for.

    Raises:
        click.UsageError: They name another format.
    """
    if options.format_name not in ("json", "table"):
        raise click.UsageError(f"--json goes without -f {options.format_name}.")
    return options._replace(format_name="json")


_SUFFIXES_OF_PAGES = {**_SUFFIXES, "html": (".html", ".htm")}
"""The same for the commands whose result is a page, too."""

page_output_options = _bundle(
    "output_options",
    OutputOptions,
    _format_option(_SUFFIXES_OF_PAGES),
    _output_option,
    _signature_option,
    complete=partial(_choose_format, suffixes_of=_SUFFIXES_OF_PAGES),
)

_SUFFIXES_OF_CHECK = {
    "table": _SUFFIXES["table"],
    "markdown": _SUFFIXES["markdown"],
    "json": _SUFFIXES["json"],
    "github": (),
}
"""The same for `tokcompare check`: "github" is annotations of files."""

check_output_options = _bundle(
    "output_options",
    OutputOptions,
    _format_option(_SUFFIXES_OF_CHECK),
    _output_option,
    complete=partial(_choose_format, suffixes_of=_SUFFIXES_OF_CHECK),
)

fail_above_option = option(
    "--fail-above",
    group="Baseline",
    metavar="N%|N",
    help="Fail if the tokens of a file, of a language or of all files grew by more than this "
    "percentage, or than this number of tokens.",
)

on_error_option = option(
    "--on-error",
    group="Reading",
    type=click.Choice(["stop", "skip"]),
    default="stop",
    help="Stop at the first record that cannot be read, or skip such records and list them."
    "  [default: stop]",
)
normalize_option = option(
    "--normalize",
    "normalization",
    group="Reading",
    metavar="NFC|NFD|NFKC",
    type=click.Choice(["NFC", "NFD", "NFKC"], case_sensitive=False),
    help="Convert text to this Unicode normalization form before counting.",
)
confidence_option = option(
    "--confidence",
    group="Numbers",
    metavar="LEVEL",
    type=float,
    default=0.95,
    help="Confidence level of the intervals.  [default: 0.95]",
)

encodings_option = option(
    "-e",
    "--encoding",
    "encodings",
    group="Common options",
    metavar="NAME",
    multiple=True,
    default=("cl100k_base", "o200k_base"),
    shell_complete=complete_encoding,
    help="Encoding, model or tokenizer file to count with; repeatable. The first is the baseline."
    "  [default: cl100k_base, o200k_base]",
)
pattern_option = option(
    "--pattern",
    "patterns",
    group="Tokenizers",
    metavar="[NAME=]REGEX",
    multiple=True,
    help="How the rank file of the encoding NAME splits text: a regular expression, or the name of "
    "an encoding that splits text in the same way; repeatable. Known files need none.",
)
download_option = option(
    "--allow-download",
    group="Tokenizers",
    is_flag=True,
    help="Download vocabularies that are not on this machine.",
)

before_option = option(
    "--from",
    "before",
    group="Models",
    metavar="MODEL",
    default="gpt-4-turbo",
    help="Model before the migration.  [default: gpt-4-turbo]",
)
proxy_option = option(
    "--encoding",
    group="Common options",
    metavar="[MODEL=]NAME",
    multiple=True,
    shell_complete=complete_encoding,
    help="Encoding to use for models whose tokenizer is not public, or for the one that is named; "
    "repeatable. Their numbers are marked as estimates.",
)
