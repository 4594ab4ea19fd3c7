"""A document knows the line that it begins at, in every format of lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tokcompare import load_source


def lines(path: Path, content: str, **options: Any) -> list[tuple[str, int | None]]:
    path.write_bytes(content.encode())
    source = load_source(path, **options)
    return [("".join(document.text), document.line) for document in source]


def test_plain_text_is_no_line(tmp_path: Path) -> None:
    assert lines(tmp_path / "a.txt", "one\ntwo\n") == [("one\ntwo\n", None)]


def test_lines_of_plain_text(tmp_path: Path) -> None:
    found = lines(tmp_path / "a.txt", "one\n\nthree\r\nfour", per_line=True)
    assert found == [("one", 1), ("", 2), ("three", 3), ("four", 4)]


def test_a_line_too_long_for_memory(tmp_path: Path) -> None:
    long = "x " * (1 << 20)
    content = f"one\n{long}\nthree\n"
    found = lines(tmp_path / "a.txt", content, per_line=True)
    assert found == [("one", 1), (long, 2), ("three", 3)]


def test_json_lines(tmp_path: Path) -> None:
    content = '{"text": "one"}\n\n  \n{"text": "four"}\n'
    assert lines(tmp_path / "a.jsonl", content) == [("one", 1), ("four", 4)]


def test_json_over_several_lines(tmp_path: Path) -> None:
    content = '[\n  {\n    "text": "one"\n  },\n\n  {"text": "two"}\n]\n'
    assert lines(tmp_path / "a.json", content) == [("one", 2), ("two", 6)]


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        # Read line by line, because the number of rows is small; an empty row has no record.
        ("text\none\n\nfour\n", {}, [("one", 2), ("four", 4)]),
        ('text,n\n"one\ntwo",1\nthree,2\n', {}, [("one\ntwo", 2), ("three", 4)]),
        ("one\ntwo\n", {"header": False}, [("one", 1), ("two", 2)]),
        ('text\n"one"\n\ntwo\n', {"quoting": "none"}, [('"one"', 2), ("two", 4)]),
    ],
)
def test_csv(
    tmp_path: Path, content: str, options: dict[str, Any], expected: list[tuple[str, int]]
) -> None:
    assert lines(tmp_path / "a.csv", content, **options) == expected


@pytest.mark.parametrize("long", ["", "x" * 200_000], ids=["by csv", "without csv"])
def test_csv_that_is_parsed_at_once(tmp_path: Path, long: str) -> None:
    rows, expected, line = ["n,text\n"], [], 2
    for number in range(300):
        text = f"{number}\nsecond line" if number % 3 == 0 else f"{number}"
        if number == 150:
            text += long
        rows.append(f'{number},"{text}"\n' if "\n" in text else f"{number},{text}\n")
        expected.append((text, line))
        line += 1 + text.count("\n")
        if number % 50 == 7:
            rows.append("\n")
            line += 1
    found = lines(tmp_path / "a.csv", "".join(rows), quoting="minimal")
    assert found == expected


def test_rows_of_parquet_are_no_lines(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["one", "two"]}), tmp_path / "a.parquet")
    documents = load_source(tmp_path / "a.parquet")
    assert [(document.text, document.line) for document in documents] == [
        ("one", None),
        ("two", None),
    ]
