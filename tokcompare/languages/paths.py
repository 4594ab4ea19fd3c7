"""Languages in paths: what the folders and the name of a file say about its language.

A path may hold any word, so only what is hard to mistake names a language. A code that is also an
ordinary word or the suffix of other files ("no", ".cs") counts if those beside it are codes, too.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from tokcompare.languages.codes import code_of, entry_of, is_known
from tokcompare.languages.language import UNDETERMINED
from tokcompare.languages.spellings import is_pair
from tokcompare.languages.words import DATA_SETS, SUFFIXES, UNSPOKEN, WORDS

_KEY_AND_VALUE = re.compile(r"(?:language|lang|lng|lc|locale)=(.+)", re.IGNORECASE)
_DATE_AND_CODE = re.compile(r"\d{6,8}\.([^.]+)")
_SCRIPT = re.compile(r"(?:^|.*[-_])([A-Za-z]{2,3}[-_][A-Z][a-z]{3})")
_DIRECTION = re.compile(r"([A-Za-z]{2,3})(?:2|[-_]to[-_])([A-Za-z]{2,3})")
_LAST_PARTS = re.compile(r"(.+?)[-_]([A-Za-z]{2,3}(?:[-_][A-Za-z]{2,3})?)")
_LAST_PART = re.compile(r"(.+)[-_]([A-Za-z]{2,3})")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLanguage:
    """The language that a path names.

    Attributes:
        code: The BCP 47 code; None for none.
        spelling: How the path spells it.
        pair: The pair of languages that the path names instead ("en-de"); None for none.
    """

    code: str | None = None
    spelling: str | None = None
    pair: str | None = None


class _Evidence(Enum):
    """How certain it is that a part of a path names a language."""

    CERTAIN = 1
    PLAIN = 2
    DOUBTFUL = 3
    PAIR = 4


@dataclass(frozen=True, slots=True)
class _Reading:
    """A part of a path, read as a language.

    Attributes:
        evidence: How certain it is.
        spelling: The code as the path spells it, or the pair.
        prefix: What stands before the code in the same part.
    """

    evidence: _Evidence
    spelling: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A place in a path where a language may stand.

    Attributes:
        place: What all candidates beside this one share.
        text: What stands there.
        is_suffix: Whether it is a suffix of the file's name.
    """

    place: tuple[str, ...]
    text: str
    is_suffix: bool = False


def languages_of_paths(paths: Iterable[tuple[Sequence[str], str]]) -> list[NamedLanguage]:
    """Returns the language that each path of a source names.

    The name of a file is split at full stops. These places are searched in order: the parts after
    the first full stop, from the last to the first; the first part, if it is unmistakable; the
    folder of the file; the first part; and the folders above. A pair of languages ("en-de") ends
    the search.

    Args:
        paths: For each file the folders that contain it, from the named one on, the outermost
            first; and its name without the suffixes of format and compression.

    >>> [found.code for found in languages_of_paths([(["corpus", "gu"], "a"), ([], "dev.guj")])]
    ['gu', 'gu']
    >>> [found.code for found in languages_of_paths([(["data"], "doc"), (["no"], "run.sh")])]
    [None, None]
    """
    searched = [list(_candidates(folders, stem)) for folders, stem in paths]
    beside: dict[tuple[str, ...], dict[str, _Candidate]] = {}
    for candidate in (candidate for candidates in searched for candidate in candidates):
        place = _place(candidate)
        beside.setdefault(place, {})[candidate.text] = candidate
    agreeing = {place for place, others in beside.items() if _are_languages(others.values())}
    return [_search(candidates, agreeing) for candidates in searched]


def _candidates(folders: Sequence[str], stem: str) -> Iterator[_Candidate]:
    first, *parts = stem.split(".")
    whole = ("file", *folders)
    for number in range(len(parts), 0, -1):
        before = ".".join([first, *parts[: number - 1]])
        yield _Candidate(("suffix", *folders, before), parts[number - 1], is_suffix=True)
    name = _Candidate(whole, first)
    reading = _read(name)
    is_clear = reading is not None and reading.evidence in (_Evidence.CERTAIN, _Evidence.PAIR)
    above = [_Candidate(("folder", *folders[:depth]), text) for depth, text in enumerate(folders)]
    yield from [name, *reversed(above)] if is_clear else [*above[-1:], name, *reversed(above[:-1])]


