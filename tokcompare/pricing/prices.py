"""Prices of models: US dollars per million tokens, for a model and a day.

They come from the data inside `genai-prices`, so no network is needed. Launch prices that it has
wrong are in `data/prices/launch.json`, each with its source. Amounts are exact decimals.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from tokcompare.bundled import read_data
from tokcompare.encodings.named.catalogue import find_tokenizer
from tokcompare.errors import ArgumentError, UnknownNameError
from tokcompare.pricing.catalogue import (
    forget,
    has_start,
    look_up,
    newest_entry,
    normal_name,
    release_day,
    snapshot,
    source_name,
    suggested_model,
)

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo

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
        caveat: A sentence that says so if the price is, or may be, that of another day; else empty.
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
    caveat: str = ""

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
    model, _, amounts = text.rpartition("=")
    found = _parse_amounts(model, amounts, day)
    if found is None or "=" in model:
        raise ArgumentError(
            f"A price is MODEL=INPUT/OUTPUT in US dollars per million tokens, such as "
            f"gpt-4o=2.5/10, not {text!r}."
        )
    return found


def price_in_mapping(model: str, amounts: object, day: date | None = None) -> Price:
    """Parses a price that a caller gave in Python: "INPUT/OUTPUT" for a model.

    Raises:
        ArgumentError: The amounts have another form.
    """
    found = _parse_amounts(model, amounts, day) if isinstance(amounts, str) else None
    if found is None:
        raise ArgumentError(
            "A price is 'INPUT/OUTPUT' in US dollars per million tokens, such as "
            f"prices={{'gpt-4o': '2.5/10'}}, not {amounts!r}."
        )
    return found


def _parse_amounts(model: str, amounts: str, day: date | None) -> Price | None:
    try:
        rates = [Decimal(amount.strip().removeprefix("$")) for amount in amounts.split("/")]
    except InvalidOperation:
        return None
    are_valid = len(rates) == 2 and all(rate.is_finite() and 0 <= rate <= 10**9 for rate in rates)
    if not model.strip() or not are_valid:
        return None
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


def dollars(amount: Decimal | float) -> str:
    """Returns an amount in US dollars as people write it.

    An exact amount (a Decimal) keeps all its digits, and has cents unless it is whole. Any other
    amount is rounded to cents, or to two significant digits below ten cents.

    >>> dollars(Decimal("2.5")), dollars(Decimal(10)), dollars(Decimal("0.075"))
    ('$2.50', '$10', '$0.075')
    >>> dollars(1234.5), dollars(0.0999), dollars(0.0000123)
    ('$1,234.50', '$0.10', '$0.000012')
    """
    sign = "-" if amount < 0 else ""
    if isinstance(amount, Decimal):
        exact = f"{abs(amount):,f}"
        whole, _, cents = exact.partition(".")
        cents = cents.rstrip("0")
        return f"{sign}${whole}.{cents.ljust(2, '0')}" if cents else f"{sign}${whole}"
    size = abs(amount)
    if size >= 0.0995 or size == 0:
        return f"{sign}${size:,.2f}"
    rounded = Decimal(f"{size:.1e}")
    cents = f"{rounded:f}".partition(".")[2].rstrip("0").ljust(2, "0")
    return f"{sign}$0.{cents}"


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
        forget()


@functools.cache
def launch_prices() -> tuple[Mapping[str, str], ...]:
    """Reads the launch prices that genai-prices has wrong, as they are in the file."""
    content = read_data("prices", "launch.json")
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
    known = look_up(model)
    if known is None:
        is_tokenizer = find_tokenizer(model) is not None
        also = " That is a tokenizer; prices are those of models." if is_tokenizer else ""
        message = f"No known price for model {model!r}.{also}{suggested_model(model)}"
        raise UnknownNameError(message)
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
    data = snapshot()
    as_of = data.timestamp.date() if data.from_auto_update else newest_entry()
    return Price(
        model=model,
        provider=provider.id,
        input=dollars,
        cached_input=None if is_usual else _rate(rates.cache_read_mtok, input_tokens),
        output=_rate(rates.output_mtok, input_tokens),
        day=day,
        as_of=as_of,
        source=source_name(),
        is_batch=batch,
        caveat=_caveat(model, found, day, as_of),
    )


def _caveat(model: str, found: ModelInfo, day: date, as_of: date | None) -> str:
    """Returns a sentence that says that a price is that of another day; empty if it is not."""
    today = datetime.now(UTC).date()
    # Where it is already tomorrow, tomorrow is not the future.
    if day > today + timedelta(days=1):
        known = f"as of {as_of}" if as_of else "known today"
        return f"{day} is in the future; the price is that {known}, and may change."
    released = release_day(model)
    if released is not None and day < released:
        return f"{model} was released on {released}, after {day}; the price is that of a later day."
    if released is None and day < today - timedelta(days=1) and not has_start(found, day):
        return (
            f"genai-prices does not say from which day the price of {model} holds, so on {day} it "
            "may have been another, or the model was not there yet."
        )
    return ""


def _rate(rate: Any, input_tokens: int) -> Decimal | None:
    """Returns US dollars per million tokens, in the tier of a request with this many tokens."""
    if rate is None or isinstance(rate, Decimal):
        return rate
    reached: list[Decimal] = [tier.price for tier in rate.tiers if input_tokens > tier.start]
    return reached[-1] if reached else Decimal(rate.base)


def _check_day(day: object) -> date:
    if day is None:
        return datetime.now(UTC).date()
    if isinstance(day, datetime):
        return day.date()
    if not isinstance(day, date):
        raise ArgumentError(f"The date must be a datetime.date, not {type(day).__name__}.")
    return day
