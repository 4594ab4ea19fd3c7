"""Open models: each has its own tokenizer; what may have another one is not known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokcompare.encodings.models import find_tokenizer_of_model

# As providers write them; the tokenizer is that of the files in the models' repositories.
KNOWN = {
    "llama2": "meta-llama/Llama-2-70b-chat-hf llama2-70b-4096",
    "llama3": "llama-3.3-70b meta-llama/Llama-3.3-70B-Instruct llama-3.1-8b-instant llama3-8b-8192 "
    "Meta-Llama-3-8B-Instruct-Turbo meta.llama3-1-70b-instruct-v1:0 llama-v3p1-8b-instruct "
    "databricks-meta-llama-3-3-70b-instruct llama-3.2-11b-vision-instruct:free llama-3.1-405b",
    "llama4": "meta-llama/llama-4-maverick llama-4-scout-17b-16e-instruct",
    "qwen3": "qwen/qwen3-32b qwen3-235b-a22b-2507 Qwen2.5-Coder-32B-Instruct qwq-32b "
    "qwen3-coder-480b-a35b-instruct qwen3-next-80b-a3b-thinking qwen.qwen3-32b-v1:0",
    "qwen3.5": "qwen3.5-397b-a17b qwen3.6-27b databricks-qwen35-122b-a10b",
    "gemma2": "google/gemma-2-9b-it",
    "gemma3": "gemma-3-27b-it google.gemma-3-4b-it",
    "gemma4": "gemma-4-31b-it gemma-4-26b-a4b-it:free",
    "deepseek-v3": "deepseek-v3 deepseek-ai/DeepSeek-V3.1 deepseek-chat-v3-0324 deepseek-r1-0528 "
    "deepseek-v3p2 deepseek.r1-v1:0 deepseek-v3.1-terminus",
    "mistral-tekken": "mistral-nemo mistral-small-3.2-24b-instruct-2506 devstral-small pixtral-12b",
    "kimi-k2": "moonshotai/Kimi-K2-Instruct-0905 kimi-k2-thinking-turbo kimi-k2.5",
    "glm-4": "glm-4.5-air zai-org/GLM-4.6 glm-4-32b-0414",
    "phi-4": "microsoft/phi-4 phi-4-reasoning-plus",
    "o200k_harmony": "openai/gpt-oss-120b:free openai.gpt-oss-20b-1:0 gpt-oss-safeguard-20b",
}


@pytest.mark.parametrize(
    ("model", "tokenizer"),
    [(model, tokenizer) for tokenizer, models in KNOWN.items() for model in models.split()],
)
def test_known_models(model: str, tokenizer: str) -> None:
    assert find_tokenizer_of_model(model) == tokenizer
    assert find_tokenizer_of_model(model.upper()) == tokenizer


@pytest.mark.parametrize(
    "model",
    [
        # Other versions and other sizes, which have other tokenizers or may have.
        *(
            "llama-3.4-70b",
            "llama-5",
            "llama-33-70b",
            "llama-4-behemoth",
            "qwen3.7-27b",
            "qwen-3.8",
        ),
        *(
            "gemma-7b",
            "gemma-3n-e4b-it",
            "deepseek-v4-flash",
            "deepseek-v2",
            "kimi-k3",
            "kimi-k2.6",
        ),
        *("kimi-k2.6", "qwen-3.8-27b", "glm-5", "glm-4.7-flash", "phi-4-mini-instruct"),
        *("phi-3-mini-128k-instruct", "gpt-oss", "llama-guard-3-8b"),
        *("mistral-7b-instruct-v0.3", "mixtral-8x7b", "codestral-2501", "qwen1.5-7b"),
        # The provider's present choice, and weights that are not published.
        *("deepseek-chat", "deepseek-reasoner", "glm-latest", "mistral-large", "qwen3-max"),
        *("qwen-plus", "qwen3.5-plus-02-15", "magistral-medium", "qwen3-coder-plus"),
        # Models that somebody else has tuned, or made from another one.
        *("hermes-3-llama-3.1-70b", "llama-3.1-nemotron-70b-instruct", "llama-3.3-swallow-70b"),
        *("deepseek-r1-distill-llama-70b", "qwq-32b-arliai-rpr-v1:free", "r1-1776"),
        *("", "llama", "qwen", "gemma", "gpt-4o", "llama-3.3-70b ", "llama-3.3--70b", "llama-3.3-"),
    ],
)
def test_other_models_are_not_guessed(model: str) -> None:
    assert find_tokenizer_of_model(model) is None


@given(rest=st.text(min_size=1))
def test_nothing_after_a_name_is_ignored(rest: str) -> None:
    assert find_tokenizer_of_model(f"llama-3.3-70b{rest.rpartition('/')[2]}?") is None
