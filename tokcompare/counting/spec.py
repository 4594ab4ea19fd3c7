"""The specification of a count: everything that a worker needs to know besides the chunk."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.engines import (
    LEAST_VERIFIED,
    SPLINTR,
    Engine,
    find_engine,
    is_installed,
)
from tokcompare.counting.quantities import installed_version
from tokcompare.encodings import LoadedEncoding
from tokcompare.encodings.closed.recorded import calibrations_of, encoder_of
from tokcompare.errors import ArgumentError
from tokcompare.languages import may_select
from tokcompare.sources.document import DocumentBatch

NOT_FIELDS = ("language", "source", "folder", "tree")
"""What documents can be grouped by without a field of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSpec:
    """How the documents of a source are counted.

    Attributes:
        counter: Counts the documents.
        by: Documents are grouped by "language", "source", "folder" or the name of a field.
        selection: The codes of the languages that are counted; None for all.
        stop_on_error: Whether to stop at the first record that cannot be read.
        is_large: Whether the source is so large that it is worth loading a fast engine.
        is_medium: Whether, of those, it is so small that loading would take most of the time.
        engine: The name of that engine, or "auto" for the fastest installed.
        verify: The share of documents that tiktoken encodes too, for comparison.
    """

    counter: DocumentCounter
    by: str = "language"
    selection: tuple[str, ...] | None = None
    stop_on_error: bool = True
    is_large: bool = False
    is_medium: bool = False
    engine: str = "auto"
    verify: float = LEAST_VERIFIED

    def for_large(self) -> CountSpec:
        """Returns the specification for a large source.

        Raises:
            ArgumentError: The engine is not installed.
        """
        find_engine(self.engine)
        return replace(self, is_large=True)

    def for_medium(self) -> CountSpec:
        """Returns the specification for a source on which an engine is best that loads quickly.

        It is this specification itself if there is none, or the caller has named one.
        """
        if self.engine != "auto" or not is_installed(SPLINTR.name):
            return self
        return replace(self, is_large=True, is_medium=True, engine=SPLINTR.name)

    @property
    def encoders(self) -> tuple[LoadedEncoding, ...]:
        """The encodings that encode text, each once."""
        encoders = map(encoder_of, self.counter.encodings)
        return tuple(dict.fromkeys(each for each in encoders if each is not None))

    @property
    def splits_groups(self) -> bool:
        """Whether groups that are no languages are split by language, for which there are factors.

        `join_group` names the languages of a group, and `Question.answer` joins them.
        """
        return self.by != "language" and bool(calibrations_of(self.counter.encodings))

    @property
    def fast_engine(self) -> Engine | None:
        """The engine that encodes many texts at once; None for tiktoken itself."""
        engine = find_engine(self.engine) if self.is_large else None
        if engine is None or not any(map(engine.can_encode, self.encoders)):
            return None
        return engine

    @property
    def engine_in_use(self) -> str:
        """The fast engine and its version; "" for tiktoken itself."""
        engine = self.fast_engine
        return "" if engine is None else f"{engine.name} {installed_version(engine.name)}"

    def selects(self, entry: str) -> bool:
        """Returns whether documents of that language are counted: see `languages.entry_of`.

        Those in a wider language than a selected one ("hi" for "hi-IN") are counted too. Where
        groups are languages, `Question.answer` leaves them out if there is text in the selected
        one.
        """
        return self.selection is None or may_select(self.selection, entry)


def groups_of(batch: DocumentBatch, codes: Sequence[str], spec: CountSpec) -> Sequence[str]:
    """Returns the group of each document.

    Raises:
        ArgumentError: A document lacks the field that documents are grouped by.
    """
    if spec.by == "language":
        return codes
    if spec.by in ("source", "tree"):
        groups = [source or "documents" for source in batch.sources]
    elif spec.by == "folder":
        groups = [folder_of(source) for source in batch.sources]
    else:
        groups = [str(value) for value in batch.fields.get(spec.by, ()) if value is not None]
    if len(groups) < len(batch.texts):
        raise ArgumentError(
            f"Documents are to be grouped by {spec.by!r}, which is not a field of each of them. "
            "Group by 'language', 'source', 'folder', 'tree' or a field."
        )
    return list(map(join_group, codes, groups)) if spec.splits_groups else groups


def folder_of(source: str) -> str:
    """Returns the folder of a file, with slashes; "." for a file without one.

    >>> folder_of("prompts/hi/a.txt"), folder_of("a.txt"), folder_of("/a.txt"), folder_of("")
    ('prompts/hi', '.', '', '.')
    """
    folder, slash, _ = source.replace(os.sep, "/").rpartition("/")
    return folder if slash else "."


def join_group(code: str, group: str) -> str:
    """Returns the name of the documents of one language in a group: see `CountSpec.splits_groups`.

    >>> split_group(join_group("hi", "news"))
    ('hi', 'news')
    """
    return json.dumps([code, group])


def split_group(name: str) -> tuple[str, str]:
    """Returns the language and the group that `join_group` joined."""
    code, group = json.loads(name)
    return code, group
