"""`tokcompare diff`: what changed between two reports, what is said, and what is refused."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.command import invoke
from tests.files import write as write_bytes

ROOT_TEXTS = {
    "en": ["one two three", "four five six seven", "eight nine"],
    "hi": ["नमस्ते दुनिया", "आप कैसे हैं", "मैं ठीक हूँ"],
}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_texts("a.jsonl", ROOT_TEXTS)


def write_texts(path: str, texts: dict[str, list[str]]) -> None:
    lines = [
        json.dumps({"text": text, "language": code, "topic": "t"})
        for code, of_language in texts.items()
        for text in of_language
    ]
    write_bytes(Path(path), "\n".join(lines).encode())


def report(name: str, *arguments: str) -> dict[str, Any]:
    result = invoke("report", *arguments, "-f", "json", "-o", name)
    assert result.exit_code == 0, result.output
    content: dict[str, Any] = json.loads(Path(name).read_bytes())
    return content


def edit(source: str, target: str, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(Path(source).read_bytes())
    change(content)
    Path(target).write_text(json.dumps(content), encoding="utf-8")


def diff(*arguments: str, code: int = 0) -> Result:
    result = invoke("diff", *arguments)
    assert result.exit_code == code, result.output
    return result


def found(*arguments: str) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Returns the differences that JSON lists, by group, encoding and quantity."""
    content = json.loads(diff(*arguments, "-f", "json").stdout)
    return {
        (each["group"], each["encoding"], each["quantity"]): each for each in content["differences"]
    }


LONGER = {"en": ROOT_TEXTS["en"], "hi": [f"{text} one two" for text in ROOT_TEXTS["hi"]]}


class TestDifferences:
    def test_nothing_changed(self) -> None:
        report("old.json", "a.jsonl", "-m", "all")
        for new in ("old.json", "a.jsonl"):
            shown = diff("old.json", new).stdout
            assert shown.startswith(f"'old.json' → '{new}': no number has changed.\n")
            content = json.loads(diff("old.json", new, "-f", "json").stdout)
            assert content["has_changed"] is False
            assert len(content["differences"]) > 30
            assert all(each["change"] in (0, None) for each in content["differences"])

    def test_a_changed_row(self) -> None:
        old = report("old.json", "a.jsonl")
        write_texts("b.jsonl", LONGER)
        new = report("new.json", "b.jsonl")
        differences = found("old.json", "new.json")
        tokens = differences["hi", "o200k_base", "tokens"]
        before, after = (r["rows"][1]["tokens"]["o200k_base"] for r in (old, new))
        # Each of three documents got two tokens more.
        assert (tokens["before"], tokens["after"], tokens["change"]) == (before, before + 6, 6)
        assert after == before + 6
        assert tokens["relative_change"] == 6 / before
        assert tokens["is_within"] is None
        assert differences["en", "o200k_base", "tokens"]["change"] == 0
        assert differences["total", "o200k_base", "tokens"]["change"] == 6
        shown = diff("old.json", "new.json").stdout
        assert "'old.json' → 'new.json': 1 row has changed;" in shown
        assert "English" not in shown

    def test_within_and_outside_of_the_interval(self) -> None:
        old = report("old.json", "a.jsonl", "-m", "fertility")

        def move(content: dict[str, Any], share: float) -> None:
            low, high = content["rows"][1]["intervals"]["fertility"]["o200k_base"]
            content["rows"][1]["fertility"]["o200k_base"] = low + share * (high - low)

        expected = {-0.01: False, 0.0: True, 0.5: True, 1.0: True, 1.01: False}
        for share, is_within in expected.items():
            edit("old.json", "new.json", partial(move, share=share))
            each = found("old.json", "new.json")["hi", "o200k_base", "fertility"]
            assert each["is_within"] is is_within, share
            assert [each["low"], each["high"]] == (
                old["rows"][1]["intervals"]["fertility"]["o200k_base"]
            )

    def test_the_interval_is_that_of_the_old_report(self) -> None:
        report("old.json", "a.jsonl", "-m", "fertility", "--confidence", "0.5")
        edit("old.json", "new.json", lambda content: content.update(confidence=0.9))
        assert "50% interval" in diff("old.json", "new.json").stdout

    def test_rows_that_are_in_one_report_only(self) -> None:
        report("old.json", "a.jsonl")
        report("en.json", "a.jsonl", "-l", "en")
        result = diff("old.json", "en.json")
        assert "Only in 'old.json': Hindi." in result.stdout
        each = found("old.json", "en.json")["hi", "o200k_base", "tokens"]
        assert (each["after"], each["change"]) == (None, None)
        assert found("en.json", "old.json")["hi", "o200k_base", "tokens"]["before"] is None
        assert "Only in 'old.json': Hindi." in diff("en.json", "old.json").stdout

    def test_rows_by_field_and_by_source(self) -> None:
        write_texts("b.jsonl", LONGER)
        for by, group in (("topic", "t"), ("source", "a.jsonl")):
            report("old.json", "a.jsonl", "--by", by)
            assert found("old.json", "a.jsonl")[group, "o200k_base", "tokens"]["change"] == 0
        assert "a.jsonl" in diff("old.json", "b.jsonl").stdout

    @pytest.mark.parametrize(("name", "suffix"), [("table", "txt"), ("markdown", "md")])
    def test_output(self, name: str, suffix: str, golden: Callable[[str, str], None]) -> None:
        report("old.json", "a.jsonl", "-m", "compression_ratio", "-m", "fertility")
        write_texts("b.jsonl", LONGER)
        report("new.json", "b.jsonl", "-m", "compression_ratio", "-m", "fertility")
        golden(f"diff.{suffix}", diff("old.json", "new.json", "-f", name).stdout)

    def test_csv(self) -> None:
        report("old.json", "a.jsonl")
        write_texts("b.jsonl", LONGER)
        result = diff("old.json", "b.jsonl", "-f", "csv")
        rows = list(csv.DictReader(result.stdout.splitlines()))
        assert {row["name"] for row in rows} == {"English", "Hindi", "Total"}
        assert "Note: source: a.jsonl (" in result.stderr

    def test_one_encoding_has_no_column(self) -> None:
        report("old.json", "a.jsonl", "-e", "o200k_base")
        write_texts("b.jsonl", LONGER)
        assert diff("old.json", "b.jsonl").stdout.splitlines()[2].split()[:2] == [
            "language",
            "number",
        ]


