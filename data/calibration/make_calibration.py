"""Makes estimates.json from measurements.jsonl: python data/calibration/make_calibration.py.

measure.py makes the measurements from texts. README.md beside this script says what each number of
estimates.json means and how it is made. The script is not part of the installed package.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "flores"))
from make_flores import ENCODINGS, bcp47, script

from tokcompare.estimates.classes import BLOCKS
from tokcompare.estimates.estimate import LEAST_RATE, UNKNOWN_RATE, Z
from tokcompare.languages import LANGUAGES

KINDS = ("declaration", "sentences", "help", "chat")
"""The kinds of text, each with one vote. Every language has "sentences"."""
SHORT = ("sentences", "declaration")
"""The kinds with short documents, which show how the spread depends on the length.

The first is in every language.
"""
DOCUMENTS = 20
"""The least number of documents by which a kind is measured in a language."""
REACH = 2.5
"""How many root mean squares an interval reaches.

95 % of a normal distribution lie within 1.96, but four kinds say little about a fifth. leave_out.py
leaves each of the four out in turn: intervals of 2.5 then hold 94 % (cl100k_base) and 97 %
(o200k_base) of its documents.
"""
LIKENESS = 0.03
"""The weight of the penalty for ASCII letters that differ from the mean letter.

leave_out.py leaves languages out of the fit: with 0.03 they are estimated nearly as well as without
a penalty, and much better than with one rate for all letters. Less would make rates of 0.
"""

Row = Mapping[str, Any]
Rows = Mapping[tuple[str, str], Row]  # by kind and language


def main() -> None:
    here = Path(__file__).parent
    lines = (here / "measurements.jsonl").read_bytes().decode().splitlines()
    codes = (here.parent / "flores" / "flores.csv").read_bytes().decode().splitlines()[1:]
    table = calibrate(list(map(json.loads, lines)), [line.split(",")[0] for line in codes])
    (here / "estimates.json").write_text(layout(table) + "\n", encoding="utf-8")


def calibrate(measurements: Sequence[Row], codes: Iterable[str]) -> dict[str, Any]:
    """Returns the table of estimates.

    Args:
        measurements: The rows of measurements.jsonl.
        codes: FLORES' codes of the languages.
    """
    rows = {
        (row["kind"], row["language"]): row
        for row in measurements
        if not row["mixed"] and row["documents"] >= DOCUMENTS
    }
    languages = {bcp47(code): code for code in sorted(set(codes))}
    return {
        "version": 1,
        "z": Z,
        "least_rate": LEAST_RATE,
        "unknown_rate": UNKNOWN_RATE,
        "blocks": [list(block) for block in BLOCKS],
        "languages": {
            language: {
                "flores": code,
                "script": script(code),
                "kinds": [kind for kind in KINDS if (kind, language) in rows],
            }
            for language, code in languages.items()
        },
        "encodings": {
            encoding: {
                **of_languages(rows, languages, encoding),
                **of_classes(measurements, encoding),
            }
            for encoding in ENCODINGS
        },
    }


def of_languages(
    rows: Rows,
    languages: Mapping[str, str],
    encoding: str,
    *,
    kinds: Sequence[str] = KINDS,
    reach: float = REACH,
) -> dict[str, Any]:
    """Returns the numbers of each language and of each script.

    Args:
        rows: The measurements of these kinds in these languages.
        languages: FLORES' code for each language.
        encoding: The encoding.
        kinds: The kinds of text. Every language has the first of `SHORT` that is among them.
        reach: How many root mean squares of the distances between kinds an interval reaches.
    """
    groups = {language: _group(script(code)) for language, code in languages.items()}
    rates = {
        key: math.log(row["encodings"][encoding]["tokens"] / row["characters"])
        for key, row in rows.items()
    }
    centres = _centres(rates, groups, kinds)
    shifts = {
        group: _shift(rates, centres, [x for x in groups if groups[x] == group], kinds, reach)
        for group in dict.fromkeys(groups.values())
    }
    for group, bounds in shifts.items():
        members = [language for language in groups if groups[language] == group]
        within = Z**2 * _spread_of_long(rows, members, encoding)
        shifts[group] = np.sqrt(bounds**2 + within)
    entries = {
        language: {
            "rate": _round(math.exp(centres[language])),
            "variance": _round(_variance(rows, language, encoding)),
            "shift": list(map(_round, shifts[groups[language]])),
        }
        for language in languages
    }
    return {"languages": entries, "scripts": _of_scripts(entries, centres, languages)}


def _centres(
    rates: Mapping[tuple[str, str], float], groups: Mapping[str, str], kinds: Sequence[str]
) -> dict[str, float]:
    """Returns for each language the mean logarithm of the rates of all kinds.

    The rate of a kind that was not measured is that of a kind that every language has, plus the
    mean difference of the two in the languages of the group, or in all if it was measured in none.
    """
    common = next(kind for kind in SHORT if kind in kinds)
    differences: dict[tuple[str, str], list[float]] = defaultdict(list)
    for kind, language in rates:
        difference = rates[kind, language] - rates[common, language]
        differences[kind, groups[language]].append(difference)
        differences[kind, ""].append(difference)
    means = {key: float(np.mean(values)) for key, values in differences.items()}
    centres = {}
    for language, group in groups.items():
        base = rates[common, language]
        filled = [
            rates.get((kind, language), base + means.get((kind, group), means[kind, ""]))
            for kind in kinds
        ]
        centres[language] = float(np.mean(filled))
    return centres


def _shift(
    rates: Mapping[tuple[str, str], float],
    centres: Mapping[str, float],
    languages: Sequence[str],
    kinds: Sequence[str],
    reach: float,
) -> np.ndarray:
    """Returns how far another kind may be below and above the centres of a group of languages.

    These are root mean squares of the distances on one side, as if the other side mirrored it.
    Each kind has one vote. A kind that was measured in no language of the group is as far from the
    centre as in all languages.
    """
    squares = []
    for kind in kinds:
        measured = [x for x in languages if (kind, x) in rates]
        measured = measured or [x for x in centres if (kind, x) in rates]
        distances = np.array([rates[kind, x] - centres[x] for x in measured])
        squares.append([np.mean(side**2) for side in _sides(distances)])
    variance = 2 * np.mean(squares, axis=0) * len(kinds) / (len(kinds) - 1)
    return reach * np.sqrt(variance)


def _spread_of_long(rows: Rows, languages: Sequence[str], encoding: str) -> np.ndarray:
    """Returns how far long documents are below and above their kind, as mean squares.

    A group of languages without long documents has the spread of all languages.
    """
    entries = {key: row["encodings"][encoding] for key, row in rows.items()}
    long = {key: entry for key, entry in entries.items() if entry["long"]}
    found = [entry for (_, language), entry in long.items() if language in languages]
    found = found or list(long.values())
    weights = [entry["long"] for entry in found]
    squares = [[entry["below"], entry["above"]] for entry in found]
    return 2 * np.average(squares, axis=0, weights=weights)


def _sides(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the values below 0 and the values above 0, each with 0 for the others."""
    return np.minimum(values, 0), np.maximum(values, 0)


