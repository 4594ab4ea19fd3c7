"""Explanations as parts of a page: texts with their tokens, and why their number differs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tokcompare.encodings import LoadedEncoding
from tokcompare.explanations.ranking import EntryRanking
from tokcompare.explanations.spans import Group, Piece, Span
from tokcompare.explanations.vocabulary import (
    NO_SCRIPT,
    NOT_TEXT,
    OTHER,
    SEVERAL,
    read_vocabulary,
    script_of_entry,
)
from tokcompare.languages import UNDETERMINED, Language, describe_language
from tokcompare.page.foreign import runs_of, runs_of_bytes, runs_right_to_left, tongue_of
from tokcompare.page.parts import (
    CreditView,
    GroupView,
    PieceView,
    SpanView,
    TokenView,
    Why,
    WhyCard,
)
from tokcompare.text import printable

if TYPE_CHECKING:
    from tokcompare.explanations.explanation import Explanation

_MOST_SCRIPTS = 16
"""How many scripts are shown: those with most entries."""

_MOST_CREDITS = 10
"""How many entries are shown of each language."""


def token_view(
    explanation: Explanation,
    *,
    name: str = "",
    language: Language | None = None,
    longest: int | None = None,
    goes_on: bool = False,
) -> TokenView:
    """Returns a text with its tokens.

    Args:
        explanation: The tokens.
        name: What the text is called.
        language: Its language; None if it is not known.
        longest: How many characters are shown of a longer text; it is cut at the next span. None
            shows all.
        goes_on: Whether the text is itself the beginning of a longer one.
    """
    language = language or describe_language(UNDETERMINED)
    spans = _beginning(explanation, len(explanation.text) if longest is None else longest)
    shown = sum(len(span.text) for span in spans)
    own = language.native_name
    return TokenView(
        name=printable(name),
        own="" if own == name else printable(own),
        tongue=tongue_of(language.code if language.script else "", language.direction),
        tokens=tuple(
            sum(span.tokens[place] for span in spans) for place in range(len(explanation.encodings))
        ),
        spans=tuple(_span_view(span, language.direction) for span in spans),
        is_cut=goes_on or shown < len(explanation.text),
    )


def _beginning(explanation: Explanation, longest: int) -> list[Span]:
    spans: list[Span] = []
    shown = 0
    for span in explanation.spans:
        if spans and shown >= longest:
            break
        spans.append(span)
        shown += len(span.text)
    return spans


def _span_view(span: Span, direction: str) -> SpanView:
    return SpanView(
        runs=runs_of(span.text, edges=True),
        pieces=tuple(_piece_view(piece, direction) for piece in span.pieces),
        groups=tuple(
            tuple(_group_view(group, len(groups)) for group in groups) for groups in span.groups
        ),
        saved=span.saved[-1],
    )


def _piece_view(piece: Piece, direction: str) -> PieceView:
    return PieceView(
        runs=runs_of(piece.text),
        dashes=tuple((bar.dashes, bar.is_continued) for bar in piece.bars),
        runs_right_to_left=runs_right_to_left(piece.text, direction),
    )


def _group_view(group: Group, groups: int) -> GroupView:
    is_whole = len(group.tokens) == 1
    return GroupView(
        runs=() if groups == 1 else runs_of(group.text, edges=True),
        tokens=tuple(
            (token.id, "" if is_whole else token.content.hex(" ").upper()) for token in group.tokens
        ),
    )


def why_of(
    old: LoadedEncoding,
    new: LoadedEncoding,
    *,
    ranking: EntryRanking | None = None,
    source: str = "",
    scripts: Iterable[str] = (),
) -> Why:
    """Returns why the numbers of tokens differ: the entries of two vocabularies.

    Args:
        old: The baseline.
        new: The encoding that is compared with it.
        ranking: The entries that save most; None for none.
        source: What they were counted in.
        scripts: Names of scripts that are shown in any case.

    Raises:
        ArgumentError: The entries of an encoding are not known.
    """
    vocabularies = read_vocabulary(old), read_vocabulary(new)
    before, after = (vocabulary.by(script_of_entry) for vocabulary in vocabularies)
    last = (SEVERAL, OTHER, NO_SCRIPT, NOT_TEXT)
    named = {name for name in {*before, *after} if name not in last}
    most = sorted(named, key=lambda name: (-after[name], -before[name], name))
    asked = named & set(scripts)
    chosen = {*most[:_MOST_SCRIPTS], *asked}

    def growth(name: str) -> tuple[float, str]:
        return -after[name] / max(before[name], 0.5), name

    rows = [*sorted(chosen, key=growth), *(name for name in last if before[name] or after[name])]
    first = next((name for name in rows if name in asked), rows[0])
    sizes = len(vocabularies[0].entries), len(vocabularies[1].entries)
    return Why(
        caption="A word that is an entry of the vocabulary is one token; one that is not is split "
        "into parts, in scripts without entries into bytes. "
        f"{printable(new.name)} has {sizes[1]:,} entries where {printable(old.name)} has "
        f"{sizes[0]:,}: in {first} script {after[first]:,} instead of {before[first]:,}. An entry "
        "counts for a script if all its letters are of it; those with fewest entries are left out.",
        scripts=tuple((name, before[name], after[name]) for name in rows),
        total=sizes,
        source=source,
        cards=() if ranking is None else tuple(_cards(ranking)),
    )


def _cards(ranking: EntryRanking) -> Iterable[WhyCard]:
    for of_language in ranking.rankings:
        language = describe_language(of_language.code)
        yield WhyCard(
            name=printable(of_language.name),
            tongue=tongue_of(language.code if language.script else "", language.direction),
            saved=of_language.credits.saved,
            credits=tuple(
                CreditView(
                    runs=runs_of_bytes(ranking.contents[credit.id]),
                    saved=float(credit.saved),
                    places=credit.places,
                )
                for credit in ranking.shown(of_language)[:_MOST_CREDITS]
                if credit.saved * of_language.credits.saved > 0
            ),
        )
