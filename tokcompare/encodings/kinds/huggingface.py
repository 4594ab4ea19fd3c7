"""Hugging Face's `tokenizer.json` files, encoded by the library `tokenizers`.

Special tokens, truncation and padding are switched off, whatever the file says. The file also tells
whether the tokens of every text decode to it; where this is not certain, the answer is no.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from tokcompare.encodings.kinds.rank_files import byte_characters
from tokcompare.encodings.losses import METASPACE, count_bytes_dropped_by, count_lost_bytes
from tokcompare.encodings.protocol import Reload
from tokcompare.errors import VocabularyError, is_panic, require_str
from tokcompare.text import replace_surrogates

if TYPE_CHECKING:
    import tokenizers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HuggingFaceEncoding:
    """The encoding of a `tokenizer.json` file.

    Attributes:
        name: The name of the encoding.
        vocabulary_size: The largest token id plus one.
        sha256: SHA-256 of the file, in hexadecimal digits.
        keeps_text: Whether `decode(encode(text)) == text` is certain for every well-formed text.
        unknown_token: The id of the token for text outside the vocabulary, or None.
        tokenizer: The underlying `tokenizers.Tokenizer`.
        spelling: How its tokens spell text.
        reload: Loads the encoding again in another process.
        library: The package whose version may change the tokens.
        cuts_at_space: Whether text can be cut before blanks without changing any token: not known.
        can_decode: Whether `decode` returns the text of tokens.
    """

    name: str
    vocabulary_size: int
    sha256: str
    keeps_text: bool
    unknown_token: int | None
    tokenizer: tokenizers.Tokenizer
    spelling: Spelling
    reload: Reload
    library: str = "tokenizers"
    cuts_at_space: bool = False
    can_decode: bool = True

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text.

        They are those of `tokenizers.Tokenizer.encode` without special tokens: none is added, text
        that looks like one is ordinary text, and a lone surrogate counts as U+FFFD. (A Unigram
        model has its special tokens among its pieces, and may find them in a text.)

        Raises:
            ArgumentError: The text is not a string.
            VocabularyError: The tokenizer fails on this text.
        """
        require_str("A text", text)
        try:
            encoding = self.tokenizer.encode(replace_surrogates(text), add_special_tokens=False)
        except BaseException as error:
            if not _is_failure(error):
                raise
            raise VocabularyError(
                f"The tokenizer {self.name!r} failed on a text of {len(text):,} characters: {error}"
            ) from None
        return encoding.ids

    def decode(self, tokens: Sequence[int]) -> str:
        """Returns the text of tokens, special tokens included.

        Raises:
            VocabularyError: The tokenizer fails on these tokens.
        """
        try:
            return self.tokenizer.decode(tokens, skip_special_tokens=False)
        except BaseException as error:
            if not _is_failure(error):
                raise
            raise VocabularyError(
                f"The tokenizer {self.name!r} failed to decode {len(tokens):,} tokens: {error}"
            ) from None

    def count_lost_bytes(self, text: str, tokens: Sequence[int]) -> int:
        """Returns the number of bytes of a text, white space aside, that its tokens do not hold.

        What the normalizer drops is counted, and what is in the normalized text and not in the
        tokens. The offsets of tokens do not help: they are wrong from the first dropped character
        on. Neither does `decode`, which shows a byte without its neighbours as U+FFFD.
        """
        held = b"".join(map(self._bytes_of, tokens))
        dropped = count_bytes_dropped_by(self._normalize, text)
        lost = count_lost_bytes(self.spelling.read(self._normalize(text)), held)
        return min(dropped + lost, len(text.encode()))

    def token_bytes(self, token: int) -> bytes:
        """Returns the bytes of text that a token holds, with its spaces; none for an unknown one.

        Not if a normalizer or a mark such as "##" has changed the text.
        """
        if token == self.unknown_token:
            return b""
        return self.spelling.spell(self.tokenizer.id_to_token(token) or "")

    def entries(self) -> dict[int, bytes]:
        """Returns the bytes of each token but added ones, by id."""
        vocabulary = self.tokenizer.get_vocab(with_added_tokens=False)
        return {token: self.spelling.spell(content) for content, token in vocabulary.items()}

    def _bytes_of(self, token: int) -> bytes:
        """Returns the bytes of text that a token holds; none for the unknown token."""
        known = self.spelling.known
        if token not in known:
            content = self.tokenizer.id_to_token(token) or ""
            if token == self.unknown_token:
                known[token] = b""
            elif token in self.spelling.added:
                # It is found in the text before or after that is normalized.
                known[token] = self.spelling.read(self._normalize(content)).encode()
            else:
                known[token] = self.spelling.bytes_of(content)
        return known[token]

    def _normalize(self, text: str) -> str:
        normalizer = self.tokenizer.normalizer
        if normalizer is None:
            return text
        return self.spelling.read_normalized(normalizer.normalize_str(text))

    def __reduce__(self) -> Reload:
        return self.reload


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How the tokens of a file spell text.

    Attributes:
        byte_levels: How many steps before the model write each byte as a character: usually 0 or 1.
        normalizes_to_bytes: Whether the normalizer does so.
        has_byte_tokens: Whether "<0x0A>" stands for the byte 10.
        suffix: What the model adds to the last token of a word.
        added: The ids of the tokens that are found in the text before the model is asked.
        known: The bytes of the tokens that occurred, by id.
    """

    byte_levels: int
    normalizes_to_bytes: bool
    has_byte_tokens: bool
    suffix: str
    added: frozenset[int]
    known: dict[int, bytes] = field(default_factory=dict)

    def read_normalized(self, text: str) -> str:
        """Returns a normalized text without the characters that stand for bytes."""
        return _bytes_of(text).decode("utf-8", "replace") if self.normalizes_to_bytes else text

    def read(self, text: str) -> str:
        """Returns a text as bytes that stand for bytes, if more than one step writes them."""
        characters = byte_characters()
        for _ in range(self.byte_levels - 1):
            text = "".join(characters[byte] for byte in text.encode())
        return text

    def spell(self, content: str) -> bytes:
        """Returns the bytes of text that a token with this content holds, spaces included."""
        if self.suffix and content.endswith(self.suffix):
            content = content.removesuffix(self.suffix) + " "
        if self.byte_levels:
            return _bytes_of(content)
        return self.bytes_of(content.replace(METASPACE, " "))

    def bytes_of(self, content: str) -> bytes:
        """Returns the bytes of text that a token with this content holds, white space aside."""
        if self.suffix:
            content = content.removesuffix(self.suffix)
        if self.byte_levels:
            return _bytes_of(content)
        if self.has_byte_tokens and re.fullmatch("<0x[0-9A-F]{2}>", content):
            return bytes([int(content[3:5], 16)])
        return content.replace(METASPACE, "").encode()


def _bytes_of(content: str) -> bytes:
    """Returns the bytes that characters stand for; a character that stands for none is itself."""
    numbers = _byte_numbers()
    return b"".join(
        bytes([numbers[character]]) if character in numbers else character.encode()
        for character in content
    )


@cache
def _byte_numbers() -> dict[str, int]:
    return {character: byte for byte, character in byte_characters().items()}


def _is_failure(error: BaseException) -> bool:
    """Returns whether `tokenizers` raised an error: it raises plain Exceptions, or panics."""
    return type(error) is Exception or is_panic(error)


def build_from_json(name: str, content: bytes, *, path: str, reload: Reload) -> HuggingFaceEncoding:
    """Builds the encoding of a `tokenizer.json` file.

    Args:
        name: The name of the encoding.
        content: The content of the file.
        path: The path of the file, for error messages.
        reload: Loads the encoding again in another process.

    Raises:
        VocabularyError: `tokenizers` is not installed or cannot read the file, or the file asks
            for random tokens.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise VocabularyError(
            f"The file {path!r} needs the package `tokenizers`: pip install 'tokcompare[hf]'"
        ) from error
    import json  # saves start time where no such file is used

    try:
        tokenizer = Tokenizer.from_str(content.decode("utf-8"))
        description = json.loads(content)
    except BaseException as error:
        if not (isinstance(error, ValueError) or _is_failure(error)):
            raise
        raise VocabularyError(
            f"The file {path!r} is not a tokenizer.json that `tokenizers` can read: {error}. "
            "Download it again."
        ) from None
    model = description["model"]
    if model.get("dropout"):
        raise VocabularyError(
            f"The file {path!r} has a dropout of {model['dropout']}: its tokens are random, so "
            'they cannot be counted. Set "dropout" to null.'
        )
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    vocabulary = tokenizer.get_vocab()
    return HuggingFaceEncoding(
        name=name,
        vocabulary_size=max(vocabulary.values(), default=-1) + 1,
        sha256=hashlib.sha256(content).hexdigest(),
        keeps_text=_keeps_text(description),
        unknown_token=_unknown_token(model, vocabulary),
        tokenizer=tokenizer,
        spelling=_spelling(description),
        reload=reload,
    )


