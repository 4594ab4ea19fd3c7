"""Comparing: documents are counted one by one, grouped, added up and signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from math import nan
from operator import index
from os import PathLike, fspath
from typing import SupportsIndex, get_args

from tokcompare.comparison import Comparison, Row
from tokcompare.counting import Counting, Counts, add_counts
from tokcompare.documents import Document
from tokcompare.encodings import Given, LoadedEncoding, load_encodings
from tokcompare.engines import LEAST_VERIFIED
from tokcompare.errors import (
    ArgumentError,
    require_names,
    require_str,
    unknown_name,
)
from tokcompare.escaping import printable
from tokcompare.intervals import Method
from tokcompare.languages import LANGUAGES, UNDETERMINED, describe_language
from tokcompare.metrics import DEFAULT_METRICS, METRICS
from tokcompare.parts import Task
from tokcompare.running import Progress, count_source
from tokcompare.sources import Source, load_samples
from tokcompare.units import NormalizationForm
from tokcompare.version import __version__

DEFAULT_ENCODINGS = ("cl100k_base", "o200k_base")
"""What is compared if nothing else is said: GPT-4's encoding with GPT-4o's."""

_FEWEST_RESAMPLES = 100
"""Fewer have no tails to read an interval from."""


def compare(
    documents: str | Document | Iterable[str | Document] | None = None,
    *,
    encodings: Given | Sequence[Given] = DEFAULT_ENCODINGS,
    metrics: str | Sequence[str] = DEFAULT_METRICS,
    by: str = "language",
    normalization: NormalizationForm | None = None,
    on_error: str = "stop",
    confidence: float = 0.95,
    resamples: SupportsIndex = 0,
    seed: SupportsIndex = 0,
    reference: str | None = None,
    reference_encoding: str | None = None,
    pattern: str | None = None,
    allow_download: bool = False,
    engine: str = "auto",
    verify: float = LEAST_VERIFIED,
    jobs: int | None = None,
    checkpoint: str | PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Counts the tokens of documents under some encodings, and compares them group by group.

    Args:
        documents: A text or a document, or an iterable of both, such as a `Source`; None means the
            twenty sentences of the GPT-4o announcement. They are read once, so a generator will
            do. A text without a language is "und" (undetermined); codes of one language ("gu",
            "guj_Gujr") make one row.
        encodings: What counts tokens, the baseline first: see `load_encoding`.
        metrics: Names of `METRICS`, or "all".
        by: What makes a row: "language", "source" (the file), or the name of a field.
        normalization: The Unicode normalization form that texts are brought into first.
        on_error: "stop" at the first record that cannot be read, or "skip" and count them.
        confidence: The level of confidence intervals.
        resamples: How often the bootstrap draws; 0 for intervals that need only sums.
        seed: Where the bootstrap's random numbers begin.
        reference: The language that a premium is over; None means English.
        reference_encoding: The encoding that lengths are normalized by; None means the baseline.
        pattern: What splits text for rank files: see `load_encoding`.
        allow_download: Whether vocabularies may be downloaded: see `load_encoding`.
        engine: What encodes large inputs: "tiktoken", "gigatoken" (faster, and exactly equal), or
            "auto", the fastest that is installed.
        verify: The share of documents that tiktoken encodes too, to be compared; never less than
            `LEAST_VERIFIED`.
        jobs: How many threads count large inputs; None for one a core.
        checkpoint: The path of a file in which it is written down now and then how far the counting
            of a `Source` came. The same call goes on from there if this one is killed; if it comes
            to its end, the file is deleted.
        progress: What is called now and then with how far it came.

    Raises:
        ArgumentError: Something other than text was given, no encoding, or one encoding twice.
        UnknownNameError: There is no such encoding, metric or language.
        VocabularyError: An encoding cannot be loaded.
        SourceError: A document cannot be read.
        EngineError: The engine and tiktoken differ.
        CheckpointError: The checkpoint is that of another run, or a file has changed since.

    >>> comparison = compare(["Hello, world!", Document(text="નમસ્તે", language="gu")])
    >>> [(row.group, row.counts.tokens) for row in comparison.rows]
    [('und', {'cl100k_base': 4, 'o200k_base': 4}), ('gu', {'cl100k_base': 12, 'o200k_base': 4})]
    """
    require_str("What documents are grouped by", by)
    names = _check_metrics(metrics, by)
    method = _check_method(confidence, resamples, seed)
    _check_choice("on_error", on_error, ["stop", "skip"])
    if normalization is not None:
        _check_choice("normalization", normalization, get_args(NormalizationForm))
    _check_running(verify, jobs)
    loaded = load_encodings(encodings, pattern=pattern, allow_download=allow_download)
    encoding_names = [encoding.name for encoding in loaded]
    if reference_encoding is None:
        reference_encoding = encoding_names[0]
    else:
        reference_encoding = _find_reference_encoding(reference_encoding, encoding_names)
    needs = {need for name in names for need in METRICS[name].needs}
    counting = Counting(
        encodings=tuple(loaded),
        measures=frozenset(needs | ({"values"} if resamples else set())),
        normalization=normalization,
    )
    source = _as_source(documents, by)
    task = Task(
        counting=counting,
        by=by,
        selection=source.selection if isinstance(source, Source) else None,
        stops=on_error == "stop",
        verify=max(verify, LEAST_VERIFIED),
    )
    part, task = count_source(
        source,
        task,
        engine=engine,
        jobs=None if jobs is None else index(jobs),
        checkpoint=None if checkpoint is None else fspath(checkpoint),
        progress=progress,
    )
    if isinstance(source, Source):
        source.check_selection(part.seen)
    rows = tuple(_row(group, counts, by) for group, counts in part.groups.items())
    total = add_counts([counting.nothing(), *(row.counts for row in rows)])
    reference_code = None
    if any(METRICS[name].against == "reference language" for name in names):
        reference_code = _find_reference(reference, rows)
    comparison = Comparison(
        by=by,
        encodings=tuple(encoding_names),
        vocabulary_sizes={encoding.name: encoding.vocabulary_size for encoding in loaded},
        keeps_text={encoding.name: encoding.keeps_text for encoding in loaded},
        metric_names=names,
        reference_language=reference_code,
        reference_encoding=reference_encoding,
        method=method,
        rows=rows,
        # Figures are published for single texts; their sum nobody has published.
        total=replace(total, published={}),
        rejections=part.rejections,
        signature="",
    )
    return replace(comparison, signature=_sign(comparison, task, source))


