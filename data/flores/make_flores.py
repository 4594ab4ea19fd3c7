"""Makes flores.csv and columns.json from the text of FLORES-200.

    python data/flores/make_flores.py FLORES                    all columns
    python data/flores/make_flores.py FLORES llama3 kimi-k2     these columns; the others stay
    python data/flores/make_flores.py FLORES qwen3=FILE         a column from a tokenizer's file
    python data/flores/make_flores.py FLORES --check qwen3=FILE compares a column with a reference

FLORES is the folder `flores200_dataset`. It has the folders `dev` and `devtest`, with one file per
language and one sentence per line. Only numbers are written. FILE is a file as `load_encoding`
takes it; `--pattern REGEX` says how a rank file splits text.

The script is not part of the installed package. It is kept so that the data can be made again.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import langcodes

from tokcompare.encodings.load import load_encoding
from tokcompare.encodings.named.catalogue import TOKENIZERS, find_tokenizer
from tokcompare.encodings.named.packages import find_package
from tokcompare.encodings.names import read_file, split_name

ENCODINGS = ("cl100k_base", "o200k_base")
"""The encodings that estimates are calibrated for."""
SPLITS = ("dev", "devtest")

CODES = {"twi_Latn": "tw"}
"""BCP 47 codes that the rule does not give: Twi is kept apart from Akan."""

CountTokens = Callable[[Sequence[str]], int]
"""Returns the number of tokens of several texts, each encoded by itself."""


def bcp47(code: str) -> str:
    """Returns the BCP 47 code for one of FLORES, without the script if no other is usual.

    A member of a macrolanguage takes the code of the macrolanguage, as in the Unicode CLDR.
    """
    if code in CODES:
        return CODES[code]
    tag = langcodes.Language.get(langcodes.standardize_tag(code, macro=True))
    usual = langcodes.Language.make(language=tag.language, territory=tag.territory).maximize()
    # Of languages whose usual script is not known, langcodes says "Latn" and "US".
    is_usual = usual.script == script(code) or usual.territory == "US"
    return str(tag.update_dict({"script": None if is_usual else script(code)}))


def script(code: str) -> str:
    """Returns the ISO 15924 code of the script that a code of FLORES names."""
    name = code.partition("_")[2]
    return "Kore" if name == "Hang" else name


def sentences(flores: Path, split: str) -> Iterator[tuple[str, list[str]]]:
    """Yields the code of each language in FLORES, and its sentences."""
    for path in sorted((flores / split).glob(f"*.{split}")):
        yield path.stem, path.read_bytes().decode().removesuffix("\n").split("\n")


def load_tokenizer(given: str, pattern: str | None) -> tuple[str, CountTokens, str]:
    """Returns the name of a tokenizer, the function that counts its tokens, and what it is.

    Args:
        given: A name, or NAME=FILE.
        pattern: How the rank file splits text, if it is one.
    """
    encoding = load_encoding(given, pattern=pattern)
    made_with = f"{encoding.library} {version(encoding.library)}"
    if named := split_name(given):
        digest = hashlib.sha256(read_file(named[1])).hexdigest()
        made_with += f", {Path(named[1]).name} with SHA-256 {digest}"
    elif (tokenizer := find_tokenizer(given)) and encoding.library == "tiktoken":
        file = next(file for file in tokenizer.files if file.package == find_package(tokenizer))
        package = f"{file.package} {version(file.package)}"
        made_with += f", {Path(file.path).name} of {package} with SHA-256 {file.sha256}"

    def count(texts: Sequence[str]) -> int:
        return sum(len(encoding.encode(text)) for text in texts)

    return encoding.name, count, made_with


def main(flores: Path, names: Sequence[str], pattern: str | None, *, is_check: bool) -> None:
    table_path, columns_path = (
        Path(__file__).with_name(name) for name in ("flores.csv", "columns.json")
    )
    with table_path.open(encoding="utf-8", newline="") as file:
        known = {(row["flores"], row["split"]): row for row in csv.DictReader(file)}
    columns = json.loads(columns_path.read_text(encoding="utf-8"))
    texts = {(code, split): each for split in SPLITS for code, each in sentences(flores, split)}
    rows = {key: _measures(*key, each) for key, each in texts.items()}
    for name in columns:
        for key, row in rows.items():
            row[name] = known[key][name]
    for given in names:
        name, count, made_with = load_tokenizer(given, pattern)
        sums = {key: str(count(each)) for key, each in texts.items()}
        if is_check:
            differing = [key for key in sums if known[key][name] != sums[key]]
            print(f"{name}: {len(sums) - len(differing)} of {len(sums)} sums are equal")
            if differing:
                raise SystemExit(f"They differ in {differing}.")
            columns[name]["checked_with"] = made_with
        else:
            for key, row in rows.items():
                row[name] = sums[key]
            columns[name] = {"made_with": made_with}
            print(f"{name}: {made_with}")
    with table_path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, next(iter(rows.values())), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows.values())
    columns_path.write_text(json.dumps(columns, indent=1) + "\n", encoding="utf-8")


def _measures(code: str, split: str, texts: Sequence[str]) -> dict[str, str]:
    """Returns the cells of a row that no tokenizer decides."""
    numbers = {
        "sentences": len(texts),
        "characters": sum(map(len, texts)),
        "bytes": sum(len(text.encode()) for text in texts),
    }
    cells = {"flores": code, "language": bcp47(code), "split": split}
    return cells | {name: str(number) for name, number in numbers.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("flores", type=Path)
    parser.add_argument("names", nargs="*", default=[*ENCODINGS, *TOKENIZERS])
    parser.add_argument("--pattern")
    parser.add_argument("--check", action="store_true")
    given = parser.parse_intermixed_args()
    main(given.flores, given.names, given.pattern, is_check=given.check)
