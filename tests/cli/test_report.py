"""`tokcompare report`: its formats, its order, its errors, and the note on speed."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import pytest

import tokcompare.cli.commands.report
import tokcompare.counting.engines
from tests.command import TOKCOMPARE, invoke, run
from tests.formats import show
from tests.platforms import posix_only
from tokcompare import compare


class TestSpeed:
    """A note names the faster engine if it is not installed and the input is large."""

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
        monkeypatch.setattr(tokcompare.counting.engines, "is_installed", lambda _: installed)
        result = invoke("report", "udhr", "-l", "en", *options)
        assert result.exit_code == 0
        assert ("pip install 'tokcompare[fast]'" in result.stderr) is told
        assert "English" in result.stdout

    def test_no_note_for_small_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tokcompare.counting.engines, "is_installed", lambda _: False)
        assert invoke("report", "udhr").stderr == ""

    def test_engine_that_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tokcompare.counting.engines, "is_installed", lambda _: False)
        result = invoke("report", "--engine", "fastokens")
        assert result.exit_code == 1
        assert "Error: The engine 'fastokens' is not installed: pip install" in result.stderr


class TestReport:
    @pytest.mark.parametrize("name", ["table", "markdown", "csv", "json"])
    def test_formats(self, name: str) -> None:
        result = invoke("report", "--format", name)
        assert result.exit_code == 0
        assert result.stdout == show(compare(), name, is_short=True)
        assert result.stderr == ""

    def test_process_equals_library(self) -> None:
        process = run("report")
        assert process.returncode == 0
        assert process.stdout.decode() == show(compare(), "table", is_short=True)
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

    @pytest.mark.parametrize(
        ("name", "format_name"),
        [
            ("a.json", "json"),
            ("a.JSON", "json"),
            ("a.md", "markdown"),
            ("a.markdown", "markdown"),
            ("a.csv", "csv"),
            ("a.txt", "table"),
            ("a", "table"),
        ],
    )
    def test_suffix_chooses_the_format(self, tmp_path: Path, name: str, format_name: str) -> None:
        assert invoke("report", "-o", str(tmp_path / name)).stdout == ""
        # The file has the signature whole.
        assert (tmp_path / name).read_text("utf-8") == show(compare(), format_name)

    @pytest.mark.parametrize("command", ["report", "cost", "context"])
    @pytest.mark.parametrize("name", ["a.xlsx", "a.json.gz"])
    def test_suffix_of_no_format(self, tmp_path: Path, command: str, name: str) -> None:
        path = tmp_path / name
        result = invoke(command, "-o", str(path))
        assert (result.exit_code, result.stdout) == (2, "")
        assert "There are: .txt, .md, .markdown, .csv, .json, .html, .htm. " in result.stderr
        assert not path.exists()
        assert invoke(command, "-f", "csv", "-o", str(path), "-l", "en").exit_code == 0
        assert path.read_text("utf-8").startswith("language,name,")

    def test_format_precedes_the_suffix(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        invoke("report", "-f", "csv", "-o", str(path))
        assert path.read_text("utf-8") == show(compare(), "csv")

    def test_signature_on_request(self) -> None:
        assert invoke("report", "--signature").stdout == show(compare(), "table")

    @pytest.mark.slow
    @posix_only
    def test_signature_in_a_file_of_the_shell(self, tmp_path: Path) -> None:
        path = tmp_path / "report.txt"
        with path.open("wb") as file:
            subprocess.run([*TOKCOMPARE, "report"], stdout=file, check=True)
        assert path.read_text("utf-8") == show(compare(), "table")

    @pytest.mark.slow
    @pytest.mark.parametrize("name", ["-", pytest.param("/dev/stdout", marks=posix_only)])
    def test_output_to_standard_output(self, name: str) -> None:
        process = run("report", "-f", "csv", "-o", name)
        assert process.stdout.decode() == show(compare(), "csv")
        assert (process.returncode, process.stderr) == (0, b"")

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            (
                ["-e", "gpt-6"],
                "Error: Unknown encoding 'gpt-6'. Did you mean 'gpt-5",
            ),
            (["uhdr"], "Error: 'uhdr' does not exist. Did you mean 'udhr'? A source is a file, "),
            (["-e", "o200k_base"] * 2, "Error: The encoding 'o200k_base' was given twice; once is"),
            (
                ["-l", "hindu"],
                "Error: Unknown language 'hindu'. Did you mean 'hi'? There are: gu",
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
