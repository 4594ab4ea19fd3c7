"""Estimated tokens: linear in the counts under the base encoding, with the calibration's errors.

A calibration with whole numbers and no variance is exact. Its estimates must then be, in every
number and interval, those of counts that were recorded by the same rule.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isnan, sqrt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.small_chunks import cut_small
from tests.usage import BASE, calibration, documents_with, udhr, write_calibration
from tokcompare import (
    Comparison,
    Counts,
    Document,
    compare,
    count_tokens,
    load_source,
    prepare,
)
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.counts import add_counts
from tokcompare.counting.estimated import estimate_counts
from tokcompare.encodings import load_encoding, load_encodings
from tokcompare.metrics import METRICS
from tokcompare.metrics.intervals import Method, Ratio, ratio_interval

FACTORS = {"en": 2.0, "hi": 3.0, "gu": 5.0}
TEXTS = udhr(*FACTORS)


def load(folder: Path, factors: Mapping[str, float], constant: float, **numbers: float) -> str:
    path = write_calibration(folder / "c.json", calibration(factors, constant, **numbers))
    return f"estimated={path}"


def same(one: Any, other: Any) -> bool:
    """Returns whether two measurements are equal, but for the last digits."""
    numbers = [(m.value, m.interval.low, m.interval.high) for m in (one, other)]
    return all(a == pytest.approx(b, rel=1e-9, nan_ok=True) for a, b in zip(*numbers, strict=True))


class TestAnExactCalibration:
    """It has the numbers and intervals of recorded counts."""

    @pytest.mark.parametrize("by", ["language", "source", "usage"])
    @pytest.mark.parametrize("resamples", [0, 200])
    @pytest.mark.parametrize("baseline", ["recorded=field:usage", "cl100k_base"])
    def test_equals_recorded_counts(
        self, tmp_path: Path, by: str, resamples: int, baseline: str
    ) -> None:
        encodings = ["recorded=field:usage", load(tmp_path, FACTORS, 3), BASE, "cl100k_base"]
        encodings.sort(key=lambda name: name != baseline)
        comparison = compare(
            documents_with(TEXTS, FACTORS, 3),
            encodings=encodings,
            by=by,
            resamples=resamples,
            metrics=["compression_ratio", "tokens_saved", "fertility", "bytes_per_token"]
            + (["premium", "gini"] if by == "language" else []),
        )
        assert comparison.total.documents == len(TEXTS)
        for counts in [*(row.counts for row in comparison.rows), comparison.total]:
            assert counts.tokens["estimated"] == counts.tokens["recorded"]
            for name in comparison.metric_names:
                if comparison.baseline == "recorded" and METRICS[name].other_encoding:
                    value = comparison.value(counts, name, "estimated")
                    assert value == (0 if METRICS[name].is_saving else 1)
                    continue
                one, other = (
                    comparison.measure(counts, name, encoding)
                    for encoding in ("estimated", "recorded")
                )
                assert same(one, other), name
                one, other = (
                    comparison.difference(counts, name, encoding)
                    for encoding in ("estimated", "recorded")
                )
                if baseline == "cl100k_base":
                    assert same(one, other), name

    def test_metrics_of_tokens_are_undefined(self, tmp_path: Path) -> None:
        names = ["single_token_retention", "continued_words", "renyi_efficiency"]
        names += ["vocabulary_utilization", "type_token_ratio"]
        comparison = compare(
            documents_with(TEXTS, FACTORS, 3),
            encodings=[load(tmp_path, FACTORS, 3), BASE],
            metrics=names,
        )
        for name in names:
            assert isnan(comparison.value(comparison.total, name, "estimated"))
            assert not isnan(comparison.value(comparison.total, name, BASE))
        # Its base is counted once, and has its ids.
        assert {*comparison.total.ids} == {BASE}

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_on_many_cores(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
    ) -> None:
        cut_small(monkeypatch, 4_000)
        lines = (
            {"text": d.text, "language": d.language, **d.fields}
            for d in documents_with(TEXTS, FACTORS, 3)
        )
        path = tmp_path / "a.jsonl"
        path.write_text("\n".join(map(json.dumps, lines)))
        for by in ("language", "usage"):
            comparison = compare(
                load_source(path),
                encodings=[load(tmp_path, FACTORS, 3), "recorded=field:usage"],
                by=by,
                jobs=jobs,
                checkpoint=tmp_path / f"{by}.checkpoint",
            )
            for row in comparison.rows:
                assert row.counts.tokens["estimated"] == row.counts.tokens["recorded"]

    def test_a_long_text_has_the_constant_once(self, tmp_path: Path) -> None:
        text = "one two three. " * 100_000
        documents = [Document(text=text, language="en"), Document(text=iter([text]), language="en")]
        comparison = compare(documents, encodings=[load(tmp_path, FACTORS, 3)])
        assert comparison.total.tokens["estimated"] == 2 * (2 * count_tokens(text, BASE) + 3)

    def test_on_other_systems(self, tmp_path: Path) -> None:
        import pyarrow as pa

        encodings = [load(tmp_path, FACTORS, 3), BASE]
        question = prepare(encodings=encodings)
        rows = [{"text": text, "language": code} for text, code in TEXTS]
        batches = pa.Table.from_pylist(rows).to_batches(max_chunksize=10)
        answer = question.answer(question.count(batch) for batch in batches)
        documents = [Document(text=text, language=code) for text, code in TEXTS]
        assert answer.total == compare(documents, encodings=encodings).total


class TestByHand:
    def test_tokens(self, tmp_path: Path) -> None:
        # "Hello" is one token of o200k_base, and "Hello, world!" four.
        documents = [
            Document(text="Hello", language="en"),
            Document(text="Hello, world!", language="en"),
        ]
        comparison = compare(documents, encodings=[BASE, load(tmp_path, {"en": 1.37}, 7.2)])
        counts = comparison.total
        assert counts.tokens == {BASE: 5, "estimated": 21}  # 1.37 * 5 + 7.2 * 2 = 21.25
        t1, t4 = 1.37 + 7.2, 1.37 * 4 + 7.2
        key = "tokens estimated"
        assert counts.products[key, key] == round(t1**2 + t4**2)
        assert counts.products[f"tokens {BASE}", key] == round(t1 + 4 * t4)
        assert counts.products["bytes", key] == round(5 * t1 + 13 * t4)

    def test_interval(self, tmp_path: Path) -> None:
        """The variance of T = c n + f B is n²V + 2nB C + B²F, and that of residuals B s."""
        numbers = {"variance": 0.04, "covariance": -0.05, "residual_variance": 0.3}
        encodings = [
            BASE,
            load(tmp_path, {"en": 2.0}, 3, constant_variance=0.5, **numbers),
        ]
        documents = [Document(text=text, language=code) for text, code in TEXTS if code == "en"]
        counts = compare(documents, encodings=encodings).total
        n, b, tokens = 31, counts.tokens[BASE], counts.tokens["estimated"]
        added = n**2 * 0.5 + 2 * n * b * -0.05 + b**2 * 0.04 + 0.3 * b
        ratio = Ratio(numerator="tokens estimated", denominator=f"tokens {BASE}")
        method = Method()
        (tmp_path / "exact").mkdir()
        exact = load(tmp_path / "exact", {"en": 2.0}, 3)
        sampling = ratio_interval(compare(documents, encodings=[BASE, exact]).total, ratio, method)
        found = ratio_interval(counts, ratio, method)
        half = (sampling.high - sampling.low) / 2
        expected = sqrt(half**2 + 1.959963985**2 * added / b**2)
        assert found.high - tokens / b == pytest.approx(expected, rel=1e-6)
        assert tokens / b - found.low == pytest.approx(expected, rel=1e-6)
        # The bootstrap's interval is widened by the same.
        bootstrap = Method(resamples=500)
        with_values = compare(documents, encodings=encodings, resamples=500).total
        without = compare(documents, encodings=[BASE, exact], resamples=500).total
        narrow = ratio_interval(without, ratio, bootstrap)
        wide = ratio_interval(with_values, ratio, bootstrap)
        margin = 1.959963985 * sqrt(added) / b
        assert wide.high - tokens / b == pytest.approx(
            sqrt((narrow.high - tokens / b) ** 2 + margin**2), rel=1e-6
        )

    def test_the_errors_of_two_languages_are_shared(self, tmp_path: Path) -> None:
        """With V the variance of the constant, Cov(f, g) = -n C / B - m D / A - V n m / (A B)."""
        content = calibration({"en": 2.0, "hi": 3.0}, 3, constant_variance=0.5)
        content["languages"]["en"] |= {"variance": 0.04, "covariance": -0.05}
        content["languages"]["hi"] |= {
            **{"variance": 0.09, "covariance": -0.02, "documents": 10, "base_tokens": 50}
        }
        path = write_calibration(tmp_path / "c.json", content)
        encoding: Any = load_encoding(path)
        one, other = 20 / 200, 10 / 50
        between = -other * -0.05 - one * -0.02 - one * other * 0.5
        expected = (5**2 * 0.5 + 7**2 * 0.04 + 11**2 * 0.09) + 2 * (
            5 * 7 * -0.05 + 5 * 11 * -0.02 + 7 * 11 * between
        )
        found = encoding.calibration.variance_of(5, {"en": 7, "hi": 11})
        assert found == pytest.approx(expected, rel=1e-12)


class TestUndefined:
    """A language without a factor has no estimate, and no other language stands in."""

    @pytest.fixture
    def comparison(self, tmp_path: Path) -> Comparison:
        documents = [Document(text=text, language=code) for text, code in TEXTS]
        return compare(
            documents,
            encodings=[BASE, load(tmp_path, {"en": 1.5, "hi": 1.9}, 3)],
            metrics=["compression_ratio", "bytes_per_token", "premium", "gini"],
        )

    def test_numbers(self, comparison: Comparison) -> None:
        rows = {row.group: row.counts for row in comparison.rows}
        assert rows["gu"].tokens.keys() == comparison.total.tokens.keys() == {BASE}
        assert rows["en"].tokens["estimated"] == round(1.5 * rows["en"].tokens[BASE] + 3 * 31)
        for name in comparison.metric_names:
            for counts in (rows["gu"], comparison.total):
                assert isnan(comparison.value(counts, name, "estimated")), name
                assert isnan(comparison.measure(counts, name, "estimated").interval.low)
            if name != "gini":
                assert not isnan(comparison.value(rows["hi"], name, "estimated")), name

    def test_outputs(self, comparison: Comparison) -> None:
        assert comparison.to_dict()["total"]["tokens"]["estimated"] is None
        records = {record["language"]: record for record in comparison.to_records()}
        assert records["gu"]["tokens_estimated"] is None
        assert records["en"]["tokens_estimated"] > 0
        frame = comparison.to_frame()
        assert frame[frame.language == "gu"].tokens.isna().tolist() == [False, True]
        assert frame.is_estimate.tolist() == [False, True] * 3
        assert [row.group for row in comparison.sort("tokens_estimated").rows][-1] == "gu"
        lines = str(comparison).splitlines()
        (gujarati,) = [line for line in lines if line.startswith("Gujarati")]
        assert gujarati.split()[3] == "–"
        (note,) = [line for line in lines if "undefined for" in line]
        assert note == (
            "≈ estimated: undefined for Gujarati, because there is no factor for the language. "
            "There are factors for: en, hi."
        )

    def test_sums(self, comparison: Comparison) -> None:
        counts = [row.counts for row in comparison.rows]
        for order in (counts, counts[::-1]):
            assert "estimated" not in add_counts(order).tokens

    def test_by_source(self, tmp_path: Path) -> None:
        documents = [
            Document(text=text, language=code, source="a" if code == "en" else "b")
            for text, code in TEXTS
        ]
        encodings = [load(tmp_path, {"en": 1.5, "hi": 1.9}, 3)]
        comparison = compare(documents, encodings=encodings, by="source")
        tokens = {row.group: row.counts.tokens for row in comparison.rows}
        assert tokens["a"].keys() == {"estimated"}
        assert tokens["b"] == {}


class TestMarks:
    @pytest.fixture
    def comparison(self, tmp_path: Path) -> Comparison:
        documents = [Document(text=text, language=code) for text, code in TEXTS]
        encodings = [load(tmp_path, FACTORS, 3), BASE, "cl100k_base"]
        return compare(documents, encodings=encodings, metrics=["compression_ratio", "fertility"])

    @pytest.mark.parametrize("form", ["text", "markdown", "html"])
    def test_every_estimate(self, comparison: Comparison, form: str) -> None:
        if form == "markdown":
            lines = comparison.to_markdown().splitlines()
            rows = [[c.strip(" *") for c in line.split("|")[1:-1]] for line in lines[:6]]
            headings, _, *rows = rows
            derived = {"≈ estimated", f"ratio {BASE}", "ratio cl100k_base"}
            derived |= {"fertility ≈ estimated"}
            assert derived <= set(headings)
            for row in rows:
                for heading, cell in zip(headings, row, strict=True):
                    assert cell.startswith("≈ ") == (heading in derived), (heading, cell)
            return
        # Of each row the number, both ratios and one fertility; of the headings two.
        shown = str(comparison) if form == "text" else comparison._repr_html_()
        table = (
            shown.partition("\n\n")[0]
            if form == "text"
            else shown.partition("<table")[2].partition("</table>")[0]
        )
        assert table.count("≈") == 4 * 4 + 2

    def test_data(self, comparison: Comparison) -> None:
        marks = {"estimated": True, BASE: False, "cl100k_base": False}
        assert comparison.to_dict()["is_estimate"] == marks
        for record in comparison.to_records():
            assert [record[f"is_estimate_{name}"] for name in marks] == list(marks.values())
        assert comparison.columns[-3:] == [f"is_estimate_{name}" for name in marks]

    def test_signature(self, comparison: Comparison) -> None:
        sha256 = load_encodings(["cl100k_base"])[0].sha256[:8]
        assert f"(o200k_base@446a9538),o200k_base@446a9538,cl100k_base@{sha256}|" in (
            comparison.signature
        )
        assert "|encodings:estimated@" in comparison.signature

    def test_note(self, comparison: Comparison) -> None:
        assert comparison.notes[0] == (
            "≈ estimated: estimates, o200k_base's tokens times a factor for each language plus 3 "
            "for each document; calibrated with 60 documents (made.jsonl). The intervals of "
            "numbers marked ≈ hold the errors of the calibration, too."
        )


NUMBERS = st.lists(st.tuples(st.sampled_from(TEXTS[:6] + TEXTS[31:36]), st.booleans()), max_size=12)


@given(NUMBERS)
def test_splitting_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[tuple[str, str], bool]]
) -> None:
    """The estimate of a whole is that of the sum of its parts, however they are split."""
    path = load(tmp_path_factory.mktemp("c"), {"en": 1.37, "hi": 1.9, "gu": 2.5}, 7.3)
    encoding = load_encoding(path)
    counter = DocumentCounter(encodings=(encoding,))

    def counted(documents: list[tuple[str, str]]) -> Counts:
        found = [counter.count(Document(text=text, language=code)) for text, code in documents]
        return add_counts([counter.nothing(), *found])

    for language in ("en", "hi", "gu"):
        of_language = [(d, is_left) for d, is_left in drawn if d[1] == language]
        whole = counted([d for d, _ in of_language])
        parts = [
            counted([d for d, is_left in of_language if is_left == side]) for side in (True, False)
        ]
        assert estimate_counts(add_counts(parts), language, [encoding]) == estimate_counts(
            whole, language, [encoding]
        )
        # Estimates of parts differ from it by the rounding of each at most.
        estimated = [estimate_counts(part, language, [encoding]) for part in parts]
        total = add_counts(estimated)
        number = estimate_counts(whole, language, [encoding]).tokens["estimated"]
        assert abs(total.tokens["estimated"] - number) <= 1
        assert total.estimates["tokens estimated"].documents == len(of_language)
