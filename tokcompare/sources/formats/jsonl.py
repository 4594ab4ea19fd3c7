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

from tokcompare.errors import RecordError, kind_of
from tokcompare.sources.document import Document, DocumentBatch, SourceFile
from tokcompare.sources.formats.format import (
    Cut,
    DocumentList,
    ReadOptions,
    Reject,
    measuring_rest,
    note,
)
from tokcompare.sources.formats.lines import LineCutter, Lines, open_part
from tokcompare.sources.formats.records import (
    add,
    batch_of,
    invalid_utf8,
    keys_of,
    make_document,
    notes_on_chat,
    too_large,
)
from tokcompare.sources.rejections import measure, skipping
from tokcompare.sources.streams import TextStream

_ONE_A_LINE = (
    "each line must be a whole object; for an array, or objects over several lines, --input-format "
    "json (in Python input_format='json')"
)


class JsonLines(Lines):
    """Lines of JSON Lines.

    A line is an object with a text. It may hold "published", numbers of tokens by encoding. Other
    keys and empty lines are ignored.
    """

    def documents(self, options: ReadOptions, reject: Reject) -> Iterator[Document]:
        """Yields a document for each line."""
        offset = self.offset
        for number, line in enumerate(self.split(keep_ends=True), start=self.number):
            if line.strip():
                content = line.removesuffix(b"\n")
                place = (self.name, number, offset)
                try:
                    yield parse_document(content, place, options, reject, shape=_ONE_A_LINE)
                except RecordError as error:
                    reject(error.skipping(1, len(line)))
            offset = add(offset, len(line))

    def batch(self, options: ReadOptions) -> DocumentBatch | None:
        """Returns the documents at once, or None if any line is out of the ordinary.

        For each line, Python only calls orjson and looks up the fields. No object is kept: the
        next one then reuses its memory, which is still in the processor's cache.
        """
        if not _is_plain(options) or self.has_longer(options.max_record):
            return None
        if _may_repeat_escaped(self.content, options):
            return None
        texts, languages = [], []
        text_name, *more = options.text_fields
        fields: dict[str, list[Any]] = {name: [] for name in options.kept}
        with_language = 0
        try:
            for line in self.split():
                record = orjson.loads(line)
                texts.append(record[text_name])
                if more:
                    texts[-1] = "\n".join([texts[-1], *(record[other] for other in more)])
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
    with open_part(file, options, start, stop) as (stream, length):
        yield from cut_stream(stream, options, reject, length, is_first=start == 0)


def cut_stream(
    stream: TextStream, options: ReadOptions, reject: Reject, length: int | None, *, is_first: bool
) -> Cut:
    """Cuts an open file.

    Args:
        stream: The file.
        options: How it is read.
        reject: Takes a note if it is empty.
        length: How many bytes begin lines that are read: see `open_part`.
        is_first: Whether this is the beginning of the file.
    """
    cutter = LineCutter(JsonLines, stream, length=length)
    is_empty = is_first
    with measuring_rest(options, cutter.measure_rest):
        while lines := cutter.read(longest=options.max_record):
            if lines.content:
                is_empty = is_empty and not lines.content.strip()
                yield lines, stream.packed.tell()
                continue
            is_empty = False
            extent = measure(cutter.rest_of_line())
            reason = too_large(options.max_record)
            error = RecordError(stream.name, reason, line=lines.number, offset=lines.offset)
            reject(skipping(error, extent))
            yield DocumentList(parsed=[], lines=cutter.number - lines.number), stream.packed.tell()
    if is_empty:
        note(reject, f"{stream.name!r} is empty: there is no record in it.")


def parse_document(
    content: bytes,
    place: tuple[str, int, int | None],
    options: ReadOptions,
    reject: Reject,
    *,
    shape: str,
) -> Document:
    """Parses a JSON object and makes a document of it.

    Args:
        content: The object.
        place: The name of the file, and the line and the byte at which the object begins.
        options: How it is read.
        reject: Takes notes on chat messages.
        shape: What JSON must look like here, for the message if it does not.

    Raises:
        RecordError: It is no object, or cannot be a document.
    """
    name, number, offset = place
    if len(content) > options.max_record:
        raise RecordError(name, too_large(options.max_record), line=number, offset=offset)
    try:
        document = make_document(_parse_object(content, options), name, options, line=number)
    except UnicodeDecodeError as error:
        raise invalid_utf8(name, error, line=number, offset=add(offset, error.start)) from None
    except json.JSONDecodeError as error:
        offset = add(offset, len(error.doc[: error.pos].encode()))
        number += error.doc.count("\n", 0, error.pos)
        reason = f"malformed JSON ({error.msg}); {shape}"
        raise RecordError(name, reason, line=number, offset=offset) from None
    except RecursionError:
        reason = "arrays and objects are nested too deep"
        raise RecordError(name, reason, line=number, offset=offset) from None
    except ValueError as error:
        raise RecordError(name, str(error), line=number, offset=offset) from None
    for text in notes_on_chat(document, name, options):
        note(reject, text)
    return document


class _Object(dict[str, Any]):
    """A JSON object that remembers repeated names; `json` keeps the last value."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated: list[str] = []
        if len(self) != len(pairs):
            names = [name for name, _ in pairs]
            self.repeated = [name for name in self if names.count(name) > 1]


_OF_RECORD = ("language", "published")


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
        and not any(isinstance(fast.get(name), float) for name in options.kept)
    ):
        return fast
    record = _decode(line.decode("utf-8"))
    if not isinstance(record, _Object):
        raise ValueError(f"a line must hold a JSON object, not {kind_of(record)}")
    # A field that is reached by a path is checked when it is followed.
    for name in record.repeated:
        if name in (*options.required, *_OF_RECORD):
            raise ValueError(f"the field {name!r} is there twice")
    return record


@functools.cache
def _names(options: ReadOptions) -> list[str]:
    """Returns the names that no object may have twice."""
    keys = [key for name in options.required for key in keys_of(name)]
    return list(dict.fromkeys([*keys, *_OF_RECORD, "messages"]))


def _is_plain(options: ReadOptions) -> bool:
    """Returns whether no field is one that may be reached by a path."""
    return not any("." in name or "[]" in name for name in options.required)


def _may_repeat(content: bytes, options: ReadOptions) -> bool:
    return _may_repeat_escaped(content, options) or any(
        content.count(_quoted(name)) > 1 for name in _names(options)
    )


# An ASCII letter or digit that is escaped, as it may be in a name that is there twice.
_ESCAPED = re.compile(rb"\\u00[2-7]")
_PLAIN = re.compile(r"[A-Za-z0-9_ .:-]*")


def _may_repeat_escaped(content: bytes, options: ReadOptions) -> bool:
    """Returns whether a name may stand in JSON in another way than `_quoted` writes it."""
    has_escape = b"\\u00" in content and _ESCAPED.search(content) is not None
    return has_escape or not _are_plain(options)


@functools.cache
def _are_plain(options: ReadOptions) -> bool:
    return all(map(_PLAIN.fullmatch, _names(options)))


@functools.cache
def _any_quoted(*names: str) -> re.Pattern[bytes]:
    """Returns a pattern that finds each of some plain names."""
    return re.compile(b'"(?:%s)"' % "|".join(map(re.escape, names)).encode())


def _quoted(name: str) -> bytes:
    return f'"{name}"'.encode()
