"""The Hugging Face Hub: its cache on disk, and a hub that a test serves on this machine.

The real hub is not asked: what is tested is that `huggingface_hub` fetches the pinned file, and
what is said if it cannot.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tests.command import invoke
from tokcompare import VocabularyError, load_encoding
from tokcompare.encodings import load as loading
from tokcompare.encodings.named import packages
from tokcompare.encodings.named.catalogue import TOKENIZERS
from tokcompare.encodings.named.hub import cache_folder
from tokcompare.encodings.named.places import describe_place


def small_tokenizer() -> bytes:
    """Returns a tokenizer.json in which each byte is a token."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({c: n for n, c in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return str(tokenizer.to_str()).encode()


CONTENT = small_tokenizer()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, on a machine without the packages."""
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    monkeypatch.setattr(loading, "_loaded", {})
    for variable in ("HF_HOME", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def put(cache: Path, repository: str, revision: str, content: bytes = CONTENT) -> Path:
    folder = cache / f"models--{repository.replace('/', '--')}" / "snapshots" / revision
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").write_bytes(content)
    return folder


class TestCache:
    def test_pinned_revision_is_first(self, cache: Path) -> None:
        hub = TOKENIZERS["phi-4"].hub
        assert hub is not None
        put(cache, hub.repository, REVISION, b"damaged")
        put(cache, hub.repository, hub.revision)
        encoding = load_encoding("phi-4")
        assert (encoding.name, encoding.library) == ("phi-4", "tokenizers")
        assert encoding.sha256 == SHA256
        assert describe_place(TOKENIZERS["phi-4"]) == "in the hub's cache"

    def test_another_model_of_the_publisher(self, cache: Path) -> None:
        put(cache, "somebody/Llama-3.1-8B", REVISION)
        put(cache, "meta-llama/Llama-2-7b-chat-hf", REVISION)
        put(cache, "meta-llama/Llama-Guard-9-8B", REVISION)
        with pytest.raises(VocabularyError, match="'llama3' is not here"):
            load_encoding("llama3")
        folder = put(cache, "meta-llama/Llama-3.2-1B-Instruct", "f" * 40)
        put(cache, "meta-llama/Llama-3.2-1B-Instruct", "0" * 40, b"damaged")
        refs = folder.parent.parent / "refs"
        refs.mkdir()
        (refs / "main").write_text("f" * 40)
        assert load_encoding("llama3.2").sha256 == SHA256

    def test_a_file_that_is_not_the_known_one_is_not_used(
        self, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put(cache, "Qwen/Qwen3-8B", REVISION)
        with pytest.raises(VocabularyError, match="'qwen3' is not here"):
            load_encoding("qwen3")
        qwen = TOKENIZERS["qwen3"]
        assert qwen.hub is not None
        small = replace(qwen, hub=replace(qwen.hub, sha256=SHA256))
        monkeypatch.setitem(TOKENIZERS, "qwen3", small)
        assert load_encoding("qwen3").sha256 == SHA256

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (CONTENT[:100], "is not a tokenizer.json that `tokenizers` can read: EOF while"),
            (b"", "is empty"),
            (b"<!doctype html>", "is a web page"),
            (b"version https://git-lfs.github.com/spec/v1\noid", "is a Git LFS pointer"),
        ],
    )
    def test_a_damaged_file(self, cache: Path, content: bytes, reason: str) -> None:
        hub = TOKENIZERS["phi-4"].hub
        assert hub is not None
        put(cache, hub.repository, hub.revision, content)
        result = invoke("count", "-e", "phi-4", "Hello")
        assert (result.exit_code, result.stdout) == (1, "")
        (line,) = result.stderr.splitlines()
        assert reason in line
        assert "cache of the Hugging Face Hub: once it is deleted, --allow-download (in " in line

    def test_a_file_without_the_known_hash(self, cache: Path) -> None:
        hub = TOKENIZERS["qwen3"].hub
        assert hub is not None
        put(cache, hub.repository, hub.revision)
        result = invoke("count", "-e", "qwen3", "Hello")
        assert (result.exit_code, result.stdout) == (1, "")
        (line,) = result.stderr.splitlines()
        assert "The tokenizer 'qwen3' is not here. The file '" in line
        assert f"{hub.revision}/tokenizer.json' is damaged: it does not have the known SHA" in line

    def test_a_download_that_was_not_finished(self, cache: Path) -> None:
        hub = TOKENIZERS["phi-4"].hub
        assert hub is not None
        folder = put(cache, hub.repository, hub.revision)
        file = folder / "tokenizer.json"
        blobs = folder.parent.parent / "blobs"
        blobs.mkdir()
        (blobs / f"{SHA256}.incomplete").write_bytes(CONTENT[:50])
        for target in ("link", "folder"):
            file.unlink()
            file.symlink_to(blobs / SHA256) if target == "link" else file.mkdir()
            with pytest.raises(VocabularyError, match="'phi-4' is not here"):
                load_encoding("phi-4")

    def test_a_cache_that_is_a_file(self, cache: Path) -> None:
        cache.write_text("a file")
        with pytest.raises(VocabularyError, match="'phi-4' is not here"):
            load_encoding("phi-4")
        assert "  100,352  not here: pip" in invoke("encodings").stdout

    @pytest.mark.parametrize(
        ("variables", "folder"),
        [
            ({"HF_HUB_CACHE": "/a/b"}, "/a/b"),
            ({"HUGGINGFACE_HUB_CACHE": "/a/c", "HF_HOME": "/d"}, "/a/c"),
            ({"HF_HOME": "/d"}, "/d/hub"),
            ({"XDG_CACHE_HOME": "/e"}, "/e/huggingface/hub"),
            ({"HOME": "/f", "USERPROFILE": "/f"}, "/f/.cache/huggingface/hub"),
        ],
    )
    def test_folder(
        self, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str
    ) -> None:
        for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert cache_folder() == Path(folder)
        code = "from huggingface_hub.constants import HF_HUB_CACHE; print(HF_HUB_CACHE)"
        theirs = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        assert Path(theirs.stdout.decode().strip()) == cache_folder()


ERRORS = {
    "zai-org/GLM-4.5": (403, "GatedRepo"),
    "meta-llama/Llama-3.1-8B": (401, "RepoNotFound"),
    "google/gemma-2-9b": (404, "RevisionNotFound"),
    "meta-llama/Llama-2-7b-hf": (404, "EntryNotFound"),
    "google/gemma-4-12B-it": (500, ""),
}


TOKEN = "hf_accepted"
"""The token of a user who accepted the licences."""


class Hub(BaseHTTPRequestHandler):
    """Answers as the hub does: a file with its revision, or an error with its code."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        repository, _, rest = self.path.strip("/").partition("/resolve/")
        revision = rest.partition("/")[0]
        status, code = ERRORS.get(repository, (200, ""))
        if code == "GatedRepo" and self.headers.get("Authorization") == f"Bearer {TOKEN}":
            status, code = 200, ""
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
            self.send_header("X-Error-Message", f"not for you: {code}")
        if status == 200:
            self.send_header("X-Repo-Commit", revision)
            self.send_header("ETag", f'"{SHA256}"')
            self.send_header("Content-Length", str(len(CONTENT)))
        else:
            self.send_header("Content-Length", "0")
        self.end_headers()
        if status == 200 and self.command == "GET":
            self.wfile.write(CONTENT)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


