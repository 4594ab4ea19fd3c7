"""Models with the price of their tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date  # noqa: N812
from typing import Any

from tokcompare.errors import ArgumentError, UnknownNameError, with_hint
from tokcompare.pricing.catalogue import normal_name
from tokcompare.pricing.counted import CountedModel, own_encoding
from tokcompare.pricing.prices import Price, price, price_in_mapping


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
        _check_price(model, date=date, batch=batch)  # before its tokenizer
    return PricedModel(
        model=model.strip(),
        **own_encoding(model, encoding)._asdict(),
        day=date,
        is_batch=batch,
        given=own_price,
    )


def _check_price(model: str, *, date: Date | None, batch: bool) -> None:
    """Checks that the price of a model is known.

    Raises:
        UnknownNameError: It is not; the hint says how to give one.
    """
    try:
        price(model, date=date, batch=batch)
    except UnknownNameError as error:
        raise with_hint(
            UnknownNameError,
            str(error),
            python=f"Give one, in US dollars per million tokens: prices={{{model!r}: "
            "'INPUT/OUTPUT'}.",
            command=f"Give one with --price {model}=INPUT/OUTPUT, in US dollars per million "
            "tokens.",
        ) from error


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
        given[name] = price_in_mapping(model, amounts, day)
    return given


def check_batch(models: Sequence[PricedModel], *, batch: bool) -> None:
    """Checks that the prices of batches are used if a caller asks for them.

    Raises:
        ArgumentError: The caller gave the price of each model, so there is none to look up.
    """
    if batch and all(model.given is not None for model in models):
        raise with_hint(
            ArgumentError,
            "The prices of batches would be ignored, because a price was given for each model.",
            python="Leave out batch=True.",
            command="Leave out --batch.",
        )


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
