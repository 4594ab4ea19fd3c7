"""The library changes nothing that all of a process shares."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_is_changed(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, str(ROOT / "tests/process_state.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.stderr.endswith("unchanged\n"), ended.stderr[-3000:]
