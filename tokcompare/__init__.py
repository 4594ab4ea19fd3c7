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
    from tokcompare.counting import Counts, count_tokens
    from tokcompare.documents import Document
    from tokcompare.encodings import Encoding, load_encoding
    from tokcompare.errors import (
        ArgumentError,
        CheckpointError,
        EngineError,
        OutputError,
        RecordError,
        SourceError,
        TokcompareError,
        UnknownNameError,
        VocabularyError,
    )
    from tokcompare.intervals import Interval
    from tokcompare.languages import Language
    from tokcompare.parts import Part
    from tokcompare.questions import Question, prepare
    from tokcompare.sources import Source, load_samples, load_source

__all__ = [
    "ArgumentError",
    "CheckpointError",
    "Comparison",
    "Counts",
    "Document",
    "Encoding",
    "EngineError",
    "Interval",
    "Language",
    "Measurement",
    "OutputError",
    "Part",
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
    "count_tokens",
    "load_encoding",
    "load_samples",
    "load_source",
    "prepare",
]

# A module is imported when a name of it is first used: `tokcompare --help` needs none of them, and
# waiting for all of them would double its time.
_MODULES = {
    "comparing": ("compare",),
    "comparison": ("Comparison", "Measurement", "Row"),
    "counting": ("Counts", "count_tokens"),
    "documents": ("Document",),
    "encodings": ("Encoding", "load_encoding"),
    "errors": (
        "ArgumentError",
        "CheckpointError",
        "EngineError",
        "OutputError",
        "RecordError",
        "SourceError",
        "TokcompareError",
        "UnknownNameError",
        "VocabularyError",
    ),
    "intervals": ("Interval",),
    "languages": ("Language",),
    "parts": ("Part",),
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
