"""The examples in CONTRIBUTING.md work as they stand, in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.platforms import posix_only

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
MOST_LINES = 15
"""How many lines a block of an example may have, empty ones aside."""

EDIT = re.compile(
    r"(?P<verb>Write|At the end of|In) `(?P<path>[^`\n]+)`(?:, add)?:\n\n"
    r"```(?:python|diff)\n(?P<code>.*?)```\n",
    re.DOTALL,
)
"""An instruction, and the code or the change that it is about."""


def examples() -> dict[str, str]:
    """Returns the sections with examples, by heading."""
    sections = CONTRIBUTING.read_text(encoding="utf-8").split("\n## ")[1:]
    return {
        heading: text
        for heading, _, text in (section.partition("\n") for section in sections)
        if heading.startswith("A")
    }


EXAMPLES = examples()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the repository."""
    for name in ("tokcompare", "tests", "benchmarks", "docs"):
        shutil.copytree(
            ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "golden")
        )
    (tmp_path / "data").symlink_to(ROOT / "data", target_is_directory=True)
    for path in (*ROOT.glob("*.md"), ROOT / "pyproject.toml"):
        shutil.copy(path, tmp_path)
    return tmp_path


def apply(edit: re.Match[str], repository: Path) -> None:
    """Does what an instruction says."""
    path, code = repository / edit["path"], edit["code"]
    if edit["verb"] == "Write":
        assert not path.exists()
        path.write_text(code, encoding="utf-8")
        return
    text = path.read_text(encoding="utf-8")
    if edit["verb"] == "At the end of":
        text += f"\n\n{code}"
    else:
        for hunk in code.split("@@\n"):
            lines = hunk.splitlines(keepends=True)
            old = "".join(line[1:] for line in lines if line[0] in " -")
            new = "".join(line[1:] for line in lines if line[0] in " +")
            assert f"\n{text}".count(f"\n{old}") == 1, old
            text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def test_there_is_an_example_of_each_kind() -> None:
    assert list(EXAMPLES) == [
        *("A metric", "A format", "A kind of encoding", "An output format", "A command")
    ]


@pytest.mark.parametrize("heading", EXAMPLES)
def test_examples_are_short(heading: str) -> None:
    blocks = re.findall(r"```(?:python|diff)\n(.*?)```", EXAMPLES[heading], re.DOTALL)
    assert len(blocks) == len(EDIT.findall(EXAMPLES[heading])) > 0
    for block in blocks:
        assert len([line for line in block.splitlines() if line]) <= MOST_LINES


@posix_only
@pytest.mark.slow
@pytest.mark.parametrize("heading", EXAMPLES)
def test_examples_work(copy: Path, heading: str) -> None:
    for edit in EDIT.finditer(EXAMPLES[heading]):
        apply(edit, copy)
    (commands,) = re.findall(r"```sh\n(.*?)```", EXAMPLES[heading], re.DOTALL)
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = own | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(copy),
    }
    process = subprocess.run(
        ["sh", "-ec", commands], capture_output=True, cwd=copy, env=environment, text=True
    )
    assert process.returncode == 0, process.stdout + process.stderr
