"""One reader a format: the bytes of a file become documents.

What cannot be read is named by file, line or row, byte and reason, and handed to whoever reads:
to stop there, or to count it and go on with the next record. Nothing is counted here.
"""

from __future__ import annotations

from tokcompare.sources.formats.delimited import read_csv, read_tsv
from tokcompare.sources.formats.jsonl import read_json_lines
from tokcompare.sources.formats.parquet import read_parquet
from tokcompare.sources.formats.plain import read_text
from tokcompare.sources.formats.records import Reader, Reading, Reject

__all__ = ["READERS", "Reader", "Reading", "Reject"]

READERS: dict[str, Reader] = {
    "text": read_text,
    "jsonl": read_json_lines,
    "csv": read_csv,
    "tsv": read_tsv,
    "parquet": read_parquet,
}
"""The readers by the name of their format."""
