"""Counts in, numbers out: the measures of the literature under its names.

Each metric is a pure function of counts. Over several documents it is a ratio of sums, never a mean
of ratios. What cannot be divided, what was not counted, and what would be a lie about an encoding
that does not keep the text is `nan`. `METRICS` says of each what it is and who defined it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isnan, log, nan
from typing import Literal

from tokcompare.counting.counter import Counts
from tokcompare.metrics.intervals import Ratio


def compression_ratio(counts: Counts, *, baseline: str, encoding: str) -> float:
    """Returns how many times fewer tokens an encoding has than the baseline, on the same text.

    It is (tokens under the baseline) / (tokens under the encoding): the "4.4x fewer tokens" of
    the GPT-4o announcement (OpenAI, 2024). Above 1 the encoding has fewer tokens. No unit; `nan`
    where the encoding has no token.
    """
    return _ratio(counts, f"tokens {baseline}", f"tokens {encoding}")


def tokens_saved(counts: Counts, *, baseline: str, encoding: str) -> float:
    """Returns the share of the baseline's tokens that an encoding does without.

    It is (tokens under the baseline - tokens under the encoding) / (tokens under the baseline), as
    a fraction: 0.77 is 77 % fewer tokens, below 0 it is more tokens. `nan` where the baseline has
    no token.
    """
    old, new = f"tokens {baseline}", f"tokens {encoding}"
    if isnan(_ratio(counts, new, old)):
        return nan
    return (counts.sums[old] - counts.sums[new]) / counts.sums[old]


def bytes_per_token(counts: Counts, *, encoding: str) -> float:
    """Returns how many bytes of UTF-8 a token stands for.

    It is bytes / tokens. Good for one language under several encodings; between languages it
    confounds scripts, which need one to four bytes a character. `nan` where there is no token, or
    the encoding does not keep the text.
    """
    return _ratio(counts, "bytes", f"tokens {encoding}")


def characters_per_token(counts: Counts, *, encoding: str) -> float:
    """Returns how many Unicode code points a token stands for.

    It is characters / tokens. Between languages it confounds scripts less than bytes do, and still
    does: a syllable is one character in Korean and three in Hindi. `nan` where there is no token,
    or the encoding does not keep the text.
    """
    return _ratio(counts, "characters", f"tokens {encoding}")


def tokens_per_grapheme(counts: Counts, *, encoding: str) -> float:
    """Returns how many tokens a grapheme takes.

    It is tokens / extended grapheme clusters (Unicode Standard Annex #29): of what a reader takes
    for one character. Above 1, a model writes less than a character a step. `nan` where there is
    no grapheme, or the encoding does not keep the text.
    """
    return _ratio(counts, f"tokens {encoding}", "graphemes")


def fertility(counts: Counts, *, encoding: str) -> float:
    """Returns the number of tokens per word.

    It is tokens / words, all tokens of the text by all its words (Rust et al., How Good is Your
    Tokenizer?, ACL 2021), where a word stands between word boundaries of Unicode Standard Annex #29
    and has a letter or digit. `nan` where spaces do not part words, as in Chinese, Japanese and
    Thai: the number would be about the rule and not about the encoding.
    """
    return _ratio(counts, f"tokens {encoding}", "words")


def continued_words(counts: Counts, *, encoding: str) -> float:
    """Returns the share of words of more than one token.

    It is (words of more than one token) / words, over running words (Rust et al., ACL 2021: the
    proportion of continued words). Each word is presented behind "a" and a space: see
    `counting.tokens_of_word`. `nan` where spaces do not part words.
    """
    return _ratio(counts, f"continued {encoding}", "words")


def single_token_retention(counts: Counts, *, encoding: str) -> float:
    """Returns the share of different words that are a single token (STRR).

    It is (word types of one token) / word types (Nayeem et al., Beyond Fertility, 2025,
    arXiv:2510.09947), over the types that occur in the text, upper and lower case apart. Each word
    is presented behind "a" and a space: see `counting.tokens_of_word`. `nan` where spaces do not
    part words.
    """
    if counts.word_types is None or not counts.word_types or _knows_not_all(counts, encoding):
        return nan
    position = list(counts.tokens).index(encoding)
    single = sum(tokens[position] == 1 for tokens in counts.word_types.values())
    return single / len(counts.word_types)


def normalized_sequence_length(counts: Counts, *, reference: str, encoding: str) -> float:
    """Returns how long an encoding's sequences are, relative to those of a reference encoding.

    It is (tokens under the encoding) / (tokens under the reference), a ratio of sums (Dagan et al.,
    Getting the most out of your tokenizer, 2024, arXiv:2402.01035: NSL). Below 1 the encoding has
    fewer tokens. `nan` where the reference has no token.
    """
    return _ratio(counts, f"tokens {encoding}", f"tokens {reference}")


def premium(counts: Counts, *, reference: Counts, encoding: str) -> float:
    """Returns how many times more tokens a language costs than a reference, on parallel text.

    It is (tokens of the language) / (tokens of the reference), under the same encoding, a ratio of
    sums (Petrov et al., Language Model Tokenizers Introduce Unfairness Between Languages, NeurIPS
    2023). `nan` where there are not as many documents of one as of the other: such text is not
    parallel.
    """
    if counts.documents != reference.documents:
        return nan
    tokens = f"tokens {encoding}"
    if _knows_not_all(counts, encoding) or _knows_not_all(reference, encoding):
        return nan
    return _divide(counts.sums[tokens], reference.sums[tokens])


def gini(languages: Iterable[Counts], *, encoding: str) -> float:
    """Returns how unequally an encoding's tokens are spread over languages, on parallel text.

    It is the Gini coefficient of the tokens that each language takes for the same content: half
    the mean absolute difference of two languages, divided by the mean. 0 is the same cost for all,
    near 1 all the cost for one (Foroutan et al., Parity-Aware Byte-Pair Encoding, 2025,
    arXiv:2508.04796). `nan` for fewer than two languages, and where they do not all have as many
    documents.
    """
    parts = list(languages)
    if len(parts) < 2 or any(a.documents != b.documents for a, b in pairwise(parts)):
        return nan
    if any(_knows_not_all(counts, encoding) for counts in parts):
        return nan
    costs = sorted(counts.sums[f"tokens {encoding}"] for counts in parts)
    n, total = len(costs), sum(costs)
    weighted = sum((2 * rank - n - 1) * cost for rank, cost in enumerate(costs, start=1))
    return _divide(weighted, n * total)


def renyi_efficiency(counts: Counts, *, encoding: str, alpha: float = 2.5) -> float:
    """Returns how evenly an encoding uses the tokens that occur, as Rényi efficiency.

    It is the Rényi entropy of the distribution of the tokens, of order alpha, divided by that of a
    uniform one, the logarithm of the number of different tokens that occur in the text (Zouhar et
    al., Tokenization and the Noiseless Channel, ACL 2023; alpha 2.5 correlated best with
    translation quality). What stands in the denominator is not the size of the whole vocabulary, of
    which a text in one language never uses more than a part. 1 is perfectly even. `nan` for fewer
    than two different tokens.
    """
    frequencies = counts.ids.get(encoding, {}).values()
    if len(frequencies) < 2 or _knows_not_all(counts, encoding):
        return nan
    total = sum(frequencies)
    if alpha == 1:  # the limit is Shannon's entropy
        entropy = -sum(n / total * log(n / total) for n in frequencies)
    else:
        entropy = log(sum((n / total) ** alpha for n in frequencies)) / (1 - alpha)
    return entropy / log(len(frequencies))


def vocabulary_utilization(counts: Counts, *, encoding: str, vocabulary_size: int) -> float:
    """Returns the share of an encoding's vocabulary that occurs in the text.

    It is (different tokens that occur) / (size of the vocabulary, special tokens included). It
    grows with the text: compare texts of about the same size.
    """
    if encoding not in counts.ids:
        return nan
    return _divide(len(counts.ids[encoding]), vocabulary_size)


def type_token_ratio(counts: Counts, *, encoding: str) -> float:
    """Returns the number of different tokens per token.

    It is (different tokens that occur) / tokens (type-token ratio: Templin, Certain Language Skills
    in Children, 1957). It falls as the text grows: compare texts of about the same size.
    """
    if encoding not in counts.ids:
        return nan
    return _divide(len(counts.ids[encoding]), counts.sums[f"tokens {encoding}"])


Against = Literal["nothing", "baseline", "reference encoding", "reference language", "languages"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What there is to know of a metric.

    Attributes:
        name: Its name, which is also that of its function, and of its column in JSON and CSV.
        heading: Its name at the head of a column of a table.
        formula: What is divided by what.
        source: The paper or standard that defines it.
        function: The function.
        against: What an encoding's tokens are held against: nothing (the metric is that of one
            encoding), the baseline, a reference encoding, a reference language, or all languages.
        ratio: The two quantities, with {encoding} and {other} in the place of names; None if it
            is no ratio of sums, and has no interval.
        is_saving: Whether it is one minus the ratio.
        needs: What must be counted for it: see `counting.MEASURES`.
        format: How a number is shown in a table.
    """

    name: str
    heading: str
    formula: str
    source: str
    function: Callable[..., float]
    against: Against = "nothing"
    ratio: Ratio | None = None
    is_saving: bool = False
    needs: tuple[str, ...] = ()
    format: str = "{:.2f}"

    def ratio_of(self, encoding: str, other: str | None = None) -> Ratio | None:
        """Returns the two quantities, for an encoding and that which it is held against."""
        if self.ratio is None:
            return None
        return replace(
            self.ratio,
            numerator=self.ratio.numerator.format(encoding=encoding, other=other),
            denominator=self.ratio.denominator.format(encoding=encoding, other=other),
        )


_TOKENS = "tokens {encoding}"
_OTHER_TOKENS = "tokens {other}"

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="compression_ratio",
            heading="ratio",
            formula="tokens of the baseline / tokens",
            source="OpenAI 2024, the GPT-4o announcement",
            function=compression_ratio,
            against="baseline",
            ratio=Ratio(numerator=_OTHER_TOKENS, denominator=_TOKENS),
            format="{:.2f}x",
        ),
        Metric(
            name="tokens_saved",
            heading="saved",
            formula="1 - tokens / tokens of the baseline",
            source="OpenAI 2024, the GPT-4o announcement",
            function=tokens_saved,
            against="baseline",
            ratio=Ratio(numerator=_TOKENS, denominator=_OTHER_TOKENS),
            is_saving=True,
            format="{:.1%}",
        ),
        Metric(
            name="bytes_per_token",
            heading="bytes/token",
            formula="bytes of UTF-8 / tokens",
            source="usual",
            function=bytes_per_token,
            ratio=Ratio(numerator="bytes", denominator=_TOKENS),
        ),
        Metric(
            name="characters_per_token",
            heading="chars/token",
            formula="code points / tokens",
            source="usual",
            function=characters_per_token,
            ratio=Ratio(numerator="characters", denominator=_TOKENS),
        ),
        Metric(
            name="tokens_per_grapheme",
            heading="tokens/grapheme",
            formula="tokens / extended grapheme clusters",
            source="Unicode Standard Annex #29",
            function=tokens_per_grapheme,
            ratio=Ratio(numerator=_TOKENS, denominator="graphemes"),
            needs=("graphemes",),
        ),
        Metric(
            name="fertility",
            heading="fertility",
            formula="tokens / words",
            source="Rust et al. 2021, ACL",
            function=fertility,
            ratio=Ratio(numerator=_TOKENS, denominator="words"),
            needs=("words",),
        ),
        Metric(
            name="continued_words",
            heading="continued",
            formula="words of more than one token / words",
            source="Rust et al. 2021, ACL",
            function=continued_words,
            ratio=Ratio(numerator="continued {encoding}", denominator="words"),
            needs=("words", "continued"),
            format="{:.1%}",
        ),
        Metric(
            name="single_token_retention",
            heading="STRR",
            formula="word types of one token / word types",
            source="Nayeem et al. 2025, arXiv:2510.09947",
            function=single_token_retention,
            needs=("word_types",),
            format="{:.1%}",
        ),
        Metric(
            name="normalized_sequence_length",
            heading="NSL",
            formula="tokens / tokens of the reference encoding",
            source="Dagan et al. 2024, arXiv:2402.01035",
            function=normalized_sequence_length,
            against="reference encoding",
            ratio=Ratio(numerator=_TOKENS, denominator=_OTHER_TOKENS),
        ),
        Metric(
            name="premium",
            heading="premium",
            formula="tokens / tokens of the reference language, parallel text",
            source="Petrov et al. 2023, NeurIPS",
            function=premium,
            against="reference language",
            needs=("values",),
        ),
        Metric(
            name="gini",
            heading="Gini",
            formula="mean difference of two languages' tokens / 2 means, parallel text",
            source="Foroutan et al. 2025, arXiv:2508.04796",
            function=gini,
            against="languages",
            format="{:.3f}",
        ),
        Metric(
            name="renyi_efficiency",
            heading="Rényi",
            formula="Rényi entropy of order 2.5 / log of the number of tokens that occur",
            source="Zouhar et al. 2023, ACL",
            function=renyi_efficiency,
            needs=("ids",),
            format="{:.3f}",
        ),
        Metric(
            name="vocabulary_utilization",
            heading="vocabulary",
            formula="different tokens / size of the vocabulary",
            source="usual",
            function=vocabulary_utilization,
            needs=("ids",),
            format="{:.2%}",
        ),
        Metric(
            name="type_token_ratio",
            heading="TTR",
            formula="different tokens / tokens",
            source="Templin 1957",
            function=type_token_ratio,
            needs=("ids",),
            format="{:.3f}",
        ),
    )
}
"""The metrics by name, in the order in which they are listed."""

DEFAULT_METRICS = ("compression_ratio", "tokens_saved")
"""What is said of each encoding if no metric is asked for."""


def _ratio(counts: Counts, numerator: str, denominator: str) -> float:
    quantities = (numerator, denominator)
    if any(quantity not in counts.sums for quantity in quantities):
        return nan
    encodings = {quantity.partition(" ")[2] for quantity in quantities} - {""}
    if any(_knows_not_all(counts, encoding) for encoding in encodings):
        return nan
    weighs_text = not _TEXT.isdisjoint(quantities)
    if weighs_text and any(counts.sums.get(f"altered {name}") for name in encodings):
        return nan
    return _divide(counts.sums[numerator], counts.sums[denominator])


_TEXT = frozenset(["bytes", "characters", "graphemes"])


def _knows_not_all(counts: Counts, encoding: str) -> bool:
    """Returns whether something in the text became a token that only says: unknown."""
    return counts.sums.get(f"unknown {encoding}", 0) > 0


def _divide(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else nan
