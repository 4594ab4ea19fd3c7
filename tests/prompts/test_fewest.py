"""The fewest tokens that a text can have."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import ENCODINGS, load_tiktoken
from tests.strategies import TEXT
from tokcompare import load_encoding
from tokcompare.encodings.kinds.small import LONGEST_TOKEN
from tokcompare.prompts.fewest import TokenTable, table_of
from tokcompare.text import replace_surrogates

WORDS = (b"a", b"b", b"ab", b"aba", b"bbbb")


def beginning(content: bytes) -> list[bytes]:
    return [word for word in WORDS if content.startswith(word)]


TABLE = TokenTable(longest=4, beginning=beginning)


@cache
def fewest(content: bytes) -> int:
    """By trying each word at the end."""
    if not content:
        return 0
    return 1 + min(fewest(content[: -len(w)]) for w in WORDS if content.endswith(w))


def trimmed(numbers: list[int | None]) -> list[int | None]:
    while numbers[-1] is None:
        numbers.pop()
    return numbers


def test_by_hand() -> None:
    assert TABLE.from_start(b"abab", 9) == [0, 1, 1, 1, 2]  # ab, aba, ab|ab
    assert TABLE.from_end(b"abab", 9) == [0, 1, 1, 2, 2]  # b, ab, b|ab, ab|ab
    assert TABLE.from_start(b"bbbbb", 1) == [0, 1, None, None, 1]
    assert TABLE.from_end(b"bbbbb", 1) == [0, 1, None, None, 1]
    assert TABLE.from_start(b"bbbbb", 0) == [0]


@given(st.text("ab", max_size=24), st.integers(0, 12))
def test_by_trying_all(text: str, most: int) -> None:
    content = text.encode()
    starts = [fewest(content[:place]) for place in range(len(content) + 1)]
    ends = [fewest(content[place:]) for place in range(len(content), -1, -1)]
    for found, expected in (
        (TABLE.from_start(content, most), starts),
        (TABLE.from_end(content, most), ends),
    ):
        assert found == trimmed([number if number <= most else None for number in expected])


@pytest.mark.parametrize("name", ENCODINGS)
@given(text=TEXT)
def test_no_encoding_is_below_the_bound(name: str, text: str) -> None:
    table = table_of(load_encoding(name))
    assert table is not None
    tokens = len(load_encoding(name).encode(text))
    content = replace_surrogates(text).encode()
    for found in (table.from_start(content, tokens), table.from_end(content, tokens)):
        assert len(found) == len(content) + 1
        assert found[-1] is not None
        assert found[-1] <= tokens


@pytest.mark.parametrize("name", ENCODINGS)
def test_longest_token(name: str) -> None:
    tokens = load_tiktoken(name).tiktoken.token_byte_values()
    assert max(map(len, tokens)) == LONGEST_TOKEN
