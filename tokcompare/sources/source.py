"""Where text comes from: built-in sample sets, files, folders, globs and standard input.

A source says which files are read, in which format and language; reading it yields documents. A
sample set is a file like any other. Nothing is counted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike

from tokcompare.bundled import SAMPLES, sample_path
from tokcompare.errors import (
    ArgumentError,
    SourceError,
    UnknownNameError,
    require_names,
    require_str,
    unknown_name,
)
from tokcompare.languages import (
    UNDETERMINED,
    describe_language,
    entry_of,
    may_select,
    resolve_language,
    shown_codes,
)
from tokcompare.sources.chunks import read_file
from tokcompare.sources.document import Document, SourceFile
from tokcompare.sources.folders.walk import IsIgnored
from tokcompare.sources.formats import FORMATS
from tokcompare.sources.formats.format import (
    ReadOptions,
    check_delimiter,
    check_header,
    check_max_record,
    check_quoting,
)
from tokcompare.sources.paths import (
    check_format,
    expand,
    find_languages,
    format_of_path,
    identity_of,
)
from tokcompare.sources.rejections import RejectionLog
from tokcompare.sources.storage import display_name
from tokcompare.text import LONGEST, printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Files to read, and how.

    Iterating over it reads the files anew and yields their documents one by one; what cannot be
    read is a SourceError.

    Attributes:
        name: What the source is called, for example "gpt-4o".
        files: The files, in the order in which they are read.
        options: How they are read.
        selection: The languages whose documents are taken, by their entries: see
            `languages.entry_of`; None for all.
        notes: Notes for the user about the files, for example that one was named twice.
        left_out: What is left out of folders and globs because it cannot be read, each with the
            reason. It is in the notes, too.
    """

    name: str
    files: tuple[SourceFile, ...]
    options: ReadOptions = field(default_factory=ReadOptions)
    selection: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Document]:
        """Reads the files and yields their documents.

        Raises:
            UnknownNameError: As `read`.
            SourceError: As `read`, and if a record or file cannot be read.
        """
        return self.read(RejectionLog(stop_on_error=True))

    def read(self, rejections: RejectionLog) -> Iterator[Document]:
        """Reads the files and yields their documents.

        Args:
            rejections: The log of what cannot be read, which may raise the errors.

        Raises:
            UnknownNameError: In the end, if there was no document of a language that was selected.
            SourceError: None of the text says its language, and languages were selected.
        """
        seen: dict[str, None] = {}
        for file in self.files:
            for document in read_file(file, self.options, rejections):
                seen[document.language] = None
                if self.selection is None or may_select(
                    self.selection, entry_of(document.language)
                ):
                    yield document
        self.check_selection(seen)

    @property
    def languages(self) -> list[str]:
        """The codes of the languages that there are documents of, in order of first appearance."""
        return list(shown_codes(document.language for document in self).values())

    def check_selection(self, seen: Iterable[str]) -> None:
        """Checks that there was a document of each language that was selected.

        Args:
            seen: The languages that there are documents of, as they are spelled.

        Raises:
            UnknownNameError: There was none of one of them.
            SourceError: The same, if none of the text says its language.
        """
        shown = shown_codes(seen)
        for wanted in self.selection or ():
            if any(may_select([wanted], entry) for entry in shown):
                continue
            if shown.keys() <= {UNDETERMINED}:
                raise SourceError(
                    f"None of the text says its language, so none of it is {wanted!r}. It may "
                    "stand in a field (--language-field) or in the path (--language-from-path), or "
                    "all of the text is in one (a single --language)."
                )
            names = {describe_language(code).name: code for code in shown.values()}
            language = describe_language(wanted)
            if language.script:  # it is a language, but not one of these
                raise UnknownNameError(
                    f"None of the text is in {language.name} ({wanted!r}). The languages are: "
                    f"{', '.join(map(printable, shown.values()))}."
                )
            raise unknown_name("language", wanted, shown.values(), also=names)

    def with_field(self, name: str) -> Source:
        """Returns the source with documents that keep a field, to be grouped by it."""
        return replace(self, options=replace(self.options, fields=(name,)))

    def with_numbers(self, names: Iterable[str]) -> Source:
        """Returns the source with documents that keep fields which hold numbers of tokens."""
        options = replace(self.options, number_fields=tuple(dict.fromkeys(names)))
        return replace(self, options=options)

    def select(self, languages: str | Iterable[str]) -> Source:
        """Returns the source with the documents of some languages only, in its order.

        A language is a code or a name ("hi", "Hindi"). "zh" takes all forms of Chinese ("zh-CN",
        "zh-Hans", "cmn"). "hi-IN" takes documents in "hi" if there are none in "hi-IN"; iterating
        over the source, which cannot know that, yields both.

        A language of which there turns out to be no document is an UnknownNameError when all has
        been read.

        Raises:
            ArgumentError: A language is not a string, or a pair of languages.
        """
        resolved = [resolve_language(name) for name in require_names("A language", languages)]
        notes = dict.fromkeys([*self.notes, *(note for _, note in resolved if note)])
        return replace(
            self,
            selection=tuple(dict.fromkeys(entry_of(code) for code, _ in resolved)),
            notes=tuple(notes),
        )


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
    quoting: str | int | None = None,
    delimiter: str | None = None,
    header: bool | None = True,
    text_field: str | Iterable[str] = "text",
    language_field: str | None = None,
    language: str = UNDETERMINED,
    language_from_path: bool = False,
    max_record: int | str = LONGEST,
    without: Iterable[str] = (),
    gitignore: bool = False,
) -> Source:
    """Returns a source of files, sample sets, or both; they are read when it is iterated over.

    Args:
        names: Names of built-in sample sets, paths of files or folders, globs ("**" for folders
            within folders), or "-" for standard input. Of a folder all regular files are read, also
            those in folders within, but for hidden ones; notes name what is left out. A file that
            is named twice is read once.
        input_format: "text", "jsonl", "json", "csv", "tsv", "parquet" or "arrow"; None goes by the
            suffix, and what has no known one is plain text. Files may be compressed (.gz, .zst,
            .bz2, .xz).
        per_line: Whether each line of plain text is a document.
        quoting: How CSV and TSV quote fields: "minimal" (a field may be in quotation marks), "none"
            (a quotation mark is text), or the constants of `csv` for them; None detects it.
        delimiter: The character that separates the fields of CSV and TSV.
        header: Whether CSV and TSV have a header; False, or None as for pandas, numbers the columns
            from "0" on.
        text_field: The field, or column, that holds the text. Several are one text, joined by line
            feeds. A name that is no field is a path: "data.body", "messages[].content".
        language_field: The one that holds the language; None means "language" where there is one.
        language: The language of documents that do not say theirs: a code or a name.
        language_from_path: Whether to look for it in the path ("corpus/gu/a.txt",
            "eng_Latn.devtest", "dev.guj") before that, from the name that was given on.
        max_record: How many bytes a record may have, as a number or as a size such as "256MB",
            which is the default. A larger one cannot be read. A record is a line, row or value; of
            plain text that is one document, a part without white space in which it cannot be cut.
        without: Paths of files that are not read, although a folder or a glob selects them.
        gitignore: Whether files that Git ignores are left out of folders and globs, by the
            .gitignore files of the repository and .git/info/exclude. A note says how many.

    Raises:
        ArgumentError: An argument is none of those that are accepted.
        SourceError: There is no file of that name.

    >>> source = load_source(["gpt-4o", "udhr"])
    >>> sum(1 for document in source)
    640
    """
    require_str("The language", language)
    language, note = resolve_language(language)
    if input_format is not None and input_format not in FORMATS:
        raise unknown_name("format", str(input_format), FORMATS)
    text_fields = tuple(require_names("The field of the text", text_field))
    if not text_fields:
        raise ArgumentError("No field of the text was given; at least one is needed.")
    if language_field is not None:
        require_str("The field of the language", language_field)
    names = require_names("The name of a source", names)
    files, given_names, notes, left_out = _find_files(
        names, input_format, without, gitignore=gitignore
    )
    if language_from_path:
        files, more_notes = _with_languages(files, given_names)
        notes += more_notes
    return Source(
        name=_name_of(names),
        files=tuple(files),
        options=ReadOptions(
            per_line=per_line,
            text_field=text_fields[0] if len(text_fields) == 1 else text_fields,
            quoting=check_quoting(quoting),
            delimiter=check_delimiter(delimiter),
            has_header=check_header(header),
            language_field=language_field,
            language=language,
            max_record=check_max_record(max_record),
        ),
        notes=tuple([note, *notes] if note else notes),
        left_out=tuple(left_out),
    )


