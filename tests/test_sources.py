"""Sources yield the documents that are there, and name what cannot be read."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from pathlib import Path

import pytest

from tokcompare import (
    ArgumentError,
    Document,
    SourceError,
    UnknownNameError,
    load_samples,
    sources,
)

from .conftest import ROOT

SAMPLES = ROOT / "data" / "samples" / "gpt-4o.jsonl"
UDHR = ROOT / "data" / "samples" / "udhr.jsonl"
TEXTS_SHA256 = "4102a974cf69e60bc43fd010123f04bd48ff8616ed46034a67f4cc7b0df725e6"


def test_samples_are_the_twenty_sentences() -> None:
    samples = load_samples("gpt-4o")
    assert len(samples) == 20
    languages = "gu te ta mr hi ur ar fa ru ko vi zh ja tr it de es pt fr en"
    assert " ".join(samples.languages) == languages
    # The strings as they were archived: any change to one of them changes this.
    texts = "\n".join(str(document.text) for document in samples)
    assert hashlib.sha256(texts.encode()).hexdigest() == TEXTS_SHA256


def test_published_ratio_is_the_published_pair_rounded() -> None:
    for line in SAMPLES.read_bytes().splitlines():
        record = json.loads(line)
        published = record["published"]
        ratio = published["cl100k_base"] / published["o200k_base"]
        assert abs(record["published_times_fewer"] - ratio) <= 0.05 + 1e-9


def test_declaration_is_parallel_text_in_normalization_form_c() -> None:
    records = [json.loads(line) for line in UDHR.read_bytes().splitlines()]
    articles = [(record["language"], record["article"]) for record in records]
    assert articles == [(code, n) for code in load_samples().languages for n in range(31)]
    for record in records:
        assert record["text"].strip() == record["text"] != ""
        assert unicodedata.is_normalized("NFC", record["text"])
    assert [document.text for document in load_samples("udhr")] == [r["text"] for r in records]


def test_declaration_in_english() -> None:
    english = [document for document in load_samples("udhr") if document.language == "en"]
    # Article 4, from the United Nations' own page.
    assert english[4].text == (
        "No one shall be held in slavery or servitude; "
        "slavery and the slave trade shall be prohibited in all their forms."
    )


def test_unknown_sample_set() -> None:
    message = r"^Unknown sample set 'gpt4o'\. Did you mean 'gpt-4o'\? There are: gpt-4o, udhr\.$"
    with pytest.raises(UnknownNameError, match=message):
        load_samples("gpt4o")


def test_missing_sample_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "data_path", lambda folder, filename: tmp_path / filename)
    with pytest.raises(SourceError, match=r"gpt-4o\.jsonl' cannot be read: No such file"):
        list(load_samples())


def test_selection_keeps_the_order_of_the_source() -> None:
    selected = load_samples().select(["eng_Latn", "hi", "en"])
    assert selected.languages == ["hi", "en"]
    assert selected.selection == ("en", "hi")
    assert load_samples().select("hi").languages == ["hi"]
    assert load_samples().select([]).languages == []


@pytest.mark.parametrize("language", ["Hindi", "hindi", "hindu"])
def test_unknown_language_suggests_a_code(language: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"language '{language}'\. Did you mean 'hi'\?"):
        list(load_samples().select([language]))


def test_document_takes_text_only() -> None:
    with pytest.raises(ArgumentError, match="text of a document must be a str, not bytes"):
        Document(text=b"bytes")  # type: ignore[arg-type]
    assert len({Document(text="a"), Document(text="a")}) == 1


@pytest.mark.parametrize("name", [None, 5, b"gpt-4o", []])
def test_what_is_no_name(name: object) -> None:
    with pytest.raises(ArgumentError, match="name of a sample set must be a str, not"):
        load_samples(name)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="A language must be a str, not"):
        load_samples().select([name])  # type: ignore[list-item]
