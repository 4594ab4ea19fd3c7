"""Each system call on a file fails, or kills the run: the files are old or whole, errors clear."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.runs import (
    MAKERS,
    fail_each_call,
    fail_in_workers,
    kill_at_each_step,
    report,
    write_input,
)
from tests.faults.strace import Server, needs_strace

pytestmark = [needs_strace, pytest.mark.slow]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server.started() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_input(tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("name", MAKERS)
def test_each_call_fails(server: Server, folder: Path, name: str) -> None:
    outcomes = [*fail_each_call(MAKERS[name](server, folder))]
    assert len(outcomes) > 20
    assert sum(outcome == "error" for outcome, _ in outcomes) >= len(outcomes) / 4


@pytest.mark.parametrize("name", MAKERS)
def test_killed_at_each_step(server: Server, folder: Path, name: str) -> None:
    assert len([*kill_at_each_step(MAKERS[name](server, folder))]) >= 5


@pytest.mark.parametrize("call", ["openat", "read", "lseek", "newfstatat", "close"])
def test_each_call_of_a_worker_fails(server: Server, folder: Path, call: str) -> None:
    fail_in_workers(report(server, folder, jobs=2), call)
