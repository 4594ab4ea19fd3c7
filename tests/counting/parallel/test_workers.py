"""Workers are processes where a fork is safe, and whatever happens to them is told."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tokcompare import load_samples
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.parallel.workers import Workers
from tokcompare.counting.spec import CountSpec

if sys.platform != "linux":
    pytest.skip("workers are forked only on Linux", allow_module_level=True)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """About 10 MB of JSON Lines: more than is counted by a single thread."""
    path = tmp_path / "corpus.jsonl"
    lines = [
        json.dumps({"text": document.text, "language": document.language})
        for document in load_samples("udhr")
        if isinstance(document.text, str)
    ]
    path.write_text("".join(f"{line}\n" for line in lines * 15), encoding="utf-8")
    return path


def run(script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs a script in a process of its own, which has a single thread."""
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
    )


BOTH = """
import sys, threading
import tokcompare
from tokcompare.counting.parallel import workers

seen = []
begin = workers.Workers.__init__

def note(self, *arguments):
    begin(self, *arguments)
    seen.append(self.are_processes)

workers.Workers.__init__ = note
by_processes = tokcompare.compare(tokcompare.load_source(sys.argv[1]), jobs=2)
wait = threading.Event()
other = threading.Thread(target=wait.wait)
other.start()
by_threads = tokcompare.compare(tokcompare.load_source(sys.argv[1]), jobs=2)
by_one = tokcompare.compare(tokcompare.load_source(sys.argv[1]), jobs=1)
wait.set()
assert seen == [True, False, False], seen
assert by_processes.to_dict() == by_threads.to_dict() == by_one.to_dict()
print(by_processes.total.documents)
"""


@pytest.mark.slow
def test_processes_and_threads_come_to_the_same_numbers(corpus: Path) -> None:
    process = run(BOTH, corpus)
    assert process.stderr == ""
    assert int(process.stdout) == len(list(load_samples("udhr"))) * 15


def test_nothing_is_forked_while_there_are_threads() -> None:
    wait = threading.Event()
    other = threading.Thread(target=wait.wait)
    other.start()
    try:
        workers = Workers(CountSpec(counter=DocumentCounter(encodings=())), 2)
        assert not workers.are_processes
        workers.dismiss()
    finally:
        wait.set()
        other.join()


KILLED = """
import multiprocessing, os, signal, sys
import tokcompare
from tokcompare.counting.parallel import local

local._RANGE = 1 << 16  # so many ranges that most are not counted yet

def kill(advance):
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGKILL)

try:
    tokcompare.compare(tokcompare.load_source(sys.argv[1]), jobs=2, progress=kill)
except tokcompare.TokcompareError as error:
    print(error)
"""


@pytest.mark.slow
def test_killed_worker_is_an_error_for_people(corpus: Path) -> None:
    process = run(KILLED, corpus)
    assert process.stdout.startswith("A process that counted was killed, perhaps because memory")


FAULTS = """
import os, signal, struct, sys
import tokcompare
from tokcompare.counting.parallel import local, workers

local.SMALL, local._RANGE = 0, 1 << 16
first = os.getpid()

class Unportable(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")

class Bad:
    name, vocabulary_size = "bad", 256

    def encode(self, text):
        if os.getpid() != first:
            fault()
        return list(text.encode())

def fault():
    kind = sys.argv[2]
    if kind == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "killed in the middle of its answer":
        os.write(pipe, struct.pack("!i", 1 << 20) + bytes(1000))
        os.kill(os.getpid(), signal.SIGKILL)
    elif kind == "ended":
        os._exit(0)
    elif kind == "exit":
        sys.exit(3)
    elif kind == "memory":
        raise MemoryError
    elif kind == "unportable":
        raise Unportable(1, 2)

serve = workers._serve

def noting(spec, connection, inherited):
    global pipe
    pipe = connection.fileno()
    serve(spec, connection, inherited)

workers._serve = noting
try:
    tokcompare.compare(tokcompare.load_source(sys.argv[1]), jobs=2, encodings=[Bad()])
except BaseException as error:
    print(type(error).__name__, error)
import multiprocessing
assert not multiprocessing.active_children()
"""


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    """Documents for many chunks, if chunks are made small."""
    path = tmp_path / "small.jsonl"
    path.write_text('{"text": "some text"}\n' * 20_000, encoding="utf-8")
    return path


@pytest.mark.parametrize("is_archive", [False, True], ids=["ranges", "blocks"])
@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("killed", "ClusterError A process that counted was killed, perhaps because memory ran"),
        ("killed in the middle of its answer", "ClusterError A process that counted was killed, "),
        ("ended", "ClusterError A process that counted was killed, "),
        ("exit", "SystemExit 3"),
        ("memory", "ClusterError A process that counted ran out of memory; with fewer of them"),
        ("unportable", "ClusterError A process that counted failed: Unportable: 1 and 2\n"),
    ],
)
def test_fault_in_a_worker_is_an_error_for_people(
    small_corpus: Path, fault: str, message: str, is_archive: bool
) -> None:
    if is_archive:
        content = small_corpus.read_bytes()
        small_corpus = small_corpus.with_name("small.jsonl.gz")
        small_corpus.write_bytes(gzip.compress(content))
    process = run(FAULTS, small_corpus, fault)
    assert process.stdout.startswith(message)
    assert process.stderr == ""


