"""The table of known codes says what langcodes says, and saves its import."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests import ROOT
from tokcompare.bundled import data_path
from tokcompare.languages import codes, describe_language, entry_of
from tokcompare.languages.known import known_codes


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The script that makes the table; the rules are as before when the test ends."""
    monkeypatch.setattr(codes, "known_codes", known_codes)
    yield runpy.run_path(str(ROOT / "data/codes/make_known.py"))
    codes.clear_caches()


@pytest.mark.slow
def test_table_is_that_of_the_script(script: dict[str, Any]) -> None:
    path = data_path("codes", "known.json")
    assert script["write"](script["make"]()) == path.read_text(encoding="utf-8")


def test_table_is_not_empty() -> None:
    table = json.loads(data_path("codes", "known.json").read_bytes())
    assert len(table["spellings"]) > 600
    assert table["spellings"]["guj_Gujr"] == ["gu", "gu"]
    assert table["spellings"]["arb_Arab"] == ["arb", "ar"]
    assert table["languages"]["bo"] == ["Tibetan", "བོད་སྐད་", "Tibt"]
    assert (entry_of("bod_Tibt"), describe_language("bod").name) == ("bo", "Tibetan")


def test_known_codes_need_no_langcodes() -> None:
    code = (
        "import sys, tokcompare\n"
        "texts = [tokcompare.Document(text='x', language=code)\n"
        "         for code in ('guj_Gujr', 'bod_Tibt', 'ace_Arab', 'swh', 'cy')]\n"
        "tokcompare.compare(texts).to_dict()\n"
        "assert 'langcodes' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
