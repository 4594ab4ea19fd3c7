"""Rank files: bundled ones, tiktoken's cache, downloads, and files of the user."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import tiktoken
import tiktoken.load
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.small_ranks import RANKS, as_file, as_merges
from tests.strategies import TEXT, examples
from tokcompare import VocabularyError, bundled, load_encoding
from tokcompare.bundled import data_path
from tokcompare.encodings import VOCABULARIES, load_encodings
from tokcompare.encodings import load as encodings
from tokcompare.encodings.kinds import rank_files
from tokcompare.encodings.kinds.bpe import TiktokenEncoding
from tokcompare.encodings.kinds.known_files import KNOWN_FILES
from tokcompare.errors import ArgumentError, UnknownNameError
from tokcompare.text import replace_surrogates


class TestDamagedFiles:
    """A damaged bundled file is an error that names the file."""

    @pytest.fixture
    def path(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "cl100k_base.tiktoken"
        shutil.copy(data_path("vocabularies", path.name), path)
        for module in (rank_files, bundled):
            monkeypatch.setattr(module, "data_path", lambda folder, filename: tmp_path / filename)
        monkeypatch.setattr(encodings, "_loaded", {})
        return path

    def load(self) -> TiktokenEncoding:
        """Loads the encoding, and its rank file, which short texts do not need."""
        encoding = load_encoding("cl100k_base")
        encoding.load()
        return encoding

    def test_intact_copy_loads(self, path: Path) -> None:
        assert self.load().encode("hello") == [15339]

    def test_missing(self, path: Path) -> None:
        path.unlink()
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken' cannot be read: .*"):
            self.load()

    def test_truncated(self, path: Path) -> None:
        path.write_bytes(path.read_bytes()[:-1000])
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken' is damaged: its SHA"):
            self.load()

    def test_bit_flipped_in_the_middle(self, path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken'"):
            self.load()

    def test_other_content(self, path: Path) -> None:
        path.write_bytes(b"IQ== 0\n")
        with pytest.raises(VocabularyError, match=r"cl100k_base\.tiktoken' is damaged: its SHA"):
            self.load()


class Cache:
    """A folder in the form of tiktoken's cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        url = VOCABULARIES[name].rank_file.url
        return self.folder / hashlib.sha1(url.encode()).hexdigest()


CONTENT: dict[str, Callable[[Mapping[bytes, int]], bytes]] = {
    "r50k_base": as_file,
    "gpt2": lambda _: as_merges(),
}


ORIGINAL = {name: vocabulary.sha256 for name, vocabulary in VOCABULARIES.items()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cache:
    """An empty cache, and vocabularies with small rank files."""
    monkeypatch.setattr(encodings, "_loaded", {})
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "cache"))
    for name, write in CONTENT.items():
        sha256 = hashlib.sha256(write(RANKS)).hexdigest()
        file = replace(VOCABULARIES[name].rank_file, sha256=sha256)
        small = replace(VOCABULARIES[name], rank_file=file)
        monkeypatch.setitem(VOCABULARIES, name, small)
        known = replace(KNOWN_FILES[ORIGINAL[name]], sha256=sha256)
        monkeypatch.setitem(KNOWN_FILES, sha256, known)
    return Cache(tmp_path / "cache")


def fill(folder: Cache, name: str, content: bytes | None = None) -> None:
    folder.folder.mkdir(exist_ok=True)
    folder.path(name).write_bytes(CONTENT[name](RANKS) if content is None else content)


