"""Memory: what has been freed goes back to the system.

glibc keeps for itself what several threads have freed, and a run over gigabytes would grow by a
tenth without holding anything more. Other systems do not.
"""

from __future__ import annotations

import ctypes
import sys


def return_freed_memory() -> None:
    """Has glibc give back what is free; see malloc_trim(3)."""
    if sys.platform != "linux":
        return
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # musl has none
    if malloc_trim is not None:
        malloc_trim(0)
