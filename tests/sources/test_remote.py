"""URLs with secrets, archives and caches: what is shown of them, and what they leave behind."""

from __future__ import annotations

import http.server
import io
import os
import pickle
import sys
import tarfile
import tempfile
import threading
import traceback
import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.command import invoke
from tests.files import write
from tests.platforms import needs_links, posix_only
from tokcompare import ClusterError, SourceError, compare, load_source
from tokcompare.sources.chunks import FileRange
from tokcompare.sources.storage import stored_file

fsspec: Any = pytest.importorskip("fsspec")


FILES = {"/d/a.txt": b"one", "/d/b.txt": b"two two", "/d/broken.txt": b"never read"}


class Vault(fsspec.spec.AbstractFileSystem):  # type: ignore[misc]
    """Storage behind a password, whose paths have neither host nor user, as those of FTP."""

    protocol = "vault"

    def __init__(self, host: str, username: str = "", password: str = "") -> None:
        super().__init__()
        if unquote(password) != "P@ss":
            raise PermissionError(f"530 login of {username} with {password} failed")
        self._login = f"vault://{username}:{password}@{host}"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        options = fsspec.utils.infer_storage_options(path)
        return str(options["path"]).rstrip("/")

    @staticmethod
    def _get_kwargs_from_urls(path: str) -> dict[str, Any]:
        options = fsspec.utils.infer_storage_options(path)
        return {name: options[name] for name in ("host", "username", "password") if name in options}

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        entries: list[Any] = [
            {"name": name, "size": len(content), "type": "file"}
            for name, content in FILES.items()
            if path in (name, "/d")
        ]
        entries += [{"name": "/d", "size": 0, "type": "directory"}] if path == "" else []
        if not entries:
            raise FileNotFoundError(self._login)
        return entries if detail else [entry["name"] for entry in entries]

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        if path == "/d/broken.txt":
            return Broken(self._login)
        return io.BytesIO(FILES[path])


class Broken(io.BytesIO):
    """A file whose server gives up."""

    def __init__(self, login: str) -> None:
        super().__init__(b"never read")
        self._login = login

    def read(self, size: int | None = -1) -> bytes:
        try:
            raise ValueError(f"no answer from {self._login}")
        except ValueError as error:
            raise OSError("connection lost") from error


USER = "vault://somebody:P%40ss@host"
SECRETS = ("P%40ss", "P@ss", "somebody", "TOKEN")


@pytest.fixture(autouse=True)
def _vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec.register_implementation("vault", Vault, clobber=True)
    monkeypatch.chdir(tmp_path)


def check_hidden(*texts: object) -> None:
    for text in texts:
        for secret in SECRETS:
            assert secret not in str(text)
            assert secret not in repr(text)


def failure_of(call: Any) -> str:
    """Returns the message of an error, and checks that its traceback tells no secret either."""
    with pytest.raises((SourceError, ClusterError)) as caught:
        call()
    error: BaseException | None = caught.value
    check_hidden("".join(traceback.format_exception(caught.value)))
    while error is not None:
        check_hidden(error)
        error = error.__cause__ or error.__context__
    return str(caught.value)


