"""Hugging Face's `tokenizer.json` files, through the library `tokenizers`.

Special tokens, truncation and padding are off, whatever the file says. Whether every text can be
had back from its tokens is read from the file, and believed only if it is sure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokcompare.encodings.kinds.rank_files import byte_characters
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
        keeps_text: Whether `decode(encode(text)) == text` for every well-formed text, for sure.
        unknown_token: The id of the token for what the vocabulary does not have, if there is one.
        tokenizer: The `tokenizers.Tokenizer` underneath.
        reload: What loads it again in another process: a function and its arguments.
        library: The package whose version the tokens may depend on.
        cuts_at_space: Whether text may be cut before blanks: nothing is known of that.
    """

    name: str
    vocabulary_size: int
    sha256: str
    keeps_text: bool
    unknown_token: int | None
    tokenizer: tokenizers.Tokenizer
    reload: tuple[Callable[..., Any], tuple[Any, ...]]
    library: str = "tokenizers"
    cuts_at_space: bool = False

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text.

        They are those of `tokenizers.Tokenizer.encode` without special tokens: none is added, text
        that looks like one is ordinary text, and a lone surrogate counts as U+FFFD. (A Unigram
        model has its special tokens among its pieces, and may find them as such in a text.)

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
        """Returns the text that tokens stand for, special tokens too.

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

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.reload


def _is_failure(error: BaseException) -> bool:
    """Returns whether `tokenizers` raised it: for whatever is wrong an Exception, or a panic."""
    return type(error) is Exception or is_panic(error)


def build_from_json(
    name: str, content: bytes, *, path: str, reload: tuple[Callable[..., Any], tuple[Any, ...]]
) -> HuggingFaceEncoding:
    """Returns the encoding of a `tokenizer.json` file.

    Args:
        name: The name that it is to have.
        content: What the file holds.
        path: Where it stands, for the message of an error.
        reload: What loads it again in another process.

    Raises:
        VocabularyError: `tokenizers` is not installed or cannot read the file, or the file's
            tokens are drawn at random.
    """
    try:
        from tokenizers import Tokenizer
    except ImportError as error:
        raise VocabularyError(
            f"The file {path!r} needs the package `tokenizers`: pip install 'tokcompare[hf]'"
        ) from error
    try:
        tokenizer = Tokenizer.from_str(content.decode("utf-8"))
        description = json.loads(content)
    except BaseException as error:
        if not (isinstance(error, ValueError) or _is_failure(error)):
            raise
        raise VocabularyError(
            f"The file {path!r} is not a tokenizer.json that `tokenizers` can read: {error}"
        ) from None
    model = description["model"]
    if model.get("dropout"):
        raise VocabularyError(
            f"The file {path!r} has a dropout of {model['dropout']}: its tokens are drawn at "
            'random, so they cannot be counted. Set "dropout" to null.'
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
        reload=reload,
    )


def _unknown_token(model: Mapping[str, Any], vocabulary: Mapping[str, int]) -> int | None:
    # Unigram has the id, the other models have the token.
    unknown = model.get("unk_id")
    return vocabulary.get(model.get("unk_token") or "") if unknown is None else unknown


def _keeps_text(description: Mapping[str, Any]) -> bool:
    """Returns whether a byte-level BPE loses nothing of any text; False if that is not sure.

    What a file leaves out counts as what would lose text: `tokenizers` has defaults of both kinds.
    """
    model = description["model"]
    decoder = description.get("decoder") or {}
    return (
        model.get("type") == "BPE"
        and not model.get("continuing_subword_prefix")
        and not model.get("end_of_word_suffix")
        and description.get("normalizer") is None
        and _splits_into_bytes(description.get("pre_tokenizer") or {})
        and decoder.get("type") == "ByteLevel"
        and model["vocab"].keys() >= set(byte_characters().values())
        and _have_ids_of_their_own(model["vocab"], description.get("added_tokens") or [])
        and all(map(_is_decoded_as_it_is, description.get("added_tokens") or []))
    )


def _have_ids_of_their_own(vocabulary: dict[str, int], added: Sequence[Any]) -> bool:
    tokens = vocabulary | {token["content"]: token["id"] for token in added}
    return len(set(tokens.values())) == len(tokens)


def _splits_into_bytes(pre_tokenizer: Mapping[str, Any]) -> bool:
    """Returns whether a pre-tokenizer splits text without loss, and then writes it as bytes."""
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


def _is_decoded_as_it_is(token: Mapping[str, Any]) -> bool:
    """Returns whether an added token in a text comes back as what it was there.

    It takes blanks beside it along if the file says so. And if it has no character but those that
    stand for bytes, the decoder takes them for bytes. A special token is never found in a text.
    """
    content = token["content"]
    stands_for_bytes = set(content) <= set(byte_characters().values())
    return token.get("special") is True or (
        not token.get("lstrip")
        and not token.get("rstrip")
        and (content.isascii() or not stands_for_bytes)
    )
