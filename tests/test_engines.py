"""The engines: every text has the tokens that tiktoken gives it, or is left to tiktoken."""

from __future__ import annotations

import os
import pickle
import random
import threading
import unicodedata
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import regex
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from tokcompare import load_samples
from tokcompare.bytepair import LONG_RUN
from tokcompare.data import data_path
from tokcompare.encodings import load_encoding, load_encodings
from tokcompare.engines import (
    Engine,
    Gigatoken,
    Texts,
    Tokens,
    count_tokens_of,
    find_engine,
    verify,
)
from tokcompare.errors import ArgumentError, EngineError, UnknownNameError
from tokcompare.protocols import LoadedEncoding
from tokcompare.ranks import read_ranks
from tokcompare.unassigned import find_unassigned, unassigned_ranges
from tokcompare.units import replace_surrogates
from tokcompare.vocabularies import VOCABULARIES

from .conftest import ENCODINGS
from .test_every_character import SCALARS
from .test_properties import TEXT

pytest.importorskip("gigatoken")

Numbers = npt.NDArray[np.int64]
References = dict[str, tiktoken.Encoding]

ENGINE = Gigatoken()
ALONE = Gigatoken(alone=True)
NONE = np.arange(0)
"""A sample of no texts."""


def texts_of(strings: Iterable[str]) -> Texts:
    return list(map(str.encode, strings))


def rows_of(tokens: Tokens) -> Iterator[list[int]]:
    """Yields the ids of each text."""
    ids, places = tokens.ids.tolist(), zip(tokens.starts, tokens.ends, strict=True)
    return (ids[start:stop] for start, stop in places)


def count(
    texts: Texts,
    encodings: Sequence[LoadedEncoding],
    engine: Engine | None = ENGINE,
    sample: Numbers = NONE,
) -> list[Numbers]:
    """Returns the number of tokens of each text under each encoding, after the sample was right."""
    counts, checks = count_tokens_of(texts, encodings, engine, sample)
    verify(checks, encodings)
    return counts


@dataclass(frozen=True)
class Finding:
    """What came of some texts.

    Attributes:
        differing: Those whose tokens by the engine alone are not those of tiktoken.
        doubtful: Those that the engine leaves to tiktoken.
        miscounted: Those whose number of tokens is not that of tiktoken.
    """

    differing: list[str]
    doubtful: list[str]
    miscounted: list[str]


def examine(strings: Sequence[str], name: str, reference: tiktoken.Encoding) -> Finding:
    texts, encoding = texts_of(strings), load_encoding(name)
    expected = list(map(reference.encode_ordinary, strings))
    rows = rows_of(ENGINE.encode(texts, encoding))
    pairs = enumerate(zip(rows, expected, strict=True))
    differing = [place for place, (row, tokens) in pairs if row != tokens]
    doubtful = ENGINE.doubtful(texts).tolist()
    # Most of what is left to tiktoken need not be encoded by it a second time: every eighth.
    left_out = {*doubtful} - {*differing, *doubtful[::8]}
    counted = [place for place in range(len(strings)) if place not in left_out]
    some = texts_of(strings[place] for place in counted)
    (counts,) = count(some, [encoding])
    return Finding(
        differing=[strings[place] for place in differing],
        doubtful=[strings[place] for place in doubtful],
        miscounted=[
            strings[place]
            for place, count in zip(counted, counts.tolist(), strict=True)
            if count != len(expected[place])
        ],
    )


def examine_all(strings: Iterable[str], name: str, references: References) -> Finding:
    """Examines as many texts as there are on two threads, some at a time.

    `encode_ordinary_batch` would take ten times as long: it makes a task of each text, and to hand
    on a task takes longer than to encode a short text.
    """
    left = iter(strings)
    batches = list(iter(lambda: list(islice(left, 5_000)), []))
    with ThreadPoolExecutor(2) as pool:
        findings = list(pool.map(lambda some: examine(some, name, references[name]), batches))
    for texts in map(texts_of, batches):
        assert_same_alone(texts, load_encoding(name))
    return Finding(
        differing=[text for finding in findings for text in finding.differing],
        doubtful=[text for finding in findings for text in finding.doubtful],
        miscounted=[text for finding in findings for text in finding.miscounted],
    )


