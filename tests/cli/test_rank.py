"""`tokcompare rank`: the same rankings as in Python, in each format."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.command import invoke
from tokcompare import rank


def test_table() -> None:
    lines = invoke("rank", "hi").stdout.splitlines()
    assert lines[0] == "Tokens of the same content in Hindi, under each encoding"
    assert lines[2].split() == [
        *("rank", "encoding", "tokens/sentence", "premium", "times", "the", "least")
    ]
    for line, row in zip(lines[3:], rank("hi").rows, strict=False):
        numbers = [f"{row.tokens_per_sentence:.1f}", f"{row.premium:.2f}"]
        assert line.split() == [str(row.rank), row.encoding, *numbers, f"{row.times_least:.2f}x"]


def test_json() -> None:
    result = invoke("rank", "hi", "--json")
    assert json.loads(result.stdout) == rank("hi").to_dict()
    assert invoke("rank", "hi", "-f", "json").stdout == result.stdout
    assert "unverified" in result.stderr


@pytest.mark.parametrize("encoding", ["o200k_base", "gpt-4o", "gpt-5.5", "GPT-4o-mini"])
def test_csv_of_languages(encoding: str) -> None:
    result = invoke("rank", "--encoding", encoding, "-f", "csv")
    records = list(csv.DictReader(result.stdout.splitlines()))
    expected = rank(encoding="o200k_base").to_records()
    assert [record["language"] for record in records] == [row["language"] for row in expected]
    assert [float(record["premium"]) for record in records] == [row["premium"] for row in expected]


def test_an_open_model_stands_for_its_tokenizer() -> None:
    shown = invoke("rank", "-e", "meta-llama/Llama-3.3-70B-Instruct", "--json").stdout
    assert json.loads(shown)["encoding"] == "llama3"


def test_markdown_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "hi.md"
    result = invoke("rank", "Hindi", "-o", str(path))
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Note: The language 'Hindi' is read as its code 'hi'." in result.stderr
    assert path.read_text(encoding="utf-8") == rank("hi").to_markdown()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Give a language, to rank tokenizers, or --encoding"),
        (["hi", "-e", "llama3"], "one of the two"),
        (["hi", "--json", "-f", "csv"], "--json goes without -f csv"),
        (["hi", "gu"], "unexpected extra argument"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    result = invoke("rank", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["dv"], "FLORES-200 has no text in 'dv'"),
        (["en-de"], "'en-de' names two languages, not one."),
        (["-e", "gpt-4-fake"], "Unknown encoding to rank languages by 'gpt-4-fake'"),
        (["-e", "claude-3-opus"], "The tokenizer of 'claude-3-opus' is not public"),
    ],
)
def test_unknown_names(arguments: list[str], message: str) -> None:
    result = invoke("rank", *arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
