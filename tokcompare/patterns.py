"""Patterns: which regular expression splits the text for the ranks of a file."""

from __future__ import annotations

import hashlib
import re

from tokcompare.errors import VocabularyError, require_str, unknown_name
from tokcompare.vocabularies import VOCABULARIES


def find_pattern(pattern: str | None, content: bytes, *, path: str) -> str:
    """Returns the regular expression that goes with a rank file.

    Args:
        pattern: A regular expression, the name of a tiktoken encoding whose pattern to take, or
            None: that of the encoding whose rank file it is.
        content: What the file holds.
        path: Where it stands, for the message of an error.

    Raises:
        ArgumentError: The pattern is not a string.
        UnknownNameError: The pattern is a word, but no name of an encoding.
        VocabularyError: No pattern was given and the file is none that is known.
    """
    if pattern is None:
        known = _known_pattern(hashlib.sha256(content).hexdigest())
        if known is None:
            raise VocabularyError(
                f"The rank file {path!r} is none of OpenAI's, so the pattern that splits text into "
                "pieces must be given: --pattern, in Python pattern=..., a regular expression or "
                f"the name of an encoding that has the same: {', '.join(VOCABULARIES)}."
            )
        return known
    require_str("A pattern", pattern)
    if pattern in VOCABULARIES:
        return VOCABULARIES[pattern].pattern
    # As a regular expression it would find nothing but itself, and all other text would be lost.
    if re.fullmatch(r"[\w-]*", pattern):
        raise unknown_name("pattern", pattern, VOCABULARIES)
    return pattern


def identify(content: bytes, pattern: str) -> str:
    """Returns what two people compare to know that ranks and pattern are the same for both.

    That is the SHA-256 of the rank file, followed by the pattern if it is not the one that belongs
    to that file.
    """
    sha256 = hashlib.sha256(content)
    if _known_pattern(sha256.hexdigest()) != pattern:
        sha256.update(pattern.encode("utf-8", "surrogatepass"))
    return sha256.hexdigest()


def _known_pattern(sha256: str) -> str | None:
    return next((v.pattern for v in VOCABULARIES.values() if v.sha256 == sha256), None)
