"""Comparisons: counts of several groups, with metrics, notes and a signature."""
