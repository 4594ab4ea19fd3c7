"""Counting the tokens of one text, or of chat messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tokcompare.encodings.load import EncodingLike, load_encoding
from tokcompare.errors import ArgumentError


def count_tokens(
    text: str | Sequence[Mapping[str, Any]],
    encoding: EncodingLike | None = None,
    *,
    model: str | None = None,
) -> int:
    """Returns the number of tokens of a text, or of chat messages, under an encoding.

    Under OpenAI's encodings, that of a text is `len(tiktoken.Encoding.encode_ordinary(text))`, for
    every string: text that looks like a special token is ordinary text, and a lone surrogate counts
    as U+FFFD. That of messages is the number that OpenAI's cookbook gives for a prompt: of
    contents, roles and names, and of what the model adds to them. `count_chat` shows its parts.

    Args:
        text: Any string; or a list of messages in OpenAI's form.
        encoding: The name of an encoding or a model, the path of a tokenizer's file, or an object
            with the protocol `Encoding`: see `load_encoding`.
        model: The name of a model, instead of an encoding. Messages need one.

    Raises:
        ArgumentError: The text is neither; both or neither of encoding and model were given; or how
            many tokens the model adds to messages is not known, or they have more than text.
        UnknownNameError: There is no encoding or model of that name.
        VocabularyError: The encoding cannot be loaded.

    >>> count_tokens("Hello, my name is GPT-4o.", "o200k_base")
    10
    >>> count_tokens([{"role": "user", "content": "Hello!"}], model="gpt-4o")
    9
    """
    given = [each for each in (encoding, model) if each is not None]
    if len(given) != 1:
        raise ArgumentError("Give an encoding or a model to count with, one of the two.")
    if isinstance(text, (list, tuple)) and all(isinstance(each, Mapping) for each in text):
        from tokcompare.encodings.chat import count_all  # saves start time for texts

        return count_all(text, given[0])
    # Every loaded encoding refuses what is no string.
    return len(load_encoding(given[0]).encode(text))  # type: ignore[arg-type]
