"""Byte-pair encodings by tiktoken, extended so that every string can be encoded."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tokcompare.encodings.kinds.known_files import LOSSLESS_PATTERNS
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.kinds.pieces import LONG as LONG_PIECE
from tokcompare.encodings.kinds.pieces import encode_piece, load_splitter, may_hold_long_piece
from tokcompare.encodings.kinds.rank_files import fingerprint
from tokcompare.encodings.kinds.small import SmallEncoder, load_small
from tokcompare.encodings.locks import LoadLock
from tokcompare.encodings.losses import count_lost_bytes
from tokcompare.encodings.protocol import Reload
from tokcompare.errors import ArgumentError, is_panic, require_str
from tokcompare.text import BLANK, replace_surrogates

if TYPE_CHECKING:
    import tiktoken

# tiktoken's regular expression engine keeps a stack entry for each blank of a run. The stack holds
# a million; from 999,999 blanks on the engine panics, and the panic is not an Exception. This limit
# stays well below.
LONG_RUN = 500_000

# A run of one repeated blank is encoded block by block: byte pairs merge from the left, so each
# block has the same tokens, and only the end of the run can differ. The tests compare this with
# tiktoken for the embedded ranks; other ranks are not encoded in this way.
_BLOCK = 1_024

_BLANK = f"[{BLANK}]"
_WHITE_SPACE = rf"[{BLANK}\r\n]"


_building = LoadLock()


# The encoding that is built is kept in `__dict__`, so this class has no slots.
@dataclass(frozen=True, kw_only=True, eq=False)
class TiktokenEncoding:
    """A byte-pair encoding of tiktoken that encodes every string.

    Attributes:
        name: The name of the encoding.
        vocabulary_size: The largest token id plus one.
        sha256: SHA-256 of the rank file, in hexadecimal digits. If the rank file does not determine
            the pattern, the pattern in UTF-8 is appended before hashing.
        pattern: The regular expression that splits text into pieces.
        build: Builds the underlying `tiktoken.Encoding`.
        reload: Loads the encoding again in another process.
        load_small: Returns the encoder for short text; None if there is none.
        library: The package whose version may change the tokens.
        unknown_token: Always None, because every byte is a token.
        can_decode: Whether `decode` returns the text of tokens.
    """

    name: str
    vocabulary_size: int
    sha256: str
    pattern: str
    build: Callable[[], tiktoken.Encoding]
    reload: Reload
    load_small: Callable[[], SmallEncoder | None] = lambda: None
    library: str = "tiktoken"
    unknown_token: int | None = None
    can_decode: bool = True

    @property
    def tiktoken(self) -> tiktoken.Encoding:
        """The underlying `tiktoken.Encoding`, built when it is first needed.

        Building takes a fifth of a second, and a faster engine may never need it.
        """
        built: tiktoken.Encoding | None = self.__dict__.get("_built")
        if built is None:
            # Not a `cached_property`: before Python 3.12 it has a lock that a fork hands on locked.
            with _building.held():
                built = self.__dict__.get("_built") or self.build()
                self.__dict__["_built"] = built
        return built

    def load(self) -> None:
        """Builds the underlying encoding now instead of at its first use."""
        _ = self.tiktoken

    @property
    def small(self) -> SmallEncoder | None:
        """The encoder for short text; None if there is none, or if tiktoken is built already."""
        return None if "_built" in self.__dict__ else self.load_small()

    @property
    def keeps_text(self) -> bool:
        """Whether the tokens of every text decode to it. A custom pattern may skip characters."""
        return self.cuts_at_space

    @property
    def cuts_at_space(self) -> bool:
        """Whether text may be cut before blanks and after line ends, as with known patterns."""
        return self.pattern in LOSSLESS_PATTERNS

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text.

        They equal those of `tiktoken.Encoding.encode_ordinary`: text that looks like a special
        token is ordinary text, and a lone surrogate counts as U+FFFD. For a run of blanks so long
        that tiktoken panics, they follow from the encoding's pattern and ranks.

        Raises:
            ArgumentError: The text is not a string, or tiktoken's engine gives up on it because of
                a custom pattern.
        """
        require_str("A text", text)
        small = self.small
        if small is not None and (tokens := small.encode(text)) is not None:
            return tokens
        try:
            if may_hold_run(text, LONG_RUN) and self.cuts_at_space:
                return self._encode_around_runs(text, LONG_RUN)
            return self._encode(text)
        except BaseException as error:
            if not is_panic(error):
                raise
            raise ArgumentError(
                f"tiktoken gave up on a text of {len(text):,} characters under {self.name!r}: "
                f"{error}. A pattern with less backtracking would help."
            ) from None

    def decode(self, tokens: Sequence[int]) -> str:
        """Returns the text of tokens; bytes that are not valid UTF-8 become U+FFFD."""
        small = self.small
        text = None if small is None else small.decode(tokens)
        return self.tiktoken.decode(tokens) if text is None else text

    def token_bytes(self, token: int) -> bytes:
        """Returns the bytes of a token.

        Raises:
            KeyError: There is no token of that id.
        """
        small = self.small
        if small is not None and 0 <= token < len(small.tokens):
            return small.tokens.bytes_of(token)
        return self.tiktoken.decode_single_token_bytes(token)

    def entries(self) -> dict[int, bytes]:
        """Returns the bytes of each token but special ones, by id."""
        small = self.load_small()
        if small is not None:
            return {token: small.tokens.bytes_of(token) for token in range(len(small.tokens))}
        return {rank: token for token, rank in self.tiktoken._mergeable_ranks.items()}

    def count_lost_bytes(self, text: str, tokens: Sequence[int]) -> int:
        """Returns the number of bytes of a text, white space aside, that its tokens do not hold."""
        return count_lost_bytes(text, b"".join(self.tiktoken.decode_tokens_bytes(tokens)))

    def _encode(self, text: str) -> list[int]:
        """Encodes by tiktoken; text with long pieces is split here, and they are cut to blocks."""
        if not (self.cuts_at_space and may_hold_long_piece(text)):
            return self.tiktoken.encode_ordinary(text)
        text = replace_surrogates(text)
        pieces = load_splitter(self.pattern).split(text)
        if pieces is None:
            return self.tiktoken.encode_ordinary(text)
        encode, bytes_of = (
            self.tiktoken._encode_single_piece,
            self.tiktoken.decode_single_token_bytes,
        )
        tokens: list[int] = []
        for piece in pieces:
            tokens += (
                encode(piece)
                if len(piece) < LONG_PIECE
                else encode_piece(piece.encode(), encode, bytes_of)
            )
        return tokens

    def _encode_around_runs(self, text: str, length: int) -> list[int]:
        """Encodes each run of at least `length` blanks as one piece, and the rest by tiktoken.

        In the known patterns a run of blanks is a piece of its own, with two exceptions: its last
        blank belongs to the word after it, and a run before a line end belongs to the line end. The
        engine needs no stack for a run before a line end, nor for a run at the end of the text if
        the pattern has a rule for it. The oldest pattern has no rule for line ends: in that pattern
        they are blanks like any other.
        """
        has_rule_for_final_run = r"\s++$" in self.pattern
        blank = _BLANK if r"\s*[\r\n]" in self.pattern else _WHITE_SPACE
        tokens: list[int] = []
        done = 0
        for run in re.finditer(f"(?<!{blank}){blank}{{{length},}}", text):
            start, end = run.span()
            if end == len(text):
                if has_rule_for_final_run and text[start - 1 : start] in ("\r", "\n"):
                    break  # that rule also matches the line ends before the run
            elif text[end] in "\r\n":
                continue
            else:
                end -= 1
            tokens += self._encode(text[done:start])
            tokens += self._encode_run(text[start:end])
            done = end
        return tokens + self._encode(text[done:])

    def _encode_run(self, run: str) -> list[int]:
        """Encodes a run of blanks as one piece; the time hardly grows with its length."""
        encode = self.tiktoken._encode_single_piece
        blocks = len(run) // _BLOCK - 2
        is_proven = self.name in VOCABULARIES and VOCABULARIES[self.name].is_embedded
        if not is_proven or blocks <= 0 or run.count(run[0]) != len(run):
            return encode(run)
        return encode(run[:_BLOCK]) * blocks + encode(run[blocks * _BLOCK :])

    def __reduce__(self) -> Reload:
        # To pickle the ranks would take half a second and 3 MB.
        return self.reload


