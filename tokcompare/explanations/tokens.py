"""The tokens of a text with their bytes, and where each begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from tokcompare.encodings import LoadedEncoding
from tokcompare.errors import ArgumentError
from tokcompare.text import replace_surrogates

_ESCAPED = {
    ord("\\"): "\\\\",
    **{ord(mark): mark.encode("unicode_escape").decode() for mark in "␣⁰¹²³⁴⁵⁶⁷⁸⁹"},
}
"""Characters that mean something else where tokens are shown: spaces, numbers, escapes."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token where it stands in a text.

    Attributes:
        id: Its id.
        content: Its bytes.
        start: Where it begins, in bytes of the text in UTF-8.
    """

    id: int
    content: bytes
    start: int

    @property
    def end(self) -> int:
        """Where it ends, in bytes of the text in UTF-8."""
        return self.start + len(self.content)


@dataclass(frozen=True, slots=True)
class TokenPlaces:
    """The tokens of a text and where they begin, without their bytes.

    Attributes:
        ids: Their ids, in order.
        starts: Where each begins, in bytes of the text in UTF-8.
        length: The length of the text, in bytes.
    """

    ids: Sequence[int]
    starts: Sequence[int]
    length: int


class TokenLocator:
    """Locates the tokens of texts under an encoding; the bytes of each token are looked up once.

    Args:
        encoding: The encoding.

    Raises:
        ArgumentError: The bytes of its tokens are not known.
    """

    def __init__(self, encoding: LoadedEncoding) -> None:
        if not can_be_located(encoding):
            raise ArgumentError(
                f"The bytes of the tokens of {encoding.name!r} are not known, so where they begin "
                "in a text cannot be shown. An encoding needs a method `token_bytes`, which "
                "returns the bytes of a token id."
            )
        self._encoding = encoding
        self._bytes_of = cache(encoding.token_bytes)  # type: ignore[attr-defined]

    def places(self, text: str) -> TokenPlaces:
        """Returns the places of the tokens of a text: see `locate_tokens`."""
        ids, contents = self._split(text)
        *starts, length = accumulate(map(len, contents), initial=0)
        return TokenPlaces(ids, starts, length)

    def tokens(self, text: str) -> list[Token]:
        """Returns the tokens of a text: see `locate_tokens`."""
        ids, contents = self._split(text)
        starts = accumulate(map(len, contents), initial=0)
        return list(map(Token, ids, contents, starts))

    def _split(self, text: str) -> tuple[Sequence[int], list[bytes]]:
        """Returns the ids of the tokens of a text, and their bytes, which together are the text."""
        content = replace_surrogates(text).encode()
        ids = self._encoding.encode(text)
        contents = list(map(self._bytes_of, ids))
        if contents and contents[0][:1] == b" " != content[:1]:
            contents[0] = contents[0][1:]  # a space that some tokenizers put before a text
        if not all(contents) or b"".join(contents) != content:
            raise ArgumentError(
                f"The tokens of {self._encoding.name!r} do not give back the bytes of this text, "
                "so where they begin cannot be shown. The encoding normalizes text or loses some "
                "of it."
            )
        return ids, contents


def locate_tokens(text: str, encoding: LoadedEncoding) -> list[Token]:
    """Returns the tokens of a text under an encoding, in order.

    Args:
        text: Any string. A lone surrogate counts as U+FFFD.
        encoding: The encoding.

    Raises:
        ArgumentError: The bytes of the tokens are not known, or are not those of the text.
    """
    return TokenLocator(encoding).tokens(text)


def text_of(content: bytes) -> str | None:
    """Returns the text of a token; None if its bytes are not valid UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def show_bytes(content: bytes) -> str:
    r"""Returns the text of a token with its spaces marked, or its bytes in hexadecimal digits.

    >>> show_bytes(b" the"), show_bytes(b"\\n"), show_bytes(b"\xe0\xaa")
    ('␣the', '\\\\n', '<E0 AA>')
    """
    text = text_of(content)
    if text is None:
        return f"<{content.hex(' ').upper()}>"
    return escape_marks(text).replace(" ", "␣")


def escape_marks(text: str) -> str:
    r"""Returns a text in which nothing looks like a mark of ours, or like an escape.

    >>> escape_marks("C:\\new"), escape_marks("x² ␣")
    ('C:\\\\new', 'x\\xb2 \\u2423')
    """
    return text.translate(_ESCAPED)


def can_be_located(encoding: LoadedEncoding) -> bool:
    """Returns whether the bytes of an encoding's tokens are known."""
    return callable(getattr(encoding, "token_bytes", None))
