"""How fast a large corpus is counted, next to what a user would run instead.

`tokcompare report` is measured as a whole process, from the file to the table. Its peers are given
the texts in memory, and only the time of counting is taken. All of them take their turns, so that a
machine that is busy for a while does each the same harm, and ratios are taken turn by turn.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import PEERS
from benchmarks.processes import Run, run

COMMAND = str(Path(sys.executable).with_name("tokcompare"))

SHARES = {"tiktoken": 0.1, "tokenizers": 0.02, "bpe-openai": 0.03}
"""What share of the texts the slow peers count; their speed is the same on all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """A file that is measured: what is in it, and the command that counts it."""

    name: str
    path: Path
    options: Sequence[str] = ("--by", "language")

    def command(self, *more: str) -> list[str]:
        """Returns the command that counts the file."""
        return [COMMAND, "report", str(self.path), *self.options, "-f", "csv", *more]

    def size(self) -> float:
        """Returns how many MB of text there are in the file."""
        if self.path.suffix != ".jsonl":
            return self.path.stat().st_size / 1e6
        with self.path.open("rb") as file:
            return sum(len(json.loads(line)["text"].encode()) for line in file) / 1e6


def corpora(folder: Path) -> list[Corpus]:
    """Returns the files that `benchmarks.corpus` made."""
    return [
        Corpus(name="documents in many languages", path=folder / "corpus.jsonl"),
        Corpus(name="strings of 80 characters", path=folder / "strings.jsonl"),
        Corpus(name="source code", path=folder / "code.jsonl"),
    ]


def speed_of(peer: str, path: Path) -> float:
    """Returns how many MB of text a peer counts in a second."""
    share = str(SHARES.get(peer, 1))
    command = [sys.executable, "-m", "benchmarks.peers", peer, str(path), share]
    output = subprocess.run(command, capture_output=True, check=True).stdout.split()
    return int(output[0]) / float(output[1]) / 1e6


def measure(corpus: Corpus, repeats: int) -> list[str]:
    """Returns the rows of a table: each peer, its speed, and how many times faster we are."""
    size = corpus.size()
    ours: list[float] = []
    theirs: dict[str, list[float]] = {peer: [] for peer in PEERS}
    for _ in range(repeats):
        ours.append(size / run(corpus.command()).wall)
        for peer, speeds in theirs.items():
            speeds.append(speed_of(peer, corpus.path))
    rows = [f"| {corpus.name}, {size:.0f} MB | **tokcompare report** | {_median(ours)} | |"]
    for peer, speeds in theirs.items():
        ratios = sorted(mine / other for mine, other in zip(ours, speeds, strict=True))
        shown = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        rows.append(f"| | {peer} | {_median(speeds)} | {shown} |")
    return rows


def _median(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f}"


def peers_table(folder: Path, repeats: int) -> str:
    """Returns how fast each corpus is counted, by us and by each peer."""
    rows = [row for corpus in corpora(folder) for row in measure(corpus, repeats)]
    head = ["| text | counted by | MB/s, both encodings | ratio |", "| --- | --- | ---: | ---: |"]
    return "\n".join([*head, *rows])


def cores_table(folder: Path, repeats: int) -> str:
    """Measures the gain of a second core: the same run, bound to one core and not bound."""
    rows = []
    for corpus in (*corpora(folder), Corpus(name="one plain file", path=folder / "plain.txt")):
        one, two = [], []
        for _ in range(repeats):
            one.append(run(["taskset", "-c", "0", *corpus.command()]))
            two.append(run(corpus.command()))
        ratio = statistics.median(a.wall / b.wall for a, b in zip(one, two, strict=True))
        memory = max(each.memory for each in two)
        rows.append(
            f"| {corpus.name} | {_wall(one)} | {_wall(two)} | {ratio:.2f} | {memory:.0f} MB |"
        )
    head = (
        "| text | one core | two cores | ratio | peak memory |\n| --- | ---: | ---: | ---: | ---: |"
    )
    return "\n".join([head, *rows])


def _wall(runs: Sequence[Run]) -> str:
    return f"{statistics.median(one.wall for one in runs):.2f} s"
