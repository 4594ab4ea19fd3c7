"""Faults by strace: a system call of a traced command fails, or kills the process that makes it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pytest

from tests.faults.server import Run

needs_strace = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("strace") is None,
    reason="needs strace, which injects faults into system calls on Linux",
)

CHECKOUT = Path(__file__).parents[2]

ERRORS = {
    "openat": ("EACCES", "EMFILE"),
    "newfstatat": ("EIO",),
    "lseek": ("EIO",),
    "read": ("EIO",),
    "write": ("ENOSPC",),
    "fsync": ("EIO",),
    "close": ("EIO",),
    "chmod": ("EPERM",),
    "fchmod": ("EPERM",),
    "rename": ("EACCES",),
    "unlink": ("EACCES",),
}
"""The system calls on files, and the errors that each gives."""

CHANGES = ("openat", "write", "fsync", "chmod", "fchmod", "rename", "unlink")
"""The steps in which files change."""


@dataclass(frozen=True, slots=True)
class Point:
    """A system call on a file: its name, its number from 1 among those on the files, the file."""

    call: str
    number: int
    path: str

    def __str__(self) -> str:
        return f"{self.call} {self.number}, on {Path(self.path).name}"


class Server:
    """The process that runs the command, with strace at each run."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    @contextmanager
    def started(cls) -> Iterator[Self]:
        """Starts the process, and ends it."""
        command = [sys.executable, "-m", "tests.faults.server"]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, cwd=CHECKOUT, stdin=pipe, stdout=pipe, text=True) as process:
            server = cls(process)
            assert server._answer() == "ready"
            yield server
            assert process.stdin is not None
            process.stdin.close()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip()

    def run(
        self,
        arguments: Sequence[str],
        log: Path,
        *options: str,
        paths: Iterable[str] = (),
        follow: bool = False,
        first: int = 1,
    ) -> tuple[int, str]:
        """Runs the command under strace until it ends.

        Args:
            arguments: The arguments of the command.
            log: The file that the calls are written to.
            options: More options of strace.
            paths: The files whose calls are traced; none for all.
            follow: Whether to trace the processes that the command starts, too.
            first: The number of its first temporary file.

        Returns:
            Its exit code, and what it wrote to standard error.
        """
        stdout, stderr = log.with_name("stdout"), log.with_name("stderr")
        run = Run(arguments=[*arguments], stdout=str(stdout), stderr=str(stderr), first=first)
        assert self._process.stdin is not None
        print(run.to_line(), file=self._process.stdin, flush=True)
        process = self._answer()
        strace = ["strace", "-y", f"--output={log}", f"--trace={','.join(ERRORS)}", *options]
        strace += [f"--trace-path={path}" for path in paths]
        strace += ["--follow-forks"] if follow else []
        with subprocess.Popen(
            [*strace, "-p", process], stderr=subprocess.PIPE, text=True
        ) as tracer:
            assert tracer.stderr is not None
            assert "attached" in tracer.stderr.readline()
            os.kill(int(process), signal.SIGCONT)
            tracer.stderr.read()
        code = int(self._answer())
        assert stdout.read_bytes() == b""
        return code, stderr.read_text()


def paths_in(log: Path, folder: Path) -> set[str]:
    """Returns the files of a folder that a log names, without those that have but a number."""
    return set(re.findall(rf'{re.escape(str(folder))}/[^">#]+', log.read_text(errors="replace")))


def points_in(log: Path, folder: Path) -> list[Point]:
    """Returns the calls of a log: the first and last of each kind on each kind of file.

    Args:
        log: The log of a run whose calls on these files alone were traced.
        folder: The folder of the files.
    """
    numbers: Counter[str] = Counter()
    kinds: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for line in log.read_text(errors="replace").splitlines():
        if (match := re.match(r"(?:\d+ +)?(\w+)\((.*)", line)) is None:
            continue
        call, rest = match.groups()
        numbers[call] += 1
        if (path := re.search(rf'{re.escape(str(folder))}[^">]*', rest)) is not None:
            kind = re.sub(r"[0-9a-f]{16}", "*", path[0])  # a temporary file
            kinds[call, kind].append(Point(call, numbers[call], path[0]))
    chosen = {point for points in kinds.values() for point in (points[0], points[-1])}
    return sorted(chosen, key=lambda point: (point.call, point.number))


def was_injected(log: Path) -> bool:
    """Returns whether a fault was injected."""
    return "(INJECTED" in log.read_text(errors="replace")