def _find_files(
    names: Iterable[str], input_format: str | None, without: Iterable[str], *, gitignore: bool
) -> tuple[list[SourceFile], dict[str, str], list[str], list[str]]:
    """Finds the files that names select, each once.

    Returns:
        The files, the name that selected each path, notes, and what is left out: see `Source`.
    """
    files: list[SourceFile] = []
    notes: list[str] = []
    left_out: dict[str, None] = {}
    identities: dict[object, str] = {}
    numbers: Counter[str] = Counter()
    given_names: dict[str, str] = {}
    not_read = set(map(identity_of, without))
    is_ignored: IsIgnored | None = None
    if gitignore:
        from tokcompare.sources.folders.ignored import GitIgnored  # saves start time

        is_ignored = GitIgnored()
    for name in names:
        paths, notes_on_name, left_out_of_name = expand(name, is_ignored)
        notes += notes_on_name
        left_out |= dict.fromkeys(left_out_of_name)
        for path in paths:
            identity = identity_of(path)
            shown = display_name(path)
            if identity in not_read and path != name:
                continue
            if identity in identities:
                if (first := identities[identity]) == shown:
                    notes.append(f"{shown!r} was given twice and is read once.")
                else:
                    notes.append(f"{shown!r} is the same file as {first!r} and is read once.")
                continue
            numbers[shown] += 1
            if numbers[shown] > 1:  # it differs by a part of its URL that is not shown
                shown = f"{shown} ({numbers[shown]})"
            identities[identity] = shown
            if path in SAMPLES:
                files.append(_sample_file(path))
                continue
            of_file = check_format(path, input_format or format_of_path(path))
            files.append(SourceFile(path=path, name=shown, format=of_file))
            given_names[path] = name
    return files, given_names, notes, list(left_out)