def assert_same_alone(texts: Texts, encoding: LoadedEncoding) -> None:
    """Asserts that the engine has the same tokens where nothing else uses it."""
    shared, alone = ENGINE.encode(texts, encoding), ALONE.encode(texts, encoding)
    assert np.array_equal(shared.ids, alone.ids)
    assert np.array_equal(shared.ends, alone.ends)
    assert len(alone.ends) == len(texts)


def is_assigned(text: str) -> bool:
    return not any(unicodedata.category(character) == "Cn" for character in text)


# At the start and before a line end, between letters, between punctuation and a letter, between
# blanks, between a blank and a contraction, between that and a slash with a line end, between
# digits.
def in_contexts(character: str) -> str:
    c = character
    return f"{c}\na{c}b.{c}a {c} {c}'s{c}/\n1{c}1"


class TestEveryScalar:
    @pytest.mark.parametrize("name", ENCODINGS)
    def test_in_contexts(self, name: str, references: References) -> None:
        finding = examine_all(map(in_contexts, SCALARS), name, references)
        assert finding.miscounted == []
        # The guard takes out all that differ, it is needed, and it takes out nothing else.
        assert finding.differing != []
        assert set(finding.differing) <= set(finding.doubtful)
        assert [text for text in finding.doubtful if is_assigned(text)] == []

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_alone_and_doubled(self, name: str, references: References) -> None:
        # Not those left to tiktoken, nor those for private use, of which one is as another.
        ranges = unassigned_ranges()
        assigned = [
            character
            for character in SCALARS
            if unicodedata.category(character) != "Co" and not is_in(ord(character), ranges)
        ]
        assert len(assigned) > 150_000
        strings = [*assigned, *(character * 2 for character in assigned)]
        finding = examine_all(strings, name, references)
        assert finding == Finding(differing=[], doubtful=[], miscounted=[])

    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("\U00032800's", ENCODINGS),
            ("\u088f's\u088f", ENCODINGS),
            ("\ua7f1.a", ENCODINGS),
            ("\U00011de0111", ENCODINGS),
            ("\u1ada.a", ["o200k_base"]),
        ],
    )
    def test_new_in_unicode_17(
        self, text: str, names: Sequence[str], references: References
    ) -> None:
        for name in names:
            # So long as tiktoken knows no more than Unicode 16, and gigatoken knows Unicode 17.
            expected = Finding(differing=[text], doubtful=[text], miscounted=[])
            assert examine([text], name, references[name]) == expected


APOSTROPHES = "'\u2019\u2018\u02bc\uff07`\u00b4\u2032\u201b\u05f3"
ENDINGS = [
    *("s", "S", "t", "T", "m", "M", "d", "D", "ll", "LL", "lL", "ve", "VE", "vE", "re", "RE", "Re"),
    # Long s, the ligatures that hold it, sharp s, Kelvin: what letters equal only without case.
    *("\u017f", "\ufb05", "\ufb06", "\u00df", "\u1e9e", "\u212a", "\u212b", "\u0131", "\u0130"),
]
CONTRACTIONS = [apostrophe + ending for apostrophe in APOSTROPHES for ending in ENDINGS]
# Of each category, some hundred characters from all over Unicode.
OF_CATEGORY: dict[str, list[str]] = {}
for scalar, category in zip(SCALARS, map(unicodedata.category, SCALARS), strict=True):
    OF_CATEGORY.setdefault(category, []).append(scalar)
