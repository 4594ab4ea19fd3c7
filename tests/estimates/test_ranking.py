"""Rankings: from the shipped counts of FLORES-200, which are those of the tokenizers."""

from __future__ import annotations

import csv
import json
from typing import Any

import pytest

from tests import ROOT
from tokcompare import ArgumentError, Ranking, UnknownNameError, rank
from tokcompare.bundled import is_verified
from tokcompare.estimates.flores import made_with

FLORES = ROOT / "data" / "flores"


def rows_of_the_file(split: str = "dev") -> dict[str, dict[str, str]]:
    with (FLORES / "flores.csv").open(encoding="utf-8", newline="") as file:
        return {row["flores"]: row for row in csv.DictReader(file) if row["split"] == split}


# Petrov et al. 2023 counted both splits: Gujarati has 7.69 times the tokens of English under
# cl100k_base. The sums of each sentence by itself differ a little from theirs.
@pytest.mark.parametrize(
    ("language", "encoding", "premium"),
    [
        ("guj_Gujr", "cl100k_base", 7.69),
        ("guj_Gujr", "o200k_base", 1.78),
        ("hin_Deva", "cl100k_base", 4.79),
        ("hin_Deva", "o200k_base", 1.56),
        ("mya_Mymr", "cl100k_base", 11.70),
        ("shn_Mymr", "o200k_base", 7.96),
        ("dzo_Tibt", "o200k_base", 9.15),
    ],
)
def test_premiums_are_those_that_were_published(
    language: str, encoding: str, premium: float
) -> None:
    (row,) = (row for row in rank(language).rows if row.encoding == encoding)
    assert row.premium == pytest.approx(premium, rel=0.02)


def test_encodings_for_a_language() -> None:
    ranking = rank("gu")
    assert isinstance(ranking, Ranking)
    assert (ranking.language, ranking.encoding) == ("gu", None)
    tokens = [row.tokens for row in ranking.rows]
    assert tokens == sorted(tokens)
    assert {row.encoding for row in ranking.rows} == set(made_with())
    file = rows_of_the_file()
    for row in ranking.rows:
        assert row.tokens == int(file["guj_Gujr"][row.encoding])
        assert row.tokens_per_sentence == row.tokens / 997
        assert row.premium == row.tokens / int(file["eng_Latn"][row.encoding])
        assert row.times_least == row.tokens / tokens[0]
        assert row.rank == 1 + sum(each < row.tokens for each in tokens)


def test_languages_under_an_encoding() -> None:
    ranking = rank(encoding="o200k_base")
    assert len(ranking.rows) == 204 == len({row.language for row in ranking.rows})
    assert ranking.rows[0].language == "en"
    assert ranking.rows[0].premium == 1
    most = max(rows_of_the_file().values(), key=lambda row: int(row["o200k_base"]))
    assert ranking.rows[-1].language == most["language"] == "sat"
    tokens = [row.tokens for row in ranking.rows]
    assert tokens == sorted(tokens)


def test_equal_numbers_have_the_same_rank() -> None:
    ranks = {row.encoding: row.rank for row in rank("gu").rows}
    assert ranks["gemma3"] == ranks["gemma4"] == 2
    assert ranks["llama4"] == 4


@pytest.mark.parametrize("language", ["hi", "hin_Deva", "hin", "Hindi", "hi-Deva", "hi-IN"])
def test_languages_as_people_write_them(language: str) -> None:
    assert rank(language).language == "hi"


@pytest.mark.parametrize("language", ["dv", "tlh", "hi-Latn", ""])
def test_languages_that_were_not_counted(language: str) -> None:
    with pytest.raises(UnknownNameError, match="FLORES-200 has no text in") as caught:
        rank(language)
    assert "Its 204 languages are listed by" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [((), {}), (("hi",), {"encoding": "llama3"}), ((5,), {}), ((), {"encoding": 5})],
)
def test_wrong_arguments(arguments: Any, options: Any) -> None:
    with pytest.raises(ArgumentError):
        rank(*arguments, **options)


def test_unknown_encoding() -> None:
    with pytest.raises(UnknownNameError, match=r"Did you mean 'llama3'\?.*deepseek-v3"):
        rank(encoding="lama3")


def test_forms() -> None:
    ranking = rank("gu")
    records = ranking.to_records()
    assert [list(record) for record in records] == [ranking.columns] * len(records)
    assert json.loads(json.dumps(ranking.to_dict()))["rows"] == records
    frame = ranking.to_frame()
    assert list(frame.columns) == ranking.columns
    assert frame["tokens"].tolist() == [row.tokens for row in ranking.rows]
    assert repr(ranking) == f"<Ranking of {len(records)} encodings for gu>"
    assert repr(rank(encoding="llama3")) == "<Ranking of 204 languages: llama3>"
    assert "| rank | encoding | tokens/sentence | premium |" in ranking.to_markdown()
    assert str(ranking).startswith("Tokens of the same content in Gujarati, under each encoding\n")
    assert '<th scope="row">gemma3</th>' in ranking._repr_html_()
    assert "|language:gu|" in ranking.signature


def test_unverified_counts_have_a_note() -> None:
    unverified = [name for name in made_with() if not is_verified(name)]
    assert {"kimi-k2", "glm-4", "phi-4"} <= set(unverified)
    assert not {"llama3", "qwen3", "gemma3", "deepseek-v3", "o200k_base"} & set(unverified)
    (note,) = (note for note in rank("hi").notes if "unverified" in note)
    assert note.startswith(f"{', '.join(sorted(unverified))}: unverified. ")
    assert not any("unverified" in note for note in rank(encoding="llama3").notes)


def test_the_columns_of_both_files_are_the_same() -> None:
    columns = json.loads((FLORES / "columns.json").read_text(encoding="utf-8"))
    row = next(iter(rows_of_the_file().values()))
    head = ["flores", "language", "split", "sentences", "characters", "bytes"]
    assert list(row) == [*head, *columns]
    assert all(column["made_with"] for column in columns.values())


def test_languages_have_their_english_names() -> None:
    named = {row.language: row.name for row in rank(encoding="o200k_base").rows}
    assert {code: named[code] for code in ("hi", "ace-Arab", "dz")} == {
        "hi": "Hindi",
        "ace-Arab": "Acehnese (Arabic)",
        "dz": "Dzongkha",
    }


def test_each_language_has_counts_that_its_bytes_allow() -> None:
    for split in ("dev", "devtest"):
        rows = rows_of_the_file(split)
        assert len(rows) == 204
        for row in rows.values():
            for encoding in made_with():
                # A token has a byte or more; a SentencePiece model adds a blank to a sentence.
                most = int(row["bytes"]) + int(row["sentences"])
                assert int(row["sentences"]) <= int(row[encoding]) <= most
