"""Estimates are judged by texts that did not calibrate them."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.documents import DOCS, check_or_write_part
from tests.estimates.held_out import (
    SETS,
    Judged,
    biases,
    coverage,
    in_the_twenty,
    judged,
    median_bias,
    median_width,
    of_set,
    rows,
)
from tests.reference import ENCODINGS
from tokcompare import count_tokens, load_samples
from tokcompare.estimates.classes import count_classes
from tokcompare.languages import LANGUAGES

COLUMNS = {
    "news": ("news", "articles"),
    "messages": ("messages",),
    "lists of messages": ("pages",),
}
"""The sets that are in all, or nearly all, of the twenty languages."""
RULES: dict[str, Callable[[dict[str, Any]], float]] = {
    "4 characters a token": lambda row: row["characters"] / 4,
    "4 bytes a token": lambda row: row["bytes"] / 4,
    "0.75 words a token": lambda row: row["words"] / 0.75,
}
WIDTHS_BEFORE = {"news": 1.08, "articles": 0.93, "messages": 1.13, "pages": 0.95, "requests": 1.26}
"""Median widths under o200k_base, of the estimates from the Declaration alone in tokcompare 0.1."""


def test_held_out_counts_are_true() -> None:
    sentences = [row for row in rows() if row["set"] == "sentences"]
    for row, document in zip(sentences, load_samples(), strict=True):
        text = str(document.text)
        assert row["tokens"] == {name: count_tokens(text, name) for name in ENCODINGS}
        assert row["classes"] == count_classes(text)
        assert (row["characters"], row["language"]) == (len(text), document.language)


def test_there_is_enough_to_judge_by() -> None:
    numbers = {name: len(of_set(judged("o200k_base"), name)) for name in SETS}
    assert min(numbers[name] for name in ("news", "articles", "messages", "pages")) > 600
    assert len(biases(of_set(judged("o200k_base"), "articles"))) > 100
    for name in ("news", "articles"):
        assert len(biases(in_the_twenty(of_set(judged("o200k_base"), name)))) == 20
    # All of the twenty but Urdu, of which there are three texts.
    assert len(biases(of_set(judged("o200k_base"), "messages", "pages"))) == 19


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", ["news", "articles", "messages"])
def test_bias_in_the_twenty_languages(name: str, encoding: str) -> None:
    texts = in_the_twenty(of_set(judged(encoding), name))
    assert abs(median_bias(texts)) <= 0.04
    found = [bias for bias in biases(texts).values() if abs(bias) <= 0.1]
    wanted = 16 if (name, encoding) == ("messages", "cl100k_base") else 18
    assert len(found) >= wanted


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_bias_in_all_languages(encoding: str) -> None:
    texts = of_set(judged(encoding), "articles")
    assert abs(median_bias(texts)) <= 0.04
    found = biases(texts)
    assert sum(abs(bias) <= 0.1 for bias in found.values()) >= 0.9 * len(found)
    assert max(map(abs, found.values())) <= 0.25


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", ["messages", "pages", "news", "articles", "requests"])
def test_coverage_of_each_set(name: str, encoding: str) -> None:
    texts = of_set(judged(encoding), name)
    assert coverage(texts) >= 0.93
    # Half of the languages could not be outside while the others make up for them.
    for language in biases(texts, least=30):
        assert coverage([text for text in texts if text.language == language]) >= 0.6, language


def test_coverage_of_what_was_held_out_is_neither_too_low_nor_too_high() -> None:
    texts = of_set(judged("o200k_base"), *SETS)
    assert 0.93 <= coverage(texts) <= 0.99
    assert 0.93 <= coverage(of_set(texts, "messages", "pages")) <= 0.99


@pytest.mark.parametrize("name", WIDTHS_BEFORE)
def test_intervals_are_narrower_than_they_were(name: str) -> None:
    texts = in_the_twenty(of_set(judged("o200k_base"), name))
    assert median_width(texts) < 0.85 * WIDTHS_BEFORE[name]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_mixed_texts_are_estimated_by_their_characters(encoding: str) -> None:
    mixed = {
        basis: of_set(judged(encoding, basis), *SETS, mixed=True) for basis in ("language", "text")
    }
    assert len(mixed["text"]) > 300
    assert coverage(mixed["text"]) >= 0.93
    assert coverage(mixed["text"]) > coverage(mixed["language"])
    assert abs(median_bias(mixed["text"])) <= 0.05


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_coverage_by_text(encoding: str) -> None:
    texts = of_set(judged(encoding, "text"), *SETS)
    assert coverage(texts) >= 0.95
    for name in SETS:
        assert coverage(of_set(texts, name)) >= 0.9, name


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_coverage_of_languages_that_were_not_measured(encoding: str) -> None:
    texts = [text for text in judged(encoding) if text.estimate.basis == "script"]
    assert len({text.language for text in texts}) >= 9
    assert coverage([text for text in texts if not text.mixed]) >= 0.75


def test_sets_in_the_documents(request: pytest.FixtureRequest) -> None:
    lines = [
        "| encoding | texts | number | languages | median bias | within ±10 % | inside | width |",
        "| :--- | :--- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for encoding in reversed(ENCODINGS):
        for name, title in SETS.items():
            texts = of_set(judged(encoding), name)
            least = 1 if name == "sentences" else 5
            found = biases(texts, least)
            within = sum(abs(bias) <= 0.1 for bias in found.values())
            cells = [
                *(encoding, title, f"{len(texts):,}", str(len(found))),
                f"{statistics.median(found.values()):+.1%}",
                f"{within} of {len(found)}",
                *(f"{coverage(texts):.1%}", f"{median_width(texts):.2f}"),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    check_or_write_part(request, DOCS / "estimates.md", "sets", "\n".join(lines) + "\n")


def test_mixed_texts_in_the_documents(request: pytest.FixtureRequest) -> None:
    lines = [
        "| encoding | estimated from | texts | languages | median bias | inside | width |",
        "| :--- | :--- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for encoding in reversed(ENCODINGS):
        for basis in ("language", "text"):
            texts = of_set(judged(encoding, basis), *SETS, mixed=True)
            cells = [
                encoding,
                "length and language" if basis == "language" else "the text",
                *(str(len(texts)), str(len(biases(texts))), f"{median_bias(texts):+.1%}"),
                *(f"{coverage(texts):.1%}", f"{median_width(texts):.2f}"),
            ]
            lines.append(f"| {' | '.join(cells)} |")
    check_or_write_part(request, DOCS / "estimates.md", "mixed", "\n".join(lines) + "\n")


def test_languages_in_the_documents(request: pytest.FixtureRequest) -> None:
    """Bias of each language and kind, with the coverage, and the error of rules of thumb."""
    texts = judged("o200k_base")
    rules: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows():
        if not row["mixed"]:
            for rule, guess in RULES.items():
                off = abs(guess(row) / row["tokens"]["o200k_base"] - 1)
                rules[row["language"]][rule].append(off)
    lines = [
        f"| language | {' | '.join(COLUMNS)} | error | {' | '.join(RULES)} |",
        f"| :--- |{' ---: |' * (len(COLUMNS) + len(RULES) + 1)}",
    ]
    for language in sorted(set(LANGUAGES) - {"und"}, key=lambda code: LANGUAGES[code].name):
        cells = [LANGUAGES[language].name]
        for sets in COLUMNS.values():
            cells.append(_bias_and_coverage(texts, language, sets))
        of_it = [text for text in of_set(texts, *SETS) if text.language == language]
        errors = [abs(text.estimate.tokens / text.true - 1) for text in of_it]
        for found in (errors, *(rules[language][rule] for rule in RULES)):
            cells.append(f"{statistics.median(found):.0%}")
        lines.append(f"| {' | '.join(cells)} |")
    check_or_write_part(request, DOCS / "estimates.md", "languages", "\n".join(lines) + "\n")


def _bias_and_coverage(texts: Sequence[Judged], language: str, sets: Sequence[str]) -> str:
    found = [text for text in of_set(texts, *sets) if text.language == language]
    if language not in biases(found):
        return "–"
    return f"{biases(found)[language]:+.0%}, {coverage(found):.1%}"
