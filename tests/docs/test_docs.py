"""README.md and docs/ show the outputs that the commands and the library really have."""

from __future__ import annotations

import doctest
import gzip
import inspect
import json
import os
import re
import subprocess
import sys
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from wcwidth import width

import tokcompare
from benchmarks.usage import usage_lines
from tests import ROOT
from tests.documents import (
    DOCS,
    PAGES,
    README,
    anchors,
    blocks,
    check_or_write,
    check_or_write_part,
    prose,
)
from tests.interval_coverage import COVERAGE
from tests.platforms import posix_only
from tokcompare.cli import load_command, main
from tokcompare.encodings.models.chat import CHAT_FORMATS
from tokcompare.metrics import METRICS
from tokcompare.sources.formats import FORMATS

MOST_BYTES_OF_README = 12_000
MOST_COLUMNS = 110
"""How wide an output may be, if it is none that programs read."""

each_page = pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])


def test_table_is_that_of_the_command(request: pytest.FixtureRequest) -> None:
    # The signature names versions, so the README would be wrong after each release.
    table = tokcompare.compare().to_markdown().rsplit("\n\n", 1)[0] + "\n"
    check_or_write_part(request, README, "report", table)


def test_table_of_metrics_is_that_of_the_code(request: pytest.FixtureRequest) -> None:
    lines = ["| metric | meaning | formula | source |", "| --- | --- | --- | --- |"]
    for name, metric in METRICS.items():
        meaning = str(metric.function.__doc__).partition("\n")[0]
        lines.append(f"| `{name}` | {meaning} | {metric.formula} | {metric.source} |")
    check_or_write_part(request, DOCS / "metrics.md", "metrics", "\n".join(lines) + "\n")


def test_models_of_chat_are_those_of_the_code(request: pytest.FixtureRequest) -> None:
    models = ", ".join(f"`{model}`" for model in CHAT_FORMATS) + ".\n"
    check_or_write_part(request, DOCS / "prompts.md", "chat", models)


def test_coverage_is_that_of_the_simulation(request: pytest.FixtureRequest) -> None:
    lengths = {0.8: "longest about 7 times the median", 1.2: "longest about 19 times the median"}
    head = "| documents | lengths | linear | bootstrap |\n| ---: | --- | ---: | ---: |\n"
    rows = head + "".join(
        f"| {n:,} | {lengths[sigma]} | {linear:.0%} | {bootstrap:.0%} |\n"
        for (sigma, n), (linear, bootstrap) in COVERAGE.items()
    )
    check_or_write_part(request, DOCS / "metrics.md", "coverage", rows)


def test_library_lists_all_names(request: pytest.FixtureRequest) -> None:
    lines = ["| name | what it is |", "| --- | --- |"]
    functions, others = [], []
    for name in tokcompare.__all__:
        value = getattr(tokcompare, name)
        first = str(value.__doc__).partition("\n")[0]
        if name.startswith("__"):
            others.append(f"| `{name}` | The version of the package. |")
        elif isinstance(value, type):
            others.append(f"| `{name}` | {first} |")
        else:
            parameters = inspect.signature(value).parameters.values()
            given = [each.name for each in parameters if each.kind == each.POSITIONAL_OR_KEYWORD]
            more = ["..."] if len(given) < len(parameters) else []
            functions.append(f"| `{name}({', '.join([*given, *more])})` | {first} |")
    check_or_write_part(
        request, DOCS / "library.md", "api", "\n".join([*lines, *functions, *others]) + "\n"
    )


def test_library_says_what_each_function_takes() -> None:
    section = (DOCS / "library.md").read_text(encoding="utf-8").partition("## Time, memory")[2]
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", section, re.M))))
    functions = {n for n in tokcompare.__all__ if inspect.isfunction(getattr(tokcompare, n))}
    assert named == functions


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
    shown = re.sub(r"^signature [0-9a-f]{8}…", "signature 3f2a91c0…", shown, flags=re.MULTILINE)
    # The prices of a given day are the same in later releases of their data.
    return re.sub(
        r"genai-prices [\d.]+(, as of [\d-]+)?",
        lambda match: "genai-prices 0.2.3" + (", as of 2026-11-09" if match[1] else ""),
        shown,
    )


