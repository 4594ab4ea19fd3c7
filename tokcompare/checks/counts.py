"""Counts of a check: the tokens of each document, file by file, with the line that it begins at.

Documents are read and counted as for a report. A file that cannot be read ends no check: its errors
are kept with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tokcompare.counting.columns import measure
from tokcompare.counting.counter import DocumentCounter
from tokcompare.errors import SourceError
from tokcompare.languages import entry_of, match_language, may_select
from tokcompare.sources.chunks import read_file
from tokcompare.sources.document import Document, SourceFile
from tokcompare.sources.formats.format import CHUNK_SIZE
from tokcompare.sources.rejections import RejectionLog
from tokcompare.sources.source import Source
from tokcompare.text import replace_surrogates

Tokens = Mapping[str, int]
"""Numbers of tokens by encoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentCount:
    """The tokens of a document.

    Attributes:
        number: Which document of its file it is, from 1, of those that can be read.
        line: The line that it begins at, from 1; None if it has none.
        spelling: Its language as the document spells it.
        tokens: Its tokens.
    """

    number: int
    line: int | None
    spelling: str
    tokens: Tokens

    @property
    def language(self) -> str:
        """The entry of its language: see `languages.entry_of`."""
        return entry_of(self.spelling)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCount:
    """The documents of a file, and what of it could not be read.

    Attributes:
        file: The file.
        is_document: Whether the file is one document; else it consists of records.
        documents: The documents, those of the selected languages only.
        errors: The first errors of records that could not be read, or of the file.
        rejected: How many records could not be read; a file that cannot be read further is one.
        notes: What a reader of the numbers should know of the file.
        seen: The languages of all its documents, as they are spelled.
        lossy: The encodings that lose a part of its text.
    """

    file: SourceFile
    is_document: bool
    documents: tuple[DocumentCount, ...]
    errors: tuple[SourceError, ...] = ()
    rejected: int = 0
    notes: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    lossy: frozenset[str] = frozenset()


def count_files(source: Source, counter: DocumentCounter) -> list[FileCount]:
    """Counts the documents of a source, file by file.

    Raises:
        UnknownNameError: There is no document of a language that was selected.
        SourceError: The same, if none of the text says its language.
    """
    counted = [_count_file(source, file, counter) for file in source.files]
    if source.selection is None:
        return counted
    seen = dict.fromkeys(language for each in counted for language in each.seen)
    if not any(each.errors for each in counted):
        source.check_selection(seen)
    entries = list(map(entry_of, seen))
    chosen = {
        entry for wanted in source.selection for entry in match_language(wanted, entries).entries
    }
    return [
        replace(each, documents=tuple(d for d in each.documents if d.language in chosen))
        for each in counted
    ]


def _count_file(source: Source, file: SourceFile, counter: DocumentCounter) -> FileCount:
    log = RejectionLog()
    counts: list[DocumentCount] = []
    seen: dict[str, None] = {}
    lossy: set[str] = set()
    try:
        for documents in _batches(read_file(file, source.options, log), source, seen):
            try:
                counted = _count(documents, counter, lossy)
            except SourceError as error:  # a long line, say; the next one may be good
                log.add(error)
                continue
            counts += [
                DocumentCount(
                    number=number,
                    line=document.line,
                    spelling=replace_surrogates(document.language),
                    tokens=tokens,
                )
                for number, (document, tokens) in enumerate(
                    zip(documents, counted, strict=True), start=len(counts) + 1
                )
            ]
    except SourceError as error:
        log.add(error)
    rejections = log.take()
    return FileCount(
        file=file,
        is_document=file.format == "text" and not source.options.per_line,
        documents=tuple(counts),
        errors=rejections.first,
        rejected=rejections.number,
        notes=rejections.notes,
        seen=tuple(seen),
        lossy=frozenset(lossy),
    )


def _batches(
    documents: Iterable[Document], source: Source, seen: dict[str, None]
) -> Iterator[list[Document]]:
    """Yields the selected documents in lists; one too long for memory is alone in its list.

    Those before an error are yielded first.
    """
    batch: list[Document] = []
    size = 0
    failure: SourceError | None = None
    try:
        for document in documents:
            seen[replace_surrogates(document.language)] = None
            entry = entry_of(document.language)
            if source.selection is not None and not may_select(source.selection, entry):
                continue
            is_held = isinstance(document.text, str)
            if batch and (size >= CHUNK_SIZE or not is_held):
                yield batch
                batch, size = [], 0
            if not is_held:
                yield [document]
                continue
            batch.append(document)
            size += len(str(document.text))
    except SourceError as error:
        failure = error
    if batch:
        yield batch
    if failure is not None:
        raise failure


def _count(documents: list[Document], counter: DocumentCounter, lossy: set[str]) -> list[Tokens]:
    """Returns the tokens of each document, and adds the encodings that lose text of it.

    Raises:
        RecordError: A text is read from a file, and cannot be.
    """
    if not isinstance(documents[0].text, str):
        (document,) = documents
        sums = counter.count(document).sums
        columns = {key: [number] for key, number in sums.items()}
    else:
        texts = [replace_surrogates(str(document.text)) for document in documents]
        codes = [entry_of(document.language) for document in documents]
        columns, _ = measure(counter, texts, codes, [0, len(texts)], None, [])
    names = [encoding.name for encoding in counter.encodings]
    for name in names:
        if any(sum(columns.get(f"{kind} {name}", ())) for kind in ("unknown", "lost")):
            lossy.add(name)
    return [
        {name: columns[f"tokens {name}"][place] for name in names}
        for place in range(len(documents))
    ]
