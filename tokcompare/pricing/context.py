"""Context windows: how much text of each language fits, and how fast it is written.

A model reads at most so many tokens and writes a token a step. So a language that takes fewer
tokens has more room, and its replies come sooner.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isnan, nan
from typing import Any

from tokcompare.comparison.compare import compare
from tokcompare.comparison.comparison import Comparison, Row
from tokcompare.comparison.records import SCHEMA
from tokcompare.counting.counter import Counts
from tokcompare.errors import ArgumentError
from tokcompare.metrics import characters_per_token, fertility, premium
from tokcompare.pricing.migration import check_options, notes_on_estimates, own_encoding
from tokcompare.pricing.prices import context_window, normal_name
from tokcompare.sources.document import Document
from tokcompare.sources.source import load_samples

PAGE = 1_800
"""How many characters a page has, blanks included: the standard page of translators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The context window of a model.

    Attributes:
        model: The model.
        encoding: The name of the encoding that counts its tokens.
        is_estimate: Whether that is another encoding than its own, which is not public.
        tokens: How many tokens fit in it.
    """

    model: str
    encoding: str
    is_estimate: bool
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextComparison:
    """How much text of each language fits in the windows of two models.

    Attributes:
        comparison: The tokens.
        before: The window before the migration.
        after: The window after it.
    """

    comparison: Comparison
    before: Window
    after: Window

    @property
    def rows(self) -> tuple[Row, ...]:
        """The counts of each language."""
        return self.comparison.rows

    @property
    def signature(self) -> str:
        """Everything that the numbers depend on, in one line."""
        windows = ",".join(
            f"{window.model}:{window.tokens}:{window.encoding}"
            for window in (self.before, self.after)
        )
        return f"{self.comparison.signature}|context:{windows}"

    def characters(self, counts: Counts, window: Window) -> float:
        """Returns how many characters fit; `nan` where there is no token."""
        return window.tokens * characters_per_token(counts, encoding=window.encoding)

    def words(self, counts: Counts, window: Window) -> float:
        """Returns how many words fit; `nan` where spaces do not part words."""
        return _divide(window.tokens, fertility(counts, encoding=window.encoding))

    def pages(self, counts: Counts, window: Window) -> float:
        """Returns how many pages of 1,800 characters fit."""
        return self.characters(counts, window) / PAGE

    def relative_to_english(self, counts: Counts, window: Window) -> float:
        """Returns how much content fits, where that of English is 1; `nan` if none is parallel.

        It is the inverse of the premium: characters would compare scripts, not content.
        """
        english = next((row.counts for row in self.rows if row.group == "en"), None)
        if english is None:
            return nan
        return _divide(1, premium(counts, reference=english, encoding=window.encoding))

    def speed(self, counts: Counts) -> float:
        """Returns how many times more characters a step writes after than before."""
        after, before = (
            characters_per_token(counts, encoding=window.encoding)
            for window in (self.after, self.before)
        )
        return _divide(after, before)

    @property
    def columns(self) -> list[str]:
        """The columns of `to_records`, in order."""
        return ["language", "name", *self.numbers(self.comparison.total)]

    @property
    def notes(self) -> list[str]:
        """What whoever reads the numbers must know of them, in sentences."""
        notes = [
            f"{window.model}: a window of {window.tokens:,} tokens, for the request and the reply."
            for window in (self.before, self.after)
        ]
        notes += notes_on_estimates([self.before, self.after])
        notes.append(
            f"A page has {PAGE:,} characters. A model writes a token a step: with more characters "
            "a token, as many steps a second write as many times more text."
        )
        if any(row.group == "en" for row in self.rows):
            notes.append(
                "Relative to English is how much of the same content fits, if the documents of "
                "each language are translations of each other."
            )
        others = (note for note in self.comparison.notes if not note.startswith("premium:"))
        return [*notes, *others]

    def to_records(self) -> list[dict[str, Any]]:
        """Returns a flat record for each language; an undefined number is None."""
        return [
            {"language": row.group, "name": row.name, **self.numbers(row.counts)}
            for row in self.rows
        ]

    def numbers(self, counts: Counts) -> dict[str, float | None]:
        """Returns all that is said of some counts; an undefined number is None."""
        numbers: dict[str, float] = {}
        for when, window in (("before", self.before), ("after", self.after)):
            numbers[f"characters_{when}"] = self.characters(counts, window)
            numbers[f"words_{when}"] = self.words(counts, window)
            numbers[f"pages_{when}"] = self.pages(counts, window)
            numbers[f"relative_to_english_{when}"] = self.relative_to_english(counts, window)
            numbers[f"characters_per_token_{when}"] = characters_per_token(
                counts, encoding=window.encoding
            )
        numbers["speed"] = self.speed(counts)
        return {name: None if isnan(number) else number for name, number in numbers.items()}

    def to_dict(self) -> dict[str, Any]:
        """Returns what `--format json` writes; an undefined number is None."""
        return {
            "schema": SCHEMA,
            "signature": self.signature,
            "models": [
                {
                    "model": window.model,
                    "encoding": window.encoding,
                    "is_estimate": window.is_estimate,
                    "window": window.tokens,
                }
                for window in (self.before, self.after)
            ],
            "rows": self.to_records(),
            "rejected": self.comparison.rejections.number,
            "notes": self.notes,
        }


def compare_context(
    documents: str | Document | Iterable[str | Document] | None = None,
    *,
    before: str = "gpt-4-turbo",
    after: str = "gpt-4o",
    window: int | None = None,
    encoding: str | None = None,
    **options: Any,
) -> ContextComparison:
    """Compares how much text of each language fits in the context windows of two models.

    Args:
        documents: A text or a document, or an iterable of both; None means the Universal
            Declaration of Human Rights.
        before: The model before.
        after: The model after.
        window: How many tokens fit in both windows; None for what each model has.
        encoding: What counts the tokens of models whose tokenizers are not public.
        options: What else `compare` is to know, such as `jobs`.

    Raises:
        UnknownNameError: Nobody knows a model, its window, or its tokenizer.
        ArgumentError: The window is no number of tokens, or both models are the same.
        TokcompareError: Whatever `compare` raises.

    Source: genai-prices, https://github.com/pydantic/genai-prices, for the windows.

    >>> contexts = compare_context()
    >>> english = next(row for row in contexts.rows if row.group == "en")
    >>> round(contexts.pages(english.counts, contexts.after))
    386
    """
    if window is not None and (
        isinstance(window, bool) or not isinstance(window, int) or not 1 <= window <= 10**12
    ):
        raise ArgumentError(f"A window must be a whole number of tokens, not {window!r}.")
    if normal_name(before) == normal_name(after):
        raise ArgumentError(f"The model before and after is the same, {after!r}; name another one.")
    check_options(options)
    windows = []
    for model in (before, after):
        tokens = context_window(model) if window is None else window
        name, is_estimate = own_encoding(model, encoding)
        windows.append(Window(model=model, encoding=name, is_estimate=is_estimate, tokens=tokens))
    comparison = compare(
        load_samples("udhr") if documents is None else documents,
        encodings=list(dict.fromkeys(each.encoding for each in windows)),
        metrics=["fertility", "premium"],
        **options,
    )
    return ContextComparison(comparison=comparison, before=windows[0], after=windows[1])


def _divide(a: float, b: float) -> float:
    return a / b if b else nan
