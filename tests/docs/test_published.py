"""The tables that `python -m benchmarks.published` writes are those of this version."""

from __future__ import annotations

import re

import pytest

from benchmarks.published import NTREX, TEN, announced_ratios, udhr_table
from tests.documents import DOCS
from tokcompare import VocabularyError, count_tokens, load_encoding, load_samples
from tokcompare.encodings.named.catalogue import TOKENIZERS

PUBLISHED = (DOCS / "published.md").read_text(encoding="utf-8")


def figures_of(text: str, name: str) -> str:
    return text.partition(f"<!-- figures: {name} -->\n")[2].partition("<!-- end -->")[0]


@pytest.mark.slow
def test_udhr_under_ten_tokenizers() -> None:
    for name in TEN:
        try:
            load_encoding(name)
        except VocabularyError as error:
            pytest.skip(str(error))
    page = (DOCS / "tokenizers.md").read_text(encoding="utf-8")
    assert figures_of(page, "udhr") == udhr_table() + "\n"


@pytest.mark.parametrize(("name", "cells"), [("petrov", 4 * 204), ("tokka", 7 * 120)])
def test_all_cells_are_equal(name: str, cells: int) -> None:
    numbers = re.findall(r"(\d+) of (\d+)\b", figures_of(PUBLISHED, name))
    assert all(equal == whole for equal, whole in numbers)
    assert int(numbers[-1][0]) == cells == sum(int(equal) for equal, _ in numbers[:-1])


def test_texts_that_others_published_are_counted() -> None:
    row = next(line for line in PUBLISHED.splitlines() if "`kimi-k2`" in line)
    texts = TOKENIZERS["kimi-k2"].published_texts
    assert row == f"| Kimi K2 | `kimi-k2` | {texts} of {texts} |"


def test_the_sentences_of_the_announcement() -> None:
    rows = [line.split(" | ") for line in figures_of(PUBLISHED, "ntrex").splitlines()[2:]]
    documents = list(load_samples("gpt-4o"))
    assert [document.language for document in documents] == [*NTREX]
    announced = announced_ratios()
    for document, row in zip(documents, rows, strict=True):
        before, after = (
            count_tokens(str(document.text), name) for name in ("cl100k_base", "o200k_base")
        )
        assert row[1] == f"{announced[document.language]:.1f}x"
        assert row[2] == f"{before / after:.2f}x"
        low, high = row[4].removesuffix(" |").split("–")
        assert float(low[:-1]) <= float(row[3][:-1]) <= float(high[:-1])
