"""Parts: the counts of a part of a source, and how parts add up.

`count_chunk` counts a chunk and `PartSum.add` adds parts. The counts are the same whether one
thread calls them or a thousand machines do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from typing import TYPE_CHECKING, Any

from tokcompare.counting import stored as checked
from tokcompare.counting.counter import close_text
from tokcompare.counting.counts import Counts, CountsSum
from tokcompare.counting.spec import NOT_FIELDS, CountSpec, groups_of
from tokcompare.encodings.closed.recorded import recorded_fields
from tokcompare.errors import CheckpointError
from tokcompare.languages import entry_of
from tokcompare.sources.chunks import Block, Chunk, FileRange, TextPiece, chunks_of_range
from tokcompare.sources.document import DocumentBatch
from tokcompare.sources.formats.format import ReadOptions
from tokcompare.sources.formats.parquet import rows_of_table
from tokcompare.sources.rejections import (
    Extent,
    RejectionLog,
    Rejections,
    error_from_dict,
    error_to_dict,
    shift_line,
)
from tokcompare.text import replace_surrogates

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenText:
    """What one part knows of a long text that is counted piece by piece.

    Attributes:
        counts: The sum of the counts of the pieces; None for none.
        group: The group of the document.
        digest: The digest of the document, if the text ends in this part.
        published: The published numbers of tokens of the document.
        has_failed: Whether the text turned out to be unreadable, so that none of it counts.
    """

    counts: Counts | None
    group: str
    digest: int | None = None
    published: Mapping[str, int] = field(default_factory=dict)
    has_failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The counts of a part of a source.

    Attributes:
        groups: The counts of each group, in order of first appearance. A group of languages is
            an entry of ISO 639: see `languages.entry_of`. For other groups see
            `CountSpec.splits_groups`.
        seen: The entries of the languages of all documents, also of those that are not selected
            and not counted, in order of first appearance. `Source.check_selection` looks here for
            the selected languages.
        spellings: The languages of the same documents as the documents spell them ("guj_Gujr"), in
            order of first appearance. `Question.answer` chooses the code of a row from them.
        rejections: The records that could not be read.
        read: The lines and bytes of the records that could be read, counted or not. Together with
            those of the rejections they are all lines and bytes of the files.
        lines: For each file of which this is a part, the number of its lines in this part. Lines
            of the parts behind it are numbered from there on.
        text: A long text that is not complete yet, if there is one. Parts with such a text are
            added in their order, from the left.
    """

    groups: Mapping[str, Counts] = field(default_factory=dict)
    seen: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    rejections: Rejections = field(default_factory=Rejections)
    read: Extent = field(default_factory=Extent)
    lines: Mapping[str, int] = field(default_factory=dict)
    text: OpenText | None = None

    def __add__(self, other: Part) -> Part:
        """Returns this part with the other behind it. Addition is associative."""
        return add_parts([self, other])

    def to_dict(self) -> dict[str, Any]:
        """Returns the part as values that JSON can hold."""
        return {
            "groups": {group: counts.to_dict() for group, counts in self.groups.items()},
            "seen": list(self.seen),
            "spellings": list(self.spellings),
            "rejected": self.rejections.number,
            "rejected_lines": self.rejections.lines,
            "rejected_bytes": self.rejections.bytes,
            "rejections": list(map(error_to_dict, self.rejections.first)),
            "notes": list(self.rejections.notes),
            "read": [self.read.lines, self.read.size],
            "lines": dict(self.lines),
            "text": None
            if self.text is None or self.text.counts is None
            else {"group": self.text.group, "counts": self.text.counts.to_dict()},
        }

    @staticmethod
    def from_dict(stored: Mapping[str, Any]) -> Part:
        """Returns the part that `to_dict` stored.

        Raises:
            CheckpointError: It is damaged.
        """
        try:
            return _part_of(stored)
        except (ValueError, RecursionError) as error:
            raise _damaged(error) from error

    def to_json(self) -> str:
        """Returns the part in JSON, to be sent to another process or stored.

        It holds whole numbers and text only: `from_json` returns the same part, to the last digit.
        """
        return json.dumps(self.to_dict(), ensure_ascii=True)

    @staticmethod
    def from_json(text: str) -> Part:
        """Returns the part that `to_json` wrote.

        Raises:
            CheckpointError: It is damaged, or something else.
        """
        try:
            stored = json.loads(
                text,
                parse_constant=checked.refuse_constant,
                object_pairs_hook=checked.unique,
            )
        except (ValueError, TypeError, RecursionError) as error:
            raise _damaged(error) from error
        return Part.from_dict(stored)


