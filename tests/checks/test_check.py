"""`tokcompare check`: limits of files, records, totals and premiums, its formats and exit codes.

Each word of "one two three four five six seven" is one token, and so is "Hello".
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import Result
from tokenizers import Tokenizer, models, pre_tokenizers

from tests.command import invoke, run
from tests.files import PACK
from tests.platforms import needs_links, posix_only
from tokcompare.checks.views import table as table_view

WORDS = "one two three four five six seven eight nine ten"


def words(number: int) -> str:
    return " ".join(WORDS.split()[:number])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    return tmp_path


def write(path: str, text: str) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(text.encode())
    return path


def check(*arguments: str, code: int) -> Result:
    result = invoke("check", *arguments)
    assert result.exit_code == code, result.output
    return result


def found(*arguments: str, code: int = 1) -> dict[str, Any]:
    """Checks, and returns the JSON."""
    content: dict[str, Any] = json.loads(check(*arguments, "-f", "json", code=code).stdout)
    assert content["holds"] is (code == 0)
    return content


def messages(*arguments: str) -> list[str]:
    return [finding["message"] for finding in found(*arguments)["findings"]]


def lossy_encoding(folder: Path) -> str:
    """Writes a tokenizer that knows only the word "one", and returns its path."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "one": 1}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "words.json"))
    return "words.json"


class TestMaxTokens:
    def test_of_a_file(self) -> None:
        write("a.txt", words(5))
        assert check("a.txt", "--max-tokens", "5", code=0).stderr == ""
        result = check("a.txt", "--max-tokens", "4", code=1)
        assert result.stderr == "Error: The check does not hold: 1 finding.\n"
        assert messages("a.txt", "--max-tokens", "4") == [
            "'a.txt': 5 tokens under o200k_base, 1 above the limit of 4."
        ]

    def test_without_a_limit_it_holds(self) -> None:
        write("a.txt", words(5))
        content = found("a.txt", code=0)
        assert content["total"] == {"o200k_base": 5}
        assert content["rows"][0]["limit"] is None

    def test_under_each_encoding(self) -> None:
        write("a.txt", "નમસ્તે")
        options = ("-e", "cl100k_base", "-e", "gpt-4o", "--max-tokens", "4")
        assert messages("a.txt", *options) == [
            "'a.txt': 12 tokens under cl100k_base, 8 above the limit of 4."
        ]

    def test_of_a_language_in_the_path(self) -> None:
        for code, number in (("en", 3), ("hi", 5), ("guj_Gujr", 7)):
            write(f"prompts/{code}/a.md", words(number))
        options = ("prompts", "--language-from-path", "--max-tokens", "2", "--max-tokens", "hi=5")
        assert messages(*options, "--max-tokens", "gu=6") == [
            "'prompts/en/a.md': 3 tokens under o200k_base, 1 above the limit of 2.",
            "'prompts/guj_Gujr/a.md': 7 tokens under o200k_base, 1 above the limit of 6 for "
            "Gujarati.",
        ]

    def test_of_a_language_in_a_field(self) -> None:
        records = [{"text": words(3), "language": "en"}, {"text": words(3), "language": "hi"}]
        write("a.jsonl", "".join(json.dumps(record) + "\n" for record in records))
        assert messages("a.jsonl", "--max-tokens", "hi=2") == [
            "'a.jsonl', line 2: 3 tokens under o200k_base, 1 above the limit of 2 for Hindi."
        ]

    def test_of_the_only_language(self) -> None:
        write("a.txt", words(3))
        options = ("-l", "hi", "--max-tokens", "hi=2")
        assert found("a.txt", *options)["rows"][0]["language"] == "hi"

    def test_of_selected_languages(self) -> None:
        for code in ("en", "hi", "gu"):
            write(f"{code}/a.txt", words(3))
        options = ("--language-from-path", "-l", "hi", "-l", "gu", "--max-total", "6")
        assert [row["language"] for row in found(".", *options, code=0)["rows"]] == ["gu", "hi"]
        result = check(".", "--language-from-path", "-l", "fr", "-l", "hi", code=1)
        message = "None of the text is in French ('fr'). The languages are: en, gu, hi."
        assert message in result.stderr


