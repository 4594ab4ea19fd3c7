"""The command, in its own process as a user runs it, and in this one where that is enough."""

from __future__ import annotations

import csv
import gzip
import json
import os
import pty
import re
import signal
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import tokcompare.__main__
import tokcompare.cli.commands.report
import tokcompare.comparison.question
import tokcompare.counting.engines
from tests import ROOT
from tests.formats import show
from tokcompare import compare
from tokcompare.cli import COMMANDS, load_command, main
from tokcompare.metrics import METRICS

TOKCOMPARE = [sys.executable, "-m", "tokcompare"]


def invoke(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin, prog_name="tokcompare")


def run(
    *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*TOKCOMPARE, *arguments],
        input=stdin,
        capture_output=True,
        env=os.environ | (env or {}),
        timeout=60,
        check=False,
    )


class TestSpeed:
    """Who counts much without the fast engine is told what would be faster, and others are not."""

    @pytest.mark.parametrize(
        ("installed", "options", "told"),
        [
            (False, [], True),
            (False, ["--engine", "tiktoken"], False),
            (True, [], False),
        ],
    )
    def test_note(
        self, installed: bool, options: list[str], told: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tokcompare.cli.commands.report, "_LARGE", 1)
        monkeypatch.setattr(tokcompare.counting.engines, "is_installed", lambda: installed)
        result = invoke("report", "udhr", "-l", "en", *options)
        assert result.exit_code == 0
        assert ("pip install 'tokcompare[fast]'" in result.stderr) is told
        assert "English" in result.stdout

    def test_none_for_what_is_small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tokcompare.counting.engines, "is_installed", lambda: False)
        assert invoke("report", "udhr").stderr == ""

    def test_engine_that_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tokcompare.counting.engines, "is_installed", lambda: False)
        result = invoke("report", "--engine", "fastokens")
        assert result.exit_code == 1
        assert "Error: The engine 'fastokens' is not installed: pip install" in result.stderr


class TestReport:
    @pytest.mark.parametrize("name", ["table", "markdown", "csv", "json"])
    def test_formats(self, name: str) -> None:
        result = invoke("report", "--format", name)
        assert result.exit_code == 0
        assert result.stdout == show(compare(), name)
        assert result.stderr == ""

    def test_process_equals_library(self) -> None:
        process = run("report")
        assert process.returncode == 0
        assert process.stdout.decode() == show(compare(), "table")
        assert process.stderr == b""

    def test_other_source(self) -> None:
        report = json.loads(invoke("report", "udhr", "-l", "en", "-f", "json").stdout)
        assert report["rows"][0]["documents"] == 31
        assert report["rows"][0]["published"] is None

    def test_languages_in_the_order_of_the_source(self) -> None:
        report = json.loads(invoke("report", "-l", "en", "-l", "gu", "-f", "json").stdout)
        assert [row["language"] for row in report["rows"]] == ["gu", "en"]
        assert report["total"]["tokens"] == {"cl100k_base": 145 + 27, "o200k_base": 33 + 24}

    def test_encodings_in_the_order_given(self) -> None:
        options = ["-e", "o200k_base", "--encoding", "cl100k_base", "-f", "csv", "-l", "gu"]
        (row,) = csv.DictReader(invoke("report", *options).stdout.splitlines())
        assert row["compression_ratio_cl100k_base"] == str(33 / 145)
        assert list(row)[5:7] == ["tokens_o200k_base", "tokens_cl100k_base"]

    def test_sort(self) -> None:
        rows = csv.DictReader(
            invoke("report", "-f", "csv", "--sort", "compression_ratio").stdout.splitlines()
        )
        ratios = [float(row["compression_ratio_o200k_base"]) for row in rows]
        assert ratios == sorted(ratios)
        lines = invoke("report", "--sort", "name", "--reverse").stdout.splitlines()
        assert [line.split()[0] for line in lines[1:4]] == ["Vietnamese", "Urdu", "Turkish"]

    def test_output_file(self, tmp_path: Path) -> None:
        path = tmp_path / "report.json"
        result = invoke("report", "-f", "json", "-o", str(path))
        assert (result.exit_code, result.output) == (0, "")
        assert path.read_text(encoding="utf-8") == show(compare(), "json")

    @pytest.mark.parametrize("name", ["-", "/dev/stdout"])
    def test_output_to_standard_output(self, name: str) -> None:
        process = run("report", "-f", "csv", "-o", name)
        assert process.stdout.decode() == show(compare(), "csv")
        assert (process.returncode, process.stderr) == (0, b"")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                ["-e", "gpt-6"],
                "Error: Unknown encoding 'gpt-6'. Did you mean 'gpt-5'? ",
            ),
            (["uhdr"], "Error: 'uhdr' does not exist. Did you mean 'udhr'? A source is a file, "),
            (["-e", "o200k_base"] * 2, "Error: The encoding 'o200k_base' was given twice; once is"),
            (
                ["-l", "Hindi"],
                "Error: Unknown language 'Hindi'. Did you mean 'hi'? There are: gu",
            ),
            (["-l", "\x1b[31m\u202e"], r"Error: Unknown language '\x1b[31m\u202e'. There are: gu"),
            (["--sort", "char"], "Error: Unknown column 'char'. Did you mean 'characters'? There "),
            (["-o", "/missing/x"], "Error: The file '/missing/x' cannot be written: No such file "),
        ],
    )
    def test_error_is_one_line_and_exit_code_1(self, options: list[str], message: str) -> None:
        result = invoke("report", *options)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.startswith(message)
        assert result.stderr.count("\n") == 1

    @pytest.mark.parametrize("arguments", [["-f", "yaml"], ["--nope"], ["--seed", "x"], ["-e"]])
    def test_wrong_usage_is_exit_code_2(self, arguments: list[str]) -> None:
        assert invoke("report", *arguments).exit_code == 2


