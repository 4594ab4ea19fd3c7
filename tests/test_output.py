"""Output is written whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.platforms import linux_only, needs_links, posix_only
from tokcompare import OutputError, output


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_writes_utf8_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "out"
    output.write_file(str(path), "ગુ\r\n\n")
    assert path.read_bytes() == "ગુ\r\n\n".encode()
    assert names_in(tmp_path) == ["out"]


@posix_only
def test_new_file_follows_the_umask_and_old_one_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "out"
    umask = os.umask(0o027)
    try:
        output.write_file(str(path), "new")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        output.write_file(str(path), "old")
        assert stat.S_IMODE(path.stat().st_mode) == 0o604
    finally:
        os.umask(umask)


@posix_only
@pytest.mark.parametrize("mode", [None, 0o600])
def test_nobody_else_reads_it_before_it_is_whole(
    tmp_path: Path, mode: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    if mode is not None:
        path.touch(mode)
    synchronize, seen = os.fsync, []

    def look(descriptor: int) -> None:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            seen.append((stat.S_IMODE(status.st_mode), status.st_size))
        synchronize(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    output.write_file(str(path), "secret")
    assert seen == [(0o600, 6)]


@needs_links
def test_temporary_file_takes_no_name_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    monkeypatch.setattr(os, "urandom", bytes)  # names that somebody can guess
    for name in (f".{bytes(8).hex()}.tmp", "out.tmp"):
        (tmp_path / name).symlink_to("victim")
    before = names_in(tmp_path)
    with pytest.raises(OutputError, match="File exists"):
        output.write_file(f"{tmp_path}/out", "text")
    assert victim.read_text() == "mine"
    assert names_in(tmp_path) == before


@posix_only
def test_check_creates_nothing(tmp_path: Path) -> None:
    before = tmp_path.stat().st_mtime_ns
    output.check_writable(f"{tmp_path}/out")
    assert tmp_path.stat().st_mtime_ns == before
    for name, reason in {"x/out": "No such file", ".": "Is a directory", "a\0": "null"}.items():
        with pytest.raises(OutputError, match=f"cannot be written: .*{reason}"):
            output.check_writable(f"{tmp_path}/{name}")


@posix_only
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may write everywhere")
def test_check_of_permissions(tmp_path: Path) -> None:
    (tmp_path / "file").touch(0o400)
    (tmp_path / "folder").mkdir(0o500)
    for name in ("file", "folder/out"):
        with pytest.raises(OutputError, match="cannot be written: Permission denied"):
            output.check_writable(f"{tmp_path}/{name}")


@needs_links
def test_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    output.write_file(str(link), "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    target.unlink()
    output.write_file(str(link), "new")
    assert target.read_text() == "new"


# No file can grow beyond a hundred bytes, as on a full disk.
ON_A_FULL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
from tokcompare.cli import main
main(["report", "-o", "out"])
"""


@pytest.mark.slow
@posix_only
def test_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    process = subprocess.run(
        [sys.executable, "-B", "-c", ON_A_FULL_DISK],
        capture_output=True,
        cwd=tmp_path,
        check=False,
    )
    assert process.stderr == b"Error: The file 'out' cannot be written: File too large.\n"
    assert process.returncode == 1
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["out"]


@posix_only
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing/out", "No such file or directory"),
        (".", "Is a directory"),
        ("a\0b", "embedded null"),
        ("n" * 300, "File name too long"),
        ("loop", "Too many levels of symbolic links"),
    ],
)
def test_unwritable(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OutputError, match=rf"cannot be written: .*{reason}"):
        output.write_file(f"{tmp_path}/{name}", "text")
    assert names_in(tmp_path) == ["loop"]


def test_longest_name(tmp_path: Path) -> None:
    output.write_file(f"{tmp_path}/{'n' * 255}", "text")
    assert names_in(tmp_path) == ["n" * 255]


@posix_only
def test_pipe_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with ThreadPoolExecutor() as pool:
        received = pool.submit(path.read_text)
        output.write_file(str(path), "text")
        assert received.result() == "text"
    assert path.is_fifo()


@linux_only
def test_device_is_not_replaced() -> None:
    output.write_file("/dev/null", "text")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(OutputError, match="'/dev/full' cannot be written: No space left"):
        output.write_file("/dev/full", "text")