def _search(candidates: Sequence[_Candidate], agreeing: set[tuple[str, ...]]) -> NamedLanguage:
    read = [(candidate, reading) for candidate in candidates if (reading := _read(candidate))]
    pairs = [reading.spelling for _, reading in read if reading.evidence is _Evidence.PAIR]
    # In "train.cs-en.cs" the suffix is one of the pair.
    of_pairs = {part for pair in pairs for part in re.split("[-_]", pair)}
    for candidate, reading in read:
        if reading.evidence is _Evidence.PAIR:
            return NamedLanguage(pair=reading.spelling)
        is_doubtful = reading.evidence is _Evidence.DOUBTFUL
        if not is_doubtful or _place(candidate) in agreeing or reading.spelling in of_pairs:
            return NamedLanguage(code=code_of(reading.spelling), spelling=reading.spelling)
    return NamedLanguage()


def _place(candidate: _Candidate) -> tuple[str, ...]:
    """Returns a place, and the text before the code there: "train_" in "train_no"."""
    reading = _read(candidate)
    return (*candidate.place, "" if reading is None else reading.prefix)


def _are_languages(candidates: Iterable[_Candidate]) -> bool:
    """Returns whether all candidates of a place are codes, and at least one is no other word."""
    readings = [_read(candidate) for candidate in candidates]
    evidences = [None if reading is None else reading.evidence for reading in readings]
    return None not in evidences and not {_Evidence.CERTAIN, _Evidence.PLAIN}.isdisjoint(evidences)


@functools.lru_cache(maxsize=4096)
def _read(candidate: _Candidate) -> _Reading | None:
    """Returns the language that a part of a path may name; None for none."""
    text = candidate.text
    if (found := _KEY_AND_VALUE.fullmatch(text)) or (found := _DATE_AND_CODE.fullmatch(text)):
        return _read_value(found[1])
    if (found := _SCRIPT.fullmatch(text)) and is_known(entry_of(found[1])):
        before = text.removesuffix(found[1]).rstrip("-_")
        if is_pair(text) or is_pair(f"{before.rpartition('-')[2]}-{found[1]}"):
            return _Reading(_Evidence.PAIR, text)
        return _Reading(_Evidence.CERTAIN, found[1])
    if (found := _DIRECTION.fullmatch(text)) and is_pair(f"{found[1]}-{found[2]}"):
        return _Reading(_Evidence.PAIR, text)
    if (whole := _read_code(text, is_suffix=candidate.is_suffix)) is not None:
        return whole
    for pattern in (_LAST_PARTS, _LAST_PART):
        if found := pattern.fullmatch(text):
            before, code = found.groups()
            if before.lower() in DATA_SETS and (value := _read_value(code)) is not None:
                return _Reading(value.evidence, code, before)
            if (last := _read_code(code)) is not None:
                return _Reading(last.evidence, code, before)
    if not candidate.is_suffix and "." in text:
        before, _, suffix = text.rpartition(".")
        if (last := _read_code(suffix, is_suffix=True)) is not None:
            return _Reading(last.evidence, suffix, before)
    return None


def _read_value(code: str) -> _Reading | None:
    """Reads a code that stands where a language must stand."""
    if is_pair(code):
        return _Reading(_Evidence.PAIR, code)
    return _Reading(_Evidence.CERTAIN, code) if is_known(entry_of(code)) else None


def _read_code(code: str, *, is_suffix: bool = False) -> _Reading | None:
    """Reads a code that may be another word."""
    language, hyphen, _ = code.replace("_", "-").partition("-")
    if is_pair(code):
        parts = re.split("[-_]", code)
        if not all(_is_used(part) for part in (parts[0], parts[-1]) if len(part) < 4):
            return None
        return None if {*map(str.lower, parts)} <= WORDS else _Reading(_Evidence.PAIR, code)
    if not is_known(entry_of(code)) or not _is_used(code):
        return None
    language = language.lower()
    if not hyphen and (language in WORDS or (is_suffix and language in SUFFIXES)):
        return _Reading(_Evidence.DOUBTFUL, code)
    return _Reading(_Evidence.PLAIN, code)


def _is_used(code: str) -> bool:
    """Returns whether a language is one that paths name: "doc", "the" and "tmp" are codes, too."""
    from langcodes import Language

    entry = entry_of(code)
    language = entry.partition("-")[0]
    if entry == UNDETERMINED:
        return False
    if len(language) == 2 or language in UNSPOKEN or language == "cnr":
        return True
    return Language.get(code_of(entry)).speaking_population() > 0
