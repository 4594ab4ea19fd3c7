"""Documents counted in columns have the very counts that they have one by one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import ENCODINGS
from tests.strategies import TEXT, examples
from tokcompare import Counts, Document, load_samples
from tokcompare.counting.columns import _add_products, count_columns, measure_piece
from tokcompare.counting.counter import Counting, add_counts
from tokcompare.counting.engines import Engine, Tokens, find_engine
from tokcompare.counting.parts import Part, Task, count_block, count_piece
from tokcompare.encodings import load_encoding, load_encodings
from tokcompare.encodings.protocol import LoadedEncoding
from tokcompare.errors import EngineError, SourceError
from tokcompare.languages import describe_language
from tokcompare.sources.chunks import Block
from tokcompare.sources.formats.jsonl import json_columns
from tokcompare.sources.formats.lines import Lines
from tokcompare.sources.formats.records import Reading
from tokcompare.sources.source import SourceFile
from tokcompare.text import replace_surrogates

ENGINES: list[Engine | None] = [None, find_engine("auto")]
"""tiktoken alone, and the engine if it is installed."""

COUNTINGS = [
    Counting(
        encodings=tuple(load_encodings(encodings)), measures=measures, normalization=normalization
    )
    for encodings in (ENCODINGS, ENCODINGS[1:])
    for measures in (frozenset[str](), frozenset({"values"}))
    for normalization in (None, "NFC", "NFD")
]
BOTH = COUNTINGS[0]

WELL_FORMED = TEXT.map(replace_surrogates)
CODES = ("gu", "en", "und", "zh")
ROWS = st.lists(st.tuples(WELL_FORMED, st.sampled_from(CODES), st.sampled_from("ABC")), max_size=8)
Row = tuple[str, str, str]
"""A text, the code of its language, its group."""


def one_by_one(rows: Iterable[Row], counting: Counting) -> dict[str, Counts]:
    groups: dict[str, list[Counts]] = {}
    for text, code, group in rows:
        # Nothing is published in columns.
        counts = counting.count(Document(text=text, language=code))
        groups.setdefault(group, []).append(counts)
    return {group: add_counts(counts) for group, counts in groups.items()}


def in_columns(
    rows: Sequence[Row], counting: Counting, engine: Engine | None, verified: float = 0.0
) -> dict[str, Counts]:
    texts, codes, groups = ([row[place] for row in rows] for place in range(3))
    return count_columns(texts, codes, groups, counting, engine, verified)


def check(rows: Sequence[Row], counting: Counting) -> None:
    expected = one_by_one(rows, counting)
    for engine in ENGINES:
        # With a sample of none, of some and of all.
        for verified in (0.0, 0.3, 1.0):
            found = in_columns(rows, counting, engine, verified)
            assert found == expected
            assert list(found) == list(expected)
            for group, counts in found.items():
                # In the same order, because a signature or a table shows them in that of `sums`.
                assert list(counts.sums) == list(expected[group].sums)
                assert list(counts.products) == list(expected[group].products)
                numbers = [counts.documents, counts.digest, *counts.sums.values()]
                numbers += [*counts.products.values(), *chain(*counts.values.values())]
                # Not numpy's, which JSON does not take and which overflow.
                assert {*map(type, numbers)} <= {int}


class TestCountColumns:
    @settings(max_examples=examples(150))
    @given(rows=ROWS, counting=st.sampled_from(COUNTINGS))
    def test_equals_one_by_one(self, rows: list[Row], counting: Counting) -> None:
        check(rows, counting)

    @pytest.mark.parametrize("counting", COUNTINGS)
    def test_groups_in_order_of_first_appearance(self, counting: Counting) -> None:
        texts = ["one", "zwei", "e\u0301", "", "ત્રણ", "one", "", "\u0301 \U00032800's 9"]
        rows = list(zip(texts, ["en", "de", "und", "en"] * 2, "CABACABD", strict=True))
        check(rows, counting)
        assert list(in_columns(rows, counting, None)) == ["C", "A", "B", "D"]

    @pytest.mark.parametrize("texts", [[], [""], ["", "", ""], ["", "a", ""]])
    def test_empty_texts(self, texts: list[str]) -> None:
        check([(text, "und", "all") for text in texts], BOTH)

    @pytest.mark.parametrize("length", [2_046, 2_047, 2_048, 4_094, 65_535, 65_536, 65_537])
    def test_digest_of_texts_around_the_lengths_that_are_cut(self, length: int) -> None:
        check([("x" * length, "en", "A"), ("é" * (length // 2), "und", "A")], BOTH)

    @pytest.mark.parametrize("counting", COUNTINGS[:2])
    def test_text_of_some_megabytes(self, counting: Counting) -> None:
        text = "\n".join(str(document.text) for document in load_samples("udhr")) * 8
        assert len(text.encode()) > 2_000_000
        rows = [("short", "en", "A"), (text, "und", "A"), (text[:9_999], "gu", "B")]
        expected = one_by_one(rows, counting)
        for engine in ENGINES:
            assert in_columns(rows, counting, engine) == expected

    def test_samples(self) -> None:
        rows = [
            (str(document.text), document.language, document.language)
            for document in load_samples("udhr")
        ]
        check(rows, replace(BOTH, measures=frozenset({"values"})))

    def test_long_run_of_blanks(self) -> None:
        check([("a", "und", "A"), (f"a{' ' * 600_000}b", "und", "A")], BOTH)

    def test_sample_stops_a_wrong_engine(self) -> None:
        rows = [("text", "en", "A"), ("other", "en", "A")]
        assert in_columns(rows, BOTH, Wrong())["A"].documents == 2
        with pytest.raises(EngineError, match="wrong and tiktoken differ under 'cl100k_base'"):
            in_columns(rows, BOTH, Wrong(), 1.0)

    def test_share_of_the_sample(self) -> None:
        rows = [(f"text {number}", "en", "A") for number in range(4_000)]
        one, other = OneToken(), OneToken()
        in_columns(rows, Counting(encodings=(load_encoding(one),)), Wrong(), 0.1)
        assert 0.08 * 4_000 < len(one.texts) < 0.12 * 4_000
        # Which they are depends on the text alone, so that another run has the same sample.
        in_columns(rows[::-1], Counting(encodings=(load_encoding(other),)), Wrong(), 0.1)
        assert other.texts == one.texts[::-1]


class TestMeasurePiece:
    @settings(max_examples=examples(150))
    @given(piece=WELL_FORMED, counting=st.sampled_from(COUNTINGS))
    def test_equals_measure(self, piece: str, counting: Counting) -> None:
        measured = counting.begin(describe_language("en"))
        counting.measure(piece, measured)
        for engine in ENGINES:
            for verified in (0.0, 1.0):
                assert measure_piece(piece, counting, engine, verified) == measured.sums

    @given(pieces=st.lists(WELL_FORMED, max_size=4), counting=st.sampled_from(COUNTINGS))
    def test_pieces_add_up(self, pieces: list[str], counting: Counting) -> None:
        english = describe_language("en")
        one, other = (
            Task(counting=counting, in_columns=in_columns) for in_columns in (True, False)
        )
        mine, theirs = counting.begin(english), counting.begin(english)
        for piece in pieces:
            mine.add(count_piece(piece, english, one))
            theirs.add(count_piece(piece, english, other))
        assert mine == theirs

    def test_sample_stops_a_wrong_engine(self) -> None:
        assert measure_piece("text", BOTH, Wrong(), 0.0)["characters"] == 4
        with pytest.raises(EngineError, match="the text: 'text'"):
            measure_piece("text", BOTH, Wrong(), 1.0)


@dataclass(frozen=True)
class Wrong:
    """An engine that takes everything for one token."""

    name: str = "wrong"

    def can_encode(self, encoding: LoadedEncoding) -> bool:
        return True

    def load(self, encoding: LoadedEncoding) -> None:
        pass

    def encode(self, texts: Sequence[str], encoding: LoadedEncoding) -> Tokens:
        offsets = np.arange(len(texts) + 1)
        return Tokens(ids=np.full(len(texts), 7, np.uint32), offsets=offsets)

    def doubtful(self, texts: Sequence[str]) -> list[int]:
        return []


class OneToken:
    """An encoding that does what the wrong engine says, and keeps the texts that it was given."""

    name = "one"
    vocabulary_size = 8

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, text: str) -> list[int]:
        self.texts.append(text)
        return [7]


class TestAddProducts:
    PAIRS = st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)), min_size=1)

    @given(groups=st.lists(PAIRS, min_size=1, max_size=8))
    def test_is_exact_in_each_group(self, groups: list[list[tuple[int, int]]]) -> None:
        pairs = [pair for group in groups for pair in group]
        a, b = (np.array([pair[place] for pair in pairs], np.int64) for place in range(2))
        starts = np.cumsum([0, *map(len, groups[:-1])])
        products = _add_products(a, b, starts, int(a.sum()) * int(b.sum()))
        assert products == [sum(x * y for x, y in group) for group in groups]

    def test_beyond_64_bits(self) -> None:
        # Three documents of 4 TB each: the sum of the squares is 3 times 2 to the power of 84.
        column = np.full(3, 2**42, np.int64)
        starts = np.array([0, 1])
        products = _add_products(column, column, starts, int(column[1:].sum()) ** 2)
        assert products == [2**84, 2 * 2**84]

    def test_at_the_edge(self) -> None:
        a, b, starts = np.array([2**62]), np.array([2]), np.array([0])
        assert _add_products(a, b, starts, 2**63) == [2**63]
        assert _add_products(a - 1, b, starts, 2**63 - 2) == [2**63 - 2]


def part_of(content: bytes, task: Task, reading: Reading) -> Part:
    """Counts lines of JSON as those of a file, behind others."""
    lines = Lines(
        name="some.jsonl", content=content, number=5, offset=100, line_feeds=content.count(b"\n")
    )
    file = SourceFile(path="some.jsonl", name="some.jsonl", format="jsonl")
    return count_block(Block(content=lines, size=len(content), file=file, reading=reading), task)


def outcome(content: bytes, task: Task, reading: Reading) -> object:
    """Returns what comes of lines, in a form that can be compared: errors equal only themselves."""
    try:
        part = part_of(content, task, reading)
    except Exception as error:
        return type(error), str(error)
    errors = [(type(error), str(error)) for error in part.rejections.first]
    groups = {group: (counts, list(counts.sums)) for group, counts in part.groups.items()}
    return list(groups), groups, part.seen, part.rejections.number, errors, part.lines


def check_lines(content: bytes, reading: Reading, **options: object) -> None:
    for measures in (frozenset[str](), frozenset({"values"})):
        counting = replace(BOTH, measures=measures)
        for stops in (False, True):
            for engine in ("tiktoken", "auto"):
                task = Task(counting=counting, stops=stops, engine=engine, verify=1.0)
                task = replace(task, **options)  # type: ignore[arg-type]
                columns = replace(task, in_columns=True)
                assert outcome(content, columns, reading) == outcome(content, task, reading)


ORDINARY = [
    b'{"text": "Hello, world!", "language": "en"}',
    b'{"language":"gu","text":"\xe0\xaa\xb9\xe0\xab\x87\xe0\xaa\xb2\xe0\xab\x8b"}',
    b'{"text": ""}',
    b'{"text": "e\\u0301 \\ud83d\\ude00 \\n", "language": null, "n": 1.5}',
    b'{"text": "no language", "language": "", "nested": {"a": [1, {"b": 2}]}}',
]
ODD = {
    "text twice": b'{"text": "a", "text": "b"}',
    "other name twice": b'{"text": "a", "x": 1, "x": 2}',
    "language twice": b'{"text": "a", "language": "en", "language": "gu"}',
    "twice, once escaped": rb'{"text": "a", "\u0074ext": "b"}',
    "once, and escaped": rb'{"t\u0065xt": "a"}',
    "escaped language": rb'{"text": "a", "langu\u0061ge": "en"}',
    "escaped backslash": rb'{"text": "\\u0074ext", "language": "en"}',
    "escaped solidus": rb'{"text": "a\/b"}',
    "escape in text": rb'{"text": "\u0041\u00e9\u200d"}',
    "nested text": b'{"text": "a", "nested": {"text": "b"}}',
    "nested text first": b'{"nested": {"text": "b"}, "text": "a"}',
    "nested text only": b'{"nested": {"text": "b"}}',
    "nested language": b'{"text": "a", "nested": {"language": "gu"}}',
    "nested twice": b'{"text": "a", "nested": {"text": "b", "text": "c"}}',
    "name as a value": b'{"text": "text", "x": "text", "language": "language"}',
    "name quoted in text": rb'{"text": "say \"text\" or \"language\"", "language": "en"}',
    "no text": b'{"language": "en"}',
    "text is a number": b'{"text": 7}',
    "text is null": b'{"text": null}',
    "text is a list": b'{"text": ["a"]}',
    "language is a number": b'{"text": "a", "language": 7}',
    "unknown language": b'{"text": "a", "language": "no such language"}',
    "language of another writing": b'{"text": "a", "language": "guj_Gujr"}',
    "list": b'["text"]',
    "string": b'"text"',
    "number": b"7",
    "null": b"null",
    "empty object": b"{}",
    "malformed": b'{"text": "a"',
    "two on a line": b'{"text": "a"} {"text": "b"}',
    "comma behind": b'{"text": "a",}',
    "single quotes": b"{'text': 'a'}",
    "control character": b'{"text": "a\tb"}',
    "NUL": b'{"text": "a\x00b"}',
    "escaped NUL": rb'{"text": "a\u0000b"}',
    "NaN": b'{"text": "a", "x": NaN}',
    "infinity": b'{"text": "a", "x": -Infinity}',
    "invalid UTF-8": b'{"text": "a\xff"}',
    "UTF-8 cut off": b'{"text": "\xe0\xaa"}',
    "surrogate in UTF-8": b'{"text": "\xed\xa0\x80"}',
    "lone surrogate": rb'{"text": "a\ud800b"}',
    "low surrogate": rb'{"text": "\ude00\ud83d"}',
    "lone surrogate in a name": rb'{"text": "a", "\ud800": 1}',
    "byte order mark": b'\xef\xbb\xbf{"text": "a"}',
    "published": b'{"text": "a", "published": {"cl100k_base": 3, "other": 1}}',
    "published twice": b'{"text": "a", "published": {"o200k_base": 3}, "published": {}}',
    "nothing published": b'{"text": "a", "published": null}',
    "nested published": b'{"text": "a", "x": {"published": {"o200k_base": 3}}}',
    "published as a value": b'{"text": "published", "x": "published"}',
    "empty line": b"",
    "blank line": b" \t ",
    "carriage return": b'{"text": "a"}\r',
    "carriage return alone": b"\r",
    "line separator": '{"text": "a\u2028b\x85"}'.encode(),
    "form feed behind": b'{"text": "a"}\x0c',
    "long number": b'{"text": "a", "x": ' + b"1" * 5_000 + b"}",
    "number beyond 64 bits": b'{"text": "a", "x": 123456789012345678901234567890}',
    "number too large": b'{"text": "a", "x": 1e999}',
    "minus zero": b'{"text": "a", "x": -0}',
    "leading zero": b'{"text": "a", "x": 01}',
    "deep": b'{"text": "a", "x": ' + b"[" * 900 + b"]" * 900 + b"}",
    "too deep": b'{"text": "a", "x": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "unassigned code points": '{"text": "\U00032800\'s \u088f\'s"}'.encode(),
    "text of which the engine is in doubt": '{"text": "\'\u017fS \'\u017f"}'.encode(),
    "not in NFC": '{"text": "Vie\u0323\u0302t Nam e\u0301", "language": "vi"}'.encode(),
}
READING = Reading(fields=("x",))


class TestJSONLines:
    @pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
    def test_odd_record_among_ordinary_ones(self, odd: bytes) -> None:
        check_lines(b"\n".join([*ORDINARY, odd, *ORDINARY, b""]), Reading())
        check_lines(odd, Reading())

    @pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
    def test_odd_record_grouped_by_a_field(self, odd: bytes) -> None:
        lines = [b'{"text": "a", "x": "one"}', odd, b'{"text": "b", "x": "two"}']
        check_lines(b"\n".join(lines), READING, by="x")

    @pytest.mark.parametrize("value", ["1", "1.0", "true", "null", '""', '"\\ud800"', "[]", "1e3"])
    def test_values_of_the_field(self, value: str) -> None:
        lines = [b'{"text": "a", "x": "one"}', f'{{"text": "b", "x": {value}}}'.encode()]
        check_lines(b"\n".join(lines), READING, by="x")

    @pytest.mark.parametrize(
        "reading",
        [
            Reading(language_field="language"),
            Reading(text_field="language"),
            Reading(text_field="x", language_field="text"),
            Reading(text_field='te"xt'),
            Reading(text_field="\u0a9f\u0ac7"),
            Reading(language="gu"),
        ],
    )
    @pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\n\n", b"\n \r\n"])
    def test_other_fields_and_line_ends(self, reading: Reading, ends: bytes) -> None:
        lines = [*ORDINARY, '{"\u0a9f\u0ac7": "a", "te\\"xt": "b"}'.encode(), ORDINARY[0]]
        check_lines(ends.join([*lines, b""]), reading)

    @pytest.mark.parametrize("by", ["language", "source"])
    @pytest.mark.parametrize("selection", [None, (), ("en",), ("und", "gu"), ("fr",)])
    def test_selection(self, selection: tuple[str, ...] | None, by: str) -> None:
        content = b"\n".join([*ORDINARY, ODD["no text"], ODD["published"], *ORDINARY])
        check_lines(content, Reading(), by=by, selection=selection)
        check_lines(b"\n".join(ORDINARY), Reading(), by=by, selection=selection)

    @settings(max_examples=examples(300))
    @given(
        lines=st.lists(st.sampled_from([*ORDINARY * 6, *ODD.values()]), max_size=6),
        end=st.sampled_from([b"\n", b"\r\n"]),
    )
    def test_any_lines(self, lines: list[bytes], end: bytes) -> None:
        task = Task(counting=BOTH, stops=False)
        content = end.join(lines)
        columns = replace(task, in_columns=True)
        assert outcome(content, columns, Reading()) == outcome(content, task, Reading())

    @given(
        records=st.lists(
            st.fixed_dictionaries(
                {"text": TEXT},
                optional={"language": st.sampled_from(CODES) | st.none(), "text\u0301": TEXT},
            ),
            max_size=6,
        ),
        ascii_only=st.booleans(),
    )
    def test_any_text(self, records: list[dict[str, str]], ascii_only: bool) -> None:
        dumped = [json.dumps(record, ensure_ascii=ascii_only) for record in records]
        # A surrogate that stands for itself is no UTF-8: it is rejected either way.
        content = "\n".join(dumped).encode(errors="surrogatepass")
        task = Task(counting=BOTH, stops=False)
        columns = replace(task, in_columns=True)
        assert outcome(content, columns, Reading()) == outcome(content, task, Reading())

    @pytest.mark.parametrize("place", range(len(ORDINARY)))
    def test_ordinary_lines_are_read_at_once(self, place: int) -> None:
        # Otherwise the tests above compare what goes one by one with itself.
        lines = Lines(name="a", content=ORDINARY[place] + b"\n", number=1, offset=0, line_feeds=1)
        columns = json_columns(lines, Reading())
        assert columns is not None
        assert columns.texts == [json.loads(ORDINARY[place])["text"]]

    def test_rejections_are_listed(self) -> None:
        content = b"\n".join([ORDINARY[0], ODD["no text"], ORDINARY[2], ODD["malformed"]])
        for in_columns in (False, True):
            task = Task(counting=BOTH, stops=False, in_columns=in_columns)
            part = part_of(content, task, Reading())
            assert part.rejections.number == 2
            first, second = map(str, part.rejections.first)
            # The first line is the fifth, at byte 100, and has 44 bytes; the next have 19 and 13,
            # and the last breaks off after 12.
            assert first.startswith("'some.jsonl', line 6, byte 144: the field 'text' is missing")
            assert second.startswith("'some.jsonl', line 8, byte 188: malformed JSON")
            assert {group: c.documents for group, c in part.groups.items()} == {"en": 1, "und": 1}


class TestDocuments:
    @given(
        documents=st.lists(
            st.builds(
                Document,
                text=TEXT,
                language=st.sampled_from(["gu", "guj_Gujr", "en-Latn", "und"]),
                source=st.sampled_from(["", "a"]),
                published=st.just({}) | st.just({"o200k_base": 3}),
                fields=st.fixed_dictionaries({"x": st.sampled_from(["one", "two"])}),
            ),
            max_size=6,
        ),
        by=st.sampled_from(["language", "source", "x"]),
        selection=st.sampled_from([None, ("gu",)]),
    )
    def test_equals_one_by_one(
        self, documents: list[Document], by: str, selection: tuple[str, ...] | None
    ) -> None:
        task = Task(counting=BOTH, by=by, selection=selection, verify=1.0)
        block = Block(content=documents, size=1)
        assert count_block(block, replace(task, in_columns=True)) == count_block(block, task)

    def test_error_of_the_engine_is_not_taken_for_one_of_the_source(self) -> None:
        assert not issubclass(EngineError, SourceError)
