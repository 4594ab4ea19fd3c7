"""OpenAI's encodings: their data equal those of tiktoken's own constructors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tiktoken.load
from tiktoken_ext import openai_public  # type: ignore[import-untyped]

from tests.reference import ENCODINGS, References, load_tiktoken
from tests.small_ranks import RANKS, as_merges
from tokcompare import load_encoding
from tokcompare.encodings import VOCABULARIES
from tokcompare.encodings.kinds.openai import PATTERNS
from tokcompare.encodings.kinds.rank_files import byte_characters


@pytest.mark.parametrize("name", ENCODINGS)
def test_is_tiktokens_encoding(name: str, references: References) -> None:
    ours, reference = load_tiktoken(name).tiktoken, references[name]
    assert ours._pat_str == reference._pat_str
    assert ours._special_tokens == reference._special_tokens
    assert ours._mergeable_ranks == reference._mergeable_ranks


@pytest.mark.parametrize(("name", "size"), [("cl100k_base", 100_277), ("o200k_base", 200_019)])
def test_vocabulary_size_is_known_without_loading(
    name: str, size: int, references: References
) -> None:
    assert VOCABULARIES[name].vocabulary_size == size == references[name].n_vocab
    assert load_encoding(name).vocabulary_size == size


class TestEqualsTiktoken:
    @pytest.mark.parametrize("name", VOCABULARIES)
    def test_data_of_its_constructors(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        loaded: list[tuple[str, str]] = []

        def load_tiktoken_bpe(url: str, expected_hash: str) -> dict[bytes, int]:
            loaded.append((url, expected_hash))
            return {b"!": 0}

        def load_data_gym(**options: str) -> dict[bytes, int]:
            loaded.append((options["vocab_bpe_file"], options["vocab_bpe_hash"]))
            return {b"!": 0}

        monkeypatch.setattr(openai_public, "load_tiktoken_bpe", load_tiktoken_bpe)
        monkeypatch.setattr(openai_public, "data_gym_to_mergeable_bpe_ranks", load_data_gym)
        expected: dict[str, Any] = openai_public.ENCODING_CONSTRUCTORS[name]()
        vocabulary = VOCABULARIES[name]
        assert loaded == [(vocabulary.rank_file.url, vocabulary.sha256)]
        assert vocabulary.name == expected["name"] == name
        assert vocabulary.pattern == expected["pat_str"]
        assert vocabulary.special_tokens == expected["special_tokens"]
        largest = max(vocabulary.special_tokens.values())
        assert vocabulary.vocabulary_size == expected.get("explicit_n_vocab", largest + 1)

    def test_all_of_its_encodings(self) -> None:
        assert list(VOCABULARIES) == list(openai_public.ENCODING_CONSTRUCTORS)
        assert {name for name, v in VOCABULARIES.items() if v.is_embedded} == {
            "cl100k_base",
            "o200k_base",
            "o200k_harmony",
        }
        assert {v.pattern for v in VOCABULARIES.values()} == PATTERNS

    def test_merges(self, tmp_path: Path) -> None:
        characters = byte_characters()
        encoder = {"".join(characters[b] for b in token): rank for token, rank in RANKS.items()}
        (tmp_path / "vocab.bpe").write_bytes(as_merges())
        (tmp_path / "encoder.json").write_text(json.dumps(encoder))
        reference = tiktoken.load.data_gym_to_mergeable_bpe_ranks(
            str(tmp_path / "vocab.bpe"), str(tmp_path / "encoder.json")
        )
        assert reference == RANKS
