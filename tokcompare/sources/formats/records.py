"""Records: a record of a file becomes a document, or the error says why it cannot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tokcompare.errors import MOST_TOKENS, RecordError, kind_of, number_of
from tokcompare.messages import Chat, may_be_messages, parse_chat
from tokcompare.sources.document import Document, DocumentBatch
from tokcompare.sources.formats.format import TEXT_FIELD, ReadOptions
from tokcompare.text import printable, replace_surrogates


def make_document(
    record: Mapping[str, Any], source: str, options: ReadOptions, *, line: int | None = None
) -> Document:
    """Makes a document of a record.

    Args:
        record: The values by the name of the field.
        source: The name of the file.
        options: How it is read.
        line: The number of the line at which the record begins; None if it has none.

    Raises:
        ValueError: The record cannot be one; the message says why.
    """
    text = record.get(options.text_field) if isinstance(options.text_field, str) else None
    chat = None
    if not isinstance(text, str) or (options.holds_messages and _BEGIN_OF_MESSAGES.match(text)):
        chat = _chat_of(record, options)
        if chat is None:
            texts = [text for name in options.text_fields for text in _texts(record, name)]
            text = "\n".join(texts)
        else:
            text = chat.text
    if options.language_field is None:
        language = record.get("language")
    else:
        language = field_of(record, options.language_field)
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
        fields=_fields(record, options) if options.kept else {},
        chat=chat,
        line=line,
    )


def _chat_of(record: Mapping[str, Any], options: ReadOptions) -> Chat | None:
    """Returns the chat messages of a record: of its text field, or "messages" if it has no text.

    Raises:
        ValueError: They are malformed.
    """
    if not isinstance(options.text_field, str):
        return None
    name = options.text_field
    if name == TEXT_FIELD and name not in record and "messages" in record:
        messages = field_of(record, "messages")
        return parse_chat(messages)
    if "[]" in name and name not in record:
        return None
    messages = field_of(record, name)
    if isinstance(messages, str) and options.holds_messages:
        messages = _parse_messages(messages, name)
    return parse_chat(messages, name) if may_be_messages(messages) else None


_BEGIN_OF_MESSAGES = re.compile(r"\s*\[\s*\{")


def _parse_messages(text: str, name: str) -> object:
    """Returns the chat messages that a string is the JSON of; the string if it is other text.

    Raises:
        ValueError: It begins as JSON, and is malformed.
    """
    if not _BEGIN_OF_MESSAGES.match(text):
        return text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        reason = f"malformed JSON ({error.msg}), character {error.pos + 1:,}"
    except RecursionError:
        reason = "arrays and objects that are nested too deep"
    except ValueError:
        reason = "a number with too many digits"
    raise ValueError(f"the field {name!r} must hold chat messages, not {reason}")


def notes_on_chat(document: Document, name: str, options: ReadOptions) -> Iterator[str]:
    """Yields the notes on the chat messages of a file, if it has any."""
    if document.chat is None:
        return
    if options.text_field == TEXT_FIELD:
        yield (
            f"{name!r} has records without the field {TEXT_FIELD!r}, but with chat messages, whose "
            "contents are counted."
        )
    for kind in document.chat.not_counted:
        yield f"{name!r} has chat messages with {printable(kind)!r}, which is not counted."


def batch_of(
    texts: list[Any],
    languages: list[Any],
    fields: Mapping[str, list[Any]],
    name: str,
    options: ReadOptions,
) -> DocumentBatch | None:
    """Returns documents made of columns of values; None if a value has another type."""
    if set(map(type, texts)) - {str}:
        return None
    if options.holds_messages and any(map(_BEGIN_OF_MESSAGES.match, texts)):
        return None
    for field, values in fields.items():
        is_number = field in options.number_fields
        if set(map(type, values)) - {int if is_number else str}:
            return None
        if is_number and values and not 0 <= min(values) <= max(values) <= MOST_TOKENS:
            return None
    if set(map(type, languages)) - {str, type(None)}:
        return None
    languages = [language or options.language for language in languages]
    return DocumentBatch(
        texts=texts, languages=languages, sources=[name] * len(texts), fields=fields
    )


def keys_of(name: str) -> list[str]:
    """Returns the names of a field and of all that it may lie in.

    >>> keys_of("messages[].content"), keys_of("text")
    (['messages[].content', 'messages', 'content'], ['text'])
    """
    parts = [part.removesuffix("[]") for part in name.split(".")]
    return list(dict.fromkeys([name, *filter(None, parts)]))


_WAY_OUT = (
    ". --text-field names another; --input-format text counts files as they stand "
    "(in Python text_field=, input_format='text')"
)


def field_of(record: Mapping[str, Any], name: str) -> Any:
    """Returns the value of a field of a record.

    A name is that of a field; or, if there is no such field, a path into objects, such as
    "data.body". "messages[].content" is the list of the fields of all objects of an array.

    Raises:
        ValueError: There is no such field, or one is there twice.
    """
    try:
        return _follow(record, name)
    except KeyError:
        there_are = f"there are: {', '.join(map(str, record))}" if record else "there is none"
        way_out = _WAY_OUT if name == TEXT_FIELD else ""
        raise ValueError(f"the field {name!r} is missing; {there_are}{way_out}") from None


def _follow(value: Any, path: str) -> Any:
    """Returns the value at the end of a path.

    Raises:
        KeyError: The path ends at a name that is not there.
    """
    if not isinstance(value, Mapping):
        raise KeyError(path)
    if path in value:
        if path in getattr(value, "repeated", ()):
            raise ValueError(f"the field {path!r} is there twice")
        return value[path]
    head, _, rest = path.partition(".")
    name = head.removesuffix("[]")
    if head == path and name == head:
        raise KeyError(path)
    inner = _follow(value, name)
    if name == head:
        return _follow(inner, rest)
    if not isinstance(inner, list):
        raise ValueError(f"the field {name!r} must be an array, not {kind_of(inner)}")
    return [_follow(item, rest) for item in inner] if rest else inner


def _texts(record: Mapping[str, Any], name: str) -> list[str]:
    """Returns the texts of a field: one, or those of the items of an array that the name goes into.

    Raises:
        ValueError: The field is missing, or a text is no string.
    """
    value = field_of(record, name)
    if isinstance(value, str):
        return [value]
    texts = list(_flat(value)) if "[]" in name and name not in record else [value]
    for text in texts:
        if not isinstance(text, str):
            raise ValueError(f"the field {name!r} must be a string, not {kind_of(text)}")
    return texts


def _flat(value: Any) -> Iterator[Any]:
    """Yields the items of an array, and of the arrays in it."""
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    else:
        yield value


def _fields(record: Mapping[str, Any], options: ReadOptions) -> dict[str, str | int]:
    """Returns the fields that a document is to keep.

    Raises:
        ValueError: One is missing, or holds another kind of value.
    """
    fields: dict[str, str | int] = {
        name: _as_text(field_of(record, name), name) for name in options.fields
    }
    numbers = {name: number_of(field_of(record, name), name) for name in options.number_fields}
    return fields | numbers


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


def add(offset: int | None, number: int) -> int | None:
    """Returns an offset moved by a number of bytes; None if offsets are not known."""
    return None if offset is None else offset + number


def invalid_utf8(
    name: str, error: UnicodeDecodeError, *, line: int | None = None, offset: int | None
) -> RecordError:
    """Returns the error for text that is not UTF-8; the first fault is at the offset."""
    return RecordError(name, f"invalid UTF-8 ({error.reason})", line=line, offset=offset)


def too_large(longest: int) -> str:
    """Returns the reason for rejecting a record that has more bytes than it may have."""
    units = ((10**9, " GB"), (10**6, " MB"), (10**3, " KB"), (1, " bytes"))
    size, unit = next((size, unit) for size, unit in units if longest % size == 0)
    return (
        f"it has more than {longest // size:,}{unit}, the largest size that a record may have; "
        "--max-record sets another (in Python max_record=)"
    )
