"""Spellings that look like the code of a language and are none: pairs and programming languages."""

from __future__ import annotations

import functools
import re

PROGRAMMING_LANGUAGES = frozenset(
    """
    ADL APL ASP Ada Arc Assembly Awk BNF BQN BST Bash Bat Boa Boo C C# C++ CEL CSS Clojure Coq DTD
    Dart Dax Elixir Elm Erlang F# Fortran GAP GAS Go HTML Haskell Hy IDL INI Io JSON Java
    JavaScript Julia Kal Kotlin LSL Lex Lua MATLAB MQL Makefile Markdown Max NCL Nim Nit Nix Nu
    OCaml Opa Ox PEG PHP PIC Pan Perl Pig PowerShell Pug Python QML R RSL Red Ruby Rust SAS SQL
    Scala Sed Shell Swift TAP TSX Tal Tcl TeX Tea TypeScript Vim Vue XML YAML Zig
    """.split()  # noqa: SIM905 - a list would have a line for each
)
"""Names of programming languages and file formats, of which many are also codes of languages.

They are meant only as they are written here: "lua" is the code of Luba-Lulua.
"""

_LANGUAGE = r"[A-Za-z]{2,3}(?:_[A-Z][a-z]{3})?"
_TWO_LANGUAGES = re.compile(rf"({_LANGUAGE})[-_]({_LANGUAGE})")

# The second part is the code of a language too, but names the country in which the first language
# is the main one, or one of few.
_LOCALES = frozenset(
    """
    am-et ar-ae ar-bh ar-dz ar-km ar-kw ar-lb ar-mr ar-om ar-ps ar-sa ar-sd ar-tn bs-ba de-ch de-li
    de-lu el-cy en-ie en-za es-bo es-co es-cr es-cu es-pa es-ve et-ee fa-af fr-ch fr-lu hy-am it-ch
    ko-kr ky-kg lo-la ms-my nb-no nl-be nn-no pt-br sl-si sv-se zh-mo zh-sg zh-tw
    """.split()  # noqa: SIM905 - a list would have a line for each
)


@functools.lru_cache(maxsize=4096)
def is_pair(code: str) -> bool:
    """Returns whether a code names two languages, as the folders of translations do.

    A second part in upper case behind a lower-case first part is a region. Where the case says
    nothing, it is a language if there is one of that code, except in a few locales ("pt-br").

    >>> [code for code in ("en-de", "eng-kin", "fr-ca", "en-us", "pt-br", "en-DE") if is_pair(code)]
    ['en-de', 'eng-kin', 'fr-ca']
    """
    found = _TWO_LANGUAGES.fullmatch(code)
    if found is None:
        return False
    first, second = found.groups()
    if second.isupper() and not first.isupper():
        return False
    if f"{first}-{second}".lower() in _LOCALES:
        return False
    from langcodes import standardize_tag
    from langcodes.data_dicts import MACROLANGUAGES

    if not (_is_language(first) and _is_language(second)):
        return False
    one, other = (standardize_tag(part).partition("-")[0] for part in (first, second))
    # "zh-yue" and "ar-arz" name a language below another one, and "de-de" the same one twice.
    return one != other and MACROLANGUAGES.get(other) != one


def _is_language(code: str) -> bool:
    from langcodes import Language

    found = Language.get(code)
    # "in", "iw" and "ji" are withdrawn, and are words or regions today.
    return found.is_valid() and found.language not in (None, "und") and code.lower() not in _OLD


_OLD = frozenset(["in", "iw", "ji", "jw", "mo"])
