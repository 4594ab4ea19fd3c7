"""The saving of a migration is split into fewer tokens and a lower price."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tokcompare import (
    ArgumentError,
    Document,
    UnknownNameError,
    compare_context,
    compare_cost,
    cost,
)
from tokcompare.cli import main
from tokcompare.pricing.migration import CostComparison
from tokcompare.pricing.migration.table import cost_table

LAUNCH = date(2024, 5, 13)
TEXTS = [
    Document(text="Hello, world! " * 20, language="en"),
    Document(text="નમસ્તે " * 20, language="gu"),
]


@pytest.fixture(scope="module")
def launch() -> CostComparison:
    return compare_cost(before="gpt-4-turbo", after="gpt-4o", date=LAUNCH)


def times(costs: CostComparison, language: str) -> float:
    row = next(row for row in costs.rows if row.group == language)
    return costs.times_cheaper(row.counts, costs.models[1]).value


class TestLaunch:
    def test_price_halves_and_gujarati_gets_nine_times_cheaper(
        self, launch: CostComparison
    ) -> None:
        # The Declaration in Gujarati has 15,998 and 3,237 tokens, in English 1,887 and 1,888.
        assert times(launch, "gu") == pytest.approx(2 * 15_998 / 3_237)
        assert times(launch, "en") == pytest.approx(2 * 1_887 / 1_888)

    def test_dollars(self, launch: CostComparison) -> None:
        row = next(row for row in launch.rows if row.group == "gu")
        before, after = launch.models
        # 15,998 tokens at $10 a million, in 9,498 characters.
        assert launch.per_million_characters(row.counts, before) == Decimal(159980) / 9498
        assert launch.per_million_characters(row.counts, after) == Decimal(16185) / 9498
        assert launch.per_thousand_requests(row.counts, before) is None

    def test_prices_say_where_they_come_from(self, launch: CostComparison) -> None:
        text = "\n".join(launch.notes)
        assert (
            "gpt-4-turbo: $10 per million input tokens, $30 per million output tokens on 2024-05-13"
            in text
        )
        assert "(https://openai.com/index/hello-gpt-4o/, as of 2024-05-13)" in text
        assert "gpt-4o:5/15:o200k_base:2024-05-13" in launch.signature


@pytest.mark.parametrize("format_name", ["table", "markdown", "csv", "json"])
def test_formats(golden: Callable[[str, str], None], format_name: str) -> None:
    suffix = {"table": "txt", "markdown": "md"}.get(format_name, format_name)
    options = ["--date", "2024-05-13", "--output-ratio", "0.5", "--requests", "2000"]
    result = CliRunner().invoke(
        main,
        ["cost", *options, "-l", "en", "-l", "gu", "-l", "ja", "-f", format_name, "--signature"],
        catch_exceptions=False,
    )
    assert result.exit_code == 0
    golden(f"cost.{suffix}", stable(result.stdout))


def stable(text: str) -> str:
    """Leaves out versions, and the day of the prices in genai-prices."""
    text = re.sub(r"tokcompare:[^\"`\n]*?\|cost:", "…|cost:", text)
    text = re.sub(r"genai-prices [\d.]+(, as of [\d-]+)?", "genai-prices", text)
    return re.sub(r'"as_of": "[\d-]+"', '"as_of": "…"', text)


@given(
    before=st.sampled_from(["gpt-4", "gpt-4-turbo", "gpt-4o", "gpt-4o-mini"]),
    after=st.sampled_from(["gpt-3.5-turbo", "o1", "gpt-4.1", "gpt-5"]),
    ratio=st.integers(0, 5),
)
def test_laws(before: str, after: str, ratio: int) -> None:
    there = compare_cost(TEXTS, before=before, after=after, output_ratio=ratio, date=LAUNCH)
    back = compare_cost(TEXTS, before=after, after=before, output_ratio=ratio, date=LAUNCH)
    for row, other in zip(there.rows, back.rows, strict=True):
        first, second = there.models
        whole = there.times_cheaper(row.counts, second).value
        # The product of the two factors is the whole, which is also the ratio of the dollars.
        split = there.fewer_tokens(row.counts, second).value
        assert split * there.lower_price(row.counts, second) == pytest.approx(whole)
        dollars = [there.per_million_characters(row.counts, model) for model in there.models]
        assert dollars[0] is not None
        assert dollars[1] is not None
        assert float(dollars[0] / dollars[1]) == pytest.approx(whole)
        # The migration back undoes the saving.
        assert back.times_cheaper(other.counts, back.models[1]).value == pytest.approx(1 / whole)
        assert back.per_million_characters(other.counts, back.models[0]) == dollars[1]
        assert first.model == before


@given(characters=st.integers(0, 10**12), factor=st.integers(1, 1000))
def test_a_bill_is_linear(characters: int, factor: int) -> None:
    def bill(number: int) -> Decimal:
        costs = compare_cost(
            TEXTS, before="gpt-4", after="gpt-4o", date=LAUNCH, volumes={"gu": number}
        )
        return costs.total_bill(costs.models[1]).total

    assert bill(characters) * factor == pytest.approx(bill(characters * factor))


class TestEstimates:
    """Models whose tokenizers are not public."""

    def test_are_refused_without_an_encoding(self) -> None:
        for model in ("claude-3-opus", "gemini-1.5-pro", "gpt-6-sol"):
            with pytest.raises(UnknownNameError, match="not public, or not known here"):
                compare_cost(TEXTS, before="gpt-4o", after=model)

    def test_are_marked_in_every_format(self) -> None:
        command = ["cost", "--from", "gpt-4o", "--to", "claude-3-opus", "--encoding", "cl100k_base"]
        for format_name, mark in (
            ("table", "≈ claude-3-opus: an estimate."),
            ("markdown", "≈ claude-3-opus: an estimate."),
            ("csv", ",True,"),
            ("json", '"is_estimate": true'),
        ):
            result = CliRunner().invoke(main, [*command, "-l", "en", "-f", format_name])
            assert result.exit_code == 0
            assert mark in result.stdout
            assert "an estimate" in result.output
        assert cost("Hello", "claude-3-opus", encoding="o200k_base").is_estimate
        assert not cost("Hello", "gpt-4o").is_estimate

    def test_an_unknown_model_is_reported_first(self) -> None:
        with pytest.raises(UnknownNameError, match="No known price for model 'gpt-4-fake'"):
            cost("Hello", "gpt-4-fake")


def test_several_models_side_by_side() -> None:
    command = ["cost", "--date", "2024-08-01", "--to", "gpt-4o", "--to", "gpt-4o-mini", "-l", "gu"]
    result = CliRunner().invoke(main, command)
    heading = result.stdout.splitlines()[0]
    for model in ("gpt-4-turbo", "gpt-4o", "gpt-4o-mini"):
        assert f"$/M chars {model}" in heading
    rows = list(
        csv.DictReader(io.StringIO(CliRunner().invoke(main, [*command, "-f", "csv"]).stdout))
    )
    assert [row["after"] for row in rows] == ["gpt-4o", "gpt-4o-mini"]


def test_models_of_one_encoding_differ_in_price_alone() -> None:
    costs = compare_cost(TEXTS, before="gpt-4o", after="gpt-4o-mini", date=date(2025, 1, 1))
    row = costs.rows[0]
    assert costs.fewer_tokens(row.counts, costs.models[1]).value == 1
    assert costs.times_cheaper(row.counts, costs.models[1]).value == pytest.approx(2.5 / 0.15)


def test_tier_depends_on_the_language_of_a_request() -> None:
    costs = compare_cost(before="gpt-4", after="gpt-5.5", request_characters=1_000_000)
    after = costs.models[1]
    by_language = {row.group: costs.price_of(row.counts, after).input for row in costs.rows}
    # A million characters of English are 184,000 tokens, of Chinese 800,000: more than 272,000.
    assert (by_language["en"], by_language["zh"]) == (Decimal(5), Decimal(10))


@pytest.mark.parametrize(
    "options",
    [
        {"output_ratio": -1},
        {"output_ratio": "much"},
        {"request_characters": 0},
        {"volumes": {"gu": -1}},
        {"volumes": ["gu"]},
        {"volumes": {"sw": 5}},
        {"volumes": {"gu": True}},
        {"volumes": {"gu": 10**400}},
        {"after": "gpt-4"},
        {"after": " GPT-4"},
        {"after": ""},
        {"batch": True},
        {"request_characters": True},
        {"encodings": ["cl100k_base"]},
        {"prices": {"gpt-40": "1/2"}},
        {"prices": {"gpt-4o": "1/2", "GPT-4o": "1/3"}},
        {"prices": "gpt-4o=1/2"},
        {"output_ratio": Decimal("1e999999")},
    ],
)
def test_invalid_arguments(options: dict[str, Any]) -> None:
    usual: dict[str, Any] = {"before": "gpt-4", "after": "gpt-4o", "date": LAUNCH}
    with pytest.raises(ArgumentError):
        compare_cost(TEXTS, **(usual | options))


@pytest.mark.slow
@pytest.mark.parametrize(("budget", "code"), [("100000", 0), ("1", 1)])
def test_budget_is_for_ci(tmp_path: Path, budget: str, code: int) -> None:
    path = tmp_path / "volumes.csv"
    path.write_text("language,requests\ngu,100000\nen,200000\n", encoding="utf-8")
    command = [
        *(sys.executable, "-m", "tokcompare", "cost", "--date", "2024-05-13", "-f", "json"),
        *("--volume", str(path), "--requests", "1000", "--budget", budget),
    ]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == code
    bill = json.loads(process.stdout)["total"]["models"]["gpt-4o"]["bill"]
    # 100 million characters of Gujarati and 200 million of English, at $5 a million tokens.
    dollars = 5 * (100 * 3_237 / 9_498 + 200 * 1_888 / 10_239)
    assert bill["total"] == pytest.approx(dollars)
    assert bill["interval"][0] < bill["total"] < bill["interval"][1]
    if code:
        shown = "Error: The monthly bill with gpt-4o is $354.80, above the budget of $1.00."
        assert shown in process.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--budget", "nan", "--volume", "x.csv"],
        ["--budget", "-1", "--volume", "x.csv"],
        ["--output-ratio", "abc"],
        ["--output-ratio", "1e999999"],
        ["--price", "gpt-4o=1"],
        ["--price", "gpt-4o=1/2", "--price", "gpt-4o=1/3"],
        ["--requests", "0"],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    assert CliRunner().invoke(main, ["cost", *arguments]).exit_code == 2


def test_text_without_characters(tmp_path: Path) -> None:
    documents = [Document(text="hello world", language="en"), Document(text="", language="hi")]
    with pytest.raises(ArgumentError, match="There is no text in 'hi'"):
        compare_cost(documents, before="gpt-4", after="gpt-4o", volumes={"hi": 10**9})
    path = tmp_path / "none.jsonl"
    path.write_bytes(b"")
    shown = CliRunner().invoke(main, ["cost", str(path), "-f", "csv"]).stdout
    assert shown.startswith("language,name,")
    assert shown.count("\n") == 1


def test_columns_are_those_of_the_records() -> None:
    costs = compare_cost(
        TEXTS, before="gpt-4", after="gpt-4o", request_characters=5, volumes={"gu": 1}
    )
    assert [list(record) for record in costs.to_records()] == [costs.columns]


def test_codes_are_those_of_the_documents() -> None:
    documents = [Document(text="a", language=code) for code in ("gu", "guj_Gujr", "en")]
    costs = compare_cost(documents, before="gpt-4", after="gpt-4o")
    assert [record["codes"] for record in costs.to_records()] == ["gu guj_Gujr", "en"]
    assert [row["codes"] for row in costs.to_dict()["rows"]] == [["gu", "guj_Gujr"], ["en"]]
    contexts = compare_context(documents, before="gpt-4", after="gpt-4o")
    assert [record["codes"] for record in contexts.to_records()] == ["gu guj_Gujr", "en"]
    assert [row["codes"] for row in contexts.to_dict()["rows"]] == [["gu", "guj_Gujr"], ["en"]]
    assert costs.to_frame()["codes"].tolist() == ["gu guj_Gujr", "en"]


def test_frame() -> None:
    costs = compare_cost(
        TEXTS, before="gpt-4", after=["gpt-4o", "gpt-4o-mini"], date=LAUNCH, volumes={"gu": 7}
    )
    frame = costs.to_frame()
    assert list(frame.columns) == costs.columns
    assert len(frame) == len(costs.to_records()) == 2
    for (_, row), record in zip(frame.iterrows(), costs.to_records(), strict=True):
        for column, value in record.items():
            shown = row[column]
            if value is None:
                assert isnan(shown)
            else:
                assert shown == (float(value) if isinstance(value, Decimal) else value)
    assert (frame.dtypes[["per_million_characters_after", "bill_after"]] == "float64").all()
    assert (frame.dtypes[["characters", "tokens_before", "tokens_after"]] == "int64").all()
    assert frame.dtypes["is_estimate"] == "bool"
    nothing = compare_cost([], before="gpt-4", after="gpt-4o").to_frame()
    assert len(nothing) == 0
    assert nothing.dtypes["lower_price"] == "float64"


def test_markdown_and_html() -> None:
    costs = compare_cost(TEXTS, before="gpt-4", after="claude-3-opus", encoding="o200k_base")
    assert "| **Total** |" in costs.to_markdown()
    page = costs._repr_html_()
    assert ' lang="gu" dir="ltr">ગુજરાતી</bdi></th>' in page
    assert 'claude-3-opus</span> <span class="sub">tokens</span></th>' in page
    assert '<p class="note">≈ claude-3-opus: an estimate.' in page
    assert f"<small>{costs.signature}</small>" in page


def test_total_adds_up_rows_in_different_tiers() -> None:
    # Gujarati needs more than 200,000 tokens a request, and English does not.
    costs = compare_cost(
        before="gpt-4",
        after="gemini-2.5-pro",
        encoding="o200k_base",
        request_characters=700_000,
    )
    after = costs.models[1]
    dollars = sum(
        row.counts.characters * (costs.per_million_characters(row.counts, after) or 0)
        for row in costs.rows
    )
    total = costs.per_million_characters(costs.comparison.total, after)
    assert total is not None
    assert float(total) == pytest.approx(float(dollars / costs.comparison.total.characters))
    assert any("Requests of 700,000 characters cost $2.50 per" in note for note in costs.notes)


def test_budget_without_a_volume_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["cost", "--budget", "5"]).exit_code == 2


def test_own_price_on_the_command_line() -> None:
    command = ["cost", "--price", "gpt-4o=1/2", "-l", "en", "-f", "json"]
    content = json.loads(CliRunner().invoke(main, command).stdout)
    assert content["models"][1] | {"day": ""} == {
        "model": "gpt-4o",
        "encoding": "o200k_base",
        "is_estimate": False,
        "provider": None,
        "input": 1.0,
        "cached_input": None,
        "output": 2.0,
        "is_batch": False,
        "day": "",
        "as_of": None,
        "source": "given by the user",
    }


class TestWords:
    """A factor below 1 is shown as its reciprocal, in words that fit the heading and the cell."""

    def test_dearer(self) -> None:
        costs = compare_cost(before="gpt-4o-mini", after="gpt-4-turbo", date=date(2026, 11, 24))
        table = cost_table(costs)
        assert table.headings[6:10] == [
            "more tokens",
            "95% interval",
            "higher price",
            "times dearer",
        ]
        row = next(row for row in table.rows if row[0] == "Hindi")
        assert row[6:10] == ["3.43x", "3.34x–3.52x", "66.67x", "228.50x"]
        assert "0.02x" not in str(costs)
        # The numbers are still those before / after.
        record = next(each for each in costs.to_records() if each["language"] == "hi")
        assert record["times_cheaper"] == pytest.approx(1 / 228.5, rel=0.001)

    def test_both(self) -> None:
        prices = {"gpt-4-turbo": "1/1", "gpt-4o": "2/2"}
        costs = compare_cost(before="gpt-4-turbo", after="gpt-4o", prices=prices)
        table = cost_table(costs)
        assert table.headings[6:10] == [
            *("fewer tokens", "95% interval", "higher price", "cheaper or dearer"),
        ]
        cells = {row[0]: row[9] for row in table.rows}
        assert cells["Hindi"] == "1.71x cheaper"
        assert cells["English"] == "2.00x dearer"

    def test_several_models(self) -> None:
        costs = compare_cost(before="gpt-4o", after=["gpt-4o-mini", "gpt-4"], date=LAUNCH)
        headings = cost_table(costs).headings
        assert "times cheaper" in headings
        assert "times dearer" in headings


def test_repr_is_a_line_and_str_is_the_table(launch: CostComparison) -> None:
    assert repr(launch) == "<CostComparison gpt-4-turbo -> gpt-4o: 20 languages>"
    assert str(launch).startswith("language")
    assert str(launch).splitlines()[-1].startswith("signature ")
    several = compare_cost(TEXTS[:1], before="gpt-4", after=["gpt-4o", "o1"], date=LAUNCH)
    assert repr(several) == "<CostComparison gpt-4 -> gpt-4o, o1: 1 language>"


def test_volumes_may_name_their_languages() -> None:
    volumes = {"English": 20_000_000, "ar-EG": 1_000_000}
    costs = compare_cost(before="gpt-4-turbo", after="gpt-4o", volumes=volumes)
    assert {row.group for row in costs.rows} == {"en", "ar"}
    assert costs.volumes == {"en": 20_000_000, "ar": 1_000_000}
    assert "The language 'English' is read as its code 'en'." in costs.notes
    assert "The volume of 'ar-EG' is applied to text in 'ar'." in costs.notes
