"""The small encoder gives each text the tokens of tiktoken, or leaves the text to tiktoken."""

from __future__ import annotations

import functools
import os
import random
import runpy
import shutil
import subprocess
import sys
import zipfile
from binascii import a2b_base64
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from tests import ROOT
from tests.characters import LOOK_ALIKES, Sample, scalars
from tests.reference import ENCODINGS, References
from tests.strategies import TEXT
from tokcompare import bundled, count_tokens, load_samples
from tokcompare.bundled import data_path
from tokcompare.encodings import TiktokenEncoding
from tokcompare.encodings import load as encodings
from tokcompare.encodings.kinds import small as module
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.kinds.small import SmallEncoder, Tokens, load_small

pytestmark = pytest.mark.parametrize("name", ENCODINGS)

LoadAnew = Callable[[str], TiktokenEncoding]


@functools.cache
def ranks_of(name: str) -> dict[bytes, int]:
    """Reads a rank file as simply as can be."""
    lines = data_path("vocabularies", f"{name}.tiktoken").read_bytes().splitlines()
    pairs = (line.split() for line in lines)
    return {a2b_base64(token): int(rank) for token, rank in pairs}


def load_new(name: str) -> SmallEncoder:
    """Loads an encoder that has encoded nothing yet."""
    module._loaded.clear()
    encoder = load_small(name, VOCABULARIES[name].pattern)
    assert encoder is not None
    return encoder


@pytest.fixture
def encoder(name: str, monkeypatch: pytest.MonkeyPatch) -> SmallEncoder:
    """An encoder that never leaves a text to tiktoken because of the time it takes."""
    monkeypatch.setattr(module, "WORTH_LOADING", 1 << 60)
    return load_new(name)


@pytest.fixture
def load_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoadAnew]:
    """Loads an encoding as a new process does."""

    def load(name: str) -> TiktokenEncoding:
        monkeypatch.setattr(encodings, "_loaded", {})
        module._loaded.clear()
        encoding = encodings.load_encoding(name)
        assert isinstance(encoding, TiktokenEncoding)
        return encoding

    yield load
    module._loaded.clear()


def is_built(encoding: TiktokenEncoding) -> bool:
    return "_built" in encoding.__dict__


class TestTokens:
    def test_are_those_of_the_rank_file(self, name: str, encoder: SmallEncoder) -> None:
        ranks = ranks_of(name)
        tokens = encoder.tokens
        assert len(tokens) == len(ranks)
        assert [token for token, rank in ranks.items() if tokens.rank(token) != rank] == []
        assert [token for token, rank in ranks.items() if tokens.bytes_of(rank) != token] == []

    def test_there_is_no_other(self, name: str, encoder: SmallEncoder) -> None:
        assert encoder.tokens.rank(b"") is None
        assert encoder.tokens.rank(b"qzqzqz") is None
        for token in (-1, len(encoder.tokens), 10**9):
            with pytest.raises(IndexError):
                encoder.tokens.bytes_of(token)

    @pytest.mark.parametrize("prefix", [b" hello", "નમ".encode(), b"\xe0\xaa", b"qzqzqz"])
    def test_starting_with(self, name: str, encoder: SmallEncoder, prefix: bytes) -> None:
        ranks = ranks_of(name)
        expected = [ranks[token] for token in sorted(ranks) if token.startswith(prefix)]
        assert encoder.tokens.starting_with(prefix) == expected

    def test_files_are_those_of_the_script(self, name: str, tmp_path: Path) -> None:
        script = runpy.run_path(str(ROOT / "data/vocabularies/make_tries.py"))
        script["make"](name, tmp_path)
        # Another version of marisa-trie may write other bytes, with the same tokens.
        import marisa_trie

        made = marisa_trie.BinaryTrie()
        made.load(str(tmp_path / f"{name}.trie"))
        by_key = memoryview((tmp_path / f"{name}.ranks").read_bytes()).cast("I")
        tokens = Tokens(made, by_key)
        assert [t for t, rank in ranks_of(name).items() if tokens.rank(t) != rank] == []


def assert_equal(encoder: SmallEncoder, texts: Iterable[str], reference: tiktoken.Encoding) -> None:
    """Asserts that texts have the tokens that tiktoken gives them, and that some are encoded."""
    encoded = ((text, encoder.encode(text)) for text in texts)
    pairs = [(text, ids) for text, ids in encoded if ids is not None]
    assert [text for text, ids in pairs if ids != reference.encode_ordinary(text)] == []
    assert pairs


