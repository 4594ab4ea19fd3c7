"""Foreign text made fit to be shown: nothing in it is obeyed by a terminal or breaks a line."""

from __future__ import annotations

# Zero-width non-joiner and joiner do not print, but words in Indic and Arabic script need them.
_JOINERS = "\u200c\u200d"


def printable(text: str) -> str:
    r"""Returns the text on one line, everything that does not print as a Python escape.

    >>> printable("red: \x1b[31m, new line: \n")
    'red: \\x1b[31m, new line: \\n'
    """
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character in _JOINERS
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )
