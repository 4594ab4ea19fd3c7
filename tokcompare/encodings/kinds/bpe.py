"""tiktoken's byte-pair encodings, made to encode every string."""

from __future__ import annotations

import re
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tokcompare.encodings.kinds.openai import PATTERNS, VOCABULARIES
from tokcompare.errors import ArgumentError, is_panic, require_str
from tokcompare.text import BLANK

if TYPE_CHECKING:
    import tiktoken

# tiktoken's regular expression engine keeps a stack entry for each blank of a run. It has room for
# a million; from 999,999 on it panics, and the exception is no Exception. Stay well below.
LONG_RUN = 500_000

# A run of one and the same blank is encoded block by block: merging from the left, byte pairs make
# the same tokens of each block, and only the end of the run can come out otherwise. The tests hold
# that against tiktoken for the embedded ranks, so it is done with no others.
_BLOCK = 1_024

_BLANK = f"[{BLANK}]"
_WHITE_SPACE = rf"[{BLANK}\r\n]"


# Without slots, for the sake of the cached property.
@dataclass(frozen=True, kw_only=True, eq=False)
class TiktokenEncoding:
    """A byte-pair encoding of tiktoken that encodes every string.

    Attributes:
        name: The name of the encoding.
        vocabulary_size: The largest token id plus one.
        sha256: SHA-256 of the rank file; if that does not settle the pattern, of the rank file
            followed by the pattern in UTF-8. In hexadecimal digits.
        pattern: The regular expression that splits text into pieces.
        build: What returns the `tiktoken.Encoding` underneath.
        reload: What loads it again in another process: a function and its arguments.
        library: The package whose version the tokens may depend on.
        unknown_token: There is none: every byte is a token.
    """

    name: str
    vocabulary_size: int
    sha256: str
    pattern: str
    build: Callable[[], tiktoken.Encoding]
    reload: tuple[Callable[..., Any], tuple[Any, ...]]
    library: str = "tiktoken"
    unknown_token: int | None = None

    @cached_property
    def tiktoken(self) -> tiktoken.Encoding:
        """The `tiktoken.Encoding` underneath, built when it is first asked for.

        Where a faster engine encodes, it may never be, and it takes a fifth of a second.
        """
        return self.build()

    def load(self) -> None:
        """Builds what is underneath now, in the place of when it is first asked for."""
        _ = self.tiktoken

    @property
    def keeps_text(self) -> bool:
        """Whether every text can be had back. A pattern of the user's may pass over characters."""
        return self.cuts_at_space

    @property
    def cuts_at_space(self) -> bool:
        """Whether text may be cut before blanks and behind line ends: with OpenAI's patterns."""
        return self.pattern in PATTERNS

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text.

        They are those of `tiktoken.Encoding.encode_ordinary`: text that looks like a special
        token is ordinary text, and a lone surrogate counts as U+FFFD. For a run of blanks so long
        that tiktoken panics, they are those that its pattern and its ranks define.

        Raises:
            ArgumentError: The text is not a string, or a pattern of the user's makes tiktoken's
                engine give up on it.
        """
        require_str("A text", text)
        try:
            if may_hold_run(text, LONG_RUN) and self.cuts_at_space:
                return self._encode_around_runs(text, LONG_RUN)
            return self.tiktoken.encode_ordinary(text)
        except BaseException as error:
            if not is_panic(error):
                raise
            raise ArgumentError(
                f"tiktoken gave up on a text of {len(text):,} characters under {self.name!r}: "
                f"{error}. A pattern that tries fewer ways of matching would help."
            ) from None

    def decode(self, tokens: Sequence[int]) -> str:
        """Returns the text that tokens stand for; bytes that are not UTF-8 as U+FFFD."""
        return self.tiktoken.decode(tokens)

    def _encode_around_runs(self, text: str, length: int) -> list[int]:
        """Encodes runs of that many blanks as the pieces they are, and the rest by tiktoken.

        In OpenAI's patterns a run of blanks is a piece of its own, but for its last blank, which
        goes with the word behind it, and but for a run before a line end, which goes with that.
        The engine keeps no stack for the latter, nor where the pattern has a rule for a final run.
        The oldest pattern has no rule for line ends, which are blanks like others in it.
        """
        has_rule_for_final_run = r"\s++$" in self.pattern
        blank = _BLANK if r"\s*[\r\n]" in self.pattern else _WHITE_SPACE
        tokens: list[int] = []
        done = 0
        for run in re.finditer(f"(?<!{blank}){blank}{{{length},}}", text):
            start, end = run.span()
            if end == len(text):
                if has_rule_for_final_run and text[start - 1 : start] in ("\r", "\n"):
                    break  # the rule takes the line ends before the run, too
            elif text[end] in "\r\n":
                continue
            else:
                end -= 1
            tokens += self.tiktoken.encode_ordinary(text[done:start])
            tokens += self._encode_run(text[start:end])
            done = end
        return tokens + self.tiktoken.encode_ordinary(text[done:])

    def _encode_run(self, run: str) -> list[int]:
        """Encodes a run of blanks, which is one piece, in a time that does not grow with it."""
        encode = self.tiktoken._encode_single_piece
        blocks = len(run) // _BLOCK - 2
        is_proven = self.name in VOCABULARIES and VOCABULARIES[self.name].is_embedded
        if not is_proven or blocks <= 0 or run.count(run[0]) != len(run):
            return encode(run)
        return encode(run[:_BLOCK]) * blocks + encode(run[blocks * _BLOCK :])

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # Half a second and 3 MB to pickle; it is enough to say what the other process is to load.
        return self.reload


def may_hold_run(text: str, length: int) -> bool:
    """Returns whether a text may hold a run of so many blanks, after a look at few characters."""
    # A run of that length covers nine of the probed characters in a row.
    return len(text) >= length and re.search(r"\s{9}", text[:: length // 10]) is not None


def build_from_vocabulary(
    name: str,
    load_ranks: Callable[[], dict[bytes, int]],
    reload: tuple[Callable[..., Any], tuple[Any, ...]],
) -> TiktokenEncoding:
    """Returns one of tiktoken's own encodings, built from its ranks when it is first used."""
    vocabulary = VOCABULARIES[name]

    def build() -> tiktoken.Encoding:
        import tiktoken

        class WithoutRanks(tiktoken.Encoding):
            """One that reads its ranks again when they are asked for, as nobody does who encodes.

            As a dictionary they take as much memory as all that it encodes with.
            """

            @property
            def _mergeable_ranks(self) -> dict[bytes, int]:
                return load_ranks()

            @_mergeable_ranks.setter
            def _mergeable_ranks(self, ranks: dict[bytes, int]) -> None:
                pass

            def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
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
    )


