"""The embedded encodings are tiktoken's, and encode also what tiktoken does not."""

from __future__ import annotations

import gzip
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import tiktoken

from tokcompare import VocabularyError, encodings, load_encoding
from tokcompare.data import data_path
from tokcompare.encodings import VOCABULARIES, load_encodings, models_of
from tokcompare.errors import ArgumentError, UnknownNameError

from .conftest import ENCODINGS

References = dict[str, tiktoken.Encoding]


@pytest.mark.parametrize("name", ENCODINGS)
def test_is_tiktokens_encoding(name: str, references: References) -> None:
    ours, reference = load_encoding(name).tiktoken, references[name]
    assert ours._pat_str == reference._pat_str
    assert ours._special_tokens == reference._special_tokens
    assert ours._mergeable_ranks == reference._mergeable_ranks


@pytest.mark.parametrize(("name", "size"), [("cl100k_base", 100_277), ("o200k_base", 200_019)])
def test_vocabulary_size_is_known_without_loading(
    name: str, size: int, references: References
) -> None:
    assert VOCABULARIES[name].vocabulary_size == size == references[name].n_vocab
    assert load_encoding(name).vocabulary_size == size


def test_is_loaded_once_also_by_threads() -> None:
    encodings._build.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        loaded = set(pool.map(load_encoding, ["cl100k_base"] * 8))
    assert len(loaded) == 1


def test_nothing_is_registered_with_tiktoken() -> None:
    load_encoding("o200k_base")
    assert not tiktoken.registry.ENCODINGS


def test_pickles_as_its_name() -> None:
    encoding = load_encoding("o200k_base")
    pickled = pickle.dumps(encoding)
    assert len(pickled) < 200
    assert pickle.loads(pickled) is encoding


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("cl100k-base", "cl100k_base"),
        ("O200K_BASE", "o200k_base"),
        ("gpt-4o", "o200k_base"),
        ("gpt-4", "cl100k_base"),
    ],
)
def test_unknown_encoding_suggests_the_nearest(name: str, suggestion: str) -> None:
    with pytest.raises(UnknownNameError) as raised:
        load_encoding(name)
    assert str(raised.value) == (
        f"Unknown encoding {name!r}. Did you mean {suggestion!r}? "
        "There are: cl100k_base, o200k_base."
    )


def test_unknown_encoding_with_nothing_near() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown encoding 'xyz'\. There are: cl100k_base"):
        load_encoding("xyz")


@pytest.mark.parametrize("name", [None, 5, b"cl100k_base", [], {}, ["cl100k_base"]])
def test_what_is_no_name(name: object) -> None:
    with pytest.raises(ArgumentError, match="name of an encoding must be a str, not"):
        load_encoding(name)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="name of an encoding must be a str, not"):
        load_encodings([name])  # type: ignore[list-item]


@pytest.mark.parametrize("names", [None, 5, b"cl100k_base"])
def test_what_are_no_names(names: object) -> None:
    with pytest.raises(ArgumentError, match="Encodings must be a list of names, not"):
        load_encodings(names)  # type: ignore[arg-type]


def test_several_encodings_need_distinct_names() -> None:
    assert [e.name for e in load_encodings("o200k_base")] == ["o200k_base"]
    with pytest.raises(ArgumentError, match="'o200k_base' was given twice"):
        load_encodings(["o200k_base", "o200k_base"])
    with pytest.raises(ArgumentError, match="No encoding"):
        load_encodings([])


def test_models_are_those_of_tiktokens_table() -> None:
    assert "gpt-4o" in models_of("o200k_base")
    assert "gpt-4" in models_of("cl100k_base")


class TestDamagedFiles:
    """A damaged vocabulary is an error that names the file."""

    @pytest.fixture
    def path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "cl100k_base.tiktoken.gz"
        shutil.copy(data_path("vocabularies", path.name), path)
        monkeypatch.setattr(encodings, "data_path", lambda folder, filename: tmp_path / filename)
        encodings._build.cache_clear()
        return path

    def test_intact_copy_loads(self, path: Path) -> None:
        assert load_encoding("cl100k_base").encode("hello") == [15339]

    def test_missing(self, path: Path) -> None:
        path.unlink()
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken\.gz' cannot be read: .*"):
            load_encoding("cl100k_base")

    def test_truncated(self, path: Path) -> None:
        path.write_bytes(path.read_bytes()[:-1000])
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken\.gz' cannot be read"):
            load_encoding("cl100k_base")

    def test_not_gzip(self, path: Path) -> None:
        path.write_bytes(gzip.decompress(path.read_bytes()))
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken\.gz' cannot be read"):
            load_encoding("cl100k_base")

    def test_bit_flipped_in_the_middle(self, path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken\.gz'"):
            load_encoding("cl100k_base")

    def test_other_content(self, path: Path) -> None:
        path.write_bytes(gzip.compress(b"IQ== 0\n"))
        with pytest.raises(
            VocabularyError, match=r"cl100k_base\.tiktoken\.gz' is damaged: its SHA"
        ):
            load_encoding("cl100k_base")


class TestWhatTiktokenDoesNotEncode:
    """Strings on which tiktoken raises or panics have the tokens that its BPE defines."""

    @pytest.mark.parametrize(
        ("name", "tokens"),
        [
            # The ids that tiktoken's own documentation of `encode` calls for: ordinary text.
            ("cl100k_base", [27, 91, 8862, 728, 428, 91, 29]),
            ("o200k_base", [27, 91, 419, 1440, 919, 91, 29]),
        ],
    )
    def test_special_tokens_are_text(self, name: str, tokens: list[int]) -> None:
        encoding = load_encoding(name)
        assert encoding.encode("<|endoftext|>") == tokens
        assert encoding.tiktoken.decode(tokens) == "<|endoftext|>"

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_surrogates(self, name: str) -> None:
        encoding = load_encoding(name)
        assert encoding.encode("a\ud800b") == encoding.encode("a\ufffdb")
        assert encoding.encode("\ud83d\ude00") == encoding.encode("😀")

    # In both vocabularies 128 blanks are one token, and the longest run that is one.
    @pytest.mark.parametrize("name", ENCODINGS)
    @pytest.mark.parametrize(
        ("text", "count"),
        [
            (" " * 2_000_000, 15_625),
            # "x", all blanks but the last (9,374 times 128, and 127, which are two), " x".
            ("x" + " " * 1_200_000 + "x", 1 + 9_374 + 2 + 1),
            (" " * 999_998 + "x", 7_812 + 1 + 1),
            # Too short to be looked after, and not looked at again from each of its blanks.
            (" " * 499_999 + "x" + " " * 499_999 + "x", None),
            (" " * 1_000_000 + "\n" + " " * 1_000_000 + "x", None),
            ("\t" * 1_000_001 + "<|endoftext|>", None),
            ("\ud800" + "\u3000" * 1_000_000 + "x", None),
        ],
    )
    def test_runs_of_blanks(self, name: str, text: str, count: int | None) -> None:
        encoding = load_encoding(name)
        tokens = encoding.encode(text)
        well_formed = text.replace("\ud800", "\ufffd")
        assert encoding.tiktoken.decode_bytes(tokens) == well_formed.encode()
        if count is not None:
            assert len(tokens) == count

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_long_text_without_blanks(self, name: str) -> None:
        assert len(load_encoding(name).encode("a" * 10_000_000)) == 10_000_000 // 8
