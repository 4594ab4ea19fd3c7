"""A comparison of two vocabularies, or the description of one, as a result of the command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from tokcompare.encodings import LoadedEncoding
from tokcompare.explanations.tokens import show_bytes, text_of
from tokcompare.explanations.vocabulary import (
    FORMS,
    NO_SCRIPT,
    NOT_TEXT,
    OTHER,
    SEVERAL,
    Overlap,
    Vocabulary,
    count_repeated,
    find_overlap,
    find_unreachable,
    form_of_entry,
    length_of_entry,
    read_vocabulary,
    script_of_entry,
)
from tokcompare.tables import UNDEFINED, Table
from tokcompare.text import printable

By = Literal["script", "form", "length"]

_DESCRIBE: dict[By, Callable[[bytes], str]] = {
    "script": script_of_entry,
    "form": form_of_entry,
    "length": length_of_entry,
}

SCHEMA = 1
"""The version of `to_dict`: keys are only added."""


@dataclass(frozen=True, kw_only=True)
class VocabularyComparison:
    """The entries of one vocabulary or two, counted by script, form or length.

    They are counted when they are asked for: the longest entries alone are there at once.

    Attributes:
        encodings: The encodings, the older one first.
        vocabularies: Their vocabularies.
        by: What the rows are.
        longest: Of each vocabulary, the longest entries; None if they were not asked for.
        script: The script of the longest entries; None for all.
    """

    encodings: tuple[LoadedEncoding, ...]
    vocabularies: tuple[Vocabulary, ...]
    by: By
    longest: tuple[list[tuple[int, bytes]], ...] | None
    script: str | None

    @property
    def names(self) -> list[str]:
        """The names of the encodings."""
        return [vocabulary.name for vocabulary in self.vocabularies]

    @cached_property
    def counts(self) -> tuple[Counter[str], ...]:
        """The entries of each vocabulary by row."""
        return tuple(vocabulary.by(_DESCRIBE[self.by]) for vocabulary in self.vocabularies)

    @cached_property
    def overlap(self) -> Overlap | None:
        """What two vocabularies have in common; None for one."""
        return find_overlap(*self.vocabularies) if len(self.vocabularies) == 2 else None

    @cached_property
    def unreachable(self) -> tuple[list[tuple[int, bytes]] | None, ...]:
        """Of each vocabulary, the entries that are never made from their own text.

        None where that is not known.
        """
        return tuple(map(find_unreachable, self.encodings, self.vocabularies))

    @property
    def rows(self) -> list[str]:
        """The rows: those with most entries in the last vocabulary first, what has no name last."""
        found = {row for counts in self.counts for row in counts}
        if self.by == "form":
            return [form for form in FORMS if form in found]
        if self.by == "length":
            return sorted(found, key=lambda row: int(row.split()[0]))
        last = (SEVERAL, OTHER, NO_SCRIPT, NOT_TEXT)
        scripts = sorted(
            found - set(last),
            key=lambda row: (*(-counts[row] for counts in self.counts[::-1]), row),
        )
        return [*scripts, *(row for row in last if row in found)]

    @property
    def columns(self) -> list[str]:
        """The columns of the records, in order."""
        if self.longest is not None:
            return ["encoding", "id", "length", "characters", "entry", "bytes"]
        return [self.by, *(f"entries_{name}" for name in self.names)]

    @property
    def notes(self) -> list[str]:
        """Sentences that a reader of the numbers must know."""
        if self.longest is not None:
            return self._notes_on_longest(self.longest)
        notes = []
        if self.overlap is not None:
            both, old, new = self.overlap, *self.names
            keep = "1 keeps its id" if both.same_id == 1 else f"{both.same_id:,} keep their id"
            notes.append(
                f"{both.shared:,} entries are in both, {both.new:,} in {new} alone, "
                f"{both.gone:,} in {old} alone; {keep}."
            )
            notes += [
                f"{number:,} entries of {each.name} have the bytes of another one; what is in "
                "both, or in one alone, counts them once."
                for each in self.vocabularies
                if (number := count_repeated(each))
            ]
        for name, unreachable in zip(self.names, self.unreachable, strict=True):
            if unreachable:
                first = ", ".join(printable(show_bytes(entry)) for _, entry in unreachable[:3])
                notes.append(
                    f"{name} has {len(unreachable):,} entries whose own text is encoded as other "
                    f"tokens, such as {first}."
                )
        if self.by == "script":
            notes.append(
                "An entry counts for a script if it is valid UTF-8 and all its letters and vowel "
                "signs are of it; if it has none, its digits and marks."
            )
        return notes

    def _notes_on_longest(self, longest: Sequence[list[tuple[int, bytes]]]) -> list[str]:
        of_script = "" if self.script is None else f" in {self.script} script"
        without = [name for name, found in zip(self.names, longest, strict=True) if not found]
        return [
            f"The longest entries{of_script}.",
            *(f"{name} has no entry{of_script}." for name in without),
        ]

    def to_records(self) -> list[dict[str, Any]]:
        """Returns a record for each row, or for each of the longest entries."""
        if self.longest is None:
            return self._records_of_rows()
        return [
            {
                "encoding": name,
                "id": token,
                "length": len(entry),
                "characters": None if (text := text_of(entry)) is None else len(text),
                "entry": text,
                "bytes": entry.hex(),
            }
            for name, entries in zip(self.names, self.longest, strict=True)
            for token, entry in entries
        ]

    def _records_of_rows(self) -> list[dict[str, Any]]:
        return [
            {
                self.by: row,
                **{
                    f"entries_{name}": counts[row]
                    for name, counts in zip(self.names, self.counts, strict=True)
                },
            }
            for row in self.rows
        ]

    def to_dict(self) -> dict[str, Any]:
        """Returns the comparison as JSON objects."""

        def listed(entries: list[tuple[int, bytes]]) -> list[dict[str, Any]]:
            return [
                {"id": token, "entry": text_of(entry), "bytes": entry.hex()}
                for token, entry in entries
            ]

        return {
            "schema": SCHEMA,
            "encodings": self.names,
            "entries": {each.name: len(each.entries) for each in self.vocabularies},
            "by": self.by,
            "rows": self._records_of_rows(),
            "overlap": None
            if self.overlap is None
            else {
                "shared": self.overlap.shared,
                "new": self.overlap.new,
                "gone": self.overlap.gone,
                "same_id": self.overlap.same_id,
            },
            "unreachable": {
                name: None if entries is None else listed(entries)
                for name, entries in zip(self.names, self.unreachable, strict=True)
            },
            "longest": {
                name: listed(entries)
                for name, entries in zip(self.names, self.longest or (), strict=False)
            },
            "notes": self.notes,
        }

    def to_table(self) -> Table:
        """Returns the table of the rows; or that of the longest entries, if they were asked for."""
        if self.longest is not None:
            return self._table_of_longest(self.longest)
        total = [f"{len(each.entries):,}" for each in self.vocabularies]
        return Table(
            headings=[self.by, *self.names],
            rows=[[row, *(f"{counts[row]:,}" for counts in self.counts)] for row in self.rows],
            total=["All entries", *total],
            notes=self.notes,
        )

    def _table_of_longest(self, longest: Sequence[list[tuple[int, bytes]]]) -> Table:
        return Table(
            headings=["encoding", "id", "bytes", "characters", "entry"],
            rows=[
                [name, f"{token}", f"{len(entry)}", _characters(entry), show_bytes(entry)]
                for name, entries in zip(self.names, longest, strict=True)
                for token, entry in entries
            ],
            left_aligned={0, 4},
            notes=self.notes,
        )


def compare_vocabularies(
    encodings: list[LoadedEncoding],
    *,
    by: By = "script",
    longest: int | None = None,
    script: str | None = None,
) -> VocabularyComparison:
    """Compares two vocabularies, or describes one.

    Args:
        encodings: One encoding or two.
        by: What the rows are.
        longest: How many of the longest entries are listed; None to count entries.
        script: The script of these entries; None for all.

    Raises:
        ArgumentError: The entries of an encoding are not known.
    """
    vocabularies = tuple(map(read_vocabulary, encodings))
    return VocabularyComparison(
        encodings=tuple(encodings),
        vocabularies=vocabularies,
        by=by,
        longest=None
        if longest is None
        else tuple(vocabulary.longest(longest, script) for vocabulary in vocabularies),
        script=script,
    )


def _characters(entry: bytes) -> str:
    text = text_of(entry)
    return UNDEFINED if text is None else f"{len(text)}"