class TestCache:
    @pytest.mark.parametrize("name", CONTENT)
    def test_is_read(self, folder: Cache, name: str) -> None:
        fill(folder, name)
        encoding = load_encoding(name)
        assert isinstance(encoding, TiktokenEncoding)
        assert encoding.tiktoken._mergeable_ranks == RANKS
        assert encoding.sha256 == VOCABULARIES[name].sha256
        assert (encoding.keeps_text, encoding.cuts_at_space) == (True, True)
        assert pickle.loads(pickle.dumps(encoding)) is encoding

    @pytest.mark.parametrize("name", CONTENT)
    def test_missing(self, folder: Cache, name: str) -> None:
        with pytest.raises(VocabularyError) as raised:
            load_encoding(name)
        message = str(raised.value)
        file = VOCABULARIES[name].rank_file
        assert f"not in tiktoken's cache ({folder.folder})" in message
        assert f"download {file.url} (about {file.size}), use --allow-download" in message
        assert "allow_download=True" in message
        assert not folder.folder.exists()

    def test_damaged_is_left_alone(self, folder: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tiktoken.load, "read_file", None)
        fill(folder, "r50k_base", b"IQ== 0\n")
        for allow_download in (False, True):
            with pytest.raises(VocabularyError) as raised:
                load_encoding("r50k_base", allow_download=allow_download)
            assert str(folder.path("r50k_base")) in str(raised.value)
            assert "is damaged: its SHA-256 is" in str(raised.value)
            assert "Delete it, and it can be downloaded again." in str(raised.value)
        assert folder.path("r50k_base").read_bytes() == b"IQ== 0\n"

    def test_unreadable(self, folder: Cache) -> None:
        folder.path("r50k_base").mkdir(parents=True)
        with pytest.raises(VocabularyError, match="in tiktoken's cache cannot be read"):
            load_encoding("r50k_base")

    @pytest.mark.parametrize("variables", [["DATA_GYM_CACHE_DIR"], []])
    def test_folder_is_the_one_of_tiktoken(
        self, folder: Cache, monkeypatch: pytest.MonkeyPatch, variables: list[str]
    ) -> None:
        monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
        monkeypatch.delenv("DATA_GYM_CACHE_DIR", raising=False)
        monkeypatch.setattr(tempfile, "tempdir", str(folder.folder.parent))
        for variable in variables:
            monkeypatch.setenv(variable, str(folder.folder))
        if not variables:
            folder.folder = folder.folder.parent / "data-gym-cache"
        fill(folder, "r50k_base")
        # tiktoken itself finds the file too, and downloads nothing.
        monkeypatch.setattr(tiktoken.load, "read_file", None)
        file = VOCABULARIES["r50k_base"].rank_file
        assert tiktoken.load.read_file_cached(file.url, file.sha256) == as_file(RANKS)
        assert load_encoding("r50k_base").encode("a")

    def test_switched_off(self, folder: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
        fill(folder, "r50k_base")
        monkeypatch.chdir(folder.folder)
        monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
        with pytest.raises(VocabularyError, match=r"cache \(it is switched off\)"):
            load_encoding("r50k_base")


class Handler(BaseHTTPRequestHandler):
    """Serves a small rank file."""

    def do_GET(self) -> None:
        content = as_file(RANKS)
        if self.path.endswith("truncated.tiktoken"):
            content = content[:-10]
        self.send_response(404 if self.path.endswith("missing.tiktoken") else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def serve(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for variable in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(variable)
    file = replace(VOCABULARIES["r50k_base"].rank_file, url=url)
    vocabulary = replace(VOCABULARIES["r50k_base"], rank_file=file)
    monkeypatch.setitem(VOCABULARIES, "r50k_base", vocabulary)


class TestDownload:
    def test_is_written_to_the_cache(
        self, folder: Cache, server: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        serve(monkeypatch, f"{server}/r50k_base.tiktoken")
        (encoding,) = load_encodings("r50k_base", allow_download=True)
        assert folder.path("r50k_base").read_bytes() == as_file(RANKS)
        monkeypatch.setattr(encodings, "_loaded", {})
        assert load_encoding("r50k_base").encode("human") == encoding.encode("human")

    def test_by_the_name_of_a_model(
        self, folder: Cache, server: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        serve(monkeypatch, f"{server}/r50k_base.tiktoken")
        assert load_encoding("text-davinci-001", allow_download=True).name == "r50k_base"

    @pytest.mark.parametrize(
        ("path", "reason"), [("missing", "404"), ("truncated", "Hash mismatch")]
    )
    def test_fails(
        self, folder: Cache, server: str, monkeypatch: pytest.MonkeyPatch, path: str, reason: str
    ) -> None:
        url = f"{server}/{path}.tiktoken"
        serve(monkeypatch, url)
        message = f"^The ranks of 'r50k_base' could not be downloaded from {url}: .*{reason}"
        with pytest.raises(VocabularyError, match=message):
            load_encoding("r50k_base", allow_download=True)
        assert not folder.folder.exists()

    def test_no_connection(self, folder: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
        serve(monkeypatch, "http://127.0.0.1:1/r50k_base.tiktoken")
        with pytest.raises(VocabularyError, match="could not be downloaded from http://127"):
            load_encoding("r50k_base", allow_download=True)


@pytest.fixture(scope="module")
def rank_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ranks") / "rights.tiktoken"
    path.write_bytes(as_file(RANKS))
    return path


PATTERN = r"\p{N}{1,2}|[^\s\p{N}]+|\s+"


class TestRankFile:
    @settings(
        max_examples=examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture]
    )
    @given(text=TEXT, pattern=st.sampled_from([PATTERN, *VOCABULARIES]))
    def test_equals_tiktoken(self, rank_file: Path, text: str, pattern: str) -> None:
        known = VOCABULARIES.get(pattern)
        reference = tiktoken.Encoding(
            "rights",
            pat_str=known.pattern if known else pattern,
            mergeable_ranks=RANKS,
            special_tokens={},
        )
        encoding = load_encoding(str(rank_file), pattern=pattern)
        tokens = encoding.encode(text)
        assert tokens == reference.encode_ordinary(text)
        assert encoding.keeps_text is encoding.cuts_at_space is (known is not None)
        assert encoding.decode(tokens) == replace_surrogates(text)

    def test_properties(self, rank_file: Path) -> None:
        encoding = load_encoding(str(rank_file), pattern=PATTERN)
        assert (encoding.name, encoding.vocabulary_size) == ("rights", 600)
        assert (encoding.library, encoding.unknown_token) == ("tiktoken", None)
        content = as_file(RANKS) + PATTERN.encode()
        assert encoding.sha256 == hashlib.sha256(content).hexdigest()
        other = load_encoding(str(rank_file), pattern="cl100k_base")
        assert other.sha256 != encoding.sha256

    def test_equals_the_object_of_tiktoken(self, rank_file: Path) -> None:
        own = tiktoken.Encoding("rights", pat_str=PATTERN, mergeable_ranks=RANKS, special_tokens={})
        encoding = load_encoding(own)
        assert encoding.sha256 == load_encoding(str(rank_file), pattern=PATTERN).sha256

    def test_known_file_needs_no_pattern(self, folder: Cache, rank_file: Path) -> None:
        encoding = load_encoding(str(rank_file))
        assert encoding.sha256 == VOCABULARIES["r50k_base"].sha256
        assert encoding.keeps_text
        other = load_encoding(str(rank_file), pattern="o200k_base")
        assert other.sha256 != encoding.sha256
        assert other.encode("12345") != encoding.encode(" 12345")
        assert load_encoding(f"r50k_base={rank_file}").name == "r50k_base"
        with pytest.raises(ArgumentError, match="is not 'r50k_base', which is an encoding of tik"):
            load_encoding(f"r50k_base={rank_file}", pattern="o200k_base")

    def test_pattern_is_missing(self, rank_file: Path) -> None:
        message = (
            r"rights\.tiktoken' is not a known one .* so the pattern .* --pattern rights=PATTERN "
            r"\(in Python: pattern=\{'rights': PATTERN\}\): .* gpt2, r50"
        )
        with pytest.raises(VocabularyError, match=message):
            load_encoding(str(rank_file))

    @pytest.mark.parametrize("pattern", ["cl100k-base", "cl100k", ""])
    def test_pattern_that_looks_like_a_name(self, rank_file: Path, pattern: str) -> None:
        with pytest.raises(UnknownNameError, match=f"^Unknown pattern '{pattern}'.* There are: g"):
            load_encoding(str(rank_file), pattern=pattern)

    @pytest.mark.parametrize("pattern", ["(", "[a-", r"\p{Nope}", "\ud800."])
    def test_invalid_pattern(self, rank_file: Path, pattern: str) -> None:
        with pytest.raises(ArgumentError, match="is not a regular expression that tiktoken under"):
            load_encoding(str(rank_file), pattern=pattern)

    def test_pattern_of_another_type(self, rank_file: Path) -> None:
        with pytest.raises(
            ArgumentError, match=r"A pattern must be a str, or a mapping .*, not bytes"
        ):
            load_encoding(str(rank_file), pattern=b".")  # type: ignore[call-overload]

    def test_pattern_for_one_of_several(self, rank_file: Path) -> None:
        loaded = load_encodings(["gpt-4o", str(rank_file)], pattern=PATTERN)
        assert [encoding.name for encoding in loaded] == ["o200k_base", "rights"]
        assert loaded[1].encode("1234") == load_encoding(str(rank_file), pattern=PATTERN).encode(
            "1234"
        )

    def test_pickles_as_its_path(self, rank_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        encoding = load_encoding(f"own={rank_file}", pattern=PATTERN)
        pickled = pickle.dumps(encoding)
        assert len(pickled) < 500
        assert pickle.loads(pickled) is encoding
        monkeypatch.setattr(encodings, "_loaded", {})
        again = pickle.loads(pickled)
        assert again is not encoding
        assert (again.name, again.sha256) == ("own", encoding.sha256)
        assert again.encode("human rights") == encoding.encode("human rights")

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (lambda lines: [*lines, b"!!!! 900"], r", line 601: '!!!! 900' is not a token in base"),
            (lambda lines: [b"YWI="], r", line 1: 'YWI=' is not a token"),
            (lambda lines: [*lines, b"YWI= 900 1"], r", line 601: 'YWI= 900 1' is not a token"),
            (lambda lines: [*lines, b"YWI= nine"], r", line 601: 'YWI= nine' is not a token"),
            (lambda lines: [*lines, b"YWI= -1"], r", line 601: 'YWI= -1' is not a token"),
            (lambda lines: [*lines, b" 900"], r", line 601: ' 900' is not a token"),
            (lambda lines: [*lines, b"\xff" * 1000], r", line 601: '\ufffd{60}…' is not a token"),
            (lambda lines: [*lines, b"YWI= 4294967295"], r", line 601: the rank 4294967295 is too"),
            (lambda lines: [*lines, b"cXF4 7"], r", line 601: the rank 7 is also on line 8\."),
            (
                lambda lines: [*lines, lines[2].split()[0] + b" 900"],
                r", line 601: the token '\S+' is also on line 3\.",
            ),
            (
                lambda lines: lines[1:],
                r" has no token for 1 of the 256 single bytes \(the first is 0x21\)",
            ),
            (
                lambda lines: [],
                r" has no token for 256 of the 256 single bytes \(the first is 0x00\)",
            ),
        ],
    )
    def test_malformed(self, tmp_path: Path, change: Any, message: str) -> None:
        path = tmp_path / "own.tiktoken"
        path.write_bytes(b"\n".join(change(as_file(RANKS).splitlines())))
        with pytest.raises(VocabularyError, match=rf"The rank file '.*own\.tiktoken'{message}"):
            load_encoding(str(path), pattern=PATTERN)

    def test_windows_line_ends_and_no_final_line_end(self, tmp_path: Path) -> None:
        path = tmp_path / "own.tiktoken"
        path.write_bytes(as_file(RANKS).strip().replace(b"\n", b"\r\n"))
        encoding = load_encoding(str(path), pattern=PATTERN)
        assert isinstance(encoding, TiktokenEncoding)
        assert encoding.tiktoken._mergeable_ranks == RANKS
