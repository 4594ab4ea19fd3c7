"""Vocabularies: their entries by script, by length and by form, and what two have in common."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeGuard

from tokcompare.encodings import LoadedEncoding
from tokcompare.errors import ArgumentError, unknown_name
from tokcompare.explanations.tokens import text_of

if TYPE_CHECKING:
    import regex

_NAMES = (
    "Latin Han Cyrillic Arabic Hangul Devanagari Hiragana Katakana Greek Hebrew Thai "
    "Bengali Tamil Telugu Gujarati Kannada Malayalam Gurmukhi Oriya Sinhala Armenian "
    "Georgian Myanmar Khmer Lao Tibetan Ethiopic Mongolian Thaana Syriac Nko Tifinagh "
    "Ol_Chiki Meetei_Mayek Cherokee Canadian_Aboriginal Javanese Sundanese Balinese Yi "
    "Bopomofo Coptic Gothic Runic Ogham Vai Adlam Tai_Le New_Tai_Lue Tai_Tham Cham "
    "Buginese Tagalog Lisu Osage Chakma"
)
SCRIPTS = tuple(name.replace("_", " ") for name in _NAMES.split())
"""The scripts that are told apart, by their names in Unicode."""

SEVERAL, OTHER, NO_SCRIPT, NOT_TEXT = (
    "(several scripts)",
    "(other scripts)",
    "(no script)",
    "(no text)",
)
"""The rows of entries without a script: `NOT_TEXT` are bytes that are not valid UTF-8."""

FORMS = ("after a space", "without a space", "marks and digits", NOT_TEXT)
"""The forms of entries: a space and then letters; letters; no letters; bytes that are no text."""


class WithEntries(Protocol):
    """An encoding whose vocabulary is known."""

    @property
    def name(self) -> str:
        """The name of the encoding."""

    def entries(self) -> Mapping[int, bytes]:
        """Returns the bytes of each token but special ones, by id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The entries of an encoding's vocabulary.

    Attributes:
        name: The name of the encoding.
        entries: The bytes of each token but special ones, by id.
    """

    name: str
    entries: Mapping[int, bytes]

    def by(self, describe: Callable[[bytes], str]) -> Counter[str]:
        """Returns the number of entries by what a function says of each."""
        return Counter(map(describe, self.entries.values()))

    def longest(self, number: int, script: str | None = None) -> list[tuple[int, bytes]]:
        """Returns the entries of the most bytes, the longest first, with their ids.

        Args:
            number: How many entries.
            script: A name of `SCRIPTS`, whose entries alone are returned; None for all entries.
        """
        by_length = sorted(self.entries.items(), key=lambda item: (-len(item[1]), item[0]))
        of_script = (
            item for item in by_length if script is None or script_of_entry(item[1]) == script
        )
        return list(islice(of_script, number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What two vocabularies have in common.

    Attributes:
        shared: How many entries are in both.
        new: How many are in the second alone.
        gone: How many are in the first alone.
        same_id: How many of the shared ones have the same id.
    """

    shared: int
    new: int
    gone: int
    same_id: int


def has_entries(encoding: object) -> TypeGuard[WithEntries]:
    """Returns whether the entries of an encoding's vocabulary are known."""
    return callable(getattr(encoding, "entries", None))


def read_vocabulary(encoding: LoadedEncoding) -> Vocabulary:
    """Returns the vocabulary of an encoding.

    Raises:
        ArgumentError: The encoding does not tell its entries.
    """
    if not has_entries(encoding):
        raise ArgumentError(
            f"The entries of the vocabulary of {encoding.name!r} are not known. An encoding needs "
            "a method `entries`, which returns the bytes of each token by id."
        )
    # Some libraries give special tokens no bytes.
    found = {token: entry for token, entry in encoding.entries().items() if entry}
    return Vocabulary(name=encoding.name, entries=found)


def count_repeated(vocabulary: Vocabulary) -> int:
    """Returns how many entries have the bytes of another one."""
    return len(vocabulary.entries) - len(set(vocabulary.entries.values()))


