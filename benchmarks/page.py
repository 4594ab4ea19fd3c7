"""How long a page takes, next to the same report as CSV, and how large it is."""

from __future__ import annotations

import gzip
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import Run, run
from benchmarks.sizes import lines

COMMAND = str(Path(sys.executable).with_name("tokcompare"))


def table(repeats: int, flores: Path | None) -> str:
    """Measures whole processes in turns, and returns them as a table in Markdown.

    Args:
        repeats: How often each command is measured.
        flores: The folder of FLORES-200, whose 204 languages make the last row; None without it.
    """
    with tempfile.TemporaryDirectory() as folder:
        sources = {
            "twenty sentences, with their tokens": [],
            "`udhr`, 20 languages, with tokens": ["udhr"],
        }
        if flores is not None:
            path = Path(folder, "flores.jsonl")
            path.write_bytes(b"".join(lines(flores)[:40_000]))
            sources["FLORES-200, 204 languages, 40,000 sentences"] = [str(path)]
        shown = ["| page | bytes | gzipped | CPU | time | time as CSV |"]
        shown.append("| --- | ---: | ---: | ---: | ---: | ---: |")
        for name, arguments in sources.items():
            command = [COMMAND, "report", *arguments, "--no-progress", "-f"]
            runs: dict[str, list[Run]] = {"html": [], "csv": []}
            for turn in range(repeats + 1):
                for kind, of_kind in runs.items():
                    one = run([*command, kind])
                    if turn:
                        of_kind.append(one)
            page = subprocess.run([*command, "html"], capture_output=True, check=True).stdout
            cpu, wall, csv = (
                statistics.median(getattr(one, measured) for one in runs[kind])
                for kind, measured in (("html", "cpu"), ("html", "wall"), ("csv", "wall"))
            )
            shown.append(
                f"| {name} | {len(page):,} | {len(gzip.compress(page)):,} | {cpu:.2f} s "
                f"| {wall:.2f} s | {csv:.2f} s |"
            )
    return "\n".join(shown)
