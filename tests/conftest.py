"""Fixtures of all tests: tiktoken's own encodings to compare with, and the golden files."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import tiktoken
from hypothesis import settings
from tiktoken_ext import openai_public  # type: ignore[import-untyped]

from benchmarks.startup import warm_tiktoken_cache
from tests import ROOT
from tests.characters import Sample
from tests.reference import ENCODINGS, References

# How long an example takes depends on the machine, and says nothing of the code.
settings.register_profile("quick", deadline=None, max_examples=25)
settings.register_profile("thorough", deadline=None, max_examples=100)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden files anew")
    group = parser.getgroup("exhaustive tests")
    group.addoption(
        "--exhaustive-sample",
        type=float,
        default=1.0,
        metavar="SHARE",
        help="give each exhaustive test this random share of its inputs (0.02, say)",
    )
    group.addoption(
        "--exhaustive-seed",
        type=int,
        metavar="N",
        help="draw the inputs that an earlier run drew, which printed this number",
    )


def pytest_configure(config: pytest.Config) -> None:
    # A shell starts its background jobs with interrupts ignored, and so would their children be.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    share = config.getoption("--exhaustive-sample")
    if not 0 < share <= 1:
        raise pytest.UsageError("--exhaustive-sample must be above 0 and at most 1")
    if config.getoption("--exhaustive-seed") is None:
        given: dict[str, int] = getattr(config, "workerinput", {})
        config.option.exhaustive_seed = given.get("exhaustive_seed", random.randrange(10**6))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Lets workers run the whole suite only: a named file is quicker in this process.

    Golden files have one writer.
    """
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return None if is_whole and not config.getoption("--update-golden") else 0


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Gives all workers of pytest-xdist the same seed."""
    node.workerinput["exhaustive_seed"] = node.config.getoption("--exhaustive-seed")


def _is_sampled(config: pytest.Config) -> bool:
    return bool(config.getoption("--exhaustive-sample") < 1)


def _sample_options(config: pytest.Config) -> str:
    share, seed = (config.getoption(f"--exhaustive-{name}") for name in ("sample", "seed"))
    return f"--exhaustive-sample {share:g} --exhaustive-seed {seed}"


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"exhaustive tests: {_sample_options(config)}"] if _is_sampled(config) else []


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    failed = terminalreporter.stats.get("failed", [])
    if _is_sampled(config) and any("exhaustive" in report.keywords for report in failed):
        terminalreporter.write_line(
            f"the same sample: pytest -m exhaustive {_sample_options(config)}"
        )


@pytest.fixture
def sample(request: pytest.FixtureRequest) -> Sample:
    """Draws the share of inputs that --exhaustive-sample asks for: all, if it is not given."""
    share, seed = (request.config.getoption(f"--exhaustive-{name}") for name in ("sample", "seed"))
    generator = random.Random(f"{seed} {request.node.nodeid}")

    def draw(inputs: Sequence[str]) -> list[str]:
        number = max(1, round(share * len(inputs)))
        return [inputs[place] for place in sorted(generator.sample(range(len(inputs)), number))]

    return draw


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
