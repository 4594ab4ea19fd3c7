"""Counts texts that calibrate nothing: python data/calibration/make_held_out.py GNOME NTREX XSID.

It writes tests/data/held_out.jsonl, by which the estimates are judged. The arguments are folders:

- GNOME: Debian packages of GNOME programs, with translated messages (README.md lists them).
- NTREX: the repository MicrosoftTranslator/NTREX.
- XSID: the files `*.test.conll` of the newest version of xSID, in the repository mainlp/xsid.

Only numbers are written. The script is not part of the installed package.
"""

from __future__ import annotations

import gettext
import json
import random
import re
import subprocess
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from measure import is_mixed, is_of_script

from tokcompare import load_samples
from tokcompare.encodings.load import load_encodings
from tokcompare.estimates.classes import count_classes
from tokcompare.languages import LANGUAGES, describe_language

ENCODINGS = ("cl100k_base", "o200k_base")
DRAWN = 40
"""Texts of each set that are drawn for each of the twenty languages."""
FEW = 10
"""The same for other languages."""
GNOME_CODES = {"en_GB": "en", "zh_CN": "zh"}
NTREX_CODES = {"mey": "mey-Arab", "shi": "shi-Arab", "zho-CN": "zh", "zho-TW": "zh-Hant"}
UNKNOWN_SCRIPTS = ("div",)
"""Languages whose script no kind of text was measured in."""
XSID_CODES = {"sr": "sr-Latn"}
XSID_LANGUAGES = ("ar", "da", "de", "en", "id", "it", "ja", "kk", "lt", "nl", "sr", "tr", "zh")


class Text(NamedTuple):
    """A text of a set."""

    set: str
    language: str
    text: str


def main(gnome: Path, ntrex: Path, xsid: Path) -> None:
    texts = [
        *(Text("sentences", d.language, str(d.text)) for d in load_samples()),
        *messages(gnome),
        *news(ntrex),
        *requests(xsid),
    ]
    encodings = load_encodings(ENCODINGS)
    root = Path(__file__).parent.parent.parent
    with (root / "tests" / "data" / "held_out.jsonl").open("w", encoding="utf-8") as file:
        for name, language, text in texts:
            row = {
                "set": name,
                "language": language,
                "mixed": is_mixed(text, describe_language(language).script),
                "characters": len(text),
                "bytes": len(text.encode()),
                "words": len(text.split()),
                "classes": count_classes(text),
                "tokens": {encoding.name: len(encoding.encode(text)) for encoding in encodings},
            }
            file.write(json.dumps(row, separators=(",", ":")) + "\n")


def draw(texts: list[str], language: str, drawn: random.Random) -> list[str]:
    return drawn.sample(texts, min(len(texts), DRAWN if language in LANGUAGES else FEW))


def messages(packages: Path) -> Iterator[Text]:
    """Yields messages of 60 characters or more, and pages of messages of 1,000 characters."""
    drawn = random.Random(0)
    found = translations(packages)
    for language in LANGUAGES:
        texts = list(found[language])
        drawn.shuffle(texts)
        long = [text for text in texts if len(text) >= 60]
        yield from (Text("messages", language, text) for text in long[:DRAWN])
        pages, page = [], ""
        for text in texts:
            page += f"{text}\n"
            if len(page) >= 1000:
                pages.append(page)
                page = ""
        yield from (Text("pages", language, text) for text in pages[:DRAWN])


def translations(packages: Path) -> dict[str, dict[str, None]]:
    """Returns the translated messages of each language, each once, in the order of the packages."""
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for package in sorted(packages.glob("*.deb")):
        unpack = ["dpkg-deb", "--fsys-tarfile", str(package)]
        with (
            subprocess.Popen(unpack, stdout=subprocess.PIPE) as process,
            tarfile.open(fileobj=process.stdout, mode="r|") as archive,
        ):
            for member in archive:
                if member.isfile() and member.name.endswith(".mo"):
                    code = member.name.split("/locale/")[1].split("/")[0]
                    try:
                        catalog = gettext.GNUTranslations(archive.extractfile(member))  # type: ignore[arg-type]
                    except IndexError:  # a header without plural forms
                        continue
                    for original, text in catalog._catalog.items():  # type: ignore[attr-defined]
                        if original and text and text not in (original, original[0]):
                            found[GNOME_CODES.get(code, code)][text] = None
    return found


def news(ntrex: Path) -> Iterator[Text]:
    """Yields sentences of news in the twenty languages, and whole articles in all languages."""
    drawn = random.Random(0)
    articles = (ntrex / "DOCUMENT_IDS.tsv").read_text(encoding="utf-8").split()
    for path in sorted((ntrex / "NTREX-128").glob("newstest2019-???.*.txt")):
        code = path.name.split(".")[1]
        language = NTREX_CODES.get(code) or describe_language(code).code
        content = path.read_bytes().decode()
        is_known = is_of_script(content, describe_language(language).script)
        if code.startswith("eng-") or code in UNKNOWN_SCRIPTS or not is_known:
            continue  # English is there without a country, too
        lines = content.split("\n")[: len(articles)]
        if language in LANGUAGES:
            sentences = [line.strip() for line in lines if line.strip()]
            yield from (Text("news", language, text) for text in draw(sentences, language, drawn))
        texts: dict[str, str] = defaultdict(str)
        for article, line in zip(articles, lines, strict=True):
            texts[article] += f"{line.strip()}\n"
        for text in draw(list(texts.values()), language, drawn):
            yield Text("articles", language, text)


def requests(xsid: Path) -> Iterator[Text]:
    """Yields requests to a voice assistant."""
    drawn = random.Random(0)
    for code in XSID_LANGUAGES:
        content = (xsid / f"{code}.test.conll").read_text(encoding="utf-8")
        texts = re.findall(r"^# text = (.+)$", content, flags=re.MULTILINE)
        language = XSID_CODES.get(code, code)
        yield from (Text("requests", language, text) for text in draw(texts, language, drawn))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
