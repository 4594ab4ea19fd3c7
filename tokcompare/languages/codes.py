"""Codes: the many ways to write the code of a language, and the language that each one names.

A *spelling* is a code as it stands in the data ("guj_Gujr"). Its *code* is the BCP 47 tag that is
shown ("gu"). Its *entry* decides which documents are counted together: spellings of the same entry
of ISO 639 share it, and a macrolanguage ("ar") and its members ("arb") do not.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tokcompare.languages.known import known_codes
from tokcompare.languages.language import LANGUAGES, RIGHT_TO_LEFT, UNDETERMINED, Language
from tokcompare.languages.spellings import PROGRAMMING_LANGUAGES, is_pair
from tokcompare.text import replace_surrogates

if TYPE_CHECKING:
    from langcodes import Language as Tag

# Codes that Wikipedia uses in names of data sets, and that are none of BCP 47.
_OF_WIKIPEDIA = {
    "bat-smg": "sgs",
    "be-x-old": "be-tarask",
    "cbk-zam": "cbk",
    "fiu-vro": "vro",
    "map-bms": "jv-x-bms",
    "roa-rup": "rup",
    "roa-tara": "nap-x-tara",
    "zh-classical": "lzh",
}

# The CLDR replaces these by Serbian.
_NOT_SERBIAN = {"cnr": "cnr", "hbs": "sh", "sh": "sh"}

# Members of a macrolanguage that the CLDR takes for the whole, though there are several of them.
_NOT_AKAN = frozenset(["tw", "fat"])

# Languages that are written in several scripts, so that a code without a script is not the same as
# the code with the likeliest one.
_IN_SEVERAL_SCRIPTS = frozenset(
    """
    az bs cnr crh ha iu kk ks ku ky mn ms pa sd sh sr tg tk tt ug uz yue zh zgh
    """.split()  # noqa: SIM905 - a list would have a line for each
)

# Ancient Greek is written in Greek letters, not in the Cypriot script that the CLDR gives.
_SCRIPTS = {"grc": "Grek"}

# The CLDR calls these by a form of writing, or by another name than Unicode and linguists do.
_NAMES_OF_SCRIPTS = {"Hans": "Han", "Hant": "Han", "Beng": "Bengali", "": "Unknown"}

_VARIANTS = {"tarask": "Taraskievica orthography"}


@functools.lru_cache(maxsize=4096)
def describe_language(code: str) -> Language:
    """Returns the language of a code, with the code in its BCP 47 form.

    The code may be an ISO 639 code of three letters, have a script and a region after hyphens or
    underscores, or name an individual language of Arabic, Persian or Chinese. The language of a
    pair ("en-de") is undetermined. An unknown code becomes both the code and the name of the
    language, and so does the name of a programming language ("Lua").

    >>> describe_language("guj_Gujr").code, describe_language("pes_Arab").code
    ('gu', 'fa')
    >>> describe_language("zh-Hant").name
    'Chinese (Traditional)'
    >>> describe_language("klingon").name
    'klingon'
    """
    if code in LANGUAGES:
        return LANGUAGES[code]
    if code in known_codes().spellings:
        return _describe(known_codes().spellings[code][1])
    tag = _tag_of(code)
    return _describe(code if tag is None else _with_macrolanguage(tag))


def code_of(code: str) -> str:
    """Returns the BCP 47 form of a language's code."""
    return describe_language(code).code


@functools.lru_cache(maxsize=4096)
def describe_entry(entry: str) -> Language:
    """Returns the language of an entry: "arb" is Standard Arabic, and not Arabic."""
    return LANGUAGES[entry] if entry in LANGUAGES else _describe(entry)


@functools.lru_cache(maxsize=4096)
def entry_of(code: str) -> str:
    """Returns the entry of ISO 639 that a code names, with script and region if it names them.

    A script is left out where the language is written in no other one.

    >>> entry_of("guj_Gujr"), entry_of("bod_Tibt"), entry_of("arb_Arab"), entry_of("zho_Hans")
    ('gu', 'bo', 'arb', 'zh-Hans')
    """
    if code in LANGUAGES:
        return code
    if code in known_codes().spellings:
        return known_codes().spellings[code][0]
    tag = _tag_of(code)
    return replace_surrogates(code) if tag is None else _without_implied_script(tag)


def shown_codes(spellings: Iterable[str]) -> dict[str, str]:
    """Returns the code that is shown for each entry, in the order of the spellings.

    It is the BCP 47 code of the spellings, or the entry if they are spelled with and without a
    script. The member of a macrolanguage has the code of that language ("arb" is "ar"), unless
    both occur.

    >>> shown_codes(["arb_Arab", "guj_Gujr"]), shown_codes(["arb_Arab", "ar"])
    ({'arb': 'ar', 'gu': 'gu'}, {'arb': 'arb', 'ar': 'ar'})
    """
    forms: dict[str, dict[str, None]] = {}
    for spelling in dict.fromkeys(spellings):
        forms.setdefault(entry_of(spelling), {})[code_of(spelling)] = None
    codes = {
        entry: next(iter(of_entry)) if len(of_entry) == 1 else code_of(entry)
        for entry, of_entry in forms.items()
    }
    numbers = Counter(_without_implied_script(code) for code in codes.values())
    return {
        entry: entry if numbers[_without_implied_script(code)] > 1 and code != entry else code
        for entry, code in codes.items()
    }


