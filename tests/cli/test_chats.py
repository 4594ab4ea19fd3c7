"""`tokcompare count --chat`: chat messages in JSON."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests import ROOT
from tests.command import invoke

COOKBOOK = ROOT / "tests" / "data" / "cookbook_chat.json"
MESSAGES = json.loads(COOKBOOK.read_text())["messages"]


def test_the_example_of_the_cookbook() -> None:
    result = invoke("count", "--chat", str(COOKBOOK), "-e", "gpt-4", "-e", "gpt-4o-mini")
    *numbers, _ = zip(*map(str.split, result.stdout.splitlines()), strict=True)
    assert [*zip(*numbers, strict=True)] == [
        ("tokens", "contents", "overhead", "model"),
        ("129", "88", "41", "gpt-4"),
        ("124", "83", "41", "gpt-4o-mini"),
    ]
    assert result.stderr == ""


def test_an_encoding_adds_nothing_that_is_known() -> None:
    result = invoke("count", "--chat", str(COOKBOOK))
    assert [line.split()[:4] for line in result.stdout.splitlines()[1:]] == [
        ["–", "88", "–", "cl100k_base"],
        ["–", "83", "–", "o200k_base"],
    ]
    assert result.stderr.startswith(
        "Note: How many tokens a model adds to messages is not known for cl100k_base, o200k_base. "
        "It is known for: gpt-3.5-turbo-0301, "
    )


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(MESSAGES),
        json.dumps({"messages": MESSAGES}, indent=2),
        json.dumps({"custom_id": "1", "body": {"model": "gpt-4o", "messages": MESSAGES}}),
    ],
)
@pytest.mark.parametrize("lines", [1, 2])
def test_forms_of_files(tmp_path: Path, content: str, lines: int) -> None:
    if lines > 1:
        content = f"{json.dumps(json.loads(content))}\n\n" * lines
    path = tmp_path / "chat.json.gz"
    path.write_bytes(gzip.compress(content.encode()))
    for name, stdin in ((str(path), None), ("-", content.encode()), (content, None)):
        result = invoke("count", "--chat", name, "-e", "gpt-4o", "--json", stdin=stdin)
        total = json.loads(result.stdout)["total"]
        assert total == {
            "chats": lines,
            "messages": 6 * lines,
            "tokens": {
                "gpt-4o": {"total": 124 * lines, "contents": 83 * lines, "overhead": 41 * lines}
            },
            "not_counted": {},
        }


def test_several_files_and_what_is_not_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    path.write_text(
        json.dumps([{"role": "user", "content": [{"type": "text", "text": "a"}, image]}])
    )
    result = invoke("count", "--chat", str(path), "[]", "-e", "gpt-4o")
    assert result.stdout.splitlines()[3].split() == ["11", "1", "10", "gpt-4o", "(total)"]
    assert result.stderr.endswith(": not counted: 1 image_url.\n")
    found = json.loads(invoke("count", "--chat", str(path), "[]", "--json").stdout)
    assert [text.get("file") for text in found["texts"]] == [str(path), None]
    assert found["models"] == {"cl100k_base": "cl100k_base", "o200k_base": "o200k_base"}
    assert found["total"]["not_counted"] == {"image_url": 1}
    assert found["total"]["tokens"]["o200k_base"] == {
        "total": None,
        "contents": 1,
        "overhead": None,
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", ", line 1: malformed JSON (Expecting value)"),
        ('[\n{"role": "user",}]', ", line 2: malformed JSON"),
        ("[]\n{", ", line 2: malformed JSON"),
        (
            '[]\n\n[{"role": "user", "content": 1}]',
            ", line 3: messages[0].content must be a string",
        ),
        ("[]\n" + "[" * 99_999, ", line 2: arrays and objects are nested too deep"),
        ("[" * 99_999, ": arrays and objects are nested too deep"),
        ('{"text": "a"}', ": the field 'messages' is missing; there are: text"),
        ('{"body": {"messages": 1}}', ": body.messages must be an array of chat messages"),
    ],
)
def test_errors(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(content)
    result = invoke("count", "--chat", str(path), "-e", "gpt-4o")
    assert result.exit_code == 1
    assert f"Error: {str(path)!r}{reason}" in result.stderr
    assert result.stdout == ""
