"""Byte-pair ranks: read from the package, from tiktoken's cache, or from a file of the user's.

No byte is used before its SHA-256 or its lines were checked, and nothing is written: what may be
downloaded, tiktoken downloads, into its own cache.
"""

from __future__ import annotations

import hashlib
import os
import re
from binascii import a2b_base64
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path

from tokcompare.bundled import data_path
from tokcompare.encodings.kinds.openai import VOCABULARIES, RankFile, Vocabulary
from tokcompare.errors import VocabularyError, require_str, unknown_name


def read_ranks(
    vocabulary: Vocabulary, *, allow_download: bool = False
) -> Callable[[], dict[bytes, int]]:
    """Reads the ranks of one of tiktoken's encodings, and returns what parses them.

    To parse them takes long, and they may never be needed.

    Args:
        vocabulary: Which encoding.
        allow_download: Whether tiktoken may download the file if its cache does not have it.

    Raises:
        VocabularyError: The file is missing or damaged, or could not be downloaded.
    """
    file = vocabulary.rank_file
    if file.is_embedded:
        # Each line is a token in base64, a blank and its rank, which in these two files is the
        # number of the line: their SHA-256 says so. To parse the ranks too would take half as long
        # again.
        lines = _read_embedded(file)
        return lambda: dict(zip(map(a2b_base64, lines.split()[::2]), count(), strict=False))
    content = _read_cached(file)
    if content is None and allow_download:
        content = _download(vocabulary)
    if content is None:
        raise VocabularyError(
            f"The ranks of {vocabulary.name!r} do not travel with tokcompare and are not in "
            f"tiktoken's cache ({_cache_folder() or 'it is switched off'}). To have tiktoken "
            f"download {file.url} (about {file.size}), use --allow-download, in Python "
            "allow_download=True."
        )
    parse = _parse_merges if file.filename.endswith(".bpe") else _parse_ranks
    return partial(parse, content)


def parse_rank_file(content: bytes, *, path: str) -> dict[bytes, int]:
    """Returns the ranks in a `.tiktoken` file: on each line a token in base64, a blank, its rank.

    Args:
        content: What the file holds.
        path: Where it stands, for the message of an error.

    Raises:
        VocabularyError: A line is something else, a token or a rank is there twice, or one of the
            256 single bytes is missing, without which not every text has tokens.
    """
    ranks: dict[bytes, int] = {}
    lines: dict[int, int] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        where = f"The rank file {path!r}, line {number}"
        if not line:
            continue
        try:
            encoded, digits = line.split(b" ")
            token = a2b_base64(encoded, strict_mode=True)
            if not (token and digits.isdigit() and len(digits) <= 10):
                raise ValueError
        except ValueError:
            raise VocabularyError(
                f"{where}: {_shorten(line)} is not a token in base64, a blank and a rank."
            ) from None
        rank = int(digits)
        # tiktoken has 32 bits for a rank, and needs the largest for itself.
        if rank >= 2**32 - 1:
            raise VocabularyError(f"{where}: the rank {rank} is too large.")
        if token in ranks:
            raise VocabularyError(
                f"{where}: the token {_shorten(encoded)} stands on line {lines[ranks[token]]} too."
            )
        if rank in lines:
            raise VocabularyError(f"{where}: the rank {rank} stands on line {lines[rank]} too.")
        ranks[token] = rank
        lines[rank] = number
    missing = [byte for byte in range(256) if bytes([byte]) not in ranks]
    if missing:
        raise VocabularyError(
            f"The rank file {path!r} has no token for {len(missing)} of the 256 single bytes, the "
            f"first of them 0x{missing[0]:02x}: some text would have no tokens."
        )
    return ranks


