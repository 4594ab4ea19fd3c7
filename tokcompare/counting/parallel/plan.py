"""Plans: a source parted into units of work that any machine can do by itself, each input once.

A unit is some files, or a part of one: bytes of a file of lines, cut where lines end, or row groups
of a Parquet file. What is in them is not looked at; of large files the first bytes are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tokcompare.counting.parts import Collector, Part, Task
from tokcompare.counting.steps import steps_of
from tokcompare.errors import ClusterError, SourceError, TokcompareError
from tokcompare.sources.chunks import blocks_of_file
from tokcompare.sources.formats import Reading
from tokcompare.sources.formats.parquet import number_of_row_groups
from tokcompare.sources.source import Source, SourceFile
from tokcompare.sources.storage import display_name, stored_file
from tokcompare.sources.streams import can_split

UNIT = 1 << 26
"""About how many bytes a unit of work has."""

_LEAST = 16
"""How many bytes a unit has at the least: a byte order mark and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """A file, or a part of it: see `blocks_of_file`."""

    file: SourceFile
    start: int = 0
    stop: int | None = None

    def __str__(self) -> str:
        if self.start == 0 and self.stop is None:
            return repr(self.file.name)
        what = "row groups" if self.file.format == "parquet" else "bytes"
        return f"{self.file.name!r}, {what} {self.start} to {self.stop or 'the end'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkUnit:
    """What one worker counts in one go.

    Attributes:
        parts: Files and parts of files.
        size: About how many bytes they have.
    """

    parts: tuple[FilePart, ...]
    size: int

    def __str__(self) -> str:
        more = f" and {len(self.parts) - 1:,} more files" if len(self.parts) > 1 else ""
        return f"{self.parts[0]}{more}"


def sizes_of(source: Source) -> list[int]:
    """Returns how many bytes each file of a source has.

    Raises:
        SourceError: It has standard input, or a file that is not there.
    """
    sizes = []
    for file in source.files:
        size = stored_file(file.path).size()
        if size is None:
            raise SourceError(
                f"{file.name!r} is no file that every worker could read; write it to one first."
            )
        sizes.append(size)
    return sizes


def plan(source: Source, *, unit: int | None = None) -> list[WorkUnit]:
    """Returns the units of work that a source is parted into, in its order.

    Args:
        source: The source, which must be of files that can be read anywhere.
        unit: About how many bytes a unit is to have; None for `UNIT`.

    Raises:
        SourceError: It has standard input, or a file cannot be read.
    """
    unit = max(unit or UNIT, _LEAST)
    units: list[WorkUnit] = []
    held: list[FilePart] = []
    held_size = 0

    def close() -> None:
        nonlocal held, held_size
        if held:
            units.append(WorkUnit(parts=tuple(held), size=held_size))
        held, held_size = [], 0

    for file, size in zip(source.files, sizes_of(source), strict=True):
        file = replace(file, path=stored_file(file.path).absolute_path)
        parts = parts_of_file(file, source.reading, size, unit)
        if len(parts) > 1:
            close()
            units += [WorkUnit(parts=(part,), size=size // len(parts)) for part in parts]
            continue
        if held_size + size > unit:
            close()
        held += parts
        held_size += size
    close()
    return units


def parts_of_file(file: SourceFile, reading: Reading, size: int, part: int) -> list[FilePart]:
    """Returns the parts of a file: one if it is small, or must be read from its beginning.

    What is wrong with a whole file, whoever counts it finds, and says it once.

    Args:
        file: The file.
        reading: How it is read.
        size: How many bytes it has.
        part: About how many bytes a part is to have.
    """
    number = -(-size // part)
    length = size
    whole = [FilePart(file=file)]
    if number <= 1:
        return whole
    try:
        if file.format == "parquet":
            length = number_of_row_groups(file.path, reading)
            number = min(number, length)
        elif not _has_lines(file, reading) or not can_split(file.path):
            return whole
    except SourceError:
        return whole
    ends = [length * place // number for place in range(1, number)]
    return [
        FilePart(file=file, start=start, stop=stop)
        for start, stop in zip([0, *ends], [*ends, None], strict=True)
    ]


def _has_lines(file: SourceFile, reading: Reading) -> bool:
    return file.format == "jsonl" or (
        file.format == "text" and reading.per_line and not reading.fields
    )


def count_unit(unit: WorkUnit, task: Task, reading: Reading) -> Part:
    """Returns what there is to count of a unit of work: what a worker does, wherever it is.

    Records that cannot be read are noted in the part, also if the task stops at the first: which is
    the first of all, only whoever merges the parts can say.

    Raises:
        TokcompareError: The engine and tiktoken differ, or a document lacks a field.
        ClusterError: Anything else went wrong; it names the unit.
    """
    collector = Collector()
    try:
        for part in unit.parts:
            collector.add(count_part(part, task, reading))
            if task.stops and collector.rejections.number:
                break
    except TokcompareError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ClusterError(f"The unit of work {unit} cannot be counted: {reason}") from error
    return collector.part()


def count_part(part: FilePart, task: Task, reading: Reading) -> Part:
    """Returns what there is to count of a file or a part of it; see `count_unit`."""
    collector = Collector()
    lines = 0
    blocks = blocks_of_file(part.file, reading, stops=task.stops, start=part.start, stop=part.stop)
    for block in blocks:
        for step in steps_of([block], task, collector):
            step.take(task)
        lines += block.lines
    counted = collector.part()
    # Readers name a file by its path, which here is the whole path.
    rejections = counted.rejections.rename(display_name(part.file.path), part.file.name)
    counted = replace(counted, rejections=rejections)
    if part.start or part.stop is not None:
        counted = replace(counted, lines={part.file.name: lines})
    return counted
