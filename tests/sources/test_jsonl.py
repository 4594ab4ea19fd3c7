"""JSON Lines parsed at once give the same documents and errors as lines parsed one by one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import ENCODINGS
from tests.strategies import TEXT, examples
from tokcompare import Part
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.parts import count_chunk
from tokcompare.counting.quantities import VALUES
from tokcompare.counting.spec import CountSpec
from tokcompare.encodings import load_encodings
from tokcompare.sources.chunks import Block
from tokcompare.sources.formats.format import ReadOptions
from tokcompare.sources.formats.jsonl import JsonLines

BOTH = DocumentCounter(encodings=tuple(load_encodings(ENCODINGS)))
CODES = ("gu", "en", "und", "zh")


class OneByOne(JsonLines):
    """Lines that are always parsed one by one."""

    def batch(self, options: ReadOptions) -> None:
        return None


def part_of(
    content: bytes, spec: CountSpec, options: ReadOptions, kind: type[JsonLines] = JsonLines
) -> Part:
    """Counts lines of JSON as those of a file, behind others."""
    lines = kind(
        name="some.jsonl", content=content, number=5, offset=100, lines=content.count(b"\n")
    )
    return count_chunk(Block(records=lines, options=options), spec)


def outcome(content: bytes, spec: CountSpec, options: ReadOptions, kind: type[JsonLines]) -> object:
    """Returns what comes of lines, in a form that can be compared: errors equal only themselves."""
    try:
        part = part_of(content, spec, options, kind)
    except Exception as error:
        return type(error), str(error)
    errors = [(type(error), str(error)) for error in part.rejections.first]
    groups = {group: (counts, list(counts.sums)) for group, counts in part.groups.items()}
    return list(groups), groups, part.seen, part.rejections.number, errors, part.lines


def check_lines(content: bytes, options: ReadOptions, **choices: Any) -> None:
    """Checks that lines parsed at once give the same as lines parsed one by one."""
    for counter in (BOTH, replace(BOTH, optional=(VALUES,))):
        for stop_on_error in (False, True):
            spec = CountSpec(counter=counter, stop_on_error=stop_on_error, **choices)
            at_once = outcome(content, spec, options, JsonLines)
            assert at_once == outcome(content, spec, options, OneByOne)


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
READING = ReadOptions(fields=("x",))


class TestJSONLines:
    @pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
    def test_odd_record_among_ordinary_ones(self, odd: bytes) -> None:
        check_lines(b"\n".join([*ORDINARY, odd, *ORDINARY, b""]), ReadOptions())
        check_lines(odd, ReadOptions())

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
            ReadOptions(language_field="language"),
            ReadOptions(text_field="language"),
            ReadOptions(text_field="x", language_field="text"),
            ReadOptions(text_field='te"xt'),
            ReadOptions(text_field="\u0a9f\u0ac7"),
            ReadOptions(language="gu"),
        ],
    )
    @pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\n\n", b"\n \r\n"])
    def test_other_fields_and_line_ends(self, reading: ReadOptions, ends: bytes) -> None:
        lines = [*ORDINARY, '{"\u0a9f\u0ac7": "a", "te\\"xt": "b"}'.encode(), ORDINARY[0]]
        check_lines(ends.join([*lines, b""]), reading)

    @pytest.mark.parametrize("by", ["language", "source"])
    @pytest.mark.parametrize("selection", [None, (), ("en",), ("und", "gu"), ("fr",)])
    def test_selection(self, selection: tuple[str, ...] | None, by: str) -> None:
        content = b"\n".join([*ORDINARY, ODD["no text"], ODD["published"], *ORDINARY])
        check_lines(content, ReadOptions(), by=by, selection=selection)
        check_lines(b"\n".join(ORDINARY), ReadOptions(), by=by, selection=selection)

    @settings(max_examples=examples(300))
    @given(
        lines=st.lists(st.sampled_from([*ORDINARY * 6, *ODD.values()]), max_size=6),
        end=st.sampled_from([b"\n", b"\r\n"]),
    )
    def test_any_lines(self, lines: list[bytes], end: bytes) -> None:
        check_lines(end.join(lines), ReadOptions())

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
        check_lines(content, ReadOptions())

    @pytest.mark.parametrize("place", range(len(ORDINARY)))
    def test_ordinary_lines_are_read_at_once(self, place: int) -> None:
        # Otherwise the tests above compare what goes one by one with itself.
        lines = JsonLines(name="a", content=ORDINARY[place] + b"\n", number=1, offset=0, lines=1)
        batch = lines.batch(ReadOptions())
        assert batch is not None
        assert batch.texts == [json.loads(ORDINARY[place])["text"]]

    def test_rejections_are_listed(self) -> None:
        content = b"\n".join([ORDINARY[0], ODD["no text"], ORDINARY[2], ODD["malformed"]])
        for kind in (JsonLines, OneByOne):
            spec = CountSpec(counter=BOTH, stop_on_error=False)
            part = part_of(content, spec, ReadOptions(), kind)
            assert part.rejections.number == 2
            first, second = map(str, part.rejections.first)
            # The first line is the fifth, at byte 100, and has 44 bytes; the next have 19 and 13,
            # and the last breaks off after 12.
            assert first.startswith("'some.jsonl', line 6, byte 144: the field 'text' is missing")
            assert second.startswith("'some.jsonl', line 8, byte 188: malformed JSON")
            assert {group: c.documents for group, c in part.groups.items()} == {"en": 1, "und": 1}
