"""Costs: tokens x prices, language by language, before a migration and after.

A cost is that of input, and of replies if it is said how long they are. What is saved is told apart
into fewer tokens and a lower price; the two multiply to the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date  # noqa: N812
from decimal import Decimal, InvalidOperation
from math import ceil, isnan, nan, sqrt
from typing import Any, Protocol

from tokcompare.comparison.compare import as_documents, compare
from tokcompare.comparison.comparison import Comparison, Measurement, Row
from tokcompare.counting.counter import Counting, Counts
from tokcompare.encodings import load_encoding
from tokcompare.encodings.models import find_encoding_of_model
from tokcompare.errors import ArgumentError, UnknownNameError, require_names
from tokcompare.metrics.intervals import UNDEFINED, Interval, Ratio, ratio_interval
from tokcompare.pricing.prices import MILLION, Price, given_price, normal_name, price
from tokcompare.pricing.volumes import check_volumes
from tokcompare.sources.document import Document
from tokcompare.sources.source import load_samples


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedModel:
    """A model, what counts its tokens, and what they cost.

    Attributes:
        model: The model, as it was asked for.
        encoding: The name of the encoding that counts its tokens.
        is_estimate: Whether that is another encoding than its own, which is not public.
        day: The day of its price.
        is_batch: Whether requests are handed in as a batch.
        given: The price that the user has named; None for the known one.
    """

    model: str
    encoding: str
    is_estimate: bool
    day: Date | None = None
    is_batch: bool = False
    given: Price | None = None

    def price_of(self, input_tokens: int = 1, output_tokens: int = 0) -> Price:
        """Returns the price of a request of so many tokens."""
        if self.given is not None:
            return replace(self.given, input_tokens=input_tokens, output_tokens=output_tokens)
        return price(
            self.model,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            date=self.day,
            batch=self.is_batch,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What texts cost as requests to a model.

    Attributes:
        model: The model, what counts its tokens, and its price.
        requests: How many requests there are: one a document.
        input_tokens: How many tokens they have.
        output_tokens: How many tokens the replies have.
        total: US dollars.
        price: The price of the last request, which says where prices come from.
    """

    model: PricedModel
    requests: int
    input_tokens: int
    output_tokens: int
    total: Decimal
    price: Price

    @property
    def is_estimate(self) -> bool:
        """Whether the tokens were counted by another encoding than the model's own."""
        return self.model.is_estimate


def cost(
    documents: str | Document | Iterable[str | Document],
    model: str,
    *,
    output_ratio: float | Decimal = 0,
    encoding: str | None = None,
    date: Date | None = None,
    batch: bool = False,
    prices: Mapping[str, str] | None = None,
) -> Cost:
    """Returns what texts cost as requests to a model, each document a request of its own.

    Args:
        documents: A text or a document, or several.
        model: The model; a provider may stand before it.
        output_ratio: How many tokens of reply there are for a token of request.
        encoding: What counts the tokens of a model whose tokenizer is not public.
        date: The day of the price; None means today.
        batch: Whether the requests are handed in as a batch.
        prices: "INPUT/OUTPUT", US dollars per million tokens, by the model that they are for.

    Raises:
        UnknownNameError: Nobody knows the model, its price, or its tokenizer.
        ArgumentError: There is no price for what is asked for.

    >>> import datetime
    >>> cost("Hello, my name is GPT-4o.", "gpt-4o", date=datetime.date(2024, 5, 13)).total
    Decimal('0.00005')
    """
    ratio = _check_ratio(output_ratio)
    given = _check_prices(prices, [model], date)
    priced = price_model(model, encoding=encoding, date=date, batch=batch, given=given)
    counting = Counting(encodings=(load_encoding(priced.encoding),))
    total, requests, asked, replied = Decimal(0), 0, 0, 0
    last = priced.price_of(output_tokens=1 if ratio else 0)
    for document in as_documents(documents):
        (tokens,) = counting.count(document).tokens.values()
        reply = int((tokens * ratio).to_integral_value())
        last = priced.price_of(tokens, reply)
        total += last.total
        requests, asked, replied = requests + 1, asked + tokens, replied + reply
    return Cost(
        model=priced,
        requests=requests,
        input_tokens=asked,
        output_tokens=replied,
        total=total,
        price=last,
    )


