"""Runs that go wrong: each call on a file fails or kills the process, and the files are checked.

Whatever happens, the input is unchanged, the output is the old file or the whole new one, and the
checkpoint, if it is there, leads to the same result.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.faults.strace import (
    CHANGES,
    ERRORS,
    Point,
    Server,
    paths_in,
    points_in,
    was_injected,
)
from tokcompare import load_samples

Outcome = Literal["whole", "error"]
"""The output was written as if nothing had been; or the run ended with an error or was killed."""


OLD = b"the old file\n"


@dataclass(frozen=True)
class Command:
    """A command that reads a file, writes another and perhaps a checkpoint, in one folder."""

    server: Server
    folder: Path
    arguments: tuple[str, ...]

    @property
    def input(self) -> Path:
        return self.folder / "in.jsonl"

    @property
    def output(self) -> Path:
        return self.folder / "out"

    @property
    def log(self) -> Path:
        return self.folder.parent / "log"

    def run(
        self, *options: str, paths: set[str], follow: bool = False, first: int = 1
    ) -> tuple[int, str]:
        """Runs it under strace; returns its exit code and its standard error."""
        return self.server.run(
            self.arguments, self.log, *options, paths=paths, follow=follow, first=first
        )

    def is_reset(self) -> bool:
        """Returns whether there is nothing but the input and the old output."""
        return {*self.folder.iterdir()} == {self.input, self.output} and (
            self.output.read_bytes() == OLD
        )

    def reset(self) -> None:
        """Deletes all files but the input, and writes an old output."""
        for path in self.folder.iterdir():
            if path != self.input:
                path.unlink()
        self.output.write_bytes(OLD)


@dataclass(frozen=True)
class Undisturbed:
    """A run without a fault: the input, the whole output, the notes, the files and the calls."""

    content: bytes
    whole: bytes
    notes: str
    paths: set[str]
    points: list[Point]


def undisturbed(command: Command) -> Undisturbed:
    content = command.input.read_bytes()
    command.reset()
    assert command.run(paths=set())[0] == 0
    paths = paths_in(command.log, command.folder)
    command.reset()
    code, notes = command.run(paths=paths)
    assert code == 0
    points = points_in(command.log, command.folder)
    return Undisturbed(content, command.output.read_bytes(), notes, paths, points)


def _check_files(command: Command, run: Undisturbed, event: str) -> None:
    assert command.input.read_bytes() == run.content, event
    assert command.output.read_bytes() in (OLD, run.whole), event


def _check_next_run(command: Command, run: Undisturbed, event: str) -> None:
    """Checks that the same command, undisturbed, gives the whole result."""
    if command.is_reset():
        return  # as before the first run
    # A run that was killed may have left a temporary file, and no run has a name twice.
    code, errors = command.run(paths=set(), first=1_000)
    assert (code, errors) == (0, run.notes), event
    assert command.output.read_bytes() == run.whole, event


def report(server: Server, folder: Path, jobs: int = 1) -> Command:
    arguments = ["report", f"{folder}/in.jsonl", "-e", "cl100k_base", "--engine", "tiktoken"]
    arguments += ["--jobs", str(jobs), "--checkpoint", f"{folder}/checkpoint"]
    return Command(server, folder, (*arguments, "-f", "json", "-o", f"{folder}/out"))


def compressed(server: Server, folder: Path) -> Command:
    (folder / "in.jsonl").write_bytes(gzip.compress((folder / "in.jsonl").read_bytes()))
    return report(server, folder)


def cost(server: Server, folder: Path) -> Command:
    return Command(
        server, folder, ("cost", f"{folder}/in.jsonl", "-f", "csv", "-o", f"{folder}/out")
    )


def context(server: Server, folder: Path) -> Command:
    arguments = ("context", f"{folder}/in.jsonl", "-f", "markdown", "-o", f"{folder}/out")
    return Command(server, folder, arguments)


def write_input(folder: Path) -> None:
    """Makes the folder of a command, with its input."""
    lines = [
        json.dumps({"text": document.text, "language": document.language})
        for document in load_samples("udhr")
        if document.language in ("gu", "en")
    ]
    folder.mkdir()
    (folder / "in.jsonl").write_text("\n".join(lines[::2]) + "\n")


MAKERS: dict[str, Callable[[Server, Path], Command]] = {
    "report": report,
    "report, of a gzip file": compressed,
    "cost": cost,
    "context": context,
}


def fail_each_call(command: Command) -> Iterator[tuple[Outcome, bool]]:
    """Lets each call fail with each of its errors.

    Yields:
        What came out, and whether the output was the old one.
    """
    run = undisturbed(command)
    for point in run.points:
        for error in ERRORS[point.call]:
            event = f"{point}: {error}"
            command.reset()
            fault = f"--inject={point.call}:error={error}:when={point.number}"
            code, errors = command.run(fault, paths=run.paths)
            assert was_injected(command.log), event
            _check_files(command, run, event)
            is_old = command.output.read_bytes() == OLD
            if code == 0:
                assert not is_old, event
                assert errors == run.notes, event
                yield "whole", is_old
                continue
            assert code == 1, (event, errors)
            assert re.fullmatch(r"(Note: .*\n)*Error: .*\n", errors), (event, errors)
            assert re.search(r"/(in\.jsonl|out|checkpoint)'", errors), (event, errors)
            left = {path.name for path in command.folder.iterdir()}
            if point.call != "unlink":
                assert left <= {"in.jsonl", "out", "checkpoint"}, event
            _check_next_run(command, run, event)
            yield "error", is_old


def kill_at_each_step(command: Command) -> Iterator[bool]:
    """Kills the run at each call that changes a file.

    Yields:
        Whether the output was the old one.
    """
    run = undisturbed(command)
    for point in run.points:
        if point.call in CHANGES:
            command.reset()
            fault = f"--inject={point.call}:signal=KILL:when={point.number}"
            assert command.run(fault, paths=run.paths)[0] == 128 + 9, point
            _check_files(command, run, str(point))
            is_old = command.output.read_bytes() == OLD
            _check_next_run(command, run, str(point))
            yield is_old


def fail_in_workers(command: Command, call: str) -> None:
    """Lets a call on the input fail, or kill, in each of the processes of a command."""
    run = undisturbed(command)
    for fault in (f"error={ERRORS[call][0]}", "signal=KILL"):
        for number in (1, 2, 3, 5):
            event = f"{call} {number}: {fault}"
            command.reset()
            injection = f"--inject={call}:{fault}:when={number}"
            code, errors = command.run(injection, paths={str(command.input)}, follow=True)
            _check_files(command, run, event)
            if code == 0:
                assert command.output.read_bytes() == run.whole, event
            else:
                assert "Traceback" not in errors, (event, errors)
            _check_next_run(command, run, event)
