"""Workers: processes that count chunks at the same time, or threads where a fork is not safe.

Half of the work on a chunk holds the interpreter's lock, so threads gain little from a second core.
Processes are forked after the encodings are loaded, so they share them and nothing is sent. A fork
is safe on Linux while this process has a single thread. Elsewhere, for example in a notebook, in a
worker of `multiprocessing.Pool`, or where the system refuses another process, threads count.

Each process has a pipe of its own, and no other process holds its end of it. A process that is
killed, at any moment, therefore ends the pipe, and the thread that waits for its answer notices.
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
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any

from tokcompare.counting.parts import Part, count_chunk
from tokcompare.counting.spec import CountSpec
from tokcompare.encodings import TiktokenEncoding
from tokcompare.errors import ClusterError, TokcompareError, with_hint
from tokcompare.sources.chunks import Chunk

_MOST_A_CORE = 4
"""The most workers for each core, of four at least: more would take memory and gain no time."""

_TRIM_EVERY = 8
"""After how many chunks freed memory is returned to the system."""

_done = itertools.count(1)


def available_cores() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def most_workers() -> int:
    """Returns how many workers may be started on this machine."""
    return _MOST_A_CORE * max(4, available_cores())


class Workers:
    """A number of workers that count by the same specification.

    Attributes:
        number: How many there are: at most `most_workers`.
        are_processes: Whether they are processes.
    """

    def __init__(self, spec: CountSpec, jobs: int) -> None:
        self.number = min(jobs, most_workers())
        self._spec = spec
        self._processes: list[_Process] = []
        self._idle: SimpleQueue[_Process] = SimpleQueue()
        # Its threads count, or each waits for the answer of a process.
        self._pool: Executor = ThreadPoolExecutor(self.number, thread_name_prefix="tokcompare")
        _load_for(spec)
        if self.number > 1 and _may_fork():
            return_freed_memory()
            try:
                _start(self._processes, spec, self.number)
            except BaseException:  # Ctrl-C
                self.dismiss()
                raise
        for process in self._processes:
            self._idle.put(process)
        self.are_processes = bool(self._processes)

    def submit(self, chunk: Chunk) -> Future[Part]:
        """Gives a chunk to the next worker that is free."""
        task: Callable[[], Part] = partial(_count, chunk, self._spec)
        if self.are_processes:
            # Pickled here: an error in pickling is then raised here.
            task = partial(_count_elsewhere, pickle.dumps(chunk), self._idle)
        try:
            return self._pool.submit(task)
        except RuntimeError:  # the system refuses another thread
            self._pool = _CallingThread()
            return self._pool.submit(task)

    def result(self, future: Future[Part]) -> Part:
        """Waits for the part of a chunk and returns it, or raises the error of the worker.

        Raises:
            ClusterError: The process that counted was killed, or had no memory.
        """
        return future.result()

    def dismiss(self) -> None:
        """Gives no more chunks to the workers, and does not wait for the chunks being counted."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        _end(self._processes)


