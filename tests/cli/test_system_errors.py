"""An error of the operating system is named as it is, in one line."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from tests.command import TOKCOMPARE, invoke
from tests.platforms import linux_only
from tokcompare.cli.commands import lists


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            OSError(errno.EMFILE, os.strerror(errno.EMFILE)),
            "refused what a run needs: Too many open",
        ),
        (
            OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)),
            "refused what a run needs: Resource temp",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "a.txt"),
            "'a.txt': Permission denied.",
        ),
        (OSError("no number"), "refused what a run needs: no number."),
    ],
)
def test_names_the_cause(error: OSError, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(lists.metrics, "callback", fail)
    result = invoke("metrics")
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Standard output" not in result.stderr


@linux_only
@pytest.mark.slow
@pytest.mark.parametrize("limit", [6, 10, 16])
@pytest.mark.parametrize("command", ["report", "cost", "context", "count"])
def test_few_open_files(limit: int, command: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Hello, world", "language": "en"}\n' * 300)
    arguments = [command, str(tmp_path / "a.jsonl")]
    arguments += ["--jobs", "2"] if command == "report" else []
    ended = subprocess.run(
        ["bash", "-c", f'ulimit -n {limit}; exec "$@"', "bash", *TOKCOMPARE, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode in (0, 1), ended.stderr
    assert "Traceback" not in ended.stderr
    if ended.returncode:
        assert "Standard output" not in ended.stderr