class TestEncode:
    @given(text=TEXT)
    def test_equals_tiktoken(self, name: str, references: References, text: str) -> None:
        ours = load_new(name).encode(text)
        assert ours in (None, references[name].encode_ordinary(text))

    def test_samples(self, name: str, encoder: SmallEncoder, references: References) -> None:
        for document in [*load_samples("udhr"), *load_samples()]:
            assert isinstance(document.text, str)
            expected = references[name].encode_ordinary(document.text)
            assert encoder.encode(document.text) == expected

    def test_look_alikes(self, name: str, encoder: SmallEncoder, references: References) -> None:
        for text in LOOK_ALIKES:
            assert encoder.encode(text) == references[name].encode_ordinary(text)

    @pytest.mark.parametrize(
        "alphabet", ["a", "ab", "etaoin", "=-", "ક્ષિ", "的一", "😀👍", " \t\n"]
    )
    def test_pieces_of_all_lengths(
        self, name: str, encoder: SmallEncoder, references: References, alphabet: str
    ) -> None:
        draw = random.Random(alphabet).choices
        for length in [*range(1, 60), *range(60, 1_100, 33)]:
            text = "".join(draw(alphabet, k=length))
            assert encoder.encode(text) in (None, references[name].encode_ordinary(text))

    @pytest.mark.exhaustive
    def test_every_character(
        self, name: str, encoder: SmallEncoder, references: References, sample: Sample
    ) -> None:
        contexts = "{0}\na{0}b {0}\n1{0}2 x {0}y A{0}'s {0}{0}'{0} {0}\n\n  {0}S\u0301{0}"
        assert_equal(encoder, map(contexts.format, sample(scalars())), references[name])

    @pytest.mark.exhaustive
    def test_every_character_alone(
        self, name: str, encoder: SmallEncoder, references: References, sample: Sample
    ) -> None:
        assert_equal(encoder, sample(scalars()), references[name])

    @pytest.mark.exhaustive
    def test_generated_strings(
        self, name: str, encoder: SmallEncoder, references: References, sample: Sample
    ) -> None:
        from tests.hostile import POOLS, generate

        strings = chain.from_iterable(generate(pool, 46_000) for pool in POOLS)
        assert_equal(encoder, sample(list(strings)), references[name])

    @pytest.mark.slow
    def test_source_code(self, name: str, encoder: SmallEncoder, references: References) -> None:
        paths = sorted(Path(os.__file__).parent.glob("*.py"))
        lines = chain.from_iterable(
            path.read_bytes().decode(errors="replace").splitlines(keepends=True) for path in paths
        )
        assert_equal(encoder, lines, references[name])


