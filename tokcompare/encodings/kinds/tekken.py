"""Mistral's tekken.json files: ranks, pattern and sizes of a byte-pair encoding in one file."""

from __future__ import annotations

import hashlib
from binascii import a2b_base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tokcompare.encodings.kinds.bpe import TiktokenEncoding, build_from_ranks
from tokcompare.encodings.protocol import Reload
from tokcompare.errors import ArgumentError, VocabularyError


@dataclass(frozen=True, slots=True, kw_only=True)
class Tekken:
    """The content of a tekken.json file.

    Attributes:
        ranks: The id of each token. Ids begin behind those of the special tokens.
        pattern: The regular expression that splits text into pieces.
        vocabulary_size: The number of token ids that models use, special tokens included.
    """

    ranks: dict[bytes, int]
    pattern: str
    vocabulary_size: int


def is_tekken(content: bytes) -> bool:
    """Returns whether the content of a file is that of a tekken.json."""
    keys = (b'"config"', b'"token_bytes"')
    return all(key in content for key in keys) and b'"merges"' not in content


def build_from_tekken(name: str, content: bytes, *, path: str, reload: Reload) -> TiktokenEncoding:
    """Builds the encoding of a tekken.json file, without its special tokens.

    Args:
        name: The name of the encoding.
        content: The content of the file.
        path: The path of the file, for error messages.
        reload: Loads the encoding again in another process.

    Raises:
        VocabularyError: The file has another form.
    """
    tekken = parse_tekken(content, path=path)
    sha256 = hashlib.sha256(content).hexdigest()
    try:
        encoding = build_from_ranks(
            name, tekken.ranks, pattern=tekken.pattern, sha256=sha256, reload=reload
        )
    except ArgumentError as error:
        raise VocabularyError(f"The file {path!r} is damaged. {error}") from None
    return replace(encoding, vocabulary_size=tekken.vocabulary_size)


def parse_tekken(content: bytes, *, path: str) -> Tekken:
    """Parses a tekken.json file.

    It has more tokens than models use: the first `default_vocab_size` ids count, and of these the
    first `default_num_special_tokens` are special tokens.

    Args:
        content: The content of the file.
        path: The path of the file, for error messages.

    Raises:
        VocabularyError: The file has another form.

    Source: mistral-common, `tokens/tokenizers/tekken.py`.
    """
    import orjson  # saves start time

    try:
        return _read(orjson.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise VocabularyError(
            f"The file {path!r} is not a tekken.json of Mistral that can be read ({reason}). "
            "Download it again, or use the tokenizer.json of the same model."
        ) from None


def _read(description: Mapping[str, Any]) -> Tekken:
    config = description["config"]
    pattern = config["pattern"]
    size, special = config["default_vocab_size"], config["default_num_special_tokens"]
    if not (isinstance(pattern, str) and 0 <= special < size):
        raise ValueError("its config has no pattern, or no sizes")
    entries = description["vocab"][: size - special]
    ranks = {a2b_base64(entry["token_bytes"]): special + entry["rank"] for entry in entries}
    if sorted(ranks.values()) != list(range(special, size)):
        raise ValueError(f"its vocabulary does not have the ranks 0 to {size - special - 1:,}")
    if not all(bytes([byte]) in ranks for byte in range(256)):
        raise ValueError("its vocabulary lacks single bytes")
    return Tekken(ranks=ranks, pattern=pattern, vocabulary_size=size)
