"""Bundled data: the paths of the files that the package contains, and the names of the sample sets.

An installed wheel has them inside the package. A checkout and an editable install have them in
`data/` beside it.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from zipimport import zipimporter

_PACKAGE = Path(__file__).parent

SAMPLES: dict[str, str] = {
    "gpt-4o": "the language table of the GPT-4o announcement (OpenAI, 2024-05-13)",
    "udhr": "the Universal Declaration of Human Rights, its preamble and 30 articles",
}
"""The description of each built-in sample set, by its name."""


def data_path(folder: str, filename: str) -> Path:
    """Returns the path of a bundled file, whether it exists or not."""
    installed = _PACKAGE / folder
    return (installed if installed.is_dir() else _PACKAGE.parent / "data" / folder) / filename


def read_data(folder: str, filename: str) -> bytes:
    """Returns the content of a bundled file, also if the package is imported from a zip file.

    Raises:
        OSError: The file cannot be read.
    """
    loader = __spec__.loader
    if isinstance(loader, zipimporter):
        return loader.get_data(str(_PACKAGE / folder / filename))
    return data_path(folder, filename).read_bytes()


def sample_path(name: str) -> Path:
    """Returns the path of the file of a sample set."""
    return data_path("samples", f"{name}.jsonl")


@functools.cache
def flores_columns() -> Mapping[str, Mapping[str, str]]:
    """Reads how the tokens of FLORES-200 were counted and checked under each encoding."""
    import json  # saves start time

    columns: Mapping[str, Mapping[str, str]] = json.loads(read_data("flores", "columns.json"))
    return columns


def is_verified(encoding: str) -> bool:
    """Returns whether a reference implementation gives the same tokens of an encoding."""
    column = flores_columns()[encoding]
    return not column["made_with"].startswith("splintr-rs") or "checked_with" in column
