"""A record that is larger than a record may be is named and skipped, in every format."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from tests.command import invoke
from tests.files import PACK
from tests.small_chunks import cut_small
from tokcompare import ArgumentError, RecordError, compare, load_source
from tokcompare.text import pieces_of

LARGE = "x" * 5_000
TEXTS = ["one", LARGE, "two", "three"]
REASON = "it has more than 2 KB, the largest size that a record may have; --max-record sets another"


def _jsonl() -> bytes:
    return "".join(json.dumps({"text": text}) + "\n" for text in TEXTS).encode()


def _table(texts: list[str]) -> pa.Table:
    return pa.table({"text": texts})


def _parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(_table(TEXTS), stream)
    return stream.getvalue()


def _arrow() -> bytes:
    stream = io.BytesIO()
    feather.write_feather(_table(TEXTS), stream)
    return stream.getvalue()


FILES = {
    "a.txt": lambda: "\n".join(TEXTS).encode(),
    "a.jsonl": _jsonl,
    "a.json": lambda: json.dumps([{"text": text} for text in TEXTS], indent=1).encode(),
    "a.csv": lambda: ("text,n\n" + "".join(f"{text},1\n" for text in TEXTS)).encode(),
    "b.csv": lambda: ("text,n\n" + "".join(f'"{text}",1\n' for text in TEXTS)).encode(),
    "c.csv": lambda: ("text,n\n" + "".join(f'"{text}\n",1\n' for text in TEXTS)).encode(),
    "a.tsv": lambda: ("text\tn\n" + "".join(f"{text}\t1\n" for text in TEXTS)).encode(),
    "a.parquet": _parquet,
    "a.arrow": _arrow,
}


@pytest.fixture(params=FILES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    name: str = request.param
    path = tmp_path / name
    path.write_bytes(FILES[name]())
    return path


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("size", [None, 500])
def test_others_are_counted(
    path: Path, jobs: int, size: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if size is not None:
        cut_small(monkeypatch, size)
    source = load_source(path, per_line=path.suffix == ".txt", max_record=2_000)
    result = compare(source, encodings=["cl100k_base"], jobs=jobs, on_error="skip")
    assert result.total.documents == 3
    assert result.rejections.number == 1
    assert REASON in str(result.rejections.first[0])


def test_is_an_error(path: Path) -> None:
    source = load_source(path, per_line=path.suffix == ".txt", max_record="2KB")
    with pytest.raises(RecordError, match="more than 2 KB"):
        compare(source, encodings=["cl100k_base"])


@pytest.mark.parametrize("suffix", [suffix for suffix in PACK if suffix])
def test_compressed(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(PACK[suffix](_jsonl()))
    result = compare(load_source(path, max_record=2_000), on_error="skip")
    assert (result.total.documents, result.rejections.number) == (3, 1)


def test_a_quotation_mark_that_is_never_closed(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('text,n\nok,1\n"open,1\n' + "some words\n" * 3_000)
    source = load_source(path, quoting="minimal", max_record=2_000)
    result = compare(source, on_error="skip")
    assert result.total.documents == 1
    assert result.rejections.number == 1
    assert result.rejections.extent.lines == 3_001


class TestPlainText:
    """A text may have any size, as long as it can be cut."""

    @pytest.mark.parametrize("text", ["some words " * 5_000, "你好。" * 5_000, "a\n" * 9_000])
    def test_can_be_cut(self, text: str, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_text(text, encoding="utf-8")
        result = compare(load_source(path, max_record=2_000))
        assert result.total.documents == 1
        assert result.total.characters == len(text)
        assert result.total.tokens == compare([text]).total.tokens

    def test_cannot_be_cut(self, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_text(f"some words {LARGE} more words")
        with pytest.raises(RecordError, match="more than 2 KB"):
            compare(load_source(path, max_record=2_000))

    def test_pieces_are_well_below_the_limit(self) -> None:
        pieces = [*pieces_of("some words " * 5_000, may_cut=True, longest=2_000)]
        assert max(map(len, pieces)) < 600


@pytest.mark.parametrize(
    "arguments",
    [["report"], ["cost"], ["context"], ["count"], ["count", "--json"]],
    ids=" ".join,
)
def test_commands(arguments: list[str], tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(LARGE)
    result = invoke(*arguments, str(path), "--max-record", "2KB")
    assert result.exit_code == 1
    assert str(path) in result.stderr
    assert "it has more than 2 KB" in result.stderr
    assert invoke(*arguments, str(path)).exit_code == 0


def test_estimate() -> None:
    result = invoke("estimate", "--max-record", "2KB", stdin=LARGE.encode())
    assert result.exit_code == 1
    assert "it has more than 2 KB" in result.stderr


class TestSize:
    @pytest.mark.parametrize("size", [1, "1", "10 MB", "1gb", "2_000".replace("_", "")])
    def test_accepted(self, size: int | str) -> None:
        load_source("udhr", max_record=size)

    @pytest.mark.parametrize("size", [0, -1, "", "MB", "1.5MB", "1TB", True, None, 2.0])
    def test_refused(self, size: object) -> None:
        with pytest.raises(ArgumentError, match="such as '256MB', not "):
            load_source("udhr", max_record=size)  # type: ignore[arg-type]

    def test_refused_by_the_command(self) -> None:
        result = invoke("report", "--max-record", "much")
        assert result.exit_code in (1, 2)
        assert "such as '256MB', not 'much'" in result.stderr
