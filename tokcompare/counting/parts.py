"""Parts: what has been counted of a part of a source, and how two parts become one.

One function counts a block and one operator merges parts; whoever calls them, on one thread or on a
thousand machines, comes to the same counts. Nothing here knows who calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import TYPE_CHECKING

from tokcompare.counting.counter import Counting, Counts, Measured, Tally
from tokcompare.counting.engines import LEAST_VERIFIED, find_engine
from tokcompare.encodings.kinds.bpe import TiktokenEncoding
from tokcompare.errors import ArgumentError, SourceError
from tokcompare.languages import Language, code_of
from tokcompare.sources.chunks import Block, block_of_rows
from tokcompare.sources.document import Columns, Document
from tokcompare.sources.formats.records import Reading
from tokcompare.sources.rejections import RejectionLog, Rejections, shift_line
from tokcompare.text import replace_surrogates

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be done with each block.

    Attributes:
        counting: What is counted of a document.
        by: What documents are grouped by: "language", "source" or the name of a field.
        selection: The codes of the languages whose documents are taken; None for all.
        stops: Whether to stop at the first record that cannot be read.
        in_columns: Whether documents are counted many at once, which needs numpy.
        engine: The name of the engine that encodes many at once, or "auto".
        verify: The share of documents that is held against tiktoken.
    """

    counting: Counting
    by: str = "language"
    selection: tuple[str, ...] | None = None
    stops: bool = True
    in_columns: bool = False
    engine: str = "auto"
    verify: float = LEAST_VERIFIED

    def for_many(self) -> Task:
        """Returns the task as it is done where there are many documents.

        Raises:
            ArgumentError: The engine is not installed.
        """
        found = find_engine(self.engine)
        in_columns = self.counting.fits_columns
        can_encode = found is not None and any(map(found.can_encode, self.counting.encodings))
        engine = found.name if found is not None and can_encode and in_columns else "tiktoken"
        return replace(self, in_columns=in_columns, engine=engine)

    @property
    def engine_in_use(self) -> str:
        """The engine and its version, if it is another than tiktoken; else ""."""
        if not self.in_columns or self.engine == "tiktoken":
            return ""
        from importlib.metadata import version

        return f"{self.engine} {version(self.engine)}"

    def group_of(self, document: Document) -> str:
        """Returns the group of a document.

        Raises:
            ArgumentError: It lacks the field that documents are grouped by.
        """
        if self.by == "language":
            return code_of(document.language)
        if self.by == "source":
            return document.source or "documents"
        if self.by not in document.fields:
            raise ArgumentError(
                f"Documents are to be grouped by {self.by!r}, which is not a field of each of "
                "them; group by 'language', 'source' or a field."
            )
        return document.fields[self.by]

    def takes(self, code: str) -> bool:
        """Returns whether documents in the language of that code are taken."""
        return self.selection is None or code in self.selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What has been counted of a part of a source.

    Attributes:
        groups: The counts of each group, in order of first appearance.
        seen: The codes of the languages that there are documents of, selected or not, likewise.
        rejections: What could not be read.
        lines: How many lines there are in the part of each file that is counted in parts, by the
            name of the file: lines of the parts behind it are numbered from there on.
    """

    groups: Mapping[str, Counts] = field(default_factory=dict)
    seen: tuple[str, ...] = ()
    rejections: Rejections = field(default_factory=Rejections)
    lines: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Part) -> Part:
        """Returns the part that is this one and the other behind it. It is associative."""
        return add_parts([self, other])


def add_parts(parts: Iterable[Part]) -> Part:
    """Returns the part that some parts are together, in their order."""
    collector = Collector()
    for part in parts:
        collector.add(part)
    return collector.part()


class Collector:
    """Parts that are added up one by one, in their order.

    Attributes:
        rejections: What could not be read so far.
        documents: How many documents have been counted.
        open: What has been measured of a document that is not finished; None if there is none.
    """

    def __init__(self, part: Part | None = None, measured: Measured | None = None) -> None:
        self._groups: dict[str, Tally] = {}
        self._seen: dict[str, None] = {}
        self._lines: dict[str, int] = {}
        self.rejections = Rejections()
        self.documents = 0
        self.open = measured
        if part is not None:
            self.add(part)

    def add(self, part: Part) -> None:
        """Adds the part that comes next."""
        for group, counts in part.groups.items():
            self.documents += counts.documents
            if group in self._groups:
                self._groups[group].add(counts)
            else:
                self._groups[group] = Tally(counts)
        self._seen |= dict.fromkeys(part.seen)
        if part.rejections.number:
            first = tuple(shift_line(error, self._lines) for error in part.rejections.first)
            self.rejections += replace(part.rejections, first=first)
        for name, lines in part.lines.items():
            self._lines[name] = self._lines.get(name, 0) + lines

    def part(self) -> Part:
        """Returns what has been added."""
        return Part(
            groups={group: tally.counts() for group, tally in self._groups.items()},
            seen=tuple(self._seen),
            rejections=self.rejections,
            lines=dict(self._lines),
        )


def load_for(task: Task) -> None:
    """Loads all that counting takes, which is otherwise loaded when it is first needed."""
    engine = find_engine(task.engine) if task.in_columns else None
    encodings = sorted(task.counting.encodings, key=lambda each: -each.vocabulary_size)
    # The largest takes longest, and all the rest no longer than that.
    pool = ThreadPoolExecutor(2)
    loading = [
        pool.submit(engine.load, encoding)
        for encoding in encodings
        if engine is not None and engine.can_encode(encoding)
    ]
    # tiktoken verifies what the engine does.
    loading += [
        pool.submit(encoding.load)
        for encoding in encodings
        if isinstance(encoding, TiktokenEncoding)
    ]
    try:
        if task.in_columns:
            import tokcompare.counting.columns  # noqa: F401
        for future in loading:
            future.result()
    finally:
        # Whoever interrupts does not wait for what is being loaded.
        pool.shutdown(wait=all(future.done() for future in loading), cancel_futures=True)


def count_block(block: Block, task: Task) -> Part:
    """Returns what there is to count of a block.

    Raises:
        ArgumentError: A document lacks the field that documents are grouped by.
        EngineError: The engine's tokens are not those of tiktoken.
    """
    rejecting = RejectionLog(stop_on_error=task.stops)
    columns = block.columns() if task.in_columns else None
    if columns is not None:
        part = _count_columns(*_rows_of_columns(columns, task), task)
    else:
        documents = list(_read(block, rejecting))
        seen = dict.fromkeys(code_of(document.language) for document in documents)
        documents = [document for document in documents if task.takes(code_of(document.language))]
        if task.in_columns and not any(document.published for document in documents):
            part = _count_columns(*_rows_of_documents(documents, task), task)
        else:
            part = _count_one_by_one(documents, task)
        part = replace(part, seen=tuple(seen))
    return replace(part, rejections=block.rejections + rejecting.take())


def count_batch(batch: pa.RecordBatch | pa.Table, task: Task) -> Part:
    """Returns what there is to count of an Arrow batch: see `Question.count`."""
    import pyarrow as pa

    table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
    fields = () if task.by in ("language", "source") else (task.by,)
    return count_block(block_of_rows(table, Reading(fields=fields)), task)


def count_piece(piece: str, language: Language, task: Task) -> Measured:
    """Returns what there is to measure of a piece of a document that is too long to be held.

    Raises:
        EngineError: The engine's tokens are not those of tiktoken.
    """
    measured = task.counting.begin(language)
    if task.in_columns:
        from tokcompare.counting.columns import measure_piece

        engine = find_engine(task.engine)
        measured.sums.update(measure_piece(piece, task.counting, engine, task.verify))
    else:
        task.counting.measure(piece, measured)
    return measured


def _read(block: Block, rejecting: RejectionLog) -> Iterator[Document]:
    try:
        yield from block.documents(rejecting)
    except SourceError:
        if not rejecting.number:  # else it is the one that was noted
            raise


def _count_one_by_one(documents: list[Document], task: Task) -> Part:
    groups: dict[str, Tally] = {}
    for document in documents:
        group = task.group_of(document)
        counts = task.counting.count(document)
        if group in groups:
            groups[group].add(counts)
        else:
            groups[group] = Tally(counts)
    return Part(groups={group: tally.counts() for group, tally in groups.items()})


Rows = tuple[list[str], list[str], list[str]]
"""Of each document its text, the code of its language, and its group."""


def _rows_of_columns(columns: Columns, task: Task) -> Rows:
    known = {language: code_of(language) for language in dict.fromkeys(columns.languages)}
    codes = list(map(known.__getitem__, columns.languages))
    if task.by == "language":
        return columns.texts, codes, codes
    if task.by == "source":
        return columns.texts, codes, [columns.source or "documents"] * len(codes)
    return columns.texts, codes, columns.fields[task.by]


def _rows_of_documents(documents: list[Document], task: Task) -> Rows:
    texts = [replace_surrogates(str(document.text)) for document in documents]
    codes = [code_of(document.language) for document in documents]
    return texts, codes, list(map(task.group_of, documents))


def _count_columns(texts: list[str], codes: list[str], groups: list[str], task: Task) -> Part:
    from tokcompare.counting.columns import count_columns

    seen = dict.fromkeys(codes)
    if not all(map(task.takes, seen)):
        taken = [task.takes(code) for code in codes]
        texts, codes, groups = (list(compress(row, taken)) for row in (texts, codes, groups))
    engine = find_engine(task.engine)
    counts = count_columns(texts, codes, groups, task.counting, engine, task.verify)
    return Part(groups=counts, seen=tuple(seen))