class TestIsLeftToTiktoken:
    @pytest.mark.parametrize(
        "text", ["\ud800", "a\u0378", "\U00011f00", "a" * 1_001, "的" * 334, " " * 1_010 + "a"]
    )
    def test_text(self, name: str, encoder: SmallEncoder, text: str) -> None:
        assert encoder.encode(text) is None

    def test_pieces_that_are_long_enough_for_it(self, name: str, encoder: SmallEncoder) -> None:
        assert encoder.encode("a" * 1_000) is not None
        assert encoder.encode("the same words " * 1_000) is not None

    def test_from_the_time_on_at_which_tiktoken_is_cheaper(
        self, name: str, references: References, load_anew: LoadAnew
    ) -> None:
        encoding = load_anew(name)
        draw = random.Random(1).choices
        merged = 0
        while not is_built(encoding):
            text = "".join(draw("abcdefghijklmnopqrstuvwxyz", k=9))
            assert encoding.encode(text) == references[name].encode_ordinary(text)
            merged += len(text)
        assert 0.5 * module.WORTH_LOADING < merged < 1.5 * module.WORTH_LOADING
        assert encoding.small is None
        assert encoding.encode("hello") == references[name].encode_ordinary("hello")

    def test_a_long_text_at_once(
        self, name: str, references: References, load_anew: LoadAnew
    ) -> None:
        encoding = load_anew(name)
        text = "the same words " * (module.WORTH_LOADING // 10)
        assert encoding.encode(text) == references[name].encode_ordinary(text)
        assert is_built(encoding)

    def test_pieces_that_were_merged_are_remembered(self, name: str, load_anew: LoadAnew) -> None:
        encoding = load_anew(name)
        for _ in range(module.WORTH_LOADING // 5):
            encoding.encode("qzqzqz")
        assert not is_built(encoding)

    def test_splitting_the_same_text_for_ever_is_not_cheaper(
        self, name: str, load_anew: LoadAnew
    ) -> None:
        encoding = load_anew(name)
        text = "the same words " * 100
        limit = module.WORTH_LOADING * module._SPLITTING // len(text)
        for _ in range(limit // 2):
            encoding.encode(text)
        assert not is_built(encoding)
        for _ in range(limit):
            encoding.encode(text)
        assert is_built(encoding)

    def test_memory_of_pieces_is_bounded(self, name: str, encoder: SmallEncoder) -> None:
        for number in range(module._REMEMBERED + 10):
            encoder.encode(f" {number:x}")
        assert 0 < len(encoder._remembered) <= module._REMEMBERED


class TestDecode:
    @given(text=TEXT)
    def test_equals_tiktoken(self, name: str, references: References, text: str) -> None:
        ids = references[name].encode_ordinary(text)
        assert load_new(name).decode(ids) == references[name].decode(ids)

    @given(data=st.data())
    def test_any_ids(self, name: str, references: References, data: st.DataObject) -> None:
        ids = data.draw(st.lists(st.integers(0, len(ranks_of(name)) - 1), max_size=20))
        assert load_new(name).decode(ids) == references[name].decode(ids)

    def test_special_tokens(self, name: str, references: References, load_anew: LoadAnew) -> None:
        encoding = load_anew(name)
        (token,) = references[name].encode("<|endoftext|>", allowed_special="all")
        assert encoding.decode([token]) == "<|endoftext|>"
        assert is_built(encoding)


FOLDER = data_path("vocabularies", "").parent / "vocabularies"


class TestWithoutItsFiles:
    """tiktoken encodes all text where the files cannot be used, and the tokens are the same."""

    def check(self, name: str, load_anew: LoadAnew) -> None:
        encoding = load_anew(name)
        assert encoding.small is None
        assert encoding.decode(encoding.encode("Hello, world")) == "Hello, world"
        assert is_built(encoding)

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        for path in FOLDER.iterdir():
            if path.is_file():
                shutil.copy(path, tmp_path)
        for each in (module, bundled):
            monkeypatch.setattr(each, "data_path", lambda folder, filename: tmp_path / filename)
        return tmp_path

    @pytest.mark.parametrize("suffix", ["trie", "ranks"])
    def test_missing(
        self,
        name: str,
        suffix: str,
        folder: Path,
        load_anew: LoadAnew,
    ) -> None:
        (folder / f"{name}.{suffix}").unlink()
        self.check(name, load_anew)

    @pytest.mark.parametrize("suffix", ["trie", "ranks"])
    def test_damaged(
        self,
        name: str,
        suffix: str,
        folder: Path,
        load_anew: LoadAnew,
    ) -> None:
        path = folder / f"{name}.{suffix}"
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        self.check(name, load_anew)

    @pytest.mark.parametrize("suffix", ["trie", "ranks"])
    def test_from_another_version(
        self,
        name: str,
        suffix: str,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        load_anew: LoadAnew,
    ) -> None:
        # Files that are as they should be, but that marisa-trie reads in another way.
        other = {"cl100k_base": "o200k_base", "o200k_base": "cl100k_base"}[name]
        shutil.copy(folder / f"{other}.{suffix}", folder / f"{name}.{suffix}")
        sha256 = module._SHA256[f"{other}.{suffix}"]
        monkeypatch.setitem(module._SHA256, f"{name}.{suffix}", sha256)
        self.check(name, load_anew)

    def test_without_marisa_trie(
        self,
        name: str,
        monkeypatch: pytest.MonkeyPatch,
        load_anew: LoadAnew,
    ) -> None:
        monkeypatch.setitem(sys.modules, "marisa_trie", None)
        self.check(name, load_anew)

    def test_another_byte_order(
        self,
        name: str,
        monkeypatch: pytest.MonkeyPatch,
        load_anew: LoadAnew,
    ) -> None:
        monkeypatch.setattr(sys, "byteorder", "big")
        self.check(name, load_anew)

    @pytest.mark.slow
    def test_in_a_zip_file(self, name: str, tmp_path: Path) -> None:
        package = Path(bundled.__file__).parent
        with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
            for path in package.rglob("*.py"):
                archive.write(path, path.relative_to(package.parent))
            for path in FOLDER.iterdir():
                archive.write(path, f"tokcompare/vocabularies/{path.name}")
        code = (
            f"import sys; sys.path.insert(0, {str(tmp_path / 'app.zip')!r}); import tokcompare\n"
            "assert 'app.zip' in tokcompare.__file__\n"
            f"print(tokcompare.count_tokens('Hello, my name is GPT-4o.', {name!r}))"
        )
        process = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, check=True, cwd=tmp_path
        )
        expected = count_tokens("Hello, my name is GPT-4o.", name)
        assert process.stdout.decode().split() == [str(expected)]