def _reload_tiktoken(
    load: Callable[..., TiktokenEncoding], arguments: tuple[Any, ...]
) -> tiktoken.Encoding:
    return load(*arguments).tiktoken


def build_from_ranks(
    name: str,
    ranks: dict[bytes, int],
    *,
    pattern: str,
    sha256: str,
    reload: tuple[Callable[..., Any], tuple[Any, ...]],
) -> TiktokenEncoding:
    """Returns an encoding of the user's own, without special tokens.

    Raises:
        ArgumentError: The pattern is no regular expression that tiktoken understands.
    """
    import tiktoken

    try:
        encoding = tiktoken.Encoding(
            name, pat_str=pattern, mergeable_ranks=ranks, special_tokens={}
        )
    except ValueError as error:
        raise ArgumentError(
            f"The pattern {pattern!r} is no regular expression that tiktoken understands: {error}"
        ) from None
    return TiktokenEncoding(
        name=name,
        vocabulary_size=max(ranks.values()) + 1,
        sha256=sha256,
        pattern=pattern,
        build=lambda: encoding,
        reload=reload,
    )


def wrap_tiktoken(
    encoding: tiktoken.Encoding, reload: tuple[Callable[..., Any], tuple[Any, ...]]
) -> TiktokenEncoding:
    """Returns a `tiktoken.Encoding` as one that encodes every string.

    Its SHA-256 is that of the rank file which tiktoken would write for it.
    """
    from tokcompare.encodings.kinds.rank_files import fingerprint

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
