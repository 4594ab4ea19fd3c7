"""The documents of the project, and the parts of them that tests check or write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import ROOT

README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = (README, *sorted(DOCS.glob("*.md")))
"""The documents for users, whose examples are run."""


def without_releases(text: str) -> str:
    """Returns an output as it is with the releases that the documents show.

    With another tiktoken the counts are the same, and only the signature says so.
    """
    shown = re.sub(r"\|tiktoken:[^|]+\|", "|tiktoken:0.14.0|", text)
    shown = re.sub(r"\|regex:[^|]+\|", "|regex:2026.11.15|", shown)
    shown = re.sub(r"^signature [0-9a-f]{8}…", "signature 3f2a91c0…", shown, flags=re.MULTILINE)
    # The prices of a given day are the same in later releases of their data.
    return re.sub(
        r"genai-prices [\d.]+(, as of [\d-]+)?",
        lambda match: "genai-prices 0.2.3" + (", as of 2026-11-09" if match[1] else ""),
        shown,
    )


def check_or_write(request: pytest.FixtureRequest, page: Path, expected: str) -> None:
    """Compares a document with the text that it should have; --update-golden writes that text."""
    if request.config.getoption("--update-golden"):
        page.write_text(expected, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == expected, f"{page.name} differs; see --update-golden"


def check_or_write_part(
    request: pytest.FixtureRequest, page: Path, mark: str, expected: str
) -> None:
    """Does the same for the lines between `<!-- mark -->` and the next `<!-- end -->`."""
    text = page.read_text(encoding="utf-8")
    part = re.compile(rf"(<!-- {re.escape(mark)} -->\n).*?(?=<!-- end -->)", re.DOTALL)
    assert len(part.findall(text)) == 1
    check_or_write(request, page, part.sub(lambda match: match[1] + expected, text))


def blocks(page: Path, kind: str) -> list[str]:
    """Returns the contents of the fenced code blocks of a kind, such as "python"."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```\n", text, re.DOTALL | re.MULTILINE)


def prose(page: Path) -> str:
    """Returns a document without its fenced code blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.M)


def anchors(page: Path) -> set[str]:
    """Returns the anchors of a document's headings, as GitHub makes them."""
    headings: list[str] = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
