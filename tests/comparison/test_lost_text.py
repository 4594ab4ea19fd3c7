"""Text that a tokenizer loses is no saving: what is made of its tokens is undefined there."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.command import invoke
from tokcompare import Document, compare

DROP: dict[str, Any] = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [],
    "normalizer": None,
    "pre_tokenizer": None,
    "post_processor": None,
    "decoder": None,
    "model": {"type": "BPE", "vocab": {"h": 0, "i": 1, "hi": 2}, "merges": ["h i"]},
}
"""A tokenizer that drops all letters but two."""

DOCUMENTS = [Document(text="hi", language="en"), Document(text="हि हि hi", language="hi")]

NOTE = (
    "drop: its tokens lose 66.7% of the bytes of the text (Hindi 75.0%), so its metrics "
    "are undefined there."
)

OF_VOCABULARY = "vocabulary_utilization"
"""The one metric that is true of the tokens that are there."""


@pytest.fixture
def drop(tmp_path: Path) -> str:
    path = tmp_path / "drop.json"
    path.write_text(json.dumps(DROP), "utf-8")
    return str(path)


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    path = tmp_path / "d.jsonl"
    records = [{"text": each.text, "language": each.language} for each in DOCUMENTS]
    path.write_text("\n".join(map(json.dumps, records)), "utf-8")
    return str(path)


def test_report_as_a_table(corpus: str, drop: str) -> None:
    result = invoke("report", corpus, "-e", "cl100k_base", "-e", drop)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[1].split() == ["English", "2", "1", "1", "1.00x", "0.0%", "English"]
    assert lines[2].split()[:6] == ["Hindi", "8", "5", "1", "–", "–"]
    assert lines[3].split() == ["Total", "10", "6", "2", "–", "–"]
    assert NOTE in lines
    assert "normalizes" not in result.stdout


def test_every_metric_of_the_encoding_is_undefined_there(drop: str) -> None:
    comparison = compare(DOCUMENTS, encodings=["cl100k_base", drop], metrics="all")
    content = comparison.to_dict()
    english, hindi = content["rows"]
    for name in comparison.metric_names:
        if name == OF_VOCABULARY:
            continue
        assert hindi[name]["drop"] is None, name
        assert content["total"][name]["drop"] is None, name
        assert hindi["intervals"].get(name, {"drop": None})["drop"] is None
        if name not in ("premium", "gini"):
            assert hindi[name].get("cl100k_base", 0) is not None, name
    assert english["compression_ratio"]["drop"] == 1
    assert hindi["tokens"] == {"cl100k_base": 5, "drop": 1}
    assert [row["lost_bytes"] for row in content["rows"]] == [{"drop": 0}, {"drop": 12}]
    assert content["total"]["lost_bytes"] == {"drop": 12}
    frame = comparison.to_frame()
    assert frame.compression_ratio.isna().tolist() == [True, False, True, True]
    assert frame.lost_bytes.isna().tolist() == [True, False, True, False]


def test_a_baseline_that_loses_text_is_compared_with_nothing(drop: str) -> None:
    comparison = compare(
        DOCUMENTS,
        encodings=[drop, "cl100k_base", "o200k_base"],
        metrics=["compression_ratio", "tokens_saved", "normalized_sequence_length", "fertility"],
    )
    hindi = comparison.to_dict()["rows"][1]
    for name in ("compression_ratio", "tokens_saved", "normalized_sequence_length"):
        assert set(hindi[name].values()) == {None}, name
    assert hindi["fertility"]["drop"] is None
    assert hindi["fertility"]["cl100k_base"] == 5 / 3
    assert hindi["differences"]["fertility"]["cl100k_base"]["value"] is None
    assert "so its metrics and those that compare with it are undefined there." in "".join(
        comparison.notes
    )


def test_report_as_csv(corpus: str, drop: str) -> None:
    result = invoke("report", corpus, "-e", "cl100k_base", "-e", drop, "-f", "csv")
    english, hindi = csv.DictReader(io.StringIO(result.stdout))
    assert (english["compression_ratio_drop"], hindi["compression_ratio_drop"]) == ("1.0", "")
    assert (hindi["tokens_drop"], hindi["lost_bytes_drop"]) == ("1", "12")
    assert f"Note: {NOTE}" in result.stderr


def test_count_says_it_too(drop: str) -> None:
    result = invoke("count", "--json", "-e", "o200k_base", "-e", drop, "हि hi", "hi")
    assert result.exit_code == 0
    content = json.loads(result.stdout)
    assert [text["lost_bytes"] for text in content["texts"]] == [{"drop": 6}, {"drop": 0}]
    assert content["total"]["lost_bytes"] == {"drop": 6}
    assert result.stderr == (
        "Note: drop: its tokens lose 54.5% of the bytes of the text. Do not compare its "
        "numbers of tokens.\n"
    )
    assert invoke("count", "-e", drop, "hi hi").stderr == ""


def test_a_space_before_the_text_is_no_loss(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: n for n, letter in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    path = tmp_path / "prefix.json"
    path.write_text(tokenizer.to_str(), "utf-8")
    comparison = compare(DOCUMENTS, encodings=["cl100k_base", str(path)], metrics="all")
    assert comparison.notes == [note for note in comparison.notes if "premium" in note]
    hindi = comparison.to_dict()["rows"][1]
    assert hindi["bytes_per_token"]["prefix"] == 16 / 17
    assert hindi["compression_ratio"]["prefix"] == 5 / 17


@dataclass(frozen=True)
class Latin:
    """An encoding of a caller that decodes, and says nothing of what it keeps."""

    name: str = "latin"
    vocabulary_size: int = 256
    errors: str = "ignore"

    def encode(self, text: str) -> Sequence[int]:
        return list(text.lower().encode("latin-1", self.errors))

    def decode(self, tokens: Sequence[int]) -> str | None:
        return bytes(tokens).decode("latin-1")


@pytest.mark.parametrize("errors", ["ignore", "replace"])
def test_encodings_of_callers_are_measured_if_they_decode(errors: str) -> None:
    comparison = compare(
        [*DOCUMENTS, Document(text="Über", language="de")],
        encodings=["cl100k_base", Latin(errors=errors)],
    )
    assert [row.counts.lost_bytes for row in comparison.rows] == [
        {"latin": 0},
        {"latin": 12},
        {"latin": 0},
    ]
    lost, altered = comparison.notes
    assert lost.startswith("latin: its tokens lose 52.2% of the bytes of the text (Hindi 7")
    assert altered == (
        "latin: its tokens do not give back 1 of 3 documents exactly, although they lose none of "
        "it: letter case, accents, white space or the like differ. Metrics that relate its tokens "
        "to the length of the text are undefined there."
    )
