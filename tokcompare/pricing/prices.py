"""Prices of models: US dollars per million tokens, for a model and a day.

They come from the data inside `genai-prices`, so no network is needed. Launch prices that it has
wrong are in `data/prices/launch.json`, each with its source. Amounts are exact decimals.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from tokcompare.bundled import data_path
from tokcompare.encodings.models import PROVIDERS
from tokcompare.errors import ArgumentError, UnknownNameError, require_str, suggestion

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, Provider

MILLION = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of a request to a model.

    Attributes:
        model: The model, as the caller named it.
        provider: The company that charges the price; empty for a price that the user gave.
        input: US dollars per million input tokens, in the tier that the request falls in.
        cached_input: The same for input tokens from the provider's cache; None if no such price is
            known.
        output: The same for output tokens; None for a model without output.
        input_tokens: Number of tokens of the request, including cached ones.
        cached_tokens: Number of these tokens that come from the provider's cache.
        output_tokens: Number of tokens of the reply.
        day: The day of the price.
        as_of: The day of the newest entry in the price data; None for a price that the user gave.
        source: Where the price comes from: a web page, a release of genai-prices, or the user.
        is_batch: Whether it is the price of requests that are sent as a batch.
    """

    model: str
    provider: str
    input: Decimal
    cached_input: Decimal | None
    output: Decimal | None
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    day: date
    as_of: date | None
    source: str
    is_batch: bool = False

    @property
    def total(self) -> Decimal:
        """US dollars for the request and its reply.

        Raises:
            ArgumentError: The model has no price for a kind of tokens in it.
        """
        fresh = (self.input_tokens - self.cached_tokens) * self.input
        cached = self._of("cached input", self.cached_tokens, self.cached_input)
        return (fresh + cached + self._of("output", self.output_tokens, self.output)) / MILLION

    def _of(self, kind: str, tokens: int, rate: Decimal | None) -> Decimal:
        if not tokens:
            return Decimal(0)
        if rate is None:
            raise ArgumentError(f"There is no price for {kind} of {self.model!r}.")
        return tokens * rate


def price(
    model: str,
    *,
    input_tokens: int = 0,
    output_tokens: int = 0,
    cached_tokens: int = 0,
    date: date | None = None,
    batch: bool = False,
) -> Price:
    """Returns the price of a request to a model.

    Args:
        model: The model; a provider may precede it, as in "azure/gpt-4o".
        input_tokens: Number of tokens of a single request. It determines the price tier where long
            requests cost more per token.
        output_tokens: Number of tokens of the reply.
        cached_tokens: Number of tokens of the request that come from the provider's cache.
        date: The day of the price, at noon UTC; None means today.
        batch: Whether the request is part of a batch.

    Raises:
        UnknownNameError: The model or its price is not known.
        ArgumentError: A number is negative, or there is no price for a kind of tokens or a batch.

    Source: genai-prices, https://github.com/pydantic/genai-prices.

    >>> import datetime
    >>> launch = price("gpt-4o", input_tokens=1_000, date=datetime.date(2024, 5, 13))
    >>> launch.input, launch.output, launch.total
    (Decimal('5'), Decimal('15'), Decimal('0.005'))
    """
    numbers = {"input": input_tokens, "output": output_tokens, "cached": cached_tokens}
    for kind, tokens in numbers.items():
        if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens < 0:
            raise ArgumentError(
                f"The number of {kind} tokens must be a whole number, 0 or more, not {tokens!r}."
            )
    if cached_tokens > input_tokens:
        raise ArgumentError(
            f"There are {cached_tokens:,} cached tokens, but only {input_tokens:,} input tokens."
        )
    day = _check_day(date)
    normal_name(model)
    found = replace(
        _launch_price(model, day, batch=batch) or _library_price(model, day, input_tokens, batch),
        input_tokens=input_tokens,
        cached_tokens=cached_tokens,
        output_tokens=output_tokens,
    )
    if cached_tokens and found.cached_input is None:
        raise ArgumentError(f"There is no price for cached input of {model!r}.")
    if output_tokens and found.output is None:
        raise ArgumentError(f"There is no price for output of {model!r}.")
    return found


