"""Importing the package costs next to nothing, and its names are what `__all__` says."""

from __future__ import annotations

import subprocess
import sys

import pytest

import tokcompare
from tokcompare.cli import COMMANDS

HEAVY = {
    *("pandas", "numpy", "tiktoken", "tokenizers", "pyarrow", "regex", "wcwidth", "langcodes"),
    "genai_prices",
}


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return set(process.stdout.decode().split())


def test_import_is_light() -> None:
    assert not HEAVY & modules_after("import tokcompare")


def test_names_are_light_too() -> None:
    assert not HEAVY & modules_after("from tokcompare import *")


def modules_after_command(*arguments: str) -> set[str]:
    return modules_after(
        "import contextlib, os\n"
        "from tokcompare.cli import main\n"
        "with open(os.devnull, 'w') as null, contextlib.redirect_stdout(null):\n"
        f"    main({arguments}, standalone_mode=False)"
    )


def own(modules: set[str]) -> set[str]:
    return {module for module in modules if module.split(".")[0] == "tokcompare"}


LIGHT = {"tokcompare", "tokcompare.cli", "tokcompare.errors", "tokcompare.text"}


def test_help_imports_click_and_no_library() -> None:
    modules = modules_after_command("--help")
    assert "click" in modules
    assert own(modules) == LIGHT
    assert not (HEAVY | {"dataclasses"}) & modules


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_imports_its_module_and_no_library(name: str) -> None:
    modules = modules_after_command(name, "--help")
    commands = f"tokcompare.cli.commands.{COMMANDS[name][0]}"
    assert own(modules) == LIGHT | {
        *("tokcompare.cli.options", "tokcompare.cli.commands", commands),
    }
    assert not (HEAVY | {"dataclasses"}) & modules


# What a run over a short text does without; `regex` splits it.
UNUSED = HEAVY - {"regex"} | {
    *("multiprocessing", "concurrent.futures", "importlib.metadata"),
    *("tokcompare.counting.parallel.workers", "tokcompare.counting.parallel.checkpoint"),
}


def test_comparing_short_texts_imports_no_library() -> None:
    assert not UNUSED & modules_after("import tokcompare; tokcompare.compare().to_dict()")


def test_first_count_imports_no_library_and_no_source() -> None:
    modules = modules_after("import tokcompare; tokcompare.count_tokens('Hello', 'o200k_base')")
    rooms = {module.split(".")[1] for module in own(modules) - {"tokcompare"}}
    assert not UNUSED & modules
    assert rooms == {"bundled", "encodings", "errors", "text"}


@pytest.mark.parametrize(
    "arguments",
    [("report",), ("report", "-f", "csv"), ("report", "-f", "json"), ("count", "Hello")],
)
def test_commands_on_short_texts_import_no_library(arguments: tuple[str, ...]) -> None:
    # The table has characters that are not ASCII, and is aligned by wcwidth.
    unused = UNUSED - ({"wcwidth"} if arguments == ("report",) else set())
    assert not unused & modules_after_command(*arguments)


@pytest.mark.slow
def test_selection_of_known_languages_needs_no_langcodes() -> None:
    assert "langcodes" not in modules_after_command("report", "-l", "hi", "-l", "en")


def test_estimating_imports_next_to_nothing() -> None:
    modules = modules_after(
        "import tokcompare\n"
        "tokcompare.estimate_tokens(10_000, 'hi')\n"
        "tokcompare.estimate_tokens(text='नमस्ते, world')"
    )
    assert (
        not (HEAVY | {"genai_prices", "tokcompare.counting.counter", "tokcompare.encodings.load"})
        & modules
    )


def test_the_command_that_estimates_imports_no_library() -> None:
    modules = modules_after(
        "import contextlib, os\n"
        "from tokcompare.cli import main\n"
        "with open(os.devnull, 'w') as null, contextlib.redirect_stdout(null):\n"
        "    main(['estimate', '10000', '-l', 'hi'], standalone_mode=False)"
    )
    assert "tokcompare.estimates.estimate" in modules
    # The columns of the table are aligned by wcwidth.
    assert not (HEAVY - {"wcwidth"} | {"tokcompare.counting.counter"}) & modules


@pytest.mark.parametrize("arguments", [("rank", "hi"), ("rank", "--encoding", "o200k_base")])
def test_ranking_loads_no_tokenizer(arguments: tuple[str, ...]) -> None:
    modules = modules_after_command(*arguments)
    assert "tokcompare.estimates.ranking" in modules
    assert not (HEAVY - {"wcwidth", "regex"} | {"tokcompare.encodings.load"}) & modules


def test_a_model_that_genai_prices_lists_is_found_without_importing_it() -> None:
    assert "genai_prices" not in modules_after(
        "from tokcompare.encodings.models import find_encoding_of_model\n"
        "assert find_encoding_of_model('gpt-4o-mini') == 'o200k_base'\n"
        "assert find_encoding_of_model('openai/gpt-5.5') == 'o200k_base'\n"
        "assert find_encoding_of_model('gpt-6') is None"
    )


def test_all_is_sorted_and_there() -> None:
    assert tokcompare.__all__ == sorted(tokcompare.__all__)
    for name in tokcompare.__all__:
        assert getattr(tokcompare, name) is not None
        assert name in dir(tokcompare)
    exported = set(tokcompare._MODULE_OF)
    assert exported | {"__version__"} == set(tokcompare.__all__)


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="module 'tokcompare' has no attribute 'nope'"):
        _ = tokcompare.nope
