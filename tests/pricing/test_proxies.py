"""Proxies: one encoding for each closed model, calibrations and recorded counts among them."""

from __future__ import annotations

import csv
import datetime
import io
import json
from decimal import Decimal
from math import isnan, sqrt
from pathlib import Path
from typing import Any

import pytest

from tests.command import invoke
from tests.usage import BASE, calibration, documents_with, udhr, write_calibration
from tokcompare import (
    ArgumentError,
    CostComparison,
    Document,
    compare_context,
    compare_cost,
    cost,
    load_source,
)
from tokcompare.pricing.proxies import Proxies, proxy_paths

SONNET, OPUS = "claude-sonnet-4-5", "claude-opus-4-5"
DAY = datetime.date(2026, 10, 1)
FACTORS = {"en": 2.0, "hi": 3.0}
DOCUMENTS = documents_with(udhr("en", "hi"), FACTORS, 7)
VOLUMES = {"en": 20_000_000, "hi": 10_000_000}


def load(folder: Path, name: str = "claude", **numbers: float) -> str:
    return write_calibration(folder / f"{name}.json", calibration(FACTORS, 7, **numbers))


def compared(encoding: Any, **given: Any) -> CostComparison:
    options: dict[str, Any] = {"before": "gpt-4o", "after": SONNET, "date": DAY, **given}
    return compare_cost(DOCUMENTS, encoding=encoding, **options)


class TestProxies:
    MODELS = ("gpt-4o", SONNET, OPUS)

    @pytest.mark.parametrize(
        ("given", "for_all", "by_model"),
        [
            (None, None, {}),
            ((), None, {}),
            ("o200k_base", "o200k_base", {}),
            ("claude=c.json", "claude=c.json", {}),
            ("./a=b/c.json", "./a=b/c.json", {}),
            ("=c.json", "=c.json", {}),
            (f"{SONNET}=c.json", None, {SONNET: "c.json"}),
            (f"anthropic/{SONNET}=c.json", None, {f"anthropic/{SONNET}": "c.json"}),
            (f"{SONNET}=c=c.json", None, {SONNET: "c=c.json"}),
            ((f"{SONNET}=c.json", "o200k_base"), "o200k_base", {SONNET: "c.json"}),
            ({SONNET: "c.json", OPUS: "gpt2"}, None, {SONNET: "c.json", OPUS: "gpt2"}),
            (Path("c.json"), "c.json", {}),
        ],
    )
    def test_forms(self, given: Any, for_all: str | None, by_model: dict[str, str]) -> None:
        models = [*self.MODELS, f"anthropic/{SONNET}"]
        proxies = Proxies.of(given, models)
        assert (proxies.for_all, proxies.by_model) == (for_all, by_model)
        for model in models:
            assert proxies.of_model(model) == by_model.get(model, for_all)

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            (("o200k_base", "gpt2"), "say which model each encoding is for"),
            ((f"{SONNET}=a", f"{SONNET}=b"), "There are two encodings for"),
            ({"claude-x": "gpt2"}, "for 'claude-x', which is not one of the models: 'gpt-4o'"),
            (7, "must be a str or several"),
        ],
    )
    def test_refused(self, given: Any, message: str) -> None:
        with pytest.raises(ArgumentError, match=message):
            Proxies.of(given, self.MODELS)

    def test_paths(self) -> None:
        given = ["gpt2", "c.json", f"{SONNET}=d.json", f"{SONNET}=c=e.json", f"{SONNET}=gpt2"]
        assert {"c.json", "d.json", "e.json"} <= {*proxy_paths(given)}

    def test_two_files_of_one_name(self, tmp_path: Path) -> None:
        (tmp_path / "other").mkdir()
        given = {SONNET: load(tmp_path), OPUS: load(tmp_path / "other")}
        with pytest.raises(ArgumentError, match="would both be called 'claude'; name one"):
            compared(given, after=[SONNET, OPUS])


