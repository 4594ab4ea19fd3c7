"""Explain: where the tokens of a text begin, what each saves, and what a vocabulary contains."""