def _shorten(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    return repr(text if len(text) <= 60 else f"{text[:60]}…")


def _read_embedded(file: RankFile) -> bytes:
    path = data_path("vocabularies", file.filename)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise VocabularyError(
            f"The vocabulary file {str(path)!r} cannot be read: {error}. Install tokcompare again."
        ) from error
    _verify(content, file, f"The vocabulary file {str(path)!r}", "Install tokcompare again.")
    return content


def _verify(content: bytes, file: RankFile, what: str, advice: str) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != file.sha256:
        raise VocabularyError(
            f"{what} is damaged: its SHA-256 is {sha256}, that of {file.filename} is "
            f"{file.sha256}. {advice}"
        )


def _cache_folder() -> str:
    """Returns the folder of tiktoken's cache, found as tiktoken does; "" if it has none."""
    import tempfile

    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if variable in os.environ:
            return os.environ[variable]
    return str(Path(tempfile.gettempdir(), "data-gym-cache"))


def _read_cached(file: RankFile) -> bytes | None:
    folder = _cache_folder()
    if not folder:
        return None
    path = Path(folder, hashlib.sha1(file.url.encode(), usedforsecurity=False).hexdigest())
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise VocabularyError(
            f"The file {str(path)!r} in tiktoken's cache cannot be read: {error}."
        ) from error
    advice = "Delete it, and it can be downloaded again."
    _verify(content, file, f"The file {str(path)!r} in tiktoken's cache", advice)
    return content


def _download(vocabulary: Vocabulary) -> bytes:
    from tiktoken.load import read_file_cached

    file = vocabulary.rank_file
    try:
        return read_file_cached(file.url, file.sha256)
    # Those of `requests` and of the cache are OSErrors; a wrong hash is a ValueError.
    except (OSError, ValueError) as error:
        raise VocabularyError(
            f"The ranks of {vocabulary.name!r} could not be downloaded from {file.url}: {error}"
        ) from error


def _parse_ranks(content: bytes) -> dict[bytes, int]:
    fields = content.split()
    return {
        a2b_base64(token): int(rank) for token, rank in zip(fields[::2], fields[1::2], strict=True)
    }


def _parse_merges(content: bytes) -> dict[bytes, int]:
    """Returns the ranks that GPT-2's list of merges defines, in the order of its lines.

    In it, and in `tokenizer.json` files, each byte is written as a printable character.
    """
    byte_of = {character: byte for byte, character in byte_characters().items()}
    ranks = {bytes([byte]): rank for rank, byte in enumerate(byte_of.values())}
    for line in content.decode("utf-8").split("\n")[1:-1]:
        token = bytes(byte_of[character] for character in line.replace(" ", "", 1))
        ranks[token] = len(ranks)
    return ranks


def byte_characters() -> dict[int, str]:
    """Returns the character that stands for each byte in byte-level vocabularies, GPT-2's way.

    What prints in Latin-1 stands for itself, in the order of the bytes; after it the others stand
    as the characters from U+0100 on.
    """
    printing = [byte for byte in range(256) if chr(byte).isprintable() and byte != ord(" ")]
    others = [byte for byte in range(256) if byte not in printing]
    return {byte: chr(byte) for byte in printing} | {
        byte: chr(256 + place) for place, byte in enumerate(others)
    }


def find_pattern(pattern: str | None, content: bytes, *, path: str) -> str:
    """Returns the regular expression that goes with a rank file.

    Args:
        pattern: A regular expression, the name of a tiktoken encoding whose pattern to take, or
            None: that of the encoding whose rank file it is.
        content: What the file holds.
        path: Where it stands, for the message of an error.

    Raises:
        ArgumentError: The pattern is not a string.
        UnknownNameError: The pattern is a word, but no name of an encoding.
        VocabularyError: No pattern was given and the file is none that is known.
    """
    if pattern is None:
        known = _known_pattern(hashlib.sha256(content).hexdigest())
        if known is None:
            raise VocabularyError(
                f"The rank file {path!r} is none of OpenAI's, so the pattern that splits text into "
                "pieces must be given: --pattern, in Python pattern=..., a regular expression or "
                f"the name of an encoding that has the same: {', '.join(VOCABULARIES)}."
            )
        return known
    require_str("A pattern", pattern)
    if pattern in VOCABULARIES:
        return VOCABULARIES[pattern].pattern
    # As a regular expression it would find nothing but itself, and all other text would be lost.
    if re.fullmatch(r"[\w-]*", pattern):
        raise unknown_name("pattern", pattern, VOCABULARIES)
    return pattern


def fingerprint(content: bytes, pattern: str) -> str:
    """Returns what two people compare to know that ranks and pattern are the same for both.

    That is the SHA-256 of the rank file, followed by the pattern if it is not the one that belongs
    to that file.
    """
    sha256 = hashlib.sha256(content)
    if _known_pattern(sha256.hexdigest()) != pattern:
        sha256.update(pattern.encode("utf-8", "surrogatepass"))
    return sha256.hexdigest()


def _known_pattern(sha256: str) -> str | None:
    return next((v.pattern for v in VOCABULARIES.values() if v.sha256 == sha256), None)
