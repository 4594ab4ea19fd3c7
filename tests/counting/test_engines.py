"""The engines: every text has the tokens that tiktoken gives it, or is left to tiktoken."""

from __future__ import annotations

import os
import pickle
import random
import subprocess
import sys
import threading
import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, chain, islice, pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tiktoken
from hypothesis import given
from hypothesis import strategies as st

from tests.characters import LOOK_ALIKES, Sample, scalars
from tests.platforms import linux_only
from tests.reference import ENCODINGS, References
from tests.strategies import TEXT
from tokcompare import load_samples
from tokcompare.bundled import data_path
from tokcompare.counting.engines import (
    FASTOKENS,
    SPLINTR,
    Engine,
    Tokens,
    encode_texts,
    find_engine,
)
from tokcompare.encodings import load_encoding, load_encodings
from tokcompare.encodings.kinds.bpe import LONG_RUN
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.protocol import LoadedEncoding
from tokcompare.errors import ArgumentError, EngineError, UnknownNameError
from tokcompare.text import replace_surrogates

pytest.importorskip("fastokens")
pytest.importorskip("splintr")

Numbers = npt.NDArray[np.int64]

ENGINES = (FASTOKENS, SPLINTR)
NONE = np.arange(0)
"""A sample of no texts."""


def rows_of(tokens: Tokens) -> Iterator[list[int]]:
    """Yields the ids of each text."""
    ids = tokens.ids.tolist()
    return (ids[start:stop] for start, stop in pairwise(tokens.offsets.tolist()))


def counts_by_engine(
    texts: Sequence[str],
    encodings: Sequence[LoadedEncoding],
    engine: Engine | None = FASTOKENS,
    sample: Numbers = NONE,
) -> list[Numbers]:
    counts = []
    for encoding in encodings:
        lengths, tokens = encode_texts(texts, encoding, engine, sample)
        ids = list(tokens)
        if lengths is not None:
            assert lengths == list(map(len, ids))
        counts.append(np.array(list(map(len, ids)), np.int64))
    return counts


@dataclass(frozen=True)
class Finding:
    """What came of some texts.

    Attributes:
        differing: Those whose tokens by an engine alone are not those of tiktoken.
        doubtful: Those that the engines leave to tiktoken.
        miscounted: Those whose number of tokens by an engine is not that of tiktoken.
    """

    differing: list[str]
    doubtful: list[str]
    miscounted: list[str]


