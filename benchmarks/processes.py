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
    then), elsewhere it is that of the largest process.
    """

    cpu: float
    wall: float
    memory: float


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Run:
    """Runs a command to its end, its output thrown away, and returns what it took."""
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
    while not ended.wait(0.1):
        sizes = [_memory_of(each) for each in (pid, *_children_of(pid))]
        if any(sizes):
            looks.append(sum(sizes) / 1000)


def _children_of(pid: int) -> list[int]:
    try:
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    except OSError:
        return []


def _memory_of(pid: int) -> int:
    """Returns the share of memory that is a process's, in KB; 0 if it has ended."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return int(rollup.partition("Pss:")[2].split()[0])
