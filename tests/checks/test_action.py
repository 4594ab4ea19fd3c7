"""action.yml: its shell steps run as on GitHub, and no input is run as a part of them."""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import ROOT
from tests.platforms import posix_only

pytestmark = posix_only

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


def step(name: str) -> dict[str, Any]:
    (found,) = (each for each in STEPS if each.get("name") == name)
    return found


@dataclass
class Runner:
    """Runs steps, as GitHub's runner does it."""

    folder: Path
    bin: Path = Path(sys.executable).parent
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("workspace", "temp"):
            (self.folder / name).mkdir()

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def write(self, path: str, text: str) -> None:
        (self.workspace / path).parent.mkdir(parents=True, exist_ok=True)
        (self.workspace / path).write_text(text, encoding="utf-8")

    def run(self, name: str, **environment: str) -> subprocess.CompletedProcess[str]:
        given = {
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_ENV": str(self.folder / "env"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.folder / "temp"),
            "TOKCOMPARE_BIN": str(self.bin),
        }
        script = self.folder / "step.sh"
        script.write_text(step(name)["run"], encoding="utf-8")
        # https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env=os.environ | given | self.environment | environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    def check(self, *arguments: str, sources: str = "") -> subprocess.CompletedProcess[str]:
        return self.run("Check", INPUT_ARGUMENTS="\n".join(arguments), INPUT_SOURCES=sources)

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text(encoding="utf-8")


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


class TestDefinition:
    def test_actions_are_pinned(self) -> None:
        uses = [each["uses"] for each in STEPS if "uses" in each]
        assert uses
        assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", each) for each in uses)

    def test_no_expression_stands_in_a_script(self) -> None:
        scripts = [each["run"] for each in STEPS if "run" in each]
        assert len(scripts) == 3
        assert not any("${{" in script for script in scripts)

    def test_every_input_is_described_and_used(self) -> None:
        text = (ROOT / "action.yml").read_text(encoding="utf-8")
        for name, given in ACTION["inputs"].items():
            assert given["description"].endswith(".")
            assert "default" in given
            assert f"inputs.{name} " in text or f"inputs.{name} }}" in text


class TestCheck:
    def test_it_holds(self, runner: Runner) -> None:
        runner.write("prompts/a.txt", "one two")
        process = runner.check("--max-tokens", "2", sources="prompts")
        assert process.returncode == 0, process.stderr
        assert process.stdout == (
            "::notice title=tokcompare::The check holds: 1 file, 2 tokens under o200k_base.\n"
        )
        assert runner.summary.startswith(
            "The check holds: 1 file, 2 tokens under o200k_base.\n\n| file |"
        )

    def test_it_does_not_hold(self, runner: Runner) -> None:
        runner.write("my prompts/नमूना.txt", "one two three")
        process = runner.check("--max-tokens=2", sources="my prompts\n")
        assert process.returncode == 1
        first = process.stdout.splitlines()[0]
        assert first.startswith("::error file=my prompts/नमूना.txt,title=tokcompare max-tokens::")
        assert "| my prompts/नमूना.txt | 3 | 2 | fails |" in runner.summary

    def test_settings(self, runner: Runner) -> None:
        runner.write("tokcompare.toml", 'sources = ["prompts"]\nmax-total = 1')
        runner.write("prompts/a.txt", "one two")
        assert runner.check().returncode == 1
        assert runner.check("--max-total", "2").returncode == 0

    def test_wrong_usage(self, runner: Runner) -> None:
        runner.write("a.txt", "one")
        runner.check(sources="a.txt")
        process = runner.check("--max-token", "2", sources="a.txt")
        assert process.returncode == 2
        assert "No such option" in process.stdout

    def test_carriage_returns_and_empty_lines(self, runner: Runner) -> None:
        runner.write("a.txt", "one two")
        process = runner.check("--max-tokens\r", "", "2\r", sources="\r\na.txt\r\n")
        assert process.returncode == 0, process.stderr

    @pytest.mark.parametrize(
        "text",
        [
            "$(touch injected)",
            "`touch injected`",
            '"; touch injected; "',
            "'; touch injected; '",
            "a.txt; touch injected",
            "a.txt && touch injected",
            "${HOME}",
            "* injected",
        ],
    )
    def test_inputs_are_no_commands(self, runner: Runner, text: str) -> None:
        runner.write("a.txt", "one")
        assert runner.check(sources=text).returncode == 1
        assert runner.check(text, sources="a.txt").returncode in (1, 2)
        assert runner.check("--baseline", text, sources="a.txt").returncode == 1
        assert [path.name for path in runner.workspace.iterdir()] == ["a.txt"]

    def test_a_source_that_looks_like_an_option(self, runner: Runner) -> None:
        runner.write("--help", "one two three")
        assert runner.check("--max-total", "2", sources="--help").returncode == 1


