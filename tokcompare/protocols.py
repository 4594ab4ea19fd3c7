"""What an encoding is: the little asked of a user's own, and what is known of a loaded one."""

from __future__ import annotations

from collections.abc import Sequence
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
