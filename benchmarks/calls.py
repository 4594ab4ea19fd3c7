"""How long the first call of a function takes in a new process, and how long later ones."""

from __future__ import annotations

import statistics
import subprocess
import sys

CALLS = {
    "import tokcompare": "",
    "estimate_tokens(10_000, 'hi')": "tokcompare.estimate_tokens(10_000, 'hi')",
    "estimate_tokens(text=...), 1,000 characters": "tokcompare.estimate_tokens(text=text)",
    "count_tokens(text, 'o200k_base'), 1,000 characters": (
        "tokcompare.count_tokens(text, 'o200k_base')"
    ),
    "price('gpt-4o', input_tokens=1_000)": "tokcompare.price('gpt-4o', input_tokens=1_000)",
    "cost(text, 'gpt-4o'), 1,000 characters": "tokcompare.cost(text, 'gpt-4o')",
}

SCRIPT = """
import sys, time
text = "नमस्ते, world! " * 67
def call(): {call}
begin = time.perf_counter()
import tokcompare
call()
first = time.perf_counter() - begin
later = []
for _ in range(200):
    begin = time.perf_counter()
    call()
    later.append(time.perf_counter() - begin)
print(first, sorted(later)[100])
"""


def table(repeats: int) -> str:
    """Returns the times of each call, as a table; a first call includes the import."""
    lines = ["| call | first | later |", "| --- | ---: | ---: |"]
    for name, call in CALLS.items():
        runs = []
        for _ in range(repeats):
            script = SCRIPT.format(call=call or "pass")
            output = subprocess.run(
                [sys.executable, "-c", script], capture_output=True, check=True, text=True
            ).stdout
            runs.append(tuple(map(float, output.split())))
        first, later = (statistics.median(column) for column in zip(*runs, strict=True))
        shown = f"{later * 1e6:,.0f} µs" if call else ""
        lines.append(f"| `{name}` | {first * 1e3:.0f} ms | {shown} |")
    return "\n".join(lines)
