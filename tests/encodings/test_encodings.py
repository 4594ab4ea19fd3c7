"""The embedded encodings are tiktoken's, and encode also what tiktoken does not."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import get_args

import pytest
import tiktoken

from tests.reference import ENCODINGS, References, load_tiktoken
from tokcompare import VocabularyError, load_encoding
from tokcompare.bundled import data_path
from tokcompare.encodings import VOCABULARIES, load_encodings
from tokcompare.encodings import load as encodings
from tokcompare.encodings.kinds import rank_files as ranks
from tokcompare.encodings.models import models_of
from tokcompare.errors import ArgumentError, UnknownNameError


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


@pytest.fixture
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encodings are built anew, and not kept behind the test."""
    monkeypatch.setattr(encodings, "_loaded", {})


@pytest.mark.usefixtures("nothing_loaded")
def test_is_loaded_once_also_by_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        loaded = set(pool.map(load_encoding, ["cl100k_base"] * 8))
    assert len(loaded) == 1


def test_nothing_is_registered_with_tiktoken() -> None:
    load_encoding("o200k_base")
    assert not tiktoken.registry.ENCODINGS


@pytest.mark.parametrize("name", ENCODINGS)
def test_what_is_underneath_is_a_whole_encoding_of_tiktoken(name: str) -> None:
    encoding = load_tiktoken(name)
    assert pickle.loads(pickle.dumps(encoding.tiktoken)) is encoding.tiktoken
    assert load_encoding(encoding.tiktoken).sha256 == encoding.sha256
    assert repr(encoding.tiktoken) == f"<Encoding {name!r}>"


def test_pickles_as_its_name() -> None:
    encoding = load_encoding("o200k_base")
    pickled = pickle.dumps(encoding)
    assert len(pickled) < 250
    assert pickle.loads(pickled) is encoding


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("cl100k-base", "cl100k_base"),
        ("O200K_BASE", "o200k_base"),
        ("gpt-4oo", "gpt-4o"),
        ("p50k_bas", "p50k_base"),
    ],
)
def test_unknown_encoding_suggests_the_nearest(name: str, suggestion: str) -> None:
    with pytest.raises(UnknownNameError) as raised:
        load_encoding(name)
    assert str(raised.value) == (
        f"Unknown encoding {name!r}. Did you mean {suggestion!r}? There are: gpt2, r50k_base, "
        "p50k_base, p50k_edit, cl100k_base, o200k_base, o200k_harmony. The name of a model and the "
        "path of a .tiktoken or tokenizer.json file are accepted too."
    )


def test_name_that_no_file_could_have() -> None:
    for name in ("x" * 5_000, "a\0b"):
        with pytest.raises(UnknownNameError, match=r"^Unknown encoding '"):
            load_encoding(name)


def test_names_that_types_know_are_those_there_are() -> None:
    assert get_args(encodings.TiktokenName) == tuple(VOCABULARIES)


def test_unknown_encoding_with_nothing_near() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown encoding 'xyz'\. There are: gpt2, r50k"):
        load_encoding("xyz")


class Named:
    """A class of encodings is no encoding."""

    name = "named"
    vocabulary_size = 1

    def encode(self, text: str) -> list[int]:
        raise NotImplementedError


@pytest.mark.parametrize("name", [None, 5, b"cl100k_base", {}, str, Named])
def test_what_is_no_encoding(name: object) -> None:
    message = rf"^An encoding must be a str \(its name.*, not {type(name).__name__}\.$"
    with pytest.raises(ArgumentError, match=message):
        load_encoding(name)  # type: ignore[call-overload]
    with pytest.raises(ArgumentError, match=message):
        load_encodings([name])  # type: ignore[list-item]


@pytest.mark.parametrize("names", [None, 5, b"cl100k_base"])
def test_what_are_no_encodings(names: object) -> None:
    with pytest.raises(ArgumentError, match="An encoding must be a str"):
        load_encodings(names)  # type: ignore[arg-type]


def test_several_encodings_need_distinct_names() -> None:
    assert [e.name for e in load_encodings("o200k_base")] == ["o200k_base"]
    with pytest.raises(ArgumentError, match="'o200k_base' was given twice"):
        load_encodings(["o200k_base", "o200k_base"])
    with pytest.raises(ArgumentError, match="No encoding"):
        load_encodings([])


def test_a_model_is_its_encoding() -> None:
    assert load_encoding("openai/gpt-4o") is load_encoding("o200k_base")
    message = "^'gpt-4-turbo' is the encoding 'cl100k_base', which was already given; once"
    with pytest.raises(ArgumentError, match=message):
        load_encodings(["gpt-4", "gpt-4-turbo"])
    message = "^The encoding 'o200k_base' was already given, as 'gpt-4o'; once"
    with pytest.raises(ArgumentError, match=message):
        load_encodings(["gpt-4o", "o200k_base"])


