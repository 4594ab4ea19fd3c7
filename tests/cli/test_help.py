"""Help and its examples, the version and shell completion."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

import tokcompare.__main__
import tokcompare.comparison.question
import tokcompare.counting.engines
from tests import ROOT
from tests.command import invoke, run
from tests.platforms import posix_only
from tokcompare.cli import COMMANDS, SECTIONS, load_command, main


def commands() -> dict[str, click.Command]:
    return {"": main, **{name: load_command(name) for name in COMMANDS}}


def test_every_command_and_option_has_help() -> None:
    for name, command in commands().items():
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (name, parameter.name)
        for option in ("-h", "--help"):
            result = invoke(*name.split(), option)
            assert result.exit_code == 0
            assert result.stdout.startswith(f"Usage: tokcompare {name}".rstrip())


def test_list_of_commands() -> None:
    section = invoke("--help").stdout.partition("Compare:\n")[2]
    shown = dict(line.split(maxsplit=1) for line in section.splitlines() if line[:2] == "  ")
    own = {
        name: command.get_short_help_str(limit=100) for name, command in commands().items() if name
    }
    assert shown == {name: line for name, line in own.items() if name != "samples"}
    assert list(shown)[:3] == ["report", "count", "cost"]
    assert len(shown) <= 14
    assert "tokcompare samples" in " ".join(str(load_command("report").help).split())
    assert all(command.name == name for name, command in commands().items() if name)


def test_unknown_command() -> None:
    result = invoke("reprot")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No such command 'reprot'" in result.stderr


@posix_only
@pytest.mark.slow
def test_every_example_runs(tmp_path: Path) -> None:
    bin_folder = Path(sys.executable).parent
    path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
    corpus = (ROOT / "data" / "samples" / "gpt-4o.jsonl").read_bytes()
    (tmp_path / "corpus.jsonl.gz").write_bytes(gzip.compress(corpus))
    lines = (
        f'{{"text": "{"words " * number}", "language": "en", "usage_tokens": {number + 7}}}\n'
        for number in range(1, 30)
    )
    (tmp_path / "corpus.jsonl").write_text("".join(lines), encoding="utf-8")
    messages = '[{"role": "user", "content": "Hello"}]'
    (tmp_path / "messages.json").write_text(messages, encoding="utf-8")
    (tmp_path / "prompts").mkdir()
    for name in ("README.md", "chat.log", "prompts/system.txt"):
        (tmp_path / name).write_text("You are a translator. Answer in Hindi.\n", encoding="utf-8")
    volumes = "language,requests\ngu,1000\nen,1000\n"
    (tmp_path / "volumes.csv").write_text(volumes, encoding="utf-8")
    (tmp_path / "corpus" / "gu").mkdir(parents=True)
    (tmp_path / "corpus" / "gu" / "a.txt").write_text("હેલો", encoding="utf-8")
    for name, command in commands().items():
        assert command.help is not None
        examples = re.split(r"Examples?:\n", command.help)[1].splitlines()
        assert examples, name
        for example in examples:
            subprocess.run(
                ["sh", "-c", example],
                check=True,
                capture_output=True,
                cwd=tmp_path,
                env=os.environ | {"PATH": path},
            )


def test_defaults_shown_are_the_librarys() -> None:
    shown = ", ".join(tokcompare.comparison.question.DEFAULT_ENCODINGS)
    text = " ".join(invoke("report", "-h").stdout.split())
    assert f"[default: {shown}]" in text
    assert f"[default and minimum: {tokcompare.counting.engines.LEAST_VERIFIED}]" in text
    verify = next(option for option in load_command("report").params if option.name == "verify")
    assert verify.default == tokcompare.counting.engines.LEAST_VERIFIED


def test_engines_are_the_librarys() -> None:
    engine = next(option for option in load_command("report").params if option.name == "engine")
    assert isinstance(engine.type, click.Choice)
    assert list(engine.type.choices) == ["auto", *tokcompare.counting.engines.ENGINES]


def test_without_arguments_it_helps() -> None:
    result = invoke()
    assert result.exit_code == 2
    assert "Compare:" in result.output


def test_inside_another_program() -> None:
    assert main(["--version"], standalone_mode=False) == 0
    with pytest.raises(tokcompare.SourceError):
        main(["report", "nope"], standalone_mode=False)


def test_version() -> None:
    assert invoke("--version").stdout == f"tokcompare, version {tokcompare.__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell: str) -> None:
    process = run(env={"_TOKCOMPARE_COMPLETE": f"{shell}_source"})
    assert b"_TOKCOMPARE_COMPLETE" in process.stdout


@pytest.mark.parametrize(
    ("words", "completions"),
    [
        ("tokcompare re", {"report"}),
        ("tokcompare report -e o", {"o200k_base", "o200k_harmony"}),
        ("tokcompare count -e cl", {"cl100k_base"}),
        ("tokcompare report -l t", {"ta", "te", "tr"}),
        ("tokcompare report -f m", {"markdown"}),
        ("tokcompare report u", {"udhr"}),
    ],
)
def test_completions(words: str, completions: set[str]) -> None:
    env = {
        "_TOKCOMPARE_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split()) - 1),
    }
    lines = run(env=env).stdout.decode().split()
    assert {line.split(",")[1] for line in lines if line.startswith("plain")} == completions


def test_installed_command_is_this_one() -> None:
    (script,) = entry_points(group="console_scripts", name="tokcompare")
    assert script.load() is tokcompare.__main__.run


def test_help_shows_commands_in_sections(golden: Callable[[str, str], None]) -> None:
    golden("help.txt", invoke("--help").stdout)
    shown = [name for names in SECTIONS.values() for name in names]
    assert shown[:3] == ["report", "count", "cost"]
    assert len(shown) == len(set(shown)) <= 14
    assert {*COMMANDS} - {*shown} == {"samples"}
    assert "tokcompare samples" in " ".join(invoke("report", "--help").stdout.split())
