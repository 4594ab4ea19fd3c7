"""Texts for hypothesis to draw from, and how many examples it tries."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

# Any code point (surrogates too), and what patterns and vocabularies treat in a way of its own.
ANY_TEXT = st.text(st.characters())
TRICKY_TEXT = st.lists(
    st.sampled_from(
        [
            *("'s", "'LL", "\u2019s", "'\u017f", "\u017f", "a", "A", "ß", "ǅ", "9", "²", "٣"),
            *("/", "!", "|", "-", "<|endoftext|>", "<|fim_prefix|>", "\0", "\x1b[0m", "\u202e"),
            *(
                " ",
                "  ",
                "   ",
                "\t",
                "\n",
                "\r",
                "\r\n",
                "\u00a0",
                "\u3000",
                "\u2028",
                "\x1c",
                "\x85",
            ),
            *("ક્ષિ", "नमस्ते", "안", "你好", "é", "e\u0301", "\u0301", "\u200d", "😀", "👩\u200d👧"),
            *("\U000e0041", "\U000323b0", "\U00032800", "\ud800"),
        ]
    ),
    max_size=40,
).map("".join)
TEXT = ANY_TEXT | TRICKY_TEXT


def examples(number: int) -> int:
    """Returns how many examples to try where the thorough profile tries this number."""
    return number * settings().max_examples // settings.get_profile("thorough").max_examples
