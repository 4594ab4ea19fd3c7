"""Classes of characters, by which a text is estimated: ASCII letters, other ASCII, and scripts."""

from __future__ import annotations

import functools
from collections import Counter

BLOCKS = (
    ("Latin", 0x0080, 0x036F),
    ("Grek", 0x0370, 0x03FF),
    ("Cyrl", 0x0400, 0x052F),
    ("Armn", 0x0530, 0x058F),
    ("Hebr", 0x0590, 0x05FF),
    ("Arab", 0x0600, 0x077F),
    ("Deva", 0x0900, 0x097F),
    ("Beng", 0x0980, 0x09FF),
    ("Guru", 0x0A00, 0x0A7F),
    ("Gujr", 0x0A80, 0x0AFF),
    ("Orya", 0x0B00, 0x0B7F),
    ("Taml", 0x0B80, 0x0BFF),
    ("Telu", 0x0C00, 0x0C7F),
    ("Knda", 0x0C80, 0x0CFF),
    ("Mlym", 0x0D00, 0x0D7F),
    ("Sinh", 0x0D80, 0x0DFF),
    ("Thai", 0x0E00, 0x0E7F),
    ("Laoo", 0x0E80, 0x0EFF),
    ("Tibt", 0x0F00, 0x0FFF),
    ("Mymr", 0x1000, 0x109F),
    ("Geor", 0x10A0, 0x10FF),
    ("Hang", 0x1100, 0x11FF),
    ("Ethi", 0x1200, 0x139F),
    ("Khmr", 0x1780, 0x17FF),
    ("Olck", 0x1C50, 0x1C7F),
    ("Latin", 0x1E00, 0x1EFF),
    ("Punctuation", 0x2000, 0x206F),
    ("Tfng", 0x2D30, 0x2D7F),
    ("Han", 0x3000, 0x303F),
    ("Kana", 0x3040, 0x30FF),
    ("Han", 0x3400, 0x9FFF),
    ("Hang", 0xAC00, 0xD7AF),
    ("Arab", 0xFB50, 0xFDFF),
    ("Arab", 0xFE70, 0xFEFF),
    ("Han", 0xFF00, 0xFFEF),
)
"""The class, and the first and the last code point, of each block that was measured."""


def count_classes(text: str) -> dict[str, int]:
    """Counts the characters of each class in a text: letters and other ASCII, and scripts.

    An ASCII letter is a class of its own, in lower case.

    >>> count_classes("Año 2024: नया")
    {'a': 1, 'Latin': 1, 'o': 1, 'blanks': 2, 'digits': 4, 'marks': 1, 'Deva': 3}
    """
    classes: dict[str, int] = {}
    for character, number in Counter(text).items():
        name = _class_of(character)
        classes[name] = classes.get(name, 0) + number
    return classes


@functools.lru_cache(maxsize=1 << 16)
def _class_of(character: str) -> str:
    if character.isascii():
        if character.isalpha():
            return character.lower()
        if character.isdigit():
            return "digits"
        return "blanks" if character.isspace() else "marks"
    code = ord(character)
    return next((name for name, first, last in BLOCKS if first <= code <= last), "other")
