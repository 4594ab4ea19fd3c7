"""Annotations: workflow commands as GitHub's runner reads them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.command import invoke
from tests.platforms import needs_links
from tokcompare.checks.views.annotations import command

COMMAND = re.compile(r"^::(?P<name>\w+)(?: (?P<properties>[^:]*))?::(?P<message>.*)$", re.DOTALL)


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Reads a command by the rules of GitHub's runner (ActionCommand.TryParseV2)."""
    found = COMMAND.match(line)
    assert found is not None
    properties = {}
    for each in filter(None, (found["properties"] or "").split(",")):
        key, _, value = each.partition("=")
        for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ",")):
            value = value.replace(code, character)
        properties[key] = value.replace("%25", "%")
    message = found["message"]
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        message = message.replace(code, character)
    return found["name"], properties, message


def test_escapes() -> None:
    line = command("error", "50%: a, b", file="100%,a:b.md", line="3")
    assert line == "::error file=100%25%2Ca%3Ab.md,line=3::50%25: a, b"
    assert command("notice", "fine") == "::notice::fine"


@given(st.text(), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_command_is_one_line_and_keeps_its_file(message: str, file: str) -> None:
    line = command("error", message, file=file)
    assert not set(line) & {"\n", "\r"}
    name, properties, _ = read(line)
    assert (name, properties["file"]) == ("error", file)


@given(st.text(st.sampled_from("%0ADabc25:,é ")))
def test_a_message_is_read_as_it_was(message: str) -> None:
    # "%0A" in a message is no line feed.
    assert read(command("error", message))[2] == message


class TestPaths:
    """Files are named from the root of the repository on."""

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "repository" / "sub").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / "repository" / "sub")
        monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "repository"))
        Path("a.txt").write_text("one two")

    def file_of(self, name: str) -> str | None:
        result = invoke("check", name, "--max-tokens", "1", "-f", "github")
        assert result.exit_code == 1
        return read(result.stdout.splitlines()[0])[1].get("file")

    def test_from_the_repository(self, tmp_path: Path) -> None:
        assert self.file_of("a.txt") == "sub/a.txt"
        assert self.file_of(str(tmp_path / "repository" / "sub" / "a.txt")) == "sub/a.txt"

    def test_from_the_working_directory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("GITHUB_WORKSPACE")
        assert self.file_of("a.txt") == "a.txt"

    def test_outside_of_the_repository(self, tmp_path: Path) -> None:
        (tmp_path / "b.txt").write_text("one two")
        assert self.file_of("../../b.txt") is None

    def test_no_file_of_this_machine(self) -> None:
        assert self.file_of("gpt-4o") is None
        assert self.file_of("file:///" + str(Path("a.txt").resolve()).lstrip("/")) is None

    @needs_links
    def test_through_links(self, tmp_path: Path) -> None:
        Path("link.txt").symlink_to("a.txt")
        assert self.file_of("link.txt") == "sub/link.txt"
        (tmp_path / "other").symlink_to(tmp_path / "repository", target_is_directory=True)
        assert self.file_of(str(tmp_path / "other" / "sub" / "a.txt")) == "sub/a.txt"

    def test_a_check_that_holds(self) -> None:
        result = invoke("check", "a.txt", "--max-tokens", "2", "-f", "github")
        assert result.stdout == (
            "::notice title=tokcompare::The check holds: 1 file, 2 tokens under o200k_base.\n"
        )
