"""Counting the tokens of one text."""

from __future__ import annotations

from tokcompare.encodings.load import EncodingLike, load_encoding


def count_tokens(text: str, encoding: EncodingLike) -> int:
    """Returns the number of tokens of a text under an encoding.

    Under OpenAI's encodings this is `len(tiktoken.Encoding.encode_ordinary(text))`, for every
    string: text that looks like a special token is ordinary text, and a lone surrogate counts as
    U+FFFD.

    Args:
        text: Any string.
        encoding: The name of an encoding or a model, the path of a tokenizer's file, or an object
            with the protocol `Encoding`: see `load_encoding`.

    Raises:
        ArgumentError: The text is not a string.
        UnknownNameError: There is no encoding of that name.
        VocabularyError: The encoding cannot be loaded.

    >>> count_tokens("Hello, my name is GPT-4o.", "o200k_base")
    10
    """
    return len(load_encoding(encoding).encode(text))
