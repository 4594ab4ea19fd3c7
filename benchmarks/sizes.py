"""How long files of 1 KB to 2 GB take, next to the script that a user would write with tiktoken.

The text is FLORES-200: short parallel sentences in 204 languages, shuffled, as JSON Lines. Both are
whole processes, from the file to the sums by language. Files of more than 100 MB repeat the text.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.processes import Run, run
from benchmarks.startup import warm_tiktoken_cache

COMMAND = str(Path(sys.executable).with_name("tokcompare"))

SCRIPT = """\
import sys
from collections import Counter
from itertools import islice
import orjson, tiktoken
encodings = [tiktoken.get_encoding(name) for name in ("cl100k_base", "o200k_base")]
sums = [Counter() for _ in encodings]
with open(sys.argv[1], "rb") as file:
    while records := [orjson.loads(line) for line in islice(file, 100_000)]:
        texts = [record["text"] for record in records]
        for encoding, counts in zip(encodings, sums):
            ids = encoding.encode_ordinary_batch(texts, num_threads=2)
            for record, tokens in zip(records, ids):
                counts[record["language"]] += len(tokens)
for language in sorted(sums[0]):
    print(language, *(counts[language] for counts in sums), sep=",")
"""
"""The script: it loads, parses with orjson, counts with tiktoken's batch call on two threads."""

NAMED = {"1 MB": 10**6, "4 MB": 4 * 10**6, "16 MB": 16 * 10**6, "48 MB": 48 * 10**6}
"""The sizes of the table, in bytes."""

CURVE = {
    **{f"{size} KB": size * 1_000 for size in (1, 4, 16, 64, 128, 256, 512)},
    **{f"{size} MB": size * 10**6 for size in (1, 2, 4, 8, 16, 48, 128, 512)},
    **{f"{size} GB": size * 10**9 for size in (1, 2)},
}
"""The sizes of the curve, in bytes."""

ONCE = 10**8
"""From this size on each command runs once: the script takes minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A size that was measured.

    Attributes:
        name: The size, for people.
        size: The size of the file in bytes.
        ours: The runs of tokcompare.
        theirs: The runs of the script, turn by turn with ours.
    """

    name: str
    size: int
    ours: Sequence[Run]
    theirs: Sequence[Run]

    @property
    def ratios(self) -> list[float]:
        """How many times faster tokcompare was in each turn, in ascending order."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return sorted(theirs.wall / ours.wall for ours, theirs in pairs)


def lines(flores: Path) -> list[bytes]:
    """Returns the sentences of FLORES-200 as JSON Lines, shuffled."""
    records = [
        {"text": text, "language": path.stem}
        for split in ("dev", "devtest")
        for path in sorted((flores / split).glob(f"*.{split}"))
        for text in path.read_text(encoding="utf-8").splitlines()
    ]
    random.Random(0).shuffle(records)
    return [json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records]


def measure(flores: Path, repeats: int, sizes: dict[str, int]) -> Iterator[Point]:
    """Measures each size; the first turn of each, which reads the file anew, is not counted."""
    text = lines(flores)
    with tempfile.TemporaryDirectory() as folder:
        warm_tiktoken_cache(Path(folder))
        environment = os.environ | {"TIKTOKEN_CACHE_DIR": folder}
        path = Path(folder, "flores.jsonl")
        for name, size in sizes.items():
            write(path, text, size)
            ours, theirs = [], []
            turns = 1 if size > ONCE else repeats
            for _ in range(turns if size > ONCE else turns + 1):
                ours.append(run([COMMAND, "report", str(path), "-f", "csv"], environment))
                theirs.append(run([sys.executable, "-c", SCRIPT, str(path)], environment))
            yield Point(name=name, size=size, ours=ours[-turns:], theirs=theirs[-turns:])


def write(path: Path, text: Sequence[bytes], size: int) -> None:
    """Writes a file of about that size."""
    with path.open("wb") as file:
        while file.tell() < size:
            for line in text:
                file.write(line)
                if file.tell() >= size:
                    return


def table(points: Sequence[Point]) -> str:
    """Returns the points as a table."""
    rows = ["| file | tokcompare | script | times faster | peak memory |"]
    rows.append("| ---: | ---: | ---: | ---: | ---: |")
    for point in points:
        ours, theirs = (
            statistics.median(one.wall for one in runs) for runs in (point.ours, point.theirs)
        )
        memory = [max(one.memory for one in runs) for runs in (point.ours, point.theirs)]
        spread = f" ({min(point.ratios):.2f} to {max(point.ratios):.2f})"
        spread = spread if len(point.ratios) > 1 else ""
        rows.append(
            f"| {point.name} | {ours:.2f} s | {theirs:.2f} s | "
            f"{statistics.median(point.ratios):.2f}{spread} | "
            f"{memory[0]:.0f} / {memory[1]:.0f} MB |"
        )
    return "\n".join(rows)
