"""Rows: the groups of a part as the rows of a comparison."""
