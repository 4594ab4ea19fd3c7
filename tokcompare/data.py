"""The files that travel with the package, vocabularies and samples: where they stand.

It reads none of them. In an installed wheel they stand inside the package, in a checkout or an
editable install in `data/` beside it.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def data_path(folder: str, filename: str) -> Path:
    """Returns where a file that travels with the package stands, whether it is there or not."""
    installed = _PACKAGE / folder
    return (installed if installed.is_dir() else _PACKAGE.parent / "data" / folder) / filename
