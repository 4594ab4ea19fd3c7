"""Documents: a text with its language, and batches of documents in columns."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tokcompare.errors import ArgumentError, RecordError, require_str
from tokcompare.files import FileState
from tokcompare.languages import UNDETERMINED
from tokcompare.messages import Chat
from tokcompare.text import TooLongError, pieces_of, replace_surrogates


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text and its language.

    Attributes:
        text: The text; or, if it is too long for memory, an iterable of the strings that it
            consists of, which can be read once.
        language: BCP 47 code, or a code that means the same ("guj_Gujr"); "und" (undetermined) if
            the language is not named.
        published: Published numbers of tokens of this text, by encoding.
        source: The name of the file or sample set that it comes from; empty for none.
        fields: Other fields by name: strings, which documents can be grouped by, and whole numbers,
            such as the tokens that a provider has counted.
        chat: The chat messages that it consists of; the text is then theirs, to be shown, but each
            content is counted by itself. None for none.
        line: The number of the line, from 1, at which it begins in its file; None if it has none:
            if it is the whole file, or from a format whose records are no lines.
    """

    text: str | Iterable[str]
    language: str = UNDETERMINED
    published: Mapping[str, int] = field(default_factory=dict, hash=False)
    source: str = ""
    fields: Mapping[str, str | int] = field(default_factory=dict, hash=False)
    chat: Chat | None = None
    line: int | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) and (
            isinstance(self.text, (bytes, bytearray, Mapping))
            or not isinstance(self.text, Iterable)
        ):
            require_str("The text of a document", self.text)
        require_str("The language of a document", self.language)
        require_str("The source of a document", self.source)
        # Nearly always there are none, and this is done for each of millions of documents.
        if self.published != {} and not _holds(self.published, {int}):
            raise ArgumentError("What is published for a document must be whole numbers by name.")
        if self.fields != {} and not _holds(self.fields, {str, int}):
            raise ArgumentError(
                "The fields of a document must be strings or whole numbers by name."
            )


def _holds(mapping: object, kinds: set[type]) -> bool:
    return isinstance(mapping, Mapping) and {type(value) for value in mapping.values()} <= kinds


class LongText(ABC):
    """A text that is too long for memory, as the strings that it consists of, to be read once.

    Attributes:
        longest: How many bytes a part of it may have that cannot be cut.
    """

    longest: int

    @abstractmethod
    def __iter__(self) -> Iterator[str]:
        """Yields the strings."""

    @abstractmethod
    def refuse(self) -> RecordError:
        """Refuses to be read any further, because a part that cannot be cut is too large.

        Returns:
            The error, with all of the text as left out.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentBatch:
    """Documents in columns, so that little is done for each document by itself.

    Attributes:
        texts: The texts, well-formed Unicode.
        languages: Their languages, as in `Document`.
        sources: The name of the source of each.
        fields: Other fields by name; None for a document without the field.
        published: The published numbers of each; None if there are none at all.
        chats: The chat messages of each; None if there are none at all.
    """

    texts: Sequence[str]
    languages: Sequence[str]
    sources: Sequence[str]
    fields: Mapping[str, Sequence[str | int | None]] = field(default_factory=dict)
    published: Sequence[Mapping[str, int]] | None = None
    chats: Sequence[Chat | None] | None = None

    @staticmethod
    def of(documents: Sequence[Document]) -> DocumentBatch:
        """Returns a batch of documents whose texts are strings."""
        names = dict.fromkeys(name for document in documents for name in document.fields)
        has_published = any(document.published for document in documents)
        has_chats = any(document.chat is not None for document in documents)
        return DocumentBatch(
            texts=[replace_surrogates(str(document.text)) for document in documents],
            languages=[document.language for document in documents],
            sources=[document.source for document in documents],
            fields={name: [document.fields.get(name) for document in documents] for name in names},
            published=[document.published for document in documents] if has_published else None,
            chats=[document.chat for document in documents] if has_chats else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A file to be read.

    Attributes:
        path: Its path, or "-" for standard input.
        name: Its name in messages and reports.
        format: The name of its format.
        language: The language that its path names; None if it names none, or was not asked.
        spelling: How the path spells that language ("guj_Gujr" for "gu").
        state: Its state when it was planned to be read. Another state at the time of reading is an
            error. None if it was not planned, or is no file that has a state.
    """

    path: str = field(repr=False)  # a URL with its secrets, perhaps; the name has none
    name: str
    format: str
    language: str | None = None
    spelling: str | None = None
    state: FileState | None = None


def begin_digest(code: str) -> hashlib._Hash:
    """Returns the SHA-256 of a document in a language, to be continued with its text."""
    return hashlib.sha256(f"{code}\n".encode())


def extend_digest(digest: hashlib._Hash, text: str) -> None:
    """Continues a digest with a text, without a copy of all of a long one."""
    for start in range(0, len(text), _STEP):
        digest.update(text[start : start + _STEP].encode())


_STEP = 1 << 20
"""How many characters are encoded at a time."""


def pieces_of_document(document: Document, *, may_cut: bool) -> Iterator[str]:
    """Yields the pieces in which a document is counted, as well-formed Unicode.

    Args:
        document: The document.
        may_cut: Whether the counts of pieces add up to those of the text.

    Raises:
        RecordError: The text is read from a file, and cannot be; or a piece is larger than a
            record may be.
    """
    text = document.text
    if not isinstance(text, LongText):
        yield from pieces_of(text, may_cut=may_cut)
        return
    try:
        yield from pieces_of(text, may_cut=may_cut, longest=text.longest)
    except TooLongError:
        raise text.refuse() from None
