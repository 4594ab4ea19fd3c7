"""Uses the library and the command, and fails if anything that a process shares changes.

It runs in a process and a folder of its own.
"""

from __future__ import annotations

import csv
import decimal
import gc
import locale
import os
import random
import resource
import signal
import socket
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

OPTIONS = ("display.max_rows", "display.width", "display.precision", "display.max_colwidth")


def state() -> dict[str, Any]:
    """Returns what all code of this process shares."""
    return {
        "environment": dict(os.environ),
        "folder": Path.cwd(),
        "locale": locale.setlocale(locale.LC_ALL),
        "csv": (csv.field_size_limit(), csv.list_dialects()),
        "signals": {number: signal.getsignal(number) for number in signal.valid_signals()},
        "signal mask": signal.pthread_sigmask(signal.SIG_BLOCK, []),
        "timer": signal.getitimer(signal.ITIMER_REAL),
        "warnings": [*warnings.filters],
        "limits of Python": (sys.getrecursionlimit(), sys.get_int_max_str_digits()),
        "switches": sys.getswitchinterval(),
        "garbage": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()),
        "hooks": (sys.excepthook, threading.excepthook, sys.unraisablehook, sys.displayhook),
        "tracing": (sys.gettrace(), sys.getprofile()),
        "path": (sys.path[:], sys.path_hooks[:], sys.meta_path[:]),
        "streams": (sys.stdin, sys.stdout, sys.stderr, sys.stdout.encoding, sys.stdout.errors),
        "descriptors": [Path(f"/proc/self/fd/{number}").readlink() for number in range(3)],
        "decimal": (decimal.getcontext().prec, decimal.getcontext().rounding),
        "random": (random.getstate(), repr(np.random.get_state())),
        "numpy": (np.geterr(), np.get_printoptions()),
        "pandas": [pd.get_option(name) for name in OPTIONS],
        "sockets": socket.getdefaulttimeout(),
        "stacks": threading.stack_size(),
        "niceness": os.nice(0),
        "cores": os.sched_getaffinity(0),
        "limits": [
            resource.getrlimit(getattr(resource, name))
            for name in dir(resource)
            if name.startswith("RLIMIT_")
        ],
        "umask": Path("/proc/self/status").read_text().partition("Umask:")[2].split()[0],
    }


def changes(before: dict[str, Any]) -> list[str]:
    """Returns the names of what has changed."""
    now = state()
    return [name for name in before if before[name] != now[name]]


def use_the_library() -> None:
    """Calls the public functions, on text that makes them do all they can."""
    import tokcompare
    from tokcompare.metrics import METRICS

    document = tokcompare.Document
    rows = [document(text="Hello, world. " * 40, language="en"), document(text="ন", language="bn")]
    tokcompare.compare()
    tokcompare.compare(rows, metrics=[*METRICS]).to_markdown()
    for name in ("marks.csv", "long.csv", "a.jsonl"):
        tokcompare.compare(tokcompare.load_source(name), jobs=2).to_frame()
    tokcompare.compare_cost(rows, before="gpt-4", after="gpt-4o").to_markdown()
    tokcompare.compare_context(rows).to_frame()
    tokcompare.count_tokens("Hello", "o200k_base")
    tokcompare.estimate_tokens(text="Hello")
    tokcompare.load_encoding("cl100k_base").encode("a" * 200_000)


def use_the_command() -> None:
    """Runs each command."""
    from tokcompare.cli import main

    for arguments in (
        *(["report", "-o", "out"], ["cost", "-o", "out"], ["context", "-o", "out"]),
        *(["count", "Hello"], ["encodings"], ["metrics"], ["samples"], ["report", "a.jsonl"]),
        *(["estimate", "--text", "Hello"], ["report", "--help"]),
    ):
        code: object = None
        try:
            main(arguments, prog_name="tokcompare")
        except SystemExit as end:
            code = end.code
        assert not code, arguments


def use_in_threads(before: dict[str, Any]) -> list[str]:
    """Uses the library in eight threads; returns what had changed at any moment."""
    changed: list[str] = []
    threads = [threading.Thread(target=use_the_library) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            changed += changes(before)
            thread.join(0.005)
    return changed


def main() -> None:
    """Compares the state before and after each use."""
    Path("marks.csv").write_text('text,language\n"one, ""two""",en\n' + "b,de\n" * 400)
    Path("long.csv").write_text('text,language\n"' + "long, " * 40_000 + '",en\n')
    Path("a.jsonl").write_text('{"text": "a", "language": "en"}\n' * 500)
    before = state()
    import tokcompare

    assert tokcompare.__all__
    assert changes(before) == []
    for use in (use_the_library, use_the_command):
        use()
        assert changes(before) == [], (use, changes(before))
    changed = use_in_threads(before)
    assert changed == [], changed
    from tiktoken import registry

    assert registry.ENCODINGS == {}
    print("unchanged", file=sys.stderr)


if __name__ == "__main__":
    main()
