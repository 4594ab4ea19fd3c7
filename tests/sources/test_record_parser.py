"""The parser of quoted records gives what Python's `csv` gives."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from tokcompare.sources.quoting import RecordParser, parse_records

LINES = st.lists(
    st.sampled_from(['"', '""', ",", "a", "é\n", " ", "\n", "\r\n", "\t"]), max_size=30
)


def _by_csv(text: str) -> list[list[str] | None]:
    """Returns the records of a text; the first faulty one is None, and the last."""
    records: list[list[str] | None] = []
    try:
        records.extend(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        records.append(None)
    return records


@given(parts=LINES)
def test_equals_csv(parts: list[str]) -> None:
    text = "".join(parts)
    expected = _by_csv(text)
    ours = [fields for fields, _ in parse_records(io.StringIO(text, newline=""), ",")]
    assert ours[: len(expected)] == expected
    assert None in expected or len(ours) == len(expected)


@given(parts=LINES, data=st.data())
def test_lines_may_come_in_parts(parts: list[str], data: st.DataObject) -> None:
    line = "".join(parts).replace("\n", "").replace("\r", "") + "\n"
    whole, in_parts = RecordParser(","), RecordParser(",")
    whole.feed(line)
    cut = data.draw(st.integers(0, len(line) - 1))
    in_parts.feed(line[:cut], ends_line=False)
    in_parts.feed(line[cut:])
    assert (in_parts.fault, in_parts.is_open) == (whole.fault, whole.is_open)
    if not whole.fault:
        assert in_parts.fields == whole.fields


def test_fields_may_be_longer_than_the_limit_of_csv() -> None:
    parser = RecordParser(",")
    parser.feed(f'"{"a" * csv.field_size_limit()}b",c\n')
    assert parser.fields == ["a" * csv.field_size_limit() + "b", "c"]
    assert not parser.is_open
