"""The texts that calibrated nothing, as numbers, and how estimates of them are judged."""

from __future__ import annotations

import functools
import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tests import ROOT
from tokcompare import Estimate, estimate_tokens
from tokcompare.estimates.estimate import _estimate_by_classes, read_table
from tokcompare.languages import LANGUAGES

SETS = {
    "news": "sentences of news (NTREX)",
    "articles": "articles of news (NTREX)",
    "messages": "messages of programs (GNOME)",
    "pages": "lists of messages (GNOME)",
    "requests": "requests to an assistant (xSID)",
    "sentences": "the twenty sentences",
}
"""The sets of texts, and what they are."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A text, the estimate of it, and its true tokens."""

    set: str
    language: str
    mixed: bool
    estimate: Estimate
    true: int

    @property
    def is_inside(self) -> bool:
        return self.estimate.low <= self.true <= self.estimate.high

    @property
    def width(self) -> float:
        return (self.estimate.high - self.estimate.low) / self.estimate.tokens


@functools.cache
def rows() -> Sequence[dict[str, Any]]:
    content = (ROOT / "tests" / "data" / "held_out.jsonl").read_text("utf-8")
    return [json.loads(line) for line in content.splitlines()]


@functools.cache
def judged(encoding: str, basis: str = "language") -> Sequence[Judged]:
    """Estimates all texts by their length and "language", or by the "text"."""
    table = read_table()["encodings"][encoding]
    return [
        Judged(
            row["set"],
            row["language"],
            row["mixed"],
            _estimate_by_classes(row["classes"], table)
            if basis == "text"
            else estimate_tokens(row["characters"], row["language"], encoding),
            row["tokens"][encoding],
        )
        for row in rows()
    ]


def of_set(texts: Iterable[Judged], *names: str, mixed: bool = False) -> list[Judged]:
    """Selects the texts of sets, mixed or not, whose language was measured."""
    return [
        text
        for text in texts
        if text.set in names and text.mixed == mixed and text.estimate.basis != "script"
    ]


def in_the_twenty(texts: Iterable[Judged]) -> list[Judged]:
    return [text for text in texts if text.language in LANGUAGES]


def biases(texts: Iterable[Judged], least: int = 5) -> dict[str, float]:
    """Returns how far the estimates are off in sum, for each language with enough texts."""
    by_language: dict[str, list[Judged]] = defaultdict(list)
    for text in texts:
        by_language[text.language].append(text)
    return {
        language: sum(x.estimate.tokens for x in found) / sum(x.true for x in found) - 1
        for language, found in by_language.items()
        if len(found) >= least
    }


def median_bias(texts: Iterable[Judged]) -> float:
    return statistics.median(biases(texts).values())


def coverage(texts: Sequence[Judged]) -> float:
    return sum(text.is_inside for text in texts) / len(texts)


def median_width(texts: Iterable[Judged]) -> float:
    return statistics.median(text.width for text in texts)
