"""Runs the command again and again, each time in a fork that waits until a tracer lets it go on.

A run takes a tenth of the time of one that imports everything again. Chunks are so small that a
small file has many, and each of them writes a checkpoint. Temporary files are numbered, so that two
runs have files of the same names.

Reads a `Run` as a line of JSON; writes the number of its process once it waits, and its exit code
once it has ended: 128 and the number of the signal that killed it.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import signal
import sys
from dataclasses import asdict, dataclass

import pytest

from tests.command import invoke
from tests.small_chunks import cut_small
from tokcompare.__main__ import run as run_command
from tokcompare.counting.parallel import checkpoint

_PR_SET_PTRACER = 0x59616D61
_ANY = ctypes.c_ulong(-1)


@dataclass(frozen=True)
class Run:
    """A run of the command: its arguments, the files of its output, its first temporary file."""

    arguments: list[str]
    stdout: str
    stderr: str
    first: int

    def to_line(self) -> str:
        return json.dumps(asdict(self))


def _wait_and_run(run: Run) -> None:
    for descriptor, path in ((1, run.stdout), (2, run.stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    numbers = itertools.count(run.first)
    pytest.MonkeyPatch().setattr(os, "urandom", lambda size: next(numbers).to_bytes(size))
    # Some systems let a process be traced by its parents alone, and strace is none of them.
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)
    sys.argv = ["tokcompare", *run.arguments]
    os.kill(os.getpid(), signal.SIGSTOP)
    run_command()


def _serve() -> None:
    patch = pytest.MonkeyPatch()
    cut_small(patch, 4_000)
    patch.setattr(checkpoint, "EVERY", 1)
    for command in ("report", "cost", "context"):
        assert invoke(command).exit_code == 0
    print("ready", flush=True)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            _wait_and_run(Run(**json.loads(line)))
        os.waitpid(process, os.WUNTRACED)
        print(process, flush=True)
        _, status = os.waitpid(process, 0)
        code = os.waitstatus_to_exitcode(status)
        print(code if code >= 0 else 128 - code, flush=True)


if __name__ == "__main__":
    _serve()
