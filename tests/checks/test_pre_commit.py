"""The hook for pre-commit, run by pre-commit itself on a repository of prompts."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests import ROOT
from tests.platforms import posix_only

HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def test_the_hook() -> None:
    (hook,) = HOOKS
    assert hook["id"] == "tokcompare-check"
    # Totals and baselines are about all files.
    assert hook["pass_filenames"] is False


def git(*arguments: str, cwd: Path) -> None:
    names = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *arguments], cwd=cwd, check=True, capture_output=True)


@pytest.mark.slow
@posix_only
def test_try_repo(tmp_path: Path) -> None:
    if shutil.which("pre-commit") is None:
        pytest.skip("pre-commit is not installed: pip install pre-commit")
    source = tmp_path / "tokcompare"
    ignored = shutil.ignore_patterns(".git", "__pycache__", "tests", "dist", ".venv", "*_cache")
    shutil.copytree(ROOT, source, ignore=ignored)
    prompts = tmp_path / "prompts of mine"
    prompts.mkdir()
    (prompts / "a.md").write_text("one two", encoding="utf-8")
    (prompts / "tokcompare.toml").write_text('sources = ["*.md"]\nmax-tokens = 2')
    for repository in (source, prompts):
        git("init", "--quiet", cwd=repository)
        git("add", "--all", cwd=repository)
        git("commit", "--quiet", "--message", "All", cwd=repository)
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["pre-commit", "try-repo", str(source), "tokcompare-check", "--all-files"],
            cwd=prompts,
            env=own | {"PRE_COMMIT_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            check=False,
        )

    process = run()
    if "No matching distribution" in process.stdout:
        pytest.skip("there is no index of packages")
    assert process.returncode == 0, process.stdout + process.stderr
    assert "Passed" in process.stdout
    (prompts / "a.md").write_text("one two three", encoding="utf-8")
    process = run()
    assert process.returncode == 1
    assert "'a.md': 3 tokens under o200k_base, 1 above the limit of 2." in process.stdout
