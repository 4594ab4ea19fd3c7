"""Languages that somebody asks for, and the rows that they take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import invoke
from tokcompare import Document, compare
from tokcompare.comparison.comparison import Comparison
from tokcompare.languages import match_language
from tokcompare.sources.source import load_source


def by_code(comparison: Comparison) -> dict[str, int]:
    return {row.group: row.counts.documents for row in comparison.rows}


@pytest.mark.parametrize(
    ("wanted", "there", "taken", "is_wider"),
    [
        ("zh", "zh-CN zh-Hans zh-Hant cmn-Hans yue en", "zh-CN zh-Hans zh-Hant cmn-Hans", False),
        ("zh-Hans", "zh-CN zh-Hans zh-TW zh-Hant", "zh-CN zh-Hans", False),
        ("zh-TW", "zh zh-CN", "", False),
        ("hi-IN", "hi ur", "hi", True),
        ("hi-IN", "hi hi-IN", "hi-IN", False),
        ("hi", "hi hi-IN hi-Latn", "hi hi-IN hi-Latn", False),
        ("pt-BR", "pt-PT", "", False),
        ("ar", "ar arb arz", "ar arb", False),
        ("arb", "ar", "ar", True),
        ("arb", "ar arb", "arb", False),
        ("tw", "ak tw fat", "tw", False),
        ("ak", "ak tw fat", "ak tw fat", False),
        ("be", "be be-tarask", "be be-tarask", False),
        ("be-tarask", "be be-tarask", "be-tarask", False),
        ("bo", "bo", "bo", False),
        ("hi", "Hindi", "Hindi", False),
        ("klingon", "klingon hi", "klingon", False),
        ("klingon", "hi", "", False),
        ("und", "und hi", "und", False),
    ],
)
def test_match(wanted: str, there: str, taken: str, is_wider: bool) -> None:
    match = match_language(wanted, there.split())
    assert (" ".join(match.entries), match.is_wider) == (taken, is_wider)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, *codes: str) -> str:
    lines = [json.dumps({"text": "a b", "language": code}) for code in codes]
    path.write_text("\n".join(lines) + "\n")
    return path.name


def test_region_takes_the_language_if_there_is_none_of_the_region(folder: Path) -> None:
    source = load_source(write(folder / "a.jsonl", "hi", "en")).select("hi-IN")
    comparison = compare(source)
    assert by_code(comparison) == {"hi": 1}
    assert comparison.notes == ["hi-IN: the text does not say this form, so 'hi' is used instead."]
    source = load_source(write(folder / "b.jsonl", "hi", "hi-IN", "en")).select("hi-IN")
    comparison = compare(source)
    assert by_code(comparison) == {"hi-IN": 1}
    assert comparison.total.documents == 1
    assert comparison.notes == []


def test_language_takes_its_forms(folder: Path) -> None:
    name = write(folder / "a.jsonl", "zh-CN", "zh-Hans", "cmn", "en")
    comparison = compare(load_source(name).select("zh"))
    assert by_code(comparison) == {"zh-CN": 1, "zh-Hans": 1, "zh": 1}


def test_name_of_a_language_on_the_command_line(folder: Path) -> None:
    result = invoke("report", "-l", "Hindi", "-f", "json")
    assert result.exit_code == 0
    assert [row["language"] for row in json.loads(result.stdout)["rows"]] == ["hi"]
    assert "Note: The language 'Hindi' is read as its code 'hi'.\n" in result.stderr
    assert "languages:hi|" in json.loads(result.stdout)["signature"]
    (folder / "a.txt").write_text("a")
    rows = json.loads(invoke("report", "a.txt", "-l", "Hindi", "-f", "json").stdout)["rows"]
    assert [(row["language"], row["name"]) for row in rows] == [("hi", "Hindi")]
    result = invoke("report", "-l", "hi-IN", "-f", "json")
    assert [row["language"] for row in json.loads(result.stdout)["rows"]] == ["hi"]
    assert "hi-IN: the text does not say this form, so 'hi' is used instead." in result.stderr


def test_codes_stand_beside_the_language(folder: Path) -> None:
    name = write(folder / "a.jsonl", "gu", "guj_Gujr", "en", "guj_Gujr")
    result = invoke("report", name, "-f", "json")
    parsed = json.loads(result.stdout)
    assert [(row["language"], row["codes"]) for row in parsed["rows"]] == [
        ("gu", ["gu", "guj_Gujr"]),
        ("en", ["en"]),
    ]
    note = "Gujarati: 'gu', 'guj_Gujr' are codes of one language, and make one row."
    assert parsed["notes"] == [note]
    header, row, *_ = invoke("report", name, "-f", "csv").stdout.splitlines()
    assert (header.split(",")[-1], row.split(",")[-1]) == ("codes", "gu guj_Gujr")
    frame = compare(load_source(name)).to_frame()
    assert list(frame["codes"])[::2] == ["gu guj_Gujr", "en"]


@pytest.mark.parametrize(
    ("codes", "rows"),
    [
        ("aka_Latn twi_Latn", {"ak-Latn": "Akan", "tw-Latn": "Twi"}),
        ("ak tw fat", {"ak": "Akan", "tw": "Twi", "fat": "Fanti"}),
        ("ar arb", {"ar": "Arabic", "arb": "Standard Arabic"}),
        ("arb_Arab", {"ar": "Arabic"}),
        ("zh cmn", {"zh": "Chinese", "cmn": "Mandarin Chinese"}),
        ("cmn", {"zh": "Chinese"}),
        ("pes_Arab", {"fa": "Persian"}),
        ("bo bod_Tibt", {"bo": "Tibetan"}),
        ("bod_Tibt", {"bo-Tibt": "Tibetan"}),
        ("cnr sr", {"cnr": "Montenegrin", "sr": "Serbian"}),
        ("deu-eng de", {"und": "Undetermined", "de": "German"}),
        ("Lua lua", {"Lua": "Lua", "lua": "Luba-Lulua"}),
    ],
)
def test_rows_of_codes(codes: str, rows: dict[str, str]) -> None:
    comparison = compare([Document(text="a", language=code) for code in codes.split()])
    assert {row.group: row.name for row in comparison.rows} == rows


def test_notes_on_pairs_and_programming_languages() -> None:
    codes = ["deu-eng", "Lua", "Ada", "de"]
    comparison = compare([Document(text="a", language=code) for code in codes])
    assert comparison.notes == [
        "'deu-eng': a pair of languages is not the language of a text, so it is undetermined.",
        "Lua, Ada: read as the names of programming languages, not as codes of languages.",
    ]


def test_reference_may_be_a_name_or_another_form() -> None:
    documents = [Document(text="a", language=code) for code in ("en", "ar", "hi")]
    for reference, code in (("Hindi", "hi"), ("hin_Deva", "hi"), ("arb", "ar"), ("en-US", "en")):
        comparison = compare(documents, metrics="premium", reference=reference)
        assert comparison.reference_language == code
