"""Results of a check: its rules, the rows that were counted, and what does not hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tokcompare.checks.baseline import Baseline
from tokcompare.checks.changes import Changes
from tokcompare.checks.limits import Growth, Limits
from tokcompare.checks.premiums import Premium
from tokcompare.languages import UNDETERMINED, describe_language
from tokcompare.sources.document import SourceFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a check demands.

    Attributes:
        max_tokens: The most tokens of a document, by language.
        max_total: The most tokens of all documents; None for any number.
        max_premium: The highest premium, by language.
        reference: The language that premiums are relative to; None means English.
        fail_above: How much a file, a language and the total may grow; None for any growth.
        fails_on_new: Whether a file that is not in the baseline is a failure.
        fails_on_missing: Whether a file that is only in the baseline is one.
    """

    max_tokens: Limits[int] = field(default_factory=Limits)
    max_total: int | None = None
    max_premium: Limits[float] = field(default_factory=Limits)
    reference: str | None = None
    fail_above: Growth | None = None
    fails_on_new: bool = False
    fails_on_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not hold.

    Attributes:
        rule: The option that demands it, such as "max-tokens"; "read" for what cannot be read.
        message: What does not hold, as a sentence.
        file: The file; None if it is about several.
        number: The record of the file that it is about, from 1; None for the file as a whole.
        line: The line of the file, from 1; None if it is about no line.
        encoding: The encoding; "" if it is about none.
    """

    rule: str
    message: str
    file: SourceFile | None = None
    number: int | None = None
    line: int | None = None
    encoding: str = ""

    @property
    def place(self) -> tuple[str, int | None, str]:
        """The name of the file, the number of the record and the encoding."""
        return ("" if self.file is None else self.file.name, self.number, self.encoding)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """The tokens of a file or of a record under an encoding.

    Attributes:
        file: The file.
        number: Which record of the file it is, from 1; None for the file as a whole.
        line: The line that it begins at; None if it has none.
        language: The BCP 47 code of its language; "" for records in several.
        encoding: The encoding.
        tokens: Its tokens.
        limit: The most tokens that it may have; None for any number.
        before: Its tokens in the baseline; None if they are not known.
        holds: Whether there is no finding about it.
    """

    file: SourceFile
    number: int | None
    line: int | None
    language: str
    encoding: str
    tokens: int
    limit: int | None = None
    before: int | None = None
    holds: bool = True

    @property
    def place(self) -> tuple[str, int | None, str]:
        """The name of the file, the number of the record and the encoding."""
        return self.file.name, self.number, self.encoding

    @property
    def language_name(self) -> str:
        """The English name of the language; "" for several, or an undetermined one."""
        named = self.language not in ("", UNDETERMINED)
        return describe_language(self.language).name if named else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found.

    Attributes:
        rules: What it demanded.
        files: The number of files of the source.
        rows: The tokens of each file or record, under each encoding, in the order of the source.
        findings: What does not hold; none if all does.
        totals: The tokens of all documents by encoding.
        premiums: The premiums that have a limit.
        changes: The changes since the baseline; None if there is no baseline.
        now: The counts as a baseline has them.
        notes: Sentences that a reader of the numbers must know.
    """

    rules: Rules
    files: int
    rows: tuple[CheckRow, ...]
    findings: tuple[Finding, ...]
    totals: Mapping[str, int]
    premiums: tuple[Premium, ...]
    changes: Changes | None
    now: Baseline
    notes: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether there is no finding."""
        return not self.findings

    @property
    def encodings(self) -> list[str]:
        """The names of the encodings."""
        return list(self.now.encodings)
