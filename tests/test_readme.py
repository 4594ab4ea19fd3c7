"""What the README shows is what happens."""

from __future__ import annotations

import doctest
import gzip
import os
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

import tokcompare
from tests.conftest import ROOT
from tests.metrics.test_intervals import COVERAGE
from tokcompare.metrics import METRICS

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


def output_of(command: str, *, cwd: Path = ROOT) -> str:
    bin_folder = Path(sys.executable).parent
    process = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        check=True,
        cwd=cwd,
        env=os.environ | {"PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"},
    )
    # With another tiktoken the counts are the same, and only the signature says so.
    shown = re.sub(r"\|tiktoken:[^|]+\|", "|tiktoken:0.14.0|", process.stdout.decode())
    shown = re.sub(r"\|regex:[^|]+\|", "|regex:2026.11.15|", shown)
    # And prices, of a given day, are the same whatever else the data has learnt since.
    return re.sub(
        r"genai-prices [\d.]+(, as of [\d-]+)?",
        lambda match: "genai-prices 0.2.3" + (", as of 2026-11-09" if match[1] else ""),
        shown,
    )


def test_console_examples_show_what_is_printed(request: pytest.FixtureRequest) -> None:
    text = README.read_text(encoding="utf-8")
    block = re.compile(r"(```console\n\$ ([^\n]+)\n)(.*?)(?=```\n)", flags=re.DOTALL)
    assert len(block.findall(text)) == text.count("```console") > 3
    check_or_write(request, block.sub(lambda match: match[1] + output_of(match[2]), text))


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder with the files that the README's examples name."""
    (tmp_path / "corpus" / "gu").mkdir(parents=True)
    (tmp_path / "corpus" / "gu" / "a.txt").write_text("નમસ્તે", encoding="utf-8")
    samples = (ROOT / "data" / "samples" / "gpt-4o.jsonl").read_bytes()
    (tmp_path / "corpus.jsonl.gz").write_bytes(gzip.compress(samples))
    table = pa.table({"body": ["one", "two"], "lang": ["en", "en"], "domain": ["law", "news"]})
    pq.write_table(table, tmp_path / "data.parquet")
    tokens = [bytes([byte]) for byte in range(256)]
    ranks = "".join(f"{b64encode(t).decode()} {rank}\n" for rank, t in enumerate(tokens))
    (tmp_path / "qwen.tiktoken").write_text(ranks, encoding="ascii")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(["How are you? How do you do?"], trainer)
    (tmp_path / "Llama-3").mkdir()
    tokenizer.save(str(tmp_path / "Llama-3" / "tokenizer.json"))
    return tmp_path


def test_shell_examples_run(workplace: Path) -> None:
    text = README.read_text(encoding="utf-8")
    commands = [
        command
        for block in re.findall(r"```sh\n(.*?)```\n", text, re.DOTALL)
        for command in block.splitlines()
        if command.startswith("tokcompare ")
    ]
    assert len(commands) > 5
    for command in commands:
        assert output_of(command, cwd=workplace) or "-o " in command


def test_python_examples_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```\n", README.read_text(encoding="utf-8"), re.DOTALL)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "README.md", None, 0)
    results = doctest.DocTestRunner().run(examples)
    assert results.attempted > 10
    assert results.failed == 0


def test_links_lead_to_files() -> None:
    for document in (README, *(ROOT / "data").glob("*/README.md"), ROOT / "benchmarks/README.md"):
        for target in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
            if target.startswith("#"):
                headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.M)
                assert target[1:] in [heading.lower().replace(" ", "-") for heading in headings]
            elif "://" not in target:
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
