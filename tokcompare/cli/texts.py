"""What the arguments of `tokcompare count`, `explain` and `fit` stand for: texts or files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tokcompare.bundled import SAMPLES
from tokcompare.cli.io import announce_standard_input, decode_argument
from tokcompare.files import without_secrets
from tokcompare.sources.document import Document, SourceFile
from tokcompare.sources.storage import STANDARD_INPUT, display_name

if TYPE_CHECKING:
    from tokcompare.sources.formats.format import ReadOptions

_SUFFIXES = (".txt", ".md", ".json", ".jsonl", ".csv", ".tsv", ".html", ".xml", ".yaml", ".yml")
"""The endings of a word that is probably the name of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What an argument stands for: a text, or a file.

    Attributes:
        text: The text, as the argument gives it; "" for a file.
        path: The path of the file, or - for standard input; "" for a text.
        note: What the user should know.
    """

    text: str = ""
    path: str = ""
    note: str = ""

    @property
    def label(self) -> str:
        """What the table calls it."""
        return display_name(self.path) if self.path else without_secrets(self.text)

    def read(self, options: ReadOptions | None) -> Iterator[Document]:
        """Yields the text as a document.

        Args:
            options: How a file is read; None if it is none.

        Raises:
            SourceError: It is not text, or the file cannot be read.
        """
        if not self.path or options is None:
            yield Document(text=decode_argument(self.text, "A TEXT"))
            return
        # Imported only for files: saves start time.
        from tokcompare.sources.source import Source

        if self.path == STANDARD_INPUT:
            announce_standard_input()
        yield from Source(
            name=self.path,
            files=(SourceFile(path=self.path, name=self.label, format="text"),),
            options=options,
        )


def find_text(name: str) -> Given:
    """Returns the text that an argument names."""
    if name == STANDARD_INPUT:
        return Given(path=name)
    path = Path(name)
    try:
        is_file, is_folder = path.exists() and not path.is_dir(), path.is_dir()
    except (OSError, ValueError):  # too long for a path, or with a NUL
        is_file = is_folder = False
    shown = f"{display_name(name)!r}"
    if is_file and name:
        note = f"{shown} is a file, and its content is counted; --text counts the name."
        return Given(path=name, note=note)
    if is_folder and name:
        note = f"{shown} is counted as a text, although there is a folder of that name."
        return Given(text=name, note=note)
    if name in SAMPLES:
        note = f"{shown} is counted as a text, although there is a sample set of that name."
        return Given(text=name, note=note)
    if _looks_like_file(name):
        return Given(text=name, note=f"There is no file {shown}; it is counted as a text.")
    return Given(text=name)


def _looks_like_file(text: str) -> bool:
    """Returns whether a text is one word that ends as the name of a text file."""
    name = text.lower()
    for suffix in (".gz", ".zst", ".bz2", ".xz"):
        name = name.removesuffix(suffix)
    return len(text.split()) == 1 and name.endswith(_SUFFIXES)