class TestSecrets:
    def test_url_works_and_is_shown_without_them(self) -> None:
        for url in (f"{USER}/d", f"{USER}/d/[ab]*.txt", [f"{USER}/d/a.txt", f"{USER}/d/b.txt"]):
            source = load_source(url)
            files = [file for file in source.files if "broken" not in file.path]
            assert [file.path for file in files] == [f"{USER}/d/a.txt", f"{USER}/d/b.txt"]
            assert [file.name for file in files] == [
                "vault://***@host/d/a.txt",
                "vault://***@host/d/b.txt",
            ]
            check_hidden(source, source.name, source.notes, FileRange(file=files[0]))
            check_hidden(stored_file(files[0].path))
            # A worker elsewhere needs them.
            assert pickle.loads(pickle.dumps(files[0])).path == files[0].path

    @pytest.mark.parametrize("form", ["json", "csv", "markdown", "table"])
    @pytest.mark.parametrize("by", ["language", "source"])
    def test_output(self, form: str, by: str) -> None:
        arguments = ("report", f"{USER}/d/a.txt", f"{USER}/d/b.txt", f"{USER}/d/a.txt")
        result = invoke(*arguments, "-f", form, "--by", by, "--signature")
        assert result.exit_code == 0
        assert "vault://***@host/d/a.txt" in result.output
        check_hidden(result.output)

    def test_python(self) -> None:
        comparison = compare(load_source(f"{USER}/d/a.txt"), by="source")
        check_hidden(comparison, comparison.to_dict(), comparison.signature, comparison.rows)

    @pytest.mark.parametrize(
        ("path", "message"),
        [
            ("/none.txt", "there is no such file"),
            ("/d/*.csv", "No file matches"),
            ("/d/broken.txt", "connection lost"),
        ],
    )
    def test_errors(self, path: str, message: str) -> None:
        assert message in failure_of(lambda: compare(load_source(USER + path)))
        result = invoke("report", USER + path)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "vault://***@host" in result.stderr
        check_hidden(result.stderr)

    def test_wrong_password(self) -> None:
        url = USER.replace("P%", "P%25")
        message = failure_of(lambda: load_source(f"{url}/d/a.txt"))
        assert message.endswith("cannot be read: 530 login of *** with *** failed.")

    @pytest.mark.parametrize("command", ["report", "cost", "context", "count"])
    @pytest.mark.parametrize(
        "url",
        [
            "nope://somebody:TOKEN@host/a.json",
            "https://host/a.json?token=TOKEN",
            "zip://a.json::nope://somebody:TOKEN@host/b.zip",
            "simplecache::nope://somebody:TOKEN@host/a.json",
            "nope://somebody:TOKEN/x@host/a.json#key=TOKEN",
            "nope:/somebody:TOKEN@host/a.json",
        ],
    )
    def test_every_argument(self, command: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "aiohttp", None)
        option = "-e" if command in ("report", "count") else "--encoding"
        uses: list[tuple[str, ...]] = [(command, url)]
        if "://" in url:
            uses += [(command, option, url), (command, option, f"name={url}")]
        if command != "count":
            uses += [(command, "-o", url), (command, "-o", f"{url}.xyz")]
        if command == "report":
            uses += [(command, "gpt-4o", "--checkpoint", url), (command, "--by", "source", url)]
        if command == "cost":
            uses += [(command, "--volume", url)]
        for arguments in uses:
            result = invoke(*arguments)
            assert command == "count" or result.exit_code in (1, 2), arguments
            check_hidden(result.output)

    def test_cluster(self) -> None:
        pytest.importorskip("distributed")
        for address in ("tcp://somebody:TOKEN@127.0.0.1:x", "somebody:TOKEN@127.0.0.1:x"):
            source = load_source(f"{USER}/d/a.txt")
            message = failure_of(partial(compare, source, cluster=address))
            assert "***@127.0.0.1:x" in message

    def test_files_that_differ_by_their_secrets_are_two(self) -> None:
        pytest.importorskip("aiohttp")
        urls = [f"http://127.0.0.1:1/a.txt?id={n}&token={n}" for n in (1, 1, 2)]
        urls += ["http://127.0.0.1:1/a.txt?id=1&token=3"]
        with pytest.raises(SourceError, match=r"\?id=1&token=\*\*\*' cannot be read"):
            load_source(urls)


