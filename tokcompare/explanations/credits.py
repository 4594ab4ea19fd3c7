"""Credits: how many tokens each entry of a vocabulary saves in a corpus.

Here a span is the text between two neighbouring places where both encodings begin a token, also
inside a character. Its saving, old tokens minus new ones, is shared equally among its new tokens.
The credits of all entries therefore add up to all that is saved, however the corpus is split.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tokcompare.explanations.tokens import Token


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


@dataclass(slots=True)
class Credits:
    """The credits of all entries over some texts. Those of several texts can be added.

    Attributes:
        old_tokens: The tokens of the texts under the old encoding.
        new_tokens: The tokens of the texts under the new encoding.
    """

    old_tokens: int = 0
    new_tokens: int = 0
    # What is saved by an entry in spans of a number of new tokens: whole numbers until the end.
    _saved: Counter[tuple[int, int]] = field(default_factory=Counter)
    _places: Counter[int] = field(default_factory=Counter)

    @property
    def saved(self) -> int:
        """How many tokens are saved in all: the sum of all credits."""
        return self.old_tokens - self.new_tokens

    def add_text(self, old: Sequence[Token], new: Sequence[Token]) -> None:
        """Adds a text.

        Args:
            old: Its tokens under the old encoding.
            new: Its tokens under the new encoding.
        """
        self.old_tokens += len(old)
        self.new_tokens += len(new)
        place = first = begin = 0
        starts = [token.start for token in old]
        for number, token in enumerate(new):
            # A span ends where a new token begins and an old one, too.
            while place < len(starts) and starts[place] < token.start:
                place += 1
            if number > first and place < len(starts) and starts[place] == token.start:
                self._add_span(place - begin, new[first:number])
                begin, first = place, number
        if first < len(new):
            self._add_span(len(old) - begin, new[first:])

    def _add_span(self, old_tokens: int, new: Sequence[Token]) -> None:
        saved = old_tokens - len(new)
        for token in new:
            self._places[token.id] += 1
            if saved:
                self._saved[token.id, len(new)] += saved

    def __add__(self, other: Credits) -> Credits:
        both = Credits(self.old_tokens + other.old_tokens, self.new_tokens + other.new_tokens)
        for each in (self, other):
            both._saved.update(each._saved)
            both._places.update(each._places)
        return both

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credits) and self.ranked() == other.ranked()

    __hash__ = None  # type: ignore[assignment]

    def ranked(self) -> list[Credit]:
        """Returns the credit of each entry that occurs, the one that saves most first."""
        saved: dict[int, Fraction] = dict.fromkeys(self._places, Fraction())
        for (token, shared_by), sum_of_savings in self._saved.items():
            saved[token] += Fraction(sum_of_savings, shared_by)
        found = (
            Credit(id=token, saved=saved[token], places=places)
            for token, places in self._places.items()
        )
        return sorted(found, key=lambda credit: (-credit.saved, credit.id))
