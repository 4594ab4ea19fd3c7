"""Shows why REACH and LIKENESS are as they are: python leave_out.py FLORES UDHR HELP CHAT.

The arguments are those of measure.py. Each kind of text is left out in turn: the other kinds give
intervals, and the share of its documents inside them is printed for several values of REACH. Then
languages in Latin script are left out in turn, and the error of their estimates from the text is
printed for several values of LIKENESS.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from make_calibration import DOCUMENTS, KINDS, LEAST_RATE, SHORT, Z, of_classes, of_languages
from measure import ENCODINGS, Text, bcp47, is_mixed, read_texts, sentences

from tokcompare.encodings.load import load_encodings

FOLDS = 10
SENTENCES = 60
"""Sentences of each language that are counted, of 997."""

Document = tuple[str, str, int, dict[str, int]]  # kind, language, characters, tokens


def main(flores: Path, udhr: Path, helps: Path, chat: Path) -> None:
    lines = Path(__file__).with_name("measurements.jsonl").read_bytes().decode().splitlines()
    measurements = list(map(json.loads, lines))
    languages = {bcp47(code): code for code, _ in sentences(flores, "dev")}
    documents = count(read_texts(flores, udhr, helps, chat))
    for encoding in ENCODINGS:
        for reach in (1.96, 2.5, 3.0, 3.5):
            shares = {
                kind: leave_kind_out(kind, measurements, languages, documents, encoding, reach)
                for kind in KINDS
            }
            print(f"{encoding}, REACH {reach}: {fmean(shares.values()):.1%} inside;", shares)
        for likeness in (0.0, 0.003, 0.03, 0.3, 30.0):
            error = leave_languages_out(measurements, encoding, likeness)
            print(f"{encoding}, LIKENESS {likeness}: root mean square {error:.3f}")


def count(texts: Sequence[Text]) -> list[Document]:
    """Counts the texts that are not mixed, of FLORES only the first sentences."""
    encodings = load_encodings(ENCODINGS)
    documents: list[Document] = []
    numbers: dict[tuple[str, str], int] = defaultdict(int)
    for kind, language, script, text in texts:
        numbers[kind, language] += 1
        is_left_out = kind == "sentences" and numbers[kind, language] > SENTENCES
        if text and not is_left_out and not is_mixed(text, script):
            tokens = {encoding.name: len(encoding.encode(text)) for encoding in encodings}
            documents.append((kind, language, len(text), tokens))
    return documents


def leave_kind_out(
    left_out: str,
    measurements: Sequence[dict[str, Any]],
    languages: dict[str, str],
    documents: Sequence[Document],
    encoding: str,
    reach: float,
) -> float:
    """Returns the share of the documents inside, as the mean over languages."""
    pure = [row for row in measurements if not row["mixed"] and row["documents"] >= DOCUMENTS]
    kinds = [kind for kind in KINDS if kind != left_out]
    common = next(kind for kind in SHORT if kind in kinds)
    known = {row["language"] for row in pure if row["kind"] == common}
    rows = {
        (row["kind"], row["language"]): row
        for row in pure
        if row["kind"] in kinds and row["language"] in known
    }
    codes = {language: code for language, code in languages.items() if language in known}
    numbers = of_languages(rows, codes, encoding, kinds=kinds, reach=reach)["languages"]
    measured = {row["language"] for row in pure if row["kind"] == left_out} & known
    inside: dict[str, list[bool]] = defaultdict(list)
    for kind, language, characters, tokens in documents:
        if kind == left_out and language in measured:
            entry = numbers[language]
            off = math.log(tokens[encoding] / characters / entry["rate"])
            shift = entry["shift"][off > 0]
            reached = math.sqrt(shift**2 + Z**2 * entry["variance"] / characters)
            inside[language].append(abs(off) <= reached)
    return round(fmean(map(fmean, inside.values())), 3)


def leave_languages_out(
    measurements: Sequence[dict[str, Any]], encoding: str, likeness: float
) -> float:
    """Returns the root mean square of the logarithm of true tokens / estimate, in Latin script."""
    names = sorted({row["language"] for row in measurements})
    squares = []
    for fold in range(FOLDS):
        left_out = set(names[fold::FOLDS])
        rows = [row for row in measurements if row["language"] not in left_out]
        rates = of_classes(rows, encoding, likeness=likeness)["classes"]
        for row in measurements:
            if row["language"] in left_out and row["script"] == "Latn":
                guess = sum(
                    number * max(LEAST_RATE, rates.get(name, 1.0))
                    for name, number in row["classes"].items()
                )
                squares.append(math.log(row["encodings"][encoding]["tokens"] / guess) ** 2)
    return math.sqrt(fmean(squares))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:5]))
