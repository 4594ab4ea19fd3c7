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

if TYPE_CHECKING:
    from tokcompare.comparison.compare import compare as compare
    from tokcompare.comparison.comparison import Comparison as Comparison
    from tokcompare.comparison.question import Question as Question
    from tokcompare.comparison.question import prepare as prepare
    from tokcompare.comparison.results import Measurement as Measurement
    from tokcompare.comparison.results import Row as Row
    from tokcompare.counting.counts import Counts as Counts
    from tokcompare.counting.parts import Part as Part
    from tokcompare.encodings.chat import count_chat as count_chat
    from tokcompare.encodings.load import load_encoding as load_encoding
    from tokcompare.encodings.protocol import Encoding as Encoding
    from tokcompare.encodings.tokens import count_tokens as count_tokens
    from tokcompare.errors import ArgumentError as ArgumentError
    from tokcompare.errors import BudgetError as BudgetError
    from tokcompare.errors import CheckpointError as CheckpointError
    from tokcompare.errors import ClusterError as ClusterError
    from tokcompare.errors import EngineError as EngineError
    from tokcompare.errors import OutputError as OutputError
    from tokcompare.errors import RecordError as RecordError
    from tokcompare.errors import SourceError as SourceError
    from tokcompare.errors import TokcompareError as TokcompareError
    from tokcompare.errors import UnknownNameError as UnknownNameError
    from tokcompare.errors import VocabularyError as VocabularyError
    from tokcompare.estimates import Estimate as Estimate
    from tokcompare.estimates import Ranking as Ranking
    from tokcompare.estimates import estimate_tokens as estimate_tokens
    from tokcompare.estimates import rank as rank
    from tokcompare.estimates.calibrate import calibrate as calibrate
    from tokcompare.explanations.explanation import Explanation as Explanation
    from tokcompare.explanations.explanation import explain as explain
    from tokcompare.languages import Language as Language
    from tokcompare.metrics.intervals import Interval as Interval
    from tokcompare.pricing.context import ContextComparison as ContextComparison
    from tokcompare.pricing.context import compare_context as compare_context
    from tokcompare.pricing.cost import Cost as Cost
    from tokcompare.pricing.cost import cost as cost
    from tokcompare.pricing.migration import CostComparison as CostComparison
    from tokcompare.pricing.migration import compare_cost as compare_cost
    from tokcompare.pricing.prices import Price as Price
    from tokcompare.pricing.prices import price as price
    from tokcompare.prompts.fit import fit as fit
    from tokcompare.prompts.fit import is_within as is_within
    from tokcompare.sources.document import Document as Document
    from tokcompare.sources.source import Source as Source
    from tokcompare.sources.source import load_samples as load_samples
    from tokcompare.sources.source import load_source as load_source

__version__ = "0.1.0"

# A module is imported when one of its names is first used. `tokcompare --help` needs none of them.
_MODULES = {
    "comparison.compare": "compare",
    "comparison.comparison": "Comparison",
    "comparison.question": "Question prepare",
    "comparison.results": "Measurement Row",
    "counting.counts": "Counts",
    "counting.parts": "Part",
    "encodings.chat": "count_chat",
    "encodings.load": "load_encoding",
    "encodings.protocol": "Encoding",
    "encodings.tokens": "count_tokens",
    "errors": (
        "ArgumentError BudgetError CheckpointError ClusterError EngineError OutputError RecordError"
        " SourceError TokcompareError UnknownNameError VocabularyError"
    ),
    "estimates": "Estimate Ranking estimate_tokens rank",
    "estimates.calibrate": "calibrate",
    "explanations.explanation": "Explanation explain",
    "languages": "Language",
    "metrics.intervals": "Interval",
    "pricing.context": "ContextComparison compare_context",
    "pricing.cost": "Cost cost",
    "pricing.migration": "CostComparison compare_cost",
    "pricing.prices": "Price price",
    "prompts.fit": "fit is_within",
    "sources.document": "Document",
    "sources.source": "Source load_samples load_source",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}

__all__ = sorted([*_MODULE_OF, "__version__"])


def __getattr__(name: str) -> object:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"tokcompare.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
