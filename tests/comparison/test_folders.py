"""Rows of folders: a tree, in which a folder counts all that is below it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.command import invoke
from tokcompare import ArgumentError, Document, compare, count_tokens, load_source

FILES = {
    "a.txt": "one two three",
    "hi/b.txt": "नमस्ते",
    "hi/deep/c.txt": "नमस्ते दुनिया",
    "gu/d.txt": "હેલો",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "prompts" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "prompts"


def tokens(*names: str) -> int:
    return sum(count_tokens(FILES[name], "o200k_base") for name in names)


def test_folders_count_what_is_below_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    found = compare(load_source("prompts"), by="folder")
    rows = [
        (row.group, row.depth, row.parent, row.counts.tokens["o200k_base"]) for row in found.rows
    ]
    assert rows == [
        ("prompts", 0, "", tokens(*FILES)),
        ("prompts/gu", 1, "prompts", tokens("gu/d.txt")),
        ("prompts/hi", 1, "prompts", tokens("hi/b.txt", "hi/deep/c.txt")),
        ("prompts/hi/deep", 2, "prompts/hi", tokens("hi/deep/c.txt")),
    ]
    assert (found.total.documents, found.total.tokens["o200k_base"]) == (4, tokens(*FILES))
    assert [row.group for row in found.up_to_depth(1).rows] == [
        *("prompts", "prompts/gu", "prompts/hi"),
    ]
    assert any("do not add" in note for note in found.notes)


def test_tree_has_the_files_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    shown = invoke("report", "prompts", "--by", "tree", "-e", "o200k_base").stdout
    names = [line.rsplit(maxsplit=2)[0].rstrip() for line in shown.splitlines()[1:9]]
    assert names == [
        *("prompts", "· a.txt", "· gu/", "· · d.txt"),
        *("· hi/", "· · b.txt", "· · deep/", "· · · c.txt"),
    ]


def test_formats(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    arguments = ["report", "prompts", "--by", "folder", "--depth", "1"]
    rows = list(csv.DictReader(io.StringIO(invoke(*arguments, "-f", "csv").stdout)))
    assert [(r["group"], r["depth"], r["parent"], r["documents"]) for r in rows] == [
        ("prompts", "0", "", "4"),
        ("prompts/gu", "1", "prompts", "1"),
        ("prompts/hi", "1", "prompts", "2"),
    ]
    content = json.loads(invoke(*arguments, "-f", "json").stdout)
    assert [row["depth"] for row in content["rows"]] == [0, 1, 1]
    assert "| · hi/ | " in invoke(*arguments, "-f", "markdown").stdout
    frame = compare(load_source("prompts"), by="folder").to_frame()
    assert frame.depth.tolist() == [0, 0, 1, 1, 1, 1, 2, 2]


NAMES = st.lists(st.sampled_from(["a", "b", "c.txt"]), min_size=1, max_size=4).map("/".join)


@given(names=st.lists(NAMES, min_size=1, max_size=8), by=st.sampled_from(["folder", "tree"]))
def test_laws(names: list[str], by: str) -> None:
    documents = [Document(text="x " * place, source=name) for place, name in enumerate(names)]
    found = compare(documents, by=by)
    rows = {row.group: row for row in found.rows}
    assert len(rows) == len(found.rows)
    assert found.total.documents == len(names)
    top, *others = found.rows
    assert (top.parent, top.counts.documents) == ("", len(names))
    for row in others:
        above = rows[row.parent]
        assert above.depth == row.depth - 1
        assert above.counts.documents >= row.counts.documents
        inside = [each for each in names if f"{each}/".startswith(f"{row.group}/")]
        if by == "tree" and not row.is_folder:
            inside = [each for each in names if each == row.group]
        if row.group != "." and row.is_folder and by == "folder":
            inside = [each for each in inside if each != row.group]
        assert row.counts.documents >= len([each for each in inside if each != row.group])


def test_absolute_paths_and_single_files(folder: Path) -> None:
    found = compare(load_source(str(folder / "hi")), by="folder")
    assert [row.group for row in found.rows] == [str(folder / "hi"), str(folder / "hi" / "deep")]
    single = compare(load_source(str(folder / "a.txt")), by="folder")
    assert [row.group for row in single.rows] == [str(folder)]
    assert [row.group for row in compare(["text"], by="folder").rows] == ["."]
    assert compare([], by="tree").rows == ()


def test_a_tree_keeps_its_order() -> None:
    found = compare([Document(text="a", source="x/a"), Document(text="b", source="y/b")], by="tree")
    assert [row.group for row in found.rows] == [".", "x", "x/a", "y", "y/b"]
    with pytest.raises(ArgumentError, match="keep their order"):
        found.sort("tokens")
    result = invoke("report", "gpt-4o", "--by", "tree", "--reverse")
    assert (result.exit_code, result.stdout) == (1, "")
    assert invoke("report", "gpt-4o", "--depth", "1").exit_code == 2