REFUSED = """
import errno, os, resource, sys, threading
import tokcompare
from tokcompare.counting.parallel import local, workers

local.SMALL, local._RANGE = 0, 1 << 16

def count(jobs):
    source = tokcompare.load_source(sys.argv[1])
    return tokcompare.compare(source, jobs=jobs, engine="tiktoken", encodings="cl100k_base")

expected = count(1).to_dict()
forks, seen = 0, []

def fork():
    global forks
    forks += 1
    if forks > int(sys.argv[3]):
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
    return begin()

def no_thread(self):
    raise RuntimeError("can't start new thread")

def note(self, *arguments):
    init(self, *arguments)
    seen.append(self.are_processes)

init, workers.Workers.__init__ = workers.Workers.__init__, note
if sys.argv[2] == "forks":
    begin, os.fork = os.fork, fork
elif sys.argv[2] == "files":
    used = len(os.listdir("/proc/self/fd")) - 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (used + int(sys.argv[3]), 20_000))
else:
    os.fork, threading.Thread.start = fork, no_thread
assert count(3).to_dict() == expected
print(seen)
"""


@pytest.mark.parametrize(
    ("limit", "number"),
    [("forks", 0), ("forks", 2), ("files", 5), ("files", 9), ("threads", 0)],
)
def test_counts_are_the_same_if_the_system_refuses_more(
    small_corpus: Path, limit: str, number: int
) -> None:
    process = run(REFUSED, small_corpus, limit, str(number))
    assert (process.stdout, process.stderr) == ("[False]\n", "")


SHORTENED = """
import sys
from pathlib import Path
from tokcompare.counting.counter import DocumentCounter
from tokcompare.counting.spec import CountSpec
from tokcompare.sources.chunks import split_file
from tokcompare.sources.document import SourceFile
from tokcompare.sources.formats.format import ReadOptions
from tokcompare.counting.parallel.workers import Workers

path = Path(sys.argv[1])
path.write_text('{"text": "some text"}\\n' * 40_000)
file = SourceFile(path=str(path), name="it", format="jsonl")
parts = split_file(file, ReadOptions(), path.stat().st_size, 200_000)
path.write_bytes(path.read_bytes()[:220_000])
workers = Workers(CountSpec(counter=DocumentCounter(encodings=()), stop_on_error=False), 2)
assert workers.are_processes
for part in parts:
    counted = workers.result(workers.submit(part))
    documents = [counts.documents for counts in counted.groups.values()]
    print(*documents, *counted.rejections.first, sep="; ")
workers.dismiss()
"""


@pytest.mark.slow
def test_file_that_becomes_shorter_is_named(corpus: Path) -> None:
    process = run(SHORTENED, corpus)
    shorter = "the file became shorter while it was read"
    assert process.stdout.splitlines() == [
        "8000",  # of 22 bytes in each of five parts
        f"2000; 'it', byte 220000: {shorter}",
        *(f"'it', byte {176_000 * place - 1}: {shorter}" for place in (2, 3, 4)),
    ]
    assert process.stderr == ""


def children_of(pid: int) -> list[int]:
    content = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return list(map(int, content.split()))


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_workers_end_with_whoever_began_them(corpus: Path, number: signal.Signals) -> None:
    names = [corpus] * 20
    copies = [corpus.with_name(f"{place}.jsonl") for place, _ in enumerate(names)]
    for copy in copies:
        os.link(corpus, copy)
    command = [str(Path(sys.executable).with_name("tokcompare")), "report", *map(str, copies)]
    process = subprocess.Popen(
        [*command, "--jobs", "2"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    while len(children := children_of(process.pid)) < 2:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else -number)
    assert b"Traceback" not in errors
    while any(map(is_running, children)):  # a worker that stayed would be waited for in vain
        time.sleep(0.01)


INTERRUPTED = """
import ctypes, os, signal, sys, threading, time
import tokcompare

if sys.argv[2] == "native":
    # A thread that Python does not know, as engines start them: it does not hold Ctrl-C back.
    libc = ctypes.CDLL(None)
    libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None, libc.pause, None)

# Ctrl-C while processes are being started.
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.01)  # until a native thread has received it

os.register_at_fork(after_in_parent=interrupt)
try:
    tokcompare.compare(tokcompare.load_source(sys.argv[1]), jobs=2)
except KeyboardInterrupt:
    print("interrupted")
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
while threading.active_count() > 1:
    time.sleep(0.01)
"""


@pytest.mark.slow
@pytest.mark.parametrize("threads", ["Python's", "native"])
def test_interrupt_while_workers_are_started(corpus: Path, threads: str) -> None:
    # A worker that nobody ends would be waited for in vain.
    process = run(INTERRUPTED, corpus, threads)
    assert (process.stdout, process.stderr) == ("interrupted\n", "")
