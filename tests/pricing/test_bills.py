"""Bills of a month: their intervals, their weights, and the saving."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from tokcompare import ArgumentError, Document, compare_cost, cost, load_samples, load_source
from tokcompare.cli import main
from tokcompare.metrics.intervals import NO_INTERVAL, Interval
from tokcompare.pricing.migration import CostComparison
from tokcompare.pricing.migration.bills import Bill, add_bills

DAY = date(2026, 11, 24)
OWN = [
    Document(text=text, language=language)
    for language, texts in {
        "en": ("Hello, world! " * 20, "Where is the nearest station? " * 9, "It rains. " * 30),
        "hi": ("नमस्ते दुनिया " * 20, "सबसे निकट का स्टेशन कहाँ है " * 9, "बारिश हो रही है " * 30),
    }.items()
    for text in texts
]


def compare(documents: Any = None, **options: Any) -> CostComparison:
    usual: dict[str, Any] = {"before": "gpt-4-turbo", "after": "gpt-4o", "date": DAY}
    return compare_cost(documents, **(usual | options))


def run(folder: Path, volumes: str, *arguments: str) -> Any:
    path = folder / "volumes.csv"
    path.write_text(volumes, encoding="utf-8")
    command = ["cost", "--date", "2026-11-24", "--volume", str(path), *arguments]
    return CliRunner().invoke(main, command)


class TestIntervalOfABuiltInText:
    @pytest.mark.parametrize("truth", [32.26, 37.93], ids=["FLORES", "chat"])
    @pytest.mark.parametrize(
        "documents",
        [None, load_samples("udhr"), list(load_samples("udhr")), load_source(["udhr", "gpt-4o"])],
        ids=["default", "source", "documents", "two sets"],
    )
    def test_holds_text_of_other_kinds(self, documents: Any, truth: float) -> None:
        costs = compare(documents, volumes={"hi": 40_000_000})
        for bill in (costs.bill(costs.rows[0], costs.models[1]), costs.total_bill(costs.models[1])):
            assert bill is not None
            assert bill.basis == "estimate"
            assert bill.interval.low < truth < bill.interval.high
            assert bill.interval.low <= bill.total <= bill.interval.high
        assert not costs.has_own_text
        assert any("prediction interval of an estimate" in note for note in costs.notes)

    @pytest.mark.parametrize("format_name", ["table", "markdown", "csv", "json"])
    def test_is_said_to_be_one(self, tmp_path: Path, format_name: str) -> None:
        result = run(tmp_path, "language,characters\nhi,40000000\n", "-f", format_name)
        assert "prediction interval of an estimate" in result.output
        if format_name == "json":
            content = json.loads(result.stdout)
            bill = content["rows"][0]["models"]["gpt-4o"]["bill"]
            assert bill["interval_basis"] == "estimate"
            assert bill["interval"][0] < 32.26 < 37.93 < bill["interval"][1]
            assert content["month"]["has_own_text"] is False
        elif format_name == "csv":
            (row,) = csv.DictReader(io.StringIO(result.stdout))
            assert float(row["bill_after_low"]) < 32.26 < 37.93 < float(row["bill_after_high"])
            assert row["interval_basis"] == "estimate"
        else:
            assert "95% prediction interval" in result.stdout

    def test_adds_up_because_the_kind_of_text_is_common(self) -> None:
        costs = compare(volumes={"hi": 10_000_000, "en": 20_000_000})
        bills = [bill for row in costs.rows if (bill := costs.bill(row, costs.models[1]))]
        total = costs.total_bill(costs.models[1]).interval
        assert total.low == pytest.approx(sum(bill.interval.low for bill in bills))
        assert total.high == pytest.approx(sum(bill.interval.high for bill in bills))

    def test_is_missing_without_an_estimate(self) -> None:
        costs = compare(before="gpt-4o", after="gpt-oss-20b", volumes={"hi": 1_000_000})
        bill = costs.total_bill(costs.models[1])
        assert isnan(bill.interval.low)
        assert bill.basis is None
        assert bill.total > 0
        assert any("no estimate for o200k_harmony in Hindi" in note for note in costs.notes)
        assert not isnan(costs.total_bill(costs.before).interval.low)


class TestIntervalOfOwnText:
    def test_is_that_of_the_documents(self) -> None:
        costs = compare(OWN, volumes={"hi": 1_000_000, "eng_Latn": 2_000_000})
        assert costs.volumes == {"hi": 1_000_000, "en": 2_000_000}
        bills = [bill for row in costs.rows if (bill := costs.bill(row, costs.models[1]))]
        total = costs.total_bill(costs.models[1])
        assert {bill.basis for bill in [*bills, total]} == {"documents"}
        assert total.total == sum(bill.total for bill in bills)
        half = [(bill.interval.high - bill.interval.low) / 2 for bill in bills]
        assert (total.interval.high - total.interval.low) / 2 == pytest.approx(
            (half[0] ** 2 + half[1] ** 2) ** 0.5
        )
        for bill in bills:
            assert bill.interval.low < bill.total < bill.interval.high
        assert costs.has_own_text
        assert any("is that of your documents" in note for note in costs.notes)
        assert not any("estimate" in note for note in costs.notes)

    def test_is_missing_for_a_single_document(self) -> None:
        costs = compare([OWN[0]], volumes={"en": 1_000_000})
        assert isnan(costs.total_bill(costs.before).interval.low)


def test_an_unknown_interval_leaves_the_sum_without_one() -> None:
    known = Bill(total=Decimal(1), interval=Interval(low=0.5, high=2), basis="estimate")
    assert add_bills([known, known]).interval == Interval(low=1, high=4)
    unknown = Bill(total=Decimal(1), interval=NO_INTERVAL)
    assert isnan(add_bills([known, unknown]).interval.low)
    assert add_bills([]).total == 0


class TestWeights:
    def test_total_is_weighed_by_the_volumes(self) -> None:
        costs = compare(volumes={"hi": 10_000_000, "en": 20_000_000})
        after = costs.models[1]
        before, later = (float(costs.total_bill(model).total) for model in costs.models)
        assert (round(before, 2), round(later, 2)) == (134.05, 16.31)
        cheaper = costs.times_cheaper(costs.total, after)
        assert round(cheaper.value, 2) == 8.22
        assert cheaper.value == pytest.approx(before / later)
        assert cheaper.interval.low < cheaper.value < cheaper.interval.high
        fewer, price = costs.fewer_tokens(costs.total, after), costs.lower_price(costs.total, after)
        assert fewer.value * price == pytest.approx(cheaper.value)
        assert fewer.value == pytest.approx(
            (10 * 10_125 / 10_418 + 20 * 1_887 / 10_239)
            / (10 * 2_954 / 10_418 + 20 * 1_888 / 10_239)
        )
        dollars = costs.per_million_characters(costs.total, after)
        assert dollars is not None
        assert float(dollars) == pytest.approx(later / 30)

    @given(one=st.integers(0, 10**9), other=st.integers(1, 10**9), ratio=st.sampled_from([0, 2]))
    @settings(max_examples=20)
    def test_ratio_of_the_total_is_that_of_its_bills(
        self, one: int, other: int, ratio: int
    ) -> None:
        costs = compare(OWN, volumes={"hi": one, "en": other}, output_ratio=ratio)
        bills = [float(costs.total_bill(model).total) for model in costs.models]
        cheaper = costs.times_cheaper(costs.total, costs.models[1]).value
        assert cheaper == pytest.approx(bills[0] / bills[1])

    def test_languages_without_a_volume_are_left_out(self, tmp_path: Path) -> None:
        volumes = "language,characters\nhi,10000000\nen,20000000\n"
        content = json.loads(run(tmp_path, volumes, "-f", "json").stdout)
        assert {row["language"] for row in content["rows"]} == {"hi", "en"}
        assert content["total"]["characters"] == 10_418 + 10_239
        of_total = content["total"]["models"]["gpt-4o"]
        assert round(of_total["times_cheaper"]["value"], 2) == 8.22
        assert "Gujarati" not in run(tmp_path, volumes).stdout
        rows = csv.DictReader(io.StringIO(run(tmp_path, volumes, "-f", "csv").stdout))
        assert {row["language"] for row in rows} == {"hi", "en"}

    def test_nothing_at_all(self) -> None:
        costs = compare(volumes={"hi": 0})
        assert costs.total_bill(costs.before).total == 0
        assert isnan(costs.times_cheaper(costs.total, costs.models[1]).value)
        assert "$0.00 → $0.00 a month, $0.00 saved" in costs.summary[0]


class TestSummary:
    VOLUMES = "language,characters\nhi,10000000\nen,20000000\n"

    @pytest.mark.parametrize("format_name", ["table", "markdown"])
    def test_is_the_first_thing(self, tmp_path: Path, format_name: str) -> None:
        command = ["--to", "gpt-4o", "--to", "gpt-4", "-f", format_name]
        shown = run(tmp_path, self.VOLUMES, *command).stdout.replace("\\", "")
        lines = [line for line in shown.splitlines() if line]
        assert lines[0].startswith("gpt-4-turbo → gpt-4o: $134.05")
        assert "$134.05 → $16.31 a month, $117.74 (87.8%) saved a month. 95%" in lines[0]
        assert lines[1].startswith("gpt-4-turbo → gpt-4: $134.05")
        assert "$268.09 (200.0%) more a month. 95%" in lines[1]
        assert lines[2].startswith(("language", "| language"))
        assert sum(line.startswith("gpt-4-turbo →") for line in lines) == 2

    def test_stands_in_every_form(self, tmp_path: Path) -> None:
        content = json.loads(run(tmp_path, self.VOLUMES, "-f", "json").stdout)
        assert list(content).index("month") < list(content).index("rows")
        assert content["month"]["before"]["total"] == pytest.approx(134.05, abs=0.01)
        (after,) = content["month"]["after"]
        assert after["total"] == pytest.approx(16.31, abs=0.01)
        assert after["saved"] == pytest.approx(117.74, abs=0.01)
        assert after["saved_share"] == pytest.approx(0.8783, abs=0.0001)
        result = run(tmp_path, self.VOLUMES, "-f", "csv")
        assert "Note: gpt-4-turbo → gpt-4o: $134.05" in result.stderr
        rows = list(csv.DictReader(io.StringIO(result.stdout)))
        assert sum(float(row["saved"]) for row in rows) == pytest.approx(117.74, abs=0.01)
        page = compare(volumes={"hi": 1}, after=["gpt-4o", "gpt-4"])._repr_html_()
        assert "</style>\n<p><strong>gpt-4-turbo → gpt-4o:" in page

    def test_without_volumes_there_is_none(self) -> None:
        costs = compare()
        assert costs.summary == []
        assert costs.saving(costs.models[1]) is None
        assert "month" not in costs.to_dict()


class TestTokens:
    """Volumes in tokens, as providers' dashboards export them."""

    def test_bill_before_is_exact(self) -> None:
        volumes = {
            "hi": {"input_tokens": 10_000_000, "output_tokens": 3_000_000},
            "en": {"input_tokens": 20_000_000, "output_tokens": 5_000_000},
        }
        costs = compare(volumes=volumes)
        # $10 and $30 a million tokens.
        assert costs.total_bill(costs.before).total == pytest.approx(300 + 240)
        assert costs.total_bill(costs.before).basis == "volumes"
        # The tokens after are fewer; $2.50 and $10 a million.
        hindi, english = 2_954 / 10_125, 1_888 / 1_887
        after = costs.total_bill(costs.models[1])
        assert float(after.total) == pytest.approx(hindi * (25 + 30) + english * (50 + 50))
        assert after.basis == "estimate"
        assert after.interval.low < after.total < after.interval.high
        cheaper = costs.times_cheaper(costs.total, costs.models[1]).value
        assert cheaper == pytest.approx(540 / float(after.total))
        for row in costs.rows:
            one, other = (costs.bill(row, model) for model in costs.models)
            assert one is not None
            assert other is not None
            assert costs.times_cheaper(row.counts, costs.models[1]).value == pytest.approx(
                float(one.total / other.total)
            )
        assert costs.to_dict()["output_ratio"] is None
        assert "hi:10000000+3000000tokens" in costs.signature

    def test_own_text_has_the_interval_of_its_documents(self) -> None:
        costs = compare(OWN, volumes={"hi": {"input_tokens": 10**7}}, output_ratio=1)
        bill = costs.total_bill(costs.models[1])
        assert bill.basis == "documents"
        assert bill.interval.low < bill.total < bill.interval.high
        assert costs.total_bill(costs.before).total == 10 * (10 + 30)

    def test_models_of_one_encoding_need_no_text_to_be_exact(self) -> None:
        costs = compare(
            before="gpt-4", volumes={"hi": {"input_tokens": 10**6}}, after="gpt-4-turbo"
        )
        bill = costs.total_bill(costs.models[1])
        assert (bill.total, bill.basis) == (Decimal(10), "volumes")

    def test_tokens_of_a_closed_model_are_no_estimate(self) -> None:
        costs = compare(
            before="claude-3-opus",
            encoding="cl100k_base",
            volumes={"hi": {"input_tokens": 10**6}},
        )
        before, after = (costs.total_bill(model) for model in costs.models)
        assert (before.total, before.is_estimate) == (Decimal(15), False)
        assert after.is_estimate
        assert isnan(after.interval.low)

    def test_on_the_command_line(self, tmp_path: Path) -> None:
        volumes = "language,input_tokens,output_tokens\nhi,10000000,3000000\nhin,0,0\n"
        result = run(tmp_path, volumes, "-f", "json")
        assert json.loads(result.stdout)["month"]["before"]["total"] == pytest.approx(190)
        refused = run(tmp_path, volumes, "--output-ratio", "1")
        assert refused.exit_code == 1
        assert "Leave out --output-ratio." in refused.stderr

    @pytest.mark.parametrize(
        "volumes",
        [
            {"hi": {"output_tokens": 5}},
            {"hi": {"input_tokens": 0, "output_tokens": 5}},
            {"hi": {"input_tokens": -1}},
            {"hi": {"input_tokens": 1, "tokens": 1}},
            {"hi": {"input_tokens": 1}, "en": 5},
            {"hi": {"input_tokens": 1}, "en": {"input_tokens": 1, "output_tokens": 1}},
        ],
    )
    def test_malformed(self, volumes: Any) -> None:
        with pytest.raises(ArgumentError):
            compare(volumes=volumes)


