"""Volumes: the number of characters that a product handles per month, by language."""

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
"""The largest number of characters of a volume."""


def read_volumes(path: str, request_characters: int | None = None) -> dict[str, int]:
    """Reads the number of characters per month from a CSV file, by language code.

    The file has a header with the columns "language" and either "characters" or "requests". Rows
    of the same language ("gu", "guj_Gujr") are added up.

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


def _volumes_of(content: str, name: str, request_characters: int | None) -> dict[str, int]:
    reader = csv.DictReader(io.StringIO(content, newline=""))
    header = [column.strip().lower() for column in reader.fieldnames or []]
    reader.fieldnames = header
    column = _number_column(header, name)
    factor = 1
    if column == "requests":
        if request_characters is None:
            raise ArgumentError(
                f"{name!r} has a column of requests, so the number of characters per request is "
                "needed: --requests 500."
            )
        factor = request_characters
    volumes: dict[str, int] = {}
    for row in reader:
        number = _number(row[column])
        language = (row["language"] or "").strip()
        if number is None or not language or None in row:
            cells = [*(row[each] or "" for each in header), *row.get(None, [])]
            reason = (
                f"a row must have a language, a whole number of {column} (in quotes if it contains "
                f"commas), and as many cells as the header; it has {cells}"
            )
            raise RecordError(name, reason, line=reader.line_num)
        code = code_of(language)
        volumes[code] = volumes.get(code, 0) + number * factor
    if not volumes:
        raise RecordError(name, "there is no row below the header", line=1)
    return volumes


def _number_column(header: list[str], name: str) -> str:
    """Returns the column of numbers in a valid header."""
    column = next((column for column in _COLUMNS if column in header), None)
    if "language" not in header or column is None or len(set(header)) < len(header):
        raise RecordError(
            name,
            "the first line must name the columns 'language' and either 'characters' or "
            "'requests', each once, separated by commas; "
            f"there are: {', '.join(header) or 'none'}",
            line=1,
        )
    return column


def _number(text: str | None) -> int | None:
    digits = (text or "").strip()
    if not _NUMBER.fullmatch(digits):
        return None
    return int(digits.replace(",", "").replace("_", ""))


def check_volumes(volumes: object) -> dict[str, int]:
    """Checks volumes that a caller gave in Python, and returns them by language code.

    Raises:
        ArgumentError: They are no mapping from languages to whole numbers.
    """
    if not isinstance(volumes, Mapping):
        raise ArgumentError(
            "Volumes must be a mapping from languages to characters per month, such as "
            f"{{'gu': 1_000_000}}, not {type(volumes).__name__}."
        )
    checked: dict[str, int] = {}
    for language, number in volumes.items():
        is_whole = isinstance(number, int) and not isinstance(number, bool)
        if not isinstance(language, str) or not is_whole or not 0 <= number <= MOST:
            raise ArgumentError(
                "A volume must be a language and a whole number of characters, not "
                f"{language!r}: {number!r}."
            )
        code = code_of(language)
        checked[code] = checked.get(code, 0) + number
    return checked
