"""Estimates how many tokens a text has, without a vocabulary, and how far off that may be.

An estimate is the number of characters times the tokens per character of a language, the mean of
up to four kinds of text. Its interval is meant to hold the true number for 95 % of texts. It is
wider for short texts, and it allows for texts of other kinds than those that were measured. The
numbers are in `data/calibration/estimates.json`; the README beside it says how they were made.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, hypot, log, sqrt
from pathlib import Path
from typing import Any, Literal

from tokcompare.bundled import data_path, flores_columns
from tokcompare.errors import ArgumentError, UnknownNameError, require_str, unknown_name
from tokcompare.estimates.classes import count_classes
from tokcompare.estimates.flores import read_flores

Basis = Literal["language", "script", "text"]

_MOST = 10**18

LEAST_RATE = 0.01
"""The least tokens per character of a class: single blanks cost nothing in prose."""

UNKNOWN_RATE = 1.0
"""Tokens per character of scripts that were not measured.

A character there can be part of a longer token, and is four tokens at most: it has no more bytes.
"""

Z = 1.959964
"""95 % of a normal distribution lie within this many standard deviations of its mean."""

PROXY = "o200k_base"
"""The measured encoding that those of open models are estimated by."""

RATIO_SHIFT = 0.125
"""How far the tokens of another text, by an encoding and by the proxy, may part, as a logarithm.

It is 2.5 times 0.05. The root mean square over the twenty languages of the announcement is at most
0.05 under each encoding of the table, for the Universal Declaration of Human Rights and for NTREX
against FLORES-200.
"""

_SCRIPTS = {
    **{"Aran": "Arab", "Hang": "Kore", "Hani": "Hans"},
    **{"Hira": "Jpan", "Hrkt": "Jpan", "Kana": "Jpan"},
}
"""Scripts whose numbers are those of another."""


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
        encoding: "cl100k_base", "o200k_base", or the name of a tokenizer of open models, such as
            "llama3". The estimates of the latter have wider intervals.
        text: The text itself, instead of length and language.

    Raises:
        ArgumentError: Neither a text nor a length and a language were given, or both; or a text and
            the tokenizer of open models, for which characters were not measured.
        UnknownNameError: The encoding, or the script of the language, was not measured.

    >>> estimate_tokens(10_000, "hi")
    Estimate(tokens=3137, low=2503, high=3928, basis='language')
    >>> estimate_tokens(text="Hello, my name is GPT-4o.").basis
    'text'
    """
    encodings = read_table()["encodings"]
    require_str("The encoding", encoding)
    if encoding not in encodings and encoding not in flores_columns():
        accepted = dict.fromkeys([*encodings, *flores_columns()])
        raise unknown_name("encoding to estimate for", encoding, accepted)
    if text is not None:
        if characters is not None or language is not None:
            raise ArgumentError("Give a text, or a length and a language, not both.")
        require_str("A text", text)
        if encoding not in encodings:
            raise ArgumentError(
                f"Tokens of {encoding} are estimated from a length and a language (characters=, "
                f"language=), not from a text. From a text there are: {', '.join(encodings)}. "
                "count_tokens counts exactly."
            )
        return _estimate_by_classes(count_classes(text), encodings[encoding])
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
    return _estimate_by_language(characters, language, encoding)


def _estimate_by_language(characters: int, language: str, encoding: str) -> Estimate:
    table = read_table()
    numbers = table["encodings"].get(encoding) or table["encodings"][PROXY]
    measured, script = find_measured(language)
    basis: Basis = "language" if measured else "script"
    entry = numbers["languages"][measured] if measured else numbers["scripts"].get(script)
    if entry is None:
        raise UnknownNameError(
            f"No language of the script of {language!r} ({script or 'not known'}) was measured. "
            f"There are: {', '.join(numbers['scripts'])}. count_tokens counts any text exactly."
        )
    below, above = entry["shift"]
    tokens = characters * entry["rate"]
    if encoding not in table["encodings"]:
        tokens *= _ratio_to_proxy(encoding, measured, script)
        below, above = hypot(below, RATIO_SHIFT), hypot(above, RATIO_SHIFT)
    return _estimate(tokens, characters, entry["variance"], below, above, basis)


def _ratio_to_proxy(encoding: str, measured: str, script: str) -> float:
    """Returns the tokens of an encoding / those of the proxy for the same sentences of FLORES-200.

    Args:
        encoding: The encoding.
        measured: The code of a measured language; "" for the mean of those of the script.
        script: The script.
    """
    languages = read_table()["languages"]
    codes = [measured] if measured else [c for c in languages if languages[c]["script"] == script]
    counts = [read_flores()[code].tokens for code in codes]
    ratios = [tokens[encoding] / tokens[PROXY] for tokens in counts]
    return exp(sum(map(log, ratios)) / len(ratios))


def find_measured(code: str) -> tuple[str, str]:
    """Returns the BCP 47 code of the measured language that a code means, or "", and the script.

    Args:
        code: A code in any form that `describe_language` understands, or one of FLORES-200.
    """
    languages: Mapping[str, Any] = read_table()["languages"]
    if code in languages:
        return code, languages[code]["script"]
    if (found := _by_flores_code().get(code)) is not None:
        return found, languages[found]["script"]
    from tokcompare.languages import describe_language, resolve_language

    known = describe_language(resolve_language(code)[0])
    script = _SCRIPTS.get(known.script, known.script)
    base = known.code.partition("-")[0]
    for candidate in (known.code, f"{base}-{script}", base):
        if candidate in languages and languages[candidate]["script"] == script:
            return candidate, script
    return "", script


def _estimate_by_classes(classes: Mapping[str, int], table: Mapping[str, Any]) -> Estimate:
    rates = table["classes"]
    characters = sum(classes.values())
    unknown = sum(number for name, number in classes.items() if name not in rates)
    tokens = sum(
        number * max(LEAST_RATE, rates[name]) for name, number in classes.items() if name in rates
    )
    below, above = table["text_shift"]
    known = _estimate(tokens, characters - unknown, table["text_variance"], below, above, "text")
    return Estimate(
        tokens=known.tokens + round(unknown * UNKNOWN_RATE),
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
    by_length = Z**2 * variance / characters
    low, high = -sqrt(below**2 + by_length), sqrt(above**2 + by_length)
    return Estimate(
        tokens=max(1, round(tokens)),
        low=max(1, int(tokens * exp(low))),
        high=max(1, -int(-tokens * exp(high) // 1)),
        basis=basis,
    )


def table_path() -> Path:
    """Returns the path of the file with the numbers that the estimates are made from."""
    return data_path("calibration", "estimates.json")


@functools.cache
def read_table() -> Mapping[str, Any]:
    """Reads the numbers that the estimates are made from."""
    table: Mapping[str, Any] = json.loads(table_path().read_bytes())
    return table


@functools.cache
def _by_flores_code() -> Mapping[str, str]:
    return {entry["flores"]: code for code, entry in read_table()["languages"].items()}