def test_embedded_encodings_take_no_pattern() -> None:
    with pytest.raises(ArgumentError, match=r"for a \.tiktoken rank file, not for o200k_base\."):
        load_encoding("gpt-4o", pattern=".")


@pytest.mark.parametrize("name", [*ENCODINGS, "o200k_harmony"])
def test_what_is_known_of_embedded_encodings(name: str) -> None:
    encoding = load_encoding(name)
    assert encoding.sha256 == VOCABULARIES[name].sha256
    assert (encoding.library, encoding.unknown_token) == ("tiktoken", None)
    assert (encoding.keeps_text, encoding.cuts_at_space) == (True, True)
    assert encoding.decode(encoding.encode("Zoë 😀")) == "Zoë 😀"


def test_harmony_has_other_special_tokens_and_the_same_tokens() -> None:
    harmony, base = load_tiktoken("o200k_harmony"), load_encoding("o200k_base")
    assert harmony.vocabulary_size == 201_088
    assert harmony.tiktoken.encode_single_token("<|return|>") == 200_002
    text = "<|return|> or <|endoftext|>, naïve 😀"
    assert harmony.encode(text) == base.encode(text)


class Letters:
    """The least that an encoding must have."""

    name = "letters"
    vocabulary_size = 0x110000

    def encode(self, text: str) -> list[int]:
        return list(map(ord, text))


class KnownLetters(Letters):
    """All that an encoding may say of itself."""

    sha256 = "ab" * 32
    library = "letters"
    keeps_text = True
    unknown_token = 7
    cuts_at_space = True

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(map(chr, tokens))


class TestUsersObjects:
    def test_least(self) -> None:
        encoding = load_encoding(Letters())
        assert (encoding.name, encoding.vocabulary_size) == ("letters", 0x110000)
        assert encoding.encode("ab") == [97, 98]
        assert (encoding.sha256, encoding.library) == ("", "")
        assert (encoding.keeps_text, encoding.unknown_token) == (None, None)
        assert encoding.cuts_at_space is False
        assert encoding.decode([97]) is None

    def test_most(self) -> None:
        encoding = load_encoding(KnownLetters())
        assert (encoding.sha256, encoding.library) == ("ab" * 32, "letters")
        assert (encoding.keeps_text, encoding.unknown_token) == (True, 7)
        assert encoding.cuts_at_space is True
        assert encoding.decode([97, 98]) == "ab"

    def test_one_or_several_or_loaded_already(self) -> None:
        (encoding,) = load_encodings(Letters())
        assert load_encoding(encoding) is encoding
        assert [e.name for e in load_encodings([encoding, "gpt-4o"])] == ["letters", "o200k_base"]

    def test_twice(self) -> None:
        with pytest.raises(ArgumentError, match="is the encoding 'letters', which was already g"):
            load_encodings([Letters(), Letters()])

    def test_pickles_with_the_object(self) -> None:
        again = pickle.loads(pickle.dumps(load_encoding(KnownLetters())))
        assert (again.encode("ab"), again.keeps_text) == ([97, 98], True)

    @pytest.mark.parametrize("name", ["", "a b", "a|b", "a,b", "a=b", "a@b", "a\n"])
    def test_name_that_no_signature_could_hold(self, name: str) -> None:
        letters = Letters()
        letters.name = name
        with pytest.raises(ArgumentError, match="a name must consist of printable characters"):
            load_encoding(letters)

    @pytest.mark.parametrize("name", ["name", "vocabulary_size", "encode"])
    def test_something_wrong(self, name: str) -> None:
        letters = Letters()
        setattr(letters, name, b"other")
        with pytest.raises(ArgumentError, match="not Letters"):
            load_encoding(letters)


