"""Pricing: the cost of tokens, and the amount of text that fits in a context window."""