class TestFailAbove:
    @pytest.fixture(autouse=True)
    def _reports(self) -> None:
        report("old.json", "a.jsonl", "-e", "o200k_base")
        write_texts("b.jsonl", LONGER)

    def test_changes_alone_are_no_failure(self) -> None:
        diff("old.json", "b.jsonl")

    def test_exceeded(self) -> None:
        result = diff("old.json", "b.jsonl", "--fail-above", "5", code=1)
        assert result.stderr == (
            "Error: Tokens grew by more than 5 tokens: Hindi under o200k_base, Total under "
            "o200k_base.\n"
        )
        assert "1 row has changed" in result.stdout
        assert diff("old.json", "b.jsonl", "--fail-above", "10%", code=1).stdout == result.stdout

    def test_not_exceeded(self) -> None:
        assert diff("old.json", "b.jsonl", "--fail-above", "6").stderr == ""
        write_texts("b.jsonl", {"en": ["one"], "hi": ["one"]})
        diff("old.json", "b.jsonl", "--fail-above", "0%")

    def test_wrong_usage(self) -> None:
        assert "takes a percentage" in diff("old.json", "x", "--fail-above", "x", code=2).stderr


class TestRefused:
    @pytest.mark.parametrize(
        ("part", "old", "new"),
        [
            ("normalization", "none", "NFC"),
            ("special", "as-text", "as-tokens"),
            ("aggregation", "ratio-of-sums", "mean-of-ratios"),
        ],
    )
    def test_parts_of_the_signature(self, part: str, old: str, new: str) -> None:
        report("old.json", "a.jsonl")
        edit(
            "old.json",
            "new.json",
            lambda content: content.update(
                signature=content["signature"].replace(f"|{part}:{old}|", f"|{part}:{new}|")
            ),
        )
        result = diff("old.json", "new.json", code=1)
        assert result.stdout == ""
        assert result.stderr == (
            f"Error: The reports cannot be compared: {part} is {old!r} in 'old.json' and {new!r} "
            "in 'new.json'.\n"
        )

    def test_normalization(self) -> None:
        report("old.json", "a.jsonl")
        report("new.json", "a.jsonl", "--normalize", "NFC")
        message = "normalization is 'none' in 'old.json' and 'NFC' in 'new.json'"
        assert message in diff("old.json", "new.json", code=1).stderr

    def test_rows(self) -> None:
        report("old.json", "a.jsonl")
        report("new.json", "a.jsonl", "--by", "source")
        message = "by is 'language' in 'old.json' and 'source' in 'new.json'"
        assert message in diff("old.json", "new.json", code=1).stderr

    def test_the_hash_of_an_encoding(self) -> None:
        report("old.json", "a.jsonl")
        text = Path("old.json").read_text(encoding="utf-8")
        write_bytes(Path("new.json"), text.replace("@446a9538", "@00000000").encode())
        assert diff("old.json", "new.json", code=1).stderr == (
            "Error: The reports cannot be compared: the encoding o200k_base has the SHA-256 "
            "446a9538… in 'old.json' and 00000000… in 'new.json'.\n"
        )

    def test_no_encoding_in_common(self) -> None:
        report("old.json", "a.jsonl", "-e", "o200k_base")
        report("new.json", "a.jsonl", "-e", "cl100k_base")
        message = "no encoding in common: o200k_base in 'old.json', cl100k_base in 'new.json'."
        assert message in diff("old.json", "new.json", code=1).stderr