def examine(strings: Sequence[str], name: str, reference: tiktoken.Encoding) -> Finding:
    encoding = load_encoding(name)
    expected = list(map(reference.encode_ordinary, strings))
    differing, miscounted = set(), set()
    for engine in ENGINES:
        rows = rows_of(engine.encode(strings, encoding))
        (counts,) = counts_by_engine(strings, [encoding], engine)
        for place, row, count, tokens in zip(
            range(len(strings)), rows, counts.tolist(), expected, strict=True
        ):
            if row != tokens:
                differing.add(place)
            if count != len(tokens):
                miscounted.add(place)
    doubtful, other = (engine.doubtful(strings) for engine in ENGINES)
    assert doubtful == other
    return Finding(
        differing=[strings[place] for place in sorted(differing)],
        doubtful=[strings[place] for place in doubtful],
        miscounted=[strings[place] for place in sorted(miscounted)],
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
    return Finding(
        differing=[text for finding in findings for text in finding.differing],
        doubtful=[text for finding in findings for text in finding.doubtful],
        miscounted=[text for finding in findings for text in finding.miscounted],
    )


LONG_S = "\u017f"
NOTHING = Finding(differing=[], doubtful=[], miscounted=[])


# At the start and before a line end, between letters, between punctuation and a letter, between
# blanks, between a blank and a contraction, between that and a slash with a line end, between
# digits.
def in_contexts(character: str) -> str:
    c = character
    return f"{c}\na{c}b.{c}a {c} {c}'s{c}/\n1{c}1"


class TestEveryScalar:
    @pytest.mark.exhaustive
    @pytest.mark.parametrize("name", ENCODINGS)
    def test_in_contexts(self, name: str, references: References, sample: Sample) -> None:
        characters = sample(scalars())
        finding = examine_all(map(in_contexts, characters), name, references)
        assert finding.miscounted == []
        # The guard takes out the long s, and nothing else differs.
        assert finding.doubtful == [in_contexts(c) for c in characters if c == LONG_S]
        assert set(finding.differing) <= set(finding.doubtful)

    @pytest.mark.exhaustive
    @pytest.mark.parametrize("name", ENCODINGS)
    def test_alone_and_doubled(self, name: str, references: References, sample: Sample) -> None:
        # Of those for private use one is as another.
        characters = [c for c in scalars() if unicodedata.category(c) != "Co" and c != LONG_S]
        assert len(characters) > 950_000
        characters = sample(characters)
        doubled = (character * 2 for character in characters)
        assert examine_all([*characters, *doubled], name, references) == NOTHING

    def test_new_in_unicode_17(self, references: References) -> None:
        # tiktoken knows Unicode 16: what became a letter, a mark or a number since is none to it.
        texts = ["\U00032800's", "\u088f's\u088f", "\ua7f1.a", "\U00011de0111", "\u1ada.a"]
        for name in ENCODINGS:
            assert examine(texts, name, references[name]) == NOTHING


class TestLongS:
    """The one character on which the engines are known to differ."""

    @pytest.mark.parametrize("text", ["'\u017fSAa", "''s's'\u017fsS", "s'\u017fT A"])
    def test_is_left_to_tiktoken(self, text: str, references: References) -> None:
        for name in ENCODINGS:
            finding = examine(["a", text], name, references[name])
            assert (finding.doubtful, finding.miscounted) == ([text], [])

    @pytest.mark.slow
    def test_guard_is_needed(self, references: References) -> None:
        strings = list(long_s_strings(20_000))
        finding = examine_all(strings, "o200k_base", references)
        assert finding.differing != []
        assert (finding.doubtful, finding.miscounted) == (strings, [])

    @pytest.mark.slow
    def test_cl100k_base_has_none(self, references: References) -> None:
        # It is left to tiktoken all the same: a guard for each encoding would not be worth it.
        assert examine_all(long_s_strings(20_000), "cl100k_base", references).differing == []


def long_s_strings(number: int) -> Iterator[str]:
    """Yields strings with a long s behind an apostrophe."""
    choices = random.Random(17).choices
    members = ["'", "'\u017f", "s", "S", "A", "a", "t", "T", "ll", " ", "'s"]
    for _ in range(number):
        before, behind = choices(members, k=3), choices(members, k=3)
        yield "".join([*before, "'\u017f", *behind])


# tests.hostile takes a second to import, and so is imported only by the tests that need it.
POOLS = [
    *("contractions", "blanks", "digits", "punctuation", "scripts", "letters and marks", "tokens"),
    *("tokens and blanks", "look-alikes", "anything", "all"),
]


@pytest.mark.exhaustive
@pytest.mark.parametrize("pool", POOLS)
def test_generated_strings(pool: str, references: References, sample: Sample) -> None:
    from tests.hostile import generate

    strings = sample(list(generate(pool, 46_000)))  # of all pools together, half a million
    for name in ENCODINGS:
        finding = examine_all(strings, name, references)
        assert finding.miscounted == []
        assert set(finding.differing) <= set(finding.doubtful)
        assert finding.doubtful == [string for string in strings if LONG_S in string]


@pytest.mark.slow
def test_pools_hold_what_they_are_to_hold() -> None:
    from tests import hostile
    from tests.hostile import CONTRACTIONS, TOKENS, WHITE_SPACE

    assert list(hostile.POOLS) == POOLS
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
        assert examine(texts, name, references[name]) == NOTHING
        assert examine(["\n".join(texts)], name, references[name]) == NOTHING

    @pytest.mark.slow
    @pytest.mark.parametrize("name", ENCODINGS)
    def test_source_code(self, name: str, references: References) -> None:
        paths = sorted(Path(os.__file__).parent.glob("*.py"))
        files = [path.read_bytes().decode(errors="replace") for path in paths]
        assert sum(map(len, files)) > 3_000_000
        assert examine_all(files, name, references) == NOTHING
        lines = chain.from_iterable(file.splitlines(keepends=True) for file in files[::3])
        assert examine_all(lines, name, references) == NOTHING


@pytest.mark.slow
class TestLongText:
    @pytest.mark.parametrize("name", ENCODINGS)
    def test_without_blanks(self, name: str, references: References) -> None:
        choices = random.Random(5).choices
        texts = [
            "".join(choices("abcdefghijklmnopqrstuvwxyz", k=300_000)),
            "".join(choices("abcXYZ\u00e9\u0436\u4e2d\U00010400", k=300_000)),
        ]
        finding = examine(texts, name, references[name])
        assert (finding.differing, finding.miscounted) == ([], [])
        assert finding.doubtful != []

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_runs_of_one_character(self, name: str, references: References) -> None:
        characters = ["a", "A", "^", "/", "'", "0", "\n", "\r", "\u00e9", "\u7684", "\U0001f600"]
        texts = [character * 100_000 for character in characters]
        finding = examine(texts, name, references[name])
        assert (finding.differing, finding.miscounted) == ([], [])
        assert finding.doubtful != []

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
        expected = [len(encoding.encode(text)) for text in texts]
        for engine in ENGINES:
            assert engine.doubtful(texts) == [1, 2, 3, 4, 5]
            (counts,) = counts_by_engine(texts, [encoding], engine)
            assert counts.tolist() == expected

    def test_number_of_tokens_of_a_million_blanks(self) -> None:
        # What fastokens, gigatoken and splintr all gave: 128 blanks a token, as many as one has.
        (counts,) = counts_by_engine(
            [" " * 2_000_000, f"x{' ' * 1_200_000}x"], [load_encoding("o200k_base")]
        )
        assert counts.tolist() == [15_625, 9_378]

    def test_long_text_of_short_runs_is_left_to_no_one(self) -> None:
        # Only runs are too much for tiktoken, and not the length.
        assert [engine.doubtful(["ab " * 400_000]) for engine in ENGINES] == [[], []]


class TestParting:
    """Nothing of a text depends on what stands beside it."""

    @given(left=TEXT.map(replace_surrogates), right=TEXT.map(replace_surrogates))
    def test_parts_all_texts(self, left: str, right: str) -> None:
        for encoding, engine in product(load_encodings(ENCODINGS), ENGINES):
            (one,), (other,) = (
                counts_by_engine([text], [encoding], engine) for text in (left, right)
            )
            (both,) = counts_by_engine([left, right], [encoding], engine)
            assert both.tolist() == [*one.tolist(), *other.tolist()]

    @pytest.mark.parametrize("name", ENCODINGS)
    def test_what_looks_like_a_special_token(self, name: str, references: References) -> None:
        assert examine(LOOK_ALIKES, name, references[name]) == NOTHING


class TestCounting:
    @given(strings=st.lists(TEXT.map(replace_surrogates), max_size=6))
    def test_equals_encodings(self, strings: list[str]) -> None:
        encodings = load_encodings(ENCODINGS)
        expected = [[len(encoding.encode(string)) for string in strings] for encoding in encodings]
        everything = np.arange(len(strings))
        for engine in (*ENGINES, None):
            counts = counts_by_engine(strings, encodings, engine, everything)
            assert [column.tolist() for column in counts] == expected

    @pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
    @pytest.mark.parametrize("strings", [[], [""], ["", "", "a", ""]])
    def test_empty_texts(self, strings: list[str], engine: Engine) -> None:
        (counts,) = counts_by_engine(strings, [load_encoding("o200k_base")], engine)
        assert counts.tolist() == [len(string) for string in strings]

    def test_encodings_that_the_engine_does_not_know_encode_themselves(self) -> None:
        encodings = [load_encoding("o200k_base"), load_encoding(Letters())]
        known, other = counts_by_engine(["hello world", ""], encodings)
        assert (known.tolist(), other.tolist()) == ([2, 0], [11, 0])

    @pytest.mark.slow
    def test_threads_load_it_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import fastokens

        loads: list[str] = []

        class Tokenizer:
            @staticmethod
            def from_tiktoken(path: str, *, encoding: str, special_tokens: Any) -> object:
                loads.append(encoding)
                return original.from_tiktoken(
                    path, encoding=encoding, special_tokens=special_tokens
                )

        original = fastokens.Tokenizer
        monkeypatch.setattr(fastokens, "Tokenizer", Tokenizer)
        monkeypatch.setattr("tokcompare.counting.engines._loaded", {})
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
        assert sorted(loads) == sorted(ENCODINGS)


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

    def encode(self, texts: Sequence[str], encoding: LoadedEncoding) -> Tokens:
        rows = [list(encoding.encode(text)) for text in texts]
        for row, text in zip(rows, texts, strict=True):
            if text == self.text:
                row[-1] += 1
        offsets = array("q", accumulate(map(len, rows), initial=0))
        ids = array("I", chain.from_iterable(rows))
        return Tokens(ids=memoryview(ids), offsets=memoryview(offsets))

    def doubtful(self, texts: Sequence[str]) -> list[int]:
        return [place for place, text in enumerate(texts) if self.doubts and text == self.text]


@pytest.mark.slow
@linux_only
@pytest.mark.parametrize("engine", ["FASTOKENS", "SPLINTR"])
def test_starts_no_threads_of_its_own(engine: str) -> None:
    script = (
        "import os\n"
        "from tokcompare.encodings import load_encoding\n"
        f"from tokcompare.counting.engines import {engine} as engine\n"
        "import numpy\n"
        "cores = os.sched_getaffinity(0)\n"
        "encoding = load_encoding('o200k_base')\n"
        "engine.load(encoding)\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "print(len(engine.encode(['many words ' * 100_000] * 20, encoding).ids))\n"
        "print(len(engine.encode(['many words '] * 100_000, encoding).ids))\n"
        "print(os.sched_getaffinity(0) == cores)\n"
        "print(len(os.listdir('/proc/self/task')) - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{2 * 100_000 * 20 + 20}\n{3 * 100_000}\nTrue\n0\n"


class TestCrossCheck:
    STRINGS = ("right", "", "wr\u00f6ng", "right as well")

    def count_all(self, engine: Engine, sample: list[int]) -> list[list[int]]:
        counts = counts_by_engine(
            self.STRINGS, load_encodings(ENCODINGS), engine, np.array(sample, np.int64)
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
            "wrong and tiktoken differ under 'o200k_base', so nothing is reported. Use --engine "
            "tiktoken (in Python: engine='tiktoken') to count by tiktoken alone. Please report the "
            r"text to the authors of tokcompare: 'wr\xf6ng'"
        )

    def test_sees_only_the_sample(self, expected: list[list[int]]) -> None:
        assert self.count_all(Wrong("wr\u00f6ng"), [0, 1, 3]) == expected
        assert self.count_all(Wrong("wr\u00f6ng"), []) == expected

    def test_leaves_out_what_is_left_to_tiktoken(self, expected: list[list[int]]) -> None:
        assert self.count_all(Wrong("wr\u00f6ng", doubts=True), [0, 1, 2, 3]) == expected

    def test_finds_the_engine_right(self, expected: list[list[int]]) -> None:
        for engine in ENGINES:
            assert self.count_all(engine, [0, 1, 2, 3]) == expected

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
        assert find_engine("auto") is FASTOKENS
        assert [find_engine(engine.name) for engine in ENGINES] == [*ENGINES]

    def test_reference_is_no_engine(self) -> None:
        assert find_engine("tiktoken") is None

    @pytest.mark.parametrize("name", ["fastokens", "splintr-rs"])
    def test_not_installed(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tokcompare.counting.engines.is_installed", lambda _: False)
        assert find_engine("auto") is None
        assert find_engine("tiktoken") is None
        message = f"'{name}' is not installed: pip install {name}. It"
        with pytest.raises(ArgumentError, match=message):
            find_engine(name)

    def test_unknown(self) -> None:
        with pytest.raises(UnknownNameError) as caught:
            find_engine("fastoken")
        assert str(caught.value) == (
            "Unknown engine 'fastoken'. Did you mean 'fastokens'? There are: auto, tiktoken, "
            "fastokens, splintr-rs."
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
        assert FASTOKENS.can_encode(load_encoding(name))

    def test_same_ranks_under_another_name(self) -> None:
        harmony, o200k = counts_by_engine(
            ["<|start|>user<|message|>Hi!", "\U00032800's"],
            [load_encoding("o200k_harmony"), load_encoding("o200k_base")],
        )
        assert harmony.tolist() == o200k.tolist()

    def test_no_object_of_the_users_whatever_it_says_of_itself(self) -> None:
        assert not FASTOKENS.can_encode(load_encoding(Letters()))

    @pytest.mark.slow
    @pytest.mark.parametrize("pattern", ["cl100k_base", "r50k_base", r"\w+|\W+"])
    def test_no_other_pattern(self, pattern: str) -> None:
        path = data_path("vocabularies", "o200k_base.tiktoken")
        assert not FASTOKENS.can_encode(load_encoding(f"mine={path}", pattern=pattern))

    def test_no_other_ranks(self) -> None:
        few = {bytes([byte]): byte for byte in range(256)}
        pattern = VOCABULARIES["o200k_base"].pattern
        given = tiktoken.Encoding("few", pat_str=pattern, mergeable_ranks=few, special_tokens={})
        assert not FASTOKENS.can_encode(load_encoding(given))

    def test_tiktokens_own_object(self, references: References) -> None:
        assert FASTOKENS.can_encode(load_encoding(references["o200k_base"]))
