"""Chat messages: what is text in them, what else there is, and who says it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tokcompare.errors import kind_of

_NO_INPUT = ("weight",)
"""Keys of a message that a model is not given: of OpenAI's files for fine-tuning."""

_INSTEAD = ("audio", "function_call", "refusal", "tool_calls")
"""The keys of which one must be there in a message without content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """The messages that a model is given at a time.

    Attributes:
        contents: The texts in the contents of the messages, in order.
        labels: The role of each message, and its name; None for none.
        not_counted: What else the messages have, by kind: the type of a part of a content
            ("image_url"), or the key of a message ("tool_calls"), with its number.
    """

    contents: tuple[str, ...]
    labels: tuple[tuple[str, str | None], ...]
    not_counted: Mapping[str, int] = field(default_factory=dict, hash=False)

    @property
    def text(self) -> str:
        """The contents, joined by line feeds, to be shown; it may have other tokens than they."""
        return "\n".join(self.contents)

    @property
    def key(self) -> str:
        """A string that is another for each other chat."""
        return json.dumps([self.contents, self.labels])


def may_be_messages(value: object) -> bool:
    """Returns whether a value is a list of objects, and so may be meant as chat messages."""
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def find_messages(value: object) -> tuple[object, str]:
    """Returns the messages in the value of a JSON file, and their name for messages of errors.

    They are the value itself, or "messages", or "messages" in "body", as in OpenAI's batch files.

    Raises:
        ValueError: It has none.
    """
    if isinstance(value, list):
        return value, "messages"
    if isinstance(value, Mapping):
        if "messages" in value:
            return value["messages"], "messages"
        body = value.get("body")
        if isinstance(body, Mapping) and "messages" in body:
            return body["messages"], "body.messages"
        there_are = f"there are: {', '.join(map(str, value))}" if value else "there is none"
        raise ValueError(f"the field 'messages' is missing; {there_are}")
    raise ValueError(f"chat messages must be an array, not {kind_of(value)}")


def parse_chat(messages: object, name: str = "messages") -> Chat:
    """Returns a chat from a list of messages in OpenAI's form.

    A message has a role, and a content: a string, or a list of parts. Parts of the type "text" are
    text, and each is counted by itself.

    Args:
        messages: The messages.
        name: Their name in the error.

    Raises:
        ValueError: They have another form. The error names the index and the key, such as
            "messages[2].content".
    """
    if isinstance(messages, (str, bytes, Mapping)) or not isinstance(messages, Sequence):
        raise ValueError(f"{name} must be an array of chat messages, not {kind_of(messages)}")
    contents: list[str] = []
    labels: list[tuple[str, str | None]] = []
    others: dict[str, int] = {}
    for place, message in enumerate(messages):
        where = f"{name}[{place}]"
        if not isinstance(message, Mapping):
            raise ValueError(f"{where} must be an object, not {kind_of(message)}")
        role = _string(message, "role", where)
        has_name = message.get("name") is not None
        labels.append((role, _string(message, "name", where) if has_name else None))
        contents += _texts(message, where, others)
        for key, value in message.items():
            if key in ("role", "name", "content", *_NO_INPUT) or value is None:
                continue
            _add(others, key, len(value) if isinstance(value, list) else 1)
    return Chat(contents=tuple(contents), labels=tuple(labels), not_counted=others)


def _texts(message: Mapping[str, Any], where: str, others: dict[str, int]) -> list[str]:
    """Returns the texts of a content, and adds its other parts."""
    content = message.get("content")
    if content is None:
        if any(message.get(key) is not None for key in _INSTEAD):
            return []
        raise ValueError(f"{where}.content is {'null' if 'content' in message else 'missing'}")
    if isinstance(content, str):
        return [content]
    if not isinstance(content, (list, tuple)):
        raise ValueError(
            f"{where}.content must be a string or an array of parts, not {kind_of(content)}"
        )
    texts = []
    for place, part in enumerate(content):
        of_part = f"{where}.content[{place}]"
        if not isinstance(part, Mapping):
            raise ValueError(f"{of_part} must be an object, not {kind_of(part)}")
        kind = _string(part, "type", of_part)
        if kind == "text":
            texts.append(_string(part, "text", of_part))
        else:
            _add(others, kind, 1)
    return texts


def _string(value: Mapping[str, Any], key: str, where: str) -> str:
    if key not in value:
        raise ValueError(f"{where}.{key} is missing")
    found = value[key]
    if not isinstance(found, str):
        raise ValueError(f"{where}.{key} must be a string, not {kind_of(found)}")
    return found


def _add(others: dict[str, int], kind: str, number: int) -> None:
    if number:
        others[kind] = others.get(kind, 0) + number


def list_not_counted(not_counted: Mapping[str, int]) -> str:
    """Joins the kinds that were not counted, with their numbers, in one phrase.

    >>> list_not_counted({"image_url": 2, "tool_calls": 1})
    '2 image_url, 1 tool_calls'
    """
    return ", ".join(f"{number:,} {kind}" for kind, number in not_counted.items())
