"""What fits: the laws, against brute force, and what is defined at the borders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.reference import ENCODINGS
from tests.small_ranks import RANKS, as_file
from tests.strategies import TEXT
from tokcompare import ArgumentError, UnknownNameError, count_tokens, fit, is_within, load_encoding
from tokcompare.encodings.kinds.openai import PATTERNS
from tokcompare.encodings.kinds.pieces import load_splitter
from tokcompare.prompts import fit as fit_module
from tokcompare.prompts import search
from tokcompare.prompts.boundaries import BOUNDARIES, Boundary, find_boundaries
from tokcompare.prompts.fit import Keep
from tokcompare.text import replace_surrogates

PROMPTS = st.lists(
    st.sampled_from(
        [
            *("the responsi", "bility", "abc", "HELLO", "World", "'s", "'LL", "it's", "12", "345"),
            *(" ", "  ", "\n", "\n\n", "\r\n", "\t", "\u3000", ". ", "? ", "!", "/", "=", "===="),
            *("[1,2]", "a=b", "3.14", "U.S.", "_", "-", "नमस्ते", "ક્ષિ", "안녕", "你好", "。", "กำ"),
            *("e\u0301", "\u0301", "\u200d", "😀", "👩\u200d👧", "🇩🇪", "\ud83d\ude00", "\ud83d"),
        ]
    ),
    max_size=25,
).map("".join)
RUNS = st.tuples(st.sampled_from("a= \n中9🎉"), st.integers(0, 300)).map(
    lambda run: run[0] * run[1]
)
NUMBERS = st.sampled_from([0, 1, 2, 3, 5, 9, 30])
CHOICES = st.sampled_from([ENCODINGS, ENCODINGS[:1], ENCODINGS[1:]])


def by_brute_force(
    text: str, most: int, encodings: Sequence[Any], keep: str, boundary: Boundary
) -> str:
    """The longest part of all that are cut at a boundary."""
    places = find_boundaries(text, boundary, begins=True, ends=True).places
    parts = [text[:place] if keep == "start" else text[place:] for place in places]
    fitting = [p for p in parts if all(count_tokens(p, e) <= most for e in encodings)]
    return max(fitting, key=len)


@example("the responsibility of all", 2, ENCODINGS[1:], "start", "grapheme", 1)
@example("of the responsibility", 2, ENCODINGS[1:], "end", "word", 1)
@example("a\nb" * 9, 3, ENCODINGS, "end", "grapheme", 1)
@given(
    TEXT | PROMPTS | RUNS,
    NUMBERS,
    CHOICES,
    st.sampled_from(["start", "end"]),
    st.sampled_from(BOUNDARIES),
    st.sampled_from([1, 7, 1024]),
)
def test_the_longest_part_that_fits(
    text: str, most: int, encodings: list[str], keep: Keep, boundary: Boundary, first: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:  # a short text then has several windows, too
        patch.setattr(fit_module, "_FIRST", first)
        patch.setattr(search, "_FIRST", first)
        patch.setattr(fit_module, "_PER_TOKEN", min(first, 6))
        patch.setattr(search, "_SHORT", min(first, 32))
        found = fit(text, most, encodings, keep=keep, boundary=boundary)
    assert found.text == by_brute_force(text, most, encodings, keep, boundary)
    assert found.tokens == {name: count_tokens(found.text, name) for name in encodings}
    assert found.cut == len(found.text)
    assert found.is_whole == (found.text == text)
    assert found.is_longest


@given(TEXT | PROMPTS | RUNS, NUMBERS, st.sampled_from(ENCODINGS))
def test_is_within(text: str, most: int, encoding: str) -> None:
    assert is_within(text, most, encoding) == (count_tokens(text, encoding) <= most)


@pytest.fixture(scope="module")
def rank_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ranks") / "small.tiktoken"
    path.write_bytes(as_file(RANKS))
    return str(path)


@pytest.mark.parametrize("name", ["r50k_base", "cl100k_base", "o200k_base"])
def test_a_rank_file_with_the_pattern_of_openai(rank_file: str, name: str) -> None:
    encoding = load_encoding(rank_file, pattern=name)
    assert encoding.cuts_at_space

    @given(PROMPTS | RUNS, NUMBERS, st.sampled_from(["start", "end"]))
    def law(text: str, most: int, keep: Keep) -> None:
        found = fit(text, most, encoding, keep=keep)
        assert found.text == by_brute_force(text, most, [encoding], keep, "grapheme")
        assert found.is_longest

    law()


class Utf8:
    """Bytes are tokens, so text can be cut anywhere."""

    name, vocabulary_size, cuts_at_space = "utf8", 256, True

    def encode(self, text: str) -> list[int]:
        return list(replace_surrogates(text).encode())


class Falling(Utf8):
    """Promises nothing: an even number of characters has half as many tokens."""

    name, cuts_at_space = "falling", False

    def encode(self, text: str) -> list[int]:
        length = len(replace_surrogates(text))
        return [0] * (length // 2 if length % 2 == 0 else length)


@given(TEXT | PROMPTS, NUMBERS, st.sampled_from(["start", "end"]), st.sampled_from(BOUNDARIES))
def test_an_encoding_of_the_caller(text: str, most: int, keep: Keep, boundary: Boundary) -> None:
    found = fit(text, most, Utf8(), keep=keep, boundary=boundary)
    assert found.text == by_brute_force(text, most, [Utf8()], keep, boundary)
    assert found.is_longest
    assert is_within(text, most, Utf8()) == (count_tokens(text, Utf8()) <= most)


@given(TEXT | PROMPTS, NUMBERS, st.sampled_from(["start", "end"]), st.sampled_from(BOUNDARIES))
def test_what_is_not_the_longest_fits(text: str, most: int, keep: Keep, boundary: Boundary) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_module, "_FIRST", 8)
        found = fit(text, most, ["o200k_base", Falling()], keep=keep, boundary=boundary)
    assert all(number <= most for number in found.tokens.values())
    assert found.tokens["falling"] == len(Falling().encode(found.text))
    assert text.startswith(found.text) if keep == "start" else text.endswith(found.text)
    assert not found.is_longest
    assert is_within(text, most, Falling()) == (len(Falling().encode(text)) <= most)


def test_by_hand() -> None:
    # o200k_base: "the", " respons", "i" for a part of the word; "the", " responsibility" for all.
    assert count_tokens("the responsi", "o200k_base") == 3
    assert count_tokens("the responsibility", "o200k_base") == 2
    found = fit("the responsibility of all", 2, "o200k_base")
    assert (found.text, found.cut, found.is_whole) == ("the responsibility", 18, False)
    assert fit("the responsibility of all", 3, "o200k_base", keep="end").text == (
        " responsibility of all"
    )
    sentences = "One is. Two are! Three"
    assert fit(sentences, 6, ENCODINGS, boundary="sentence").text == "One is. "
    assert fit(sentences, 99, ENCODINGS, boundary="sentence").is_whole
    # 12 tokens under cl100k_base, and 4 under o200k_base: the first is the one that decides.
    assert fit("નમસ્તે દુનિયા", 12, ENCODINGS).text == "નમસ્તે"


def test_borders() -> None:
    for keep in ("start", "end"):
        assert fit("abc", 0, ENCODINGS, keep=keep).text == ""
        empty = fit("", 0, ENCODINGS, keep=keep)
        assert (empty.text, empty.is_whole) == ("", True)
        assert empty.tokens == {"cl100k_base": 0, "o200k_base": 0}
    assert is_within("", 0, "o200k_base")
    assert not is_within("a", 0, "o200k_base")
    # One grapheme of eight characters and eleven tokens is not cut.
    family = "👨\u200d👩\u200d👧\u200d👦"
    tokens = count_tokens(family, "o200k_base")
    assert fit(family, tokens - 1, "o200k_base").text == ""
    assert fit(family, tokens, "o200k_base").text == family


@pytest.mark.parametrize("function", [fit, is_within])
def test_wrong_arguments(function: Any) -> None:
    with pytest.raises(ArgumentError, match="0 or more, not -1"):
        function("a", -1, "o200k_base")
    with pytest.raises(ArgumentError, match="must be a whole number, not float"):
        function("a", 1.0, "o200k_base")
    with pytest.raises(ArgumentError, match="must be a whole number, not bool"):
        function("a", True, "o200k_base")
    with pytest.raises(ArgumentError, match="A text must be a str, not bytes"):
        function(b"a", 1, "o200k_base")
    with pytest.raises(UnknownNameError, match="o200k_base"):
        function("a", 1, "o200k")


def test_unknown_words() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown boundary 'line'\. There are: grapheme"):
        fit("a", 1, "o200k_base", boundary="line")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="Unknown end to keep 'middle'"):
        fit("a", 1, "o200k_base", keep="middle")  # type: ignore[arg-type]


class Watched(str):
    """A text that notes which of its characters are looked at."""

    __slots__ = ("seen",)

    def __getitem__(self, key: Any) -> str:
        part = super().__getitem__(key)
        self.seen = max(getattr(self, "seen", 0), len(part))
        return part


@pytest.mark.parametrize("keep", ["start", "end"])
@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize(
    "unit", ["word. Next ", "a", "=", " ", ".", "\n", "中", "สวัสดี", "[1,2],", "1 2 3. "]
)
def test_the_rest_is_not_looked_at(unit: str, boundary: Boundary, keep: Keep) -> None:
    text = Watched(unit * (4_000_000 // len(unit)))
    found = fit(text, 20, ENCODINGS, keep=keep, boundary=boundary)
    assert not found.is_whole
    assert text.seen <= 10_000


@given(
    st.text(st.sampled_from("aZ09'!/[_~ \n\r\u017fé中\u0301"), max_size=30),
    st.text(st.sampled_from("aZ09'!/[_~ \n\r\u017fé中\u0301"), max_size=30),
)
def test_patterns_split_where_text_is_cut(left: str, right: str) -> None:
    is_cut = search._ascii_cut().match(left + right, len(left))
    for pattern in PATTERNS if is_cut else ():
        split = load_splitter(pattern).split
        pieces, *parts = (list(split(part) or ()) for part in (left + right, left, right))
        assert pieces == parts[0] + parts[1]