class TestCount:
    def test_one_text(self) -> None:
        assert invoke("count", "Hello, my name is GPT-4o.").stdout == (
            "cl100k_base  o200k_base  text\n         11          10  Hello, my name is GPT-4o.\n"
        )

    def test_several_texts(self) -> None:
        assert invoke("count", "hello", "નમસ્તે", "").stdout == (
            "cl100k_base  o200k_base  text\n"
            "          1           1  hello\n"
            "         12           4  નમસ્તે\n"
            "          0           0\n"
            "         13           5  (total)\n"
        )

    def test_json(self) -> None:
        assert json.loads(invoke("count", "--json", "-e", "o200k_base", "é", "ab").stdout) == {
            "schema": 1,
            "encodings": ["o200k_base"],
            "texts": [
                {"bytes": 2, "characters": 1, "tokens": {"o200k_base": 1}},
                {"bytes": 2, "characters": 2, "tokens": {"o200k_base": 1}},
            ],
            "total": {"bytes": 4, "characters": 3, "tokens": {"o200k_base": 2}},
        }

    def test_standard_input_as_it_is(self) -> None:
        assert json.loads(invoke("count", "--json", stdin=b"a\r\n\0").stdout)["total"] == {
            "bytes": 4,
            "characters": 4,
            "tokens": {"cl100k_base": 3, "o200k_base": 3},
        }
        assert "(standard input)" in invoke("count", stdin=b"").stdout

    def test_standard_input_that_is_no_text(self) -> None:
        result = invoke("count", stdin=b"abc\xff")
        assert result.exit_code == 1
        assert (
            result.stderr == "Error: Standard input is not UTF-8: invalid start byte at byte 3.\n"
        )

    def test_text_is_shown_escaped_and_short(self) -> None:
        lines = invoke("count", "\x1b[31m\n|\u202e", "字" * 100, "a" * 49).stdout.splitlines()
        assert lines[1].endswith(r"  \x1b[31m\n|\u202e")
        assert lines[2].endswith("  " + "字" * 23 + "…")
        assert lines[3].endswith("  " + "a" * 47 + "…")

    def test_arguments_that_are_no_utf8(self) -> None:
        process = subprocess.run([*TOKCOMPARE, "count", b"a\xff"], capture_output=True, check=False)
        assert process.returncode == 1
        assert process.stderr == b"Error: A TEXT is not UTF-8: invalid start byte at byte 1.\n"

    def test_arguments_in_a_locale_without_unicode(self) -> None:
        env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        process = run("count", "--json", "હેલો", env=env)
        assert json.loads(process.stdout)["total"] == {
            "bytes": 12,
            "characters": 4,
            "tokens": {"cl100k_base": 8, "o200k_base": 2},
        }

    def test_large_standard_input(self) -> None:
        process = run("count", "-e", "o200k_base", stdin=b" " * 2_000_000)
        assert process.stdout.split()[2] == b"15,625"
        assert process.stderr == b""


def test_encodings() -> None:
    lines = invoke("encodings").stdout.splitlines()
    assert lines[0].split() == ["encoding", "vocabulary", "where", "it", "is", "models"]
    assert lines[1].split() == ["gpt2", "50,257", "tiktoken's", "cache", "gpt2,", "gpt-2"]
    assert lines[5].split()[:5] == ["cl100k_base", "100,277", "in", "tokcompare", "gpt-4,"]
    assert lines[6].split()[:2] == ["o200k_base", "200,019"]
    assert "gpt-4o" in lines[6]
    assert len(lines) == 8


