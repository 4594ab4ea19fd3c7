"""Rank files of byte-pair encodings: reads and verifies them, parses them, finds their pattern.

OpenAI's files are bundled with the package or in tiktoken's cache, and used only if their SHA-256
is right. Other files are checked line by line. This module writes nothing: a download that the
caller allows is made by tiktoken, into its own cache.
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
from typing import Literal

from tokcompare.bundled import data_path, read_data
from tokcompare.encodings.kinds.known_files import KNOWN_FILES
from tokcompare.encodings.kinds.openai import VOCABULARIES, RankFile, Vocabulary
from tokcompare.errors import VocabularyError, require_str, unknown_name


def read_ranks(
    vocabulary: Vocabulary, *, allow_download: bool = False
) -> Callable[[], dict[bytes, int]]:
    """Reads and verifies the rank file of one of OpenAI's encodings.

    Args:
        vocabulary: The encoding.
        allow_download: Whether tiktoken may download the file if its cache does not have it.

    Returns:
        A function that parses the ranks. Parsing is slow, and a fast engine never needs it. The
        function reads a file that is bundled with the package; other files are read at once.

    Raises:
        VocabularyError: The file is missing or damaged, or could not be downloaded.
    """
    file = vocabulary.rank_file
    if file.is_embedded:
        # In these two files the rank of each token is its line number, as their SHA-256 proves.
        # To parse the ranks as well would take half as long again.
        return lambda: dict(
            zip(map(a2b_base64, _read_embedded(file).split()[::2]), count(), strict=False)
        )
    content = _read_cached(file)
    if content is None and allow_download:
        content = _download(vocabulary)
    if content is None:
        raise VocabularyError(
            f"The ranks of {vocabulary.name!r} are not bundled with tokcompare and are not in "
            f"tiktoken's cache ({_cache_folder() or 'it is switched off'}). To let tiktoken "
            f"download {file.url} (about {file.size}), use --allow-download (in Python: "
            "allow_download=True)."
        )
    parse = _parse_merges if file.filename.endswith(".bpe") else _parse_ranks
    return partial(parse, content)


NOT_HERE = "not here: --allow-download"
"""The place of a rank file that is not on this machine."""


def where_ranks_are(vocabulary: Vocabulary) -> str:
    """Returns where the rank file of one of OpenAI's encodings is on this machine."""
    if vocabulary.is_embedded:
        return "in tokcompare"
    try:
        is_cached = _read_cached(vocabulary.rank_file) is not None
    except VocabularyError:
        return "damaged in tiktoken's cache"
    return "in tiktoken's cache" if is_cached else NOT_HERE


def _read_embedded(file: RankFile) -> bytes:
    path = data_path("vocabularies", file.filename)
    try:
        content = read_data("vocabularies", file.filename)
    except OSError as error:
        raise VocabularyError(
            f"The vocabulary file {str(path)!r} cannot be read: {error}. Install tokcompare again."
        ) from error
    _verify(content, file, f"The vocabulary file {str(path)!r}", "Install tokcompare again.")
    return content


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


def _cache_folder() -> str:
    """Returns the folder of tiktoken's cache, found as tiktoken does; "" if it has none."""
    import tempfile  # takes 5 ms, and the bundled files do not need it

    for variable in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if variable in os.environ:
            return os.environ[variable]
    return str(Path(tempfile.gettempdir(), "data-gym-cache"))


def _download(vocabulary: Vocabulary) -> bytes:
    from tiktoken.load import read_file_cached

    file = vocabulary.rank_file
    try:
        return read_file_cached(file.url, file.sha256)
    # `requests` and the cache raise OSErrors; a wrong hash is a ValueError.
    except (OSError, ValueError) as error:
        raise VocabularyError(
            f"The ranks of {vocabulary.name!r} could not be downloaded from {file.url}: {error}"
        ) from error


def _verify(content: bytes, file: RankFile, subject: str, advice: str) -> None:
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != file.sha256:
        raise VocabularyError(
            f"{subject} is damaged: its SHA-256 is {sha256}, that of {file.filename} is "
            f"{file.sha256}. {advice}"
        )


