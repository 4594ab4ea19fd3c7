"""A format of files: how a file is cut into records, and records become documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from tokcompare.errors import ArgumentError, SourceError, require_str, unknown_name
from tokcompare.languages import UNDETERMINED
from tokcompare.sources.document import Document, DocumentBatch, SourceFile
from tokcompare.sources.rejections import Extent, RejectionLog, skipping
from tokcompare.text import LONGEST

Reject = Callable[[SourceError], None]
"""Handles the error of a record that cannot be read: raises it, or notes it and returns."""

TEXT_FIELD = "text"
"""The field that holds the text unless the caller names another."""

CHUNK_SIZE = 1 << 20
"""About how many bytes of records are cut out at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How files are read.

    Attributes:
        per_line: Whether each line of plain text is a document.
        text_field: The field of a record that holds the text. Several are one text, joined by line
            feeds. A name may be a path, such as "data.body" or "messages[].content". It may hold
            chat messages, and if it is called "messages", also their JSON as a string; in JSON, a
            record without "text" may have "messages" instead.
        language_field: The field that holds the language. None means "language" where there is
            such a field; a field that is named must be there.
        language: The language of documents that do not say theirs.
        fields: Other fields that documents are to keep.
        number_fields: Fields that documents are to keep and that hold numbers of tokens.
        quoting: How CSV and TSV quote fields: "minimal" (fields may be quoted) or "none" (a
            quotation mark is text); None detects it.
        delimiter: What separates the fields of CSV and TSV; None goes by the format.
        has_header: Whether CSV and TSV begin with the names of their columns; else columns have
            numbers, from "0" on.
        max_record: How many bytes a record may have: a line, row or value, without its line end;
            of plain text that is one document, a part in which it cannot be cut.
        measures_rest: Whether the rest of a file that cannot be read any further is measured.
    """

    per_line: bool = False
    text_field: str | tuple[str, ...] = TEXT_FIELD
    language_field: str | None = None
    language: str = UNDETERMINED
    fields: tuple[str, ...] = ()
    number_fields: tuple[str, ...] = ()
    quoting: str | None = None
    delimiter: str | None = None
    has_header: bool = True
    max_record: int = LONGEST
    measures_rest: bool = False

    @property
    def text_fields(self) -> tuple[str, ...]:
        """The fields that hold the text."""
        return (self.text_field,) if isinstance(self.text_field, str) else self.text_field

    @property
    def holds_messages(self) -> bool:
        """Whether strings of the text field may be the JSON of chat messages: by its name."""
        name = self.text_field
        return isinstance(name, str) and name.rpartition(".")[2] == "messages"

    @property
    def kept(self) -> tuple[str, ...]:
        """The other fields that documents are to keep."""
        return (*self.fields, *self.number_fields)

    @property
    def required(self) -> list[str]:
        """The fields that must be there, each once."""
        names = [*self.text_fields, self.language_field, *self.kept]
        return list(dict.fromkeys(name for name in names if name is not None))


class Records(Protocol):
    """Some records of a file that are cut out and not parsed yet."""

    @property
    def size(self) -> int:
        """About how many bytes they have."""

    @property
    def lines(self) -> int:
        """How many lines of the file they have; 0 in a format whose records are not lines."""

    @property
    def extent(self) -> Extent:
        """The lines and bytes of the file that they stand in."""

    def documents(self, options: ReadOptions, reject: Reject) -> Iterator[Document]:
        """Yields the documents one by one, and rejects records that cannot be read."""

    def batch(self, options: ReadOptions) -> DocumentBatch | None:
        """Returns the documents at once, or None if a record needs a closer look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentList:
    """Records that are parsed already."""

    parsed: Sequence[Document]
    size: int = 0
    lines: int = 0
    extent: Extent = field(default_factory=Extent)

    def documents(self, options: ReadOptions, reject: Reject) -> Iterator[Document]:
        """Yields the documents."""
        yield from self.parsed

    def batch(self, options: ReadOptions) -> DocumentBatch:
        """Returns the documents at once."""
        return DocumentBatch.of(self.parsed)


