"""Costs: tokens times prices, of texts as requests to a model and of languages before and after.

The saving of a migration is split into fewer tokens and a lower price. Their product is the factor
by which the text gets cheaper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from decimal import Decimal, InvalidOperation
from math import ceil, isnan, nan, sqrt

from tokcompare.comparison.compare import as_documents
from tokcompare.comparison.comparison import Comparison
from tokcompare.comparison.results import Measurement, Row
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.counts import Counts
from tokcompare.encodings import load_encoding
from tokcompare.errors import ArgumentError
from tokcompare.metrics.intervals import NO_INTERVAL, Interval, Ratio, ratio_interval
from tokcompare.pricing.models import PricedModel, check_prices, notes_on_estimates, price_model
from tokcompare.pricing.prices import MILLION, Price
from tokcompare.sources.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of texts as requests to a model.

    Attributes:
        model: The model, its encoding and its price.
        requests: Number of requests: one per document.
        input_tokens: Number of tokens of all requests.
        output_tokens: Number of tokens of all replies.
        total: US dollars.
        price: The price of the last request, with its source.
    """

    model: PricedModel
    requests: int
    input_tokens: int
    output_tokens: int
    total: Decimal
    price: Price

    @property
    def is_estimate(self) -> bool:
        """Whether another encoding than the model's own has counted the tokens."""
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
    """Returns the cost of texts as requests to a model. Each document is one request.

    Args:
        documents: A text or a document, or several.
        model: The model; a provider may precede it, as in "azure/gpt-4o".
        output_ratio: Number of output tokens per input token.
        encoding: The encoding that counts tokens if the model's tokenizer is not public.
        date: The day of the price; None means today.
        batch: Whether the requests are sent as a batch.
        prices: "INPUT/OUTPUT" in US dollars per million tokens, by model.

    Raises:
        UnknownNameError: The model, its price or its tokenizer is not known.
        ArgumentError: An argument is out of range, or there is no price for such a request.

    >>> import datetime
    >>> cost("Hello, my name is GPT-4o.", "gpt-4o", date=datetime.date(2024, 5, 13)).total
    Decimal('0.00005')
    """
    ratio = check_output_ratio(output_ratio)
    given = check_prices(prices, [model], date)
    priced = price_model(model, encoding=encoding, date=date, batch=batch, given=given)
    counting = DocumentCounter(encodings=(load_encoding(priced.encoding),))
    total, requests, input_tokens, output_tokens = Decimal(0), 0, 0, 0
    last = priced.price_of(output_tokens=1 if ratio else 0)
    for document in as_documents(documents):
        (tokens,) = counting.count(document).tokens.values()
        reply = int((tokens * ratio).to_integral_value())
        last = priced.price_of(tokens, reply)
        total += last.total
        requests += 1
        input_tokens += tokens
        output_tokens += reply
    return Cost(
        model=priced,
        requests=requests,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        total=total,
        price=last,
    )


