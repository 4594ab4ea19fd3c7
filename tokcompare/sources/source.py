"""Where text comes from: built-in sample sets, files, folders, globs and standard input.

A source says which files are read, in which format and language; reading it yields documents. A
sample set is a file like any other. Nothing is counted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from os import PathLike

from tokcompare.bundled import SAMPLES, sample_path
from tokcompare.errors import SourceError, require_names, require_str, unknown_name
from tokcompare.languages import UNDETERMINED, code_of, describe_language
from tokcompare.sources.chunks import read_file
from tokcompare.sources.document import Document, SourceFile
from tokcompare.sources.formats import FORMATS
from tokcompare.sources.formats.format import ReadOptions
from tokcompare.sources.paths import (
    check_format,
    expand,
    find_language,
    format_of_path,
    identity_of,
)
from tokcompare.sources.rejections import RejectionLog
from tokcompare.sources.storage import display_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Files to read, and how.

    Iterating over it reads the files anew and yields their documents one by one; what cannot be
    read is a SourceError.

    Attributes:
        name: What the source is called, for example "gpt-4o".
        files: The files, in the order in which they are read.
        options: How they are read.
        selection: The languages whose documents are taken, by their codes; None for all.
        notes: What whoever named the files should know, for example that one was named twice.
    """

    name: str
    files: tuple[SourceFile, ...]
    options: ReadOptions = field(default_factory=ReadOptions)
    selection: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Document]:
        """Reads the files and yields their documents.

        Raises:
            UnknownNameError: In the end, if there was no document of a language that was selected.
            SourceError: A record or file cannot be read; or none of the text says its language,
                and languages were selected.
        """
        seen: dict[str, None] = {}
        for file in self.files:
            for document in read_file(file, self.options, RejectionLog(stop_on_error=True)):
                code = code_of(document.language)
                seen[code] = None
                if self.selection is None or code in self.selection:
                    yield document
        self.check_selection(seen)

    @property
    def languages(self) -> list[str]:
        """The codes of the languages that there are documents of, in order of first appearance."""
        return list(dict.fromkeys(code_of(document.language) for document in self))

    def check_selection(self, seen: Iterable[str]) -> None:
        """Checks that there was a document of each language that was selected.

        Args:
            seen: The codes of the languages that there are documents of.

        Raises:
            UnknownNameError: There was none of one of them.
            SourceError: The same, if none of the text says its language.
        """
        seen = dict.fromkeys(seen)
        for code in self.selection or ():
            if code in seen:
                continue
            if seen.keys() <= {UNDETERMINED}:
                raise SourceError(
                    f"None of the text says its language, so none of it is {code!r}. It may stand "
                    "in a field (--language-field) or in the path (--language-from-path), or all "
                    "of the text is in one (a single --language)."
                )
            names = {describe_language(known).name: known for known in seen}
            raise unknown_name("language", code, seen, also=names)

    def with_field(self, name: str) -> Source:
        """Returns the source with documents that keep a field, to be grouped by it."""
        return replace(self, options=replace(self.options, fields=(name,)))

    def select(self, languages: str | Iterable[str]) -> Source:
        """Returns the source with the documents of some languages only, in its order.

        A language of which there turns out to be no document is an UnknownNameError when all has
        been read.

        Raises:
            ArgumentError: A language is not a string.
        """
        languages = require_names("A language", languages)
        return replace(self, selection=tuple(dict.fromkeys(map(code_of, languages))))


def load_samples(name: str = "gpt-4o") -> Source:
    """Returns a built-in sample set.

    Args:
        name: "gpt-4o", the twenty sentences of the GPT-4o announcement, or "udhr", the Universal
            Declaration of Human Rights in the same languages, one document an article.

    Raises:
        UnknownNameError: There is no set of that name.

    >>> list(load_samples())[-1].text
    "Hello, my name is GPT-4o. I'm a new type of language model, it's nice to meet you!"
    """
    require_str("The name of a sample set", name)
    if name not in SAMPLES:
        raise unknown_name("sample set", name, SAMPLES)
    return Source(name=name, files=(_sample_file(name),))


def _sample_file(name: str) -> SourceFile:
    return SourceFile(path=str(sample_path(name)), name=name, format="jsonl")


def load_source(
    names: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    input_format: str | None = None,
    per_line: bool = False,
    text_field: str = "text",
    language_field: str | None = None,
    language: str = UNDETERMINED,
    language_from_path: bool = False,
) -> Source:
    """Returns a source of files, sample sets, or both; they are read when it is iterated over.

    Args:
        names: Names of built-in sample sets, paths of files or folders, globs ("**" for folders
            within folders), or "-" for standard input. Of a folder all files are read, also those
            in folders within, but for hidden ones. A file that is named twice is read once.
        input_format: "text", "jsonl", "csv", "tsv" or "parquet"; None goes by the suffix, and
            what has no known one is plain text. Files may be compressed (.gz, .zst, .bz2, .xz).
        per_line: Whether each line of plain text is a document.
        text_field: The field, or column, that holds the text.
        language_field: The one that holds the language; None means "language" where there is one.
        language: The language of documents that do not say theirs.
        language_from_path: Whether to look for it in the path ("corpus/gu/a.txt",
            "eng_Latn.devtest", "dev.guj") before that.

    Raises:
        ArgumentError: An argument is none of those that are accepted.
        SourceError: There is no file of that name.

    >>> source = load_source(["gpt-4o", "udhr"])
    >>> sum(1 for document in source)
    640
    """
    require_str("The language", language)
    if input_format is not None and input_format not in FORMATS:
        raise unknown_name("format", str(input_format), FORMATS)
    require_str("The field of the text", text_field)
    if language_field is not None:
        require_str("The field of the language", language_field)
    names = require_names("The name of a source", names)
    files: list[SourceFile] = []
    notes: list[str] = []
    identities: dict[object, str] = {}
    without_language: list[str] = []
    for name in names:
        for path in expand(name):
            identity = identity_of(path)
            shown = display_name(path)
            if identity in identities:
                if (first := identities[identity]) == shown:
                    notes.append(f"{shown!r} was given twice and is read once.")
                else:
                    notes.append(f"{shown!r} is the same file as {first!r} and is read once.")
                continue
            identities[identity] = shown
            if path in SAMPLES:
                files.append(_sample_file(path))
                continue
            named = find_language(path) if language_from_path else None
            if language_from_path and named is None:
                without_language.append(shown)
            files.append(
                SourceFile(
                    path=path,
                    name=shown,
                    format=check_format(path, input_format or format_of_path(path)),
                    language=named,
                )
            )
    if without_language:
        more = f" and {len(without_language) - 1:,} more" if len(without_language) > 1 else ""
        notes.append(
            f"No language is named in the path {without_language[0]!r}{more}; expected is one such "
            "as 'corpus/gu/a.txt', 'eng_Latn.devtest' or 'dev.guj'."
        )
    return Source(
        name=_name_of(names),
        files=tuple(files),
        options=ReadOptions(
            per_line=per_line,
            text_field=text_field,
            language_field=language_field,
            language=language,
        ),
        notes=tuple(notes),
    )


def _name_of(names: list[str]) -> str:
    if len(names) > 3:
        return f"{display_name(names[0])} and {len(names) - 1:,} more"
    return ",".join(map(display_name, names))
