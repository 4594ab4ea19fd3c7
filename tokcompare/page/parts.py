"""The parts of a page: numbers and texts, before any layout, whatever they come from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Run = tuple[str, str]
"""A piece of foreign text and its kind: "" for text as it is, "ctl" or "sp" for a visible mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """The language of a text, for a browser.

    Attributes:
        code: BCP 47 tag; "" if it is not known.
        direction: "ltr", "rtl" or "auto".
    """

    code: str = ""
    direction: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The result of a row under one encoding.

    Attributes:
        tokens: The number of tokens; None if it is not known.
        ratio: Tokens under the baseline per token under this encoding; `nan` for the baseline
            itself, and where it is undefined.
        low: The lower bound of the ratio's confidence interval; `nan` if there is none.
        high: The upper bound; `nan` if there is none.
    """

    tokens: int | None
    ratio: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRow:
    """A row of a chart.

    Attributes:
        name: Its name, in English if it is that of a language or of a script.
        marks: Its results, one for each encoding.
        native_name: The language's own name; empty if there is none, or if it is the same.
        code: The BCP 47 code of the language; empty if not known.
        direction: The direction of the language's own name: "ltr", "rtl" or "auto".
        members: The languages that a row for a script stands for; empty in other charts.
    """

    name: str
    marks: tuple[Mark, ...]
    native_name: str = ""
    code: str = ""
    direction: str = "auto"
    members: tuple[ChartRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of a comparison.

    Attributes:
        kind: What it shows: the tokens of each row, its ratios to the baseline, or the ratios of
            many languages by script.
        encodings: The encodings, as they are labelled; the first is the baseline.
        confidence: The confidence of the intervals, for example 0.95.
        rows: The rows, from the top.
    """

    kind: Literal["tokens", "ratios", "scripts"]
    encodings: tuple[str, ...]
    confidence: float
    rows: tuple[ChartRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A key figure.

    Attributes:
        value: The number, as it is shown.
        label: What it is.
        was: The number before; "" for none.
    """

    value: str
    label: str
    was: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The result in a sentence, and the key figures.

    Attributes:
        source: What was counted.
        sentence: The sentence, in runs: text, "strong" text, or the name of an encoding, whose kind
            is its place.
        lead: A second sentence; "" for none.
        figures: The key figures.
    """

    source: str
    sentence: tuple[tuple[str, str | int], ...]
    lead: str = ""
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of the table.

    Attributes:
        label: Its heading; may be "" if it is an encoding's.
        encoding: The place of the encoding that it belongs to; None for none.
        sort: How it is sorted, "text" or "number"; "" if it is not.
        is_optional: Whether a narrow window leaves it out.
    """

    label: str
    encoding: int | None = None
    sort: Literal["text", "number", ""] = "number"
    is_optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell of the table.

    Attributes:
        text: What it says.
        kind: "name", "number", "bar", "plot" or "published".
        small: What stands smaller behind it, such as an interval.
        is_strong: Whether it is emphasized.
        own: Of a name: the name in its own language.
        share: Of a bar: its length, from 0 to 1; None for none.
        marks: Of a plot: the results under each encoding.
    """

    text: str = ""
    kind: Literal["name", "number", "bar", "plot", "published"] = "number"
    small: str = ""
    is_strong: bool = False
    own: str = ""
    share: float | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """A row of the table.

    Attributes:
        cells: Its cells.
        tongue: The language of the own name in it.
        code: Another word that finds it.
    """

    cells: tuple[Cell, ...]
    tongue: Tongue = field(default_factory=Tongue)
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableView:
    """The table of all figures.

    Attributes:
        caption: What it shows, for a screen reader.
        columns: Its columns.
        rows: Its rows.
        total: The last row; None for none.
        notes: Sentences below it.
        markdown: The same table in Markdown, to be copied.
        csv: The same as CSV.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[TableRow, ...]
    total: TableRow | None
    notes: tuple[str, ...]
    markdown: str
    csv: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceView:
    """A piece of a text that is drawn at a time.

    Attributes:
        runs: The text.
        dashes: For each encoding, the number of its tokens in the piece, and whether the first of
            them began before.
        runs_right_to_left: Whether it is written from right to left.
    """

    runs: tuple[Run, ...]
    dashes: tuple[tuple[int, bool], ...]
    runs_right_to_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Whole tokens under an encoding, and the graphemes that they are.

    Attributes:
        runs: The graphemes; empty if they are those of the whole span.
        tokens: The id of each token, and its bytes in hexadecimal digits; "" for a whole group.
    """

    runs: tuple[Run, ...]
    tokens: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanView:
    """A part of a text that holds whole tokens under each encoding.

    Attributes:
        runs: The part.
        pieces: What is drawn of it.
        groups: Its tokens under each encoding.
        saved: How many tokens fewer it has under the last encoding than under the first.
    """

    runs: tuple[Run, ...]
    pieces: tuple[PieceView, ...]
    groups: tuple[tuple[GroupView, ...], ...]
    saved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenView:
    """A text with its tokens.

    Attributes:
        name: What it is called.
        own: The name of its language in the language; "" for none.
        tongue: Its language.
        tokens: Its number of tokens under each encoding.
        spans: Its spans.
        is_cut: Whether the text went on.
    """

    name: str
    own: str = ""
    tongue: Tongue = field(default_factory=Tongue)
    tokens: tuple[int, ...]
    spans: tuple[SpanView, ...]
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditView:
    """An entry of the new vocabulary and what it saves.

    Attributes:
        runs: The entry.
        saved: How many tokens it saves.
        places: In how many places it stands.
    """

    runs: tuple[Run, ...]
    saved: float
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyCard:
    """The entries that save most in a language.

    Attributes:
        name: The language.
        tongue: The language.
        saved: How many tokens are saved in all.
        credits: The entries.
    """

    name: str
    tongue: Tongue
    saved: int
    credits: tuple[CreditView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why the numbers differ: the entries of two vocabularies.

    Attributes:
        caption: What the table says.
        scripts: Rows of a name and the entries of each vocabulary.
        total: All entries of each vocabulary.
        source: What the credits were counted in; "" if there are none.
        cards: The credits, language by language.
    """

    caption: str
    scripts: tuple[tuple[str, int, int], ...]
    total: tuple[int, int]
    source: str = ""
    cards: tuple[WhyCard, ...] = ()

    @property
    def most(self) -> int:
        """The most entries of a row."""
        return max((max(old, new) for _, old, new in self.scripts), default=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How it was measured.

    Attributes:
        generator: The program and its version.
        sentences: What was done.
        notes: What a reader of the numbers must know.
        command: The command that makes the page again; "" if it is not known.
        signature: The signature.
        vocabularies: For each encoding its place, its number of token ids, and its SHA-256.
    """

    generator: str
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    command: str
    signature: str
    vocabularies: tuple[tuple[int, int, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """All parts of a page. A part that is None or empty is left out.

    Attributes:
        title: The title of the window.
        encodings: The names of what is compared, the baseline first.
        headline: The result in short.
        chart: The chart.
        table: The table.
        texts: Texts with their tokens.
        texts_note: A sentence about these texts; "" for none.
        why: Why the numbers differ.
        method: How it was measured.
    """

    title: str
    encodings: tuple[str, ...]
    headline: Headline
    chart: Chart | None = None
    table: TableView
    texts: tuple[TokenView, ...] = ()
    texts_note: str = ""
    why: Why | None = None
    method: Method
