"""`tokcompare report` on files: its counts, messages and exit codes."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from tests.files import PACK, read_documents
from tests.platforms import linux_only, needs_links, posix_only
from tokcompare import Document, compare, load_source
from tokcompare.cli import main
from tokcompare.sources.formats.format import ReadOptions


@pytest.fixture(autouse=True)
def _work_in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def report(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["report", *arguments], input=stdin)


def report_json(*arguments: str, stdin: bytes | None = None, exit_code: int = 0) -> dict[str, Any]:
    result = report("-f", "json", *arguments, stdin=stdin)
    assert result.exit_code == exit_code, result.output
    parsed: dict[str, Any] = json.loads(result.stdout)
    return parsed


def groups(report: dict[str, Any], by: str = "language") -> dict[str, int]:
    return {row.get(by) or row["group"]: row["documents"] for row in report["rows"]}


def write(name: str, content: bytes | str) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
    return name


PAIRS = [("હેલો, દુનિયા!", "gu"), ("NA", "nan"), ('Hello,\n"world"', "en"), ("007", "en")]


def as_jsonl() -> bytes:
    return "".join(json.dumps({"text": t, "language": c}) + "\n" for t, c in PAIRS).encode()


def as_csv(delimiter: str = ",") -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows([("text", "language"), *PAIRS])
    return stream.getvalue().encode()


def test_every_format_and_compression_counts_the_same() -> None:
    expected = compare([Document(text=text, language=code) for text, code in PAIRS])
    digests = set()
    for suffix in ("", *PACK):
        pack = PACK.get(suffix, bytes)
        for name, content in (
            ("a.jsonl", as_jsonl()),
            ("a.csv", as_csv()),
            ("a.tsv", as_csv("\t")),
        ):
            comparison = compare(load_source(write(name + suffix, pack(content))))
            assert [row.counts for row in comparison.rows] == [row.counts for row in expected.rows]
            digests.add(comparison.total.digest)
    columns = [pa.array(column) for column in zip(*PAIRS, strict=True)]
    pq.write_table(pa.table(columns, ["text", "language"]), "a.parquet")
    comparison = compare(load_source("a.parquet"))
    assert [row.counts for row in comparison.rows] == [row.counts for row in expected.rows]
    assert digests == {comparison.total.digest} == {expected.total.digest}


def test_sources_of_different_formats_in_one_run() -> None:
    pq.write_table(pa.table({"text": ["a"], "language": ["te"]}), "d.parquet")
    names = [write("a.txt", "a"), write("b.jsonl.gz", gzip.compress(as_jsonl())), "d.parquet"]
    result = report_json(*names, write("c.csv", as_csv()), "gpt-4o")
    numbers = groups(result)
    assert sum(numbers.values()) == 1 + 4 + 1 + 4 + 20
    assert [numbers[code] for code in ("und", "nan", "te", "en", "gu")] == [1, 2, 2, 5, 3]


@pytest.mark.parametrize("suffix", ["", *PACK])
def test_standard_input(suffix: str) -> None:
    content = PACK.get(suffix, bytes)(as_jsonl())
    result = report_json("-", "--input-format", "jsonl", stdin=content)
    assert groups(result) == {"gu": 1, "nan": 1, "en": 2}


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "tokcompare", "report", "-f", "json", *arguments]
    return subprocess.run(command, capture_output=True, timeout=60, check=False, **options)


@pytest.mark.slow
@posix_only
def test_dev_stdin_is_standard_input() -> None:
    process = run("-", "/dev/stdin", "-", input=b"one text")
    assert process.returncode == 0
    assert json.loads(process.stdout)["rows"][0]["documents"] == 1
    assert b"'/dev/stdin' is the same file as '(standard input)'" in process.stderr
    process = run("/dev/stdin", "--per-line", input=b"one\ntwo\n")
    assert json.loads(process.stdout)["rows"][0]["documents"] == 2


@posix_only
def test_closed_standard_input() -> None:
    process = run("-", preexec_fn=lambda: os.close(0))
    assert (process.returncode, process.stdout) == (1, b"")
    assert b"Error: Standard input is closed; name a file." in process.stderr


class TestGroups:
    def test_by_source(self) -> None:
        names = [write("d/a b.txt", "a"), write("d/é\n.txt", "b"), write("d/\udcff.txt", "c")]
        result = report_json("d", "--by", "source")
        shown = [*names[:2], "d/\\xff.txt"]
        assert sorted(row["group"] for row in result["rows"]) == sorted(shown)
        for form in ("table", "markdown", "csv"):
            process = subprocess.run(
                [sys.executable, "-m", "tokcompare", "report", "d", "--by", "source", "-f", form],
                capture_output=True,
                timeout=60,
                check=False,
            )
            assert process.returncode == 0, process.stderr
            process.stdout.decode()

    def test_by_field(self) -> None:
        lines = ['"x"', "5", "true", '"5"', "0.5", '"x"']
        write("a.jsonl", "\n".join(f'{{"text": "a", "f": {value}}}' for value in lines))
        result = report_json("a.jsonl", "--by", "f")
        found = {row["group"]: row["documents"] for row in result["rows"]}
        assert found == {"x": 2, "5": 2, "true": 1, "0.5": 1}

    def test_missing_field(self) -> None:
        write("a.jsonl", '{"text": "a", "f": 1}\n{"text": "b"}\n{"text": "c", "f": 1}\n')
        result = report("a.jsonl", "--by", "f")
        assert (result.exit_code, result.stdout) == (1, "")
        error = "Error: 'a.jsonl', line 2, byte 22: the field 'f' is missing; there are: text\n"
        assert result.stderr == error
        skipped = report_json("a.jsonl", "--by", "f", "--on-error", "skip", exit_code=1)
        assert skipped["rows"][0]["documents"] == 2
        result = report(write("a.txt", "a"), "--by", "f")
        assert result.stderr == "Error: 'a.txt': plain text has no field 'f'\n"

    def test_language_from_path(self) -> None:
        for name in ("corpus/gu/a.txt", "corpus/eng_Latn.devtest", "corpus/dev.hin"):
            write(name, "text\n")
        result = report_json("corpus", "--language-from-path")
        assert groups(result) == {"gu": 1, "en": 1, "hi": 1}
        result = report_json("corpus/**", "--language-from-path", "-l", "gu")
        assert groups(result) == {"gu": 1}
        named_by_nobody = report(write("x1/y1.txt", ""), "--language-from-path")
        assert named_by_nobody.exit_code == 0
        assert "Undetermined" in named_by_nobody.stdout
        assert "No language is named in the path 'x1/y1.txt'" in named_by_nobody.stderr

    def test_one_language_for_all(self) -> None:
        write("a.txt", "a\nb\n")
        assert groups(report_json("a.txt", "--per-line", "-l", "guj_Gujr")) == {"gu": 2}


class TestErrors:
    LINES = tuple(b'{"text": "%d"}' % (n % 10) for n in range(30))

    def damaged(self) -> bytes:
        lines = list(self.LINES)
        for number in range(3, 15):
            lines[number] = b'{"text": \xff'
        return b"\n".join(lines) + b"\n"

    def test_stop_writes_nothing(self) -> None:
        write("a.jsonl", self.damaged())
        result = report("a.jsonl", "-o", "out.txt")
        assert (result.exit_code, result.stdout) == (1, "")
        # Three lines of 13 bytes, each with its line feed, and nine bytes.
        assert result.stderr == (
            "Error: 'a.jsonl', line 4, byte 51: invalid UTF-8 (invalid start byte)\n"
        )
        assert not Path("out.txt").exists()

    def test_skip_counts_and_lists(self) -> None:
        write("a.jsonl", self.damaged())
        result = report("a.jsonl", "--on-error", "skip", "-f", "json")
        assert result.exit_code == 1
        parsed = json.loads(result.stdout)
        assert parsed["rejected"] == 12
        assert groups(parsed) == {"und": 18}
        expected = compare(json.loads(line)["text"] for line in self.LINES[:3] + self.LINES[15:])
        # The same documents, and no others.
        assert f"{expected.total.digest:064x}" in parsed["signature"]
        lines = [line for line in result.stderr.splitlines() if line.startswith("Skipped")]
        assert len(lines) == 11
        assert lines[0].startswith("Skipped: 'a.jsonl', line 4, byte 51: invalid UTF-8")
        assert lines[9].startswith("Skipped: 'a.jsonl', line 13, ")
        assert lines[10] == "Skipped: 2 more."

    @pytest.mark.parametrize("suffix", PACK)
    def test_damaged_file_among_good_ones(self, suffix: str) -> None:
        for name in ("a", "b", "c", "d", "e"):
            write(f"{name}.txt{suffix}", PACK[suffix](name.encode()))
        packed = Path(f"b.txt{suffix}").read_bytes()
        write(f"b.txt{suffix}", packed[:-1])
        write("c.txt" + suffix, b"")
        write("d.txt" + suffix, b"no archive")
        names = [f"{name}.txt{suffix}" for name in "abcde"]
        result = report(*names)
        assert (result.exit_code, result.stdout) == (1, "")
        assert re.search(rf"'b\.txt{suffix}', byte [01]: the \w+ archive ends", result.stderr)
        parsed = report_json(*names, "--on-error", "skip", exit_code=1)
        assert groups(parsed) == {"und": 2}
        assert parsed["rejected"] == 3

    def test_binary_file_among_good_ones(self) -> None:
        write("d/a.txt", "a")
        write("d/b.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
        result = report("d")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("Error: 'd/b.png' looks like a binary file")
        parsed = report_json("d", "--on-error", "skip", exit_code=1)
        assert (groups(parsed), parsed["rejected"]) == ({"und": 1}, 1)

    @pytest.mark.slow
    def test_text_invalid_in_its_third_megabyte_is_not_half_counted(self) -> None:
        bad = b"one two " * (5 << 16) + b"\xff" + b"more " * 9
        write("d/a.txt", "good")
        write("d/b.txt", bad)
        write("d/c.txt", b"before\n" + bad + b"\nbehind\n")
        result = report("d")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "'d/b.txt', byte 2621440: invalid UTF-8" in result.stderr
        comparison = compare(load_source("d"), on_error="skip")
        # c.txt is invalid as a whole, too.
        assert comparison.total.digest == compare(["good"]).total.digest
        assert comparison.rejections.number == 2
        comparison = compare(load_source("d/c.txt", per_line=True), on_error="skip")
        assert comparison.total.digest == compare(["before", "behind"]).total.digest
        (error,) = comparison.rejections.first
        assert str(error) == ("'d/c.txt', line 2, byte 2621447: invalid UTF-8 (invalid start byte)")

    @pytest.mark.slow
    @pytest.mark.parametrize("suffix", PACK)
    def test_long_text_cut_short_is_not_half_counted(self, suffix: str) -> None:
        # The decompressed text is longer than one read, and ends too early.
        text = " ".join(str(n * n) for n in range(300_000)).encode()
        write("a.txt" + suffix, PACK[suffix](text)[:-4])
        for per_line in (True, False):
            comparison = compare(load_source("a.txt" + suffix, per_line=per_line), on_error="skip")
            assert comparison.total.documents == 0
            assert comparison.rejections.number == 1

    def test_parquet(self) -> None:
        pq.write_table(pa.table({"text": ["a", None, "b"]}), "a.parquet")
        result = report("a.parquet")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Error: 'a.parquet', row 2: the field 'text' must be a string" in result.stderr
        assert groups(report_json("a.parquet", "--on-error", "skip", exit_code=1)) == {"und": 2}
        result = report("a.parquet", "--text-field", "body", "--on-error", "skip")
        assert "has no column 'body'; there are: text." in result.stderr

    @needs_links
    def test_file_given_twice_is_noted(self) -> None:
        write("a.txt", "a")
        Path("b.txt").symlink_to("a.txt")
        result = report("a.txt", "*.txt", "-f", "json")
        assert result.exit_code == 0
        assert json.loads(result.stdout)["rows"][0]["documents"] == 1
        assert result.stderr.count("is read once") == 2

    def test_options_that_name_fields(self) -> None:
        write("a.jsonl", '{"body": "a", "lang": "gu"}\n')
        options = ("--text-field", "body", "--language-field", "lang")
        assert groups(report_json("a.jsonl", *options)) == {"gu": 1}
        assert report("a.jsonl").exit_code == 1


@pytest.mark.slow
def test_text_read_in_pieces_counts_as_a_string() -> None:
    text = "".join(f"{n} ક્ષિ, 😀\r\n" for n in range(120_000))
    write("a.txt", text)
    (document,) = (
        document.text
        for document in read_documents("text", "a.txt", ReadOptions(), lambda error: None)
    )
    assert not isinstance(document, str)
    assert compare(load_source("a.txt")).total == compare([text]).total


@linux_only
@pytest.mark.slow
def test_memory_does_not_grow_with_the_text(tmp_path: Path) -> None:
    peaks = []
    for size in (5, 20):
        path = tmp_path / f"{size}.txt"
        path.write_bytes(b"Hello, my name is GPT-4o. " * (size * 40_000))
        code = (
            "import resource, sys; from tokcompare import compare, load_source;"
            "compare(load_source(sys.argv[1]), encodings='o200k_base');"
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
        )
        command = [sys.executable, "-c", code, str(path)]
        output = subprocess.run(command, capture_output=True, timeout=120, check=True).stdout
        peaks.append(int(output))
    assert peaks[1] - peaks[0] < 30
