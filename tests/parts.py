"""Checks that two parts are the same to the last digit."""

from __future__ import annotations

from tokcompare import Part


def kinds_and_places(part: Part) -> list[object]:
    """Lists the type, message and place of each rejection: errors equal only themselves."""
    places = ("name", "reason", "line", "row", "offset")
    return [
        (type(e), str(e), *(getattr(e, place, None) for place in places))
        for e in part.rejections.first
    ]


def check_same(one: Part, other: Part) -> None:
    assert one.groups == other.groups
    # Groups are reported in this order, and languages are listed in it by an error.
    assert list(one.groups) == list(other.groups)
    for group, counts in one.groups.items():
        again = other.groups[group]
        for mine, theirs in (
            (counts.sums, again.sums),
            (counts.products, again.products),
            (counts.values, again.values),
            (counts.ids, again.ids),
        ):
            assert list(mine) == list(theirs)
    assert (one.seen, one.lines) == (other.seen, other.lines)
    assert one.rejections.number == other.rejections.number
    assert one.rejections.extent == other.rejections.extent
    assert one.rejections.notes == other.rejections.notes
    assert one.read == other.read
    assert kinds_and_places(one) == kinds_and_places(other)