class TestSaid:
    def notes(self, *arguments: str) -> str:
        return " ".join(json.loads(diff(*arguments, "-f", "json").stdout)["notes"])

    def test_another_source(self) -> None:
        report("old.json", "a.jsonl")
        write_texts("b.jsonl", LONGER)
        assert "source: a.jsonl (" in self.notes("old.json", "b.jsonl")

    def test_another_version(self) -> None:
        report("old.json", "a.jsonl")
        text = Path("old.json").read_text(encoding="utf-8")
        write_bytes(Path("new.json"), text.replace("tokcompare:0.1.0", "tokcompare:9").encode())
        assert self.notes("old.json", "new.json") == "tokcompare: 0.1.0 → 9."

    def test_a_part_that_only_one_has(self) -> None:
        report("old.json", "a.jsonl")
        text = Path("old.json").read_text(encoding="utf-8")
        text = text.replace("|interval:", "|date:2026-11-01|interval:")
        write_bytes(Path("new.json"), text.encode())
        assert self.notes("old.json", "new.json") == "date: none → 2026-11-01."
        assert self.notes("new.json", "old.json") == "date: 2026-11-01 → none."

    def test_another_encoding_and_metric(self) -> None:
        report("old.json", "a.jsonl", "-m", "fertility", "-m", "bytes_per_token")
        report("new.json", "a.jsonl", "-e", "o200k_base", "-m", "fertility")
        notes = self.notes("old.json", "new.json")
        assert "Only in 'old.json': the encoding cl100k_base." in notes
        assert "Only in 'old.json': the metric bytes_per_token." in notes

    def test_metrics_that_relate_to_something_else(self) -> None:
        metrics = (
            *("-m", "compression_ratio", "-m", "premium", "-m", "fertility"),
            *("-m", "normalized_sequence_length"),
        )
        report("old.json", "a.jsonl", *metrics)
        both = ("-e", "o200k_base", "-e", "cl100k_base")
        report("new.json", "a.jsonl", *metrics, *both, "--reference", "hi")
        notes = self.notes("old.json", "new.json")
        assert (
            "compression_ratio is not compared: the baseline is cl100k_base and now o200k_base."
        ) in notes
        assert "premium is not compared: its reference is en and now hi." in notes
        assert (
            "normalized_sequence_length is not compared: its reference-encoding is cl100k_base and "
            "now o200k_base."
        ) in notes
        assert {key[2] for key in found("old.json", "new.json")} == {"tokens", "fertility"}

    def test_another_number_of_documents(self) -> None:
        report("old.json", "a.jsonl")
        write_texts("b.jsonl", {"en": ROOT_TEXTS["en"], "hi": ROOT_TEXTS["hi"][:2]})
        assert "Another number of documents: Hindi." in self.notes("old.json", "b.jsonl")

    def test_lists_are_short(self) -> None:
        report("old.json", "gpt-4o")
        report("new.json", "gpt-4o", "-l", "en")
        assert " and 11 more." in self.notes("old.json", "new.json")


