"""However a source is parted into units of work and merged, it is counted once and as a whole."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.files import PACK, PAIRS, as_csv, as_jsonl, as_parquet, write
from tests.parts import check_same, kinds_and_places
from tests.platforms import posix_only
from tests.small_chunks import cut_small
from tests.strategies import examples
from tests.tokenizers import Bytes
from tokcompare import Part, RecordError, Source, SourceError, load_source, prepare
from tokcompare.counting.parallel.local import count_source
from tokcompare.counting.parallel.plan import SHARD, Shard, count_shard, plan
from tokcompare.counting.parts import add_parts
from tokcompare.counting.spec import CountSpec
from tokcompare.errors import ClusterError, TokcompareError
from tokcompare.sources.chunks import FileRange

MANY = settings(
    max_examples=examples(120),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(autouse=True)
def _work_in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def spec_of(**options: Any) -> CountSpec:
    options = {"encodings": "cl100k_base", "on_error": "skip", **options}
    return prepare(**options).spec


# One a byte: the counts show which bytes were counted, and nothing of tokenizers.
SKIPPING = spec_of(encodings=Bytes())


def count_in_units(source: Source, unit: int, spec: CountSpec = SKIPPING) -> list[Part]:
    return [count_shard(each, spec) for each in plan(source, size=unit)]


def check_equal(found: Part, whole: Part) -> None:
    """Checks that two parts are the same, but for the lines that a whole file has no need of."""
    check_same(replace(found, lines={}), replace(whole, lines={}))


# Lines as they may be and as they may not be, and their ends; the last may have none.
PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), max_size=9)
LINE = st.one_of(
    PLAIN.map(str.encode),
    st.sampled_from([b"", b"\r", b"\xff", b"a\xc3", b"\xe2\x80\xa8", "😀".encode() * 9, b"x" * 90]),
)
RECORD = st.one_of(
    st.builds(
        lambda text, code: json.dumps(
            {"text": text, "language": code}, ensure_ascii=False
        ).encode(),
        PLAIN,
        st.sampled_from(["gu", "en", "und", "xx"]),
    ),
    st.sampled_from(
        [
            *(b"", b" ", b"{}", b"5", b'{"text": 5}', b'{"text": "\xff"}', b'{"text": "a'),
            *(b'{"text": "\\ud800"}', b'{"text": "b", "text": "c"}', b"[" * 100),
            json.dumps({"text": "long 😀 " * 30}, ensure_ascii=False).encode(),
            json.dumps({"text": "p", "published": {"one-a-byte": 7}}).encode(),
        ]
    ),
)
END = st.sampled_from([b"\n", b"\r\n"])


def contents(line: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    ended = st.lists(st.tuples(line, END).map(b"".join), max_size=12).map(b"".join)
    return st.tuples(ended, st.just(b"") | line).map(b"".join)


# A NUL byte near the beginning makes no text: it is an error however it is parted.
JSONL = contents(RECORD).filter(lambda content: b"\0" not in content)
TEXT = contents(LINE).filter(lambda content: b"\0" not in content)
TREE = st.lists(st.integers(0, 1_000), min_size=40, max_size=40)


def merge_in_a_tree(parts: Sequence[Part], draws: Sequence[int]) -> Part:
    """Merges neighbours again and again, in an order that is drawn, until one part is left."""
    merged = list(parts) or [Part()]
    for draw in [*draws, *[0] * len(merged)]:
        if len(merged) == 1:
            break
        place = draw % (len(merged) - 1)
        merged[place : place + 2] = [merged[place] + merged[place + 1]]
    return merged[0]


def check_units(
    source: Source, unit: int, draws: Sequence[int], spec: CountSpec = SKIPPING
) -> None:
    """Checks all the laws of a plan."""
    whole, _ = count_source(source, spec)
    parts = count_in_units(source, unit, spec)
    together = add_parts(parts)
    check_equal(together, whole)
    check_same(merge_in_a_tree(parts, draws), together)
    assert sum(part.rejections.number for part in parts) == whole.rejections.number


@MANY
@given(content=JSONL, unit=st.integers(4, 200), size=st.integers(5, 90), draws=TREE)
def test_json_lines(content: bytes, unit: int, size: int, draws: list[int]) -> None:
    source = load_source(write(Path("a.jsonl"), content))
    with pytest.MonkeyPatch.context() as patch:
        cut_small(patch, size)
        check_units(source, unit, draws)


@MANY
@given(
    content=TEXT,
    mark=st.sampled_from([b"", b"", b"\xef\xbb\xbf"]),
    unit=st.integers(8, 200),
    size=st.integers(8, 90),  # as of a shard: a range holds a byte order mark and more
    draws=TREE,
)
def test_lines_of_text(content: bytes, mark: bytes, unit: int, size: int, draws: list[int]) -> None:
    source = load_source(write(Path("a.txt"), mark + content), per_line=True)
    with pytest.MonkeyPatch.context() as patch:
        cut_small(patch, size)
        check_units(source, unit, draws)


@MANY
@given(data=st.data(), unit=st.integers(4, 300), draws=TREE)
def test_several_files(data: st.DataObject, unit: int, draws: list[int]) -> None:
    names = []
    for place in range(data.draw(st.integers(1, 4))):
        kind = data.draw(st.sampled_from(["jsonl", "txt", "jsonl.gz"]))
        content = data.draw(TEXT if kind == "txt" else JSONL)
        content = gzip.compress(content) if kind.endswith("gz") else content
        names.append(write(Path(f"{place}.{kind}"), content))
    check_units(load_source(names, per_line=True), unit, draws)


@given(content=JSONL, unit=st.integers(4, 60))
def test_first_error_is_the_same_if_it_stops(content: bytes, unit: int) -> None:
    source = load_source(write(Path("a.jsonl"), content))
    stopping = replace(SKIPPING, stop_on_error=True)
    message = None
    try:
        count_source(source, stopping)
    except SourceError as error:
        message = str(error)
    together = add_parts(count_in_units(source, unit, stopping))
    first = together.rejections.first
    assert (str(first[0]) if first else None) == message


@given(content=TEXT, unit=st.integers(6, 60))
def test_each_byte_is_counted_once(content: bytes, unit: int) -> None:
    content = content.decode("utf-8", "replace").encode().removeprefix(b"\xef\xbb\xbf")
    source = load_source(write(Path("a.txt"), content), per_line=True)
    together = add_parts(count_in_units(source, unit))
    expected = content.replace(b"\r\n", b"\n").count(b"\n")
    length = len(content) - content.count(b"\n") - content.count(b"\r\n")
    counts = together.groups.get("und")
    assert (counts.sums["tokens one-a-byte"] if counts else 0) == length
    unended = not content.endswith(b"\n") and content != b""
    assert (counts.documents if counts else 0) == expected + unended


@pytest.mark.parametrize("unit", [1, 2, 3, 4, 5])
def test_unit_that_is_not_longer_than_a_byte_order_mark(unit: int) -> None:
    content = b"\xef\xbb\xbfone\ntwo\n"
    source = load_source(write(Path("a.txt"), content), per_line=True)
    assert add_parts(count_in_units(source, unit)).groups["und"].documents == 2


@pytest.mark.parametrize("metrics", ["all", "premium"])
@pytest.mark.parametrize("by", ["language", "source", "place"])
def test_all_that_is_counted(metrics: str, by: str) -> None:
    metrics = metrics if by == "language" else "fertility"
    names = [write(Path("a.jsonl"), as_jsonl()), write(Path("b.jsonl"), as_jsonl(PAIRS[::-1]))]
    source = load_source(names).with_field("place")
    asked = replace(spec_of(metrics=metrics, resamples=100), by=by)
    for unit in (3_000, 100_000):
        check_units(source, unit, [7, 2, 9, 4], asked)


class TestUnits:
    def spans(self, units: Sequence[Shard]) -> list[tuple[str, int, int | None]]:
        return [(part.file.name, part.start, part.stop) for unit in units for part in unit.ranges]

    def test_lines_are_parted_evenly_from_end_to_end(self) -> None:
        size = len(Path(write(Path("a.jsonl"), as_jsonl())).read_bytes())
        units = plan(load_source("a.jsonl"), size=1_000)
        spans = self.spans(units)
        assert len(units) == -(-size // 1_000)
        assert [start for _, start, _ in spans] == [0, *(stop for _, _, stop in spans[:-1])]
        assert spans[-1][2] is None
        lengths = [(stop or size) - start for _, start, stop in spans]
        assert max(lengths) <= 1_000
        assert max(lengths) - min(lengths) <= 1

    def test_parquet_by_row_groups(self) -> None:
        as_parquet(Path("a.parquet"), rows_in_group=5)
        groups = -(-len(PAIRS) // 5)
        source = load_source("a.parquet")
        size = Path("a.parquet").stat().st_size
        for unit, number in ((1, groups), (size // 4 + 1, 4), (size - 1, 2), (size, 1)):
            units = plan(source, size=unit)
            assert len(units) == number
            check_units(source, unit, [3, 1, 4, 1, 5, 9, 2, 6], spec_of())

    def test_rows_that_cannot_be_read(self) -> None:
        texts = [None if number % 7 == 3 else str(number) for number in range(60)]
        pq.write_table(pa.table({"text": texts}), "a.parquet", row_group_size=8)
        source = load_source("a.parquet")
        check_units(source, 1, [0, 5, 2])
        errors = add_parts(count_in_units(source, 1)).rejections
        assert errors.number == 9
        rows = [error.row for error in errors.first if isinstance(error, RecordError)]
        assert rows == list(range(4, 61, 7))

    def test_parquet_with_one_row_group_or_none(self) -> None:
        pq.write_table(pa.table({"text": ["a"] * 9}), "a.parquet")
        pq.write_table(pa.table({"text": pa.array([], pa.string())}), "b.parquet")
        units = plan(load_source(["a.parquet", "b.parquet"]), size=1)
        assert self.spans(units) == [("a.parquet", 0, None), ("b.parquet", 0, None)]

    @pytest.mark.parametrize("suffix", PACK)
    def test_archives_are_never_parted(self, suffix: str) -> None:
        name = write(Path(f"a.jsonl{suffix}"), PACK[suffix](as_jsonl()))
        hidden = write(Path("b.jsonl"), PACK[suffix](as_jsonl()))
        units = plan(load_source([name, hidden]), size=100)
        assert self.spans(units) == [(name, 0, None), (hidden, 0, None)]

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
    def test_other_encodings_are_never_parted(self, encoding: str) -> None:
        write(Path("a.txt"), ("one\ntwo 😀\n" * 99).encode(encoding))
        source = load_source("a.txt", per_line=True)
        assert self.spans(plan(source, size=100)) == [("a.txt", 0, None)]
        check_units(source, 100, [])

    def test_what_is_not_in_lines_is_never_parted(self) -> None:
        write(Path("a.txt"), b"one\ntwo\n" * 99)
        write(Path("b.csv"), as_csv())
        spans = self.spans(plan(load_source(["a.txt", "b.csv"]), size=100))
        assert spans == [("a.txt", 0, None), ("b.csv", 0, None)]
        assert len(plan(load_source("a.txt", per_line=True), size=100)) == 8

    def test_small_files_share_a_unit(self) -> None:
        sizes = [10, 20, 70, 1, 100, 0, 500, 99, 1, 1]
        for place, size in enumerate(sizes):
            write(Path(f"{place}.txt"), b"x" * size)
        units = plan(load_source([f"{place}.txt" for place in range(10)]), size=100)
        assert [[part.file.name[0] for part in unit.ranges] for unit in units] == [
            *(["0", "1", "2"], ["3"], ["4", "5"], ["6"], ["7", "8"], ["9"])
        ]
        assert [unit.size for unit in units] == [100, 1, 100, 500, 100, 1]
        assert len(plan(load_source("."))) == 1

    def test_long_files_stand_alone(self) -> None:
        write(Path("a.txt"), b"x")
        write(Path("b.jsonl"), as_jsonl())
        write(Path("c.txt"), b"x")
        units = plan(load_source(["a.txt", "b.jsonl", "c.txt"]), size=5_000)
        names = [{part.file.name for part in unit.ranges} for unit in units]
        assert names == [{"a.txt"}, *[{"b.jsonl"}] * (len(units) - 2), {"c.txt"}]

    def test_nothing(self) -> None:
        assert plan(replace(load_source("gpt-4o"), files=())) == []
        assert plan(load_source(write(Path("a.txt"), b"")))[0].size == 0

    def test_unit_is_large(self) -> None:
        with Path("a.jsonl").open("wb") as stream:
            stream.truncate(3 * SHARD)  # a hole, which takes no room
            stream.write(b"\n")
        # It looks like a binary file: the counter says so, once.
        assert len(plan(load_source("a.jsonl"))) == 1
        with Path("a.jsonl").open("rb+") as stream:
            stream.write(b"\n" * (1 << 20))
        assert len(plan(load_source("a.jsonl"))) == 3

    def test_names(self) -> None:
        (file,) = load_source(write(Path("a.jsonl"), b"")).files
        assert str(FileRange(file=file)) == "'a.jsonl'"
        assert str(FileRange(file=file, start=5, stop=9)) == "'a.jsonl', bytes 5 to 9"
        assert str(FileRange(file=file, start=5)) == "'a.jsonl', bytes 5 to the end"
        parquet = replace(file, format="parquet")
        part = FileRange(file=parquet, stop=2)
        assert str(part) == "'a.jsonl', row groups 0 to 2"
        unit = Shard(ranges=(part,) * 1_001, size=0)
        assert str(unit) == "'a.jsonl', row groups 0 to 2 and 1,000 more files"


class TestErrors:
    @posix_only
    @pytest.mark.parametrize("name", ["-", "pipe"])
    def test_what_no_worker_could_read(self, name: str) -> None:
        os.mkfifo("pipe")
        shown = "(standard input)" if name == "-" else name
        message = re.escape(f"'{shown}' is not a file that every worker can read")
        with pytest.raises(SourceError, match=message):
            plan(load_source(["gpt-4o", name]))

    def test_unexpected_error_names_the_unit(self) -> None:
        class Failing(Bytes):
            def encode(self, text: str) -> list[int]:
                raise ZeroDivisionError("my own")

        write(Path("a.jsonl"), as_jsonl())
        source = load_source(["a.jsonl", "gpt-4o"])
        first, *_ = plan(source, size=8_000)
        message = (
            rf"^The shard 'a\.jsonl', bytes 0 to {first.ranges[0].stop} cannot be counted: "
            "ZeroDivisionError: my own$"
        )
        with pytest.raises(ClusterError, match=message) as raised:
            count_shard(first, spec_of(encodings=Failing()))
        assert isinstance(raised.value.__cause__, ZeroDivisionError)

    def test_missing_field_is_what_it_was(self) -> None:
        source = load_source(write(Path("a.jsonl"), as_jsonl()))
        (unit,) = plan(source)
        with pytest.raises(TokcompareError, match="are to be grouped by 'nope'"):
            count_shard(unit, replace(SKIPPING, by="nope"))

    def test_file_that_is_gone_is_rejected_once(self) -> None:
        source = load_source([write(Path("a.txt"), b"x"), write(Path("b.txt"), b"y")])
        (unit,) = plan(source)
        Path("a.txt").unlink()
        part = count_shard(unit, SKIPPING)
        assert part.rejections.number == 1
        assert part.groups["und"].documents == 1
        assert "'a.txt' cannot be read: No such file" in str(kinds_and_places(part))

    def test_what_is_wrong_with_a_whole_file_is_said_once(self) -> None:
        write(Path("a.jsonl"), as_jsonl())
        write(Path("b.txt"), b"one\n" * 99)
        pq.write_table(pa.table({"nope": ["a"] * 9}), "c.parquet", row_group_size=3)
        source = load_source(["a.jsonl", "b.txt", "c.parquet"], per_line=True).with_field("place")
        check_units(source, 100, [], replace(SKIPPING, by="place"))

    def test_large_file_that_is_no_text_is_left_out(self) -> None:
        names = [write(Path("a.txt"), b"x\n"), write(Path("b.txt"), b"\0" * 999)]
        check_units(load_source(names, per_line=True), 100, [])

    def test_large_parquet_that_is_damaged_is_left_out(self) -> None:
        names = [write(Path("a.txt"), b"x\n"), write(Path("b.parquet"), b"PAR1" * 999)]
        check_units(load_source(names, per_line=True), 100, [])
