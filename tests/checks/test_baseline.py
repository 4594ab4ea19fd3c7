"""Baselines: what they keep, when they are refused, and that no other file is overwritten."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.command import invoke
from tests.platforms import needs_links, posix_only

BASELINE = """\
{
"schema": "tokcompare-baseline-1",
"encodings": {"cl100k_base": "223921b7", "o200k_base": "446a9538"},
"normalization": "none",
"special": "as-text",
"languages": "all",
"reading": {},
"files": {
"prompts/a b.txt": {"und": {"cl100k_base": 2, "o200k_base": 2}},
"prompts/c.jsonl": {"en": {"cl100k_base": 3, "o200k_base": 3}, "gu": {"cl100k_base": 12, "o200k_base": 4}},
"prompts/हिन्दी.md": {"und": {"cl100k_base": 1, "o200k_base": 1}}
}
}
"""  # noqa: E501
BOTH = ("-e", "o200k_base", "-e", "cl100k_base")
WRITE = ("--baseline", "tokens.json", "--write-baseline")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").mkdir()
    write("prompts/a b.txt", "one two")
    write("prompts/हिन्दी.md", "Hello")
    records = [("one two", "en"), ("three", "en"), ("નમસ્તે", "gu")]
    lines = [json.dumps({"text": text, "language": code}) for text, code in records]
    write("prompts/c.jsonl", "\n".join(lines))


def write(path: str, text: str) -> None:
    Path(path).write_bytes(text.encode())


def read(path: str = "tokens.json") -> str:
    return Path(path).read_bytes().decode()


def test_content() -> None:
    result = invoke("check", "prompts", *BOTH, *WRITE)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Wrote the tokens of 3 files to tokens.json.\n"
    assert read() == BASELINE


def test_the_same_counts_give_the_same_file() -> None:
    invoke("check", "prompts", *BOTH, *WRITE)
    before = read()
    for sources in (["prompts/c.jsonl", "prompts"], [str(Path("prompts").resolve())], ["."]):
        assert invoke("check", *sources, *BOTH, *WRITE).exit_code == 0
        assert read() == before


def test_names_begin_at_the_folder_of_the_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    invoke("check", "prompts", *WRITE)
    monkeypatch.chdir("prompts")
    options = ("--baseline", "../tokens.json", "--fail-above", "0")
    result = invoke("check", ".", *options)
    assert (result.exit_code, result.stderr) == (0, "")
    Path("../other").mkdir()
    invoke("check", ".", "--baseline", "../other/tokens.json", "--write-baseline")
    assert next(iter(json.loads(read("../other/tokens.json"))["files"])) == "../prompts/a b.txt"


@posix_only
def test_name_that_is_not_utf8() -> None:
    try:
        Path(os.fsdecode(b"prompts/\xff.txt")).write_bytes(b"one")
    except OSError:
        pytest.skip("the file system has only names in UTF-8")
    for _ in range(2):
        assert invoke("check", "prompts", *WRITE).exit_code == 0
    assert r"prompts/\xff.txt" in json.loads(read())["files"]
    assert invoke("check", "prompts", "--baseline", "tokens.json").exit_code == 0


def test_sample_sets_and_standard_input_have_their_names() -> None:
    result = invoke("check", "gpt-4o", "-", *WRITE, stdin=b"one two three")
    assert result.exit_code == 0
    assert list(json.loads(read())["files"]) == ["(standard input)", "gpt-4o"]


@needs_links
def test_a_link_stays_a_link() -> None:
    write("real.json", "")
    Path("tokens.json").symlink_to("real.json")
    assert invoke("check", "prompts", *WRITE).exit_code == 0
    assert Path("tokens.json").is_symlink()
    assert "tokcompare-baseline-1" in read("real.json")


class TestNotOverwritten:
    def test_without_the_flag(self) -> None:
        invoke("check", "prompts", *WRITE)
        before = read()
        write("prompts/a b.txt", "one two three")
        assert invoke("check", "prompts", "--baseline", "tokens.json").exit_code == 0
        assert read() == before

    @pytest.mark.parametrize("path", ["prompts/a b.txt", "other.json"])
    def test_another_file(self, path: str) -> None:
        Path("other.json").write_text("{}")
        before = read(path)
        result = invoke("check", "prompts/c.jsonl", "--baseline", path, "--write-baseline")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(f"Error: {path!r} is no baseline of tokcompare, and is not")
        assert read(path) == before

    def test_an_input(self) -> None:
        invoke("check", "prompts", *WRITE)
        result = invoke("check", "tokens.json", *WRITE)
        assert result.exit_code == 1

    def test_if_something_cannot_be_read(self) -> None:
        invoke("check", "prompts", *WRITE)
        before = read()
        Path("prompts/bad.txt").write_bytes(b"ab\xff")
        result = invoke("check", "prompts", *WRITE)
        assert result.exit_code == 1
        assert "Not read: 'prompts/bad.txt', byte 2: invalid UTF-8" in result.stderr
        assert "Error: The baseline was not written" in result.stderr
        assert read() == before

    def test_a_damaged_baseline_is(self) -> None:
        invoke("check", "prompts", *WRITE)
        before = read()
        mine, theirs = before, before.replace(": 2}", ": 3}")
        write("tokens.json", f"<<<<<<< HEAD\n{mine}=======\n{theirs}>>>>>>> branch\n")
        assert invoke("check", "prompts", *WRITE).exit_code == 0
        assert read() == before

    def test_a_folder(self) -> None:
        result = invoke("check", "prompts", "--baseline", "prompts", "--write-baseline")
        assert result.exit_code == 1
        assert "cannot be written: Is a directory" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-e", "cl100k_base"], "other encodings: o200k_base, and now it is cl100k_base."),
        (["--normalize", "NFC"], "other normalization: none, and now it is NFC."),
        (["--per-line"], 'other reading: {}, and now it is {"per_line": true}.'),
        (["-l", "en"], 'other languages: all, and now it is ["en"].'),
        (["--text-field", "language"], '{"text_field": "language"}'),
        (["--text-field", "text", "--text-field", "language"], '["text", "language"]'),
        (["--input-format", "text"], 'now it is {"input_format": "text"}.'),
    ],
)
def test_other_settings_are_refused(options: list[str], message: str) -> None:
    invoke("check", "prompts/c.jsonl", *WRITE)
    result = invoke("check", "prompts/c.jsonl", "--baseline", "tokens.json", *options)
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr
    assert result.stderr.startswith("Error: The baseline 'tokens.json' was counted with other ")
    assert result.stderr.count("\n") == 1


def test_another_hash_is_refused() -> None:
    invoke("check", "prompts", *WRITE)
    write("tokens.json", read().replace("446a9538", "00000000"))
    result = invoke("check", "prompts", "--baseline", "tokens.json")
    assert result.exit_code == 1
    assert "other encodings: o200k_base@00000000, and now it is o200k_base@446a" in result.stderr


def test_some_of_its_encodings_are_enough() -> None:
    invoke("check", "prompts", *BOTH, *WRITE)
    options = ("--baseline", "tokens.json", "--fail-above", "0", "-e", "cl100k_base")
    assert invoke("check", "prompts", *options).exit_code == 0


VALID = '{"schema": "tokcompare-baseline-1", "encodings": {"x": "y"}, "normalization": "none", '
VALID += '"special": "as-text", "languages": "all", "reading": {}, "files": '


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Expecting value"),
        (b"\xff", "invalid start byte"),
        (b"[]", "list is not an object"),
        (b"{}", "'schema' is missing"),
        (b"[" * 100_000, "is damaged"),
        (VALID.replace("line-1", "line-2").encode() + b"{}}", "its schema is 'tokcompare-baselin"),
        (VALID.encode() + b'{"a": {"en": {"x": 1, "x": 2}}}}', "a key is there twice"),
        (VALID.encode() + b'{"a": {"en": {"x": -1}}}}', "-1 is not a count"),
        (VALID.encode() + b'{"a": {"en": {"x": 1.0}}}}', "1.0 is not a count"),
        (VALID.encode() + b'{"a": {"en": {"x": NaN}}}}', "'NaN' is not a whole number"),
        (VALID.encode() + b'{"a": {"en": {"z": 1}}}}', "'a' has not the tokens of each encoding"),
        (VALID.encode() + b'{"a": {}}}', "'a' has not the tokens of each encoding"),
        (VALID.encode() + b'{"a": 5}}', "5 is not an object"),
        (VALID.encode() + b"{", "Expecting property name"),
        (b"<<<<<<< HEAD\n=======\n>>>>>>> b\n", "it has the marks of a merge conflict"),
    ],
)
def test_damaged(content: bytes, message: str) -> None:
    Path("tokens.json").write_bytes(content)
    result = invoke("check", "prompts", "--baseline", "tokens.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: The baseline 'tokens.json' is damaged, or is none: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_missing() -> None:
    result = invoke("check", "prompts", "--baseline", "tokens.json")
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: There is no baseline 'tokens.json'; --write-baseline writes it.\n"
    )


def test_nothing_in_common() -> None:
    invoke("check", "prompts", *WRITE)
    Path("sub").mkdir()
    Path("tokens.json").rename("sub/tokens.json")
    result = invoke("check", "prompts", "--baseline", "sub/tokens.json")
    assert result.exit_code == 1
    assert "None of the files is in the baseline 'sub/tokens.json', which has" in result.stderr


def test_unreadable() -> None:
    Path("tokens.json").mkdir()
    result = invoke("check", "prompts", "--baseline", "tokens.json")
    assert result.exit_code == 1
    assert "The baseline 'tokens.json' cannot be read: Is a directory." in result.stderr


def test_with_a_byte_order_mark_and_carriage_returns() -> None:
    invoke("check", "prompts", *WRITE)
    Path("tokens.json").write_bytes(b"\xef\xbb\xbf" + read().replace("\n", "\r\n").encode())
    assert invoke("check", "prompts", "--baseline", "tokens.json").exit_code == 0


def test_a_file_without_a_record_has_no_line() -> None:
    write("prompts/empty.jsonl", "")
    assert invoke("check", "prompts", *WRITE).exit_code == 0
    assert "empty.jsonl" not in read()
