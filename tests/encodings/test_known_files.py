"""Rank files of other projects: a known file needs no pattern, and each file has its own."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest
import regex
from hypothesis import HealthCheck, given, settings

from tests.command import invoke
from tests.small_ranks import RANKS, as_file
from tests.strategies import TEXT, examples
from tokcompare import ArgumentError, UnknownNameError, VocabularyError, compare, load_encoding
from tokcompare.encodings import load as loading
from tokcompare.encodings import load_encodings
from tokcompare.encodings.kinds.known_files import (
    KNOWN_FILES,
    LLAMA3,
    LOSSLESS_PATTERNS,
    QWEN,
    QWEN_PATTERN,
    WHISPER,
)
from tokcompare.encodings.patterns import read_patterns

CONTENT = as_file(RANKS)
OTHER = CONTENT + b"%s 600\n" % b64encode(b"zzzzzz")


def know(monkeypatch: pytest.MonkeyPatch, content: bytes, file: object = QWEN) -> None:
    """Makes a small file known instead of a published one."""
    sha256 = hashlib.sha256(content).hexdigest()
    monkeypatch.setitem(KNOWN_FILES, sha256, replace(file, sha256=sha256))  # type: ignore[type-var]
    monkeypatch.setattr(loading, "_loaded", {})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "small.tiktoken"
    path.write_bytes(CONTENT)
    return path


class TestKnownFiles:
    def test_each_hash_has_one_pattern(self) -> None:
        assert all(sha256 == file.sha256 for sha256, file in KNOWN_FILES.items())
        assert {len(sha256) for sha256 in KNOWN_FILES} == {64}
        assert LLAMA3.pattern != QWEN.pattern
        assert WHISPER.sha256 in KNOWN_FILES

    def test_needs_no_pattern(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(VocabularyError, match="is not a known one"):
            load_encoding(path)
        know(monkeypatch, CONTENT)
        encoding = load_encoding(path)
        assert encoding.sha256 == hashlib.sha256(CONTENT).hexdigest()
        plain = load_encoding(path, pattern="o200k_base")
        assert plain.sha256 != encoding.sha256
        # Qwen's tokenizer converts text to NFC; with another pattern it is not Qwen's tokenizer.
        assert encoding.encode("e\u0301") == plain.encode("\u00e9") != plain.encode("e\u0301")
        assert encoding.vocabulary_size == plain.vocabulary_size == 600
        assert (encoding.keeps_text, encoding.cuts_at_space) == (False, True)
        assert encoding.decode(encoding.encode("e\u0301 x")) == "\u00e9 x"
        assert load_encoding(path, pattern=QWEN_PATTERN).sha256 == encoding.sha256

    def test_digits_of_qwen(self, path: Path) -> None:
        # Qwen's own code counts 5 tokens of "２０２４年". Each digit is a piece, of three bytes.
        pieces = regex.findall(QWEN_PATTERN, "２０２４年")
        assert list(map(len, pieces)) == [1, 1, 1, 1, 1]
        cl100k = load_encoding("cl100k_base")
        assert list(map(len, regex.findall(cl100k.pattern, "２０２４年"))) == [3, 1, 1]

    @settings(
        max_examples=examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(text=TEXT)
    def test_lossless_patterns_lose_no_character(self, text: str) -> None:
        text = text.encode("utf-8", "replace").decode()
        for pattern in LOSSLESS_PATTERNS:
            assert "".join(piece[0] for piece in regex.finditer(pattern, text)) == text

    @settings(
        max_examples=examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(first=TEXT, second=TEXT)
    def test_text_can_be_cut(self, path: Path, first: str, second: str) -> None:
        """The places are those of `LoadedEncoding.cuts_at_space`."""
        for pattern in LOSSLESS_PATTERNS:
            encoding = load_encoding(path, pattern=pattern)
            for before, after in ((f"{first}a", f" {second}"), (f"{first}a\n", f"b{second}")):
                whole = encoding.encode(before + after)
                assert whole == [*encoding.encode(before), *encoding.encode(after)]

    def test_runs_of_blanks_under_other_patterns(self, path: Path) -> None:
        for pattern in LOSSLESS_PATTERNS:
            encoding = load_encoding(path, pattern=pattern)
            text = f"a{' ' * 1_000_100}b"
            assert encoding.decode(encoding.encode(text)) == text


class TestModelFiles:
    def test_rank_file_that_is_called_tokenizer_model(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = tmp_path / "Llama-9"
        folder.mkdir()
        path = folder / "tokenizer.model"
        path.write_bytes(CONTENT)
        with pytest.raises(VocabularyError, match="is not a known one"):
            load_encoding(path)
        encoding = load_encoding(path, pattern="cl100k_base")
        assert encoding.name == "Llama-9"
        assert load_encoding(f"own={path}", pattern="cl100k_base").sha256 == encoding.sha256
        know(monkeypatch, CONTENT, LLAMA3)
        assert load_encoding(f"own={path}").keeps_text is True
        result = invoke("count", "-e", f"own={path}", "Hello")
        assert (result.exit_code, result.stderr) == (0, "")

    def test_a_model_file_that_is_not_there(self, tmp_path: Path) -> None:
        path = str(tmp_path / "tokenizer.model")
        for given_ in (path, f"own={path}"):
            with pytest.raises(VocabularyError, match=r"tokenizer\.model' cannot be read: No such"):
                load_encoding(given_)

    def test_sentencepiece(self, tmp_path: Path) -> None:
        path = tmp_path / "tokenizer.model"
        path.write_bytes(b"\n\x0e\n\x05<unk>\x15\0\0\0\0")
        for given_ in (str(path), f"own={path}"):
            with pytest.raises(VocabularyError, match=r"SentencePiece, .*save_pretrained"):
                load_encoding(given_)


class TestPatterns:
    def test_each_file_has_its_own(self, path: Path, tmp_path: Path) -> None:
        other = tmp_path / "other.tiktoken"
        other.write_bytes(OTHER)
        givens = [f"a={path}", f"b={other}", "o200k_base"]
        patterns = {"a": "cl100k_base", "b": r"\p{N}|\P{N}+"}
        a, b, _ = load_encodings(givens, pattern=patterns)
        assert a.encode("123") == load_encoding(path, pattern="cl100k_base").encode("123")
        assert len(b.encode("123")) == 3
        comparison = compare("123", encodings=givens, pattern=patterns)
        assert comparison.total.tokens["b"] == 3
        result = invoke(
            *("report", "-e", givens[0], "-e", givens[1], "--pattern", "a=cl100k_base"),
            *("--pattern", r"b=\p{N}|\P{N}+", "-f", "csv"),
        )
        assert result.exit_code == 0
        assert (
            str(b.sha256)[:8]
            in invoke(
                *("report", "-e", givens[0], "-e", givens[1], "--pattern", "a=cl100k_base"),
                *("--pattern", r"b=\p{N}|\P{N}+", "--signature"),
            ).stdout
        )

    def test_one_pattern_for_the_file_that_needs_one(
        self, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = tmp_path / "other.tiktoken"
        other.write_bytes(OTHER)
        givens = [f"a={path}", f"b={other}"]
        with pytest.raises(ArgumentError, match=r"several rank files: a, b need one each\. .*a=P"):
            load_encodings(givens, pattern="gpt2")
        know(monkeypatch, CONTENT)
        a, b = load_encodings(givens, pattern="gpt2")
        assert a.sha256 == hashlib.sha256(CONTENT).hexdigest()
        assert b.sha256 == load_encoding(f"b={other}", pattern="gpt2").sha256
        know(monkeypatch, OTHER)
        with pytest.raises(ArgumentError, match="several rank files: all have known patterns"):
            load_encodings(givens, pattern="gpt2")

    def test_a_pattern_with_an_equals_sign(self, path: Path) -> None:
        for pattern in (r"(?=x)x|\P{N}+|\p{N}", r"(?:a=b)|.|\n", "[a]=b|.|\n"):
            expected = load_encoding(path, pattern=pattern).encode("a=b 12 x")
            result = invoke(
                "count", "--json", "-e", f"own={path}", "--pattern", pattern, "a=b 12 x"
            )
            assert json.loads(result.stdout)["total"]["tokens"]["own"] == len(expected)
        # NAME= is the name of a given encoding.
        named = invoke("count", "--json", "-e", str(path), "--pattern", r"small=.", "a=b")
        assert json.loads(named.stdout)["total"]["tokens"]["small"] == 3

    def test_a_pattern_for_a_name_that_was_not_given(self, path: Path) -> None:
        # As a regular expression, "b=gpt2" would match nothing, and all text would be lost.
        result = invoke("count", "-e", f"own={path}", "--pattern", "b=gpt2", "hi")
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == (
            "Error: The pattern 'b=gpt2' is for 'b', and no rank file of that name was given; "
            "there are: own. A regular expression that begins with 'b=' is written (?:b=gpt2).\n"
        )

    def test_reading(self) -> None:
        assert read_patterns((), ["a"]) is None
        assert read_patterns(("x=y",), []) == "x=y"
        assert read_patterns(("(?:x=y)",), ["a"]) == "(?:x=y)"
        for others in ((), ("a=z",)):
            with pytest.raises(ArgumentError, match=r"'x=y' is for 'x', .* there are: a\. .*x=y"):
                read_patterns((*others, "x=y"), ["a"])
        assert read_patterns(("a=x=y",), ["a"]) == {"a": "x=y"}
        assert read_patterns(("a=x", "b=y"), ["a", "b"]) == {"a": "x", "b": "y"}
        with pytest.raises(ArgumentError, match="NAME=PATTERN, but 'x' has none of: a, b"):
            read_patterns(("a=x", "x"), ["b", "a"])
        with pytest.raises(ArgumentError, match="has none of: no rank file is given"):
            read_patterns(("a=x", "x"), [])
        with pytest.raises(ArgumentError, match="'a' has two patterns"):
            read_patterns(("a=x", "a=y"), ["a"])

    def test_a_pattern_for_no_file(self, path: Path) -> None:
        givens = [f"a={path}", "o200k_base"]
        with pytest.raises(ArgumentError, match="rank file, not for o200k_base"):
            load_encodings(givens, pattern={"a": "gpt2", "o200k_base": "gpt2"})
        with pytest.raises(UnknownNameError, match="Unknown rank file 'b'"):
            load_encodings(givens, pattern={"b": "gpt2"})
        with pytest.raises(ArgumentError, match="rank file, not for llama3"):
            load_encoding("llama3", pattern="gpt2")
        with pytest.raises(ArgumentError, match="A pattern must be a str, not int"):
            load_encodings(givens, pattern={"a": 1})  # type: ignore[dict-item]


def test_nfc_is_not_a_loss(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    know(monkeypatch, CONTENT)
    text = unicodedata.normalize("NFD", "Việt")
    comparison = compare(text, encodings=[f"qwen={path}"], metrics="all")
    assert comparison.total.lost_bytes == {"qwen": 0}