class TestSource:
    """A source is counted as the old report was."""

    def test_all_settings(self) -> None:
        options = (
            *("-e", "o200k_base", "-e", "cl100k_base", "--normalize", "NFC", "--confidence", "0.9"),
            *("--bootstrap", "200", "--seed", "3", "--reference", "hi", "-l", "en", "-l", "hi"),
            *("--reference-encoding", "cl100k_base", "-m", "premium"),
            *("-m", "normalized_sequence_length"),
        )
        report("old.json", "a.jsonl", *options)
        content = json.loads(diff("old.json", "a.jsonl", "-f", "json").stdout)
        assert content["old"]["signature"] == content["new"]["signature"]
        assert content["has_changed"] is False

    def test_languages_of_the_report(self) -> None:
        report("old.json", "a.jsonl", "-l", "en")
        assert {key[0] for key in found("old.json", "a.jsonl")} == {"en", "total"}
        assert ("hi", "o200k_base", "tokens") in found("old.json", "a.jsonl", "-l", "hi")

    def test_reading(self) -> None:
        write_bytes(Path("en.txt"), b"one two\nthree")
        report("old.json", "en.txt", "--per-line", "-l", "en")
        # Without the line feed that is no part of a line.
        assert (
            found("old.json", "en.txt", "--per-line", "-l", "en")["en", "o200k_base", "tokens"][
                "change"
            ]
            == 0
        )
        assert found("old.json", "en.txt", "-l", "en")["en", "o200k_base", "tokens"]["change"] == 1

    def test_several_and_standard_input(self) -> None:
        report("old.json", "a.jsonl", "gpt-4o")
        assert diff("old.json", "a.jsonl", "gpt-4o").stdout.count("no number has changed") == 1
        result = invoke(
            "diff", "old.json", "-", "--input-format", "jsonl", stdin=Path("a.jsonl").read_bytes()
        )
        assert result.exit_code == 0

    def test_a_source_of_json_is_no_report(self) -> None:
        report("old.json", "a.jsonl", "-l", "en")
        write_bytes(Path("b.json"), b'{"text": "one two", "language": "en"}')
        assert found("old.json", "b.json")["en", "o200k_base", "tokens"]["after"] == 2

    def test_tokenizer_files(self, tmp_path: Path) -> None:
        from tokenizers import Tokenizer, models, pre_tokenizers

        for name in ("one", "two"):
            tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, name: 1}, unk_token="[UNK]"))
            tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
            tokenizer.save(str(tmp_path / f"{name}.json"))
        report("old.json", "a.jsonl", "-e", "mine=one.json", "-m", "bytes_per_token")
        result = diff("old.json", "a.jsonl", code=1)
        start = "Error: An encoding of 'old.json' is not known by its name alone. Unknown encoding "
        assert result.stderr.startswith(start)
        assert "-e NAME=PATH says where its file is." in result.stderr
        assert "no number has changed" in diff("old.json", "a.jsonl", "-e", "mine=one.json").stdout
        result = diff("old.json", "a.jsonl", "-e", "mine=two.json", code=1)
        assert "the encoding mine has the SHA-256" in result.stderr

    def test_unknown_encoding(self) -> None:
        report("old.json", "a.jsonl")
        assert "Unknown encoding 'x'" in diff("old.json", "a.jsonl", "-e", "x", code=1).stderr

    def test_unreadable_record(self) -> None:
        report("old.json", "a.jsonl")
        write_bytes(Path("b.jsonl"), b"{}")
        assert "'b.jsonl', line 1" in diff("old.json", "b.jsonl", code=1).stderr

    def test_unknown_interval(self) -> None:
        report("old.json", "a.jsonl")
        text = Path("old.json").read_text(encoding="utf-8").replace("0.95,linear", "bayes")
        write_bytes(Path("old.json"), text.encode())
        assert "the interval 'bayes' of its signature" in diff("old.json", "a.jsonl", code=1).stderr


