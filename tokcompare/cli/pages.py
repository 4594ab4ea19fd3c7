"""Pages of the commands: the parts that a result, its source and its encodings give."""

from __future__ import annotations

import shlex
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from tokcompare import __version__
from tokcompare.comparison.view import page_of
from tokcompare.counting.spec import NOT_FIELDS, folder_of
from tokcompare.encodings import LoadedEncoding
from tokcompare.errors import ArgumentError
from tokcompare.explanations.explanation import explain_under
from tokcompare.explanations.tokens import can_be_located
from tokcompare.explanations.view import token_view, why_of
from tokcompare.explanations.vocabulary import has_entries
from tokcompare.files import without_secrets
from tokcompare.languages import describe_language, name_of_script
from tokcompare.page.html import MOST_ENCODINGS, render
from tokcompare.page.parts import Headline, Method, Page, TokenView, Why
from tokcompare.page.view import view_of_table
from tokcompare.sources.document import Document
from tokcompare.sources.rejections import RejectionLog
from tokcompare.sources.source import Source, load_samples
from tokcompare.sources.storage import STANDARD_INPUT
from tokcompare.tables import Table
from tokcompare.text import NormalizationForm, printable

if TYPE_CHECKING:
    from tokcompare.comparison.comparison import Comparison
    from tokcompare.comparison.results import Row

_MOST_DOCUMENTS = 20_000
"""How many documents are read again to choose the texts that are shown."""

_MOST_CHARACTERS = 3_000
"""How many characters of each are remembered, and judged, meanwhile."""

_MOST_ROWS = 60
"""With more rows, no texts are shown: the page would grow beyond what a browser likes."""

_SHORT = 2_500
"""Texts are shown whole if they have no more characters than this together."""

_ALL_TEXTS = 2_400
"""Of longer ones, about this number of characters is shown, in equal shares."""

_SHORTEST, _LONGEST = 60, 200
"""The least and the greatest of these shares."""

_DESCRIPTIONS = {
    "gpt-4o": "on the twenty sentences of the GPT-4o announcement",
    "udhr": "on the Universal Declaration of Human Rights",
}


def report_page(
    comparison: Comparison,
    source: Source,
    encodings: Sequence[LoadedEncoding],
    *,
    shows_texts: bool,
    stop_on_error: bool = True,
    normalization: NormalizationForm | None = None,
) -> str:
    """Returns the page of a report.

    Args:
        comparison: The comparison.
        source: Its source, which is read again if texts are shown.
        encodings: Its encodings.
        shows_texts: Whether texts of the source are shown. Those of a sample set are in any case.
        stop_on_error: Whether a record that cannot be read is an error, or left out.
        normalization: The Unicode normalization form that texts were converted to, if any.

    Raises:
        SourceError: A document cannot be read.
    """
    is_sample = source.name in _DESCRIPTIONS
    texts: list[TokenView] = []
    note, sentences = "", []
    if (is_sample or shows_texts) and (reason := _no_texts(comparison, source, encodings)):
        sentences.append(reason)
    elif is_sample or shows_texts:
        choose = _first_texts if is_sample else _telling_texts
        beginning = partial(_beginning, normalization)
        if comparison.by not in NOT_FIELDS:
            source = source.with_field(comparison.by)
        try:
            log = RejectionLog(stop_on_error=stop_on_error)
            texts, note = choose(comparison, source.read(log), encodings, beginning)
        except ArgumentError as error:
            sentences.append(f"No tokens are shown: {error}")
    why: Why | None = None
    compared = (encodings[0], encodings[-1])
    unknown = [encoding.name for encoding in compared if not has_entries(encoding)]
    if unknown:
        sentences.append(
            "It is not shown why the numbers differ: the entries of the vocabulary of "
            f"{printable(unknown[0])} are not known."
        )
    elif len(encodings) > 1:
        why = _why(comparison, *compared, with_credits=is_sample)
    return render(
        page_of(
            comparison,
            source=_described(source),
            command=command_line(),
            hashes={encoding.name: encoding.sha256 for encoding in encodings},
            texts=texts,
            texts_note=note,
            why=why,
            sentences=sentences,
        )
    )