class _CallingThread(Executor):
    """Calls each function at once, on the thread that submits it."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(call(*arguments, **named))
        except Exception as error:
            future.set_exception(error)
        return future


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    """A process that counts, and this end of its pipe."""

    process: BaseProcess
    connection: Connection


def _end(processes: Sequence[_Process]) -> None:
    """Ends processes at once; a thread that waits for an answer learns it from the pipe."""
    for each in processes:
        each.process.kill()
    for each in processes:
        each.process.join()


def _may_fork() -> bool:
    return (
        sys.platform == "linux"
        and threading.active_count() == 1
        # multiprocessing refuses a daemonic process, such as a worker of its Pool, any children.
        and not multiprocessing.current_process().daemon
    )


def _start(started: list[_Process], spec: CountSpec, number: int) -> None:
    """Adds a number of processes to a list; none, if the system refuses one of them."""
    with _held_interrupts():
        try:
            for _ in range(number):
                started.append(_fork(spec, [process.connection for process in started]))
        except OSError:  # no more processes, or no more open files
            _end(started)
            started.clear()


@contextmanager
def _held_interrupts() -> Iterator[None]:
    """Holds Ctrl-C back to the end of a block: an interrupted start would leave processes behind.

    The mask holds it back from this thread and from the processes that it starts. A thread that is
    not Python's, such as an engine's, receives it all the same, so its handler only notes it.
    """
    noted: list[int] = []
    handler = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    if is_main and handler is not None:
        signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    try:
        yield
    finally:
        if is_main and handler is not None:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if noted:
            signal.raise_signal(signal.SIGINT)


def _fork(spec: CountSpec, others: Sequence[Connection]) -> _Process:
    here, there = multiprocessing.Pipe()
    # A fork inherits the arguments; they are not sent.
    process = multiprocessing.get_context("fork").Process(
        target=_serve, args=(spec, there, [*others, here])
    )
    with there:
        process.start()
    return _Process(process=process, connection=here)


def _serve(spec: CountSpec, connection: Connection, inherited: Sequence[Connection]) -> None:
    """Counts, in a process that was just forked, the chunks that come, until the pipe ends."""
    for other in inherited:
        other.close()
    # Keep the memory that is shared with the first process shared: a garbage collection would
    # write into each object.
    gc.freeze()
    # Ctrl-C reaches every process of a terminal; the first process handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        while True:
            connection.send_bytes(_answer(connection.recv_bytes(), spec))
    except (EOFError, OSError):  # nobody waits for an answer any more
        return


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _answer(chunk: bytes, spec: CountSpec) -> bytes:
    """Returns the part of a chunk, or the error in counting it, pickled."""
    try:
        return pickle.dumps(_count(pickle.loads(chunk), spec))
    except BaseException as error:
        return pickle.dumps(_portable(error))


def _portable(error: BaseException) -> BaseException:
    """Returns an error that another process can raise, with the traceback if it is not ours."""
    try:
        if not isinstance(error, TokcompareError):
            import traceback

            error.add_note("".join(traceback.format_exception(error)))
        pickle.loads(pickle.dumps(error))
    except Exception:
        return ClusterError(f"A process that counted failed: {type(error).__name__}: {error}")
    return error


def _count_elsewhere(chunk: bytes, idle: SimpleQueue[_Process]) -> Part:
    """Has the next process that is idle count a chunk, and waits for its answer."""
    process = idle.get()
    try:
        process.connection.send_bytes(chunk)
        answer = pickle.loads(process.connection.recv_bytes())
    except (EOFError, OSError) as error:
        raise _lost("was killed, perhaps because memory ran out") from error
    finally:
        idle.put(process)  # a dead one too: nothing waits for it in vain
    if isinstance(answer, MemoryError):
        raise _lost("ran out of memory") from answer
    if isinstance(answer, BaseException):
        raise answer
    part: Part = answer
    return part


def _lost(reason: str) -> ClusterError:
    return with_hint(
        ClusterError,
        f"A process that counted {reason}; with fewer of them",
        python="(jobs=) it takes less.",
        command="(--jobs) it takes less.",
    )


def _count(chunk: Chunk, spec: CountSpec) -> Part:
    if next(_done) % _TRIM_EVERY == 0:
        return_freed_memory()
    return count_chunk(chunk, spec)


def _load_for(spec: CountSpec) -> None:
    """Loads the engine and the encodings, which else are loaded when they are first used."""
    engine = spec.fast_engine
    # The largest takes longest, and all the rest together no longer than that.
    encodings = sorted(spec.encoders, key=lambda each: -each.vocabulary_size)
    loads: list[Callable[[], None]] = [
        partial(engine.load, encoding)
        for encoding in encodings
        if engine is not None and engine.can_encode(encoding)
    ]
    # tiktoken verifies the engine; of a medium source so little that it is seldom loaded for it.
    if engine is None or not spec.is_medium:
        loads += [encoding.load for encoding in encodings if isinstance(encoding, TiktokenEncoding)]
    pool = ThreadPoolExecutor(2)
    loading: list[Future[None]] = []
    try:
        loading += map(pool.submit, loads)
        if engine is not None and not spec.is_medium:
            import numpy as np  # noqa: F401 - loaded once, before there are processes

        for future in loading:
            future.result()
    except RuntimeError:  # the system refuses another thread
        for load in loads:
            load()
    finally:
        # Ctrl-C does not wait for what is being loaded.
        pool.shutdown(wait=all(future.done() for future in loading), cancel_futures=True)


def return_freed_memory() -> None:
    """Returns freed memory to the system, where glibc keeps it; see malloc_trim(3).

    glibc keeps what several threads have freed, and a run over gigabytes would grow by a tenth.
    """
    if sys.platform != "linux":
        return
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    if malloc_trim is not None:
        malloc_trim(0)
