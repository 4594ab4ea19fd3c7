"""Progress is shown on a terminal, and nowhere else."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import read_terminal
from tokcompare import load_samples, load_source
from tokcompare.cli.progress import show_progress
from tokcompare.counting.parallel.local import ProgressUpdate

REASON = "terminals are tried as POSIX has them"
fcntl: Any = pytest.importorskip("fcntl", reason=REASON)
pty: Any = pytest.importorskip("pty", reason=REASON)
termios: Any = pytest.importorskip("termios", reason=REASON)

# The command, except that progress is shown from the start and at each change.
DRIVER = """\
import sys, tqdm
from tokcompare.cli import main
class Eager(tqdm.tqdm):
    def __init__(self, **options):
        super().__init__(**options | {"delay": 0, "mininterval": 0, "miniters": 0})
tqdm.tqdm = Eager
main(["report", "-f", "json", "-e", "cl100k_base", *sys.argv[1:]], prog_name="tokcompare")
"""
COMMAND = [sys.executable, "-c", DRIVER]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Two files of some megabytes of text, one of them compressed."""
    import gzip

    texts = [str(document.text) for document in load_samples("udhr")]
    lines = "".join(
        json.dumps({"text": f"{number} {text}"}) + "\n" for number in range(6) for text in texts
    ).encode()
    folder = tmp_path_factory.mktemp("corpus")
    (folder / "a.jsonl").write_bytes(lines)
    (folder / "b.jsonl.gz").write_bytes(gzip.compress(lines, 1))
    return [str(folder / "a.jsonl"), str(folder / "b.jsonl.gz")]


def run_on_terminal(*arguments: str, stdin: bytes = b"") -> tuple[int, bytes, str]:
    """Runs the command with standard error alone on a terminal.

    Returns:
        The exit code, standard output, and what the terminal was sent.
    """
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=terminal,
    )
    os.close(terminal)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(stdin)
    process.stdin.close()
    shown = b""
    while chunk := read_terminal(controller):
        shown += chunk
    output = process.stdout.read()
    process.stdout.close()
    os.close(controller)
    return process.wait(timeout=60), output, shown.decode()


@pytest.fixture(scope="module")
def report(corpus: list[str]) -> bytes:
    """The output of the command without a terminal."""
    process = subprocess.run(
        [*COMMAND, *corpus], capture_output=True, timeout=120, stdin=subprocess.DEVNULL, check=True
    )
    assert process.stderr == b""
    return process.stdout


@pytest.mark.slow
def test_shown_on_a_terminal(corpus: list[str], report: bytes) -> None:
    code, output, shown = run_on_terminal(*corpus)
    assert (code, output) == (0, report)
    states = re.findall(
        r"\r *(\d+)%\|[^|]*\| *([\d.]+[kM]?)/([\d.]+[kM]?) \[[\d:]+<[\d:?]+, ([\d,]+) documents, "
        r"(\d+) MB/s\]",
        shown,
    )
    assert len(states) >= 3
    shares = [int(share) for share, *_ in states]
    assert shares == sorted(shares)
    assert shares[-1] == 100
    size = sum(Path(name).stat().st_size for name in corpus) / 1e6
    assert {total for _, _, total, *_ in states} == {f"{size:.2f}M"}
    documents = [int(state[3].replace(",", "")) for state in states]
    assert documents == sorted(documents)
    assert documents[-1] == json.loads(report)["total"]["documents"] == 2 * 6 * 620
    # In the end the line is as empty as it was, and the cursor at its beginning.
    assert re.search(r"\r +\r$", shown)
    assert "\n" not in shown


@pytest.mark.slow
def test_no_progress_hides_it(corpus: list[str], report: bytes) -> None:
    assert run_on_terminal(*corpus, "--no-progress") == (0, report, "")


@pytest.mark.slow
def test_standard_input_has_no_known_size(corpus: list[str], report: bytes) -> None:
    content = Path(corpus[0]).read_bytes()
    code, output, shown = run_on_terminal("-", "--input-format", "jsonl", stdin=content)
    assert code == 0
    assert json.loads(output)["total"]["documents"] == 6 * 620
    assert "%" not in shown
    states = re.findall(r"\r([\d.]+[kM]?) \[[\d:]+, ([\d,]+) documents, \d+ MB/s\]", shown)
    assert states[-1] == (f"{len(content) / 1e6:.2f}M", f"{6 * 620:,}")


@pytest.mark.slow
def test_error_has_a_line_of_its_own(corpus: list[str], tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(Path(corpus[0]).read_bytes() + b"no JSON\n")
    code, output, shown = run_on_terminal(str(bad))
    assert (code, output) == (1, b"")
    assert "documents" in shown
    last = shown.split("\r")[-2]
    assert last.startswith(f"Error: '{bad}', line {6 * 620 + 1}, ")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestInProcess:
    def show(
        self, monkeypatch: pytest.MonkeyPatch, names: list[str], *advances: ProgressUpdate
    ) -> str:
        import tqdm

        class Eager(tqdm.tqdm):  # type: ignore[type-arg]
            def __init__(self, **options: object) -> None:
                now = {"delay": 0, "mininterval": 0, "miniters": 0}
                super().__init__(**(options | now))  # type: ignore[call-overload]

        monkeypatch.setattr(tqdm, "tqdm", Eager)
        monkeypatch.setattr(sys, "stderr", terminal := Terminal())
        with show_progress(load_source(names)) as progress:
            assert progress is not None
            for advance in advances:
                progress(advance)
        return terminal.getvalue()

    @pytest.fixture
    def names(self, tmp_path: Path) -> list[str]:
        names = []
        for place, size in enumerate((100, 0, 300)):
            path = tmp_path / f"{place}.txt"
            path.write_bytes(b"x" * size)
            names.append(str(path))
        return names

    def test_position_in_a_file_behind_others(
        self, monkeypatch: pytest.MonkeyPatch, names: list[str]
    ) -> None:
        places = [(0, 50), (0, 100), (2, 100), (2, 90), (2, 300)]
        advances = [ProgressUpdate(files=f, position=p, text=9, documents=0) for f, p in places]
        shown = self.show(monkeypatch, names, *advances)
        shares = [int(share) for share in re.findall(r"(\d+)%", shown)]
        # 50, 100, 200 and 400 bytes of 400; what goes back is not shown.
        assert list(dict.fromkeys(shares)) == [0, 12, 25, 50, 100]
        assert "documents" not in shown

    def test_position_that_is_not_known_is_that_in_the_text(
        self, monkeypatch: pytest.MonkeyPatch, names: list[str]
    ) -> None:
        advances = [
            ProgressUpdate(files=0, position=None, text=text, documents=text) for text in (100, 200)
        ]
        shown = self.show(monkeypatch, names, *advances)
        assert " 50%|" in shown
        assert "200 documents, " in shown

    @pytest.mark.parametrize("stream", [None, io.StringIO()])
    def test_no_terminal(
        self, monkeypatch: pytest.MonkeyPatch, stream: io.StringIO | None, names: list[str]
    ) -> None:
        monkeypatch.setattr(sys, "stderr", stream)
        with show_progress(load_source(names)) as progress:
            assert progress is None
        assert stream is None or stream.getvalue() == ""

    def test_hidden(self, monkeypatch: pytest.MonkeyPatch, names: list[str]) -> None:
        monkeypatch.setattr(sys, "stderr", terminal := Terminal())
        with show_progress(load_source(names), hidden=True) as progress:
            assert progress is None
        assert terminal.getvalue() == ""
