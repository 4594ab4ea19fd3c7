"""Vocabularies: entries by script, form and length, and what two have in common."""

from __future__ import annotations

import pytest

from tests.small_ranks import RANKS, as_file
from tokcompare import ArgumentError, UnknownNameError, load_encoding
from tokcompare.explanations.comparison import VocabularyComparison, compare_vocabularies
from tokcompare.explanations.vocabulary import (
    SCRIPTS,
    Overlap,
    find_script,
    find_unreachable,
    form_of_entry,
    length_of_entry,
    read_vocabulary,
    script_of_entry,
)

# Counted by an independent program from the rank files.
ENTRIES = {
    "Gujarati": (0, 1_591),
    "Devanagari": (23, 3_943),
    "Tamil": (3, 962),
    "Telugu": (0, 1_296),
    "Arabic": (97, 8_007),
    "Cyrillic": (729, 14_209),
    "Han": (839, 7_398),
    "Hangul": (281, 2_360),
    "Latin": (89_825, 134_839),
    "(no text)": (773, 1_562),
}


@pytest.fixture(scope="module")
def both() -> VocabularyComparison:
    return compare_vocabularies([load_encoding("cl100k_base"), load_encoding("o200k_base")])


def test_entries_by_script(both: VocabularyComparison) -> None:
    old, new = both.counts
    assert {script: (old[script], new[script]) for script in ENTRIES} == ENTRIES
    assert (old.total(), new.total()) == (100_256, 199_998)
    assert both.rows[0] == "Latin"
    assert both.rows[-1] == "(no text)"
    assert both.to_table().total == ["All entries", "100,256", "199,998"]


def test_overlap(both: VocabularyComparison) -> None:
    assert both.overlap == Overlap(shared=85_033, new=114_965, gone=15_223, same_id=265)


def test_entries_that_their_own_text_is_never_made_of(both: VocabularyComparison) -> None:
    old, new = both.unreachable
    assert new is not None
    assert (old, len(new)) == ([], 12)
    assert (3413, b" I'") in new


def test_longest(both: VocabularyComparison) -> None:
    _, new = both.vocabularies
    assert new.longest(1)[0][1] == b" " * 128
    [(_, longest)] = new.longest(1, "Gujarati")
    assert longest.decode() == " વિદ્યાર્થીઓ"


@pytest.mark.parametrize(
    ("entry", "script"),
    [
        ("и", "Cyrillic"),
        (" Hello", "Latin"),
        ("Ⅳ", "Latin"),
        ("ા", "Gujarati"),
        ("૧૨", "Gujarati"),
        ("a٣", "Latin"),
        ("漢字", "Han"),
        ("漢じ", "(several scripts)"),
        ("e\u0301", "Latin"),
        ("12", "(no script)"),
        ("\u0301", "(no script)"),
        ("𒀀", "(other scripts)"),
    ],
)
def test_script_of_an_entry(entry: str, script: str) -> None:
    assert script_of_entry(entry.encode()) == script


def test_form_and_length() -> None:
    entries = [b" the", b"ing", b" 12", b"\xe0\xaa", b"\n"]
    assert [*map(form_of_entry, entries)] == [
        "after a space",
        "without a space",
        "marks and digits",
        "(no text)",
        "marks and digits",
    ]
    lengths = [1, 2, 3, 4, 5, 8, 9, 16, 17, 128, 129]
    assert [length_of_entry(b"a" * length) for length in lengths] == [
        *("1", "2", "3 to 4", "3 to 4", "5 to 8", "5 to 8", "9 to 16", "9 to 16", "17 to 32"),
        *("65 to 128", "129 to 256"),
    ]


def test_names_of_scripts() -> None:
    assert find_script("ol_chiki") == find_script("OL CHIKI") == "Ol Chiki"
    assert len(set(SCRIPTS)) == len(SCRIPTS)
    with pytest.raises(UnknownNameError, match="Gujarati"):
        find_script("Gujrati")


def test_rank_file(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("ranks") / "small.tiktoken"
    path.write_bytes(as_file(RANKS))
    encoding = load_encoding(f"small={path}", pattern="cl100k_base")
    vocabulary = read_vocabulary(encoding)
    assert {entry: token for token, entry in vocabulary.entries.items()} == RANKS
    unreachable = find_unreachable(encoding, vocabulary)
    assert unreachable is not None
    for token, entry in unreachable:
        assert encoding.encode(entry.decode()) != [token]


def test_a_space_before_each_text_hides_which_entries_come_from_their_own_text() -> None:
    found = compare_vocabularies([load_encoding("llama2"), load_encoding("gemma3")])
    assert found.unreachable[0] is None
    assert found.unreachable[1] is not None
    assert found.to_dict()["unreachable"]["llama2"] is None
    assert not any("llama2 has" in note for note in found.notes)


def test_entries_of_the_same_bytes_are_told() -> None:
    found = compare_vocabularies([load_encoding("llama3"), load_encoding("gemma3")], by="form")
    overlap = found.overlap
    assert overlap is not None
    repeated = len(found.vocabularies[1].entries) - overlap.shared - overlap.new
    assert repeated > 0
    assert any(note.startswith(f"{repeated:,} entries of gemma3 have") for note in found.notes)


@pytest.mark.parametrize("name", ["llama3", "qwen3", "gemma3", "deepseek-v3", "mistral-tekken"])
def test_named_tokenizers(name: str) -> None:
    encoding = load_encoding(name)
    vocabulary = read_vocabulary(encoding)
    counts = vocabulary.by(script_of_entry)
    assert counts.total() == len(vocabulary.entries) <= encoding.vocabulary_size
    assert counts["Latin"] > 50_000
    # Every entry is the bytes of its id.
    for token in list(vocabulary.entries)[::997]:
        assert encoding.token_bytes(token) == vocabulary.entries[token]  # type: ignore[attr-defined]


def test_unknown_entries() -> None:
    class Custom:
        name = "mine"
        vocabulary_size = 2

        def encode(self, text: str) -> list[int]:
            return [0] * len(text)

    with pytest.raises(ArgumentError, match="'mine' are not known"):
        compare_vocabularies([load_encoding(Custom())])
