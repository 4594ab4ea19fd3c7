"""Models with the encoding that counts their tokens and the price of these tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date  # noqa: N812
from typing import Any

from tokcompare.encodings import load_encoding
from tokcompare.encodings.models import find_encoding_of_model
from tokcompare.errors import ArgumentError, UnknownNameError
from tokcompare.pricing.prices import Price, given_price, normal_name, price


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedModel:
    """A model and the encoding that counts its tokens.

    Attributes:
        model: The model, as the caller named it.
        encoding: The name of the encoding.
        is_estimate: Whether the model's own encoding is not public, so that another one counts.
    """

    model: str
    encoding: str
    is_estimate: bool

    @property
    def label(self) -> str:
        """The name of the model in tables, behind "≈" if its counts are estimates."""
        return f"≈ {self.model}" if self.is_estimate else self.model


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedModel(CountedModel):
    """A model, the encoding that counts its tokens, and their price.

    Attributes:
        day: The day of the price; None means today.
        is_batch: Whether requests are sent as a batch.
        given: The price that the user gave; None for the known price.
    """

    day: Date | None = None
    is_batch: bool = False
    given: Price | None = None

    def price_of(self, input_tokens: int = 1, output_tokens: int = 0) -> Price:
        """Returns the price of a request of this size."""
        if self.given is not None:
            return replace(self.given, input_tokens=input_tokens, output_tokens=output_tokens)
        return price(
            self.model,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            date=self.day,
            batch=self.is_batch,
        )


def price_model(
    model: str,
    *,
    encoding: str | None = None,
    date: Date | None = None,
    batch: bool = False,
    given: Mapping[str, Price] | None = None,
) -> PricedModel:
    """Finds the encoding and the price of a model.

    Args:
        model: The model.
        encoding: The encoding that counts its tokens if its tokenizer is not public.
        date: The day of the price; None means today.
        batch: Whether requests are sent as a batch.
        given: Prices that the user gave: see `check_prices`.

    Raises:
        UnknownNameError: The model, its price or its tokenizer is not known.
    """
    own_price = (given or {}).get(normal_name(model))
    if own_price is None:
        price(model, date=date, batch=batch)  # report an unknown model before its tokenizer
    name, is_estimate = own_encoding(model, encoding)
    return PricedModel(
        model=model.strip(),
        encoding=name,
        is_estimate=is_estimate,
        day=date,
        is_batch=batch,
        given=own_price,
    )


def own_encoding(model: str, substitute: str | None) -> tuple[str, bool]:
    """Returns the name of the encoding that counts a model's tokens, and whether it estimates.

    Args:
        model: The model.
        substitute: The encoding to use if the model's tokenizer is not public; None for none.

    Raises:
        UnknownNameError: The model's tokenizer is not public, and there is no substitute.
    """
    try:
        own = find_encoding_of_model(normal_name(model))
    except UnknownNameError:
        own = None
    if own is not None:
        return own, False
    if substitute is None:
        raise UnknownNameError(
            f"The tokenizer of {model!r} is not public, or not known here, so its tokens cannot be "
            "counted. Another encoding can estimate them: --encoding o200k_base, in Python "
            "encoding='o200k_base'. The results are then marked as estimates."
        )
    return load_encoding(str(substitute)).name, True


def notes_on_estimates(models: Iterable[CountedModel]) -> list[str]:
    """Returns a note for each model whose tokens another encoding has counted."""
    return [
        f"{model.label}: an estimate. Its tokenizer is not public, or not known here; "
        f"{model.encoding} counted its tokens."
        for model in models
        if model.is_estimate
    ]


def check_prices(prices: object, models: Sequence[str], day: Date | None) -> dict[str, Price]:
    """Checks the prices that the user gave.

    Args:
        prices: "INPUT/OUTPUT" in US dollars per million tokens, by model; None for no prices.
        models: The models that may have a price.
        day: The day of the prices; None means today.

    Returns:
        The prices, by the normal name of the model.

    Raises:
        ArgumentError: They are no such mapping, name another model, or name one twice.
    """
    if prices is None:
        return {}
    if not isinstance(prices, Mapping):
        raise ArgumentError(
            "Prices must be a mapping from models to 'INPUT/OUTPUT', such as "
            f"{{'gpt-4o': '2.5/10'}}, not {type(prices).__name__}."
        )
    accepted = set(map(normal_name, models))
    given: dict[str, Price] = {}
    for model, amounts in prices.items():
        name = normal_name(model)
        if name not in accepted:
            raise ArgumentError(
                f"There is a price for {model!r}, which is not one of the models: "
                f"{', '.join(map(repr, models))}."
            )
        if name in given:
            raise ArgumentError(f"There are two prices for {model!r}.")
        given[name] = given_price(f"{model}={amounts}", day)
    return given


def check_options(options: Mapping[str, Any]) -> None:
    """Checks that the options for `compare` do not set encodings, metrics or rows.

    Raises:
        ArgumentError: An option does.
    """
    if taken := sorted(options.keys() & {"by", "encodings", "metrics"}):
        raise ArgumentError(
            f"Not accepted here: {', '.join(taken)}. The models determine the encodings, and each "
            "row is a language."
        )
