"""Whole processes, measured by the operating system's own accounting."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A process and its children: seconds of processor time, seconds to its end, peak memory in MB.

    Memory that processes share is counted once (Linux's proportional set size, looked at now and
    then). It is that of the largest process for one without children, and where there is no Linux.
    """

    cpu: float
    wall: float
    memory: float


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Runs a command to its end, discards its output, and returns its time and memory."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    looks: list[float] = []
    ended = threading.Event()
    watch = threading.Thread(target=_watch_memory, args=(process.pid, looks, ended))
    watch.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    ended.set()
    watch.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    cpu = usage.ru_utime + usage.ru_stime
    return Run(cpu=cpu, wall=wall, memory=max(looks, default=usage.ru_maxrss / 1000))


def _watch_memory(pid: int, looks: list[float], ended: threading.Event) -> None:
    while not ended.wait(0.005):
        # The peak of the process itself: `ru_maxrss` also has that of the process it was forked of.
        looks.append(_number(f"/proc/{pid}/status", "VmHWM:") / 1000)
        if children := _children_of(pid):
            looks.append(sum(map(_memory_of, (pid, *children))) / 1000)


def _children_of(pid: int) -> list[int]:
    try:
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except OSError:
        return []


def _memory_of(pid: int) -> int:
    """Returns the share of memory that is a process's, in KB; 0 if it has ended."""
    return _number(f"/proc/{pid}/smaps_rollup", "Pss:")


def _number(path: str, name: str) -> int:
    try:
        content = Path(path).read_text()
    except OSError:
        return 0
    return int((content.partition(name)[2].split() or ["0"])[0])
