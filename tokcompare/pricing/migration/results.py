"""The numbers of a comparison of costs. Notes, records and table read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, isnan, nan

from tokcompare.comparison.comparison import Comparison
from tokcompare.comparison.results import Measurement, Row
from tokcompare.counting.counts import Counts
from tokcompare.metrics.intervals import NO_INTERVAL, Interval, Ratio, ratio_interval
from tokcompare.metrics.metric import loses_text
from tokcompare.pricing.migration.bills import (
    Basis,
    Bill,
    Saving,
    add_bills,
    add_margins,
    predict_factor,
    predict_tokens,
)
from tokcompare.pricing.models import PricedModel
from tokcompare.pricing.prices import MILLION, Price
from tokcompare.pricing.volumes import TokenVolume

_NOT_MEASURED = Measurement(value=nan, interval=NO_INTERVAL)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CostResults:
    """The numbers of a `CostComparison`.

    Attributes:
        comparison: The token counts.
        models: The models; the first is the one before the migration.
        output_ratio: Number of output tokens per input token.
        request_characters: Number of characters per request; None if the caller gave none, which
            means the prices of short requests.
        volumes: The volume per month, by language: a number of characters, or the tokens that the
            model before has counted; empty if the caller gave none.
        rows: The counts of each language; with volumes, of each that has one.
        total: The counts of all rows.
        has_own_text: Whether the text is the caller's, and not a built-in sample set.
        volume_notes: Which text was taken for volumes whose language was not plainly its code.
    """

    comparison: Comparison
    models: tuple[PricedModel, ...]
    output_ratio: Decimal
    request_characters: int | None
    volumes: Mapping[str, int | TokenVolume]
    rows: tuple[Row, ...]
    total: Counts
    has_own_text: bool
    volume_notes: tuple[str, ...] = ()

    @property
    def before(self) -> PricedModel:
        """The model before the migration."""
        return self.models[0]

    @property
    def has_token_volumes(self) -> bool:
        """Whether the volumes are tokens of the model before, and not characters."""
        return any(isinstance(volume, TokenVolume) for volume in self.volumes.values())

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

    def is_estimate(self, model: PricedModel) -> bool:
        """Returns whether a comparison with this model depends on a stand-in for a tokenizer."""
        return self.before.is_estimate or model.is_estimate

    def has_known_error(self, model: PricedModel) -> bool:
        """Returns whether the errors of both tokenizers are known, so that there are intervals."""
        return self.before.has_known_error and model.has_known_error

    def is_estimated_bill(self, model: PricedModel) -> bool:
        """Returns whether the bill with a model depends on a stand-in for a tokenizer."""
        if self.has_token_volumes:
            return model is not self.before and self.is_estimate(model)
        return model.is_estimate

    def has_known_bill(self, model: PricedModel) -> bool:
        """Returns whether the error of the tokenizers that a bill depends on is known."""
        return self.has_known_error(model) if self.has_token_volumes else model.has_known_error

    def ratio_of(self, counts: Counts) -> Decimal:
        """Returns output tokens per input token: those of the volume if it says them."""
        row = self._row_of(counts)
        volume = None if row is None else self.volumes.get(row.group)
        if isinstance(volume, TokenVolume) and volume.output_tokens is not None:
            inputs = volume.input_tokens
            return Decimal(volume.output_tokens) / inputs if inputs else Decimal(0)
        return self.output_ratio

    def price_of(self, counts: Counts, model: PricedModel) -> Price:
        """Returns the price of a request in a language, in the tier that its length falls in."""
        tokens = 1
        if self.request_characters and counts.characters:
            share = counts.tokens.get(model.encoding, 0) / counts.characters
            tokens = max(1, ceil(self.request_characters * share))
        return model.price_of(tokens, output_tokens=1 if self.ratio_of(counts) else 0)

    def per_million_tokens(self, counts: Counts, model: PricedModel) -> Decimal:
        """Returns US dollars per million input tokens, including the replies to them.

        Requests of different languages may fall in different tiers, so the value for the total is
        the mean over its tokens: those of a month if there are volumes.
        """
        if self._is_total(counts):
            tokens = {
                row.group: self.month_tokens(row, model)
                if self.volumes
                else Decimal(row.counts.tokens.get(model.encoding, 0))
                for row in self.rows
            }
            if whole := sum(tokens.values()):
                dollars = sum(
                    tokens[row.group] * self.per_million_tokens(row.counts, model)
                    for row in self.rows
                )
                return dollars / Decimal(whole)
        rates = self.price_of(counts, model)
        return rates.input + self.ratio_of(counts) * (rates.output or 0)

    def per_million_characters(self, counts: Counts, model: PricedModel) -> Decimal | None:
        """Returns US dollars per million input characters.

        It is None if there are no characters, or if the tokens do not hold all of the text.
        """
        characters = Decimal(counts.characters)
        tokens = Decimal(counts.tokens.get(model.encoding, 0))
        if self.volumes and self._is_total(counts):
            characters = sum(map(self.month_characters, self.rows), Decimal(0))
            tokens = sum((self.month_tokens(row, model) for row in self.rows), Decimal(0))
        if not characters or loses_text(counts, model.encoding):
            return None
        return tokens * self.per_million_tokens(counts, model) / characters

    def per_thousand_requests(self, counts: Counts, model: PricedModel) -> Decimal | None:
        """Returns US dollars per 1,000 requests; None if their length is not known."""
        dollars = self.per_million_characters(counts, model)
        if dollars is None or self.request_characters is None:
            return None
        return dollars * self.request_characters * 1000 / MILLION

    def fewer_tokens(self, counts: Counts, model: PricedModel) -> Measurement:
        """Returns tokens before / tokens after, with its confidence interval.

        The total is weighed by the volumes if there are any. There is no interval where another
        encoding than a model's own has counted, without a calibration.
        """
        if self.volumes and self._is_total(counts):
            return self._fewer_tokens_a_month(model)
        if model.encoding == self.before.encoding:
            is_lost = loses_text(counts, model.encoding)
            is_defined = not is_lost and counts.tokens[model.encoding]
            value = 1.0 if is_defined else nan
            return Measurement(value=value, interval=NO_INTERVAL)
        measured = self.comparison.measure(counts, "compression_ratio", model.encoding)
        if not self.has_known_error(model):
            return Measurement(value=measured.value, interval=NO_INTERVAL)
        return measured

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

    def month_characters(self, row: Row) -> Decimal:
        """Returns the number of characters of a month in one language; 0 if it has no volume."""
        volume = self.volumes.get(row.group, 0)
        if not isinstance(volume, TokenVolume):
            return Decimal(volume)
        tokens = row.counts.tokens.get(self.before.encoding, 0)
        return (
            volume.input_tokens * Decimal(row.counts.characters) / tokens if tokens else Decimal(0)
        )

    def month_tokens(self, row: Row, model: PricedModel) -> Decimal:
        """Returns the number of input tokens of a month in one language with a model."""
        if not row.counts.characters:
            return Decimal(0)
        tokens = row.counts.tokens.get(model.encoding, 0)
        return self.month_characters(row) * tokens / row.counts.characters

    def bill(self, row: Row, model: PricedModel) -> Bill | None:
        """Returns the cost of a month in one language; None if that has no volume.

        Its total is NaN if the tokens that were counted do not hold all of the text.
        """
        if row.group not in self.volumes or not row.counts.characters:
            return None
        rate = self.per_million_tokens(row.counts, model) / MILLION
        total = self.month_tokens(row, model) * rate
        is_given = self.has_token_volumes and model.encoding == self.before.encoding
        is_undefined = model.encoding not in row.counts.tokens
        if is_undefined or (not is_given and self._loses_text(row.counts, model)):
            total = Decimal("NaN")
        is_estimate = self.is_estimated_bill(model)
        if (is_estimate and not self.has_known_bill(model)) or isnan(total):
            return Bill(total=total, interval=NO_INTERVAL, is_estimate=is_estimate)
        if not total or is_given:
            exact = Interval(low=float(total), high=float(total))
            return Bill(total=total, interval=exact, basis="volumes", is_estimate=is_estimate)
        tokens = self._documents_interval(row, model)
        basis: Basis = "documents"
        if not self.has_own_text:
            tokens, basis = self._prediction_interval(row, model), "estimate"
        if isnan(tokens.low):
            return Bill(total=total, interval=NO_INTERVAL, is_estimate=is_estimate)
        low, high = tokens.low * float(rate), tokens.high * float(rate)
        # The text at hand is one of those that a prediction allows for.
        interval = Interval(low=min(low, float(total)), high=max(high, float(total)))
        return Bill(total=total, interval=interval, basis=basis, is_estimate=is_estimate)

    def total_bill(self, model: PricedModel) -> Bill:
        """Returns the cost of a month in all languages: see `add_bills`."""
        return add_bills([bill for row in self.rows if (bill := self.bill(row, model)) is not None])

    def saving(self, model: PricedModel, row: Row | None = None) -> Saving | None:
        """Returns the saving a month with a model after, compared with the model before.

        Args:
            model: The model after.
            row: The language; None means all languages.

        Returns:
            The saving; None if there is no volume.
        """
        if row is None:
            before, after = self.total_bill(self.before), self.total_bill(model)
        else:
            of_before, of_after = self.bill(row, self.before), self.bill(row, model)
            if of_before is None or of_after is None:
                return None
            before, after = of_before, of_after
        if not self.volumes:
            return None
        amount = before.total - after.total
        return Saving(
            amount=amount,
            share=float(amount / before.total) if before.total else nan,
            is_estimate=before.is_estimate or after.is_estimate,
        )

    def _documents_interval(self, row: Row, model: PricedModel) -> Interval:
        """Returns the interval of the tokens of a month, from the documents of the language."""
        base, number = "characters", self.month_characters(row)
        if self.has_token_volumes:
            base, number = f"tokens {self.before.encoding}", self.month_tokens(row, self.before)
        ratio = Ratio(numerator=f"tokens {model.encoding}", denominator=base)
        share = ratio_interval(row.counts, ratio, self.comparison.method)
        return Interval(low=share.low * float(number), high=share.high * float(number))

    def _prediction_interval(self, row: Row, model: PricedModel) -> Interval:
        """Returns the interval of the tokens of a month, for any text of the language."""
        characters = float(self.month_characters(row))
        if not self.has_token_volumes:
            return predict_tokens(characters, row.group, model.encoding)
        factor = predict_factor(characters, row.group, self.before.encoding, model.encoding)
        tokens = float(self.month_tokens(row, model))
        return Interval(low=factor.low * tokens, high=factor.high * tokens)

    def _fewer_tokens_a_month(self, model: PricedModel) -> Measurement:
        """Returns tokens of a month before / after, with an interval that is rather too wide.

        With r the ratio of a language, b its tokens after per unit of volume, w its share of the
        tokens after and R the ratio of all: dR = sum of w (dr + (r - R) db / b). The errors of r
        and b of one language may be correlated in any way; those of languages are independent,
        but for the errors of a calibration, which may be correlated in any way, too.
        """
        after = {row.group: float(self.month_tokens(row, model)) for row in self.rows}
        whole = sum(after.values())
        is_lost = any(loses_text(self.total, each.encoding) for each in (self.before, model))
        if not whole or is_lost:
            return _NOT_MEASURED
        value = sum(float(self.month_tokens(row, self.before)) for row in self.rows) / whole
        errors = []
        for row in self.rows:
            if not after[row.group]:
                continue
            measured = self.fewer_tokens(row.counts, model)
            error = (measured.interval.high - measured.interval.low) / 2
            tokens = self._documents_interval(row, model)
            spread = (tokens.high - tokens.low) / 2 / after[row.group]
            errors.append(after[row.group] / whole * (error + abs(measured.value - value) * spread))
        margin = add_margins(errors, is_estimate=self.is_estimate(model))
        interval = Interval(low=value - margin, high=value + margin)
        return Measurement(value=value, interval=NO_INTERVAL if isnan(margin) else interval)

    def _loses_text(self, counts: Counts, model: PricedModel) -> bool:
        """Returns whether tokens that a bill depends on do not hold all of the text."""
        counted = (self.before, model) if self.has_token_volumes else (model,)
        return any(loses_text(counts, each.encoding) for each in counted)

    def _is_total(self, counts: Counts) -> bool:
        return counts is self.total or counts is self.comparison.total

    def _row_of(self, counts: Counts) -> Row | None:
        return next((row for row in self.rows if row.counts is counts), None)
