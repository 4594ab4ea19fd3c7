"""Memory: what is freed goes back to the system at once, in a process that is the command's own.

glibc keeps large blocks for itself once it has seen some of them freed, and cuts them up, so that a
run over gigabytes would grow by a tenth without holding anything more. Other systems do not.
"""

from __future__ import annotations

import ctypes
import sys

_M_MMAP_THRESHOLD = -3
_LARGE = 1 << 20


def return_freed_memory() -> None:
    """Has large blocks of memory mapped by themselves; see mallopt(3)."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
