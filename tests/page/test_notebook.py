"""Results in a notebook: well-formed, in a style that leaves the notebook alone, and readable."""

from __future__ import annotations

import html.parser
import re

import pytest

import tokcompare
from tokcompare import Comparison, Document, compare, compare_context, compare_cost, explain
from tokcompare.explanations.view import token_view
from tokcompare.page.notebook import output_of_text

EVIL = (
    "=\x1b[31m\u202e</style><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&{{ 7 * 7 }}\n"
)
VOID = {"wbr"}


class Reader(html.parser.HTMLParser):
    """Reads HTML whose elements must all be closed."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(content)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture(scope="module")
def twenty() -> Comparison:
    return compare()


@pytest.fixture(scope="module")
def outputs(twenty: Comparison) -> list[str]:
    """An output of each kind."""
    texts = [Document(text="Hello!", language="en"), Document(text="નમસ્તે", language="gu")]
    codes = "en de fr es it pt nl sv da fi cs pl hu ro hr sl sk et lv lt mt ga sq is no af sw id ms"
    codes += " tl vi tr az uz eo eu ca gl cy br la ru uk"
    return [
        twenty._repr_html_(),
        compare(tokcompare.load_samples("udhr").select(["gu", "en"]))._repr_html_(),
        compare([*texts, *texts[:1]])._repr_html_(),
        compare([Document(text="Hello", language=code) for code in codes.split()])._repr_html_(),
        compare([])._repr_html_(),
        compare_cost(texts, before="gpt-4", after=["gpt-4o", "gpt-5"])._repr_html_(),
        compare_context(texts)._repr_html_(),
        tokcompare.cost("Hello!", "gpt-4o")._repr_html_(),
        tokcompare.rank("hi")._repr_html_(),
        explain("નમસ્તે\n مرحبا world")._repr_html_(),
        explain("નમસ્તે", ["cl100k_base"])._repr_html_(),
    ]


def test_outputs_are_well_formed_and_run_nothing(outputs: list[str]) -> None:
    for output in outputs:
        for tag, attributes in Reader(output).elements:
            assert tag not in {"script", "link", "iframe", "img", "use"}
            assert not {"id", "href", "style", "aria-labelledby"} & set(attributes)
            assert not [name for name in attributes if name.startswith("on")]


def test_styles_apply_to_the_output_alone(outputs: list[str]) -> None:
    for output in outputs:
        style = output.partition("<style>")[2].partition("</style>")[0]
        depth, selector, selectors = 0, "", []
        for character in style:
            if character == "{":
                if depth == 0:
                    selectors.append(selector.strip())
                depth, selector = depth + 1, ""
            elif character == "}":
                depth, selector = depth - 1, ""
            else:
                selector += character
        assert depth == 0
        assert len(selectors) == 5
        for rule in selectors:
            inside = "@media (prefers-color-scheme: dark)"
            assert rule == inside or all(each.endswith(".tokcompare") for each in rule.split(",\n"))
        assert "{ .tokcompare {" in style


def test_every_class_has_its_rule(outputs: list[str]) -> None:
    used: set[str] = set()
    for output in outputs:
        classes = {
            name
            for _, attributes in Reader(output).elements
            for name in (attributes.get("class") or "").split()
        }
        rules = set(re.findall(r"\.([a-z][\w-]*)", output.partition("</style>")[0]))
        assert classes - rules <= {"optional", "w6", "n2", "r2"}
        used |= classes
    assert {"tokcompare", "chart", "panels", "e0", "m1", "num", "bar", "whisker", "cut"} <= used


def test_the_comparison_shows_chart_and_table(twenty: Comparison) -> None:
    output = twenty._repr_html_()
    texts = Reader(output).texts
    assert ": 145 tokens under cl100k_base, 33 tokens under o200k_base, 4.39 times fewer." in texts
    assert output.count('<circle class="m0" r="4.25"/>') == 22  # rows, the key, the heading
    assert output.count("<tr>") == 22
    assert twenty.signature in texts
    assert output == compare()._repr_html_()


def test_a_text_has_a_dash_for_each_token() -> None:
    explanation = explain("નમસ્તે, world")
    reader = Reader(explanation._repr_html_())
    pieces = [attributes.get("class") or "" for tag, attributes in reader.elements if tag == "i"]
    style = explanation._repr_html_().partition("</style>")[0]
    for letter, name in zip("ab", explanation.encodings, strict=True):
        dashes = [int(n[0]) if (n := re.findall(rf"\b{letter}(\d+)", p)) else 1 for p in pieces]
        joined = sum(f"{letter}j" in piece.split() for piece in pieces)
        assert sum(dashes) - joined == len(explanation.tokens[explanation.encodings.index(name)])
        for number in {*dashes} - {1}:
            assert f".cut .{letter}{number}{{--{letter}:{number}}}" in style
    assert "".join(reader.texts).count("નમસ્તે") >= 1
    assert "The text goes on." not in reader.texts


def test_long_texts_are_cut_and_many_encodings_have_ids() -> None:
    assert "The text goes on." in Reader(explain("word " * 1_000)._repr_html_()).texts
    names = ["cl100k_base", "o200k_base"]
    tokens = explain("Hello!")
    view = token_view(tokens)
    many = Reader(output_of_text(view, encodings=[*names, *"cde"]))
    assert not [tag for tag, _ in many.elements if tag == "i"]
    assert ("details", {"class": "ids", "open": None}) in many.elements


def test_light_and_dark(twenty: Comparison) -> None:
    style = twenty._repr_html_().partition("</style>")[0]
    light, dark = "--ink: #1d1b18;", "--ink: #ebe9e4;"
    places = [match.start() for match in re.finditer("--ink:", style)]
    assert [style[place:].startswith(light) for place in places] == [True, False, True, False]
    assert style.count(dark) == 2
    assert 'body[data-jp-theme-light="false"] .tokcompare' in style


def test_hostile_text_is_text() -> None:
    comparison = compare([Document(text=EVIL, fields={"topic": EVIL})], by="topic")
    reader = Reader(comparison._repr_html_())
    assert {tag for tag, _ in reader.elements} <= {
        *("div", "style", "p", "span", "svg", "text", "line", "circle", "ol", "li", "b", "wbr"),
        *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "small", "rect", "bdi", "strong"),
    }
    assert "\x1b" not in "".join(reader.texts)
