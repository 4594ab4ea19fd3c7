"""The languages: BCP 47 code, English name, own name, script and writing direction.

The languages of the built-in samples stand here; the others, and the many ways to write a code,
`langcodes` knows. A code that nobody knows is no error: that language is kept under its code.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

from tokcompare.units import replace_surrogates

UNDETERMINED = "und"
"""The BCP 47 code of text whose language nobody has named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language, as BCP 47 and the Unicode CLDR name it.

    Attributes:
        code: BCP 47 language tag, for example "gu".
        name: English name, for example "Gujarati".
        native_name: What its speakers call it, for example "ગુજરાતી"; empty if not known.
        script: ISO 15924 code of the script it is written in here, for example "Gujr"; empty
            if not known.
        direction: Writing direction, "ltr" or "rtl"; "auto" (HTML's word) if not known.
    """

    code: str
    name: str
    native_name: str = ""
    script: str = ""
    direction: Literal["ltr", "rtl", "auto"] = "auto"


def _ltr(code: str, name: str, native_name: str, script: str) -> Language:
    return Language(code=code, name=name, native_name=native_name, script=script, direction="ltr")


def _rtl(code: str, name: str, native_name: str, script: str) -> Language:
    return Language(code=code, name=name, native_name=native_name, script=script, direction="rtl")


LANGUAGES: dict[str, Language] = {
    language.code: language
    for language in (
        _rtl("ar", "Arabic", "العربية", "Arab"),
        _ltr("de", "German", "Deutsch", "Latn"),
        _ltr("en", "English", "English", "Latn"),
        _ltr("es", "Spanish", "Español", "Latn"),
        _rtl("fa", "Persian", "فارسی", "Arab"),
        _ltr("fr", "French", "Français", "Latn"),
        _ltr("gu", "Gujarati", "ગુજરાતી", "Gujr"),
        _ltr("hi", "Hindi", "हिन्दी", "Deva"),
        _ltr("it", "Italian", "Italiano", "Latn"),
        _ltr("ja", "Japanese", "日本語", "Jpan"),
        _ltr("ko", "Korean", "한국어", "Kore"),
        _ltr("mr", "Marathi", "मराठी", "Deva"),
        _ltr("pt", "Portuguese", "Português", "Latn"),
        _ltr("ru", "Russian", "Русский", "Cyrl"),
        _ltr("ta", "Tamil", "தமிழ்", "Taml"),
        _ltr("te", "Telugu", "తెలుగు", "Telu"),
        _ltr("tr", "Turkish", "Türkçe", "Latn"),
        _rtl("ur", "Urdu", "اردو", "Arab"),
        _ltr("vi", "Vietnamese", "Tiếng Việt", "Latn"),
        _ltr("zh", "Chinese", "中文", "Hans"),
        Language(code=UNDETERMINED, name="Undetermined"),
    )
}
"""The known languages by code."""


# The scripts that the Unicode CLDR has as written from right to left.
_RIGHT_TO_LEFT = frozenset(
    ["Adlm", "Arab", "Aran", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"]
)


@functools.lru_cache(maxsize=4096)
def describe_language(code: str) -> Language:
    """Returns the language that people mean by a code, under its BCP 47 code.

    ISO 639 codes of three letters, scripts and regions after a hyphen or an underscore, and the
    individual languages behind Arabic, Persian and Chinese are understood; an unknown code becomes
    a language of that code and name.

    >>> describe_language("guj_Gujr").code, describe_language("pes_Arab").code
    ('gu', 'fa')
    >>> describe_language("zh-Hant").name
    'Chinese (Traditional)'
    >>> describe_language("klingon").name
    'klingon'
    """
    if code in LANGUAGES:
        return LANGUAGES[code]
    from langcodes import Language as Known
    from langcodes import standardize_tag
    from langcodes.tag_parser import LanguageTagError

    code = replace_surrogates(code)
    unknown = Language(code=code, name=code)
    try:
        # "macro": what is written "arb", "pes" or "cmn" is shown as Arabic, Persian and Chinese.
        tag = standardize_tag(code, macro=True)
        found = Known.get(tag)
    except LanguageTagError:
        return unknown
    if tag in LANGUAGES:
        return LANGUAGES[tag]
    # A private language ("x-...") is valid, and nobody knows its name.
    if not found.is_valid() or not found.language or found.language.startswith("x-"):
        return unknown
    script = found.maximize().script or ""
    return Language(
        code=tag,
        name=found.display_name(),
        native_name=found.autonym(),
        script=script,
        direction="rtl" if script in _RIGHT_TO_LEFT else "ltr",
    )
