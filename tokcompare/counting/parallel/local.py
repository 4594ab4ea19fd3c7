"""Counting on this machine: on all its cores, or on this thread if the source is small.

Workers read, parse and count ranges of files. Files that cannot be split, such as archives, are
read here, and workers count their blocks. The number of chunks that are read ahead is bounded, and
so is memory.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tokcompare import __version__
from tokcompare.counting.parts import Part, PartSum, count_chunk
from tokcompare.counting.quantities import library_versions
from tokcompare.counting.spec import CountSpec
from tokcompare.encodings import TiktokenEncoding
from tokcompare.encodings.closed.recorded import recorded_fields
from tokcompare.encodings.kinds.small import WORTH_LOADING
from tokcompare.errors import CheckpointError
from tokcompare.sources.chunks import (
    Chunk,
    FileRange,
    chunks_of_documents,
    chunks_of_range,
    planned,
    split_file,
)
from tokcompare.sources.document import Document, SourceFile
from tokcompare.sources.source import Source

if TYPE_CHECKING:
    from concurrent.futures import Future

    from tokcompare.counting.parallel.checkpoint import Checkpoint

ONE_WORKER = 1 << 19
"""About how many bytes of text are counted on this thread: to start workers would take longer."""

SMALL = 1 << 23
"""About how many bytes of text are counted by tiktoken: to load a faster engine would take
longer."""

MEDIUM = 48_000_000
"""Up to how many bytes of files that are read as they are an engine counts that loads quickly."""

_RANGE = 1 << 21
"""About how many bytes of a file a worker reads and counts at a time, if the file can be split."""

_SMALL_RANGE = 1 << 18
"""The same in a small source, so that there is work for all workers."""

_AHEAD = 4
"""How many chunks there are for each worker, so that none waits for work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressUpdate:
    """The progress of a run.

    Attributes:
        files: How many files have been read to their end.
        position: How many bytes of the next file, as it is on disk, have been read; None if not
            known.
        text: About how many bytes of text have been counted.
        documents: How many documents have been counted.
    """

    files: int
    position: int | None
    text: int
    documents: int


Progress = Callable[[ProgressUpdate], None]
"""Called when a run has made progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A chunk and its place: the number of its file, from 0, and its number in the file, from 1."""

    chunk: Chunk
    place: tuple[int, int]


def count_source(
    source: Source | Iterable[Document],
    spec: CountSpec,
    *,
    jobs: int | None = None,
    checkpoint: str | None = None,
    progress: Progress | None = None,
) -> tuple[Part, str]:
    """Counts a source, and returns the counts and the fast engine that was used ("" for none).

    Args:
        source: A source, or documents that are from none.
        spec: How it is counted.
        jobs: How many workers count a large source; None for one a core.
        checkpoint: The path of the file that keeps the progress of the run; None for none.
        progress: Called when a chunk is counted; None for no call.

    Raises:
        SourceError: The first record that cannot be read, if the specification stops there.
        ChangedFileError: A file has changed since the run began.
        ArgumentError: The engine is not installed.
        CheckpointError: The checkpoint is that of another run, or a file has changed since.
        ClusterError: A process that counted was killed.
    """
    if isinstance(source, Source):
        source = replace(source, files=tuple(map(planned, source.files)))
        if ONE_WORKER < sum(map(_size, source.files)) <= MEDIUM:
            spec = spec.for_medium()
    large_spec = spec.for_large()
    total, done = PartSum(), (0, 0)
    # An engine that is asked for by name is used, however small the source is.
    is_large = spec.engine not in ("auto", "tiktoken")
    kept: Checkpoint | None = None
    if checkpoint is not None:
        from tokcompare.counting.parallel.checkpoint import Checkpoint

        if not isinstance(source, Source):
            raise CheckpointError("Only a run over a source of files can have a checkpoint.")
        kept = Checkpoint(checkpoint, source, _fingerprint(source, spec))
        if (stored := kept.load()) is not None:
            done, is_large = stored.done, stored.is_large
            total.add(stored.part)
    steps = _steps(source, spec, done)
    text = 0

    def fold(step: _Step, part: Part) -> None:
        nonlocal text
        total.add(part)
        if spec.stop_on_error and total.rejections.number:
            raise total.rejections.first[0]
        if kept is not None:
            kept.note(step.place, step.chunk.size, total, is_large=is_large)
        if progress is not None:
            text += step.chunk.size
            progress(
                ProgressUpdate(
                    files=step.place[0],
                    position=step.chunk.position,
                    text=text,
                    documents=total.documents,
                )
            )

    first: list[_Step] = []
    size = 0
    if not is_large:
        first, size, is_large = _take_small(steps)
    if is_large:
        spec = large_spec
    if is_large or size > ONE_WORKER:
        _count_with_workers(itertools.chain(first, steps), spec, jobs, fold)
    else:
        if size > WORTH_LOADING:
            _load_tiktoken(spec)
        for step in first:
            fold(step, count_chunk(step.chunk, spec))
    if kept is not None:
        kept.finish(total, is_large=is_large)
    return total.part(), spec.engine_in_use