def outputs_of(commands: list[str], *, cwd: Path = ROOT) -> list[str]:
    """Runs commands, two at a time; the outputs are in the order of the commands."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda command: output_of(command, cwd=cwd), commands))


OUTPUT = re.compile(
    r"^(?:```console\n\$ (?P<console>[^\n]+)\n.*?(?=```\n)"
    r"|<!-- \$ (?P<rendered>[^\n]+) -->\n.*?(?=<!-- end -->\n))",
    re.DOTALL | re.MULTILINE,
)
"""A command and its output: a console block, or Markdown below a comment with the command."""


@posix_only
@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.slow if page != README else ()) for page in PAGES],
    ids=[page.stem for page in PAGES],
)
def test_commands_print_the_outputs_that_are_shown(
    request: pytest.FixtureRequest, page: Path
) -> None:
    text = page.read_text(encoding="utf-8")
    shown = list(OUTPUT.finditer(text))
    assert len(shown) == text.count("```console") + text.count("<!-- $ ")
    outputs = iter(outputs_of([match["console"] or match["rendered"] for match in shown]))

    def replace(match: re.Match[str]) -> str:
        first_lines = 2 if match["console"] else 1
        return "".join(match[0].splitlines(keepends=True)[:first_lines]) + next(outputs)

    check_or_write(request, page, OUTPUT.sub(replace, text))


def test_every_command_is_described() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (DOCS / "command.md").read_text(encoding="utf-8"), re.M)
    assert sorted(rows) == sorted(main.commands)


def test_every_format_is_described_and_can_be_chosen() -> None:
    text = (DOCS / "your-own-text.md").read_text(encoding="utf-8")
    for name, known in FORMATS.items():
        suffixes = "all others" if name == "text" else " ".join(f"`{s}`" for s in known.suffixes)
        assert re.search(rf"^\|[^|]*\| .*`{name}`.* \| .*{suffixes}.* \|", text, re.MULTILINE), name
    (option,) = (o for o in load_command("report").params if o.name == "input_format")
    assert isinstance(option.type, click.Choice)
    assert len(option.type.choices) == len(FORMATS)
    assert {*option.type.choices} == {*FORMATS}


def test_outputs_are_no_wider_than_a_page() -> None:
    for page in PAGES:
        for block in blocks(page, "console"):
            command, *lines = block.splitlines()
            if not re.search("-f (csv|json)", command):
                for line in lines:
                    is_signature = line.startswith("tokcompare:")
                    assert is_signature or width(line) <= MOST_COLUMNS, (page, line)
        # "\$" is Markdown for "$"; in a block of code it would be shown as it stands.
        assert not any(r"\$" in block for block in blocks(page, "[a-z]*")), page


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder with the files that the examples name."""
    (tmp_path / "corpus" / "gu").mkdir(parents=True)
    (tmp_path / "corpus" / "gu" / "a.txt").write_text("નમસ્તે", encoding="utf-8")
    samples = (ROOT / "data" / "samples" / "gpt-4o.jsonl").read_bytes()
    (tmp_path / "corpus.jsonl.gz").write_bytes(gzip.compress(samples))
    (tmp_path / "usage.jsonl").write_text(usage_lines(), encoding="utf-8")
    calibration = tokcompare.calibrate(
        tokcompare.load_source(tmp_path / "usage.jsonl"), field="usage_tokens", name="claude"
    )
    (tmp_path / "claude.json").write_text(calibration.to_json(), encoding="utf-8")
    (tmp_path / "volumes.csv").write_text("language,characters\nhi,10000000\nen,20000000\n")
    table = pa.table({"body": ["one", "two"], "lang": ["en", "en"], "domain": ["law", "news"]})
    pq.write_table(table, tmp_path / "data.parquet")
    chat = (ROOT / "tests" / "data" / "cookbook_chat.json").read_text(encoding="utf-8")
    messages = f'{{"messages": {json.dumps(json.loads(chat)["messages"])}}}'
    (tmp_path / "chats.jsonl").write_text(f"{messages}\n", encoding="utf-8")
    (tmp_path / "batch.jsonl").write_text(f'{{"body": {messages}}}\n', encoding="utf-8")
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


def shell_examples(page: Path) -> list[str]:
    """Returns the commands in blocks of sh, and those that tables recommend."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    cells = re.findall(r"^\|.*\| `([^`]+)` \|", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [command for command in lines + cells if command.startswith("tokcompare ")]


@posix_only
@pytest.mark.slow
@each_page
def test_shell_examples_run(workplace: Path, page: Path) -> None:
    commands = shell_examples(page)
    outputs = outputs_of(commands, cwd=workplace)
    for command, output in zip(commands, outputs, strict=True):
        assert output or "-o " in command


def test_there_are_shell_examples() -> None:
    assert len(shell_examples(README)) >= 7
    assert sum(len(shell_examples(page)) for page in PAGES) > 15


@pytest.mark.parametrize(
    "page",
    # `prepare` loads the fast engine.
    [
        pytest.param(page, id=page.stem, marks=[pytest.mark.slow] * (page.stem == "large-corpora"))
        for page in PAGES
    ],
)
def test_python_examples_run(page: Path) -> None:
    source = "\n".join(blocks(page, "python"))
    examples = doctest.DocTestParser().get_doctest(source, {}, page.name, None, 0)
    results = doctest.DocTestRunner().run(examples)
    assert results.attempted == len(examples.examples)
    assert results.failed == 0


def test_there_are_python_examples() -> None:
    assert sum(source.count(">>> ") for page in PAGES for source in blocks(page, "python")) > 30


def test_links_lead_to_files_and_headings() -> None:
    others = [*(ROOT / "data").glob("*/README.md"), ROOT / "benchmarks" / "README.md"]
    others += [ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"]
    for page in (*PAGES, *others):
        for target in re.findall(r"\]\(([^)]+)\)", prose(page)):
            if "://" not in target:
                name, _, anchor = target.partition("#")
                path = page.parent / name if name else page
                assert path.exists(), (page, target)
                assert not anchor or anchor in anchors(path), (page, target)


def test_readme_is_short_and_links_to_every_page() -> None:
    assert len(README.read_bytes()) <= MOST_BYTES_OF_README
    text = README.read_text(encoding="utf-8")
    for page in DOCS.iterdir():
        assert f"](docs/{page.name})" in text


def test_set_up_commands_are_those_of_continuous_integration() -> None:
    text = README.read_text(encoding="utf-8")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in ("pip install . && tokcompare report", "pip install -e '.[test]' && pytest"):
        assert f"```sh\n{command}\n```" in text
        assert command in script


def test_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {tokcompare.__version__}\n" in citation
