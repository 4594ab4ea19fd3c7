"""The picture of the README is that of the code, and says its numbers in words."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html import escape
from typing import Literal

import pytest

import tokcompare
from tests.documents import DOCS, README, check_or_write, check_or_write_part
from tokcompare.comparison.view import chart_of
from tokcompare.page.picture import describe, picture

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pictures_are_those_of_the_code(
    request: pytest.FixtureRequest, theme: Literal["light", "dark"]
) -> None:
    twenty = tokcompare.compare()
    ratio = twenty.value(twenty.total, "compression_ratio", "o200k_base")
    headline = f"The same text takes {ratio:.2f} times fewer tokens"
    drawn = picture(chart_of(twenty), headline=headline, theme=theme)
    check_or_write(request, DOCS / f"picture-{theme}.svg", f"{drawn}\n")


def test_readme_shows_it_with_its_numbers(request: pytest.FixtureRequest) -> None:
    alternative = escape(describe(chart_of(tokcompare.compare())))
    lines = [
        "<picture>",
        '  <source media="(prefers-color-scheme: dark)" srcset="docs/picture-dark.svg">',
        f'  <img src="docs/picture-light.svg" width="720" alt="{alternative}">',
        "</picture>",
    ]
    assert "Gujarati 145 to 33;" in alternative
    check_or_write_part(request, README, "picture", "\n".join(lines) + "\n")


def test_picture_stands_on_the_first_screen() -> None:
    before = README.read_text(encoding="utf-8").partition("<picture>")[0]
    assert 0 < before.count("\n") < 12


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_drawn_beside_the_picture(theme: str) -> None:
    root = ET.parse(DOCS / f"picture-{theme}.svg").getroot()
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    rows = root.findall(f"{SVG}g")[1:]
    assert len(rows) == 20
    for row in rows:
        offset = re.fullmatch(r"translate\(0 (\d+)\)", row.attrib["transform"])
        assert offset is not None
        assert 0 < int(offset[1]) < height
        old, new = (float(circle.attrib["cx"]) for circle in row.findall(f"{SVG}circle"))
        assert 176 < new < old < width - 80  # a name stands before them, and a ratio behind
    assert [text.text for text in rows[0].findall(f"{SVG}text")][1:] == ["33", "145", "4.39×"]
