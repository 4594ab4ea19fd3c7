"""Limits by language, and how much tokens may grow."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokcompare import ArgumentError
from tokcompare.checks.limits import Growth, Limits, parse_limits, parse_ratio, parse_tokens


def tokens(*texts: str) -> Limits[int]:
    return parse_limits("--max-tokens", texts, parse_tokens)


def test_a_language_replaces_the_general_limit() -> None:
    limits = tokens("4000", "hi=6000", "Gujarati=7_000", "zh=5,000")
    assert [limits.of(entry) for entry in ("en", "hi", "gu")] == [4000, 6000, 7000]
    # All forms of Chinese are Chinese.
    assert [limits.of(entry) for entry in ("zh", "zh-Hant", "zh-TW")] == [5000] * 3


def test_the_nearest_language_decides() -> None:
    limits = tokens("zh=1", "zh-Hant=2", "hi-IN=3")
    assert [limits.of(entry) for entry in ("zh", "zh-Hans", "zh-Hant", "zh-Hant-TW")] == [
        1,
        1,
        2,
        2,
    ]
    # A limit for a form is none for the language.
    assert [limits.of(entry) for entry in ("hi", "hi-IN")] == [None, 3]


def test_no_limit() -> None:
    assert not tokens()
    assert tokens().of("en") is None
    assert tokens("0")
    assert tokens("0").of("en") == 0


def test_languages_without_text() -> None:
    limits = tokens("hi=1", "guj_Gujr=2", "zh=3")
    assert limits.without_text(["hi", "zh-Hant"]) == ["guj_Gujr"]
    assert limits.without_text([]) == ["hi", "guj_Gujr", "zh"]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["x"], "--max-tokens takes a whole number of tokens, 0 or more, as in 4000 or hi=4000"),
        (["-1"], "not '-1'"),
        (["1.5"], "not '1.5'"),
        (["hi="], "not ''"),
        (["9" * 17], "takes a whole number"),
        (["=5"], "--max-tokens '=5' names no language; expected is hi=5."),
        (["1", "2"], "--max-tokens is given twice for all languages; once is enough."),
        (["hi=1", "Hindi=2"], "--max-tokens is given twice for the language 'Hindi'."),
        (["en-de=2"], "'en-de' names two languages, not one."),
    ],
)
def test_malformed_limits(texts: list[str], message: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        tokens(*texts)
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "x", ""])
def test_malformed_ratios(text: str) -> None:
    with pytest.raises(ArgumentError, match=r"takes a ratio above 0, as in hi=1\.8"):
        parse_ratio("--max-premium", text)


def test_ratio() -> None:
    assert parse_limits("--max-premium", ["hi=1.8"], parse_ratio).of("hi") == 1.8


class TestGrowth:
    @pytest.mark.parametrize(
        ("text", "before", "most"),
        [
            *(("5%", 100, 105), ("5%", 99, 103), ("0%", 7, 7), ("0.5 %", 1000, 1005), ("5%", 0, 0)),
            *(("10", 100, 110), ("0", 7, 7), ("3", 0, 3)),
        ],
    )
    def test_most(self, text: str, before: int, most: int) -> None:
        growth = Growth.parse("--fail-above", text)
        assert not growth.is_exceeded(before, most)
        assert growth.is_exceeded(before, most + 1)

    def test_less_is_never_too_much(self) -> None:
        assert not Growth.parse("--fail-above", "0%").is_exceeded(5, 0)

    @given(st.decimals(0, 500, places=3), st.integers(0, 10**12), st.integers(0, 10**12))
    def test_a_percentage_is_exact(self, percent: object, before: int, after: int) -> None:
        growth = Growth.parse("--fail-above", f"{percent}%")
        allowed = before * (1 + Fraction(str(percent)) / 100)
        assert growth.is_exceeded(before, after) == (after > allowed)

    @pytest.mark.parametrize("text", ["", "%", "-5%", "5 percent", "1e3", "five", "5.5", "+1"])
    def test_malformed(self, text: str) -> None:
        message = r"--fail-above takes a percentage such as 5% or a whole number of tokens"
        with pytest.raises(ArgumentError, match=message):
            Growth.parse("--fail-above", text)