def price_model(
    model: str,
    *,
    encoding: str | None = None,
    date: Date | None = None,
    batch: bool = False,
    given: Mapping[str, Price] | None = None,
) -> PricedModel:
    """Returns a model with what counts its tokens, and what they cost: see `cost`.

    Args:
        model: The model.
        encoding: What counts its tokens if its tokenizer is not public.
        date: The day of the price; None means today.
        batch: Whether requests are handed in as a batch.
        given: The prices that the user has named, by the model.

    Raises:
        UnknownNameError: Nobody knows the model, its price, or its tokenizer.
    """
    own_price = (given or {}).get(normal_name(model))
    if own_price is None:
        price(model, date=date, batch=batch)  # an unknown model is that before all else
    name, is_estimate = own_encoding(model, encoding)
    return PricedModel(
        model=model.strip(),
        encoding=name,
        is_estimate=is_estimate,
        day=date,
        is_batch=batch,
        given=own_price,
    )


def own_encoding(model: str, approximation: str | None) -> tuple[str, bool]:
    """Returns the encoding of a model, and whether it is only an approximation.

    Args:
        model: The model.
        approximation: What counts its tokens if its tokenizer is not public; None for nothing.

    Raises:
        UnknownNameError: Its tokenizer is not public, and there is no approximation.
    """
    try:
        own = find_encoding_of_model(normal_name(model))
    except UnknownNameError:
        own = None
    if own is None and approximation is None:
        raise UnknownNameError(
            f"The tokenizer of {model!r} is not public, or not known here, so its tokens cannot be "
            "counted. With --encoding o200k_base, in Python encoding='o200k_base', they are "
            "counted by that, and what comes of it is called an estimate."
        )
    if own is None:
        return load_encoding(str(approximation)).name, True
    return own, False


class CountedModel(Protocol):
    """A model, and what counts its tokens."""

    @property
    def model(self) -> str:
        """The model, as it was asked for."""

    @property
    def encoding(self) -> str:
        """The name of the encoding that counts its tokens."""

    @property
    def is_estimate(self) -> bool:
        """Whether that is another encoding than its own, which is not public."""


def shown_name(model: CountedModel) -> str:
    """Returns the name of a model as tables have it."""
    return f"≈ {model.model}" if model.is_estimate else model.model


def notes_on_estimates(models: Iterable[CountedModel]) -> list[str]:
    """Returns a sentence for each model whose tokens another encoding has counted."""
    return [
        f"{shown_name(model)}: an estimate. Its tokenizer is not public, or not known here; its "
        f"tokens were counted by {model.encoding}."
        for model in models
        if model.is_estimate
    ]


