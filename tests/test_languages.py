"""The languages of the samples are all known, and others are kept."""

from __future__ import annotations

import unicodedata

from tokcompare import load_samples
from tokcompare.languages import LANGUAGES, describe_language


def test_every_language_of_the_samples_is_known() -> None:
    for code in load_samples().languages:
        language = describe_language(code)
        assert language.code == code
        assert all((language.name, language.native_name, language.script))
        assert unicodedata.is_normalized("NFC", language.native_name)


def test_direction_is_that_of_the_own_name() -> None:
    for language in LANGUAGES.values():
        if language.native_name:
            right_to_left = unicodedata.bidirectional(language.native_name[0]) in ("R", "AL")
            assert language.direction == ("rtl" if right_to_left else "ltr")


def test_script_is_that_of_the_own_name() -> None:
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


def test_unknown_language_is_kept() -> None:
    language = describe_language("x-klingon")
    assert (language.code, language.name, language.direction) == ("x-klingon", "x-klingon", "auto")
