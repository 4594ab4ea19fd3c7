"""Steps: what counting a source is made of.

A step has work, which any thread can do at any time, and a fold, which takes what came of it in the
order of the source. So nothing depends on how many threads there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from tokcompare.counting.counter import Measured, begin_digest
from tokcompare.counting.parts import Collector, Part, Task, count_block, count_piece
from tokcompare.errors import RecordError
from tokcompare.languages import describe_language
from tokcompare.sources.chunks import Block
from tokcompare.sources.document import Document
from tokcompare.sources.rejections import Rejections


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of counting.

    Attributes:
        fold: What is done with the result, in the order of the steps.
        work: What has the result; None if there is nothing to do but to fold.
        size: About how many bytes of text that is.
        position: How much of the file as it stands on disk has been read; None if not known.
        place: The place of the file in its source, from 0, and how many of its steps that makes.
    """

    fold: Callable[[Any], None]
    work: Callable[[Task], Any] | None = None
    size: int = 0
    position: int | None = None
    place: tuple[int, int] = (0, 0)

    def take(self, task: Task) -> None:
        """Does the work and folds what came of it."""
        self.fold(self.work(task) if self.work else None)


def steps_of(blocks: Iterable[Block], task: Task, collector: Collector) -> Iterator[Step]:
    """Yields the steps that count blocks into a collector."""
    for block in blocks:
        if isinstance(block.content, Document):
            yield from _steps_of_long(block, block.content, task, collector)
        else:
            yield Step(
                work=partial(count_block, block),
                fold=collector.add,
                size=block.size,
                position=block.position,
            )


def _steps_of_long(
    block: Block, document: Document, task: Task, collector: Collector
) -> Iterator[Step]:
    """Yields the steps that count a document piece by piece while it is read."""
    language = describe_language(document.language)
    taken = task.takes(language.code)
    seen = Part(seen=(language.code,), rejections=block.rejections)

    def begin(_: None) -> None:
        collector.add(seen)
        collector.open = task.counting.begin(language)

    def add(measured: Measured) -> None:
        assert collector.open is not None
        collector.open.add(measured)

    def end(_: None) -> None:
        assert collector.open is not None
        counts = task.counting.finish(collector.open, digest, document.published)
        collector.add(Part(groups={group: counts}))
        collector.open = None

    def give_up(error: RecordError) -> None:
        collector.open = None
        collector.add(Part(rejections=Rejections(number=1, first=(error,))))

    if not taken:
        yield Step(fold=lambda _: collector.add(seen))
        return
    group = task.group_of(document)
    digest = begin_digest(language)
    yield Step(fold=begin)
    try:
        for piece in task.counting.pieces(document.text):
            digest.update(piece.encode())
            work = partial(_count_piece, piece, document.language)
            yield Step(work=work, fold=add, size=len(piece), position=block.position)
    except RecordError as error:
        failure = error
        yield Step(fold=lambda _: give_up(failure))
    else:
        yield Step(fold=end)


def _count_piece(piece: str, language: str, task: Task) -> Measured:
    return count_piece(piece, describe_language(language), task)