OF_CATEGORY = {
    category: random.Random(category).sample(characters, min(300, len(characters)))
    for category, characters in OF_CATEGORY.items()
}
LETTERS = [c for name, some in OF_CATEGORY.items() if name[0] in "L" for c in some]
MARKS = [c for name, some in OF_CATEGORY.items() if name[0] == "M" for c in some]
DIGITS = [*"0123456789" * 20, *(c for n in ("Nd", "Nl", "No") for c in OF_CATEGORY[n])]
WHITE_SPACE = regex.findall(r"\p{White_Space}", "".join(SCALARS))
# The last eight look like white space, and are none.
BLANKS = [
    *(WHITE_SPACE * 2 + [" ", "  ", "   ", "\n", "\r", "\r\n", "\n\n", "\t"] * 5),
    *"\x1c\x1d\x1e\x1f\u180e\u200b\u2060\ufeff",
]
PUNCTUATION = [
    *("/", "//", "\n/", "/\n", "/\r\n", "!\n", "!/", "\n", "\r", "?!", "...", "-", "--", "_", "|"),
    *("'", '"', "(", "{}", ");\n", "</", "/>", "$", "\u20ac", "\u3002", "\uff0f", "\u2044", "\0"),
    *OF_CATEGORY["Po"][:40],
]
WORDS = ["a", "A", "Ab", "aB", "AB", "ABc", "the", "The", "\u01c5", "z", "Z", "camelCase", "HTTPs"]
SCRIPTS = [
    *("\u0aa8\u0abe\u0aae", "\u0a95\u0acd\u0ab7\u0abf", "\u0928\u092e\u0938\u094d\u0924\u0947"),
    *("\uc548\ub155", "\u4f60\u597d", "\u306e\u30ce", "\u0e2a\u0e27\u0e31", "\u0627\u0644\u0639"),
    *("\u0433\u041e", "\u0393\u03c3\u03c2", "\u10d0\u10d1", "\u13a0\uab70", "e\u0301", "\u0301"),
    *("\U0001f600", "\U0001f469\u200d\U0001f467", "\U0001f1ee\U0001f1f3", "\U00010400\U00010428"),
    *("\U0001d400", "\U0001e922", "\U00020000", "\U000e0041", "\u200d", "\ufe0f", "\U0010fffd"),
]
LOOK_ALIKES = [
    *("<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|endofprompt|>"),
    *("<|im_start|>", "<|start|>", "<|return|>", "<|reserved_200013|>", "<|", "|>", "<|>", "<||>"),
    *("<|endoftext", "endoftext|>", "<|EndOfText|>", "< |endoftext|>", "[CLS]", "</s>"),
]
TOKENS = sorted(
    {
        token.decode()
        for name in ENCODINGS
        for token in read_ranks(VOCABULARIES[name])()
        if token.decode(errors="ignore").encode() == token
    }
)
ANYTHING = SCALARS[0x10000 - 0x800 :: 7]
"""Every seventh scalar value above the first plane, most of them unassigned."""

POOLS = {
    "contractions": [*CONTRACTIONS, *WORDS * 12, *LETTERS[:60], *["'", " ", "\u2019"] * 30],
    "blanks": [*BLANKS * 2, *WORDS, *PUNCTUATION[:20], *"1\u0664"],
    "digits": [*DIGITS * 3, *WORDS * 6, *PUNCTUATION, *[" ", ".", ",", "\n"] * 20],
    "punctuation": [*PUNCTUATION * 3, *WORDS, *CONTRACTIONS[:20], *[" ", "  "] * 10],
    "scripts": [*SCRIPTS * 8, *LETTERS[::4], *MARKS[::4], *WORDS, *["'s", "1", "/", " "] * 20],
    "letters and marks": [*LETTERS, *MARKS, *[" ", "'s", "\n", "."] * 100],
    "tokens": TOKENS,
    "tokens and blanks": [*TOKENS[::50], *BLANKS * 40],
    "look-alikes": [*LOOK_ALIKES * 4, *WORDS, *BLANKS[:30], *"'/\n1<|>"],
    "anything": [*ANYTHING, *ENDINGS * 1_000, *["'", " ", "1", "a", "A", "/", "\n", "."] * 4_000],
}
"""What strings are put together from, so that each of the pools breaks something else."""
POOLS["all"] = list(
    chain.from_iterable(random.Random(3).choices(p, k=3_000) for p in POOLS.values())
)


def generate(pool: str, number: int) -> Iterator[str]:
    """Yields strings of one to twelve members of a pool, the same ones each time."""
    choices, members = random.Random(pool).choices, POOLS[pool]
    return ("".join(choices(members, k=place % 12 + 1)) for place in range(number))


@pytest.mark.parametrize("pool", POOLS)
def test_generated_strings(pool: str, references: References) -> None:
    strings = list(generate(pool, 46_000))  # of all pools together, half a million
    for name in ENCODINGS:
        finding = examine_all(strings, name, references)
        assert finding.miscounted == []
        assert set(finding.differing) <= set(finding.doubtful)
        # Among the tokens there is a character that is unassigned; of "anything" most are.
        assert pool in ("anything", "all") or len(finding.doubtful) < 10


def test_pools_hold_what_they_are_to_hold() -> None:
    assert len(WHITE_SPACE) == 25  # as PropList.txt has it
    assert len(POOLS) * 46_000 > 500_000
    assert len(TOKENS) > 200_000
    assert {"'\u017f", "\u2019s", "'\u212a"} <= set(CONTRACTIONS)


