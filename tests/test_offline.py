"""The command needs no network, no home, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.formats import show
from tests.platforms import posix_only
from tokcompare import compare

# Whatever would open a connection, or find one out, ends the process.
NO_NETWORK = """
import os, socket, sys
def refuse(*arguments, **options):
    os.write(2, b"network!")
    os._exit(99)
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
before = dict(os.environ)
from tokcompare.cli import main
try:
    main(sys.argv[1:], prog_name="tokcompare")
finally:
    assert dict(os.environ) == before, "an environment variable was set"
"""


@pytest.fixture
def bare_environment(tmp_path: Path) -> dict[str, str]:
    """An environment whose home cannot be written to, and whose temporary folder is watched."""
    for folder in ("work", "temporary"):
        (tmp_path / folder).mkdir()
    return {
        "HOME": "/dev/null",
        "TMPDIR": str(tmp_path / "temporary"),
        "PATH": os.defpath,
        # An empty cache at a place that does not exist: tiktoken's own loading would fail.
        "TIKTOKEN_CACHE_DIR": "/dev/null/cache",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@posix_only
@pytest.mark.parametrize(
    "name",
    ["table", *(pytest.param(n, marks=pytest.mark.slow) for n in ("markdown", "csv", "json"))],
)
def test_report_without_network(
    name: str, tmp_path: Path, bare_environment: dict[str, str]
) -> None:
    process = subprocess.run(
        [sys.executable, "-c", NO_NETWORK, "report", "-f", name],
        capture_output=True,
        cwd=tmp_path / "work",
        env=bare_environment,
        check=False,
    )
    assert process.stderr == b""
    assert process.returncode == 0
    assert process.stdout.decode() == show(compare(), name, is_short=True)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_refusal_works() -> None:
    code = NO_NETWORK.replace(
        "from tokcompare", "socket.create_connection(('localhost', 9))\nfrom x"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (process.returncode, process.stderr) == (99, b"network!")


def in_namespace(*command: str) -> list[str]:
    return ["unshare", "--map-root-user", "--net", *command]


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run(in_namespace("true"), capture_output=True, check=False).returncode != 0,
    reason="this system makes no network namespaces",
)
def test_report_in_a_network_namespace_of_its_own(
    tmp_path: Path, bare_environment: dict[str, str]
) -> None:
    process = subprocess.run(
        in_namespace(sys.executable, "-m", "tokcompare", "report"),
        capture_output=True,
        cwd=tmp_path / "work",
        env=bare_environment,
        check=False,
    )
    assert process.stdout.decode() == show(compare(), "table", is_short=True)
    assert (process.returncode, process.stderr) == (0, b"")
