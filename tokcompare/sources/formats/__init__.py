"""The formats of files, in one table. A new format is one module and one entry.

A record that cannot be read is rejected with file, line or row, byte and reason. Nothing is counted
here.
"""

from __future__ import annotations

from functools import partial

from tokcompare.sources.formats.delimited import cut_delimited
from tokcompare.sources.formats.format import Format
from tokcompare.sources.formats.jsonl import cut_jsonl
from tokcompare.sources.formats.lines import extent_of_lines
from tokcompare.sources.formats.parquet import cut_parquet, extent_of_parquet
from tokcompare.sources.formats.plain import cut_text, extent_of_text

FORMATS: dict[str, Format] = {
    "text": Format(suffixes=(".txt",), cut=cut_text, extent=extent_of_text),
    "jsonl": Format(suffixes=(".jsonl", ".ndjson", ".json"), cut=cut_jsonl, extent=extent_of_lines),
    "csv": Format(suffixes=(".csv",), cut=partial(cut_delimited, delimiter=",")),
    "tsv": Format(suffixes=(".tsv",), cut=partial(cut_delimited, delimiter="\t")),
    "parquet": Format(
        suffixes=(".parquet", ".pq"),
        cut=cut_parquet,
        extent=extent_of_parquet,
        unit="row groups",
        needs_seek=True,
    ),
}
"""The formats by name. A file with another suffix is plain text."""