def _spelling(description: Mapping[str, Any]) -> Spelling:
    model = description["model"]
    of_normalizer = list(_types(description.get("normalizer"))).count("ByteLevel")
    of_splitter = list(_types(description.get("pre_tokenizer"))).count("ByteLevel")
    return Spelling(
        byte_levels=of_normalizer + of_splitter,
        normalizes_to_bytes=of_normalizer > 0,
        has_byte_tokens=bool(model.get("byte_fallback")),
        suffix=model.get("end_of_word_suffix") or "",
        added=frozenset(token["id"] for token in description.get("added_tokens") or []),
    )


def _types(step: Any) -> Iterator[str]:
    """Yields the type of a step of a tokenizer, and those of the steps that it consists of."""
    if isinstance(step, dict):
        yield step.get("type", "")
        for value in step.values():
            yield from _types(value)
    elif isinstance(step, list):
        for each in step:
            yield from _types(each)


def _unknown_token(model: Mapping[str, Any], vocabulary: Mapping[str, int]) -> int | None:
    # Unigram models store the id, the other models the token.
    unknown = model.get("unk_id")
    return vocabulary.get(model.get("unk_token") or "") if unknown is None else unknown


def _keeps_text(description: Mapping[str, Any]) -> bool:
    """Returns whether a file is a byte-level BPE that certainly loses nothing of any text.

    An option that the file leaves out counts as if it lost text, because some defaults of
    `tokenizers` do.
    """
    model = description["model"]
    decoder = description.get("decoder") or {}
    added_tokens = description.get("added_tokens") or []
    return (
        model.get("type") == "BPE"
        and not model.get("continuing_subword_prefix")
        and not model.get("end_of_word_suffix")
        and description.get("normalizer") is None
        and _splits_into_bytes(description.get("pre_tokenizer") or {})
        and decoder.get("type") == "ByteLevel"
        and model["vocab"].keys() >= set(byte_characters().values())
        and _have_distinct_ids(model["vocab"], added_tokens)
        and all(map(_decodes_to_itself, added_tokens))
    )