def _variance(rows: Rows, language: str, encoding: str) -> float:
    """Returns the mean variance of the kinds that have short documents."""
    kinds = [kind for kind in SHORT if (kind, language) in rows]
    values = [rows[kind, language]["encodings"][encoding]["variance"] for kind in kinds]
    return float(np.mean(values))


def _of_scripts(
    entries: Mapping[str, Row], centres: Mapping[str, float], languages: Mapping[str, str]
) -> dict[str, Any]:
    """Returns the numbers for another language of each script: the mean of those measured.

    Its interval adds the spread of the languages of the script; of scripts with fewer than three
    languages, the spread that the others have on average.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for language, code in languages.items():
        members[script(code)].append(language)
    spreads = {
        name: float(np.var([centres[x] for x in known], ddof=1))
        for name, known in members.items()
        if len(known) >= 3
    }
    common = float(np.mean(list(spreads.values())))
    scripts = {}
    for name, known in sorted(members.items()):
        spread = Z**2 * spreads.get(name, common) * (1 + 1 / len(known))
        below, above = entries[known[0]]["shift"]
        scripts[name] = {
            "rate": _round(math.exp(float(np.mean([centres[x] for x in known])))),
            "variance": max(entries[x]["variance"] for x in known),
            "shift": [_round(math.sqrt(below**2 + spread)), _round(math.sqrt(above**2 + spread))],
        }
    return scripts


def of_classes(
    measurements: Sequence[Row], encoding: str, *, likeness: float = LIKENESS
) -> dict[str, Any]:
    """Returns the tokens per character of each class, and how far estimates by them are off.

    They are least squares of the relative error over all kinds and languages, with a penalty for
    letters that differ from the mean letter. Each kind has the same weight, and half of it belongs
    to the twenty languages of the GPT-4o announcement.
    """
    names = sorted({name for row in measurements for name in row["classes"]} - {"other"})
    tokens = np.array([row["encodings"][encoding]["tokens"] for row in measurements], float)
    counted = np.array([[row["classes"].get(name, 0) for name in names] for row in measurements])
    weights = _weights(measurements)
    scale = np.sqrt(weights) / tokens
    letters = [number for number, name in enumerate(names) if len(name) == 1]
    alike = np.zeros((len(letters), len(names)))
    alike[:, letters] = np.eye(len(letters)) - 1 / len(letters)
    alike *= math.sqrt(likeness / len(letters))
    rates = _least_squares(
        np.vstack([counted * scale[:, None], alike]),
        np.append(tokens * scale, [0.0] * len(letters)),
    )
    by_class = dict(zip(names, map(_round, rates), strict=True))
    guesses = counted @ np.maximum(LEAST_RATE, list(by_class.values()))
    off = np.log(tokens / guesses)
    sides = [np.average(side**2, weights=weights) for side in _sides(off)]
    short = np.array([row["kind"] in SHORT and not row["mixed"] for row in measurements])
    variances = [row["encodings"][encoding]["variance"] for row in measurements]
    return {
        "classes": by_class,
        "text_shift": [_round(REACH * math.sqrt(2 * float(side))) for side in sides],
        "text_variance": _round(float(np.average(variances, weights=weights * short))),
    }


def _weights(measurements: Sequence[Row]) -> np.ndarray:
    """Gives each kind one vote, of which the twenty languages have a half, if there are others."""
    groups = [(row["kind"], row["language"] in LANGUAGES) for row in measurements]
    numbers = Counter(groups)
    weights = np.array([1 / numbers[group] for group in groups])
    return weights / weights.sum()


def _group(name: str) -> str:
    """Returns the group of a script. Kinds of text differ alike in the scripts of a group."""
    if name == "Latn":
        return "Latin"
    return "East Asian" if name in ("Hans", "Hant", "Jpan", "Kore") else "other"


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


def layout(value: object, indent: str = "") -> str:
    """Writes JSON in which an object or a list without objects in it takes one line."""
    inner = f"{indent} "
    if isinstance(value, Mapping) and any(isinstance(x, (Mapping, list)) for x in value.values()):
        if all(not isinstance(x, Mapping) and not _is_table(x) for x in value.values()):
            return json.dumps(value)
        items = [f"{json.dumps(key)}: {layout(x, inner)}" for key, x in value.items()]
        return "{\n" + ",\n".join(f"{inner}{item}" for item in items) + f"\n{indent}}}"
    if _is_table(value):
        rows = ",\n".join(f"{inner}{json.dumps(row)}" for row in value)
        return f"[\n{rows}\n{indent}]"
    return json.dumps(value)


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], list)


if __name__ == "__main__":
    main()
