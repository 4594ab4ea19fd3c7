"""Credits: they add up to what is saved, under any split of a corpus."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from itertools import accumulate
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import TEXT
from tokcompare import ArgumentError, Document, load_encoding, load_samples
from tokcompare.explanations import credits as credits_module
from tokcompare.explanations.credits import Credit, Credits
from tokcompare.explanations.ranking import rank_entries
from tokcompare.explanations.tokens import TokenLocator, TokenPlaces, locate_tokens, show_bytes
from tokcompare.text import cut

OLD, NEW = load_encoding("cl100k_base"), load_encoding("o200k_base")


def credits_of(text: str, *, swapped: bool = False) -> Credits:
    old, new = (NEW, OLD) if swapped else (OLD, NEW)
    found = Credits()
    found.add_text(TokenLocator(old).places(text), TokenLocator(new).places(text))
    return found


def tokens(*contents: str) -> TokenPlaces:
    """Returns tokens whose ids are their lengths."""
    *starts, length = accumulate(map(len, contents), initial=0)
    return TokenPlaces([*map(len, contents)], starts, length)


def test_by_hand() -> None:
    # Spans: "abcd", where three old tokens are two new ones, and "ef", where one is two.
    found = Credits()
    found.add_text(tokens("a", "bc", "d", "ef"), tokens("abc", "d", "e", "f"))
    assert (found.old_tokens, found.new_tokens, found.saved) == (4, 4, 0)
    # Tokens of one letter have the id 1, "abc" has 3: spans "abc" (2 - 1), "d" (0), "ef" (1 - 2).
    assert found.ranked() == [
        Credit(id=3, saved=Fraction(1), places=1),
        Credit(id=1, saved=Fraction(-1), places=3),
    ]


def test_a_saving_is_shared_equally() -> None:
    found = Credits()
    found.add_text(tokens("a", "b", "c", "d"), tokens("abc"[:2], "cd"[:2]))
    # "ab" and "cd" are spans of their own; shared are those without a common border.
    assert found.ranked() == [Credit(id=2, saved=Fraction(2), places=2)]
    found = Credits()
    found.add_text(tokens("a", "bcd", "ef", "g"), tokens("abc", "de", "fg"))
    assert [(c.id, c.saved, c.places) for c in found.ranked()] == [
        (2, Fraction(2, 3), 2),
        (3, Fraction(1, 3), 1),
    ]


@given(text=TEXT)
def test_credits_add_up_to_all_that_is_saved(text: str) -> None:
    found = credits_of(text)
    assert sum(credit.saved for credit in found.ranked()) == found.saved
    assert sum(credit.places for credit in found.ranked()) == found.new_tokens
    swapped = credits_of(text, swapped=True)
    assert swapped.saved == -found.saved
    assert sum(credit.saved for credit in swapped.ranked()) == -found.saved


@given(texts=st.lists(TEXT, max_size=4))
def test_any_split_gives_the_same_credits(texts: list[str]) -> None:
    whole = Credits()
    for text in texts:
        whole.add_text(TokenLocator(OLD).places(text), TokenLocator(NEW).places(text))
    assert reduce(add, map(credits_of, texts), Credits()) == whole
    pieces = [piece for text in texts for piece in cut(text, length=3)]
    assert reduce(add, map(credits_of, pieces), Credits()).saved == whole.saved


def credits_by_hand(texts: list[str]) -> dict[int, Fraction]:
    """Returns the credits as the definition says: span by span, in fractions."""
    found: dict[int, Fraction] = {}
    for text in texts:
        old, new = (locate_tokens(text, encoding) for encoding in (OLD, NEW))
        ends = {token.end for token in old} & {token.end for token in new}
        begin = 0
        for end in sorted(ends):
            before, after = (
                [token for token in tokens if begin <= token.start < end] for tokens in (old, new)
            )
            for token in after:
                share = Fraction(len(before) - len(after), len(after))
                found[token.id] = found.get(token.id, Fraction()) + share
            begin = end
    return found


@given(texts=st.lists(TEXT, max_size=5), batch=st.integers(1, 40))
def test_credits_follow_their_definition(texts: list[str], batch: int) -> None:
    found = Credits()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(credits_module, "_BATCH", batch)
        for text in texts:
            found.add_text(TokenLocator(OLD).places(text), TokenLocator(NEW).places(text))
    assert {credit.id: credit.saved for credit in found.ranked()} == credits_by_hand(texts)


def test_cut_text_has_the_same_credits() -> None:
    text = "".join(f"{document.text}\n" for document in load_samples() for _ in range(2))
    pieces = list(cut(text, length=50))
    assert len(pieces) > 20
    assert reduce(add, map(credits_of, pieces), Credits()) == credits_of(text)


PUBLISHED = {
    # Counted by an independent program: language, saved, first entry, credit, places. English needs
    # a token more, so its first entry is one that costs.
    "hi": (7_171, " अधिकार", 364, 52),
    "gu": (12_761, " વ્યક્તિ", 520, 40),
    "ja": (1_257, None, 64, 64),
    "en": (-1, "arily", -1, 2),
}


def test_declaration_of_human_rights() -> None:
    found = rank_entries(load_samples("udhr").select(PUBLISHED), [OLD, NEW], top=100)
    assert [ranking.code for ranking in found.rankings] == ["gu", "hi", "ja", "en"]
    for ranking in found.rankings:
        saved, entry, credit, places = PUBLISHED[ranking.code]
        first = found.shown(ranking)[0]
        assert (ranking.credits.saved, first.places) == (saved, places)
        assert first.saved == credit
        if entry is not None:
            assert found.contents[first.id] == entry.encode()
    hindi = next(each for each in found.rankings if each.code == "hi")
    share = sum(credit.saved for credit in found.shown(hindi)) / hindi.credits.saved
    assert round(float(share), 2) == 0.58


def test_swapped_encodings_show_the_entries_that_cost_most() -> None:
    found = rank_entries(load_samples("udhr").select(["hi"]), [NEW, OLD], top=3)
    (hindi,) = found.rankings
    assert hindi.credits.saved == -7_171
    saved = [credit.saved for credit in found.shown(hindi)]
    assert saved == sorted(saved)
    assert saved[0] == min(credit.saved for credit in hindi.credits.ranked()) < 0
    assert found.to_records()[0]["share"] == pytest.approx(float(saved[0]) / -7_171)
    assert found.to_table().lead == [
        "Hindi: 2,954 tokens under o200k_base, 10,125 under cl100k_base; 7,171 more."
    ]
    assert found.notes[-1] == (
        "Hindi needs more tokens: its entries that cost most stand first, with their share of what "
        "is lost."
    )


def test_words_and_which_became_dearer() -> None:
    documents = [Document(text="Hello, an outraged world! Hello", language="en")]
    found = rank_entries(documents, [OLD, NEW], top=2, with_words=True)
    words = {word.text: word for word in found.rankings[0].words}
    assert {name: (w.places, w.old_tokens, w.new_tokens) for name, w in words.items()} == {
        "Hello": (2, 2, 2),
        "an": (1, 1, 1),
        "outraged": (1, 1, 2),
        "world": (1, 1, 1),
    }
    rows = found.to_table().rows
    assert [row[-1] for row in rows] == ["Hello", "outraged"]
    assert rows[1][-2] == "dearer"


def test_words_that_became_dearer_stand_behind_the_costliest() -> None:
    documents = [Document(text="Hello Hello Hello outraged recourse", language="en")]
    found = rank_entries(documents, [OLD, NEW], top=1, with_words=True)
    assert [row[-1] for row in found.to_table().rows] == ["Hello", "outraged"]


def test_documents_without_a_language_and_without_savings() -> None:
    found = rank_entries([Document(text="")], [OLD, NEW], top=3)
    assert found.to_records() == []
    assert found.to_dict()["languages"][0]["entries"] == []
    found = rank_entries([Document(text="ab")], [OLD, NEW], top=3)
    assert found.to_table().rows == [["Undetermined", "0", "–", "1", "378", "ab"]]


def test_one_encoding() -> None:
    with pytest.raises(ArgumentError, match="two encodings"):
        rank_entries([], [OLD], top=1)


def test_bytes_that_are_no_text_are_shown_in_digits() -> None:
    assert show_bytes(b" \xe0\xaa") == "<20 E0 AA>"