WITHOUT_PACKAGES = """
import sys
from tokcompare.encodings.named import packages
packages.find_spec = lambda name: None
from tokcompare.cli import main
main(sys.argv[1:], prog_name="tokcompare")
"""


def run(
    endpoint: str, home: Path, *arguments: str, token: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs the command on a machine without the packages, with a hub of its own."""
    variables = {"HF_ENDPOINT": endpoint, "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1"}
    variables |= {"HF_TOKEN": token} if token else {}
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    return subprocess.run(
        [sys.executable, "-c", WITHOUT_PACKAGES, *arguments],
        capture_output=True,
        env=kept | variables,
        text=True,
        timeout=120,
        check=False,
    )


class TestDownload:
    def test_the_pinned_file_is_downloaded_into_the_cache(self, hub: str, tmp_path: Path) -> None:
        refused = run(hub, tmp_path, "count", "-e", "phi-4", "Hello")
        assert refused.returncode == 1
        assert "--allow-download" in refused.stderr
        assert not list(tmp_path.iterdir())
        counted = run(hub, tmp_path, "encodings", "phi-4", "--allow-download")
        assert (counted.returncode, SHA256 in counted.stdout) == (0, True)
        # Now it is here, so nothing has to be allowed, and no hub is needed.
        again = run("http://127.0.0.1:9", tmp_path, "count", "--json", "-e", "phi-4", "Hello")
        assert (again.returncode, again.stderr) == (0, "")
        assert '"phi-4": 5' in again.stdout

    def test_the_token_of_the_user(self, hub: str, tmp_path: Path) -> None:
        options = ("count", "-e", "glm-4", "--allow-download", "--json", "Hello")
        for token, code in (("hf_other", 1), (TOKEN, 0)):
            process = run(hub, tmp_path, *options, token=token)
            assert process.returncode == code
            assert token not in process.stdout + process.stderr
        assert '"glm-4": 5' in process.stdout

    def test_a_damaged_file_is_downloaded_again(self, hub: str, tmp_path: Path) -> None:
        pinned = TOKENIZERS["qwen3"].hub
        assert pinned is not None
        folder = put(tmp_path / "hub", pinned.repository, pinned.revision)
        # In the hub's cache, a file is a link to its content.
        blobs = folder.parent.parent / "blobs"
        blobs.mkdir()
        (blobs / SHA256).write_bytes(b"damaged")
        (folder / "tokenizer.json").unlink()
        (folder / "tokenizer.json").symlink_to(blobs / SHA256)
        process = run(hub, tmp_path, "count", "-e", "qwen3", "--allow-download", "Hello")
        # The hub of this test does not have the known file either.
        assert process.returncode == 1
        assert f"its SHA-256 is {SHA256}, that of 'qwen3' is {pinned.sha256}" in process.stderr
        assert (folder / "tokenizer.json").read_bytes() == CONTENT

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("glm-4", "zai-org/GLM-4.5 is gated. Accept its licence at https://hugg"),
            ("llama3", "the hub has no repository meta-llama/Llama-3.1-8B, or shows it only to "),
            ("gemma2", "google/gemma-2-9b has no revision 33c193028431c2fde6c6e51f29e6f17b60cbfac"),
            ("llama2", "meta-llama/Llama-2-7b-hf has no tokenizer.json at revision 01c7f73d771df"),
            ("qwen3", "is not the known one: its SHA-256 is " + SHA256),
            ("kimi-k2", "no tokenizer.json on the Hugging Face Hub, so there is nothing to down"),
        ],
    )
    def test_fails(self, hub: str, tmp_path: Path, name: str, reason: str) -> None:
        process = run(hub, tmp_path, "count", "-e", name, "--allow-download", "Hello")
        assert (process.returncode, process.stdout) == (1, "")
        assert reason in process.stderr
        (line,) = process.stderr.splitlines()
        assert line.startswith("Error: ")
        assert repr(name) in line

    @pytest.mark.slow
    def test_a_hub_that_fails(self, hub: str, tmp_path: Path) -> None:
        process = run(hub, tmp_path, "count", "-e", "gemma4", "--allow-download", "Hello")
        assert (process.returncode, process.stdout) == (1, "")
        (line,) = process.stderr.splitlines()
        assert "'gemma4' could not be downloaded: " in line

    @pytest.mark.slow
    def test_no_connection(self, tmp_path: Path) -> None:
        process = run(
            "http://127.0.0.1:9", tmp_path, "count", "-e", "phi-4", "--allow-download", "a"
        )
        assert (process.returncode, process.stdout) == (1, "")
        (line,) = process.stderr.splitlines()
        assert "the hub cannot be reached" in line