class TestRecords:
    """Each record has a row of its own, with its line."""

    def rows(self, *arguments: str) -> list[tuple[int | None, int | None, int, bool]]:
        rows = found(*arguments, "--max-tokens", "2")["rows"]
        return [(row["record"], row["line"], row["tokens"], row["holds"]) for row in rows]

    def test_lines(self) -> None:
        write("a.txt", f"{words(2)}\n\n{words(3)}\n")
        expected = [(1, 1, 2, True), (2, 2, 0, True), (3, 3, 3, False)]
        assert self.rows("a.txt", "--per-line") == expected

    def test_json_lines(self) -> None:
        lines = [json.dumps({"text": words(n)}) for n in (1, 3)]
        write("a.jsonl", f"{lines[0]}\n\n{lines[1]}\n")
        assert self.rows("a.jsonl") == [(1, 1, 1, True), (2, 3, 3, False)]

    def test_csv(self) -> None:
        with Path("a.csv").open("w", newline="") as stream:
            csv.writer(stream).writerows([["text"], ["one\ntwo"], [words(3)]])
        # "one", a line feed and "two" are three tokens.
        assert self.rows("a.csv") == [(1, 2, 3, False), (2, 4, 3, False)]

    def test_parquet(self) -> None:
        pq.write_table(pa.table({"text": [words(1), words(3)]}), "a.parquet")
        assert self.rows("a.parquet") == [(1, None, 1, True), (2, None, 3, False)]
        assert messages("a.parquet", "--max-tokens", "2") == [
            "'a.parquet', record 2: 3 tokens under o200k_base, 1 above the limit of 2."
        ]
        assert "a.parquet       2       3" in check("a.parquet", "--max-tokens", "2", code=1).stdout

    @pytest.mark.parametrize("suffix", PACK)
    def test_compressed(self, suffix: str) -> None:
        content = "".join(json.dumps({"text": words(n)}) + "\n" for n in (1, 3))
        Path(f"a.jsonl{suffix}").write_bytes(PACK[suffix](content.encode()))
        assert self.rows(f"a.jsonl{suffix}") == [(1, 1, 1, True), (2, 2, 3, False)]

    def test_standard_input(self) -> None:
        result = invoke(
            *("check", "-", "--per-line", "--max-tokens", "2", "-f", "json"),
            stdin=f"{words(1)}\n{words(3)}".encode(),
        )
        assert [row["tokens"] for row in json.loads(result.stdout)["rows"]] == [1, 3]

    def test_a_text_that_is_too_long_for_memory(self) -> None:
        # A line of megabytes is read piece by piece; each word with its space is a token.
        write("a.txt", f"Hello\n{'a' + ' one' * 900_000}\nHello\n")
        assert self.rows("a.txt", "--per-line") == [
            (1, 1, 1, True),
            (2, 2, 900_001, False),
            (3, 3, 1, True),
        ]

    def test_many_records_are_read_in_several_blocks(self) -> None:
        texts = ["x" * 70_000, *["Hello"] * 40]
        lines = [json.dumps({"text": text}) for text in texts * 20]
        write("a.jsonl", "\n".join(lines))
        rows = found("a.jsonl", code=0)["rows"]
        assert [row["record"] for row in rows] == list(range(1, 821))
        assert [row["tokens"] for row in rows[1:41]] == [1] * 40

    def test_numbers_are_those_of_a_report(self) -> None:
        report = json.loads(invoke("report", "udhr", "-f", "json").stdout)
        options = ("-e", "cl100k_base", "-e", "o200k_base")
        assert found("udhr", *options, code=0)["total"] == report["total"]["tokens"]


