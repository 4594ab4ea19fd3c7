"""The rows of a comparison: one for each group, under the name that people know."""

from __future__ import annotations

from collections.abc import Sequence

from tokcompare.comparison.results import TREES, Row
from tokcompare.comparison.rows.folders import rows_of_folders
from tokcompare.counting.parts import Part
from tokcompare.errors import require_str, unknown_name
from tokcompare.languages import (
    LANGUAGES,
    UNDETERMINED,
    describe_entry,
    entry_of,
    match_language,
    resolve_language,
    shown_codes,
)


def rows_of(
    part: Part, by: str, selection: Sequence[str] | None
) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Returns the rows of a part, and notes on what was taken for the selected languages."""
    spellings: dict[str, list[str]] = {}
    for spelling in part.spellings:
        spellings.setdefault(entry_of(spelling), []).append(spelling)
    entries = dict.fromkeys([*part.seen, *(part.groups if by == "language" else ())])
    shown = shown_codes([*part.spellings, *(e for e in entries if e not in spellings)])
    notes = []
    taken: set[str] = set()
    for wanted in selection or ():
        match = match_language(wanted, entries)
        taken |= {*match.entries}
        if match.is_wider:
            there = ", ".join(repr(shown[entry]) for entry in match.entries)
            notes.append(f"{wanted}: the text does not say this form, so {there} is used instead.")
    if by in TREES:
        return tuple(rows_of_folders(part.groups, by)), tuple(notes)
    if by != "language":
        undetermined = LANGUAGES[UNDETERMINED]
        rows = [
            Row(group=group, name=group, language=undetermined, counts=counts)
            for group, counts in part.groups.items()
        ]
        return tuple(rows), tuple(notes)
    rows = []
    for entry, counts in part.groups.items():
        if selection is None or entry in taken:
            code = shown[entry]
            language = describe_entry(code)
            codes = tuple(spellings.get(entry, ()))
            rows.append(
                Row(group=code, name=language.name, language=language, counts=counts, codes=codes)
            )
    return tuple(rows), tuple(notes)


def find_reference(reference: str | None, rows: Sequence[Row]) -> str | None:
    """Returns the group of the language that premiums are relative to; None if there is none.

    Raises:
        UnknownNameError: There is no document in the language that was asked for.
    """
    groups = [row.group for row in rows]
    if reference is None:
        return "en" if "en" in groups else None
    require_str("The reference language", reference)
    shown = {entry_of(group): group for group in groups}
    match = match_language(resolve_language(reference)[0], shown)
    exact = entry_of(reference)
    if exact not in shown and len(match.entries) != 1:
        raise unknown_name("reference language", reference, groups)
    return shown[exact if exact in shown else match.entries[0]]
