"""Estimates of how many tokens a text has, made without a vocabulary."""

from tokcompare.estimates.estimate import Estimate, estimate_tokens, read_table, table_path

__all__ = ["Estimate", "estimate_tokens", "read_table", "table_path"]
