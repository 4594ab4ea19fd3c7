"""Rankings over a corpus: the entries of a vocabulary that save most, and the costliest words.

Documents are read one by one. Memory grows with the entries and words that occur, not with text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tokcompare.encodings import LoadedEncoding
from tokcompare.errors import ArgumentError
from tokcompare.explanations.credits import Credit, Credits
from tokcompare.explanations.tokens import TokenLocator, TokenPlaces, show_bytes, text_of
from tokcompare.languages import describe_entry, entry_of, shown_codes
from tokcompare.sources.document import Document, pieces_of_document
from tokcompare.tables import UNDEFINED, Table
from tokcompare.text import word_places

SCHEMA = 1
"""The version of `to_dict`: keys are only added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a corpus.

    Attributes:
        text: The word.
        places: How often it occurs.
        old_tokens: The tokens that hold a part of it, under the old encoding, all places together.
        new_tokens: The same under the new encoding.
    """

    text: str
    places: int
    old_tokens: int
    new_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageRanking:
    """The rankings of one language.

    Attributes:
        code: The code of the language, as the data spell it.
        name: Its name in English.
        credits: The credits of its text.
        words: Its words; empty if they were not asked for.
    """

    code: str
    name: str
    credits: Credits
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRanking:
    """The entries of a vocabulary that save most, language by language.

    Attributes:
        old: The name of the old encoding.
        new: The name of the new encoding, whose entries are ranked.
        top: How many entries, or words, are shown of each language.
        left_out: The names of encodings that play no part.
        shows_words: Whether words are shown instead of entries.
        rankings: The rankings, the language that saves most first.
        contents: The bytes of each entry that is shown, by id.
    """

    old: str
    new: str
    top: int
    left_out: tuple[str, ...]
    shows_words: bool
    rankings: tuple[LanguageRanking, ...]
    contents: dict[int, bytes]

    @property
    def columns(self) -> list[str]:
        """The columns of the records, in order."""
        if self.shows_words:
            tokens = (f"tokens_{name}" for name in (self.old, self.new))
            return ["language", "name", "rank", "word", "places", *tokens]
        columns = ["language", "name", "rank", "id", "entry", "bytes"]
        return [*columns, "saved", "saved_exact", "share", "places"]

    @property
    def notes(self) -> list[str]:
        """Sentences that a reader of the numbers must know."""
        left_out = [
            f"Only the first and the last encoding are compared: {name} plays no part."
            for name in self.left_out
        ]
        if self.shows_words:
            return [
                *left_out,
                f"The words that need most tokens of {self.new}, all places together, and those "
                "that became dearer.",
                "A token that holds parts of two words counts for both.",
            ]
        return [
            *left_out,
            f"Saved are tokens of {self.old} minus tokens of {self.new}.",
            f"What a stretch of text saves is shared equally among its tokens of {self.new}.",
            *(
                f"{ranking.name} needs more tokens: its entries that cost most stand first, with "
                "their share of what is lost."
                for ranking in self.rankings
                if ranking.credits.saved < 0
            ),
        ]

    def shown(self, ranking: LanguageRanking) -> list[Credit]:
        """Returns the credits of a language that are shown.

        Where the new encoding saves tokens, or as many as it costs, the entries that save most
        stand first; where it costs tokens, those that cost most.
        """
        return _first(ranking.credits, self.top)

    def to_records(self) -> list[dict[str, Any]]:
        """Returns a record for each entry, or for each word, that is shown."""
        return self._records_of_words() if self.shows_words else self._records_of_entries()

    def _records_of_words(self) -> list[dict[str, Any]]:
        return [
            {
                "language": ranking.code,
                "name": ranking.name,
                "rank": rank,
                "word": word.text,
                "places": word.places,
                f"tokens_{self.old}": word.old_tokens,
                f"tokens_{self.new}": word.new_tokens,
            }
            for ranking in self.rankings
            for rank, word in enumerate(self._words(ranking), 1)
        ]

    def _records_of_entries(self) -> list[dict[str, Any]]:
        return [
            {
                "language": ranking.code,
                "name": ranking.name,
                "rank": rank,
                "id": credit.id,
                "entry": text_of(self.contents[credit.id]),
                "bytes": self.contents[credit.id].hex(),
                "saved": float(credit.saved),
                "saved_exact": str(credit.saved),
                "share": _share(credit, ranking.credits),
                "places": credit.places,
            }
            for ranking in self.rankings
            for rank, credit in enumerate(self.shown(ranking), 1)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Returns the ranking as JSON objects; `saved_exact` is a fraction."""
        return {
            "schema": SCHEMA,
            "old": self.old,
            "new": self.new,
            "languages": [
                {
                    "language": ranking.code,
                    "name": ranking.name,
                    "tokens": {
                        self.old: ranking.credits.old_tokens,
                        self.new: ranking.credits.new_tokens,
                    },
                    "saved": ranking.credits.saved,
                    "entries": [
                        {
                            "id": credit.id,
                            "entry": text_of(self.contents[credit.id]),
                            "bytes": self.contents[credit.id].hex(),
                            "saved": float(credit.saved),
                            "saved_exact": str(credit.saved),
                            "places": credit.places,
                        }
                        for credit in self.shown(ranking)
                    ],
                    "words": [
                        {
                            "word": word.text,
                            "places": word.places,
                            "tokens": {self.old: word.old_tokens, self.new: word.new_tokens},
                        }
                        for word in self._words(ranking)
                    ],
                }
                for ranking in self.rankings
            ],
            "notes": self.notes,
        }

    def to_table(self) -> Table:
        """Returns the table of the entries that save most, or of the costliest words."""
        return self._table_of_words() if self.shows_words else self._table_of_entries()

    def _table_of_entries(self) -> Table:
        rows = []
        for ranking in self.rankings:
            for credit in self.shown(ranking):
                rows.append(
                    [
                        ranking.name,
                        _number(credit),
                        _percent(_share(credit, ranking.credits)),
                        f"{credit.places:,}",
                        f"{credit.id}",
                        show_bytes(self.contents[credit.id]),
                    ]
                )
        return Table(
            headings=["language", "saved", "share", "places", "id", "entry"],
            rows=rows,
            left_aligned={0, 5},
            lead=[
                f"{ranking.name}: {ranking.credits.old_tokens:,} tokens under {self.old}, "
                f"{ranking.credits.new_tokens:,} under {self.new}; "
                f"{_in_words(ranking.credits.saved)}."
                for ranking in self.rankings
            ],
            notes=self.notes,
        )

    def _table_of_words(self) -> Table:
        rows = [
            [
                ranking.name,
                f"{word.places:,}",
                f"{word.old_tokens:,}",
                f"{word.new_tokens:,}",
                f"{word.new_tokens / word.places:.1f}",
                "dearer" if word.new_tokens > word.old_tokens else "",
                word.text,
            ]
            for ranking in self.rankings
            for word in self._words(ranking)
        ]
        return Table(
            headings=["language", "places", self.old, self.new, "a place", "", "word"],
            rows=rows,
            left_aligned={0, 5, 6},
            notes=self.notes,
        )

    def _words(self, ranking: LanguageRanking) -> list[Word]:
        """Returns the words that need most tokens, and behind them those that became dearest."""

        def cost(word: Word) -> tuple[int, str]:
            return -word.new_tokens, word.text

        def increase(word: Word) -> tuple[int, str]:
            return word.old_tokens - word.new_tokens, word.text

        most = sorted(ranking.words, key=cost)[: self.top]
        dearer = [word for word in ranking.words if word.new_tokens > word.old_tokens]
        return [*most, *(w for w in sorted(dearer, key=increase)[: self.top] if w not in most)]


