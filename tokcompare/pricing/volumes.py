"""Volumes: how much text a product handles per month, by language.

A volume is a number of characters, or the tokens that a provider has counted.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tokcompare.errors import ArgumentError, RecordError, with_hint
from tokcompare.languages import code_of, entry_of, is_pair, match_language, resolve_language
from tokcompare.sources.streams import open_text

_KINDS = (("characters",), ("requests",), ("input_tokens", "output_tokens"), ("input_tokens",))
"""The columns of numbers that a file may have beside "language": one of these sets."""

_TAKEN = {column for kind in _KINDS for column in kind}
_NUMBER = re.compile(r"\d{1,18}|\d{1,3}(?:,\d{3}){1,5}|\d{1,3}(?:_\d{3}){1,5}", re.ASCII)
MOST = 10**18
"""The largest number of characters or tokens of a volume."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenVolume:
    """The tokens of a month in one language, as the provider of the model before has counted them.

    Attributes:
        input_tokens: Number of tokens of the requests.
        output_tokens: Number of tokens of the replies; None if that is not known.
    """

    input_tokens: int
    output_tokens: int | None = None

    def __str__(self) -> str:
        """Returns the volume as it stands in a signature."""
        replies = "" if self.output_tokens is None else f"+{self.output_tokens}"
        return f"{self.input_tokens}{replies}tokens"


def read_volumes(path: str, request_characters: int | None = None) -> dict[str, int | TokenVolume]:
    """Reads the volume per month from a CSV file, by language code.

    The file has a header with the column "language" and either "characters", or "requests", or
    "input_tokens" with or without "output_tokens". Rows of the same language ("gu", "guj_Gujr")
    are added up.

    Args:
        path: The path of the file, or "-" for standard input.
        request_characters: Number of characters per request.

    Raises:
        SourceError: The file cannot be read.
        RecordError: A row of it is not valid.
        ArgumentError: It has requests, and `request_characters` is None.
    """
    with open_text(path) as file:
        name = file.name
        try:
            content = file.stream.read().decode()
        except UnicodeDecodeError as error:
            reason = f"it is not UTF-8: {error.reason}"
            raise RecordError(name, reason, offset=error.start) from error
    try:
        return _volumes_of(content, name, request_characters)
    except csv.Error as error:
        raise RecordError(name, str(error)) from error


def _volumes_of(
    content: str, name: str, request_characters: int | None
) -> dict[str, int | TokenVolume]:
    reader = csv.DictReader(io.StringIO(content, newline=""))
    header = [column.strip().lower().replace(" ", "_") for column in reader.fieldnames or []]
    reader.fieldnames = header
    columns = _number_columns(header, name)
    if columns == ("requests",) and request_characters is None:
        raise with_hint(
            ArgumentError,
            f"{name!r} has a column of requests, so the number of characters per request is "
            "needed:",
            python="request_characters=500.",
            command="--requests 500.",
        )
    volumes: dict[str, int | TokenVolume] = {}
    models: set[str] = set()
    for row in reader:
        models.add((row.get("model") or "").strip())
        numbers = [_number(row[column]) for column in columns]
        language = (row["language"] or "").strip()
        if None in numbers or not language or None in row:
            raise RecordError(name, _reason(row, header, columns), line=reader.line_num)
        if is_pair(language):
            reason = f"{language!r} is a pair of languages; a volume is that of one"
            raise RecordError(name, reason, line=reader.line_num)
        first, *rest = (number or 0 for number in numbers)
        code = code_of(language)
        volume: int | TokenVolume = first
        if columns == ("requests",):
            volume = first * (request_characters or 0)
        elif columns[0] == "input_tokens":
            volume = TokenVolume(input_tokens=first, output_tokens=rest[0] if rest else None)
        volumes[code] = _add(volumes.get(code), volume)
    if not volumes:
        raise RecordError(name, "there is no row below the header", line=1)
    if columns[0] == "input_tokens" and len(models) > 1:
        # A token of one model is not a token of another.
        shown = ", ".join(map(repr, sorted(models)))
        raise RecordError(name, f"keep the rows of the model before; there are several: {shown}")
    _check_replies(volumes)
    return volumes


def _reason(row: Mapping[Any, Any], header: list[str], columns: tuple[str, ...]) -> str:
    cells = [*(row[each] or "" for each in header), *row.get(None, [])]
    return (
        f"a row must have a language, a whole number of {' and of '.join(columns)} (in quotes if "
        f"it contains commas), and as many cells as the header; it has {cells}"
    )


