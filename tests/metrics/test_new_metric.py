"""A new metric is one decorated function, and its quantity one object: everything else follows.

The names begin with "trial", so that no metric of the package has them.
"""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.formats import show
from tokcompare import Comparison, Counts, Document, compare, load_source
from tokcompare.cli import main
from tokcompare.counting.quantities import QUANTITIES, Quantity
from tokcompare.metrics import METRICS
from tokcompare.metrics.intervals import Method, Ratio, ratio_interval
from tokcompare.metrics.metric import ratio
from tokcompare.text import PIECE

TEXTS = ("One. Two! Three.", "Is it four?", "Five. And six.")
SENTENCES_OF_TEXTS = (3, 1, 2)


def count_sentences(text: str) -> int:
    import regex

    return len(regex.findall(r"\p{Sentence_Break=STerm}+|\.+", text))


def count_long_words(words: Sequence[str]) -> int:
    return sum(len(word) > 3 for word in words)


def count_distinct_characters(text: str) -> int:
    return len(set(text))


SENTENCES = Quantity(
    name="trial_sentences", count=count_sentences, is_additive=True, library="regex"
)
LONG_WORDS = Quantity(
    name="trial_long_words", count=count_long_words, of_words=True, is_additive=True
)
DISTINCT = Quantity(name="trial_distinct_characters", count=count_distinct_characters)


@pytest.fixture(autouse=True)
def _new_metrics() -> Iterator[None]:
    """Defines the metrics, and takes them out of the tables again."""
    metrics, quantities = dict(METRICS), dict(QUANTITIES)

    @ratio(
        "tokens {encoding}",
        "trial_sentences",
        needs=(SENTENCES,),
        heading="tokens/sentence",
        formula="tokens / sentences",
        source="a test",
        format="{:.1f} a sentence",
    )
    def tokens_per_trial_sentence(counts: Counts, *, encoding: str) -> float:
        """Tokens per sentence."""

    @ratio(
        "tokens {encoding}",
        "trial_long_words",
        needs=(LONG_WORDS,),
        heading="tokens/long word",
        formula="tokens / words of more than three characters",
        source="a test",
    )
    def tokens_per_trial_long_word(counts: Counts, *, encoding: str) -> float:
        """Tokens per long word."""

    @ratio(
        "trial_distinct_characters",
        "characters",
        needs=(DISTINCT,),
        heading="distinct",
        formula="distinct characters / characters",
        source="a test",
    )
    def trial_distinct_share(counts: Counts, *, encoding: str) -> float:
        """Distinct characters per character."""

    yield
    for table, before in ((METRICS, metrics), (QUANTITIES, quantities)):
        for name in table.keys() - before.keys():
            del table[name]
    assert (list(METRICS), list(QUANTITIES)) == (list(metrics), list(quantities))


@pytest.fixture
def comparison() -> Comparison:
    documents = [Document(text=text, language="en") for text in TEXTS]
    return compare(documents, metrics="tokens_per_trial_sentence")


def tokens(comparison: Comparison, encoding: str = "o200k_base") -> int:
    return comparison.total.tokens[encoding]


def test_value(comparison: Comparison) -> None:
    assert comparison.total.sums["trial_sentences"] == 6
    value = comparison.value(comparison.total, "tokens_per_trial_sentence", "o200k_base")
    assert value == tokens(comparison) / 6


def test_interval_and_difference(comparison: Comparison) -> None:
    ratios = [
        Ratio(numerator=f"tokens {e}", denominator="trial_sentences") for e in comparison.encodings
    ]
    measured = comparison.measure(comparison.total, "tokens_per_trial_sentence", "o200k_base")
    assert measured.interval == ratio_interval(comparison.total, ratios[1], Method())
    assert measured.interval.low < measured.value < measured.interval.high
    difference = comparison.difference(comparison.total, "tokens_per_trial_sentence", "o200k_base")
    assert difference.value == (tokens(comparison) - tokens(comparison, "cl100k_base")) / 6
    paired = ratio_interval(comparison.total, ratios[1], Method(), minus=ratios[0])
    assert difference.interval == paired


