"""What the tests share: tiktoken's own encodings to compare with, and the golden files."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import tiktoken
import tiktoken.load
from tiktoken_ext import openai_public  # type: ignore[import-untyped]

ROOT = Path(__file__).parent.parent
ENCODINGS = ("cl100k_base", "o200k_base")
URL = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture(scope="session")
def references(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tiktoken.Encoding]:
    """tiktoken's own encodings, loaded by its own code from a warm cache."""
    cache = tmp_path_factory.mktemp("tiktoken-cache")
    for name in ENCODINGS:
        ranks = (ROOT / "data" / "vocabularies" / f"{name}.tiktoken.gz").read_bytes()
        key = hashlib.sha1(URL.format(name).encode()).hexdigest()
        (cache / key).write_bytes(gzip.decompress(ranks))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(cache))
        constructors = openai_public.ENCODING_CONSTRUCTORS
        return {name: tiktoken.Encoding(**constructors[name]()) for name in ENCODINGS}


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compares a text with the golden file of that name."""

    def compare_with_golden(name: str, text: str) -> None:
        path = ROOT / "tests" / "golden" / name
        if request.config.getoption("--update-golden"):
            path.write_bytes(text.encode())
        assert text == path.read_bytes().decode(), f"{name} differs; see --update-golden"

    return compare_with_golden
