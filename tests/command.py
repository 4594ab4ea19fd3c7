"""Runs the command: in this process, or in a process of its own as a user does."""

from __future__ import annotations

import os
import subprocess
import sys

from click.testing import CliRunner, Result

from tokcompare.cli import main

TOKCOMPARE = [sys.executable, "-m", "tokcompare"]


def invoke(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, arguments, input=stdin, prog_name="tokcompare")


def run(
    *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*TOKCOMPARE, *arguments],
        input=stdin,
        capture_output=True,
        env=os.environ | (env or {}),
        timeout=60,
        check=False,
    )


def read_terminal(controller: int) -> bytes:
    """Reads what was written to a pseudo-terminal; nothing once its other side is closed."""
    try:
        return os.read(controller, 100_000)
    except OSError:  # how Linux says that the other side is closed
        return b""
