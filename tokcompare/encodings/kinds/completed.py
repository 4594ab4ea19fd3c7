"""Encoders of other libraries, completed by the steps of a tokenizer that they leave out.

A tokenizer finds its added tokens in a text before it does anything else, and some convert the rest
to a Unicode normalization form. A rank file has neither step, and splintr-rs leaves them out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from tokcompare.encodings.kinds.bpe import TiktokenEncoding
from tokcompare.encodings.losses import count_lost_bytes
from tokcompare.encodings.protocol import Reload
from tokcompare.errors import VocabularyError, is_panic, require_str
from tokcompare.text import replace_surrogates


class Encoder(Protocol):
    """The encoder of a library: text to token ids, without special tokens."""

    def encode(self, text: str) -> Sequence[int]:
        """Returns the token ids of a text."""

    def bytes_of(self, token: int) -> bytes:
        """Returns the bytes of text that a token holds, added tokens included."""

    def entries(self) -> dict[int, bytes]:
        """Returns the bytes of each token but special ones, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps of a tokenizer that come before its encoder.

    Attributes:
        added: The tokens that are found in a text as they are, with their ids. Special tokens are
            not among them: text that looks like one is ordinary text.
        finder: Matches each added token, the longest one at a place, and perhaps more; None if
            there is none.
        normalization: The form that the rest of a text is converted to; None for none.
    """

    added: Mapping[str, int]
    finder: re.Pattern[str] | None
    normalization: Literal["NFC"] | None

    def describe(self) -> str:
        """Returns the steps in one line, which is hashed; "" if there are none."""
        if not self.added and not self.normalization:
            return ""
        tokens = sorted((token, text) for text, token in self.added.items())
        return f"|{self.normalization or 'none'}|{tokens!r}"


NO_STEPS = Steps(added={}, finder=None, normalization=None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CompletedEncoding:
    """An encoder of another library, with the steps that it leaves out.

    Attributes:
        name: The name of the encoding.
        vocabulary_size: The largest token id plus one, special tokens included.
        sha256: SHA-256 of its vocabulary and its steps, in hexadecimal digits.
        encoder: The encoder of the library.
        steps: The steps that come before it.
        keeps_text: Whether the tokens of every text decode to exactly its bytes.
        cuts_at_space: Whether text can be cut before blanks without changing any token; False also
            if not known.
        library: The package whose version may change the tokens.
        reload: Loads the encoding again in another process.
        caveat: A sentence on how far its counts can be trusted, for the notes; "" for none.
        unknown_token: Always None, because every byte is a token.
        can_decode: Whether `decode` returns the text of tokens.
    """

    name: str
    vocabulary_size: int
    sha256: str
    encoder: Encoder
    steps: Steps
    keeps_text: bool
    cuts_at_space: bool
    library: str
    reload: Reload
    caveat: str = ""
    unknown_token: int | None = None
    can_decode: bool = True

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text. A lone surrogate counts as U+FFFD.

        Raises:
            ArgumentError: The text is not a string.
            VocabularyError: The library fails on this text.
        """
        require_str("A text", text)
        text = replace_surrogates(text)
        if self.steps.finder is None:
            return self._encode_between(text)
        tokens: list[int] = []
        done = 0
        for found in self.steps.finder.finditer(text):
            token = self.steps.added.get(found[0])
            if token is None:
                continue
            tokens += self._encode_between(text[done : found.start()])
            tokens.append(token)
            done = found.end()
        return tokens + self._encode_between(text[done:])

    def decode(self, tokens: Sequence[int]) -> str:
        """Returns the text of tokens; bytes that are not valid UTF-8 become U+FFFD."""
        return self._bytes_of(tokens).decode("utf-8", "replace")

    def token_bytes(self, token: int) -> bytes:
        """Returns the bytes of text that a token holds."""
        return self.encoder.bytes_of(token)

    def entries(self) -> dict[int, bytes]:
        """Returns the bytes of each token but special ones, by id."""
        added = {token: text.encode() for text, token in self.steps.added.items()}
        return self.encoder.entries() | added

    def count_lost_bytes(self, text: str, tokens: Sequence[int]) -> int:
        """Returns the number of bytes of a text, white space aside, that its tokens do not hold."""
        return count_lost_bytes(self._normalize(text), self._bytes_of(tokens))

    def _encode_between(self, text: str) -> list[int]:
        """Encodes text between added tokens."""
        if not text:
            return []
        try:
            return list(self.encoder.encode(self._normalize(text)))
        except BaseException as error:
            if not is_panic(error):
                raise
            raise VocabularyError(
                f"{self.library} failed on a text of {len(text):,} characters under "
                f"{self.name!r}: {error}"
            ) from None

    def _normalize(self, text: str) -> str:
        form = self.steps.normalization
        return text if form is None else unicodedata.normalize(form, text)

    def _bytes_of(self, tokens: Sequence[int]) -> bytes:
        return b"".join(map(self.encoder.bytes_of, tokens))

    def __reduce__(self) -> Reload:
        return self.reload


@dataclass(frozen=True, slots=True)
class _TiktokenEncoder:
    """The encoder of tiktoken for a rank file, and the added tokens, which the file lacks."""

    encoding: TiktokenEncoding
    added: Mapping[int, bytes]

    def encode(self, text: str) -> Sequence[int]:
        return self.encoding.encode(text)

    def bytes_of(self, token: int) -> bytes:
        if token in self.added:
            return self.added[token]
        return self.encoding.token_bytes(token)

    def entries(self) -> dict[int, bytes]:
        return self.encoding.entries()


def complete(
    encoding: TiktokenEncoding, steps: Steps, *, vocabulary_size: int | None = None
) -> TiktokenEncoding | CompletedEncoding:
    """Returns the encoding of a rank file, with the steps that come before it, if there are any.

    Args:
        encoding: The encoding.
        steps: The steps.
        vocabulary_size: The largest token id plus one, special tokens included; None for the
            encoding's own.
    """
    size = encoding.vocabulary_size if vocabulary_size is None else vocabulary_size
    if steps == NO_STEPS:
        return replace(encoding, vocabulary_size=size)
    return CompletedEncoding(
        name=encoding.name,
        vocabulary_size=size,
        sha256=encoding.sha256,
        encoder=_TiktokenEncoder(encoding, {i: text.encode() for text, i in steps.added.items()}),
        steps=steps,
        keeps_text=encoding.keeps_text and steps.normalization is None,
        # Added tokens have no blank, and a blank is not composed with what is before it.
        cuts_at_space=encoding.cuts_at_space,
        library=encoding.library,
        reload=encoding.reload,
    )