def _have_distinct_ids(vocabulary: dict[str, int], added: Sequence[Any]) -> bool:
    tokens = vocabulary | {token["content"]: token["id"] for token in added}
    return len(set(tokens.values())) == len(tokens)


def _splits_into_bytes(pre_tokenizer: Mapping[str, Any]) -> bool:
    """Returns whether a pre-tokenizer splits text without loss and then writes it as bytes."""
    is_sequence = pre_tokenizer.get("type") == "Sequence"
    steps = pre_tokenizer["pretokenizers"] if is_sequence else [pre_tokenizer]
    return (
        bool(steps)
        and steps[-1].get("type") == "ByteLevel"
        and steps[-1].get("add_prefix_space") is False
        and all(
            step.get("type") == "Digits"
            or (
                step.get("type") in ("Split", "Punctuation")
                and step.get("behavior", "Removed") != "Removed"
            )
            for step in steps[:-1]
        )
    )


def _decodes_to_itself(token: Mapping[str, Any]) -> bool:
    """Returns whether an added token decodes to the text that it was found in.

    A token with `lstrip` or `rstrip` also takes the white space beside it. A token that consists
    only of characters that stand for bytes is decoded as those bytes. A special token is never
    found in a text.
    """
    content = token["content"]
    stands_for_bytes = set(content) <= set(byte_characters().values())
    return token.get("special") is True or (
        not token.get("lstrip")
        and not token.get("rstrip")
        and (content.isascii() or not stands_for_bytes)
    )
