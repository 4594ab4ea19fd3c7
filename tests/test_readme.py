"""What the README shows is what happens."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tokcompare

from tokcompare.metrics import METRICS

from .conftest import ROOT
from .test_intervals import COVERAGE

README = ROOT / "README.md"


def check_or_write(request: pytest.FixtureRequest, expected: str) -> None:
    """Compares the README with what it should be, or with --update-golden makes it so."""
    if request.config.getoption("--update-golden"):
        README.write_text(expected, encoding="utf-8")
    assert README.read_text(encoding="utf-8") == expected


def test_table_is_that_of_the_command(request: pytest.FixtureRequest) -> None:
    markdown = tokcompare.compare().to_markdown()
    text = README.read_text(encoding="utf-8")
    between = r"(<!-- report -->\n).*?(?=<!-- end -->)"
    assert len(re.findall(between, text, flags=re.DOTALL)) == 1
    # The signature names versions; of the README it would make a lie with each release.
    table = markdown.rsplit("\n\n", 1)[0] + "\n"
    check_or_write(request, re.sub(between, lambda match: match[1] + table, text, flags=re.DOTALL))


def test_coverage_is_that_of_the_simulation(request: pytest.FixtureRequest) -> None:
    lengths = {0.8: "longest about 7 times the median", 1.2: "longest about 19 times the median"}
    head = "| documents | lengths | linear | bootstrap |\n| ---: | --- | ---: | ---: |\n"
    rows = head + "".join(
        f"| {n:,} | {lengths[sigma]} | {linear:.0%} | {bootstrap:.0%} |\n"
        for (sigma, n), (linear, bootstrap) in COVERAGE.items()
    )
    text = README.read_text(encoding="utf-8")
    between = r"(<!-- coverage -->\n).*?(?=<!-- end -->)"
    check_or_write(request, re.sub(between, lambda match: match[1] + rows, text, flags=re.DOTALL))


def test_every_metric_is_explained() -> None:
    text = README.read_text(encoding="utf-8")
    for name in METRICS:
        assert re.search(rf"^\|.*`{name}`", text, re.MULTILINE), name


def output_of(command: str) -> str:
    bin_folder = Path(sys.executable).parent
    process = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        check=True,
        env=os.environ | {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"},
    )
    # With another tiktoken the counts are the same, and only the signature says so.
    return re.sub(r"\|tiktoken:[^|]+\|", "|tiktoken:0.14.0|", process.stdout.decode())


def test_console_examples_show_what_is_printed(request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    block = re.compile(r"(```console\n\$ ([^\n]+)\n)(.*?)(?=```\n)", flags=re.DOTALL)
    assert len(block.findall(text)) == text.count("```console") > 3
    check_or_write(request, block.sub(lambda match: match[1] + output_of(match[2]), text))


def test_python_examples_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```\n", README.read_text(encoding="utf-8"), re.DOTALL)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "README.md", None, 0)
    results = doctest.DocTestRunner().run(examples)
    assert results.attempted > 10
    assert results.failed == 0


def test_links_lead_to_files() -> None:
    for document in (README, *(ROOT / "data").glob("*/README.md"), ROOT / "benchmarks/README.md"):
        for target in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (document.parent / target).is_file(), (document, target)


def test_set_up_commands_are_those_of_continuous_integration() -> None:
    text = README.read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in ("pip install . && tokcompare report", "pip install -e '.[test]' && pytest"):
        assert f"```sh\n{command}\n```" in text
        assert command in script


def test_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {tokcompare.__version__}\n" in citation
