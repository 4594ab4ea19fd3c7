"""Many documents counted at once have the counts of an independent, plain implementation."""

from __future__ import annotations

import hashlib
import unicodedata
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations_with_replacement

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference import ENCODINGS
from tests.strategies import TEXT, examples
from tokcompare import Counts, Document, load_samples
from tokcompare.counting.columns import sum_products
from tokcompare.counting.counter import DocumentCounter, weighed_quantities
from tokcompare.counting.counts import add_counts
from tokcompare.counting.engines import Engine, Tokens, find_engine
from tokcompare.counting.parts import PartSum, count_chunk
from tokcompare.counting.quantities import QUANTITIES, VALUES, Quantity
from tokcompare.counting.spec import CountSpec
from tokcompare.encodings import LoadedEncoding, load_encoding, load_encodings
from tokcompare.errors import EngineError, SourceError
from tokcompare.sources.chunks import Block, TextPiece
from tokcompare.sources.formats.format import DocumentList
from tokcompare.text import PIECE, replace_surrogates

ENGINES: list[Engine | None] = [None, find_engine("auto")]
"""tiktoken alone, and the engine if it is installed."""

EVERYTHING = tuple(QUANTITIES.values())
COUNTERS = [
    DocumentCounter(
        encodings=tuple(load_encodings(encodings)), optional=optional, normalization=normalization
    )
    for encodings in (ENCODINGS, ENCODINGS[1:])
    for optional in ((), (VALUES,), EVERYTHING)
    for normalization in (None, "NFC", "NFD")
]
BOTH = COUNTERS[0]
ALL = DocumentCounter(encodings=BOTH.encodings, optional=EVERYTHING)

WELL_FORMED = TEXT.map(replace_surrogates)
CODES = ("gu", "en", "und", "zh")
ROWS = st.lists(st.tuples(WELL_FORMED, st.sampled_from(CODES), st.sampled_from("ABC")), max_size=8)
Row = tuple[str, str, str]
"""A text, the code of its language, its group."""


def words_of(text: str) -> list[str]:
    segments = regex.split(r"(?V1w)\b", text)
    return [s for s in segments if regex.search(r"[\p{Alphabetic}\p{N}]", s)]


def count_plainly(text: str, code: str, counter: DocumentCounter) -> Counts:
    """Counts one document as the definitions say, quantity by quantity."""
    names = {quantity.name for quantity in counter.optional}
    digest = int(hashlib.sha256(f"{code}\n{text}".encode()).hexdigest(), 16)
    unnormalized = 0
    if counter.normalization is None:
        words = text.split()
        unnormalized = sum(len(w) for w in words if unicodedata.normalize("NFC", w) != w)
    else:
        text = unicodedata.normalize(counter.normalization, text)
    tokens = {encoding.name: list(encoding.encode(text)) for encoding in counter.encodings}
    has_words = code not in ("zh", "ja")
    sums = {"bytes": len(text.encode()), "characters": len(text)}
    if "graphemes" in names:
        sums["graphemes"] = len(regex.findall(r"\X", text))
    if "words" in names and has_words:
        sums["words"] = len(words_of(text))
    sums |= {f"tokens {name}": len(ids) for name, ids in tokens.items()}

    def behind_a(word: str) -> tuple[int, ...]:
        return tuple(len(e.encode("a " + word)) - 1 for e in counter.encodings)

    if "continued" in names and has_words:
        for place, encoding in enumerate(counter.encodings):
            sums[f"continued {encoding.name}"] = sum(
                behind_a(word)[place] > 1 for word in words_of(text)
            )
    sums["unnormalized"] = unnormalized
    weighed = [key for key in sums if key != "unnormalized"]
    types = {word: behind_a(word) for word in words_of(text)}
    return Counts(
        documents=1,
        sums=sums,
        products={(a, b): sums[a] * sums[b] for a, b in combinations_with_replacement(weighed, 2)},
        digest=digest,
        ids={n: dict(Counter(ids)) for n, ids in tokens.items()} if "ids" in names else {},
        word_types=types if "word_types" in names and has_words else None,
        values={key: (sums[key],) for key in weighed} if "values" in names else {},
    )


def expected_counts(rows: Sequence[Row], counter: DocumentCounter) -> dict[str, Counts]:
    groups: dict[str, list[Counts]] = {}
    for text, code, group in rows:
        groups.setdefault(group, []).append(count_plainly(text, code, counter))
    return {group: add_counts(counts) for group, counts in groups.items()}


def count(
    rows: Sequence[Row], counter: DocumentCounter, engine: Engine | None, verified: float = 0.0
) -> dict[str, Counts]:
    texts, codes, groups = ([row[place] for row in rows] for place in range(3))
    return counter.count_many(texts, codes, groups, engine=engine, verified=verified)


