"""Metrics of the token ids that occur in a text."""

from __future__ import annotations

from math import log, nan

from tokcompare.counting.counts import Counts
from tokcompare.counting.quantities import IDS
from tokcompare.metrics.metric import divide, loses_text, metric


@metric(
    needs=(IDS,),
    heading="Rényi",
    formula="Rényi entropy of order 2.5 / log of the number of tokens that occur",
    source="Zouhar et al. 2023, ACL",
    format="{:.3f}",
)
def renyi_efficiency(counts: Counts, *, encoding: str, alpha: float = 2.5) -> float:
    """The Rényi efficiency of the distribution of token ids: how evenly they are used.

    It is the Rényi entropy of order alpha, divided by the logarithm of the number of distinct token
    ids that occur, which is the entropy if all are equally frequent. 1 is perfectly even. The
    divisor does not use the size of the vocabulary, because text in one language uses only a
    part of it. Source: Zouhar et al., Tokenization and the Noiseless Channel, ACL 2023, where alpha
    2.5 correlates best with translation quality. `nan` for fewer than two distinct ids.
    """
    frequencies = counts.ids.get(encoding, {}).values()
    if len(frequencies) < 2 or loses_text(counts, encoding):
        return nan
    total = sum(frequencies)
    if alpha == 1:  # the limit is Shannon's entropy
        entropy = -sum(n / total * log(n / total) for n in frequencies)
    else:
        entropy = log(sum((n / total) ** alpha for n in frequencies)) / (1 - alpha)
    return entropy / log(len(frequencies))


@metric(
    needs=(IDS,),
    heading="vocabulary",
    formula="different tokens / size of the vocabulary",
    source="usual",
    format="{:.2%}",
)
def vocabulary_utilization(counts: Counts, *, encoding: str, vocabulary_size: int) -> float:
    """The share of the vocabulary, special tokens included, that occurs in the text, as a fraction.

    It grows with the length of the text: compare texts of about the same size.
    """
    if encoding not in counts.ids:
        return nan
    return divide(len(counts.ids[encoding]), vocabulary_size)


@metric(
    needs=(IDS,),
    heading="TTR",
    formula="different tokens / tokens",
    source="Templin 1957",
    format="{:.3f}",
)
def type_token_ratio(counts: Counts, *, encoding: str) -> float:
    """Distinct token ids per token (type-token ratio).

    It falls as the text grows: compare texts of about the same size. Source: Templin, Certain
    Language Skills in Children, 1957.
    """
    if encoding not in counts.ids or counts.sums.get(f"lost {encoding}"):
        return nan
    return divide(len(counts.ids[encoding]), counts.sums[f"tokens {encoding}"])
