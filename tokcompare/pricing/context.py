"""Context windows: how much text of each language fits in them, and how fast a model writes it.

A model reads a limited number of tokens and generates one token per step. So a language that needs
fewer tokens has more room, and its replies come sooner.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING, Any

from tokcompare import tables
from tokcompare.comparison.compare import compare
from tokcompare.comparison.comparison import Comparison
from tokcompare.comparison.records import SCHEMA, none_if_nan
from tokcompare.comparison.results import Row
from tokcompare.counting.counts import Counts
from tokcompare.errors import ArgumentError
from tokcompare.metrics import characters_per_token, fertility, premium
from tokcompare.metrics.metric import divide
from tokcompare.pricing.catalogue import context_window, normal_name
from tokcompare.pricing.counted import (
    CountedModel,
    check_proxies,
    encodings_of,
    notes_on_tokenizers,
    own_encoding,
)
from tokcompare.pricing.models import check_options
from tokcompare.pricing.proxies import Proxies, ProxyLike
from tokcompare.sources.document import Document
from tokcompare.sources.source import load_samples
from tokcompare.tables import UNDEFINED, Table

if TYPE_CHECKING:
    import pandas as pd

PAGE = 1_800
"""Number of characters per page, spaces included: the standard page of translators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(CountedModel):
    """The context window of a model.

    Attributes:
        tokens: Number of tokens that fit in the window.
        source: Where that number comes from; empty for one that the user gave.
    """

    tokens: int
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ContextComparison:
    """How much text of each language fits in the context windows of two models.

    Attributes:
        comparison: The token counts.
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

    @property
    def notes(self) -> list[str]:
        """The caveats that a reader of the numbers must know, as sentences."""
        notes = [
            f"{window.model}: a context window of {window.tokens:,} tokens, which the request and "
            f"the reply share{_published(window)}."
            for window in (self.before, self.after)
        ]
        notes += notes_on_tokenizers([self.before, self.after])
        notes.append(
            f"A page has {PAGE:,} characters. Speed is characters per token after, divided by "
            "characters per token before, because a model generates one token per step."
        )
        if any(row.group == "en" for row in self.rows):
            notes.append(
                "Relative to English is the share of English content that fits, if the documents "
                "of the languages are translations of each other."
            )
        others = (note for note in self.comparison.notes if not note.startswith("premium:"))
        return [*notes, *others]

    def characters(self, counts: Counts, window: Window) -> float:
        """Returns the number of characters that fit; `nan` where there are no tokens."""
        return window.tokens * characters_per_token(counts, encoding=window.encoding)

    def words(self, counts: Counts, window: Window) -> float:
        """Returns the number of words that fit; `nan` where words are undefined."""
        return divide(window.tokens, fertility(counts, encoding=window.encoding))

    def pages(self, counts: Counts, window: Window) -> float:
        """Returns the number of pages that fit, with 1,800 characters each."""
        return self.characters(counts, window) / PAGE

    def relative_to_english(self, counts: Counts, window: Window) -> float:
        """Returns the share of English content that fits in this language.

        It is 1 / premium, because characters would compare scripts and not content. It is `nan`
        where there is no parallel English text.
        """
        english = next((row.counts for row in self.rows if row.group == "en"), None)
        if english is None:
            return nan
        return divide(1, premium(counts, reference=english, encoding=window.encoding))

    def speed(self, counts: Counts) -> float:
        """Returns characters per token after / characters per token before."""
        after, before = (
            characters_per_token(counts, encoding=window.encoding)
            for window in (self.after, self.before)
        )
        return divide(after, before)

    def numbers(self, counts: Counts) -> dict[str, float | None]:
        """Returns all numbers of a row, by column; an undefined number is None."""
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
        return {name: none_if_nan(number) for name, number in numbers.items()}

    @property
    def columns(self) -> list[str]:
        """The columns of `to_records`, in order."""
        return ["language", "name", *self.numbers(self.comparison.total), *self._marks, "codes"]

    @property
    def _marks(self) -> dict[str, bool]:
        """Which side is an estimate, by column; empty if none is."""
        marks = {
            "is_estimate_before": self.before.is_estimate,
            "is_estimate_after": self.after.is_estimate,
        }
        return marks if any(marks.values()) else {}

    def to_records(self) -> list[dict[str, Any]]:
        """Returns the rows of `--format csv`: one per language; an undefined number is None."""
        return [
            {
                "language": row.group,
                "name": row.name,
                **self.numbers(row.counts),
                **self._marks,
                "codes": " ".join(row.codes),
            }
            for row in self.rows
        ]

    def to_dict(self) -> dict[str, Any]:
        """Returns the content of `--format json`; an undefined number is None."""
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
            "rows": [
                record | {"codes": list(row.codes)}
                for record, row in zip(self.to_records(), self.rows, strict=True)
            ],
            "rejected": self.comparison.rejections.number,
            "rejected_lines": self.comparison.rejections.lines,
            "rejected_bytes": self.comparison.rejections.bytes,
            "notes": self.notes,
        }

    def to_frame(self) -> pd.DataFrame:
        """Returns a pandas DataFrame with the rows and columns of `to_records`.

        An undefined number is `nan`.
        """
        types = dict.fromkeys(self.columns, "float64")
        types |= dict.fromkeys(["language", "name", "codes"], "str")
        types |= dict.fromkeys(self._marks, "bool")
        return tables.frame(types, self.to_records())

    def to_markdown(self) -> str:
        """Returns the comparison as a table in GitHub Flavored Markdown."""
        return tables.markdown(context_table(self))

    def __repr__(self) -> str:
        """Returns the comparison in one line."""
        languages = "language" if len(self.rows) == 1 else "languages"
        models = f"{self.before.label} -> {self.after.label}"
        return f"<ContextComparison {models}: {len(self.rows)} {languages}>"

    def __str__(self) -> str:
        """Returns the comparison as a table for a terminal."""
        return tables.as_text(context_table(self))

    def _repr_html_(self) -> str:
        """Returns the comparison as an HTML table, which notebooks show."""
        from tokcompare.page.notebook import output  # saves start time

        return output(context_table(self), encodings=(self.before.label, self.after.label))


def compare_context(
    documents: str | Document | Iterable[str | Document] | None = None,
    *,
    before: str = "gpt-4-turbo",
    after: str = "gpt-4o",
    window: int | None = None,
    encoding: ProxyLike = None,
    **options: Any,
) -> ContextComparison:
    """Compares how much text of each language fits in the context windows of two models.

    Args:
        documents: A text or a document, or an iterable of both; None means the Universal
            Declaration of Human Rights.
        before: The model before.
        after: The model after.
        window: Number of tokens of both windows; None means the models' own windows.
        encoding: The encoding that counts tokens of models whose tokenizers are not public; or one
            for each, as a mapping from models to encodings. It may be a calibration, or a field of
            recorded counts.
        options: Further options of `compare`, such as `jobs`.

    Raises:
        UnknownNameError: A model, its window or its tokenizer is not known.
        ArgumentError: The window is no number of tokens, or both models are the same.
        TokcompareError: `compare` raised it.

    Source: genai-prices, https://github.com/pydantic/genai-prices, for the windows, and
    `data/prices/windows.json` where the provider publishes another number.

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
        raise ArgumentError(
            f"The model before is the same as the model after, {after!r}; name another one."
        )
    check_options(options)
    proxies = Proxies.of(encoding, [before, after])
    windows = []
    for model in (before, after):
        tokens, source = context_window(model) if window is None else (window, "")
        counted = own_encoding(model, proxies.of_model(model))
        windows.append(Window(model=model, **counted._asdict(), tokens=tokens, source=source))
    check_proxies(windows, proxies)
    comparison = compare(
        load_samples("udhr") if documents is None else documents,
        encodings=encodings_of(windows, proxies),
        metrics=["fertility", "premium"],
        **options,
    )
    return ContextComparison(comparison=comparison, before=windows[0], after=windows[1])


