"""Changes: how the tokens of files, of languages and in total differ from those of a baseline."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import nan

from tokcompare.checks.baseline import TokensByLanguage
from tokcompare.languages import describe_language

Files = Mapping[str, TokensByLanguage]
"""The tokens of files by name, then by language and encoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a file adds to a change.

    Attributes:
        name: The name of the file in the baseline.
        before: Its tokens in the baseline; 0 if it is not there.
        after: Its tokens now; 0 if it is not there any more.
    """

    name: str
    before: int
    after: int

    @property
    def difference(self) -> int:
        """The tokens now, less those before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The tokens before and now of a file, of a language or of all files, under an encoding.

    Attributes:
        scope: "file", "language" or "total".
        name: The name of the file, or the code of the language; "" for the total.
        encoding: The encoding.
        before: The tokens in the baseline.
        after: The tokens now.
        files: What the files add to it that have changed, the largest change first; none for a
            file.
    """

    scope: str
    name: str
    encoding: str
    before: int
    after: int
    files: tuple[Share, ...] = ()

    @property
    def difference(self) -> int:
        """The tokens now, less those before."""
        return self.after - self.before

    @property
    def growth(self) -> float:
        """The difference as a share of the tokens before; `nan` if there were none."""
        return self.difference / self.before if self.before else nan

    @property
    def shown(self) -> str:
        """The difference and its share: "+5, +2.5%"."""
        return f"{self.difference:+,}{f', {self.growth:+.1%}' if self.before else ''}"

    @property
    def description(self) -> str:
        """What has changed, and by how much, without a full stop."""
        names = {"file": repr(self.name), "total": "In total"}
        where = names.get(self.scope) or describe_language(self.name).name
        tokens = f"{self.before:,} → {self.after:,} tokens under {self.encoding}"
        return f"{where}: {tokens} ({self.shown})"

    def list_files(self, most: int = 3) -> str:
        """Returns the files that make the change as a sentence, the largest first; "" for none."""
        if not self.files:
            return ""
        listed = ", ".join(f"{each.name!r} {each.difference:+,}" for each in self.files[:most])
        more = len(self.files) - most
        return f" By file: {listed}{f', and {more:,} more' if more > 0 else ''}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How counts differ from a baseline.

    Attributes:
        files: The changes of the files that are in both; also of those that have not changed.
        languages: The changes of the languages that are in both.
        totals: The change of all files, under each encoding. New and missing files are in it.
        new: The files that are not in the baseline.
        missing: The files that are only in the baseline.
    """

    files: tuple[Change, ...] = ()
    languages: tuple[Change, ...] = ()
    totals: tuple[Change, ...] = ()
    new: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Change, ...]:
        """The changes of files, of languages and in total."""
        return (*self.files, *self.languages, *self.totals)


def find_changes(
    before: Files, after: Files, encodings: Sequence[str], *, unread: Collection[str] = ()
) -> Changes:
    """Returns how counts differ from those of a baseline.

    Args:
        before: The files of the baseline.
        after: The files now.
        encodings: The encodings that are compared.
        unread: The names of files that could not be read now. They are left out on both sides.
    """
    before = {name: tokens for name, tokens in before.items() if name not in unread}
    both = [name for name in after if name in before]
    languages = sorted(_languages(before) & _languages(after))
    return Changes(
        files=tuple(
            Change(
                scope="file",
                name=name,
                encoding=encoding,
                before=_sum(before[name], encoding),
                after=_sum(after[name], encoding),
            )
            for name in both
            for encoding in encodings
        ),
        languages=tuple(
            _change("language", language, encoding, before, after)
            for language in languages
            for encoding in encodings
        ),
        totals=tuple(_change("total", "", encoding, before, after) for encoding in encodings),
        new=tuple(name for name in after if name not in before),
        missing=tuple(name for name in before if name not in after),
    )


def _languages(files: Files) -> set[str]:
    return {language for tokens in files.values() for language in tokens}


def _sum(tokens: TokensByLanguage, encoding: str, language: str = "") -> int:
    """Returns the tokens of a file, in a language or in all ("")."""
    if language:
        return tokens[language][encoding] if language in tokens else 0
    return sum(of_language[encoding] for of_language in tokens.values())


def _change(scope: str, language: str, encoding: str, before: Files, after: Files) -> Change:
    shares = [
        Share(
            name=name,
            before=_sum(before.get(name, {}), encoding, language),
            after=_sum(after.get(name, {}), encoding, language),
        )
        for name in dict.fromkeys([*before, *after])
    ]
    changed = [share for share in shares if share.difference]
    changed.sort(key=lambda share: (-abs(share.difference), share.name))
    return Change(
        scope=scope,
        name=language,
        encoding=encoding,
        before=sum(share.before for share in shares),
        after=sum(share.after for share in shares),
        files=tuple(changed),
    )
