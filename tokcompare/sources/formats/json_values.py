"""JSON that is not one object a line: an array, or objects over several lines, as in `.json` files.

Values are cut out by their brackets, without parsing, so that a file of any length takes little
memory. Each record is parsed as a line of JSON Lines is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import orjson

from tokcompare.errors import RecordError
from tokcompare.sources.compression import READ_SIZE
from tokcompare.sources.document import Document, DocumentBatch, SourceFile
from tokcompare.sources.formats.format import (
    CHUNK_SIZE,
    Cut,
    ReadOptions,
    Reject,
    measuring_rest,
    note,
)
from tokcompare.sources.formats.jsonl import JsonLines, cut_jsonl, cut_stream, parse_document
from tokcompare.sources.formats.lines import extent_of_lines, open_part
from tokcompare.sources.formats.records import add, too_large
from tokcompare.sources.rejections import Extent, measure, skipping
from tokcompare.sources.streams import TextStream, open_text

_SHAPE = "expected is an array of objects, or objects one after another"
# A quotation mark by itself begins a string that is not complete yet.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},]|"', re.DOTALL)
_OPEN_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+', re.DOTALL)
_CLOSED_BY = {ord("{"): b"}", ord("["): b"]"}
_BLANKS = b" \t\r\n"


Value = tuple[bytes | None, int, int | None, Extent]


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonValues:
    """Values of a JSON file.

    Attributes:
        name: The name of the file.
        values: Each value, with the line and the byte at which it begins, and its extent together
            with what separates it from the value before. None for one that is too large.
        extent: The lines and bytes of all of them, and of what is behind the last value.
        lines: 0: such a file is not split, so no line is numbered anew.
    """

    name: str
    values: list[Value]
    extent: Extent
    lines: int = 0

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.extent.size

    def documents(self, options: ReadOptions, reject: Reject) -> Iterator[Document]:
        """Yields a document for each value."""
        for content, line, offset, extent in self.values:
            try:
                if content is None:
                    reason = too_large(options.max_record)
                    raise RecordError(self.name, reason, line=line, offset=offset)
                place = (self.name, line, offset)
                yield parse_document(content, place, options, reject, shape=_SHAPE)
            except RecordError as error:
                reject(skipping(error, extent))

    def batch(self, options: ReadOptions) -> DocumentBatch | None:
        """Returns the documents at once if each value has one line and none is out of the ordinary.

        They are then parsed as JSON Lines are.
        """
        contents = [content for content, *_ in self.values if content and b"\n" not in content]
        if not contents or len(contents) < len(self.values):
            return None
        content = b"\n".join(contents)
        lines = JsonLines(
            name=self.name, content=content, number=1, offset=None, lines=len(contents)
        )
        return lines.batch(options)


class _Cutter:
    """Cuts a stream of JSON into values: the items of arrays, and the objects outside of them."""

    def __init__(self, stream: TextStream, *, longest: int) -> None:
        """Makes a cutter.

        Args:
            stream: The file.
            longest: How many bytes a value may have. Of a longer one nothing is kept.
        """
        self._stream, self._longest = stream, longest
        self._line, self._offset = 1, stream.offset
        # What is left of the content, the place behind the last value, and that of the next token.
        self._content, self._start, self._scan = b"", 0, 0
        self._body = 0  # where the value begins: behind a bracket or comma
        self._open = bytearray()  # the brackets that are not closed yet
        self._items = 0
        self._ends_line = True
        self._pending = Extent()  # of empty arrays, which belong to the next value
        self._dropped: tuple[int, int | None] | None = None  # where a value began that is too long
        self._dropped_extent = Extent()
        self.tail = Extent()

    def values(self) -> Iterator[Value]:
        """Yields the values.

        Raises:
            RecordError: Brackets do not match, or the file is damaged.
        """
        length = CHUNK_SIZE
        while chunk := self._stream.stream.read1(length):
            self._content = self._content[self._start :] + chunk
            self._scan -= self._start
            self._body -= self._start
            self._start = 0
            self._ends_line = chunk.endswith(b"\n")
            yield from self._scan_tokens()
            if len(self._content) - self._body > self._longest:
                value = self._content[self._body :].strip(_BLANKS)
                if len(value) > self._longest:
                    self._drop()
                del value
            # A long value is scanned from its last string on, so the steps must grow.
            held = len(self._content) - self._start
            length = max(CHUNK_SIZE, min(held, self._longest + 1 - held))
        rest = self._content[self._start :]
        if self._open.startswith(b"["):
            raise self._fault(len(self._content), "the array is not closed")
        if rest.strip(_BLANKS) or self._dropped is not None:
            yield self._take(len(self._content), len(self._content))
            rest = b""
        tail = Extent(rest.count(b"\n") + (not self._ends_line), len(rest))
        self.tail = tail + self._pending
        self._start = len(self._content)

    def measure_rest(self) -> Extent:
        """Reads what was not cut, as far as it can be read, and returns its extent."""
        held, self._content, self._start = self._content[self._start :], b"", 0
        chunks = iter(lambda: self._stream.stream.read1(CHUNK_SIZE), b"")
        rest = measure(chain([held], chunks))
        if not rest.size and not self._ends_line:
            # The line that ends with the file, behind its last value, was not counted with that.
            rest = Extent(1, 0)
        return rest + self._pending + self._dropped_extent

    def _scan_tokens(self) -> Iterator[Value]:
        for match in _TOKEN.finditer(self._content, self._scan):
            token, end = match.group(), match.end()
            if token == b'"':
                self._scan = match.start()
                return
            if token in (b"{", b"["):
                if not self._open:
                    if self._content[self._start : end - 1].strip(_BLANKS):
                        raise self._fault(end - 1, "a value is expected")
                    self._items, self._body = 0, end if token == b"[" else self._start
                self._open += token
            elif token in (b"}", b"]"):
                if not self._open or _CLOSED_BY[self._open[-1]] != token:
                    raise self._fault(end - 1, f"unexpected {token.decode()!r}")
                self._open.pop()
                if not self._open:
                    yield from self._close(end, is_array=token == b"]")
            elif token == b"," and self._open == b"[":
                self._items += 1
                yield self._take(end, end - 1)
        self._scan = len(self._content)

    def _close(self, end: int, *, is_array: bool) -> Iterator[Value]:
        """Yields the last value of an array, if it has any, or an object."""
        if not is_array:
            yield self._take(end, end)
        elif (
            self._items
            or self._dropped is not None
            or self._content[self._body : end - 1].strip(_BLANKS)
        ):
            yield self._take(end, end - 1)
        else:
            _, _, _, self._pending = self._take(end, end - 1)

    def _drop(self) -> None:
        """Drops what has been scanned of a value that is too large.

        Of a string that is not complete yet, a quotation mark stands for what was dropped.
        """
        if self._dropped is None:
            raw = self._content[self._body :]
            place = self._body + len(raw) - len(raw.lstrip(_BLANKS))
            line = self._line + self._content.count(b"\n", self._start, place)
            self._dropped = line, add(self._offset, place - self._start)
        end, mark = self._scan, b""
        if open_string := _OPEN_STRING.match(self._content, self._scan):
            end, mark = open_string.end(), b'"'
        lines = self._content.count(b"\n", self._start, end)
        extent = Extent(lines, end - self._start)
        self._dropped_extent += extent - Extent(0, len(mark))
        self._line += lines
        self._offset = add(self._offset, extent.size - len(mark))
        self._content = mark + self._content[end:]
        self._start = self._body = self._scan = 0

    def _take(self, end: int, end_of_value: int) -> Value:
        """Returns the value before a place, and goes there."""
        if self._dropped is not None:
            (line, offset), extent = self._dropped, self._dropped_extent
            self._dropped, self._dropped_extent = None, Extent()
            _, _, _, rest = self._take(end, end_of_value)
            return None, line, offset, extent + rest
        raw = self._content[self._body : end_of_value]
        begin = self._body + len(raw) - len(raw.lstrip(_BLANKS))
        line = self._line + self._content.count(b"\n", self._start, begin)
        offset = add(self._offset, begin - self._start)
        extent = Extent(self._content.count(b"\n", self._start, end), end - self._start)
        self._line += extent.lines
        self._offset = add(self._offset, extent.size)
        self._start = self._body = end
        extent, self._pending = extent + self._pending, Extent()
        return raw.strip(_BLANKS), line, offset, extent

    def _fault(self, place: int, reason: str) -> RecordError:
        line = self._line + self._content.count(b"\n", self._start, place)
        offset = add(self._offset, place - self._start)
        reason = f"malformed JSON ({reason}); {_SHAPE}"
        return RecordError(self._stream.name, reason, line=line, offset=offset)


def cut_json(
    file: SourceFile, options: ReadOptions, reject: Reject, start: int, stop: int | None
) -> Cut:
    """Cuts a JSON file: JSON Lines if it begins as such, else an array, or objects."""
    if start:
        yield from cut_jsonl(file, options, reject, start, stop)
        return
    with open_part(file, options, start, stop) as (stream, length):
        if _is_lines(stream):
            yield from cut_stream(stream, options, reject, length, is_first=True)
            return
        cutter = _Cutter(stream, longest=options.max_record)
        with measuring_rest(options, cutter.measure_rest):
            yield from _gather(stream, cutter, reject)


def _gather(stream: TextStream, cutter: _Cutter, reject: Reject) -> Cut:
    values: list[Value] = []
    extent = Extent()
    number = 0
    failure: RecordError | None = None
    try:
        for value in cutter.values():
            values.append(value)
            extent += value[3]
            number += 1
            if extent.size >= CHUNK_SIZE:
                block = JsonValues(name=stream.name, values=values, extent=extent)
                yield block, stream.packed.tell()
                values, extent = [], Extent()
    except RecordError as error:  # the values before it are good
        failure = error
    extent += cutter.tail
    if values or extent != Extent():
        yield JsonValues(name=stream.name, values=values, extent=extent), stream.packed.tell()
    if failure is not None:
        raise failure
    if not number:
        note(reject, f"{stream.name!r} is empty: there is no record in it.")


def _is_lines(stream: TextStream) -> bool:
    """Returns whether a file is JSON Lines, by its beginning."""
    start = stream.stream.peek(READ_SIZE).lstrip(_BLANKS)
    line, has_end, _ = start.partition(b"\n")
    if start.startswith(b"[") or not has_end:
        return not start.startswith(b"[")
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return line.rstrip(_BLANKS).endswith(b"}")
    return True


def extent_of_json(file: SourceFile, options: ReadOptions, size: int) -> int:
    """Returns the number of bytes at which JSON Lines can be split; 0 for other JSON."""
    extent = extent_of_lines(file, options, size)
    if not extent:
        return 0
    with open_text(file.path, name=file.name) as stream:
        return extent if _is_lines(stream) else 0