_STORED = (
    *("groups", "seen", "spellings", "rejected", "rejected_lines", "rejected_bytes"),
    *("rejections", "notes", "read", "lines", "text"),
)


def _part_of(stored: object) -> Part:
    stored = checked.record(stored, _STORED)
    first = checked.items(stored["rejections"], error_from_dict)
    rejections = Rejections(
        number=checked.whole(stored["rejected"]),
        lines=checked.whole(stored["rejected_lines"]),
        bytes=checked.whole(stored["rejected_bytes"]),
        first=first,
        notes=checked.items(stored["notes"], checked.string),
    )
    if len(first) > rejections.number:
        raise ValueError("there are more errors than rejections")
    return Part(
        groups=checked.mapping(stored["groups"], Counts.from_dict),
        seen=checked.items(stored["seen"], checked.string),
        spellings=checked.items(stored["spellings"], checked.string),
        rejections=rejections,
        read=Extent(*checked.row(stored["read"], checked.whole, checked.whole)),
        lines=checked.mapping(stored["lines"], checked.whole),
        text=None if stored["text"] is None else _text_of(stored["text"]),
    )


def _text_of(stored: object) -> OpenText:
    stored = checked.record(stored, ("group", "counts"))
    return OpenText(
        group=checked.string(stored["group"]), counts=Counts.from_dict(stored["counts"])
    )


def _damaged(error: Exception) -> CheckpointError:
    return CheckpointError(
        f"A part of a result that was stored is damaged: {error}. Count that part again."
    )


def add_parts(parts: Iterable[Part]) -> Part:
    """Returns the sum of parts, in their order."""
    total = PartSum()
    for part in parts:
        total.add(part)
    return total.part()


class PartSum:
    """A growing sum of parts, which are added in the order of the source.

    Attributes:
        rejections: The records that could not be read so far.
        read: The lines and bytes that could be read so far.
        documents: The number of documents counted so far.
    """

    def __init__(self) -> None:
        self._groups: dict[str, CountsSum] = {}
        self._seen: dict[str, None] = {}
        self._spellings: dict[str, None] = {}
        self._lines: dict[str, int] = {}
        self._open: CountsSum | None = None
        self._open_group = ""
        self.rejections = Rejections()
        self.read = Extent()
        self.documents = 0

    def add(self, part: Part) -> None:
        """Adds the next part."""
        for group, counts in part.groups.items():
            self._add_counts(group, counts)
        self._seen |= dict.fromkeys(part.seen)
        self._spellings |= dict.fromkeys(part.spellings)
        first = tuple(shift_line(error, self._lines) for error in part.rejections.first)
        self.rejections += replace(part.rejections, first=first)
        self.read += part.read
        for name, lines in part.lines.items():
            self._lines[name] = self._lines.get(name, 0) + lines
        if part.text is not None:
            self._add_text(part.text)

    def part(self) -> Part:
        """Returns the sum."""
        text = None
        if self._open is not None:
            text = OpenText(counts=self._open.counts(), group=self._open_group)
        return Part(
            groups={group: counts.counts() for group, counts in self._groups.items()},
            seen=tuple(self._seen),
            spellings=tuple(self._spellings),
            rejections=self.rejections,
            read=self.read,
            lines=dict(self._lines),
            text=text,
        )

    def _add_counts(self, group: str, counts: Counts) -> None:
        self.documents += counts.documents
        if group in self._groups:
            self._groups[group].add(counts)
        else:
            self._groups[group] = CountsSum(counts)

    def _add_text(self, text: OpenText) -> None:
        if text.counts is not None:
            if self._open is None:
                self._open, self._open_group = CountsSum(text.counts), text.group
            else:
                self._open.add(text.counts)
        if text.has_failed:
            self._open = None
        elif text.digest is not None and self._open is not None:
            counts = close_text(self._open.counts(), text.digest, text.published)
            self._add_counts(text.group, counts)
            self._open = None


