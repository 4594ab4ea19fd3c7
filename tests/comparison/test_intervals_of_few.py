"""Intervals of few documents are marked as what they are."""

from __future__ import annotations

from tests.formats import show
from tokcompare import Document, compare, compare_cost

NOTE = (
    "An interval of fewer than 10 documents is often too narrow; that of two is little more than a "
    "guess."
)


def documents(number: int, language: str) -> list[Document]:
    texts = ["one", "two three", "four, five; six"] * 4
    return [Document(text=text, language=language) for text in texts[:number]]


def test_mark_and_note() -> None:
    comparison = compare([*documents(9, "en"), *documents(10, "de"), *documents(1, "fr")])
    lines = show(comparison, "table").splitlines()
    assert lines[1].split()[5].endswith("x*")
    assert not lines[2].split()[5].endswith("*")
    assert lines[3].split()[5] == "–"
    assert not lines[4].split()[5].endswith("*")
    assert f"* {NOTE}" in lines
    assert f"\\* {NOTE}" in show(comparison, "markdown")
    assert NOTE not in show(compare(documents(10, "en")), "table")
    assert NOTE not in show(compare(documents(1, "en")), "table")


def test_json() -> None:
    content = compare([*documents(9, "en"), *documents(10, "de")]).to_dict()
    assert [row["has_few_documents"] for row in content["rows"]] == [True, False]
    assert content["total"]["has_few_documents"] is False


def test_costs() -> None:
    costs = compare_cost(
        [*documents(9, "en"), *documents(10, "de")], before="gpt-4-turbo", after="gpt-4o"
    )
    assert str(costs).count("x*") == 1
    assert f"* {NOTE}" in str(costs).splitlines()
    assert [row["has_few_documents"] for row in costs.to_dict()["rows"]] == [True, False]
    assert NOTE not in str(compare_cost(before="gpt-4-turbo", after="gpt-4o"))
