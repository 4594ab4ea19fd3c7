"""What Git ignores is left out on demand: compared with Git itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.command import invoke
from tokcompare import SourceError, load_source

git_only = pytest.mark.skipif(shutil.which("git") is None, reason="Git is not here")

RULES = {
    ".gitignore": "*.log\n!keep.log\n/build/\ndoc/*.txt\n# no rule\n\\#hash\nspace\\ \n**/cache/\n",
    "sub/.gitignore": "!debug.log\nlocal.txt\n/only-here\n",
    "sub/deep/.gitignore": "*\n!wanted.txt\n",
}
NAMES = [
    *("a.txt", "b.log", "keep.log", "build/x.txt", "sub/build/x.txt", "doc/a.txt", "doc/in/a.txt"),
    *("#hash", "cache/x", "sub/cache/y", "sub/debug.log", "sub/b.log", "sub/local.txt"),
    *("local.txt", "sub/only-here", "sub/in/only-here", "sub/deep/wanted.txt", "sub/deep/other"),
    *("secret.txt", "sub/secret.txt", "build/keep.log"),
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    for name in NAMES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")
    for name, rules in RULES.items():
        (folder / name).write_text(rules)
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    (folder / ".git" / "info" / "exclude").write_text("secret.txt\n")
    return folder


def kept_by_git(folder: Path) -> set[str]:
    command = ["git", "-C", str(folder), "-c", "core.excludesFile=/dev/null", "ls-files"]
    command += ["--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
    return {name for name in names if name and not Path(name).name.startswith(".")}


def kept(folder: Path, *names: str) -> set[str]:
    source = load_source([str(folder / name) for name in names or ("",)], gitignore=True)
    return {str(Path(file.path).relative_to(folder)) for file in source.files}


@git_only
def test_the_same_as_git(repository: Path) -> None:
    expected = kept_by_git(repository)
    assert kept(repository) == expected
    assert 5 < len(expected) < len(NAMES)


@git_only
def test_folders_within_and_globs(repository: Path) -> None:
    expected = kept_by_git(repository)
    assert kept(repository, "sub") == {name for name in expected if name.startswith("sub/")}
    assert kept(repository, "**/*.txt") == {name for name in expected if name.endswith(".txt")}
    # A file that is named is read.
    assert kept(repository, "b.log") == {"b.log"}
    with pytest.raises(SourceError, match="Git ignores all files in the folder"):
        kept(repository, "build")
    with pytest.raises(SourceError, match="Git ignores all files that match"):
        kept(repository, "b*.log")


@git_only
def test_a_note_says_how_many(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository)
    everything = load_source(".")
    assert {str(Path(file.path)) for file in everything.files} == set(NAMES)
    result = invoke("report", ".", "--gitignore", "--by", "source", "-f", "csv")
    assert "left out, because Git ignores them" in result.stderr
    assert len(result.stdout.splitlines()) == 1 + len(kept_by_git(repository))
    checked = invoke("check", ".", "--gitignore", "--max-tokens", "10", "-f", "json")
    assert checked.exit_code == 0


def test_outside_of_a_repository(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt", "in/b.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    (tmp_path / ".gitignore").write_text("b.txt\n")
    assert kept(tmp_path) == {"a.txt"}


def test_a_gitignore_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / ".gitignore").write_text("!\n")
    with pytest.raises(SourceError, match=r"gitignore' has a pattern that is none"):
        kept(tmp_path)
