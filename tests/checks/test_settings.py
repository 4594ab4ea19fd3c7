"""Settings in tokcompare.toml and pyproject.toml: where they are found, and what they may say."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result

from tests import ROOT
from tests.command import invoke
from tokcompare.cli import load_command


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two prompts of 3 and 2 tokens."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    write("prompts/en/a.txt", "one two three")
    write("prompts/hi/b.txt", "one two")
    return tmp_path


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(text.encode())


def check(*arguments: str, code: int = 0) -> Result:
    result = invoke("check", *arguments)
    assert result.exit_code == code, result.output
    return result


def found(*arguments: str, code: int = 0) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(check(*arguments, "-f", "json", code=code).stdout)
    return content


ALL = """\
sources = ["prompts"]
encoding = ["gpt-4", "o200k_base"]
language = ["en", "hi"]
language-from-path = true
max-total = 100
baseline = "tokens.json"
fail-above = "5%"
new-files = "fail"
missing-files = "fail"
per-line = true
normalize = "NFC"
reference = "en"

[max-tokens]
default = 3
hi = 2

[max-premium]
hi = 1.5
"""


@pytest.mark.parametrize("name", ["tokcompare.toml", "pyproject.toml"])
def test_all_settings(name: str) -> None:
    text = ALL
    if name == "pyproject.toml":
        text = text.replace("[max", "[tool.tokcompare.max")
        text = f'[project]\nname = "x"\n\n[tool.tokcompare]\n{text}'
    write(name, text)
    check("--write-baseline")
    content = found()
    assert list(content["encodings"]) == ["cl100k_base", "o200k_base"]
    assert (content["normalization"], content["languages"]) == ("NFC", ["en", "hi"])
    assert content["reading"] == {"per_line": True}
    assert (content["max_total"], content["new_files"]) == (100, [])
    assert [(row["language"], row["limit"]) for row in content["rows"] if row["limit"]] == [
        *[("en", 3)] * 2,
        *[("hi", 2)] * 2,
    ]
    assert {each["limit"] for each in content["premiums"]} == {1.5}
    write("prompts/hi/c.txt", "one")
    rules = {each["rule"] for each in found(code=1)["findings"]}
    assert rules == {"fail-above", "max-premium", "new-files"}


def test_the_command_line_wins() -> None:
    write("tokcompare.toml", 'sources = ["prompts"]\nmax-tokens = ["1"]\nmax-total = 1')
    assert len(found(code=1)["findings"]) == 3
    assert found("--max-total", "5", "--max-tokens", "3")["max_total"] == 5
    content = found("prompts/hi", "--max-total", "2", "--max-tokens", "2")
    assert [row["file"] for row in content["rows"]] == ["prompts/hi/b.txt"]
    assert list(found("-e", "cl100k_base", code=1)["encodings"]) == ["cl100k_base"]


def test_a_number_is_a_limit() -> None:
    write("tokcompare.toml", "max-tokens = 2")
    assert found("prompts", code=1)["rows"][0]["limit"] == 2


def test_the_nearest_file_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    write("tokcompare.toml", "max-total = 1")
    write("sub/deep/a.txt", "one")
    write("sub/pyproject.toml", "[tool.tokcompare]\nmax-total = 2")
    monkeypatch.chdir("sub/deep")
    assert found("a.txt")["max_total"] == 2
    # A project file without settings is not one.
    write("pyproject.toml", '[project]\nname = "tokcompare-like"\n')
    assert found("a.txt")["max_total"] == 2
    write("tokcompare.toml", "max-total = 3")
    assert found("a.txt")["max_total"] == 3


def test_tokcompare_toml_precedes_the_project_file() -> None:
    write("tokcompare.toml", "max-total = 10")
    write("pyproject.toml", "[tool.tokcompare]\nmax-total = 2")
    assert found("prompts")["max_total"] == 10


def test_files_above_the_repository_are_not_read(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    write("tokcompare.toml", "max-total = 1")
    (folder / "prompts" / ".git").write_text("gitdir: elsewhere")  # as in a work tree
    monkeypatch.chdir("prompts")
    assert found("en")["max_total"] is None
    Path(".git").unlink()
    assert found("en", code=1)["max_total"] == 1


def test_paths_begin_at_the_folder_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "data/vocabularies/o200k_base.tiktoken", "mine.tiktoken")
    write(
        "tokcompare.toml",
        'sources = ["prompts/*/a.txt", "gpt-4o"]\nbaseline = "tokens.json"\nlanguage = "en"\n'
        'encoding = ["o200k_base", "mine=mine.tiktoken"]\npattern = "o200k_base"\n',
    )
    check("--write-baseline")
    before = Path("tokens.json").read_bytes()
    write("deep/er/x.txt", "")
    monkeypatch.chdir("deep/er")
    check("--write-baseline")
    assert Path("../../tokens.json").read_bytes() == before
    content = found("--fail-above", "0")
    assert {row["file"] for row in content["rows"]} == {"../../prompts/en/a.txt", "gpt-4o"}
    assert content["total"]["mine"] == content["total"]["o200k_base"]


def test_an_absolute_path_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write("tokcompare.toml", f"sources = [{str(folder / 'prompts')!r}]")
    monkeypatch.chdir("prompts")
    assert found()["total"] == {"o200k_base": 5}


def test_the_settings_are_not_counted() -> None:
    write("tokcompare.toml", 'sources = ["."]')
    assert {row["file"] for row in found()["rows"]} == {"prompts/en/a.txt", "prompts/hi/b.txt"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max-token = 5", "Unknown key 'max-token' in '"),
        ("max-token = 5", "Did you mean 'max-tokens'? There are: baseline, delimiter, encoding, "),
        ("write-baseline = true", "Unknown key 'write-baseline'"),
        ("allow-download = true", "Unknown key 'allow-download'"),
        ('output = "x"', "Unknown key 'output'"),
        ("max-total = true", "'max-total' in '"),
        ("max-total = true", "tokcompare.toml' must be a string or a number."),
        ("max-total = [1]", "must be a string or a number."),
        ("per-line = 1", "'per-line' in '"),
        ("per-line = 1", "must be true or false."),
        ("[max-tokens]\nhi = true", "'max-tokens.hi' in '"),
        ("[language]\nhi = 1", "'language' in '"),
        ("max-total = 'x'", "--max-total takes a whole number of tokens"),
        ("new-files = 'warn'", "'warn' is not one of 'pass', 'fail'"),
        ("max-total = ", "are no TOML: Invalid value"),
        ("\x00", "are no TOML"),
    ],
)
def test_wrong_settings_are_wrong_usage(text: str, message: str) -> None:
    write("tokcompare.toml", text)
    result = check("prompts", code=2)
    assert result.stdout == ""
    assert message in " ".join(result.stderr.split())


@pytest.mark.parametrize("text", ["[tool]\ntokcompare = 5", "tool.tokcompare = [1]"])
def test_settings_that_are_no_table(text: str) -> None:
    write("pyproject.toml", text)
    assert "must be a table." in check("prompts", code=2).stderr


def test_a_tool_that_is_no_table() -> None:
    write("pyproject.toml", "tool = 'tokcompare'")
    check("prompts")


def test_settings_that_are_no_utf8() -> None:
    Path("tokcompare.toml").write_bytes(b"\xff")
    assert "are no TOML" in check("prompts", code=2).stderr


def test_unreadable_settings() -> None:
    Path("tokcompare.toml").mkdir()
    reason = "Permission denied" if sys.platform == "win32" else "Is a directory"
    assert f"cannot be read: {reason}." in check("prompts", code=2).stderr


@pytest.mark.parametrize("arguments", [("check", "--help"), ("report", "prompts")])
def test_nothing_else_reads_them(arguments: tuple[str, ...]) -> None:
    write("tokcompare.toml", "wrong")
    assert invoke(*arguments).exit_code == 0


def test_every_option_of_the_check_is_a_key() -> None:
    options = {
        max(each.opts, key=len).removeprefix("--")
        for each in load_command("check").params
        if isinstance(each, click.Option)
    }
    write("tokcompare.toml", "x = 1")
    listed = check("prompts", code=2).stderr.partition("There are: ")[2].strip(".\n").split(", ")
    not_keys = {"write-baseline", "allow-download", "output", "format", "help"}
    assert set(listed) == options - not_keys | {"sources"}
