"""Locks that loading holds, and that a fork does not hand on locked."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LONGEST_WAIT = 10.0
"""How many seconds a fork waits for a thread that loads: longer than loading takes, and bounded
because a download may hang."""


class LoadLock:
    """A lock for loading a thing once in a process.

    A fork copies the locks that other threads hold, and in the child there is no thread that would
    release them. A fork therefore waits until nothing is being loaded, and the child gets new
    locks. The wait also keeps the child from inheriting locks that are not ours and that loading
    holds: those of modules that are being imported, and those inside of tiktoken and the engines.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._is_held_for_fork = False
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._wait, after_in_parent=self._go_on, after_in_child=self._renew
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the lock."""
        with self._lock:
            yield

    def _wait(self) -> None:
        self._is_held_for_fork = self._lock.acquire(timeout=_LONGEST_WAIT)

    def _go_on(self) -> None:
        if self._is_held_for_fork:
            self._lock.release()

    def _renew(self) -> None:
        self._lock = threading.RLock()
