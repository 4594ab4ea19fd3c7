"""The models that genai-prices lists for OpenAI: whether a name is one of them.

Importing genai-prices takes a quarter of a second, so its file of data is searched for the name
first. Only a name that the file does not contain needs the import.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo

PROVIDER = "openai"

# 2024-05-13, or only month and day: 0613.
DATE = r"20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
"""The date of a version at the end of a model's name."""


def is_listed(name: str) -> bool:
    """Returns whether genai-prices lists a model for OpenAI by its whole name, in lower case.

    A rule that takes anything that begins in some way, or contains some word, does not list a
    name, unless a date follows the beginning.
    """
    return name in names_in_file() or any(
        info.id.lower() == name or _lists(info.match, name) for info in _models()
    )


@functools.cache
def names_in_file() -> frozenset[str]:
    """Returns the whole names in the data file of genai-prices; none if it has another form."""
    spec = find_spec("genai_prices")
    path = Path(spec.origin or "").with_name("data.py") if spec else Path()
    try:
        content = path.read_bytes()
    except OSError:  # imported from an archive
        return frozenset()
    start = content.find(b"\n        id='%b',\n" % PROVIDER.encode())
    end = content.find(b"\n    Provider(\n", start)
    if start < 0 or end < 0:
        return frozenset()
    section = content[start:end].decode().lower()
    return frozenset(re.findall(r"\b(?:equals|id)='([^'\\]+)'", section))


def _models() -> Iterator[ModelInfo]:
    from genai_prices.data_snapshot import get_snapshot

    for provider in get_snapshot().providers:
        if provider.id == PROVIDER:
            yield from provider.models


def _lists(rule: Any, name: str) -> bool:
    """Returns whether a rule of genai-prices lists a name."""
    from genai_prices.types import ClauseEquals, ClauseOr, ClauseRegex, ClauseStartsWith

    if isinstance(rule, ClauseOr):
        return any(_lists(each, name) for each in rule.or_)
    if isinstance(rule, ClauseRegex):
        return rule.regex.startswith("^") and rule.regex.endswith("$") and rule.is_match(name)
    if isinstance(rule, ClauseStartsWith):
        start = re.escape(rule.starts_with.lower().rstrip("-"))
        return re.fullmatch(rf"{start}(?:-(?:{DATE}))?", name, re.ASCII) is not None
    return isinstance(rule, ClauseEquals) and rule.is_match(name)
