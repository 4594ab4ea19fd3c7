"""A browser for the tests of pages: Debian's Chromium, one for all tests of a process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.command import invoke

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium")

Opened = Callable[..., "Page"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium. Nothing is downloaded: a machine without it skips the test."""
    if CHROMIUM is None:
        pytest.skip("there is no `chromium` here; Debian's package has it")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        # Its sandbox does not start for root, and fonts without hinting make pixels comparable.
        arguments = ["--no-sandbox", "--font-render-hinting=none"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens HTML in a window, and checks at the end that it asked for nothing and had no error."""
    contexts: list[Any] = []
    messages: list[str] = []
    requests: list[str] = []

    def opened(html: str, *, width: int = 1280, **options: Any) -> Page:
        path = tmp_path / f"page-{len(contexts)}.html"
        path.write_text(html, encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5_000)
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("dialog", lambda dialog: messages.append(dialog.message))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert messages == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert len(requests) == len(contexts)


@pytest.fixture(scope="session")
def html_of() -> Callable[..., str]:
    """Returns the page of a command; each is made once."""
    made: dict[tuple[str, ...], str] = {}

    def html(*arguments: str) -> str:
        if arguments not in made:
            result = invoke(*arguments, "-f", "html")
            assert result.exit_code == 0, result.stderr
            made[arguments] = result.stdout
        return made[arguments]

    return html