def given_price(text: str, day: date | None = None) -> Price:
    """Parses a price that the user gave: MODEL=INPUT/OUTPUT.

    Args:
        text: The model and US dollars per million tokens, as in "gpt-4o=2.5/10".
        day: The day of the price; None means today.

    Raises:
        ArgumentError: The text has another form.
    """
    model, _, prices = text.rpartition("=")
    amounts = prices.split("/")
    try:
        rates = [Decimal(amount.strip().removeprefix("$")) for amount in amounts]
    except InvalidOperation:
        rates = []
    is_price = len(rates) == 2 and all(r.is_finite() and 0 <= r <= 10**9 for r in rates)
    if not model.strip() or "=" in model or not is_price:
        raise ArgumentError(
            f"A price is MODEL=INPUT/OUTPUT in US dollars per million tokens, such as "
            f"gpt-4o=2.5/10, not {text!r}."
        )
    return Price(
        model=model.strip(),
        provider="",
        input=rates[0],
        cached_input=None,
        output=rates[1],
        day=_check_day(day),
        as_of=None,
        source="given by the user",
    )


_GIVE_WINDOW = "Give its size with --window TOKENS."


def context_window(model: str) -> int:
    """Returns the number of tokens that fit in the context window of a model.

    Raises:
        UnknownNameError: The model or its context window is not known.
    """
    found = _look_up(model)
    if found is None:
        raise _unknown("context window", model, _GIVE_WINDOW)
    if found[1].context_window is None:
        raise UnknownNameError(f"No known context window for model {model!r}. {_GIVE_WINDOW}")
    return found[1].context_window


def update_prices(url: str | None = None) -> None:
    """Downloads today's prices, for use in this process.

    Args:
        url: The URL of the prices; None means the one of genai-prices.

    Raises:
        ArgumentError: They cannot be downloaded.
    """
    from genai_prices import UpdatePrices
    from genai_prices.data_snapshot import set_custom_snapshot

    try:
        snapshot = (UpdatePrices() if url is None else UpdatePrices(url=url)).fetch()
    except Exception as error:  # of the network, of HTTP, or of the content
        raise ArgumentError(f"The prices cannot be downloaded: {error}") from error
    if snapshot is not None:
        set_custom_snapshot(snapshot)
        _look_up.cache_clear()


@functools.cache
def launch_prices() -> tuple[Mapping[str, str], ...]:
    """Reads the launch prices that genai-prices has wrong, as they are in the file."""
    content = data_path("prices", "launch.json").read_bytes()
    return tuple(json.loads(content.decode()))


def _launch_price(model: str, day: date, *, batch: bool) -> Price | None:
    for entry in launch_prices():
        start, end = (date.fromisoformat(entry[key]) for key in ("from", "until"))
        if normal_name(model).removeprefix("openai/") == entry["model"] and start <= day < end:
            if batch:
                raise ArgumentError(f"No known batch price for model {model!r} on {day}.")
            return Price(
                model=model,
                provider="openai",
                input=Decimal(entry["input"]),
                cached_input=None,
                output=Decimal(entry["output"]),
                day=day,
                as_of=start,
                source=entry["source"],
            )
    return None


