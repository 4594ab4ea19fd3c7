"""Makes flores.csv from the text of FLORES-200: python data/flores/make_flores.py FLORES.

FLORES is the folder `flores200_dataset`. It has the folders `dev` and `devtest`, with one file per
language and one sentence per line. Only numbers are written.

The script is not part of the installed package. It is kept so that the data can be made again.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import langcodes

from tokcompare.encodings.load import load_encodings

ENCODINGS = ("cl100k_base", "o200k_base")
SPLITS = ("dev", "devtest")

CODES = {"twi_Latn": "tw"}
"""BCP 47 codes that the rule does not give: Twi is kept apart from Akan."""


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


def main(flores: Path) -> None:
    encodings = load_encodings(ENCODINGS)
    counts = ("sentences", "characters", "bytes", *ENCODINGS)
    with Path(__file__).with_name("flores.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["flores", "language", "split", *counts])
        for split in SPLITS:
            for code, texts in sentences(flores, split):
                writer.writerow(
                    [
                        *(code, bcp47(code), split, len(texts)),
                        sum(map(len, texts)),
                        sum(len(text.encode()) for text in texts),
                        *(sum(len(e.encode(text)) for text in texts) for e in encodings),
                    ]
                )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
