"""Rooms are small, and nothing imports the room that it stands in."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT

PACKAGE = ROOT / "tokcompare"
FOLDERS = sorted({path.parent for path in PACKAGE.rglob("*.py")})
MOST = 9
"""How many modules a folder may have beside its `__init__`."""


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in PACKAGE.rglob("*.py")}


def imports_of(path: Path) -> Iterator[str]:
    """Yields the modules that a file imports, also within functions."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else str(node.module)


def test_every_room_is_seen() -> None:
    assert len(FOLDERS) > 10
    assert "tokcompare.sources.formats" in MODULES
    assert {"tokcompare.errors", "tiktoken"} <= set(imports_of(PACKAGE / "encodings" / "load.py"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_folders_are_small(folder: Path) -> None:
    modules = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MOST


def test_no_module_imports_the_room_that_it_stands_in() -> None:
    # import-linter compares siblings, and so does not see this kind of circle.
    rooms = set(MODULES) - {"tokcompare"}
    found = [
        f"{name} imports {imported}"
        for name, path in MODULES.items()
        for imported in imports_of(path)
        if imported in rooms and name.startswith(f"{imported}.")
    ]
    assert found == []


def test_no_test_file_imports_another() -> None:
    tests = ROOT / "tests"
    named = {path.stem for path in tests.rglob("test_*.py")} | {"conftest"}
    found = [
        f"{path.relative_to(tests)} imports {imported}"
        for path in tests.rglob("*.py")
        for imported in imports_of(path)
        if imported.startswith("tests.") and named & set(imported.split("."))
    ]
    assert found == []
