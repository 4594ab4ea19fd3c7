"""Makes udhr.json: python data/calibration/make_calibration.py CORPUS MESSAGES.

Tokens per character come from the Universal Declaration of Human Rights. The distance of other
kinds of text from it comes from LibreOffice's help and the manual pages of Debian's packages, which
`python -m benchmarks.corpus CORPUS` downloads, in the thirteen of the twenty languages that both
are translated into. MESSAGES is a folder with Debian packages of GNOME programs. Their translated
messages are held out: they calibrate nothing. Their counts are written to
tests/data/held_out.jsonl, and the estimates are judged by them.

The script is not part of the installed package. It is kept so that the data can be made again.
"""

from __future__ import annotations

import gettext
import json
import math
import random
import subprocess
import sys
import tarfile
from collections import defaultdict
from pathlib import Path

import numpy as np

from tokcompare import load_samples
from tokcompare.encodings import load_encodings
from tokcompare.estimates.estimate import count_classes
from tokcompare.languages import LANGUAGES

ENCODINGS = ("cl100k_base", "o200k_base")
CODES = {"en-US": "en", "en_GB": "en", "zh-CN": "zh", "zh_CN": "zh"}
DOCUMENTS = 400
"""Documents of each language that calibrate, drawn at random."""
HELD_OUT = 100
"""Held-out documents of each language and each length."""

Text = tuple[str, str]  # language and text


def declaration() -> list[Text]:
    return [(d.language, str(d.text)) for d in load_samples("udhr")]


def other_kinds(corpus: Path) -> list[Text]:
    """Draws documents of other kinds and cuts them to 100 to 10,000 characters."""
    texts = defaultdict(list)
    with (corpus / "corpus.jsonl").open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            texts[CODES.get(record["language"], record["language"])].append(record["text"])
    drawn = random.Random(0)
    return [
        (language, text[: round(10 ** drawn.uniform(2, 4))])
        for language in LANGUAGES
        if language in texts
        for text in drawn.sample(texts[language], DOCUMENTS)
    ]


def held_out(packages: Path) -> list[tuple[str, str, str]]:
    """Reads what is held out, as (set, language, text): sentences, messages, pages of messages."""
    messages: dict[str, dict[str, None]] = defaultdict(dict)
    for package in sorted(packages.glob("*.deb")):
        unpack = ["dpkg-deb", "--fsys-tarfile", str(package)]
        with (
            subprocess.Popen(unpack, stdout=subprocess.PIPE) as process,
            tarfile.open(fileobj=process.stdout, mode="r|") as archive,
        ):
            for member in archive:
                if member.isfile() and member.name.endswith(".mo"):
                    language = member.name.split("/locale/")[1].split("/")[0]
                    try:
                        found = gettext.GNUTranslations(archive.extractfile(member))  # type: ignore[arg-type]
                    except IndexError:  # a header without plural forms
                        continue
                    for original, text in found._catalog.items():  # type: ignore[attr-defined]
                        if original and text and text not in (original, original[0]):
                            messages[CODES.get(language, language)][text] = None
    documents = [("sentences", d.language, str(d.text)) for d in load_samples()]
    drawn = random.Random(0)
    for language in LANGUAGES:
        found_texts = list(messages[language])
        drawn.shuffle(found_texts)
        long = [text for text in found_texts if len(text) >= 60]
        documents += [("messages", language, text) for text in long[:HELD_OUT]]
        pages, page = [], ""
        for text in found_texts:
            page += f"{text}\n"
            if len(page) >= 1000:
                pages.append(page)
                page = ""
        documents += [("pages", language, text) for text in pages[:HELD_OUT]]
    return documents


