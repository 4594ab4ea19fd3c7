"""docs/notebook.ipynb is a valid notebook, and shows the outputs that its cells really have."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests import ROOT
from tests.documents import DOCS, without_releases

NOTEBOOK = DOCS / "notebook.ipynb"
VARIABLE = "image/png"
"""The kind of output whose bytes depend on the release of matplotlib."""


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def known(notebook: Any) -> list[list[dict[str, Any]]]:
    """Returns the outputs of each cell, without what depends on releases and on the machine."""
    return [
        [
            {
                kind: f"{len(shown) > 1000}" if kind == VARIABLE else without_releases(str(shown))
                for kind, shown in output.data.items()
            }
            for output in cell.outputs
            if output.output_type != "stream"  # such as: building the font cache
        ]
        for cell in code_cells(notebook)
    ]


def test_is_valid_and_executed_in_order() -> None:
    notebook = read()
    nbformat.validate(notebook)
    assert [cell.execution_count for cell in code_cells(notebook)] == [1, 2, 3, 4, 5, 6, 7]
    assert all(cell.outputs for cell in code_cells(notebook))
    shown = [{*output.data} for cell in code_cells(notebook) for output in cell.outputs]
    assert sum("text/html" in kinds for kinds in shown) == 5
    assert sum(VARIABLE in kinds for kinds in shown) == 1


def test_names_no_place_of_a_machine() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|tmp|usr|Users|work)/", text)
    assert {*json.loads(text)["metadata"]} == {"kernelspec", "language_info"}


def test_links_lead_to_pages() -> None:
    notebook = read()
    prose = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\(([^)]+)\)", prose)
    assert len(links) > 3
    assert all((DOCS / link).exists() for link in links)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of Jupyter, not of tokcompare
def test_outputs_are_those_of_the_code(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nbclient import NotebookClient  # only the slow tests have it

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook, stored = read(), read()
    NotebookClient(
        notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}, record_timing=False
    ).execute()
    if request.config.getoption("--update-golden"):
        for cell in code_cells(notebook):
            cell.outputs = [each for each in cell.outputs if each.output_type != "stream"]
        notebook.metadata = stored.metadata
        nbformat.write(notebook, NOTEBOOK)  # type: ignore[no-untyped-call]
        stored = read()
    assert known(notebook) == known(stored), "docs/notebook.ipynb differs; see --update-golden"