class TestMaxTotal:
    def test_total(self) -> None:
        write("a.txt", words(3))
        write("b.txt", words(4))
        check(".", "--max-total", "7", code=0)
        assert messages(".", "--max-total", "6") == [
            "In total: 7 tokens under o200k_base, 1 above the limit of 6."
        ]
        shown = check(".", "--max-total", "6", code=1).stdout
        assert "Total       7      6  fails" in shown


class TestMaxPremium:
    @pytest.fixture(autouse=True)
    def _parallel(self) -> None:
        for name, english, hindi, german in (("a", 4, 6, 4), ("b", 6, 10, 7)):
            write(f"prompts/en/{name}.md", words(english))
            write(f"prompts/hi/{name}.md", words(hindi))
            write(f"prompts/de/{name}.md", words(german))

    OPTIONS = ("prompts", "--language-from-path", "--max-premium")

    def test_a_premium_is_a_ratio_of_sums(self) -> None:
        # 16 / 10 and 11 / 10
        content = found(*self.OPTIONS, "hi=1.6", "--max-premium", "1.1", code=0)
        premiums = {each["language"]: each["premium"] for each in content["premiums"]}
        assert premiums == {"de": 1.1, "hi": 1.6}

    def test_an_encoding_that_loses_text(self, folder: Path) -> None:
        options = ("-e", lossy_encoding(folder))
        (message,) = messages(*self.OPTIONS, "hi=9", *options)
        assert "is undefined, and the limit is 9: there is no token in English, or the" in message

    def test_above(self) -> None:
        assert messages(*self.OPTIONS, "hi=1.59") == [
            "Hindi: the premium over English under o200k_base is 1.60, above the limit of 1.59."
        ]
        assert messages(*self.OPTIONS, "hi=1.5999") == [
            "Hindi: the premium over English under o200k_base is 1.60, above the limit of 1.5999."
        ]

    def test_it_is_that_of_the_metric(self) -> None:
        options = ("-m", "premium", "-e", "o200k_base", "-f", "json")
        report = json.loads(invoke("report", "udhr", *options).stdout)
        expected = {row["language"]: row["premium"]["o200k_base"] for row in report["rows"]}
        content = found("udhr", "--max-premium", "100", code=0)
        premiums = {each["language"]: each["premium"] for each in content["premiums"]}
        assert premiums | {"en": 1.0} == expected

    def test_reference(self) -> None:
        # 10 / 11
        content = found(*self.OPTIONS, "en=1", "--reference", "German", code=0)
        assert [each["premium"] for each in content["premiums"]] == [10 / 11]
        assert content["premiums"][0]["reference"] == "de"

    def test_no_reference(self) -> None:
        result = check(*self.OPTIONS, "hi=1.8", "--reference", "fr", code=1)
        assert "Error: Unknown reference language 'fr'. There are: de, en, hi." in result.stderr

    def test_files_that_are_not_parallel(self) -> None:
        write("prompts/en/only here.md", words(1))
        (message,) = messages(*self.OPTIONS, "hi=9")
        assert message == (
            "Hindi: the premium over English under o200k_base is undefined, and the limit is 9: "
            "there are 2 documents in Hindi and 3 in English, and text must be parallel. Without a "
            "counterpart: 'prompts/en/only here.md'."
        )

    def test_an_empty_reference(self) -> None:
        for name in "ab":
            write(f"prompts/en/{name}.md", "")
        (message,) = messages(*self.OPTIONS, "hi=9")
        assert "is undefined, and the limit is 9: there is no token in English" in message

    def test_it_is_shown_if_it_holds(self) -> None:
        shown = check(*self.OPTIONS, "hi=1.8", code=0).stdout
        note = "Hindi: the premium over English under o200k_base is 1.6, and the limit is 1.8."
        assert note in shown


