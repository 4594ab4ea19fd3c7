"""Checks: whether token counts keep limits, how they differ from a baseline, or from a report."""
