"""A part that was written down and read again is the same part, to the last digit."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parts import check_same
from tests.reference import ENCODINGS
from tests.strategies import TEXT
from tokcompare import Document, Part, RecordError, SourceError
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.parts import PartSum, add_parts, count_chunk
from tokcompare.counting.quantities import QUANTITIES, Quantity
from tokcompare.counting.spec import CountSpec
from tokcompare.encodings import load_encodings
from tokcompare.sources.chunks import Block, chunks_of_documents
from tokcompare.sources.formats.format import DocumentList
from tokcompare.sources.rejections import LISTED, Extent, Rejections

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
OPTIONAL = st.lists(st.sampled_from(list(QUANTITIES.values())), unique=True).map(tuple)


@st.composite
def parts(draw: st.DrawFn, optional: tuple[Quantity, ...] | None = None) -> Part:
    """Parts as counting makes them, and with rejections of both kinds and numbers of lines."""
    spec = CountSpec(
        counter=DocumentCounter(
            encodings=tuple(load_encodings(ENCODINGS)),
            optional=draw(OPTIONAL) if optional is None else optional,
        ),
        by=draw(st.sampled_from(["language", "source", "f"])),
    )
    documents = draw(st.lists(DOCUMENT, max_size=4))
    part = count_chunk(Block(records=DocumentList(parsed=documents)), spec)
    errors = draw(st.lists(ERROR, max_size=LISTED))
    number = len(errors) + draw(st.integers(0, 5))
    lines = draw(st.dictionaries(ANY, st.integers(0, 2**70), max_size=2))
    rejections = Rejections(
        number=number,
        lines=draw(st.integers(0, 2**70)),
        bytes=draw(st.integers(0, 2**70)),
        first=tuple(errors),
        notes=tuple(draw(st.lists(ANY, max_size=2, unique=True))) if number else (),
    )
    read = Extent(draw(st.integers(0, 2**70)), draw(st.integers(0, 2**70)))
    return Part(groups=part.groups, seen=part.seen, rejections=rejections, read=read, lines=lines)


@given(part=parts())
def test_part_comes_back(part: Part) -> None:
    text = part.to_json()
    text.encode("ascii")
    again = Part.from_json(text)
    check_same(again, part)
    assert again.to_json() == text
    json.loads(text, parse_float=pytest.fail)


@given(data=st.data(), optional=OPTIONAL)
def test_what_comes_back_adds_up_as_before(
    data: st.DataObject, optional: tuple[Quantity, ...]
) -> None:
    one, other = data.draw(parts(optional)), data.draw(parts(optional))
    check_same(Part.from_json(one.to_json()) + Part.from_json(other.to_json()), one + other)


@given(texts=st.lists(TEXT, min_size=1, max_size=4), place=st.integers(0, 6), optional=OPTIONAL)
def test_text_that_is_not_finished_comes_back(
    texts: list[str], place: int, optional: tuple[Quantity, ...]
) -> None:
    counter = DocumentCounter(encodings=tuple(load_encodings(ENCODINGS)), optional=optional)
    for code in ("en", "zh"):
        spec = CountSpec(counter=counter)
        document = Document(text=iter(texts), language=code, published={"cl100k_base": 7})
        chunks = list(chunks_of_documents([document], may_cut=counter.may_cut))
        parts = [count_chunk(chunk, spec) for chunk in chunks]
        before = add_parts(parts[:place])
        total = PartSum()
        total.add(Part.from_json(before.to_json()))
        for part in parts[place:]:
            total.add(part)
        check_same(total.part(), add_parts(parts))
        whole = counter.count(Document(text="".join(texts), language=code))
        assert total.part().groups[code] == replace(whole, published={"cl100k_base": 7})


def test_nothing_comes_back() -> None:
    check_same(Part.from_json(Part().to_json()), Part())
    check_same(Part.from_json(Part().to_json()), add_parts([]))
