"""Metrics that compare languages under one encoding, on parallel text."""

# mypy: disable-error-code="empty-body"
# The function below `paired_ratio` has no body: the decorator says what is divided.

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from math import nan

from tokcompare.counting.counts import Counts
from tokcompare.metrics.metric import divide, loses_text, metric, paired_ratio


@paired_ratio(
    "tokens {encoding}",
    heading="premium",
    formula="tokens / tokens of the reference language, parallel text",
    source="Petrov et al. 2023, NeurIPS",
)
def premium(counts: Counts, *, reference: Counts, encoding: str) -> float:
    """Tokens of a language per token of a reference language, for the same content.

    Source: Petrov et al., Language Model Tokenizers Introduce Unfairness Between Languages, NeurIPS
    2023. `nan` where the two languages do not have the same number of documents: such text is not
    parallel.
    """


@metric(
    heading="Gini",
    formula="mean difference of two languages' tokens / 2 means, parallel text",
    source="Foroutan et al. 2025, arXiv:2508.04796",
    format="{:.3f}",
)
def gini(languages: Iterable[Counts], *, encoding: str) -> float:
    """The Gini coefficient of the tokens that languages need for the same content.

    It is half the mean absolute difference between two languages, divided by the mean. 0 means
    equal costs; near 1 one language has all the cost. Source: Foroutan et al., Parity-Aware
    Byte-Pair Encoding, 2025, arXiv:2508.04796. `nan` for fewer than two languages, and where the
    languages do not all have the same number of documents.
    """
    counts = list(languages)
    if len(counts) < 2 or any(a.documents != b.documents for a, b in pairwise(counts)):
        return nan
    if any(loses_text(each, encoding) for each in counts):
        return nan
    costs = sorted(each.sums[f"tokens {encoding}"] for each in counts)
    n, total = len(costs), sum(costs)
    weighted = sum((2 * rank - n - 1) * cost for rank, cost in enumerate(costs, start=1))
    return divide(weighted, n * total)
