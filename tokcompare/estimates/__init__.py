"""Estimates of how many tokens a text has, and rankings, made without a vocabulary."""

from tokcompare.estimates.estimate import Estimate, estimate_tokens, read_table, table_path
from tokcompare.estimates.ranking import Ranking, rank

__all__ = ["Estimate", "Ranking", "estimate_tokens", "rank", "read_table", "table_path"]
