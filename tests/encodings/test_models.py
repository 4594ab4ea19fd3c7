"""Names of models: a known one has the encoding of tiktoken's table; others are an error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiktoken.model import MODEL_TO_ENCODING, encoding_name_for_model

from tokcompare import load_encoding
from tokcompare.encodings.models import (
    PROVIDERS,
    find_encoding_of_model,
    identify_model,
    models_of,
    suggested_models,
)
from tokcompare.encodings.models.listing import is_listed, names_in_file
from tokcompare.encodings.models.openai import UNLISTED, known_prefixes
from tokcompare.errors import UnknownNameError


@pytest.mark.parametrize("model", MODEL_TO_ENCODING)
def test_tiktokens_table(model: str) -> None:
    encoding = MODEL_TO_ENCODING[model]
    assert find_encoding_of_model(model) == find_encoding_of_model(model.upper()) == encoding
    assert model in models_of(encoding)


def test_models_are_those_of_tiktokens_table() -> None:
    assert "gpt-4o" in models_of("o200k_base")
    assert "gpt-4" in models_of("cl100k_base")


# Names from OpenAI's documentation, which tiktoken knows by their prefix.
@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        (model, encoding)
        for encoding, models in {
            "o200k_base": "gpt-4o-mini gpt-4o-2024-05-13 gpt-4o-mini-2024-07-18 chatgpt-4o-latest "
            "gpt-4o-audio-preview gpt-4o-audio-preview-2024-12-17 gpt-4o-mini-realtime-preview "
            "gpt-4o-search-preview gpt-4o-transcribe gpt-4o-mini-tts gpt-4.1-mini gpt-4.1-nano "
            "gpt-4.1-2025-04-14 gpt-4.5-preview gpt-4.5-preview-2025-02-27 gpt-5-mini gpt-5-nano "
            "gpt-5-chat-latest gpt-5-codex gpt-5-pro-2025-10-06 o1-mini o1-preview o1-2024-12-17 "
            "o1-pro o3-mini o3-mini-2025-01-31 o3-deep-research o4-mini-2025-04-16",
            "cl100k_base": "gpt-4-0314 gpt-4-0613 gpt-4-32k gpt-4-32k-0613 gpt-4-turbo "
            "gpt-4-turbo-2024-04-09 gpt-4-turbo-preview gpt-4-1106-preview gpt-4-vision-preview "
            "gpt-4-1106-vision-preview gpt-3.5-turbo-16k gpt-3.5-turbo-0125 "
            "gpt-3.5-turbo-16k-0613 gpt-3.5-turbo-instruct-0914 gpt-35-turbo-16k",
            "o200k_harmony": "gpt-oss-20b gpt-oss-120b",
        }.items()
        for model in models.split()
    ],
)
def test_members_of_families(model: str, encoding: str) -> None:
    assert find_encoding_of_model(model) == encoding == encoding_name_for_model(model)


@pytest.mark.parametrize("model", UNLISTED)
def test_no_entry_kept_by_hand_is_superfluous(model: str) -> None:
    assert model not in MODEL_TO_ENCODING, "tiktoken's table has it: delete the entry"
    assert not is_listed(model), "genai-prices lists it: delete the entry"
    assert find_encoding_of_model(model) == encoding_name_for_model(model)


# Models of OpenAI in genai-prices 0.2.3, of which tiktoken 0.14 knows only the beginning.
@pytest.mark.parametrize(
    ("model", "encoding", "prefix"),
    [
        *((f"gpt-5.{version}", "o200k_base", "gpt-5") for version in (1, 2, 3, 4, 5, 6)),
        ("gpt-5.5-pro", "o200k_base", "gpt-5"),
        ("gpt-5.6-sol-2026-07-09", "o200k_base", "gpt-5"),
        ("openrouter/openai/gpt-5.4-mini", "o200k_base", "gpt-5"),
        ("ft:gpt-4.1-mini-2025-04-14:org::id", "o200k_base", "gpt-4.1-"),
        ("gpt-4-turbo", "cl100k_base", "gpt-4-"),
        ("gpt-4o-audio-preview-2024-12-17", "o200k_base", "gpt-4o-"),
        ("gpt-4o-2027-01-01", "o200k_base", "gpt-4o-"),
    ],
)
def test_models_known_by_a_prefix(model: str, encoding: str, prefix: str) -> None:
    known = identify_model(model)
    assert known is not None
    assert (known.encoding, known.prefix) == (encoding, prefix)
    assert known.note.startswith(f"{known.name}: its encoding, {encoding}, is known by the prefix ")
    assert prefix in known_prefixes()


def test_models_in_tiktokens_table_need_no_note() -> None:
    known = identify_model("azure/GPT-4o")
    assert known is not None
    assert (known.name, known.prefix, known.note) == ("gpt-4o", None, "")


def test_the_data_file_lists_what_the_library_does() -> None:
    from genai_prices.data_snapshot import get_snapshot
    from genai_prices.types import ClauseEquals, ClauseOr, MatchLogic

    def names(rule: MatchLogic) -> set[str]:
        if isinstance(rule, ClauseOr):
            return set().union(*map(names, rule.or_))
        return {rule.equals.lower()} if isinstance(rule, ClauseEquals) else set()

    (openai,) = (each for each in get_snapshot().providers if each.id == "openai")
    listed = {info.id.lower() for info in openai.models}
    assert len(listed) > 100
    found = listed.union(*(names(info.match) for info in openai.models))
    assert names_in_file() == found | {"openai"}


def test_a_rule_for_any_name_lists_none() -> None:
    # "gpt-5-nano-" begins a rule of genai-prices, and "moderation" within a name is another.
    for model in ("gpt-5-nano-fake", "gpt-4-moderation", "gpt-3.5-turbo-instruct-fake"):
        assert not is_listed(model)
        assert find_encoding_of_model(model) is None
    assert is_listed("gpt-5-nano-2026-01-01")


def test_suggested_models_are_known() -> None:
    assert {"gpt-4o-mini", "gpt-5.5"} <= set(suggested_models())
    assert not any("2024" in model for model in suggested_models())
    assert all(map(find_encoding_of_model, suggested_models()))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_providers(provider: str) -> None:
    assert find_encoding_of_model(f"{provider}gpt-4") == "cl100k_base"
    assert find_encoding_of_model(f"{provider}GPT-4o-mini".upper()) == "o200k_base"


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("ft:gpt-4o-mini-2024-07-18:org::id", "o200k_base"),
        ("ft:gpt-3.5-turbo:org:name:id", "cl100k_base"),
        ("ft:davinci-002:org::id", "cl100k_base"),
        # tiktoken itself gives this one the encoding of gpt-4.
        ("ft:gpt-4.1-2025-04-14:org::id", "o200k_base"),
        ("openai/ft:gpt-4-0613:org::id", "cl100k_base"),
    ],
)
def test_fine_tuned_models(model: str, encoding: str) -> None:
    assert find_encoding_of_model(model) == encoding


@pytest.mark.parametrize(
    "model",
    [
        *(
            "gpt-4-fake",
            "gpt-6",
            "gpt-6-sol",
            "gpt-5x",
            "gpt-55",
            "gpt-5-",
            "gpt-4-mini",
            "gpt-4.1-turbo",
        ),
        *("gpt-4-1301", "gpt-4-0632", "gpt-4o-2024-13-01", "gpt-4o-2024-5-13", "gpt-4-٠٦١٣"),
        *("gpt-4o-minipreview", "gpt-4o--mini", "gpt-oss", "o1-turbo", "o2", "chatgpt-4o"),
        *("", "-", "ft:", "ft:gpt-6:org::id", "ft:ft:gpt-4", "openai/", "openai/openai/gpt-4"),
        *("nobody/gpt-4o", "gpt-4o ", " gpt-4o", "gpt-4o\n", "gpt-4o-mini\n", "llama-9"),
    ],
)
def test_unknown_models_are_not_guessed(model: str) -> None:
    assert find_encoding_of_model(model) is None
    with pytest.raises(UnknownNameError, match=r"^Unknown encoding"):
        load_encoding(model)


@given(rest=st.text(min_size=1))
def test_nothing_after_a_name_is_ignored(rest: str) -> None:
    assert find_encoding_of_model(f"gpt-4-{rest}?") is None


@pytest.mark.parametrize(
    ("model", "nearest"),
    [("gpt-4oo", "gpt-4o"), ("gtp-4o", "gpt-4o"), ("gpt-oss", "gpt-oss-20b")],
)
def test_the_nearest_is_suggested(model: str, nearest: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"Did you mean '{nearest}'\?"):
        load_encoding(model)
    assert find_encoding_of_model(nearest)


@pytest.mark.parametrize(
    "model",
    [
        *("claude-3-5-sonnet-20241022", "anthropic/claude-opus-4", "bedrock/anthropic.claude-v2"),
        *("gemini-1.5-pro", "google/gemini-2.0-flash", "Claude"),
    ],
)
def test_tokenizers_that_are_not_public(model: str) -> None:
    with pytest.raises(UnknownNameError, match="is not public, so its tokens cannot be counted"):
        load_encoding(model)
