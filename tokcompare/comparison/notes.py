"""What whoever reads a comparison must know of its numbers, in sentences.

Each note names what is undefined, refused or doubtful, and why. Nothing is decided here: a metric
that is refused is `nan` already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tokcompare.comparison.comparison import Comparison, Row
from tokcompare.languages import UNDETERMINED
from tokcompare.metrics import METRICS


def notes_on(comparison: Comparison) -> list[str]:
    """Returns the notes on a comparison, the most important first."""
    return [
        *_on_rejections(comparison),
        *_on_normalization(comparison),
        *_on_what_encodings_keep(comparison),
        *_on_words(comparison),
        *_on_parallel_text(comparison),
    ]


def _on_rejections(comparison: Comparison) -> Iterator[str]:
    number = comparison.rejections.number
    if number:
        records = "1 record or file" if number == 1 else f"{number:,} records or files"
        yield f"{records} could not be read and {'is' if number == 1 else 'are'} not counted."


def _on_normalization(comparison: Comparison) -> Iterator[str]:
    total = comparison.total
    if unnormalized := total.sums["unnormalized"]:
        share = unnormalized / total.characters
        shown = f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
        yield (
            f"{shown} of the text is not in Unicode normalization form C and may cost more tokens "
            "for that; --normalize NFC counts it as if it were."
        )


def _on_what_encodings_keep(comparison: Comparison) -> Iterator[str]:
    for encoding in comparison.encodings:
        if comparison.keeps_text[encoding] is None:
            yield f"{encoding}: it is not known whether its tokens keep all of the text."
        unknown, altered = f"unknown {encoding}", f"altered {encoding}"
        if number := comparison.total.sums.get(unknown, 0):
            where = _enumerate(
                row.name for row in comparison.rows if row.counts.sums.get(unknown, 0)
            )
            yield (
                f"{encoding}: {number:,} of its tokens stand for something that is not in its "
                f"vocabulary ({where}); a word that is lost looks cheap, so its metrics are "
                "refused there."
            )
        if number := comparison.total.sums.get(altered, 0):
            yield (
                f"{encoding}: its tokens do not give back {number:,} of "
                f"{comparison.total.documents:,} documents exactly (it normalizes text, or drops "
                "white space): they stand for less than the text, so what weighs the text by its "
                "tokens is refused there."
            )


def _on_words(comparison: Comparison) -> Iterator[str]:
    asked = {need for name in comparison.metric_names for need in METRICS[name].needs}
    if asked.isdisjoint(["words", "word_types"]):
        return

    def has_no_words(row: Row) -> bool:
        return row.counts.word_types is None and "words" not in row.counts.sums

    if undefined := _names(comparison, has_no_words):
        yield f"{undefined}: spaces do not part words, so nothing is said of words."
    if any(row.group == UNDETERMINED and not has_no_words(row) for row in comparison.rows):
        yield "Undetermined: words are counted as if spaces part them; --language CODE names it."


def _on_parallel_text(comparison: Comparison) -> Iterator[str]:
    asked = {METRICS[name].against for name in comparison.metric_names}
    documents = {row.counts.documents for row in comparison.rows}
    if "reference language" in asked:
        reference = comparison.reference_language
        row = next((row for row in comparison.rows if row.group == reference), None)
        if row is None:
            yield (
                "premium: there is no English here to compare with; -l en adds it, and "
                "--reference CODE names another."
            )
        elif len(documents) > 1:
            number = row.counts.documents
            others = _names(comparison, lambda other: other.counts.documents != number)
            yield (
                f"premium: refused for {others}, of which there are not {number:,} documents as of "
                f"{row.name}: it is defined on parallel text."
            )
        else:
            yield (
                f"premium: over {row.name}, as if the documents of each language were "
                "translations of each other, in the same order."
            )
    if "languages" in asked and len(documents) > 1:
        yield (
            "gini: refused, because there are not as many documents of each language: it is "
            "defined on parallel text."
        )


def _names(comparison: Comparison, has: Callable[[Row], bool]) -> str:
    return _enumerate([row.name for row in comparison.rows if has(row)])


def _enumerate(names: Iterable[str], most: int = 8) -> str:
    names = list(names)
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