def table_page(
    comparison: Comparison,
    source: Source,
    table: Table,
    csv: str,
    *,
    title: str,
    names: Sequence[str],
    signature: str,
) -> str:
    """Returns the page of a table: of costs, or of context windows.

    Args:
        comparison: The comparison that it is made of.
        source: Its source.
        table: The table.
        csv: The same numbers as CSV.
        title: The sentence at the top, if the table has none of its own.
        names: The names of the models.
        signature: The signature.
    """
    first, *others = table.lead or [title]
    marked = [note for note in table.notes if note[:1] in "≠*≈"]
    return render(
        Page(
            title=printable(title),
            encodings=tuple(map(printable, names)),
            headline=Headline(
                source=_described(source),
                sentence=((printable(first), ""),),
                lead=printable(" ".join(others)),
            ),
            table=view_of_table(
                replace(table, notes=marked, lead=[], signature=""),
                names,
                csv=csv,
                codes=[row.group for row in comparison.rows],
            ),
            method=Method(
                generator=f"tokcompare {__version__}",
                sentences=(),
                notes=tuple(printable(note) for note in table.notes if note not in marked),
                command=command_line(),
                signature=printable(signature),
            ),
        )
    )


def _described(source: Source) -> str:
    return printable(_DESCRIPTIONS.get(source.name, f"on {source.name}"))


def command_line() -> str:
    """Returns the command that is running, without secrets and without the name of its output.

    The page is the same under each name, and a name may hold a folder that is nobody's business.
    """
    arguments = _without_output([without_secrets(argument) for argument in sys.argv[1:]])
    return printable(shlex.join(["tokcompare", *arguments]))


