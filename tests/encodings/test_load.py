"""Loading by name, model and object; invalid arguments; each encoding is built once."""

from __future__ import annotations

import pickle
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import get_args

import pytest
import tiktoken

from tests.reference import ENCODINGS
from tokcompare import load_encoding
from tokcompare.encodings import VOCABULARIES, load_encodings
from tokcompare.encodings import load as encodings
from tokcompare.errors import ArgumentError, UnknownNameError


@pytest.fixture
def nothing_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encodings are built again, and not kept after the test."""
    monkeypatch.setattr(encodings, "_loaded", {})


@pytest.mark.usefixtures("nothing_loaded")
def test_is_loaded_once_by_several_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        loaded = set(pool.map(load_encoding, ["cl100k_base"] * 8))
    assert len(loaded) == 1


def test_nothing_is_registered_with_tiktoken() -> None:
    load_encoding("o200k_base")
    assert not tiktoken.registry.ENCODINGS


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
    assert re.sub(r" Not on this machine: .*?\)\.(?= `)", "", str(raised.value)) == (
        f"Unknown encoding {name!r}. Did you mean {suggestion!r}? There are: gpt2, r50k_base, "
        "p50k_base, p50k_edit, cl100k_base, o200k_base, o200k_harmony, llama2, llama3, llama4, "
        "qwen3, qwen3.5, gemma2, gemma3, gemma4, deepseek-v3, mistral-tekken, kimi-k2, glm-4, "
        "phi-4. `tokcompare encodings` lists them. The name of a model and the path of a .tiktoken "
        "or tokenizer.json file are accepted too."
    )


def test_name_that_no_file_can_have() -> None:
    for name in ("x" * 5_000, "a\0b"):
        with pytest.raises(UnknownNameError, match=r"^Unknown encoding '"):
            load_encoding(name)


def test_names_in_the_type_are_all_names() -> None:
    assert get_args(encodings.TiktokenName) == tuple(VOCABULARIES)


def test_unknown_encoding_without_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match=r"^Unknown encoding 'xyz'\. There are: gpt2, r50k"):
        load_encoding("xyz")


class Named:
    """A class is not an encoding; its instances are."""

    name = "named"
    vocabulary_size = 1

    def encode(self, text: str) -> list[int]:
        raise NotImplementedError


@pytest.mark.parametrize("name", [None, 5, b"cl100k_base", {}, str, Named])
def test_not_an_encoding(name: object) -> None:
    message = rf"^An encoding must be a str \(its name.*, not {type(name).__name__}\.$"
    with pytest.raises(ArgumentError, match=message):
        load_encoding(name)  # type: ignore[call-overload]
    with pytest.raises(ArgumentError, match=message):
        load_encodings([name])  # type: ignore[list-item]


@pytest.mark.parametrize("names", [None, 5, b"cl100k_base"])
def test_not_encodings(names: object) -> None:
    with pytest.raises(ArgumentError, match="An encoding must be a str"):
        load_encodings(names)  # type: ignore[arg-type]


def test_several_encodings_need_distinct_names() -> None:
    assert [e.name for e in load_encodings("o200k_base")] == ["o200k_base"]
    with pytest.raises(ArgumentError, match="'o200k_base' was given twice"):
        load_encodings(["o200k_base", "o200k_base"])
    with pytest.raises(ArgumentError, match="No encoding"):
        load_encodings([])


def test_a_model_has_its_encoding() -> None:
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
def test_properties_of_embedded_encodings(name: str) -> None:
    encoding = load_encoding(name)
    assert encoding.sha256 == VOCABULARIES[name].sha256
    assert (encoding.library, encoding.unknown_token) == ("tiktoken", None)
    assert (encoding.keeps_text, encoding.cuts_at_space) == (True, True)
    assert encoding.decode(encoding.encode("Zoë 😀")) == "Zoë 😀"


class Letters:
    """The minimum of an encoding."""

    name = "letters"
    vocabulary_size = 0x110000

    def encode(self, text: str) -> list[int]:
        return list(map(ord, text))


class KnownLetters(Letters):
    """An encoding with all optional properties."""

    sha256 = "ab" * 32
    library = "letters"
    keeps_text = True
    unknown_token = 7
    cuts_at_space = True

    def decode(self, tokens: Sequence[int]) -> str:
        return "".join(map(chr, tokens))


class TestCustomObjects:
    def test_minimum(self) -> None:
        encoding = load_encoding(Letters())
        assert (encoding.name, encoding.vocabulary_size) == ("letters", 0x110000)
        assert encoding.encode("ab") == [97, 98]
        assert (encoding.sha256, encoding.library) == ("", "")
        assert (encoding.keeps_text, encoding.unknown_token) == (None, None)
        assert encoding.cuts_at_space is False
        assert encoding.decode([97]) is None

    def test_all_properties(self) -> None:
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
    def test_invalid_name(self, name: str) -> None:
        letters = Letters()
        letters.name = name
        with pytest.raises(ArgumentError, match="a name must consist of printable characters"):
            load_encoding(letters)

    @pytest.mark.parametrize("name", ["name", "vocabulary_size", "encode"])
    def test_attribute_of_a_wrong_type(self, name: str) -> None:
        letters = Letters()
        setattr(letters, name, b"other")
        with pytest.raises(ArgumentError, match="not Letters"):
            load_encoding(letters)
