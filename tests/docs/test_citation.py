"""CITATION.cff is complete, and says what the package says."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

import tokcompare
from tests import ROOT
from tests.documents import DOCS, check_or_write_part

CITATION: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_has_what_the_format_requires() -> None:
    assert CITATION["cff-version"] == "1.2.0"
    assert {"title", "message", "authors", "type", "abstract", "version", "license"} <= {*CITATION}
    assert CITATION["type"] == "software"
    for work in CITATION["references"]:
        assert {"type", "title", "authors"} <= {*work}
        assert {"url", "repository-code", "identifiers"} & {*work}


def test_version_and_date_are_those_of_the_release() -> None:
    version = tokcompare.__version__
    assert CITATION["version"] == version
    (when,) = re.findall(rf"^## {re.escape(version)} \((.*)\)$", CHANGELOG, re.MULTILINE)
    released = CITATION.get("date-released")
    assert (released or "not released yet") == when


def test_bibtex_is_that_of_the_citation(request: pytest.FixtureRequest) -> None:
    (author,) = CITATION["authors"]
    fields = {
        "author": f"{{{author['name']}}}",
        "title": CITATION["title"],
        "version": CITATION["version"],
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
    entry = "\n".join(["```bibtex", "@software{tokcompare,", *lines, "}", "```", ""])
    check_or_write_part(request, DOCS / "papers.md", "bibtex", entry)
