"""Records of delimited values: the lines that each has, and its fields or what is wrong with it.

A record whose fields may be quoted has several lines where a quoted field has line ends in it. One
that is larger than a record may be is not held: it is read to its end, and nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tokcompare.errors import RecordError
from tokcompare.sources.formats.lines import LineReader
from tokcompare.sources.formats.records import too_large
from tokcompare.sources.quoting import RecordParser, are_records
from tokcompare.sources.rejections import Extent, skipping

_FARTHEST = 1000
"""The number of lines, each a record, after which a quoted field counts as never closed. Lines
behind them are joined, as many at a time: a short line takes several times the memory of its bytes.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DelimitedRecord:
    """A record, and its fields or the reason why it has none.

    Attributes:
        lines: Its lines, or some of them joined; none if it is too large.
        line: The number of its first line.
        offset: Where it begins; None if not known.
        extent: The lines and bytes that it has.
        fields: Its fields.
        fault: What is wrong with it, or "".
    """

    lines: Sequence[bytes]
    line: int
    offset: int | None
    extent: Extent
    fields: Sequence[str] = field(default_factory=list)
    fault: str = ""


def size_of(lines: Sequence[bytes]) -> int:
    """Returns how many bytes lines have, without the line feed of the last."""
    return sum(map(len, lines)) - (lines[-1:] != [] and lines[-1].endswith(b"\n"))


def read_bare(lines: LineReader, first: bytes, *, longest: int) -> tuple[list[bytes], Extent, str]:
    """Reads a line that is a record, whatever quotation marks are in it.

    Args:
        lines: The lines behind it.
        first: The line, or its beginning if it has more bytes than a record may have.
        longest: How many bytes a record may have.

    Returns:
        The line, its extent, and "". If it is too large, no line and the reason.
    """
    if size_of([first]) <= longest:
        return [first], Extent(1, len(first)), ""
    size, part = len(first), first
    while not part.endswith(b"\n") and (part := lines.read()):
        size += len(part)
    return [], Extent(1, size), too_large(longest)


class QuotedRecord:
    """A record whose fields may be quoted, so that it may have several lines.

    Attributes:
        extent: The lines and bytes that were read.
    """

    def __init__(self, source: LineReader, delimiter: str, *, width: int, longest: int) -> None:
        """Makes a record.

        Args:
            source: The lines behind the first.
            delimiter: What separates fields.
            width: How many fields a record has; 0 if it is the header.
            longest: How many bytes a record may have.
        """
        self.extent = Extent()
        self._source, self._delimiter = source, delimiter
        self._width, self._longest = width, longest
        self._parser = RecordParser(delimiter)
        self._lines: list[bytes] = []
        self._more: list[bytes] = []  # behind the first lines, joined to blocks
        self._unjoined: list[bytes] = []  # behind the blocks
        self._is_dropped = False

    @property
    def lines(self) -> list[bytes]:
        """Its lines; from `_FARTHEST` on several are joined. None if it is too large."""
        return [*self._lines, *self._more, *self._unjoined]

    def read(self, first: bytes) -> tuple[list[str], str]:
        """Reads the record from its first line on; returns its fields, and its fault or ""."""
        try:
            is_swallowing = self._read(first)
        except RecordError as error:  # the rest of the file cannot be read, and this is part of it
            self._source.put_back(self.lines)
            if self._is_dropped:
                raise skipping(error, self.extent + self._source.measure_rest()) from error
            raise
        unclosed = "a quotation mark is opened and never closed"
        if is_swallowing:
            return [], f"a quotation mark is opened and not closed in {_FARTHEST:,} lines"
        if self._is_dropped:
            reason = too_large(self._longest)
            return [], f"{reason}; {unclosed}" if self._parser.is_open else reason
        if self._parser.fault or self._parser.is_open:
            return [], self._parser.fault or unclosed
        return self._parser.fields, ""

    def are_records(self) -> bool:
        """Returns whether it has several lines, and each of them is a record by itself."""
        # Of more lines than `_FARTHEST` the first were not, or the record would have ended there.
        if not 1 < self.extent.lines <= _FARTHEST or self._width <= 1 or self._is_dropped:
            return False
        texts = [line.decode("utf-8", "replace") for line in self._lines]
        return are_records(texts, self._delimiter, self._width)

    def _read(self, first: bytes) -> bool:
        """Reads the record; returns whether a quotation mark swallows lines that are records."""
        line = first
        while line:
            ends_line = line.endswith(b"\n")
            self._add(line, ends_line=ends_line)
            if self.extent.lines == _FARTHEST and ends_line and self.are_records():
                return True
            self._parser.feed(line.decode("utf-8", "replace"), ends_line=ends_line)
            if ends_line and not self._parser.is_open:
                return False
            line = self._source.read()
            if not line and not ends_line:
                self.extent += Extent(1, 0)
                self._parser.feed("")
        return False

    def _add(self, line: bytes, *, ends_line: bool) -> None:
        """Adds a line, or a part of one that has more bytes than a record may have."""
        self.extent += Extent(int(ends_line), len(line))
        if self.extent.size - ends_line > self._longest:
            self._is_dropped = True
            self._parser.drop()
            self._lines, self._more, self._unjoined = [], [], []
        elif self.extent.lines <= _FARTHEST:
            self._lines.append(line)
        else:
            self._unjoined.append(line)
            if len(self._unjoined) >= _FARTHEST:
                self._more.append(b"".join(self._unjoined))
                self._unjoined = []
