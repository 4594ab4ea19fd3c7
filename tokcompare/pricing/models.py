"""Models with the encoding that counts their tokens and the price of these tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date  # noqa: N812
from typing import Any

from tokcompare.encodings import load_encoding
from tokcompare.encodings.models import (
    find_tokenizer_of_model,
    identify_model,
    known_prefixes,
)
from tokcompare.encodings.models.openai import KnownModel
from tokcompare.encodings.named.catalogue import find_tokenizer
from tokcompare.encodings.named.places import find_place, install_command
from tokcompare.errors import ArgumentError, UnknownNameError, VocabularyError, with_hint
from tokcompare.pricing.catalogue import normal_name
from tokcompare.pricing.prices import Price, price, price_in_mapping


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
        _check_price(model, date=date, batch=batch)  # before its tokenizer
    name, is_estimate = own_encoding(model, encoding)
    return PricedModel(
        model=model.strip(),
        encoding=name,
        is_estimate=is_estimate,
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


def own_encoding(model: str, substitute: str | None) -> tuple[str, bool]:
    """Returns the name of the encoding that counts a model's tokens, and whether it estimates.

    Args:
        model: The model.
        substitute: The encoding to use if the model's tokenizer is not public or cannot be loaded;
            None for none. A file that has the name of an open model's tokenizer is that tokenizer.

    Raises:
        UnknownNameError: The model's tokenizer is not public or not here, and there is no
            substitute.
    """
    if (known := _known(model)) is not None:
        return known.encoding, False
    given = None if substitute is None else load_encoding(str(substitute)).name
    tokenizer = find_tokenizer_of_model(normal_name(model))
    if tokenizer is not None:
        reason = "" if given == tokenizer else _why_not_here(tokenizer)
        if not reason:
            return tokenizer, False
        if given is None:
            raise with_hint(
                UnknownNameError,
                f"The tokenizer of {model!r} is {tokenizer}, which is not here. {reason}",
                python=f"Or give its file: encoding='{tokenizer}=PATH/tokenizer.json'.",
                command=f"Or give its file with --encoding {tokenizer}=PATH/tokenizer.json.",
            )
    if given is not None:
        return given, True
    marked = "The results are then marked as estimates."
    raise with_hint(
        UnknownNameError,
        f"The tokenizer of {model!r} is not public, or not known here, so its tokens cannot be "
        f"counted.{_what_is_known(model)} Another encoding can estimate them:",
        python=f"encoding='o200k_base'. {marked}",
        command=f"--encoding o200k_base. {marked}",
    )


def _known(model: str) -> KnownModel | None:
    """Returns the model of OpenAI that a name means; None for any other."""
    try:
        return identify_model(normal_name(model))
    except UnknownNameError:
        return None


def _why_not_here(tokenizer: str) -> str:
    """Returns why the tokenizer of open models cannot be loaded by its name; "" if it can."""
    try:
        load_encoding(tokenizer)
    except UnknownNameError:
        return "No package that contains it is known."
    except VocabularyError as error:
        known = find_tokenizer(tokenizer)
        if known is None or find_place(known) is not None:
            return str(error)
        return f"This command installs it: {install_command(known)}"
    return ""


def _what_is_known(model: str) -> str:
    """Returns a sentence on the models that tiktoken knows, for a model named as OpenAI's are."""
    if re.search(r"(?:^|/)(?:chat)?gpt-|(?:^|/)o\d(?:-|$)", normal_name(model)) is None:
        return ""
    names = ", ".join(f"{prefix}…" for prefix in known_prefixes())
    return f" tiktoken knows the models {names}."


def encodings_of(models: Iterable[CountedModel], substitute: str | None) -> list[str]:
    """Returns the encodings of models, each once, as `compare` can load them.

    Args:
        models: The models.
        substitute: The encoding that the caller gave: a name or a path.
    """
    # The name of a file's encoding is not enough to load it.
    given = None if substitute is None else load_encoding(str(substitute)).name
    names = dict.fromkeys(model.encoding for model in models)
    return [str(substitute) if name == given else name for name in names]


def check_substitute(models: Sequence[CountedModel], substitute: str | None) -> None:
    """Checks that an encoding given for closed models is used, and lets them be compared.

    Args:
        models: The models; the first is compared with each of the others.
        substitute: The encoding that the caller gave for models whose tokenizers are not public.

    Raises:
        ArgumentError: No model needs it; or it counts both sides of a comparison, so that their
            ratio would be that of an encoding and itself.
    """
    if substitute is not None and not _is_used(substitute, models):
        names = ", ".join(f"{model.model} ({model.encoding})" for model in models)
        raise with_hint(
            ArgumentError,
            "The encoding to estimate with would be ignored, because the tokenizer of each model "
            f"is known: {names}.",
            python="Leave out encoding=, or compare encodings with compare().",
            command="Leave out --encoding, or compare encodings with tokcompare report -e.",
        )
    for model in models[1:]:
        first = models[0]
        if first.encoding == model.encoding and (first.is_estimate or model.is_estimate):
            closed = " and ".join(each.model for each in (first, model) if each.is_estimate)
            raise with_hint(
                ArgumentError,
                f"{first.model} and {model.model} cannot be compared by {model.encoding}: it would "
                "count the tokens of both, so the result would be 1.00x for any text. The "
                f"tokenizer of {closed} is not public, or not known here.",
                python="Give another encoding=, or compare prices alone with price().",
                command="Give another --encoding. Its choice decides the result, which is an "
                "estimate.",
            )


def _is_used(substitute: str, models: Sequence[CountedModel]) -> bool:
    """Returns whether an encoding that the caller gave counts the tokens of a model."""
    if any(model.is_estimate for model in models):
        return True
    open_models = {model.encoding for model in models if _known(model.model) is None}
    return bool(open_models) and load_encoding(substitute).name in open_models


def notes_on_tokenizers(models: Iterable[CountedModel]) -> list[str]:
    """Returns a note for each model whose encoding is not that of its name in tiktoken's table."""
    return [note for model in models if (note := _note_on_tokenizer(model))]


def _note_on_tokenizer(model: CountedModel) -> str:
    if model.is_estimate:
        own = find_tokenizer_of_model(model.model)
        why = f"{own}, is not here" if own else "is not public, or not known here"
        return (
            f"{model.label}: an estimate. Its tokenizer{',' if own else ''} {why}; "
            f"{model.encoding} counted its tokens. Numbers marked ≈ depend on that choice, and "
            "have no interval."
        )
    if (known := _known(model.model)) is not None:
        return known.note
    return f"{model.model}: an open model; its own tokenizer, {model.encoding}, counted its tokens."


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
