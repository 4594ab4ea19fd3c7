"""Renders the parts of a page as one HTML file that needs nothing else, and no script to be read.

The same parts give the same bytes. The Content Security Policy allows the page's own style and
script, by their SHA-256, and nothing else.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import math
import re
from importlib.resources import files
from typing import TYPE_CHECKING

from tokcompare.page.layout import LogScale, classes_of, lay_out, percent, rules_for_dashes
from tokcompare.page.parts import Page

if TYPE_CHECKING:
    import jinja2

RULERS = (
    ("only",),
    ("upper", "lower"),
    ("first", "second", "third"),
    ("first", "second", "third", "fourth"),
)
"""The names of the rows of dashes, for each number of encodings."""

_END_OF_CELL = re.compile("</t[dhr]>")
"""HTML needs no end of cells and rows; they would be a tenth of a page. Texts are escaped."""

MOST_ENCODINGS = len(RULERS)
"""With more encodings, a page shows no tokens: colours, marks and rows are made for four."""


def render(page: Page) -> str:
    """Returns a page as HTML."""
    from markupsafe import Markup

    css = compressed(read("page.css")) + rules_for_dashes(page.texts)
    script = read("page.js")
    encodings = [{"name": name, "place": place} for place, name in enumerate(page.encodings)]
    chart = None if page.chart is None else lay_out(page.chart)
    sections = [
        (name, label)
        for name, label, is_shown in (
            ("chart", "Chart", chart is not None),
            ("table", "Table", True),
            ("tokens", "Tokens", bool(page.texts)),
            ("why", "Why", page.why is not None),
            ("method", "Method", True),
        )
        if is_shown
    ]
    html = (
        environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            css=Markup(css),
            script=Markup(script),
            css_hash=_hash(css),
            script_hash=_hash(script),
            encodings=encodings,
            rulers=RULERS[len(encodings) - 1] if len(encodings) <= MOST_ENCODINGS else (),
            chart=chart,
            table_scale=LogScale(
                mark for row in page.table.rows for cell in row.cells for mark in cell.marks
            ),
            sections=sections,
        )
    )
    return _END_OF_CELL.sub("", html) + "\n"


@functools.cache
def environment() -> jinja2.Environment:
    """Returns the environment of all templates, which escape what they are given."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda name: read("templates", name)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": "{:,}".format,
        "times": _times,
        "signed": lambda number: str(number).replace("-", "−"),
        "percent": percent,
        "log_percent": _log_percent,
        "classes": classes_of,
        "saved": _saved,
    }
    return environment


def read(*names: str) -> str:
    """Returns a style sheet, a script or a template."""
    return files("tokcompare.page").joinpath(*names).read_text(encoding="utf-8")


def compressed(css: str) -> str:
    """Returns a style sheet without comments and indentation."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", css).strip() + "\n"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _times(ratio: float) -> str:
    return "–" if math.isnan(ratio) else f"{ratio:.2f}×"


def _saved(saved: float) -> str:
    """Returns a credit: whole numbers as they are, small fractions with a decimal."""
    is_whole = abs(saved - round(saved)) < 0.05 or abs(saved) >= 100
    return (f"{round(saved):,}" if is_whole else f"{saved:.1f}").replace("-", "−")


def _log_percent(entries: int, most: int) -> str:
    """Returns where a number of entries stands; 0 stands apart, left of 1."""
    if not entries:
        return "0"
    return percent(0.08 + 0.92 * math.log10(entries) / (math.log10(max(most, 10)) * 1.02))
