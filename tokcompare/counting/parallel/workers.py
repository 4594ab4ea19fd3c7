"""Workers: what does the work of steps at once, in processes where that is safe, else in threads.

Half of what is done with a block holds the interpreter's lock, so threads gain little by a second
core. Processes are forked from this one when all that they need has been loaded: they share it, and
nothing of it is sent. To fork is safe on Linux while this process has a single thread; elsewhere,
in a notebook for example, threads count.
"""

from __future__ import annotations

import ctypes
import gc
import itertools
import multiprocessing
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from typing import Any

from tokcompare.counting.parts import Task, load_for
from tokcompare.errors import ClusterError

Work = Callable[[Task], Any]
"""What has a result, given what is to be counted."""

_TRIM_EVERY = 8
"""After how much work freed memory is given back."""

_done = itertools.count(1)
_task: Task | None = None


class Workers:
    """So many workers, and the work that they were given.

    Attributes:
        are_processes: Whether they are processes.
    """

    def __init__(self, task: Task, jobs: int) -> None:
        self.are_processes = jobs > 1 and _may_fork()
        load_for(task)
        self._pool: Executor
        if self.are_processes:
            return_freed_memory()
            # What is given to `initializer` is inherited by a fork, and not sent.
            self._pool = ProcessPoolExecutor(
                jobs,
                mp_context=multiprocessing.get_context("fork"),
                initializer=_begin,
                initargs=(task,),
            )
            _begin_all(self._pool)
        else:
            self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="tokcompare")
        self._task = task

    def submit(self, work: Work) -> Future[Any]:
        """Gives work to the next worker that has none."""
        try:
            if self.are_processes:
                # Pickled here, so that what is wrong with it is an error of the work there, and
                # does not end the process.
                return self._pool.submit(_do_pickled, pickle.dumps(work))
            return self._pool.submit(_do, self._task, work)
        except BrokenExecutor as error:
            raise _killed() from error

    def result(self, future: Future[Any]) -> Any:
        """Returns the result of work, when it is there, or raises what went wrong.

        Raises:
            ClusterError: The process that had the work was killed.
        """
        try:
            return future.result()
        except BrokenExecutor as error:
            raise _killed() from error

    def dismiss(self) -> None:
        """Gives no more work to them, and does not wait for what they still do."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _may_fork() -> bool:
    return sys.platform == "linux" and threading.active_count() == 1


def _killed() -> ClusterError:
    return ClusterError(
        "A process that counted was killed, perhaps because memory ran out; with fewer of them "
        "(--jobs, in Python jobs=) it takes less."
    )


def _begin_all(pool: Executor) -> None:
    """Starts the processes of a pool, and lets no Ctrl-C come in between.

    Those of a pool that was interrupted before it was complete would be waited for, and never end.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pool.submit(_do_nothing)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _do_nothing() -> None:
    pass


def _begin(task: Task) -> None:
    """Makes a process that was just forked ready for work."""
    global _task
    _task = task
    # What is shared with the first process stays so: a collection would write into each object.
    gc.freeze()
    # Ctrl-C reaches every process of a terminal; it is the first one that answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _do_pickled(work: bytes) -> Any:
    assert _task is not None
    return _do(_task, pickle.loads(work))


def _do(task: Task, work: Work) -> Any:
    if next(_done) % _TRIM_EVERY == 0:
        return_freed_memory()
    return work(task)


def return_freed_memory() -> None:
    """Has glibc give back what is free; see malloc_trim(3)."""
    if sys.platform != "linux":
        return
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    if malloc_trim is not None:
        malloc_trim(0)
