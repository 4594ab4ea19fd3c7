"""Added tokens: the texts that a tokenizer takes as one token before its encoder sees the text.

Only those are here that are no special tokens: text that looks like a special token is ordinary
text. `tokenizers` finds the others in any text. The lists are those of the tokenizer.json files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_OF_QWEN = (
    *("<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"),
    *("<|fim_pad|>", "<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>"),
    *("<think>", "</think>"),
)
_BAR = "\N{FULLWIDTH VERTICAL LINE}"
_OF_DEEPSEEK = {
    "fim▁hole": 128800,
    "fim▁begin": 128801,
    "fim▁end": 128802,
    "User": 128803,
    "Assistant": 128804,
    "tool▁calls▁begin": 128806,
    "tool▁calls▁end": 128807,
    "tool▁call▁begin": 128808,
    "tool▁call▁end": 128809,
    "tool▁outputs▁begin": 128810,
    "tool▁outputs▁end": 128811,
    "tool▁output▁begin": 128812,
    "tool▁output▁end": 128813,
    "tool▁sep": 128814,
}
_TAGS_OF_GEMMA = (
    "table caption thead tbody tfoot tr th td h1 h2 h3 h4 h5 h6 blockquote strong em b i u s sub "
    "sup code a html body img span bbox ul li div iframe footer"
)
_OF_GEMMA = (
    *("<mask>", "[multimodal]"),
    *(f"<{slash}{tag}>" for tag in _TAGS_OF_GEMMA.split() for slash in ("", "/")),
    *("\n" * length for length in range(1, 32)),
    *("\t" * length for length in range(1, 32)),
    *("▁" * length for length in range(2, 32)),
)


def added_tokens(name: str, vocabulary: Sequence[bytes]) -> dict[str, int]:
    """Returns the ids of the added tokens of a named tokenizer; those of Gemma by its vocabulary.

    Args:
        name: The name of the tokenizer.
        vocabulary: The bytes of each token, with a space for "▁"; may be empty for other names.
    """
    if name in ("qwen3", "qwen3.5"):
        first = 151_657 if name == "qwen3" else 248_058
        return {text: first + place for place, text in enumerate(_OF_QWEN)}
    if name == "deepseek-v3":
        return {f"<{_BAR}{mark}{_BAR}>": token for mark, token in _OF_DEEPSEEK.items()}
    return _added_of_gemma(vocabulary) if name in ("gemma2", "gemma3") else {}


def _added_of_gemma(vocabulary: Sequence[bytes]) -> dict[str, int]:
    single = [bytes([byte]) for byte in range(256)]
    # The token <0x0A> also holds a line feed, but a text never has it: it stands for a single byte.
    start = next(n for n in range(len(vocabulary)) if list(vocabulary[n : n + 256]) == single)
    ids = {
        token: number
        for number, token in enumerate(vocabulary)
        if not start <= number < start + 256
    }
    unused = (token.decode() for token in ids if re.fullmatch(rb"<unused[0-9]+>", token))
    held = {text: text.replace("▁", " ").encode() for text in (*_OF_GEMMA, *unused)}
    return {text: ids[token] for text, token in held.items() if token in ids}


def finder_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Returns a pattern that matches added tokens, the longest one at a place; None for none.

    It has one alternative for a family of tokens, because a pattern tries its alternatives one by
    one. So it also matches texts such as "<unused99999>", which is no token.
    """
    runs: dict[str, list[int]] = {}
    names: dict[str, None] = {}
    for text in texts:
        if len(set(text)) == 1:
            runs.setdefault(text[0], []).append(len(text))
        else:
            family = "<unused[0-9]+>" if text.startswith("<unused") else re.escape(text)
            names[family] = None
    alternatives = [f"{re.escape(c)}{{{min(each)},{max(each)}}}" for c, each in runs.items()]
    alternatives += sorted(names, key=lambda name: (-len(name), name))
    return re.compile("|".join(alternatives)) if alternatives else None