class TestOneForEach:
    def test_in_a_comparison(self, tmp_path: Path) -> None:
        given = {SONNET: load(tmp_path), OPUS: "cl100k_base"}
        costs = compared(given, after=[SONNET, OPUS])
        assert [model.encoding for model in costs.models] == [BASE, "claude", "cl100k_base"]
        assert [model.is_estimate for model in costs.models] == [False, True, True]
        assert [model.has_known_error for model in costs.models] == [True, True, False]
        english = next(row.counts for row in costs.rows if row.group == "en")
        with_calibration, stand_in = costs.models[1:]
        assert not isnan(costs.fewer_tokens(english, with_calibration).interval.low)
        assert isnan(costs.fewer_tokens(english, stand_in).interval.low)

    def test_on_the_command_line(self, tmp_path: Path) -> None:
        path = load(tmp_path)
        command = [
            "cost",
            "--from",
            "gpt-4o",
            "--to",
            SONNET,
            "--to",
            OPUS,
            "-l",
            "en",
            "-f",
            "json",
        ]
        result = invoke(
            *command, "--encoding", f"{SONNET}={path}", "--encoding", f"{OPUS}=cl100k_base"
        )
        models = json.loads(result.stdout)["models"]
        assert [model["encoding"] for model in models] == [BASE, "claude", "cl100k_base"]

    @pytest.mark.parametrize("proxy", ["calibration", "c=field:usage"])
    def test_counts_of_one_model_do_not_stand_for_several(self, tmp_path: Path, proxy: str) -> None:
        given = load(tmp_path) if proxy == "calibration" else proxy
        with pytest.raises(ArgumentError, match=f"used for {SONNET} and {OPUS}. Say which"):
            compared(given, after=[SONNET, OPUS])
        result = invoke("cost", "--to", SONNET, "--to", OPUS, "--encoding", given)
        assert f"--encoding {SONNET}={given}" in result.stderr

    def test_that_no_model_needs(self, tmp_path: Path) -> None:
        for encoding in ("cl100k_base", load(tmp_path)):
            with pytest.raises(ArgumentError, match="would be ignored"):
                compared({"gpt-4o": encoding, SONNET: "gpt-4"})
        with pytest.raises(ArgumentError, match=r"would be ignored.*gpt-4o \(o200k_base\)"):
            compared(("cl100k_base", f"{SONNET}={load(tmp_path)}"))

    def test_one_calibration_for_both_sides(self, tmp_path: Path) -> None:
        given = {SONNET: load(tmp_path), OPUS: load(tmp_path)}
        with pytest.raises(ArgumentError, match="cannot be compared by claude"):
            compared(given, before=OPUS, after=SONNET)


