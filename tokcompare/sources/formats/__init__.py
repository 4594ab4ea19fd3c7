"""The formats of files, in one table. A new format is one module and one entry.

A record that cannot be read is rejected with file, line or row, byte and reason. Nothing is counted
here.
"""

from __future__ import annotations

from functools import partial

from tokcompare.sources.formats.delimited import cut_delimited
from tokcompare.sources.formats.format import Format
from tokcompare.sources.formats.json_values import cut_json, extent_of_json
from tokcompare.sources.formats.jsonl import cut_jsonl
from tokcompare.sources.formats.lines import extent_of_lines
from tokcompare.sources.formats.parquet import cut_arrow, cut_parquet, extent_of_parquet
from tokcompare.sources.formats.plain import cut_text, extent_of_text

FORMATS: dict[str, Format] = {
    "text": Format(suffixes=(".txt",), cut=cut_text, extent=extent_of_text),
    "jsonl": Format(suffixes=(".jsonl", ".ndjson"), cut=cut_jsonl, extent=extent_of_lines),
    "json": Format(suffixes=(".json",), cut=cut_json, extent=extent_of_json),
    "csv": Format(suffixes=(".csv",), cut=partial(cut_delimited, delimiter=",")),
    "tsv": Format(suffixes=(".tsv",), cut=partial(cut_delimited, delimiter="\t")),
    "parquet": Format(
        suffixes=(".parquet", ".pq"),
        cut=cut_parquet,
        extent=extent_of_parquet,
        unit="row groups",
        needs_seek=True,
    ),
    "arrow": Format(suffixes=(".arrow", ".feather", ".ipc"), cut=cut_arrow, needs_seek=True),
}
"""The formats by name. A file with another suffix is plain text."""
