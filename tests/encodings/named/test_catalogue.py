"""The table of named tokenizers agrees with itself and with the other tables."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tokcompare.bundled import flores_columns
from tokcompare.encodings.kinds.known_files import KNOWN_FILES
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.models import find_encoding_of_model, find_tokenizer_of_model
from tokcompare.encodings.models.open_weights import OPEN_MODELS
from tokcompare.encodings.named.catalogue import TOKENIZERS, find_tokenizer


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("llama3", "llama3"),
        ("Llama-3", "llama3"),
        ("llama3.3", "llama3"),
        ("qwen2.5", "qwen3"),
        ("Qwen3.6", "qwen3.5"),
        ("deepseek_v3", "deepseek-v3"),
        ("tekken", "mistral-tekken"),
        ("kimi_k2", "kimi-k2"),
        ("phi4", "phi-4"),
    ],
)
def test_other_spellings(given: str, name: str) -> None:
    found = find_tokenizer(given)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("given", ["", "llama", "llama-9", "gpt-4o", "llama3 ", "qwen3-max"])
def test_unknown_names(given: str) -> None:
    assert find_tokenizer(given) is None


def test_a_spelling_means_one_tokenizer() -> None:
    spellings = [spelling for t in TOKENIZERS.values() for spelling in (t.name, *t.aliases)]
    assert len(spellings) == len(set(spellings))
    assert all(spelling == spelling.lower() for spelling in spellings)
    assert not set(spellings) & set(VOCABULARIES)
    for tokenizer in TOKENIZERS.values():
        for spelling in (tokenizer.name, *tokenizer.aliases):
            assert find_encoding_of_model(spelling) is None
            assert find_tokenizer_of_model(spelling) in (None, tokenizer.name)


def test_each_tokenizer_of_a_model_is_known() -> None:
    assert set(OPEN_MODELS) <= {*TOKENIZERS, *VOCABULARIES}
    assert set(TOKENIZERS) <= set(OPEN_MODELS)


def test_each_has_a_column_of_flores_and_a_place() -> None:
    for tokenizer in TOKENIZERS.values():
        assert tokenizer.name in flores_columns()
        assert tokenizer.splintr or tokenizer.files
        assert bool(tokenizer.ordinary) == bool(tokenizer.splintr)
        assert tokenizer.hub is None or len(tokenizer.hub.revision) == 40
        for file in tokenizer.files:
            assert file.sha256 in KNOWN_FILES or file.path.endswith(".json")


def test_caveats() -> None:
    assert TOKENIZERS["llama3"].caveat == ""
    assert TOKENIZERS["phi-4"].caveat == (
        "phi-4: unverified. splintr-rs counted its tokens, and no reference implementation was at "
        "hand to check them."
    )
    assert TOKENIZERS["kimi-k2"].caveat.endswith(
        "to check them. The token ids of 120 texts that others have published are the same."
    )
    checks = {name: tokenizer.check for name, tokenizer in TOKENIZERS.items()}
    assert checks["llama3"] == "yes"
    assert checks["kimi-k2"] == "by 120 texts"
    assert checks["gemma4"] == "unverified"
    for tokenizer in TOKENIZERS.values():
        assert not (tokenizer.published_texts and (tokenizer.is_verified or tokenizer.difference))
    assert TOKENIZERS["gemma4"].caveat.endswith("such as <b> are tokens; here they are split.")


def test_the_table_imports_no_library() -> None:
    code = (
        "import sys\nfrom tokcompare.encodings.named.catalogue import TOKENIZERS\n"
        "print(*sys.modules)"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    heavy = {"tiktoken", "splintr", "tokenizers", "huggingface_hub", "regex", "json"}
    assert not heavy & set(process.stdout.decode().split())