def _row(group: str, counts: Counts, by: str) -> Row:
    if by == "language":
        language = describe_language(group)
        return Row(group=group, name=language.name, language=language, counts=counts)
    return Row(group=group, name=group, language=LANGUAGES[UNDETERMINED], counts=counts)


def _check_metrics(metrics: str | Sequence[str], by: str) -> tuple[str, ...]:
    defined = [
        name
        for name, metric in METRICS.items()
        if by == "language" or metric.against not in ("reference language", "languages")
    ]
    names: list[str] = []
    for name in require_names("The name of a metric", metrics):
        if name not in (*METRICS, "all"):
            raise unknown_name("metric", name, [*METRICS, "all"])
        if name != "all" and name not in defined:
            raise ArgumentError(f"The metric {name!r} compares languages, and rows are by {by!r}.")
        names += defined if name == "all" else [name]
    return tuple(dict.fromkeys(names))


def _check_method(confidence: float, resamples: object, seed: object) -> Method:
    try:
        level = float(confidence)
    except (TypeError, ValueError):
        level = nan
    if not 0 < level < 1:
        raise ArgumentError(f"The confidence must lie between 0 and 1, not be {confidence!r}.")
    draws, start = _whole(resamples), _whole(seed)
    if draws is None or draws < 0 or 0 < draws < _FEWEST_RESAMPLES:
        raise ArgumentError(
            f"The number of resamples must be {_FEWEST_RESAMPLES} or more, or 0 for none, "
            f"not {resamples!r}."
        )
    if start is None or start < 0:
        raise ArgumentError(f"The seed must be a whole number, 0 or more, not {seed!r}.")
    return Method(confidence=level, resamples=draws, seed=start)


