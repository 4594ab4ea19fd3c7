"""`compare`: counts a source, on this machine or on a cluster, and answers a question about it."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from operator import index
from os import PathLike, fspath
from typing import SupportsIndex

from tokcompare.bundled import SAMPLES
from tokcompare.comparison.comparison import Comparison
from tokcompare.comparison.question import DEFAULT_ENCODINGS, prepare
from tokcompare.counting.engines import LEAST_VERIFIED
from tokcompare.counting.parallel.local import Progress, count_source
from tokcompare.counting.parts import Part
from tokcompare.counting.spec import NOT_FIELDS, CountSpec
from tokcompare.encodings import EncodingLike
from tokcompare.encodings.closed.recorded import recorded_fields
from tokcompare.encodings.names import path_of
from tokcompare.encodings.patterns import Patterns
from tokcompare.errors import ArgumentError
from tokcompare.metrics import DEFAULT_METRICS
from tokcompare.output import check_checkpoint
from tokcompare.sources.document import Document
from tokcompare.sources.paths import local_inputs
from tokcompare.sources.source import Source, load_samples
from tokcompare.text import NormalizationForm


def compare(
    documents: str | Document | Iterable[str | Document] | None = None,
    *,
    encodings: EncodingLike | Sequence[EncodingLike] = DEFAULT_ENCODINGS,
    metrics: str | Sequence[str] = DEFAULT_METRICS,
    by: str = "language",
    normalization: NormalizationForm | None = None,
    chat: bool = False,
    on_error: str = "stop",
    confidence: float = 0.95,
    resamples: SupportsIndex = 0,
    seed: SupportsIndex = 0,
    reference: str | None = None,
    reference_encoding: str | None = None,
    pattern: Patterns | None = None,
    allow_download: bool = False,
    engine: str = "auto",
    verify: float = LEAST_VERIFIED,
    jobs: int | None = None,
    checkpoint: str | PathLike[str] | None = None,
    progress: Progress | None = None,
    cluster: str | None = None,
) -> Comparison:
    """Counts the tokens of documents under several encodings, and compares them by group.

    Args:
        documents: A text or a document, or an iterable of both, such as a `Source`. None means the
            twenty sentences of the GPT-4o announcement. Documents are read once, so a generator is
            enough. The language of a text is "und" (undetermined). All codes of a language, such as
            "gu" and "guj_Gujr", make one row. A path is a text like any other; `load_source` reads
            files.
        encodings: The encodings, the baseline first: see `load_encoding`.
        metrics: Names of `METRICS`, or "all".
        by: The groups that become rows: "language", "source" (the file), "folder" (a tree,
            whose folders contain those below), "tree" (with files), or the name of a field.
        normalization: The Unicode normalization form that texts are converted to first.
        chat: Whether the tokens of chat messages are those of the whole prompt, as `count_tokens`
            gives them, not of their contents alone. The encodings are then models, and each
            document consists of chat messages.
        on_error: "stop" at the first record that cannot be read, or "skip" such records and list
            them.
        confidence: The level of the confidence intervals, between 0 and 1.
        resamples: The number of resamples of the bootstrap; 0 for linear intervals, which need only
            sums.
        seed: The seed of the bootstrap's random numbers.
        reference: The language that premiums are relative to; None means English.
        reference_encoding: The encoding that normalized sequence lengths are relative to; None
            means the baseline.
        pattern: The pattern that splits text for rank files: see `load_encoding`.
        allow_download: Whether vocabularies may be downloaded: see `load_encoding`.
        engine: The engine that encodes large inputs: "tiktoken", "splintr-rs" or "fastokens"
            (faster, with exactly equal results), or "auto", the one of those installed that is
            fastest for the size of the input.
        verify: The share of documents that tiktoken encodes too, to compare the tokens; never less
            than `LEAST_VERIFIED`.
        jobs: The number of processes that count large inputs, or of threads where this process
            cannot be forked; None for one per core.
        checkpoint: The path of a file that records the progress of counting a `Source`. The same
            call continues from there. Delete the file when you have the result.
        progress: A function that is called regularly with the progress.
        cluster: The cluster that counts a `Source`: the address of a Dask scheduler
            ("tcp://host:8786"), or "local" or "local:N" for N processes on this machine. None
            counts without a cluster.

    Raises:
        ArgumentError: The documents are not text, or encodings are missing or given twice.
        UnknownNameError: There is no such encoding, metric or language.
        VocabularyError: An encoding cannot be loaded.
        SourceError: A document cannot be read.
        EngineError: The tokens of the engine and of tiktoken differ.
        ClusterError: The cluster cannot be reached, or a part of the work failed repeatedly.
        CheckpointError: The checkpoint belongs to another run or is an input, or a file has changed
            since.
        OutputError: The checkpoint cannot be written.

    >>> comparison = compare(["Hello, world!", Document(text="નમસ્તે", language="gu")])
    >>> [(row.group, row.counts.tokens) for row in comparison.rows]
    [('und', {'cl100k_base': 4, 'o200k_base': 4}), ('gu', {'cl100k_base': 12, 'o200k_base': 4})]
    """
    source = _as_source(documents, by)
    if checkpoint is not None:
        check_checkpoint(fspath(checkpoint), _inputs(source, encodings))
    question = prepare(
        encodings=encodings,
        metrics=metrics,
        by=by,
        normalization=normalization,
        chat=chat,
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
    if isinstance(source, Source):
        question = replace(question, spec=replace(question.spec, selection=source.selection))
        if recorded := recorded_fields(question.spec.counter.encodings):
            source = source.with_numbers(recorded.values())
    part, ran = _count(
        source,
        question.spec,
        jobs=jobs,
        checkpoint=checkpoint,
        progress=progress,
        cluster=cluster,
    )
    if isinstance(source, Source):
        source.check_selection(part.seen)
        return question.answer(part, source=source.name, engine=ran)
    comparison = question.answer(part, engine=ran)
    return replace(comparison, caveats=(*_notes_on_paths(documents), *comparison.caveats))


def _notes_on_paths(documents: object) -> Iterator[str]:
    """Yields a note if the first text is the path of a file or the name of a sample set."""
    first = documents[0] if isinstance(documents, (list, tuple)) and documents else documents
    if not isinstance(first, str):
        return
    if first in SAMPLES:
        yield f"The name {first!r} was counted as a text; load_samples({first!r}) reads the set."
    elif os.path.isfile(first):  # noqa: PTH113 - unlike Path.is_file, this never raises an error
        yield f"The path {first!r} was counted as a text; load_source({first!r}) reads the file."


def _inputs(
    source: Source | Iterable[Document], encodings: EncodingLike | Sequence[EncodingLike]
) -> dict[Hashable, str]:
    """Returns the names of the files that are read, by their keys."""
    files = source.files if isinstance(source, Source) else ()
    is_list = isinstance(encodings, Sequence) and not isinstance(encodings, str)
    given: Sequence[object] = encodings if is_list else [encodings]  # type: ignore[assignment]
    return local_inputs([*(file.path for file in files), *filter(None, map(path_of, given))])


def _count(
    source: Source | Iterable[Document],
    spec: CountSpec,
    *,
    jobs: int | None,
    checkpoint: str | PathLike[str] | None,
    progress: Progress | None,
    cluster: str | None,
) -> tuple[Part, str]:
    """Counts a source; returns its part, and the engine that encoded (see `Question.answer`)."""
    if jobs is not None and not (isinstance(jobs, SupportsIndex) and index(jobs) >= 1):
        raise ArgumentError(f"The number of jobs must be a whole number, 1 or more, not {jobs!r}.")
    if cluster is None:
        path = None if checkpoint is None else fspath(checkpoint)
        return count_source(source, spec, jobs=jobs, checkpoint=path, progress=progress)
    if not isinstance(source, Source) or checkpoint is not None:
        raise ArgumentError(
            "A cluster counts files, and without a checkpoint: it repeats lost work by itself."
        )
    from tokcompare.counting.parallel.cluster import count_on_cluster

    return count_on_cluster(source, spec, cluster, progress=progress)


def _as_source(
    documents: str | Document | Iterable[str | Document] | None, by: str
) -> Source | Iterable[Document]:
    if documents is None:
        documents = load_samples()
    if isinstance(documents, Source):
        return documents if by in NOT_FIELDS else documents.with_field(by)
    return as_documents(documents)


def as_documents(documents: str | Document | Iterable[str | Document]) -> Iterator[Document]:
    """Yields the documents of a text, a document, or an iterable of both.

    Raises:
        ArgumentError: The argument is something else.
    """
    if isinstance(documents, (str, Document)):
        documents = [documents]
    # Iteration over a mapping or a DataFrame would silently count its keys or column names.
    misleading = isinstance(documents, (bytes, bytearray, memoryview, Mapping))
    if misleading or hasattr(documents, "columns") or not isinstance(documents, Iterable):
        raise ArgumentError(
            "Documents must be strings or Document objects, or an iterable of them, not "
            f"{type(documents).__name__}. load_source(PATH) reads files."
        )
    for document in documents:
        if isinstance(document, str):
            document = Document(text=document)
        if not isinstance(document, Document):
            raise ArgumentError(
                f"A document must be a str or a Document, not {type(document).__name__}."
            )
        yield document
