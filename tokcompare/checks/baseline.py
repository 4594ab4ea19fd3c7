"""Baselines: files that keep the tokens of each file of a source, one line a file, for Git.

The parts of the signature that decide whether two counts can be compared are at the top.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokcompare.bundled import SAMPLES
from tokcompare.checks.counts import FileCount
from tokcompare.comparison.signature import digest_of
from tokcompare.counting import stored as checked
from tokcompare.counting.counter import DocumentCounter
from tokcompare.errors import BaselineError
from tokcompare.languages import code_of
from tokcompare.output import write_file
from tokcompare.sources.document import SourceFile
from tokcompare.sources.formats.format import ReadOptions
from tokcompare.sources.paths import format_of_path
from tokcompare.sources.source import Source
from tokcompare.sources.storage import display_name, stored_file
from tokcompare.tables import escape_json

MARK = "tokcompare-baseline-"
"""How the value of the first key begins."""

_SCHEMA = f"{MARK}1"

_PARTS = ("normalization", "special", "languages", "reading")
"""The parts of the signature, besides the encodings, in which two counts must agree."""

TokensByLanguage = Mapping[str, Mapping[str, int]]
"""Numbers of tokens by language code, and then by encoding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The tokens of each file, and how they were counted.

    Attributes:
        encodings: The first digits of the SHA-256 of each encoding, by its name.
        parts: The other parts of the signature, by name.
        files: The tokens of each file, by its name.
    """

    encodings: Mapping[str, str]
    parts: Mapping[str, Any]
    files: Mapping[str, TokensByLanguage] = field(default_factory=dict)

    @staticmethod
    def of(
        files: Mapping[str, TokensByLanguage], source: Source, counter: DocumentCounter
    ) -> Baseline:
        """Returns the baseline of files that were counted.

        Args:
            files: Their tokens: see `tokens_of_files`.
            source: The source that they are from.
            counter: The counter.
        """
        selection = source.selection
        return Baseline(
            encodings={encoding.name: digest_of(encoding) for encoding in counter.encodings},
            parts={
                "normalization": counter.normalization or "none",
                "special": "as-text",
                "languages": "all" if selection is None else sorted(map(code_of, selection)),
                "reading": _reading(source),
            },
            files=files,
        )

    def check_comparable(self, now: Baseline, name: str) -> None:
        """Checks that counts can be compared with those of this baseline.

        Args:
            now: The counts.
            name: The name of this baseline's file, for the message.

        Raises:
            BaselineError: They cannot; it names the part in which they differ.
        """
        for encoding, digest in now.encodings.items():
            if encoding not in self.encodings:
                there_are = ", ".join(self.encodings)
                raise _incomparable(name, "encodings", there_are, encoding)
            if self.encodings[encoding] != digest:
                before = f"{encoding}@{self.encodings[encoding]}"
                raise _incomparable(name, "encodings", before, f"{encoding}@{digest}")
        for part in _PARTS:
            if self.parts[part] != now.parts[part]:
                raise _incomparable(name, part, _show(self.parts[part]), _show(now.parts[part]))

    def to_json(self) -> str:
        """Returns the content of the file, sorted: the head, and then one line a file."""
        head: dict[str, Any] = {
            "schema": _SCHEMA,
            "encodings": dict(sorted(self.encodings.items())),
        }
        lines = [
            f"{_line(key)}: {_line(value)},\n" for key, value in (head | dict(self.parts)).items()
        ]
        files = ",\n".join(
            f"{_line(name)}: {_line(_sorted(self.files[name]))}" for name in sorted(self.files)
        )
        return escape_json("".join(["{\n", *lines, '"files": {\n', files, "\n}\n}\n"]))


def _sorted(tokens: TokensByLanguage) -> dict[str, dict[str, int]]:
    return {language: dict(sorted(tokens[language].items())) for language in sorted(tokens)}


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _show(part: object) -> str:
    return part if isinstance(part, str) else json.dumps(part, ensure_ascii=False)


def _incomparable(name: str, part: str, before: str, now: str) -> BaselineError:
    return BaselineError(
        f"The baseline {name!r} was counted with other {part}: {before}, and now it is {now}. "
        "Count with the same, or write it anew: --write-baseline."
    )


def _reading(source: Source) -> dict[str, Any]:
    """Returns the options of reading that are not the default, because counts depend on them."""
    options, default = source.options, ReadOptions()
    names = (
        *("per_line", "text_field", "language_field", "language"),
        *("quoting", "delimiter", "has_header"),
    )
    reading: dict[str, Any] = {
        name: getattr(options, name)
        for name in names
        if getattr(options, name) != getattr(default, name)
    }
    if not isinstance(options.text_field, str):
        reading["text_field"] = list(options.text_field)
    forced = {file.format for file in source.files if _is_forced(file)}
    if forced:
        reading["input_format"] = ",".join(sorted(forced))
    return reading


def _is_forced(file: SourceFile) -> bool:
    return file.name not in SAMPLES and file.format != format_of_path(file.path)


def tokens_of_files(counted: Iterable[FileCount], folder: Path) -> dict[str, TokensByLanguage]:
    """Returns the tokens of each file that could be read, by its name in a baseline.

    Args:
        counted: The files.
        folder: The folder of the baseline: see `name_of`.
    """
    files: dict[str, TokensByLanguage] = {}
    for each in counted:
        if each.errors:
            continue
        tokens: dict[str, dict[str, int]] = {}
        for document in each.documents:
            of_language = tokens.setdefault(code_of(document.spelling), {})
            for encoding, number in document.tokens.items():
                of_language[encoding] = of_language.get(encoding, 0) + number
        if tokens:
            files[name_of(each.file, folder)] = tokens
    return files


def name_of(file: SourceFile, folder: Path) -> str:
    """Returns the name of a file in a baseline: its path from the folder of the baseline on.

    Folders are separated by slashes on every system. Of a URL, secrets are left out.
    """
    if file.name in SAMPLES or not stored_file(file.path).is_local:
        return file.name
    path = os.path.abspath(file.path)  # noqa: PTH100 - Path.absolute keeps ".."
    with contextlib.suppress(ValueError):  # it is on another drive of Windows
        path = os.path.relpath(path, os.path.abspath(folder))  # noqa: PTH100
    return display_name(Path(path).as_posix())


def read_baseline(path: str) -> Baseline:
    """Reads a baseline.

    Raises:
        BaselineError: There is none, it cannot be read, or it is damaged.
    """
    shown = display_name(path)
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise BaselineError(
            f"There is no baseline {shown!r}; --write-baseline writes it."
        ) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise BaselineError(f"The baseline {shown!r} cannot be read: {reason}.") from error
    try:
        return _parse(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        reason = str(error) or type(error).__name__
        raise BaselineError(
            f"The baseline {shown!r} is damaged, or is none: {reason}. Restore it, or write it "
            "anew: --write-baseline."
        ) from error


def _parse(text: str) -> Baseline:
    """Returns the baseline that `Baseline.to_json` wrote.

    Raises:
        ValueError: It is damaged.
    """
    if "<<<<<<< " in text and ">>>>>>> " in text:
        raise ValueError("it has the marks of a merge conflict")
    stored = checked.record(
        json.loads(text, parse_constant=checked.refuse_constant, object_pairs_hook=checked.unique),
        ("schema", "encodings", *_PARTS, "files"),
    )
    if stored["schema"] != _SCHEMA:
        raise ValueError(f"its schema is {str(stored['schema'])[:40]!r}, not {_SCHEMA!r}")
    encodings = checked.mapping(stored["encodings"], checked.string)
    files = checked.mapping(
        stored["files"],
        lambda file: checked.mapping(file, lambda tokens: checked.mapping(tokens, checked.whole)),
    )
    for name, file in files.items():
        if not file or any(tokens.keys() != encodings.keys() for tokens in file.values()):
            raise ValueError(f"{name!r} has not the tokens of each encoding")
    return Baseline(encodings=encodings, parts={part: stored[part] for part in _PARTS}, files=files)


def write_baseline(path: str, baseline: Baseline) -> None:
    """Writes a baseline, whole or not at all.

    Raises:
        BaselineError: There is another file of that name, which is no baseline.
        OutputError: It cannot be written.
    """
    try:
        with Path(path).open("rb") as stream:
            begin = stream.read(1000)
    except (OSError, ValueError):  # there is none, or writing will say why not
        begin = b""
    # One with the marks of a merge conflict is a baseline, too.
    if begin.strip() and MARK.encode() not in begin:
        raise BaselineError(
            f"{display_name(path)!r} is no baseline of tokcompare, and is not overwritten. Name "
            "another file, or delete it."
        )
    write_file(path, baseline.to_json())
