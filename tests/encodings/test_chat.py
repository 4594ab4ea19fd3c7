"""Tokens of chat messages, with the numbers that OpenAI's cookbook shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from tests import ROOT
from tests.reference import ENCODINGS, References
from tests.strategies import TEXT
from tokcompare import (
    ArgumentError,
    UnknownNameError,
    count_chat,
    count_tokens,
    load_encoding,
)
from tokcompare.encodings.models.chat import CHAT_FORMATS, find_chat_format
from tokcompare.text import replace_surrogates

COOKBOOK = json.loads((ROOT / "tests" / "data" / "cookbook_chat.json").read_text())["messages"]


# Both the cookbook's function and OpenAI's API gave these numbers.
@pytest.mark.parametrize(
    ("model", "tokens"),
    [
        ("gpt-3.5-turbo-0301", 127),
        ("gpt-3.5-turbo-0613", 129),
        ("gpt-3.5-turbo", 129),
        ("gpt-4-0314", 129),
        ("gpt-4-0613", 129),
        ("gpt-4", 129),
        ("gpt-4o", 124),
        ("gpt-4o-mini", 124),
        ("openai/gpt-4o-mini-2024-07-18", 124),
        ("ft:gpt-4o-2024-08-06:org::id", 124),
    ],
)
def test_the_example_of_the_cookbook(model: str, tokens: int) -> None:
    assert count_tokens(COOKBOOK, model=model) == tokens
    assert count_tokens(COOKBOOK, model) == tokens
    assert count_chat(COOKBOOK, model).total == tokens


def test_contents_alone() -> None:
    counted = count_chat(COOKBOOK, "gpt-4o")
    assert (counted.contents, counted.overhead, counted.messages) == (83, 41, 6)
    assert count_chat(COOKBOOK, "o200k_base").contents == 83
    assert count_chat(COOKBOOK, "o200k_base").overhead is None
    assert count_chat(COOKBOOK, load_encoding("o200k_base")).total is None
    assert count_chat(COOKBOOK, "gpt-4.1").overhead is None


def by_the_cookbook(messages: list[dict[str, str]], encoding: tiktoken.Encoding, model: str) -> int:
    """The definition, in our words: each value is encoded, and each message and name adds some."""
    per_message, per_name = (4, -1) if model == "gpt-3.5-turbo-0301" else (3, 1)
    values = [value for message in messages for value in message.values()]
    names = sum("name" in message for message in messages)
    tokens = sum(len(encoding.encode_ordinary(replace_surrogates(value))) for value in values)
    return tokens + per_message * len(messages) + per_name * names + 3


@given(
    st.lists(
        st.fixed_dictionaries({"role": TEXT, "content": TEXT}, optional={"name": TEXT}), max_size=5
    ),
    st.sampled_from(sorted(CHAT_FORMATS)),
)
def test_any_messages(references: References, messages: list[dict[str, str]], model: str) -> None:
    encoding = references[ENCODINGS["4o" in model]]
    assert count_tokens(messages, model=model) == by_the_cookbook(messages, encoding, model)


def test_other_models() -> None:
    for model in ("gpt-4.1", "gpt-5", "gpt-4-turbo", "o1", "o200k_base"):
        assert find_chat_format(model) is None
        with pytest.raises(ArgumentError, match=f"How many tokens '{model}' adds .* is not known"):
            count_tokens(COOKBOOK, model=model)
    with pytest.raises(ArgumentError, match="count_chat") as caught:
        count_tokens(COOKBOOK, load_encoding("o200k_base"))
    assert "TiktokenEncoding" in str(caught.value)
    with pytest.raises(UnknownNameError, match="Unknown encoding 'gpt-fake'"):
        count_chat(COOKBOOK, "gpt-fake")
    with pytest.raises(UnknownNameError, match="is not public"):
        count_tokens(COOKBOOK, model="claude-3-opus")


def test_more_than_text() -> None:
    messages = [{"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}]
    counted = count_chat(messages, "gpt-4o")
    assert (counted.contents, counted.total) == (0, 7)
    assert counted.not_counted == {"tool_calls": 1}
    with pytest.raises(ArgumentError, match=r"not known: 1 tool_calls\. count_chat"):
        count_tokens(messages, model="gpt-4o")


def test_wrong_arguments() -> None:
    wrong: Any = [{"role": "user", "content": 3}]
    with pytest.raises(ArgumentError, match=r"^messages\[0\].content must be a string or .*\.$"):
        count_tokens(wrong, model="gpt-4o")
    for arguments in ({}, {"encoding": "o200k_base", "model": "gpt-4o"}):
        with pytest.raises(ArgumentError, match="one of the two"):
            count_tokens("Hi", **arguments)
    assert count_tokens("Hello, world", model="gpt-4o") == 3
    single: Any = {"role": "user", "content": "Hi"}
    with pytest.raises(ArgumentError, match="must be a str, not dict"):
        count_tokens(single, model="gpt-4o")
