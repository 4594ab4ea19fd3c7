"""tokcompare: how many tokens the same text costs when the tokenizer changes.

The twenty sentences of the GPT-4o announcement, and any text of yours:

>>> import tokcompare
>>> tokcompare.count_tokens("Hello, my name is GPT-4o.", "o200k_base")
10
>>> comparison = tokcompare.compare()
>>> gujarati = comparison.rows[0]
>>> gujarati.counts.tokens["cl100k_base"], gujarati.counts.tokens["o200k_base"]
(145, 33)
"""

import importlib
from typing import TYPE_CHECKING

from tokcompare.version import __version__

if TYPE_CHECKING:
    from tokcompare.comparing import compare
    from tokcompare.comparison import Comparison, Measurement, Row
    from tokcompare.contexts import ContextComparison, compare_context
    from tokcompare.costs import Cost, CostComparison, compare_cost, cost
    from tokcompare.counting import Counts, count_tokens
    from tokcompare.documents import Document
    from tokcompare.encodings import Encoding, load_encoding
    from tokcompare.errors import (
        ArgumentError,
        BudgetError,
        CheckpointError,
        ClusterError,
        EngineError,
        OutputError,
        RecordError,
        SourceError,
        TokcompareError,
        UnknownNameError,
        VocabularyError,
    )
    from tokcompare.estimates import Estimate, estimate_tokens
    from tokcompare.intervals import Interval
    from tokcompare.languages import Language
    from tokcompare.parts import Part
    from tokcompare.prices import Price, price
    from tokcompare.questions import Question, prepare
    from tokcompare.sources import Source, load_samples, load_source

__all__ = [
    "ArgumentError",
    "BudgetError",
    "CheckpointError",
    "ClusterError",
    "Comparison",
    "ContextComparison",
    "Cost",
    "CostComparison",
    "Counts",
    "Document",
    "Encoding",
    "EngineError",
    "Estimate",
    "Interval",
    "Language",
    "Measurement",
    "OutputError",
    "Part",
    "Price",
    "Question",
    "RecordError",
    "Row",
    "Source",
    "SourceError",
    "TokcompareError",
    "UnknownNameError",
    "VocabularyError",
    "__version__",
    "compare",
    "compare_context",
    "compare_cost",
    "cost",
    "count_tokens",
    "estimate_tokens",
    "load_encoding",
    "load_samples",
    "load_source",
    "prepare",
    "price",
]

# A module is imported when a name of it is first used: `tokcompare --help` needs none of them, and
# waiting for all of them would double its time.
_MODULES = {
    "comparing": ("compare",),
    "comparison": ("Comparison", "Measurement", "Row"),
    "contexts": ("ContextComparison", "compare_context"),
    "costs": ("Cost", "CostComparison", "compare_cost", "cost"),
    "counting": ("Counts", "count_tokens"),
    "documents": ("Document",),
    "encodings": ("Encoding", "load_encoding"),
    "errors": (
        "ArgumentError",
        "BudgetError",
        "CheckpointError",
        "ClusterError",
        "EngineError",
        "OutputError",
        "RecordError",
        "SourceError",
        "TokcompareError",
        "UnknownNameError",
        "VocabularyError",
    ),
    "estimates": ("Estimate", "estimate_tokens"),
    "intervals": ("Interval",),
    "languages": ("Language",),
    "parts": ("Part",),
    "prices": ("Price", "price"),
    "questions": ("Question", "prepare"),
    "sources": ("Source", "load_samples", "load_source"),
}


def __getattr__(name: str) -> object:
    for module, names in _MODULES.items():
        if name in names:
            value = getattr(importlib.import_module(f"tokcompare.{module}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
