"""The tokens of a text with their bytes, and where each begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokcompare.encodings import LoadedEncoding
from tokcompare.errors import ArgumentError
from tokcompare.text import replace_surrogates


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


def locate_tokens(text: str, encoding: LoadedEncoding) -> list[Token]:
    """Returns the tokens of a text under an encoding, in order.

    Args:
        text: Any string. A lone surrogate counts as U+FFFD.
        encoding: The encoding.

    Raises:
        ArgumentError: The bytes of the tokens are not known, or are not those of the text.
    """
    content = replace_surrogates(text).encode()
    ids = encoding.encode(text)
    tokens = list(_locate(ids, _bytes_of(ids, encoding), content))
    if sum(len(token.content) for token in tokens) != len(content):
        raise _not_given_back(encoding)
    return tokens


def can_be_located(encoding: LoadedEncoding) -> bool:
    """Returns whether the bytes of an encoding's tokens are known."""
    return callable(getattr(encoding, "token_bytes", None))


def _bytes_of(ids: Sequence[int], encoding: LoadedEncoding) -> list[bytes]:
    if not can_be_located(encoding):
        raise ArgumentError(
            f"The bytes of the tokens of {encoding.name!r} are not known, so where they begin in a "
            "text cannot be shown. An encoding needs a method `token_bytes`, which returns the "
            "bytes of a token id."
        )
    token_bytes = encoding.token_bytes  # type: ignore[attr-defined]
    known = {token: token_bytes(token) for token in set(ids)}
    return [known[token] for token in ids]


def _locate(ids: Sequence[int], contents: list[bytes], text: bytes) -> Iterator[Token]:
    """Yields tokens up to the first one that is not what the text has at its place."""
    if contents and contents[0][:1] == b" " != text[:1] and len(contents[0]) > 1:
        contents[0] = contents[0][1:]  # a space that some tokenizers put before a text
    start = 0
    for token, content in zip(ids, contents, strict=True):
        if not content or not text.startswith(content, start):
            return
        yield Token(token, content, start)
        start += len(content)


def _not_given_back(encoding: LoadedEncoding) -> ArgumentError:
    return ArgumentError(
        f"The tokens of {encoding.name!r} do not give back the bytes of this text, so where they "
        "begin cannot be shown. The encoding normalizes text or loses some of it."
    )
