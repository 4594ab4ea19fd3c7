"""Selection: the language that somebody asks for, and the languages of the data that it means."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

from tokcompare.errors import ArgumentError
from tokcompare.languages.codes import (
    describe_entry,
    entry_of,
    is_known,
    likely_script,
    macrolanguage_of,
)
from tokcompare.languages.language import LANGUAGES, UNDETERMINED
from tokcompare.languages.spellings import PROGRAMMING_LANGUAGES, is_pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The languages of some data that are meant by a language that was asked for.

    Attributes:
        entries: Their entries: see `entry_of`.
        is_wider: Whether they are wider than the one that was asked for ("hi" for "hi-IN").
    """

    entries: tuple[str, ...]
    is_wider: bool = False


def resolve_language(name: str) -> tuple[str, str | None]:
    """Returns the code of a language that somebody names, and a note if it was not a code.

    Raises:
        ArgumentError: It is a pair of languages.

    >>> resolve_language("guj_Gujr")
    ('guj_Gujr', None)
    >>> resolve_language("Hindi")
    ('hi', "The language 'Hindi' is read as its code 'hi'.")
    """
    if is_pair(name):
        first, second = name.replace("_", "-").split("-")[0], name.replace("_", "-").split("-")[-1]
        raise ArgumentError(
            f"{name!r} names two languages, not one. Give each by itself ({first!r}, {second!r}); "
            "a region is written in upper case."
        )
    if name == UNDETERMINED or is_known(entry_of(name)) or name in PROGRAMMING_LANGUAGES:
        return name, None
    code = _code_of_name(name)
    if code is None:
        return name, None
    return code, f"The language {name!r} is read as its code {code!r}."


@functools.lru_cache(maxsize=256)
def _code_of_name(name: str) -> str | None:
    """Returns the code of a language by its name in English or in the language itself, or None."""
    if len(name.strip()) < 3 or name in PROGRAMMING_LANGUAGES:
        return None
    from langcodes import find
    from language_data.names import name_to_code  # type: ignore[import-untyped]

    if code := name_to_code("language", name, "en"):
        return entry_of(code)
    try:
        code = str(find(name))
    except LookupError:
        return None
    # "hindu" is Hindi, but in a third language.
    return code if describe_entry(code).native_name.casefold() == name.casefold() else None


def may_select(wanted: Iterable[str], entry: str) -> bool:
    """Returns whether documents of an entry may be meant by one of the languages asked for."""
    return any(_covers(one, entry) or _is_wider(entry, one) for one in wanted)


def match_language(wanted: str, entries: Iterable[str]) -> Match:
    """Returns the languages of some data that are meant by a language that was asked for.

    "zh" means Chinese in all its forms ("zh-CN", "zh-Hans", "cmn"). If there is nothing of that
    kind, a region or a member of a macrolanguage means the wider language.

    Args:
        wanted: The code that was asked for.
        entries: The entries that there are.

    >>> match_language("zh", ["en", "zh-CN", "zh-Hans", "cmn"]).entries
    ('zh-CN', 'zh-Hans', 'cmn')
    >>> match_language("hi-IN", ["en", "hi"])
    Match(entries=('hi',), is_wider=True)
    """
    entries = tuple(dict.fromkeys(entries))
    covered = tuple(entry for entry in entries if _covers(wanted, entry))
    if covered:
        return Match(entries=covered)
    wider = tuple(entry for entry in entries if _is_wider(entry, wanted))
    return Match(entries=wider, is_wider=bool(wider))


@functools.lru_cache(maxsize=4096)
def _covers(wanted: str, entry: str) -> bool:
    """Returns whether an entry is the language that was asked for, or a form of it."""
    wanted = entry_of(wanted)
    if wanted == entry or _are_plain(wanted, entry) or not is_known(wanted):
        return wanted == entry
    if not is_known(entry):  # data that names languages, not codes
        return _code_of_name(entry) == wanted
    asked, has = _Subtags(wanted), _Subtags(entry)
    if asked.language not in (has.language, macrolanguage_of(has.language)):
        return False
    if asked.script and asked.script != has.script and not (has.region and not has.script):
        return False
    if asked.script and asked.script != likely_script(entry):
        return False
    return asked.region in ("", has.region) and asked.others <= has.others


@functools.lru_cache(maxsize=4096)
def _is_wider(entry: str, wanted: str) -> bool:
    """Returns whether an entry is wider than the language that was asked for."""
    wanted = entry_of(wanted)
    if wanted == entry or _are_plain(wanted, entry):
        return False
    if not is_known(wanted) or not is_known(entry):
        return False
    asked, has = _Subtags(wanted), _Subtags(entry)
    if has.language not in (asked.language, macrolanguage_of(asked.language)):
        return False
    if likely_script(entry) != likely_script(wanted) or has.script not in ("", asked.script):
        return False
    return has.region in ("", asked.region) and has.others <= asked.others


def _are_plain(wanted: str, entry: str) -> bool:
    """Returns whether neither language is a form of another; langcodes takes 140 ms to import."""
    return wanted in LANGUAGES and entry in LANGUAGES


class _Subtags:
    """The parts of a BCP 47 tag.

    Attributes:
        language: The language.
        script: The script; empty for none.
        region: The region; empty for none.
        others: Variants and private subtags.
    """

    def __init__(self, tag: str) -> None:
        self.language, *rest = tag.split("-")
        self.script = self.region = ""
        if rest and len(rest[0]) == 4 and rest[0].isalpha():
            self.script = rest.pop(0)
        if rest and (len(rest[0]) == 2 or (len(rest[0]) == 3 and rest[0].isdigit())):
            self.region = rest.pop(0)
        self.others = frozenset(rest)