class TestRealText:
    @pytest.mark.parametrize("name", ENCODINGS)
    @pytest.mark.parametrize("samples", ["gpt-4o", "udhr"])
    def test_samples(self, samples: str, name: str, references: References) -> None:
        texts = [str(document.text) for document in load_samples(samples)]
        # Nothing is doubtful: to be careful costs real text nothing.
        nothing = Finding(differing=[], doubtful=[], miscounted=[])
        assert examine(texts, name, references[name]) == nothing
        assert examine(["\n".join(texts)], name, references[name]) == nothing

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_source_code(self, name: str, references: References) -> None:
        paths = sorted(Path(os.__file__).parent.glob("*.py"))
        files = [path.read_bytes().decode(errors="replace") for path in paths]
        assert sum(map(len, files)) > 3_000_000
        nothing = Finding(differing=[], doubtful=[], miscounted=[])
        assert examine_all(files, name, references) == nothing
        lines = chain.from_iterable(file.splitlines(keepends=True) for file in files[::3])
        assert examine_all(lines, name, references) == nothing


def counts_by_engine(strings: Sequence[str], encodings: Sequence[LoadedEncoding]) -> list[Numbers]:
    return count(texts_of(strings), encodings)


class TestLongText:
    @pytest.mark.parametrize("name", ENCODINGS)
    def test_without_blanks(self, name: str, references: References) -> None:
        choices = random.Random(5).choices
        texts = [
            "".join(choices("abcdefghijklmnopqrstuvwxyz", k=300_000)),
            "".join(choices("abcXYZ\u00e9\u0436\u4e2d\U00010400", k=300_000)),
        ]
        nothing = Finding(differing=[], doubtful=[], miscounted=[])
        assert examine(texts, name, references[name]) == nothing

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_runs_of_one_character(self, name: str, references: References) -> None:
        characters = ["a", "A", "^", "/", "'", "0", "\n", "\r", "\u00e9", "\u7684", "\U0001f600"]
        texts = [character * 100_000 for character in characters]
        nothing = Finding(differing=[], doubtful=[], miscounted=[])
        assert examine(texts, name, references[name]) == nothing

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_runs_of_blanks_that_tiktoken_can_take(self, name: str, references: References) -> None:
        texts = [f"x{blank * (LONG_RUN - 1)}y" for blank in (" ", "\u3000")]
        finding = examine(texts, name, references[name])
        assert (finding.differing, finding.miscounted) == ([], [])

    @pytest.mark.parametrize("encoding", load_encodings(ENCODINGS), ids=ENCODINGS)
    def test_runs_of_blanks_are_left_to_the_encoding(self, encoding: LoadedEncoding) -> None:
        runs = [
            f"some text{' ' * 600_000}and text",
            " " * 1_200_000,
            f"x{' ' * 1_200_000}x",
            f"{' ' * 600_000}\n/",
            "a" + "\u3000 " * 300_000 + "b",
        ]
        texts = ["before", *runs, "behind"]
        assert ENGINE.doubtful(texts_of(texts)).tolist() == [1, 2, 3, 4, 5]
        (counts,) = counts_by_engine(texts, [encoding])
        assert counts.tolist() == [len(encoding.encode(text)) for text in texts]

    def test_number_of_tokens_of_a_million_blanks(self) -> None:
        # What fastokens, gigatoken and splintr all gave: 128 blanks a token, as many as one has.
        (counts,) = counts_by_engine(
            [" " * 2_000_000, f"x{' ' * 1_200_000}x"], [load_encoding("o200k_base")]
        )
        assert counts.tolist() == [15_625, 9_378]

    def test_long_text_of_short_runs_is_left_to_no_one(self) -> None:
        # Only runs are too much for tiktoken, and not the length.
        assert ENGINE.doubtful(texts_of(["ab " * 400_000])).tolist() == []


def is_in(code_point: int, ranges: list[tuple[int, int]]) -> bool:
    place = bisect(ranges, (code_point, 0x110000)) - 1
    return place >= 0 and code_point <= ranges[place][1]


