"""Languages: BCP 47 code, English name, own name, script and writing direction.

The languages of the built-in samples are listed here. `langcodes` knows the others, and the many
ways to write a code. An unknown code is not an error: its language has that code and no name.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tokcompare.text import replace_surrogates

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


# The scripts that are written from right to left, according to the Unicode CLDR.
_RIGHT_TO_LEFT = frozenset(
    ["Adlm", "Arab", "Aran", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"]
)


# Chinese and Japanese; the scripts whose line breaks need a dictionary (Unicode Standard Annex #14,
# class SA); Tibetan, which marks only syllables; Yi and Bopomofo, which mark neither.
_WITHOUT_SPACES = frozenset(
    [
        *("Hani", "Hans", "Hant", "Hira", "Jpan", "Kana", "Hrkt", "Bopo", "Yiii", "Tibt"),
        *("Ahom", "Khmr", "Lana", "Laoo", "Mymr", "Tale", "Talu", "Tavt", "Thai"),
    ]
)


@functools.lru_cache(maxsize=4096)
def describe_language(code: str) -> Language:
    """Returns the language of a code, with the code in its BCP 47 form.

    The code may be an ISO 639 code of three letters, have a script and a region after hyphens or
    underscores, or name an individual language of Arabic, Persian or Chinese. An unknown code
    becomes both the code and the name of the language.

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
        # With `macro`, "arb", "pes" and "cmn" are shown as Arabic, Persian and Chinese.
        tag = standardize_tag(code, macro=True)
        found = Known.get(tag)
    except LanguageTagError:
        return unknown
    if tag in LANGUAGES:
        return LANGUAGES[tag]
    # A private language ("x-...") is valid, but has no known name.
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


def code_of(code: str) -> str:
    """Returns the BCP 47 form of a language's code."""
    return describe_language(code).code


def language_of_path(folders: Sequence[str], stem: str) -> str | None:
    """Returns the code of the language that a path names, or None.

    The stem is split at full stops. These places are searched in order: the parts after the first
    full stop, from the last to the first; the first part, if it names a script too; the folder of
    the file; the first part; and the folders above. A code without a script counts only if the
    Unicode CLDR knows speakers of the language, because "doc", "the" and "tmp" are codes too.

    Args:
        folders: The folders that contain the file, the outermost first.
        stem: The name of the file without the suffixes of format and compression.

    >>> language_of_path(["corpus", "gu"], "a"), language_of_path([], "eng_Latn.devtest")
    ('gu', 'en')
    >>> language_of_path(["tmp"], "dev.guj"), language_of_path(["data"], "doc")
    ('gu', None)
    """
    first, *parts = stem.split(".")
    *above, folder = ("", *folders)
    candidates = [*reversed(parts), *([first] if _names_script(first) else []), folder, first]
    for candidate in (*candidates, *reversed(above)):
        language = describe_language(candidate)
        if language.script and (_names_script(candidate) or _is_spoken(language.code)):
            return language.code
    return None


def _names_script(code: str) -> bool:
    return any(len(part) == 4 for part in code.replace("_", "-").split("-")[1:])


def _is_spoken(code: str) -> bool:
    from langcodes import Language as Known

    return Known.get(code).speaking_population() > 0
