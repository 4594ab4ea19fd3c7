"""All that can be decoded before a damage in an archive is read, and the rest is named."""

from __future__ import annotations

import bz2
import json
import lzma
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.files import PACK, zstd
from tests.strategies import examples
from tokcompare import SourceError, compare, load_source
from tokcompare.sources.streams import open_text

DECODERS: dict[str, Callable[[], Any]] = {
    ".gz": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    ".zst": zstd.ZstdDecompressor,
    ".bz2": bz2.BZ2Decompressor,
    ".xz": lzma.LZMADecompressor,
}


def decode(packed: bytes, suffix: str) -> bytes:
    """Decodes as much as a library can give: byte by byte, and stream by stream."""
    content = bytearray()
    decoder = DECODERS[suffix]()
    rest = memoryview(packed)
    while rest:
        try:
            if suffix == ".gz":
                content += decoder.decompress(decoder.unconsumed_tail + bytes(rest[:1]), 1)
                while decoder.unconsumed_tail and not decoder.eof:
                    content += decoder.decompress(decoder.unconsumed_tail, 1)
                while more := decoder.decompress(b"", 1):
                    content += more
            else:
                content += decoder.decompress(rest[:1], 1)
                while not (decoder.needs_input or decoder.eof):
                    content += decoder.decompress(b"", 1)
        except Exception:
            return bytes(content)
        rest = rest[1:]
        if decoder.eof and rest:
            if rest[0] != 0:
                decoder = DECODERS[suffix]()
            else:
                rest = memoryview(bytes(rest).lstrip(b"\0"))
    return bytes(content)


def read(path: Path) -> tuple[bytes, SourceError | None]:
    content = b""
    try:
        with open_text(str(path)) as file:
            while part := file.stream.read1(1 << 16):
                content += part
    except SourceError as error:
        return content, error
    return content, None


LINES = "".join(json.dumps({"text": f"{n} {n * n} {n % 7}"}) + "\n" for n in range(700)).encode()


@pytest.mark.parametrize("suffix", PACK)
@settings(max_examples=examples(40), deadline=None)
@given(data=st.data())
def test_all_before_a_damage(
    suffix: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    parts = data.draw(st.integers(1, 3))
    cut = len(LINES) // parts
    packed = bytearray(b"".join(PACK[suffix](LINES[n * cut : (n + 1) * cut]) for n in range(parts)))
    place = data.draw(st.integers(20, len(packed) - 1))
    packed[place] ^= data.draw(st.integers(1, 255))
    decoded = decode(bytes(packed), suffix)
    assume(b"\0" not in decoded[:8192])  # it is no text then
    path = tmp_path_factory.mktemp("damaged") / f"a.jsonl{suffix}"
    path.write_bytes(packed)
    content, error = read(path)
    assert content == decoded
    assert error is not None or content == LINES[: cut * parts]


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("jobs", [1, 2])
def test_records(suffix: str, jobs: int, tmp_path: Path) -> None:
    # Random letters are compressed little, so the damage is far behind the first block.
    letters = random.Random(suffix).choices
    lines = [
        json.dumps({"text": "".join(letters("abcdefghij", k=200)), "language": "en"}) + "\n"
        for _ in range(6_000)
    ]
    packed = bytearray(PACK[suffix]("".join(lines).encode()))
    packed[len(packed) * 2 // 3] ^= 0x55
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(packed)
    result = compare(load_source(path), encodings=["cl100k_base"], jobs=jobs, on_error="skip")
    expected = decode(bytes(packed), suffix).rpartition(b"\n")[0].count(b'"en"')
    assert expected > 1_500
    # What a damage makes of the records behind it may be no records, until it is noticed.
    assert result.total.documents + result.rejections.number - 1 >= expected
    assert result.rejections.number >= 1


@pytest.mark.parametrize("suffix", PACK)
def test_is_an_error_by_default(suffix: str, tmp_path: Path) -> None:
    packed = bytearray(PACK[suffix](LINES))
    packed[len(packed) // 2] ^= 0x55
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(packed)
    with pytest.raises(SourceError):
        compare(load_source(path))