class TestLanguages:
    def test_a_limit_without_text_is_noted(self) -> None:
        write("en/a.txt", words(1))
        content = found(".", "--language-from-path", "--max-tokens", "hi=1", code=0)
        assert content["notes"] == ["There is no text in 'hi', for which there is a limit."]

    def test_a_limit_for_a_language_that_is_none(self) -> None:
        write("en/a.txt", words(1))
        result = check(".", "--language-from-path", "--max-tokens", "xyzzy=1", code=1)
        assert "Error: Unknown language 'xyzzy'. There are: en." in result.stderr

    @pytest.mark.parametrize("option", ["--max-tokens", "--max-premium"])
    def test_a_limit_for_text_without_a_language(self, option: str) -> None:
        write("a.txt", words(1))
        result = check("a.txt", option, "hi=1", code=1)
        assert "There is a limit for 'hi', and none of the text says its language" in result.stderr
        assert "--language-from-path" in result.stderr


class TestUnreadable:
    def test_other_files_are_checked(self) -> None:
        Path("bad file.txt").write_bytes(b"abc\xff")
        write("good.txt", words(3))
        # Languages are selected from what could be read.
        check(".", "-l", "hi", code=1)
        content = found(".", "--max-tokens", "2")
        assert [(each["rule"], each["file"]) for each in content["findings"]] == [
            ("read", "bad file.txt"),
            ("max-tokens", "good.txt"),
        ]
        assert content["findings"][0]["message"] == (
            "'bad file.txt', byte 3: invalid UTF-8 (invalid start byte)."
        )

    def test_a_record(self) -> None:
        write("a.jsonl", f'{{"text": "one"}}\n{{"txt": "two"}}\n{{"text": "{words(3)}"}}\n')
        content = found("a.jsonl")
        (finding,) = content["findings"]
        assert (finding["file"], finding["line"]) == ("a.jsonl", 2)
        assert "the field 'text' is missing" in finding["message"]
        assert "--input-format text counts files as they stand" in finding["message"]
        assert [row["tokens"] for row in content["rows"]] == [1, 3]

    def test_many_records(self) -> None:
        write("a.jsonl", "x\n" * 25)
        findings = found("a.jsonl")["findings"]
        assert len(findings) == 11
        assert findings[-1]["message"] == "'a.jsonl': 15 more records cannot be read."

    def test_a_long_line(self) -> None:
        lines = [b" one" * 900_000 + b"\xff", b"one two three"]
        Path("a.txt").write_bytes(b"\n".join(lines))
        content = found("a.txt", "--per-line")
        assert [row["tokens"] for row in content["rows"]] == [3]
        assert content["findings"][0]["line"] == 1

    @pytest.mark.parametrize("name", ["none.txt", "none/*.txt", "sub"])
    def test_a_source_that_does_not_exist(self, name: str) -> None:
        Path("sub").mkdir()
        result = check(name, code=1)
        assert result.stdout == ""
        assert name in result.stderr

    @needs_links
    def test_a_link_that_leads_nowhere(self) -> None:
        write("a.txt", words(1))
        Path("link.txt").symlink_to("missing.txt")
        assert messages(".") == ["'link.txt' is a link that leads nowhere."]

    @posix_only
    @pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root reads all files")
    def test_a_closed_file(self) -> None:
        Path(write("a.txt", words(1))).chmod(0)
        assert messages("a.txt") == ["'a.txt' cannot be read: Permission denied."]

    def test_a_binary_file(self) -> None:
        Path("picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
        write("a.txt", words(1))
        assert messages(".")[0].startswith("'picture.png'")

    def test_it_is_not_missing_in_the_baseline(self) -> None:
        write("a.txt", words(1))
        write("b.txt", words(2))
        check(".", "--baseline", "tokens.json", "--write-baseline", code=0)
        Path("b.txt").write_bytes(b"\xff\xfe\x00")
        options = ("--baseline", "tokens.json", "--missing-files", "fail")
        content = found(".", *options)
        assert [each["rule"] for each in content["findings"]] == ["read"]
        assert content["missing_files"] == []


class TestBaseline:
    @pytest.fixture(autouse=True)
    def _baseline(self) -> None:
        for code, name, number in (
            *(("en", "a", 4), ("en", "b", 5)),
            *(("hi", "a", 6), ("hi", "b", 5)),
        ):
            write(f"prompts/{code}/{name}.md", words(number))
        self.run("--write-baseline", code=0)

    BASE = ("prompts", "--language-from-path", "--baseline", "tokens.json")

    def run(self, *options: str, code: int) -> Result:
        return check(*self.BASE, *options, code=code)

    def messages(self, *options: str) -> list[str]:
        return messages(*self.BASE, *options)

    def test_nothing_changed(self) -> None:
        result = self.run("--fail-above", "0", code=0)
        assert "prompts/hi/a.md  Hindi          6         6       0" in result.stdout
        assert " → " not in result.stdout

    def test_a_change_of_a_file_of_a_language_and_in_total(self) -> None:
        write("prompts/hi/a.md", words(9))
        write("prompts/hi/b.md", words(6))
        assert self.messages("--fail-above", "15%") == [
            "'prompts/hi/a.md': 6 → 9 tokens under o200k_base (+3, +50.0%). Allowed is 15%.",
            "'prompts/hi/b.md': 5 → 6 tokens under o200k_base (+1, +20.0%). Allowed is 15%.",
            "Hindi: 11 → 15 tokens under o200k_base (+4, +36.4%). Allowed is 15%. By file: "
            "'prompts/hi/a.md' +3, 'prompts/hi/b.md' +1.",
            "In total: 20 → 24 tokens under o200k_base (+4, +20.0%). Allowed is 15%. By file: "
            "'prompts/hi/a.md' +3, 'prompts/hi/b.md' +1.",
        ]

    def test_what_may_grow(self) -> None:
        write("prompts/hi/a.md", words(9))
        self.run("--fail-above", "50%", code=0)
        self.run("--fail-above", "3", code=0)
        assert self.run("--fail-above", "2", code=1).stderr == (
            "Error: The check does not hold: 3 findings. If a change of the baseline is intended, "
            "--write-baseline accepts it.\n"
        )
        assert len(self.messages("--fail-above", "2")) == 3
        rules = {each["rule"] for each in found(*self.BASE, "--fail-above", "49%")["findings"]}
        assert rules == {"fail-above"}

    def test_a_change_is_shown_without_a_limit(self) -> None:
        write("prompts/hi/a.md", words(9))
        shown = self.run(code=0).stdout
        assert "Hindi: 11 → 14 tokens under o200k_base (+3, +27.3%). By file: 'prompts" in shown
        # What grew most comes first.
        assert shown.splitlines()[3].startswith("prompts/hi/a.md  Hindi          9         6  +3 ")

    def test_new_files(self) -> None:
        write("prompts/en/new.md", words(1))
        assert "1 file is not in the baseline: 'prompts/en/new.md'." in self.run(code=0).stdout
        assert self.messages("--new-files", "fail") == [
            "'prompts/en/new.md' is not in the baseline."
        ]
        # They are part of the total, and of their language.
        assert [m.split(":")[0] for m in self.messages("--fail-above", "0")] == [
            "English",
            "In total",
        ]

    def test_missing_files(self) -> None:
        Path("prompts/en/a.md").unlink()
        assert "1 file is in the baseline only: 'prompts/en/a.md'." in self.run(code=0).stdout
        assert self.messages("--missing-files", "fail") == [
            "'prompts/en/a.md' is in the baseline, and not in the source any more."
        ]
        self.run("--fail-above", "0", code=0)

    def test_many_new_files(self) -> None:
        for number in range(10):
            write(f"prompts/en/{number}.md", "one")
        assert "'prompts/en/7.md' and 2 more." in self.run(code=0).stdout

    def test_a_moved_file_does_not_change_the_total(self) -> None:
        Path("prompts/en/a.md").rename("prompts/en/c.md")
        self.run("--fail-above", "0", code=0)

    def test_records_have_a_row_for_their_file(self) -> None:
        write("prompts/en/c.jsonl", '{"text": "one"}\n{"text": "one two"}\n')
        self.run("--write-baseline", code=0)
        write("prompts/en/c.jsonl", '{"text": "one"}\n{"text": "one two three"}\n')
        content = found(*self.BASE, "--fail-above", "30%")
        rows = [row for row in content["rows"] if row["file"].endswith("jsonl")]
        assert [(row["record"], row["tokens"], row["baseline"], row["holds"]) for row in rows] == [
            (None, 4, 3, False),
            (1, 1, None, True),
            (2, 3, None, True),
        ]

    def test_several_languages_in_a_file(self) -> None:
        records = [{"text": "one", "language": code} for code in ("en", "hi")]
        write("prompts/c.jsonl", "".join(json.dumps(record) + "\n" for record in records))
        rows = found(*self.BASE, code=0)["rows"]
        assert [row["language"] for row in rows if row["file"].endswith("l")] == [None, "en", "hi"]

    def test_the_baseline_is_not_counted(self) -> None:
        Path("tokens.json").rename("prompts/tokens.json")
        options = ("--language-from-path", "--baseline", "prompts/tokens.json")
        result = check("prompts", *options, "--write-baseline", code=0)
        assert result.stderr == "Wrote the tokens of 4 files to prompts/tokens.json.\n"
        assert check("prompts", *options, "--fail-above", "0", code=0).stderr == ""

    def test_two_encodings(self) -> None:
        both = ("-e", "o200k_base", "-e", "cl100k_base")
        self.run(*both, "--write-baseline", code=0)
        write("prompts/hi/a.md", words(9))
        shown = self.run(*both, "--fail-above", "5%", code=1).stdout
        for encoding in ("o200k_base ", "cl100k_base"):
            row = f"prompts/hi/a.md  Hindi     {encoding}       9         6  +3 (+50.0%)  fails"
            assert row in shown
            assert f"Total                      {encoding}      23        20  +3 (+15.0%)" in shown


class TestUsage:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "There is nothing to check: name a SOURCE, or write sources = [...]"),
            (["a.txt", "--write-baseline"], "--write-baseline needs --baseline FILE."),
            (["a.txt", "--fail-above", "5%"], "--fail-above needs --baseline FILE."),
            (["a.txt", "--baseline", "b", "--fail-above", "x"], "--fail-above takes a percentage"),
            (["a.txt", "--max-tokens", "x"], "--max-tokens takes a whole number of tokens"),
            (["a.txt", "--max-total", "1%"], "--max-total takes a whole number of tokens"),
            (["a.txt", "--max-premium", "hi"], "--max-premium takes a ratio above 0"),
            (["a.txt", "--new-files", "warn"], "'warn' is not one of 'pass', 'fail'"),
            (["a.txt", "-f", "csv"], "'csv' is not one of 'table', 'markdown', 'json', 'github'"),
            (["a.txt", "--max-total", "1", "--max-total", "2"], "is given more than once"),
            (["a.txt", "-o", "x.csv"], "There are: .txt, .md, .markdown, .json."),
        ],
    )
    def test_wrong_usage(self, arguments: list[str], message: str) -> None:
        write("a.txt", "one")
        result = check(*arguments, code=2)
        assert result.stdout == ""
        assert message in " ".join(result.stderr.split())

    def test_unknown_encoding(self) -> None:
        write("a.txt", "one")
        assert "Unknown encoding 'gpt-6'" in check("a.txt", "-e", "gpt-6", code=1).stderr

    def test_the_default_encoding_is_the_last_of_a_report(self) -> None:
        write("a.txt", "one")
        report = json.loads(invoke("report", "a.txt", "-f", "json").stdout)
        assert list(found("a.txt", code=0)["encodings"]) == report["encodings"][-1:]

    def test_nothing_to_check(self) -> None:
        write("a.json", '{"schema": "tokcompare-baseline-1"}')
        result = check(".", "--baseline", "a.json", "--write-baseline", code=1)
        assert "There is no file to check." in result.stderr


