"""Estimates are judged by texts that did not calibrate them."""

from __future__ import annotations

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import ROOT
from tests.documents import DOCS, check_or_write_part
from tests.reference import ENCODINGS
from tokcompare import ArgumentError, Estimate, UnknownNameError, count_tokens, estimate_tokens
from tokcompare.estimates.estimate import _estimate_by_classes, _table, count_classes
from tokcompare.languages import LANGUAGES

HELD_OUT: list[dict[str, Any]] = [
    json.loads(line)
    for line in (ROOT / "tests" / "data" / "held_out.jsonl").read_text("utf-8").splitlines()
]


def by_language(row: dict[str, Any], encoding: str) -> Estimate:
    return estimate_tokens(row["characters"], row["language"], encoding)


def by_text(row: dict[str, Any], encoding: str) -> Estimate:
    return _estimate_by_classes(row["classes"], _table()[encoding])


BASES = {"length and language": by_language, "the text": by_text}
RULES: dict[str, Callable[[dict[str, Any]], float]] = {
    "4 characters a token": lambda row: row["characters"] / 4,
    "4 bytes a token": lambda row: row["bytes"] / 4,
    "0.75 words a token": lambda row: row["words"] / 0.75,
}


@pytest.mark.parametrize("basis", BASES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_intervals_cover_what_was_held_out(encoding: str, basis: str) -> None:
    inside: Counter[str] = Counter()
    number: Counter[str] = Counter()
    for row in HELD_OUT:
        estimate = BASES[basis](row, encoding)
        is_inside = estimate.low <= row["tokens"][encoding] <= estimate.high
        for group in (row["set"], f"language {row['language']}"):
            inside[group] += is_inside
            number[group] += 1
    assert number["sentences"] == 20
    assert min(number["messages"], number["pages"]) > 1_800
    for group in ("sentences", "messages", "pages"):
        assert inside[group] / number[group] >= 0.95, group
    languages = [group for group in number if number[group] > 100 and group.startswith("language")]
    assert len(languages) == 19  # all of the twenty but Urdu, of which there are four texts
    for group in languages:
        assert inside[group] / number[group] >= 0.9, group


def test_held_out_counts_are_true() -> None:
    rows = [row for row in HELD_OUT if row["set"] == "sentences"]
    from tokcompare import load_samples

    for row, document in zip(rows, load_samples(), strict=True):
        text = str(document.text)
        assert row["tokens"] == {name: count_tokens(text, name) for name in ENCODINGS}
        assert row["classes"] == count_classes(text)


def test_errors_in_the_documents(request: pytest.FixtureRequest) -> None:
    encoding = "o200k_base"
    errors: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    inside: Counter[str] = Counter()
    for row in HELD_OUT:
        true = row["tokens"][encoding]
        guesses = {name: rule(row) for name, rule in RULES.items()}
        for name, estimate in BASES.items():
            found = estimate(row, encoding)
            guesses[name] = found.tokens
            inside[f"{row['language']} {name}"] += found.low <= true <= found.high
        for name, guess in guesses.items():
            errors[row["language"]][name].append(abs(guess / true - 1))
    names = [*BASES, *RULES]
    lines = [
        f"| language | {' | '.join(names)} | inside, by language | inside, by text |",
        f"| :--- |{' ---: |' * (len(names) + 2)}",
    ]
    for language in sorted(errors, key=lambda code: LANGUAGES[code].name):
        of_it = errors[language]
        twentieths = [statistics.quantiles(of_it[name], n=20) for name in names]
        cells = [f"{quantiles[9]:.0%}, {quantiles[18]:.0%}" for quantiles in twentieths]
        cells += [f"{inside[f'{language} {name}'] / len(of_it[name]):.1%}" for name in BASES]
        lines.append(f"| {LANGUAGES[language].name} | {' | '.join(cells)} |")
    table = "\n".join(lines) + "\n"
    check_or_write_part(request, DOCS / "estimates.md", "estimates", table)


def test_literals() -> None:
    # The Declaration has 10,239 characters of English, which are 1,888 tokens of o200k_base.
    assert estimate_tokens(10_239, "en").tokens == 1_888
    assert estimate_tokens(10_239, "en", "cl100k_base").tokens == 1_887
    # Of Gujarati 9,498 characters, and 15,998 tokens of cl100k_base.
    assert estimate_tokens(9_498, "gu", "cl100k_base").tokens == pytest.approx(15_998, abs=5)


def test_codes_of_one_language_are_one() -> None:
    assert estimate_tokens(500, "guj_Gujr") == estimate_tokens(500, "gu")
    assert estimate_tokens(500, "gu").basis == "language"
    for code, base in (("en-US", "en"), ("pt-BR", "pt"), ("hi-IN", "hi"), ("zh-CN", "zh")):
        assert estimate_tokens(500, code) == estimate_tokens(500, base)


@pytest.mark.parametrize(
    ("language", "like"), [("nl", "Latn"), ("uk", "ru"), ("ne", "hi"), ("zh-Hant", "zh")]
)
def test_other_languages_go_by_their_script(language: str, like: str) -> None:
    estimate = estimate_tokens(5_000, language)
    assert estimate.basis == "script"
    if like in LANGUAGES:
        measured = estimate_tokens(5_000, like)
        assert estimate.low <= measured.tokens <= estimate.high
        # Who knows less, says less.
        assert estimate.high / estimate.low > measured.high / measured.low


def test_script_that_was_not_measured() -> None:
    with pytest.raises(UnknownNameError, match=r"script of 'th' \(Thai\) was measured"):
        estimate_tokens(100, "th")
    with pytest.raises(UnknownNameError, match="not known"):
        estimate_tokens(100, "nonsense")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "Say how long the text is"),
        ({"characters": 5}, "Say how long the text is"),
        ({"characters": 5, "language": "en", "text": "a"}, "not both"),
        ({"characters": -1, "language": "en"}, "not -1"),
        ({"characters": 1.5, "language": "en"}, "whole number"),
        ({"characters": 10**400, "language": "en"}, "whole number"),
        ({"characters": 5, "language": 5}, "must be a str"),
        ({"text": b"a"}, "must be a str"),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        estimate_tokens(**arguments)


def test_encoding_that_was_not_measured() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'o200k_base'"):
        estimate_tokens(5, "en", "o200k")


@given(st.text(), st.sampled_from(ENCODINGS))
def test_any_text_has_an_estimate(text: str, encoding: str) -> None:
    estimate = estimate_tokens(text=text, encoding=encoding)
    assert 0 <= estimate.low <= estimate.tokens <= estimate.high
    assert (estimate.tokens == 0) == (text == "")


UNMEASURED = ["Ελληνικά " * 9, "ภาษาไทย" * 9, "አማርኛ" * 9, "𒀀𒀁" * 9, "😀" * 99, " " * 1000]


@pytest.mark.parametrize("text", UNMEASURED)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_was_not_measured_makes_the_interval_wide(text: str, encoding: str) -> None:
    estimate = estimate_tokens(text=text, encoding=encoding)
    assert estimate.low <= count_tokens(text, encoding) <= estimate.high


@given(st.text())
def test_every_character_has_one_class(text: str) -> None:
    assert sum(count_classes(text).values()) == len(text)


@given(st.integers(1, 10**7), st.sampled_from(sorted(set(LANGUAGES) - {"und"})))
def test_the_longer_the_surer(characters: int, language: str) -> None:
    short, long = (estimate_tokens(number, language) for number in (characters, 4 * characters))
    assert short.low <= short.tokens <= short.high
    assert long.high - long.tokens <= 4 * (short.high - short.tokens) + 8
