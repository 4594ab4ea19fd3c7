"""How long a check before a commit takes: 500 prompts of 500 characters under one encoding."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from statistics import median

from benchmarks.processes import run
from tokcompare.bundled import data_path

FILES, CHARACTERS = 500, 500

LANGUAGES: dict[str, Sequence[str]] = {
    "English": ["en"],
    "Hindi": ["hi"],
    "twenty languages": [],
}
"""The languages of the prompts; empty for all of the Universal Declaration of Human Rights."""


def prompts(languages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields the language and the text of each prompt, which are pieces of the declaration.

    They overlap where a language has less text.
    """
    texts: dict[str, list[str]] = {}
    for line in data_path("samples", "udhr.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if not languages or record["language"] in languages:
            texts.setdefault(record["language"], []).append(record["text"])
    whole = {language: "\n".join(parts) for language, parts in texts.items()}
    for number in range(FILES):
        language = list(whole)[number % len(whole)]
        text = whole[language]
        start = number * 211 % (len(text) - CHARACTERS)
        yield language, text[start : start + CHARACTERS]


def write(folder: Path, languages: Sequence[str]) -> None:
    """Writes the prompts, in a folder for each language."""
    for number, (language, text) in enumerate(prompts(languages)):
        path = folder / language / f"prompt {number}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def table(repeats: int) -> str:
    """Measures everything and returns it as a table in Markdown."""
    command = str(Path(sys.executable).with_name("tokcompare"))
    rows = []
    for name, languages in LANGUAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), languages)
            for options in ([], ["--language-from-path"]):
                arguments = [command, "check", folder, *options, "--max-tokens", "4000"]
                run(arguments)
                runs = [run(arguments) for _ in range(repeats)]
                rows.append(
                    [
                        " ".join([name, *(f"`{option}`" for option in options)]),
                        f"{1000 * median(each.cpu for each in runs):.0f} ms",
                        f"{1000 * median(each.wall for each in runs):.0f} ms",
                        f"{max(each.memory for each in runs):.0f} MB",
                    ]
                )
    heading = [f"{FILES} files of {CHARACTERS} characters", "CPU", "time", "peak memory"]
    lines = chain([heading, ["---", *["---:"] * 3]], rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
