"""What all readers share: how files are read, and how a record becomes a document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tokcompare.errors import RecordError, SourceError
from tokcompare.languages import UNDETERMINED
from tokcompare.sources.document import Columns, Document
from tokcompare.text import replace_surrogates

Reject = Callable[[SourceError], None]
"""What is done with a record that cannot be read: to raise the error, or to note it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How files are read.

    Attributes:
        per_line: Whether each line of plain text is a document.
        text_field: The field of a record that holds the text.
        language_field: The field that holds the language. None means "language" where there is
            such a field; a field that is named must be there.
        language: The language of documents that do not say theirs.
        fields: Other fields that documents are to keep.
    """

    per_line: bool = False
    text_field: str = "text"
    language_field: str | None = None
    language: str = UNDETERMINED
    fields: tuple[str, ...] = ()

    @property
    def required(self) -> list[str]:
        """The fields that must be there, each once."""
        names = [self.text_field, self.language_field, *self.fields]
        return list(dict.fromkeys(name for name in names if name is not None))


Reader = Callable[[str, Reading, Reject], Iterator[Document]]
"""What yields the documents of a file; it is called with the file's path."""


def make_document(record: Mapping[str, Any], source: str, reading: Reading) -> Document:
    """Returns the document that a record is.

    Raises:
        ValueError: It cannot be one; the message says why.
    """
    text = _field(record, reading.text_field)
    if not isinstance(text, str):
        raise ValueError(f"the field {reading.text_field!r} must be a string, not {kind_of(text)}")
    if reading.language_field is None:
        language = record.get("language")
    else:
        language = _field(record, reading.language_field)
    if language is None or language == "":
        language = reading.language
    elif not isinstance(language, str):
        field = reading.language_field or "language"
        raise ValueError(f"the field {field!r} must be a string, not {kind_of(language)}")
    return Document(
        text=text,
        language=language,
        published=_published(record.get("published")),
        source=source,
        fields={field: _as_text(_field(record, field), field) for field in reading.fields},
    )


def columns_of(
    texts: list[Any],
    languages: list[Any],
    fields: Mapping[str, list[Any]],
    name: str,
    reading: Reading,
) -> Columns | None:
    """Returns the documents that values are, in columns; None if one is not what it should be."""
    if any(set(map(type, values)) - {str} for values in (texts, *fields.values())):
        return None
    if set(map(type, languages)) - {str, type(None)}:
        return None
    languages = [language or reading.language for language in languages]
    return Columns(texts=texts, languages=languages, fields=fields, source=name)


def _field(record: Mapping[str, Any], name: str) -> Any:
    if name not in record:
        there_are = f"there are: {', '.join(map(str, record))}" if record else "there is none"
        raise ValueError(f"the field {name!r} is missing; {there_are}")
    return record[name]


def _as_text(value: Any, name: str) -> str:
    if isinstance(value, str):
        return replace_surrogates(value)
    if isinstance(value, (bool, int, float)):
        return json.dumps(value)
    raise ValueError(f"the field {name!r} must be a string or a number, not {kind_of(value)}")


def _published(value: Any) -> Mapping[str, int]:
    if isinstance(value, Mapping) and all(type(number) is int for number in value.values()):
        return value
    return {}  # whoever published something else meant no numbers of tokens


_KINDS: dict[type, str] = {
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def kind_of(value: Any) -> str:
    """Returns what JSON calls the type of a value."""
    if isinstance(value, dict):
        return "an object"
    return _KINDS.get(type(value), type(value).__name__)


def add(offset: int | None, number: int) -> int | None:
    """Returns the offset of what comes so many bytes later; None if offsets are not known."""
    return None if offset is None else offset + number


def invalid_utf8(
    name: str, error: UnicodeDecodeError, *, line: int | None = None, offset: int | None
) -> RecordError:
    """Returns the error for text that is not UTF-8, of which the first fault is at an offset."""
    return RecordError(name, f"invalid UTF-8 ({error.reason})", line=line, offset=offset)
