"""Pricing: what tokens cost, and how much text fits in a context window."""
