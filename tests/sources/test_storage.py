"""Files at URLs are read and counted as local files are."""

from __future__ import annotations

import gzip
import http.server
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from tests.platforms import needs_links, posix_only
from tokcompare import CheckpointError, Comparison, SourceError, compare, load_source
from tokcompare.cli import main
from tokcompare.sources.paths import format_of_path
from tokcompare.sources.storage import stored_file

fsspec: Any = pytest.importorskip("fsspec")

RECORDS = [
    {"text": "Hello, world!", "language": "en", "field": "x"},
    {"text": "હેલો, દુનિયા!", "language": "gu", "field": "y"},
    {"text": "你好, 世界!", "language": "zh", "field": "x"},
]
LINES = "".join(json.dumps(record) + "\n" for record in RECORDS).encode()


def as_parquet() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(RECORDS), stream, row_group_size=1)
    return stream.getvalue()


FILES = {
    "a.jsonl": LINES,
    "b.jsonl": LINES[:-1] + b"\n" + LINES,
    "c.csv": b"text,language\nHello,en\n",
    "d.parquet": as_parquet(),
    "e.jsonl.gz": gzip.compress(LINES),
    "sub/f.txt": b"plain text",
}
"""The files that each storage (memory, disk, HTTP server) holds."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "bucket" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "bucket"


@pytest.fixture
def memory() -> Iterator[Any]:
    system = fsspec.filesystem("memory")
    system.pipe({f"/bucket/{name}": content for name, content in FILES.items()})
    yield system
    # The whole process shares one.
    system.store.clear()
    system.pseudo_dirs[:] = [""]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None: ...


@pytest.fixture
def server(folder: Path) -> Iterator[str]:
    """The URL of an HTTP server that serves the folder."""
    pytest.importorskip("aiohttp")
    handler = partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def report(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["report", "-f", "json", *arguments])


def groups(comparison: Comparison) -> dict[str, int]:
    return {row.group: row.counts.documents for row in comparison.rows}


def assert_same(url: str | list[str], path: Path | list[Path], **options: Any) -> Comparison:
    """Asserts that URL and path give the same counts, and returns the comparison."""
    there = compare(load_source(url, **options), on_error="skip")
    here = compare(load_source(path, **options), on_error="skip")
    assert here.total.documents > 0
    assert [(row.group, row.counts) for row in there.rows] == [
        (row.group, row.counts) for row in here.rows
    ]
    assert there.rejections.number == here.rejections.number == 0
    return there


class TestInMemory:
    @pytest.fixture(autouse=True)
    def _files(self, memory: Any) -> None: ...

    @pytest.mark.parametrize("name", FILES)
    def test_every_format(self, name: str, folder: Path) -> None:
        assert_same(f"memory://bucket/{name}", folder / name)

    def test_another_format_and_other_fields(self, memory: Any, tmp_path: Path) -> None:
        content = b'{"body": "Hello", "lang": "en"}\n'
        memory.pipe("/bucket/x", content)
        (tmp_path / "x").write_bytes(content)
        options = {"text_field": "body", "language_field": "lang", "input_format": "jsonl"}
        assert groups(assert_same("memory://bucket/x", tmp_path / "x", **options)) == {"en": 1}

    def test_glob_is_sorted(self, memory: Any, folder: Path) -> None:
        memory.pipe("/bucket/0.jsonl", LINES)  # the last that was written, and the first by name
        (folder / "0.jsonl").write_bytes(LINES)
        source = load_source("memory://bucket/*.jsonl")
        names = [file.name.rpartition("/")[2] for file in source.files]
        assert names == ["0.jsonl", "a.jsonl", "b.jsonl"]
        assert_same("memory://bucket/*.jsonl", folder / "*.jsonl")

    def test_glob_through_folders(self, folder: Path) -> None:
        assert_same("memory://bucket/**/*.txt", folder / "**/*.txt")

    @pytest.mark.parametrize("url", ["memory://bucket", "memory://bucket/"])
    def test_folder(self, url: str, folder: Path) -> None:
        assert_same(url, folder)

    def test_language_from_path(self, memory: Any) -> None:
        memory.pipe("/corpus/gu/a.txt", "હેલો".encode())
        source = load_source("memory://corpus", language_from_path=True)
        assert groups(compare(source)) == {"gu": 1}

    def test_by_source(self) -> None:
        comparison = compare(load_source("memory://bucket/a.jsonl"), by="source")
        assert groups(comparison) == {"memory://bucket/a.jsonl": 3}
        result = report("memory://bucket/*.jsonl", "--by", "source")
        (first, second) = json.loads(result.stdout)["rows"]
        assert first["group"].startswith("memory://")
        assert second["group"].endswith("/bucket/b.jsonl")

    def test_by_field(self) -> None:
        source = load_source(["memory://bucket/a.jsonl", "memory://bucket/d.parquet"])
        assert groups(compare(source, by="field")) == {"x": 4, "y": 2}

    def test_together_with_local_files(self, folder: Path) -> None:
        names = ["gpt-4o", str(folder / "a.jsonl"), "memory://bucket/a.jsonl"]
        assert groups(compare(load_source(names)))["gu"] == 3

    def test_url_given_twice_is_read_once(self) -> None:
        result = report("memory://bucket/a.jsonl", "memory://bucket/a.jsonl")
        assert "Note: 'memory://bucket/a.jsonl' was given twice and is read once." in result.stderr
        assert sum(row["documents"] for row in json.loads(result.stdout)["rows"]) == 3

    def test_url_given_alone_and_by_a_glob_is_read_once(self) -> None:
        source = load_source(["memory://bucket/b.jsonl", "memory://bucket/*.jsonl"])
        assert len(source.files) == 2

    def test_name_with_the_characters_of_a_glob(self, memory: Any) -> None:
        memory.pipe("/bucket/x[1].jsonl", LINES)
        assert compare(load_source("memory://bucket/x[1].jsonl")).total.documents == 3

    @pytest.mark.slow
    def test_on_many_threads(self, memory: Any) -> None:
        memory.pipe("/bucket/large.jsonl", LINES * 1_000)
        urls = ["memory://bucket/large.jsonl", "memory://bucket/d.parquet"]
        expected = compare([record["text"] for record in RECORDS] * 1_001)
        # Naming an engine makes even small input use threads.
        comparison = compare(load_source(urls), engine="fastokens", jobs=2)
        assert comparison.total.sums == expected.total.sums

    def test_unreadable_files(self, memory: Any) -> None:
        memory.pipe("/bucket/bad.jsonl", LINES + b"\xff\n" + LINES)
        memory.pipe("/bucket/bad.txt.gz", gzip.compress(b"text" * 1000)[:-9])
        memory.pipe("/bucket/bad.parquet", b"PAR1 and no more")
        result = report("memory://bucket/bad.jsonl")
        assert (result.exit_code, result.stdout) == (1, "")
        place = f"'memory://bucket/bad.jsonl', line 4, byte {len(LINES)}: invalid UTF-8"
        assert place in result.stderr
        result = report("memory://bucket/bad*", "--on-error", "skip")
        parsed = json.loads(result.stdout)
        assert (result.exit_code, parsed["rejected"]) == (1, 3)
        assert sum(row["documents"] for row in parsed["rows"]) == 6

    def test_deleted_file(self, memory: Any) -> None:
        source = load_source("memory://bucket/a.jsonl")
        memory.rm("/bucket/a.jsonl")
        with pytest.raises(SourceError, match=r"'memory://bucket/a\.jsonl' cannot be read: there"):
            compare(source)


class TestOnDisk:
    @pytest.mark.parametrize("name", FILES)
    def test_every_format(self, name: str, folder: Path) -> None:
        assert_same(f"file://{folder}/{name}", folder / name)

    def test_folder_and_glob(self, folder: Path) -> None:
        assert_same(f"file://{folder}", folder)
        assert_same(f"file://{folder}/*.jsonl", folder / "*.jsonl")

    @pytest.mark.parametrize(
        "name",
        [
            "a.jsonl",
            "*.jsonl",
        ],
    )
    def test_inside_an_archive(self, name: str, folder: Path, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
            for path, content in FILES.items():
                archive.writestr(path, content)
        url = f"zip://{name}::file://{tmp_path}/a.zip"
        assert_same(url, folder / name, input_format="jsonl")

    @pytest.mark.parametrize(
        "url", ["zip://a.jsonl::file:///a.zip", "https://host/a.jsonl?download=true"]
    )
    def test_format_depends_on_the_suffix_of_the_file(self, url: str) -> None:
        assert format_of_path(url) == "jsonl"

    def test_cached_locally(self, folder: Path) -> None:
        assert_same(f"simplecache::file://{folder}/*.jsonl", folder / "*.jsonl")

    def test_same_file_by_its_path_is_read_once(self, folder: Path) -> None:
        source = load_source([f"file://{folder}/a.jsonl", folder / "a.jsonl"])
        assert len(source.files) == 1

    def test_checkpoint(self, folder: Path, tmp_path: Path, monkeypatch: Any) -> None:
        monkeypatch.setattr("tokcompare.counting.parallel.checkpoint.EVERY", 1)
        urls = [f"file://{folder}/{name}" for name in ("a.jsonl", "b.jsonl", "d.parquet")]
        expected = compare(load_source(urls))
        path = tmp_path / "checkpoint.json"

        class KilledError(Exception):
            pass

        def kill(advance: Any) -> None:
            if advance.documents > 3:
                raise KilledError

        with pytest.raises(KilledError):
            compare(load_source(urls), checkpoint=path, progress=kill)
        assert path.exists()
        # The second run starts from the checkpoint.
        comparison = compare(load_source(urls), checkpoint=path)
        assert comparison == expected

    def test_checkpoint_of_a_changed_file(
        self, folder: Path, tmp_path: Path, monkeypatch: Any
    ) -> None:
        monkeypatch.setattr("tokcompare.counting.parallel.checkpoint.EVERY", 1)
        source = load_source([f"file://{folder}/a.jsonl", f"file://{folder}/b.jsonl"])
        path = tmp_path / "checkpoint.json"

        def kill(advance: Any) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            compare(source, checkpoint=path, progress=kill)
        (folder / "a.jsonl").write_bytes(LINES + LINES)
        with pytest.raises(CheckpointError, match="has changed since the checkpoint was written"):
            compare(source, checkpoint=path)


class TestBehindAServer:
    @pytest.mark.parametrize("name", FILES)
    def test_every_format(self, name: str, server: str, folder: Path) -> None:
        assert_same(f"{server}/{name}", folder / name)

    def test_query(self, server: str, folder: Path) -> None:
        url = f"{server}/a.jsonl?download=true"
        assert_same(url, folder / "a.jsonl", input_format="jsonl")

    def test_missing(self, server: str) -> None:
        with pytest.raises(SourceError, match=rf"^'{server}/none\.txt' cannot be read: there is"):
            load_source(f"{server}/none.txt")

    def test_connection_refused(self, server: str) -> None:
        # No server listens on port 1.
        with pytest.raises(SourceError, match=r"^'http://127\.0\.0\.1:1/a\.txt' cannot be read: "):
            compare(load_source("http://127.0.0.1:1/a.txt"))


class TestRefused:
    def message(self, url: str) -> str:
        result = report(url)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: ")
        assert len(result.stderr.splitlines()) == 1
        return result.stderr

    @pytest.mark.parametrize("url", ["memory://nowhere/a.jsonl", "file:///nowhere/a.jsonl"])
    def test_missing(self, url: str) -> None:
        assert self.message(url) == f"Error: {url!r} cannot be read: there is no such file.\n"

    @pytest.mark.usefixtures("memory")
    def test_glob_without_a_match(self) -> None:
        message = self.message("memory://bucket/*.none")
        assert message == "Error: No file matches 'memory://bucket/*.none'.\n"

    def test_unknown_protocol(self) -> None:
        message = self.message("nope://bucket/a.jsonl")
        assert (
            message == "Error: 'nope://bucket/a.jsonl' cannot be read: Protocol not known: nope.\n"
        )

    @pytest.mark.parametrize(
        ("url", "package"), [("s3://bucket/a.jsonl", "s3fs"), ("gs://bucket/*.parquet", "gcsfs")]
    )
    def test_missing_package_of_a_protocol(
        self, url: str, package: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, package, None)
        message = self.message(url)
        assert f"{url!r} cannot be read: " in message
        assert f"nstall {package}" in message

    def test_fsspec_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] == "fsspec"]:
            monkeypatch.setitem(sys.modules, name, None)
        message = self.message("s3://bucket/a.jsonl")
        assert "'s3://bucket/a.jsonl'" in message
        assert "pip install 'tokcompare[remote]'" in message


@pytest.mark.slow
def test_fsspec_is_imported_only_for_urls(folder: Path) -> None:
    code = (
        "import sys; from tokcompare.cli import main\n"
        "assert 'fsspec' not in sys.modules\n"
        "main(['report', *sys.argv[1:], '-o', 'report.txt'], standalone_mode=False)\n"
        "print('fsspec' in sys.modules)"
    )
    for names, expected in [
        (["gpt-4o", "a.jsonl", "d.parquet"], b"False\n"),
        ([f"file://{folder}/a.jsonl"], b"True\n"),
    ]:
        command = [sys.executable, "-c", code, *names]
        process = subprocess.run(command, capture_output=True, check=True, cwd=folder)
        assert process.stdout == expected


class TestStoredFile:
    """Local files, URLs and standard input have the same methods."""

    def test_size(self, memory: Any, tmp_path: Path) -> None:
        assert stored_file("memory://bucket/a.jsonl").size() == len(LINES)
        assert stored_file("memory://bucket/none.jsonl").size() is None
        (tmp_path / "a").write_bytes(LINES)
        assert stored_file(str(tmp_path / "a")).size() == len(LINES)
        for name in (str(tmp_path / "none"), str(tmp_path), "a\0b", "-"):
            assert stored_file(name).size() is None

    def test_state_changes_with_the_file(self, memory: Any, tmp_path: Path) -> None:
        path = tmp_path / "a"
        path.write_bytes(LINES)
        for name in (str(path), f"file://{path}"):
            path.write_bytes(LINES)
            before = stored_file(name).state()
            assert before is not None
            assert stored_file(name).state() == before
            path.write_bytes(LINES * 2)
            assert stored_file(name).state() not in (before, None)

    @posix_only
    def test_pipe_has_neither_size_nor_state(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        pipe = stored_file(str(tmp_path / "pipe"))
        assert (pipe.size(), pipe.state(), stored_file("-").state()) == (None, None, None)

    @needs_links
    def test_identity(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        path, other, link = (tmp_path / name for name in ("a", "b", "link"))
        path.write_bytes(LINES)
        other.write_bytes(LINES)
        link.symlink_to("a")
        identity = stored_file(str(path)).identity()
        for name in (str(link), f"file://{path}", f"{tmp_path}/../{tmp_path.name}/a"):
            assert stored_file(name).identity() == identity
        assert stored_file(str(other)).identity() != identity
        with path.open() as redirected:
            monkeypatch.setattr(sys, "stdin", redirected)
            assert stored_file("-").identity() == identity
        monkeypatch.setattr(sys, "stdin", None)
        assert stored_file("-").identity() == "-"

    def test_absolute_path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert stored_file("a/../b").absolute_path == str(tmp_path / "b")
        for name in ("-", "memory://bucket/a.jsonl", "file://a"):
            assert stored_file(name).absolute_path == name

    def test_standard_input_stays_open(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LINES)))
        with stored_file("-").open() as stream:
            assert stream.read(1) == LINES[:1]
        assert sys.stdin.buffer.read() == LINES[1:]

    def test_checkpoint_of_a_deleted_file(self, memory: Any, tmp_path: Path) -> None:
        source = load_source("memory://bucket/a.jsonl")
        memory.rm("/bucket/a.jsonl")
        with pytest.raises(CheckpointError):
            compare(source, checkpoint=tmp_path / "checkpoint.json")
