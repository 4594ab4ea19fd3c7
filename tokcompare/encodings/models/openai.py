"""OpenAI's models and their encodings: finds the encoding of a model, without guessing.

tiktoken's own `encoding_for_model` goes by prefixes: it gives `gpt-4-fake` an encoding, and does
not know `GPT-4o` or `openai/gpt-4o`. Here a prefix counts only for a model that genai-prices lists
for OpenAI, for a dated version of a known model, and for the few models in `UNLISTED`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tokcompare.encodings.models.listing import DATE, is_listed, names_in_file
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

UNLISTED = ("gpt-35-turbo-instruct", "gpt-4o-64k-output-alpha")
"""Models of OpenAI that tiktoken knows by a prefix, and that genai-prices does not list."""

_PROPRIETARY = r"(?:^|[/.])(?:claude|gemini)\b"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownModel:
    """A model of OpenAI, and how its encoding is known.

    Attributes:
        name: The name of the model, without its provider, in lower case.
        encoding: The name of its encoding.
        prefix: The prefix by which tiktoken gives the model this encoding; None if the whole name
            is in tiktoken's table.
    """

    name: str
    encoding: str
    prefix: str | None = None

    @property
    def note(self) -> str:
        """A sentence that says so if tiktoken knows the model only by a prefix; else empty."""
        if self.prefix is None:
            return ""
        return (
            f"{self.name}: its encoding, {self.encoding}, is known by the prefix {self.prefix!r} "
            "in tiktoken's table; the table does not name the model itself."
        )


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
    known = identify_model(model)
    return None if known is None else known.encoding


def identify_model(model: str) -> KnownModel | None:
    """Returns the model that a name means, or None if it is not known.

    Raises:
        UnknownNameError: The tokenizer of the model is not public.

    >>> identify_model("azure/gpt-5.5").prefix
    'gpt-5'
    >>> identify_model("gpt-4-fake")
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
    if (encoding := _table().get(name)) is not None:
        return KnownModel(name=name, encoding=encoding)
    prefix = next((each for each in _prefixes() if name.startswith(each)), None)
    if prefix is None or not _is_published(name):
        return None
    return KnownModel(name=name, encoding=_prefixes()[prefix], prefix=prefix)


def suggested_models() -> list[str]:
    """Returns the names of models to suggest: tiktoken's table, and those that genai-prices lists.

    Names with a date are left out.
    """
    prefixes = tuple(known_prefixes())
    listed = [name for name in names_in_file() if name.startswith(prefixes)]
    short = [name for name in listed if not re.search(rf"-(?:{DATE})(?:\W|$)", name)]
    return [*_table(), *sorted(short)]


def models_of(encoding: str) -> list[str]:
    """Returns the models of an encoding in tiktoken's own table, in the order of the table.

    If the table has none, the prefixes of its models are returned, such as "gpt-oss-*".
    """
    models = [model for model, name in _table().items() if name == encoding]
    return models or [f"{prefix}*" for prefix, name in _prefixes().items() if name == encoding]


def known_prefixes() -> list[str]:
    """Returns the prefixes in tiktoken's table, without those of fine-tuned models."""
    return [prefix for prefix in _prefixes() if not prefix.startswith("ft:")]


def _is_published(name: str) -> bool:
    """Returns whether OpenAI has published a model, or the one that a dated name is a version of.

    Args:
        name: A name that begins with one of tiktoken's prefixes, and is not in its table.
    """
    if name in UNLISTED or is_listed(name):
        return True
    dated = re.fullmatch(rf"(.+)-(?:{DATE})", name, re.ASCII | re.DOTALL)
    return dated is not None and (
        dated[1] in _table() or dated[1] in UNLISTED or is_listed(dated[1])
    )


def _table() -> Mapping[str, str]:
    from tiktoken.model import MODEL_TO_ENCODING

    return MODEL_TO_ENCODING


def _prefixes() -> Mapping[str, str]:
    from tiktoken.model import MODEL_PREFIX_TO_ENCODING

    return MODEL_PREFIX_TO_ENCODING
