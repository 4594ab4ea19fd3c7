"""Estimates: about how many tokens a text has, without a vocabulary, and how far off that may be.

An estimate is tokens per character, as measured on the Universal Declaration of Human Rights, times
characters. Its interval says where 95 % of texts are to be found: it is wider for short texts, and
takes into account that texts of another kind than the Declaration take more or fewer tokens, as
measured on manual pages and help texts. The numbers stand in `data/calibration/udhr.json`, and the
script that made them beside it.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, sqrt
from typing import Any, Literal

from tokcompare.bundled import data_path
from tokcompare.errors import ArgumentError, UnknownNameError, require_str, unknown_name

Basis = Literal["language", "script", "text"]

_MOST = 10**18

_LEAST_RATE = 0.01
"""Tokens per character of classes that prose has for nothing, such as single blanks."""

_UNKNOWN_RATE = 1.0
"""Tokens per character of scripts that were not measured, of which it is known only that a
character is at least a part of a token, and four at most: it has no more bytes."""

_Z = 1.959964
"""How many standard deviations from the mean 95 % of a normal distribution lie within."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """About how many tokens a text has.

    Attributes:
        tokens: The estimate.
        low: The lower bound of its 95 % prediction interval.
        high: The upper bound.
        basis: What it goes by: the "language", the "script" of a language that was not measured,
            or the characters of the "text".
    """

    tokens: int
    low: int
    high: int
    basis: Basis


def estimate_tokens(
    characters: int | None = None,
    language: str | None = None,
    encoding: str = "o200k_base",
    *,
    text: str | None = None,
) -> Estimate:
    """Returns about how many tokens a text has: by its length and language, or by its characters.

    No vocabulary is loaded. To know it exactly, count: `count_tokens`.

    Args:
        characters: The length of the text, in Unicode code points.
        language: Its language. One that was not measured is taken for one of its script.
        encoding: "cl100k_base" or "o200k_base".
        text: The text itself, in the place of length and language.

    Raises:
        ArgumentError: There is neither a text, nor a length and a language; or there are both.
        UnknownNameError: The encoding, or the script of the language, was not measured.

    >>> estimate_tokens(10_000, "hi")
    Estimate(tokens=2835, low=1770, high=4384, basis='language')
    >>> estimate_tokens(text="Hello, my name is GPT-4o.").basis
    'text'
    """
    table = _table()
    require_str("The encoding", encoding)
    if encoding not in table:
        raise unknown_name("encoding to estimate for", encoding, table)
    if text is not None:
        if characters is not None or language is not None:
            raise ArgumentError("Give a text, or a length and a language, not both.")
        require_str("A text", text)
        return _estimate_by_classes(count_classes(text), table[encoding])
    if characters is None or language is None:
        raise ArgumentError(
            "Say how long the text is and in which language (characters=, language=), or give it "
            "(text=)."
        )
    is_whole = isinstance(characters, int) and not isinstance(characters, bool)
    if not is_whole or not 0 <= characters <= _MOST:
        raise ArgumentError(
            f"The characters must be a whole number from 0 to 10 to the power of 18, not "
            f"{characters!r}."
        )
    require_str("The language", language)
    return _estimate_by_language(characters, language, table[encoding])


def _estimate_by_language(characters: int, language: str, table: Mapping[str, Any]) -> Estimate:
    basis: Basis = "language"
    entry = table["languages"].get(language)
    if entry is None:
        from tokcompare.languages import describe_language

        known = describe_language(language)
        entry = table["languages"].get(known.code)
        base = known.code.partition("-")[0]
        if entry is None and base in table["languages"]:
            # That of a region, or of a script that it is usually written in.
            same_script = describe_language(base).script == known.script
            entry = table["languages"][base] if same_script else None
    if entry is None:
        basis = "script"
        # Traditional characters are more like simplified ones than like anything else.
        script = {"Hant": "Hans", "Hani": "Hans"}.get(known.script, known.script)
        entry = table["scripts"].get(script)
        if entry is None:
            raise UnknownNameError(
                f"No language of the script of {language!r} ({known.script or 'not known'}) was "
                f"measured. There are: {', '.join(table['scripts'])}. To count is always possible: "
                "count_tokens."
            )
    below, above = entry["shift"]
    return _estimate(characters * entry["rate"], characters, entry["variance"], below, above, basis)


def _estimate_by_classes(classes: Mapping[str, int], table: Mapping[str, Any]) -> Estimate:
    rates = table["classes"]
    characters = sum(classes.values())
    unknown = sum(number for name, number in classes.items() if name not in rates)
    tokens = sum(
        number * max(_LEAST_RATE, rates[name]) for name, number in classes.items() if name in rates
    )
    below, above = table["text_shift"]
    known = _estimate(tokens, characters - unknown, table["text_variance"], below, above, "text")
    return Estimate(
        tokens=known.tokens + round(unknown * _UNKNOWN_RATE),
        low=known.low + unknown // 4,
        high=known.high + 4 * unknown,
        basis="text",
    )


def _estimate(
    tokens: float, characters: int, variance: float, below: float, above: float, basis: Basis
) -> Estimate:
    """Returns an estimate whose bounds are so many logarithms below and above it."""
    if not characters:
        return Estimate(tokens=0, low=0, high=0, basis=basis)
    # The variance of the logarithm falls with the length; what the kind of text does, does not.
    by_length = _Z**2 * variance / characters
    low, high = -sqrt(below**2 + by_length), sqrt(above**2 + by_length)
    return Estimate(
        tokens=max(1, round(tokens)),
        low=max(1, int(tokens * exp(low))),
        high=max(1, -int(-tokens * exp(high) // 1)),
        basis=basis,
    )


@functools.cache
def _table() -> Mapping[str, Any]:
    content = data_path("calibration", "udhr.json").read_bytes()
    table: Mapping[str, Any] = json.loads(content.decode())["encodings"]
    return table


# The first and the last code point of the blocks of each script that was measured.
_BLOCKS = (
    ("Cyrl", 0x0400, 0x052F),
    ("Arab", 0x0600, 0x077F),
    ("Deva", 0x0900, 0x097F),
    ("Gujr", 0x0A80, 0x0AFF),
    ("Taml", 0x0B80, 0x0BFF),
    ("Telu", 0x0C00, 0x0C7F),
    ("Latin", 0x0080, 0x024F),
    ("Latin", 0x1E00, 0x1EFF),
    ("Punctuation", 0x2000, 0x206F),
    ("Han", 0x3000, 0x303F),
    ("Kana", 0x3040, 0x30FF),
    ("Han", 0x3400, 0x9FFF),
    ("Hang", 0x1100, 0x11FF),
    ("Hang", 0xAC00, 0xD7AF),
    ("Arab", 0xFB50, 0xFDFF),
    ("Arab", 0xFE70, 0xFEFF),
    ("Han", 0xFF00, 0xFFEF),
)


def count_classes(text: str) -> dict[str, int]:
    """Returns how many characters a text has of each class: kinds of ASCII, and scripts.

    >>> count_classes("Año 2024: नया")
    {'letters': 2, 'Latin': 1, 'blanks': 2, 'digits': 4, 'marks': 1, 'Deva': 3}
    """
    classes: dict[str, int] = {}
    for character, number in Counter(text).items():
        name = _class_of(character)
        classes[name] = classes.get(name, 0) + number
    return classes


@functools.lru_cache(maxsize=1 << 16)
def _class_of(character: str) -> str:
    if character.isascii():
        if character.isalpha():
            return "letters"
        if character.isdigit():
            return "digits"
        return "blanks" if character.isspace() else "marks"
    code = ord(character)
    return next((name for name, first, last in _BLOCKS if first <= code <= last), "other")
