"""`tokcompare encodings`, `metrics` and `samples` list the names that there are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests import ROOT
from tests.command import invoke
from tokcompare.encodings.kinds import rank_files
from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.named.catalogue import TOKENIZERS
from tokcompare.metrics import METRICS


def test_encodings() -> None:
    lines = invoke("encodings").stdout.splitlines()
    assert lines[0].split() == [
        *("encoding", "vocabulary", "where", "it", "is", "licence", "checked", "models"),
    ]
    assert lines[5].split()[:4] == ["cl100k_base", "100,277", "in", "tokcompare"]
    assert lines[5].split()[4:7] == ["MIT", "yes", "gpt-4,"]
    assert lines[6].split()[:2] == ["o200k_base", "200,019"]
    assert "gpt-4o" in lines[6]
    assert lines[5].endswith(", davinci-002, babbage-002, 3 more")
    assert lines[7].endswith("  gpt-oss-*")
    assert [line.split()[0] for line in lines[8:]] == list(TOKENIZERS)
    assert lines[9].split()[:4] == ["llama3", "128,256", "in", "splintr-rs"]
    assert "  Llama 3.1 Community License  yes           " in lines[9]
    assert "  Gemma Terms of Use           unverified    Gemma 2" in lines[13]
    assert "  by 120 texts  Kimi K2" in lines[18]


def test_where_vocabularies_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    url = VOCABULARIES["gpt2"].rank_file.url
    cached = tmp_path / hashlib.sha1(url.encode()).hexdigest()

    def where() -> str:
        return invoke("encodings").stdout.splitlines()[1].split("50,257")[1].split("MIT")[0]

    assert where().strip() == "not here: --allow-download"
    cached.write_bytes(b"")
    assert where().strip() == "damaged in tiktoken's cache"
    monkeypatch.setattr(rank_files, "_verify", lambda *_: None)
    assert where().strip() == "in tiktoken's cache"


def test_encodings_by_name() -> None:
    lines = invoke("encodings", "azure/gpt-4o", "gpt-3.5-turbo").stdout.splitlines()
    assert lines[0].split() == ["encoding", "vocabulary", "keeps", "text", "SHA-256"]
    assert lines[1].split()[:3] == ["o200k_base", "200,019", "yes"]
    assert lines[2].split()[:3] == ["cl100k_base", "100,277", "yes"]
    assert lines[1].split()[3].startswith("446a9538cb6c")


def test_a_model_that_is_known_by_a_prefix_has_a_note(tmp_path: Path) -> None:
    result = invoke("encodings", "gpt-5.5", "gpt-4")
    assert result.stdout.splitlines()[1].split()[0] == "o200k_base"
    assert result.stderr == (
        "Note: gpt-5.5: its encoding, o200k_base, is known by the prefix 'gpt-5' in tiktoken's "
        "table; the table does not name the model itself.\n"
    )
    folder = tmp_path / "claude"
    folder.mkdir()
    (folder / "gpt-5.5.tiktoken").write_bytes((ROOT / "tests/data/small.tiktoken").read_bytes())
    result = invoke("encodings", str(folder / "gpt-5.5.tiktoken"), "--pattern", "cl100k_base")
    assert (result.exit_code, result.stderr) == (0, "")


def test_metrics() -> None:
    lines = invoke("metrics").stdout.splitlines()
    assert lines[0].split() == ["metric", "formula", "source"]
    assert [line.split()[0] for line in lines[1:]] == list(METRICS)


def test_samples() -> None:
    lines = invoke("samples").stdout.splitlines()
    assert [line.split()[:3] for line in lines[1:3]] == [
        ["gpt-4o", "20", "20"],
        ["udhr", "620", "20"],
    ]
    assert lines[5].split() == ["gu", "Gujarati", "Gujr", "ltr", "ગુજરાતી"]
    assert lines[10].split() == ["ur", "Urdu", "Arab", "rtl", "اردو"]
    assert len(lines) == 5 + 20
