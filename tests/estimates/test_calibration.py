"""The shipped numbers are consistent, and the scripts beside them make them."""

from __future__ import annotations

import csv
import importlib
import json
import math
import sys
from types import ModuleType
from typing import Any

import pytest

from tests import ROOT
from tests.reference import ENCODINGS
from tokcompare import estimate_tokens
from tokcompare.estimates.classes import count_classes
from tokcompare.estimates.estimate import read_table

DATA = ROOT / "data"


@pytest.fixture(scope="module")
def scripts() -> dict[str, ModuleType]:
    """The scripts of data/calibration and data/flores, which import each other by name."""
    before = list(sys.path)
    sys.path[:0] = [str(DATA / "calibration"), str(DATA / "flores")]
    try:
        names = ("make_flores", "measure", "make_calibration")
        return {name: importlib.import_module(name) for name in names}
    finally:
        sys.path[:] = before


@pytest.fixture(scope="module")
def measurements() -> list[dict[str, Any]]:
    content = (DATA / "calibration" / "measurements.jsonl").read_text("utf-8")
    return [json.loads(line) for line in content.splitlines()]


@pytest.fixture(scope="module")
def flores() -> list[dict[str, str]]:
    with (DATA / "flores" / "flores.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_table_is_made_from_the_measurements(
    scripts: dict[str, ModuleType],
    measurements: list[dict[str, Any]],
    flores: list[dict[str, str]],
) -> None:
    codes = [row["flores"] for row in flores]
    made = scripts["make_calibration"].calibrate(measurements, codes)
    assert _rounded(made) == _rounded(read_table())
    content = (DATA / "calibration" / "estimates.json").read_text("utf-8")
    assert content == scripts["make_calibration"].layout(json.loads(content)) + "\n"


def _rounded(value: object) -> object:
    """Rounds numbers to three digits: the fourth may depend on the processor."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return pytest.approx(value, rel=1e-3, abs=1e-3) if isinstance(value, float) else value


def test_measurements_of_the_declaration_are_those_of_the_shipped_text(
    scripts: dict[str, ModuleType], measurements: list[dict[str, Any]]
) -> None:
    measure = scripts["measure"]
    made = list(measure.measure(measure.sample_declarations()))
    assert len(made) == 20
    for row in made:
        shipped = [
            other
            for other in measurements
            if (other["kind"], other["language"]) == ("declaration", row["language"])
        ]
        assert [row] == shipped


def test_measurements_of_sentences_are_those_of_flores(
    measurements: list[dict[str, Any]], flores: list[dict[str, str]]
) -> None:
    dev = [row for row in flores if row["split"] == "dev"]
    assert len({row["language"] for row in dev}) == len(dev) == 204
    for row in dev:
        parts = [
            part
            for part in measurements
            if (part["kind"], part["language"]) == ("sentences", row["language"])
        ]
        assert sum(part["documents"] for part in parts) == int(row["sentences"])
        assert sum(part["characters"] for part in parts) == int(row["characters"])
        for part in parts:
            assert sum(part["classes"].values()) == part["characters"]
        for encoding in ENCODINGS:
            tokens = sum(part["encodings"][encoding]["tokens"] for part in parts)
            assert tokens == int(row[encoding])


def test_flores_has_the_known_premiums(flores: list[dict[str, str]]) -> None:
    """Tokens relative to English (Petrov et al. 2023, who join the sentences before they count)."""
    known = {
        "guj_Gujr": (7.69, 1.78),
        "hin_Deva": (4.79, 1.56),
        "mya_Mymr": (11.70, 3.18),
        "shn_Mymr": (15.05, 7.96),
        "dzo_Tibt": (12.33, 9.15),
    }
    assert {row["sentences"] for row in flores} == {"997", "1012"}
    for code, premiums in known.items():
        for encoding, premium in zip(("cl100k_base", "o200k_base"), premiums, strict=True):
            tokens = {
                language: sum(int(row[encoding]) for row in flores if row["flores"] == language)
                for language in (code, "eng_Latn")
            }
            assert tokens[code] / tokens["eng_Latn"] == pytest.approx(premium, rel=0.01)


def test_codes_of_flores_are_given_in_bcp_47(
    scripts: dict[str, ModuleType], flores: list[dict[str, str]]
) -> None:
    for row in flores:
        assert scripts["make_flores"].bcp47(row["flores"]) == row["language"]
        assert estimate_tokens(500, row["flores"]) == estimate_tokens(500, row["language"])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_all_languages_and_classes_have_numbers(encoding: str) -> None:
    table = read_table()
    numbers = table["encodings"][encoding]
    assert len(table["languages"]) == 204
    assert numbers["languages"].keys() == table["languages"].keys()
    assert {entry["script"] for entry in table["languages"].values()} == numbers["scripts"].keys()
    assert {block[0] for block in table["blocks"]} <= numbers["classes"].keys()
    for entry in (*numbers["languages"].values(), *numbers["scripts"].values()):
        assert 0.1 < entry["rate"] < 4
        assert min(entry["variance"], *entry["shift"]) > 0


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("characters", [1, 80, 10_000, 10**9])
def test_the_documented_formula_gives_the_estimate(characters: int, encoding: str) -> None:
    """The formula of docs/estimates.md needs the table alone."""
    table = read_table()
    for language, entry in table["encodings"][encoding]["languages"].items():
        centre = characters * entry["rate"]
        noise = table["z"] ** 2 * entry["variance"] / characters
        below, above = (math.sqrt(shift**2 + noise) for shift in entry["shift"])
        estimate = estimate_tokens(characters, language, encoding)
        assert estimate.tokens == max(1, round(centre))
        assert estimate.low == max(1, math.floor(centre * math.exp(-below)))
        assert estimate.high == max(1, math.ceil(centre * math.exp(above)))


@pytest.mark.parametrize(
    "text", ["Hello, world", "नमस्ते, world", "Ελληνικά 123", "日本語 and English"]
)
def test_the_documented_formula_gives_the_estimate_of_a_text(text: str) -> None:
    table = read_table()
    numbers = table["encodings"]["o200k_base"]
    centre = 0.0
    for character in text:
        if character.isascii():
            name = "digits" if character.isdigit() else "blanks" if character.isspace() else "marks"
            name = character.lower() if character.isalpha() else name
        else:
            code = ord(character)
            name = next(name for name, first, last in table["blocks"] if first <= code <= last)
        centre += max(table["least_rate"], numbers["classes"][name])
        assert count_classes(character) == {name: 1}
    estimate = estimate_tokens(text=text)
    noise = table["z"] ** 2 * numbers["text_variance"] / len(text)
    below, above = (math.sqrt(shift**2 + noise) for shift in numbers["text_shift"])
    assert estimate.tokens == max(1, round(centre))
    assert estimate.low == max(1, math.floor(centre * math.exp(-below)))
    assert estimate.high == max(1, math.ceil(centre * math.exp(above)))
