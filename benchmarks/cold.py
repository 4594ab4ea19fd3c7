"""The cold start of a function: import, first count, memory; next to tiktoken and gpt-tokenizer.

gpt-tokenizer is JavaScript, and is measured where Node and an npm that can install it are there.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import Run, run
from benchmarks.startup import warm_tiktoken_cache

TEXT = "नमस्ते, world! " * 67
"""About 1,000 characters."""

SCRIPTS = {
    "tokcompare": (
        "import sys, tokcompare\nprint(tokcompare.count_tokens(sys.argv[1], 'o200k_base'))"
    ),
    "tiktoken": (
        "import sys, tiktoken\n"
        "print(len(tiktoken.get_encoding('o200k_base').encode_ordinary(sys.argv[1])))"
    ),
    "nothing": "import sys",
}

NODE = (
    "const {encode} = require('gpt-tokenizer/encoding/o200k_base');"
    "console.log(encode(process.argv[1]).length)"
)


def table(repeats: int) -> str:
    """Measures whole processes in turns, and returns them as a table in Markdown."""
    with tempfile.TemporaryDirectory() as folder:
        warm_tiktoken_cache(Path(folder))
        environment = os.environ | {"TIKTOKEN_CACHE_DIR": folder}
        commands = {name: [sys.executable, "-c", script, TEXT] for name, script in SCRIPTS.items()}
        if _install_for_node(folder):
            environment["NODE_PATH"] = str(Path(folder, "node_modules"))
            commands["gpt-tokenizer, in Node"] = ["node", "-e", NODE, TEXT]
            commands["nothing, in Node"] = ["node", "-e", "0"]
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for turn in range(repeats + 1):
            for name, command in commands.items():
                one = run(command, environment)
                if turn:
                    runs[name].append(one)
    lines = ["| 1,000 characters under o200k_base | CPU | time | peak memory |"]
    lines.append("| --- | ---: | ---: | ---: |")
    for name, of_command in runs.items():
        cpu, wall, memory = (
            statistics.median(getattr(one, kind) for one in of_command)
            for kind in ("cpu", "wall", "memory")
        )
        lines.append(f"| {name} | {1000 * cpu:.0f} ms | {1000 * wall:.0f} ms | {memory:.0f} MB |")
    return "\n".join(lines)


def _install_for_node(folder: str) -> bool:
    if not (shutil.which("node") and (npm := shutil.which("npm"))):
        return False
    command = [npm, "install", "--silent", "--prefix", folder, "gpt-tokenizer"]
    return subprocess.run(command, capture_output=True).returncode == 0
