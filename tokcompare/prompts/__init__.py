"""Prompts: which part of a text fits a number of tokens, and the tokens of chat messages."""
