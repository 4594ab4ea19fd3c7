"""Estimates from a length and a language, and from a text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import ENCODINGS
from tokcompare import ArgumentError, UnknownNameError, count_tokens, estimate_tokens
from tokcompare.estimates.classes import count_classes
from tokcompare.languages import LANGUAGES


def test_codes_of_one_language_are_one() -> None:
    assert estimate_tokens(500, "guj_Gujr") == estimate_tokens(500, "gu")
    assert estimate_tokens(500, "gu").basis == "language"
    for code, base in (("en-US", "en"), ("pt-BR", "pt"), ("hi-IN", "hi"), ("zh-CN", "zh")):
        assert estimate_tokens(500, code) == estimate_tokens(500, base)


@pytest.mark.parametrize("language", ["th", "bn", "he", "el", "tha_Thai", "ell_Grek", "my", "am"])
def test_languages_beyond_the_announcement_are_measured(language: str) -> None:
    assert estimate_tokens(5_000, language).basis == "language"


@pytest.mark.parametrize(
    ("code", "like"),
    [
        *(("zh-TW", "zh-Hant"), ("zh-Hans", "zh"), ("cmn", "zh"), ("ko-Kore", "ko")),
        *(("arb_Arab", "ar"), ("prs_Arab", "fa-AF"), ("als_Latn", "sq"), ("tha", "th")),
        *(("sr-Cyrl", "sr"), ("twi_Latn", "tw"), ("kor_Hang", "ko"), ("ja-Hira", "ja")),
    ],
)
def test_codes_mean_a_measured_language(code: str, like: str) -> None:
    assert estimate_tokens(5_000, code) == estimate_tokens(5_000, like)


def test_languages_of_two_scripts_differ() -> None:
    assert estimate_tokens(5_000, "ace-Arab").tokens != estimate_tokens(5_000, "ace").tokens


@pytest.mark.parametrize(("language", "like"), [("la", "it"), ("sr-Latn", "hr"), ("raj", "hi")])
def test_other_languages_go_by_their_script(language: str, like: str) -> None:
    estimate = estimate_tokens(5_000, language)
    assert estimate.basis == "script"
    measured = estimate_tokens(5_000, like)
    assert estimate.low <= measured.tokens <= estimate.high
    # An estimate from less knowledge has a wider interval.
    assert estimate.high / estimate.low > measured.high / measured.low


def test_script_that_was_not_measured() -> None:
    with pytest.raises(UnknownNameError, match=r"script of 'dv' \(Thaa\) was measured"):
        estimate_tokens(100, "dv")
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


UNMEASURED = ["ᏣᎳᎩ " * 9, "ދިވެހި " * 9, "ᐃᓄᒃᑎᑐᑦ" * 9, "𒀀𒀁" * 9, "😀" * 99, " " * 1000]


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
