"""Text from outside stays text: in Markdown, in a spreadsheet, in a terminal."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tokcompare import tables
from tokcompare.tables import Table
from tokcompare.text import printable

LIVE = [
    *("__b__", "_i_", "**b**", "*i*", "~~s~~", "`c`", "[a](b)", "![a](b)", "<b>", "<!-- c -->"),
    *("&lt;", "a|b", "a\\|b", "\\", "$x$", "# h", "- i", "1. i", "> q", "---", "[^1]", "<a@b.c>"),
    *("http://a.example", "HTTPS://a.example/x_y_z", "ftp://a.example", "www.example.com"),
    *("(http://a.example)", "WWW.example.com", "<http://a.example>", "mailto:a@example.com"),
    *("a.b@example.com", "@user", "hello @user-1", "#123", "GH-12", "a/b#3", "a/b@c", ":smile:"),
    *(":+1:", "cl100k_base", "a_b_", "_a_b", "snake__case", "1 < 2 & 3 > 2", "xmpp:a@b.example"),
]
PARTS = st.lists(st.sampled_from([*LIVE, " ", "a", "_", "*", ":", "@", "#1"]), max_size=8)


def parser() -> MarkdownIt:
    """Returns a parser of GitHub's Markdown, which links no names of hosts without a scheme."""
    parser = MarkdownIt("gfm-like")
    assert parser.linkify is not None
    parser.linkify.set({"fuzzy_link": False})
    return parser


def cells(markdown: str) -> list[list[str]]:
    """Returns the text of cells, and fails if there is more than text in them."""
    rows: list[list[str]] = []
    for token in parser().parse(markdown):
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and rows and token.level > 2:
            children = [each for each in token.children or [] if each.content != "<!-- -->"]
            assert {each.type for each in children} <= {"text", "text_special"}, token.content
            rows[-1].append("".join(each.content for each in children))
    return rows


@given(parts=PARTS)
def test_markdown_shows_the_text(parts: list[str]) -> None:
    text = "".join(parts).strip()
    shown = tables.markdown(Table(headings=["name", "n"], rows=[[text, "1"]]))
    assert cells(shown) == [["name", "n"], [text, "1"]]


@pytest.mark.parametrize("text", LIVE)
def test_markdown_of_notes(text: str) -> None:
    table = Table(headings=["a"], rows=[["b"]], lead=[f"Of {text}."], notes=[f"A note on {text}."])
    inline = [t for t in parser().parse(tables.markdown(table)) if t.type == "inline"]
    for token, expected in ((inline[0], f"Of {text}."), (inline[-1], f"A note on {text}.")):
        children = [each for each in token.children or [] if each.content != "<!-- -->"]
        assert {each.type for each in children} <= {"text", "text_special"}
        assert "".join(each.content for each in children) == expected


# What GitHub looks for in the text of a page: see its documentation on autolinked references.
GITHUB = re.compile(r"@\w|#\d|GH-\d|:[\w+-]+:|\bwww\.|[a-z]://", re.IGNORECASE)


@given(parts=PARTS)
def test_github_finds_nothing_to_link(parts: list[str]) -> None:
    shown = tables.markdown(Table(headings=["n"], rows=[["".join(parts)]])).splitlines()[2]
    for piece in shown.split("<!-- -->"):
        assert not GITHUB.search(piece.replace("\\:", "\0").replace("\\.", "\0"))


INVISIBLE = ["", " ", "\t", "\n", "\r", "\ufeff", "\0", "\u200b", "\u200d", "\u2060", "\u00a0"]
SIGNS = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"


@pytest.mark.parametrize("before", [*INVISIBLE, " \ufeff\u200d", "\u3000"])
@pytest.mark.parametrize("sign", SIGNS)
def test_no_cell_is_a_formula(before: str, sign: str) -> None:
    text = f"{before}{sign}1+2"
    shown = tables.csv(["a"], [{"a": text}])
    [[_], [cell]] = csv.reader(io.StringIO(shown))
    visible = "".join(each for each in cell if unicodedata.category(each) not in ("Cf", "Cc", "Zs"))
    assert unicodedata.normalize("NFKC", visible)[0] not in "=+-@"
    assert cell.removeprefix("'") == printable(text)


@given(text=st.text())
def test_no_format_has_characters_that_control_a_terminal(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    table = Table(headings=["a"], rows=[[text]], lead=[text], notes=[text], signature=text)
    shown = [tables.terminal(table), tables.markdown(table)]
    shown += [tables.csv(["a"], [{"a": text}]), tables.json({"a": text, text: 1})]
    for each in shown:
        hidden = set(each) - {*"\n\u200c\u200d"}
        assert all(character.isprintable() for character in hidden)
    assert json.loads(shown[-1]) == {"a": text, text: 1}


def test_numbers_are_no_formulas() -> None:
    assert tables.csv(["a", "b"], [{"a": -1.5, "b": None}]) == "a,b\n-1.5,\n"
