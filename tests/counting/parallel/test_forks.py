"""Processes that are forked by somebody else can count, at whatever moment they were forked."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.platforms import linux_only
from tests.small_chunks import cut_small
from tokcompare import compare, count_tokens, load_source

pytestmark = linux_only

LINE = '{"text": "Hello, world", "language": "en"}\n'


def _count(path: str) -> tuple[int, dict[str, int]]:
    with pytest.MonkeyPatch.context() as patch:
        cut_small(patch, 500)
        counts = compare(load_source(path), jobs=2, engine="tiktoken").total
    return counts.documents, dict(counts.tokens)


def test_in_a_worker_of_a_pool(tmp_path: Path) -> None:
    # It is daemonic: multiprocessing refuses it any processes of its own.
    path = tmp_path / "a.jsonl"
    path.write_text(LINE * 200)
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.apply_async(_count, (str(path),)).get(timeout=60)
    assert found == _count(str(path)) == (200, {"cl100k_base": 600, "o200k_base": 600})


def test_in_a_fork(tmp_path: Path) -> None:
    count = partial(count_tokens, encoding="cl100k_base")
    count("Hello")  # what is loaded is handed on
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map_async(count, ["Hello", "Hello, world"]).get(timeout=60) == [1, 3]


FORK_WHILE_LOADING = """
import os, sys, threading, time
import tokcompare
from tokcompare.counting.engines import FASTOKENS
from tokcompare.encodings import load_encoding

def load():
    for name in ("cl100k_base", "o200k_base"):
        load_encoding(name).load()
        if {fast}:
            FASTOKENS.load(load_encoding(name))

thread = threading.Thread(target=load)
thread.start()
time.sleep({delay})
child = os.fork()
if child == 0:
    load()
    os._exit(tokcompare.count_tokens("Hello, world", "cl100k_base") != 3)
"""

FORK_WHILE_IMPORTING = """
import os, sys, threading, time
import tokcompare

class SlowFinder:
    def find_spec(self, name, path=None, target=None):
        if name == "{module}":
            started.set()
            time.sleep(1)

started = threading.Event()
sys.meta_path.insert(0, SlowFinder())
count = lambda: tokcompare.count_tokens("Hello, world", "cl100k_base")
thread = threading.Thread(target=count)
thread.start()
started.wait()
child = os.fork()
if child == 0:
    os._exit(count() != 3)
"""

WAIT_FOR_THE_CHILD = """
for _ in range(400):
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        os._exit(os.waitstatus_to_exitcode(status))
    time.sleep(0.05)
os.kill(child, 9)
sys.exit("the child hangs")
"""


def _fork(script: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script + WAIT_FOR_THE_CHILD],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    # Python itself complains of locks if it is forked in the middle of certain imports.
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("delay", [0.0, 0.05, 0.2, 0.4])
def test_while_another_thread_loads(delay: float, *, fast: bool) -> None:
    if fast:
        pytest.importorskip("fastokens")
    _fork(FORK_WHILE_LOADING.format(delay=delay, fast=fast))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("module", ["marisa_trie", "regex"])
def test_while_another_thread_imports(module: str) -> None:
    _fork(FORK_WHILE_IMPORTING.format(module=module))
