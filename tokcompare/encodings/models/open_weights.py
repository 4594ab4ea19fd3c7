"""Open models and their tokenizers: the name of the tokenizer of each model, without guessing.

Each provider writes the name of an open model in its own way. A name is known here if all of its
parts are: the family, its version, and the words behind them. A model that somebody else has tuned
further (`hermes-3-llama-3.1-70b`), and one whose weights are not published (`qwen3-max`), may have
another tokenizer, so they are not known.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

_VARIANTS = (
    "instruct chat it hf base text vision preview thinking turbo lite fast specdec instant "
    "versatile reasoning maas fp8 fp16 bf16 awq basic"
)
"""Words for a variant of the same weights: how they were tuned, are stored, or are served."""

_SIZE = r"\d+(?:\.\d+)?[bm]|a\d+b|\d+e"

OPEN_MODELS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "llama2": ((r"llama-?2-(?:7|13|70)b", "4096 32k"),),
    "llama3": ((r"(?:meta-)?llama-?v?3(?:[._-][123])?", "128k 8192"),),
    "llama4": ((r"(?:meta-)?llama-?4-(?:scout|maverick)", ""),),
    # Qwen 2 to 3 have one vocabulary: "Qwen's tokenizer" of the reports on Qwen2.5 and Qwen3.
    "qwen3": (
        (r"qwen-?2(?:\.5)?", "coder math vl"),
        (r"qwq-32b", ""),
        (r"qwen-?3", "coder next vl omni 2507"),
    ),
    "qwen3.5": ((r"qwen-?3\.?[56]-(?=\d+b)", ""),),
    "gemma2": ((r"gemma-?2-(?:2|9|27)b", ""),),
    "gemma3": ((r"gemma-?3-(?:270m|1b|4b|12b|27b)", ""),),
    "gemma4": ((r"gemma-?4-(?=\d+b)", ""),),
    "deepseek-v3": (
        (r"deepseek[-_](?:chat-)?v3(?:\.[12])?", "0324 exp terminus"),
        (r"deepseek[-.]r1", "0528 zero v1"),
    ),
    "mistral-tekken": (
        (r"(?:open-)?mistral-nemo", "12b 2407"),
        (r"mistral-small(?:-3\.[12])?-24b", "2501 2503 2506"),
        (r"pixtral-12b", "2409"),
        (r"devstral-small", "2505 2507"),
        (r"magistral-small", "2506 2507 2509"),
    ),
    "kimi-k2": ((r"kimi-k2(?:\.5)?", "0711 0905"),),
    "glm-4": ((r"glm-4-(?:9b|32b)", "0414 128k"), (r"glm-4\.5", "air"), (r"glm-4\.[67]", "")),
    "phi-4": ((r"phi-4", "plus"),),
    "o200k_harmony": ((r"gpt-oss-(?:safeguard-)?(?=20b|120b)", "1"),),
}
"""For each tokenizer, patterns of its models' names, and the words that only they may have."""


def find_tokenizer_of_model(model: str) -> str | None:
    """Returns the name of the tokenizer of an open model, or None if the model is not known.

    Upper and lower case are the same, and a provider's name may precede the model's.

    >>> find_tokenizer_of_model("meta-llama/Llama-3.3-70B-Instruct")
    'llama3'
    >>> find_tokenizer_of_model("hermes-3-llama-3.1-70b")
    """
    name = _usual_form(model)
    for tokenizer, patterns in _compiled().items():
        if any(pattern.fullmatch(name) for pattern in patterns):
            return tokenizer
    return None


def _usual_form(model: str) -> str:
    """Returns a model's name without its provider, in lower case, with "." in its version."""
    name = model.lower().rpartition("/")[2]
    name = re.sub(r"(?:-v\d)?:(?:\d|free|batch)$", "", name)  # of Bedrock and OpenRouter
    name = re.sub(r"^(?:(?:global|us|eu|apac)\.)?(?:meta|qwen|google|mistral|openai)\.", "", name)
    name = name.removeprefix("databricks-")
    return re.sub(r"(?<=\d)p(?=\d)", ".", name)  # of Fireworks


@functools.cache
def _compiled() -> Mapping[str, list[re.Pattern[str]]]:
    return {
        tokenizer: [_compile(family, own_words) for family, own_words in patterns]
        for tokenizer, patterns in OPEN_MODELS.items()
    }


def _compile(family: str, own_words: str) -> re.Pattern[str]:
    words = "|".join(map(re.escape, f"{_VARIANTS} {own_words}".split()))
    # A family may end in "-" and a look at the size behind it.
    return re.compile(rf"{family}(?:-?(?<=-)(?:{_SIZE}|{words}))*", re.ASCII)