class TestACalibration:
    def test_an_exact_one_equals_recorded_counts(self, tmp_path: Path) -> None:
        """Every number and interval is that of counts that were recorded by the same rule."""
        estimated = compared(load(tmp_path), volumes=VOLUMES)
        recorded = compared("claude=field:usage", volumes=VOLUMES)
        for costs, is_estimate in ((estimated, True), (recorded, False)):
            assert costs.models[1].is_estimate == is_estimate
            assert costs.total_bill(costs.models[1]).basis == "documents"
        rows = [
            [
                *(costs.fewer_tokens(row.counts, costs.models[1]).interval.low,),
                *(costs.times_cheaper(row.counts, costs.models[1]).interval.high,),
                costs.bill(row, costs.models[1]).interval.low,  # type: ignore[union-attr]
                float(costs.bill(row, costs.models[1]).total),  # type: ignore[union-attr]
            ]
            for costs in (estimated, recorded)
            for row in costs.rows
        ]
        assert rows[0] == pytest.approx(rows[2])
        assert rows[1] == pytest.approx(rows[3])
        assert float(estimated.total_bill(estimated.models[1]).total) == pytest.approx(
            float(recorded.total_bill(recorded.models[1]).total)
        )

    def test_its_errors_are_in_the_interval_of_a_bill(self, tmp_path: Path) -> None:
        """By hand: the tokens of a month have the variance of the factor, with the documents'."""
        exact = compared(load(tmp_path), volumes=VOLUMES)
        (tmp_path / "loose").mkdir()
        loose = compared(load(tmp_path / "loose", variance=0.01), volumes=VOLUMES)
        for one, other in zip(exact.rows, loose.rows, strict=True):
            narrow, wide = exact.bill(one, exact.models[1]), loose.bill(other, loose.models[1])
            assert narrow is not None
            assert wide is not None
            assert narrow.total == wide.total
            # 0.1 is the standard deviation of the factor: of the tokens of the base, in dollars.
            month = VOLUMES[one.group] * one.counts.tokens[BASE] / one.counts.characters
            margin = 1.959963985 * 0.1 * month * 3 / 1e6
            half = (narrow.interval.high - narrow.interval.low) / 2
            assert (wide.interval.high - wide.interval.low) / 2 == pytest.approx(
                sqrt(half**2 + margin**2), rel=1e-6
            )
            fewer = [
                costs.fewer_tokens(row.counts, costs.models[1]).interval
                for costs, row in ((exact, one), (loose, other))
            ]
            assert fewer[1].low < fewer[0].low < fewer[0].high < fewer[1].high

    def test_bounds_of_languages_add_up(self, tmp_path: Path) -> None:
        costs = compared(load(tmp_path, variance=0.01), volumes=VOLUMES)
        model = costs.models[1]
        bills = [bill for row in costs.rows if (bill := costs.bill(row, model))]
        total = costs.total_bill(model)
        assert total.interval.high - total.interval.low == pytest.approx(
            sum(bill.interval.high - bill.interval.low for bill in bills)
        )
        whole = costs.fewer_tokens(costs.total, model)
        assert whole.interval.low < whole.value < whole.interval.high
        exact = compared("claude=field:usage", volumes=VOLUMES)
        narrow = exact.fewer_tokens(exact.total, exact.models[1]).interval
        assert whole.interval.low < narrow.low < narrow.high < whole.interval.high

    def test_is_marked(self, tmp_path: Path) -> None:
        path = write_documents(tmp_path)
        volumes = tmp_path / "v.csv"
        volumes.write_text("language,characters\nen,1000000\nhi,2000000\n")
        command = ["cost", path, "--from", "gpt-4o", "--to", SONNET, "--volume", str(volumes)]
        command += ["--encoding", load(tmp_path)]
        shown = invoke(*command, "-f", "markdown").stdout.replace("\\", "")
        lines = [line for line in shown.splitlines() if line.startswith("|")]
        headings, _, *rows = ([c.strip(" *") for c in line.split("|")[1:-1]] for line in lines)
        for row in rows:
            for place, (heading, cell) in enumerate(zip(headings, row, strict=True)):
                if "interval" in heading:
                    assert cell.count("–") == 1 < len(cell), headings[place - 1]
                elif "≈" in heading or heading in ("more tokens", "times dearer"):
                    assert cell.startswith("≈ "), heading
                else:
                    assert "≈" not in cell, heading
        assert f"≈ {SONNET}: an estimate, by the calibration claude; each document" in shown
        content = json.loads(invoke(*command, "-f", "json").stdout)
        closed = content["rows"][0]["models"][SONNET]
        assert closed["bill"]["is_estimate"]
        assert closed["bill"]["interval"][0] < closed["bill"]["total"]
        assert content["models"][1]["is_estimate"]
        assert f"{SONNET}:3/15:claude:" in content["signature"]

    def test_a_language_without_a_factor(self, tmp_path: Path) -> None:
        documents = [*DOCUMENTS, *(Document(text=t, language=c) for t, c in udhr("fr"))]
        volumes = {**VOLUMES, "fr": 1_000_000}
        costs = compare_cost(
            documents,
            before="gpt-4o",
            after=SONNET,
            encoding=load(tmp_path),
            volumes=volumes,
            date=DAY,
        )
        french = next(row for row in costs.rows if row.group == "fr")
        model = costs.models[1]
        assert isnan(costs.fewer_tokens(french.counts, model).value)
        assert costs.per_million_characters(french.counts, model) is None
        for bill in (costs.bill(french, model), costs.total_bill(model)):
            assert bill is not None
            assert bill.total.is_nan()
            assert isnan(bill.interval.low)
        line = next(line for line in str(costs).splitlines() if line.startswith("French"))
        assert line.split()[3] == "–"
        record = next(r for r in costs.to_records() if r["language"] == "fr")
        assert record["tokens_after"] is None
        assert costs.to_frame()["tokens_after"].isna().tolist().count(True) == 1
        assert costs.saving(model) is not None
        back = compare_cost(
            documents,
            before=SONNET,
            after="gpt-4o",
            encoding=load(tmp_path),
            volumes={"fr": {"input_tokens": 1_000}},
            date=DAY,
        )
        (row,) = back.rows
        for each in back.models:
            bill = back.bill(row, each)
            assert bill is not None
            assert bill.total.is_nan()

    def test_volumes_in_its_tokens(self, tmp_path: Path) -> None:
        """The bill before is exact; the bill after has the errors of the calibration."""
        costs = compared(
            load(tmp_path, variance=0.01),
            before=SONNET,
            after="gpt-4o",
            volumes={"en": {"input_tokens": 1_000_000}},
        )
        (row,) = costs.rows
        before, after = (costs.bill(row, model) for model in costs.models)
        assert before is not None
        assert after is not None
        assert (float(before.total), before.basis, before.is_estimate) == (3, "volumes", False)
        assert (after.basis, after.is_estimate) == ("documents", True)
        tokens = row.counts.tokens
        assert float(after.total) == pytest.approx(2.5 * tokens[BASE] / tokens["claude"])
        assert after.interval.low < after.total < after.interval.high

    def test_built_in_text_has_no_interval_of_a_bill(self, tmp_path: Path) -> None:
        costs = compare_cost(
            before="gpt-4o",
            after=SONNET,
            encoding=load(tmp_path),
            volumes=VOLUMES,
            date=DAY,
        )
        bill = costs.total_bill(costs.models[1])
        assert bill.is_estimate
        assert isnan(bill.interval.low)
        assert any("There is no estimate for claude in" in note for note in costs.notes)

    def test_windows(self, tmp_path: Path) -> None:
        contexts = compare_context(
            DOCUMENTS, before="gpt-4o", after=SONNET, encoding=load(tmp_path), window=1_000
        )
        english = next(row.counts for row in contexts.rows if row.group == "en")
        assert contexts.characters(english, contexts.after) == pytest.approx(
            1_000 * english.characters / english.tokens["claude"]
        )
        assert contexts.after.is_estimate
        path = write_documents(tmp_path)
        shown = invoke(
            *("context", path, "--from", "gpt-4o", "--model", SONNET, "-f", "csv"),
            *("--encoding", f"{SONNET}={load(tmp_path)}"),
        ).stdout
        for record in csv.DictReader(io.StringIO(shown)):
            assert (record["is_estimate_before"], record["is_estimate_after"]) == ("False", "True")

    def test_cost_of_texts(self, tmp_path: Path) -> None:
        # "Hello" is one token: 2 + 7 are 9 tokens at 3 dollars a million.
        found = cost(
            Document(text="Hello", language="en"), SONNET, encoding=load(tmp_path), date=DAY
        )
        assert (found.input_tokens, found.total) == (9, Decimal("0.000027"))
        assert found.is_estimate
        found = cost("Hello", SONNET, encoding=load(tmp_path), date=DAY)
        assert found.total.is_nan()
        assert "no factor for its language" in found.notes[0]


