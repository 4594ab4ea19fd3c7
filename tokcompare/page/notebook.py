"""Results as a notebook shows them: the page's chart and table, in a style that is theirs alone.

A notebook puts many outputs into one page, which may be light or dark. So the style applies within
an output only, no element has an id, and there is no script.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from tokcompare.page.html import MOST_ENCODINGS, compressed, environment, read
from tokcompare.page.layout import lay_out, rules_for_dashes
from tokcompare.page.parts import Chart, TokenView
from tokcompare.page.view import view_of_table
from tokcompare.tables import Table
from tokcompare.text import printable

_OF_TABLES, _OF_TEXTS = ("Encodings", "Charts", "Tables"), ("Encodings", "Tables", "Tokens")
"""The sections of the page's style sheet that an output needs."""

_SECTION = re.compile(
    r"^/\* (Encodings|Head|Sections|Charts|Tables|Tokens|Why|Method)\b[^*]*\*/$", re.MULTILINE
)
"""The comment that a section begins with."""

_IS_LIGHT = (
    'body[data-jp-theme-light="true"] .tokcompare',
    ".vscode-light .tokcompare",
    'html[theme="light"] .tokcompare',
)
_IS_DARK = (
    'body[data-jp-theme-light="false"] .tokcompare',
    ".vscode-dark .tokcompare",
    'html[theme="dark"] .tokcompare',
)
"""How JupyterLab, Visual Studio Code and Colab say that a notebook is light or dark."""

_SHAPES = {
    "0": '<circle class="m0" r="4.25"/>',
    "1": '<circle class="m1" r="5"/>',
    "2": '<path class="m2" d="M0-6 6 0 0 6-6 0z"/>',
    "3": '<path class="m3" d="M-4.5-4.5h9v9h-9z"/>',
}
"""The marks of the encodings, which the page refers to by ids."""

_USE = re.compile(r'<use href="#m(\d)"((?: [xy]="[\d.]+%?")*)/>')


def output(table: Table, *, encodings: Sequence[str] = (), chart: Chart | None = None) -> str:
    """Returns the HTML of a result.

    Args:
        table: The table.
        encodings: The names of what is compared, the baseline first: their columns have marks.
        chart: A chart to show above the table; None for none.
    """
    from markupsafe import Markup

    html = (
        environment()
        .get_template("notebook.html.j2")
        .render(
            css=Markup(_style(_OF_TABLES)),
            lead=[printable(sentence) for sentence in table.lead],
            chart=None if chart is None else lay_out(chart),
            encodings=_placed(encodings),
            encodings_of_chart=_placed(() if chart is None else chart.encodings),
            table=view_of_table(table, encodings, csv=""),
            signature=printable(table.signature),
        )
    )
    return _USE.sub(lambda use: f'<svg{use[2]} overflow="visible">{_SHAPES[use[1]]}</svg>', html)


def output_of_text(text: TokenView, *, encodings: Sequence[str]) -> str:
    """Returns the HTML of a text with its tokens.

    Args:
        text: The text.
        encodings: The names of the encodings. Of more than four, only the ids are shown.
    """
    from markupsafe import Markup

    return (
        environment()
        .get_template("notebook_text.html.j2")
        .render(
            css=Markup(_style(_OF_TEXTS, rules_for_dashes([text]))),
            encodings=_placed(encodings),
            shows_dashes=len(encodings) <= MOST_ENCODINGS,
            text=text,
        )
    )


def _placed(encodings: Sequence[str]) -> list[dict[str, object]]:
    return [{"name": printable(name), "place": place} for place, name in enumerate(encodings)]


@functools.lru_cache(maxsize=16)
def _style(names: Sequence[str], more: str = "") -> str:
    """Returns the sections of the page's style sheet, and more rules, for one output alone."""
    page = read("page.css")
    light, dark = (
        re.findall(r"^ *(--.*)$", block, re.MULTILINE)
        for block in re.findall(r":root \{(.*?)\}", page, re.DOTALL)[:2]
    )
    sections = _SECTION.split(page)
    found = dict(zip(sections[1::2], sections[2::2], strict=True))
    unseen = re.findall(r"^\.sr \{.*$", page, re.MULTILINE)  # for screen readers
    own = "".join([*unseen, *(found[name] for name in names), more])
    variables = [
        f".tokcompare {{ {' '.join(light)} }}",
        f"@media (prefers-color-scheme: dark) {{ .tokcompare {{ {' '.join(dark)} }} }}",
        f"{', '.join(_IS_LIGHT)} {{ {' '.join(light)} }}",
        f"{', '.join(_IS_DARK)} {{ {' '.join(dark)} }}",
    ]
    # Named twice, the class outweighs the notebook's own rules for tables.
    scoped = f".tokcompare.tokcompare {{\n{own}{read('notebook.css')}}}\n"
    return compressed("\n".join([*variables, scoped]))