def count_chunk(chunk: Chunk, spec: CountSpec) -> Part:
    """Counts a chunk of a source.

    Raises:
        ArgumentError: A document lacks the field that documents are grouped by.
        EngineError: The tokens of the engine are not those of tiktoken.
    """
    if isinstance(chunk, FileRange):
        return _count_range(chunk, spec)
    return _count_piece(chunk, spec) if isinstance(chunk, TextPiece) else _count_block(chunk, spec)


def count_batch(batch: pa.RecordBatch | pa.Table, spec: CountSpec) -> Part:
    """Counts an Arrow batch: see `Question.count`."""
    import pyarrow as pa

    table = batch if isinstance(batch, pa.Table) else pa.Table.from_batches([batch])
    fields = () if spec.by in NOT_FIELDS else (spec.by,)
    recorded = tuple(dict.fromkeys(recorded_fields(spec.counter.encodings).values()))
    options = ReadOptions(fields=fields, number_fields=recorded)
    return _count_block(Block(records=rows_of_table(table, options), options=options), spec)


def _count_range(chunk: FileRange, spec: CountSpec) -> Part:
    total = PartSum()
    lines = 0
    chunks = chunks_of_range(chunk, stop_on_error=spec.stop_on_error, may_cut=spec.counter.may_cut)
    for inner in chunks:
        total.add(count_chunk(inner, spec))
        lines += inner.lines
    part = total.part()
    return replace(part, lines={chunk.file.name: lines}) if chunk.is_partial else part


def _count_block(block: Block, spec: CountSpec) -> Part:
    log = RejectionLog(stop_on_error=spec.stop_on_error)
    batch = block.read(log)
    known = {language: entry_of(language) for language in dict.fromkeys(batch.languages)}
    codes = list(map(known.__getitem__, batch.languages))
    selected = {code: spec.selects(code) for code in known.values()}
    if not all(selected.values()):
        chosen = list(map(selected.__getitem__, codes))
        batch, codes = _select(batch, chosen), list(compress(codes, chosen))
    groups = spec.counter.count_many(
        batch.texts,
        codes,
        groups_of(batch, codes, spec),
        fields=batch.fields,
        published=batch.published,
        chats=batch.chats,
        engine=spec.fast_engine,
        verified=spec.verify,
    )
    rejected = log.take()
    return Part(
        groups=groups,
        seen=tuple(selected),
        spellings=tuple(map(replace_surrogates, known)),
        rejections=block.rejections + rejected,
        read=block.records.extent - rejected.extent,
    )


def _count_piece(piece: TextPiece, spec: CountSpec) -> Part:
    document = piece.document
    code = entry_of(document.language)
    spec.counter.require_chats([None])  # chat messages are never a long text
    spelling = replace_surrogates(document.language)
    if not spec.selects(code):
        return Part(seen=(code,), spellings=(spelling,), rejections=piece.rejections)
    (group,) = groups_of(DocumentBatch.of([document]), [code], spec)
    if piece.text is not None:
        counts = spec.counter.count_piece(
            piece.text, code, engine=spec.fast_engine, verified=spec.verify
        )
        return Part(text=OpenText(counts=counts, group=group))
    is_first = piece.digest is None and not piece.has_failed
    digest = piece.digest
    if digest is not None:
        digest = spec.counter.close_digest(digest.to_bytes(32), document.fields)
    return Part(
        seen=(code,),
        spellings=(spelling,),
        rejections=piece.rejections,
        text=OpenText(
            counts=spec.counter.begin_text(code, document.fields) if is_first else None,
            group=group,
            digest=digest,
            published=spec.counter.published([document.published]),
            has_failed=piece.has_failed,
        ),
    )


def _select(batch: DocumentBatch, chosen: Sequence[bool]) -> DocumentBatch:
    return DocumentBatch(
        texts=list(compress(batch.texts, chosen)),
        languages=list(compress(batch.languages, chosen)),
        sources=list(compress(batch.sources, chosen)),
        fields={name: list(compress(column, chosen)) for name, column in batch.fields.items()},
        published=None if batch.published is None else list(compress(batch.published, chosen)),
        chats=None if batch.chats is None else list(compress(batch.chats, chosen)),
    )
