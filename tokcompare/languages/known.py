"""Known codes: what langcodes says of the codes that data sets use most, looked up in one file.

langcodes and its names take 140 ms to import, and a millisecond a code.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tokcompare.bundled import read_data
from tokcompare.languages.language import RIGHT_TO_LEFT, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCodes:
    """The table: `data/codes/known.json`.

    Attributes:
        spellings: The entry and the BCP 47 code of each spelling: see `languages.codes`.
        languages: The English name, own name and script of each code.
        scripts: The likeliest script of each language, by its first subtag.
    """

    spellings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    languages: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)

    def language(self, code: str) -> Language | None:
        """Returns the language of a BCP 47 code, or None."""
        found = self.languages.get(code)
        if found is None:
            return None
        name, native_name, script = found
        return Language(
            code=code,
            name=name,
            native_name=native_name,
            script=script,
            direction="rtl" if script in RIGHT_TO_LEFT else "ltr",
        )


@functools.cache
def known_codes() -> KnownCodes:
    """Reads the table."""
    return KnownCodes(**json.loads(read_data("codes", "known.json")))
