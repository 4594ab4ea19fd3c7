"""Limits: numbers that token counts must not exceed, for all languages or for some."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Generic, TypeVar

from tokcompare.errors import ArgumentError
from tokcompare.languages import entry_of, match_language, resolve_language

NumberT = TypeVar("NumberT", int, float)

_LARGEST = 10**15
"""Above every number of tokens that can be counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Generic[NumberT]):
    """A limit for each language.

    Attributes:
        general: The limit of the languages that have none of their own; None for none.
        by_language: The limits of languages by their entries: see `languages.entry_of`.
        given: The languages as the caller wrote them, by their entries.
    """

    general: NumberT | None = None
    by_language: Mapping[str, NumberT] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.general is not None or bool(self.by_language)

    def of(self, entry: str) -> NumberT | None:
        """Returns the limit of a language; None for none.

        That of the language itself comes first, then that of the nearest wider one ("zh" for
        "zh-Hant"), then the general one.
        """
        if entry in self.by_language:
            return self.by_language[entry]
        wider = [wanted for wanted in self.by_language if _covers(wanted, entry)]
        return self.by_language[max(wider, key=len)] if wider else self.general

    def without_text(self, entries: Iterable[str]) -> list[str]:
        """Returns the languages, as the caller wrote them, of which there is no text.

        Args:
            entries: The languages of the text.
        """
        there_are = list(entries)
        return [
            self.given[wanted]
            for wanted in self.by_language
            if not any(wanted == entry or _covers(wanted, entry) for entry in there_are)
        ]


def _covers(wanted: str, entry: str) -> bool:
    match = match_language(wanted, [entry])
    return bool(match.entries) and not match.is_wider


def parse_limits(
    option: str, texts: Iterable[str], parse: Callable[[str, str], NumberT]
) -> Limits[NumberT]:
    """Returns the limits that texts such as "4000" and "hi=6000" give.

    Args:
        option: The name of the option, for messages.
        texts: The texts.
        parse: Parses a number; it is given the option and the text.

    Raises:
        ArgumentError: A number is malformed, or a language has two limits.
    """
    general: NumberT | None = None
    by_language: dict[str, NumberT] = {}
    given: dict[str, str] = {}
    for text in texts:
        language, equals, number = text.rpartition("=")
        value = parse(option, number)
        if not equals:
            if general is not None:
                raise ArgumentError(f"{option} is given twice for all languages; once is enough.")
            general = value
            continue
        if not language.strip():
            raise ArgumentError(f"{option} {text!r} names no language; expected is hi={number}.")
        entry = entry_of(resolve_language(language.strip())[0])
        if entry in by_language:
            raise ArgumentError(f"{option} is given twice for the language {language.strip()!r}.")
        by_language[entry], given[entry] = value, language.strip()
    return Limits(general=general, by_language=by_language, given=given)


def parse_tokens(option: str, text: str) -> int:
    """Returns a number of tokens.

    Raises:
        ArgumentError: It is not a whole number of 0 or more.
    """
    digits = text.strip().replace("_", "").replace(",", "")
    if not re.fullmatch("[0-9]{1,16}", digits) or int(digits) > _LARGEST:
        raise ArgumentError(
            f"{option} takes a whole number of tokens, 0 or more, as in 4000 or hi=4000, not "
            f"{text!r}."
        )
    return int(digits)


def parse_ratio(option: str, text: str) -> float:
    """Returns a ratio.

    Raises:
        ArgumentError: It is not a number above 0.
    """
    try:
        ratio = float(text)
    except ValueError:
        ratio = math.nan
    if not 0 < ratio < math.inf:
        raise ArgumentError(f"{option} takes a ratio above 0, as in hi=1.8, not {text!r}.")
    return ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How much tokens may grow.

    Attributes:
        text: The growth as somebody wrote it: "5%", or "100".
        share: The share of the tokens before; None if the growth is a number of tokens.
        tokens: The number of tokens; None if it is a share.
    """

    text: str
    share: Fraction | None = None
    tokens: int | None = None

    @staticmethod
    def parse(option: str, text: str) -> Growth:
        """Returns the growth that a text such as "5%" or "100" gives.

        Args:
            option: The name of the option, for messages.
            text: The text.

        Raises:
            ArgumentError: It is neither a percentage nor a whole number, or is below 0.
        """
        shown = text.strip()
        if percentage := re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%", shown):
            return Growth(text=f"{percentage[1]}%", share=Fraction(percentage[1]) / 100)
        if re.fullmatch("[0-9]{1,15}", shown):
            return Growth(text=f"{int(shown):,} tokens", tokens=int(shown))
        raise ArgumentError(
            f"{option} takes a percentage such as 5% or a whole number of tokens, 0 or more, not "
            f"{text!r}."
        )

    def is_exceeded(self, before: int, after: int) -> bool:
        """Returns whether tokens grew by more. From none to some is more than any percentage."""
        if self.tokens is not None:
            return after - before > self.tokens
        return after - before > (self.share or 0) * before