class TestUnassigned:
    def test_ranges_are_in_order_and_apart(self) -> None:
        ends = list(chain.from_iterable(unassigned_ranges()))
        assert ends == sorted(ends)
        assert all(last + 1 < first for last, first in zip(ends[1::2], ends[2::2], strict=False))

    def test_number(self) -> None:
        # Unicode 16.0 has 154,998 characters, 65 controls, 2,048 surrogates and 137,468 private
        # ones (https://www.unicode.org/versions/Unicode16.0.0/): the rest of the 1,114,112.
        assert sum(last - first + 1 for first, last in unassigned_ranges()) == 819_533

    def test_holds_what_a_later_unicode_leaves_unassigned(self) -> None:
        # `regex` knows Unicode 16 or a later version, in which fewer are unassigned.
        found = regex.findall(r"\p{Cn}", "".join(SCALARS))
        ranges = unassigned_ranges()
        assert len(found) > 800_000
        assert [c for c in found if not is_in(ord(c), ranges)] == []

    @pytest.mark.skipif(
        tuple(map(int, unicodedata.unidata_version.split("."))) > (16, 0, 0),
        reason="Python knows characters that Unicode 16 does not",
    )
    def test_was_unassigned_before(self) -> None:
        held = [chr(c) for first, last in unassigned_ranges() for c in range(first, last + 1)]
        assert [c for c in held if unicodedata.category(c) != "Cn"] == []

    def test_finds_all_there_are(self) -> None:
        ranges = unassigned_ranges()
        expected, place = [], 0
        for character in SCALARS:
            if is_in(ord(character), ranges):
                expected.append(place)
            place += len(character.encode())
        assert find_unassigned("".join(SCALARS).encode()).tolist() == expected
        # Each where nothing follows it, either.
        assert all(
            find_unassigned(chr(code_point).encode()).tolist() == [0]
            for code_point in chain.from_iterable(ranges)
        )

    @given(text=TEXT | st.text(st.characters(categories=["Cn"]) | st.sampled_from("aé€😀")))
    def test_finds_them_in_text(self, text: str) -> None:
        ranges, text = unassigned_ranges(), replace_surrogates(text)
        expected, place = [], 0
        for character in text:
            if is_in(ord(character), ranges):
                expected.append(place)
            place += len(character.encode())
        assert find_unassigned(text.encode()).tolist() == expected

    @given(strings=st.lists(TEXT.map(replace_surrogates), max_size=6))
    def test_doubtful_are_the_texts_that_hold_some(self, strings: list[str]) -> None:
        ranges = unassigned_ranges()
        expected = [
            place
            for place, string in enumerate(strings)
            if any(is_in(ord(character), ranges) for character in string)
        ]
        assert ENGINE.doubtful(texts_of(strings)).tolist() == expected


class TestSeparator:
    """Texts are encoded as one, and nothing of a text depends on what stands beside it."""

    SEPARATOR = "\U0010ffff"

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_texts_that_hold_it_are_left_to_tiktoken(
        self, name: str, references: References
    ) -> None:
        s = self.SEPARATOR
        strings = ["a", s, "", f"x{s}", f"{s}{s}y ", "\n", f" {s}'s"]
        assert ENGINE.doubtful(texts_of(strings)).tolist() == [1, 3, 4, 6]
        (counts,) = counts_by_engine(strings, [load_encoding(name)])
        expected = list(map(references[name].encode_ordinary, strings))
        assert counts.tolist() == list(map(len, expected))
        assert counts[1] > 0
        # Of the others the engine has the tokens all the same.
        rows = list(rows_of(ENGINE.encode(texts_of(strings), load_encoding(name))))
        assert [rows[place] for place in (0, 2, 5)] == [expected[place] for place in (0, 2, 5)]

    def test_alone(self) -> None:
        for strings in ([], ["", ""], ["a", self.SEPARATOR, " b"], ["x" * 3_000_000, "y"]):
            for encoding in load_encodings(ENCODINGS):
                assert_same_alone(texts_of(strings), encoding)

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_is_no_token_of_any_text(self, name: str, references: References) -> None:
        reference = references[name]
        assert ENGINE.encode([b""], load_encoding(name)).ids.tolist() == [1 << 18]
        assert reference.n_vocab < 1 << 18

    @given(left=TEXT.map(replace_surrogates), right=TEXT.map(replace_surrogates))
    def test_parts_all_texts(self, left: str, right: str) -> None:
        for encoding in load_encodings(ENCODINGS):
            (one,), (other,) = (counts_by_engine([text], [encoding]) for text in (left, right))
            (both,) = counts_by_engine([left, right], [encoding])
            assert both.tolist() == [*one.tolist(), *other.tolist()]