def check_options(options: Mapping[str, Any]) -> None:
    """Checks what else `compare` is to know.

    Raises:
        ArgumentError: It is something that the models decide.
    """
    if taken := sorted(options.keys() & {"by", "encodings", "metrics"}):
        raise ArgumentError(f"{', '.join(taken)}: the models decide that, and rows are languages.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """What a month costs.

    Attributes:
        total: US dollars.
        interval: Its confidence interval, as far as tokens per character go.
    """

    total: Decimal
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class CostComparison:
    """What the same text costs with some models, language by language.

    Attributes:
        comparison: The tokens.
        models: The models; the first is the one before the migration.
        output_ratio: How many tokens of reply there are for a token of request.
        request_characters: How many characters a request has; None if that is not said, and prices
            are those of short requests.
        volumes: How many characters there are a month, by language; empty if that is not said.
    """

    comparison: Comparison
    models: tuple[PricedModel, ...]
    output_ratio: Decimal
    request_characters: int | None
    volumes: Mapping[str, int]

    @property
    def before(self) -> PricedModel:
        """The model before the migration."""
        return self.models[0]

    @property
    def rows(self) -> tuple[Row, ...]:
        """The counts of each language."""
        return self.comparison.rows

    @property
    def signature(self) -> str:
        """Everything that the numbers depend on, in one line."""
        models = []
        for model in self.models:
            rates = model.price_of()
            amounts = f"{rates.input}/{rates.output}{'/batch' if rates.is_batch else ''}"
            models.append(f"{model.model}:{amounts}:{model.encoding}:{rates.day}:{rates.source}")
        request = f"|request:{self.request_characters}" if self.request_characters else ""
        volumes = "".join(f"|{code}:{self.volumes[code]}" for code in sorted(self.volumes))
        return (
            f"{self.comparison.signature}|cost:{','.join(models)}|"
            f"output-ratio:{self.output_ratio}{request}{'|volumes' if volumes else ''}{volumes}"
        )

    def price_of(self, counts: Counts, model: PricedModel) -> Price:
        """Returns the price of a request in a language, in the tier that it falls in."""
        tokens = 1
        if self.request_characters and counts.characters:
            share = counts.tokens[model.encoding] / counts.characters
            tokens = max(1, ceil(self.request_characters * share))
        return model.price_of(tokens, output_tokens=1 if self.output_ratio else 0)

    def dollars_per_token(self, counts: Counts, model: PricedModel) -> Decimal:
        """Returns US dollars for a million tokens of input, with the replies to them.

        In different languages requests may fall in different tiers; in all of them together it is
        the mean over the tokens.
        """
        if counts is self.comparison.total and counts.tokens[model.encoding]:
            dollars = sum(
                row.counts.tokens[model.encoding] * self.dollars_per_token(row.counts, model)
                for row in self.rows
            )
            return dollars / Decimal(counts.tokens[model.encoding])
        rates = self.price_of(counts, model)
        return rates.input + self.output_ratio * (rates.output or 0)

    def per_million_characters(self, counts: Counts, model: PricedModel) -> Decimal | None:
        """Returns US dollars for a million characters of input; None if there is no character."""
        if not counts.characters:
            return None
        return (
            counts.tokens[model.encoding]
            * self.dollars_per_token(counts, model)
            / counts.characters
        )

    def per_thousand_requests(self, counts: Counts, model: PricedModel) -> Decimal | None:
        """Returns US dollars for 1,000 requests; None if it is not said how long they are."""
        dollars = self.per_million_characters(counts, model)
        if dollars is None or self.request_characters is None:
            return None
        return dollars * self.request_characters * 1000 / MILLION

    def fewer_tokens(self, counts: Counts, model: PricedModel) -> Measurement:
        """Returns how many times fewer tokens there are than before, and how sure that is."""
        if model.encoding == self.before.encoding:
            return Measurement(
                value=1.0 if counts.tokens[model.encoding] else nan, interval=UNDEFINED
            )
        return self.comparison.measure(counts, "compression_ratio", model.encoding)

    def lower_price(self, counts: Counts, model: PricedModel) -> float:
        """Returns how many times less a token costs than before; `nan` where it is free."""
        after = self.dollars_per_token(counts, model)
        return float(self.dollars_per_token(counts, self.before) / after) if after else nan

    def times_cheaper(self, counts: Counts, model: PricedModel) -> Measurement:
        """Returns how many times less the text costs than before, and how sure that is.

        It is `fewer_tokens` times `lower_price`.
        """
        tokens, factor = self.fewer_tokens(counts, model), self.lower_price(counts, model)
        interval = Interval(low=tokens.interval.low * factor, high=tokens.interval.high * factor)
        return Measurement(value=tokens.value * factor, interval=interval)

    def bill(self, row: Row, model: PricedModel) -> Bill | None:
        """Returns what a month of a language costs; None if there is none of it."""
        characters = self.volumes.get(row.group)
        dollars = self.per_million_characters(row.counts, model)
        if characters is None or dollars is None:
            return None
        ratio = Ratio(numerator=f"tokens {model.encoding}", denominator="characters")
        share = ratio_interval(row.counts, ratio, self.comparison.method)
        rate = float(self.dollars_per_token(row.counts, model)) * characters / MILLION
        return Bill(
            total=dollars * characters / MILLION,
            interval=Interval(low=share.low * rate, high=share.high * rate),
        )

    def total_bill(self, model: PricedModel) -> Bill:
        """Returns what a month costs in all languages, whose errors are independent."""
        bills = [bill for row in self.rows if (bill := self.bill(row, model)) is not None]
        total = sum((bill.total for bill in bills), Decimal(0))
        halves = [(bill.interval.high - bill.interval.low) / 2 for bill in bills]
        margin = sqrt(sum(half**2 for half in halves)) if bills else nan
        interval = Interval(low=float(total) - margin, high=float(total) + margin)
        return Bill(total=total, interval=UNDEFINED if isnan(margin) else interval)

    @property
    def notes(self) -> list[str]:
        """What whoever reads the numbers must know of them, in sentences."""
        notes = [self._note_on_price(model) for model in self.models]
        notes += notes_on_estimates(self.models)
        what = (
            "a reply of as many tokens"
            if self.output_ratio == 1
            else (f"a reply of {self.output_ratio} tokens for each of the request")
        )
        notes.append(
            f"Each cost is that of the input and {what}."
            if self.output_ratio
            else "Each cost is that of the input alone; --output-ratio adds that of replies."
        )
        return [*notes, *self.comparison.notes]

    def _note_on_price(self, model: PricedModel) -> str:
        rates = model.price_of()
        output = "" if rates.output is None else f", ${rates.output} of output"
        cached = "" if rates.cached_input is None else f", ${rates.cached_input} of cached input"
        as_of = "" if rates.as_of is None else f", as of {rates.as_of}"
        batch = " in a batch" if rates.is_batch else ""
        tiers: dict[Decimal, list[str]] = {}
        for row in self.rows:
            tiers.setdefault(self.price_of(row.counts, model).input, []).append(row.name)
        dearer = "".join(
            f" Requests as long as these cost ${tier} in {', '.join(names)}."
            for tier, names in tiers.items()
            if tier != rates.input
        )
        return (
            f"{model.model}: ${rates.input} a million tokens of input{batch}{output}{cached} on "
            f"{rates.day} ({rates.source}{as_of}).{dearer}"
        )

    @property
    def columns(self) -> list[str]:
        """The columns of `to_records`, in order."""
        from tokcompare.pricing.records import columns_of

        return columns_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Returns what `--format json` writes; an undefined number is None."""
        from tokcompare.pricing.records import as_dict

        return as_dict(self)

    def to_records(self) -> list[dict[str, Any]]:
        """Returns what `--format csv` writes: a flat record for each row and each model after."""
        from tokcompare.pricing.records import as_records

        return as_records(self)


def compare_cost(
    documents: str | Document | Iterable[str | Document] | None = None,
    *,
    before: str,
    after: str | Sequence[str],
    output_ratio: float | Decimal = 0,
    request_characters: int | None = None,
    volumes: Mapping[str, int] | None = None,
    encoding: str | None = None,
    date: Date | None = None,
    batch: bool = False,
    prices: Mapping[str, str] | None = None,
    **options: Any,
) -> CostComparison:
    """Compares what the same text costs before a migration and after, language by language.

    Args:
        documents: A text or a document, or an iterable of both; None means the Universal
            Declaration of Human Rights, because a sentence is too little to judge a language by.
        before: The model before.
        after: The model after, or several.
        output_ratio: How many tokens of reply there are for a token of request.
        request_characters: How many characters a request has. Where long requests cost more a
            token, that decides.
        volumes: How many characters there are a month, by language.
        encoding: What counts the tokens of models whose tokenizers are not public.
        date: The day of the prices; None means today.
        batch: Whether requests are handed in as a batch.
        prices: "INPUT/OUTPUT", US dollars per million tokens, by the model that they are for.
        options: What else `compare` is to know, such as `confidence` or `jobs`.

    Raises:
        UnknownNameError: Nobody knows a model, its price, or its tokenizer.
        ArgumentError: A number makes no sense, or there is no text in a language of the volumes.
        TokcompareError: Whatever `compare` raises.

    >>> import datetime
    >>> costs = compare_cost(before="gpt-4-turbo", after="gpt-4o", date=datetime.date(2024, 5, 13))
    >>> english = next(row for row in costs.rows if row.group == "en")
    >>> round(costs.times_cheaper(english.counts, costs.models[1]).value, 1)
    2.0
    """
    ratio = _check_ratio(output_ratio)
    checked_volumes = {} if volumes is None else check_volumes(volumes)
    check_options(options)
    if request_characters is not None and (
        not isinstance(request_characters, int)
        or isinstance(request_characters, bool)
        or not 1 <= request_characters <= 10**9
    ):
        raise ArgumentError(
            f"A request must have a whole number of characters, not {request_characters!r}."
        )
    names = require_names("The name of a model", after)
    different = {normal_name(name): name for name in reversed([before, *names])}
    if len(different) < 2 or normal_name(before) in map(normal_name, names):
        raise ArgumentError(
            f"The model before, {before!r}, must be another one than those after; name others."
        )
    given = _check_prices(prices, list(different), date)
    models = tuple(
        price_model(name, encoding=encoding, date=date, batch=batch, given=given)
        for name in reversed(different.values())
    )
    source = load_samples("udhr") if documents is None else documents
    comparison = compare(
        source,
        encodings=list(dict.fromkeys(model.encoding for model in models)),
        metrics=["compression_ratio"],
        **options,
    )
    found = CostComparison(
        comparison=comparison,
        models=models,
        output_ratio=ratio,
        request_characters=request_characters,
        volumes=checked_volumes,
    )
    groups = [row.group for row in comparison.rows if row.counts.characters]
    if missing := [code for code in found.volumes if code not in groups]:
        raise ArgumentError(
            f"There is no text in {', '.join(map(repr, missing))} that would say how many tokens "
            f"it takes. There is text in: {', '.join(map(repr, groups)) or 'none'}."
        )
    return found


def _check_ratio(ratio: object) -> Decimal:
    try:
        checked = Decimal(str(ratio))
    except InvalidOperation:
        checked = Decimal("nan")
    if not checked.is_finite() or not 0 <= checked <= 10**6:
        raise ArgumentError(
            f"The output ratio must be a number from 0 to a million, not {ratio!r}."
        )
    return checked


def _check_prices(prices: object, models: Sequence[str], day: Date | None) -> dict[str, Price]:
    """Returns the prices that the user has named, by model; each must be that of one asked for."""
    if prices is None:
        return {}
    if not isinstance(prices, Mapping):
        raise ArgumentError(
            "Prices must map models to 'INPUT/OUTPUT', such as {'gpt-4o': '2.5/10'}, "
            f"not be {type(prices).__name__}."
        )
    asked = set(map(normal_name, models))
    given: dict[str, Price] = {}
    for model, amounts in prices.items():
        name = normal_name(model)
        if name not in asked:
            raise ArgumentError(
                f"There is a price for {model!r}, which is none of the models: "
                f"{', '.join(map(repr, models))}."
            )
        if name in given:
            raise ArgumentError(f"There are two prices for {model!r}.")
        given[name] = given_price(f"{model}={amounts}", day)
    return given
