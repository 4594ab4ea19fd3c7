"""Byte-pair encodings: equal to tiktoken, and defined for strings that tiktoken cannot encode."""

from __future__ import annotations

import pickle
import re
from functools import cache
from itertools import pairwise

import pytest
import tiktoken
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import ENCODINGS, References, load_tiktoken
from tests.small_ranks import RANKS
from tests.strategies import TEXT, examples
from tokcompare import load_encoding
from tokcompare.encodings import VOCABULARIES, TiktokenEncoding
from tokcompare.errors import ArgumentError
from tokcompare.text import replace_surrogates


@pytest.mark.parametrize("name", ENCODINGS)
def test_underlying_encoding_is_a_complete_one_of_tiktoken(name: str) -> None:
    encoding = load_tiktoken(name)
    assert pickle.loads(pickle.dumps(encoding.tiktoken)) is encoding.tiktoken
    assert load_encoding(encoding.tiktoken).sha256 == encoding.sha256
    assert repr(encoding.tiktoken) == f"<Encoding {name!r}>"


def test_harmony_has_other_special_tokens_and_the_same_tokens() -> None:
    harmony, base = load_tiktoken("o200k_harmony"), load_encoding("o200k_base")
    assert harmony.vocabulary_size == 201_088
    assert harmony.tiktoken.encode_single_token("<|return|>") == 200_002
    text = "<|return|> or <|endoftext|>, naïve 😀"
    assert harmony.encode(text) == base.encode(text)


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
        # Text that the pattern skips has no tokens.
        assert encoding.encode("ab12<s>") == [97, 98, 115]
        assert (encoding.keeps_text, encoding.cuts_at_space) == (False, False)
        assert encoding.decode([97, 98, 115]) == "abs"
        again = pickle.loads(pickle.dumps(encoding))
        assert (again.encode("ab"), again.sha256) == ([97, 98], encoding.sha256)

    def test_invalid_name(self) -> None:
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


BLANKS = " \t\x0b\x0c\x85\xa0\u1680\u2000\u2003\u2009\u2028\u202f\u205f\u3000"


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("blank", BLANKS)
def test_run_of_blanks_is_encoded_block_by_block(
    name: str, blank: str, references: References
) -> None:
    """A run that is encoded by blocks has the same tokens as one piece, at every length."""
    ours, reference = load_tiktoken(name), references[name]
    for length in (1, 1_023, 2_048, 3_071, *range(3_072, 3_072 + 1_024, 41), 70_000, 98_765):
        assert ours._encode_run(blank * length) == reference._encode_single_piece(blank * length)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("text", ["x{}y", "{}", "x{}", "\n{}", "x\n{}\ny", "{}\r\n", " {}\t{}y"])
def test_long_runs_as_tiktoken_encodes_them(name: str, text: str, references: References) -> None:
    """From half a million blanks to a million both ways work, so they can be compared."""
    text = text.format(" " * 600_011, " " * 123)
    assert load_encoding(name).encode(text) == references[name].encode_ordinary(text)


class TestStringsThatTiktokenCannotEncode:
    """Strings on which tiktoken raises or panics have the tokens that its BPE defines."""

    @pytest.mark.parametrize(
        ("name", "tokens"),
        [
            # The ids of ordinary text, as in tiktoken's documentation of `encode`.
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

    # In both vocabularies the longest run of spaces that is one token has 128 spaces.
    @pytest.mark.parametrize("name", ENCODINGS)
    @pytest.mark.parametrize(
        ("text", "count"),
        [
            (" " * 2_000_000, 15_625),
            # "x"; all spaces but the last: 9,374 times 128, and 127, which are two tokens; " x".
            ("x" + " " * 1_200_000 + "x", 1 + 9_374 + 2 + 1),
            (" " * 999_998 + "x", 7_812 + 1 + 1),
            # Too short for the limit, but the search must not start again at each of its spaces.
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

    @pytest.mark.slow
    @pytest.mark.parametrize("name", ENCODINGS)
    def test_long_text_without_blanks(self, name: str) -> None:
        assert len(load_encoding(name).encode("a" * 10_000_000)) == 10_000_000 // 8


@cache
def by_pattern(name: str) -> TiktokenEncoding:
    """An encoding with a pattern of OpenAI, and few ranks, so that pieces have many tokens."""
    own = tiktoken.Encoding(
        "own",
        pat_str=VOCABULARIES[name].pattern,
        mergeable_ranks=RANKS,
        special_tokens={},
    )
    encoding = load_encoding(own)
    assert isinstance(encoding, TiktokenEncoding)
    return encoding


PATTERN_NAME = st.sampled_from(["r50k_base", "cl100k_base", "o200k_base"])
WHITE_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
CUT = re.compile(
    rf"(?<=[^{WHITE_SPACE}])(?=[{WHITE_SPACE}])(?![\r\n])"
    rf"|(?<=[^{WHITE_SPACE}]\n)(?=[^{WHITE_SPACE}/])"
)


@settings(max_examples=examples(1_000))
@given(text=TEXT, name=PATTERN_NAME)
def test_cuts_change_no_token(text: str, name: str) -> None:
    encoding = by_pattern(name)
    assert encoding.cuts_at_space
    text = replace_surrogates(text)
    ends = [0, *(cut.start() for cut in CUT.finditer(text)), len(text)]
    parts = [text[start:end] for start, end in pairwise(ends)]
    assert [token for part in parts for token in encoding.encode(part)] == encoding.encode(text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a b\u3000c\td", ["a", " b", "\u3000c", "\td"]),
        ("a\nb\n/c\n\nd\r\ne", ["a\n", "b\n/c\n\nd\r\ne"]),
        ("a \nb  c", ["a", " \nb", "  c"]),
    ],
)
def test_places_of_cuts(text: str, parts: list[str]) -> None:
    assert CUT.split(text) == parts


@settings(max_examples=examples(1_000))
@given(text=TEXT, name=PATTERN_NAME, length=st.integers(2, 5))
def test_encoding_around_runs_equals_tiktoken(text: str, name: str, length: int) -> None:
    encoding = by_pattern(name)
    expected = encoding.tiktoken.encode_ordinary(text)
    assert encoding._encode_around_runs(text, length) == expected


@pytest.mark.parametrize(
    "text",
    [
        "x" + " " * 1_200_000 + "x",
        "x" + " " * 1_200_000 + "\nx",
        "x" + "\n" * 1_200_000 + "x",
        "x" + " \n" * 600_000,
    ],
)
def test_long_runs_under_the_oldest_pattern(text: str) -> None:
    encoding = by_pattern("r50k_base")
    assert encoding.decode(encoding.encode(text)) == text