def is_known(code: str) -> bool:
    """Returns whether a code, in its BCP 47 form, is that of a language; "und" is not."""
    return bool(describe_entry(code).script)


def macrolanguage_of(language: str) -> str | None:
    """Returns the macrolanguage of a language, or None.

    >>> macrolanguage_of("arb"), macrolanguage_of("tw"), macrolanguage_of("yue")
    ('ar', 'ak', None)
    """
    from langcodes.data_dicts import NORMALIZED_MACROLANGUAGES

    return NORMALIZED_MACROLANGUAGES.get(language)


def likely_script(tag: str) -> str:
    """Returns the script in which a language is most often written; empty if not known."""
    if tag in known_codes().scripts:
        return known_codes().scripts[tag]
    from langcodes.data_dicts import LIKELY_SUBTAGS, MACROLANGUAGES

    language, hyphen, rest = tag.partition("-")
    if language in _SCRIPTS:
        return _SCRIPTS[language]
    if language not in LIKELY_SUBTAGS and language in MACROLANGUAGES:
        tag = f"{MACROLANGUAGES[language]}{hyphen}{rest}"
    return _parse(tag).maximize().script or ""


def name_of_script(code: str) -> str:
    """Returns the English name of a script; of simplified and traditional Chinese that of both.

    >>> name_of_script("Gujr"), name_of_script("Hans"), name_of_script("")
    ('Gujarati', 'Han', 'Unknown')
    """
    from langcodes import Language

    return _NAMES_OF_SCRIPTS.get(code) or Language.make(script=code).script_name()


def _parse(tag: str) -> Tag:
    from langcodes import Language as Tag

    return Tag.get(tag, normalize=False)


def _tag_of(code: str) -> str | None:
    """Returns the BCP 47 tag of a code; None if it is not the code of a language."""
    from langcodes import standardize_tag
    from langcodes.tag_parser import LanguageTagError

    code = replace_surrogates(code)
    if code in PROGRAMMING_LANGUAGES:
        return None
    plain = code.replace("_", "-")
    if (known := _OF_WIKIPEDIA.get(plain.lower())) is not None:
        return known
    if is_pair(code):
        return UNDETERMINED
    first, hyphen, rest = plain.partition("-")
    kept = _NOT_SERBIAN.get(first.lower())
    try:
        if kept is not None:
            tag = kept + standardize_tag(f"und{hyphen}{rest}").removeprefix("und")
        else:
            tag = standardize_tag(code)
        found = _parse(tag)
    except LanguageTagError:
        return None
    # A private language ("x-...") is valid, but has no known name.
    if not found.is_valid() or not found.language or found.language.startswith("x-"):
        return None
    return tag


def _with_macrolanguage(tag: str) -> str:
    language, hyphen, rest = tag.partition("-")
    macrolanguage = None if language in _NOT_AKAN else macrolanguage_of(language)
    if macrolanguage is None:
        return tag
    from langcodes import standardize_tag

    return standardize_tag(f"{macrolanguage}{hyphen}{rest}")


@functools.lru_cache(maxsize=4096)
def _without_implied_script(tag: str) -> str:
    """Returns a tag without the script, if the language is written in no other one."""
    language, *rest = tag.split("-")
    if not rest or len(rest[0]) != 4 or language in _IN_SEVERAL_SCRIPTS:
        return tag
    return "-".join([language, *rest[1:]]) if likely_script(language) == rest[0] else tag


def _describe(tag: str) -> Language:
    """Returns the language of a tag, or of a code that is none."""
    if tag in LANGUAGES:
        return LANGUAGES[tag]
    if (known := known_codes().language(tag)) is not None:
        return known
    if _tag_of(tag) is None:
        tag = replace_surrogates(tag)
        return Language(code=tag, name=tag)
    # "Tibetan (Tibetan)" would say the script twice.
    found = _parse(_without_implied_script(tag))
    name = found.display_name()
    if variants := [_VARIANTS.get(variant, variant) for variant in found.variants or ()]:
        name = f"{name} ({', '.join(variants)})"
    if found.private:
        name = f"{name} ({found.private.removeprefix('x-')})"
    script = likely_script(tag)
    return Language(
        code=tag,
        name=name,
        native_name=name if found.language in _NOT_AKAN else found.autonym(),
        script=script,
        direction="rtl" if script in RIGHT_TO_LEFT else "ltr",
    )


def clear_caches() -> None:
    """Forgets all codes, for the script that makes the table of known codes, and its test."""
    for function in (describe_language, describe_entry, entry_of, _without_implied_script):
        function.cache_clear()
