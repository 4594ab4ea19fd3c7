"""What an encoding is: the little asked of a user's own, and what is known of a loaded one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Encoding(Protocol):
    """Anything that turns text into tokens."""

    @property
    def name(self) -> str:
        """The name that counts are kept under, for example "cl100k_base"."""

    @property
    def vocabulary_size(self) -> int:
        """How many token ids there are, special tokens included."""

    def encode(self, text: str) -> Sequence[int]:
        """Returns the token ids of a text, which is ordinary text throughout."""


class LoadedEncoding(Encoding, Protocol):
    """An encoding of which everything is known that is to be known of its counts."""

    @property
    def sha256(self) -> str:
        """SHA-256 of what defines it, in hexadecimal digits; "" if that is not known."""

    @property
    def library(self) -> str:
        """The package whose version the tokens may depend on; "" if that is not known."""

    @property
    def keeps_text(self) -> bool | None:
        """Whether the tokens of every text decode to its very bytes; None if that is not known."""

    @property
    def unknown_token(self) -> int | None:
        """The id of the token for what the vocabulary does not have, if there is one."""

    @property
    def cuts_at_space(self) -> bool:
        """Whether text may be cut at these places without changing any token, for sure.

        Before a White_Space character, other than a line feed or a carriage return, whose
        predecessor is not White_Space; and after a line feed whose predecessor is not White_Space,
        if the next character is neither White_Space nor "/".
        """

    def __hash__(self) -> int: ...

    def decode(self, tokens: Sequence[int]) -> str | None:
        """Returns the text that tokens stand for; None if that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CustomEncoding:
    """An encoding of the user's own, with what it says of itself and no more.

    Attributes:
        encoding: The user's object.
        name: Its name.
        vocabulary_size: How many token ids it says that there are.
        sha256: What it gives for that, or "".
        library: What it gives for that, or "".
        keeps_text: What it gives for that, or None: not known.
        unknown_token: What it gives for that, or None.
        cuts_at_space: What it gives for that, or False.
    """

    encoding: Encoding
    name: str
    vocabulary_size: int
    sha256: str
    library: str
    keeps_text: bool | None
    unknown_token: int | None
    cuts_at_space: bool

    def encode(self, text: str) -> Sequence[int]:
        """Returns the token ids that the user's object gives."""
        return self.encoding.encode(text)

    def decode(self, tokens: Sequence[int]) -> str | None:
        """Returns the text that the user's object decodes to; None if it does not decode."""
        decode: Callable[[Sequence[int]], str] | None = getattr(self.encoding, "decode", None)
        return None if decode is None else decode(tokens)
