"""`tokcompare count`: texts of the command line and of standard input."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import pytest

from tests.command import TOKCOMPARE, invoke, run
from tests.platforms import posix_only
from tokcompare import compare


def test_one_text() -> None:
    assert invoke("count", "Hello, my name is GPT-4o.").stdout == (
        "cl100k_base  o200k_base  text\n         11          10  Hello, my name is GPT-4o.\n"
    )


def test_several_texts() -> None:
    assert invoke("count", "hello", "નમસ્તે", "").stdout == (
        "cl100k_base  o200k_base  text\n"
        "          1           1  hello\n"
        "         12           4  નમસ્તે\n"
        "          0           0\n"
        "         13           5  (total)\n"
    )


def test_json() -> None:
    assert json.loads(invoke("count", "--json", "-e", "o200k_base", "é", "ab").stdout) == {
        "schema": 1,
        "encodings": ["o200k_base"],
        "texts": [
            {"bytes": 2, "characters": 1, "tokens": {"o200k_base": 1}},
            {"bytes": 2, "characters": 2, "tokens": {"o200k_base": 1}},
        ],
        "total": {"bytes": 4, "characters": 3, "tokens": {"o200k_base": 2}},
    }


def test_standard_input_as_it_is() -> None:
    assert json.loads(invoke("count", "--json", stdin=b"a\r\nb").stdout)["total"] == {
        "bytes": 4,
        "characters": 4,
        "tokens": {"cl100k_base": 3, "o200k_base": 3},
    }
    assert "(standard input)" in invoke("count", stdin=b"").stdout


def test_standard_input_that_is_no_text() -> None:
    result = invoke("count", stdin=b"abc\xff")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: '(standard input)', byte 3: invalid UTF-8 (invalid start byte)\n"
    )
    result = invoke("count", stdin="hi there".encode("utf-16-le"))
    assert result.exit_code == 1
    assert "looks like a binary file: there is a NUL byte" in result.stderr


ENCODED = {
    "UTF-8": "नमस्ते".encode(),
    "byte order mark": "नमस्ते".encode("utf-8-sig"),
    "UTF-16": "नमस्ते".encode("utf-16"),
    "gzip": gzip.compress("नमस्ते".encode("utf-16")),
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("argument", ["-", "a.txt", None])
def test_files_and_standard_input_are_read_as_report_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, argument: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    content = ENCODED[encoding]
    Path("a.txt").write_bytes(content)
    names = [] if argument is None else [argument]
    counted = json.loads(invoke("count", "--json", *names, stdin=content).stdout)
    report = invoke("report", argument or "-", "-f", "json", stdin=content)
    for number in ("bytes", "characters", "tokens"):
        assert counted["total"][number] == json.loads(report.stdout)["total"][number]
    assert counted["total"]["bytes"] == 18


def test_the_name_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("prompts").mkdir()
    name = "prompts/system.en.txt"
    Path(name).write_text("Hello, my name is GPT-4o.")
    result = invoke("count", "-e", "gpt-4o", name)
    assert result.stdout == f"o200k_base  text\n        10  {name}\n"
    assert result.stderr == (
        f"Note: '{name}' is a file, and its content is counted; --text counts the name.\n"
    )
    (counted,) = json.loads(invoke("count", "--json", name).stdout)["texts"]
    assert (counted["file"], counted["bytes"]) == (name, 25)
    for arguments in (["--text", name], ["--", name]):
        result = invoke("count", "-e", "gpt-4o", *arguments)
        assert result.stdout == f"o200k_base  text\n         5  {name}\n"
        assert result.stderr == ""


def test_names_that_are_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    result = invoke("count", "data", "sytem.txt", "hello", "x" * 5_000, "a\0b")
    assert result.exit_code == 0
    assert result.stderr == (
        "Note: 'data' is counted as a text, although there is a folder of that name.\n"
        "Note: There is no file 'sytem.txt'; it is counted as a text.\n"
    )


def test_standard_input_by_name() -> None:
    assert invoke("count", "-", stdin=b"one text").stdout == (
        "cl100k_base  o200k_base  text\n          2           2  (standard input)\n"
    )
    result = invoke("count", "-", "-", stdin=b"one text")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "can be read only once" in result.stderr


def test_texts_after_two_hyphens() -> None:
    result = invoke("count", "-e", "gpt-4o", "a", "--text", "-", "--", "-x", "--", "--text=b")
    assert [line.split()[1] for line in result.stdout.splitlines()[1:]] == [
        *("a", "-", "-x", "--", "--text=b"),
        "(total)",
    ]


def test_text_is_shown_escaped_and_short() -> None:
    lines = invoke("count", "\x1b[31m\n|\u202e", "字" * 100, "a" * 49).stdout.splitlines()
    assert lines[1].endswith(r"  \x1b[31m\n|\u202e")
    assert lines[2].endswith("  " + "字" * 23 + "…")
    assert lines[3].endswith("  " + "a" * 47 + "…")


@posix_only
def test_arguments_that_are_no_utf8() -> None:
    process = subprocess.run([*TOKCOMPARE, "count", b"a\xff"], capture_output=True, check=False)
    assert process.returncode == 1
    assert process.stderr == b"Error: A TEXT is not UTF-8: invalid start byte at byte 1.\n"


@pytest.mark.slow
@posix_only
def test_arguments_in_a_locale_without_unicode() -> None:
    env = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    process = run("count", "--json", "હેલો", env=env)
    assert json.loads(process.stdout)["total"] == {
        "bytes": 12,
        "characters": 4,
        "tokens": {"cl100k_base": 8, "o200k_base": 2},
    }


@pytest.mark.slow
def test_large_standard_input() -> None:
    process = run("count", "-e", "o200k_base", stdin=b" " * 2_000_000)
    assert process.stdout.split()[2] == b"15,625"
    assert process.stderr == b""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gzip"])
def test_standard_input_is_read_as_report_reads_it(encoding: str) -> None:
    text = "Hello, world! नमस्ते\n"
    content = gzip.compress(text.encode()) if encoding == "gzip" else text.encode(encoding)
    counted = json.loads(invoke("count", "--json", stdin=content).stdout)["total"]
    assert counted["tokens"] == compare(text).total.tokens
    reported = json.loads(invoke("report", "-", "-f", "json", stdin=content).stdout)["total"]
    assert (counted["tokens"], counted["bytes"]) == (reported["tokens"], reported["bytes"])
    for command in (["count"], ["report", "-"]):
        result = invoke(*command, stdin=b"a\0b")
        assert result.exit_code == 1
        assert "'(standard input)' looks like a binary file" in result.stderr
