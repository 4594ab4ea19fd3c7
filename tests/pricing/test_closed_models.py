"""Models whose tokenizers are not public: marked, without intervals, and not always comparable."""

from __future__ import annotations

import csv
import io
import json
from math import isnan
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tokcompare import (
    ArgumentError,
    Document,
    TokcompareError,
    UnknownNameError,
    compare_context,
    compare_cost,
    cost,
)
from tokcompare.cli import main

TEXTS = [
    Document(text=text, language=language)
    for language, text in (
        ("en", "Hello, world! " * 20),
        ("en", "It rains. "),
        ("gu", "નમસ્તે " * 20),
    )
]
CLAUDE = ["--from", "gpt-4o", "--to", "claude-3-opus", "--encoding", "cl100k_base"]


def run(*arguments: str) -> Any:
    return CliRunner().invoke(main, [*arguments])


@pytest.fixture
def volumes(tmp_path: Path) -> str:
    path = tmp_path / "volumes.csv"
    path.write_text("language,characters\nen,1000000\nhi,2000000\n", encoding="utf-8")
    return str(path)


class TestMarks:
    def test_every_derived_cell_of_a_table(self, volumes: str) -> None:
        command = ["cost", *CLAUDE, "--volume", volumes, "--requests", "500", "-f", "markdown"]
        shown = run(*command).stdout.replace("\\", "")
        lines = [line for line in shown.splitlines() if line.startswith("|")]
        headings, _, *rows = (
            [cell.strip(" *") for cell in line.split("|")[1:-1]] for line in lines
        )
        assert len(rows) == 3
        derived = {
            *("tokens ≈ claude-3-opus", "$/M chars ≈ claude-3-opus", "fewer or more tokens"),
            *("more tokens", "times dearer", "$/1,000 requests ≈ claude-3-opus"),
            "bill ≈ claude-3-opus",
        }
        for row in rows:
            for place, (heading, cell) in enumerate(zip(headings, row, strict=True)):
                if heading in derived:
                    assert cell.startswith("≈ "), heading
                elif "interval" in heading and "gpt-4o" not in headings[place - 1]:
                    assert cell == "–", headings[place - 1]
                elif "gpt-4o" in heading:
                    assert "≈" not in cell, heading
        assert derived & set(headings) >= derived - {"fewer or more tokens"}
        assert shown.startswith("gpt-4o → ≈ claude-3-opus: $")
        assert "→ ≈ $" in shown

    def test_intervals_are_null(self, volumes: str) -> None:
        content = json.loads(run("cost", *CLAUDE, "--volume", volumes, "-f", "json").stdout)
        for row in [*content["rows"], content["total"]]:
            closed, known = (row["models"][model] for model in ("claude-3-opus", "gpt-4o"))
            assert closed["fewer_tokens"]["interval"] is None
            assert closed["times_cheaper"]["interval"] is None
            assert closed["bill"]["interval"] is None
            assert closed["bill"]["is_estimate"]
            assert known["bill"]["interval"] is not None
            assert not known["bill"]["is_estimate"]
        (after,) = content["month"]["after"]
        assert (after["interval"], after["is_estimate"]) == (None, True)
        shown = run("cost", *CLAUDE, "--volume", volumes, "-f", "csv").stdout
        for row in csv.DictReader(io.StringIO(shown)):
            marks = [row[f"is_estimate{when}"] for when in ("", "_before", "_after")]
            assert marks == ["True", "False", "True"]
            empty = ("fewer_tokens_low", "fewer_tokens_high", "bill_after_low", "bill_after_high")
            assert [row[column] for column in empty] == [""] * 4
            assert row["bill_before_low"]

    def test_side_by_side(self) -> None:
        command = ["cost", "--to", "gpt-4o", "--to", "claude-3-opus", "--encoding", "o200k_base"]
        row = run(*command, "-l", "hi", "-f", "markdown").stdout.replace("\\", "").splitlines()[2]
        cells = [cell.strip() for cell in row.split("|")[1:-1]]
        # language, chars, dollars before, dollars and factor of gpt-4o, and of claude-3-opus.
        assert [cell.startswith("≈") for cell in cells[2:7]] == [False] * 3 + [True] * 2

    def test_windows(self) -> None:
        command = ["context", "--model", "claude-3-opus", "--encoding", "o200k_base", "-l", "hi"]
        lines = run(*command, "-f", "markdown").stdout.replace("\\", "").splitlines()
        headings, row = (
            [c.strip() for c in line.split("|")[1:-1]] for line in (lines[0], lines[2])
        )
        for heading, cell in zip(headings, row, strict=True):
            is_derived = "claude" in heading or heading == "speed"
            assert cell.startswith("≈") == (is_derived and cell != "–"), heading
        (record,) = csv.DictReader(io.StringIO(run(*command, "-f", "csv").stdout))
        assert (record["is_estimate_before"], record["is_estimate_after"]) == ("False", "True")
        contexts = compare_context(TEXTS, after="claude-3-opus", encoding="o200k_base")
        assert list(contexts.to_frame().columns) == contexts.columns

    def test_in_python(self) -> None:
        costs = compare_cost(TEXTS, before="claude-3-opus", after="gpt-4o", encoding="cl100k_base")
        for counts in (costs.rows[0].counts, costs.total):
            measured = costs.fewer_tokens(counts, costs.models[1])
            assert measured.value > 0
            assert isnan(measured.interval.low)
            assert isnan(costs.times_cheaper(counts, costs.models[1]).interval.low)
        assert repr(costs) == "<CostComparison ≈ claude-3-opus -> gpt-4o: 2 languages>"
        found = cost("Hello", "claude-3-opus", encoding="o200k_base")
        assert "≈ $" in repr(found)
        assert "≈ claude-3-opus: an estimate." in str(found)


