"""Writes the table of docs/reliability.md: `python -m tests.faults`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.faults.runs import MAKERS, fail_each_call, kill_at_each_step, write_input
from tests.faults.strace import Server


def main() -> None:
    """Runs every command with every fault, and prints what came out."""
    print("| command | calls that failed | an error | no error | killed | output old | new |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    with Server.started() as server, tempfile.TemporaryDirectory() as parent:
        for name, make in MAKERS.items():
            folder = Path(parent) / name / "run"
            folder.parent.mkdir()
            write_input(folder)
            command = make(server, folder)
            failed = [outcome for outcome, _ in fail_each_call(command)]
            killed = [*kill_at_each_step(command)]
            row = [len(failed), failed.count("error"), failed.count("whole")]
            row += [len(killed), killed.count(True), killed.count(False)]
            print(f"| {name} |", *(f"{number} |" for number in row))


if __name__ == "__main__":
    main()
