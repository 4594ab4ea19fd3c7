"""Encodings: loads an encoding by its name, by a model's name, from a file, or from an object."""

from tokcompare.encodings.kinds.bpe import TiktokenEncoding
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.load import EncodingLike, load_encoding, load_encodings
from tokcompare.encodings.protocol import Encoding, LoadedEncoding

__all__ = [
    "VOCABULARIES",
    "Encoding",
    "EncodingLike",
    "LoadedEncoding",
    "TiktokenEncoding",
    "load_encoding",
    "load_encodings",
]
