"""The cost of texts as requests to a model: tokens times prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from decimal import Decimal, InvalidOperation
from math import isnan

from tokcompare import tables
from tokcompare.comparison.compare import as_documents
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.estimated import estimate_counts
from tokcompare.encodings import load_encoding
from tokcompare.errors import ArgumentError
from tokcompare.languages import entry_of
from tokcompare.metrics.metric import loses_text
from tokcompare.pricing.counted import check_proxies, encodings_of, notes_on_tokenizers
from tokcompare.pricing.models import PricedModel, check_batch, check_prices, price_model
from tokcompare.pricing.prices import Price, dollars
from tokcompare.pricing.proxies import Proxies, ProxyLike
from tokcompare.sources.document import Document
from tokcompare.sources.source import Source
from tokcompare.tables import UNDEFINED, Table


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Cost:
    """The cost of texts as requests to a model.

    Attributes:
        model: The model, its encoding and its price.
        requests: Number of requests: one per document.
        input_tokens: Number of tokens of all requests.
        output_tokens: Number of tokens of all replies.
        total: US dollars; NaN if the tokens do not hold all of the text.
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

    @property
    def notes(self) -> list[str]:
        """The caveats that a reader of the numbers must know, as sentences."""
        caveats = [self.price.caveat] if self.price.caveat else []
        if isnan(self.total):
            caveats.append(
                f"The tokens of {self.model.encoding} do not hold all of the text, or there is no "
                "factor for its language, so the cost is undefined."
                if self.model.calibration
                else f"The tokens of {self.model.encoding} do not hold all of the text, so the "
                "cost is undefined."
            )
        return [*caveats, *notes_on_tokenizers([self.model])]

    def to_markdown(self) -> str:
        """Returns the cost as a table in GitHub Flavored Markdown."""
        return tables.markdown(self._table())

    def __repr__(self) -> str:
        """Returns the cost in one line."""
        requests = "request" if self.requests == 1 else "requests"
        total = self._dollars()
        return f"<Cost {self.model.label}: {self.requests:,} {requests}, {total}>"

    def __str__(self) -> str:
        """Returns the cost as a table for a terminal."""
        return tables.terminal(self._table()).rstrip("\n")

    def _repr_html_(self) -> str:
        """Returns the cost as an HTML table, which notebooks show."""
        from tokcompare.page.notebook import output  # saves start time

        return output(self._table())

    def _dollars(self) -> str:
        return UNDEFINED if isnan(self.total) else self._show(dollars(float(self.total)))

    def _show(self, cell: str) -> str:
        return f"≈ {cell}" if self.is_estimate else cell

    def _table(self) -> Table:
        return Table(
            headings=["model", "requests", "input tokens", "output tokens", "cost"],
            rows=[
                [
                    self.model.label,
                    f"{self.requests:,}",
                    self._show(f"{self.input_tokens:,}"),
                    self._show(f"{self.output_tokens:,}"),
                    self._dollars(),
                ]
            ],
            notes=self.notes,
        )


def cost(
    documents: str | Document | Iterable[str | Document],
    model: str,
    *,
    output_ratio: float | Decimal = 0,
    encoding: ProxyLike = None,
    date: Date | None = None,
    batch: bool = False,
    prices: Mapping[str, str] | None = None,
) -> Cost:
    """Returns the cost of texts as requests to a model. Each document is one request.

    Args:
        documents: A text or a document, or several.
        model: The model; a provider may precede it, as in "azure/gpt-4o".
        output_ratio: Number of output tokens per input token.
        encoding: The encoding that counts tokens if the model's tokenizer is not public. It may be
            a calibration, or a field of recorded counts.
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
    proxies = Proxies.of(encoding, [model])
    priced = price_model(
        model, encoding=proxies.of_model(model), date=date, batch=batch, given=given
    )
    check_proxies([priced], proxies)
    check_batch([priced], batch=batch)
    counting = DocumentCounter(encodings=tuple(map(load_encoding, encodings_of([priced], proxies))))
    total, requests, input_tokens, output_tokens = Decimal(0), 0, 0, 0
    is_lost = False
    last = priced.price_of(output_tokens=1 if ratio else 0)
    if priced.field and isinstance(documents, Source):
        documents = documents.with_numbers([priced.field])
    for document in as_documents(documents):
        language = entry_of(document.language)
        counts = estimate_counts(counting.count(document), language, counting.encodings)
        tokens = counts.tokens.get(priced.encoding, 0)
        is_lost = is_lost or loses_text(counts, priced.encoding)
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
        total=Decimal("NaN") if is_lost else total,
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
