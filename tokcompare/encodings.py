"""What counts tokens: encodings by name, built from the vocabularies that travel with the package.

Nothing is downloaded, written or registered, and tiktoken is imported when the first encoding is
loaded. An encoding turns text into tokens; what a number of tokens means is not decided here.
"""

from __future__ import annotations

import functools
import re
import threading
from binascii import a2b_base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tokcompare.data import data_path
from tokcompare.errors import ArgumentError, VocabularyError, require_str, unknown_name

if TYPE_CHECKING:
    import tiktoken


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
    """placeholder until merged."""

    @property
    def sha256(self) -> str: ...
    @property
    def library(self) -> str: ...
    @property
    def keeps_text(self) -> bool | None: ...
    @property
    def unknown_token(self) -> int | None: ...
    @property
    def cuts_at_space(self) -> bool: ...
    def decode(self, tokens: Sequence[int]) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """An embedded vocabulary: all there is to know of an encoding but its ranks.

    Attributes:
        name: The name of the encoding.
        sha256: SHA-256 of the uncompressed rank file, as tiktoken pins it.
        pattern: The regular expression that splits text into pieces, as tiktoken has it.
        special_tokens: Special tokens and their ids.
    """

    name: str
    sha256: str
    pattern: str
    special_tokens: Mapping[str, int]

    @property
    def vocabulary_size(self) -> int:
        """The largest token id plus one, which is tiktoken's `n_vocab`."""
        return max(self.special_tokens.values()) + 1


_ENDOFTEXT = "<|endoftext|>"
_ENDOFPROMPT = "<|endofprompt|>"

_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"

VOCABULARIES: dict[str, Vocabulary] = {
    vocabulary.name: vocabulary
    for vocabulary in (
        Vocabulary(
            name="cl100k_base",
            sha256="223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
            pattern=r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
            r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
            special_tokens={
                _ENDOFTEXT: 100257,
                "<|fim_prefix|>": 100258,
                "<|fim_middle|>": 100259,
                "<|fim_suffix|>": 100260,
                _ENDOFPROMPT: 100276,
            },
        ),
        Vocabulary(
            name="o200k_base",
            sha256="446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
            pattern=rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTION}"
            rf"|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTION}"
            r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
            special_tokens={_ENDOFTEXT: 199999, _ENDOFPROMPT: 200018},
        ),
    )
}
"""The embedded vocabularies by the name of their encoding."""

# tiktoken's regular expression engine keeps a stack entry for each blank of a run. It has room for
# a million; from 999,999 on it panics, and the exception is no Exception. Stay well below.
_LONG_RUN = 500_000

# White_Space without the line ends. "\s" will not do: in Python it also takes U+001C to U+001F.
BLANK = r"[\t\x0b\x0c \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TiktokenEncoding:
    """A byte-pair encoding of tiktoken that encodes every string.

    Attributes:
        name: The name of the encoding.
        vocabulary_size: The largest token id plus one.
        sha256: SHA-256 of the rank file that it was built from, in hexadecimal digits.
        tiktoken: The `tiktoken.Encoding` underneath.
    """

    name: str
    vocabulary_size: int
    sha256: str
    tiktoken: tiktoken.Encoding

    library = "tiktoken"
    keeps_text = True
    unknown_token = None
    cuts_at_space = True

    def decode(self, tokens: Sequence[int]) -> str | None:
        return self.tiktoken.decode(list(tokens))

    def encode(self, text: str) -> list[int]:
        """Returns the token ids of a text.

        They are those of `tiktoken.Encoding.encode_ordinary`: text that looks like a special
        token is ordinary text, and a lone surrogate counts as U+FFFD. For a run of blanks so long
        that tiktoken panics, they are those that its pattern and its ranks define.

        Raises:
            ArgumentError: The text is not a string.
        """
        require_str("A text", text)
        if _may_hold_run(text, _LONG_RUN):
            return self._encode_around_runs(text, _LONG_RUN)
        return self.tiktoken.encode_ordinary(text)

    def _encode_around_runs(self, text: str, length: int) -> list[int]:
        """Encodes runs of that many blanks as the pieces they are, and the rest by tiktoken.

        In both patterns a run of blanks is a piece of its own, but for its last blank, which goes
        with the word behind it, and but for a run before a line end, which goes with that. The
        engine keeps no stack for the latter, nor where the pattern has a rule for a final run.
        """
        has_rule_for_final_run = r"\s++$" in self.tiktoken._pat_str
        tokens: list[int] = []
        done = 0
        for run in re.finditer(f"(?<!{BLANK}){BLANK}{{{length},}}", text):
            start, end = run.span()
            if end == len(text):
                if has_rule_for_final_run:
                    break
            elif text[end] in "\r\n":
                continue
            else:
                end -= 1
            tokens += self.tiktoken.encode_ordinary(text[done:start])
            tokens += self.tiktoken._encode_single_piece(text[start:end])
            done = end
        return tokens + self.tiktoken.encode_ordinary(text[done:])

    def __reduce__(self) -> tuple[object, tuple[str]]:
        # Half a second and 3 MB to pickle; the name is enough for the other process to load it.
        return load_encoding, (self.name,)


