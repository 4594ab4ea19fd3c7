"""The parts of a page: plain data, which say nothing of the form that they are shown in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
