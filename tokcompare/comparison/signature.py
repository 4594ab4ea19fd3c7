"""The signature of a comparison: everything that its numbers depend on, in one line.

Two people can compare their numbers if their signatures agree.
"""

from __future__ import annotations

import hashlib
import json

from tokcompare import __version__
from tokcompare.comparison.results import ComparisonResults
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.quantities import VALUES, library_versions
from tokcompare.encodings import LoadedEncoding
from tokcompare.encodings.closed.recorded import CalibratedEncoding, RecordedCounts
from tokcompare.encodings.models.chat import ChatFormat
from tokcompare.languages import code_of
from tokcompare.text import printable


def sign(
    results: ComparisonResults,
    counter: DocumentCounter,
    *,
    source: str,
    selection: tuple[str, ...] | None,
    engine: str,
) -> str:
    """Returns the signature of a comparison.

    Args:
        results: The results; their own signature is ignored.
        counter: The counter, with its encodings and its normalization.
        source: The name of the source.
        selection: The entries of the selected languages; None for all.
        engine: The engine that encoded instead of tiktoken, and its version; "" for tiktoken, whose
            version is in the signature anyway.
    """
    languages = "all"
    if selection is not None:
        languages = ",".join(map(_field, sorted(map(code_of, selection)))) or "none"
    method = results.method
    interval = "linear"
    if method.resamples:
        interval = f"bootstrap-t,{method.resamples},seed {method.seed}"
    fields = {
        "tokcompare": __version__,
        **library_versions(counter.encodings, results.optional_quantities),
        **({"engine": engine} if engine else {}),
        "encodings": ",".join(map(_identify, counter.encodings)),
        "source": f"{_field(source)}@{results.total.digest:064x}",
        "languages": languages,
        "special": "as-text",
        "normalization": counter.normalization or "none",
        **({"chat": ",".join(map(_of_chat, counter.chat_formats))} if counter.chat_formats else {}),
        "aggregation": "ratio-of-sums",
        "by": _field(results.by),
        "interval": f"{method.confidence:g},{interval}",
    }
    if results.reference_language:
        fields["reference"] = _field(results.reference_language)
    if VALUES in results.optional_quantities:
        # Paired ratios and the bootstrap depend on the order of the documents.
        fields["order"] = _digest_of_order(results)
    if any(metric.other_encoding == "reference" for metric in results.chosen_metrics):
        fields["reference-encoding"] = _field(results.reference_encoding)
    if results.rejections.number:
        fields["rejected"] = str(results.rejections.number)
    return "|".join(f"{field}:{value}" for field, value in fields.items())


def _digest_of_order(results: ComparisonResults) -> str:
    values = [[row.group, *map(list, row.counts.values.values())] for row in results.rows]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:8]


def _identify(encoding: LoadedEncoding) -> str:
    if isinstance(encoding, RecordedCounts):
        return f"{_field(encoding.name)}=field:{_field(encoding.field).replace(',', '%2C')}"
    base = ""
    if isinstance(encoding, CalibratedEncoding):
        base = f"({_identify(encoding.base)})"
    return f"{_field(encoding.name)}@{digest_of(encoding)}{base}"


def digest_of(encoding: LoadedEncoding) -> str:
    """Returns the first digits of an encoding's SHA-256; "unknown" if it has none."""
    return encoding.sha256[:8] or "unknown"


def _of_chat(added: ChatFormat) -> str:
    """Returns the tokens added to each message, to each name, and to the reply."""
    return f"{added.per_message}/{added.per_name}/{added.per_reply}"


def _field(text: str) -> str:
    return printable(text).replace("|", "%7C")
