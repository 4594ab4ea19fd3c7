"""The tests, laid out as the rooms of the package are."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
"""The folder of the repository."""
