"""Names of recorded counts, and the files of calibrations."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from tests.command import invoke
from tests.usage import calibration, write_calibration
from tokcompare import ArgumentError, VocabularyError, count_tokens, load_encoding
from tokcompare.encodings.closed.calibration import read_calibration
from tokcompare.encodings.closed.recorded import CalibratedEncoding, RecordedCounts


class TestNames:
    @pytest.mark.parametrize(
        ("given", "name", "field"),
        [
            ("claude=field:usage_tokens", "claude", "usage_tokens"),
            ("c=field:usage.input_tokens", "c", "usage.input_tokens"),
            ("c=field:a b=c", "c", "a b=c"),
        ],
    )
    def test_recorded(self, given: str, name: str, field: str) -> None:
        encoding = load_encoding(given)
        assert isinstance(encoding, RecordedCounts)
        assert (encoding.name, encoding.field, encoding.sha256) == (name, field, "")
        assert load_encoding(encoding) is encoding

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ("field:usage", "is not NAME=field:FIELD, such as claude=field:usage_tokens"),
            ("claude=field:", "is not NAME=field:FIELD"),
            ("=field:usage", "must consist of printable characters"),
            ("a b=field:usage", "must consist of printable characters"),
            ("o200k_base=field:usage", "would be called 'o200k_base', which is an encoding"),
        ],
    )
    def test_refused(self, given: str, message: str) -> None:
        with pytest.raises(ArgumentError, match=message):
            load_encoding(given)

    def test_twice(self) -> None:
        result = invoke("report", "-e", "a=field:x", "-e", "a=field:y")
        assert result.exit_code == 1
        assert "'a' which was already given" in result.stderr.replace("'a',", "'a'")

    def test_of_a_calibration(self, tmp_path: Path) -> None:
        path = write_calibration(tmp_path / "other.json", calibration({"en": 1.5}, 2))
        assert load_encoding(path).name == "claude"
        encoding = load_encoding(f"sonnet={path}")
        assert isinstance(encoding, CalibratedEncoding)
        assert (encoding.name, encoding.base) == ("sonnet", load_encoding("o200k_base"))
        assert load_encoding(f"sonnet={path}") is encoding
        assert load_encoding(encoding) is encoding
        with pytest.raises(ArgumentError, match="is an encoding of tiktoken"):
            load_encoding(f"gpt2={path}")


class TestOneText:
    """A text by itself has no field and no language."""

    @pytest.fixture
    def calibrated(self, tmp_path: Path) -> str:
        return write_calibration(tmp_path / "claude.json", calibration({"en": 1.5}, 2))

    def test_in_python(self, calibrated: str) -> None:
        with pytest.raises(ArgumentError, match=r"stand in the field 'x'.*documents that have"):
            count_tokens("Hello", "claude=field:x")
        with pytest.raises(ArgumentError, match="by a factor for each language"):
            count_tokens("Hello", calibrated)

    def test_on_the_command_line(self, calibrated: str) -> None:
        result = invoke("count", "Hello", "-e", "claude=field:x")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "tokcompare report FILE -e claude=field:x" in result.stderr
        result = invoke("count", "Hello", "-e", calibrated)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "Use tokcompare report or tokcompare cost" in result.stderr

    def test_is_listed(self, calibrated: str) -> None:
        lines = invoke("encodings", "claude=field:x", f"c={calibrated}").stdout.splitlines()
        assert lines[1].split() == ["claude", "–", "unknown", "–"]
        assert lines[2].split()[:3] == ["c", "–", "yes"]

    def test_nothing_to_decode(self) -> None:
        encoding = load_encoding("claude=field:x")
        assert encoding.decode([1]) is None
        assert encoding.count_lost_bytes("a", []) == 0


class TestFiles:
    def changed(self, **changes: Any) -> bytes:
        return json.dumps({**calibration({"en": 1.5}, 2), **changes}).encode()

    def test_round_trip(self) -> None:
        content = calibration({"en": 1.5, "hi": 1.9}, 2)
        read = read_calibration(json.dumps(content).encode(), "c.json")
        assert read.to_dict() == content
        assert next(iter(read.to_dict())) == "tokcompare_calibration"
        assert read.relative_error == 4 / 800

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"tokcompare_calibration": 2}, "has the version 2, and this tokcompare reads"),
            ({"languages": {}}, "out of range"),
            ({"constant": -1.0}, "'constant' must not be negative"),
            ({"constant": "7"}, "'constant' must be a number"),
            ({"constant": True}, "'constant' must be a number"),
            ({"constant": float("inf")}, "'constant' must be a number"),
            ({"base": 7}, "'base' must be a string"),
            ({"documents": 1.5}, "'documents' must be a number"),
            ({"languages": {"en": {"factor": 1.5}}}, "is damaged: 'low'"),
            ({"languages": {"en": 1.5}}, "is damaged"),
            ({"languages": None}, "is damaged"),
            ({"more": 1}, "unexpected keyword argument 'more'"),
        ],
    )
    def test_damaged(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(VocabularyError, match=message) as caught:
            read_calibration(self.changed(**changes), "c.json")
        assert "tokcompare calibrate" in str(caught.value)

    def test_factor_of_zero(self) -> None:
        content = json.dumps(calibration({"en": 0.0}, 2)).encode()
        with pytest.raises(VocabularyError, match="out of range"):
            read_calibration(content, "c.json")

    def test_no_json(self, tmp_path: Path) -> None:
        path = tmp_path / "c.json"
        path.write_text('{"tokcompare_calibration": 1,')
        with pytest.raises(VocabularyError, match="is damaged"):
            load_encoding(path)
        with pytest.raises(VocabularyError, match="cannot be read"):
            load_encoding(tmp_path / "none.json")

    def test_another_base(self, tmp_path: Path) -> None:
        content = {**calibration({"en": 1.5}, 2), "base_sha256": "0" * 64}
        path = write_calibration(tmp_path / "c.json", content)
        with pytest.raises(VocabularyError, match="was calibrated with another 'o200k_base'"):
            load_encoding(path)

    def test_pickled(self, tmp_path: Path) -> None:
        path = write_calibration(tmp_path / "c.json", calibration({"en": 1.5}, 2))
        encoding = load_encoding(path)
        assert isinstance(encoding, CalibratedEncoding)
        again = pickle.loads(pickle.dumps(encoding))
        assert again.calibration == encoding.calibration
        assert again.base.name == "o200k_base"
        assert (again.name, again.sha256) == (encoding.name, encoding.sha256)
        recorded = pickle.loads(pickle.dumps(load_encoding("claude=field:x")))
        assert (recorded.name, recorded.field) == ("claude", "x")

    def test_its_text_is_that_of_the_base(self, tmp_path: Path) -> None:
        base = load_encoding("o200k_base")
        encoding = load_encoding(
            write_calibration(tmp_path / "c.json", calibration({"en": 1.5}, 2))
        )
        for name in ("library", "keeps_text", "unknown_token", "cuts_at_space", "can_decode"):
            assert getattr(encoding, name) == getattr(base, name)
        tokens = base.encode("Hello")
        assert encoding.decode(tokens) == "Hello"
        assert encoding.count_lost_bytes("Hello", tokens) == 0


class TestLanguages:
    @pytest.mark.parametrize(
        ("entry", "code"),
        [("hi", "hi"), ("hi-IN", "hi"), ("en", "en"), ("fr", None), ("und", None), ("zh", None)],
    )
    def test_of_a_factor(self, entry: str, code: str | None) -> None:
        content = json.dumps(calibration({"hi": 1.5, "en": 1.2, "zh-TW": 1.1}, 2)).encode()
        assert read_calibration(content, "c.json").language_of(entry) == code

    def test_codes_that_mean_the_same(self) -> None:
        content = json.dumps(calibration({"guj_Gujr": 1.5}, 2)).encode()
        assert read_calibration(content, "c.json").language_of("gu") == "guj_Gujr"
