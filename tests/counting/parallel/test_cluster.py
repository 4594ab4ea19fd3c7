"""A cluster of Dask's: the same numbers as on one machine, whatever happens to its workers."""

from __future__ import annotations

import gzip
import json
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from tests.formats import show
from tests.platforms import linux_only
from tokcompare import ArgumentError, Counts, SourceError, compare, load_source, prepare
from tokcompare.cli import main
from tokcompare.counting.parallel.local import ProgressUpdate
from tokcompare.counting.parallel.plan import Shard, count_shard, plan
from tokcompare.counting.spec import CountSpec
from tokcompare.encodings import EncodingLike
from tokcompare.errors import ClusterError

distributed: Any = pytest.importorskip("distributed", reason="needs tokcompare[dask]")
dask: Any = import_module("dask")
pytestmark = pytest.mark.slow

LANGUAGES = ("en", "gu", "de", "zh", "")
DASK = f"engine:dask {version('dask')}"
ENGINE = f"{DASK},fastokens {version('fastokens')}"


def start_cluster() -> Any:
    """Starts two worker processes, each with a thread."""
    return distributed.LocalCluster(
        # Any free port: another cluster may be running here.
        n_workers=2,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster of two worker processes, for tests that leave it as it was."""
    with start_cluster() as started:
        yield started


@pytest.fixture
def address(cluster: Any, tmp_path: Path) -> str:
    with distributed.Client(cluster) as client:
        client.run(os.chdir, str(tmp_path))
    address: str = cluster.scheduler_address
    return address


@pytest.fixture
def fragile_cluster(_small_units_in_folder: None) -> Iterator[Any]:
    """A cluster of its own for a test that kills workers."""
    # A worker holds no unit but the one that it counts, so that no other is lost with it.
    with (
        dask.config.set({"distributed.scheduler.worker-saturation": 1.0}),
        start_cluster() as started,
    ):
        yield started


@pytest.fixture(autouse=True)
def _small_units_in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Of files as small as these there would be one unit.
    monkeypatch.setattr("tokcompare.counting.parallel.cluster.LEAST_SHARD", 1 << 10)
    monkeypatch.chdir(tmp_path)


def pids_of(cluster: Any) -> dict[str, int]:
    with distributed.Client(cluster) as client:
        pids: dict[str, int] = client.run(os.getpid)
    return pids


def record(number: int) -> dict[str, Any]:
    language = LANGUAGES[number % len(LANGUAGES)]
    text = f"Hello {number}, હેલો, 你好! " * (1 + number % 7)
    return {"text": text, "language": language, "field": f"f{number % 3}"}


def write_json_lines(path: str, number: int = 1_000) -> str:
    lines = [json.dumps(record(place), ensure_ascii=False) for place in range(number)]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_parquet(path: str, texts: list[str | None] | None = None) -> str:
    records = [record(place) for place in range(len(texts) if texts else 600)]
    table = pa.table(
        {
            "text": texts or [record["text"] for record in records],
            "language": [record["language"] for record in records],
        }
    )
    pq.write_table(table, path, row_group_size=25)
    return path


def report(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["report", "-f", "json", *arguments], input=stdin)


def without_engine(text: str) -> str:
    return re.sub(r"\|engine:[^|]*", "", text)


def assert_same(address: str, *arguments: str) -> Result:
    """Asserts that a report is the same on the cluster and here, and returns it."""
    here, there = report(*arguments), report(*arguments, "--cluster", address)
    assert without_engine(there.stdout) == without_engine(here.stdout)
    assert (there.exit_code, there.stderr) == (here.exit_code, here.stderr)
    if there.stdout:
        # Metrics on words, graphemes and ids use the fast engine, too.
        assert f"|{ENGINE}|" in there.stdout
    return there


def units_on(address: str, path: str, **options: Any) -> int:
    """Returns in how many units a file is counted on the cluster."""
    advances: list[ProgressUpdate] = []
    compare(load_source(path, **options), cluster=address, progress=advances.append)
    assert advances[-1].text == pytest.approx(Path(path).stat().st_size, abs=len(advances))
    return len(advances)


class TestSameAsOnOneMachine:
    @pytest.mark.parametrize(
        "options",
        [
            (),
            ("-l", "gu", "-l", "en"),
            ("--by", "source"),
            ("--by", "field"),
            ("-m", "premium"),
            ("-m", "fertility", "--normalize", "NFD"),
            ("--bootstrap", "100"),
        ],
        ids=" ".join,
    )
    def test_json_lines_in_many_units(self, address: str, options: tuple[str, ...]) -> None:
        write_json_lines("a.jsonl")
        result = assert_same(address, "a.jsonl", *options)
        assert result.exit_code == 0

    def test_units_are_many_and_merged_in_a_tree(
        self, address: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_json_lines("a.jsonl")
        assert units_on(address, "a.jsonl") == 8
        # More than are merged at a time, so that parts of parts are merged.
        monkeypatch.setattr("tokcompare.counting.parallel.cluster.SHARD", 4_000)
        assert units_on(address, "a.jsonl") > 32
        assert_same(address, "a.jsonl", "-m", "all")

    def test_parquet_of_many_row_groups(self, address: str) -> None:
        write_parquet("a.parquet")
        assert units_on(address, "a.parquet") > 2
        assert_same(address, "a.parquet")
        assert_same(address, "a.parquet", "-l", "gu")

    def test_lines_of_text(self, address: str) -> None:
        text = "".join(f"line {number}, હેલો\r\n" for number in range(2_000))
        Path("a.txt").write_bytes(text.encode())
        assert units_on(address, "a.txt", per_line=True) > 2
        assert_same(address, "a.txt", "--per-line")
        assert units_on(address, "a.txt") == 1
        assert_same(address, "a.txt")

    def test_archives_are_not_parted(self, address: str) -> None:
        write_json_lines("a.jsonl")
        Path("a.jsonl.gz").write_bytes(gzip.compress(Path("a.jsonl").read_bytes()))
        assert units_on(address, "a.jsonl.gz") == 1
        assert_same(address, "a.jsonl.gz")

    def test_folder_of_small_files(self, address: str) -> None:
        for number in range(40):
            write_json_lines(f"d/{number % 4}/{number}.jsonl", number)
        Path("d/empty.txt").write_bytes(b"")
        Path("d/b.csv").write_text("text,language\nHello,en\n", encoding="utf-8")
        assert 1 < len(plan(load_source("d"), size=20_000)) < 40
        assert_same(address, "d")
        result = assert_same(address, "d", "--by", "source")
        # 0.jsonl and empty.txt hold no document, or an empty one.
        assert len(json.loads(result.stdout)["rows"]) == 41

    def test_two_at_once(self, address: str) -> None:
        write_json_lines("a.jsonl")
        write_json_lines("b.jsonl", 300)
        expected = compare(load_source("b.jsonl")).total
        others: list[Counts] = []

        def count_another(advance: ProgressUpdate) -> None:
            # All that is counted of the first is still there.
            if not others:
                others.append(compare(load_source("b.jsonl"), cluster=address).total)

        first = compare(load_source("a.jsonl"), cluster=address, progress=count_another).total
        assert first == compare(load_source("a.jsonl")).total
        assert others == [expected]

    def test_sample_sets(self, address: str) -> None:
        assert_same(address, "gpt-4o", "udhr", "-m", "all")

    def test_nothing_to_count(self, address: str) -> None:
        Path("a.jsonl").write_bytes(b"")
        here, there = report("a.jsonl"), report("a.jsonl", "--cluster", address)
        assert without_engine(there.stdout) == without_engine(here.stdout)

    def test_language_that_is_not_there(self, address: str) -> None:
        write_json_lines("a.jsonl")
        result = assert_same(address, "a.jsonl", "-l", "te", "-l", "gu")
        assert (result.exit_code, result.stdout) == (1, "")


class TestRejected:
    """Records that cannot be read: named by their place in the whole file, and killing nobody."""

    def damage(self, path: str) -> None:
        lines = Path(path).read_bytes().split(b"\n")
        # In the first unit, in units in the middle, and in the last.
        for number, line in {
            3: b'{"text": "\xff"}',
            480: b'{"text": "a"',
            481: b'{"text": null}',
            700: b"[" * 100_000,
            701: b'{"text": ' + b"9" * 5_000 + b"}",
            999: b"\0",
        }.items():
            lines[number - 1] = line
        Path(path).write_bytes(b"\n".join(lines))

    def test_json_lines(self, address: str, cluster: Any) -> None:
        write_json_lines("a.jsonl")
        self.damage("a.jsonl")
        before = pids_of(cluster)
        result = assert_same(address, "a.jsonl", "--on-error", "skip")
        assert result.exit_code == 1
        assert json.loads(result.stdout)["rejected"] == 6
        found = re.findall(r"Skipped: 'a.jsonl', line (\d+), byte", result.stderr)
        assert list(map(int, found)) == [3, 480, 481, 700, 701, 999]
        assert pids_of(cluster) == before

    def test_more_than_are_listed(self, address: str) -> None:
        write_json_lines("a.jsonl")
        lines = Path("a.jsonl").read_bytes().split(b"\n")
        lines[100:1000:9] = [b"no json"] * 100
        Path("a.jsonl").write_bytes(b"\n".join(lines))
        result = assert_same(address, "a.jsonl", "--on-error", "skip")
        assert "Skipped: 90 more." in result.stderr

    @pytest.mark.parametrize("line", [3, 480, 999])
    def test_stop_at_the_first(self, address: str, line: int) -> None:
        write_json_lines("a.jsonl")
        lines = Path("a.jsonl").read_bytes().split(b"\n")
        lines[line - 1] = lines[998] = b"\xff"
        Path("a.jsonl").write_bytes(b"\n".join(lines))
        offset = sum(len(line) + 1 for line in lines[: line - 1])
        result = assert_same(address, "a.jsonl")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"Error: 'a.jsonl', line {line}, byte {offset}: invalid ")

    def test_rows_of_parquet(self, address: str) -> None:
        texts: list[str | None] = [f"text {number}, હેલો " * 40 for number in range(600)]
        texts[2] = texts[400] = texts[599] = None
        write_parquet("a.parquet", texts)
        result = assert_same(address, "a.parquet", "--on-error", "skip")
        found = re.findall(r"Skipped: 'a.parquet', row (\d+):", result.stderr)
        assert list(map(int, found)) == [3, 401, 600]
        result = assert_same(address, "a.parquet")
        assert result.stderr.startswith("Error: 'a.parquet', row 3: ")

    def test_files_among_good_ones(self, address: str) -> None:
        for number in range(6):
            write_json_lines(f"d/{number}.jsonl", 100)
        Path("d/1.jsonl").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
        Path("d/3.parquet").write_bytes(b"PAR1 and no more")
        Path("d/4.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}\n' * 999)[:-9])
        for choice in ("skip", "stop"):
            result = assert_same(address, "d", "--on-error", choice)
            assert result.exit_code == 1
            assert "'d/1.jsonl'" in result.stderr


@dataclass(frozen=True)
class Stalling:
    """An encoding that waits, the first time that it comes to a certain text, to be killed."""

    note: str
    name: str = "stalling"
    vocabulary_size: int = 256

    def encode(self, text: str) -> list[int]:
        if "stall here" in text and not Path(self.note).exists():
            Path(self.note).with_suffix(".part").write_text(str(os.getpid()))
            Path(self.note).with_suffix(".part").replace(self.note)
            threading.Event().wait()
        return list(text.encode())


@dataclass(frozen=True)
class Fatal:
    """An encoding that takes the process with it when it comes to a certain text."""

    name: str = "fatal"
    vocabulary_size: int = 256

    def encode(self, text: str) -> list[int]:
        if "die here" in text:
            os._exit(1)
        return list(text.encode())


@dataclass(frozen=True)
class Refusing:
    """An encoding that raises an error of the kind that it is given."""

    error: Exception
    name: str = "refusing"
    vocabulary_size: int = 256

    def encode(self, text: str) -> list[int]:
        raise self.error


def write_with(path: str, line: int, text: str) -> str:
    """Writes JSON Lines of which one holds a certain text."""
    write_json_lines(path)
    lines = Path(path).read_bytes().split(b"\n")
    lines[line] = json.dumps({"text": text}).encode()
    Path(path).write_bytes(b"\n".join(lines))
    return path


class TestLostWorkers:
    def json_of(
        self, encodings: list[EncodingLike], cluster: str | None = None, **options: Any
    ) -> str:
        source = load_source("a.jsonl")
        return show(compare(source, encodings=encodings, cluster=cluster, **options), "json")

    def test_killed_in_the_middle_of_a_document(self, fragile_cluster: Any) -> None:
        # In the last unit, so that what the worker has counted before is lost, too.
        write_with("a.jsonl", 990, "stall here")
        encodings: list[EncodingLike] = ["o200k_base", Stalling(str(Path("note").absolute()))]
        note = Path("note")

        def kill() -> None:
            while not note.exists():
                time.sleep(0.01)
            os.kill(int(note.read_text()), signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        there = self.json_of(encodings, fragile_cluster.scheduler_address)
        killer.join()
        assert int(note.read_text()) not in pids_of(fragile_cluster).values()
        # Somebody has been there, so nobody waits any more.
        assert without_engine(there) == without_engine(self.json_of(encodings))

    def test_killed_with_units_given_to_it(self, fragile_cluster: Any) -> None:
        write_json_lines("a.jsonl")
        encodings: list[EncodingLike] = ["cl100k_base", "o200k_base"]
        here = self.json_of(encodings)
        # A worker that is stopped is given units and does none of them.
        pid = min(pids_of(fragile_cluster).values())
        os.kill(pid, signal.SIGSTOP)
        killed: list[int] = []

        def kill(advance: ProgressUpdate) -> None:
            if not killed:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

        there = self.json_of(encodings, fragile_cluster.scheduler_address, progress=kill)
        assert killed == [pid]
        assert f"|{ENGINE}|" in there
        assert without_engine(there) == without_engine(here)

    def test_unit_that_kills_every_worker(self, fragile_cluster: Any) -> None:
        write_with("a.jsonl", 500, "die here")
        place = Path("a.jsonl").read_bytes().index(b"die here")
        with pytest.raises(ClusterError) as caught:
            self.json_of(["o200k_base", Fatal()], fragile_cluster.scheduler_address)
        message = str(caught.value)
        named = re.search(r"shard 'a.jsonl', bytes (\d+) to (\d+), .* was lost 4 times", message)
        assert named is not None, message
        assert int(named[1]) <= place < int(named[2])

    def test_error_of_an_encoding_names_the_unit(self, address: str) -> None:
        write_json_lines("a.jsonl")
        with pytest.raises(ClusterError) as caught:
            self.json_of([Refusing(KeyError("what"))], address)
        expected = r"shard 'a.jsonl', bytes .* cannot be counted: KeyError: 'what'$"
        assert re.search(expected, str(caught.value))

    @pytest.mark.parametrize(
        "error",
        [
            # An ArgumentError is a ValueError, as what Dask raises for an address is.
            ArgumentError("too long"),
            SourceError("no text"),
        ],
    )
    def test_errors_of_ours_are_the_same_as_on_one_machine(
        self, address: str, error: Exception
    ) -> None:
        write_json_lines("a.jsonl")
        with pytest.raises(type(error), match=f"^{error}$"):
            self.json_of([Refusing(error)])
        with pytest.raises(type(error), match=f"^{error}$"):
            self.json_of([Refusing(error)], address)


class TestRefused:
    def test_nobody_listens(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # bound, and not listening
            address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
            result = report("gpt-4o", "--cluster", address)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"Error: The cluster '{address}' cannot be reached: ")
        assert "local:N" in result.stderr

    @pytest.mark.parametrize(
        "address", ["nope://127.0.0.1:8786", "local:x", "local:99999999999", "local:1000"]
    )
    def test_no_address(self, address: str) -> None:
        with pytest.raises(ClusterError, match=f"^The cluster '{address}' cannot be reached: "):
            compare(load_source("gpt-4o"), cluster=address)

    def test_standard_input(self, address: str) -> None:
        result = report("-", "--cluster", address, stdin=b"text")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == (
            "Error: '(standard input)' is not a file that every worker can read; write it to one "
            "first.\n"
        )

    def test_checkpoint(self, address: str) -> None:
        result = report("gpt-4o", "--cluster", address, "--checkpoint", "c.json")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "without a checkpoint: it repeats lost work by itself" in result.stderr
        assert not Path("c.json").exists()

    def test_documents_of_no_file(self, address: str) -> None:
        with pytest.raises(ArgumentError, match="A cluster counts files, and without"):
            compare(["text"], cluster=address)

    @pytest.mark.parametrize("package", ["dask", "distributed"])
    def test_dask_is_not_installed(self, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, package, None)
        result = report("gpt-4o", "--cluster", "local:2")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "pip install 'tokcompare[dask]'" in result.stderr

    def test_paths_are_those_of_here(self, address: str, cluster: Any) -> None:
        write_json_lines("a.jsonl")
        with distributed.Client(cluster) as client:
            client.run(os.chdir, "/")
        assert_same(address, "a.jsonl")

    def test_file_that_has_gone(self, address: str) -> None:
        write_json_lines("a.jsonl", 10)
        source = load_source("a.jsonl")
        Path("a.jsonl").unlink()
        with pytest.raises(SourceError, match=r"'a\.jsonl'"):
            compare(source, cluster=address)


class TestTasks:
    def test_encodings_travel_by_name(self) -> None:
        task = prepare(encodings=["cl100k_base", "o200k_base"], metrics="all").spec.for_large()
        pickled = pickle.dumps(task)
        assert len(pickled) < 10_000
        loaded = pickle.loads(pickled)
        # In this process the very encodings are there already.
        assert loaded == task

    def test_units_count_alike_in_another_process(self) -> None:
        write_json_lines("a.jsonl")
        source = load_source("a.jsonl")
        task = prepare().spec.for_large()
        for unit in plan(source, size=20_000):
            sent: tuple[Shard, CountSpec] = pickle.loads(pickle.dumps((unit, task)))
            part = count_shard(*sent)
            assert pickle.loads(pickle.dumps(part)) == part == count_shard(unit, task)


def descendants(pid: int) -> list[int]:
    """Returns the processes that a process has started, and those that they have."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found += [child, *descendants(child)]
    return found


def has_open(pid: int, path: Path) -> bool:
    """Returns whether a process has a file open."""
    try:
        return any(link.readlink() == path for link in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # it has closed one meanwhile, or has ended
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    """Waits for what must come, as long as a slow machine may need."""
    for _ in range(6_000):
        if condition():
            return
        time.sleep(0.01)
    pytest.fail("what must come did not come")


class TestLocal:
    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tokcompare", "report", "-f", "json", *arguments]

    def test_processes_on_this_machine(self) -> None:
        write_json_lines("a.jsonl")
        process = subprocess.run(
            self.command("a.jsonl", "--cluster", "local:2"), capture_output=True, check=False
        )
        here = report("a.jsonl")
        assert (process.returncode, process.stderr) == (0, b"")
        assert f"|{ENGINE}|" in process.stdout.decode()
        assert without_engine(process.stdout.decode()) == without_engine(here.stdout)

    @linux_only
    @pytest.mark.parametrize("whom", ["process", "group"])
    def test_interrupt_leaves_no_process(self, whom: str) -> None:
        Path("a.jsonl").write_bytes(
            b"".join(b'{"text": "number %d of many"}\n' % number for number in range(500_000))
        )
        path = Path("a.jsonl").resolve()
        with subprocess.Popen(
            self.command("a.jsonl", "--cluster", "local:2"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            # A worker reads, so it is in the middle of its work.
            wait_until(lambda: any(has_open(pid, path) for pid in descendants(process.pid)))
            started = descendants(process.pid)
            # A terminal sends it to the whole group, a supervisor to the process alone.
            send = os.kill if whom == "process" else os.killpg
            send(process.pid, signal.SIGINT)
            output, errors = process.communicate(timeout=60)
        wait_until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in started))
        assert (process.returncode, output) == (130, b"")
        assert b"tokcompare" not in errors


def test_modules_in_the_working_directory_are_not_run(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    for name in ("multiprocessing", "tokcompare", "distributed", "random"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("open('ran', 'w').close(); raise SystemExit(9)")
    (folder / "a.jsonl").write_text('{"text": "a", "language": "en"}\n')
    # As the installed script: its own folder is on the path, and not the working directory.
    script = tmp_path / "tokcompare"
    script.write_text(
        "if __name__ == '__main__':\n    from tokcompare.__main__ import run; run()\n"
    )
    ended = subprocess.run(
        [sys.executable, str(script), "report", "a.jsonl", "-f", "csv", "--cluster", "local:1"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "en,English,1,1,1,1,1," in ended.stdout
    assert not (folder / "ran").exists()


def test_environment_is_as_it_was_before() -> None:
    before = dict(os.environ)
    compare(load_source("udhr"), cluster="local:1")
    assert dict(os.environ) == before
