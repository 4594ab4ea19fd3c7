"""The embedded encodings, and tiktoken's own to compare with."""

from __future__ import annotations

import tiktoken

from tokcompare.encodings import TiktokenEncoding, load_encoding

References = dict[str, tiktoken.Encoding]

ENCODINGS = ("cl100k_base", "o200k_base")


def load_tiktoken(name: str) -> TiktokenEncoding:
    """Loads an encoding that is one of tiktoken's."""
    encoding = load_encoding(name)
    assert isinstance(encoding, TiktokenEncoding)
    return encoding
