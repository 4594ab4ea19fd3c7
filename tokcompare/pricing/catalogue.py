"""The models that `genai-prices` knows: how to find and suggest them, and when they appeared."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from tokcompare.bundled import read_data
from tokcompare.encodings.models import PROVIDERS, find_tokenizer_of_model
from tokcompare.errors import ArgumentError, UnknownNameError, require_str, with_hint

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo, Provider

_OTHER_NAMES = {"gemini": "google", "vertex_ai": "google", "bedrock": "aws", "azure_ai": "azure"}
"""Other libraries' names of providers before the name of a model."""


def normal_name(model: str) -> str:
    """Returns the name of a model in the form for comparisons: stripped, in lower case.

    Raises:
        ArgumentError: It is not a string, or empty.
    """
    require_str("The name of a model", model)
    if not model.strip():
        raise ArgumentError("The name of a model must not be empty; an example is gpt-4o.")
    return model.strip().lower()


@functools.lru_cache(maxsize=4096)
def look_up(model: str) -> tuple[Provider, ModelInfo] | None:
    """Returns the provider and the model in genai-prices; None if it does not have the model."""
    name = normal_name(model)
    head, _, rest = name.partition("/")
    stripped = _without_provider(name)
    candidates: list[tuple[str, str | None]] = [(name, None), (name, "openai")]
    if rest:
        provider = _OTHER_NAMES.get(head, head)
        candidates = [(rest, provider), (stripped, provider), (stripped, None), *candidates]
    for candidate, known in candidates:
        try:
            return snapshot().find_provider_model(candidate, None, known, None)
        except LookupError:
            continue
    return _only_provider(name)


def _only_provider(name: str) -> tuple[Provider, ModelInfo] | None:
    """Returns the provider of an open model, and the model, if exactly one calls it by this name.

    An open model has the same tokenizer wherever it runs; who runs it decides its price.
    """
    if find_tokenizer_of_model(name) is None:
        return None
    found = [(provider, info) for provider, info in _models() if info.id.lower() == name]
    return found[0] if len(found) == 1 else None


def snapshot() -> DataSnapshot:
    """Returns the data of genai-prices: those in the package, or today's if downloaded."""
    from genai_prices.data_snapshot import get_snapshot

    return get_snapshot()


def context_window(model: str) -> tuple[int, str]:
    """Returns the number of tokens that fit in the context window of a model, and its source.

    The source is a web page where genai-prices has another number than the model's provider, else
    the release of genai-prices.

    Raises:
        UnknownNameError: The model or its context window is not known.
    """
    if (published := _published_windows().get(_without_provider(normal_name(model)))) is not None:
        return published
    found = look_up(model)
    if found is not None and found[1].context_window is not None:
        return found[1].context_window, source_name()
    message = f"No known context window for model {model!r}."
    raise with_hint(
        UnknownNameError,
        message + (suggested_model(model, needs_window=True) if found is None else ""),
        python="Give its size with window=TOKENS.",
        command="Give its size with --window TOKENS.",
    )


def source_name() -> str:
    """Returns the name of the data: a release of genai-prices, or today's data."""
    from genai_prices import __version__

    return "genai-prices, today's" if snapshot().from_auto_update else f"genai-prices {__version__}"


def _without_provider(name: str) -> str:
    return next((name.removeprefix(p) for p in PROVIDERS if name.startswith(p)), name)


@functools.cache
def _published_windows() -> Mapping[str, tuple[int, str]]:
    """Reads the windows that genai-prices has wrong, each with the page that published it."""
    content = read_data("prices", "windows.json")
    return {
        model: (entry["tokens"], entry["source"])
        for entry in json.loads(content.decode())
        for model in entry["models"]
    }


