"""Puts figures into the places that documents have for them."""

from __future__ import annotations

import re
from pathlib import Path


def put_figures(page: Path, name: str, figures: str) -> None:
    """Puts figures between the line `<!-- figures: NAME -->` of a page and the next `<!-- end -->`.

    Raises:
        ValueError: The page has no such place.
    """
    between = rf"(<!-- figures: {name} -->\n).*?(?=<!-- end -->)"
    text = page.read_text(encoding="utf-8")
    if not re.search(between, text, re.DOTALL):
        raise ValueError(f"{page} has no place for the figures {name!r}")
    written = re.sub(between, lambda match: match[1] + figures, text, flags=re.DOTALL)
    page.write_text(written, encoding="utf-8")