class TestFiles:
    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_as_a_shell_of_windows_writes_it(self, encoding: str) -> None:
        report("old.json", "a.jsonl")
        text = Path("old.json").read_text(encoding="utf-8").replace("\n", "\r\n")
        Path("new.json").write_bytes(text.encode(encoding))
        assert "no number has changed" in diff("new.json", "old.json").stdout

    def test_other_names(self) -> None:
        report("old.json", "a.jsonl")
        write_bytes(Path("old.txt"), Path("old.json").read_bytes())
        write_bytes(Path("old.json.gz"), gzip.compress(Path("old.json").read_bytes()))
        for name in ("old.txt", "old.json.gz"):
            assert "no number has changed" in diff("old.json", name).stdout
            assert "no number has changed" in diff(name, "old.json").stdout

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "it is no object of JSON"),
            (b"[]", "it is no object of JSON"),
            (b"{", "Expecting property name"),
            (b"{}", "it has no signature"),
            (b'{"signature": 5}', "'schema' is missing"),
            (b'{"a": ' + b"[" * 100_000, "recursion"),
        ],
    )
    def test_no_report(self, content: bytes, message: str) -> None:
        write_bytes(Path("old.json"), content)
        result = diff("old.json", "a.jsonl", code=1)
        assert result.stdout == ""
        start = "Error: 'old.json' is no report of tokcompare, or is damaged: "
        assert result.stderr.startswith(start)
        assert message in result.stderr
        assert result.stderr.count("\n") == 1

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda r: r.pop("total"), "'total' is missing"),
            (lambda r: r.update(signature="tokcompare:0.1.0"), "'encodings' is missing"),
            (lambda r: r.update(encodings=["x"]), "its encodings are not those of its signature"),
            (lambda r: r.update(rows=5), "5 is not a list"),
            (lambda r: r["rows"].append(r["rows"][0]), "the row 'en' is there twice"),
            (lambda r: r["rows"][0].pop("tokens"), "'tokens' is missing"),
            (lambda r: r["rows"][0]["tokens"].pop("o200k_base"), "has not the tokens of each"),
            (lambda r: r["rows"][0]["tokens"].update(o200k_base=-1), "-1 is not a count"),
            (lambda r: r["total"].update(characters=1.5), "1.5 is not a count"),
            (lambda r: r["total"]["compression_ratio"].update(o200k_base="x"), "'x' is no number"),
            (
                lambda r: r["total"]["intervals"]["compression_ratio"].update(o200k_base=[1]),
                "list is not a list of 2",
            ),
            (
                lambda r: r["total"]["intervals"]["compression_ratio"].update(o200k_base=[1, None]),
                "an interval has no bounds",
            ),
        ],
    )
    def test_damaged(self, change: Callable[[dict[str, Any]], object], message: str) -> None:
        report("old.json", "a.jsonl")
        edit("old.json", "new.json", change)
        for arguments in (("new.json", "old.json"), ("old.json", "new.json")):
            result = diff(*arguments, code=1)
            assert result.stdout == ""
            assert "'new.json' is no report of tokcompare, or is damaged: " in result.stderr
            assert message in result.stderr
            assert result.stderr.count("\n") == 1

    def test_missing(self) -> None:
        assert "'old.json' cannot be read: No such file" in diff("old.json", "x", code=1).stderr
        report("old.json", "a.jsonl")
        assert "'x.json' does not exist" in diff("old.json", "x.json", code=1).stderr

    def test_output_is_an_input(self) -> None:
        report("old.json", "a.jsonl")
        for name in ("old.json", "a.jsonl"):
            result = diff("old.json", "a.jsonl", "-f", "json", "-o", name, code=1)
            assert "is also the input" in result.stderr


class TestUsage:
    def test_nothing_to_compare_with(self) -> None:
        report("old.json", "a.jsonl")
        result = diff("old.json", code=2)
        assert "Name the newer report, or a SOURCE, behind OLD.json." in result.stderr
        diff(code=2)

    @pytest.mark.parametrize("option", [["-l", "en"], ["--per-line"], ["-e", "o200k_base"]])
    def test_options_of_sources(self, option: list[str]) -> None:
        report("old.json", "a.jsonl")
        result = diff("old.json", "old.json", *option, code=2)
        assert "says how a source is counted, and 'old.json' is a report." in result.stderr
