"""Makes known.json: what langcodes says of the codes that data sets use most; see README.md.

Run it in a checkout: python data/codes/make_known.py
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import langcodes
from langcodes.data_dicts import LANGUAGE_ALPHA3

from tokcompare.languages import codes
from tokcompare.languages.known import KnownCodes

FOLDER = Path(__file__).parent


def spellings() -> list[str]:
    """Returns the codes of FLORES-200 and of ISO 639-1, the latter with two and three letters."""
    with (FOLDER.parent / "flores" / "flores.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["flores"], row["language"]) for row in csv.DictReader(file)]
    of_flores = [code for row in rows for code in (*row, row[0].partition("_")[0])]
    of_iso = [code for code in LANGUAGE_ALPHA3 if len(code) == 2 and langcodes.tag_is_valid(code)]
    return sorted({*of_flores, *of_iso, *(LANGUAGE_ALPHA3[code] for code in of_iso)})


def make() -> dict[str, Any]:
    """Returns the table, computed by langcodes alone."""
    codes.known_codes = lambda: KnownCodes()
    codes.clear_caches()
    given = spellings()
    results = [find(spelling) for spelling in given for find in (codes.entry_of, codes.code_of)]
    given = sorted({*given, *results})
    entries = {spelling: codes.entry_of(spelling) for spelling in given}
    tags = {spelling: codes.code_of(spelling) for spelling in given}
    languages = {
        code: codes.describe_entry(code) for code in sorted({*entries.values(), *tags.values()})
    }
    return {
        "spellings": {each: [entries[each], tags[each]] for each in entries},
        "languages": {
            code: [each.name, each.native_name, each.script] for code, each in languages.items()
        },
        "scripts": {
            code: codes.likely_script(code)
            for code in sorted({code.partition("-")[0] for code in languages})
        },
    }


def write(table: dict[str, Any]) -> str:
    """Returns the table as JSON, one code a line."""
    parts = []
    for name, of_name in table.items():
        lines = [
            f"{json.dumps(code)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"
            for code, value in of_name.items()
        ]
        parts.append(f"{json.dumps(name)}:{{\n" + ",\n".join(lines) + "\n}")
    return "{" + ",\n".join(parts) + "}\n"


if __name__ == "__main__":
    (FOLDER / "known.json").write_text(write(make()), encoding="utf-8")