class TestCounting:
    @given(strings=st.lists(TEXT.map(replace_surrogates), max_size=6))
    def test_equals_encodings(self, strings: list[str]) -> None:
        encodings = load_encodings(ENCODINGS)
        expected = [[len(encoding.encode(string)) for string in strings] for encoding in encodings]
        everything = np.arange(len(strings))
        for engine in (ENGINE, None):
            counts = count(texts_of(strings), encodings, engine, everything)
            assert [column.tolist() for column in counts] == expected

    @pytest.mark.parametrize("strings", [[], [""], ["", "", "a", ""]])
    def test_empty_texts(self, strings: list[str]) -> None:
        (counts,) = counts_by_engine(strings, [load_encoding("o200k_base")])
        assert counts.tolist() == [len(string) for string in strings]

    def test_encodings_that_the_engine_does_not_know_encode_themselves(self) -> None:
        encodings = [load_encoding("o200k_base"), load_encoding(Letters())]
        known, other = counts_by_engine(["hello world", ""], encodings)
        assert (known.tolist(), other.tolist()) == ([2, 0], [11, 0])

    def test_threads_load_it_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import gigatoken

        loads: list[str] = []

        class Tokenizer:
            @staticmethod
            def from_tiktoken(path: Path, *, pretokenizer: str, special_tokens: Any) -> object:
                loads.append(pretokenizer)
                return original.from_tiktoken(
                    path, pretokenizer=pretokenizer, special_tokens=special_tokens
                )

        original = gigatoken.Tokenizer
        monkeypatch.setattr(gigatoken, "Tokenizer", Tokenizer)
        monkeypatch.setattr("tokcompare.engines._loaded", {})
        encodings = load_encodings(ENCODINGS)
        documents = [str(document.text) for document in load_samples("udhr")][:100]
        expected = [[len(encoding.encode(text)) for text in documents] for encoding in encodings]
        together = threading.Barrier(8)

        def count() -> list[list[int]]:
            together.wait()
            return [column.tolist() for column in counts_by_engine(documents, encodings)]

        with ThreadPoolExecutor(8) as pool:
            results = [future.result() for future in [pool.submit(count) for _ in range(8)]]
        assert results == [expected] * 8
        assert sorted(loads) == ["cl100k", "o200k"]


@dataclass(frozen=True)
class Wrong:
    """An engine that gives another last id for one text, and may say that it doubts it."""

    text: str
    doubts: bool = False
    name: str = "wrong"

    def can_encode(self, encoding: LoadedEncoding) -> bool:
        return encoding.name == "o200k_base"

    def load(self, encoding: LoadedEncoding) -> None:
        pass

    def encode(self, texts: Texts, encoding: LoadedEncoding) -> Tokens:
        rows = [list(encoding.encode(text.decode())) for text in texts]
        for row, text in zip(rows, texts, strict=True):
            if text.decode() == self.text:
                row[-1] += 1
        numbers = np.array([len(row) for row in rows], np.int64)
        ends = np.cumsum(numbers)
        ids = np.fromiter(chain.from_iterable(rows), np.uint32)
        return Tokens(ids=ids, starts=ends - numbers, ends=ends)

    def doubtful(self, texts: Texts) -> Numbers:
        places = [place for place, text in enumerate(texts) if text.decode() == self.text]
        return np.array(places if self.doubts else [], np.int64)