def suggested_model(model: str, *, needs_window: bool = False) -> str:
    """Returns " Did you mean ...?" with the nearest name of a model, or "" if none is similar.

    The suggested name is known here: where a name needs its provider, it has it.

    Args:
        model: The name that is not known.
        needs_window: Whether to suggest only models whose context window is known, instead of
            those whose price per million tokens is known.
    """
    from difflib import get_close_matches

    name = normal_name(model)
    suggested = _names(needs_window=needs_window)
    # Nearly always the name is right, and only its provider is missing; a provider's own names,
    # such as qwen/qwen-max of OpenRouter, have more parts than short forms of them.
    near = [spelling for spelling in suggested if spelling == name or spelling.endswith(f"/{name}")]
    near.sort(key=lambda spelling: suggested[spelling].count("/"), reverse=True)
    near = near or get_close_matches(name, suggested, n=1)
    if not near and len(name) >= 3:
        near = sorted((spelling for spelling in suggested if name in spelling), key=len)
    if not near:
        return ""
    return f" Did you mean {suggested[near[0]]!r}?{_others(name, suggested)}"


def _others(name: str, suggested: Mapping[str, str]) -> str:
    """Returns a sentence that names the other providers of a model; empty if there are none."""
    own = {long.partition("/")[0] for key, long in suggested.items() if key.endswith(f"/{name}")}
    if len(own) < 2:
        return ""
    return f" {len(own)} providers have it, each at its price: {', '.join(sorted(own))}."


@functools.cache
def _names(*, needs_window: bool) -> dict[str, str]:
    """Returns the names that `look_up` finds, by each spelling that may be meant."""
    is_usable = _has_window if needs_window else _has_price
    names: dict[str, str] = {}
    for provider, info in _models():
        short, long = info.id, f"{provider.id}/{info.id}"
        usable = [name for name in (short, long) if (f := look_up(name)) and is_usable(f[1])]
        for spelling in (short, long):
            if usable:
                names.setdefault(spelling.lower(), spelling if spelling in usable else usable[0])
    return names


def _has_window(info: ModelInfo) -> bool:
    return info.context_window is not None


def _has_price(info: ModelInfo) -> bool:
    return info.get_prices(datetime.now(UTC)).input_mtok is not None


def _models() -> Iterator[tuple[Provider, ModelInfo]]:
    for provider in snapshot().providers:
        for info in provider.models:
            yield provider, info


def forget() -> None:
    """Forgets what was found in the data of genai-prices, because there are newer ones."""
    for found in (look_up, _names, newest_entry):
        found.cache_clear()


@functools.cache
def newest_entry() -> date | None:
    """Returns the newest day, up to today, on which a price in genai-prices begins to apply."""
    days: list[date] = []
    for _, info in _models():
        days += _start_days(info)
    today = datetime.now(UTC).date()
    return max((day for day in days if day <= today), default=None)


def _start_days(info: ModelInfo) -> Iterator[date]:
    dated = info.prices if isinstance(info.prices, list) else []
    constraints = [entry.constraint for entry in dated]
    constraints += [entry.constraint for entry in info.price_variants or []]
    for constraint in constraints:
        day = getattr(constraint, "start_date", None)
        if isinstance(day, date):
            yield day


def has_start(info: ModelInfo, day: date) -> bool:
    """Returns whether genai-prices says from which day the price of a day holds."""
    dated = info.prices if isinstance(info.prices, list) else []
    starts = [getattr(entry.constraint, "start_date", None) for entry in dated]
    return any(isinstance(start, date) and start <= day for start in starts)


_DAY_IN_NAME = re.compile(r"(20\d\d)-?(0[1-9]|1[0-2])-?(0[1-9]|[12]\d|3[01])(?!\d)")


def release_day(model: str) -> date | None:
    """Returns the day on which a model was released; None if that is not known.

    It comes from `data/prices/releases.json`, or from the date in the model's name.

    >>> release_day("openai/gpt-4o")
    datetime.date(2024, 5, 13)
    >>> release_day("claude-sonnet-4-20250514")
    datetime.date(2025, 5, 14)
    """
    name = normal_name(model)
    if named := _DAY_IN_NAME.search(name):
        year, month, day = map(int, named.groups())
        try:
            return date(year, month, day)
        except ValueError:  # the thirty-first of a shorter month
            return None
    found = look_up(model)
    known = [name] if found is None else [name, found[1].id.lower()]
    days = (_releases().get(each.rpartition("/")[2]) for each in known)
    text = next((day for day in days if day), None)
    return date.fromisoformat(text) if text else None


@functools.cache
def _releases() -> Mapping[str, str]:
    content = read_data("prices", "releases.json")
    return {
        model: entry["released"]
        for entry in json.loads(content.decode())
        for model in entry["models"]
    }