def _number_columns(header: list[str], name: str) -> tuple[str, ...]:
    """Returns the columns of numbers in a valid header."""
    present = {column for column in header if column in _TAKEN or column.endswith("tokens")}
    columns = next((kind for kind in _KINDS if set(kind) == present), None)
    are_unique = len(set(header)) == len(header)
    if columns is not None and "language" in header and are_unique:
        return columns
    reason = (
        "the first line must name the columns 'language' and either 'characters', or 'requests', "
        "or 'input_tokens' and 'output_tokens', each once, separated by commas; "
        f"there are: {', '.join(header) or 'none'}"
    )
    if are_unique and len(present) > 1:
        reason += ". Keep the columns of one kind; the others would be ignored"
    raise RecordError(name, reason, line=1)


def _number(text: str | None) -> int | None:
    digits = (text or "").strip()
    if not _NUMBER.fullmatch(digits):
        return None
    return int(digits.replace(",", "").replace("_", ""))


def _add(one: int | TokenVolume | None, other: int | TokenVolume) -> int | TokenVolume:
    """Adds up two volumes of the same kind."""
    if isinstance(one, TokenVolume) and isinstance(other, TokenVolume):
        replies = [each.output_tokens for each in (one, other) if each.output_tokens is not None]
        return TokenVolume(
            input_tokens=one.input_tokens + other.input_tokens,
            output_tokens=sum(replies) if replies else None,
        )
    if isinstance(one, int) and isinstance(other, int):
        return one + other
    return other


def check_volumes(volumes: object) -> dict[str, int | TokenVolume]:
    """Checks volumes that a caller gave in Python, and returns them by language code.

    Raises:
        ArgumentError: They are no mapping from languages to whole numbers, or to tokens.
    """
    if not isinstance(volumes, Mapping):
        raise ArgumentError(
            "Volumes must be a mapping from languages to characters per month, such as "
            f"{{'gu': 1_000_000}}, not {type(volumes).__name__}."
        )
    checked: dict[str, int | TokenVolume] = {}
    for language, value in volumes.items():
        volume = _check_volume(value)
        if not isinstance(language, str) or volume is None:
            raise ArgumentError(
                "A volume must be a language and a whole number of characters, or "
                "{'input_tokens': number, 'output_tokens': number}, not "
                f"{language!r}: {value!r}."
            )
        if is_pair(language):
            raise ArgumentError(f"{language!r} is a pair of languages; a volume is that of one.")
        code = code_of(language)
        checked[code] = _add(checked.get(code), volume)
    if len({_kind(volume) for volume in checked.values()}) > 1:
        raise ArgumentError(
            "Volumes must be of one kind for all languages: characters, input tokens, or input "
            "tokens and output tokens."
        )
    _check_replies(checked)
    return checked


def match_volumes(
    volumes: Mapping[str, int | TokenVolume], codes: Iterable[str]
) -> tuple[dict[str, int | TokenVolume], list[str]]:
    """Returns volumes by the codes of the text that they are meant for, and notes.

    A volume may name its language ("English"), a form of it that the text does not say ("ar-EG"),
    or leave out the form that the text says ("zh" for "zh-CN"). What is meant by none, or by
    several of the codes, keeps its own code.

    Args:
        volumes: The volumes.
        codes: The codes of the languages that there is text in.
    """
    entries = {entry_of(code): code for code in codes}
    matched: dict[str, int | TokenVolume] = {}
    notes = []
    for language, volume in volumes.items():
        code, note = resolve_language(language)
        found = match_language(code, entries).entries
        if entry_of(code) not in found and len(found) == 1:
            code = entries[found[0]]
            note = f"The volume of {language!r} is applied to text in {code!r}."
        if note:
            notes.append(note)
        matched[code] = _add(matched.get(code), volume)
    return matched, notes


def _kind(volume: int | TokenVolume) -> str:
    if isinstance(volume, TokenVolume):
        return "input" if volume.output_tokens is None else "both"
    return "characters"


def _check_volume(value: object) -> int | TokenVolume | None:
    """Returns a volume in its own form; None if it is none."""
    if isinstance(value, TokenVolume):
        value = {"input_tokens": value.input_tokens, "output_tokens": value.output_tokens}
        value = {name: number for name, number in value.items() if number is not None}
    if isinstance(value, Mapping):
        is_known = "input_tokens" in value and value.keys() <= {"input_tokens", "output_tokens"}
        if not is_known or not all(map(_is_count, value.values())):
            return None
        return TokenVolume(**value)
    return int(value) if isinstance(value, int) and _is_count(value) else None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


def _check_replies(volumes: Mapping[str, int | TokenVolume]) -> None:
    for code in _without_requests(volumes):
        raise ArgumentError(
            f"The volume of {code!r} has output tokens but no input tokens, so its replies belong "
            "to no request."
        )


def _without_requests(volumes: Mapping[str, int | TokenVolume]) -> Iterator[str]:
    for code, volume in volumes.items():
        if isinstance(volume, TokenVolume) and volume.output_tokens and not volume.input_tokens:
            yield code