class _Forbidding(http.server.SimpleHTTPRequestHandler):
    """A server that serves files, but for those whose name says that it does not."""

    def do_GET(self) -> None:
        if "forbidden" in self.path:
            self.send_error(403)
        elif "moved" in self.path:  # to a URL that is signed, as on a hub of data sets
            self.send_response(302)
            self.send_header("Location", "/forbidden.txt?Signature=TOKEN")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *arguments: Any) -> None: ...


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    pytest.importorskip("aiohttp")
    handler = partial(_Forbidding, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


class TestBehindAServer:
    def test_query_and_password(self, server: str, tmp_path: Path) -> None:
        write(tmp_path / "a.txt", b"text")
        url = f"http://somebody:TOKEN@{server}/a.txt?token=TOKEN&download=true"
        source = load_source([url, url.replace("token=TOKEN", "token=other")])
        name = f"http://***@{server}/a.txt?token=***&download=true"
        assert [file.name for file in source.files] == [name, f"{name} (2)"]
        comparison = compare(source, by="source")
        assert [row.group for row in comparison.rows] == [name, f"{name} (2)"]
        check_hidden(comparison.signature, source)

    @pytest.mark.parametrize("name", ["none.txt", "forbidden.txt", "moved.txt"])
    def test_errors(self, server: str, name: str) -> None:
        url = f"http://{server}/{name}?token=TOKEN"
        assert f"http://{server}/{name}?token=***" in failure_of(lambda: compare(load_source(url)))

    def test_archive_is_copied_where_the_server_sends_no_parts(
        self, server: str, tmp_path: Path
    ) -> None:
        with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
            archive.writestr("a.txt", "text " * 100_000)
        source = load_source(f"zip://a.txt::simplecache::http://{server}/b.zip?token=TOKEN")
        assert compare(source).total.bytes == 500_000
        check_hidden(source)


MEMBERS = ["ok.txt", "d/x.txt", "../up.txt", "d/../../up.txt", "/absolute.txt", "C:/drive.txt"]


class TestArchives:
    @pytest.fixture(autouse=True)
    def _archives(self) -> None:
        with zipfile.ZipFile("a.zip", "w") as packed, tarfile.open("a.tar", "w") as tar:
            for name in MEMBERS:
                packed.writestr(name, f"in {name}")
                member = tarfile.TarInfo(name)
                member.size = len(f"in {name}")
                tar.addfile(member, io.BytesIO(f"in {name}".encode()))

    @pytest.mark.parametrize("kind", ["zip", "tar"])
    def test_members_that_lead_out_are_named(self, kind: str) -> None:
        for path in ("**", ""):
            source = load_source(f"{kind}://{path}::a.{kind}")
            assert sorted(str(document.text) for document in source) == ["in d/x.txt", "in ok.txt"]
            (note,) = source.notes
            assert "4 files or folders are left out: " in note
            for name in MEMBERS[2:]:
                assert f"'{kind}://{name}::a.{kind}' leads out of the archive" in note
        assert load_source(f"{kind}://*.txt::a.{kind}").notes == ()

    @pytest.mark.parametrize("kind", ["zip", "tar"])
    @pytest.mark.parametrize("name", [*MEMBERS[2:], "../../etc/passwd", "..", "..\\up.txt", "../*"])
    def test_they_are_refused(self, kind: str, name: str) -> None:
        result = invoke("report", f"{kind}://{name}::a.{kind}")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "leads out of the archive" in result.stderr or "no such file" in result.stderr


class TestCaches:
    """Caches leave nothing behind, neither while a file is open nor after a crash."""

    @pytest.fixture(autouse=True)
    def _temporary(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "temporary").mkdir()
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))

    @pytest.mark.parametrize("cache", ["simplecache", "filecache", "blockcache"])
    @pytest.mark.parametrize(
        "url",
        [
            "{cache}::file://{folder}/a.txt",
            "{cache}::file://{folder}/a*.txt",
            "zip://b.txt::{cache}::file://{folder}/b.zip",
            "{cache}::zip://b.txt::file://{folder}/b.zip",
            "{cache}::zip://*.txt::{cache}::file://{folder}/b.zip",
        ],
    )
    def test_no_folder_stays(self, cache: str, url: str, tmp_path: Path) -> None:
        write(Path("a.txt"), b"some text")
        with zipfile.ZipFile("b.zip", "w") as archive:
            archive.writestr("b.txt", "some text")
        source = load_source(url.format(cache=cache, folder=tmp_path))
        assert [file.name.startswith(cache) for file in source.files] == [url.startswith("{")]
        assert [document.text for document in source] == ["some text"]
        assert list(Path("temporary").iterdir()) == []

    def test_errors(self, tmp_path: Path) -> None:
        url = f"simplecache::file://{tmp_path}/none.txt"
        with pytest.raises(SourceError, match="there is no such file"):
            load_source(url)
        url = f"zip://a.txt::simplecache::file://{tmp_path}/none.zip"
        with pytest.raises(SourceError, match="there is no such file"):
            load_source(url)
        assert list(Path("temporary").iterdir()) == []


@needs_links
@posix_only
def test_walk_of_a_url_of_local_files(tmp_path: Path) -> None:
    write(Path("a.txt"), b"text")
    os.mkfifo("pipe")
    Path("link.txt").symlink_to("a.txt")
    Path("broken").symlink_to("nowhere")
    for url in (f"file://{tmp_path}", f"file://{tmp_path}/*"):
        source = load_source(url)
        assert [file.name for file in source.files] == [f"file://{tmp_path}/a.txt"]
        assert f"'file://{tmp_path}/pipe' is a named pipe" in source.notes[0]
        assert f"'file://{tmp_path}/broken' is a link that leads nowhere" in source.notes[0]


def test_folders_that_a_glob_of_a_url_matches_are_named() -> None:
    system = fsspec.filesystem("memory")
    system.pipe({"/vault-test/a.txt": b"a", "/vault-test/d/b.txt": b"b"})
    try:
        source = load_source("memory://vault-test/*")
        assert [document.text for document in source] == ["a"]
        assert "'memory://vault-test/d' is a folder, and is read only if" in source.notes[0]
        assert load_source("memory://vault-test/**").notes == ()
    finally:
        system.rm("/vault-test", recursive=True)
