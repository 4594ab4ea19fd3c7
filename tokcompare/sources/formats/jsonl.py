"""JSON Lines: one JSON object a line.

orjson parses. The standard library's `json` parses again a line that orjson refuses, or in which a
name may be repeated: its errors say what is wrong and where.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from tokcompare.errors import RecordError
from tokcompare.sources.document import Document, DocumentBatch, SourceFile
from tokcompare.sources.formats.format import Cut, ReadOptions, Reject
from tokcompare.sources.formats.lines import LineCutter, Lines, open_part
from tokcompare.sources.formats.records import add, batch_of, invalid_utf8, kind_of, make_document


class JsonLines(Lines):
    """Lines of JSON Lines.

    A line is an object with a text. It may hold "published", numbers of tokens by encoding. Other
    keys and empty lines are ignored.
    """

    def documents(self, options: ReadOptions, reject: Reject) -> Iterator[Document]:
        """Yields a document for each line."""
        offset = self.offset
        for number, line in enumerate(self.split(), start=self.number):
            if line.strip():
                try:
                    yield make_document(_parse_object(line, options), self.name, options)
                except UnicodeDecodeError as error:
                    place = add(offset, error.start)
                    reject(invalid_utf8(self.name, error, line=number, offset=place))
                except json.JSONDecodeError as error:
                    place = add(offset, len(error.doc[: error.pos].encode()))
                    reason = f"malformed JSON ({error.msg}); each line must be a whole object"
                    reject(RecordError(self.name, reason, line=number, offset=place))
                except RecursionError:
                    reason = "arrays and objects are nested too deep"
                    reject(RecordError(self.name, reason, line=number, offset=offset))
                except ValueError as error:
                    reject(RecordError(self.name, str(error), line=number, offset=offset))
            offset = add(offset, len(line) + 1)

    def batch(self, options: ReadOptions) -> DocumentBatch | None:
        """Returns the documents at once, or None if any line is out of the ordinary.

        For each line, Python only calls orjson and looks up the fields. No object is kept: the
        next one then reuses its memory, which is still in the processor's cache.
        """
        if _may_repeat_escaped(self.content, options):
            return None
        texts, languages = [], []
        fields: dict[str, list[Any]] = {name: [] for name in options.fields}
        with_language = 0
        try:
            for line in self.split():
                record = orjson.loads(line)
                texts.append(record[options.text_field])
                if options.language_field is not None:
                    languages.append(record[options.language_field])
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
        # Each name once in each line that has it: a name that is there twice gives a higher count.
        required = {*options.required} - {"language"}
        names = with_language + len(texts) * len(required)
        if len(_any_quoted(*sorted(required), "language").findall(self.content)) != names:
            return None
        return batch_of(texts, languages, fields, self.name, options)


def cut_jsonl(
    file: SourceFile, options: ReadOptions, reject: Reject, start: int, stop: int | None
) -> Cut:
    """Cuts JSON Lines into blocks of lines."""
    with open_part(file, start, stop) as (stream, length):
        cutter = LineCutter(JsonLines, stream, length=length)
        while lines := cutter.read():
            yield lines, stream.packed.tell()


class _Object(dict[str, Any]):
    """A JSON object that remembers repeated names; `json` keeps the last value."""

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


def _parse_object(line: bytes, options: ReadOptions) -> dict[str, Any]:
    try:
        fast = orjson.loads(line)
    except orjson.JSONDecodeError:
        fast = None
    if (
        isinstance(fast, dict)
        and not _may_repeat(line, options)
        # A whole number beyond 64 bits is a float to orjson, and two of them may be the same.
        and not any(isinstance(fast.get(name), float) for name in options.fields)
    ):
        return fast
    record = _decode(line.decode("utf-8"))
    if not isinstance(record, _Object):
        raise ValueError(f"a line must hold a JSON object, not {kind_of(record)}")
    for name in record.repeated:
        if name in _names(options):
            raise ValueError(f"the field {name!r} is there twice")
    return record


def _names(options: ReadOptions) -> list[str]:
    """Returns the names that no object may have twice."""
    return list(dict.fromkeys([*options.required, "language", "published"]))


def _may_repeat(content: bytes, options: ReadOptions) -> bool:
    return _may_repeat_escaped(content, options) or any(
        content.count(_quoted(name)) > 1 for name in _names(options)
    )


# An ASCII letter or digit that is escaped, as it may be in a name that is there twice.
_ESCAPED = re.compile(rb"\\u00[2-7]")
_PLAIN = re.compile(r"[A-Za-z0-9_ .:-]*")


def _may_repeat_escaped(content: bytes, options: ReadOptions) -> bool:
    """Returns whether a name may stand in JSON in another way than `_quoted` writes it."""
    return (b"\\u00" in content and _ESCAPED.search(content) is not None) or not all(
        map(_PLAIN.fullmatch, options.required)
    )


@functools.cache
def _any_quoted(*names: str) -> re.Pattern[bytes]:
    """Returns a pattern that finds each of some plain names."""
    return re.compile(b'"(?:%s)"' % "|".join(map(re.escape, names)).encode())


def _quoted(name: str) -> bytes:
    return f'"{name}"'.encode()
