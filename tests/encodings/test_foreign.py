"""A file that is no encoding is named, and the message says what to do."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from tests.command import invoke
from tokcompare import load_encoding
from tokcompare.errors import VocabularyError

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 9085657\n"
FILES = {
    "tokenizer.json": (LFS, "is a Git LFS pointer", "git lfs pull"),
    "qwen.tiktoken": (LFS, "is a Git LFS pointer", "git lfs pull"),
    "tokenizer.model": (
        b"\n\x0e\n\x05<unk>\x15\0\0\0\0",
        "SentencePiece",
        "tokenizer.json",
    ),
    "llama3.ranks": (b"IQ== 0\nIg== 1\n", "is a rank file", ".tiktoken"),
    "vocab.txt": (b"[PAD]\n[UNK]\nthe\n", "WordPiece", "tokenizer.json"),
    "vocab.json": (b'{"a": 0, "b": 1}', "without the rules", "tokenizer.json"),
    "merges.txt": (b"#version: 0.2\nt h\n", "is a list of merges", "tokenizer.json"),
    "tekken.json": (
        json.dumps({"config": {"pattern": "x"}, "vocab": [{"token_bytes": "YQ=="}]}).encode(),
        "is not a tekken.json of Mistral that can be read (KeyError: 'default_vocab_size')",
        "tokenizer.json",
    ),
    "model.safetensors": (b"\x10\0\0\0\0\0\0\0{}", "weights", "tokenizer.json"),
    "config.json": (b'{"model_type": "llama"}', "settings", "tokenizer.json"),
    "page.json": (b"<!DOCTYPE html><html></html>", "is a web page", "Download"),
    "page.tiktoken": (b"<!DOCTYPE html><html></html>", "is a web page", "Download"),
    "empty.json": (b"", "is empty", "Download"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("prefix", ["", "mine="])
def test_file_that_is_no_encoding(name: str, prefix: str, tmp_path: Path) -> None:
    content, what, way_out = FILES[name]
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(VocabularyError) as caught:
        load_encoding(f"{prefix}{path}")
    message = str(caught.value)
    assert what in message
    assert way_out in message
    assert name in message
    assert "expected" not in message
    result = invoke("report", "-e", "cl100k_base", "-e", f"{prefix}{path}")
    assert (result.exit_code, result.stdout) == (1, "")
    assert what in result.stderr


def test_model_folder_without_a_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text("{}")
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(VocabularyError, match=r"has no tokenizer\.json; there is: model\.safe.*vo"):
        load_encoding(tmp_path)
    (tmp_path / "a.tiktoken").touch()
    with pytest.raises(VocabularyError, match=r"Give the path of the rank file: .*a\.tiktoken"):
        load_encoding(tmp_path)


@pytest.mark.parametrize("prefix", ["", "qwen="])
def test_url(prefix: str) -> None:
    for end in ("tokenizer.json", "main", "a.tiktoken"):
        with pytest.raises(VocabularyError, match=r"is a URL, .* Download"):
            load_encoding(f"{prefix}https://host/Qwen/Qwen3-8B/{end}")


def test_rank_file_with_an_empty_token(tmp_path: Path) -> None:
    ranks = [*(bytes([byte]) for byte in range(256)), b"ab"]
    lines = [base64.b64encode(token) + b" %d" % rank for rank, token in enumerate(ranks)]
    path = tmp_path / "whisper.tiktoken"
    path.write_bytes(b"\n".join([*lines, b"= 257", b""]))
    encoding = load_encoding(path, pattern="gpt2")
    assert encoding.encode("abc") == [256, ord("c")]
    assert encoding.vocabulary_size == 258
    path.write_bytes(b"\n".join([*lines, b"= 257", b"= 258"]))
    with pytest.raises(VocabularyError, match="is also on line 258"):
        load_encoding(path, pattern="gpt2")
