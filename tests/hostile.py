"""Strings of members that patterns and vocabularies treat in special ways."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from itertools import chain

import regex

from tests.characters import LOOK_ALIKES, scalars
from tests.reference import ENCODINGS
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.kinds.rank_files import read_ranks

SCALARS = scalars()
APOSTROPHES = "'\u2019\u2018\u02bc\uff07`\u00b4\u2032\u201b\u05f3"
ENDINGS = [
    *("s", "S", "t", "T", "m", "M", "d", "D", "ll", "LL", "lL", "ve", "VE", "vE", "re", "RE", "Re"),
    # Long s, the ligatures that hold it, sharp s, Kelvin: what letters equal only without case.
    *("\u017f", "\ufb05", "\ufb06", "\u00df", "\u1e9e", "\u212a", "\u212b", "\u0131", "\u0130"),
]
CONTRACTIONS = [apostrophe + ending for apostrophe in APOSTROPHES for ending in ENDINGS]
# Of each category, some hundred characters from all over Unicode.
OF_CATEGORY: dict[str, list[str]] = {}
for scalar, category in zip(SCALARS, map(unicodedata.category, SCALARS), strict=True):
    OF_CATEGORY.setdefault(category, []).append(scalar)
OF_CATEGORY = {
    category: random.Random(category).sample(characters, min(300, len(characters)))
    for category, characters in OF_CATEGORY.items()
}
LETTERS = [c for name, some in OF_CATEGORY.items() if name[0] in "L" for c in some]
MARKS = [c for name, some in OF_CATEGORY.items() if name[0] == "M" for c in some]
DIGITS = [*"0123456789" * 20, *(c for n in ("Nd", "Nl", "No") for c in OF_CATEGORY[n])]
WHITE_SPACE = regex.findall(r"\p{White_Space}", "".join(SCALARS))
# The last eight look like white space, and are none.
BLANKS = [
    *(WHITE_SPACE * 2 + [" ", "  ", "   ", "\n", "\r", "\r\n", "\n\n", "\t"] * 5),
    *"\x1c\x1d\x1e\x1f\u180e\u200b\u2060\ufeff",
]
PUNCTUATION = [
    *("/", "//", "\n/", "/\n", "/\r\n", "!\n", "!/", "\n", "\r", "?!", "...", "-", "--", "_", "|"),
    *("'", '"', "(", "{}", ");\n", "</", "/>", "$", "\u20ac", "\u3002", "\uff0f", "\u2044", "\0"),
    *OF_CATEGORY["Po"][:40],
]
WORDS = ["a", "A", "Ab", "aB", "AB", "ABc", "the", "The", "\u01c5", "z", "Z", "camelCase", "HTTPs"]
SCRIPTS = [
    *("\u0aa8\u0abe\u0aae", "\u0a95\u0acd\u0ab7\u0abf", "\u0928\u092e\u0938\u094d\u0924\u0947"),
    *("\uc548\ub155", "\u4f60\u597d", "\u306e\u30ce", "\u0e2a\u0e27\u0e31", "\u0627\u0644\u0639"),
    *("\u0433\u041e", "\u0393\u03c3\u03c2", "\u10d0\u10d1", "\u13a0\uab70", "e\u0301", "\u0301"),
    *("\U0001f600", "\U0001f469\u200d\U0001f467", "\U0001f1ee\U0001f1f3", "\U00010400\U00010428"),
    *("\U0001d400", "\U0001e922", "\U00020000", "\U000e0041", "\u200d", "\ufe0f", "\U0010fffd"),
]
TOKENS = sorted(
    {
        token.decode()
        for name in ENCODINGS
        for token in read_ranks(VOCABULARIES[name])()
        if token.decode(errors="ignore").encode() == token
    }
)
ANYTHING = SCALARS[0x10000 - 0x800 :: 7]
"""Every seventh scalar value above the first plane, most of them unassigned."""

POOLS = {
    "contractions": [*CONTRACTIONS, *WORDS * 12, *LETTERS[:60], *["'", " ", "\u2019"] * 30],
    "blanks": [*BLANKS * 2, *WORDS, *PUNCTUATION[:20], *"1\u0664"],
    "digits": [*DIGITS * 3, *WORDS * 6, *PUNCTUATION, *[" ", ".", ",", "\n"] * 20],
    "punctuation": [*PUNCTUATION * 3, *WORDS, *CONTRACTIONS[:20], *[" ", "  "] * 10],
    "scripts": [*SCRIPTS * 8, *LETTERS[::4], *MARKS[::4], *WORDS, *["'s", "1", "/", " "] * 20],
    "letters and marks": [*LETTERS, *MARKS, *[" ", "'s", "\n", "."] * 100],
    "tokens": TOKENS,
    "tokens and blanks": [*TOKENS[::50], *BLANKS * 40],
    "look-alikes": [*LOOK_ALIKES * 4, *WORDS, *BLANKS[:30], *"'/\n1<|>"],
    "anything": [*ANYTHING, *ENDINGS * 1_000, *["'", " ", "1", "a", "A", "/", "\n", "."] * 4_000],
}
"""What strings are put together from, so that each of the pools breaks something else."""
POOLS["all"] = list(
    chain.from_iterable(random.Random(3).choices(p, k=3_000) for p in POOLS.values())
)


def generate(pool: str, number: int) -> Iterator[str]:
    """Yields strings of one to twelve members of a pool, the same ones each time."""
    choices, members = random.Random(pool).choices, POOLS[pool]
    return ("".join(choices(members, k=place % 12 + 1)) for place in range(number))
