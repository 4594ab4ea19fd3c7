"""Languages: BCP 47 code, English name, own name, script and direction; and where they are named.

The languages of the built-in samples are listed here, and a table has the codes of common data
sets. `langcodes` knows the others, and the many ways to write a code. An unknown code is not an
error: its language has that code and no name.
"""

from tokcompare.languages.codes import (
    code_of,
    describe_entry,
    describe_language,
    entry_of,
    name_of_script,
    shown_codes,
)
from tokcompare.languages.language import LANGUAGES, UNDETERMINED, Language
from tokcompare.languages.paths import NamedLanguage, languages_of_paths
from tokcompare.languages.selection import Match, match_language, may_select, resolve_language
from tokcompare.languages.spellings import PROGRAMMING_LANGUAGES, is_pair

__all__ = [
    "LANGUAGES",
    "PROGRAMMING_LANGUAGES",
    "UNDETERMINED",
    "Language",
    "Match",
    "NamedLanguage",
    "code_of",
    "describe_entry",
    "describe_language",
    "entry_of",
    "is_pair",
    "languages_of_paths",
    "match_language",
    "may_select",
    "name_of_script",
    "resolve_language",
    "shown_codes",
]
