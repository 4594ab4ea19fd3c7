"""The files that travel with the package, vocabularies and samples: where they stand.

It reads none of them. In an installed wheel they stand inside the package, in a checkout or an
editable install in `data/` beside it.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent

SAMPLES: dict[str, str] = {
    "gpt-4o": "the language table of the GPT-4o announcement (OpenAI, 2024-05-13)",
    "udhr": "the Universal Declaration of Human Rights, its preamble and 30 articles",
}
"""The built-in sample sets: what each is, by its name."""


def data_path(folder: str, filename: str) -> Path:
    """Returns where a file that travels with the package stands, whether it is there or not."""
    installed = _PACKAGE / folder
    return (installed if installed.is_dir() else _PACKAGE.parent / "data" / folder) / filename


def sample_path(name: str) -> Path:
    """Returns where the file of a sample set stands."""
    return data_path("samples", f"{name}.jsonl")
