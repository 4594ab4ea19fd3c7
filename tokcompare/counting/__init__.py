"""Counting: documents and encodings become counts, which are whole numbers that add up."""
