"""The command line: the group of commands and its exit codes.

The module of a command is imported when the command is called, so `tokcompare --help` imports
nothing but click, this package and the errors.

Exit codes: 0 success; 1 a TokcompareError, or output that cannot be written; 2 wrong usage;
130 interrupted.
"""

from __future__ import annotations

import errno
import sys
from importlib import import_module
from typing import Any

import click

from tokcompare import __version__
from tokcompare.errors import TokcompareError

COMMANDS = {
    "calibrate": ("estimate", "Fit estimates to the counts that a provider has recorded."),
    "check": ("check", "Check token counts against limits and a baseline."),
    "context": ("cost", "Compare how much text fits in context windows."),
    "cost": ("cost", "Compare what models cost, language by language."),
    "count": ("count", "Count the tokens of texts, files or standard input."),
    "diff": ("diff", "Compare a stored report with a newer one, or with a source."),
    "encodings": ("lists", "List the encodings."),
    "estimate": ("estimate", "Estimate tokens from a length and languages, or from a text."),
    "explain": ("explain", "Show the tokens of a text, and why their number differs."),
    "fit": ("fit", "Print the longest beginning or end of a text that fits."),
    "metrics": ("lists", "List the metrics."),
    "rank": ("estimate", "Rank tokenizers for a language, or languages under a tokenizer."),
    "report": ("report", "Compare encodings language by language."),
    "samples": ("lists", "List the built-in sample sets."),
    "vocabulary": ("explain", "Compare the entries of two vocabularies, script by script."),
}
"""For each command, its module in `tokcompare.cli.commands` and its line in `tokcompare --help`."""


SECTIONS = {
    "Compare": ("report", "count", "cost", "context", "diff"),
    "Keep limits": ("check", "fit"),
    "Estimate": ("estimate", "rank", "calibrate"),
    "Look inside": ("explain", "vocabulary", "encodings", "metrics"),
}
"""The commands in the order of `tokcompare --help`. `samples` is named by `report -h`."""


def load_command(name: str) -> click.Command:
    """Imports the module of a command and returns the command.

    Args:
        name: A key of `COMMANDS`.
    """
    module, _ = COMMANDS[name]
    command: click.Command = getattr(import_module(f"tokcompare.cli.commands.{module}"), name)
    return command


class _CommandGroup(click.Group):
    """A group that loads commands when they are called, and reports each failure in one line."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the commands in sections, those first that most users need."""
        for heading, names in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl([(name, COMMANDS[name][1]) for name in names], col_max=12)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Finds the command that the arguments name, and loads it."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, None if name is None else load_command(name), rest

    def main(self, *args: Any, **options: Any) -> Any:
        """Runs a command; in standalone mode, errors become messages and exit codes."""
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
            click.echo(f"Error: {error.for_command}", err=True)
            sys.exit(1)
        except OSError as error:
            if error.filename is None and error.errno in _OF_WRITING:  # the help, say
                from tokcompare.output import discard_standard_output

                discard_standard_output()
            click.echo(f"Error: {_explain(error)}.", err=True)
            sys.exit(1)


_OF_WRITING = (errno.EBADF, errno.EFBIG, errno.EINVAL, errno.EIO, errno.ENOSPC, errno.EPIPE)
"""The errors of the system that writing gives. No file has a name then but standard output."""


def _explain(error: OSError) -> str:
    """Returns the message for an error of the system that no other code explains."""
    reason = error.strerror or str(error) or type(error).__name__
    if error.filename is not None:
        return f"{error.filename!r}: {reason}"
    if error.errno in _OF_WRITING:
        return f"Standard output cannot be written: {reason}"
    return f"The operating system refused what a run needs: {reason}"


@click.group(
    cls=_CommandGroup,
    # Help and shell completion need only names and short helps; `resolve_command` loads the rest.
    commands={
        name: click.Command(name, short_help=short_help)
        for name, (_, short_help) in COMMANDS.items()
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="tokcompare")
def main() -> None:
    """How many tokens the same text costs when the tokenizer changes.

    Exact and offline, for the twenty languages of the GPT-4o announcement and for your own text.

    \b
    Example:
      tokcompare report
    """
