"""Tokenizers as users write them."""

from __future__ import annotations


class Bytes:
    """A tokenizer as a user may write one: a token for each byte."""

    name = "one-a-byte"
    vocabulary_size = 256

    def encode(self, text: str) -> list[int]:
        return list(text.encode())
