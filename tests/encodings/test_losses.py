"""Lost text is measured, and told apart from normalized text, for each kind of tokenizer."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tests.strategies import TEXT, examples
from tokcompare import load_encoding
from tokcompare.bundled import data_path
from tokcompare.encodings import load_encodings
from tokcompare.encodings.losses import count_bytes_dropped_by, gives_back
from tokcompare.text import replace_surrogates


@cache
def articles(language: str) -> list[str]:
    lines = data_path("samples", "udhr.jsonl").read_text("utf-8").splitlines()
    records = map(json.loads, lines)
    return [record["text"] for record in records if record["language"] == language]


def byte_level(
    *,
    normalizer: Any = None,
    splitter: Any = None,
    alphabet: bool = True,
) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = splitter or pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if alphabet else [],
    )
    tokenizer.train_from_iterator(articles("en"), trainer)
    return tokenizer


def lost(folder: Path, tokenizer: Tokenizer, text: str) -> int:
    path = folder / "made.json"
    path.write_text(tokenizer.to_str(), "utf-8")
    encoding = load_encoding(str(path))
    return encoding.count_lost_bytes(text, encoding.encode(text))


def test_bytes_that_are_not_in_the_vocabulary(tmp_path: Path) -> None:
    """Training on English gives no token to most bytes of Devanagari; the library drops them."""
    tokenizer = byte_level(alphabet=False)
    known = set("".join(articles("en")).encode())
    hindi = "\n".join(articles("hi"))
    expected = sum(byte not in known for byte in "".join(hindi.split()).encode())
    assert lost(tmp_path, tokenizer, hindi) == expected
    assert expected > 0.8 * len(hindi.encode())
    assert lost(tmp_path, tokenizer, "\n".join(articles("en"))) == 0


NORMALIZERS = {
    "NFKC": normalizers.NFKC(),
    "NFD and lower case": normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase()]),
    "accents": normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()]),
    "BERT": normalizers.BertNormalizer(lowercase=True),
    "controls": normalizers.Nmt(),
    "quotation marks": normalizers.Sequence(
        [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]
    ),
    "white space": normalizers.Sequence(
        [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    ),
    "bytes": normalizers.ByteLevel(),
    "metaspace": normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    ),
}


@pytest.mark.parametrize("name", NORMALIZERS)
def test_normalizing_is_not_losing(tmp_path: Path, name: str) -> None:
    splitter = pre_tokenizers.Split(" ", "isolated") if name == "bytes" else None
    tokenizer = byte_level(normalizer=NORMALIZERS[name], splitter=splitter)
    text = " \uff26\uff55ll  ﬁn Straße CAFÉ Đặng İ\tΣΦΣ ``so'' شُكراً שָׁלוֹם 한국 \u200bがぎ ½ "
    assert lost(tmp_path, tokenizer, text) == 0


@pytest.mark.parametrize(
    ("normalizer", "text", "expected"),
    [
        (normalizers.Replace("e", ""), "sea and ``see''", 3),
        (normalizers.Replace(Regex("[^ -~]"), "\ufffd"), "a é 字", 5),
        # Vowel signs and the virama are no accents.
        (normalizers.StripAccents(), "हिन्दी", 9),
        (normalizers.BertNormalizer(lowercase=True), "हिन्दी", 3),
        (normalizers.BertNormalizer(lowercase=True), "ที่", 6),
    ],
)
def test_what_a_normalizer_drops_is_lost(
    tmp_path: Path, normalizer: Any, text: str, expected: int
) -> None:
    assert lost(tmp_path, byte_level(normalizer=normalizer), text) == expected


@pytest.mark.parametrize("prefix", [True, False])
def test_what_a_splitter_drops_is_lost(tmp_path: Path, prefix: bool) -> None:
    steps = [
        pre_tokenizers.Split(Regex(r"\d"), "removed"),
        pre_tokenizers.ByteLevel(add_prefix_space=prefix),
    ]
    tokenizer = byte_level(splitter=pre_tokenizers.Sequence(steps))
    assert lost(tmp_path, tokenizer, "am 10. 12. 1948") == 8
    assert lost(tmp_path, tokenizer, "am Tag\u00a0der \u3000 Rechte") == 0


def unigram() -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=300, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(articles("en"), trainer)
    return tokenizer


def wordpiece() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=500, special_tokens=["[UNK]"], show_progress=False
    )
    tokenizer.train_from_iterator(articles("en"), trainer)
    return tokenizer


def with_suffix() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=["<unk>"],
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(articles("en"), trainer)
    return tokenizer


def with_byte_fallback() -> Tokenizer:
    pieces = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581", "a", "e"]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    model = models.BPE(vocabulary, [], unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = NORMALIZERS["metaspace"]
    return tokenizer


@pytest.mark.parametrize("make", [unigram, wordpiece, with_suffix, with_byte_fallback])
def test_other_kinds_hold_the_text_of_their_alphabet(
    tmp_path: Path, make: Callable[[], Tokenizer]
) -> None:
    tokenizer = make()
    assert lost(tmp_path, tokenizer, "\n".join(articles("en"))) == 0
    expected = 0 if make is with_byte_fallback else 6
    assert lost(tmp_path, tokenizer, "the 字 字 right") == expected


def test_added_tokens_hold_their_text(tmp_path: Path) -> None:
    tokenizer = byte_level(normalizer=normalizers.Lowercase())
    tokenizer.add_tokens(["<TOOL>", "éé"])
    assert lost(tmp_path, tokenizer, "a <TOOL> éé b") == 0


def test_characters_that_a_pattern_skips_are_lost(tmp_path: Path) -> None:
    path = tmp_path / "small.tiktoken"
    path.write_bytes(b"\n".join(b"%s %d" % (b64encode(bytes([n])), n) for n in range(256)))
    (encoding,) = load_encodings([str(path)], pattern=r"\w+")
    assert encoding.count_lost_bytes("no. 5 €", encoding.encode("no. 5 €")) == 4


@settings(max_examples=examples(200), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT)
def test_all_bytes_hold_every_text(tmp_path: Path, text: str) -> None:
    text = replace_surrogates(text)
    path = tmp_path / "all.json"
    if not path.exists():
        splitter = pre_tokenizers.ByteLevel(add_prefix_space=True)
        path.write_text(byte_level(splitter=splitter).to_str(), "utf-8")
    encoding = load_encoding(str(path))
    tokens = encoding.encode(text)
    assert encoding.count_lost_bytes(text, tokens) == 0
    assert gives_back(text, encoding.decode(tokens))


@settings(max_examples=examples(200))
@given(text=TEXT, dropped=st.characters(categories=["Ll", "Lo", "Nd"], codec="utf-8"))
def test_dropped_letters_are_counted(text: str, dropped: str) -> None:
    text = replace_surrogates(text).replace(dropped, "") + dropped

    def drop(part: str) -> str:
        return part.replace(dropped, "")

    measured = count_bytes_dropped_by(drop, text)
    # A letter that is part of another one, such as the jamo of a syllable, may still be there.
    assert measured in (0, len(dropped.encode()))
    assert measured or drop(text)
