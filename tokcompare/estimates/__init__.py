"""Estimates of how many tokens a text has, made without a vocabulary."""

from tokcompare.estimates.estimate import Estimate, estimate_tokens

__all__ = ["Estimate", "estimate_tokens"]
