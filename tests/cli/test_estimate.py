"""`tokcompare estimate`: lengths and languages, texts, and the table of numbers."""

from __future__ import annotations

import json

import pytest

from tests import ROOT
from tests.command import invoke
from tokcompare import estimate_tokens


def test_length_and_languages() -> None:
    lines = invoke("estimate", "10000", "-l", "hi", "-l", "tha_Thai").stdout.splitlines()
    assert lines[0].split() == [
        *("language", "encoding", "characters", "tokens", "low", "high", "basis")
    ]
    expected = [
        ("hi", "cl100k_base"),
        ("hi", "o200k_base"),
        ("tha_Thai", "cl100k_base"),
        ("tha_Thai", "o200k_base"),
    ]
    assert len(lines) == 1 + len(expected)
    for line, (language, encoding) in zip(lines[1:], expected, strict=True):
        found = estimate_tokens(10_000, language, encoding)
        numbers = [f"{number:,}" for number in (10_000, found.tokens, found.low, found.high)]
        assert line.split() == [language, encoding, *numbers, "language"]


def test_json() -> None:
    result = invoke("estimate", "500", "-l", "la", "-e", "gpt-4o", "--json")
    found = estimate_tokens(500, "la", "o200k_base")
    assert json.loads(result.stdout) == {
        "schema": 1,
        "estimates": [
            {
                "language": "la",
                "encoding": "o200k_base",
                "characters": 500,
                "tokens": found.tokens,
                "low": found.low,
                "high": found.high,
                "basis": "script",
            }
        ],
    }


@pytest.mark.parametrize("stdin", [None, "नमस्ते, world\n".encode()])
def test_text(stdin: bytes | None) -> None:
    text = "नमस्ते, world\n"
    arguments = [] if stdin else ["--text", text]
    result = invoke("estimate", *arguments, "--json", stdin=stdin)
    for row in json.loads(result.stdout)["estimates"]:
        found = estimate_tokens(text=text, encoding=row["encoding"])
        assert (row["language"], row["characters"], row["basis"]) == (None, len(text), "text")
        assert (row["tokens"], row["low"], row["high"]) == (found.tokens, found.low, found.high)
    line = invoke("estimate", *arguments, stdin=stdin).stdout.splitlines()[1]
    assert line.split()[:3] == ["–", "cl100k_base", str(len(text))]


def test_table_of_numbers() -> None:
    result = invoke("estimate", "--table")
    assert result.stdout_bytes == (ROOT / "data/calibration/estimates.json").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["100"], "A length goes with -l"),
        (["100", "-l", "hi", "--text", "a"], "without --text"),
        (["-l", "hi"], "-l goes with a length"),
        (["--table", "-l", "hi"], "--table is given alone"),
        (["ten", "-l", "hi"], "'ten' is not a valid integer"),
    ],
)
def test_arguments_that_do_not_go_together(arguments: list[str], message: str) -> None:
    result = invoke("estimate", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_names_that_are_not_known() -> None:
    result = invoke("estimate", "100", "-l", "hi", "-e", "o200k")
    assert result.exit_code == 1
    assert "Did you mean 'o200k_base'?" in result.stderr
    result = invoke("estimate", "100", "-l", "dv")
    assert result.exit_code == 1
    assert "No language of the script of 'dv' (Thaa) was measured" in result.stderr


def test_languages_by_their_names() -> None:
    named, coded = (invoke("estimate", "1000", "-l", name, "--json") for name in ("Hindi", "hi"))
    assert "Note: The language 'Hindi' is read as its code 'hi'." in named.stderr
    assert named.stdout.replace("Hindi", "hi") == coded.stdout
    result = invoke("estimate", "1000", "-l", "en-de")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: 'en-de' names two languages, not one.")