class TestCrossCheck:
    STRINGS = ("right", "", "wr\u00f6ng", "right as well")

    def count_all(self, engine: Engine, sample: list[int]) -> list[list[int]]:
        counts = count(
            texts_of(self.STRINGS), load_encodings(ENCODINGS), engine, np.array(sample, np.int64)
        )
        return [column.tolist() for column in counts]

    @pytest.fixture
    def expected(self) -> list[list[int]]:
        encodings = load_encodings(ENCODINGS)
        return [[len(encoding.encode(string)) for string in self.STRINGS] for encoding in encodings]

    def test_stops_at_a_wrong_token_in_the_sample(self) -> None:
        # As many tokens as there should be, and one of them another.
        with pytest.raises(EngineError) as caught:
            self.count_all(Wrong("wr\u00f6ng"), [0, 2])
        error = caught.value
        assert (error.engine, error.encoding, error.text) == ("wrong", "o200k_base", "wr\u00f6ng")
        assert str(error) == (
            "wrong and tiktoken differ under 'o200k_base', so nothing is reported. With --engine "
            "tiktoken, in Python engine='tiktoken', it is counted by tiktoken alone. Please tell "
            r"the makers of tokcompare the text: 'wr\xf6ng'"
        )

    def test_sees_only_the_sample(self, expected: list[list[int]]) -> None:
        assert self.count_all(Wrong("wr\u00f6ng"), [0, 1, 3]) == expected
        assert self.count_all(Wrong("wr\u00f6ng"), []) == expected

    def test_leaves_out_what_is_left_to_tiktoken(self, expected: list[list[int]]) -> None:
        assert self.count_all(Wrong("wr\u00f6ng", doubts=True), [0, 1, 2, 3]) == expected

    def test_finds_the_engine_right(self, expected: list[list[int]]) -> None:
        assert self.count_all(ENGINE, [0, 1, 2, 3]) == expected

    def test_error_goes_from_process_to_process(self) -> None:
        error = EngineError("wrong", "o200k_base", "wr\u00f6ng\ud800")
        copy = pickle.loads(pickle.dumps(error))
        assert type(copy) is EngineError
        assert (copy.engine, copy.encoding, copy.text, str(copy)) == (
            *("wrong", "o200k_base", "wr\u00f6ng\ud800"),
            str(error),
        )


class TestFinding:
    def test_installed(self) -> None:
        assert isinstance(find_engine("auto"), Gigatoken)
        assert find_engine("gigatoken") == ENGINE
        assert find_engine("auto", alone=True) == ALONE

    def test_reference_is_no_engine(self) -> None:
        assert find_engine("tiktoken") is None

    def test_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tokcompare.engines.is_installed", lambda: False)
        assert find_engine("auto") is None
        assert find_engine("tiktoken") is None
        with pytest.raises(ArgumentError, match=r"'gigatoken' is not installed: pip install giga"):
            find_engine("gigatoken")

    def test_unknown(self) -> None:
        with pytest.raises(UnknownNameError) as caught:
            find_engine("gigatokens")
        assert str(caught.value) == (
            "Unknown engine 'gigatokens'. Did you mean 'gigatoken'? There are: auto, tiktoken, "
            "gigatoken."
        )

    def test_no_name(self) -> None:
        with pytest.raises(ArgumentError, match="The engine must be a str, not NoneType"):
            find_engine(None)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Letters:
    """An encoding of the user's: each character is a token."""

    name: str = "letters"
    vocabulary_size: int = 0x110000
    sha256: str = VOCABULARIES["o200k_base"].sha256

    def encode(self, text: str) -> list[int]:
        return list(map(ord, text))


class TestCanEncode:
    @pytest.mark.parametrize("name", [*ENCODINGS, "o200k_harmony", "gpt-4o", "gpt-4"])
    def test_embedded_rank_files(self, name: str) -> None:
        assert ENGINE.can_encode(load_encoding(name))

    def test_same_ranks_under_another_name(self) -> None:
        harmony, o200k = counts_by_engine(
            ["<|start|>user<|message|>Hi!", "\U00032800's"],
            [load_encoding("o200k_harmony"), load_encoding("o200k_base")],
        )
        assert harmony.tolist() == o200k.tolist()

    def test_no_object_of_the_users_whatever_it_says_of_itself(self) -> None:
        assert not ENGINE.can_encode(load_encoding(Letters()))

    @pytest.mark.parametrize("pattern", ["cl100k_base", "r50k_base", r"\w+|\W+"])
    def test_no_other_pattern(self, pattern: str) -> None:
        path = data_path("vocabularies", "o200k_base.tiktoken")
        assert not ENGINE.can_encode(load_encoding(f"mine={path}", pattern=pattern))

    def test_no_other_ranks(self) -> None:
        few = {bytes([byte]): byte for byte in range(256)}
        pattern = VOCABULARIES["o200k_base"].pattern
        given = tiktoken.Encoding("few", pat_str=pattern, mergeable_ranks=few, special_tokens={})
        assert not ENGINE.can_encode(load_encoding(given))

    def test_tiktokens_own_object(self, references: References) -> None:
        assert ENGINE.can_encode(load_encoding(references["o200k_base"]))

    def test_gives_its_name(self) -> None:
        engines: list[Callable[[], Engine | None]] = [Gigatoken, lambda: find_engine("auto")]
        assert [engine and engine.name for engine in (make() for make in engines)] == [
            "gigatoken",
            "gigatoken",
        ]
