"""Added tokens: the texts that a tokenizer takes as one token before its encoder sees the text.

Only those are here that are no special tokens: text that looks like a special token is ordinary
text. `tokenizers` finds the others in any text. The lists are those of the tokenizer.json files.
"""

from __future__ import annotations

import re

_THINKING = ("tool_call", "/tool_call", "tool_response", "/tool_response", "think", "/think")
_FILES = ("fim_prefix", "fim_middle", "fim_suffix", "fim_pad", "repo_name", "file_sep")
_QWEN = (*(f"<{tag}>" for tag in _THINKING), *(f"<|{mark}|>" for mark in _FILES))

_DEEPSEEK = tuple(
    f"<｜{mark}｜>"
    for mark in (
        *("fim▁hole", "fim▁begin", "fim▁end", "User", "Assistant", "tool▁calls▁begin"),
        *("tool▁calls▁end", "tool▁call▁begin", "tool▁call▁end", "tool▁outputs▁begin"),
        *("tool▁outputs▁end", "tool▁output▁begin", "tool▁output▁end", "tool▁sep"),
    )
)

_CLOSED = (
    "table caption thead tbody tfoot tr th td h1 h2 h3 h4 h5 h6 blockquote strong em b i u s sub "
    "sup code a html body img span bbox ul li div iframe footer"
).split()
_GEMMA = (
    *("<mask>", "[multimodal]"),
    *(f"<{slash}{tag}>" for tag in _CLOSED for slash in ("", "/")),
    *(f"<unused{number}>" for number in range(6_242)),
    *("\n" * length for length in range(1, 32)),
    *("\t" * length for length in range(1, 32)),
    *("▁" * length for length in range(2, 32)),
)

ADDED_TOKENS: dict[str, tuple[str, ...]] = {
    "qwen3": _QWEN,
    "qwen3.5": _QWEN,
    "deepseek-v3": _DEEPSEEK,
    "gemma2": _GEMMA,
    "gemma3": _GEMMA,
}
"""The added tokens by tokenizer. A vocabulary may have fewer: gemma2 has 99 unused tokens."""


def finder_of(texts: tuple[str, ...]) -> re.Pattern[str]:
    """Returns a pattern that matches added tokens, the longest one at a place."""
    runs = {character: 0 for text in texts if len(set(text)) == 1 for character in text}
    lowest = dict(runs)
    names = []
    has_unused = False
    for text in texts:
        if len(set(text)) == 1:
            runs[text[0]] = max(runs[text[0]], len(text))
            lowest[text[0]] = min(lowest[text[0]] or len(text), len(text))
        elif text.startswith("<unused"):
            has_unused = True
        else:
            names.append(text)
    names.sort(key=lambda text: (-len(text), text))
    return re.compile(
        "|".join(
            [
                # One pattern for a family: thousands of alternatives would be tried one by one.
                *(f"{re.escape(run)}{{{lowest[run]},{most}}}" for run, most in runs.items()),
                *(["<unused[0-9]+>"] if has_unused else []),
                *map(re.escape, names),
            ]
        )
    )