def _steps(
    source: Source | Iterable[Document], spec: CountSpec, done: tuple[int, int]
) -> Iterator[_Step]:
    """Yields the chunks of a source behind the place up to which it is counted already."""
    if not isinstance(source, Source):
        chunks: Iterable[Chunk] = chunks_of_documents(source, may_cut=spec.counter.may_cut)
        for number, chunk in enumerate(chunks, start=1):
            yield _Step(chunk=chunk, place=(0, number))
        return
    is_small = ONE_WORKER < sum(map(_size, source.files)) <= SMALL
    length = _SMALL_RANGE if is_small else _RANGE
    for place, file in enumerate(source.files):
        if place < done[0]:
            continue
        for number, chunk in enumerate(_chunks_of_file(source, file, spec, length), start=1):
            if (place, number) > done:
                yield _Step(chunk=chunk, place=(place, number))


def _size(file: SourceFile) -> int:
    """Returns how many bytes a file has; 0 if not known."""
    return (file.state.size or 0) if file.state is not None else 0


def _chunks_of_file(
    source: Source, file: SourceFile, spec: CountSpec, length: int
) -> Iterable[Chunk]:
    """Returns the ranges of a file, which workers read; or its chunks, which are read here."""
    ranges = split_file(file, source.options, _size(file), length)
    if len(ranges) > 1:
        return ranges
    whole = FileRange(file=file, options=source.options)
    return chunks_of_range(whole, stop_on_error=spec.stop_on_error, may_cut=spec.counter.may_cut)


def _fingerprint(source: Source, spec: CountSpec) -> str:
    """Returns everything that counts depend on besides the content of the files, in one line."""
    counter = spec.counter
    return repr(
        (
            *(__version__, spec.engine, spec.by, spec.selection, spec.stop_on_error),
            *(sorted(quantity.name for quantity in counter.optional), counter.normalization),
            counter.chat_formats,
            # Every count of characters in words that are not in NFC asks `unicodedata`.
            unicodedata.unidata_version,
            library_versions(counter.encodings, counter.optional),
            spec.for_large().engine_in_use,
            [(encoding.name, encoding.sha256) for encoding in counter.encodings],
            recorded_fields(counter.encodings),
            source.options,
            [(file.format, file.language) for file in source.files],
        )
    )


def _load_tiktoken(spec: CountSpec) -> None:
    """Loads the encodings now: to encode the first texts without them would be in vain."""
    for encoding in spec.encoders:
        if isinstance(encoding, TiktokenEncoding):
            encoding.load()


def _take_small(steps: Iterator[_Step]) -> tuple[list[_Step], int, bool]:
    """Returns the first steps, up to a small source, their size, and whether there are more."""
    first: list[_Step] = []
    size = 0
    for step in steps:
        first.append(step)
        size += step.chunk.size
        if size > SMALL:
            return first, size, True
    return first, size, False


def _count_with_workers(
    steps: Iterable[_Step], spec: CountSpec, jobs: int | None, fold: Callable[[_Step, Part], None]
) -> None:
    """Has workers count chunks, and folds the parts here, in order."""
    from tokcompare.counting.parallel.workers import Workers, available_cores

    waiting: deque[tuple[_Step, Future[Part]]] = deque()
    workers = Workers(spec, jobs or available_cores())

    def fold_next() -> None:
        step, future = waiting.popleft()
        fold(step, workers.result(future))

    def fold_all() -> None:
        while waiting:
            fold_next()

    try:
        for step in _after_failure(steps, fold_all):
            waiting.append((step, workers.submit(step.chunk)))
            if len(waiting) > _AHEAD * workers.number:
                fold_next()
        fold_all()
    finally:
        # After Ctrl-C nothing waits for the chunks that are being counted.
        workers.dismiss()


def _after_failure(steps: Iterable[_Step], fold_all: Callable[[], None]) -> Iterator[_Step]:
    """Yields steps. Before an error of the reader is raised, the steps before it are folded.

    The reader is ahead of the counting, and an error in an earlier chunk comes first.
    """
    iterator = iter(steps)
    while True:
        try:
            step = next(iterator)
        except StopIteration:
            return
        except Exception:
            fold_all()
            raise
        yield step
