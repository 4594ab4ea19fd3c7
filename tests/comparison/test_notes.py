"""Notes name the numbers that are undefined or doubtful, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tokcompare import ArgumentError, Document, UnknownNameError, compare, load_samples


@dataclass(frozen=True)
class Words:
    """An encoding that knows three words, as WordPiece does: others become [UNK]."""

    name: str = "words"
    vocabulary_size: int = 4
    unknown_token: int | None = 0
    keeps_text: bool | None = False

    def encode(self, text: str) -> Sequence[int]:
        return [
            ("one", "two", "a").index(w) + 1 if w in ("one", "two", "a") else 0
            for w in text.split()
        ]

    def decode(self, tokens: Sequence[int]) -> str | None:
        return " ".join(("[UNK]", "one", "two", "a")[token] for token in tokens)


@dataclass(frozen=True)
class Letters:
    """An encoding with only the attributes that the protocol requires."""

    name: str = "letters"
    vocabulary_size: int = 0x110000

    def encode(self, text: str) -> Sequence[int]:
        return list(map(ord, text))


def documents(**texts: str) -> list[Document]:
    return [Document(text=text, language=language) for language, text in texts.items()]


def notes(source: Any, **options: Any) -> list[str]:
    return compare(source, **options).notes


def test_a_path_that_is_counted_as_a_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("one two three")
    note = "The path 'a.txt' was counted as a text; load_source('a.txt') reads the file."
    for documents in ("a.txt", ["a.txt", "b.txt"], ("a.txt",)):
        assert compare(documents).notes[0] == note
    assert compare("a.txt").total.characters == 5
    sample = "The name 'udhr' was counted as a text; load_samples('udhr') reads the set."
    assert compare("udhr").notes[0] == sample
    # An object says what it is, and the other texts are no paths that exist.
    for others in ([Document(text="a.txt")], "b.txt", ".", "x" * 5_000, "a\0b", [], "a.txt\n"):
        assert not any("load_" in note for note in compare(others).notes)
    with pytest.raises(ArgumentError, match=r"Path\. load_source\(PATH\) reads files"):
        compare(Path("a.txt"))  # type: ignore[arg-type]


def test_no_note() -> None:
    assert notes(documents(en="one", de="two")) == []


def test_text_that_is_not_normalized() -> None:
    (note,) = notes(["Vie\u0323\u0302t Nam", "abcdefgh"])
    assert note.startswith("33.3% of the text is not in Unicode normalization form C")
    assert notes(["Vie\u0323\u0302t Nam"], normalization="NFC") == []
    (note,) = notes(["e\u0301 " + "a " * 5_000])
    assert note.startswith("less than 0.1% of the text")


def test_words_that_are_not_separated_by_spaces() -> None:
    source = documents(en="one two", zh="一二", th="หนึ่ง", und="one")
    undefined, assumed = notes(source, metrics="fertility")
    assert undefined == (
        "Chinese, Thai: words are not separated by spaces, so word metrics are undefined."
    )
    assert assumed.startswith("Undetermined: words are counted as if they were separated by spa")
    assert notes(source, metrics="single_token_retention")[0] == undefined
    assert notes(source) == []
    (grouped,) = notes(source, metrics="fertility", by="source")
    assert grouped.startswith("documents: words are not separated by spaces")


def test_premium_assumes_parallel_text() -> None:
    source = documents(en="one two", de="eins zwei")
    (note,) = notes(source, metrics="premium")
    assert note.startswith("premium: relative to English. It is assumed that the documents of ea")
    comparison = compare(source, metrics="premium", reference="deu_Latn")
    assert comparison.reference_language == "de"
    assert comparison.value(comparison.rows[1].counts, "premium", "o200k_base") == 1


def test_premium_is_undefined_where_text_is_not_parallel() -> None:
    source = [*documents(en="one", de="eins", fr="un"), Document(text="deux", language="fr")]
    comparison = compare(source, metrics=["premium", "gini"])
    assert comparison.notes == [
        "premium: undefined for French, because English has another number of documents (1); text "
        "must be parallel.",
        "gini: undefined, because languages have different numbers of documents; text must be "
        "parallel.",
    ]
    values = comparison.to_dict()["rows"]
    assert values[1]["premium"]["o200k_base"] is not None
    assert values[2]["premium"]["o200k_base"] is None
    assert comparison.to_dict()["total"]["gini"]["o200k_base"] is None


def test_premium_without_a_reference() -> None:
    (note,) = notes(documents(de="eins"), metrics="premium")
    assert note.startswith("premium: there is no English here to compare with; -l en adds it, and")
    with pytest.raises(UnknownNameError, match=r"reference language 'fr'.* There are: de\."):
        compare(documents(de="eins"), metrics="premium", reference="fr")
    with pytest.raises(ArgumentError, match="'premium' compares languages, and rows are"):
        compare(documents(de="eins"), metrics="premium", by="source")


def test_interval_of_a_premium_is_that_of_parallel_documents() -> None:
    comparison = compare(load_samples("udhr").select(["gu", "en"]), metrics="premium")
    gujarati, english = (row.counts for row in comparison.rows)
    measured = comparison.measure(gujarati, "premium", "o200k_base")
    x, y = gujarati.values["tokens o200k_base"], english.values["tokens o200k_base"]
    ratio = sum(x) / sum(y)
    squares = sum((a - ratio * b) ** 2 for a, b in zip(x, y, strict=True))
    error = (31 / 30 * squares) ** 0.5 / sum(y)
    assert measured.value == ratio
    assert measured.interval.low == pytest.approx(ratio - 1.959963984540054 * error)
    assert measured.interval.high == pytest.approx(ratio + 1.959963984540054 * error)


def test_metrics_are_undefined_where_tokens_are_unknown() -> None:
    comparison = compare(
        documents(en="one two", de="eins zwei one"), encodings=["o200k_base", Words()]
    )
    unknown, altered = comparison.notes
    assert unknown == (
        "words: 2 of its tokens stand for text that is not in its vocabulary (German). Lost text "
        "looks cheap, so its metrics are undefined there."
    )
    assert altered.startswith("words: its tokens do not give back 1 of 2 documents exactly")
    english, german = comparison.to_dict()["rows"]
    assert english["compression_ratio"]["words"] == 1
    assert german["compression_ratio"]["words"] is None
    assert german["tokens"]["words"] == 3


def test_metrics_of_length_are_undefined_where_text_is_altered() -> None:
    comparison = compare(
        documents(en="one  two", de="one two"), encodings=Words(), metrics="bytes_per_token"
    )
    (note,) = comparison.notes
    assert note.startswith("words: its tokens do not give back 1 of 2 documents exactly")
    english, german = comparison.to_dict()["rows"]
    assert english["bytes_per_token"]["words"] is None
    assert german["bytes_per_token"]["words"] == 3.5


def test_encoding_that_may_lose_text() -> None:
    comparison = compare("one", encodings=["o200k_base", Letters()])
    assert comparison.notes == ["letters: it is not known whether its tokens keep all of the text."]
    assert comparison.total.tokens == {"o200k_base": 1, "letters": 3}
    assert ",letters@unknown|" in comparison.signature