def find_overlap(old: Vocabulary, new: Vocabulary) -> Overlap:
    """Compares the entries of two vocabularies by their bytes."""
    before = {entry: token for token, entry in old.entries.items()}
    after = {entry: token for token, entry in new.entries.items()}
    shared = before.keys() & after.keys()
    return Overlap(
        shared=len(shared),
        new=len(after) - len(shared),
        gone=len(before) - len(shared),
        same_id=sum(before[entry] == after[entry] for entry in shared),
    )


def find_unreachable(
    encoding: LoadedEncoding, vocabulary: Vocabulary
) -> list[tuple[int, bytes]] | None:
    """Returns the entries that are never made from their own text: it has other tokens.

    The pattern of the encoding splits their text. Entries that are no text are left out. An
    encoding that puts a space before each text cannot be asked for the beginning of a word alone;
    None is returned for it.
    """
    letter = b"".join(vocabulary.entries.get(token, b"") for token in encoding.encode("a"))
    if letter != b"a":
        return None
    return [
        (token, entry)
        for token, entry in vocabulary.entries.items()
        if (text := text_of(entry)) is not None and [*encoding.encode(text)] != [token]
    ]


def find_script(name: str) -> str:
    """Returns the script of a name, however it is spelled.

    Raises:
        UnknownNameError: It is none of `SCRIPTS`.
    """
    wanted = name.replace("_", " ").casefold()
    for script in SCRIPTS:
        if script.casefold() == wanted:
            return script
    raise unknown_name("script", name, sorted(SCRIPTS))


def script_of_entry(entry: bytes) -> str:
    r"""Returns the script that all letters of an entry belong to, or the row that it stands in.

    Marks such as vowel signs are letters here, too. An entry without letters may still have a
    script: that of its digits. Characters that many scripts share have none.

    >>> script_of_entry(" и".encode()), script_of_entry(b"1."), script_of_entry(b"\xd0")
    ('Cyrillic', '(no script)', '(no text)')
    """
    text = text_of(entry)
    if text is None:
        return NOT_TEXT
    scripts = {script_of(character) for character in text if _is_letter(character)} - {""}
    scripts = scripts or set(map(script_of, text)) - {""}
    if not scripts:
        return NO_SCRIPT
    return scripts.pop() if len(scripts) == 1 else SEVERAL


def form_of_entry(entry: bytes) -> str:
    """Returns the form of an entry: see `FORMS`.

    >>> form_of_entry(b" the"), form_of_entry(b"ing"), form_of_entry(b"..")
    ('after a space', 'without a space', 'marks and digits')
    """
    text = text_of(entry)
    if text is None:
        return NOT_TEXT
    if not any(map(_is_letter, text)):
        return FORMS[2]
    return FORMS[0] if text.startswith(" ") else FORMS[1]


def length_of_entry(entry: bytes) -> str:
    """Returns the range of lengths that an entry is in, in bytes.

    >>> length_of_entry(b"a"), length_of_entry(b"hello"), length_of_entry(b" responsibility")
    ('1', '5 to 8', '9 to 16')
    """
    if len(entry) <= 2:
        return str(len(entry))
    upper = 1 << (len(entry) - 1).bit_length()
    return f"{upper // 2 + 1} to {upper}"


@functools.cache
def script_of(character: str) -> str:
    """Returns the script of a character, or `OTHER`; "" for one that many scripts share."""
    return next((name for name, pattern in _patterns() if pattern.match(character)), OTHER)


@functools.cache
def _patterns() -> list[tuple[str, regex.Pattern[str]]]:
    import regex

    shared = regex.compile(r"[\p{Script=Common}\p{Script=Inherited}]")
    scripts = [(name, _pattern_of(name)) for name in SCRIPTS]
    return [*scripts[:1], ("", shared), *scripts[1:]]


def _pattern_of(script: str) -> regex.Pattern[str]:
    import regex

    return regex.compile(rf"\p{{Script={script.replace(' ', '_')}}}")


@functools.cache
def _is_letter(character: str) -> bool:
    import regex

    return regex.match(r"[\p{L}\p{M}\p{Nl}]", character) is not None