class TestOneStandInForBothSides:
    @pytest.mark.parametrize(
        ("before", "after", "encoding"),
        [
            ("claude-3-opus", "gpt-4o", "o200k_base"),
            ("gpt-4o", "claude-3-opus", "o200k_base"),
            ("gpt-4-turbo", "claude-3-opus", "cl100k_base"),
            ("claude-3-opus", "gemini-1.5-pro", "o200k_base"),
            ("gpt-4o", ["gpt-4-turbo", "claude-3-opus"], "o200k_base"),
        ],
    )
    def test_is_refused(self, before: str, after: Any, encoding: str) -> None:
        with pytest.raises(
            ArgumentError, match=f"cannot be compared by {encoding}: it would count"
        ):
            compare_cost(TEXTS, before=before, after=after, encoding=encoding)
        if isinstance(after, str):
            with pytest.raises(ArgumentError, match=f"cannot be compared by {encoding}"):
                compare_context(TEXTS, before=before, after=after, encoding=encoding)

    def test_is_refused_by_the_command(self) -> None:
        closed = ["--from", "claude-3-opus", "--encoding", "o200k_base"]
        for command in (["cost", "--to", "gpt-4o"], ["context", "--model", "gpt-4o"]):
            result = run(*command, *closed)
            assert result.exit_code == 1
            assert "The tokenizer of claude-3-opus is not public" in result.stderr
            assert "Give another --encoding." in result.stderr

    def test_two_known_models_of_one_encoding_can_be_compared(self) -> None:
        costs = compare_cost(TEXTS, before="gpt-4o", after="gpt-4o-mini")
        assert costs.fewer_tokens(costs.total, costs.models[1]).value == 1


class TestIgnoredOptions:
    def test_encoding(self) -> None:
        calls: list[Any] = [
            lambda: cost("Hello", "gpt-4o", encoding="cl100k_base"),
            lambda: compare_cost(TEXTS, before="gpt-4", after="gpt-4o", encoding="cl100k_base"),
            lambda: compare_context(TEXTS, before="gpt-4", after="gpt-4o", encoding="gpt2"),
        ]
        for call in calls:
            with pytest.raises(ArgumentError, match=r"would be ignored.*Leave out encoding="):
                call()
        for command in ("cost", "context"):
            result = run(command, "--encoding", "cl100k_base")
            assert result.exit_code == 1
            assert "Leave out --encoding" in result.stderr

    def test_batch(self) -> None:
        with pytest.raises(ArgumentError, match=r"would be ignored.*Leave out batch=True"):
            cost("Hello", "gpt-4o", batch=True, prices={"gpt-4o": "1/2"})
        given = ["--price", "gpt-4o=1/2", "--price", "gpt-4-turbo=1/2", "--batch"]
        assert "Leave out --batch." in run("cost", *given).stderr


class TestHints:
    """In Python they name options of Python, on the command line those of the command."""

    @pytest.mark.parametrize(
        ("call", "hint"),
        [
            (lambda: cost("a", "qwen-max"), r"prices=\{'qwen-max': 'INPUT/OUTPUT'\}"),
            (
                lambda: compare_cost("a", before="gpt-4", after="qwen-max"),
                r"prices=\{'qwen-max': 'INPUT/OUTPUT'\}",
            ),
            (lambda: cost("a", "claude-3-opus"), "encoding='o200k_base'"),
            (lambda: compare_context("a", after="claude-3-opus"), "encoding='o200k_base'"),
            (lambda: compare_context("a", after="qwen-max"), "window=TOKENS"),
            (lambda: cost("a", "gpt-4o", prices={"gpt-4o": "x"}), r"prices=\{'gpt-4o': '2.5/10'\}"),
        ],
    )
    def test_in_python(self, call: Any, hint: str) -> None:
        with pytest.raises(TokcompareError, match=hint) as caught:
            call()
        assert "--" not in str(caught.value)

    @pytest.mark.parametrize(
        ("command", "hint"),
        [
            (["cost", "--to", "qwen-max"], "--price qwen-max=INPUT/OUTPUT"),
            (["cost", "--to", "claude-3-opus"], "--encoding o200k_base"),
            (["context", "--model", "claude-3-opus"], "--encoding o200k_base"),
            (["context", "--model", "qwen-max"], "--window TOKENS"),
        ],
    )
    def test_on_the_command_line(self, command: list[str], hint: str) -> None:
        result = run(*command)
        assert result.exit_code == 1
        assert hint in result.stderr
        assert "='" not in result.stderr
        assert "prices=" not in result.stderr

    def test_an_option_in_the_hint_is_enough(self) -> None:
        assert cost("a", "qwen-max", encoding="o200k_base", prices={"qwen-max": "1/2"}).total
        contexts = compare_context("a", after="qwen-max", encoding="o200k_base", window=1_000)
        assert contexts.after.tokens == 1_000
        with pytest.raises(UnknownNameError):
            cost("a", "qwen-max", encoding="o200k_base")
