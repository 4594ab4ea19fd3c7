"""Files that are no encoding that can be loaded: says what each is, and what to do."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tokcompare.encodings.names import has_ranks
from tokcompare.errors import GIT_LFS_MARK, VocabularyError, explain_lfs_pointer
from tokcompare.files import is_url, without_secrets

_CONVERT = (
    "Use the tokenizer.json of the same model. If there is none, the package `transformers` writes "
    "one: AutoTokenizer.from_pretrained(FOLDER).save_pretrained(FOLDER)."
)
_WEIGHTS = (".safetensors", ".gguf", ".bin", ".pt", ".pth", ".onnx", ".h5")


def explain_foreign(given: str) -> VocabularyError | None:
    """Returns the error for something that is named as an encoding and cannot be one.

    Args:
        given: A string that is not the name of an encoding, and does not end as the path of one.

    Returns:
        The error for a URL, for a file or folder that is there, or for a .model that is not; None
        for anything else.
    """
    name, equals, path = given.partition("=")
    if not equals or set(name) & set("/\\:"):
        path = given
    if is_url(path):
        return VocabularyError(
            f"{without_secrets(path)!r} is a URL, and encodings are read from files. Download the "
            "tokenizer.json, or the .tiktoken file, and give its path."
        )
    path = os.path.expanduser(path)  # noqa: PTH111 - unlike Path.expanduser, it never fails
    if os.path.isdir(path):  # noqa: PTH112 - unlike Path.is_dir, it never fails
        return _explain_folder(path)
    if not os.path.isfile(path) and not path.lower().endswith(".model"):  # noqa: PTH113
        return None
    try:
        with Path(path).open("rb") as file:
            start = file.read(1 << 16)
    except OSError as error:
        return VocabularyError(f"The file {path!r} cannot be read: {error.strerror}.")
    return VocabularyError(f"The file {path!r} {_describe(path, start)}")


def explain_content(path: str, content: bytes) -> str | None:
    """Names the kind of a .json or .tiktoken file that is not an encoding; None if not known."""
    if content.startswith(GIT_LFS_MARK):
        return explain_lfs_pointer(path)
    start = content[:512].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return (
            f"The file {path!r} is a web page: the download gave a page about the file. Download "
            "the file itself."
        )
    if not content.strip() and path.lower().endswith(".json"):
        return f"The file {path!r} is empty. Download it again."
    what = _describe_json(content)
    return what and f"The file {path!r} {what}"


def _describe_json(content: bytes) -> str | None:
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict) or isinstance(parsed.get("model"), dict):
        return None
    if parsed and all(type(value) is int for value in parsed.values()):
        return (
            "is a vocabulary without the rules that split and merge text (vocab.json, which goes "
            f"with merges.txt). {_CONVERT}"
        )
    if "weight_map" in parsed:
        return f"is the index of a model's weights, and no tokenizer. {_CONVERT}"
    keys = ("tokenizer_class", "architectures", "model_type", "model_max_length", "bos_token")
    if any(key in parsed for key in keys):
        return f"has the settings of a model or tokenizer, and no vocabulary. {_CONVERT}"
    return None


def _describe(path: str, start: bytes) -> str:
    """Names the kind of a file by its name and first bytes, and says how to proceed."""
    name = Path(path).name.lower()
    if start.startswith(GIT_LFS_MARK):
        return explain_lfs_pointer(path).partition(f"{path!r} ")[2]
    if has_ranks(start):
        return (
            "is a rank file of tiktoken. Give it a name that ends in .tiktoken, and say with "
            "--pattern how it splits text."
        )
    if name.endswith(_WEIGHTS) or start.startswith(b"GGUF"):
        return f"holds the weights of a model, and no tokenizer that can be read. {_CONVERT}"
    if name.endswith(".model") or b"<unk>" in start[:64]:
        return f"is a model of SentencePiece, which is not supported. {_CONVERT}"
    if name == "merges.txt" or start.startswith(b"#version"):
        return (
            "is a list of merges without the vocabulary and the rules that split text (merges.txt, "
            f"which goes with vocab.json). {_CONVERT}"
        )
    if name == "vocab.txt" or b"\n[UNK]\n" in start or start.startswith(b"[PAD]"):
        return f"is a vocabulary of WordPiece without the rules that split text. {_CONVERT}"
    return (
        "is no encoding that can be loaded. A tokenizer.json of Hugging Face must end in .json, "
        "and a rank file of tiktoken in .tiktoken."
    )


_OF_TOKENIZERS = (
    *("tokenizer.model", "tekken.json", "vocab.json", "merges.txt", "vocab.txt", "spiece.model"),
    *("sentencepiece.bpe.model", "tokenizer_config.json", "config.json"),
)


def _explain_folder(path: str) -> VocabularyError:
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208
    except OSError as error:
        return VocabularyError(f"The folder {path!r} cannot be read: {error.strerror}.")
    known = [name for name in names if name in _OF_TOKENIZERS or name.endswith(_WEIGHTS)]
    others = [name for name in names if name.endswith((".json", ".tiktoken"))]
    shown = ", ".join((known or others)[:8])
    there_is = f"; there is: {shown}" if shown else ""
    way_out = _CONVERT
    ranks = [name for name in names if name.endswith(".tiktoken")]
    if ranks:
        way_out = f"Give the path of the rank file: {Path(path, ranks[0])}."
    return VocabularyError(f"The folder {path!r} has no tokenizer.json{there_is}. {way_out}")
