"""Workers: processes that count chunks at the same time, or threads where a fork is not safe.

Half of the work on a chunk holds the interpreter's lock, so threads gain little from a second core.
Processes are forked after the encodings are loaded, so they share them and nothing is sent. A fork
is safe on Linux while this process has a single thread. Elsewhere, for example in a notebook,
threads count.
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
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)

from tokcompare.counting.parts import Part, count_chunk
from tokcompare.counting.spec import CountSpec
from tokcompare.encodings import TiktokenEncoding
from tokcompare.errors import ClusterError
from tokcompare.sources.chunks import Chunk

_TRIM_EVERY = 8
"""After how many chunks freed memory is returned to the system."""

_done = itertools.count(1)
_spec: CountSpec | None = None


class Workers:
    """A number of workers that count by the same specification.

    Attributes:
        are_processes: Whether they are processes.
    """

    def __init__(self, spec: CountSpec, jobs: int) -> None:
        self.are_processes = jobs > 1 and _may_fork()
        _load_for(spec)
        self._pool: Executor
        if self.are_processes:
            return_freed_memory()
            # A fork inherits the arguments of `initializer`; they are not sent.
            self._pool = ProcessPoolExecutor(
                jobs,
                mp_context=multiprocessing.get_context("fork"),
                initializer=_begin,
                initargs=(spec,),
            )
            _begin_all(self._pool)
        else:
            self._pool = ThreadPoolExecutor(jobs, thread_name_prefix="tokcompare")
        self._spec = spec

    def submit(self, chunk: Chunk) -> Future[Part]:
        """Gives a chunk to the next worker that is free."""
        try:
            if self.are_processes:
                # Pickled here: an error in pickling is then raised here, and no process ends.
                return self._pool.submit(_count_pickled, pickle.dumps(chunk))
            return self._pool.submit(_count, chunk, self._spec)
        except BrokenExecutor as error:
            raise _killed() from error

    def result(self, future: Future[Part]) -> Part:
        """Waits for the part of a chunk and returns it, or raises the error of the worker.

        Raises:
            ClusterError: The process that counted was killed.
        """
        try:
            return future.result()
        except BrokenExecutor as error:
            raise _killed() from error

    def dismiss(self) -> None:
        """Gives no more chunks to the workers, and does not wait for them."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _may_fork() -> bool:
    return sys.platform == "linux" and threading.active_count() == 1


def _killed() -> ClusterError:
    return ClusterError(
        "A process that counted was killed, perhaps because memory ran out; with fewer of them "
        "(--jobs, in Python jobs=) it takes less."
    )


def _begin_all(pool: Executor) -> None:
    """Starts the processes of a pool, with Ctrl-C blocked until all are started.

    An interrupted start would leave processes that never end and are waited for.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pool.submit(_do_nothing)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _do_nothing() -> None:
    pass


def _begin(spec: CountSpec) -> None:
    """Prepares a process that was just forked."""
    global _spec
    _spec = spec
    # Keep the memory that is shared with the first process shared: a garbage collection would
    # write into each object.
    gc.freeze()
    # Ctrl-C reaches every process of a terminal; the first process handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _count_pickled(chunk: bytes) -> Part:
    assert _spec is not None
    return _count(pickle.loads(chunk), _spec)


def _count(chunk: Chunk, spec: CountSpec) -> Part:
    if next(_done) % _TRIM_EVERY == 0:
        return_freed_memory()
    return count_chunk(chunk, spec)


def _load_for(spec: CountSpec) -> None:
    """Loads the engine and the encodings, which else are loaded when they are first used."""
    engine = spec.fast_engine
    # The largest takes longest, and all the rest together no longer than that.
    encodings = sorted(spec.counter.encodings, key=lambda each: -each.vocabulary_size)
    pool = ThreadPoolExecutor(2)
    loading = [
        pool.submit(engine.load, encoding)
        for encoding in encodings
        if engine is not None and engine.can_encode(encoding)
    ]
    # tiktoken verifies the engine.
    loading += [
        pool.submit(encoding.load)
        for encoding in encodings
        if isinstance(encoding, TiktokenEncoding)
    ]
    try:
        import numpy as np  # noqa: F401 - loaded once, before there are processes

        for future in loading:
            future.result()
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