def calibrate(corpus: Path) -> dict[str, object]:
    encodings = load_encodings(ENCODINGS)
    base, kinds = declaration(), other_kinds(corpus)
    names = sorted({name for _, text in base for name in count_classes(text)})
    counted = [[count_classes(text).get(name, 0) for name in names] for _, text in base]
    tables = {}
    for encoding in encodings:
        tokens = {text: len(encoding.encode(text)) for _, text in (*base, *kinds)}
        rates, variances = {}, {}
        for language in dict.fromkeys(language for language, _ in base):
            texts = [text for code, text in base if code == language]
            rates[language] = sum(map(tokens.__getitem__, texts)) / sum(map(len, texts))
            variances[language] = sum(
                len(text) * math.log(tokens[text] / len(text) / rates[language]) ** 2
                for text in texts
            ) / len(texts)
        # The distance of other kinds of documents from the Declaration, by group of scripts.
        shifts: dict[str, list[float]] = defaultdict(list)
        for language, text in kinds:
            shift = math.log(tokens[text] / len(text) / rates[language])
            shifts[_group(LANGUAGES[language].script)].append(shift)
        bounds = {group: _bounds(values) for group, values in shifts.items()}
        scripts: dict[str, dict[str, object]] = {}
        for script in dict.fromkeys(LANGUAGES[language].script for language in rates):
            of_it = [language for language in rates if LANGUAGES[language].script == script]
            logarithms = [math.log(rates[language]) for language in of_it]
            # Assume that another language of the script is as far from these as they are apart.
            spread = float(np.std(logarithms, ddof=1)) if len(of_it) > 2 else 0.25
            below, above = bounds[_group(script)]
            scripts[script] = {
                "rate": _round(math.exp(float(np.mean(logarithms)))),
                "variance": _round(max(variances[language] for language in of_it)),
                "shift": [
                    _round(math.hypot(below, 2 * spread)),
                    _round(math.hypot(above, 2 * spread)),
                ],
            }
        weights = 1 / np.array([tokens[text] for _, text in base])
        classes = _least_squares(
            np.array(counted) * weights[:, None], np.array([tokens[t] for _, t in base]) * weights
        )
        by_class = dict(zip(names, map(_round, classes), strict=True))
        by_class["digits"] = _rate_of_digits(kinds, tokens, by_class)
        guesses = [
            sum(
                n * by_class.get(name, max(by_class.values()))
                for name, n in count_classes(text).items()
            )
            for _, text in kinds
        ]
        off = [math.log(tokens[t] / guess) for (_, t), guess in zip(kinds, guesses, strict=True)]
        tables[encoding.name] = {
            "languages": {
                language: {
                    "rate": _round(rates[language]),
                    "variance": _round(variances[language]),
                    "shift": list(map(_round, bounds[_group(LANGUAGES[language].script)])),
                }
                for language in rates
            },
            "scripts": scripts,
            "classes": by_class,
            "text_shift": list(map(_round, _bounds(off))),
            "text_variance": _round(max(variances.values())),
        }
    return {"source": "udhr", "encodings": tables}


def _group(script: str) -> str:
    """Returns the group of a script.

    Latin words within a text change its tokens per character the more, the more tokens a character
    of its own script takes: not at all in Latin script, much in East Asian scripts.
    """
    if script == "Latn":
        return "Latin"
    return "East Asian" if script in ("Hans", "Jpan", "Kore") else "other"


def _bounds(shifts: list[float]) -> tuple[float, float]:
    """Returns how far shifts reach below and above 0, leaving out 0.5 % of them at each end.

    2.5 % at each end would do for an interval of 95 % if every text were of one of these kinds.
    Two kinds say little about the distance of a third, so nearly all of them must lie within.
    The least is 0.1.
    """
    below, above = np.quantile(shifts, [0.005, 0.995])
    return max(0.1, float(-below)), max(0.1, float(above))


def _rate_of_digits(kinds: list[Text], tokens: dict[str, int], by_class: dict[str, float]) -> float:
    """Returns the tokens per digit. The Declaration has no digits.

    In documents with many digits, it is the tokens that the other characters do not account for.
    """
    rates = []
    for _, text in kinds:
        classes = count_classes(text)
        digits = classes.pop("digits", 0)
        if digits > len(text) / 20:
            others = sum(n * by_class.get(name, 0) for name, n in classes.items())
            rates.append((tokens[text] - others) / digits)
    return _round(max(1 / 3, float(np.median(rates))))  # three digits are at most one token


def _least_squares(matrix: np.ndarray, target: np.ndarray) -> list[float]:
    """Returns the best-fitting rates of which none is negative (an active-set solution)."""
    active = list(range(matrix.shape[1]))
    while True:
        found, *_ = np.linalg.lstsq(matrix[:, active], target, rcond=None)
        if (found >= 0).all():
            break
        active = [column for column, rate in zip(active, found, strict=True) if rate > 0]
    rates = [0.0] * matrix.shape[1]
    for column, rate in zip(active, found, strict=True):
        rates[column] = float(rate)
    return rates


def _round(number: float) -> float:
    return float(f"{number:.4g}")


def main(corpus: Path, packages: Path) -> None:
    here = Path(__file__).parent
    content = json.dumps(calibrate(corpus), indent=1)
    (here / "udhr.json").write_text(f"{content}\n", encoding="utf-8")
    encodings = load_encodings(ENCODINGS)
    lines = [
        json.dumps(
            {
                "set": name,
                "language": language,
                "characters": len(text),
                "bytes": len(text.encode()),
                "words": len(text.split()),
                "classes": count_classes(text),
                "tokens": {encoding.name: len(encoding.encode(text)) for encoding in encodings},
            }
        )
        for name, language, text in held_out(packages)
    ]
    path = here.parent.parent / "tests" / "data" / "held_out.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
