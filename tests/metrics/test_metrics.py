"""Metrics: numbers checked by hand, and numbers of other programs."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import ENCODINGS
from tokcompare import Counts, Document, metrics
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.quantities import QUANTITIES
from tokcompare.encodings import load_encodings
from tokcompare.metrics import METRICS, Metric

nan = pytest.approx(math.nan, nan_ok=True)


def counts(old: int, new: int, **sums: int) -> Counts:
    return Counts(documents=1, sums={"tokens old": old, "tokens new": new, **sums}, products={})


def test_compression_ratio() -> None:
    ratio = metrics.compression_ratio(counts(145, 33), baseline="old", encoding="new")
    assert ratio == pytest.approx(4.393939393939394, rel=1e-15)
    assert metrics.compression_ratio(counts(3, 4), baseline="old", encoding="new") == 0.75


def test_tokens_saved() -> None:
    assert metrics.tokens_saved(counts(30, 27), baseline="old", encoding="new") == 0.1
    assert metrics.tokens_saved(counts(4, 5), baseline="old", encoding="new") == -0.25


def test_division_by_zero_is_nan() -> None:
    for metric in (metrics.compression_ratio, metrics.tokens_saved):
        assert metric(counts(0, 0), baseline="old", encoding="new") == nan
    assert metrics.compression_ratio(counts(1, 0), baseline="old", encoding="new") == nan
    assert metrics.bytes_per_token(counts(1, 0, bytes=3), encoding="new") == nan


def test_text_per_token() -> None:
    text = counts(8, 4, bytes=10, characters=6, graphemes=5, words=3)
    assert metrics.bytes_per_token(text, encoding="new") == 2.5
    assert metrics.characters_per_token(text, encoding="new") == 1.5
    assert metrics.tokens_per_grapheme(text, encoding="new") == 0.8
    assert metrics.fertility(text, encoding="old") == 8 / 3
    assert metrics.normalized_sequence_length(text, reference="old", encoding="new") == 0.5


def test_quantities_that_were_not_counted_give_nan() -> None:
    text = counts(8, 4)
    assert metrics.fertility(text, encoding="new") == nan
    assert metrics.tokens_per_grapheme(text, encoding="new") == nan
    assert metrics.continued_words(text, encoding="new") == nan
    assert metrics.single_token_retention(text, encoding="new") == nan
    assert metrics.renyi_efficiency(text, encoding="new") == nan
    assert metrics.type_token_ratio(text, encoding="new") == nan
    assert metrics.vocabulary_utilization(text, encoding="new", vocabulary_size=9) == nan


def test_words() -> None:
    text = counts(8, 4, words=4, **{"continued new": 1, "continued old": 4})
    assert metrics.continued_words(text, encoding="new") == 0.25
    assert metrics.continued_words(text, encoding="old") == 1
    types = replace(text, word_types={"a": (1, 1), "b": (3, 1), "c": (2, 2), "d": (1, 1)})
    assert metrics.single_token_retention(types, encoding="old") == 0.5
    assert metrics.single_token_retention(types, encoding="new") == 0.75
    assert metrics.single_token_retention(replace(text, word_types={}), encoding="new") == nan


def test_premium() -> None:
    assert metrics.premium(counts(1, 30), reference=counts(1, 20), encoding="new") == 1.5
    more = replace(counts(1, 20), documents=2)
    assert metrics.premium(counts(1, 30), reference=more, encoding="new") == nan


def gini(*costs: int) -> float:
    return metrics.gini([counts(1, cost) for cost in costs], encoding="new")


def test_gini() -> None:
    # Of 1, 2, 3 and 4 the absolute differences of all pairs sum to 20: 20 / (2 * 16 * 2.5).
    assert gini(4, 2, 1, 3) == 0.25
    assert gini(7, 7, 7) == 0
    assert gini(0, 0, 0, 10) == 0.75
    assert gini(5) == nan
    assert gini() == nan
    assert gini(0, 0) == nan
    uneven = [counts(1, 5), replace(counts(1, 5), documents=2)]
    assert metrics.gini(uneven, encoding="new") == nan


@given(costs=st.lists(st.integers(1, 1_000), min_size=2, max_size=12))
def test_gini_is_half_the_relative_mean_difference(costs: list[int]) -> None:
    n = len(costs)
    differences = sum(abs(a - b) for a in costs for b in costs)
    assert gini(*costs) == pytest.approx(differences / (2 * n * sum(costs)))


def renyi(text: str, alpha: float = 2.5) -> float:
    frequencies = Counter(text.split())
    ids = dict(enumerate(frequencies.values()))
    total = sum(ids.values())
    return metrics.renyi_efficiency(
        replace(counts(1, total), ids={"new": ids}), encoding="new", alpha=alpha
    )


@pytest.mark.parametrize(
    ("text", "renyi_efficiency", "shannon_efficiency"),
    [
        # The values of tokenization-scorer 1.1.8, the program of the paper's authors.
        ("pick @@ed pick @@l @@ed pick @@les", 0.8265064834225245, 0.9211854965885544),
        (
            "pick @@e @@d pick @@l @@e @@d pick @@l @@e @@s",
            0.9204840242168808,
            0.9609557933859342,
        ),
    ],
)
def test_renyi_efficiency(text: str, renyi_efficiency: float, shannon_efficiency: float) -> None:
    assert renyi(text) == pytest.approx(renyi_efficiency, rel=1e-14)
    assert renyi(text, alpha=1) == pytest.approx(shannon_efficiency, rel=1e-14)


def test_renyi_efficiency_at_its_bounds() -> None:
    assert renyi("a b c d") == pytest.approx(1)
    assert 0 < renyi("a " * 10_000 + "b") < 0.001
    assert renyi("a a a") == nan
    assert renyi("") == nan


def test_vocabulary() -> None:
    text = replace(counts(1, 8), ids={"new": {5: 6, 7: 2}})
    assert metrics.type_token_ratio(text, encoding="new") == 0.25
    assert metrics.vocabulary_utilization(text, encoding="new", vocabulary_size=100) == 0.02


def test_unknown_tokens_make_the_metrics_of_the_encoding_undefined() -> None:
    """A word that became [UNK] is one token and lost: to an average it looks like a triumph."""
    text = replace(
        counts(8, 4, bytes=10, characters=6, graphemes=5, words=3, **{"continued new": 0}),
        word_types={"a": (1, 1)},
        ids={"new": {0: 2, 1: 2}},
    )
    needed = {need.key("new"): 1 for metric in METRICS.values() for need in metric.needs}
    text = replace(text, sums=needed | dict(text.sums))
    lost = replace(text, sums={**text.sums, "unknown new": 1})
    for metric in METRICS.values():
        if not metric.compares_languages:
            defined, lost_value = (evaluate(metric, one) for one in (text, lost))
            assert not math.isnan(defined), metric.name
            # How much of a vocabulary occurs is as true as before.
            counts_ids = metric.name in ("vocabulary_utilization", "type_token_ratio")
            assert math.isnan(lost_value) != counts_ids, metric.name
    assert metrics.premium(text, reference=lost, encoding="new") == nan
    assert metrics.premium(lost, reference=text, encoding="new") == nan
    assert metrics.gini([text, lost], encoding="new") == nan
    # Of the other encoding nothing is lost.
    assert metrics.fertility(lost, encoding="old") == 8 / 3


def evaluate(metric: Metric, text: Counts, encodings: tuple[str, str] = ("old", "new")) -> float:
    """The value of a metric under the second encoding, compared with the first and with itself."""
    arguments = {
        "counts": text,
        "languages": [text, text],
        "encoding": encodings[1],
        "baseline": encodings[0],
        "reference": text if metric.is_paired else encodings[0],
        "vocabulary_size": 10,
    }
    return metric.function(**{name: arguments[name] for name in metric.parameters})


def test_altered_text_makes_metrics_of_its_length_undefined() -> None:
    text = counts(8, 4, bytes=10, characters=6, graphemes=5, words=3, **{"altered new": 1})
    assert metrics.bytes_per_token(text, encoding="new") == nan
    assert metrics.characters_per_token(text, encoding="new") == nan
    assert metrics.tokens_per_grapheme(text, encoding="new") == nan
    assert metrics.bytes_per_token(text, encoding="old") == 1.25
    assert metrics.fertility(text, encoding="new") == 4 / 3


def test_facts_of_metrics() -> None:
    for name, metric in METRICS.items():
        assert metric.name == name == metric.function.__name__
        assert metric.function is getattr(metrics, name)
        assert metric.formula
        assert metric.source
        assert metric.function.__doc__
        assert {quantity.name for quantity in metric.needs} <= set(QUANTITIES)


def test_arguments_are_checked() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'baseline'"):
        metrics.fertility(counts(1, 1), baseline="old", encoding="new")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'reference'"):
        metrics.premium(counts(1, 1), encoding="new")  # type: ignore[call-arg]


TEXTS = st.lists(st.text("ab é'1 \n", max_size=30), min_size=1, max_size=6)


def count(texts: list[str]) -> Counts:
    counting = DocumentCounter(
        encodings=tuple(load_encodings(ENCODINGS)), optional=tuple(QUANTITIES.values())
    )
    total = counting.nothing()
    for text in texts:
        total += counting.count(Document(text=text, language="en"))
    return total


@given(texts=TEXTS)
def test_doubled_counts_have_the_same_metrics(texts: list[str]) -> None:
    once = count(texts)
    twice = once + once
    for metric in METRICS.values():
        if metric.name == "type_token_ratio":  # that of a longer text is smaller
            continue
        one, other = (evaluate(metric, text, ENCODINGS) for text in (once, twice))
        assert other == pytest.approx(one, nan_ok=True), metric.name


@given(texts=TEXTS)
def test_ratios_are_those_that_intervals_are_of(texts: list[str]) -> None:
    text = count(texts)
    for metric in METRICS.values():
        ratio = metric.ratio_of(
            baseline=ENCODINGS[0], reference=ENCODINGS[0], encoding=ENCODINGS[1]
        )
        if ratio is None:
            continue
        divisor = text.sums[ratio.denominator]
        quotient = text.sums[ratio.numerator] / divisor if divisor else math.nan
        expected = 1 - quotient if metric.is_saving else quotient
        value = evaluate(metric, text, ENCODINGS)
        assert value == pytest.approx(expected, nan_ok=True), metric.name


def test_saving_is_exact() -> None:
    """1 - 27 / 30 is 0.09999999999999998."""
    assert metrics.tokens_saved(counts(30, 27), baseline="old", encoding="new") == 3 / 30
