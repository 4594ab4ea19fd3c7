"""Changes since a baseline: of files, of languages and in total."""

from __future__ import annotations

from math import isnan

from hypothesis import given
from hypothesis import strategies as st

from tokcompare.checks.changes import Change, Share, find_changes

BEFORE = {
    "a": {"en": {"x": 10}},
    "b": {"en": {"x": 5}, "hi": {"x": 7}},
    "gone": {"hi": {"x": 2}},
}
AFTER = {
    "a": {"en": {"x": 13}},
    "b": {"en": {"x": 4}, "hi": {"x": 7}},
    "new": {"en": {"x": 9}, "gu": {"x": 1}},
}


def test_files_that_are_in_both() -> None:
    changes = find_changes(BEFORE, AFTER, ["x"])
    found = [(change.name, change.before, change.after, change.files) for change in changes.files]
    assert found == [("a", 10, 13, ()), ("b", 12, 11, ())]
    assert (changes.new, changes.missing) == (("new",), ("gone",))


def test_languages_with_the_files_that_make_the_change() -> None:
    english, hindi = find_changes(BEFORE, AFTER, ["x"]).languages
    assert (english.name, english.before, english.after) == ("en", 15, 26)
    assert english.files == (
        Share(name="new", before=0, after=9),
        Share(name="a", before=10, after=13),
        Share(name="b", before=5, after=4),
    )
    assert (hindi.name, hindi.before, hindi.after) == ("hi", 9, 7)
    assert [share.name for share in hindi.files] == ["gone"]


def test_total_has_new_and_missing_files() -> None:
    (total,) = find_changes(BEFORE, AFTER, ["x"]).totals
    assert (total.before, total.after, total.difference) == (24, 34, 10)
    assert [(share.name, share.difference) for share in total.files] == [
        ("new", 10),
        ("a", 3),
        ("gone", -2),
        ("b", -1),
    ]


def test_a_file_that_cannot_be_read_is_not_missing() -> None:
    after = {name: tokens for name, tokens in AFTER.items() if name != "a"}
    changes = find_changes(BEFORE, after, ["x"], unread={"a"})
    assert changes.missing == ("gone",)
    assert changes.totals[0].before == 14


def test_words() -> None:
    shares = tuple(Share(name=f"f{n}", before=0, after=9 - n) for n in range(5))
    change = Change(
        scope="language", name="hi", encoding="x", before=1000, after=1035, files=shares
    )
    assert change.description == "Hindi: 1,000 → 1,035 tokens under x (+35, +3.5%)"
    assert change.list_files() == " By file: 'f0' +9, 'f1' +8, 'f2' +7, and 2 more."
    empty = Change(scope="file", name="a b", encoding="x", before=0, after=3)
    assert empty.description == "'a b': 0 → 3 tokens under x (+3)"
    assert empty.list_files() == ""
    assert isnan(empty.growth)


FILES = st.dictionaries(
    st.sampled_from("abcd"),
    st.dictionaries(
        st.sampled_from(["en", "hi"]),
        st.fixed_dictionaries({"x": st.integers(0, 99), "y": st.integers(0, 99)}),
        min_size=1,
    ),
)


@given(FILES, FILES)
def test_differences_of_files_add_up(
    before: dict[str, dict[str, dict[str, int]]], after: dict[str, dict[str, dict[str, int]]]
) -> None:
    changes = find_changes(before, after, ["x", "y"])
    for change in (*changes.languages, *changes.totals):
        assert change.difference == sum(share.difference for share in change.files)
        sizes = [abs(share.difference) for share in change.files]
        assert sizes == sorted(sizes, reverse=True)
        assert all(sizes)
    assert sorted([*changes.new, *{c.name for c in changes.files}]) == sorted(after)
    assert sorted([*changes.missing, *{c.name for c in changes.files}]) == sorted(before)
