"""Running: a source is counted on this machine, over all its cores, or at once if it is small.

Workers read, parse and count the parts of a file; what has no parts, such as an archive, is read
here while they count. What is ahead of the counting is bounded, and so is memory.
"""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tokcompare import __version__
from tokcompare.counting.parallel.checkpoint import Checkpoint
from tokcompare.counting.parallel.plan import count_part, parts_of_file
from tokcompare.counting.parallel.workers import Workers
from tokcompare.counting.parts import Collector, Part, Task
from tokcompare.counting.steps import Step, steps_of
from tokcompare.errors import CheckpointError
from tokcompare.sources.chunks import blocks_of_documents, blocks_of_file
from tokcompare.sources.document import Document
from tokcompare.sources.formats import Reading
from tokcompare.sources.source import Source, SourceFile
from tokcompare.sources.storage import stored_file

SMALL = 1 << 23
"""About how many bytes of text are counted on this thread and by tiktoken: to load a faster engine
would take longer."""

_PART = 1 << 21
"""About how many bytes of a file that can be parted a worker reads and counts in one go."""

_AHEAD = 4
"""How many steps there are for each worker, so that none waits for work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advance:
    """How far a run came.

    Attributes:
        files: How many files have been read to their end.
        position: How much has been read of the file behind them as it stands on disk, in bytes;
            None if that is not known.
        text: How many bytes of text have been counted, about.
        documents: How many documents.
    """

    files: int
    position: int | None
    text: int
    documents: int


Progress = Callable[[Advance], None]
"""What is called when a run has advanced."""


def available_cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def count_source(
    source: Source | Iterable[Document],
    task: Task,
    *,
    jobs: int | None = None,
    checkpoint: str | None = None,
    progress: Progress | None = None,
) -> tuple[Part, str]:
    """Returns what has been counted of a source, and the engine that was used.

    Args:
        source: A source, or documents that are from none.
        task: What is counted.
        jobs: How many workers count what is large; None for one a core.
        checkpoint: The path of the file that says how far the run came; None for none.
        progress: What is called when a step is done; None for nothing.

    Raises:
        SourceError: The first record that cannot be read, if the task stops there.
        ArgumentError: The engine is not installed.
        CheckpointError: The checkpoint is that of another run, or a file has changed since.
        ClusterError: A process that counted was killed.
    """
    large_task = task.for_many()
    collector, done = Collector(), (0, 0)
    # Whoever names an engine wants it, however small the source is.
    is_large = task.engine not in ("auto", "tiktoken")
    kept: Checkpoint | None = None
    if checkpoint is not None:
        if not isinstance(source, Source):
            raise CheckpointError("Only a run over a source of files can have a checkpoint.")
        kept = Checkpoint(checkpoint, source, _fingerprint(source, task))
        if (progressed := kept.load()) is not None:
            collector, done, is_large = progressed.collector, progressed.done, progressed.is_large
    if isinstance(source, Source):
        steps = steps_of_source(source, task, collector, done=done)
    else:
        steps = steps_of(blocks_of_documents(source), task, collector)

    text = 0

    def finish(step: Step) -> None:
        if task.stops and collector.rejections.number:
            raise collector.rejections.first[0]
        if kept is not None:
            kept.note(step, collector, is_large=is_large)
        if progress is not None:
            nonlocal text
            text += step.size
            progress(
                Advance(
                    files=step.place[0],
                    position=step.position,
                    text=text,
                    documents=collector.documents,
                )
            )

    first: list[Step] = []
    if not is_large:
        first, is_large = _take_first(steps)
    if is_large:
        task = large_task
        _take_at_once(itertools.chain(first, steps), task, jobs or available_cores(), finish)
    else:
        for step in first:
            step.take(task)
            finish(step)
    if kept is not None:
        kept.finish(collector, is_large=is_large)
    return collector.part(), task.engine_in_use


def steps_of_source(
    source: Source, task: Task, collector: Collector, *, done: tuple[int, int] = (0, 0)
) -> Iterator[Step]:
    """Yields the steps that count a source into a collector.

    Args:
        source: The source.
        task: What is counted.
        collector: Where it is added up.
        done: The place up to which this was done before. Files before it are not opened, and what
            precedes it in its file is not counted.
    """
    for place, file in enumerate(source.files):
        if place < done[0]:
            continue
        steps = _steps_of_file(file, source.reading, task, collector)
        for number, step in enumerate(steps, start=1):
            if (place, number) > done:
                yield replace(step, place=(place, number))


def _steps_of_file(
    file: SourceFile, reading: Reading, task: Task, collector: Collector
) -> Iterator[Step]:
    """Yields the steps that count a file: whoever takes one reads a part of it, if that can be."""
    stored = stored_file(file.path)
    size = (stored.size() or 0) if stored.is_local else 0
    parts = parts_of_file(file, reading, size, _PART)
    if len(parts) == 1:
        yield from steps_of(blocks_of_file(file, reading, stops=task.stops), task, collector)
        return
    position = 0
    for place, part in enumerate(parts, start=1):
        before, position = position, size * place // len(parts)
        yield Step(
            work=partial(count_part, part, reading=reading),
            fold=collector.add,
            size=position - before,
            position=position,
        )


def _fingerprint(source: Source, task: Task) -> str:
    """Returns all that counts depend on besides what is in the files, in one line."""
    counting = task.counting
    return repr(
        (
            *(__version__, task.engine, task.by, task.selection, task.stops),
            *(sorted(counting.measures), counting.normalization),
            [(encoding.name, encoding.sha256) for encoding in counting.encodings],
            source.reading,
            [(file.format, file.language) for file in source.files],
        )
    )


def _take_first(steps: Iterator[Step]) -> tuple[list[Step], bool]:
    """Returns the steps up to what is small, and whether there are more."""
    first: list[Step] = []
    size = 0
    for step in steps:
        first.append(step)
        size += step.size
        if size > SMALL:
            return first, True
    return first, False


def _take_at_once(
    steps: Iterable[Step], task: Task, jobs: int, finish: Callable[[Step], None]
) -> None:
    """Does the work of steps by so many workers, and folds it here, in order."""
    waiting: deque[tuple[Step, Future[Any] | None]] = deque()
    workers = Workers(task, jobs)

    def fold_next() -> None:
        step, future = waiting.popleft()
        step.fold(workers.result(future) if future is not None else None)
        finish(step)

    def fold_all() -> None:
        while waiting:
            fold_next()

    try:
        for step in _after_failure(steps, fold_all):
            waiting.append((step, workers.submit(step.work) if step.work else None))
            if len(waiting) > _AHEAD * jobs:
                fold_next()
        fold_all()
    finally:
        # Whoever interrupts does not wait for what is being counted.
        workers.dismiss()


def _after_failure(steps: Iterable[Step], fold_all: Callable[[], None]) -> Iterator[Step]:
    """Yields steps; if there can be no more, what precedes is folded before the error is raised.

    The error is ahead of the counting, and one in what precedes it comes first.
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
