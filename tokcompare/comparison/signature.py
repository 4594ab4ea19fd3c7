"""Signatures: everything that the numbers of a comparison depend on, in one line.

Two people can compare their numbers if their signatures agree.
"""

from __future__ import annotations

import hashlib
import json
from importlib import import_module

from tokcompare import __version__
from tokcompare.comparison.comparison import Comparison
from tokcompare.counting.counter import Counting
from tokcompare.encodings import LoadedEncoding
from tokcompare.text import printable


def sign(
    comparison: Comparison,
    counting: Counting,
    *,
    source: str,
    selection: tuple[str, ...] | None,
    engine: str,
) -> str:
    """Returns the signature of a comparison.

    Args:
        comparison: The comparison.
        counting: What was counted.
        source: What the source is called.
        selection: The codes of the languages that were selected; None for all.
        engine: What encoded in the place of tiktoken, and where; "" for tiktoken itself, of which
            the signature has the version anyway.
    """
    languages = "all"
    if selection is not None:
        languages = ",".join(map(_field, sorted(selection))) or "none"
    digest = f"{comparison.total.digest:064x}"
    method = comparison.method
    interval = "linear"
    if method.resamples:
        interval = f"bootstrap-t,{method.resamples},seed {method.seed}"
    fields = {
        "tokcompare": __version__,
        **_versions(counting),
        **({"engine": engine} if engine else {}),
        "encodings": ",".join(map(_identify, counting.encodings)),
        "source": f"{_field(source)}@{digest}",
        "languages": languages,
        "special": "as-text",
        "normalization": counting.normalization or "none",
        "aggregation": "ratio-of-sums",
        "by": _field(comparison.by),
        "interval": f"{method.confidence:g},{interval}",
    }
    if comparison.reference_language:
        fields["reference"] = _field(comparison.reference_language)
    if "values" in counting.measures:
        # Which documents stand side by side, or are drawn together, depends on their order.
        fields["order"] = _digest_of_order(comparison)
    if "normalized_sequence_length" in comparison.metric_names:
        fields["reference-encoding"] = _field(comparison.reference_encoding)
    if comparison.rejections.number:
        fields["rejected"] = str(comparison.rejections.number)
    return "|".join(f"{field}:{value}" for field, value in fields.items())


def _versions(counting: Counting) -> dict[str, str]:
    libraries = sorted({encoding.library for encoding in counting.encodings} - {""})
    versions = {library: _version(library) for library in libraries}
    if not counting.measures.isdisjoint(["graphemes", "words", "continued", "word_types"]):
        from importlib.metadata import version

        versions["regex"] = version("regex")
    return versions


def _digest_of_order(comparison: Comparison) -> str:
    values = [[row.group, *map(list, row.counts.values.values())] for row in comparison.rows]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:8]


def _version(library: str) -> str:
    try:
        return str(import_module(library).__version__)
    except (ImportError, AttributeError):  # what an object of the user's says of itself
        return "unknown"


def _identify(encoding: LoadedEncoding) -> str:
    digest = encoding.sha256[:8] or "unknown"
    return f"{_field(encoding.name)}@{digest}"


def _field(text: str) -> str:
    return printable(text).replace("|", "%7C")