def rank_entries(
    documents: Iterable[Document],
    encodings: Sequence[LoadedEncoding],
    *,
    top: int,
    with_words: bool = False,
) -> EntryRanking:
    """Ranks the entries of the last encoding's vocabulary by what they save against the first.

    Args:
        documents: The corpus; each document is read once.
        encodings: The encodings, two or more; those between the first and the last play no part,
            and a note says so.
        top: How many entries of each language are shown.
        with_words: Whether words are ranked, too, and shown.

    Raises:
        ArgumentError: There is only one encoding, or the tokens of one do not give back the text.
        SourceError: A document cannot be read.
    """
    if len(encodings) < 2:
        raise ArgumentError("Savings need two encodings: -e OLD -e NEW.")
    old, new = encodings[0], encodings[-1]
    may_cut = old.cuts_at_space and new.cuts_at_space
    locators = TokenLocator(old), TokenLocator(new)
    found: dict[str, Credits] = {}
    words: dict[str, _Words] = {}
    spellings: dict[str, None] = {}
    for document in documents:
        spellings[document.language] = None
        entry = entry_of(document.language)
        of_language = found.setdefault(entry, Credits())
        for piece in pieces_of_document(document, may_cut=may_cut):
            before, after = (locator.places(piece) for locator in locators)
            of_language.add_text(before, after)
            if with_words:
                words.setdefault(entry, _Words()).add(piece, before, after)
    codes = shown_codes(spellings)
    rankings = tuple(
        LanguageRanking(
            code=codes[entry],
            name=describe_entry(entry).name,
            credits=of_language,
            words=words[entry].found() if entry in words else (),
        )
        for entry, of_language in sorted(found.items(), key=lambda item: (-item[1].saved, item[0]))
    )
    shown = {credit.id for each in rankings for credit in _first(each.credits, top)}
    return EntryRanking(
        old=old.name,
        new=new.name,
        top=top,
        left_out=tuple(encoding.name for encoding in encodings[1:-1]),
        shows_words=with_words,
        rankings=rankings,
        contents={token: new.token_bytes(token) for token in shown},  # type: ignore[attr-defined]
    )