def test_encodings_by_name() -> None:
    lines = invoke("encodings", "azure/gpt-4o", "gpt-3.5-turbo").stdout.splitlines()
    assert lines[0].split() == ["encoding", "vocabulary", "keeps", "text", "SHA-256"]
    assert lines[1].split()[:3] == ["o200k_base", "200,019", "yes"]
    assert lines[2].split()[:3] == ["cl100k_base", "100,277", "yes"]
    assert lines[1].split()[3].startswith("446a9538cb6c")


def test_metrics() -> None:
    lines = invoke("metrics").stdout.splitlines()
    assert lines[0].split() == ["metric", "formula", "source"]
    assert [line.split()[0] for line in lines[1:]] == list(METRICS)


def test_samples() -> None:
    lines = invoke("samples").stdout.splitlines()
    assert [line.split()[:3] for line in lines[1:3]] == [
        ["gpt-4o", "20", "20"],
        ["udhr", "620", "20"],
    ]
    assert lines[5].split() == ["gu", "Gujarati", "Gujr", "ltr", "ગુજરાતી"]
    assert lines[10].split() == ["ur", "Urdu", "Arab", "rtl", "اردو"]
    assert len(lines) == 5 + 20


class TestHelp:
    def commands(self) -> dict[str, click.Command]:
        return {"": main, **{name: load_command(name) for name in COMMANDS}}

    def test_every_command_and_option_has_help(self) -> None:
        for name, command in self.commands().items():
            assert command.help, name
            for parameter in command.params:
                if isinstance(parameter, click.Option):
                    assert parameter.help, (name, parameter.name)
            for option in ("-h", "--help"):
                result = invoke(*name.split(), option)
                assert result.exit_code == 0
                assert result.stdout.startswith(f"Usage: tokcompare {name}".rstrip())

    def test_list_of_commands(self) -> None:
        section = invoke("--help").stdout.partition("Commands:\n")[2]
        shown = dict(line.split(maxsplit=1) for line in section.splitlines())
        own = {
            name: command.get_short_help_str(limit=100)
            for name, command in self.commands().items()
            if name
        }
        assert shown == own
        assert list(shown) == sorted(COMMANDS)
        assert all(command.name == name for name, command in self.commands().items() if name)

    def test_unknown_command(self) -> None:
        result = invoke("reprot")
        assert (result.exit_code, result.stdout) == (2, "")
        assert "No such command 'reprot'" in result.stderr

    def test_every_example_runs(self, tmp_path: Path) -> None:
        bin_folder = Path(sys.executable).parent
        path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
        corpus = (ROOT / "data" / "samples" / "gpt-4o.jsonl").read_bytes()
        (tmp_path / "corpus.jsonl.gz").write_bytes(gzip.compress(corpus))
        volumes = "language,requests\ngu,1000\nen,1000\n"
        (tmp_path / "volumes.csv").write_text(volumes, encoding="utf-8")
        (tmp_path / "corpus" / "gu").mkdir(parents=True)
        (tmp_path / "corpus" / "gu" / "a.txt").write_text("હેલો", encoding="utf-8")
        for name, command in self.commands().items():
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

    def test_defaults_shown_are_the_librarys(self) -> None:
        shown = ", ".join(tokcompare.comparison.question.DEFAULT_ENCODINGS)
        text = " ".join(invoke("report", "-h").stdout.split())
        assert f"[default: {shown}]" in text
        assert f"[default and minimum: {tokcompare.counting.engines.LEAST_VERIFIED}]" in text
        verify = next(option for option in load_command("report").params if option.name == "verify")
        assert verify.default == tokcompare.counting.engines.LEAST_VERIFIED

    def test_engines_are_the_librarys(self) -> None:
        engine = next(option for option in load_command("report").params if option.name == "engine")
        assert isinstance(engine.type, click.Choice)
        assert list(engine.type.choices) == ["auto", *tokcompare.counting.engines.ENGINES]

    def test_without_arguments_it_helps(self) -> None:
        result = invoke()
        assert result.exit_code == 2
        assert "Commands:" in result.output

    def test_inside_another_program(self) -> None:
        assert main(["--version"], standalone_mode=False) == 0
        with pytest.raises(tokcompare.SourceError):
            main(["report", "nope"], standalone_mode=False)

    def test_version(self) -> None:
        assert invoke("--version").stdout == f"tokcompare, version {tokcompare.__version__}\n"

    @pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
    def test_shell_completion(self, shell: str) -> None:
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
    def test_completions(self, words: str, completions: set[str]) -> None:
        env = {
            "_TOKCOMPARE_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        }
        lines = run(env=env).stdout.decode().split()
        assert {line.split(",")[1] for line in lines if line.startswith("plain")} == completions


class TestTerminal:
    """What happens on a terminal, and with pipes that break."""

    def on_terminal(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        controller, terminal = pty.openpty()
        with subprocess.Popen(
            [*TOKCOMPARE, *arguments],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env=os.environ | (env or {}),
        ):
            os.close(terminal)
            shown = b""
            while chunk := self.read(controller):
                shown += chunk
                if b"Ctrl-D" in shown:
                    os.write(controller, b"Hi\x04\x04")
        os.close(controller)
        return shown.decode()

    @staticmethod
    def read(controller: int) -> bytes:
        try:
            return os.read(controller, 100_000)
        except OSError:  # how Linux says that the other side has closed
            return b""

    def test_colors_on_a_terminal(self) -> None:
        shown = self.on_terminal("report").replace("\r\n", "\n")
        assert shown == show(compare(), "table", color=True)

    def test_no_color(self) -> None:
        shown = self.on_terminal("report", env={"NO_COLOR": "1"}).replace("\r\n", "\n")
        assert shown == show(compare(), "table")

    def test_no_color_in_a_file(self, tmp_path: Path) -> None:
        assert self.on_terminal("report", "-o", str(tmp_path / "report.txt")) == ""
        assert (tmp_path / "report.txt").read_text(encoding="utf-8") == show(compare(), "table")

    def test_waiting_for_standard_input_is_said(self) -> None:
        shown = self.on_terminal("count")
        assert shown.startswith("Reading standard input; end it with Ctrl-D.")
        assert "(standard input)" in shown

    def test_terminal_without_unicode(self) -> None:
        env = {"PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}
        assert r"\u0a97\u0ac1" in self.on_terminal("report", "-l", "gu", env=env)

    def test_pipe_without_unicode_gets_utf8(self) -> None:
        process = run("report", "-f", "json", env={"PYTHONIOENCODING": "ascii"})
        assert process.stdout.decode("utf-8") == show(compare(), "json")

    def test_reader_that_has_gone(self) -> None:
        read_end, write_end = os.pipe()
        os.close(read_end)
        process = subprocess.run(
            [*TOKCOMPARE, "report"], stdout=write_end, stderr=subprocess.PIPE, check=False
        )
        os.close(write_end)
        assert process.stderr == b""

    def test_head(self) -> None:
        command = f"{sys.executable} -m tokcompare report | head -1"
        process = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
        assert process.stdout.startswith(b"language")
        assert process.stderr == b""

    def test_full_standard_output(self) -> None:
        with Path("/dev/full").open("wb") as full:
            process = subprocess.run(
                [*TOKCOMPARE, "report"], stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert process.returncode == 1
        assert process.stderr == (
            b"Error: Standard output cannot be written: No space left on device.\n"
        )

    @pytest.mark.parametrize(
        ("redirection", "message"),
        [
            ("report >&-", b"Error: Standard output is closed; use --output FILE.\n"),
            ("count <&-", b"Error: Standard input is closed; give a TEXT.\n"),
            ("count 0>/dev/null", b"Error: Standard input cannot be read: Bad file descriptor.\n"),
            (
                "--help >/dev/full",
                b"Error: Standard output cannot be written: No space left on device.\n",
            ),
        ],
    )
    def test_streams_that_do_not_work(self, redirection: str, message: bytes) -> None:
        process = subprocess.run(
            ["sh", "-c", f"{sys.executable} -m tokcompare {redirection}"],
            capture_output=True,
            check=False,
        )
        assert (process.returncode, process.stderr) == (1, message)

    def test_interrupt_is_exit_code_130(self) -> None:
        controller, terminal = pty.openpty()
        with subprocess.Popen(
            [*TOKCOMPARE, "count"],
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stderr is not None
            # It says that it waits, so it is in the middle of its work.
            assert process.stderr.readline() == b"Reading standard input; end it with Ctrl-D.\n"
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=30)
        os.close(controller)
        os.close(terminal)
        # The new line ends the line in which a terminal shows "^C".
        assert (process.returncode, output, errors) == (130, b"", b"\n")


def test_installed_command_is_this_one() -> None:
    (script,) = entry_points(group="console_scripts", name="tokcompare")
    assert script.load() is tokcompare.__main__.run
