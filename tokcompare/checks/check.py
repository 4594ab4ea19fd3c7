"""The check: counts a source, and finds what exceeds a limit or grew more than it may."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tokcompare.checks.baseline import (
    Baseline,
    name_of,
    read_baseline,
    tokens_of_files,
)
from tokcompare.checks.changes import Changes, find_changes
from tokcompare.checks.counts import DocumentCount, FileCount, count_files
from tokcompare.checks.limits import Limits
from tokcompare.checks.premiums import Premium, find_premiums
from tokcompare.checks.results import CheckResult, CheckRow, Finding, Rules
from tokcompare.counting.counter import DocumentCounter
from tokcompare.errors import BaselineError, RecordError, SourceError, unknown_name
from tokcompare.languages import UNDETERMINED, describe_entry, describe_language, entry_of
from tokcompare.languages.codes import is_known
from tokcompare.sources.source import Source
from tokcompare.sources.storage import display_name


def check_source(
    source: Source,
    counter: DocumentCounter,
    rules: Rules,
    *,
    baseline: str | None = None,
    compares: bool = True,
) -> CheckResult:
    """Counts a source, and checks it.

    Args:
        source: The source.
        counter: Counts its documents.
        rules: What is demanded.
        baseline: The path of the baseline; None for none.
        compares: Whether the counts are compared with the baseline; if not, it need not exist.

    Raises:
        BaselineError: The baseline cannot be read, or cannot be compared with.
        UnknownNameError: A language was selected or is limited that nobody knows.
        SourceError: There is no file; or a language is limited, and none of the text says its
            language.
    """
    if not source.files:
        raise SourceError("There is no file to check.")
    counted = count_files(source, counter)
    documents = [document for each in counted for document in each.documents]
    encodings = [encoding.name for encoding in counter.encodings]
    folder = Path(baseline or "baseline").parent
    now = Baseline.of(tokens_of_files(counted, folder), source, counter)
    notes = [*(note for each in counted for note in each.notes)]
    notes += _check_languages(rules, {document.spelling for document in documents})
    notes += _on_lost_text(counted)
    changes = None
    if baseline is not None and compares:
        changes = _compare(baseline, now, counted, folder)
    premiums = find_premiums(counted, encodings, rules.max_premium, rules.reference)
    totals = {name: sum(document.tokens[name] for document in documents) for name in encodings}
    findings = [
        *_unread(source, counted),
        *(found for each in counted for found in _above_limit(each, rules)),
        *_above_total(totals, rules),
        *(_above_premium(premium) for premium in premiums if not premium.holds),
        *(() if changes is None else _on_changes(changes, rules, counted, folder)),
    ]
    rows = [row for each in counted for row in _rows(each, encodings, rules, changes, folder)]
    failing = {found.place for found in findings}
    return CheckResult(
        rules=rules,
        files=len(counted),
        rows=tuple(replace(row, holds=row.place not in failing) for row in rows),
        findings=tuple(findings),
        totals=totals,
        premiums=tuple(premiums),
        changes=changes,
        now=now,
        notes=tuple(dict.fromkeys(notes)),
    )


def _check_languages(rules: Rules, spellings: Iterable[str]) -> list[str]:
    """Returns notes on limits of languages of which there is no text.

    Raises:
        UnknownNameError: One of them is none.
        SourceError: None of the text says its language.
    """
    entries = set(map(entry_of, spellings))
    limits: list[Limits[int] | Limits[float]] = [rules.max_tokens, rules.max_premium]
    asked = {entry: text for each in limits for entry, text in each.given.items()}
    without = dict.fromkeys(text for each in limits for text in each.without_text(entries))
    for entry, text in asked.items():
        if text in without and not is_known(entry):
            raise unknown_name("language", text, sorted(entries))
    if asked and entries == {UNDETERMINED}:
        raise SourceError(
            f"There is a limit for {next(iter(asked.values()))!r}, and none of the text says its "
            "language. It may stand in a field (--language-field) or in the path "
            "(--language-from-path), or all of the text is in one (a single --language)."
        )
    return [f"There is no text in {text!r}, for which there is a limit." for text in without]


def _on_lost_text(counted: Iterable[FileCount]) -> Iterator[str]:
    for encoding in sorted({name for each in counted for name in each.lossy}):
        yield (
            f"{encoding}: its tokens lose a part of the text, so it looks cheap. tokcompare report "
            "says how much."
        )


def _compare(baseline: str, now: Baseline, counted: Iterable[FileCount], folder: Path) -> Changes:
    stored = read_baseline(baseline)
    stored.check_comparable(now, display_name(baseline))
    unread = {name_of(each.file, folder) for each in counted if each.errors}
    if stored.files and stored.files.keys().isdisjoint({*now.files, *unread}):
        raise BaselineError(
            f"None of the files is in the baseline {display_name(baseline)!r}, which has "
            f"{next(iter(stored.files))!r}, for example. Its names are paths from its folder on."
        )
    return find_changes(stored.files, now.files, list(now.encodings), unread=unread)


def _unread(source: Source, counted: Iterable[FileCount]) -> Iterator[Finding]:
    for reason in source.left_out:
        yield Finding(rule="read", message=f"{reason}.")
    for each in counted:
        for error in each.errors:
            line = error.line if isinstance(error, RecordError) else None
            message = str(error) if str(error).endswith(".") else f"{error}."
            yield Finding(rule="read", message=message, file=each.file, line=line)
        if more := each.rejected - len(each.errors):
            message = f"{each.file.name!r}: {more:,} more records cannot be read."
            yield Finding(rule="read", message=message, file=each.file)


def _above_limit(each: FileCount, rules: Rules) -> Iterator[Finding]:
    own = replace(rules.max_tokens, general=None)
    for document in each.documents:
        limit = rules.max_tokens.of(document.language)
        if limit is None:
            continue
        of_language = ""
        if own.of(document.language) is not None:
            of_language = f" for {describe_entry(document.language).name}"
        for encoding, tokens in document.tokens.items():
            if tokens > limit:
                yield Finding(
                    rule="max-tokens",
                    message=f"{_show_place(each, document)}: {tokens:,} tokens under {encoding}, "
                    f"{tokens - limit:,} above the limit of {limit:,}{of_language}.",
                    file=each.file,
                    number=None if each.is_document else document.number,
                    line=document.line,
                    encoding=encoding,
                )


def _show_place(each: FileCount, document: DocumentCount) -> str:
    if each.is_document:
        return repr(each.file.name)
    place = f"record {document.number:,}" if document.line is None else f"line {document.line}"
    return f"{each.file.name!r}, {place}"


def _above_total(totals: Mapping[str, int], rules: Rules) -> Iterator[Finding]:
    limit = rules.max_total
    for encoding, tokens in totals.items():
        if limit is not None and tokens > limit:
            yield Finding(
                rule="max-total",
                message=f"In total: {tokens:,} tokens under {encoding}, {tokens - limit:,} above "
                f"the limit of {limit:,}.",
                encoding=encoding,
            )


def _above_premium(premium: Premium) -> Finding:
    return Finding(rule="max-premium", message=premium.message, encoding=premium.encoding)


def _on_changes(
    changes: Changes, rules: Rules, counted: Iterable[FileCount], folder: Path
) -> Iterator[Finding]:
    of_name = {name_of(each.file, folder): each.file for each in counted}
    for change in changes.all:
        growth = rules.fail_above
        if growth is None or not growth.is_exceeded(change.before, change.after):
            continue
        file = of_name.get(change.name) if change.scope == "file" else None
        shown = change if file is None else replace(change, name=file.name)
        yield Finding(
            rule="fail-above",
            message=f"{shown.description}. Allowed is {growth.text}.{change.list_files()}",
            file=file,
            encoding=change.encoding,
        )
    if rules.fails_on_new:
        for name in changes.new:
            message = f"{name!r} is not in the baseline."
            yield Finding(rule="new-files", message=message, file=of_name.get(name))
    if rules.fails_on_missing:
        for name in changes.missing:
            message = f"{name!r} is in the baseline, and not in the source any more."
            yield Finding(rule="missing-files", message=message)


def _rows(
    each: FileCount,
    encodings: Sequence[str],
    rules: Rules,
    changes: Changes | None,
    folder: Path,
) -> Iterator[CheckRow]:
    """Yields the rows of a file: the file, or its records, and the file if there is a baseline."""
    before: dict[str, int] = {}
    if changes is not None:
        name = name_of(each.file, folder)
        before = {change.encoding: change.before for change in changes.files if change.name == name}
    if not each.is_document and changes is not None and each.documents and not each.errors:
        languages = {document.spelling for document in each.documents}
        for encoding in encodings:
            yield CheckRow(
                file=each.file,
                number=None,
                line=None,
                language=describe_language(*languages).code if len(languages) == 1 else "",
                encoding=encoding,
                tokens=sum(document.tokens[encoding] for document in each.documents),
                before=before.get(encoding),
            )
    for document in each.documents:
        for encoding in encodings:
            yield CheckRow(
                file=each.file,
                number=None if each.is_document else document.number,
                line=document.line,
                language=describe_language(document.spelling).code,
                encoding=encoding,
                tokens=document.tokens[encoding],
                limit=rules.max_tokens.of(document.language),
                before=before.get(encoding) if each.is_document else None,
            )
