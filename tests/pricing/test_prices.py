"""Prices agree with the providers' announcements, on the day of each."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

import pytest
from click.testing import CliRunner
from genai_prices.data_snapshot import set_custom_snapshot
from hypothesis import given
from hypothesis import strategies as st

from tests import ROOT
from tokcompare import ArgumentError, UnknownNameError, cost, price
from tokcompare.cli import main
from tokcompare.pricing.catalogue import (
    _names,
    _releases,
    context_window,
    forget,
    look_up,
    release_day,
    snapshot,
    suggested_model,
)
from tokcompare.pricing.prices import (
    _library_price,
    dollars,
    given_price,
    launch_prices,
    update_prices,
)

# Model, day, US dollars per million tokens of input and of output, and the source.
ANNOUNCED = [
    ("gpt-4", date(2023, 7, 6), "30", "60", "https://openai.com/index/gpt-4-api-general-availability/"),
    ("gpt-4-turbo", date(2024, 4, 9), "10", "30", "https://openai.com/index/new-models-and-developer-products-announced-at-devday/"),
    ("gpt-4o", date(2024, 5, 13), "5", "15", "https://openai.com/index/hello-gpt-4o/"),
    ("gpt-4o-2024-05-13", date(2025, 1, 1), "5", "15", "https://openai.com/api/pricing/"),
    ("gpt-4o-2024-08-06", date(2024, 8, 6), "2.5", "10", "https://openai.com/index/introducing-structured-outputs-in-the-api/"),
    ("gpt-4o", date(2024, 10, 2), "2.5", "10", "https://openai.com/api/pricing/"),
    ("gpt-4o-mini", date(2024, 7, 18), "0.15", "0.6", "https://openai.com/index/gpt-4o-mini-advancing-cost-efficient-intelligence/"),
    ("gpt-3.5-turbo", date(2023, 3, 1), "2", "2", "https://openai.com/index/introducing-chatgpt-and-whisper-apis/"),
    ("gpt-3.5-turbo", date(2023, 6, 13), "1.5", "2", "https://openai.com/index/function-calling-and-other-api-updates/"),
    ("gpt-3.5-turbo", date(2024, 2, 16), "0.5", "1.5", "https://openai.com/index/new-embedding-models-and-api-updates/"),
    ("gpt-4.1", date(2025, 4, 14), "2", "8", "https://openai.com/index/gpt-4-1/"),
    ("o3", date(2025, 4, 16), "10", "40", "https://openai.com/index/introducing-o3-and-o4-mini/"),
    ("o3", date(2025, 6, 10), "2", "8", "https://openai.com/api/pricing/"),
    ("claude-3-opus", date(2024, 3, 4), "15", "75", "https://www.anthropic.com/news/claude-3-family"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "day", "of_input", "of_output", "source"), ANNOUNCED)
def test_announced(model: str, day: date, of_input: str, of_output: str, source: str) -> None:
    found = price(model, date=day)
    assert (found.input, found.output) == (Decimal(of_input), Decimal(of_output)), source
    assert found.day == day
    assert found.source
    assert found.as_of is not None


@pytest.mark.parametrize(
    "entry", launch_prices(), ids=lambda entry: f"{entry['model']}@{entry['from']}"
)
def test_no_launch_price_is_superfluous(entry: dict[str, str]) -> None:
    library = _library_price(entry["model"], date.fromisoformat(entry["from"]), 0, batch=False)
    assert (library.input, library.output) != (Decimal(entry["input"]), Decimal(entry["output"])), (
        "genai-prices has this price now; delete it from data/prices/launch.json"
    )


def test_tier_depends_on_the_length_of_the_request() -> None:
    below, above = (price("gpt-5.5", input_tokens=n, date=DAY) for n in (272_000, 272_001))
    assert (below.input, above.input) == (Decimal(5), Decimal(10))
    assert below.output is not None
    assert above.output is not None
    assert above.output > below.output
    # A corpus is many short requests, so its tokens have the price of the lowest tier.
    assert price("gpt-5.5", date=DAY).input == Decimal(5)


DAY = date(2026, 11, 24)


def test_total() -> None:
    one = price("gpt-4o", input_tokens=1_000, cached_tokens=400, output_tokens=100, date=DAY)
    # 600 at $2.50, 400 at $1.25 and 100 at $10 a million.
    assert one.total == Decimal("0.0015") + Decimal("0.0005") + Decimal("0.001")


def test_batch_is_half() -> None:
    found = price("gpt-4o", batch=True, date=DAY)
    assert (found.input, found.output, found.is_batch) == (Decimal("1.25"), Decimal(5), True)
    assert found.cached_input is None
    for day in (date(2024, 5, 13), date(2024, 12, 1)):
        with pytest.raises(ArgumentError, match="No known batch price for model 'gpt-4o'"):
            price("gpt-4o", batch=True, date=day)


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("GPT-4o", "openai"),
        ("openai/gpt-4o", "openai"),
        ("azure/gpt-4o", "azure"),
        ("azure/eu/gpt-4o", "azure"),
        ("openrouter/openai/gpt-4o", "openrouter"),
        ("ft:gpt-4o-2024-08-06:acme::x", "openai"),
        ("anthropic/claude-3-opus-latest", "anthropic"),
        ("gemini/gemini-1.5-pro", "google"),
    ],
)
def test_providers(model: str, provider: str) -> None:
    found = price(model, date=DAY)
    assert found.provider == provider
    assert found.model == model


@pytest.mark.parametrize("model", ["gpt-4-fake", "gpt4o", "claude-3-blah", "openai/", "x/y/z"])
def test_unknown_model(model: str) -> None:
    with pytest.raises(UnknownNameError, match="No known price for model"):
        price(model)


def test_case_and_spaces_around_a_name_do_not_matter() -> None:
    assert price(" GPT-4o ", date=date(2024, 5, 13)).input == Decimal(5)


def test_nearest_is_suggested() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'gpt-4o'\?$"):
        price("gpt4o")


def test_price_that_is_not_known() -> None:
    with pytest.raises(
        UnknownNameError, match="No known price per million tokens for model 'whisper-1'"
    ):
        price("whisper-1")
    with pytest.raises(ArgumentError, match="no price for output of 'openai/text-emb"):
        price("openai/text-embedding-3-small", input_tokens=5, output_tokens=1)


@pytest.mark.parametrize(
    "options",
    [
        {"input_tokens": -1},
        {"output_tokens": 1.5},
        {"input_tokens": True},
        {"cached_tokens": 1},
        {"date": "2024-05-13"},
        {"model": " "},
    ],
)
def test_invalid_arguments(options: dict[str, object]) -> None:
    with pytest.raises(ArgumentError):
        price(**({"model": "gpt-4o"} | options))  # type: ignore[arg-type]


def test_cached_tokens_without_a_price() -> None:
    with pytest.raises(ArgumentError, match="no price for cached input of 'gpt-4-turbo'"):
        price("gpt-4-turbo", input_tokens=2, cached_tokens=1)


def test_a_moment_is_its_day() -> None:
    assert price("gpt-4o", date=datetime(2024, 5, 13, 23, tzinfo=UTC)).day == date(2024, 5, 13)


class TestGivenPrice:
    def test_valid(self) -> None:
        found = given_price("my/model=0.1/$0.25", DAY)
        assert (found.model, found.input, found.output) == (
            "my/model",
            Decimal("0.1"),
            Decimal("0.25"),
        )
        assert (found.source, found.as_of) == ("given by the user", None)

    @pytest.mark.parametrize(
        "text",
        [
            "gpt-4o",
            "gpt-4o=1",
            "gpt-4o=1/2/3",
            "=1/2",
            "m=a/b",
            "m=-1/2",
            "m=nan/1",
            "m=1/inf",
            "a=b=1/2",
            "m=1e999999/1",
        ],
    )
    def test_malformed(self, text: str) -> None:
        with pytest.raises(ArgumentError, match="A price is MODEL=INPUT/OUTPUT"):
            given_price(text)


@given(tokens=st.integers(0, 10**9), more=st.integers(0, 10**9))
def test_cost_is_linear_where_there_are_no_tiers(tokens: int, more: int) -> None:
    def dollars(number: int) -> Decimal:
        return price("gpt-4o", input_tokens=number, output_tokens=number, date=DAY).total

    assert dollars(tokens) + dollars(more) == dollars(tokens + more)


def test_context_window() -> None:
    tokens, source = context_window("openai/gpt-4-turbo")
    assert tokens == 128_000
    assert source == f"genai-prices {version('genai-prices')}"
    with pytest.raises(UnknownNameError, match=r"No known context window for model 'gpt-4\.5-prev"):
        context_window("gpt-4.5-preview")


# The numbers on the pages https://platform.openai.com/docs/models/MODEL, and of Anthropic's
# https://docs.anthropic.com/en/docs/about-claude/models.
PUBLISHED_WINDOWS = {
    **{"gpt-3.5-turbo": 16_385, "gpt-4": 8_192, "gpt-4-32k": 32_768, "gpt-4-turbo": 128_000},
    **{"gpt-4o": 128_000, "gpt-4o-mini": 128_000, "o1": 200_000, "o3-mini": 200_000},
    **{"gpt-4.1": 1_047_576, "gpt-4.1-mini": 1_047_576, "gpt-4.1-nano": 1_047_576},
    **{"gpt-4.1-2025-04-14": 1_047_576, "azure/gpt-4.1": 1_047_576, "OpenAI/GPT-4.1": 1_047_576},
    **{"gpt-5": 400_000, "gpt-5-mini": 400_000, "gpt-oss-120b": 131_072},
    **{"claude-3-opus": 200_000, "claude-3-5-sonnet": 200_000},
}


@pytest.mark.parametrize(("model", "tokens"), PUBLISHED_WINDOWS.items())
def test_windows_are_those_that_were_published(model: str, tokens: int) -> None:
    assert context_window(model)[0] == tokens


def test_no_published_window_is_superfluous() -> None:
    published = json.loads((ROOT / "data" / "prices" / "windows.json").read_text("utf-8"))
    for entry in published:
        for model in entry["models"]:
            found = look_up(model)
            assert found is not None
            assert found[1].context_window != entry["tokens"], f"delete the entry of {model}"
            assert context_window(model) == (entry["tokens"], entry["source"])
            assert entry["source"].startswith("https://")
            dated = re.fullmatch(r"(.+?)-(?:20\d\d-\d\d-\d\d|\d{4})", model)
            assert PUBLISHED_WINDOWS[model if dated is None else dated[1]] == entry["tokens"]


@pytest.fixture
def server() -> Iterator[str]:
    """A server of prices: it answers 404 under any other path."""
    prices = [
        {
            "id": "openai",
            "name": "OpenAI",
            "api_pattern": "https://api.openai.com",
            "models": [
                {
                    "id": "gpt-4o",
                    "match": {"equals": "gpt-4o"},
                    "prices": {"input_mtok": 7, "output_mtok": 9},
                }
            ],
        }
    ]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/prices.json" else 404)
            self.end_headers()
            self.wfile.write(json.dumps(prices).encode())

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()
    set_custom_snapshot(None)
    forget()


def test_prices_can_be_updated(server: str) -> None:
    assert price("gpt-4o", date=DAY).input == Decimal("2.5")
    with pytest.raises(ArgumentError, match="The prices cannot be downloaded"):
        update_prices(f"{server}/nothing")
    assert price("gpt-4o", date=DAY).input == Decimal("2.5")
    update_prices(f"{server}/prices.json")
    found = price("gpt-4o", date=DAY)
    assert (found.input, found.output) == (Decimal(7), Decimal(9))
    assert found.source == "genai-prices, today's"
    assert found.as_of is not None


def test_suggested_models_are_known() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'openrouter/qwen/qwen-max'"):
        price("qwen-max")
    assert price("openrouter/qwen/qwen-max").input > 0
    unknown = sorted(
        {info.id for provider in snapshot().providers for info in provider.models}
        - set(_names(needs_window=False).values())
    )
    assert len(unknown) > 1_000
    for name in unknown[::40]:
        suggested = re.findall("Did you mean '(.*)'", suggested_model(name))
        assert name not in suggested
        for each in suggested:
            assert price(each).input >= 0


class TestDayOfThePrice:
    @pytest.mark.parametrize(
        ("model", "day", "caveat"),
        [
            ("gpt-4o", date(2020, 1, 1), "gpt-4o was released on 2024-05-13, after 2020-01-01"),
            ("azure/gpt-4o", date(2024, 5, 12), "was released on 2024-05-13"),
            ("gpt-4o-2024-08-06", date(2024, 8, 5), "was released on 2024-08-06"),
            ("o3", date(2025, 4, 15), "was released on 2025-04-16"),
            ("gpt-4o", date(2099, 1, 1), "2099-01-01 is in the future"),
            ("gemini-1.5-pro", date(2020, 1, 1), "does not say from which day the price"),
            ("gpt-4o", date(2024, 5, 13), ""),
            ("gpt-4o", date(2024, 12, 1), ""),
            ("o3", date(2025, 4, 16), ""),
            ("gpt-4-turbo", date(2024, 5, 13), ""),
            ("gpt-4o", None, ""),
            ("gemini-1.5-pro", None, ""),
        ],
    )
    def test_is_said_if_it_is_another(self, model: str, day: date | None, caveat: str) -> None:
        found = price(model, date=day).caveat
        assert caveat in found
        assert bool(caveat) == bool(found)

    @pytest.mark.parametrize("format_name", ["table", "markdown", "csv", "json"])
    @pytest.mark.parametrize("day", ["2020-01-01", "2099-01-01"])
    def test_is_said_in_every_format(self, format_name: str, day: str) -> None:
        command = ["cost", "--date", day, "-l", "hi", "-f", format_name]
        shown = CliRunner().invoke(main, command).output
        expected = "the price is that of a later day" if day < "2021" else f"{day} is in the future"
        assert shown.count(expected) >= 2

    def test_is_said_of_the_cost_of_a_text(self) -> None:
        assert "2024-05-13" in str(cost("Hello", "gpt-4o", date=date(2020, 1, 1)))

    def test_given_price_has_its_own_day(self) -> None:
        assert given_price("gpt-4o=1/2", date(2020, 1, 1)).caveat == ""


def test_releases_are_days_of_models_that_have_prices() -> None:
    for model, day in _releases().items():
        assert date.fromisoformat(day) == release_day(model)
        assert look_up(model) is not None or look_up(f"google/{model}") is not None


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Decimal("2.5"), "$2.50"),
        (Decimal("0.6"), "$0.60"),
        (Decimal("0.075"), "$0.075"),
        (Decimal("1E+1"), "$10"),
        (Decimal("2.500"), "$2.50"),
        (0.0999, "$0.10"),
        (0.099, "$0.099"),
        (0.05, "$0.05"),
        (0.000_012_3, "$0.000012"),
        (0.0, "$0.00"),
        (-1234.5, "-$1,234.50"),
    ],
)
def test_dollars(amount: Decimal | float, shown: str) -> None:
    assert dollars(amount) == shown


def test_no_amount_has_one_decimal() -> None:
    result = CliRunner().invoke(main, ["cost", "--to", "gpt-4o", "--to", "gpt-4o-mini", "-l", "hi"])
    assert "$2.50 per million" in result.stdout
    assert not re.search(r"\$[\d,]*\.\d(?!\d)", result.stdout)