def _without_output(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments of a command with `-f html` instead of `-o FILE`."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    kept: list[str] = []
    has_format = False
    options = iter(arguments[:end])
    for argument in options:
        if argument in ("-o", "--output"):
            next(options, None)
        elif not argument.startswith(("-o", "--output=")):
            kept.append(argument)
            has_format |= argument == "--format" or argument.startswith(("-f", "--format="))
    return [*kept, *([] if has_format else ["-f", "html"]), *arguments[end:]]


def _no_texts(comparison: Comparison, source: Source, encodings: Sequence[LoadedEncoding]) -> str:
    """Returns why no tokens can be shown; "" if they can."""
    if any(file.path == STANDARD_INPUT for file in source.files):
        return "No tokens are shown: standard input cannot be read a second time."
    for encoding in encodings:
        if not can_be_located(encoding):
            name = printable(encoding.name)
            return f"No tokens are shown: those of {name} are not known, only their number."
    if len(comparison.encodings) > MOST_ENCODINGS:
        return f"Tokens are shown under {MOST_ENCODINGS} encodings at most."
    if len(comparison.rows) > _MOST_ROWS:
        return f"Texts are shown for {_MOST_ROWS} rows at most."
    return ""


def _first_texts(
    comparison: Comparison,
    documents: Iterator[Document],
    encodings: Sequence[LoadedEncoding],
    beginning: Callable[[Document], str],
) -> tuple[list[TokenView], str]:
    """Returns the first text of each row."""
    found: dict[str, Document] = {}
    row_of = _row_finder(comparison)
    for document in documents:
        row = row_of(document)
        if row is not None:
            found.setdefault(row.group, document)
    shown = [
        (row.name, found[row.group].language, beginning(found[row.group]))
        for row in comparison.rows
        if row.group in found
    ]
    return _views(shown, encodings), ""


def _views(
    shown: Sequence[tuple[str, str, str]], encodings: Sequence[LoadedEncoding]
) -> list[TokenView]:
    """Returns texts with their tokens; each is a name, a language and the text."""
    longest = _MOST_CHARACTERS
    if sum(len(text) for _, _, text in shown) > _SHORT:
        longest = min(max(_ALL_TEXTS // len(shown), _SHORTEST), _LONGEST)
    return [
        _token_view(text, encodings, name=name, language=language, longest=longest)
        for name, language, text in shown
    ]


def _token_view(
    text: str, encodings: Sequence[LoadedEncoding], *, name: str, language: str, longest: int
) -> TokenView:
    # The tokens of the beginning do not depend on what is far behind it.
    explained = text[: 2 * longest + 1_000]
    return token_view(
        explain_under(explained, encodings),
        name=name,
        language=describe_language(language),
        longest=longest,
        goes_on=len(explained) < len(text),
    )


@dataclass(slots=True)
class _Candidates:
    """The documents of a row, of which some are shown: their ratios and beginnings."""

    ratios: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)

    def chosen(self) -> dict[str, int]:
        """Returns the places of the documents that are shown, by what they are."""
        order = sorted(range(len(self.ratios)), key=lambda place: (self.ratios[place], place))
        kinds = {
            "median": order[len(order) // 2],
            "most changed": order[-1],
            "least changed": order[0],
        }
        shown: dict[str, int] = {}
        for kind, place in kinds.items():
            if place not in shown.values():
                shown[kind] = place
        return shown


def _telling_texts(
    comparison: Comparison,
    documents: Iterator[Document],
    encodings: Sequence[LoadedEncoding],
    beginning: Callable[[Document], str],
) -> tuple[list[TokenView], str]:
    """Returns, of each row, the document of the median ratio, and the most and least changed."""
    old, new = encodings[0], encodings[-1]
    candidates: dict[str, _Candidates] = {}
    row_of = _row_finder(comparison)
    for document in islice(documents, _MOST_DOCUMENTS):
        row, text = row_of(document), beginning(document)
        tokens = len(new.encode(text))
        if row is None or not tokens:
            continue
        of_row = candidates.setdefault(row.group, _Candidates())
        of_row.ratios.append(len(old.encode(text)) / tokens)
        of_row.texts.append(text)
        of_row.languages.append(document.language)
    shown = [
        (f"{row.name}, {kind}", found.languages[place], found.texts[place])
        for row in comparison.rows
        if (found := candidates.get(row.group)) is not None
        for kind, place in found.chosen().items()
    ]
    note = (
        "Of each row: the document whose ratio is the median, the one that changed most, and the "
        f"one that changed least, by its first {_MOST_CHARACTERS:,} characters."
    )
    if next(documents, None) is not None:
        note += f" At most the first {_MOST_DOCUMENTS:,} documents were considered."
    return _views(shown, encodings), note


def _row_finder(comparison: Comparison) -> Callable[[Document], Row | None]:
    """Returns a function that finds the row of a document."""
    by_group = {row.group: row for row in comparison.rows}
    by_code = {code: row for row in comparison.rows for code in row.codes}

    def find(document: Document) -> Row | None:
        if comparison.by == "language":
            return by_code.get(document.language) or by_group.get(document.language)
        if comparison.by in ("source", "tree"):
            return by_group.get(document.source or "documents")
        if comparison.by == "folder":
            return by_group.get(folder_of(document.source))
        return by_group.get(str(document.fields.get(comparison.by, "")))

    return find


def _beginning(normalization: NormalizationForm | None, document: Document) -> str:
    """Returns the first characters of a document, as they were counted."""
    # As much again, so that a cut does not change what is normalized before it.
    most, text = 2 * _MOST_CHARACTERS, ""
    for part in [document.text] if isinstance(document.text, str) else document.text:
        text += part[:most]
        if len(text) >= most:
            break
    if normalization is not None:
        text = unicodedata.normalize(normalization, text)
    return text[:_MOST_CHARACTERS]


def _why(
    comparison: Comparison, old: LoadedEncoding, new: LoadedEncoding, *, with_credits: bool
) -> Why:
    """Returns why the numbers differ.

    Entries of a vocabulary are words of the text that was counted, so they are shown only for the
    sample sets.
    """
    from tokcompare.explanations.ranking import rank_entries

    ranking = None
    if with_credits:
        codes = {row.group for row in comparison.rows}
        documents = (each for each in load_samples("udhr") if each.language in codes)
        ranking = rank_entries(documents, [old, new], top=10)
    scripts = {name_of_script(row.language.script) for row in comparison.rows}
    return why_of(
        old,
        new,
        ranking=ranking,
        source="the Universal Declaration of Human Rights",
        scripts=scripts,
    )
