"""Questions: what is asked of text, checked once, and answered when it has been counted.

A question knows neither where text comes from nor who counts it: it goes to other machines as it
is, and parts that were counted there become a comparison here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import nan
from operator import index
from typing import TYPE_CHECKING, SupportsIndex, get_args

from tokcompare.comparison.comparison import Comparison, Row
from tokcompare.comparison.signature import sign
from tokcompare.counting.counter import Counting, Counts, add_counts
from tokcompare.counting.engines import LEAST_VERIFIED, find_engine
from tokcompare.counting.parts import Part, Task, add_parts, count_batch
from tokcompare.encodings import EncodingLike, load_encodings
from tokcompare.errors import ArgumentError, require_names, require_str, unknown_name
from tokcompare.languages import LANGUAGES, UNDETERMINED, describe_language
from tokcompare.metrics import DEFAULT_METRICS, METRICS
from tokcompare.metrics.intervals import Method
from tokcompare.text import NormalizationForm

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULT_ENCODINGS = ("cl100k_base", "o200k_base")
"""What is compared if nothing else is said: GPT-4's encoding with GPT-4o's."""

_FEWEST_RESAMPLES = 100
"""Fewer have no tails to read an interval from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of text: see `prepare`.

    Attributes:
        task: What is counted of each document.
        metric_names: The metrics that are asked for.
        method: How confidence intervals are made.
        reference: The language that a premium is over, as it was given; None means English.
        reference_encoding: The encoding that lengths are normalized by.
    """

    task: Task
    metric_names: tuple[str, ...]
    method: Method
    reference: str | None
    reference_encoding: str

    def count(self, batch: pa.RecordBatch | pa.Table) -> Part:
        """Returns what there is to count of an Arrow batch with a document a row.

        It is what another system calls for each of its batches; `answer` takes the parts.

        Args:
            batch: A column of strings "text", and if there is one the column "language"; and the
                field that documents are grouped by.

        Raises:
            SourceError: There is no such column, or it holds something else.
        """
        return count_batch(batch, self.task.for_many())

    def answer(
        self,
        parts: Part | Iterable[Part],
        *,
        source: str = "documents",
        engine: str | None = None,
    ) -> Comparison:
        """Returns the comparison that parts of a source come to, in their order.

        Args:
            parts: What has been counted.
            source: What the source is called.
            engine: What encoded, for the signature; None means that of `count`.

        Raises:
            SourceError: A record could not be read, and nothing was said of skipping it.
            UnknownNameError: There is no document in the reference language.
        """
        part = parts if isinstance(parts, Part) else add_parts(parts)
        if self.task.stops and part.rejections.number:
            raise part.rejections.first[0]
        if engine is None:
            engine = self.task.for_many().engine_in_use
        counting, by = self.task.counting, self.task.by
        rows = tuple(_row(group, counts, by) for group, counts in part.groups.items())
        total = add_counts([counting.nothing(), *(row.counts for row in rows)])
        reference = None
        if any(METRICS[name].against == "reference language" for name in self.metric_names):
            reference = _find_reference(self.reference, rows)
        comparison = Comparison(
            by=by,
            encodings=tuple(encoding.name for encoding in counting.encodings),
            vocabulary_sizes={e.name: e.vocabulary_size for e in counting.encodings},
            keeps_text={encoding.name: encoding.keeps_text for encoding in counting.encodings},
            metric_names=self.metric_names,
            reference_language=reference,
            reference_encoding=self.reference_encoding,
            method=self.method,
            rows=rows,
            # Figures are published for single texts; their sum nobody has published.
            total=replace(total, published={}),
            rejections=part.rejections,
            signature="",
        )
        signature = sign(
            comparison, counting, source=source, selection=self.task.selection, engine=engine
        )
        return replace(comparison, signature=signature)


def prepare(
    *,
    encodings: EncodingLike | Sequence[EncodingLike] = DEFAULT_ENCODINGS,
    metrics: str | Sequence[str] = DEFAULT_METRICS,
    by: str = "language",
    normalization: NormalizationForm | None = None,
    on_error: str = "stop",
    confidence: float = 0.95,
    resamples: SupportsIndex = 0,
    seed: SupportsIndex = 0,
    reference: str | None = None,
    reference_encoding: str | None = None,
    pattern: str | None = None,
    allow_download: bool = False,
    engine: str = "auto",
    verify: float = LEAST_VERIFIED,
) -> Question:
    """Returns what is asked of text, to be counted elsewhere; the arguments are those of `compare`.

    Raises:
        ArgumentError: No encoding was given, one encoding twice, or an argument is out of range.
        UnknownNameError: There is no such encoding, metric or engine.
        VocabularyError: An encoding cannot be loaded.

    >>> from tokcompare.counting.parts import Part
    >>> prepare(encodings="o200k_base").answer(Part()).total.tokens
    {'o200k_base': 0}
    """
    require_str("What documents are grouped by", by)
    names = _check_metrics(metrics, by)
    method = _check_method(confidence, resamples, seed)
    _check_choice("on_error", on_error, ["stop", "skip"])
    if normalization is not None:
        _check_choice("normalization", normalization, get_args(NormalizationForm))
    if isinstance(verify, bool) or not isinstance(verify, (int, float)) or not 0 <= verify <= 1:
        raise ArgumentError(
            f"The share to be verified must lie between 0 and 1, not be {verify!r}."
        )
    find_engine(engine)
    loaded = load_encodings(encodings, pattern=pattern, allow_download=allow_download)
    encoding_names = [encoding.name for encoding in loaded]
    if reference_encoding is None:
        reference_encoding = encoding_names[0]
    else:
        reference_encoding = _find_reference_encoding(reference_encoding, encoding_names)
    needs = {need for name in names for need in METRICS[name].needs}
    counting = Counting(
        encodings=tuple(loaded),
        measures=frozenset(needs | ({"values"} if resamples else set())),
        normalization=normalization,
    )
    return Question(
        task=Task(
            counting=counting,
            by=by,
            stops=on_error == "stop",
            engine=engine,
            verify=max(verify, LEAST_VERIFIED),
        ),
        metric_names=names,
        method=method,
        reference=reference,
        reference_encoding=reference_encoding,
    )


def _row(group: str, counts: Counts, by: str) -> Row:
    if by == "language":
        language = describe_language(group)
        return Row(group=group, name=language.name, language=language, counts=counts)
    return Row(group=group, name=group, language=LANGUAGES[UNDETERMINED], counts=counts)


def _check_metrics(metrics: str | Sequence[str], by: str) -> tuple[str, ...]:
    defined = [
        name
        for name, metric in METRICS.items()
        if by == "language" or metric.against not in ("reference language", "languages")
    ]
    names: list[str] = []
    for name in require_names("The name of a metric", metrics):
        if name not in (*METRICS, "all"):
            raise unknown_name("metric", name, [*METRICS, "all"])
        if name != "all" and name not in defined:
            raise ArgumentError(f"The metric {name!r} compares languages, and rows are by {by!r}.")
        names += defined if name == "all" else [name]
    return tuple(dict.fromkeys(names))


def _check_method(confidence: float, resamples: object, seed: object) -> Method:
    try:
        level = float(confidence)
    except (TypeError, ValueError):
        level = nan
    if not 0 < level < 1:
        raise ArgumentError(f"The confidence must lie between 0 and 1, not be {confidence!r}.")
    draws, start = _whole(resamples), _whole(seed)
    if draws is None or draws < 0 or 0 < draws < _FEWEST_RESAMPLES:
        raise ArgumentError(
            f"The number of resamples must be {_FEWEST_RESAMPLES} or more, or 0 for none, "
            f"not {resamples!r}."
        )
    if start is None or start < 0:
        raise ArgumentError(f"The seed must be a whole number, 0 or more, not {seed!r}.")
    return Method(confidence=level, resamples=draws, seed=start)


def _whole(value: object) -> int | None:
    """Returns a whole number of any kind, numpy's too, as an int."""
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        return None
    return index(value)


def _check_choice(what: str, value: object, accepted: Sequence[str]) -> None:
    if value not in accepted:
        raise unknown_name(f"choice for {what}", str(value), accepted)


def _find_reference_encoding(given: str, names: Sequence[str]) -> str:
    require_str("The reference encoding", given)
    if given in names:
        return given
    from tokcompare.encodings.models import find_encoding_of_model

    # Whoever gave a model for an encoding may give it here, too.
    encoding = find_encoding_of_model(given)
    if encoding is None or encoding not in names:
        raise unknown_name("reference encoding", given, names)
    return encoding


def _find_reference(reference: str | None, rows: Sequence[Row]) -> str | None:
    groups = [row.group for row in rows]
    if reference is None:
        return "en" if "en" in groups else None
    require_str("The reference language", reference)
    code = describe_language(reference).code
    if code not in groups:
        raise unknown_name("reference language", reference, groups)
    return code