class TestTiktokensObjects:
    def test_encodes_every_string(self, references: References) -> None:
        encoding = load_encoding(references["cl100k_base"])
        assert encoding.name == "cl100k_base"
        assert encoding.encode("<|endoftext|>") == [27, 91, 8862, 728, 428, 91, 29]
        assert len(encoding.encode(" " * 2_000_000)) == 15_625
        # The rank file that tiktoken would write is the one that OpenAI publishes.
        assert encoding.sha256 == VOCABULARIES["cl100k_base"].sha256
        assert (encoding.keeps_text, encoding.cuts_at_space) == (True, True)
        assert load_encoding(references["cl100k_base"]) is encoding

    def test_with_another_pattern(self) -> None:
        own = tiktoken.Encoding(
            "own",
            pat_str="[a-z]+",
            mergeable_ranks={bytes([byte]): byte for byte in range(256)},
            special_tokens={"<s>": 300},
        )
        encoding = load_encoding(own)
        assert encoding.vocabulary_size == 301
        # What the pattern passes over has no tokens.
        assert encoding.encode("ab12<s>") == [97, 98, 115]
        assert (encoding.keeps_text, encoding.cuts_at_space) == (False, False)
        assert encoding.decode([97, 98, 115]) == "abs"
        again = pickle.loads(pickle.dumps(encoding))
        assert (again.encode("ab"), again.sha256) == ([97, 98], encoding.sha256)

    def test_name_that_no_signature_could_hold(self) -> None:
        ranks = {bytes([byte]): byte for byte in range(256)}
        own = tiktoken.Encoding("a|b", pat_str=".", mergeable_ranks=ranks, special_tokens={})
        with pytest.raises(ArgumentError, match="a name must consist of printable characters"):
            load_encoding(own)

    def test_panic_becomes_an_error(self, capfd: pytest.CaptureFixture[str]) -> None:
        own = tiktoken.Encoding(
            "own",
            pat_str=r"(?:a|a)+(?=b)|(?:a|a)+(?!a)c|.",
            mergeable_ranks={bytes([byte]): byte for byte in range(256)},
            special_tokens={},
        )
        encoding = load_encoding(own)
        assert encoding.encode("aab") == [97, 97, 98]
        message = r"^tiktoken gave up on a text of 5,000 characters under 'own': .*less backtr"
        with pytest.raises(ArgumentError, match=message):
            encoding.encode("a" * 5_000)
        assert "panicked" in capfd.readouterr().err


def test_models_are_those_of_tiktokens_table() -> None:
    assert "gpt-4o" in models_of("o200k_base")
    assert "gpt-4" in models_of("cl100k_base")


BLANKS = " \t\x0b\x0c\x85\xa0\u1680\u2000\u2003\u2009\u2028\u202f\u205f\u3000"


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("blank", BLANKS)
def test_run_of_blanks_is_encoded_block_by_block(
    name: str, blank: str, references: References
) -> None:
    """A run that is encoded by blocks has the tokens of the run as one piece, whatever its end."""
    ours, reference = load_tiktoken(name), references[name]
    for length in (1, 1_023, 2_048, 3_071, *range(3_072, 3_072 + 1_024, 41), 70_000, 98_765):
        assert ours._encode_run(blank * length) == reference._encode_single_piece(blank * length)


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("text", ["x{}y", "{}", "x{}", "\n{}", "x\n{}\ny", "{}\r\n", " {}\t{}y"])
def test_long_runs_as_tiktoken_encodes_them(name: str, text: str, references: References) -> None:
    """Between half a million blanks and a million both ways are open, so they can be compared."""
    text = text.format(" " * 600_011, " " * 123)
    assert load_encoding(name).encode(text) == references[name].encode_ordinary(text)


class TestDamagedFiles:
    """A damaged vocabulary is an error that names the file."""

    @pytest.fixture
    def path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "cl100k_base.tiktoken"
        shutil.copy(data_path("vocabularies", path.name), path)
        monkeypatch.setattr(ranks, "data_path", lambda folder, filename: tmp_path / filename)
        monkeypatch.setattr(encodings, "_loaded", {})
        return path

    def test_intact_copy_loads(self, path: Path) -> None:
        assert load_encoding("cl100k_base").encode("hello") == [15339]

    def test_missing(self, path: Path) -> None:
        path.unlink()
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken' cannot be read: .*"):
            load_encoding("cl100k_base")

    def test_truncated(self, path: Path) -> None:
        path.write_bytes(path.read_bytes()[:-1000])
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken' is damaged: its SHA"):
            load_encoding("cl100k_base")

    def test_bit_flipped_in_the_middle(self, path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken'"):
            load_encoding("cl100k_base")

    def test_other_content(self, path: Path) -> None:
        path.write_bytes(b"IQ== 0\n")
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken' is damaged: its SHA"):
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
        encoding = load_tiktoken(name)
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
        encoding = load_tiktoken(name)
        tokens = encoding.encode(text)
        well_formed = text.replace("\ud800", "\ufffd")
        assert encoding.tiktoken.decode_bytes(tokens) == well_formed.encode()
        if count is not None:
            assert len(tokens) == count

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_long_text_without_blanks(self, name: str) -> None:
        assert len(load_encoding(name).encode("a" * 10_000_000)) == 10_000_000 // 8
