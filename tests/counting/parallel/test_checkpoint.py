"""A run that was stopped at any point goes on from there, and comes to the same numbers."""

from __future__ import annotations

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.files import PAIRS, as_csv, as_jsonl, as_parquet, write
from tests.platforms import posix_only
from tests.small_chunks import cut_small
from tests.tokenizers import Bytes
from tokcompare import (
    CheckpointError,
    Document,
    Source,
    SourceError,
    compare,
    load_samples,
    load_source,
)
from tokcompare import text as units
from tokcompare.counting.parallel import checkpoint as checkpoints
from tokcompare.counting.parallel.local import ProgressUpdate


class StopError(Exception):
    """What stops a run from within."""


class StopAfter:
    """Progress that stops a run after so many steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def __call__(self, advance: ProgressUpdate) -> None:
        self.left -= 1
        if self.left == 0:
            raise StopError


@pytest.fixture(autouse=True)
def _write_at_every_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkpoints, "EVERY", 1)
    cut_small(monkeypatch, 4_000)
    # Texts that are too long to be held are measured in pieces of so many characters.
    monkeypatch.setattr(units.cut, "__kwdefaults__", {"length": 6_000})


def number_of_steps(source: Source, **options: Any) -> int:
    advances: list[ProgressUpdate] = []
    compare(source, progress=advances.append, **options)
    return len(advances)


def check_resumes(source: Source, *, at_least: int, **options: Any) -> None:
    """Stops a run after each number of steps, and whenever it has gone on for so many."""
    expected = compare(source, **options).to_dict()
    steps = number_of_steps(source, **options)
    assert steps >= at_least
    for step in range(1, steps + 1):
        with pytest.raises(StopError):
            compare(source, checkpoint="c.json", progress=StopAfter(step), **options)
        assert compare(source, checkpoint="c.json", **options).to_dict() == expected, step
        # It says that all is counted.
        assert compare(source, checkpoint="c.json", **options).to_dict() == expected, step
        Path("c.json").unlink()
    for each in (3, 5):
        stops = 0
        while True:
            try:
                comparison = compare(
                    source, checkpoint="c.json", progress=StopAfter(each), **options
                )
            except StopError:
                stops += 1
                assert stops <= steps  # each time it must come further
                continue
            break
        assert comparison.to_dict() == expected
        assert stops >= steps // each - 1
        Path("c.json").unlink()
        assert not any(path.suffix in (".json", ".tmp") for path in Path().iterdir())


@pytest.fixture
def jsonl() -> str:
    return write(Path("a.jsonl"), as_jsonl())


class TestResuming:
    @pytest.mark.slow
    @pytest.mark.parametrize("jobs", [1, 3])
    def test_json_lines(self, jsonl: str, jobs: int) -> None:
        check_resumes(load_source(jsonl), at_least=5, jobs=jobs)

    @pytest.mark.slow
    def test_files_of_all_formats(self, jsonl: str) -> None:
        names = [
            write(Path("b.txt"), b"one two\n" * 700),
            as_parquet(Path("c.parquet")),
            write(Path("d.txt"), b""),
            write(Path("e.jsonl.gz"), gzip.compress(as_jsonl(PAIRS[:40]))),
            write(Path("f.csv"), as_csv()),
            "gpt-4o",
        ]
        check_resumes(load_source(names, per_line=True), at_least=12, by="source")

    @pytest.mark.slow
    @pytest.mark.parametrize("metrics", ["premium", "all"])
    def test_all_that_is_counted(self, jsonl: str, metrics: str) -> None:
        check_resumes(load_source(jsonl), at_least=5, metrics=metrics, resamples=100)

    TEXT = "".join(f"{number} ક્ષિ, Zoe\u0308 😀\r\n" for number in range(3_000))

    def test_long_text_goes_on_within(self) -> None:
        names = ["gpt-4o", write(Path("a.txt"), self.TEXT.encode()), "udhr"]
        source = load_source(names)
        advances: list[ProgressUpdate] = []
        expected = compare(source, progress=advances.append).to_dict()
        with pytest.raises(StopError):
            compare(source, checkpoint="c.json", progress=StopAfter(8))
        assert [advance.files for advance in advances[:8]].count(1) >= 4
        stored = json.loads(Path("c.json").read_bytes())
        # Some pieces of the second file have been measured, and the document is not finished.
        assert stored["done"][0] == 1
        assert 2 * 6_000 <= stored["part"]["text"]["counts"]["sums"]["characters"] < len(self.TEXT)
        resumed: list[ProgressUpdate] = []
        comparison = compare(source, checkpoint="c.json", progress=resumed.append)
        assert comparison.to_dict() == expected
        assert len(resumed) == len(advances) - 8

    @pytest.mark.slow
    @pytest.mark.parametrize("metrics", ["compression_ratio", "all"])
    def test_every_step_of_long_texts(self, metrics: str) -> None:
        text = self.TEXT[: 20_000 if metrics == "all" else 30_000]
        whole = write(Path("a.txt"), f"short\n{text}\nshort".encode())
        line = write(Path("b.txt"), f"short\n{text.replace(chr(10), ' ')}\nshort".encode())
        check_resumes(load_source(whole), at_least=5, metrics=metrics)
        check_resumes(load_source(line, per_line=True), at_least=5, metrics=metrics)

    @pytest.mark.slow
    def test_rejections(self) -> None:
        lines = as_jsonl().splitlines(keepends=True)
        for place in range(0, 60, 4):
            lines[place] = b'{"text": \xff}\n'
        source = load_source(
            [write(Path("a.jsonl"), b"".join(lines)), write(Path("b.png"), b"\0"), "gpt-4o"]
        )
        check_resumes(source, at_least=5, on_error="skip")

    def test_error_is_the_same_from_a_checkpoint(self) -> None:
        lines = as_jsonl().splitlines(keepends=True)
        lines[60] = b'{"text": \xff}\n'
        source = load_source(write(Path("a.jsonl"), b"".join(lines)))
        for _ in range(2):
            with pytest.raises(SourceError, match="line 61, byte"):
                compare(source, checkpoint="c.json")
            assert Path("c.json").exists()

    @pytest.mark.slow
    def test_selection_and_fields(self, jsonl: str) -> None:
        source = load_source(jsonl).select(["gu", "zh"])
        check_resumes(source, at_least=5, by="place", normalization="NFC")

    @pytest.mark.slow
    def test_small_input(self, jsonl: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tokcompare.counting.parallel.local.SMALL", 1 << 22)
        check_resumes(load_source([jsonl, "gpt-4o"]), at_least=5)

    @pytest.mark.slow
    def test_tokenizer_of_the_users_own(self, jsonl: str) -> None:
        check_resumes(load_source(jsonl), at_least=5, encodings=["o200k_base", Bytes()])

    def test_checkpoint_may_be_a_path(self, jsonl: str) -> None:
        with pytest.raises(StopError):
            compare(load_source(jsonl), checkpoint=Path("c.json"), progress=StopAfter(3))
        assert compare(load_source(jsonl), checkpoint=Path("c.json")).total.documents == len(PAIRS)

    @pytest.mark.slow
    def test_other_number_of_jobs(self, jsonl: str) -> None:
        expected = compare(load_source(jsonl)).to_dict()
        with pytest.raises(StopError):
            compare(load_source(jsonl), checkpoint="c.json", progress=StopAfter(3), jobs=1)
        assert compare(load_source(jsonl), checkpoint="c.json", jobs=5).to_dict() == expected


class TestRefusing:
    @pytest.fixture
    def stopped(self, jsonl: str) -> str:
        with pytest.raises(StopError):
            compare(load_source(jsonl), checkpoint="c.json", progress=StopAfter(4))
        return jsonl

    def check_refused(self, source: Source, message: str, **options: Any) -> None:
        before = Path("c.json").read_bytes()
        with pytest.raises(CheckpointError, match=message):
            compare(source, checkpoint="c.json", **options)
        assert Path("c.json").read_bytes() == before

    def test_cut_at_any_byte(self, stopped: str) -> None:
        content = Path("c.json").read_bytes()
        for length in [*range(0, len(content), 97), len(content) - 1]:
            write(Path("c.json"), content[:length])
            message = "'c.json' is no checkpoint of tokcompare; name another file"
            self.check_refused(load_source(stopped), message)

    @pytest.mark.parametrize(
        "content", [b"null", b"{}", b"[]", b"5", b"\xff\0", b'{"form": 1}', b"PAR1", b"[" * 100_000]
    )
    def test_file_of_another_program(self, stopped: str, content: bytes) -> None:
        write(Path("c.json"), content)
        self.check_refused(load_source(stopped), "is no checkpoint of tokcompare; name another")

    def test_input_named_as_checkpoint(self, stopped: str) -> None:
        before = Path(stopped).read_bytes()
        with pytest.raises(CheckpointError, match="is no checkpoint of tokcompare"):
            compare(load_source(stopped), checkpoint=stopped)
        assert Path(stopped).read_bytes() == before

    def test_other_form(self, stopped: str) -> None:
        stored = json.loads(Path("c.json").read_bytes())
        write(Path("c.json"), json.dumps(stored | {"form": 99}).encode())
        self.check_refused(load_source(stopped), "another version. Delete 'c.json' to begin anew")

    @pytest.mark.parametrize(
        "options",
        [
            {"encodings": ["o200k_base"]},
            {"encodings": ["o200k_base", "cl100k_base"]},
            {"metrics": "fertility"},
            {"resamples": 100},
            {"by": "source"},
            {"by": "place"},
            {"normalization": "NFC"},
            {"on_error": "skip"},
        ],
        ids=str,
    )
    def test_other_options(self, stopped: str, options: dict[str, Any]) -> None:
        message = "other files or with other options or another version. Delete 'c.json' to begin"
        self.check_refused(load_source(stopped), message, **options)

    def test_other_selection(self, stopped: str) -> None:
        self.check_refused(load_source(stopped).select("en"), "Delete 'c.json' to begin anew")

    @pytest.mark.parametrize(
        "reading",
        [
            {"text_field": "language"},
            {"language_field": "place"},
            {"language": "gu"},
            {"input_format": "text"},
            {"input_format": "text", "per_line": True},
        ],
        ids=str,
    )
    def test_other_ways_to_read(self, stopped: str, reading: dict[str, Any]) -> None:
        self.check_refused(load_source(stopped, **reading), "Delete 'c.json' to begin anew")

    def test_language_from_path(self) -> None:
        Path("te").mkdir()
        name = write(Path("te/a.txt"), b"one two\n" * 2_000)
        with pytest.raises(StopError):
            compare(load_source(name, per_line=True), checkpoint="c.json", progress=StopAfter(2))
        source = load_source(name, per_line=True, language_from_path=True)
        self.check_refused(source, "Delete 'c.json' to begin anew")

    def test_other_files(self, stopped: str) -> None:
        other = write(Path("b.jsonl"), as_jsonl())
        for names in ([other], [stopped, other], [other, stopped], ["gpt-4o"]):
            self.check_refused(load_source(names), "Delete 'c.json' to begin anew")

    def test_changed_file(self, stopped: str) -> None:
        status, content = Path(stopped).stat(), Path(stopped).read_bytes()
        message = "'a.jsonl' has changed since the checkpoint was written. Delete 'c.json'"
        write(Path(stopped), content[:-3] + b" }\n")
        os.utime(stopped, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
        assert Path(stopped).stat().st_size == status.st_size
        self.check_refused(load_source(stopped), message)
        write(Path(stopped), content + b"\n")
        os.utime(stopped, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.check_refused(load_source(stopped), message)
        write(Path(stopped), content)
        os.utime(stopped, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert compare(load_source(stopped), checkpoint="c.json").total.documents == len(PAIRS)

    def test_file_that_is_gone(self, stopped: str) -> None:
        source = load_source(stopped)
        Path(stopped).unlink()
        with pytest.raises(CheckpointError, match=r"'a\.jsonl' cannot be read again"):
            compare(source, checkpoint="c.json")

    def test_standard_input(self) -> None:
        message = r"'\(standard input\)' cannot be read again"
        with pytest.raises(CheckpointError, match=message):
            compare(load_source(["gpt-4o", "-"]), checkpoint="c.json")

    def test_documents_from_no_file(self) -> None:
        def documents() -> Iterator[Document]:
            raise AssertionError("nothing is read")
            yield

        with pytest.raises(CheckpointError, match="a source of files can have a checkpoint"):
            compare(documents(), checkpoint="c.json")

    def test_folder(self, stopped: str) -> None:
        with pytest.raises(CheckpointError, match=r"'\.' cannot be read: Is a directory"):
            compare(load_source(stopped), checkpoint=".")


DRIVER = """\
import sys
from tokcompare.counting.parallel import checkpoint as checkpoints
from tokcompare.cli import main
from tokcompare.sources.formats import lines, parquet
from tokcompare.sources import chunks as blocks
checkpoints.EVERY = 1 << 18
for module in (lines, parquet, blocks):
    module.BLOCK = 1 << 18
