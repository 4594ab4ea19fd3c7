"""A document: a text, its language, and where it comes from; and many of them in columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tokcompare.errors import ArgumentError, require_str
from tokcompare.languages import UNDETERMINED


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text and its language.

    Attributes:
        text: The text; or, of one too long to be held in memory, an iterable of the strings that
            it consists of, which can be read once.
        language: BCP 47 code, or what people write for it ("guj_Gujr"); "und" (undetermined) if
            nobody has named it.
        published: Numbers of tokens that have been published for this very text, by encoding.
        source: What people call the file or sample set that it comes from; empty if it is none.
        fields: What else is known of the document and what it can be grouped by, by name.
    """

    text: str | Iterable[str]
    language: str = UNDETERMINED
    published: Mapping[str, int] = field(default_factory=dict, hash=False)
    source: str = ""
    fields: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) and (
            isinstance(self.text, (bytes, bytearray, Mapping))
            or not isinstance(self.text, Iterable)
        ):
            require_str("The text of a document", self.text)
        require_str("The language of a document", self.language)
        require_str("The source of a document", self.source)
        # Nearly always there are none, and this is done for each of millions of documents.
        if self.published != {} and not _holds(self.published, int):
            raise ArgumentError("What is published for a document must be whole numbers by name.")
        if self.fields != {} and not _holds(self.fields, str):
            raise ArgumentError("The fields of a document must be strings by name.")


def _holds(mapping: object, kind: type) -> bool:
    return isinstance(mapping, Mapping) and all(type(value) is kind for value in mapping.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Documents of one file, in columns, so that nothing need be done for each one by itself.

    Attributes:
        texts: The texts, well-formed Unicode.
        languages: Their languages, as in `Document`.
        fields: What they can be grouped by, by name.
        source: What people call the file.
    """

    texts: list[str]
    languages: list[str]
    fields: Mapping[str, list[str]]
    source: str
