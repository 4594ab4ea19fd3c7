"""The limits of a cluster: planning 100,000 shards, and adding as many parts.

The work on a shard is measured elsewhere. This measures the process that plans and adds. The plan
is over files of many terabytes that take no room on the disk.
"""

from __future__ import annotations

import json
import pickle
import tempfile
import time
from pathlib import Path

from tokcompare import load_source, prepare
from tokcompare.counting.parallel.local import count_source
from tokcompare.counting.parallel.plan import SHARD, plan
from tokcompare.counting.parts import Part, add_parts
from tokcompare.sources.source import load_samples

SHARDS = 100_000
FILES = 1_000


def measure() -> str:
    """Measures planning and adding many shards, and returns a table."""
    with tempfile.TemporaryDirectory() as folder:
        line = json.dumps({"text": "a" * 100, "language": "en"}).encode() + b"\n"
        for number in range(FILES):
            with Path(folder, f"{number:04}.jsonl").open("wb") as file:
                file.write(line * 100)
                file.truncate(SHARDS // FILES * SHARD)
        started = time.perf_counter()
        units = plan(load_source(folder))
        planning = time.perf_counter() - started
    assert len(units) == SHARDS
    part, _ = count_source(load_samples("udhr"), prepare().spec)
    started = time.perf_counter()
    level: list[Part] = [part] * SHARDS
    depth = 0
    while len(level) > 1:
        level = [add_parts(level[start : start + 16]) for start in range(0, len(level), 16)]
        depth += 1
    merging = time.perf_counter() - started
    assert level[0].groups["en"].documents == SHARDS * part.groups["en"].documents
    terabytes = SHARDS * SHARD / 1e12
    rows = [
        f"| plan {SHARDS:,} units of {SHARD / 1e6:.0f} MB ({terabytes:.1f} TB in {FILES:,} files) "
        f"| {planning:.1f} s, {1e6 * planning / SHARDS:.0f} µs a unit |",
        f"| merge {SHARDS:,} parts of 20 languages, {depth} levels of 16 "
        f"| {merging:.1f} s, {1e6 * merging / SHARDS:.0f} µs a part |",
        f"| a unit, and a part, on the wire | {len(pickle.dumps(units[1]))} bytes, "
        f"{len(part.to_json()) / 1000:.0f} KB as JSON |",
    ]
    return "\n".join(["| step | one core |", "| --- | ---: |", *rows])
