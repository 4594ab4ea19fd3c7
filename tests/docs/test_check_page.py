"""docs/check.md: its commands, settings and workflows do what the page says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import ROOT
from tests.command import invoke
from tests.documents import DOCS, blocks
from tests.platforms import posix_only

PAGE = DOCS / "check.md"
PROMPTS = {
    "prompts/en/greeting.md": "Hello! How can I help you?",
    "prompts/hi/greeting.md": "नमस्ते! मैं आपकी कैसे मदद कर सकता हूँ?",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository that the page is about."""
    monkeypatch.chdir(tmp_path)
    for name, text in PROMPTS.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@posix_only
@pytest.mark.slow
def test_sessions(repository: Path) -> None:
    commands = "".join(blocks(PAGE, "shell"))
    assert commands.count("tokcompare ") == 6
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.run(
        ["sh", "-ec", commands],
        cwd=repository,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr


def test_the_baseline_is_the_one_that_is_shown(repository: Path) -> None:
    options = ("--language-from-path", "--baseline", "tokens.json", "--write-baseline")
    assert invoke("check", "prompts", *options).exit_code == 0
    (shown,) = blocks(PAGE, "json")
    assert (repository / "tokens.json").read_text(encoding="utf-8") == shown


def test_settings(repository: Path) -> None:
    (settings,) = blocks(PAGE, "toml")
    (repository / "tokcompare.toml").write_text(settings, encoding="utf-8")
    assert invoke("check", "--write-baseline").exit_code == 0
    result = invoke("check", "-f", "json")
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    assert [row["limit"] for row in content["rows"]] == [4000, 6000]
    assert len(tomllib.loads(settings)) == 8


def workflows() -> list[dict[str, Any]]:
    return [yaml.safe_load(block) for block in blocks(PAGE, "yaml")]


def test_workflow() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (job,) = workflows()[0]["jobs"].values()
    assert set(job["steps"][-1]["with"]) <= set(action["inputs"])
    section = PAGE.read_text(encoding="utf-8").partition("| input |")[2].partition("\n## ")[0]
    described = {line.split("`")[1] for line in section.splitlines() if line.startswith("| `")}
    assert described == set(action["inputs"])


def test_hook() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (repository,) = workflows()[1]["repos"]
    assert {hook["id"] for hook in repository["hooks"]} == {hook["id"] for hook in hooks}
