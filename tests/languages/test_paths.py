"""What paths say about a language: only what is hard to mistake."""

from __future__ import annotations

import pytest

from tokcompare.languages import languages_of_paths


def codes(*paths: str) -> list[str | None]:
    """Returns the languages of paths that are read together; their last parts are stems."""
    split = [path.split("/") for path in paths]
    return [found.code for found in languages_of_paths([(p[:-1], p[-1]) for p in split])]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("language=hi/part-0", "hi"),
        ("lang=hin/part-0", "hi"),
        ("language=no/part-0", "no"),
        ("20231101.hi/train-00000", "hi"),
        ("20231101.no/train-00000", "no"),
        ("mgsm_hi", "hi"),
        ("mgsm_hi/test", "hi"),
        ("udhr_hin", "hi"),
        ("udhr_mar", "mr"),
        ("c4-hi/c4", "hi"),
        ("c4-it", "it"),
        ("wiki.hi/a", "hi"),
        ("flores_hin_Deva/dev", "hi"),
        ("train_de", "de"),
        ("io/a", "io"),
        ("got/a", "got"),
        ("mwl/a", "mwl"),
        ("acm/a", "acm"),
        ("hmn/a", "hmn"),
        ("grc/a", "grc"),
        ("cnr/a", "cnr"),
        ("be-tarask/a", "be-tarask"),
        ("pt-br/a", "pt-BR"),
        ("en-us/a", "en-US"),
        ("zh-cn/a", "zh-CN"),
        ("en-DE/a", "en-DE"),
        ("hi/no", "hi"),
        ("news.de-en.de", "de"),
        ("news.cs-en.cs", "cs"),
    ],
)
def test_path_names_a_language(path: str, code: str) -> None:
    assert codes(path) == [code]


@pytest.mark.parametrize(
    "name",
    [
        "run.sh",
        "app.ts",
        "sample.in",
        "a.pl",
        "main.rs",
        "main.go",
        "README.md",
        "Program.cs",
        "lib.so",
        "a.ml",
        "conf.py",
        "a.min",
        "doc",
        "tmp",
        "the",
        "train_no",
        "check-in",
        "my_data",
        "log_in",
        "as-is",
        "x1",
        "language=klingon",
        "20231101.simple",
        "und",
        "mul",
    ],
)
def test_file_name_names_no_language(name: str) -> None:
    assert codes(name) == [None]
    assert codes(f"x1/{name}") == [None]


@pytest.mark.parametrize(
    "folder",
    [
        "data",
        "as",
        "no",
        "it",
        "new",
        "is",
        "so",
        "to",
        "in",
        "or",
        "my",
        "he",
        "am",
        "be",
        "old",
        "raw",
        "set",
        "sub",
        "man",
        "run",
        "mar",
        "ben",
        "dan",
        "src",
        "lib",
        "bin",
        "doc",
        "docs",
        "test",
        "dev",
        "home",
        "user",
        "tmp",
        "lua",
        "ada",
    ],
)
def test_ordinary_folder_names_no_language(folder: str) -> None:
    assert codes(f"{folder}/a") == [None]
    assert codes(f"{folder}/x1/a") == [None]


@pytest.mark.parametrize("pair", ["en-de", "eng-kin", "deu-eng", "fr-ca", "en_de", "en_to_de"])
def test_pair_names_no_language(pair: str) -> None:
    (found,) = languages_of_paths([(["p", pair], "c")])
    assert (found.code, found.pair) == (None, pair)
    # The suffix says which of the two it is.
    assert codes(f"p/{pair}/c.de", f"{pair}") == ["de", None]


def test_doubtful_codes_count_beside_other_codes() -> None:
    assert codes("no/a", "it/a", "hi/a") == ["no", "it", "hi"]
    assert codes("no/a", "it/a", "as/a") == [None, None, None]
    assert codes("no/a", "it/a", "hi/a", "data/a") == [None, None, "hi", None]
    assert codes("x/train.cs", "x/train.en") == ["cs", "en"]
    assert codes("x/train.cs", "y/train.en") == [None, "en"]
    assert codes("x/run.sh", "x/run.py") == [None, None]
    assert codes("wmt_no", "wmt_de") == ["no", "de"]


def test_spelling_is_kept() -> None:
    (found,) = languages_of_paths([(["corpus"], "guj_Gujr")])
    assert (found.code, found.spelling, found.pair) == ("gu", "guj_Gujr", None)
