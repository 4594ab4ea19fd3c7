"""A panic of a library of Rust is one line on standard error, in the command."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.command import run
from tests.platforms import linux_only
from tokcompare.cli.panics import may_panic

pytestmark = [linux_only, pytest.mark.slow]

PATTERN = r"(?:a|a)+(?=b)|(?:a|a)+(?!a)c|."


@pytest.fixture
def ranks(tmp_path: Path) -> str:
    path = tmp_path / "own.tiktoken"
    lines = (f"{base64.b64encode(bytes([byte])).decode()} {byte}\n" for byte in range(256))
    path.write_text("".join(lines))
    return str(path)


@pytest.fixture
def text(tmp_path: Path) -> str:
    path = tmp_path / "text.txt"
    path.write_text("a" * 5_000)
    return str(path)


@pytest.mark.parametrize("command", ["count", "report"])
def test_rank_file(command: str, ranks: str, text: str) -> None:
    ended = run(command, text, "-e", ranks, "--pattern", PATTERN)
    assert ended.returncode == 1
    errors = ended.stderr.decode()
    assert "panicked" not in errors
    assert "RUST_BACKTRACE" not in errors
    assert errors.splitlines()[-1].startswith("Error: tiktoken gave up on a text of 5,000")


def test_tokenizer_of_hugging_face(text: str, tmp_path: Path) -> None:
    pytest.importorskip("tokenizers")
    from tokenizers import Tokenizer, models

    description = json.loads(Tokenizer(models.WordLevel({"a": 0, "?": 1}, "?")).to_str())
    split = {"type": "Split", "behavior": "Isolated", "invert": False}
    description["pre_tokenizer"] = split | {"pattern": {"Regex": "(x|x)*b|(a+a+)+y"}}
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(description))
    ended = run("count", text, "-e", str(path))
    assert ended.returncode == 1
    errors = ended.stderr.decode()
    assert "panicked" not in errors
    assert errors.splitlines()[-1].startswith("Error: ")


def test_other_output_of_libraries_appears(tmp_path: Path) -> None:
    ended = run("count", "a", "-e", str(tmp_path / "none.json"))
    assert ended.returncode == 1
    assert ended.stderr.decode().count("\n") == 1


def test_only_where_it_may_happen() -> None:
    assert may_panic(["count", "-e", "a/tokenizer.json"])
    assert may_panic(["report", "--pattern=."])
    assert not may_panic(["report", "corpus.jsonl", "-e", "gpt-4o"])
