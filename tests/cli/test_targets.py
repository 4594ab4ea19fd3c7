"""No command writes to a file that it reads, and what cannot be written is said at the start."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.command import TOKCOMPARE, invoke
from tests.files import as_jsonl, write
from tests.platforms import linux_only, needs_links, posix_only
from tokcompare import CheckpointError, OutputError, compare, load_source

CONTENT = as_jsonl([("Hello, world!", "en"), ("નમસ્તે", "gu")])


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(Path("in.jsonl"), CONTENT)


def names() -> list[str]:
    return sorted(path.name for path in Path().rglob("*"))


def check_refused(*arguments: str, message: str, stdin: bytes | None = None) -> None:
    """Checks that a command fails at its start, and changes no file."""
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    result = invoke(*arguments, stdin=stdin)
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    after = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    assert before == after


def link(path: str) -> str:
    Path("link.json").symlink_to(path)
    return "link.json"


def hard_link(path: str) -> str:
    Path("hard.json").hardlink_to(path)
    return "hard.json"


def other_spelling(path: str) -> str:
    return f"./../{Path().absolute().name}/{path}"


SPELLINGS = [str, link, hard_link, other_spelling, os.path.abspath]


@needs_links
@pytest.mark.parametrize("spell", SPELLINGS)
@pytest.mark.parametrize("command", ["report", "cost", "context"])
class TestOutputIsAnInput:
    @pytest.mark.parametrize("source", ["in.jsonl", "*.jsonl", ".", "zip://a::in.jsonl"])
    def test_source(self, command: str, spell: Callable[[str], str], source: str) -> None:
        arguments = (command, source, "-f", "json", "-o", spell("in.jsonl"))
        check_refused(*arguments, message=" is also the input '")

    @pytest.mark.parametrize("given", ["x.tiktoken", "name=x.tiktoken", "y"])
    def test_encoding(self, command: str, spell: Callable[[str], str], given: str) -> None:
        Path("y").mkdir()
        for path in ("x.tiktoken", "y/tokenizer.json"):
            write(Path(path), b"not even read")
        option = "--encoding" if command != "report" else "-e"
        path = spell("y/tokenizer.json" if given == "y" else "x.tiktoken")
        arguments = (command, "gpt-4o", option, given, "-f", "json", "-o", path)
        check_refused(*arguments, message=" is also the input '")


def test_output_is_the_volume() -> None:
    write(Path("v.csv"), b"language,characters\nen,5\n")
    check_refused("cost", "--volume", "v.csv", "-o", "v.csv", message="is also the input 'v.csv'")


def test_output_is_in_the_folder_of_the_source() -> None:
    Path("d").mkdir()
    write(Path("d/a.txt"), b"text")
    assert invoke("report", "d", "-o", "d/report.txt").exit_code == 0
    check_refused("report", "d", "-o", "d/report.txt", message="also the input 'd/report.txt'")


@pytest.mark.parametrize("spell", SPELLINGS)
@needs_links
class TestCheckpoint:
    def test_is_the_output(self, spell: Callable[[str], str]) -> None:
        write(Path("both"), b"old")
        arguments = ("report", "in.jsonl", "--checkpoint", "both", "-f", "json")
        check_refused(*arguments, "-o", spell("both"), message="are the same file")

    def test_will_be_the_output(self, spell: Callable[[str], str]) -> None:
        if spell is hard_link:
            pytest.skip("there is no file to link to")
        arguments = ("report", "in.jsonl", "--checkpoint", "both", "-f", "json")
        check_refused(*arguments, "-o", spell("both"), message="are the same file")

    def test_is_an_input(self, spell: Callable[[str], str]) -> None:
        path = spell("in.jsonl")
        for source in ("in.jsonl", "."):
            message = "so it is no checkpoint of tokcompare; name another file"
            check_refused("report", source, "--checkpoint", path, message=message)
            with pytest.raises(CheckpointError, match="is also the input"):
                compare(load_source(source), checkpoint=path)
        assert Path("in.jsonl").read_bytes() == CONTENT

    def test_is_an_encoding(self, spell: Callable[[str], str]) -> None:
        write(Path("x.tiktoken"), b"not even read")
        path = spell("x.tiktoken")
        message = "is also the input 'x.tiktoken'"
        check_refused("report", "-e", "x.tiktoken", "--checkpoint", path, message=message)
        source = load_source("in.jsonl")
        with pytest.raises(CheckpointError, match="is also the input"):
            compare(source, encodings="x.tiktoken", checkpoint=path)
        with pytest.raises(CheckpointError, match="is also the input"):
            compare(source, encodings=["o200k_base", Path("x.tiktoken")], checkpoint=path)


@needs_links
class TestFinishedRun:
    """A finished run deletes its checkpoint, and nothing else."""

    def test_checkpoint_is_deleted(self) -> None:
        assert invoke("report", "in.jsonl", "--checkpoint", "c").exit_code == 0
        assert names() == ["in.jsonl"]

    def test_link_stays(self) -> None:
        Path("d").mkdir()
        Path("link").symlink_to("d/target")
        for _ in range(2):
            assert invoke("report", "in.jsonl", "--checkpoint", "link").exit_code == 0
            assert Path("link").is_symlink()
            assert names() == ["d", "in.jsonl", "link"]

    def test_files_beside_it_stay(self) -> None:
        write(Path("victim"), b"mine")
        Path("c.tmp").symlink_to("victim")
        assert invoke("report", "in.jsonl", "--checkpoint", "c").exit_code == 0
        assert names() == ["c.tmp", "in.jsonl", "victim"]
        assert Path("victim").read_bytes() == b"mine"


@posix_only
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing/out.json", "No such file or directory"),
        ("in.jsonl/out.json", "Not a directory"),
        ("folder.json", "Is a directory"),
        ("n" * 300 + ".json", "File name too long"),
        ("dangling.json", "No such file or directory"),
        ("loop.json", "Too many levels of symbolic links"),
    ],
)
class TestUnwritable:
    """It is said before anything is counted: here the source could not even be read."""

    @pytest.fixture(autouse=True)
    def _bad(self) -> None:
        Path("folder.json").mkdir()
        Path("dangling.json").symlink_to("missing/x")
        Path("loop.json").symlink_to("loop.json")
        write(Path("bad.jsonl"), b"{")

    @pytest.mark.parametrize("command", ["report", "cost", "context"])
    def test_output(self, name: str, reason: str, command: str) -> None:
        message = f"The file {name!r} cannot be written: {reason}."
        check_refused(command, "bad.jsonl", "-o", name, message=message)

    def test_checkpoint(self, name: str, reason: str) -> None:
        check_refused("report", "bad.jsonl", "--checkpoint", name, message=reason)
        with pytest.raises((OutputError, CheckpointError), match=reason):
            compare(load_source("bad.jsonl"), checkpoint=name)


@posix_only
def test_pipe_is_no_checkpoint() -> None:
    os.mkfifo("pipe")
    arguments = ("report", "in.jsonl", "--checkpoint", "pipe")
    result = invoke(*arguments)
    assert result.stderr == "Error: 'pipe' cannot be read: it is no regular file.\n"


@linux_only
@pytest.mark.slow
class TestRedirection:
    """Standard output is a file: the shell has opened it, and perhaps emptied it."""

    def run(self, command: str, code: int) -> str:
        whole = f"{' '.join(TOKCOMPARE)} {command}"
        done = subprocess.run(whole, shell=True, capture_output=True, timeout=60, check=False)
        assert done.returncode == code, done.stderr
        return done.stderr.decode()

    @pytest.mark.parametrize(
        "command",
        [
            "report in.jsonl",
            "report .",
            "report - < in.jsonl",
            "cost in.jsonl",
            "context in.jsonl",
            "count in.jsonl",
            "count < in.jsonl",
            "estimate < in.jsonl",
        ],
    )
    def test_appended_to_an_input(self, command: str) -> None:
        assert "Standard output is redirected to" in self.run(f"{command} >> in.jsonl", 1)
        assert Path("in.jsonl").read_bytes() == CONTENT

    def test_standard_input_is_the_output(self) -> None:
        message = "is also the input '(standard input)'"
        assert message in self.run("report - -o in.jsonl -f json < in.jsonl", 1)
        assert message in self.run("report - -o /dev/stdout -f json < in.jsonl >> in.jsonl", 1)
        assert Path("in.jsonl").read_bytes() == CONTENT

    def test_empty_output_in_a_folder(self) -> None:
        error = self.run("report . -f csv > out.txt", 0)
        assert "Note: 'out.txt' is left out: standard output is redirected to it." in error
        assert Path("out.txt").read_text().startswith("language,name,documents,")

    def test_emptied_input(self) -> None:
        error = self.run("report in.jsonl > in.jsonl", 1)
        assert "Standard output is redirected to 'in.jsonl'" in error

    def test_devices(self) -> None:
        self.run("report - < /dev/null > /dev/null", 0)
        self.run("report /dev/null -o /dev/null", 0)
