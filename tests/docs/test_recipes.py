"""The recipes run as they stand, each in a process of its own, and print what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.documents import DOCS

RECIPES = re.findall(r"^```py\n(.*?)^```$", (DOCS / "recipes.md").read_text(), re.M | re.S)


def test_there_are_recipes() -> None:
    modules = {"asyncio", "pandas", "datasets", "langchain_text_splitters"}
    imported = set(re.findall(r"^(?:import|from) (\w+)", "".join(RECIPES), re.M))
    assert modules <= imported


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=range(len(RECIPES)))
def test_recipe(recipe: str, tmp_path: Path) -> None:
    expected = re.findall(r"^# (.*)$", recipe, re.M)
    assert expected
    script = tmp_path / "recipe.py"
    script.write_text(recipe, encoding="utf-8")
    process = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=120,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
    )
    assert (process.returncode, process.stderr) == (0, "")
    assert process.stdout.splitlines() == expected
