"""JSON Lines: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tokcompare.documents import Document
from tokcompare.errors import RecordError
from tokcompare.readers.reading import Reading, Reject, add, invalid_utf8, kind_of, make_document
from tokcompare.streams import open_text


def read_json_lines(path: str, reading: Reading, reject: Reject) -> Iterator[Document]:
    """Yields a document for each line of JSON Lines: an object with a text.

    It may hold "published", numbers of tokens by encoding; other keys are left alone, and so are
    empty lines.
    """
    with open_text(path) as file:
        offset = file.offset
        for number, line in enumerate(file.stream, start=1):
            if line.strip():
                try:
                    yield make_document(_parse_object(line, reading), file.name, reading)
                except UnicodeDecodeError as error:
                    place = add(offset, error.start)
                    reject(invalid_utf8(file.name, error, line=number, offset=place))
                except json.JSONDecodeError as error:
                    place = add(offset, len(error.doc[: error.pos].encode()))
                    reason = f"malformed JSON ({error.msg}); each line must be a whole object"
                    reject(RecordError(file.name, reason, line=number, offset=place))
                except RecursionError:
                    reason = "arrays and objects stand too deep within each other"
                    reject(RecordError(file.name, reason, line=number, offset=offset))
                except ValueError as error:
                    reject(RecordError(file.name, str(error), line=number, offset=offset))
            offset = add(offset, len(line))


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


def _parse_object(line: bytes, reading: Reading) -> _Object:
    record = _decode(line.decode("utf-8"))
    if not isinstance(record, _Object):
        raise ValueError(f"a line must hold a JSON object, not {kind_of(record)}")
    for name in record.repeated:
        if name in (*reading.required, "language", "published"):
            raise ValueError(f"the field {name!r} is there twice")
    return record