def _library_price(model: str, day: date, input_tokens: int, batch: bool) -> Price:
    from genai_prices import __version__

    known = _look_up(model)
    if known is None:
        raise _unknown(
            "price",
            model,
            f"Give one with --price {model}=INPUT/OUTPUT, in US dollars per million tokens.",
        )
    provider, found = known
    # Prices change at midnight UTC, and some by the hour.
    moment = datetime.combine(day, time(12), UTC)
    prices = found.get_prices(moment)
    rates = prices
    if batch:
        rates = found.get_prices(moment, {"processing": "batch"})
        if rates.input_mtok == prices.input_mtok:
            raise ArgumentError(f"No known batch price for model {model!r} on {day}.")
    # Where no provider states a batch price for cached input, the data repeat the usual price.
    is_usual = batch and rates.cache_read_mtok == prices.cache_read_mtok
    dollars = _rate(rates.input_mtok, input_tokens)
    if dollars is None:
        raise UnknownNameError(f"No known price per million tokens for model {model!r}.")
    snapshot = _snapshot()
    as_of = snapshot.timestamp.date() if snapshot.from_auto_update else _newest_entry()
    return Price(
        model=model,
        provider=provider.id,
        input=dollars,
        cached_input=None if is_usual else _rate(rates.cache_read_mtok, input_tokens),
        output=_rate(rates.output_mtok, input_tokens),
        day=day,
        as_of=as_of,
        source="genai-prices, today's"
        if snapshot.from_auto_update
        else f"genai-prices {__version__}",
        is_batch=batch,
    )


def _rate(rate: Any, input_tokens: int) -> Decimal | None:
    """Returns US dollars per million tokens, in the tier of a request with this many tokens."""
    if rate is None or isinstance(rate, Decimal):
        return rate
    reached: list[Decimal] = [tier.price for tier in rate.tiers if input_tokens > tier.start]
    return reached[-1] if reached else Decimal(rate.base)


_OTHER_NAMES = {"gemini": "google", "vertex_ai": "google", "bedrock": "aws", "azure_ai": "azure"}
"""Other libraries' names of providers before the name of a model."""


def normal_name(model: str) -> str:
    """Returns the name of a model in the form for comparisons: stripped, in lower case.

    Raises:
        ArgumentError: It is not a string, or empty.
    """
    require_str("The name of a model", model)
    if not model.strip():
        raise ArgumentError("The name of a model must not be empty; an example is gpt-4o.")
    return model.strip().lower()


@functools.lru_cache(maxsize=1024)
def _look_up(model: str) -> tuple[Provider, ModelInfo] | None:
    """Returns the provider and the model in genai-prices; None if it does not have the model."""
    name = normal_name(model)
    head, _, rest = name.partition("/")
    stripped = next((name.removeprefix(p) for p in PROVIDERS if name.startswith(p)), name)
    candidates: list[tuple[str, str | None]] = [(name, None), (name, "openai")]
    if rest:
        provider = _OTHER_NAMES.get(head, head)
        candidates = [(rest, provider), (stripped, provider), (stripped, None), *candidates]
    for candidate, known in candidates:
        try:
            return _snapshot().find_provider_model(candidate, None, known, None)
        except LookupError:
            continue
    return None


def _unknown(kind: str, model: str, way_out: str) -> UnknownNameError:
    ids = [info.id for provider in _snapshot().providers for info in provider.models]
    nearest = suggestion(normal_name(model), ids)
    return UnknownNameError(f"No known {kind} for model {model!r}.{nearest} {way_out}")


def _snapshot() -> DataSnapshot:
    from genai_prices.data_snapshot import get_snapshot

    return get_snapshot()


@functools.cache
def _newest_entry() -> date | None:
    """Returns the newest day, up to today, on which a price in genai-prices begins to apply."""
    days: list[date] = []
    for provider in _snapshot().providers:
        for model in provider.models:
            dated = model.prices if isinstance(model.prices, list) else []
            constraints = [entry.constraint for entry in dated]
            constraints += [entry.constraint for entry in model.price_variants or []]
            days += [getattr(each, "start_date", date.min) for each in constraints]
    today = datetime.now(UTC).date()
    return max((day for day in days if date.min < day <= today), default=None)


def _check_day(day: object) -> date:
    if day is None:
        return datetime.now(UTC).date()
    if isinstance(day, datetime):
        return day.date()
    if not isinstance(day, date):
        raise ArgumentError(f"The date must be a datetime.date, not {type(day).__name__}.")
    return day
