"""A file that changes while it is counted is an error, and never a mixture of two files."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from click.testing import CliRunner
from pyarrow import feather

from tests.files import PACK, PAIRS, as_csv, as_jsonl, as_parquet, write
from tests.platforms import posix_only
from tests.small_chunks import cut_small
from tokcompare import SourceError, compare, load_source, text
from tokcompare.cli import main
from tokcompare.comparison.question import prepare
from tokcompare.counting.parallel import local
from tokcompare.counting.parallel.local import ProgressUpdate
from tokcompare.counting.parallel.plan import count_shard, plan
from tokcompare.counting.parts import add_parts, count_chunk
from tokcompare.files import FileState
from tokcompare.pricing.volumes import read_volumes
from tokcompare.sources.compression import CheckedStream
from tokcompare.sources.formats import delimited
from tokcompare.sources.storage import stored_file

pytestmark = posix_only  # elsewhere, an open file cannot be replaced


@pytest.fixture(autouse=True)
def _work_in_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def as_arrow(path: Path) -> str:
    table = pa.table({"text": [content for content, _ in PAIRS], "language": [c for _, c in PAIRS]})
    feather.write_feather(table, path, chunksize=5)
    return str(path)


MAKE: dict[str, Callable[[], str]] = {
    "jsonl": lambda: write(Path("a.jsonl"), as_jsonl()),
    "jsonl.gz": lambda: write(Path("a.jsonl.gz"), gzip.compress(as_jsonl())),
    "csv": lambda: write(Path("a.csv"), as_csv()),
    "csv.xz": lambda: write(Path("a.csv.xz"), PACK[".xz"](as_csv())),
    "txt": lambda: write(Path("a.txt"), b"one two\n" * 9_000),
    "parquet": lambda: as_parquet(Path("a.parquet")),
    "arrow": lambda: as_arrow(Path("a.arrow")),
}


def rename_over(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


def grow(path: Path) -> None:
    with path.open("ab") as stream:
        stream.write(b'{"text": "more"}\n')


def shorten(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def write_in_place(path: Path) -> None:
    """Writes other content of the same size, and sets the time of modification back."""
    status = path.stat()
    with path.open("r+b") as stream:
        stream.write(stream.read(1))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


CHANGES = {
    rename_over: "it was replaced by another file",
    grow: r"it grew, from [\d,]+ to [\d,]+ bytes",
    shorten: r"it became shorter, from [\d,]+ to [\d,]+ bytes",
    write_in_place: "it was modified",
    Path.unlink: "it was replaced by another file, or deleted|cannot be read: No such file",
}


QUICK: dict[str, Any] = {"engine": "tiktoken", "encodings": "cl100k_base"}


class ChangeAfter:
    """Progress that changes a file after some steps, once."""

    def __init__(self, steps: int, change: Callable[[Path], None], path: str) -> None:
        self.left, self.change, self.path = steps, change, Path(path)

    def __call__(self, advance: ProgressUpdate) -> None:
        self.left -= 1
        if self.left == 0:
            self.change(self.path)


@pytest.mark.parametrize("on_error", ["stop", "skip"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("name", MAKE)
def test_change_in_the_middle(
    name: str, change: Callable[[Path], None], on_error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = MAKE[name]()
    cut_small(monkeypatch, 1_000)
    for name in ("CHUNK_SIZE", "SAMPLE"):
        monkeypatch.setattr(delimited, name, 1_000)
    monkeypatch.setattr(text.cut, "__kwdefaults__", {"length": 1_000})
    if change is Path.unlink and on_error == "skip":
        return  # a file that is not there is one that cannot be read
    with pytest.raises(SourceError, match=CHANGES[change]) as raised:
        compare(
            load_source(path),
            jobs=1,
            on_error=on_error,
            progress=ChangeAfter(2, change, path),
            **QUICK,
        )
    assert repr(path) in str(raised.value)
    if "changed while" in str(raised.value):
        assert "or count a copy" in str(raised.value)


@pytest.mark.parametrize("jobs", [1, 2])
def test_file_behind_the_one_that_is_counted(jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch, 1_000)
    names = [MAKE["jsonl"](), write(Path("b.jsonl"), as_jsonl())]
    progress = ChangeAfter(1, grow, "b.jsonl")
    with pytest.raises(SourceError, match=r"'b.jsonl' changed while it was counted: it grew"):
        compare(load_source(names), jobs=jobs, progress=progress, **QUICK)


@pytest.mark.parametrize("name", MAKE)
def test_reading_changes_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch, 1_000)
    path = MAKE[name]()
    before = stored_file(path).state()
    expected = compare(load_source(path), **QUICK).to_dict()

    def read(path: Path) -> None:
        path.read_bytes()

    others = ChangeAfter(2, read, path)
    assert compare(load_source(path), progress=others, **QUICK).to_dict() == expected
    assert stored_file(path).state() == before


@pytest.mark.parametrize(
    "command", [["report"], ["cost"], ["context"], ["report", "--by", "source"]], ids=" ".join
)
@pytest.mark.parametrize("option", [[], ["--on-error", "skip"]], ids=["stop", "skip"])
def test_each_command(
    command: list[str], option: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = MAKE["jsonl"]()

    def count(*arguments: Any) -> Any:
        grow(Path(path))
        return count_chunk(*arguments)

    monkeypatch.setattr(local, "count_chunk", count)
    monkeypatch.setattr(local, "_RANGE", 4_000)
    result = CliRunner().invoke(main, [*command, path, *option])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"Error: {path!r} changed while it was counted: it grew" in result.stderr


def test_iteration_over_a_source() -> None:
    path = write(Path("a.txt"), b"one\ntwo\n")
    documents: Iterator[Any] = iter(load_source(path, per_line=True))
    assert next(documents).text == "one"
    grow(Path(path))
    with pytest.raises(SourceError, match="changed while it was counted: it grew"):
        list(documents)


def test_volumes(monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(Path("a.csv"), b"language,characters\nen,5\n")

    class Growing(CheckedStream):
        def readinto(self, buffer: Any) -> int:
            grow(Path(path))
            return super().readinto(buffer)

    monkeypatch.setattr("tokcompare.sources.streams.CheckedStream", Growing)
    with pytest.raises(SourceError, match=r"'a\.csv' changed while it was counted: it grew"):
        read_volumes(path)


class TestShards:
    """Another machine may see the same file as another inode of another device."""

    @pytest.mark.parametrize("name", ["jsonl", "parquet", "jsonl.gz"])
    def test_file_that_is_the_same_by_size_and_time(self, name: str) -> None:
        path = Path(MAKE[name]())
        spec = prepare(encodings="cl100k_base").spec
        shards = plan(load_source(str(path)), size=4_000)
        status = path.stat()
        rename_over(path)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert path.stat().st_ino != status.st_ino
        part = add_parts(count_shard(shard, spec) for shard in shards)
        assert sum(counts.documents for counts in part.groups.values()) == len(PAIRS)

    @pytest.mark.parametrize("name", ["jsonl", "parquet", "jsonl.gz"])
    @pytest.mark.parametrize("on_error", ["stop", "skip"])
    def test_changed_file(self, name: str, on_error: str) -> None:
        path = Path(MAKE[name]())
        spec = prepare(encodings="cl100k_base", on_error=on_error).spec
        shards = plan(load_source(str(path)), size=4_000)
        status = path.stat()
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
        with pytest.raises(SourceError, match="changed while it was counted: it was modified"):
            count_shard(shards[-1], spec)
        grow(path)
        with pytest.raises(SourceError, match="changed while it was counted: it grew"):
            count_shard(shards[0], spec)


class TestState:
    STATE = FileState(size=5, version=7, identity=(1, 2), changed=8)

    def test_no_change(self) -> None:
        assert self.STATE.change(self.STATE) == ""
        assert self.STATE.change(self.STATE.anywhere) == ""
        assert self.STATE.anywhere.change(replace(self.STATE, identity=(3, 4), changed=9)) == ""

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"identity": (1, 3)}, "it was replaced by another file"),
            ({"identity": (3, 2)}, "it was replaced by another file"),
            ({"size": 1234}, "it grew, from 5 to 1,234 bytes"),
            ({"size": 4}, "it became shorter, from 5 to 4 bytes"),
            ({"version": 6}, "it was modified"),
            ({"changed": 9}, "it was modified, or its links or permissions were"),
            ({"is_deleted": True}, "it was replaced by another file, or deleted"),
        ],
    )
    def test_change(self, change: dict[str, Any], message: str) -> None:
        assert self.STATE.change(replace(self.STATE, **change)) == message

    def test_what_has_no_state(self) -> None:
        os.mkfifo("pipe")
        for path in ("pipe", ".", "none", "-"):
            assert stored_file(path).state() is None
        assert (
            self.STATE.change(None)
            == "it is missing, cannot be read, or is no regular file any more"
        )


def test_remote_file(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = pytest.importorskip("fsspec").filesystem("memory")
    memory.pipe("/changes/a.jsonl", as_jsonl())
    shards = plan(load_source("memory://changes/a.jsonl"), size=4_000)
    spec = prepare(encodings="cl100k_base").spec
    assert len(shards) > 1
    count_shard(shards[0], spec)
    memory.pipe("/changes/a.jsonl", as_jsonl() + b'{"text": "more"}\n')
    with pytest.raises(SourceError, match=r"a\.jsonl' changed while it was counted: it grew"):
        count_shard(shards[-1], spec)
    memory.rm("/changes", recursive=True)
