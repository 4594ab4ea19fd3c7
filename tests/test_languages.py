"""Languages: those of the samples are known, and unknown codes are kept."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokcompare import load_samples
from tokcompare.languages import LANGUAGES, describe_language


def test_every_language_of_the_samples_is_known() -> None:
    for code in load_samples().languages:
        language = describe_language(code)
        assert language.code == code
        assert all((language.name, language.native_name, language.script))
        assert unicodedata.is_normalized("NFC", language.native_name)


def test_direction_of_the_native_name() -> None:
    for language in LANGUAGES.values():
        if language.native_name:
            right_to_left = unicodedata.bidirectional(language.native_name[0]) in ("R", "AL")
            assert language.direction == ("rtl" if right_to_left else "ltr")


def test_script_of_the_native_name() -> None:
    # The Unicode name of a letter begins with the name of its script.
    names = {
        "Arab": "ARABIC",
        "Cyrl": "CYRILLIC",
        "Deva": "DEVANAGARI",
        "Gujr": "GUJARATI",
        "Hans": "CJK",
        "Jpan": "CJK",
        "Kore": "HANGUL",
        "Latn": "LATIN",
        "Taml": "TAMIL",
        "Telu": "TELUGU",
    }
    for language in LANGUAGES.values():
        if language.native_name:
            assert unicodedata.name(language.native_name[0]).startswith(names[language.script])


@pytest.mark.parametrize(
    ("written", "code", "name"),
    [
        ("guj_Gujr", "gu", "Gujarati"),
        ("guj", "gu", "Gujarati"),
        ("GU", "gu", "Gujarati"),
        ("gu-IN", "gu-IN", "Gujarati (India)"),
        ("zh-Hans", "zh-Hans", "Chinese (Simplified)"),
        ("zho_Hant", "zh-Hant", "Chinese (Traditional)"),
        ("cmn", "zh", "Chinese"),
        ("pes_Arab", "fa", "Persian"),
        ("arb_Arab", "ar", "Arabic"),
        ("eng", "en", "English"),
        ("eng_Latn", "en", "English"),
        ("iw", "he", "Hebrew"),
        ("nan", "nan", "Min Nan Chinese"),
        ("NaN", "nan", "Min Nan Chinese"),
        ("und", "und", "Undetermined"),
    ],
)
def test_other_forms_of_codes(written: str, code: str, name: str) -> None:
    language = describe_language(written)
    assert (language.code, language.name) == (code, name)


def test_direction_of_languages_beyond_the_samples() -> None:
    directions = {code: describe_language(code).direction for code in ("he", "dv", "uk", "ur-IN")}
    assert directions == {"he": "rtl", "dv": "rtl", "uk": "ltr", "ur-IN": "rtl"}


@pytest.mark.parametrize(
    "code", ["x-klingon", "foo", "klingon", "english", "", " ", "en us", "a" * 999, "\u202e", "-"]
)
def test_unknown_language_is_kept(code: str) -> None:
    language = describe_language(code)
    assert (language.code, language.name, language.direction) == (code, code, "auto")


@given(code=st.text() | st.from_regex(r"[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,4}){0,2}", fullmatch=True))
def test_every_code_is_understood_or_kept(code: str) -> None:
    language = describe_language(code)
    assert describe_language(language.code) == language