class TestFormats:
    @pytest.fixture
    def source(self) -> str:
        write("prompts/hi/a | b.md", words(5))
        write("prompts/hi/नमूना.md", words(2))
        write("prompts/en/c.jsonl", f'{{"text": "{words(3)}"}}\n{{"text": "one"}}\n')
        Path("prompts/en/bad.md").write_bytes(b"\xff")
        return "prompts"

    OPTIONS = ("--language-from-path", "--max-tokens", "2", "--max-tokens", "hi=4")

    @pytest.mark.parametrize(
        ("name", "suffix"),
        [("table", "txt"), ("markdown", "md"), ("json", "json"), ("github", "github")],
    )
    def test_output(
        self, source: str, name: str, suffix: str, golden: Callable[[str, str], None]
    ) -> None:
        result = check(source, *self.OPTIONS, "--max-total", "9", "-f", name, code=1)
        golden(f"check.{suffix}", result.stdout)
        check(source, *self.OPTIONS, "--max-total", "9", "-f", name, "-o", "out", code=1)
        assert Path("out").read_text(encoding="utf-8") == result.stdout

    def test_process(self, source: str) -> None:
        process = run("check", source, *self.OPTIONS)
        assert process.returncode == 1
        assert process.stderr == b"Error: The check does not hold: 3 findings.\n"
        result = check(source, *self.OPTIONS, code=1)
        assert process.stdout.decode() == result.stdout

    def test_a_table_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(table_view, "MOST_ROWS", 3)
        monkeypatch.setattr(table_view, "MOST_FINDINGS", 2)
        write("a.txt", "\n".join([*["one"] * 5, *[words(3)] * 4]))
        shown = check("a.txt", "--per-line", "--max-tokens", "2", code=1).stdout
        lines = shown.splitlines()
        assert lines[3] == "- 2 more, which -f json lists."
        # What does not hold comes first.
        assert [line.split() for line in lines[6:9]] == [
            ["a.txt", str(n), "3", "2", "fails"] for n in (6, 7, 8)
        ]
        assert lines[-1] == "6 rows are not shown: -f json has all."
        write("a.txt", "\n".join(["one"] * 4))
        assert check("a.txt", "--per-line", code=0).stdout.endswith(
            "1 row is not shown: -f json has all.\n"
        )

    def test_a_comment_has_room_for_long_names(self) -> None:
        for number in range(150):
            write(f"{'x' * 100}/{'y' * 100}/{number}.txt", words(3))
        shown = check(".", "--max-tokens", "2", "-f", "markdown", code=1).stdout
        assert len(shown) < 65_000

    def test_control_characters_are_escaped(self) -> None:
        try:
            write("a\x1b[31m\n::error::.txt", words(3))
        except OSError:
            pytest.skip("the file system has no such names")
        for name in ("table", "markdown", "github", "json"):
            shown = check(".", "--max-tokens", "2", "-f", name, code=1).stdout
            assert "\x1b" not in shown.replace("file=a\x1b", "")
            assert "\n::error::.txt" not in shown

    def test_an_encoding_that_loses_text(self, tmp_path: Path) -> None:
        write("a.txt", "one two")
        content = found("a.txt", "-e", lossy_encoding(tmp_path), code=0)
        assert content["notes"] == [
            "words: its tokens lose a part of the text, so it looks cheap. tokcompare report says "
            "how much."
        ]

    def test_notes_on_files(self) -> None:
        write("a.jsonl", "")
        result = check("a.jsonl", "-f", "json", code=0)
        assert result.stderr == "Note: 'a.jsonl' is empty: there is no record in it.\n"
        assert "'a.jsonl' is empty" in check("a.jsonl", code=0).stdout
