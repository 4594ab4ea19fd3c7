"""What text is measured in: the well-formed Unicode text of which bytes and characters count."""

from __future__ import annotations


def replace_surrogates(text: str) -> str:
    r"""Returns the text as tiktoken counts it: surrogate pairs joined, lone surrogates as U+FFFD.

    Well-formed text is returned as it is.

    >>> replace_surrogates("\ud83d\ude00") == "😀"
    True
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
