"""Volumes are read from CSV files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokcompare import ArgumentError, RecordError
from tokcompare.pricing.volumes import TokenVolume, check_volumes, match_volumes, read_volumes


def write(folder: Path, text: str) -> str:
    path = folder / "volumes.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_characters(tmp_path: Path) -> None:
    path = write(tmp_path, 'Language,characters\ngu,"1,000"\nguj_Gujr,5\nen,7\n')
    assert read_volumes(path) == {"gu": 1005, "en": 7}


@pytest.mark.parametrize("row", [b"en,1\xff\n", b"a" * 200_000])
def test_malformed_file(tmp_path: Path, row: bytes) -> None:
    path = tmp_path / "volumes.csv"
    path.write_bytes(b"language,characters\n" + row)
    with pytest.raises(RecordError):
        read_volumes(str(path))


def test_requests(tmp_path: Path) -> None:
    path = write(tmp_path, "requests,language\n10,gu\n")
    assert read_volumes(path, 500) == {"gu": 5000}
    with pytest.raises(ArgumentError, match="number of characters per request is needed"):
        read_volumes(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the first line must name the columns"),
        ("a,b\n", "there are: a, b"),
        ("language,characters\n", "no row below the header"),
        ("language,characters\ngu,many\n", "line 2: a row must have"),
        ("language,characters\ngu\n", "line 2: a row must have"),
        ("language,characters\n,5\n", "line 2: a row must have"),
        ("language,characters\ngu,-5\n", "line 2: a row must have"),
        ("language,characters\nen,1,000,000\n", r"it has \['en', '1', '000', '000'\]"),
        ('language,characters\nen,"1,5"\n', "line 2: a row must have"),
        ("language,characters,characters\nen,1,2\n", "each once"),
        ("language;characters\nen;1\n", "separated by commas"),
    ],
)
def test_malformed_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        read_volumes(write(tmp_path, text))


def test_tokens(tmp_path: Path) -> None:
    text = "language,input_tokens,output_tokens\nhi,5,1\nhin,2,3\nen,7,0\n"
    assert read_volumes(write(tmp_path, text)) == {
        "hi": TokenVolume(input_tokens=7, output_tokens=4),
        "en": TokenVolume(input_tokens=7, output_tokens=0),
    }
    text = "language,model,input_tokens\nhi,gpt-4,5\nhi,gpt-4o,5\n"
    with pytest.raises(RecordError, match="keep the rows of the model before"):
        read_volumes(write(tmp_path, text))
    text = "\ufeffLanguage,Model,Input tokens\nhi,gpt-4,5\n"
    assert read_volumes(write(tmp_path, text)) == {"hi": TokenVolume(input_tokens=5)}


@pytest.mark.parametrize(
    "header",
    [
        "language,characters,requests",
        "language,requests,characters",
        "language,characters,input_tokens",
        "language,requests,input_tokens,output_tokens",
        "language,characters,output_tokens",
        "language,input_tokens,input_cached_tokens",
    ],
)
def test_a_column_that_would_be_ignored_is_refused(tmp_path: Path, header: str) -> None:
    cells = ",1" * header.count(",")
    with pytest.raises(RecordError, match="the others would be ignored"):
        read_volumes(write(tmp_path, f"{header}\nhi{cells}\n"), 500)


def test_a_pair_of_languages_has_no_volume(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="line 3: 'en-de' is a pair of languages"):
        read_volumes(write(tmp_path, "language,characters\nen,5\nen-de,5\n"))
    with pytest.raises(ArgumentError, match="'deu-eng' is a pair of languages"):
        check_volumes({"deu-eng": 5})


@pytest.mark.parametrize(
    ("volume", "codes", "matched", "note"),
    [
        ("English", "en ar", "en", "The language 'English' is read as its code 'en'."),
        ("ar-EG", "en ar", "ar", "The volume of 'ar-EG' is applied to text in 'ar'."),
        ("zh", "en zh-CN", "zh-CN", "The volume of 'zh' is applied to text in 'zh-CN'."),
        ("zh", "zh-CN zh-TW", "zh", None),
        ("hi-IN", "hi hi-IN", "hi-IN", None),
        ("hi", "hi hi-IN", "hi", None),
        ("ta", "en", "ta", None),
    ],
)
def test_volume_is_that_of_the_text_that_it_means(
    volume: str, codes: str, matched: str, note: str | None
) -> None:
    found = match_volumes({volume: 5}, codes.split())
    assert found == ({matched: 5}, [note] if note else [])


def test_volumes_of_one_text_are_added_up() -> None:
    volumes, notes = match_volumes({"en": 5, "English": 6, "en-US": 7}, ["en"])
    assert volumes == {"en": 18}
    assert len(notes) == 2
