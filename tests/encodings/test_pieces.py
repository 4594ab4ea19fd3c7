"""Pieces are split as tiktoken splits them, and long ones have the tokens that tiktoken gives."""

from __future__ import annotations

import random
import runpy
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import ROOT
from tests.characters import LOOK_ALIKES, Sample, scalars
from tests.reference import ENCODINGS, References, load_tiktoken
from tokcompare import load_samples
from tokcompare.encodings.kinds import pieces
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.kinds.pieces import encode_piece, load_splitter, may_hold_long_piece

ALPHABETS = [
    "a",
    "ab",
    "etaoin",
    "ETAOINetaoin",
    "=-_",
    "…—“",
    "ક્ષિક",
    "的一是不了",
    "😀👍🏽",
    "\u0301e",
]


def split(name: str, text: str) -> list[str] | None:
    found = load_splitter(VOCABULARIES[name].pattern).split(text)
    return None if found is None else [*found]


def encode_split(name: str, text: str, references: References) -> list[int] | None:
    """Returns the tokens of a text that is split here, and whose pieces are merged by tiktoken."""
    encode = references[name]._encode_single_piece
    found = split(name, text)
    return None if found is None else [token for piece in found for token in encode(piece)]


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "_BLOCK", 40)
    monkeypatch.setattr(pieces, "_MARGIN", 10)


@pytest.mark.parametrize("name", ENCODINGS)
class TestLongPiece:
    @pytest.mark.usefixtures("small_blocks")
    @given(data=st.data())
    def test_equals_tiktoken(self, name: str, references: References, data: st.DataObject) -> None:
        alphabet = data.draw(st.sampled_from([*map(st.sampled_from, ALPHABETS), st.characters()]))
        text = data.draw(st.text(alphabet, min_size=1, max_size=400))
        piece = text.encode("utf-8", "replace")
        tiktoken = references[name]
        ours = encode_piece(
            piece, tiktoken._encode_single_piece, tiktoken.decode_single_token_bytes
        )
        assert ours == tiktoken._encode_single_piece(piece)

    @pytest.mark.usefixtures("small_blocks")
    @given(unit=st.binary(min_size=1, max_size=9), times=st.integers(1, 300))
    def test_repeated_bytes(
        self, name: str, references: References, unit: bytes, times: int
    ) -> None:
        tiktoken, piece = references[name], unit * times
        ours = encode_piece(
            piece, tiktoken._encode_single_piece, tiktoken.decode_single_token_bytes
        )
        assert ours == tiktoken._encode_single_piece(piece)

    @pytest.mark.parametrize("alphabet", ALPHABETS)
    def test_text_with_one(self, name: str, references: References, alphabet: str) -> None:
        draw = random.Random(alphabet).choices
        long_piece = "".join(draw(alphabet, k=pieces.LONG + 10))
        text = f"It's {long_piece}, and 12345 {long_piece[:100]}\n"
        assert may_hold_long_piece(text)
        assert load_tiktoken(name).encode(text) == references[name].encode_ordinary(text)


class TestBlocksThatDoNotFit:
    """A made-up encoding in which all tokens of a piece depend on its end."""

    def test_begins_again_at_an_earlier_token(self, small_blocks: None) -> None:
        sizes: list[int] = []

        def encode(piece: bytes) -> list[int]:
            sizes.append(len(piece))
            # From the end: pairs (2), and a single byte at the beginning if the number is odd.
            return [1] * (len(piece) % 2) + [2] * (len(piece) // 2)

        def bytes_of(token: int) -> bytes:
            return b"a" * token

        for length in range(1, 500):
            assert encode_piece(b"a" * length, encode, bytes_of) == encode(b"a" * length)
        assert max(sizes) < 2_000


class TestMayHoldLongPiece:
    @pytest.mark.parametrize("character", ["a", "æ", "ક", "的", "=", "😀"])
    def test_holds_one(self, character: str) -> None:
        run = character * pieces.LONG
        assert may_hold_long_piece(run)
        assert may_hold_long_piece(f"{'some words ' * 9_000}{run} {'more words ' * 9_000}")

    @pytest.mark.parametrize(
        "text", ["a" * (pieces.LONG - 1), "a1" * pieces.LONG, " " * 200_000, "7" * 200_000]
    )
    def test_holds_none(self, text: str) -> None:
        assert not may_hold_long_piece(text)


@pytest.mark.parametrize("name", ENCODINGS)
class TestSplitter:
    @given(text=st.text())
    def test_equals_tiktoken(self, name: str, references: References, text: str) -> None:
        text = text.encode("utf-8", "replace").decode()
        ours = encode_split(name, text, references)
        assert ours in (None, references[name].encode_ordinary(text))

    def test_samples(self, name: str, references: References) -> None:
        for document in [*load_samples("udhr"), *load_samples()]:
            assert isinstance(document.text, str)
            ours = encode_split(name, document.text, references)
            assert ours == references[name].encode_ordinary(document.text)

    def test_look_alikes(self, name: str, references: References) -> None:
        for text in LOOK_ALIKES:
            ours = encode_split(name, text, references)
            assert ours == references[name].encode_ordinary(text)

    def test_unassigned_characters(self, name: str) -> None:
        # Unicode 15 assigns U+11F00, Unicode 16 assigns U+1C89, and none assigns U+0378 so far.
        for character in "\U00011f00\u1c89\u0378":
            assert split(name, f"a{character}") is None
        assert split(name, "ab") == ["ab"]

    @pytest.mark.exhaustive
    def test_every_character(self, name: str, references: References, sample: Sample) -> None:
        contexts = "{0}\na{0}b {0}\n1{0}2 x {0}y A{0}'s {0}{0}'{0} {0}\n\n  {0}S\u0301{0}"
        assigned = [scalar for scalar in scalars() if split(name, scalar) is not None]
        assert len(assigned) == 282_230
        texts = map(contexts.format, sample(assigned))
        encode = references[name].encode_ordinary
        assert [t for t in texts if encode_split(name, t, references) != encode(t)] == []


@pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="needs Unicode 14.0")
def test_unassigned_code_points_are_those_of_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = runpy.run_path(str(ROOT / "data/vocabularies/make_unassigned.py"))
    monkeypatch.setitem(script["main"].__globals__, "__file__", str(tmp_path / "script.py"))
    script["main"]()
    content = (ROOT / "data/vocabularies/unassigned.txt").read_text()
    assert (tmp_path / "unassigned.txt").read_text() == content
