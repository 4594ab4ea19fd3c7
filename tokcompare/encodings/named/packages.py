"""Named tokenizers in installed packages: finds them, without importing what is not needed.

splintr-rs has its vocabularies compiled in. Of the other packages only a file is read, and only if
its SHA-256 is the known one.
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tokcompare.encodings.kinds.bpe import build_from_ranks
from tokcompare.encodings.kinds.completed import CompletedEncoding, Steps, complete
from tokcompare.encodings.kinds.known_files import KNOWN_FILES
from tokcompare.encodings.kinds.rank_files import parse_rank_file
from tokcompare.encodings.kinds.tekken import build_from_tekken, is_tekken
from tokcompare.encodings.named.added_tokens import added_tokens, finder_of
from tokcompare.encodings.named.catalogue import SPLINTR, NamedTokenizer, PackageFile
from tokcompare.encodings.names import read_file
from tokcompare.encodings.protocol import LoadedEncoding, Reload
from tokcompare.errors import VocabularyError

if TYPE_CHECKING:
    import splintr


def find_package(tokenizer: NamedTokenizer) -> str:
    """Returns the name of an installed package that contains a tokenizer; "" if none does."""
    if tokenizer.splintr and find_spec("splintr") is not None:
        return SPLINTR
    return next((file.package for file in tokenizer.files if _path_of(file) is not None), "")


def load_from_package(
    tokenizer: NamedTokenizer, package: str, reload: Callable[[str], Reload]
) -> LoadedEncoding:
    """Loads a tokenizer from an installed package.

    Args:
        tokenizer: The tokenizer.
        package: The package, as `find_package` returns it.
        reload: Returns what loads the encoding again in another process, for its SHA-256.

    Raises:
        VocabularyError: The package does not have what is known of it.
    """
    if package == SPLINTR:
        return _load_from_splintr(tokenizer, reload)
    file = next(file for file in tokenizer.files if file.package == package)
    return _load_from_file(tokenizer, file, reload)


@dataclass(frozen=True, slots=True, kw_only=True)
class SplintrEncoder:
    """The encoder of splintr-rs.

    Attributes:
        tokenizer: The tokenizer of splintr-rs.
        is_sentencepiece: Whether its tokens spell a space as "▁".
        ordinary: The ids of its tokens that are no special tokens.
    """

    tokenizer: splintr.AnyTokenizer
    is_sentencepiece: bool
    ordinary: range

    def encode(self, text: str) -> Sequence[int]:
        """Returns the token ids of a text."""
        return self.tokenizer.encode_ordinary(text)

    def bytes_of(self, token: int) -> bytes:
        """Returns the bytes of text that a token holds."""
        content = self.tokenizer.decode_token_bytes(token)
        return content.replace("▁".encode(), b" ") if self.is_sentencepiece else content

    def entries(self) -> dict[int, bytes]:
        """Returns the bytes of each token but special ones, by id."""
        return {token: self.bytes_of(token) for token in self.ordinary}


def _load_from_splintr(
    tokenizer: NamedTokenizer, reload: Callable[[str], Reload]
) -> LoadedEncoding:
    from splintr import Tokenizer

    try:
        loaded = Tokenizer.from_pretrained(tokenizer.splintr)
        encoder = SplintrEncoder(
            tokenizer=loaded,
            is_sentencepiece=tokenizer.is_sentencepiece,
            ordinary=range(tokenizer.first, tokenizer.ordinary),
        )
        vocabulary = list(map(encoder.bytes_of, range(tokenizer.ordinary)))
    except ValueError as error:
        raise VocabularyError(
            f"The installed release of {SPLINTR} does not have the vocabulary of "
            f"{tokenizer.name!r} as it is known here: {error}. pip install '{SPLINTR}==0.22.0'"
        ) from None
    steps = _steps_of(tokenizer, vocabulary)
    ranks = b"".join(
        b"%s %d\n" % (b2a_base64(token, newline=False), rank)
        for rank, token in enumerate(vocabulary)
    )
    sha256 = _fingerprint(ranks, steps, tokenizer)
    return CompletedEncoding(
        name=tokenizer.name,
        vocabulary_size=tokenizer.vocabulary_size,
        sha256=sha256,
        encoder=encoder,
        steps=steps,
        # SentencePiece writes a space as "▁", so a text with that character does not come back.
        keeps_text=not tokenizer.is_sentencepiece and steps.normalization is None,
        cuts_at_space=_is_published(ranks, tokenizer),
        library=SPLINTR,
        reload=reload(sha256),
        caveat=tokenizer.caveat,
    )


def _steps_of(tokenizer: NamedTokenizer, vocabulary: Sequence[bytes]) -> Steps:
    added = added_tokens(tokenizer.name, vocabulary)
    return Steps(added=added, finder=finder_of(added), normalization=tokenizer.normalization)


def _load_from_file(
    tokenizer: NamedTokenizer, file: PackageFile, reload: Callable[[str], Reload]
) -> LoadedEncoding:
    path = str(_path_of(file))
    content = read_file(path)
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != file.sha256:
        raise VocabularyError(
            f"The file {path!r} of the package {file.package} is not the known one: its SHA-256 is "
            f"{sha256}, that of the tokenizer {tokenizer.name!r} is {file.sha256}. Give a file "
            f"yourself: {tokenizer.name}=PATH."
        )
    if is_tekken(content):
        return build_from_tekken(tokenizer.name, content, path=path, reload=reload(sha256))
    pattern = KNOWN_FILES[sha256].pattern
    steps = _steps_of(tokenizer, ())
    sha256 = _fingerprint(content, steps, tokenizer)
    encoding = build_from_ranks(
        tokenizer.name,
        parse_rank_file(content, path=path),
        pattern=pattern,
        sha256=sha256,
        reload=reload(sha256),
    )
    return complete(encoding, steps, vocabulary_size=tokenizer.vocabulary_size)


def _fingerprint(ranks: bytes, steps: Steps, tokenizer: NamedTokenizer) -> str:
    """Returns the SHA-256 that identifies a vocabulary with its steps.

    It is that of the published rank file if the vocabulary is that of the file, and there are no
    steps that the file does not determine. Otherwise the steps, and the name under which
    splintr-rs splits text, are appended before hashing.

    Args:
        ranks: The vocabulary as a rank file.
        steps: The steps before the encoder.
        tokenizer: The tokenizer.
    """
    digest = hashlib.sha256(ranks)
    if not _is_published(ranks, tokenizer):
        digest.update(f"|{SPLINTR}:{tokenizer.splintr}".encode())
    digest.update(steps.describe().encode())
    return digest.hexdigest()


def _is_published(ranks: bytes, tokenizer: NamedTokenizer) -> bool:
    """Returns whether a vocabulary is that of a published rank file with a known pattern."""
    sha256 = hashlib.sha256(ranks).hexdigest()
    return sha256 in KNOWN_FILES and sha256 in {file.sha256 for file in tokenizer.files}


def _path_of(file: PackageFile) -> Path | None:
    """Returns the path of a file in an installed package; None if it is not there."""
    # For the name of a folder, nothing of the package is executed.
    spec = find_spec(file.module)
    folders = [] if spec is None else list(spec.submodule_search_locations or ())
    paths = (Path(folder, file.path) for folder in folders)
    return next((path for path in paths if path.is_file()), None)
