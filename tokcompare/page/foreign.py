"""Foreign text on a page: what does not print is shown by a mark, and nothing turns directions."""

from __future__ import annotations

import re
import unicodedata

from tokcompare.page.parts import Run, Tongue

_MARKS = {"\n": "⏎", "\r": "␍", "\t": "⇥", "\u00a0": "⍽", "\u00ad": "SHY"}
_JOINERS = "\u200c\u200d"
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def runs_of(text: str, *, edges: bool = False) -> tuple[Run, ...]:
    """Returns a text in runs: what prints as it is, and marks for what does not.

    Nothing that is returned can turn the direction of other text. The joiners stay: words need
    them.

    Args:
        text: The text.
        edges: Whether spaces at the edges, which would not be seen, are marked.
    """
    runs: list[Run] = []

    def add(text: str, kind: str) -> None:
        if runs and runs[-1][1] == kind == "":
            runs[-1] = (runs[-1][0] + text, "")
        else:
            runs.append((text, kind))

    begin, end = len(text) - len(text.lstrip(" ")), len(text.rstrip(" "))
    for place, character in enumerate(text):
        if character in _MARKS:
            add(_MARKS[character], "ctl")
            if character == "\n" and not edges:
                add("\n", "")
        elif character not in _JOINERS and unicodedata.category(character) in _UNSEEN:
            add(f"U+{ord(character):04X}", "ctl")
        elif character == " " and edges and not begin <= place < end:
            add("␣", "sp")
        else:
            add(character, "")
    return tuple(runs)


def runs_of_bytes(content: bytes) -> tuple[Run, ...]:
    """Returns bytes as text, or in hexadecimal digits if they are no text."""
    try:
        return runs_of(content.decode(), edges=True)
    except UnicodeDecodeError:
        return ((content.hex(" ").upper(), "ctl"),)


def tongue_of(code: str, direction: str) -> Tongue:
    """Returns the language of a text; a code that is no BCP 47 tag is left out."""
    return Tongue(code=code if _TAG.fullmatch(code) else "", direction=direction)


def runs_right_to_left(text: str, direction: str) -> bool:
    """Returns whether a text is written from right to left, by its first strong character."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in ("R", "AL"):
            return True
        if kind in ("L", "EN", "AN"):
            return False
    return direction == "rtl"
