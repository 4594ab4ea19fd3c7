"""Migrations: the cost of the same text before and after a change of model, by language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tokcompare import tables
from tokcompare.comparison.compare import compare
from tokcompare.errors import ArgumentError, require_names
from tokcompare.pricing.cost import CostResults, check_output_ratio
from tokcompare.pricing.models import check_options, check_prices, price_model
from tokcompare.pricing.prices import normal_name
from tokcompare.pricing.records import as_dict, as_frame, as_records, columns_of
from tokcompare.pricing.table import cost_table
from tokcompare.pricing.volumes import check_volumes
from tokcompare.sources.document import Document
from tokcompare.sources.source import load_samples

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class CostComparison(CostResults):
    """The cost of the same text with several models, by language: see `CostResults`."""

    @property
    def columns(self) -> list[str]:
        """The columns of `to_records`, in order."""
        return columns_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Returns the content of `--format json`; an undefined number is None."""
        return as_dict(self)

    def to_records(self) -> list[dict[str, Any]]:
        """Returns the rows of `--format csv`: one for each language and each model after."""
        return as_records(self)

    def to_frame(self) -> pd.DataFrame:
        """Returns a pandas DataFrame with the rows and columns of `to_records`.

        US dollars are floats, and an undefined number is `nan`.
        """
        return as_frame(self)

    def to_markdown(self) -> str:
        """Returns the comparison as a table in GitHub Flavored Markdown."""
        return tables.markdown(cost_table(self))

    def _repr_html_(self) -> str:
        """Returns the comparison as an HTML table, which notebooks show."""
        return tables.html(cost_table(self))


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
    """Compares the cost of the same text before a migration and after it, by language.

    Args:
        documents: A text or a document, or an iterable of both; None means the Universal
            Declaration of Human Rights. (A single sentence is too short to judge a language by.)
        before: The model before.
        after: The model after, or several.
        output_ratio: Number of output tokens per input token.
        request_characters: Number of characters per request. It determines the price tier where
            long requests cost more per token.
        volumes: Number of characters per month, by language.
        encoding: The encoding that counts tokens of models whose tokenizers are not public.
        date: The day of the prices; None means today.
        batch: Whether requests are sent as a batch.
        prices: "INPUT/OUTPUT" in US dollars per million tokens, by model.
        options: Further options of `compare`, such as `confidence` or `jobs`.

    Raises:
        UnknownNameError: A model, its price or its tokenizer is not known.
        ArgumentError: A number is out of range, or there is no text in a language of the volumes.
        TokcompareError: `compare` raised it.

    >>> import datetime
    >>> costs = compare_cost(before="gpt-4-turbo", after="gpt-4o", date=datetime.date(2024, 5, 13))
    >>> english = next(row for row in costs.rows if row.group == "en")
    >>> round(costs.times_cheaper(english.counts, costs.models[1]).value, 1)
    2.0
    """
    ratio = check_output_ratio(output_ratio)
    checked_volumes = {} if volumes is None else check_volumes(volumes)
    check_options(options)
    _check_request(request_characters)
    names = _check_models(before, after)
    given = check_prices(prices, names, date)
    models = tuple(
        price_model(name, encoding=encoding, date=date, batch=batch, given=given) for name in names
    )
    comparison = compare(
        load_samples("udhr") if documents is None else documents,
        encodings=list(dict.fromkeys(model.encoding for model in models)),
        metrics=["compression_ratio"],
        **options,
    )
    costs = CostComparison(
        comparison=comparison,
        models=models,
        output_ratio=ratio,
        request_characters=request_characters,
        volumes=checked_volumes,
    )
    _check_languages(costs)
    return costs


def _check_request(characters: object) -> None:
    if characters is not None and (
        isinstance(characters, bool)
        or not isinstance(characters, int)
        or not 1 <= characters <= 10**9
    ):
        raise ArgumentError(
            "The number of characters per request must be a whole number from 1 to a billion, "
            f"not {characters!r}."
        )


def _check_models(before: str, after: str | Sequence[str]) -> list[str]:
    """Returns the different models, the one before first."""
    names = require_names("The name of a model", after)
    different = {normal_name(name): name for name in reversed([before, *names])}
    if len(different) < 2 or normal_name(before) in map(normal_name, names):
        raise ArgumentError(
            f"The model before, {before!r}, must not be one of the models after, and there must be "
            "at least one of these."
        )
    return list(reversed(different.values()))


def _check_languages(costs: CostComparison) -> None:
    """Checks that there is text in each language that has a volume."""
    languages = [row.group for row in costs.rows if row.counts.characters]
    if missing := [code for code in costs.volumes if code not in languages]:
        raise ArgumentError(
            f"There is no text in {', '.join(map(repr, missing))} to measure tokens per character. "
            f"There is text in: {', '.join(map(repr, languages)) or 'none'}."
        )
