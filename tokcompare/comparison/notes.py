"""Notes on a comparison: sentences about numbers that are undefined or doubtful, and why.

Notes decide nothing: a metric that a note calls undefined is `nan` already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from tokcompare.comparison.results import ComparisonResults, Row
from tokcompare.counting.quantities import Quantity
from tokcompare.languages import PROGRAMMING_LANGUAGES, UNDETERMINED, is_pair
from tokcompare.metrics import Metric
from tokcompare.text import printable


def notes_on(results: ComparisonResults) -> list[str]:
    """Returns the notes on a comparison, the most important first."""
    return [
        *_on_rejections(results),
        *results.selection_notes,
        *_on_recorded_counts(results),
        *_on_estimates(results),
        *results.caveats,
        *_on_folders(results),
        *_on_languages(results),
        *_on_normalization(results),
        *_on_lost_text(results),
        *_on_words(results),
        *_on_metrics_of_tokens(results),
        *_on_paired_ratios(results),
        *_on_metrics_over_languages(results),
    ]


def _on_rejections(results: ComparisonResults) -> Iterator[str]:
    number = results.rejections.number
    if number:
        records = "1 record or file" if number == 1 else f"{number:,} records or files"
        lines, size = results.rejections.lines, results.rejections.bytes
        extent = f"{lines:,} {'line' if lines == 1 else 'lines'}, {size:,} bytes"
        verb = "is" if number == 1 else "are"
        yield f"{records} could not be read and {verb} not counted ({extent})."
    yield from results.rejections.notes


def _on_folders(results: ComparisonResults) -> Iterator[str]:
    if results.is_tree and len(results.rows) > 1:
        yield "A folder counts all that is below it; do not add its row to theirs."


def _on_recorded_counts(results: ComparisonResults) -> Iterator[str]:
    for name, field in results.recorded.items():
        yield (
            f"The counts of {name!r} were read from the field {field}; they include what the "
            "provider puts around a message."
        )


def _on_estimates(results: ComparisonResults) -> Iterator[str]:
    for name, calibration in results.calibrations.items():
        yield (
            f"≈ {name}: estimates, {calibration.base}'s tokens times a factor for each language "
            f"plus {calibration.constant:.3g} for each document; calibrated with "
            f"{calibration.documents:,} documents ({printable(calibration.source)}). The intervals "
            "of numbers marked ≈ hold the errors of the calibration, too."
        )
        key = f"tokens {name}"
        missing = dict.fromkeys(row.name for row in results.rows if key not in row.counts.sums)
        if missing:
            yield (
                f"≈ {name}: undefined for {_enumerate(missing)}, because there is no factor for "
                f"the language. There are factors for: {_enumerate(calibration.languages)}."
            )


def _on_metrics_of_tokens(results: ComparisonResults) -> Iterator[str]:
    without_tokens = [*results.recorded, *results.calibrations]
    metrics = _name_metrics(results, lambda metric: metric.needs_tokens)
    if without_tokens and metrics:
        yield (
            f"{metrics}: undefined for {_enumerate(without_tokens)}, of which only the number of "
            "tokens is known."
        )


def _on_languages(results: ComparisonResults) -> Iterator[str]:
    programming = []
    for row in results.rows:
        if pairs := [code for code in row.codes if is_pair(code)]:
            yield (
                f"{_enumerate(map(repr, pairs))}: a pair of languages is not the language of a "
                "text, so it is undetermined."
            )
        elif len(row.codes) > 1 and row.group != UNDETERMINED:
            codes = _enumerate(map(repr, row.codes))
            yield f"{row.name}: {codes} are codes of one language, and make one row."
        if row.group in PROGRAMMING_LANGUAGES and row.codes:
            programming.append(row.name)
    if programming:
        yield (
            f"{_enumerate(programming)}: read as the names of programming languages, not as codes "
            "of languages."
        )


def _on_normalization(results: ComparisonResults) -> Iterator[str]:
    total = results.total
    if unnormalized := total.sums["unnormalized"]:
        yield (
            f"{_percent(unnormalized, total.characters)} of the text is not in Unicode "
            "normalization form C, which may cost more tokens; "
            "--normalize NFC converts it before it is counted."
        )


def _on_lost_text(results: ComparisonResults) -> Iterator[str]:
    for encoding in results.encodings:
        sums = results.total.sums
        is_unknown = results.keeps_text[encoding] is None and encoding not in results.recorded
        if is_unknown and f"lost {encoding}" not in sums:
            yield f"{encoding}: it is not known whether its tokens keep all of the text."
        unknown = f"unknown {encoding}"
        if number := sums.get(unknown, 0):
            where = _enumerate(r.name for r in results.rows if r.counts.sums.get(unknown, 0))
            yield (
                f"{encoding}: {number:,} of its tokens stand for text that is not in its "
                f"vocabulary ({where}). Lost text looks cheap, so its metrics are undefined there."
            )
        dropping = [row for row in results.rows if _drops_text(row, encoding)]
        if dropping:
            yield _on_dropped_text(results, encoding, dropping)
        others = [row for row in results.rows if row not in dropping]
        if sum(row.counts.sums.get(f"altered {encoding}", 0) for row in others):
            yield _on_altered_text(results, encoding, others)


def _drops_text(row: Row, encoding: str) -> bool:
    """Returns whether text of a row is in no token. Unknown tokens have a note of their own."""
    sums = row.counts.sums
    return sums.get(f"lost {encoding}", 0) > 0 and not sums.get(f"unknown {encoding}")


def _on_dropped_text(results: ComparisonResults, encoding: str, rows: Sequence[Row]) -> str:
    lost = sum(row.counts.sums[f"lost {encoding}"] for row in rows)
    where = [
        f"{row.name} {_percent(row.counts.sums[f'lost {encoding}'], row.counts.bytes)}"
        for row in rows
    ]
    compared = ""
    if encoding == results.baseline and len(results.encodings) > 1:
        compared = " and those that compare with it"
    share = lost_share(encoding, lost, results.total.bytes)
    return f"{share} ({_enumerate(where)}), so its metrics{compared} are undefined there."


def _on_altered_text(results: ComparisonResults, encoding: str, rows: Sequence[Row]) -> str:
    number = sum(row.counts.sums[f"altered {encoding}"] for row in rows)
    reason = ""
    if f"lost {encoding}" in results.total.sums and not any(
        row.counts.sums[f"lost {encoding}"] for row in rows
    ):
        reason = ", although they lose none of it: letter case, accents, white space or the like"
    return (
        f"{encoding}: its tokens do not give back {number:,} of {results.total.documents:,} "
        f"documents exactly{reason and reason + ' differ'}. Metrics that relate its tokens to the "
        "length of the text are undefined there."
    )


def lost_share(encoding: str, lost: int, length: int) -> str:
    """Returns the words that say which share of the bytes of a text an encoding loses."""
    return f"{encoding}: its tokens lose {_percent(lost, length)} of the bytes of the text"


def _percent(part: int, whole: int) -> str:
    share = part / whole
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"


def _on_words(results: ComparisonResults) -> Iterator[str]:
    # Where only the number of tokens is known, nothing is known of words, in any language.
    without_tokens = {*results.recorded, *results.calibrations}
    encoding = next((e for e in results.encodings if e not in without_tokens), None)
    of_words = [
        quantity
        for quantity in results.optional_quantities
        if quantity.of_words and not (quantity.per_encoding and encoding is None)
    ]
    if not of_words:
        return

    def has_no_words(row: Row) -> bool:
        return not all(_is_defined(quantity, row, encoding or "") for quantity in of_words)

    if undefined := _names(results, has_no_words):
        yield f"{undefined}: words are not separated by spaces, so word metrics are undefined."
    if any(row.group == UNDETERMINED and not has_no_words(row) for row in results.rows):
        yield (
            "Undetermined: words are counted as if they were separated by spaces; --language CODE "
            "names the language."
        )


def _is_defined(quantity: Quantity, row: Row, encoding: str) -> bool:
    if quantity.count is None:
        return getattr(row.counts, quantity.name) is not None
    return quantity.key(encoding) in row.counts.sums


def _on_paired_ratios(results: ComparisonResults) -> Iterator[str]:
    metrics = _name_metrics(results, lambda metric: metric.is_paired)
    if not metrics:
        return
    reference = next((r for r in results.rows if r.group == results.reference_language), None)
    if reference is None:
        yield (
            f"{metrics}: there is no English here to compare with; -l en adds it, and "
            "--reference CODE names another language."
        )
        return
    documents = reference.counts.documents
    if others := _names(results, lambda row: row.counts.documents != documents):
        yield (
            f"{metrics}: undefined for {others}, because {reference.name} has another number of "
            f"documents ({documents:,}); text must be parallel."
        )
    else:
        yield (
            f"{metrics}: relative to {reference.name}. It is assumed that the documents of each "
            "language are translations of each other, in the same order."
        )


def _on_metrics_over_languages(results: ComparisonResults) -> Iterator[str]:
    metrics = _name_metrics(results, lambda metric: metric.is_over_languages)
    if metrics and len({row.counts.documents for row in results.rows}) > 1:
        yield (
            f"{metrics}: undefined, because languages have different numbers of documents; text "
            "must be parallel."
        )


def _name_metrics(results: ComparisonResults, is_meant: Callable[[Metric], bool]) -> str:
    return ", ".join(metric.name for metric in results.chosen_metrics if is_meant(metric))


def _names(results: ComparisonResults, is_meant: Callable[[Row], bool]) -> str:
    return _enumerate([row.name for row in results.rows if is_meant(row)])


def _enumerate(names: Iterable[str], most: int = 8) -> str:
    names = list(names)
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
