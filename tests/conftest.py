"""Fixtures of all tests: tiktoken's own encodings to compare with, and the golden files."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import tiktoken
from hypothesis import settings
from tiktoken_ext import openai_public  # type: ignore[import-untyped]

from benchmarks.startup import warm_tiktoken_cache
from tests import ROOT
from tests.reference import ENCODINGS, References

# How long an example takes depends on the machine, and says nothing of the code.
settings.register_profile("no clock", deadline=None)
settings.load_profile("no clock")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")


@pytest.fixture(scope="session")
def references(tmp_path_factory: pytest.TempPathFactory) -> References:
    """tiktoken's own encodings, loaded by its own code from a warm cache."""
    cache = tmp_path_factory.mktemp("tiktoken-cache")
    warm_tiktoken_cache(cache)
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
