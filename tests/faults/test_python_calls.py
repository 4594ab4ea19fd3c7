"""The same as test_system_calls, where there is no strace: Python's calls on files go wrong."""

from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest

from tests.command import invoke
from tests.faults.python_calls import FileCalls, Killed
from tests.small_chunks import cut_small
from tokcompare.counting.parallel import checkpoint

OLD = b"the old file\n"
INPUT = "".join(f'{{"text": "{word}", "language": "en"}}\n' for word in ("one", "two", "three"))
INPUT += '{"text": "એક", "language": "gu"}\n'

COMMANDS = {
    "report": ["-f", "json", "--jobs", "1", "--checkpoint", "checkpoint"],
    "cost": ["-f", "csv"],
    "context": ["-f", "markdown"],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    cut_small(monkeypatch, 60)
    monkeypatch.setattr(checkpoint, "EVERY", 1)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.jsonl").write_text(INPUT)
    return tmp_path


def _run(command: str, folder: Path, calls: FileCalls | None = None) -> tuple[int, str]:
    """Runs a command; returns its exit code and its standard error."""
    options = [str(folder / word) if word == "checkpoint" else word for word in COMMANDS[command]]
    arguments = [command, str(folder / "in.jsonl"), "-o", str(folder / "out"), *options]
    with pytest.MonkeyPatch.context() as patch:
        if calls is not None:
            calls.patch(patch)
        result = invoke(*arguments)
    assert result.stdout == ""
    return result.exit_code, result.stderr


def _reset(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != "in.jsonl":
            path.unlink()
    (folder / "out").write_bytes(OLD)


def _undisturbed(command: str, folder: Path) -> tuple[list[tuple[str, int]], bytes, str]:
    """Returns calls, the output and the notes of a run without a fault.

    The calls are the first and the last of each kind, with their number.
    """
    _reset(folder)
    calls = FileCalls(folder)
    code, notes = _run(command, folder, calls)
    assert code == 0
    assert {call.split()[0] for call in calls.calls} >= {
        *("open", "stat", "fstat", "read", "write", "close", "fsync", "chmod", "replace")
    }
    points = {(call, number) for call, count in calls.calls.items() for number in (1, count)}
    return sorted(points), (folder / "out").read_bytes(), notes


def _check(command: str, folder: Path, whole: bytes, notes: str, event: object) -> None:
    """Checks the files after a fault, and that the same command then gives the whole result."""
    assert (folder / "in.jsonl").read_text() == INPUT, event
    assert (folder / "out").read_bytes() in (OLD, whole), event
    if {path.name for path in folder.iterdir()} != {"in.jsonl", "out"}:
        assert _run(command, folder) == (0, notes), event
        assert (folder / "out").read_bytes() == whole, event


@pytest.mark.parametrize("command", COMMANDS)
def test_each_call_fails(folder: Path, command: str) -> None:
    points, whole, notes = _undisturbed(command, folder)
    failed = 0
    for point in points:
        _reset(folder)
        calls = FileCalls(folder, point, errno.EIO)
        code, errors = _run(command, folder, calls)
        if code == 0:
            assert (folder / "out").read_bytes() == whole, point
            assert errors == notes, point
        else:
            failed += 1
            assert calls.is_done
            assert code == 1, (point, errors)
            # A last look at the input that fails cannot tell why: it may be gone.
            reason = r"Input/output error\.?|it is missing, cannot be read, or is no .*"
            pattern = rf"(Note: .*\n)*Error: .*: ({reason})\n"
            assert re.fullmatch(pattern, errors), (point, errors)
            assert "Standard output" not in errors, point
        left = {path.name for path in folder.iterdir()}
        if not point[0].startswith("unlink"):
            assert left <= {"in.jsonl", "out", "checkpoint"}, point
        _check(command, folder, whole, notes, point)
    assert failed >= len(points) / 2


@pytest.mark.parametrize("command", COMMANDS)
def test_killed_at_each_step(folder: Path, command: str) -> None:
    points, whole, notes = _undisturbed(command, folder)
    killed = 0
    for point in points:
        if not point[0].startswith(("stat", "fstat", "read")):
            _reset(folder)
            calls = FileCalls(folder, point)
            try:
                _run(command, folder, calls)
            except Killed:
                killed += 1
            assert not calls.is_done or calls.is_dead
            _check(command, folder, whole, notes, point)
    assert killed >= 5
