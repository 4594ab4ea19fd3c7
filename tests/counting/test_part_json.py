"""A part that was written down and read again is the same part, to the last digit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parts import check_same
from tests.reference import ENCODINGS
from tests.strategies import TEXT
from tokcompare import Document, Part, RecordError, SourceError
from tokcompare.counting.counter import MEASURES, Counting
from tokcompare.counting.parts import Collector, Task, add_parts, count_block
from tokcompare.counting.stored import (
    dump_part,
    load_part,
    measured_as_dict,
    measured_from_dict,
)
from tokcompare.encodings import load_encodings
from tokcompare.languages import describe_language
from tokcompare.sources.chunks import Block
from tokcompare.sources.rejections import LISTED, Rejections

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
LANGUAGE = st.sampled_from(["gu", "hi", "en", "und", "zh", "xx", "guj_Gujr"])
PUBLISHED = st.dictionaries(st.sampled_from(ENCODINGS), st.integers(0, 2**70))
DOCUMENT = st.builds(
    Document,
    text=TEXT,
    language=LANGUAGE,
    published=PUBLISHED,
    source=ANY,
    fields=st.fixed_dictionaries({"f": ANY}),
)
NUMBER = st.none() | st.integers(0, 2**70)
ERROR = st.builds(SourceError, ANY) | st.builds(
    RecordError, ANY, ANY, line=NUMBER, row=NUMBER, offset=NUMBER
)
MEASURED = st.frozensets(st.sampled_from(MEASURES))


@st.composite
def parts(draw: st.DrawFn, measures: frozenset[str] | None = None) -> Part:
    """Parts as counting makes them, and with rejections of both kinds and numbers of lines."""
    task = Task(
        counting=Counting(
            encodings=tuple(load_encodings(ENCODINGS)),
            measures=draw(MEASURED) if measures is None else measures,
        ),
        by=draw(st.sampled_from(["language", "source", "f"])),
    )
    documents = draw(st.lists(DOCUMENT, max_size=4))
    part = count_block(Block(content=documents, size=0), task)
    errors = draw(st.lists(ERROR, max_size=LISTED))
    number = len(errors) + draw(st.integers(0, 5))
    lines = draw(st.dictionaries(ANY, st.integers(0, 2**70), max_size=2))
    rejections = Rejections(number=number, first=tuple(errors))
    return Part(groups=part.groups, seen=part.seen, rejections=rejections, lines=lines)


@given(part=parts())
def test_part_comes_back(part: Part) -> None:
    text = dump_part(part)
    text.encode("ascii")
    again = load_part(text)
    check_same(again, part)
    assert dump_part(again) == text
    json.loads(text, parse_float=pytest.fail)


@given(data=st.data(), measures=MEASURED)
def test_what_comes_back_adds_up_as_before(data: st.DataObject, measures: frozenset[str]) -> None:
    one, other = data.draw(parts(measures)), data.draw(parts(measures))
    check_same(load_part(dump_part(one)) + load_part(dump_part(other)), one + other)


@given(texts=st.lists(TEXT, max_size=3), rest=st.lists(TEXT, max_size=3), measures=MEASURED)
def test_document_that_is_not_finished_comes_back(
    texts: list[str], rest: list[str], measures: frozenset[str]
) -> None:
    counting = Counting(encodings=tuple(load_encodings(ENCODINGS)), measures=measures)
    for code in ("en", "zh"):
        measured = counting.begin(describe_language(code))
        for piece in counting.pieces("".join(texts)):
            counting.measure(piece, measured)
        again = measured_from_dict(json.loads(json.dumps(measured_as_dict(measured))))
        assert again == measured
        for piece in counting.pieces("".join(rest)):
            counting.measure(piece, measured)
            counting.measure(piece, again)
        assert again == measured


def test_nothing_comes_back() -> None:
    check_same(load_part(dump_part(Part())), Part())
    check_same(Collector(load_part(dump_part(Part()))).part(), add_parts([]))