def check(rows: Sequence[Row], counter: DocumentCounter) -> None:
    expected = expected_counts(rows, counter)
    for engine in ENGINES:
        # With a sample of none, of some and of all.
        for verified in (0.0, 0.3, 1.0):
            found = count(rows, counter, engine, verified)
            assert found == expected
            assert list(found) == list(expected)
            for group, counts in found.items():
                # In the same order, because a signature or a table shows them in that of `sums`.
                assert list(counts.sums) == list(expected[group].sums)
                assert list(counts.products) == list(expected[group].products)
                numbers: list[float] = [counts.documents, counts.digest, *counts.sums.values()]
                numbers += [*counts.products.values(), *chain(*counts.values.values())]
                # Not numpy's, which JSON does not take and which overflow.
                assert {*map(type, numbers)} <= {int}


class TestCountMany:
    @settings(max_examples=examples(150))
    @given(rows=ROWS, counter=st.sampled_from(COUNTERS))
    def test_equals_the_plain_count(self, rows: list[Row], counter: DocumentCounter) -> None:
        check(rows, counter)

    @pytest.mark.parametrize("counter", COUNTERS)
    def test_groups_in_order_of_first_appearance(self, counter: DocumentCounter) -> None:
        texts = ["one", "zwei", "e\u0301", "", "ત્રણ", "one", "", "\u0301 \U00032800's 9"]
        rows = list(zip(texts, ["en", "de", "und", "en"] * 2, "CABACABD", strict=True))
        check(rows, counter)
        assert list(count(rows, counter, None)) == ["C", "A", "B", "D"]

    @pytest.mark.parametrize("texts", [[], [""], ["", "", ""], ["", "a", ""]])
    def test_empty_texts(self, texts: list[str]) -> None:
        check([(text, "und", "all") for text in texts], ALL)

    @pytest.mark.parametrize("length", [2_043, 2_044, 2_047, 2_048, 4_094, 65_535, 65_536, 65_537])
    def test_digest_of_texts_around_the_lengths_of_steps(self, length: int) -> None:
        check([("x" * length, "en", "A"), ("é" * (length // 2), "und", "A")], BOTH)

    @pytest.mark.slow
    @pytest.mark.parametrize("counter", [BOTH, ALL], ids=["tokens", "everything"])
    def test_text_of_some_pieces(self, counter: DocumentCounter) -> None:
        documents = "\n".join(str(document.text) for document in load_samples("udhr"))
        text = f"{documents}\n{documents[:90_000]}"
        assert PIECE < len(text) < 2 * PIECE
        rows = [("short", "en", "A"), (text, "und", "A"), (text[:9_999], "gu", "B")]
        expected = expected_counts(rows, counter)
        for engine in ENGINES:
            assert count(rows, counter, engine) == expected

    @pytest.mark.parametrize("copies", [1, 2])
    def test_samples(self, copies: int) -> None:
        rows = [
            (str(document.text), document.language, document.language)
            for document in load_samples("gpt-4o" if copies == 1 else "udhr")
        ]
        check(rows, ALL)

    @pytest.mark.slow
    def test_long_run_of_blanks(self) -> None:
        check([("a", "und", "A"), (f"a{' ' * 600_000}b", "und", "A")], BOTH)

    def test_published_numbers(self) -> None:
        published = [{"o200k_base": 1, "cl100k_base": 5, "x": 7}, {"o200k_base": 2}, {}]
        counts = BOTH.count_many(["a", "b", "c"], ["en"] * 3, "AAB", published=published)
        assert counts["A"].published == {"o200k_base": 3}
        assert counts["B"].published == {}

    def test_sample_stops_a_wrong_engine(self) -> None:
        rows = [("text", "en", "A"), ("other", "en", "A")]
        assert count(rows, BOTH, Wrong())["A"].documents == 2
        with pytest.raises(EngineError, match="wrong and tiktoken differ under 'cl100k_base'"):
            count(rows, BOTH, Wrong(), 1.0)

    def test_share_of_the_sample(self) -> None:
        rows = [(f"text {number}", "en", "A") for number in range(4_000)]
        one, other = OneToken(), OneToken()
        count(rows, DocumentCounter(encodings=(load_encoding(one),)), Wrong(), 0.1)
        assert 0.08 * 4_000 < len(one.texts) < 0.12 * 4_000
        # Which they are depends on the text alone, so that another run has the same sample.
        count(rows[::-1], DocumentCounter(encodings=(load_encoding(other),)), Wrong(), 0.1)
        assert other.texts == one.texts[::-1]

    def test_error_of_the_engine_is_not_one_of_the_source(self) -> None:
        assert not issubclass(EngineError, SourceError)


class TestPieces:
    @settings(max_examples=examples(100))
    @given(
        pieces=st.lists(WELL_FORMED, max_size=4),
        counter=st.sampled_from(COUNTERS),
        code=st.sampled_from(CODES),
    )
    def test_pieces_add_up(self, pieces: list[str], counter: DocumentCounter, code: str) -> None:
        """The pieces need not be those of one text: their sums add up."""
        document = Document(text="", language=code)
        parts = [TextPiece(document=document, text=piece) for piece in pieces]
        for is_large in (False, True):
            spec = CountSpec(counter=counter, is_large=is_large, verify=1.0)
            total = PartSum()
            total.add(count_chunk(TextPiece(document=document), spec))
            for part in parts:
                total.add(count_chunk(part, spec))
            total.add(count_chunk(TextPiece(document=document, digest=5), spec))
            (counts,) = total.part().groups.values()
            plain = [count_plainly(piece, code, counter) for piece in ["", *pieces]]
            sums = add_counts(plain).sums
            assert counts.sums == sums
            assert (counts.documents, counts.digest) == (1, 5)
            assert counts.products == {
                (a, b): sums[a] * sums[b]
                for a, b in combinations_with_replacement(weighed_quantities(sums), 2)
            }
            assert counts.word_types == add_counts(plain).word_types
            assert counts.ids == add_counts(plain).ids

    def test_sample_stops_a_wrong_engine(self) -> None:
        assert BOTH.count_piece("text", "en", engine=Wrong()).sums["characters"] == 4
        with pytest.raises(EngineError, match="the text to the authors of tokcompare: 'text'"):
            BOTH.count_piece("text", "en", engine=Wrong(), verified=1.0)

    def test_quantity_that_does_not_add_up_keeps_texts_whole(self) -> None:
        sentences = Quantity(name="sentences", count=lambda text: text.count("."))
        assert BOTH.may_cut
        assert not replace(BOTH, optional=(sentences,)).may_cut


@dataclass(frozen=True)
class Wrong:
    """An engine that takes every text as one token."""

    name: str = "wrong"

    def can_encode(self, encoding: LoadedEncoding) -> bool:
        return True

    def load(self, encoding: LoadedEncoding) -> None:
        pass

    def encode(self, texts: Sequence[str], encoding: LoadedEncoding) -> Tokens:
        ids = array("I", [7] * len(texts))
        offsets = array("q", range(len(texts) + 1))
        return Tokens(ids=memoryview(ids), offsets=memoryview(offsets))

    def doubtful(self, texts: Sequence[str]) -> list[int]:
        return []


class OneToken:
    """An encoding that does the same as the wrong engine, and keeps the texts that it is given."""

    name = "one"
    vocabulary_size = 8

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, text: str) -> list[int]:
        self.texts.append(text)
        return [7]


class TestProducts:
    PAIRS = st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)), min_size=1)

    @pytest.mark.parametrize("many", [0, 10**9], ids=["numpy", "Python"])
    @given(groups=st.lists(PAIRS, min_size=1, max_size=8))
    def test_is_exact_in_each_group(self, groups: list[list[tuple[int, int]]], many: int) -> None:
        pairs = [pair for group in groups for pair in group]
        columns = [[pair[place] for pair in pairs] for place in range(2)]
        ends = [0]
        for group in groups:
            ends.append(ends[-1] + len(group))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tokcompare.counting.columns._MANY", many)
            products = sum_products(columns, ends)
        assert products == [
            [sum(x * x for x, _ in g), sum(x * y for x, y in g), sum(y * y for _, y in g)]
            for g in groups
        ]

    def test_beyond_64_bits(self) -> None:
        # Documents of 4 TB each: the sum of the squares is 300 times 2 to the power of 84.
        assert sum_products([[2**42] * 300], [0, 100, 300]) == [[100 * 2**84], [200 * 2**84]]