class _GitHub(http.server.BaseHTTPRequestHandler):
    """What GitHub's interface for comments does."""

    comments: list[dict[str, Any]]
    requests: list[str]
    is_closed = False

    def _answer(self, content: object, status: int = 200) -> None:
        self.send_response(403 if self.is_closed else status)
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def _content(self) -> dict[str, Any]:
        type(self).requests.append(f"{self.command} {self.path}")
        assert self.headers["Authorization"] == "Bearer secret"
        length = int(self.headers.get("Content-Length") or 0)
        found: dict[str, Any] = json.loads(self.rfile.read(length) or b"{}")
        return found

    def do_GET(self) -> None:
        self._content()
        page = int(self.path.rpartition("page=")[2])
        self._answer(self.comments[100 * (page - 1) : 100 * page])

    def do_POST(self) -> None:
        comment = {"id": len(self.comments), "user": {"type": "Bot"}, **self._content()}
        self.comments.append(comment)
        self._answer(comment, 201)

    def do_PATCH(self) -> None:
        self.comments[int(self.path.rpartition("/")[2])] |= self._content()
        self._answer({})

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def github() -> Iterator[tuple[type[_GitHub], str]]:
    handler = type("Handler", (_GitHub,), {"comments": [], "requests": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield handler, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class TestComment:
    def comment(self, runner: Runner, url: str) -> subprocess.CompletedProcess[str]:
        return runner.run(
            "Comment",
            GITHUB_API_URL=url,
            GITHUB_REPOSITORY="me/prompts",
            GITHUB_TOKEN="secret",
            PULL_REQUEST="7",
        )

    def test_it_is_written_and_updated(
        self, runner: Runner, github: tuple[type[_GitHub], str]
    ) -> None:
        handler, url = github
        others = [{"id": n, "user": {"type": "User"}, "body": "Nice!"} for n in range(100)]
        handler.comments += others
        # Somebody who copied the comment is not answered.
        mark = "<!-- tokcompare check -->"
        handler.comments[3] = {"id": 3, "user": {"type": "User"}, "body": mark}
        runner.write("a.txt", "one two")
        for limit, word in (("1", "fails"), ("2", "The check holds")):
            runner.check("--max-tokens", limit, sources="a.txt")
            process = self.comment(runner, url)
            assert (process.returncode, process.stdout) == (0, ""), process.stderr
            assert len(handler.comments) == 101
            assert handler.comments[100]["body"].startswith(f"{mark}\nThe check ")
            assert word in handler.comments[100]["body"]
        assert handler.comments[3]["body"] == mark
        assert handler.requests[-1] == "PATCH /repos/me/prompts/issues/comments/100"

    def test_without_permission(self, runner: Runner, github: tuple[type[_GitHub], str]) -> None:
        handler, url = github
        handler.is_closed = True
        runner.write("a.txt", "one")
        runner.check(sources="a.txt")
        process = self.comment(runner, url)
        assert process.returncode == 0
        assert process.stdout.startswith("::warning title=tokcompare::The comment could not be wr")
        assert "pull-requests: write" in process.stdout

    def test_a_long_result_is_cut(self, runner: Runner, github: tuple[type[_GitHub], str]) -> None:
        handler, url = github
        (runner.folder / "temp" / "tokcompare.md").write_text("a line of a table\n" * 10_000)
        self.comment(runner, url)
        (comment,) = handler.comments
        assert 60_000 < len(comment["body"]) < 65_536
        assert comment["body"].endswith("\n\nThe rest is in the summary of the run.\n")

    def test_without_a_result(self, runner: Runner, github: tuple[type[_GitHub], str]) -> None:
        handler, url = github
        assert self.comment(runner, url).returncode == 0
        assert handler.requests == []


@pytest.mark.slow
def test_install(runner: Runner, tmp_path: Path) -> None:
    source = tmp_path / "action"
    ignored = shutil.ignore_patterns(".git", "__pycache__", "tests", "dist", ".venv", "*_cache")
    shutil.copytree(ROOT, source, ignore=ignored)
    process = runner.run("Install tokcompare", GITHUB_ACTION_PATH=str(source), PYTHONPATH="")
    if process.returncode and "No matching distribution" in process.stderr:
        pytest.skip("there is no index of packages")
    assert process.returncode == 0, process.stderr
    name, _, value = (runner.folder / "env").read_text().strip().partition("=")
    assert name == "TOKCOMPARE_BIN"
    runner.environment |= {name: value, "PYTHONPATH": ""}
    runner.write("a.txt", "one two")
    assert runner.check("--max-tokens", "2", sources="a.txt").returncode == 0
    assert runner.check("--max-tokens", "1", sources="a.txt").returncode == 1
