"""The languages: BCP 47 code, English name, own name, script and writing direction.

It knows the languages of the built-in samples. A code that it does not know is no error: such a
language is kept and shown under its code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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


def describe_language(code: str) -> Language:
    """Returns what is known of a language; an unknown code becomes a language of that name.

    >>> describe_language("gu").native_name
    'ગુજરાતી'
    >>> describe_language("tlh").name
    'tlh'
    """
    return LANGUAGES.get(code) or Language(code=code, name=code)
