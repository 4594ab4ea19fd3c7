"""`tokcompare explain` and `vocabulary`: their outputs, and what they refuse."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wcwidth import width

from tests.command import invoke
from tokcompare import explain, load_samples
from tokcompare.explanations.terminal import Style, show_explanation

Golden = Callable[[str, str], None]


def sentence(language: str) -> str:
    [document] = load_samples().select(language)
    assert isinstance(document.text, str)
    return document.text


LONG = "".join(f"{document.text}\n" for document in load_samples() if document.language != "zh")

STYLES = {
    "explain.txt": ("gu", Style()),
    "explain-60.txt": ("gu", Style(width=60, ids=True)),
    "explain-200.txt": ("ta", Style(width=200)),
    "explain.ansi": ("hi", Style(color=True)),
    "explain-paragraphs.txt": ("", Style(width=60)),
    "explain-paragraphs.ansi": ("", Style(width=200, color=True)),
}


@pytest.mark.parametrize("name", STYLES)
def test_terminal(name: str, golden: Golden) -> None:
    language, style = STYLES[name]
    shown = show_explanation(explain(sentence(language) if language else LONG), style)
    golden(name, shown)
    if name == "explain.txt":
        assert str(explain(sentence(language))) + "\n" == shown
    if not style.color:
        assert max(map(width, shown.splitlines())) <= style.width


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("spans", [True, False])
def test_each_width_shows_the_whole_text(columns: int, spans: bool) -> None:
    text = sentence("ta") + " \x1b[31m\u202e!" + "x" * 300
    shown = show_explanation(explain(text, "o200k_base"), Style(width=columns, spans=spans))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    letters = [letter for letter in "தமிழ்" if letter.isalpha()]
    assert all(letter in shown for letter in letters)
    assert shown.count("x") >= 300
    assert max(map(width, shown.splitlines())) <= columns


def test_marks_of_right_to_left_text_say_their_order() -> None:
    for language, is_said in (("ar", True), ("fa", True), ("hi", False)):
        shown = invoke("explain", "-l", language, "--no-spans").stdout
        assert ("from left to right" in " ".join(shown.split())) == is_said


def test_a_language_beside_a_text_is_said_to_play_no_part() -> None:
    result = invoke("explain", "Hello", "-l", "ar")
    assert "Hello" in result.stdout
    assert "--language plays no part" in result.stderr


def test_names_of_files_and_sample_sets_as_texts(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("Hello")
    for arguments, text, note in (
        (["a.txt"], "Hello", "--text counts the name"),
        (["--text", "a.txt"], "a.txt", ""),
        (["udhr"], "udhr", "'udhr' is counted as a text, although there is a sample set"),
    ):
        result = invoke("explain", *arguments, "--json")
        assert json.loads(result.stdout)["text"] == text
        assert note in result.stderr if note else result.stderr == ""


def test_an_empty_text_is_said_to_be_empty() -> None:
    assert invoke("explain", "").stdout.splitlines()[-1] == "The text is empty."


def test_standard_input_that_is_not_read_is_said_to_be() -> None:
    command = [sys.executable, "-m", "tokcompare", "explain", "--json"]
    for arguments, text, note in (
        ([], "Hello", "Note: Standard input is not read; - names it.\n"),
        (["-"], "Hello", ""),
    ):
        result = subprocess.run(
            [*command, *arguments], input=text, capture_output=True, text=True, check=True
        )
        assert (json.loads(result.stdout)["text"] == text) == bool(arguments)
        assert result.stderr == note


def test_four_and_nine_encodings() -> None:
    names = ["cl100k_base", "o200k_base", "llama3", "qwen3", "gemma3", "deepseek-v3"]
    names += ["mistral-tekken", "kimi-k2", "glm-4"]
    for number in (4, 9):
        shown = show_explanation(explain("Hi नमस्ते", names[:number]), Style())
        assert [name in shown for name in names] == [True] * number + [False] * (9 - number)


def test_without_an_argument_it_is_the_gujarati_sentence() -> None:
    assert invoke("explain").stdout == invoke("explain", sentence("gu")).stdout
    assert invoke("explain", "-l", "Tamil").stdout == invoke("explain", sentence("ta")).stdout


def test_files_standard_input_and_json(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(sentence("hi"), encoding="utf-8")
    expected = explain(sentence("hi"), ["gpt-4", "gpt-4o"]).to_dict()
    found = invoke("explain", str(path), "--json", "-e", "gpt-4", "-e", "gpt-4o")
    assert json.loads(found.stdout) == expected
    assert "content is counted" in found.stderr
    piped = invoke("explain", "-", "-f", "json", stdin=sentence("hi").encode())
    assert json.loads(piped.stdout) == explain(sentence("hi")).to_dict()
    target = tmp_path / "b.json"
    assert invoke("explain", str(path), "-o", str(target)).exit_code == 0
    assert json.loads(target.read_text()) == explain(sentence("hi")).to_dict()


def test_top_in_each_format(tmp_path: Path) -> None:
    arguments = ["explain", "udhr", "-l", "hi", "-l", "gu", "--top", "2"]
    table = invoke(*arguments)
    assert table.stdout.splitlines()[0] == (
        "Gujarati: 15,998 tokens under cl100k_base, 3,237 under o200k_base; 12,761 saved."
    )
    rows = [line.split() for line in table.stdout.splitlines()]
    assert ["Hindi", "364", "5.1%", "52", "76016", "␣अधिकार"] in rows
    records = list(csv.DictReader(io.StringIO(invoke(*arguments, "-f", "csv").stdout)))
    assert [(r["language"], r["rank"], r["saved"], r["places"]) for r in records] == [
        ("gu", "1", "520.0", "40"),
        ("gu", "2", "495.0", "99"),
        ("hi", "1", "364.0", "52"),
        ("hi", "2", "217.0", "31"),
    ]
    content = json.loads(invoke(*arguments, "--json").stdout)
    assert content["languages"][1]["entries"][0]["saved_exact"] == "364"
    target = tmp_path / "top.md"
    assert invoke(*arguments, "-o", str(target)).exit_code == 0
    assert "| Gujarati | 520 |" in target.read_text(encoding="utf-8")


def test_top_reads_sources_as_report_does(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("body,lang\nनमस्ते,hi\nHello,en\n", encoding="utf-8")
    options = ["--text-field", "body", "--language-field", "lang"]
    found = json.loads(invoke("explain", str(path), "--top", "1", "--json", *options).stdout)
    assert [each["language"] for each in found["languages"]] == ["hi", "en"]
    path.write_text('{"text": "a"}\n{"text": 1}\n')
    refused = invoke("explain", str(path), "--top", "1", "--input-format", "jsonl")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "line 2" in refused.stderr


def test_words() -> None:
    shown = invoke("explain", "udhr", "-l", "hi", "--top", "1", "--words").stdout
    assert shown.splitlines()[1].split() == ["Hindi", "84", "168", "84", "1.0", "के"]


def test_words_in_each_format(tmp_path: Path) -> None:
    command = ["explain", "udhr", "-l", "hi", "-l", "en", "--top", "2", "--words"]
    (first, *_) = csv.DictReader(io.StringIO(invoke(*command, "-f", "csv").stdout))
    assert first == {
        "language": "hi",
        "name": "Hindi",
        "rank": "1",
        "word": "के",
        "places": "84",
        "tokens_cl100k_base": "168",
        "tokens_o200k_base": "84",
    }
    found = json.loads(invoke(*command, "--json").stdout)
    assert found["languages"][0]["words"][0]["word"] == "के"
    for name in ("json", "csv", "markdown", "table"):
        path = tmp_path / f"words.{name}"
        result = invoke(*command, "-f", name, "-o", str(path))
        assert "A token that holds parts of two words counts for both." in result.stderr


def test_entries_are_exact_in_json_and_csv(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\\n \\n\n\n\u2423 x²")
    command = ["explain", str(path), "--top", "100"]
    table = invoke(*command).stdout
    assert "\\\\n" in table  # a backslash and an n, not a line feed
    entries = json.loads(invoke(*command, "--json").stdout)["languages"][0]["entries"]
    for entry in entries:
        content = bytes.fromhex(entry["bytes"])
        try:
            assert entry["entry"] == content.decode()
        except UnicodeDecodeError:
            assert entry["entry"] is None
    rows = list(csv.DictReader(io.StringIO(invoke(*command, "-f", "csv").stdout)))
    assert [row["bytes"] for row in rows] == [entry["bytes"] for entry in entries]
    assert [row["saved_exact"] for row in rows] == [entry["saved_exact"] for entry in entries]


def test_nothing_in_a_text_looks_like_a_mark() -> None:
    shown = invoke("explain", "\\n\n x² ␣").stdout
    for seen in (r"\\n", r"\n", r"\xb2", r"\u2423"):
        assert seen in shown


def test_an_encoding_that_plays_no_part_is_named() -> None:
    result = invoke(
        *("explain", "udhr", "-l", "hi", "--top", "1"),
        *("-e", "cl100k_base", "-e", "llama3", "-e", "o200k_base"),
    )
    assert "Only the first and the last encoding are compared: llama3 plays no part." in (
        result.stdout
    )


@pytest.mark.parametrize(
    ("arguments", "column"),
    [
        (["explain", "udhr", "--top", "2", "-l", "ta"], "entry"),
        (["explain", "udhr", "--top", "2", "-l", "de", "--words"], "word"),
        (["vocabulary", "--longest", "2"], "entry"),
    ],
)
@pytest.mark.parametrize("columns", [30, 60, 80])
def test_a_narrow_terminal_has_every_column(
    arguments: list[str], column: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokcompare.cli.io.terminal_width", lambda: columns)
    lines = invoke(*arguments).stdout.splitlines()
    assert any(line.split()[-1:] == [column] for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--ids", "--no-spans", "a"], "--no-spans cannot be given"),
        (["--json", "-f", "csv", "a"], "--json goes without -f csv"),
        (["a", "b"], "Give one text"),
        (["a", "--text", "b"], "Give one text"),
        (["--text", "b", "--top", "1"], "--text cannot be given with --top"),
        (["-l", "hi", "-l", "gu"], "Give one --language"),
        (["--per-line", "a"], "--per-line needs --top"),
        (["--words", "a"], "--words needs --top"),
        (["--ids", "--top", "1"], "--ids cannot be given with --top"),
        (["a", "-f", "csv"], "not as csv"),
        (["--top", "0"], "--top"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    result = invoke("explain", *arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_output_that_is_the_source_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a")
    for extra in ([], ["--top", "1"]):
        result = invoke("explain", str(path), "-o", str(path), *extra)
        assert (result.exit_code, path.read_text()) == (1, "a")


def test_vocabulary() -> None:
    shown = invoke("vocabulary").stdout
    assert "Gujarati                     0       1,591" in shown
    assert "85,033 entries are in both" in shown
    assert "cl100k_base has" not in shown
    [gujarati] = [
        row
        for row in csv.DictReader(io.StringIO(invoke("vocabulary", "-f", "csv").stdout))
        if row["script"] == "Gujarati"
    ]
    assert gujarati == {
        "script": "Gujarati",
        "entries_cl100k_base": "0",
        "entries_o200k_base": "1591",
    }
    content = json.loads(invoke("vocabulary", "gpt-4o", "--longest", "1", "-f", "json").stdout)
    assert content["longest"]["o200k_base"][0]["bytes"] == "20" * 128
    assert content["overlap"] is None


@pytest.mark.parametrize("by", ["form", "length"])
def test_vocabulary_by(by: str) -> None:
    shown = invoke("vocabulary", "o200k_base", "--by", by).stdout
    assert "All entries" in shown
    assert "199,998" in shown


def test_longest_entries_of_a_script() -> None:
    shown = invoke("vocabulary", "o200k_base", "--longest", "1", "--script", "gujarati").stdout
    assert shown.splitlines()[1].split() == ["o200k_base", "186895", "34", "12", "␣વિદ્યાર્થીઓ"]


def test_longest_entries_in_each_format() -> None:
    command = ["vocabulary", "--longest", "1", "--script", "Telugu"]
    note = "cl100k_base has no entry in Telugu script."
    shown = invoke(*command)
    assert note in shown.stdout
    assert "All entries" not in shown.stdout
    result = invoke(*command, "-f", "csv")
    (row,) = csv.DictReader(io.StringIO(result.stdout))
    assert note in result.stderr
    assert row["encoding"] == "o200k_base"
    assert bytes.fromhex(row["bytes"]).decode() == row["entry"]
    assert (int(row["length"]), int(row["characters"])) == (
        len(row["entry"].encode()),
        len(row["entry"]),
    )
    found = json.loads(invoke(*command, "--json").stdout)
    assert found["longest"]["cl100k_base"] == []
    assert found["longest"]["o200k_base"][0]["entry"] == row["entry"]
    assert note in found["notes"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["a", "b", "c"], 2, "two encodings at most"),
        (["--script", "Latin"], 2, "only with --longest"),
        (["--longest", "1", "--by", "form"], 2, "give one of them"),
        (["--json", "-f", "csv"], 2, "--json goes without -f csv"),
        (["--longest", "1", "--script", "Latn"], 1, "Latin"),
        (["nope"], 1, "nope"),
    ],
)
def test_vocabulary_refuses(arguments: list[str], code: int, message: str) -> None:
    result = invoke("vocabulary", *arguments)
    assert result.exit_code == code
    assert message in result.stderr
