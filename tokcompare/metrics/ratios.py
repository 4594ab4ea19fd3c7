"""Ratios of tokens to text, to words, and to the tokens of another encoding.

Over several documents each is a ratio of sums, never a mean of ratios.
"""

# mypy: disable-error-code="empty-body"
# The functions below `ratio` have no body: the decorator says what is divided.

from __future__ import annotations

from math import nan

from tokcompare.counting.counts import Counts
from tokcompare.counting.quantities import CONTINUED, GRAPHEMES, WORD_TYPES, WORDS
from tokcompare.metrics.metric import loses_text, metric, ratio


@ratio(
    "tokens {baseline}",
    "tokens {encoding}",
    heading="ratio",
    formula="tokens of the baseline / tokens",
    source="OpenAI 2024, the GPT-4o announcement",
    format="{:.2f}x",
)
def compression_ratio(counts: Counts, *, baseline: str, encoding: str) -> float:
    """Tokens under the baseline per token under the encoding, on the same text.

    This is the "4.4x fewer tokens" of the GPT-4o announcement (OpenAI, 2024). Above 1 the encoding
    has fewer tokens. No unit; `nan` if the encoding has no token.
    """


@ratio(
    "tokens {encoding}",
    "tokens {baseline}",
    is_saving=True,
    heading="saved",
    formula="1 - tokens / tokens of the baseline",
    source="OpenAI 2024, the GPT-4o announcement",
    format="{:.1%}",
)
def tokens_saved(counts: Counts, *, baseline: str, encoding: str) -> float:
    """The share of the baseline's tokens that the encoding saves, as a fraction.

    0.77 is 77 % fewer tokens; below 0 the encoding has more tokens. `nan` if the baseline has no
    token.
    """


@ratio(
    "bytes",
    "tokens {encoding}",
    heading="bytes/token",
    formula="bytes of UTF-8 / tokens",
    source="usual",
)
def bytes_per_token(counts: Counts, *, encoding: str) -> float:
    """Bytes of UTF-8 per token.

    Use it for one language under several encodings. Between languages it confounds scripts, which
    need one to four bytes per character. `nan` if there is no token, or the encoding does not keep
    the text.
    """


@ratio(
    "characters",
    "tokens {encoding}",
    heading="chars/token",
    formula="code points / tokens",
    source="usual",
)
def characters_per_token(counts: Counts, *, encoding: str) -> float:
    """Unicode code points per token.

    Between languages it confounds scripts, though less than bytes do: a syllable is one character
    in Korean and three in Hindi. `nan` if there is no token, or the encoding does not keep the
    text.
    """


@ratio(
    "tokens {encoding}",
    "graphemes",
    needs=(GRAPHEMES,),
    heading="tokens/grapheme",
    formula="tokens / extended grapheme clusters",
    source="Unicode Standard Annex #29",
)
def tokens_per_grapheme(counts: Counts, *, encoding: str) -> float:
    """Tokens per extended grapheme cluster, a character as readers see it.

    The clusters are those of Unicode Standard Annex #29. Above 1, a model needs more than one step
    for a character. `nan` if there is no grapheme, or the encoding does not keep the text.
    """


@ratio(
    "tokens {encoding}",
    "words",
    needs=(WORDS,),
    heading="fertility",
    formula="tokens / words",
    source="Rust et al. 2021, ACL",
)
def fertility(counts: Counts, *, encoding: str) -> float:
    """Tokens per word: all tokens of the text divided by all its words.

    Source: Rust et al., How Good is Your Tokenizer?, ACL 2021. A word is a segment between word
    boundaries of Unicode Standard Annex #29 that has a letter or a digit. `nan` for languages
    whose words are not separated by spaces, such as Chinese, Japanese and Thai: there the number
    would measure the rule and not the encoding.
    """


@ratio(
    "continued {encoding}",
    "words",
    needs=(WORDS, CONTINUED),
    heading="continued",
    formula="words of more than one token / words",
    source="Rust et al. 2021, ACL",
    format="{:.1%}",
)
def continued_words(counts: Counts, *, encoding: str) -> float:
    """The share of words of more than one token, over running words, as a fraction.

    Source: Rust et al., ACL 2021, "proportion of continued words". The tokenizer is given each word
    after "a" and a space: see `counting.quantities.tokens_of_word`. `nan` for languages whose words
    are not separated by spaces.
    """


@metric(
    needs=(WORD_TYPES,),
    heading="STRR",
    formula="word types of one token / word types",
    source="Nayeem et al. 2025, arXiv:2510.09947",
    format="{:.1%}",
)
def single_token_retention(counts: Counts, *, encoding: str) -> float:
    """The share of distinct words that are a single token (STRR), as a fraction.

    Source: Nayeem et al., Beyond Fertility, 2025, arXiv:2510.09947. The distinct words are those of
    the text; upper and lower case differ. The tokenizer is given each word after "a" and a space:
    see `counting.quantities.tokens_of_word`. `nan` for languages whose words are not separated by
    spaces.
    """
    if not counts.word_types or loses_text(counts, encoding):
        return nan
    position = list(counts.tokens).index(encoding)
    if not any(tokens[position] for tokens in counts.word_types.values()):
        return nan  # only the number of tokens is known
    single = sum(tokens[position] == 1 for tokens in counts.word_types.values())
    return single / len(counts.word_types)


@ratio(
    "tokens {encoding}",
    "tokens {reference}",
    heading="NSL",
    formula="tokens / tokens of the reference encoding",
    source="Dagan et al. 2024, arXiv:2402.01035",
)
def normalized_sequence_length(counts: Counts, *, reference: str, encoding: str) -> float:
    """Tokens under the encoding per token under a reference encoding (NSL).

    Source: Dagan et al., Getting the most out of your tokenizer, 2024, arXiv:2402.01035. Below 1
    the encoding has fewer tokens. `nan` if the reference has no token.
    """
