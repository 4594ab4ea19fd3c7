"""The fewest tokens that a text can have: a bound that says where a longer one cannot fit.

An encoding whose tokens hold each byte of a text gives some sequence of its tokens. None is shorter
than the shortest sequence that has the same bytes. That one is found place by place, because each
place is reached by one token from an earlier place.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tokcompare.encodings import LoadedEncoding
from tokcompare.encodings.kinds.bpe import TiktokenEncoding
from tokcompare.encodings.kinds.small import LONGEST_TOKEN


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTable:
    """The tokens of an encoding whose tokens hold each byte of a text.

    Attributes:
        longest: How many bytes the longest token has.
        beginning: Returns the tokens that some bytes begin with.
    """

    longest: int
    beginning: Callable[[bytes], Sequence[bytes]]

    def from_start(self, content: bytes, most: int) -> list[int | None]:
        """Returns the fewest tokens of the bytes up to each place; None for more than `most`.

        The list ends where no further place can be reached.
        """
        fewest: list[int | None] = [0]
        for place, number in enumerate(fewest):  # the list grows
            if number is None or number == most:
                continue
            for token in self.beginning(content[place : place + self.longest]):
                end = place + len(token)
                if end >= len(fewest):
                    fewest += [None] * (end + 1 - len(fewest))
                known = fewest[end]
                if known is None or known > number + 1:
                    fewest[end] = number + 1
        return fewest

    def from_end(self, content: bytes, most: int) -> list[int | None]:
        """Returns the fewest tokens of the bytes from each place on, the last place first.

        None stands for more than `most`. The list ends where no further place can be reached.
        """
        fewest: list[int | None] = [0]
        length = len(content)
        reached = 0  # the furthest place, counted from the end
        while len(fewest) <= length and len(fewest) - reached <= self.longest:
            place = length - len(fewest)
            numbers = [
                number
                for token in self.beginning(content[place : place + self.longest])
                if (number := fewest[length - place - len(token)]) is not None and number < most
            ]
            if numbers:
                reached = len(fewest)
            fewest.append(min(numbers) + 1 if numbers else None)
        return fewest[: reached + 1]


def table_of(encoding: LoadedEncoding) -> TokenTable | None:
    """Returns the tokens of an encoding of tiktoken with one of OpenAI's patterns, else None."""
    if not isinstance(encoding, TiktokenEncoding) or not encoding.cuts_at_space:
        return None
    return _table_of(encoding)


@functools.cache
def _table_of(encoding: TiktokenEncoding) -> TokenTable:
    small = encoding.load_small()
    if small is not None:
        return TokenTable(longest=LONGEST_TOKEN, beginning=small.tokens.beginning)
    tokens = frozenset(encoding.tiktoken.token_byte_values())
    longest = max(map(len, tokens))

    def beginning(content: bytes) -> list[bytes]:
        starts = (content[:length] for length in range(1, min(longest, len(content)) + 1))
        return [start for start in starts if start in tokens]

    return TokenTable(longest=longest, beginning=beginning)
