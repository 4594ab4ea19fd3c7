"""Read + skipped = all, in lines and in bytes, for every format, however a file is damaged."""

from __future__ import annotations

import bz2
import codecs
import json
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.command import invoke
from tests.files import PACK, zstd
from tests.small_chunks import cut_small
from tests.strategies import examples
from tokcompare import Part, SourceError, compare, load_source
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.parts import add_parts, count_chunk
from tokcompare.counting.spec import CountSpec
from tokcompare.encodings import load_encodings
from tokcompare.sources.chunks import FileRange, split_file
from tokcompare.sources.compression import COMPRESSIONS
from tokcompare.sources.rejections import Extent
from tokcompare.sources.source import Source

SPEC = CountSpec(
    counter=DocumentCounter(encodings=tuple(load_encodings("o200k_base"))), stop_on_error=False
)
ROW = b'{"text": "a b", "language": "gu"}'
SEEDS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "text": (b"one\r\ntwo \xe0\xaa\x95\n" * 9, {}),
    "lines": (b"one\r\ntwo \xe0\xaa\x95\n" * 9, {"input_format": "text", "per_line": True}),
    "jsonl": (b"\n".join([ROW, b"[1]", ROW, b"", b"{", ROW]) * 4, {}),
    "json": (b"[" + b",\n".join([ROW, b"[1]", b'{\n "text": "c"\n}', ROW]) + b"]\n", {}),
    "csv": (b'text,language\n"a\nb",gu\nc\n"d ""e""",hi\n' + b"f,te\n" * 5, {}),
    "tsv": (b'text\tlanguage\n"a\tgu\nb\nc\thi"\n' + b"d\tte\n" * 5, {}),
    "quoted": (b'text\tlanguage\n"a\tgu\nb\thi"\n', {"input_format": "tsv", "quoting": "minimal"}),
}
MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, *(each.magic for each in COMPRESSIONS.values()))
"""The beginnings of files whose text has other lines and bytes than the file."""

law = settings(
    max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def read(source: Source) -> Part:
    """Counts a source as one range a file, as a worker does."""
    parts = [count_chunk(FileRange(file=f, options=source.options), SPEC) for f in source.files]
    return add_parts(Part.from_json(part.to_json()) for part in parts)


def read_in_ranges(source: Source, size: int, length: int) -> Part:
    (file,) = source.files
    ranges = split_file(file, source.options, size, length)
    return add_parts(Part.from_json(count_chunk(one, SPEC).to_json()) for one in ranges)


@st.composite
def damaged(draw: st.DrawFn, seed: bytes) -> bytes:
    content = bytearray(seed)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 6)))
        some = st.sampled_from([b'"', b"\n", b",", b"\t", b"{", b"]", b"\xff", b"\0", b"\r\n", b""])
        content[start:end] = draw(some | st.binary(max_size=4))
    return bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("size", [7, 1 << 19])
class TestReadAndSkippedAreAll:
    @law
    @given(data=st.data())
    def test_damaged_file(self, name: str, size: int, data: st.DataObject, tmp_path: Path) -> None:
        seed, options = SEEDS[name]
        content = data.draw(damaged(seed))
        assume(not content.startswith(MARKS))
        path = tmp_path / f"a.{name}"
        path.write_bytes(content)
        whole = Extent.of(content.removeprefix(codecs.BOM_UTF8))
        with pytest.MonkeyPatch.context() as patch:
            cut_small(patch, size)
            source = load_source(path, **options)
            part = read(source)
            assert part.read + part.rejections.extent == whole
            parts = read_in_ranges(source, len(content), 11)
            assert parts.read + parts.rejections.extent == whole
            assert parts.rejections.number == part.rejections.number
            # A run that stops at the first error finds one if, and only if, something is skipped.
            if part.rejections.number:
                with pytest.raises(SourceError):
                    compare(source, encodings="o200k_base", jobs=1)
            else:
                assert part.rejections.extent == Extent()

    @law
    @given(data=st.data(), suffix=st.sampled_from(list(PACK)))
    def test_archive_cut_short(
        self, name: str, size: int, data: st.DataObject, suffix: str, tmp_path: Path
    ) -> None:
        seed, options = SEEDS[name]
        packed = PACK[suffix](seed * 3)
        packed = packed[: data.draw(st.integers(13, len(packed)))]
        path = tmp_path / f"a.{name}{suffix}"
        path.write_bytes(packed)
        with pytest.MonkeyPatch.context() as patch:
            cut_small(patch, size)
            part = read(load_source(path, **options))
        assert part.read + part.rejections.extent == Extent.of(UNPACK[suffix](packed))


UNPACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda packed: zlib.decompressobj(31).decompress(packed),
    ".zst": lambda packed: zstd.ZstdDecompressor().decompress(packed),
    ".bz2": lambda packed: bz2.BZ2Decompressor().decompress(packed),
    ".xz": lambda packed: lzma.LZMADecompressor().decompress(packed),
}


def reject(path: Path, content: bytes, **options: Any) -> tuple[int, int, int, int]:
    """Returns the documents, and the records, lines and bytes that are skipped."""
    path.write_bytes(content)
    found = compare(load_source(path, **options), encodings="o200k_base", on_error="skip")
    skipped = found.rejections
    assert found.to_dict()["rejected_lines"] == skipped.lines
    assert found.to_dict()["rejected_bytes"] == skipped.bytes
    return found.total.documents, skipped.number, skipped.lines, skipped.bytes


def test_what_is_skipped_is_counted(tmp_path: Path) -> None:
    good = b'{"text": "a"}\n'
    assert reject(tmp_path / "a.jsonl", good + b"{x}\n" + good + b"{y") == (2, 2, 2, 6)
    assert reject(tmp_path / "a.csv", b"text,n\na,1\nb\nc,2,3\nd,4\n") == (2, 2, 2, 8)
    assert reject(tmp_path / "b.csv", b'text,n\na,1\n"b\nc"\nd,4\n') == (2, 1, 2, 6)
    assert reject(tmp_path / "a.tsv", b"text\tn\na\t1\nb\n") == (1, 1, 1, 2)
    assert reject(tmp_path / "a.txt", b"a\n\xff\nb\n", per_line=True) == (2, 1, 1, 2)
    assert reject(tmp_path / "b.txt", b"a\n\xff\nb\n") == (0, 1, 3, 6)
    assert reject(tmp_path / "c.txt", b"a\n\0\nb") == (0, 1, 3, 5)
    long_line = b"a " * (3 << 20) + b"\xff\r\n"
    skipped = (2, 1, 1, len(long_line))
    assert reject(tmp_path / "d.txt", b"a\n" + long_line + b"b\n", per_line=True) == skipped
    assert reject(tmp_path / "e.txt", b"a\n" + long_line) == (0, 1, 2, 2 + len(long_line))
    assert reject(tmp_path / "a.json", b'[{"text": "a"},\n{"text": 5},\n{"text": "b"}]') == (
        *(2, 1),
        *(1, 13),
    )
    no_text = b"id,name\n1,a\n2,b\n"
    assert reject(tmp_path / "c.csv", no_text) == (0, 1, 3, len(no_text))


def test_rows_of_parquet_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    texts = ["one", None, "two", None] * 50
    pq.write_table(pa.table({"text": texts}), path, row_group_size=20, write_page_checksum=True)
    part = read(load_source(path))
    assert (part.read.lines, part.rejections.lines) == (100, 100)
    assert (part.read.size, part.rejections.bytes) == (3 * 100, 0)
    content = bytearray(path.read_bytes())
    content[content.index(b"two")] ^= 1
    path.write_bytes(content)
    part = read(load_source(path))
    assert part.read.lines + part.rejections.lines == 200
    assert part.rejections.bytes > 0
    path.write_bytes(b"no parquet")
    assert read(load_source(path)).rejections.extent == Extent(0, 10)


@pytest.mark.parametrize("command", ["report", "cost", "context"])
def test_json_says_how_much_is_skipped(command: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a", "language": "en"}\n{\n{}\n')
    result = invoke(command, str(path), "--on-error", "skip", "-f", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [found[key] for key in ("rejected", "rejected_lines", "rejected_bytes")] == [2, 2, 5]
    assert "2 records or files could not be read and are not counted (2 lines, 5 bytes)." in (
        result.stderr
    )
    assert "does not include the skipped input: 2 lines, 5 bytes." in result.stderr


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_bytes_of_rows_do_not_depend_on_how_they_are_cut(rows: int, tmp_path: Path) -> None:
    texts = pa.array([b"a", b"\xff\xff", "\u0a95".encode(), b""] * 9).cast(pa.binary())
    table = pa.table({"text": texts.view(pa.string())})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, row_group_size=rows)
    source = load_source(path)
    whole = read(source)
    assert whole.rejections.extent == Extent(9, 18)
    assert whole.read == Extent(27, 36)
    parts = read_in_ranges(source, 1000, 100)
    assert (parts.read, parts.rejections.extent) == (whole.read, whole.rejections.extent)
