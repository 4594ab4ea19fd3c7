"""Counting the tokens of chat messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tokcompare.encodings.load import EncodingLike, load_encoding
from tokcompare.encodings.models.chat import find_chat_format, require_chat_format
from tokcompare.encodings.protocol import LoadedEncoding
from tokcompare.errors import ArgumentError
from tokcompare.messages import Chat, list_not_counted, parse_chat
from tokcompare.text import replace_surrogates


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatCount:
    """The tokens of chat messages.

    Attributes:
        encoding: The name of the encoding.
        messages: How many messages there are.
        contents: The tokens of the texts in their contents, each text counted by itself.
        overhead: The tokens of roles, names, and of what the model adds; None if that is not known.
        not_counted: What else the messages have, by kind, with its number: {"image_url": 2}.
    """

    encoding: str
    messages: int
    contents: int
    overhead: int | None
    not_counted: Mapping[str, int]

    @property
    def total(self) -> int | None:
        """The tokens of contents and overhead; None if the overhead is not known."""
        return None if self.overhead is None else self.contents + self.overhead


def count_chat(messages: Sequence[Mapping[str, Any]], model: EncodingLike) -> ChatCount:
    """Counts the tokens of chat messages: of their contents, and of what the model adds.

    Args:
        messages: Messages in OpenAI's form: each has a role, and a content, which is a string or a
            list of parts.
        model: The name of a model, or an encoding as `load_encoding` accepts it. What is added is
            known for the models of `encodings.models.chat`, by OpenAI's cookbook, for no other
            model, and for no encoding.

    Raises:
        ArgumentError: The messages have another form. The error names the index and the key.
        UnknownNameError: There is no model or encoding of that name.
        VocabularyError: The encoding cannot be loaded.

    >>> count_chat([{"role": "user", "content": "Hello!"}], "gpt-4o")
    ChatCount(encoding='o200k_base', messages=1, contents=2, overhead=7, not_counted={})
    """
    encoding = load_encoding(model)
    try:
        chat = parse_chat(messages)
    except ValueError as error:
        raise ArgumentError(f"{error}.") from None
    return count_parsed(chat, encoding, model)


def count_parsed(chat: Chat, encoding: LoadedEncoding, model: object) -> ChatCount:
    """Counts a chat: see `count_chat`.

    Args:
        chat: The chat.
        encoding: The encoding of the model.
        model: The name of the model, or what else was given for it.
    """

    def count(text: str) -> int:
        return len(encoding.encode(replace_surrogates(text)))

    # The name of an encoding is that of no model.
    known = find_chat_format(model) if isinstance(model, str) else None
    return ChatCount(
        encoding=encoding.name,
        messages=len(chat.labels),
        contents=sum(map(count, chat.contents)),
        overhead=None if known is None else known.overhead(chat.labels, count),
        not_counted=chat.not_counted,
    )


def count_all(messages: Sequence[Mapping[str, Any]], model: EncodingLike) -> int:
    """Returns the tokens of chat messages with all that the model adds: see `count_tokens`.

    Raises:
        ArgumentError: That is not known, or the messages have more than text.
    """
    require_chat_format(model)
    counted = count_chat(messages, model)
    if counted.not_counted:
        raise ArgumentError(
            "Chat messages have more than text, of which the tokens are not known: "
            f"{list_not_counted(counted.not_counted)}. count_chat(messages, model) counts the rest."
        )
    return counted.contents + (counted.overhead or 0)
