"""The version of tokcompare."""

__version__ = "0.1.0"
