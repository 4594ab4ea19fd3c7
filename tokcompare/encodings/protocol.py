"""The interface of an encoding: the least that a custom one must have, and all of a loaded one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeGuard

from tokcompare.encodings.losses import count_dropped_bytes

Reload: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...]]
"""A function and its arguments that load an encoding again in the process that unpickles it."""


class Encoding(Protocol):
    """Anything that turns text into tokens."""

    @property
    def name(self) -> str:
        """The name that counts are stored under, for example "cl100k_base"."""

    @property
    def vocabulary_size(self) -> int:
        """The number of token ids, special tokens included."""

    def encode(self, text: str) -> Sequence[int]:
        """Returns the token ids of a text. All of the text is ordinary text."""


class LoadedEncoding(Encoding, Protocol):
    """An encoding with all the properties that its counts are reported with."""

    @property
    def sha256(self) -> str:
        """SHA-256 of its definition, in hexadecimal digits; "" if not known."""

    @property
    def library(self) -> str:
        """The package whose version may change the tokens; "" if not known."""

    @property
    def keeps_text(self) -> bool | None:
        """Whether the tokens of every text decode to exactly its bytes; None if not known."""

    @property
    def unknown_token(self) -> int | None:
        """The id of the token for text outside the vocabulary, or None."""

    @property
    def cuts_at_space(self) -> bool:
        """Whether text can be cut at the following places without changing any token.

        The places are: before a White_Space character other than a line feed or a carriage return,
        if the character before it is not White_Space; and after a line feed, if the character
        before it is not White_Space and the character after it is neither White_Space nor "/".
        False also if not known.
        """

    @property
    def can_decode(self) -> bool:
        """Whether `decode` returns the text of tokens, so that lost text can be measured."""

    def __hash__(self) -> int: ...

    def decode(self, tokens: Sequence[int]) -> str | None:
        """Returns the text of tokens; None if the encoding cannot decode."""

    def count_lost_bytes(self, text: str, tokens: Sequence[int]) -> int:
        """Returns the number of bytes of a text, white space aside, that its tokens do not hold.

        Normalizing is not losing: see `encodings.losses`.
        """


def caveats_of(encodings: Iterable[LoadedEncoding]) -> list[str]:
    """Returns a sentence for each encoding whose counts are doubtful, for the notes."""
    # Only the encodings of named tokenizers have a caveat.
    return [caveat for encoding in encodings if (caveat := getattr(encoding, "caveat", ""))]


def may_alter(encoding: LoadedEncoding) -> bool:
    """Returns whether documents are counted that the tokens of an encoding do not give back."""
    return encoding.keeps_text is False or is_measured(encoding)


def is_measured(encoding: LoadedEncoding) -> bool:
    """Returns whether the text that an encoding may lose is measured, document by document."""
    return encoding.keeps_text is not True and encoding.can_decode


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CustomEncoding:
    """An encoding around an object of the caller, with the properties that the object has.

    Attributes:
        encoding: The caller's object.
        name: Its name.
        vocabulary_size: Its number of token ids.
        sha256: Its `sha256`, or "".
        library: Its `library`, or "".
        keeps_text: Its `keeps_text`, or None: not known.
        unknown_token: Its `unknown_token`, or None.
        cuts_at_space: Its `cuts_at_space`, or False.
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
        """Returns the token ids that the caller's object gives."""
        return self.encoding.encode(text)

    def decode(self, tokens: Sequence[int]) -> str | None:
        """Returns the text that the caller's object decodes to; None if it has no `decode`."""
        decode: Callable[[Sequence[int]], str] | None = getattr(self.encoding, "decode", None)
        return None if decode is None else decode(tokens)

    @property
    def token_bytes(self) -> Callable[[int], bytes] | None:
        """What returns the bytes of a token; None if the caller's object has no `token_bytes`."""
        return getattr(self.encoding, "token_bytes", None)

    @property
    def entries(self) -> Callable[[], Mapping[int, bytes]] | None:
        """What returns the bytes of all tokens; None if the caller's object has no `entries`."""
        return getattr(self.encoding, "entries", None)

    @property
    def can_decode(self) -> bool:
        """Whether the caller's object has a `decode`."""
        return callable(getattr(self.encoding, "decode", None))

    def count_lost_bytes(self, text: str, tokens: Sequence[int]) -> int:
        """Returns the bytes of a text that its tokens, but unknown ones, do not decode to."""
        decoded = self.decode([token for token in tokens if token != self.unknown_token])
        return 0 if decoded is None else count_dropped_bytes(text, decoded)


def is_encoding(value: object) -> TypeGuard[Encoding]:
    """Returns whether an object has the attributes of an `Encoding`. A class is not an encoding."""
    return (
        not isinstance(value, type)
        and isinstance(getattr(value, "name", None), str)
        and isinstance(getattr(value, "vocabulary_size", None), int)
        and callable(getattr(value, "encode", None))
    )


def wrap_custom(encoding: Encoding) -> CustomEncoding:
    """Wraps an object of the caller, with defaults for the properties that it does not have."""
    return CustomEncoding(
        encoding=encoding,
        name=encoding.name,
        vocabulary_size=encoding.vocabulary_size,
        sha256=getattr(encoding, "sha256", ""),
        library=getattr(encoding, "library", ""),
        keeps_text=getattr(encoding, "keeps_text", None),
        unknown_token=getattr(encoding, "unknown_token", None),
        cuts_at_space=getattr(encoding, "cuts_at_space", False),
    )
