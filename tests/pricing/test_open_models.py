"""Costs of open models: counted by their own tokenizer, exact, and priced by who runs them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tests.command import invoke
from tokcompare import (
    ArgumentError,
    Document,
    UnknownNameError,
    compare_context,
    compare_cost,
    cost,
    load_encoding,
)
from tokcompare.encodings.models import find_tokenizer_of_model, open_weights
from tokcompare.encodings.models.open_weights import OPEN_MODELS
from tokcompare.pricing.catalogue import look_up

TEXT = "Hello, world! " * 20
TEXTS = [Document(text=TEXT, language="en")]


@pytest.fixture
def llama3(tmp_path: Path) -> str:
    """A file that is given as the tokenizer llama3: a small one, so that its counts are known."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=260, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(["Hello, world!"], trainer)
    path = tmp_path / "tokenizer.json"
    tokenizer.save(str(path))
    return f"llama3={path}"


def test_its_own_tokenizer_counts_exactly(llama3: str) -> None:
    costs = compare_cost(TEXTS, before="gpt-4o", after="llama-3.3-70b", encoding=llama3)
    after = costs.models[1]
    assert (after.encoding, after.is_estimate, after.label) == ("llama3", False, "llama-3.3-70b")
    tokens = len(load_encoding(llama3).encode(TEXT))
    assert costs.total.tokens["llama3"] == tokens != costs.total.tokens["o200k_base"]
    assert (
        "llama-3.3-70b: an open model; its own tokenizer, llama3, counted its tokens."
        in costs.notes
    )
    assert any("charged by cerebras, on " in note for note in costs.notes)
    assert "≈" not in str(costs)
    assert costs.fewer_tokens(costs.total, after).interval is not None


def test_a_tokenizer_that_is_here_needs_no_file() -> None:
    costs = compare_cost(TEXTS, before="gpt-4", after="groq/openai/gpt-oss-20b")
    assert (costs.models[1].encoding, costs.models[1].is_estimate) == ("o200k_harmony", False)
    with pytest.raises(ArgumentError, match="would be ignored"):
        compare_cost(TEXTS, before="gpt-4", after="groq/openai/gpt-oss-20b", encoding="cl100k_base")


def test_two_open_models_of_one_tokenizer_can_be_compared(llama3: str) -> None:
    models = ("cerebras/llama-3.3-70b", "groq/llama-3.1-8b-instant")
    costs = compare_cost(TEXTS, before=models[0], after=models[1], encoding=llama3)
    assert costs.fewer_tokens(costs.total, costs.models[1]).value == 1
    assert not any(model.is_estimate for model in costs.models)


def test_the_siblings_of_cost(llama3: str) -> None:
    one = cost("Hello", "cerebras/llama-3.3-70b", encoding=llama3, prices={})
    assert not one.is_estimate
    assert one.input_tokens == len(load_encoding(llama3).encode("Hello"))
    contexts = compare_context(TEXTS, after="cerebras/llama-3.3-70b", encoding=llama3)
    assert not contexts.after.is_estimate
    result = invoke(
        *("cost", "--from", "gpt-4o", "--to", "llama-3.3-70b", "--encoding", llama3, "-l", "en")
    )
    assert result.exit_code == 0
    assert "≈" not in result.stdout


def test_a_tokenizer_is_no_model() -> None:
    result = invoke("cost", "--from", "gpt-4o", "--to", "llama3")
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert "price for model 'llama3'. That is a tokenizer; prices are those of models. Did" in line


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """An open model whose tokenizer is nowhere, whichever packages are installed."""
    monkeypatch.setitem(OPEN_MODELS, "nowhere-1", ((r"mistral-saba-24b", ""),))
    monkeypatch.setattr(open_weights, "_compiled", open_weights._compiled.__wrapped__)
    assert find_tokenizer_of_model("groq/mistral-saba-24b") == "nowhere-1"


@pytest.mark.usefixtures("nowhere")
def test_a_tokenizer_that_is_not_here_is_named() -> None:
    with pytest.raises(
        UnknownNameError,
        match=r"The tokenizer of 'groq/mistral-saba-24b' is nowhere-1, which is not here\. No "
        r"package that contains it is known\. Or give its file: "
        r"encoding='nowhere-1=PATH/tokenizer\.json'\.$",
    ):
        compare_cost(TEXTS, before="gpt-4o", after="groq/mistral-saba-24b")
    result = invoke("cost", "--from", "gpt-4o", "--to", "groq/mistral-saba-24b")
    assert result.exit_code == 1
    assert "--encoding nowhere-1=PATH/tokenizer.json." in result.stderr


@pytest.mark.usefixtures("nowhere")
def test_another_tokenizer_is_an_estimate_that_says_which_is_missing() -> None:
    costs = compare_cost(
        TEXTS, before="gpt-4o", after="groq/mistral-saba-24b", encoding="cl100k_base"
    )
    assert costs.models[1].is_estimate
    assert any(
        "Its tokenizer, nowhere-1, is not here; cl100k_base counted" in n for n in costs.notes
    )


def test_a_tokenizer_for_no_model_is_refused(llama3: str) -> None:
    with pytest.raises(ArgumentError, match="would be ignored"):
        compare_cost(TEXTS, before="gpt-4", after="gpt-4o", encoding=llama3)


def test_the_only_provider_of_a_name_prices_it() -> None:
    found = look_up("Llama-3.3-70B")
    assert found is not None
    assert (found[0].id, found[1].id) == ("cerebras", "llama-3.3-70b")
    assert look_up("cerebras/llama-3.3-70b") == found


def test_several_providers_of_a_name_are_listed() -> None:
    assert look_up("llama-3.3-70b-instruct") is None
    with pytest.raises(UnknownNameError, match=r"Did you mean .* providers have it, .*groq"):
        compare_cost(TEXTS, before="gpt-4o", after="llama-3.3-70b-instruct")


def test_a_model_that_neither_knows_is_refused_with_what_is_known() -> None:
    prices = {"gpt-6": "1/2"}
    with pytest.raises(UnknownNameError, match=r"tiktoken knows the models o1-…, .*gpt-5…, ") as e:
        cost("Hello", "gpt-6", prices=prices)
    assert "Another encoding can estimate them: encoding='o200k_base'" in str(e.value)
    assert cost("Hello", "gpt-6", prices=prices, encoding="o200k_base").is_estimate


def test_a_model_of_today_is_exact_and_known_by_its_prefix() -> None:
    costs = compare_cost(TEXTS, before="gpt-4o", after="gpt-5.5")
    assert not costs.models[1].is_estimate
    assert any(
        note.startswith("gpt-5.5: its encoding, o200k_base, is known by the prefix 'gpt-5'")
        for note in costs.notes
    )
    contexts = compare_context(TEXTS, before="gpt-4o", after="gpt-5.5")
    assert any(note.startswith("gpt-5.5: its encoding") for note in contexts.notes)
    one = cost("Hello", "gpt-5.5", prices={"gpt-5.5": "1/2"})
    assert any(note.startswith("gpt-5.5: its encoding") for note in one.notes)
    assert one.total == Decimal(len(load_encoding("o200k_base").encode("Hello"))) / 1_000_000
