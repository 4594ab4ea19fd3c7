"""How long a person waits for the command, next to what that person would use instead.

Whole processes, in turn (A, B, A, B, ...), by the operating system's own accounting. It measures
and says what it measured; it does not judge.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import run
from tokcompare.bundled import data_path

BARE_SCRIPT = """\
import json, sys, tiktoken
encodings = [tiktoken.get_encoding(name) for name in ("cl100k_base", "o200k_base")]
for line in open(sys.argv[1], encoding="utf-8"):
    sentence = json.loads(line)
    counts = [len(encoding.encode(sentence["text"])) for encoding in encodings]
    print(sentence["language"], *counts, counts[0] / counts[1], sep=",")
"""
"""What a user would write to get the same numbers."""


LOADING_SCRIPT = """\
import tiktoken
tiktoken.get_encoding("cl100k_base")
tiktoken.get_encoding("o200k_base")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A command of ours, and what it is measured against.

    Attributes:
        name: What both of them do.
        ours: The command.
        theirs: The command that a user would run instead.
    """

    name: str
    ours: Sequence[str]
    theirs: Sequence[str]


def pairs() -> list[Pair]:
    """Returns the commands to compare, in the interpreter that runs this."""
    command = str(Path(sys.executable).with_name("tokcompare"))
    samples = str(data_path("samples", "gpt-4o.jsonl"))
    return [
        Pair(
            name="`tokcompare --help` / `python -c 'import click'`",
            ours=[command, "--help"],
            theirs=[sys.executable, "-c", "import click"],
        ),
        Pair(
            name="`tokcompare count Hello` / loading both encodings by tiktoken",
            ours=[command, "count", "Hello"],
            theirs=[sys.executable, "-c", LOADING_SCRIPT],
        ),
        Pair(
            name="`tokcompare report -f csv` / bare script with tiktoken",
            ours=[command, "report", "-f", "csv"],
            theirs=[sys.executable, "-c", BARE_SCRIPT, samples],
        ),
        Pair(
            name="`tokcompare report` / bare script with tiktoken",
            ours=[command, "report"],
            theirs=[sys.executable, "-c", BARE_SCRIPT, samples],
        ),
    ]


def warm_tiktoken_cache(folder: Path) -> None:
    """Puts both rank files where tiktoken looks for them, as if it had downloaded them before."""
    for name in ("cl100k_base", "o200k_base"):
        url = f"https://openaipublic.blob.core.windows.net/encodings/{name}.tiktoken"
        ranks = data_path("vocabularies", f"{name}.tiktoken").read_bytes()
        (folder / hashlib.sha1(url.encode()).hexdigest()).write_bytes(ranks)


def measure(pair: Pair, repeats: int, environment: Mapping[str, str]) -> list[str]:
    """Returns the cells of a row: names, medians, ratios run by run, and peak memory."""
    for warm_up in (pair.ours, pair.theirs):
        run(warm_up, environment)
    ours, theirs = [], []
    for _ in range(repeats):
        ours.append(run(pair.ours, environment))
        theirs.append(run(pair.theirs, environment))
    cells = [pair.name]
    for kind in ("cpu", "wall"):
        a = [getattr(one, kind) for one in ours]
        b = [getattr(one, kind) for one in theirs]
        ratios = sorted(x / y for x, y in zip(a, b, strict=True))
        cells += [
            f"{1000 * statistics.median(a):.0f} / {1000 * statistics.median(b):.0f} ms",
            f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})",
        ]
    memory = [max(one.memory for one in runs) for runs in (ours, theirs)]
    return [*cells, f"{memory[0]:.0f} / {memory[1]:.0f} MB"]


def table(repeats: int) -> str:
    """Measures everything and returns it as a table in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        warm_tiktoken_cache(Path(folder))
        environment = os.environ | {"TIKTOKEN_CACHE_DIR": folder}
        rows = [measure(pair, repeats, environment) for pair in pairs()]
    heading = ["ours / theirs", "CPU, median", "ratio", "wall time, median", "ratio"]
    lines = [[*heading, "peak memory"], ["---", *["---:"] * 5], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
