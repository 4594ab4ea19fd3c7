"""CITATION.cff is complete, and says what the package says."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

import tokcompare
from tests import ROOT
from tests.documents import DOCS, check_or_write_part


@pytest.fixture(scope="module")
def citation() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return content


def test_has_what_the_format_requires(citation: dict[str, Any]) -> None:
    assert citation["cff-version"] == "1.2.0"
    assert {"title", "message", "authors", "type", "abstract", "version", "license"} <= {*citation}
    assert citation["type"] == "software"
    for work in citation["references"]:
        assert {"type", "title", "authors"} <= {*work}
        assert {"url", "repository-code", "identifiers"} & {*work}


def test_version_and_date_are_those_of_the_release(citation: dict[str, Any]) -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = tokcompare.__version__
    assert citation["version"] == version
    (when,) = re.findall(rf"^## {re.escape(version)} \((.*)\)$", changelog, re.MULTILINE)
    assert str(citation.get("date-released", "not released yet")) == when


def test_bibtex_is_that_of_the_citation(
    request: pytest.FixtureRequest, citation: dict[str, Any]
) -> None:
    (author,) = citation["authors"]
    fields = {
        "author": f"{{{author['name']}}}",
        "title": citation["title"],
        "version": citation["version"],
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    entry = "\n".join(["```bibtex", "@software{tokcompare,", *lines, "}", "```", ""])
    check_or_write_part(request, DOCS / "papers.md", "bibtex", entry)
