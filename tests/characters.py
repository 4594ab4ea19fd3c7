"""Every Unicode scalar value, and strings that look like special tokens."""

import sys
from collections.abc import Callable, Sequence
from functools import cache

Sample = Callable[[Sequence[str]], list[str]]
"""Draws the share of a test's inputs that --exhaustive-sample asks for."""

LOOK_ALIKES = [
    *("<|endoftext|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|endofprompt|>"),
    *("<|im_start|>", "<|start|>", "<|return|>", "<|reserved_200013|>", "<|", "|>", "<|>", "<||>"),
    *("<|endoftext", "endoftext|>", "<|EndOfText|>", "< |endoftext|>", "[CLS]", "</s>"),
]


@cache
def scalars() -> list[str]:
    """Lists every Unicode scalar value."""
    return [chr(c) for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