class TestRecordedCounts:
    def test_are_no_estimate(self, tmp_path: Path) -> None:
        path = write_documents(tmp_path)
        command = ["cost", path, "--from", "gpt-4o", "--to", SONNET]
        result = invoke(*command, "--encoding", "claude=field:usage", "-f", "json")
        content = json.loads(result.stdout)
        assert [model["is_estimate"] for model in content["models"]] == [False, False]
        row = content["rows"][0]["models"][SONNET]
        assert row["tokens"] == sum(
            int(d.fields["usage"])
            for d in DOCUMENTS
            if d.language == content["rows"][0]["language"]
        )
        assert row["fewer_tokens"]["interval"] is not None
        note = f"{SONNET}: its provider counted its tokens, in the field usage."
        assert note in content["notes"]

    def test_cost_of_texts(self, tmp_path: Path) -> None:
        document = Document(text="Hello", fields={"usage": 10})
        found = cost([document], SONNET, encoding="claude=field:usage", date=DAY)
        assert (found.input_tokens, found.total, found.is_estimate) == (
            10,
            Decimal("0.00003"),
            False,
        )
        source = load_source(write_documents(tmp_path))
        found = cost(source, SONNET, encoding="claude=field:usage", date=DAY)
        assert found.input_tokens == sum(int(d.fields["usage"]) for d in DOCUMENTS)
        with pytest.raises(ArgumentError, match="recorded in the field 'usage'"):
            cost("Hello", SONNET, encoding="claude=field:usage", date=DAY)


def write_documents(folder: Path) -> str:
    path = folder / "documents.jsonl"
    lines = ({"text": d.text, "language": d.language, **d.fields} for d in DOCUMENTS)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)
