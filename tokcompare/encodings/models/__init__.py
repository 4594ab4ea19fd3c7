"""Models: the encoding of each of OpenAI's models, and the tokenizer of each open one."""

from tokcompare.encodings.models.open_weights import find_tokenizer_of_model
from tokcompare.encodings.models.openai import (
    PROVIDERS,
    KnownModel,
    find_encoding_of_model,
    identify_model,
    known_prefixes,
    models_of,
    suggested_models,
)

__all__ = [
    "PROVIDERS",
    "KnownModel",
    "find_encoding_of_model",
    "find_tokenizer_of_model",
    "identify_model",
    "known_prefixes",
    "models_of",
    "suggested_models",
]
