"""`tokcompare fit`: a part of a text, a file or standard input."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from tests.command import invoke, run
from tests.platforms import posix_only
from tokcompare import fit

TEXT = "Zoë is here. The responsibility is ours! नमस्ते दुनिया।\r\n" * 40
ENCODED = {
    "UTF-8": TEXT.encode(),
    "byte order mark": TEXT.encode("utf-8-sig"),
    "UTF-16": TEXT.encode("utf-16"),
    "gzip": gzip.compress(TEXT.encode()),
}
BOTH = ["cl100k_base", "o200k_base"]


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("keep", ["start", "end"])
@pytest.mark.parametrize("boundary", ["grapheme", "word", "sentence"])
@pytest.mark.parametrize("most", [0, 5, 203, 99_999])
def test_files_and_standard_input(
    tmp_path: Path, encoding: str, keep: str, boundary: str, most: int
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(ENCODED[encoding])
    options = ["--max-tokens", str(most), "--keep", keep, "--boundary", boundary]
    expected = fit(TEXT, most, BOTH, keep=keep, boundary=boundary)  # type: ignore[arg-type]
    result = invoke("fit", str(path), *options)
    assert (result.stdout_bytes.decode(), result.stderr) == (expected.text, "")
    piped = invoke("fit", "-", *options, stdin=ENCODED[encoding])
    assert piped.stdout_bytes.decode() == expected.text


def test_json_and_output(tmp_path: Path) -> None:
    target = tmp_path / "part.json"
    result = invoke("fit", "the responsibility of all", "-n", "2", "--json", "-o", str(target))
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads(target.read_text()) == {
        "schema": 1,
        "max_tokens": 2,
        "keep": "start",
        "boundary": "grapheme",
        "is_whole": False,
        "is_longest": True,
        "tokens": {"cl100k_base": 2, "o200k_base": 2},
        "characters": 18,
        "bytes": 18,
        "text": "the responsibility",
    }
    source = tmp_path / "a.txt"
    source.write_bytes("é\r\n".encode())
    invoke("fit", str(source), "-n", "9", "-o", str(target))
    assert target.read_bytes() == "é\r\n".encode()
    assert json.loads(invoke("fit", str(source), "-n", "9", "--json").stdout)["file"] == str(source)


def test_the_output_is_no_input(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("text")
    result = invoke("fit", str(path), "-n", "1", "-o", str(path))
    assert result.exit_code == 1
    assert "is also the input" in result.stderr
    assert path.read_text() == "text"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["a"], 2, "Missing option '-n' / '--max-tokens'"),
        (["a", "-n", "-1"], 2, "-1 is not in the range x>=0"),
        (["a", "-n", "1", "--keep", "both"], 2, "'both' is not one of 'start', 'end'"),
        (["a", "-n", "1", "-e", "o200k"], 1, "Unknown encoding 'o200k'"),
        (["-n", "1"], 2, "Missing argument"),
    ],
)
def test_wrong_usage(arguments: list[str], code: int, message: str) -> None:
    result = invoke("fit", *arguments)
    assert result.exit_code == code
    assert message in result.stderr


def test_notes() -> None:
    result = invoke("fit", "no-such-file.txt", "-n", "9")
    assert result.stdout == "no-such-file.txt"
    assert result.stderr == (
        "Note: There is no file 'no-such-file.txt'; it is counted as a text.\n"
    )


def test_an_encoding_without_safe_cuts(tmp_path: Path) -> None:
    words = {"one": 0, "two": 1, "[UNK]": 2}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    path = tmp_path / "tokenizer.json"
    path.write_text(tokenizer.to_str())
    result = invoke("fit", "one two one", "-n", "2", "-e", f"words={path}", "--boundary", "word")
    assert result.stdout == "one two "
    assert result.stderr == "Note: The part fits; under words a longer one may fit, too.\n"
    whole = invoke("fit", "one two one", "-n", "3", "-e", f"words={path}", "--json")
    assert json.loads(whole.stdout)["is_whole"]
    assert whole.stderr == ""


@posix_only
def test_little_of_a_large_file_is_read(tmp_path: Path) -> None:
    """A file of 8 TB, of which all but both ends is a hole, which would be refused as no text."""
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.write(b"The first words. " * 20_000)
        file.seek(8 << 40)
        file.write("The last words é. ".encode() * 20_000)
    for keep, expected in (("start", b"The first words."), ("end", " words é. ".encode())):
        found = run("fit", str(path), "-n", "4", "--keep", keep)
        assert found.stdout == expected
        assert found.returncode == 0


@pytest.mark.parametrize(("keep", "place"), [("start", 2), ("end", 9_003)])
def test_what_is_not_utf8(tmp_path: Path, keep: str, place: int) -> None:
    content = b"a " * 6_000
    path = tmp_path / "a.txt"
    path.write_bytes(content[:place] + b"\xff" + content[place:])
    result = invoke("fit", str(path), "-n", "9", "--keep", keep)
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: {str(path)!r}, byte {place}: invalid UTF-8 (invalid start byte)\n"
    )


def test_a_fault_that_is_not_reached_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a " * 60_000 + b"\xff")
    assert invoke("fit", str(path), "-n", "2").stdout == "a a"
    os.truncate(path, 120_000)
    assert invoke("fit", str(path), "-n", "2", "--keep", "end").stdout == " a "
