"""Mistral's tekken.json: it describes itself."""

from __future__ import annotations

import json
import pickle
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import tiktoken

from tests.command import invoke
from tests.small_ranks import RANKS
from tokcompare import VocabularyError, load_encoding
from tokcompare.encodings.kinds.tekken import parse_tekken

PATTERN = r"\p{N}|[^\s\p{N}]+|\s+"
SPECIAL = 10


def description(**changes: Any) -> dict[str, Any]:
    """Returns a tekken.json with 600 tokens, of which models use 500 beside 10 special tokens."""
    tokens = sorted(RANKS, key=lambda token: RANKS[token])
    config = {
        "pattern": PATTERN,
        "num_vocab_tokens": 600,
        "default_vocab_size": 500 + SPECIAL,
        "default_num_special_tokens": SPECIAL,
        "version": "v3",
    }
    vocabulary = [
        {"rank": rank, "token_bytes": b64encode(token).decode(), "token_str": None}
        for rank, token in enumerate(tokens)
    ]
    return {"config": config | changes, "vocab": vocabulary}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tekken.json"
    path.write_text(json.dumps(description()))
    return path


def test_equals_tiktoken(path: Path) -> None:
    ranks = {token: rank for token, rank in RANKS.items() if rank < 500}
    reference = tiktoken.Encoding(
        "reference", pat_str=PATTERN, mergeable_ranks=ranks, special_tokens={}
    )
    encoding = load_encoding(path)
    assert (encoding.name, encoding.vocabulary_size) == ("tekken", 510)
    for text in ("", "Hello, world 12 नमस्ते\n", "human rights and freedoms"):
        # As mistral-common does: the special tokens come first.
        assert encoding.encode(text) == [SPECIAL + t for t in reference.encode_ordinary(text)]
        assert encoding.decode(encoding.encode(text)) == text
    assert pickle.loads(pickle.dumps(encoding)) is encoding


def test_counts(path: Path) -> None:
    result = invoke("report", "-e", f"mistral={path}", "-e", "o200k_base", "-l", "en")
    assert result.exit_code == 0
    assert "mistral" in result.stdout


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"pattern": None}, "has no pattern"),
        ({"default_num_special_tokens": 510}, "has no pattern, or no sizes"),
        ({"default_vocab_size": 700}, "does not have the ranks 0 to 689"),
        ({"default_vocab_size": 110}, "lacks single bytes"),
        ({"pattern": "("}, "is not a regular expression"),
    ],
)
def test_damaged(path: Path, changes: dict[str, Any], reason: str) -> None:
    path.write_text(json.dumps(description(**changes)))
    with pytest.raises(VocabularyError, match=reason) as caught:
        load_encoding(path)
    assert repr(str(path)) in str(caught.value)


def test_not_json() -> None:
    with pytest.raises(VocabularyError, match=r"^The file 'x' is not a tekken\.json .*Download it"):
        parse_tekken(b"{", path="x")
