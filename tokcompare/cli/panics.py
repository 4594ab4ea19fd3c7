"""Panics: keeps the trace that Rust prints of a panic from the terminal, in the command alone.

A library of Rust prints a trace to the descriptor of standard error before Python sees an error.
The error is one line, and the trace is of no use to a user. A library may not redirect what all of
a process shares; the command, whose process it is, may.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_TRACE = re.compile(
    rb"\n?thread '[^\n]*' (?:\(\d+\) )?panicked at .*?"
    rb"(?:\nnote: run with `RUST_BACKTRACE=1`[^\n]*\n|\Z)",
    re.DOTALL,
)


def may_panic(arguments: Sequence[str]) -> bool:
    """Returns whether a command may encode by a pattern or a tokenizer that was made elsewhere."""
    return any(
        argument.startswith("--pattern") or argument.endswith((".json", ".model", ".tiktoken"))
        for argument in arguments
    )


@contextmanager
def panics_hidden() -> Iterator[None]:
    """Holds back what is written to the descriptor of standard error, and drops traces of panics.

    What Python itself writes to `sys.stderr` appears at once, as ever.
    """
    if not hasattr(os, "memfd_create") or sys.stderr is None:
        yield
        return
    ours = sys.stderr
    try:
        if ours.fileno() != 2:
            raise OSError
        real = os.dup(2)
        held = os.memfd_create("held")
    except (OSError, ValueError):  # closed, or not a file of the system
        yield
        return
    ours.flush()
    os.dup2(held, 2)
    sys.stderr = open(real, "w", encoding=ours.encoding, errors=ours.errors, buffering=1)  # noqa: PTH123, SIM115
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(real, 2)
        sys.stderr = ours
        os.lseek(held, 0, os.SEEK_SET)
        with open(held, "rb") as content:  # noqa: PTH123
            os.write(2, _TRACE.sub(b"", content.read()))
