"""Estimates: how many tokens a text has, without a vocabulary."""
