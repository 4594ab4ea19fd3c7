"""Parts written down as JSON, to go on from later or to be sent elsewhere, and read again.

All of it is whole numbers and text, so that what is read is what was written, to the last digit.
"""

from __future__ import annotations

import json
from typing import Any

from tokcompare.counting.counter import Counts, Measured
from tokcompare.counting.parts import Part
from tokcompare.errors import RecordError, SourceError
from tokcompare.sources.rejections import Rejections


def dump_part(part: Part) -> str:
    """Returns a part in JSON."""
    return json.dumps(part_as_dict(part), ensure_ascii=True)


def load_part(text: str) -> Part:
    """Returns the part that `dump_part` wrote."""
    return part_from_dict(json.loads(text))


def part_as_dict(part: Part) -> dict[str, Any]:
    """Returns a part as what JSON can hold."""
    return {
        "groups": {group: _counts_as_dict(counts) for group, counts in part.groups.items()},
        "seen": list(part.seen),
        "rejected": part.rejections.number,
        "rejections": list(map(_error_as_dict, part.rejections.first)),
        "lines": dict(part.lines),
    }


def part_from_dict(stored: dict[str, Any]) -> Part:
    """Returns the part that `part_as_dict` made something of."""
    return Part(
        groups={group: _counts_from_dict(counts) for group, counts in stored["groups"].items()},
        seen=tuple(stored["seen"]),
        rejections=Rejections(
            number=stored["rejected"], first=tuple(map(_error_from_dict, stored["rejections"]))
        ),
        lines=stored["lines"],
    )


def measured_as_dict(measured: Measured) -> dict[str, Any]:
    """Returns what has been measured of a document as what JSON can hold."""
    return {
        "sums": measured.sums,
        "ids": {name: list(ids.items()) for name, ids in measured.ids.items()},
        "word_types": _words_as_lists(measured.word_types),
    }


def measured_from_dict(stored: dict[str, Any]) -> Measured:
    """Returns what `measured_as_dict` made something of."""
    from collections import Counter

    return Measured(
        sums=stored["sums"],
        ids={name: Counter(dict(ids)) for name, ids in stored["ids"].items()},
        word_types=_words_from_lists(stored["word_types"]),
    )


def _counts_as_dict(counts: Counts) -> dict[str, Any]:
    return {
        "documents": counts.documents,
        "sums": dict(counts.sums),
        "products": [[a, b, number] for (a, b), number in counts.products.items()],
        "published": dict(counts.published),
        "digest": f"{counts.digest:064x}",
        "ids": {name: list(ids.items()) for name, ids in counts.ids.items()},
        "word_types": _words_as_lists(counts.word_types),
        "values": {quantity: list(values) for quantity, values in counts.values.items()},
    }


def _counts_from_dict(stored: dict[str, Any]) -> Counts:
    return Counts(
        documents=stored["documents"],
        sums=stored["sums"],
        products={(a, b): number for a, b, number in stored["products"]},
        published=stored["published"],
        digest=int(stored["digest"], 16),
        ids={name: dict(ids) for name, ids in stored["ids"].items()},
        word_types=_words_from_lists(stored["word_types"]),
        values={quantity: tuple(values) for quantity, values in stored["values"].items()},
    )


def _words_as_lists(words: Any) -> list[Any] | None:
    return None if words is None else [[word, list(tokens)] for word, tokens in words.items()]


def _words_from_lists(stored: list[Any] | None) -> dict[str, tuple[int, ...]] | None:
    return None if stored is None else {word: tuple(tokens) for word, tokens in stored}


def _error_as_dict(error: SourceError) -> dict[str, Any]:
    if not isinstance(error, RecordError):
        return {"message": str(error)}
    places = ("name", "reason", "line", "row", "offset")
    return {place: getattr(error, place) for place in places}


def _error_from_dict(stored: dict[str, Any]) -> SourceError:
    if "message" in stored:
        return SourceError(stored["message"])
    name, reason = stored.pop("name"), stored.pop("reason")
    return RecordError(name, reason, **stored)
