"""Credits: how many tokens each entry of a vocabulary saves in a corpus.

Here a span is the text between two neighbouring places where both encodings begin a token, also
inside a character. Its saving, old tokens minus new ones, is shared equally among its new tokens.
The credits of all entries therefore add up to all that is saved, however the corpus is split.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from tokcompare.explanations.tokens import TokenPlaces


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What an entry of the new vocabulary saves.

    Attributes:
        id: The id of the entry.
        saved: How many tokens it saves; negative if it costs some.
        places: In how many places it stands.
    """

    id: int
    saved: Fraction
    places: int


_BATCH = 1 << 16
"""Tokens of short texts are credited together: numpy is fast on long arrays."""


class Credits:
    """The credits of all entries over some texts. Those of several texts can be added.

    Attributes:
        old_tokens: The tokens of the texts under the old encoding.
        new_tokens: The tokens of the texts under the new encoding.
    """

    def __init__(self) -> None:
        self.old_tokens = 0
        self.new_tokens = 0
        # What is saved by an entry in spans of a number of new tokens: whole numbers until the end.
        self._saved: Counter[tuple[int, int]] = Counter()
        self._places: Counter[int] = Counter()
        self._waiting: list[tuple[TokenPlaces, TokenPlaces]] = []
        self._waiting_tokens = 0

    @property
    def saved(self) -> int:
        """How many tokens are saved in all: the sum of all credits."""
        return self.old_tokens - self.new_tokens

    def add_text(self, old: TokenPlaces, new: TokenPlaces) -> None:
        """Adds a text.

        Args:
            old: Its tokens under the old encoding.
            new: Its tokens under the new encoding.
        """
        self.old_tokens += len(old.ids)
        self.new_tokens += len(new.ids)
        if new.length:
            self._waiting.append((old, new))
            self._waiting_tokens += len(old.ids) + len(new.ids)
        if self._waiting_tokens >= _BATCH:
            self._credit()

    def _credit(self) -> None:
        """Credits the tokens of the texts that wait."""
        if not self._waiting_tokens:
            return
        import numpy as np  # saves start time

        # The texts one after the other: each begins where both encodings begin a token.
        begins = np.cumsum([0, *(places.length for _, places in self._waiting[:-1])])
        old, new = (
            np.concatenate(
                [
                    np.array(places.starts, np.int64) + begin
                    for places, begin in zip(of_texts, begins, strict=True)
                ]
            )
            for of_texts in zip(*self._waiting, strict=True)
        )
        ids = np.concatenate([np.array(each.ids, np.int64) for _, each in self._waiting])
        self._waiting, self._waiting_tokens = [], 0

        # A span ends where a new token begins and an old one, too.
        spans = new[np.isin(new, old, assume_unique=True)]
        old_tokens = np.diff(np.searchsorted(old, spans), append=len(old))
        new_tokens = np.diff(np.searchsorted(new, spans), append=len(new))
        saved = np.repeat(old_tokens - new_tokens, new_tokens)
        shared_by = np.repeat(new_tokens, new_tokens)

        entries, places = np.unique(ids, return_counts=True)
        self._places.update(dict(zip(entries.tolist(), places.tolist(), strict=True)))
        longest = int(shared_by.max()) + 1
        keys, place = np.unique((ids * longest + shared_by)[saved != 0], return_inverse=True)
        sums = np.zeros(len(keys), np.int64)
        np.add.at(sums, place, saved[saved != 0])
        for key, total in zip(keys.tolist(), sums.tolist(), strict=True):
            self._saved[divmod(key, longest)] += total

    def __add__(self, other: Credits) -> Credits:
        both = Credits()
        for each in (self, other):
            each._credit()
            both.old_tokens += each.old_tokens
            both.new_tokens += each.new_tokens
            both._saved.update(each._saved)
            both._places.update(each._places)
        return both

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credits) and self.ranked() == other.ranked()

    __hash__ = None  # type: ignore[assignment]

    def ranked(self) -> list[Credit]:
        """Returns the credit of each entry that occurs, the one that saves most first."""
        self._credit()
        # Whole multiples of a common fraction of a token are added and sorted fast.
        unit = lcm(*(shared_by for _, shared_by in self._saved))
        saved = dict.fromkeys(self._places, 0)
        for (token, shared_by), sum_of_savings in self._saved.items():
            saved[token] += sum_of_savings * (unit // shared_by)
        return [
            Credit(id=token, saved=Fraction(saved[token], unit), places=self._places[token])
            for token in sorted(saved, key=lambda token: (-saved[token], token))
        ]