class TestDocuments:
    @given(
        documents=st.lists(
            st.builds(
                Document,
                text=TEXT,
                language=st.sampled_from(["gu", "guj_Gujr", "en-Latn", "und"]),
                source=st.sampled_from(["", "a"]),
                published=st.just({}) | st.just({"o200k_base": 3}),
                fields=st.fixed_dictionaries({"x": st.sampled_from(["one", "two"])}),
            ),
            max_size=6,
        ),
        by=st.sampled_from(["language", "source", "x"]),
        selection=st.sampled_from([None, ("gu",)]),
    )
    def test_equals_one_by_one(
        self, documents: list[Document], by: str, selection: tuple[str, ...] | None
    ) -> None:
        codes = {"gu": "gu", "guj_Gujr": "gu", "en-Latn": "en", "und": "und"}
        groups: dict[str, list[Counts]] = {}
        for document in documents:
            code = codes[document.language]
            if selection is not None and code not in selection:
                continue
            group = {"language": code, "source": document.source or "documents"}.get(
                by, str(document.fields["x"])
            )
            groups.setdefault(group, []).append(BOTH.count(document))
        for is_large in (False, True):
            spec = CountSpec(
                counter=BOTH, by=by, selection=selection, verify=1.0, is_large=is_large
            )
            part = count_chunk(Block(records=DocumentList(parsed=documents)), spec)
            assert part.groups == {group: add_counts(counts) for group, counts in groups.items()}
            assert list(part.groups) == list(groups)
            assert part.seen == tuple(dict.fromkeys(codes[d.language] for d in documents))