main(sys.argv[1:])
"""


# Twenty languages, of 31 articles each, in three files 15 times; the fourth file is one text.
DOCUMENTS = 20 * 31 * 3 * 15 + 1


# One encoding, because most of the time goes into loading it, again and again.
REPORT = ["report", "-f", "json", "-e", "cl100k_base", "-m", "bytes_per_token"]


def start(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, *REPORT, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes]) -> bytes:
    output, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, b"")
    return output


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Files of some thirty megabytes of text, of which no line occurs twice."""
    folder = tmp_path_factory.mktemp("corpus")
    texts = [(str(d.text), d.language) for d in load_samples("udhr")]
    names = [str(folder / name) for name in ("a.jsonl", "b.jsonl.gz", "c.parquet", "d.txt")]

    def pairs(first: int, last: int) -> list[tuple[str, str]]:
        return [(f"{n} {t[n % 30 :]} {n}", c) for n in range(first, last) for t, c in texts]

    write(Path(names[0]), as_jsonl(pairs(0, 15)))
    write(Path(names[1]), gzip.compress(as_jsonl(pairs(15, 30)), 1))
    rows = pairs(30, 45)
    table = pa.table({"text": [text for text, _ in rows], "language": [code for _, code in rows]})
    pq.write_table(table, names[2], row_group_size=1_000)
    write(Path(names[3]), "\n".join(text for text, _ in pairs(45, 60)).encode())
    return names