def _with_languages(
    files: Sequence[SourceFile], names: Mapping[str, str]
) -> tuple[list[SourceFile], list[str]]:
    """Returns the files with the languages that their paths name, and notes about those without.

    Args:
        files: The files.
        names: The name that somebody gave for each path; of sample sets there is none.
    """
    paths = [file.path for file in files if file.path in names]
    found = find_languages((names[path], path) for path in paths)
    of_path = dict(zip(paths, found, strict=True))
    without: list[str] = []
    pairs: dict[str, list[str]] = {}
    named: list[SourceFile] = []
    for file in files:
        language = of_path.get(file.path)
        if language is not None and language.pair is not None:
            pairs.setdefault(language.pair, []).append(file.name)
        elif language is not None and language.code is None:
            without.append(file.name)
        elif language is not None:
            file = replace(file, language=language.code, spelling=language.spelling)
        named.append(file)
    notes = [
        f"{pair!r} in the path {_enumerate(of_pair)} names a pair of languages, not the language "
        "of the text."
        for pair, of_pair in pairs.items()
    ]
    if without:
        notes.append(
            f"No language is named in the path {_enumerate(without)}; expected is one such "
            "as 'corpus/gu/a.txt', 'eng_Latn.devtest' or 'dev.guj'. A code that is also a word or "
            "a suffix of files ('no', '.cs') counts beside other codes, or as 'language=no'."
        )
    return named, notes


def _enumerate(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"{names[0]!r}{more}"


def _name_of(names: list[str]) -> str:
    if len(names) > 3:
        return f"{display_name(names[0])} and {len(names) - 1:,} more"
    return ",".join(map(display_name, names))