def may_hold_run(text: str, length: int) -> bool:
    """Returns whether a text may hold a run of `length` blanks; looks at few of its characters."""
    # A run of that length covers nine of the sampled characters in a row.
    return len(text) >= length and re.search(r"\s{9}", text[:: length // 10]) is not None


def build_from_vocabulary(
    name: str, load_ranks: Callable[[], dict[bytes, int]], reload: Reload
) -> TiktokenEncoding:
    """Builds one of OpenAI's encodings; its ranks are parsed when it is first used.

    Args:
        name: The name of the encoding.
        load_ranks: Returns the ranks.
        reload: Loads the encoding again in another process.
    """
    vocabulary = VOCABULARIES[name]

    def build() -> tiktoken.Encoding:
        import tiktoken

        class WithoutRanks(tiktoken.Encoding):
            """A `tiktoken.Encoding` that loads its ranks again each time they are asked for.

            Encoding does not need the dictionary, which takes as much memory as all the rest.
            """

            @property
            def _mergeable_ranks(self) -> dict[bytes, int]:
                return load_ranks()

            @_mergeable_ranks.setter
            def _mergeable_ranks(self, ranks: dict[bytes, int]) -> None:
                pass

            def __reduce__(self) -> Reload:
                return _reload_tiktoken, reload

        return WithoutRanks(
            name,
            pat_str=vocabulary.pattern,
            mergeable_ranks=load_ranks(),
            special_tokens=dict(vocabulary.special_tokens),
        )

    return TiktokenEncoding(
        name=name,
        vocabulary_size=vocabulary.vocabulary_size,
        sha256=vocabulary.sha256,
        pattern=vocabulary.pattern,
        build=build,
        reload=reload,
        load_small=partial(
            load_small, vocabulary.rank_file.filename.partition(".")[0], vocabulary.pattern
        ),
    )


def _reload_tiktoken(
    load: Callable[..., TiktokenEncoding], arguments: tuple[Any, ...]
) -> tiktoken.Encoding:
    return load(*arguments).tiktoken


def build_from_ranks(
    name: str, ranks: dict[bytes, int], *, pattern: str, sha256: str, reload: Reload
) -> TiktokenEncoding:
    """Builds an encoding without special tokens from the ranks of a file.

    Args:
        name: The name of the encoding.
        ranks: The rank of each token.
        pattern: The regular expression that splits text into pieces.
        sha256: The fingerprint of the file and the pattern.
        reload: Loads the encoding again in another process.

    Raises:
        ArgumentError: The pattern is not a regular expression that tiktoken understands.
    """
    import tiktoken

    try:
        encoding = tiktoken.Encoding(
            name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={}
        )
    except ValueError as error:
        raise ArgumentError(
            f"The pattern {pattern!r} is not a regular expression that tiktoken understands: "
            f"{error}"
        ) from None
    return TiktokenEncoding(
        name=name,
        vocabulary_size=max(ranks.values()) + 1,
        sha256=sha256,
        pattern=pattern,
        build=lambda: encoding,
        reload=reload,
    )


def wrap_tiktoken(encoding: tiktoken.Encoding, reload: Reload) -> TiktokenEncoding:
    """Wraps a `tiktoken.Encoding`, so that it encodes every string.

    Its SHA-256 is that of the rank file that tiktoken would write for it.
    """
    ranks = encoding._mergeable_ranks
    content = b"".join(
        b"%s %d\n" % (b2a_base64(token, newline=False), rank)
        for token, rank in sorted(ranks.items(), key=lambda item: item[1])
    )
    return TiktokenEncoding(
        name=encoding.name,
        vocabulary_size=encoding.n_vocab,
        sha256=fingerprint(content, encoding._pat_str),
        pattern=encoding._pat_str,
        build=lambda: encoding,
        reload=reload,
    )
