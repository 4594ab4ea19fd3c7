"""Paths of the same file are recognized, and URLs are named without their secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.platforms import needs_links
from tokcompare.files import find_same, hide_secrets, identity_of_file, without_secrets


@needs_links
def test_paths_of_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("folder/a").touch()
    Path("b").touch()
    Path("link").symlink_to("folder/a")
    Path("hard").hardlink_to("folder/a")
    Path("to-folder").symlink_to("folder")
    same = ["folder/a", "link", "hard", "to-folder/a", "./folder/../link", str(tmp_path / "link")]
    for path in same:
        assert identity_of_file(path) == identity_of_file("folder/a")
        assert identity_of_file(path) != identity_of_file("b")
    assert find_same("link", ["b", "hard"]) == "hard"
    assert find_same("b", same) is None


@needs_links
def test_paths_that_would_be_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("to-folder").symlink_to("folder")
    Path("dangling").symlink_to("to-folder/new")
    for path in ("./folder/new", "to-folder/new", "dangling", str(tmp_path / "folder/new")):
        assert identity_of_file(path) == identity_of_file("folder/new")
    assert len({identity_of_file(path) for path in ("new", "folder/new", "x/new", "a\0b")}) == 4


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ftp://user:PW@host/a.csv", "ftp://***@host/a.csv"),
        ("sftp://user@host/a.csv", "sftp://***@host/a.csv"),
        ("https://user:p%40%2fw@host:8080/a?raw", "https://***@host:8080/a?raw"),
        ("https://TOKEN@host/a", "https://***@host/a"),
        ("s3://KEY:SECRET@bucket/*.csv", "s3://***@bucket/*.csv"),
        ("s3://KEY:SEC/R?E#T@bucket/a", "s3://***@bucket/a"),
        ("s3://bucket/a?versionId=5", "s3://bucket/a?versionId=5"),
        ("https://h/a?token=x%20y&download=true", "https://h/a?token=***&download=true"),
        (
            "https://h/a?X-Amz-Signature=x&se=y;sig=z==",
            "https://h/a?X-Amz-Signature=***&se=***;sig=***",
        ),
        ("https://h/a?secret", "https://h/a?***"),
        ("https://h/a#access_token=x&b=c", "https://h/a#access_token=***&b=***"),
        ("https://h/a#secret", "https://h/a#***"),
        ("HTTPS://U:P@H/a?Token=T", "HTTPS://***@H/a?Token=***"),
        ("abfs://box@account/a?sig=x", "abfs://box@account/a?sig=***"),
        ("abfs://u:p@account/a", "abfs://***@account/a"),
        ("github://owner:repository@main/a", "github://owner:repository@main/a"),
        ("zip://a@b.csv::ftp://user:PW@host/b.zip", "zip://a@b.csv::ftp://***@host/b.zip"),
        (
            "zip://a::simplecache::https://u:p@h/b?t=x",
            "zip://a::simplecache::https://***@h/b?t=***",
        ),
        ("tcp://user:PW@host:8786", "tcp://***@host:8786"),
        # Nothing of these is a secret.
        ("tcp://host:8786", "tcp://host:8786"),
        ("https://host:8080/a@b", "https://host:8080/a@b"),
        ("memory://bucket/lang=en/a?b.csv", "memory://bucket/lang=en/a?b.csv"),
        ("file:///a?.csv#1", "file:///a?.csv#1"),
        ("folder/user:PW@host?token=x", "folder/user:PW@host?token=x"),
        ("", ""),
    ],
)
def test_secrets_of_urls(url: str, shown: str) -> None:
    assert without_secrets(url) == shown
    message = f"no answer from {url!r}, twice"
    assert hide_secrets(message, of=url) == f"no answer from {shown!r}, twice"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("login of user with p@w, p%40w, p%40w!", "login of *** with ***, ***, ***!"),
        ("GET ftp://other:x@host?token=y failed", "GET ftp://***@host?token=*** failed"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_secrets_in_a_text(text: str, shown: str) -> None:
    assert hide_secrets(text, of="ftp://user:p%40w@host/a") == shown
