"""The command on a terminal, and with pipes that break."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.command import TOKCOMPARE, read_terminal, run
from tests.formats import show
from tokcompare import compare

pty: Any = pytest.importorskip("pty", reason="terminals are tried as POSIX has them")


def on_terminal(*arguments: str, env: dict[str, str] | None = None) -> str:
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [*TOKCOMPARE, *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=os.environ | (env or {}),
    ):
        os.close(terminal)
        shown, is_answered = b"", False
        while chunk := read_terminal(controller):
            shown += chunk
            # Once: the terminal echoes the answer, and so would ask for it again and again.
            if b"Ctrl-D" in shown and not is_answered:
                os.write(controller, b"Hi\x04\x04")
                is_answered = True
    os.close(controller)
    return shown.decode()


def test_colors_on_a_terminal() -> None:
    shown = on_terminal("report").replace("\r\n", "\n")
    assert shown == show(compare(), "table", color=True, is_short=True)


@pytest.mark.slow
def test_no_color() -> None:
    shown = on_terminal("report", env={"NO_COLOR": "1"}).replace("\r\n", "\n")
    assert shown == show(compare(), "table", is_short=True)


@pytest.mark.slow
def test_no_color_in_a_file(tmp_path: Path) -> None:
    assert on_terminal("report", "-o", str(tmp_path / "report.txt")) == ""
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == show(compare(), "table")


def test_waiting_for_standard_input_is_said() -> None:
    shown = on_terminal("count")
    assert shown.startswith("Reading standard input; end it with Ctrl-D.")
    assert "(standard input)" in shown


@pytest.mark.slow
def test_terminal_without_unicode() -> None:
    env = {"PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}
    assert r"\u0a97\u0ac1" in on_terminal("report", "-l", "gu", env=env)


@pytest.mark.slow
def test_pipe_without_unicode_gets_utf8() -> None:
    process = run("report", "-f", "json", env={"PYTHONIOENCODING": "ascii"})
    assert process.stdout.decode("utf-8") == show(compare(), "json")


@pytest.mark.slow
def test_reader_that_has_gone() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    process = subprocess.run(
        [*TOKCOMPARE, "report"], stdout=write_end, stderr=subprocess.PIPE, check=False
    )
    os.close(write_end)
    assert process.stderr == b""


@pytest.mark.slow
def test_head() -> None:
    command = f"{sys.executable} -m tokcompare report | head -1"
    process = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    assert process.stdout.startswith(b"language")
    assert process.stderr == b""


@pytest.mark.slow
def test_full_standard_output() -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [*TOKCOMPARE, "report"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert process.returncode == 1
    assert process.stderr == (
        b"Error: Standard output cannot be written: No space left on device.\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("redirection", "message"),
    [
        ("report >&-", b"Error: Standard output is closed; use --output FILE.\n"),
        ("count <&-", b"Error: Standard input is closed; name a file.\n"),
        (
            "count 0>/dev/null",
            b"Error: '(standard input)', byte 0: the file cannot be read: Bad file descriptor\n",
        ),
        (
            "--help >/dev/full",
            b"Error: Standard output cannot be written: No space left on device.\n",
        ),
    ],
)
def test_streams_that_do_not_work(redirection: str, message: bytes) -> None:
    process = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m tokcompare {redirection}"],
        capture_output=True,
        check=False,
    )
    assert (process.returncode, process.stderr) == (1, message)


def test_interrupt_is_exit_code_130() -> None:
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [*TOKCOMPARE, "count"],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        # It says that it waits, so it is in the middle of its work.
        assert process.stderr.readline() == b"Reading standard input; end it with Ctrl-D.\n"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
    os.close(controller)
    os.close(terminal)
    # The new line ends the line in which a terminal shows "^C".
    assert (process.returncode, output, errors) == (130, b"", b"\n")
