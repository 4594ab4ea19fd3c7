"""Records: a record of a file becomes a document, or the error says why it cannot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tokcompare.errors import RecordError
from tokcompare.sources.document import Document, DocumentBatch
from tokcompare.sources.formats.format import ReadOptions
from tokcompare.text import replace_surrogates


def make_document(record: Mapping[str, Any], source: str, options: ReadOptions) -> Document:
    """Makes a document of a record.

    Raises:
        ValueError: The record cannot be one; the message says why.
    """
    text = _field(record, options.text_field)
    if not isinstance(text, str):
        raise ValueError(f"the field {options.text_field!r} must be a string, not {kind_of(text)}")
    if options.language_field is None:
        language = record.get("language")
    else:
        language = _field(record, options.language_field)
    if language is None or language == "":
        language = options.language
    elif not isinstance(language, str):
        field = options.language_field or "language"
        raise ValueError(f"the field {field!r} must be a string, not {kind_of(language)}")
    return Document(
        text=text,
        language=language,
        published=_published(record.get("published")),
        source=source,
        fields={field: _as_text(_field(record, field), field) for field in options.fields},
    )


def batch_of(
    texts: list[Any],
    languages: list[Any],
    fields: Mapping[str, list[Any]],
    name: str,
    options: ReadOptions,
) -> DocumentBatch | None:
    """Returns documents made of columns of values; None if a value has another type."""
    if any(set(map(type, values)) - {str} for values in (texts, *fields.values())):
        return None
    if set(map(type, languages)) - {str, type(None)}:
        return None
    languages = [language or options.language for language in languages]
    return DocumentBatch(
        texts=texts, languages=languages, sources=[name] * len(texts), fields=fields
    )


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
    return {}  # a field of this name that holds no numbers of tokens


_KINDS: dict[type, str] = {
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
}


def kind_of(value: Any) -> str:
    """Returns the name that JSON has for the type of a value."""
    if isinstance(value, dict):
        return "an object"
    return _KINDS.get(type(value), type(value).__name__)


def add(offset: int | None, number: int) -> int | None:
    """Returns an offset moved by a number of bytes; None if offsets are not known."""
    return None if offset is None else offset + number


def invalid_utf8(
    name: str, error: UnicodeDecodeError, *, line: int | None = None, offset: int | None
) -> RecordError:
    """Returns the error for text that is not UTF-8; the first fault is at the offset."""
    return RecordError(name, f"invalid UTF-8 ({error.reason})", line=line, offset=offset)