Cut = Iterator[tuple[Records | Document, int | None]]
"""Records, or a document whose text is too long for memory and must be read before the next item.

With each stands how many bytes of the file, as it is on disk, have been read; None if not known.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A format of files.

    Attributes:
        suffixes: The suffixes of its files, in lower case.
        cut: Cuts a file, or the part of it from a start to a stop, into records. It is called with
            the file, the options, a function that rejects records, the start (0 for the beginning)
            and the stop (None for the end).
        extent: Returns how many positions there are at which a file of some bytes can be split:
            bytes of lines, or row groups. 0 if it must be read from its beginning.
        unit: The positions, in messages.
        needs_seek: Whether a file is read at several positions, so that it cannot be standard
            input or compressed as a whole.
    """

    suffixes: tuple[str, ...]
    cut: Callable[[SourceFile, ReadOptions, Reject, int, int | None], Cut]
    extent: Callable[[SourceFile, ReadOptions, int], int] = lambda file, options, size: 0
    unit: str = "bytes"
    needs_seek: bool = False


def note(reject: Reject, text: str) -> None:
    """Notes something on a file, if errors go to a log, which keeps notes, too."""
    if isinstance(reject, RejectionLog):
        reject.note(text)


@contextmanager
def measuring_rest(options: ReadOptions, rest: Callable[[], Extent]) -> Iterator[None]:
    """Has errors that end the reading of a file say how much of it is left out.

    Args:
        options: Whether the rest is measured.
        rest: Reads the rest and returns its extent.
    """
    try:
        yield
    except SourceError as error:
        if options.measures_rest and not error.skipped_bytes:
            skipping(error, rest())
        raise


def gather(documents: Iterable[Document]) -> Cut:
    """Yields documents in lists of about `CHUNK_SIZE` characters.

    If the documents end with an error, those before it are yielded first.
    """
    gathered: list[Document] = []
    size = 0
    failure: SourceError | None = None
    try:
        for document in documents:
            is_held = isinstance(document.text, str)
            if isinstance(document.text, str):
                gathered.append(document)
                size += len(document.text)
            if size >= CHUNK_SIZE or (gathered and not is_held):
                yield DocumentList(parsed=gathered, size=size), None
                gathered, size = [], 0
            if not is_held:
                yield document, None
    except SourceError as error:
        failure = error
    if gathered:
        yield DocumentList(parsed=gathered, size=size), None
    if failure is not None:
        raise failure


def check_quoting(quoting: object) -> str | None:
    """Returns how fields are quoted, by a name or a constant of `csv`; None to detect it.

    Raises:
        UnknownNameError: It is neither.
    """
    if quoting is None or quoting == "auto":
        return None
    if isinstance(quoting, int) and not isinstance(quoting, bool) and 0 <= quoting <= 3:
        return "none" if quoting == 3 else "minimal"
    accepted = ("auto", "minimal", "all", "nonnumeric", "none")
    if quoting not in accepted:
        raise unknown_name("quoting", str(quoting), accepted)
    # To a reader, more quotation than is needed makes no difference.
    return "none" if quoting == "none" else "minimal"


def check_delimiter(delimiter: object) -> str | None:
    """Returns the delimiter, which may be given as a backslash and a "t", or as "tab".

    Raises:
        ArgumentError: It is not one character, or a quotation mark or line end.
    """
    if delimiter is None:
        return None
    require_str("The delimiter", delimiter)
    given = str(delimiter)
    character = {"\\t": "\t", "tab": "\t"}.get(given, given)
    if len(character) != 1 or character in '"\r\n':
        raise ArgumentError(
            "The delimiter must be one character (\\t for a tab), and no quotation mark or line "
            f"end, not {given!r}."
        )
    return character


def check_header(header: object) -> bool:
    """Returns whether there is a header; None means no, as for pandas.

    Raises:
        ArgumentError: The argument is something else, such as the number of a row.
    """
    if header is not None and not isinstance(header, bool):
        raise ArgumentError(
            f"The argument header must be True, or False for a file without one, not {header!r}."
        )
    return bool(header)


_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}


def check_max_record(size: object) -> int:
    """Returns how many bytes a record may have, given as a number or as a size such as "256MB".

    Raises:
        ArgumentError: It is neither, or not positive.
    """
    found = re.fullmatch(r"([0-9]{1,18})\s*([a-z]*)", str(size).strip().lower())
    is_size = isinstance(size, (int, str)) and not isinstance(size, bool)
    if not is_size or found is None or found[2] not in _UNITS or not int(found[1]):
        raise ArgumentError(
            "The size that a record may have must be a whole number of bytes from 1 on, or a size "
            f"in KB, MB or GB such as '256MB', not {size!r}."
        )
    return int(found[1]) * _UNITS[found[2]]
