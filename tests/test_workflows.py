"""The workflows for Linux run the commands that .ci/run has run, and every supported Python."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import tokcompare
from tests import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPT = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("--quiet ", "")
# All inputs, of which .ci/run takes a sample.
ONLY_IN_A_WORKFLOW = {"pytest -m exhaustive"}
TAG_IS_THAT_OF_THE_VERSION = "The tag is that of the version"


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path).values():
        yield from job["steps"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_commands_are_those_of_continuous_integration(path: Path) -> None:
    commands = [step["run"] for step in steps(path) if "name" not in step and "run" in step]
    assert commands
    assert [c for c in commands if c not in SCRIPT and c not in ONLY_IN_A_WORKFLOW] == []


def test_pythons_are_those_that_are_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    prefix = "Programming Language :: Python :: "
    declared = [c.removeprefix(prefix) for c in project["classifiers"] if c.startswith(prefix)]
    matrix = jobs(ROOT / ".github" / "workflows" / "tests.yml")["quick"]["strategy"]["matrix"]
    assert matrix["python"] == declared


def test_actions_have_a_version() -> None:
    uses = [step["uses"] for path in WORKFLOWS for step in steps(path) if "uses" in step]
    assert uses
    assert [action for action in uses if not re.search(r"[@:]v?\d+(\.\d+)*$", action)] == []


@pytest.mark.skipif(sys.platform == "win32", reason="runs a step for Linux, which needs a shell")
@pytest.mark.parametrize(("tag", "code"), [(f"v{tokcompare.__version__}", 0), ("v99", 1)])
def test_release_needs_the_tag_of_its_version(tag: str, code: int) -> None:
    release = ROOT / ".github" / "workflows" / "release.yml"
    (command,) = [s["run"] for s in steps(release) if s.get("name") == TAG_IS_THAT_OF_THE_VERSION]
    process = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, env=os.environ | {"GITHUB_REF_NAME": tag}, check=False
    )
    assert process.returncode == code
