"""The cost of texts as requests to a model."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tokcompare import cost, count_tokens, load_samples

LAUNCH = date(2024, 5, 13)


def test_cost_of_a_text() -> None:
    text = "Hello, my name is GPT-4o."
    found = cost(text, "gpt-4o", output_ratio=2, date=LAUNCH)
    assert (found.requests, found.input_tokens, found.output_tokens) == (1, 10, 20)
    assert found.total == Decimal("0.00005") + Decimal("0.0003")
    assert found.price.source == "https://openai.com/index/hello-gpt-4o/"


def test_cost_of_documents() -> None:
    documents = list(load_samples())
    found = cost(documents, "gpt-4o", date=LAUNCH)
    tokens = sum(count_tokens(str(d.text), "o200k_base") for d in documents)
    assert (found.requests, found.input_tokens) == (20, tokens)
    assert found.total == tokens * Decimal(5) / 1_000_000


def test_cost_of_nothing() -> None:
    assert cost([], "gpt-4o").total == 0
    assert cost("", "gpt-4o").total == 0


def test_own_price() -> None:
    found = cost("Hello", "gpt-4o", prices={"gpt-4o": "1/2"})
    assert found.total == Decimal("0.000001")
    assert found.price.source == "given by the user"


def test_repr_is_a_line_and_str_is_a_table() -> None:
    found = cost(["Hello, my name is GPT-4o.", "Hello"], "gpt-4o", output_ratio=1, date=LAUNCH)
    assert repr(found) == "<Cost gpt-4o: 2 requests, $0.00022>"
    assert str(found).splitlines()[1].split() == ["gpt-4o", "2", "11", "11", "$0.00022"]
    assert found.to_markdown().startswith("| model | requests |")
    assert "<td" in found._repr_html_()
