"""`calibrate`: from documents with recorded counts to a file, in Python and as a command."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tokcompare
from benchmarks.usage import CONSTANT, FACTORS, FEW, usage_lines, usage_records
from tests.command import invoke
from tests.files import write
from tests.usage import BASE, documents_with, udhr
from tokcompare import ArgumentError, Document, calibrate, compare, count_tokens, load_source
from tokcompare.encodings.closed.calibration import read_calibration
from tokcompare.estimates.calibrate import LEAST, CalibrationResult

TEXTS = udhr("en", "hi")
TRUTH = {"en": 1.37, "hi": 1.9}


def words(*lengths: int, language: str = "en", usage: Callable[[int], int]) -> Iterator[Document]:
    """Yields texts of so many tokens, with a number that is made of it."""
    for length in lengths:
        text = "word" + " word" * (length - 1)
        assert count_tokens(text, BASE) == length
        yield Document(text=text, language=language, fields={"usage": usage(length)})


class TestTruth:
    def test_is_recovered(self) -> None:
        """The factor is 1.37 and the constant 7; only rounding is in the way."""
        result = calibrate(documents_with(TEXTS, TRUTH, 7), field="usage", name="claude")
        assert result.constant == pytest.approx(7, abs=0.15)
        assert result.constant_low <= 7 <= result.constant_high
        for code, factor in TRUTH.items():
            fit = result.languages[code]
            assert fit.factor == pytest.approx(factor, abs=0.003)
            assert fit.low <= factor <= fit.high
        assert result.relative_error < 0.002

    def test_exactly(self) -> None:
        """By hand: 2 tokens for each of the base, and 7."""
        lengths = range(1, 21)
        result = calibrate(words(*lengths, usage=lambda n: 7 + 2 * n), field="usage")
        fit = result.languages["en"]
        assert (result.constant, fit.factor) == (7, 2)
        assert (fit.documents, fit.base_tokens, fit.tokens) == (20, 210, 7 * 20 + 2 * 210)
        assert result.relative_error == pytest.approx(0, abs=1e-9)

    def test_with_noise_it_is_in_the_intervals(self, tmp_path: Path) -> None:
        path = write(tmp_path / "usage.jsonl", usage_lines().encode())
        result = calibrate(load_source(path), field="usage_tokens")
        assert result.constant_low <= CONSTANT <= result.constant_high
        assert {*result.languages} == {*FACTORS} - {*FEW}
        for code, fit in result.languages.items():
            assert fit.low <= FACTORS[code] <= fit.high
        assert dict(result.too_few) == FEW

    def test_estimates_are_those_that_were_recorded(self, tmp_path: Path) -> None:
        """On the documents that it was fitted to, a language has the tokens that were recorded."""
        documents = documents_with(TEXTS, TRUTH, 7)
        path = tmp_path / "claude.json"
        path.write_text(calibrate(documents, field="usage").to_json())
        comparison = compare(documents, encodings=["real=field:usage", f"estimate={path}"])
        for row in comparison.rows:
            assert row.counts.tokens["estimate"] == row.counts.tokens["real"]


class TestLaws:
    @settings(max_examples=10)
    @given(st.randoms(use_true_random=False))
    def test_order_and_files_change_nothing(
        self, tmp_path_factory: pytest.TempPathFactory, generator: Any
    ) -> None:
        records = [record for record in usage_records() if record["language"] != "gu"]
        generator.shuffle(records)
        cut = generator.randrange(len(records))
        folder = tmp_path_factory.mktemp("usage")
        for name, part in (("a", records[:cut]), ("b", records[cut:])):
            lines = "".join(json.dumps(record) + "\n" for record in part)
            (folder / f"{name}.jsonl").write_text(lines)
        split = calibrate(load_source(folder), field="usage_tokens", resamples=100)
        documents = [
            Document(
                text=record["text"],
                language=record["language"],
                fields={"usage_tokens": record["usage_tokens"]},
            )
            for record in usage_records()
            if record["language"] != "gu"
        ]
        whole = calibrate(documents, field="usage_tokens", resamples=100)
        sources = ("source", "signature")
        assert {k: v for k, v in split.to_dict().items() if k not in sources} == {
            k: v for k, v in whole.to_dict().items() if k not in sources
        }

    def test_same_bytes(self, tmp_path: Path) -> None:
        path = write(tmp_path / "usage.jsonl", usage_lines().encode())
        files = []
        for name in ("a.json", "b.json"):
            output = str(tmp_path / name)
            command = ["calibrate", path, "--field", "usage_tokens", "--name", "claude"]
            assert invoke(*command, "-o", output).exit_code == 0
            files.append(Path(output).read_bytes())
        assert files[0] == files[1]
        again = calibrate(load_source(path), field="usage_tokens", name="claude")
        assert again.to_json().encode() == files[0]
        content = json.loads(files[0])
        assert content["tokcompare_calibration"] == 1
        assert content["base_sha256"].startswith("446a9538")
        assert read_calibration(files[0], "a.json").to_dict() == content == again.to_dict()
        assert "2026" not in files[0].decode()  # no date


class TestRefused:
    def test_too_few_documents(self) -> None:
        documents = words(*range(1, LEAST), usage=lambda n: n)
        with pytest.raises(ArgumentError, match=r"No language has 10 documents.*there are: en 9"):
            calibrate(documents, field="usage")
        with pytest.raises(ArgumentError, match="there are: none"):
            calibrate([], field="usage")

    def test_equal_lengths(self) -> None:
        documents = words(*[5] * 20, usage=lambda n: 12)
        with pytest.raises(ArgumentError, match="same number of tokens of o200k_base"):
            calibrate(documents, field="usage")

    def test_zeros(self) -> None:
        documents = words(*range(1, 21), usage=lambda n: 0)
        with pytest.raises(ArgumentError, match="'usage' is 0 in each document"):
            calibrate(documents, field="usage")

    def test_a_negative_factor(self) -> None:
        documents = words(*range(1, 21), usage=lambda n: 100 - n)
        with pytest.raises(ArgumentError, match="The factor of 'en' would be -1"):
            calibrate(documents, field="usage")

    @pytest.mark.parametrize("encoding", ["x=field:usage", "calibration"])
    def test_a_base_without_tokens(self, tmp_path: Path, encoding: str) -> None:
        documents = list(words(*range(1, 21), usage=lambda n: n + 7))
        if encoding == "calibration":
            path = tmp_path / "c.json"
            path.write_text(calibrate(documents, field="usage").to_json())
            encoding = str(path)
        with pytest.raises(ArgumentError, match="has no tokens of its own"):
            calibrate(documents, field="usage", encoding=encoding)

    def test_a_base_without_a_name(self) -> None:
        class Bytes:
            name, vocabulary_size = "bytes", 256

            def encode(self, text: str) -> list[int]:
                return list(text.encode())

        for name in ("bytes", "o200k_base"):
            encoding = Bytes()
            encoding.name = name
            with pytest.raises(ArgumentError, match="is not loaded by its name alone"):
                calibrate([], field="usage", encoding=encoding)

    @pytest.mark.parametrize("name", ["", "a b", "o200k_base"])
    def test_a_name_that_no_encoding_can_have(self, name: str) -> None:
        with pytest.raises(ArgumentError, match="would be called"):
            calibrate([], field="usage", name=name)

    def test_texts_without_the_field(self) -> None:
        with pytest.raises(ArgumentError, match="recorded in the field 'usage'"):
            calibrate([Document(text="a")], field="usage")


class TestDocumentsThatAreNoPart:
    def test_without_tokens(self) -> None:
        documents = [*words(*range(1, 21), usage=lambda n: n + 7)]
        result = calibrate(
            [*documents, Document(text="", language="en", fields={"usage": 7})], field="usage"
        )
        assert (result.documents, result.without_tokens) == (20, 1)
        assert result.notes[-1] == "1 document has no token of o200k_base, and no part in the fit."

    def test_that_cannot_be_read(self, tmp_path: Path) -> None:
        content = usage_lines() + '{"text": "a", "usage_tokens": -1}\n'
        path = write(tmp_path / "a.jsonl", content.encode())
        command = ["calibrate", path, "--field", "usage_tokens", "-f", "json"]
        result = invoke(*command)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "must be a whole number of tokens, 0 or more, not -1" in result.stderr
        result = invoke(*command, "--on-error", "skip")
        assert result.exit_code == 1
        assert json.loads(result.stdout)["rejected"] == 1

    def test_a_constant_below_zero(self) -> None:
        documents = words(*range(2, 40), usage=lambda n: 2 * n - 1)
        result = calibrate(documents, field="usage")
        assert (result.constant, result.constant_low, result.constant_high) == (0, 0, 0)
        assert any(note.startswith("The fit gave a constant below 0") for note in result.notes)


class TestOutputs:
    @pytest.fixture
    def path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.chdir(tmp_path)
        return write(Path("usage.jsonl"), usage_lines().encode())

    @pytest.fixture
    def result(self, path: str) -> CalibrationResult:
        return calibrate(load_source(path), field="usage_tokens", name="claude")

    def test_golden(self, path: str, golden: Callable[[str, str], None]) -> None:
        command = ["calibrate", path, "--field", "usage_tokens", "--name", "claude"]
        shown = invoke(*command, "--signature")
        assert (shown.exit_code, shown.stderr) == (0, "")
        head, _, _ = shown.stdout.rpartition("tokcompare:")
        golden("calibrate.txt", head)
        markdown = invoke(*command, "-f", "markdown").stdout
        golden("calibrate.md", markdown.rpartition("`tokcompare:")[0])

    def test_golden_report(self, path: str, golden: Callable[[str, str], None]) -> None:
        command = ["calibrate", path, "--field", "usage_tokens", "-o", "claude.json"]
        written = invoke(*command)
        assert (written.exit_code, written.stdout) == (0, "")
        assert written.stderr.startswith("Note: ≈ claude is a factor for each language times")
        encodings = ["-e", BASE, "-e", "recorded=field:usage_tokens", "-e", "claude.json"]
        languages = ["-l", "en", "-l", "hi", "-l", "fr"]
        report = invoke("report", path, *encodings, *languages, "--signature")
        golden("report-estimates.txt", report.stdout.rpartition("tokcompare:")[0])
        report = invoke("report", path, *encodings, *languages, "-f", "markdown")
        golden("report-estimates.md", report.stdout.rpartition("`tokcompare:")[0])
        csv_report = invoke("report", path, *encodings, *languages, "-f", "csv")
        golden("report-estimates.csv", csv_report.stdout)

    def test_in_python(self, result: CalibrationResult, path: str) -> None:
        command = ["calibrate", path, "--field", "usage_tokens", "--name", "claude"]
        assert repr(result) == "<Calibration of claude: 3 languages>"
        assert result.to_markdown() == invoke(*command, "-f", "markdown").stdout
        assert str(result).splitlines()[:6] == invoke(*command).stdout.splitlines()[:6]
        assert '<th scope="row">Gujarati</th>' in result._repr_html_()
        rows = list(csv.DictReader(invoke(*command, "-f", "csv").stdout.splitlines()))
        assert [row["language"] for row in rows] == ["en", "gu", "hi"]
        assert float(rows[0]["factor"]) == result.languages["en"].factor
        assert list(rows[0]) == result.columns
        assert tokcompare.calibrate is calibrate

    def test_intervals(self, result: CalibrationResult, path: str) -> None:
        linear = calibrate(load_source(path), field="usage_tokens", resamples=0)
        assert linear.method.endswith("intervals linear")
        assert result.method.endswith("intervals bootstrap-t,2000,seed 0")
        half = 1.959964 * linear.languages["en"].variance ** 0.5
        assert linear.languages["en"].high == pytest.approx(
            linear.languages["en"].factor + half, rel=1e-6
        )
        narrow = calibrate(load_source(path), field="usage_tokens", confidence=0.5)
        assert narrow.confidence == 0.5
        for code, fit in narrow.languages.items():
            assert result.languages[code].low < fit.low < fit.high < result.languages[code].high
        other = calibrate(load_source(path), field="usage_tokens", seed=1)
        assert other.constant_low != result.constant_low
        assert other.constant == result.constant

    def test_name(self, path: str) -> None:
        for options, name in (
            (["-o", "sonnet.json"], "sonnet"),
            (["-o", "sonnet.json", "--name", "opus"], "opus"),
            (["-f", "json"], "calibrated"),
            (["-f", "json", "-o", "-"], "calibrated"),
        ):
            shown = invoke("calibrate", path, "--field", "usage_tokens", *options)
            text = shown.stdout or Path("sonnet.json").read_text()
            assert json.loads(text)["name"] == name

    def test_wrong_usage(self, path: str) -> None:
        assert invoke("calibrate", path).exit_code == 2
        result = invoke("calibrate", "--field", "usage_tokens")
        assert result.exit_code == 2
        assert "Name a SOURCE" in result.stderr
        result = invoke("calibrate", path, "--field", "usage_tokens", "-o", path, "-f", "json")
        assert result.exit_code == 1
        assert "is also the input" in result.stderr
        assert Path(path).read_text() == usage_lines()
        result = invoke("report", path, "-e", "c=claude.json", "-o", "claude.json")
        assert result.exit_code == 1
        assert not Path("claude.json").exists()
