"""The dataclass of a language, and the languages of the built-in samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

UNDETERMINED = "und"
"""The BCP 47 code of text whose language is not given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language, with its names in BCP 47 and the Unicode CLDR.

    Attributes:
        code: BCP 47 language tag, for example "gu".
        name: English name, for example "Gujarati"; the code if not known.
        native_name: Name in the language itself, for example "ગુજરાતી"; empty if not known.
        script: ISO 15924 code of its script, for example "Gujr"; empty if not known.
        direction: Writing direction, "ltr" or "rtl"; "auto" (HTML's word) if not known.
    """

    code: str
    name: str
    native_name: str = ""
    script: str = ""
    direction: Literal["ltr", "rtl", "auto"] = "auto"

    @property
    def separates_words_by_spaces(self) -> bool:
        """Whether its script separates words by spaces. If not, no rule can count the words.

        True also if the script is not known.
        """
        return self.script not in _WITHOUT_SPACES


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
"""The languages of the built-in samples, by code."""


RIGHT_TO_LEFT = frozenset(
    ["Adlm", "Arab", "Aran", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"]
)
"""The scripts that are written from right to left, according to the Unicode CLDR."""


# Chinese and Japanese; the scripts whose line breaks need a dictionary (Unicode Standard Annex #14,
# class SA); Tibetan, which marks only syllables; Yi and Bopomofo, which mark neither.
_WITHOUT_SPACES = frozenset(
    [
        *("Hani", "Hans", "Hant", "Hira", "Jpan", "Kana", "Hrkt", "Bopo", "Yiii", "Tibt"),
        *("Ahom", "Khmr", "Lana", "Laoo", "Mymr", "Tale", "Talu", "Tavt", "Thai"),
    ]
)
