"""The page in a real browser: with mouse and keyboard, on a phone, in the dark, printed.

Every test also checks that no request leaves the file, and that the console stays empty.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.command import invoke
from tokcompare import compare

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

FOUR = ("-e", "cl100k_base", "-e", "llama3", "-e", "deepseek-v3", "-e", "o200k_base")
SOME = ("-l", "gu", "-l", "ar", "-l", "zh", "-l", "de")
HOSTILE = "</script><script>document.title='run'</script>\"'><img src=x onerror=alert(1)>\u202e\x1b"

Html = Callable[..., str]
Opened = Callable[..., "Page"]


def texts(page: Page, selector: str) -> list[str]:
    return page.locator(selector).all_inner_texts()


def languages(page: Page) -> list[str]:
    """Returns the names of the rows of the table that are shown."""
    shown = texts(page, "#figures tbody tr:not([hidden]) th")
    return [name.split()[0] for name in shown]


class TestTable:
    def test_sorting(self, open_page: Opened, html_of: Html) -> None:
        page = open_page(html_of("report"))
        initial = [row.name.split()[0] for row in compare().rows]
        assert languages(page) == initial
        button = page.get_by_role("button", name="ratio")
        head = page.locator("#figures th", has=button)
        ratios = []
        for order in ("descending", "ascending", None):
            button.click()
            assert head.get_attribute("aria-sort") == order
            cells = texts(page, "#figures tbody tr td:nth-child(5)")
            ratios.append([float(cell.removesuffix("×")) for cell in cells])
        assert ratios[0] == sorted(ratios[2], reverse=True)
        assert ratios[1] == sorted(ratios[2])
        assert languages(page) == initial
        # By keyboard, and by name.
        page.get_by_role("button", name="language").focus()
        page.keyboard.press("Enter")
        assert languages(page) == sorted(initial)
        page.keyboard.press("Space")
        assert languages(page) == sorted(initial, reverse=True)

    @pytest.mark.parametrize("asked", ["hin", "हिन्दी", "hi", "HÍNDI"])
    def test_filtering(self, open_page: Opened, html_of: Html, asked: str) -> None:
        page = open_page(html_of("report"))
        page.get_by_label("Filter").click()
        page.keyboard.type(asked)
        assert "Hindi" in languages(page)
        assert page.locator("#found").inner_text() == f"{len(languages(page))} of 20"
        assert page.locator("#figures tfoot").is_visible()
        page.get_by_label("Filter").fill("")
        assert len(languages(page)) == 20

    def test_copying(self, open_page: Opened, html_of: Html) -> None:
        page = open_page(html_of("report"), permissions=["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copy as CSV").click()
        page.wait_for_function("document.getElementById('said').textContent === 'Copied'")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.splitlines() == invoke("report", "-f", "csv").stdout.splitlines()
        page.get_by_role("button", name="Copy as Markdown").click()
        page.wait_for_function(
            "[...document.querySelectorAll('button')].filter("
            "(each) => each.textContent === 'Copied').length === 2"
        )
        copied = page.evaluate("navigator.clipboard.readText()")
        assert "| Hindi" in copied
        assert copied.count("\n| ") >= 20


class TestTokens:
    def test_pointing_shows_the_tokens_of_both(self, open_page: Opened, html_of: Html) -> None:
        page = open_page(html_of("report"))
        text = page.locator("details.text").first
        span = text.locator(".u").nth(2)
        span.hover()
        assert "on" in str(span.get_attribute("class")).split()
        readout = text.locator(".readout")
        shown = readout.inner_text()
        row = text.locator(".ids tbody tr").nth(2)
        assert "8 tokens saved" in shown
        for place, name in ((1, "cl100k_base"), (2, "o200k_base")):
            (value,) = [
                item.inner_text()
                for item in readout.locator("dd").all()
                if item.evaluate("(node) => node.previousSibling.textContent") == name
            ]
            cell = row.locator("td").nth(place - 1).text_content()
            assert re.findall(r"\d+", value) == re.findall(r"\d+", str(cell))
        assert text.locator(".u.on").count() == 1
        # It is drawn under both rows, in the highlight's colour.
        colours = span.locator("i").evaluate_all(
            "(nodes) => nodes.map((node) => getComputedStyle(node).backgroundColor)"
        )
        assert set(colours) == {"rgb(255, 233, 168)"}

    @pytest.mark.parametrize(
        ("name", "ahead", "back"),
        [("Gujarati", "ArrowRight", "ArrowLeft"), ("Arabic", "ArrowLeft", "ArrowRight")],
    )
    def test_keys(self, open_page: Opened, html_of: Html, name: str, ahead: str, back: str) -> None:
        page = open_page(html_of("report"))
        text = page.locator("details.text", has=page.locator("summary", has_text=name)).first
        if text.get_attribute("open") is None:
            text.locator("summary").first.focus()
            page.keyboard.press("Enter")
        cut = text.locator(".cut")
        cut.focus()
        number = text.locator(".u").count()
        for key, place in (
            (ahead, 0),
            (ahead, 1),
            (back, 0),
            ("End", number - 1),
            (ahead, number - 1),
            ("Home", 0),
        ):
            page.keyboard.press(key)
            places = text.locator(".u").evaluate_all(
                "(nodes) => nodes.flatMap((node, n) => node.classList.contains('on') ? [n] : [])"
            )
            assert places == [place], key
        page.keyboard.press("Escape")
        assert text.locator(".u.on").count() == 0
        assert text.locator(".readout").is_hidden()

    def test_unfolding(self, open_page: Opened, html_of: Html) -> None:
        page = open_page(html_of("report"))
        opened = page.locator("details.text[open]")
        assert opened.count() == 1
        page.locator("details.text").nth(1).locator("summary").first.click()
        assert opened.count() == 2
        page.get_by_role("button", name="Unfold all").click()
        assert opened.count() == 20
        page.get_by_role("button", name="Fold all").click()
        assert opened.count() == 0

    def test_tapping(self, open_page: Opened, html_of: Html) -> None:
        page = open_page(html_of("report"), width=375, has_touch=True, is_mobile=True)
        page.locator(".u").nth(2).tap()
        assert page.locator(".readout").first.is_visible()


@pytest.mark.parametrize(
    ("arguments", "width"),
    [
        (("report",), 320),
        (("report",), 1280),
        (("report", *FOUR), 375),
        (("report", "udhr"), 375),
        (("cost",), 375),
        (("context",), 375),
    ],
    ids=str,
)
def test_nothing_scrolls_sideways(
    open_page: Opened, html_of: Html, arguments: tuple[str, ...], width: int
) -> None:
    page = open_page(html_of(*arguments), width=width)
    page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(
    ("arguments", "width", "scheme"),
    [
        (("report",), 1280, "light"),
        (("report", *SOME), 375, "light"),
        (("report", *SOME), 1280, "dark"),
        (("report", *SOME, *FOUR), 1280, "light"),
        (("report", *SOME, *FOUR), 375, "dark"),
        (("cost",), 375, "light"),
        (("cost",), 1280, "dark"),
        (("context",), 375, "dark"),
        (("context",), 1280, "light"),
    ],
    ids=str,
)
def test_everybody_can_use_it(
    open_page: Opened, html_of: Html, arguments: tuple[str, ...], scheme: str, width: int
) -> None:
    axe_playwright = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_page(html_of(*arguments), width=width, color_scheme=scheme, bypass_csp=True)
    expected = {"light": "rgb(252, 251, 248)", "dark": "rgb(22, 23, 27)"}[scheme]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == expected
    # Folded texts are not looked at; of all texts, a handful says as much.
    page.evaluate(
        "[...document.querySelectorAll('details')].slice(0, 6)"
        ".forEach((each) => (each.open = true))"
    )
    if page.locator(".u").count():
        page.locator(".cut").first.focus()
        page.keyboard.press("End")
    found = axe_playwright.Axe().run(page).response
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


def test_without_script(open_page: Opened, html_of: Html) -> None:
    page = open_page(html_of("report"), java_script_enabled=False)
    assert len(page.locator("#figures tbody tr").all()) == 20
    assert not [each for each in page.locator("button, input").all() if each.is_visible()]
    page.locator("details.text").nth(1).locator("summary").first.click()
    assert page.locator("details.text .cut").nth(1).is_visible()
    page.locator("details.ids summary").first.click()
    assert page.locator("details.ids table").first.is_visible()


@pytest.mark.parametrize("has_script", [True, False])
def test_print(open_page: Opened, html_of: Html, has_script: bool) -> None:
    page = open_page(html_of("report"), java_script_enabled=has_script)
    page.emulate_media(media="print")
    if has_script:
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert [each for each in page.locator(".cut").all() if not each.is_visible()] == []
    assert not page.get_by_role("button", name="Copy as CSV").is_visible()
    pdf = page.pdf(format="A4")
    assert 4 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 14


def test_nothing_hostile_runs(open_page: Opened, html_of: Html, tmp_path: Path) -> None:
    path = tmp_path / f"{HOSTILE.replace('/', '')}.jsonl"
    documents: list[dict[str, Any]] = [
        {"text": HOSTILE * 3, "language": "en", "topic": HOSTILE, "n": 3},
        {
            "text": "a\x00b" + "\u0301" * 50 + "x" * 400,
            "language": HOSTILE,
            "topic": "x" * 400,
            "n": 4,
        },
        {"text": "", "language": "ar", "topic": "\u202eabc", "n": 5},
    ]
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    for options in (
        ["--show-texts"],
        ["--show-texts", "--by", "topic"],
        ["-e", "o200k_base", "-e", "</script><script>alert(1)</script>'\"&=field:n"],
    ):
        for width in (375, 1280):
            page = open_page(html_of("report", str(path), *options), width=width)
            page.evaluate(
                "document.querySelectorAll('details').forEach((each) => (each.open = true))"
            )
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.locator("img").count() == 0
            assert page.locator("script").count() == 1
            assert "run" not in page.title().split()
            for place in range(page.locator(".cut").count()):
                page.locator(".cut").nth(place).focus()
                page.keyboard.press("ArrowRight")


SHAPED = ["Gujarati", "Hindi", "Tamil", "Telugu", "Arabic", "Urdu", "Persian"]


def ink(page: Page, place: int) -> np.ndarray[Any, Any]:
    """Returns which pixels of a text are dark."""
    image_module = pytest.importorskip("PIL.Image")
    picture = page.locator(".cut").nth(place).screenshot()
    return np.asarray(image_module.open(io.BytesIO(picture)).convert("L")) < 128


def grown(pixels: np.ndarray[Any, Any], radius: int) -> np.ndarray[Any, Any]:
    """Returns the pixels that are at most so far from one of these."""
    grown = pixels.copy()
    height, width = pixels.shape
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            source = pixels[
                max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)
            ]
            grown[
                max(0, down) : height - max(0, -down), max(0, right) : width - max(0, -right)
            ] |= source
    return grown


def test_letters_join_across_tokens(open_page: Opened, html_of: Html) -> None:
    """A text with boundaries has the same pixels as the same text in one piece."""
    html = html_of("report")
    pictures = []
    for is_split in (True, False, None):
        page = open_page(html, device_scale_factor=2, bypass_csp=True)
        page.get_by_role("button", name="Unfold all").click()
        # Without dashes and readout; `None` shows what a wrong technique would do.
        page.add_style_tag(
            content=".cut i { background: none !important; "
            + ("padding-inline: 1px; }" if is_split is None else "}")
        )
        if is_split is False:
            page.evaluate(
                "document.querySelectorAll('.cut').forEach((each) => {"
                "const piece = document.createElement('i'); piece.textContent = each.textContent;"
                "each.replaceChildren(piece); })"
            )
        names = [name.split()[0] for name in texts(page, "details.text > summary .who")]
        pictures.append({name: ink(page, names.index(name)) for name in SHAPED})
    split, whole, wrong = pictures
    for name in SHAPED:
        assert whole[name].sum() > 2_000, name
        for one, other in ((split, whole), (whole, split)):
            # One CSS pixel is two pixels here.
            assert int((one[name] & ~grown(other[name], 2)).sum()) == 0, name
        assert (
            wrong[name].shape != whole[name].shape
            or int((wrong[name] & ~grown(whole[name], 2)).sum()) > 1_000
        ), name
