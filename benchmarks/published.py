"""Counts again what others have published, cell by cell, and writes the tables of documents.

FOLDER holds clones of the repositories that published it, under their own names; what is missing
is left out. Only numbers are written.

    python -m benchmarks.published FOLDER [--encoding NAME=PATH]... [--write]
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import click

from benchmarks.figures import put_figures
from tokcompare import (
    Document,
    TokcompareError,
    compare,
    count_tokens,
    load_encoding,
    load_samples,
)
from tokcompare.encodings import LoadedEncoding

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "published.md"

TEN = (
    *("cl100k_base", "o200k_base", "llama3", "llama4", "qwen3", "gemma3", "deepseek-v3"),
    *("mistral-tekken", "kimi-k2", "glm-4"),
)
"""The tokenizers of the table in docs/tokenizers.md."""

PETROV = {
    "cl100k_base": "cl100k_base",
    "r50k_base": "r50k_base",
    "p50k_base": "p50k_base",
    "Qwen": "qwen",
}
"""The columns of Petrov et al. 2023 that can be counted here, and their encodings."""

TOKKA = {
    "GPT-4": "cl100k_base",
    "gpt-oss": "o200k_base",
    "GPT-2": "r50k_base",
    "Llama 3.1": "llama3",
    "Qwen3": "qwen3",
    "Gemma 3": "gemma3",
    "Kimi K2": "kimi-k2",
}
"""The tokenizers of tokka-bench, and their encodings."""

FIRST = {"Llama 3.1": (128_000,), "Gemma 3": (2,)}
"""The token that some of them put before a text."""

NTREX = {
    **{"gu": "guj", "te": "tel", "ta": "tam", "mr": "mar", "hi": "hin", "ur": "urd", "ar": "arb"},
    **{"fa": "fas", "ru": "rus", "ko": "kor", "vi": "vie", "zh": "zho-CN", "ja": "jpn"},
    **{"tr": "tur", "it": "ita", "de": "deu", "es": "spa", "pt": "por", "fr": "fra", "en": "eng"},
}
"""The languages of the announcement, and their names in NTREX-128."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A published column that was counted again.

    Attributes:
        name: Its name in the publication.
        encoding: The encoding.
        equal: How many cells are equal.
        cells: How many cells there are; 0 if the encoding is not on this machine.
        differing: The cells that differ.
    """

    name: str
    encoding: str
    equal: int
    cells: int
    differing: Sequence[str] = ()


Load = Callable[[str], LoadedEncoding]
"""Loads an encoding by its name."""


Cells: TypeAlias = Callable[[str, LoadedEncoding], Iterator[str]]


def compare_columns(names: Mapping[str, str], load: Load, cells: Cells) -> list[Column]:
    """Counts columns again.

    Args:
        names: The encoding of each column.
        load: Loads it.
        cells: For a column and its encoding, yields "" for each equal cell, and for each other
            how it differs.
    """
    columns = []
    for name, encoding_name in names.items():
        try:
            encoding = load(encoding_name)
        except TokcompareError as error:
            click.echo(f"{name}: left out. {error}", err=True)
            columns.append(Column(name=name, encoding=encoding_name, equal=0, cells=0))
            continue
        found = list(cells(name, encoding))
        differing = list(filter(None, found))
        columns.append(
            Column(
                name=name,
                encoding=encoding_name,
                equal=len(found) - len(differing),
                cells=len(found),
                differing=differing,
            )
        )
    return columns


def petrov(folder: Path, load: Load) -> list[Column]:
    """Counts the table of Petrov et al. 2023: FLORES-200, with blanks for line feeds."""
    with (folder / "assets" / "flores_language_map.csv").open(encoding="utf-8") as file:
        codes = {row[0]: row[1].strip() for row in csv.reader(file)}
    with (folder / "assets" / "tokenization_lengths.csv").open(encoding="utf-8") as file:
        published = {row["Language"]: row for row in csv.DictReader(file)}

    def cells(name: str, encoding: LoadedEncoding) -> Iterator[str]:
        for language, row in published.items():
            splits = (
                folder / "flores200_dataset" / split / f"{codes[language]}.{split}"
                for split in ("dev", "devtest")
            )
            text = " ".join(path.read_text(encoding="utf-8") for path in splits)
            number = len(encoding.encode(text.replace("\n", " ")))
            is_equal = number == int(row[name])
            yield "" if is_equal else f"{language}: {row[name]} published, {number} counted"

    return compare_columns(PETROV, load, cells)


def tokka(folder: Path, load: Load) -> list[Column]:
    """Encodes the sample texts of tokka-bench, and compares the token ids."""

    def cells(name: str, encoding: LoadedEncoding) -> Iterator[str]:
        path = folder / "data" / "results" / f"{name}.json"
        for code, result in json.loads(path.read_text(encoding="utf-8"))["languages"].items():
            sample = result["sample"]
            ids = [*FIRST.get(name, ()), *encoding.encode(sample["text"])]
            yield "" if ids == sample["token_ids"] else f"{code}: {ids[:8]}…"

    return compare_columns(TOKKA, load, cells)


def columns_table(columns: Sequence[Column]) -> str:
    """Returns columns as a table."""
    rows = ["| published column | encoding | equal cells |", "| --- | --- | ---: |"]
    for column in columns:
        equal = f"{column.equal} of {column.cells}" if column.cells else "not counted"
        rows.append(f"| {column.name} | `{column.encoding}` | {equal} |")
    counted = [column for column in columns if column.cells]
    equal = f"{sum(c.equal for c in counted)} of {sum(c.cells for c in counted)}"
    rows.append(f"| **Total** | | **{equal}** |")
    for column in counted:
        for cell in column.differing[:3]:
            click.echo(f"{column.name}: differs in {cell}", err=True)
    return "\n".join(rows)


def ntrex_table(folder: Path) -> str:
    """Returns the announcement's sentence beside NTREX-128: 1,997 sentences in each language."""
    texts = {}
    for code, name in NTREX.items():
        kind = "src" if code == "en" else "ref"
        path = folder / "NTREX-128" / f"newstest2019-{kind}.{name}.txt"
        texts[code] = path.read_text(encoding="utf-8").splitlines()
    comparison = compare(
        [Document(text=text, language=code) for code, lines in texts.items() for text in lines],
        metrics=["compression_ratio"],
    )
    announced = announced_ratios()
    sentence = {document.language: document for document in load_samples("gpt-4o")}
    rows = [
        "| language | announced | the sentence, counted | NTREX-128 | 95% interval |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for row in comparison.to_dict()["rows"]:
        text = str(sentence[row["language"]].text)
        before, after = (count_tokens(text, name) for name in comparison.encodings)
        ratio = row["compression_ratio"]["o200k_base"]
        low, high = row["intervals"]["compression_ratio"]["o200k_base"]
        rows.append(
            f"| {row['name']} | {announced[row['language']]:.1f}x | {before / after:.2f}x | "
            f"{ratio:.2f}x | {low:.2f}x–{high:.2f}x |"
        )
    return "\n".join(rows)


def announced_ratios() -> dict[str, float]:
    """Returns how many times fewer tokens the announcement of GPT-4o names for each language."""
    path = Path(__file__).parents[1] / "data" / "samples" / "gpt-4o.jsonl"
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {line["language"]: line["published_times_fewer"] for line in lines}


def udhr_table() -> str:
    """Returns the tokens of the Universal Declaration under ten tokenizers."""
    comparison = compare(load_samples("udhr"), encodings=TEN, metrics=["compression_ratio"])
    rows = [f"| language | {' | '.join(TEN)} |", f"| --- {'| ---: ' * len(TEN)}|"]
    for row in (*comparison.rows, None):
        counts = comparison.total if row is None else row.counts
        name = "**Total**" if row is None else row.name
        rows.append(f"| {name} | {' | '.join(f'{counts.tokens[each]:,}' for each in TEN)} |")
    return "\n".join(rows)


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--encoding", "files", multiple=True, help="NAME=PATH of a file for an encoding.")
@click.option("--write", is_flag=True, help="Put the tables into docs/published.md.")
def main(folder: Path, files: tuple[str, ...], write: bool) -> None:
    """Count again what others have published."""
    paths = {given.partition("=")[0]: given for given in files}

    def load(name: str) -> LoadedEncoding:
        return load_encoding(paths.get(name, name))

    tables: dict[str, tuple[str, Callable[[Path], str]]] = {
        "petrov": ("tokenization-fairness", lambda path: columns_table(petrov(path, load))),
        "tokka": ("tokka-bench", lambda path: columns_table(tokka(path, load))),
        "ntrex": ("NTREX", ntrex_table),
    }
    for name, (repository, make) in tables.items():
        if not (folder / repository).is_dir():
            click.echo(f"{name}: left out, there is no {folder / repository}", err=True)
            continue
        table = make(folder / repository)
        click.echo(f"{name}\n\n{table}\n")
        if write:
            put_figures(PAGE, name, table + "\n")
    table = udhr_table()
    click.echo(f"udhr\n\n{table}")
    if write:
        put_figures(DOCS / "tokenizers.md", "udhr", table + "\n")


if __name__ == "__main__":
    main()
