"""Models and their encodings: finds the encoding of a model by its exact name, without guessing.

tiktoken's own `encoding_for_model` goes by prefixes: it gives `gpt-4-fake` an encoding, and does
not know `GPT-4o` or `openai/gpt-4o`. Here a name is split, and each of its parts must be known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tokcompare.errors import UnknownNameError

PROVIDERS = (
    "openrouter/openai/",
    "openai/",
    "azure/global-standard/",
    "azure/global/",
    "azure/eu/",
    "azure/us/",
    "azure/",
    "azure_ai/",
    "github/",
)
"""The prefixes by which gateways name the provider of a model; the first one that fits counts."""

FAMILIES: Mapping[str, tuple[str, frozenset[str]]] = {
    family: (encoding, frozenset(words.split()))
    for family, encoding, words in (
        ("gpt-3.5-turbo", "cl100k_base", "16k instruct"),
        ("gpt-35-turbo", "cl100k_base", "16k instruct"),
        ("gpt-4", "cl100k_base", "32k turbo vision preview"),
        (
            "gpt-4o",
            "o200k_base",
            "mini preview audio realtime search transcribe diarize tts 64k output alpha",
        ),
        ("chatgpt-4o", "o200k_base", "latest"),
        ("gpt-4.1", "o200k_base", "mini nano"),
        ("gpt-4.5", "o200k_base", "preview"),
        ("gpt-5", "o200k_base", "mini nano pro chat latest codex search api"),
        ("gpt-5.1", "o200k_base", "chat latest codex mini max"),
        ("gpt-5.2", "o200k_base", "chat latest pro codex"),
        ("o1", "o200k_base", "mini preview pro"),
        ("o3", "o200k_base", "mini pro deep research high medium low"),
        ("o4-mini", "o200k_base", "deep research high medium low"),
        ("gpt-oss", "o200k_harmony", "20b 120b safeguard"),
    )
}
"""Families of models: the encoding of each, and the words that may follow it in a model's name."""

# Models whose whole names tiktoken knows only by the prefix "gpt-5".
_BY_PREFIX = {"gpt-5.1": "o200k_base", "gpt-5.2": "o200k_base"}

# 2024-05-13, or only month and day: 0613.
_DATE = r"20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"

_PROPRIETARY = r"(?:^|[/.])(?:claude|gemini)\b"


def find_encoding_of_model(model: str) -> str | None:
    """Returns the name of the encoding that a model uses, or None if the model is not known.

    Upper and lower case are the same, a provider's name may precede the model's, and
    `ft:gpt-4o:...` is a model fine-tuned from gpt-4o.

    Raises:
        UnknownNameError: The tokenizer of the model is not public.

    Source: tiktoken's table of models, https://github.com/openai/tiktoken.

    >>> find_encoding_of_model("openai/gpt-4o-mini-2024-07-18")
    'o200k_base'
    """
    name = model.lower()
    if re.search(_PROPRIETARY, name):
        raise UnknownNameError(
            f"The tokenizer of {model!r} is not public, so its tokens cannot be counted."
        )
    for provider in PROVIDERS:
        if name.startswith(provider):
            name = name.removeprefix(provider)
            break
    if name.startswith("ft:"):
        name = name.split(":")[1]
    return _table().get(name) or _BY_PREFIX.get(name) or _encoding_of_member(name)


def suggested_models() -> list[str]:
    """Returns the names of models to suggest: tiktoken's table and short names of each family."""
    members = [f"{family}-{word}" for family, (_, words) in FAMILIES.items() for word in words]
    return [*_table(), *sorted(members)]


def models_of(encoding: str) -> list[str]:
    """Returns the models of an encoding in tiktoken's own table, in the order of the table."""
    return [model for model, name in _table().items() if name == encoding]


def _table() -> dict[str, str]:
    from tiktoken.model import MODEL_TO_ENCODING

    return MODEL_TO_ENCODING


def _encoding_of_member(name: str) -> str | None:
    for family, (encoding, words) in FAMILIES.items():
        alternatives = "|".join(map(re.escape, words))
        if re.fullmatch(rf"{re.escape(family)}(?:-(?:{alternatives}|{_DATE}))+", name, re.ASCII):
            return encoding
    return None
