"""Questions: the checked arguments of a comparison, which can be sent to other machines.

A question knows neither the source nor the machines that count it. It counts batches anywhere, and
turns the parts that were counted into a comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import nan
from operator import index
from typing import TYPE_CHECKING, SupportsIndex, get_args

from tokcompare.comparison.comparison import Comparison
from tokcompare.comparison.rows.groups import find_reference, rows_of
from tokcompare.comparison.signature import sign
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.counts import Counts, add_counts
from tokcompare.counting.engines import LEAST_VERIFIED, find_engine
from tokcompare.counting.estimated import estimate_counts
from tokcompare.counting.parts import Part, add_parts, count_batch
from tokcompare.counting.spec import CountSpec, split_group
from tokcompare.encodings import EncodingLike, load_encodings
from tokcompare.encodings.closed.recorded import calibrations_of, recorded_fields
from tokcompare.encodings.models.chat import require_chat_formats
from tokcompare.encodings.named.catalogue import find_tokenizer
from tokcompare.encodings.patterns import Patterns
from tokcompare.encodings.protocol import caveats_of
from tokcompare.errors import ArgumentError, require_names, require_str, unknown_name
from tokcompare.metrics import DEFAULT_METRICS, METRICS, needed_quantities
from tokcompare.metrics.intervals import Method
from tokcompare.text import NormalizationForm

if TYPE_CHECKING:
    import pyarrow as pa

DEFAULT_ENCODINGS = ("cl100k_base", "o200k_base")
"""The encodings of a comparison that names none: those of GPT-4 and GPT-4o."""

_FEWEST_RESAMPLES = 100
"""Fewer resamples have no tails from which an interval can be read."""

_MOST_RESAMPLES = 1_000_000
"""More take hours and change no digit that is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The checked arguments of a comparison: see `prepare`.

    Attributes:
        spec: How documents are counted.
        metric_names: The metrics that are asked for.
        method: How confidence intervals are computed.
        reference: The language that premiums are relative to, as the caller wrote it; None means
            English.
        reference_encoding: The encoding that normalized sequence lengths are relative to.
    """

    spec: CountSpec
    metric_names: tuple[str, ...]
    method: Method
    reference: str | None
    reference_encoding: str

    def count(self, batch: pa.RecordBatch | pa.Table) -> Part:
        """Counts an Arrow batch with one document a row.

        Another system, such as Spark, calls this for each of its batches, and gives the parts to
        `answer`.

        Args:
            batch: The columns "text" (strings), optionally "language", and the field that documents
                are grouped by.

        Raises:
            SourceError: A column is missing or has another type.
        """
        return count_batch(batch, self.spec.for_large())

    def answer(
        self,
        parts: Part | Iterable[Part],
        *,
        source: str = "documents",
        engine: str | None = None,
    ) -> Comparison:
        """Returns the comparison of the parts of a source.

        Args:
            parts: The parts, in the order of the source.
            source: The name of the source.
            engine: The engine that encoded, for the signature; None means the engine of `count`.

        Raises:
            SourceError: A record could not be read, and records must not be skipped.
            UnknownNameError: There is no document in the reference language.
        """
        part = parts if isinstance(parts, Part) else add_parts(parts)
        if self.spec.stop_on_error and part.rejections.number:
            raise part.rejections.first[0]
        if engine is None:
            engine = self.spec.for_large().engine_in_use
        counter, by = self.spec.counter, self.spec.by
        part = _with_estimates(part, self.spec)
        rows, notes = rows_of(part, by, self.spec.selection)
        # The row of a folder counts those of the folders in it, too.
        total = add_counts([counter.nothing(), *(row.counts for row in rows if not row.parent)])
        reference = None
        if any(METRICS[name].is_paired for name in self.metric_names):
            reference = find_reference(self.reference, rows)
        comparison = Comparison(
            by=by,
            encodings=tuple(encoding.name for encoding in counter.encodings),
            vocabulary_sizes={e.name: e.vocabulary_size for e in counter.encodings},
            keeps_text={encoding.name: encoding.keeps_text for encoding in counter.encodings},
            metric_names=self.metric_names,
            reference_language=reference,
            reference_encoding=self.reference_encoding,
            method=self.method,
            rows=rows,
            # Numbers are published for single texts and not for their sum.
            total=replace(total, published={}),
            rejections=part.rejections,
            signature="",
            selection_notes=notes,
            recorded=recorded_fields(counter.encodings),
            calibrations=calibrations_of(counter.encodings),
            caveats=tuple(caveats_of(counter.encodings)),
        )
        signature = sign(
            comparison, counter, source=source, selection=self.spec.selection, engine=engine
        )
        return replace(comparison, signature=signature)


def prepare(
    *,
    encodings: EncodingLike | Sequence[EncodingLike] = DEFAULT_ENCODINGS,
    metrics: str | Sequence[str] = DEFAULT_METRICS,
    by: str = "language",
    normalization: NormalizationForm | None = None,
    chat: bool = False,
    on_error: str = "stop",
    confidence: float = 0.95,
    resamples: SupportsIndex = 0,
    seed: SupportsIndex = 0,
    reference: str | None = None,
    reference_encoding: str | None = None,
    pattern: Patterns | None = None,
    allow_download: bool = False,
    engine: str = "auto",
    verify: float = LEAST_VERIFIED,
) -> Question:
    """Checks the arguments of `compare`, and returns a question that can be sent elsewhere.

    Raises:
        ArgumentError: No encoding was given, one encoding twice, or an argument is out of range.
        UnknownNameError: There is no such encoding, metric or engine.
        VocabularyError: An encoding cannot be loaded.

    >>> from tokcompare.counting.parts import Part
    >>> prepare(encodings="o200k_base").answer(Part()).total.tokens
    {'o200k_base': 0}
    """
    require_str("The argument by", by)
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
    optional = needed_quantities(names, keeps_values=method.resamples > 0)
    counter = DocumentCounter(
        encodings=tuple(loaded),
        optional=optional,
        normalization=normalization,
        chat_formats=require_chat_formats(encodings) if chat else (),
    )
    return Question(
        spec=CountSpec(
            counter=counter,
            by=by,
            stop_on_error=on_error == "stop",
            engine=engine,
            verify=max(verify, LEAST_VERIFIED),
        ),
        metric_names=names,
        method=method,
        reference=reference,
        reference_encoding=reference_encoding,
    )


def _with_estimates(part: Part, spec: CountSpec) -> Part:
    """Returns a part with the estimates of calibrated encodings instead of their base's counts."""
    encodings = spec.counter.encodings
    if not calibrations_of(encodings):
        return part
    groups: dict[str, list[Counts]] = {}
    for name, counts in part.groups.items():
        entry, group = split_group(name) if spec.splits_groups else (name, name)
        groups.setdefault(group, []).append(estimate_counts(counts, entry, encodings))
    return replace(part, groups={group: add_counts(each) for group, each in groups.items()})


def _check_metrics(metrics: str | Sequence[str], by: str) -> tuple[str, ...]:
    defined = [
        name
        for name, metric in METRICS.items()
        if by == "language" or not metric.compares_languages
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
    if draws is None or not (draws == 0 or _FEWEST_RESAMPLES <= draws <= _MOST_RESAMPLES):
        raise ArgumentError(
            f"The number of resamples must be from {_FEWEST_RESAMPLES} to {_MOST_RESAMPLES:,}, or "
            f"0 for none, not {resamples!r}."
        )
    if start is None or start < 0:
        raise ArgumentError(f"The seed must be a whole number, 0 or more, not {seed!r}.")
    return Method(confidence=level, resamples=draws, seed=start)


def _whole(value: object) -> int | None:
    """Returns a whole number as an int, also a number of numpy; None for anything else."""
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
    from tokcompare.encodings.models import find_encoding_of_model, find_tokenizer_of_model

    # A model or another spelling may stand for its encoding here too.
    tokenizer = find_tokenizer(find_tokenizer_of_model(given) or given)
    encoding = find_encoding_of_model(given) if tokenizer is None else tokenizer.name
    if encoding is None or encoding not in names:
        raise unknown_name("reference encoding", given, names)
    return encoding