def check_output_ratio(ratio: object) -> Decimal:
    """Checks the number of output tokens per input token.

    Raises:
        ArgumentError: It is not a number from 0 to a million.
    """
    try:
        checked = Decimal(str(ratio))
    except InvalidOperation:
        checked = Decimal("nan")
    if not checked.is_finite() or not 0 <= checked <= 10**6:
        raise ArgumentError(
            f"The output ratio must be a number from 0 to a million, not {ratio!r}."
        )
    return checked


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """The cost of one month.

    Attributes:
        total: US dollars.
        interval: The confidence interval of the total. It covers tokens per character only.
    """

    total: Decimal
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class CostResults:
    """The numbers of a `CostComparison`.

    Attributes:
        comparison: The token counts.
        models: The models; the first is the one before the migration.
        output_ratio: Number of output tokens per input token.
        request_characters: Number of characters per request; None if the caller gave none, which
            means the prices of short requests.
        volumes: Number of characters per month, by language; empty if the caller gave none.
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

    @property
    def notes(self) -> list[str]:
        """The caveats that a reader of the numbers must know, as sentences."""
        return [
            *(self._note_on_price(model) for model in self.models),
            *notes_on_estimates(self.models),
            self._note_on_replies(),
            *self.comparison.notes,
        ]

    def price_of(self, counts: Counts, model: PricedModel) -> Price:
        """Returns the price of a request in a language, in the tier that its length falls in."""
        tokens = 1
        if self.request_characters and counts.characters:
            share = counts.tokens[model.encoding] / counts.characters
            tokens = max(1, ceil(self.request_characters * share))
        return model.price_of(tokens, output_tokens=1 if self.output_ratio else 0)

    def per_million_tokens(self, counts: Counts, model: PricedModel) -> Decimal:
        """Returns US dollars per million input tokens, including the replies to them.

        Requests of different languages may fall in different tiers, so the value for the total is
        the mean over its tokens.
        """
        if counts is self.comparison.total and counts.tokens[model.encoding]:
            dollars = sum(
                row.counts.tokens[model.encoding] * self.per_million_tokens(row.counts, model)
                for row in self.rows
            )
            return dollars / Decimal(counts.tokens[model.encoding])
        rates = self.price_of(counts, model)
        return rates.input + self.output_ratio * (rates.output or 0)

    def per_million_characters(self, counts: Counts, model: PricedModel) -> Decimal | None:
        """Returns US dollars per million input characters; None if there are no characters."""
        if not counts.characters:
            return None
        tokens = counts.tokens[model.encoding]
        return tokens * self.per_million_tokens(counts, model) / counts.characters

    def per_thousand_requests(self, counts: Counts, model: PricedModel) -> Decimal | None:
        """Returns US dollars per 1,000 requests; None if their length is not known."""
        dollars = self.per_million_characters(counts, model)
        if dollars is None or self.request_characters is None:
            return None
        return dollars * self.request_characters * 1000 / MILLION

    def fewer_tokens(self, counts: Counts, model: PricedModel) -> Measurement:
        """Returns tokens before / tokens after, with its confidence interval."""
        if model.encoding == self.before.encoding:
            value = 1.0 if counts.tokens[model.encoding] else nan
            return Measurement(value=value, interval=NO_INTERVAL)
        return self.comparison.measure(counts, "compression_ratio", model.encoding)

    def lower_price(self, counts: Counts, model: PricedModel) -> float:
        """Returns price per token before / price after; `nan` if tokens after are free."""
        after = self.per_million_tokens(counts, model)
        return float(self.per_million_tokens(counts, self.before) / after) if after else nan

    def times_cheaper(self, counts: Counts, model: PricedModel) -> Measurement:
        """Returns cost before / cost after, with its confidence interval.

        It is `fewer_tokens` times `lower_price`.
        """
        tokens, factor = self.fewer_tokens(counts, model), self.lower_price(counts, model)
        interval = Interval(low=tokens.interval.low * factor, high=tokens.interval.high * factor)
        return Measurement(value=tokens.value * factor, interval=interval)

    def bill(self, row: Row, model: PricedModel) -> Bill | None:
        """Returns the cost of a month in one language; None if that has no volume."""
        characters = self.volumes.get(row.group)
        dollars = self.per_million_characters(row.counts, model)
        if characters is None or dollars is None:
            return None
        ratio = Ratio(numerator=f"tokens {model.encoding}", denominator="characters")
        share = ratio_interval(row.counts, ratio, self.comparison.method)
        rate = float(self.per_million_tokens(row.counts, model)) * characters / MILLION
        return Bill(
            total=dollars * characters / MILLION,
            interval=Interval(low=share.low * rate, high=share.high * rate),
        )

    def total_bill(self, model: PricedModel) -> Bill:
        """Returns the cost of a month in all languages.

        The errors of the languages are independent, so their variances add up.
        """
        bills = [bill for row in self.rows if (bill := self.bill(row, model)) is not None]
        total = sum((bill.total for bill in bills), Decimal(0))
        halves = [(bill.interval.high - bill.interval.low) / 2 for bill in bills]
        margin = sqrt(sum(half**2 for half in halves)) if bills else nan
        interval = Interval(low=float(total) - margin, high=float(total) + margin)
        return Bill(total=total, interval=NO_INTERVAL if isnan(margin) else interval)

    def _note_on_price(self, model: PricedModel) -> str:
        rates = model.price_of()
        batch = " in a batch" if rates.is_batch else ""
        amounts = [f"${rates.input} per million input tokens{batch}"]
        if rates.output is not None:
            amounts.append(f"${rates.output} per million output tokens")
        if rates.cached_input is not None:
            amounts.append(f"${rates.cached_input} per million cached input tokens")
        as_of = "" if rates.as_of is None else f", as of {rates.as_of}"
        return (
            f"{model.model}: {', '.join(amounts)} on {rates.day} ({rates.source}{as_of})."
            f"{''.join(self._other_tiers(model, rates.input))}"
        )

    def _other_tiers(self, model: PricedModel, usual: Decimal) -> Iterator[str]:
        """Yields a sentence for each price tier but the usual one that requests fall in."""
        tiers: dict[Decimal, list[str]] = {}
        for row in self.rows:
            tiers.setdefault(self.price_of(row.counts, model).input, []).append(row.name)
        for tier, names in tiers.items():
            if tier != usual:
                yield (
                    f" Requests of {self.request_characters:,} characters cost ${tier} per million "
                    f"input tokens in {', '.join(names)}."
                )

    def _note_on_replies(self) -> str:
        if not self.output_ratio:
            return "Costs are those of the input only; --output-ratio adds replies."
        tokens = "token" if self.output_ratio == 1 else "tokens"
        return f"Costs include replies of {self.output_ratio} output {tokens} per input token."
