"""`compare_cost`: the cost of the same text before and after a change of model, by language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tokcompare import tables
from tokcompare.bundled import SAMPLES, sample_path
from tokcompare.comparison.compare import as_documents, compare
from tokcompare.comparison.comparison import Comparison
from tokcompare.counting.counts import add_counts
from tokcompare.errors import ArgumentError, require_names, with_hint
from tokcompare.pricing.catalogue import normal_name
from tokcompare.pricing.cost import check_output_ratio
from tokcompare.pricing.counted import check_proxies, encodings_of
from tokcompare.pricing.migration.notes import notes_on, summary_of
from tokcompare.pricing.migration.records import as_dict, as_frame, as_records, columns_of
from tokcompare.pricing.migration.results import CostResults
from tokcompare.pricing.migration.table import cost_table
from tokcompare.pricing.models import check_batch, check_options, check_prices, price_model
from tokcompare.pricing.proxies import Proxies, ProxyLike
from tokcompare.pricing.volumes import TokenVolume, check_volumes, match_volumes
from tokcompare.sources.document import Document
from tokcompare.sources.source import Source, load_samples

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CostComparison(CostResults):
    """The cost of the same text with several models, by language: see `CostResults`."""

    @property
    def summary(self) -> list[str]:
        """The bill before and after, and the saving, for each model after; empty if no volumes."""
        return summary_of(self)

    @property
    def notes(self) -> list[str]:
        """The summary, and the caveats that a reader of the numbers must know, as sentences."""
        return notes_on(self)

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

    def __repr__(self) -> str:
        """Returns the comparison in one line."""
        after = ", ".join(model.label for model in self.models[1:])
        languages = "language" if len(self.rows) == 1 else "languages"
        return f"<CostComparison {self.before.label} -> {after}: {len(self.rows)} {languages}>"

    def __str__(self) -> str:
        """Returns the comparison as a table for a terminal."""
        return tables.as_text(cost_table(self))

    def _repr_html_(self) -> str:
        """Returns the comparison as an HTML table, which notebooks show."""
        from tokcompare.page.notebook import output  # saves start time

        return output(cost_table(self), encodings=tuple(model.label for model in self.models))


def compare_cost(
    documents: str | Document | Iterable[str | Document] | None = None,
    *,
    before: str,
    after: str | Sequence[str],
    output_ratio: float | Decimal = 0,
    request_characters: int | None = None,
    volumes: Mapping[str, int | Mapping[str, int] | TokenVolume] | None = None,
    encoding: ProxyLike = None,
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
        volumes: Number of characters per month, by language; or the tokens that the provider of
            the model before has counted: {"input_tokens": number, "output_tokens": number}. Only
            these languages are compared, and the total is weighed by the volumes.
        encoding: The encoding that counts tokens of models whose tokenizers are not public; or one
            for each, as a mapping from models to encodings. It may be a calibration, or a field of
            recorded counts.
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
    proxies = Proxies.of(encoding, names)
    models = tuple(
        price_model(name, encoding=proxies.of_model(name), date=date, batch=batch, given=given)
        for name in names
    )
    check_proxies(models, proxies)
    check_batch(models, batch=batch)
    _check_ratio(checked_volumes, ratio)
    text = load_samples("udhr") if documents is None else documents
    samples: set[str] = set()
    comparison = compare(
        text if isinstance(text, (str, Source)) else _watch_samples(text, samples),
        encodings=encodings_of(models, proxies),
        metrics=["compression_ratio"],
        **options,
    )
    there = [row.group for row in comparison.rows if row.counts.characters]
    checked_volumes, volume_notes = match_volumes(checked_volumes, there)
    _check_languages(comparison, checked_volumes, text)
    rows = comparison.rows
    if checked_volumes:
        rows = tuple(row for row in rows if row.group in checked_volumes)
    return CostComparison(
        comparison=comparison,
        models=models,
        output_ratio=ratio,
        request_characters=request_characters,
        volumes=checked_volumes,
        rows=rows,
        total=add_counts([row.counts for row in rows]) if checked_volumes else comparison.total,
        has_own_text=not samples and not _has_samples(text),
        volume_notes=tuple(volume_notes),
    )


def _has_samples(text: object) -> bool:
    """Returns whether a built-in sample set is among the files of a source."""
    paths = {str(sample_path(name)) for name in SAMPLES}
    return isinstance(text, Source) and any(file.path in paths for file in text.files)


def _watch_samples(
    documents: str | Document | Iterable[str | Document], found: set[str]
) -> Iterator[Document]:
    """Yields documents, and adds the names of the built-in sample sets that they come from."""
    for document in as_documents(documents):
        if document.source in SAMPLES:
            found.add(document.source)
        yield document


def _check_ratio(volumes: Mapping[str, int | TokenVolume], ratio: Decimal) -> None:
    """Checks that volumes with replies are not given together with an output ratio."""
    for volume in volumes.values():
        if ratio and isinstance(volume, TokenVolume) and volume.output_tokens is not None:
            raise with_hint(
                ArgumentError,
                "The output ratio would be ignored, because the volumes say the output tokens.",
                python="Leave out output_ratio=.",
                command="Leave out --output-ratio.",
            )


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


def _check_languages(
    comparison: Comparison, volumes: Mapping[str, int | TokenVolume], text: object
) -> None:
    """Checks that there is text in each language that has a volume."""
    languages = [row.group for row in comparison.rows if row.counts.characters]
    missing = [code for code in volumes if code not in languages]
    if not missing:
        return
    selection = text.selection if isinstance(text, Source) else None
    if selection is not None and (unselected := [c for c in missing if c not in selection]):
        names = ", ".join(map(repr, unselected))
        options = " ".join(f"-l {code}" for code in unselected)
        raise with_hint(
            ArgumentError,
            f"There is a volume for {names}, but the languages that were chosen "
            f"({', '.join(map(repr, selection))}) leave out {names}.",
            python="Select these languages too, or leave their volumes out.",
            command=f"That is what -l does: add {options}, or leave their volumes out.",
        )
    raise ArgumentError(
        f"There is no text in {', '.join(map(repr, missing))} to measure tokens per character. "
        f"There is text in: {', '.join(map(repr, languages)) or 'none'}."
    )
