"""The formats for people and programs; text from outside stays text in each of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable

import pandas as pd
import pytest
import wcwidth
from markdown_it import MarkdownIt

from tests.formats import show
from tokcompare import Comparison, Document, compare, load_samples
from tokcompare.text import printable

Golden = Callable[[str, str], None]

# A terminal escape, a bidirectional override, markup of each format, a line break, a formula.
EVIL = '=\x1b[31m\u202e|a`b*c_ _d_ <b>&amp;~~[x](y)\\\n"\t\ud800'


@pytest.fixture(scope="module")
def twenty() -> Comparison:
    return compare()


@pytest.fixture(scope="module")
def evil() -> Comparison:
    return compare([Document(text="a", language=EVIL), Document(text="", language="hi")])


def unsigned(text: str, comparison: Comparison) -> str:
    """The signature names versions, which change; the golden files do without."""
    assert comparison.signature in text
    return text.replace(comparison.signature, "<signature>")


def test_table(twenty: Comparison, golden: Golden) -> None:
    golden("report.txt", unsigned(show(twenty, "table"), twenty))


def test_table_in_color(twenty: Comparison, golden: Golden) -> None:
    golden("report.ansi", unsigned(show(twenty, "table", color=True), twenty))


def test_markdown(twenty: Comparison, golden: Golden) -> None:
    golden("report.md", unsigned(show(twenty, "markdown"), twenty))


def test_csv(twenty: Comparison, golden: Golden) -> None:
    golden("report.csv", show(twenty, "csv"))


def test_table_with_intervals(golden: Golden) -> None:
    comparison = compare(load_samples("udhr"))
    golden("report-udhr.txt", unsigned(show(comparison, "table"), comparison))
    lines = show(comparison, "table").split("\n\n")[0].splitlines()
    assert max(map(wcwidth.wcswidth, lines)) <= 90


def test_chosen_metrics(golden: Golden) -> None:
    comparison = compare(
        load_samples("udhr").select(["gu", "zh", "en"]),
        metrics=["fertility", "premium", "gini"],
        confidence=0.9,
    )
    golden("report-metrics.md", unsigned(show(comparison, "markdown"), comparison))
    golden("report-metrics.csv", show(comparison, "csv"))


def test_wide_table_is_split(golden: Golden) -> None:
    comparison = compare(
        load_samples("udhr").select(["gu", "zh", "en"]), metrics=["fertility", "premium", "gini"]
    )
    in_blocks = show(comparison, "table", width=80)
    golden("report-split.txt", unsigned(in_blocks, comparison))
    *tables, notes = in_blocks.split("\n\n")
    assert notes.startswith("Chinese: ")
    assert len(tables) == 3
    for shown in tables:
        lines = shown.splitlines()
        assert [line.split()[0] for line in lines] == [
            *("language", "Gujarati", "Chinese", "English", "Total")
        ]
        assert max(map(wcwidth.wcswidth, lines)) <= 80
    # No number is left out, and an interval stays beside what it is of.
    one = show(comparison, "table").splitlines()[1].split()
    several = [cell for shown in tables for cell in shown.splitlines()[1].split()[1:]]
    assert several == one[1:-1]  # all but the own name
    for width in (1, 20, 40, 200):
        assert show(comparison, "table", width=width).count("95% interval") == 4


def test_own_names_alone_are_not_worth_a_table() -> None:
    comparison = compare(load_samples("udhr"))
    narrow = show(comparison, "table", width=80).split("\n\n")
    assert len(narrow) == 2
    assert "own name" not in narrow[0]
    assert max(map(wcwidth.wcswidth, narrow[0].splitlines())) <= 80


def test_rows_that_are_not_languages(golden: Golden) -> None:
    comparison = compare(
        [Document(text="one", source="a|b.txt"), Document(text="two", source="<c>.txt")],
        by="source",
    )
    golden("report-by-source.md", unsigned(show(comparison, "markdown"), comparison))


def test_table_of_other_encodings(golden: Golden) -> None:
    comparison = compare(encodings=["o200k_base", "cl100k_base"])
    golden("report-inverted.txt", unsigned(show(comparison, "table"), comparison))
    comparison = compare(encodings=["o200k_base"])
    golden("report-one-encoding.txt", unsigned(show(comparison, "table"), comparison))


def test_table_lines_up(twenty: Comparison) -> None:
    lines = show(twenty, "table").split("\n\n")[0].splitlines()
    # The last column begins at the same place in every line but the total's, which has none.
    start = wcwidth.wcswidth(lines[0].removesuffix("own name"))
    for line, row in zip(lines[1:-1], twenty.rows, strict=True):
        assert wcwidth.wcswidth(line.removesuffix(row.language.native_name)) == start
    assert max(map(wcwidth.wcswidth, lines)) <= 80


def test_undefined_is_a_dash(evil: Comparison) -> None:
    line = show(evil, "table").splitlines()[2]
    assert line.split() == ["Hindi", "0", "0", "0", "–", "–", "हिन्दी"]


@pytest.mark.parametrize("color", [False, True])
def test_terminal_obeys_no_text(evil: Comparison, color: bool) -> None:
    shown = show(evil, "table", color=color)
    for escape in ("\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"):
        shown = shown.replace(escape, "")
    assert all(line.isprintable() for line in shown.splitlines())
    assert r"=\x1b[31m\u202e|a`b" in shown
    assert len(shown.splitlines()) == 6


def parsed_cells(markdown: str) -> list[list[str]]:
    """The cells of a Markdown table as a reader sees them, by a parser of its own."""
    tokens = MarkdownIt("gfm-like").parse(markdown)
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        if token.type == "inline" and rows and token.level > 2:
            kinds = {child.type for child in token.children or []}
            assert kinds <= {"text", "text_special", "strong_open", "strong_close"}
            rows[-1].append("".join(child.content for child in token.children or []))
    return rows


def test_markdown_is_a_table_to_a_parser(twenty: Comparison) -> None:
    cells = parsed_cells(show(twenty, "markdown"))
    assert len(cells) == 22
    assert {len(row) for row in cells} == {8}
    assert cells[0][:4] == ["language", "chars", "cl100k_base", "o200k_base"]
    assert cells[1] == ["Gujarati", "91", "145", "33", "4.39x", "77.2%", "145 / 33", "ગુજરાતી"]
    assert cells[-1][:5] == ["Total", "1,641", "1,230", "591", "2.08x"]


def test_markdown_keeps_markup_as_text(evil: Comparison) -> None:
    cells = parsed_cells(show(evil, "markdown"))
    assert len(cells) == 4
    # A reader sees the text, its invisible characters as escapes.
    assert cells[1][0] == r'=\x1b[31m\u202e|a`b*c_ _d_ <b>&amp;~~[x](y)\\n"\t' + "\ufffd"


def test_csv_reads_back(twenty: Comparison) -> None:
    records = list(csv.DictReader(io.StringIO(show(twenty, "csv"))))
    assert len(records) == 20
    for record, expected in zip(records, twenty.to_records(), strict=True):
        assert list(record) == list(expected)
        assert (
            float(record["compression_ratio_o200k_base"])
            == (expected["compression_ratio_o200k_base"])
        )
    frame = pd.read_csv(io.StringIO(show(twenty, "csv")))
    assert frame.tokens_cl100k_base.sum() == 1_230


def test_csv_of_odd_comparisons(evil: Comparison) -> None:
    first, second = csv.DictReader(io.StringIO(show(evil, "csv")))
    assert first["language"] == "'" + printable(EVIL.replace("\ud800", "\ufffd"))
    assert second["compression_ratio_o200k_base"] == ""
    assert show(compare([]), "csv").count("\n") == 1


def test_json_reads_back(twenty: Comparison, evil: Comparison) -> None:
    for comparison in (twenty, evil, compare([])):
        assert json.loads(show(comparison, "json")) == comparison.to_dict()
    assert "NaN" not in show(evil, "json")


def test_comparison_shows_itself(twenty: Comparison) -> None:
    assert twenty.to_markdown() == show(twenty, "markdown")


def test_empty_comparison_has_headings_and_total() -> None:
    empty = compare([])
    assert show(empty, "table").splitlines()[1].split() == ["Total", "0", "0", "0", "–", "–"]
    assert len(parsed_cells(show(empty, "markdown"))) == 2