def test_bootstrap() -> None:
    documents = [Document(text=text, language="en") for text in TEXTS]
    options = {"metrics": "tokens_per_trial_sentence", "resamples": 200}
    comparison = compare(documents, **options)  # type: ignore[arg-type]
    assert comparison.total.values["trial_sentences"] == SENTENCES_OF_TEXTS
    measured = comparison.measure(comparison.total, "tokens_per_trial_sentence", "o200k_base")
    assert measured.interval.low < measured.value < measured.interval.high


NUMBERS = [
    *(
        "tokens_per_trial_sentence",
        "tokens_per_trial_sentence_low",
        "tokens_per_trial_sentence_high",
    ),
    *(f"tokens_per_trial_sentence_difference{suffix}" for suffix in ("", "_low", "_high")),
]


def test_json(comparison: Comparison) -> None:
    (row,) = json.loads(show(comparison, "json"))["rows"]
    assert list(row)[2:6] == ["documents", "bytes", "characters", "trial_sentences"]
    assert row["trial_sentences"] == 6
    assert row["tokens_per_trial_sentence"]["o200k_base"] == tokens(comparison) / 6
    assert row["intervals"]["tokens_per_trial_sentence"]["o200k_base"][0] > 0
    assert row["differences"]["tokens_per_trial_sentence"]["o200k_base"]["interval"] is not None


def test_csv(comparison: Comparison) -> None:
    (record,) = csv.DictReader(io.StringIO(show(comparison, "csv")))
    assert list(record)[2:6] == ["documents", "bytes", "characters", "trial_sentences"]
    assert record["trial_sentences"] == "6"
    assert all(float(record[f"{name}_o200k_base"]) is not None for name in NUMBERS)


def test_data_frame(comparison: Comparison) -> None:
    frame = comparison.to_frame()
    assert frame.trial_sentences.tolist() == [6, 6]
    assert str(frame.trial_sentences.dtype) == "Int64"
    assert frame[NUMBERS].iloc[1].notna().all()


def test_table(comparison: Comparison) -> None:
    for name in ("table", "markdown"):
        shown = show(comparison, name)
        assert "tokens/sentence o200k_base" in shown
        assert f"{tokens(comparison) / 6:.1f} a sentence" in shown
        assert shown.count("95% interval") == 2


def test_signature_names_the_library(comparison: Comparison) -> None:
    assert f"|regex:{version('regex')}|" in comparison.signature
    assert "|regex:" in compare("one", metrics="tokens_per_trial_long_word").signature
    assert "|regex:" not in compare("one").signature


def test_note_on_words() -> None:
    documents = [Document(text="一二三", language="zh"), Document(text="twelve", language="en")]
    comparison = compare(documents, metrics="tokens_per_trial_long_word")
    chinese, english = comparison.to_dict()["rows"]
    assert (chinese["trial_long_words"], english["trial_long_words"]) == (None, 1)
    assert chinese["tokens_per_trial_long_word"]["o200k_base"] is None
    assert english["tokens_per_trial_long_word"]["o200k_base"] == english["tokens"]["o200k_base"]
    assert comparison.notes == [
        "Chinese: words are not separated by spaces, so word metrics are undefined."
    ]
    assert compare(documents, metrics="tokens_per_trial_sentence").notes == []


def test_command(tmp_path: Path, comparison: Comparison) -> None:
    listed = CliRunner().invoke(main, ["metrics"]).stdout
    assert "tokens_per_trial_sentence " in listed
    assert " tokens / sentences " in listed
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS), encoding="utf-8")
    arguments = ["report", str(path), "-l", "en", "-m", "tokens_per_trial_sentence", "-f", "json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0
    (row,) = json.loads(result.stdout)["rows"]
    assert row["trial_sentences"] == 6
    assert "tokens_per_trial_sentence" in compare("one", metrics="all").metric_names
    assert compare(load_source(path, language="en"), metrics="tokens_per_trial_sentence").total == (
        comparison.total
    )


def test_long_text_is_cut_only_if_counts_add_up() -> None:
    text = "One sentence. " * (2 * PIECE // 14)
    total = compare(text, metrics=["tokens_per_trial_sentence", "tokens_per_trial_long_word"]).total
    assert (total.sums["trial_sentences"], total.sums["trial_long_words"]) == (2 * PIECE // 14,) * 2
    total = compare(text, metrics="trial_distinct_share").total
    assert total.sums["trial_distinct_characters"] == len(set(text))
