"""OpenAI's encodings: their patterns, special tokens and sizes, and where their rank files are.

All values equal those of `tiktoken_ext.openai_public`. They are repeated here because its
constructors load the ranks before they give a pattern.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RankFile:
    """A file of byte-pair ranks that OpenAI publishes.

    Attributes:
        url: The address that tiktoken downloads it from, which is also its key in tiktoken's cache.
        sha256: SHA-256 of the file, as tiktoken pins it, in hexadecimal digits.
        size: The approximate size of the download, for messages.
        is_embedded: Whether the file is bundled with the package.
    """

    url: str
    sha256: str
    size: str
    is_embedded: bool = False

    @property
    def filename(self) -> str:
        """The last part of the URL."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """One of OpenAI's encodings, without its ranks.

    Attributes:
        name: The name of the encoding.
        vocabulary_size: The largest token id plus one, which is tiktoken's `n_vocab`.
        rank_file: The file of its ranks.
        pattern: The regular expression that splits text into pieces.
        special_tokens: The id of each special token.
    """

    name: str
    vocabulary_size: int
    rank_file: RankFile
    pattern: str
    special_tokens: Mapping[str, int]

    @property
    def sha256(self) -> str:
        """SHA-256 of the rank file."""
        return self.rank_file.sha256

    @property
    def is_embedded(self) -> bool:
        """Whether its ranks are bundled with the package, so that it needs no network."""
        return self.rank_file.is_embedded


_PUBLIC = "https://openaipublic.blob.core.windows.net"

# tiktoken also reads encoder.json, but only to check it against this list of merges.
_GPT2 = RankFile(
    url=f"{_PUBLIC}/gpt-2/encodings/main/vocab.bpe",
    sha256="1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
    size="0.5 MB",
)
_R50K = RankFile(
    url=f"{_PUBLIC}/encodings/r50k_base.tiktoken",
    sha256="306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
    size="0.8 MB",
)
_P50K = RankFile(
    url=f"{_PUBLIC}/encodings/p50k_base.tiktoken",
    sha256="94b5ca7dff4d00767bc256fdd1b27e5b17361d7b8a5f968547f9f23eb70d2069",
    size="0.8 MB",
)
_CL100K = RankFile(
    url=f"{_PUBLIC}/encodings/cl100k_base.tiktoken",
    sha256="223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
    size="1.7 MB",
    is_embedded=True,
)
_O200K = RankFile(
    url=f"{_PUBLIC}/encodings/o200k_base.tiktoken",
    sha256="446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
    size="3.6 MB",
    is_embedded=True,
)

_CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"

_R50K_PATTERN = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"
_CL100K_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)
_O200K_PATTERN = (
    rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_CONTRACTION}"
    rf"|[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_CONTRACTION}"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

PATTERNS = frozenset({_R50K_PATTERN, _CL100K_PATTERN, _O200K_PATTERN})
"""The patterns of OpenAI's encodings. Each splits a text into pieces without losing a character."""

# No pattern has a piece in which a letter precedes a digit or a mark (but for the apostrophe of
# "it's"), a digit precedes a letter or a mark, or a mark precedes a digit. These characters of
# ASCII belong to the same classes in every version of Unicode.
_MARK = r"!-/:-@\[-`{-~"
ASCII_CUT = (
    rf"(?<=[A-Za-z])(?=[{_MARK}0-9])(?!')|(?<=[0-9])(?=[{_MARK}A-Za-z])|(?<=[{_MARK}])(?=[0-9])"
)
"""Further places at which each of `PATTERNS` splits every text, as in "[1,2]" or "a=b".

They do not depend on what is further away. Unlike those of `text.cut`, they are no places between
words, as in "3.14".
"""

_ENDOFTEXT = "<|endoftext|>"
_FIM = ("<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>")
_ENDOFPROMPT = "<|endofprompt|>"

VOCABULARIES: dict[str, Vocabulary] = {
    vocabulary.name: vocabulary
    for vocabulary in (
        Vocabulary(
            name="gpt2",
            vocabulary_size=50_257,
            rank_file=_GPT2,
            pattern=_R50K_PATTERN,
            special_tokens={_ENDOFTEXT: 50256},
        ),
        Vocabulary(
            name="r50k_base",
            vocabulary_size=50_257,
            rank_file=_R50K,
            pattern=_R50K_PATTERN,
            special_tokens={_ENDOFTEXT: 50256},
        ),
        Vocabulary(
            name="p50k_base",
            vocabulary_size=50_281,
            rank_file=_P50K,
            pattern=_R50K_PATTERN,
            special_tokens={_ENDOFTEXT: 50256},
        ),
        Vocabulary(
            name="p50k_edit",
            vocabulary_size=50_284,
            rank_file=_P50K,
            pattern=_R50K_PATTERN,
            special_tokens={_ENDOFTEXT: 50256}
            | {token: 50281 + place for place, token in enumerate(_FIM)},
        ),
        Vocabulary(
            name="cl100k_base",
            vocabulary_size=100_277,
            rank_file=_CL100K,
            pattern=_CL100K_PATTERN,
            special_tokens={_ENDOFTEXT: 100257}
            | {token: 100258 + place for place, token in enumerate(_FIM)}
            | {_ENDOFPROMPT: 100276},
        ),
        Vocabulary(
            name="o200k_base",
            vocabulary_size=200_019,
            rank_file=_O200K,
            pattern=_O200K_PATTERN,
            special_tokens={_ENDOFTEXT: 199999, _ENDOFPROMPT: 200018},
        ),
        Vocabulary(
            name="o200k_harmony",
            vocabulary_size=201_088,
            rank_file=_O200K,
            pattern=_O200K_PATTERN,
            # 200018 is the id of two tokens, as in tiktoken.
            special_tokens={f"<|reserved_{token}|>": token for token in range(200013, 201088)}
            | {f"<|reserved_{token}|>": token for token in (200000, 200001, 200004)}
            | {f"<|reserved_{token}|>": token for token in (200009, 200010, 200011)}
            | {
                "<|startoftext|>": 199998,
                _ENDOFTEXT: 199999,
                "<|return|>": 200002,
                "<|constrain|>": 200003,
                "<|channel|>": 200005,
                "<|start|>": 200006,
                "<|end|>": 200007,
                "<|message|>": 200008,
                "<|call|>": 200012,
                _ENDOFPROMPT: 200018,
            },
        ),
    )
}
"""OpenAI's encodings by name, in tiktoken's order."""
