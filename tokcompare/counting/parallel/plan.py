"""Plans: a source is split into shards, each of which any machine can count by itself.

A shard is some files or a part of one: bytes of a file of lines, cut where lines end, or row groups
of a Parquet file. Of large files the first bytes are read, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tokcompare.counting.parts import Part, PartSum, count_chunk
from tokcompare.counting.spec import CountSpec
from tokcompare.errors import ClusterError, SourceError, TokcompareError
from tokcompare.files import hide_secrets
from tokcompare.sources.chunks import FileRange, split_file
from tokcompare.sources.source import Source
from tokcompare.sources.storage import stored_file

SHARD = 1 << 26
"""About how many bytes a shard has."""

_LEAST = 16
"""How many bytes a shard has at least: a byte order mark and more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The input of one task of a worker.

    Attributes:
        ranges: Files and parts of files.
        size: About how many bytes they have.
    """

    ranges: tuple[FileRange, ...]
    size: int

    def __str__(self) -> str:
        more = f" and {len(self.ranges) - 1:,} more files" if len(self.ranges) > 1 else ""
        return f"{self.ranges[0]}{more}"


def sizes_of(source: Source) -> list[int]:
    """Returns how many bytes each file of a source has.

    Raises:
        SourceError: It has standard input, or a file that does not exist.
    """
    sizes = []
    for file in source.files:
        size = stored_file(file.path).size()
        if size is None:
            raise SourceError(
                f"{file.name!r} is not a file that every worker can read; write it to one first."
            )
        sizes.append(size)
    return sizes


def plan(source: Source, *, size: int | None = None) -> list[Shard]:
    """Splits a source into shards, in its order.

    Args:
        source: The source, which must be of files that can be read anywhere.
        size: About how many bytes a shard is to have; None for `SHARD`.

    Raises:
        SourceError: It has standard input, or a file cannot be read.
    """
    length = max(size or SHARD, _LEAST)
    shards: list[Shard] = []
    held: list[FileRange] = []

    def close() -> None:
        if held:
            shards.append(Shard(ranges=tuple(held), size=_size(held)))
        held.clear()

    for file, bytes_of_file in zip(source.files, sizes_of(source), strict=True):
        stored = stored_file(file.path)
        state = stored.state()
        # A worker may have another working directory, and mount the folder as another device.
        file = replace(file, path=stored.absolute_path, state=state and state.anywhere)
        ranges = split_file(file, source.options, bytes_of_file, length)
        if len(ranges) > 1:
            close()
            shards += [Shard(ranges=(part,), size=part.size) for part in ranges]
            continue
        if _size(held) + bytes_of_file > length:
            close()
        held += ranges
    close()
    return shards


def _size(ranges: list[FileRange]) -> int:
    return sum(part.size for part in ranges)


def count_shard(shard: Shard, spec: CountSpec) -> Part:
    """Counts a shard: the work of one task, on any machine.

    Records that cannot be read are noted in the part, even if the specification stops at the first
    one. Only the caller that adds the parts knows which is the first of all.

    Raises:
        TokcompareError: The engine and tiktoken differ, or a document lacks a field.
        ClusterError: Anything else went wrong; it names the shard.
    """
    total = PartSum()
    try:
        for part in shard.ranges:
            total.add(count_chunk(part, spec))
            if spec.stop_on_error and total.rejections.number:
                break
    except TokcompareError:
        raise
    except Exception as error:
        reason = hide_secrets(f"{type(error).__name__}: {error}")
        raise ClusterError(f"The shard {shard} cannot be counted: {reason}") from error
    return total.part()
