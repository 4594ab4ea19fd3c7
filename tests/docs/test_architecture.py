"""ARCHITECTURE.md names modules and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import ROOT

TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
READING = re.findall(r"^\| \[[\w/.]+\]\((tokcompare/[\w/.]+)\) \| ([\d,]+) \|", TEXT, re.MULTILINE)
"""The modules of the reading path, and their numbers of lines."""


@pytest.mark.parametrize(("path", "lines"), READING)
def test_lines_of_the_reading_path(path: str, lines: str) -> None:
    actual = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert actual == pytest.approx(int(lines.replace(",", "")), rel=0.15), actual


def test_reading_path_takes_an_hour() -> None:
    total = sum(int(lines.replace(",", "")) for _, lines in READING)
    assert 1_100 <= total <= 1_500
    assert f"({total:,} when they were last counted)" in TEXT
    assert f"About {round(total, -2):,} lines" in TEXT


def test_every_promise_has_a_test() -> None:
    section = TEXT.partition("## Promises")[2].partition("## ")[0]
    rows = re.findall(r"^\| [^|]+ \| (`[^|]+`) \|$", section, re.MULTILINE)
    assert len(rows) == len(re.findall(r"^\| ", section, re.MULTILINE)) - 2 > 10
    for tests in rows:
        for path in tests.strip("`").split("`, `"):
            assert "def test_" in (ROOT / path).read_text(encoding="utf-8"), path


def test_promises_of_reliability_have_tests() -> None:
    text = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| [^|]+\. \| (`[^|]+`) \|$", text, re.MULTILINE)
    assert len(rows) > 10
    for tests in rows:
        for path in tests.strip("`").split("`, `"):
            assert "def test_" in (ROOT / path).read_text(encoding="utf-8"), path


def test_every_room_is_in_the_table_and_in_the_picture() -> None:
    rooms = {path.parent.name for path in (ROOT / "tokcompare").glob("*/__init__.py")}
    assert set(re.findall(r"^\| \[(\w+)\]\(tokcompare/\1\) \|", TEXT, re.MULTILINE)) == rooms
    picture = TEXT.partition("flowchart TD")[2].partition("```")[0]
    assert rooms <= set(re.findall(r"\w+", picture))


def test_single_modules_are_in_the_picture() -> None:
    modules = {path.stem for path in Path(ROOT, "tokcompare").glob("[!_]*.py")}
    picture = TEXT.partition("flowchart TD")[2].partition("```")[0]
    assert modules <= set(re.findall(r"\w+", picture))