def test_a_language_that_was_not_chosen(tmp_path: Path) -> None:
    result = run(tmp_path, "language,characters\nhi,1\nvi,2\n", "-l", "hi")
    assert result.exit_code == 1
    assert "-l does: add -l vi" in result.stderr
    assert "There is no text" not in result.stderr
    with pytest.raises(ArgumentError, match=r"leave out 'vi'\. Select these languages too"):
        compare(load_samples("udhr").select("hi"), volumes={"hi": 1, "vi": 2})


class TestLostText:
    """Tokens that do not hold the text are no basis of a bill."""

    @pytest.fixture
    def loser(self, tmp_path: Path) -> str:
        model = {"type": "BPE", "vocab": {"h": 0, "i": 1, "hi": 2}, "merges": ["h i"]}
        empty = (
            "truncation",
            "padding",
            "normalizer",
            "pre_tokenizer",
            "post_processor",
            "decoder",
        )
        content = {"version": "1.0", "added_tokens": [], "model": model} | dict.fromkeys(empty)
        path = tmp_path / "drop.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    @pytest.mark.parametrize("format_name", ["table", "csv", "json"])
    def test_bill_is_undefined(self, tmp_path: Path, loser: str, format_name: str) -> None:
        texts = tmp_path / "texts.jsonl"
        lines = [("hi", "en"), ("hi hi", "en"), ("हि हि hi", "hi")]
        rows = [{"text": text, "language": language} for text, language in lines]
        texts.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        command = [str(texts), "--to", "claude-3-opus", "--encoding", loser, "-f", format_name]
        result = run(tmp_path, "language,characters\nen,1000\nhi,1000\n", *command)
        assert result.exit_code == 0
        if format_name == "json":
            content = json.loads(result.stdout)
            for row in (content["rows"][1], content["total"]):
                cells = row["models"]["claude-3-opus"]
                assert cells["tokens"] > 0
                assert cells["per_million_characters"] is None
                assert cells["times_cheaper"]["value"] is None
                assert cells["bill"]["total"] is None
                assert row["models"]["gpt-4-turbo"]["bill"]["total"] > 0
            assert content["month"]["after"][0]["saved"] is None
        elif format_name == "csv":
            _, row = csv.DictReader(io.StringIO(result.stdout))
            assert (row["bill_after"], row["saved"], row["times_cheaper"]) == ("", "", "")
        else:
            assert result.stdout.startswith("gpt-4-turbo → ≈ claude-3-opus: $0.011 → – a month.")
        refused = run(tmp_path, "language,characters\nhi,1000\n", *command, "--budget", "1")
        assert refused.exit_code == 1
        assert "is undefined" in refused.stderr

    def test_cost_of_a_text_is_undefined(self, loser: str) -> None:
        found = cost("हि हि hi", "claude-3-opus", encoding=loser)
        assert found.input_tokens > 0
        assert isnan(found.total)
        assert repr(found) == "<Cost ≈ claude-3-opus: 1 request, –>"
        assert any("do not hold all of the text" in note for note in found.notes)
        assert cost("hi", "claude-3-opus", encoding=loser).total > 0
