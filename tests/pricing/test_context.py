"""How much text fits in context windows."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tokcompare import ArgumentError, Document, UnknownNameError, compare_context
from tokcompare.cli import main

TEXTS = [
    Document(text="Hello, world! " * 20, language="en"),
    Document(text="નમસ્તે " * 20, language="gu"),
]


def test_numbers() -> None:
    contexts = compare_context()
    rows = {row.group: contexts.numbers(row.counts) for row in contexts.rows}
    # 128,000 tokens; English has 10,239 characters and 1,687 words in 1,888 tokens.
    assert rows["en"]["characters_after"] == pytest.approx(128_000 * 10_239 / 1_888)
    assert rows["en"]["words_after"] == pytest.approx(128_000 * 1_687 / 1_888)
    assert rows["en"]["pages_after"] == pytest.approx(128_000 * 10_239 / 1_888 / 1_800)
    assert rows["en"]["relative_to_english_after"] == 1
    assert rows["gu"]["relative_to_english_before"] == pytest.approx(1_887 / 15_998)
    assert rows["gu"]["speed"] == pytest.approx(15_998 / 3_237)
    assert rows["ja"]["words_after"] is None


@pytest.mark.parametrize("format_name", ["table", "markdown", "csv", "json"])
def test_formats(golden: Callable[[str, str], None], format_name: str) -> None:
    suffix = {"table": "txt", "markdown": "md"}.get(format_name, format_name)
    command = ["context", "-l", "en", "-l", "gu", "-l", "ja", "-f", format_name, "--signature"]
    result = CliRunner().invoke(main, command, catch_exceptions=False)
    assert result.exit_code == 0
    text = result.stdout
    start, mark = text.find("tokcompare:"), text.find("|context:")
    golden(f"context.{suffix}", text if start < 0 else text[:start] + "…" + text[mark:])


def test_without_english() -> None:
    contexts = compare_context(["ગુજરાતી"], window=1_000)
    assert contexts.numbers(contexts.rows[0].counts)["relative_to_english_after"] is None
    assert contexts.after.tokens == 1_000


@pytest.mark.parametrize("window", [0, -5, "x", 1.5, True, 10**400])
def test_invalid_window(window: Any) -> None:
    with pytest.raises(ArgumentError, match="A window must be"):
        compare_context(TEXTS, window=window)


def test_invalid_models() -> None:
    with pytest.raises(ArgumentError, match="is the same"):
        compare_context(TEXTS, before="gpt-4o", after="GPT-4o")
    with pytest.raises(UnknownNameError, match=r"Did you mean 'gpt-4o'\?.*window=TOKENS"):
        compare_context(TEXTS, after="gpt4o")


def test_estimate() -> None:
    contexts = compare_context(TEXTS, after="claude-3-opus", encoding="o200k_base")
    assert contexts.after.is_estimate
    assert any("≈ claude-3-opus: an estimate" in note for note in contexts.notes)


def test_text_without_characters(tmp_path: Path) -> None:
    documents = [Document(text="hello world", language="en"), Document(text="", language="hi")]
    assert compare_context(documents).to_records()[1]["relative_to_english_after"] is None
    path = tmp_path / "none.jsonl"
    path.write_bytes(b"")
    shown = CliRunner().invoke(main, ["context", str(path), "-f", "csv"]).stdout
    assert shown.startswith("language,name,")
    assert shown.count("\n") == 1


def test_columns_are_those_of_the_records() -> None:
    contexts = compare_context(TEXTS)
    assert [list(record) for record in contexts.to_records()] == [contexts.columns] * 2


def test_frame() -> None:
    contexts = compare_context([*TEXTS, Document(text="こんにちは", language="ja")])
    frame = contexts.to_frame()
    assert list(frame.columns) == contexts.columns
    assert frame["language"].tolist() == ["en", "gu", "ja"]
    assert isnan(frame["words_after"][2])
    assert frame["words_after"][0] == contexts.to_records()[0]["words_after"]
    assert (frame.dtypes[contexts.columns[2:-1]] == "float64").all()
    assert frame["codes"].tolist() == ["en", "gu", "ja"]
    assert len(compare_context([]).to_frame()) == 0


def test_markdown_and_html() -> None:
    contexts = compare_context([*TEXTS, Document(text="مرحبا", language="ar")])
    assert contexts.to_markdown().startswith("| language | chars gpt-4-turbo | chars gpt-4o |")
    page = contexts._repr_html_()
    assert ' lang="ar" dir="rtl">العربية</bdi></th>' in page
    assert "<tfoot>" not in page
    assert f"<small>{contexts.signature}</small>" in page


def test_repr_is_a_line_and_str_is_the_table() -> None:
    contexts = compare_context(TEXTS)
    assert repr(contexts) == "<ContextComparison gpt-4-turbo -> gpt-4o: 2 languages>"
    assert str(contexts).startswith("language")
