"""Volumes: how much text of each language a product handles in a month, from a CSV file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping

from tokcompare.errors import ArgumentError, RecordError
from tokcompare.languages import code_of
from tokcompare.sources.streams import open_text

_COLUMNS = ("characters", "requests")
_NUMBER = re.compile(r"\d{1,18}|\d{1,3}(?:,\d{3}){1,5}|\d{1,3}(?:_\d{3}){1,5}", re.ASCII)
MOST = 10**18
"""As many characters as a volume may have."""


def read_volumes(path: str, request_characters: int | None = None) -> dict[str, int]:
    """Returns how many characters there are a month, by the code of the language.

    The file has a header, and columns "language" and "characters" or "requests". Rows of one
    language ("gu", "guj_Gujr") add up.

    Args:
        path: The path of the file, or "-".
        request_characters: How many characters a request has.

    Raises:
        SourceError: The file cannot be read.
        RecordError: A row cannot be.
        ArgumentError: It has requests, and nobody said how long they are.
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


def _volumes_of(content: str, name: str, request_characters: int | None) -> dict[str, int]:
    reader = csv.DictReader(io.StringIO(content, newline=""))
    header = [column.strip().lower() for column in reader.fieldnames or []]
    reader.fieldnames = header
    column = next((column for column in _COLUMNS if column in header), None)
    if "language" not in header or column is None or len(set(header)) < len(header):
        raise RecordError(
            name,
            "the first line must name the columns, 'language' and 'characters' or 'requests', "
            "each once, and commas must part them; "
            f"there are: {', '.join(header) or 'none'}",
            line=1,
        )
    if column == "requests" and request_characters is None:
        raise ArgumentError(
            f"{name!r} has requests; say how many characters a request has: --requests 500."
        )
    volumes: dict[str, int] = {}
    for row in reader:
        number = _number(row[column])
        language = (row["language"] or "").strip()
        if number is None or not language or None in row:
            cells = [*(row[each] or "" for each in header), *row.get(None, [])]
            reason = (
                f"a row must have a language and a whole number of {column}, in quotes if there "
                f"are commas in it, and as many cells as the header; it has {cells}"
            )
            raise RecordError(name, reason, line=reader.line_num)
        code = code_of(language)
        volumes[code] = volumes.get(code, 0) + number * (
            1 if column == "characters" or request_characters is None else request_characters
        )
    if not volumes:
        raise RecordError(name, "there is no row below the header", line=1)
    return volumes


def _number(text: str | None) -> int | None:
    digits = (text or "").strip()
    if not _NUMBER.fullmatch(digits):
        return None
    return int(digits.replace(",", "").replace("_", ""))


def check_volumes(volumes: object) -> dict[str, int]:
    """Returns volumes that somebody gave in Python, by the code of the language.

    Raises:
        ArgumentError: They are no mapping from languages to whole numbers.
    """
    if not isinstance(volumes, Mapping):
        raise ArgumentError(
            "Volumes must map languages to characters a month, such as {'gu': 1_000_000}, "
            f"not be {type(volumes).__name__}."
        )
    checked: dict[str, int] = {}
    for language, number in volumes.items():
        is_whole = isinstance(number, int) and not isinstance(number, bool)
        if not isinstance(language, str) or not is_whole or not 0 <= number <= MOST:
            raise ArgumentError(f"{language!r}: {number!r} is not a language and a whole number.")
        code = code_of(language)
        checked[code] = checked.get(code, 0) + number
    return checked
