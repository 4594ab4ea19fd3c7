"""An encoding of the user's own: taken at its word, and no more is assumed of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tokcompare.protocols import Encoding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UsersEncoding:
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