def parse_rank_file(content: bytes, *, path: str) -> dict[bytes, int]:
    """Parses a `.tiktoken` file: each line is a token in base64, a space and its rank.

    Args:
        content: The content of the file.
        path: The path of the file, for error messages.

    Raises:
        VocabularyError: A line has another form, a token or a rank occurs twice, or one of the 256
            single bytes is missing, so that some texts could not be encoded.
    """
    ranks: dict[bytes, int] = {}
    lines: dict[int, int] = {}
    for number, line in enumerate(content.splitlines(), start=1):
        where = f"The rank file {path!r}, line {number}"
        if not line:
            continue
        try:
            encoded, digits = line.split(b" ")
            # Whisper's files end with an empty token, which no text has.
            token = b"" if encoded == b"=" else a2b_base64(encoded, strict_mode=True)
            if not ((token or encoded == b"=") and digits.isdigit() and len(digits) <= 10):
                raise ValueError
        except ValueError:
            raise VocabularyError(
                f"{where}: {_shorten(line)} is not a token in base64, a space and a rank."
            ) from None
        rank = int(digits)
        # tiktoken has 32 bits for a rank, and reserves the largest value.
        if rank >= 2**32 - 1:
            raise VocabularyError(f"{where}: the rank {rank} is too large.")
        if token in ranks:
            raise VocabularyError(
                f"{where}: the token {_shorten(encoded)} is also on line {lines[ranks[token]]}."
            )
        if rank in lines:
            raise VocabularyError(f"{where}: the rank {rank} is also on line {lines[rank]}.")
        ranks[token] = rank
        lines[rank] = number
    missing = [byte for byte in range(256) if bytes([byte]) not in ranks]
    if missing:
        raise VocabularyError(
            f"The rank file {path!r} has no token for {len(missing)} of the 256 single bytes (the "
            f"first is 0x{missing[0]:02x}), so some texts could not be encoded."
        )
    return ranks


def _shorten(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    return repr(text if len(text) <= 60 else f"{text[:60]}…")


def _parse_ranks(content: bytes) -> dict[bytes, int]:
    fields = content.split()
    return {
        a2b_base64(token): int(rank) for token, rank in zip(fields[::2], fields[1::2], strict=True)
    }


def _parse_merges(content: bytes) -> dict[bytes, int]:
    """Parses GPT-2's list of merges, whose order of lines defines the ranks."""
    byte_of = {character: byte for byte, character in byte_characters().items()}
    ranks = {bytes([byte]): rank for rank, byte in enumerate(byte_of.values())}
    for line in content.decode("utf-8").split("\n")[1:-1]:
        token = bytes(byte_of[character] for character in line.replace(" ", "", 1))
        ranks[token] = len(ranks)
    return ranks


def byte_characters() -> dict[int, str]:
    """Returns the printable character that GPT-2's vocabulary writes for each byte.

    `tokenizer.json` files use the same characters. A byte that is printable in Latin-1 is written
    as itself, the others as the characters from U+0100 on. The printable bytes come first.
    """
    printable = [byte for byte in range(256) if chr(byte).isprintable() and byte != ord(" ")]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {
        byte: chr(256 + index) for index, byte in enumerate(others)
    }


def is_known_file(path: str) -> bool:
    """Returns whether a file is a known rank file, whose pattern is known too."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest() in KNOWN_FILES
    except (OSError, ValueError):
        return False


def find_pattern(pattern: str | None, content: bytes, *, path: str, name: str) -> str:
    """Returns the regular expression that splits text for a rank file.

    Args:
        pattern: A regular expression, the name of an OpenAI encoding with the same pattern, or
            None if the file is a known one.
        content: The content of the file.
        path: The path of the file, for error messages.
        name: The name of the encoding, for error messages.

    Raises:
        ArgumentError: The pattern is not a string.
        UnknownNameError: The pattern is a single word that is not the name of an encoding.
        VocabularyError: No pattern was given and the file is not a known one.
    """
    if pattern is None:
        known = _known_pattern(hashlib.sha256(content).hexdigest())
        if known is None:
            raise VocabularyError(
                f"The rank file {path!r} is not a known one (of OpenAI, Llama 3 and 4, Qwen, "
                "Whisper), so the pattern that splits text into pieces must be given with "
                f"--pattern {name}=PATTERN (in Python: pattern={{{name!r}: PATTERN}}): a regular "
                "expression, or the name of an encoding with the same pattern: "
                f"{', '.join(VOCABULARIES)}."
            )
        return known
    require_str("A pattern", pattern)
    if pattern in VOCABULARIES:
        return VOCABULARIES[pattern].pattern
    # As a regular expression, a word would match only itself, and all other text would be lost.
    if re.fullmatch(r"[\w-]*", pattern):
        raise unknown_name("pattern", pattern, VOCABULARIES)
    return pattern


def fingerprint(content: bytes, pattern: str) -> str:
    """Returns the SHA-256 that identifies a rank file together with its pattern.

    It is that of the file alone if the pattern is the one that is known for this file, and
    otherwise that of the file followed by the pattern in UTF-8.
    """
    sha256 = hashlib.sha256(content)
    if _known_pattern(sha256.hexdigest()) != pattern:
        sha256.update(pattern.encode("utf-8", "surrogatepass"))
    return sha256.hexdigest()


def _known_pattern(sha256: str) -> str | None:
    known = KNOWN_FILES.get(sha256)
    return None if known is None else known.pattern


def find_normalization(content: bytes, pattern: str) -> Literal["NFC"] | None:
    """Returns the Unicode form that a known file's tokenizer converts text to; None for none.

    With another pattern than its own, the file is not used as that tokenizer uses it.
    """
    known = KNOWN_FILES.get(hashlib.sha256(content).hexdigest())
    return known.normalization if known is not None and known.pattern == pattern else None