def _check_running(verify: object, jobs: object) -> None:
    if isinstance(verify, bool) or not isinstance(verify, (int, float)) or not 0 <= verify <= 1:
        raise ArgumentError(
            f"The share to be verified must lie between 0 and 1, not be {verify!r}."
        )
    if jobs is not None and ((number := _whole(jobs)) is None or number < 1):
        raise ArgumentError(f"The number of jobs must be a whole number, 1 or more, not {jobs!r}.")


def _whole(value: object) -> int | None:
    """Returns a whole number of any kind, numpy's too, as an int."""
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        return None
    return index(value)


def _check_choice(what: str, value: object, accepted: Sequence[str]) -> None:
    if value not in accepted:
        raise unknown_name(f"choice for {what}", str(value), accepted)


def _find_reference_encoding(given: str, names: Sequence[str]) -> str:
    require_str("The reference encoding", given)
    if given in names:
        return given
    from tokcompare.models import find_encoding_of_model

    # Whoever gave a model for an encoding may give it here, too.
    encoding = find_encoding_of_model(given)
    if encoding is None or encoding not in names:
        raise unknown_name("reference encoding", given, names)
    return encoding


def _find_reference(reference: str | None, rows: Sequence[Row]) -> str | None:
    groups = [row.group for row in rows]
    if reference is None:
        return "en" if "en" in groups else None
    require_str("The reference language", reference)
    code = describe_language(reference).code
    if code not in groups:
        raise unknown_name("reference language", reference, groups)
    return code


def _as_source(
    documents: str | Document | Iterable[str | Document] | None, by: str
) -> Source | Iterable[Document]:
    if documents is None:
        documents = load_samples()
    if isinstance(documents, Source):
        return documents if by in ("language", "source") else documents.with_field(by)
    return _as_documents(documents)


def _as_documents(documents: str | Document | Iterable[str | Document]) -> Iterator[Document]:
    if isinstance(documents, (str, Document)):
        documents = [documents]
    # To iterate over a mapping or a DataFrame would silently count its keys or column names.
    misleading = isinstance(documents, (bytes, bytearray, memoryview, Mapping))
    if misleading or hasattr(documents, "columns") or not isinstance(documents, Iterable):
        raise ArgumentError(
            "Documents must be strings or Document objects, or an iterable of them, "
            f"not {type(documents).__name__}."
        )
    for document in documents:
        if isinstance(document, str):
            document = Document(text=document)
        if not isinstance(document, Document):
            raise ArgumentError(
                f"A document must be a str or a Document, not {type(document).__name__}."
            )
        yield document


def _sign(comparison: Comparison, task: Task, source: Source | Iterable[Document]) -> str:
    counting = task.counting
    name, languages = "documents", "all"
    if isinstance(source, Source):
        name = source.name
        if source.selection is not None:
            languages = ",".join(map(_field, sorted(source.selection))) or "none"
    digest = f"{comparison.total.digest:064x}"
    method = comparison.method
    interval = "linear"
    if method.resamples:
        interval = f"bootstrap-t,{method.resamples},seed {method.seed}"
    fields = {
        "tokcompare": __version__,
        **_versions(counting),
        **_engine(task),
        "encodings": ",".join(map(_identify, counting.encodings)),
        "source": f"{_field(name)}@{digest}",
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


def _engine(task: Task) -> dict[str, str]:
    """Returns the field of the engine, which tiktoken needs none of: its own field names it."""
    if task.engine == "tiktoken":
        return {}
    from importlib.metadata import version

    return {"engine": f"{task.engine} {version(task.engine)}"}


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
