"""Estimates how many tokens a text has, without a vocabulary, and how far off that may be.

An estimate is the number of characters times the tokens per character of the Universal Declaration
of Human Rights. Its interval is meant to hold the true number for 95 % of texts. It is wider for
short texts, and it allows for texts of other kinds than the Declaration: how far these are from it
was measured on manual pages and help texts. The numbers are in `data/calibration/udhr.json`; the
script beside that file made them.
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
"""The least tokens per character of a class: single blanks cost nothing in prose."""

_UNKNOWN_RATE = 1.0
"""Tokens per character of scripts that were not measured.

A character there can be part of a longer token, and is four tokens at most: it has no more bytes.
"""

_Z = 1.959964
"""95 % of a normal distribution lie within this many standard deviations of its mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An estimated number of tokens.

    Attributes:
        tokens: The estimate.
        low: The lower bound of its 95 % prediction interval.
        high: The upper bound.
        basis: The measurements behind it: those of the "language", those of the "script" if the
            language was not measured, or those of the kinds of characters in the "text".
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
    """Estimates how many tokens a text has, from its length and language or from its characters.

    It loads no vocabulary. `count_tokens` gives the exact number.

    Args:
        characters: The length of the text, in Unicode code points.
        language: The language of the text. For a language that was not measured, the numbers of
            its script are used.
        encoding: "cl100k_base" or "o200k_base".
        text: The text itself, instead of length and language.

    Raises:
        ArgumentError: Neither a text nor a length and a language were given, or both.
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
            # The code names a region, or the script that the language is usually written in.
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
                f"measured. There are: {', '.join(table['scripts'])}. count_tokens counts any text "
                "exactly."
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
    """Builds an estimate from its centre and its spread.

    Args:
        tokens: The centre.
        characters: The length of the text.
        variance: The variance of the logarithm of tokens per character, times characters.
        below: How far below the centre other kinds of text are, as a logarithm.
        above: How far above the centre other kinds of text are, as a logarithm.
        basis: The measurements behind the numbers.
    """
    if not characters:
        return Estimate(tokens=0, low=0, high=0, basis=basis)
    # The variance of the logarithm falls with the length; the effect of the kind of text does not.
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


# The first and the last code point of each block of the scripts that were measured.
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
    """Counts the characters of each class in a text: kinds of ASCII, and scripts.

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
