"""`compare`: counts a source, on this machine or on a cluster, and answers a question about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import index
from os import PathLike, fspath
from typing import SupportsIndex

from tokcompare.comparison.comparison import Comparison
from tokcompare.comparison.question import DEFAULT_ENCODINGS, prepare
from tokcompare.counting.engines import LEAST_VERIFIED
from tokcompare.counting.parallel.local import Progress, count_source
from tokcompare.encodings import EncodingLike
from tokcompare.errors import ArgumentError
from tokcompare.metrics import DEFAULT_METRICS
from tokcompare.sources.document import Document
from tokcompare.sources.source import Source, load_samples
from tokcompare.text import NormalizationForm


def compare(
    documents: str | Document | Iterable[str | Document] | None = None,
    *,
    encodings: EncodingLike | Sequence[EncodingLike] = DEFAULT_ENCODINGS,
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
    cluster: str | None = None,
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
        engine: What encodes large inputs: "tiktoken", "fastokens" (faster, and exactly equal), or
            "auto", the fastest that is installed.
        verify: The share of documents that tiktoken encodes too, to be compared; never less than
            `LEAST_VERIFIED`.
        jobs: How many processes (threads, if this one must not be forked) count large inputs;
            None for one a core.
        checkpoint: The path of a file in which it is written down now and then how far the counting
            of a `Source` came: the same call goes on from there. Delete it when you have what you
            want.
        progress: What is called now and then with how far it came.
        cluster: Where a `Source` is counted if not here: the address of a Dask scheduler
            ("tcp://host:8786"), or "local" or "local:N" for a cluster of N processes.

    Raises:
        ArgumentError: Something other than text was given, no encoding, or one encoding twice.
        UnknownNameError: There is no such encoding, metric or language.
        VocabularyError: An encoding cannot be loaded.
        SourceError: A document cannot be read.
        EngineError: The engine and tiktoken differ.
        ClusterError: The cluster cannot be reached, or lost a part of the work for good.
        CheckpointError: The checkpoint is that of another run, or a file has changed since.

    >>> comparison = compare(["Hello, world!", Document(text="નમસ્તે", language="gu")])
    >>> [(row.group, row.counts.tokens) for row in comparison.rows]
    [('und', {'cl100k_base': 4, 'o200k_base': 4}), ('gu', {'cl100k_base': 12, 'o200k_base': 4})]
    """
    question = prepare(
        encodings=encodings,
        metrics=metrics,
        by=by,
        normalization=normalization,
        on_error=on_error,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        reference=reference,
        reference_encoding=reference_encoding,
        pattern=pattern,
        allow_download=allow_download,
        engine=engine,
        verify=verify,
    )
    if jobs is not None and not (isinstance(jobs, SupportsIndex) and index(jobs) >= 1):
        raise ArgumentError(f"The number of jobs must be a whole number, 1 or more, not {jobs!r}.")
    source = _as_source(documents, by)
    name = "documents"
    if isinstance(source, Source):
        name = source.name
        question = replace(question, task=replace(question.task, selection=source.selection))
    if cluster is None:
        part, ran = count_source(
            source,
            question.task,
            jobs=jobs,
            checkpoint=None if checkpoint is None else fspath(checkpoint),
            progress=progress,
        )
    else:
        if not isinstance(source, Source) or checkpoint is not None:
            raise ArgumentError(
                "On a cluster a source of files is counted, and without a checkpoint: it counts "
                "again by itself what is lost."
            )
        from tokcompare.counting.parallel.cluster import count_on_cluster

        part, ran = count_on_cluster(source, question.task, cluster, progress=progress)
    if isinstance(source, Source):
        source.check_selection(part.seen)
    return question.answer(part, source=name, engine=ran)


def _as_source(
    documents: str | Document | Iterable[str | Document] | None, by: str
) -> Source | Iterable[Document]:
    if documents is None:
        documents = load_samples()
    if isinstance(documents, Source):
        return documents if by in ("language", "source") else documents.with_field(by)
    return as_documents(documents)


def as_documents(documents: str | Document | Iterable[str | Document]) -> Iterator[Document]:
    """Yields documents that were given as texts or documents, one or several.

    Raises:
        ArgumentError: They are something else.
    """
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