def _published(window: Window) -> str:
    """Returns the page that published a window, where the library has another number."""
    return f" ({window.source})" if "://" in window.source else ""


def context_table(contexts: ContextComparison) -> Table:
    """Returns a table with a row for each language."""
    windows = (contexts.before, contexts.after)
    pairs = [f"{heading} {window.label}" for heading, _ in _COLUMNS.values() for window in windows]
    headings = ["language", *pairs, "speed", "own name"]
    return Table(
        headings=headings,
        rows=[
            [row.name, *_cells(contexts, row.counts), row.language.native_name]
            for row in contexts.rows
        ],
        left_aligned={0, len(headings) - 1},
        joined_to_previous=set(range(2, len(headings) - 2, 2)),
        languages=[(row.language.code, row.language.direction) for row in contexts.rows],
        notes=contexts.notes,
        signature=contexts.signature,
    )


_COLUMNS = {
    "characters": ("chars", "{:,.0f}"),
    "words": ("words", "{:,.0f}"),
    "pages": ("pages", "{:,.0f}"),
    "relative_to_english": ("relative to English", "{:.0%}"),
    "characters_per_token": ("chars per token", "{:.2f}"),
}
"""The heading of each pair of columns, before and after, and the format of its numbers."""


def _cells(contexts: ContextComparison, counts: Counts) -> list[str]:
    numbers = contexts.numbers(counts)
    estimates = {"before": contexts.before.is_estimate, "after": contexts.after.is_estimate}
    cells = [
        _show(numbers[f"{name}_{when}"], form, is_estimate)
        for name, (_, form) in _COLUMNS.items()
        for when, is_estimate in estimates.items()
    ]
    return [*cells, _show(numbers["speed"], "{:.2f}x", any(estimates.values()))]


def _show(number: float | None, form: str, is_estimate: bool) -> str:
    if number is None:
        return UNDEFINED
    return f"{'≈ ' if is_estimate else ''}{form.format(number)}"