def _may_hold_run(text: str, length: int) -> bool:
    """Returns whether a text may hold a run of so many blanks, after a look at few characters."""
    # A run of that length covers nine of the probed characters in a row.
    return len(text) >= length and re.search(r"\s{9}", text[:: length // 10]) is not None


_loading = threading.Lock()


def load_encoding(name, *, pattern=None, allow_download=False) -> TiktokenEncoding:
    """Returns an encoding, built from the vocabulary in the package the first time it is asked for.

    Args:
        name: The name of an embedded encoding: "cl100k_base" or "o200k_base".

    Raises:
        UnknownNameError: There is no encoding of that name.
        VocabularyError: The vocabulary file is missing or damaged.

    >>> load_encoding("o200k_base").encode("Hello, my name is GPT-4o.")
    [13225, 11, 922, 1308, 382, 174803, 12, 19, 78, 13]
    """
    find_vocabulary(name)
    # Threads that ask for the same encoding at the same time wait for one of them to build it.
    with _loading:
        return _build(name)


def load_encodings(names, *, pattern=None, allow_download=False) -> list[TiktokenEncoding]:
    """Returns several encodings, in the order in which they are named.

    Raises:
        ArgumentError: There is no name, one of them twice, or something that is no name.
        UnknownNameError: There is no encoding of that name.
        VocabularyError: A vocabulary file is missing or damaged.
    """
    if isinstance(names, str):
        names = [names]
    if isinstance(names, (bytes, bytearray)) or not isinstance(names, Iterable):
        raise ArgumentError(f"Encodings must be a list of names, not {type(names).__name__}.")
    names = list(names)
    if not names:
        raise ArgumentError("No encoding was given; at least one is needed.")
    for name in names:
        find_vocabulary(name)
        if names.count(name) > 1:
            raise ArgumentError(f"The encoding {name!r} was given twice; once is enough.")
    return [load_encoding(name) for name in names]


def find_vocabulary(name: str) -> Vocabulary:
    """Returns what is known of an embedded encoding, without loading it.

    Raises:
        UnknownNameError: There is no encoding of that name.
    """
    require_str("The name of an encoding", name)
    if name in VOCABULARIES:
        return VOCABULARIES[name]
    models = {model: encoding for encoding in VOCABULARIES for model in models_of(encoding)}
    raise unknown_name("encoding", name, VOCABULARIES, also=models)


def models_of(name: str) -> list[str]:
    """Returns the models that tiktoken's own table gives an encoding to, in the table's order."""
    from tiktoken.model import MODEL_TO_ENCODING

    return [model for model, encoding in MODEL_TO_ENCODING.items() if encoding == name]


@functools.cache
def _build(name: str) -> TiktokenEncoding:
    import tiktoken

    vocabulary = VOCABULARIES[name]
    encoding = tiktoken.Encoding(
        name,
        pat_str=vocabulary.pattern,
        mergeable_ranks=_parse_ranks(_read_verified(vocabulary)),
        special_tokens=dict(vocabulary.special_tokens),
    )
    return TiktokenEncoding(
        name=name,
        vocabulary_size=encoding.n_vocab,
        sha256=vocabulary.sha256,
        tiktoken=encoding,
    )


def _read_verified(vocabulary: Vocabulary) -> bytes:
    import gzip
    import hashlib
    import zlib

    path = data_path("vocabularies", f"{vocabulary.name}.tiktoken.gz")
    try:
        ranks = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise VocabularyError(
            f"The vocabulary file {str(path)!r} cannot be read: {error}. Install tokcompare again."
        ) from error
    sha256 = hashlib.sha256(ranks).hexdigest()
    if sha256 != vocabulary.sha256:
        raise VocabularyError(
            f"The vocabulary file {str(path)!r} is damaged: its SHA-256 is {sha256}, "
            f"that of {vocabulary.name} is {vocabulary.sha256}. Install tokcompare again."
        )
    return ranks


def _parse_ranks(ranks: bytes) -> dict[bytes, int]:
    # Each line is a token in base64, a blank and its rank, which in these two files is the number
    # of the line: their SHA-256 says so. To parse the ranks too would take half as long again.
    return {a2b_base64(token): rank for rank, token in enumerate(ranks.split()[::2])}
