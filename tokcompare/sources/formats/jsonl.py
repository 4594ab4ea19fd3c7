"""JSON Lines: one JSON object a line.

orjson parses; what it refuses, and where a name may be there twice, the standard library's `json`
looks at again, which says what is wrong and where.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from tokcompare.errors import RecordError
from tokcompare.sources.document import Columns, Document
from tokcompare.sources.formats.lines import LineCutter, Lines
from tokcompare.sources.formats.records import (
    Reading,
    Reject,
    add,
    columns_of,
    invalid_utf8,
    kind_of,
    make_document,
)
from tokcompare.sources.streams import TextStream, open_text


def read_json_lines(path: str, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields a document for each line of JSON Lines: an object with a text.

    It may hold "published", numbers of tokens by encoding; other keys are left alone, and so are
    empty lines.
    """
    with open_text(path) as file:
        for lines in cut_json_lines(file, reading):
            yield from parse_json_lines(lines, reading, reject)


def cut_json_lines(
    file: TextStream, reading: Reading, *, length: int | None = None
) -> Iterator[Lines]:
    """Yields the lines of a file, or of a part of it of that length, a block at a time."""
    cutter = LineCutter(file, length=length)
    while lines := cutter.read():
        yield lines


def parse_json_lines(lines: Lines, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields a document for each of some lines of JSON Lines."""
    offset = lines.offset
    for number, line in enumerate(lines.split(), start=lines.number):
        if line.strip():
            try:
                yield make_document(_parse_object(line, reading), lines.name, reading)
            except UnicodeDecodeError as error:
                place = add(offset, error.start)
                reject(invalid_utf8(lines.name, error, line=number, offset=place))
            except json.JSONDecodeError as error:
                place = add(offset, len(error.doc[: error.pos].encode()))
                reason = f"malformed JSON ({error.msg}); each line must be a whole object"
                reject(RecordError(lines.name, reason, line=number, offset=place))
            except RecursionError:
                reason = "arrays and objects stand too deep within each other"
                reject(RecordError(lines.name, reason, line=number, offset=offset))
            except ValueError as error:
                reject(RecordError(lines.name, str(error), line=number, offset=offset))
        offset = add(offset, len(line) + 1)


def json_columns(lines: Lines, reading: Reading) -> Columns | None:
    """Returns what `parse_json_lines` yields, at once; None if any line is out of the ordinary.

    Hardly anything is done here for each line in Python but to call orjson and look up the fields.
    No object is kept: the next one then has its place, which is still in the processor's cache.
    """
    content = lines.content
    if _may_repeat_escaped(content, reading):
        return None
    texts, languages = [], []
    fields: dict[str, list[Any]] = {name: [] for name in reading.fields}
    with_language = 0
    try:
        for line in lines.split():
            record = orjson.loads(line)
            texts.append(record[reading.text_field])
            if reading.language_field is not None:
                languages.append(record[reading.language_field])
            else:
                languages.append(record.get("language"))
            with_language += "language" in record
            if "published" in record:
                return None
            if fields:
                for name, values in fields.items():
                    values.append(record[name])
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return None
    # Each name once in each line that has it: if it were there twice in one, there would be more.
    required = {*reading.required} - {"language"}
    names = with_language + len(texts) * len(required)
    if len(_any_quoted(*sorted(required), "language").findall(content)) != names:
        return None
    return columns_of(texts, languages, fields, lines.name, reading)


class _Object(dict[str, Any]):
    """A JSON object that remembers which names it had twice; `json` keeps the last value."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated: list[str] = []
        if len(self) != len(pairs):
            names = [name for name, _ in pairs]
            self.repeated = [name for name in self if names.count(name) > 1]


def _parse_int(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        raise ValueError(f"a number of {len(digits):,} digits") from None


_decode = json.JSONDecoder(object_pairs_hook=_Object, parse_int=_parse_int).decode


def _parse_object(line: bytes, reading: Reading) -> dict[str, Any]:
    try:
        fast = orjson.loads(line)
    except orjson.JSONDecodeError:
        fast = None
    if (
        isinstance(fast, dict)
        and not _may_repeat(line, reading)
        # A whole number beyond 64 bits is a float to orjson, and two of them may be the same.
        and not any(isinstance(fast.get(name), float) for name in reading.fields)
    ):
        return fast
    record = _decode(line.decode("utf-8"))
    if not isinstance(record, _Object):
        raise ValueError(f"a line must hold a JSON object, not {kind_of(record)}")
    for name in record.repeated:
        if name in _names(reading):
            raise ValueError(f"the field {name!r} is there twice")
    return record


def _names(reading: Reading) -> list[str]:
    """Returns the names that no object may have twice."""
    return list(dict.fromkeys([*reading.required, "language", "published"]))


def _may_repeat(content: bytes, reading: Reading) -> bool:
    return _may_repeat_escaped(content, reading) or any(
        content.count(_quoted(name)) > 1 for name in _names(reading)
    )


# An ASCII letter or digit that is escaped, as it may be in a name that is there twice.
_ESCAPED = re.compile(rb"\\u00[2-7]")
_PLAIN = re.compile(r"[A-Za-z0-9_ .:-]*")


def _may_repeat_escaped(content: bytes, reading: Reading) -> bool:
    """Returns whether a name may stand in JSON in another way than `_quoted` writes it."""
    return (b"\\u00" in content and _ESCAPED.search(content) is not None) or not all(
        map(_PLAIN.fullmatch, reading.required)
    )


@functools.cache
def _any_quoted(*names: str) -> re.Pattern[bytes]:
    """Returns what finds each of some plain names."""
    return re.compile(b'"(?:%s)"' % "|".join(map(re.escape, names)).encode())


def _quoted(name: str) -> bytes:
    return f'"{name}"'.encode()