def wait_for_change(process: subprocess.Popen[bytes], path: str, times: int) -> bool:
    """Waits until a file has been replaced so many times; returns whether it was, or all ended."""

    def state() -> tuple[int, int] | None:
        try:
            status = os.stat(path)  # noqa: PTH116
        except FileNotFoundError:
            return None
        return status.st_ino, status.st_mtime_ns

    before = state()
    while process.poll() is None:
        if (now := state()) != before:
            before, times = now, times - 1
            if times == 0:
                return True
        time.sleep(0.001)
    return False


@posix_only
@pytest.mark.slow
def test_killed_again_and_again(corpus: list[str]) -> None:
    expected = finish(start(*corpus))
    draw = random.Random(4).random
    ended, kills = b"", 0
    for _ in range(10):
        process = start(*corpus, "--checkpoint", "c.json")
        # At least one checkpoint further, and then at any moment: also while one is written.
        if not wait_for_change(process, "c.json", 1 + int(draw() * 2)):
            ended = finish(process)
            break
        time.sleep(draw() * 0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        kills += 1
        assert process.returncode == -signal.SIGKILL
    assert kills == 10
    assert json.loads(Path("c.json").read_bytes())["done"] >= [0, 10]
    ended = ended or finish(start(*corpus, "--checkpoint", "c.json"))
    assert ended == expected
    assert not Path("c.json").exists()
    parsed = json.loads(expected)
    assert parsed["total"]["documents"] == DOCUMENTS


@posix_only
@pytest.mark.slow
def test_interrupt(corpus: list[str]) -> None:
    process = start(*corpus, "--checkpoint", "c.json", "-o", "out.json")
    assert wait_for_change(process, "c.json", 2)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors.strip()) == (130, b"", b"")
    assert [path.name for path in Path().iterdir()] == ["c.json"]
    resumed = start(*corpus, "--checkpoint", "c.json", "-o", "out.json")
    assert finish(resumed) == b""
    assert [path.name for path in Path().iterdir()] == ["out.json"]
    assert json.loads(Path("out.json").read_bytes())["total"]["documents"] == DOCUMENTS