class _Words:
    """The words of a corpus while it is read."""

    def __init__(self) -> None:
        self._places: Counter[str] = Counter()
        self._old: Counter[str] = Counter()
        self._new: Counter[str] = Counter()

    def add(self, text: str, old: TokenPlaces, new: TokenPlaces) -> None:
        """Adds the words of a text."""
        before, after = old.starts, new.starts
        for word, start, end in word_places(text):
            self._places[word] += 1
            self._old[word] += bisect_left(before, end) - bisect_right(before, start) + 1
            self._new[word] += bisect_left(after, end) - bisect_right(after, start) + 1

    def found(self) -> tuple[Word, ...]:
        """Returns the words."""
        return tuple(
            Word(
                text=word,
                places=places,
                old_tokens=self._old[word],
                new_tokens=self._new[word],
            )
            for word, places in self._places.items()
        )


def _first(of_all: Credits, top: int) -> list[Credit]:
    """Returns the entries that save most, or those that cost most if more tokens are needed."""
    ranked = of_all.ranked()
    if of_all.saved < 0:
        ranked.sort(key=lambda credit: (credit.saved, credit.id))
    return ranked[:top]


def _share(credit: Credit, of_all: Credits) -> float:
    """Returns the share of all that is saved, or lost; `nan` if that is zero."""
    return float(credit.saved / of_all.saved) if of_all.saved else float("nan")


def _in_words(saved: int) -> str:
    return f"{-saved:,} more" if saved < 0 else f"{saved:,} saved"


def _percent(share: float) -> str:
    return UNDEFINED if share != share else f"{share:.1%}"


def _number(credit: Credit) -> str:
    saved = credit.saved
    return f"{int(saved):,}" if saved.denominator == 1 else f"{float(saved):,.1f}"
