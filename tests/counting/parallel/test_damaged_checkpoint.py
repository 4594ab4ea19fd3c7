"""A checkpoint is never believed: neither a damaged one, nor one of files that have changed."""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.files import PAIRS, as_jsonl, write
from tests.platforms import posix_only
from tests.small_chunks import cut_small
from tokcompare import CheckpointError, Part, compare, load_samples, load_source
from tokcompare.comparison.question import prepare
from tokcompare.counting import quantities
from tokcompare.counting.parallel import checkpoint as checkpoints
from tokcompare.counting.parallel import local
from tokcompare.counting.parallel.checkpoint import Checkpoint
from tokcompare.counting.parallel.local import ProgressUpdate
from tokcompare.counting.parts import PartSum

QUICK: dict[str, Any] = {"engine": "tiktoken", "encodings": "cl100k_base", "jobs": 1}


class StopError(Exception):
    """What stops a run from within."""


def stop_at(steps: int) -> Callable[[ProgressUpdate], None]:
    left = [steps]

    def progress(update: ProgressUpdate) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise StopError

    return progress


def count(*names: str, **more: Any) -> dict[str, Any]:
    options = {"checkpoint": "c.json", **QUICK, **more}
    return compare(load_source(names), **options).to_dict()


def stop(*names: str, after: int = 4, **more: Any) -> None:
    with pytest.raises(StopError):
        count(*names, progress=stop_at(after), **more)


def stored() -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(Path("c.json").read_bytes())
    return parsed


def store(fields: dict[str, Any]) -> None:
    """Writes a checkpoint with a checksum that is right."""
    content = json.dumps({name: fields[name] for name in fields if name != "sha256"})[1:]
    digest = hashlib.sha256(content.encode()).hexdigest()
    Path("c.json").write_text(f'{{"sha256": "{digest}", {content}')


@pytest.fixture(autouse=True)
def _write_at_every_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(checkpoints, "EVERY", 1)
    cut_small(monkeypatch, 4_000)


@pytest.fixture
def jsonl() -> str:
    return write(Path("a.jsonl"), as_jsonl())


class TestFiles:
    @posix_only
    def test_file_replaced_by_one_of_the_same_size_and_time(self, jsonl: str) -> None:
        stop(jsonl)
        status, content = Path(jsonl).stat(), Path(jsonl).read_bytes()
        for place in (20, len(content) // 2, len(content) - 20):
            changed = content[:place] + b"~" + content[place + 1 :]
            write(Path("other"), changed)
            os.utime("other", ns=(status.st_atime_ns, status.st_mtime_ns))
            Path("other").replace(jsonl)
            with pytest.raises(CheckpointError, match=r"'a\.jsonl' has changed since the check"):
                count(jsonl)

    def test_folder_that_was_copied(self, jsonl: str, monkeypatch: pytest.MonkeyPatch) -> None:
        expected = compare(load_source(jsonl), **QUICK).to_dict()
        stop(jsonl)
        Path("copy").mkdir()
        for name in (jsonl, "c.json"):
            shutil.copyfile(name, Path("copy", name))
            os.utime(Path("copy", name), ns=(1, 1))
        monkeypatch.chdir("copy")
        updates: list[ProgressUpdate] = []
        assert count(jsonl, progress=updates.append) == expected
        assert updates[0].documents > 20  # it did not begin anew

    def test_large_file(self, jsonl: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checkpoints, "BLOCK", 100)
        monkeypatch.setattr(checkpoints, "BLOCKS", 4)
        stop(jsonl)
        status, content = Path(jsonl).stat(), Path(jsonl).read_bytes()
        last = len(content) - 100
        starts = [0, last // 3, last * 2 // 3, last]
        for place in [place + each for place in starts for each in (0, 99)]:
            write(Path(jsonl), content[:place] + b"~" + content[place + 1 :])
            os.utime(jsonl, ns=(status.st_atime_ns, status.st_mtime_ns))
            with pytest.raises(CheckpointError, match=r"'a\.jsonl' has changed"):
                count(jsonl)
        # Between the blocks, the time tells where the file is still the same one.
        write(Path(jsonl), content[:200] + b"~" + content[201:])
        os.utime(jsonl, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
        with pytest.raises(CheckpointError, match=r"'a\.jsonl' has changed"):
            count(jsonl)
        write(Path("other"), content)
        Path("other").replace(jsonl)
        assert count(jsonl)["total"]["documents"] == len(PAIRS)

    def test_file_that_was_counted_to_its_end(self, jsonl: str) -> None:
        names = [jsonl, write(Path("b.jsonl"), as_jsonl())]
        steps: list[ProgressUpdate] = []
        compare(load_source(names), progress=steps.append, **QUICK)
        stop(*names, after=len(steps) // 2 + 2)
        assert stored()["done"][0] == 1
        write(Path(jsonl), as_jsonl().replace(b"language", b"Language", 1))
        with pytest.raises(CheckpointError, match=r"'a\.jsonl' has changed"):
            count(*names)

    def test_file_that_is_not_begun(self, jsonl: str) -> None:
        names = [jsonl, write(Path("b.jsonl"), as_jsonl())]
        stop(*names)
        # Of the same size: it is read as it is now.
        write(Path("b.jsonl"), as_jsonl().replace(b'"language"', b'"Language"'))
        expected = compare(load_source(names), **QUICK).to_dict()
        shutil.copyfile("c.json", "kept")
        assert count(*names) == expected
        Path("kept").replace("c.json")
        write(Path("b.jsonl"), as_jsonl() + b"\n")
        with pytest.raises(CheckpointError, match=r"'b\.jsonl' has changed"):
            count(*names)


class TestDamage:
    def test_sum_that_was_changed_by_hand(self, jsonl: str) -> None:
        stop(jsonl)
        content = Path("c.json").read_bytes()
        fields = stored()
        group = next(iter(fields["part"]["groups"].values()))
        tokens = group["sums"]["tokens cl100k_base"]
        old, new = (f'"tokens cl100k_base": {number}'.encode() for number in (tokens, tokens + 1))
        assert content.count(old) >= 1
        write(Path("c.json"), content.replace(old, new, 1))
        with pytest.raises(CheckpointError, match=r"'c\.json' is damaged: its checksum is not"):
            count(jsonl)

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_any_bytes(self, data: st.DataObject, jsonl: str) -> None:
        if not Path("good").exists():
            stop(jsonl)
            Path("c.json").replace("good")
            Path("expected").write_text(json.dumps(compare(load_source(jsonl), **QUICK).to_dict()))
        content = bytearray(Path("good").read_bytes())
        for _ in range(data.draw(st.integers(0, 3))):
            place = data.draw(st.integers(0, len(content) - 1))
            match data.draw(st.sampled_from(["change", "insert", "delete"])):
                case "change":
                    content[place] = data.draw(st.integers(0, 255))
                case "insert":
                    content[place:place] = data.draw(st.binary(max_size=9))
                case _:
                    del content[place : place + data.draw(st.integers(0, 9))]
        write(Path("c.json"), bytes(content))
        if content == Path("good").read_bytes():
            assert count(jsonl) == json.loads(Path("expected").read_text())
            return
        with pytest.raises(CheckpointError, match=r"'c\.json'"):
            count(jsonl)
        assert Path("c.json").read_bytes() == content

    @settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_any_value_with_a_right_checksum(self, data: st.DataObject, jsonl: str) -> None:
        if not Path("good").exists():
            stop(jsonl)
            Path("c.json").replace("good")
        fields = damage(data, json.loads(Path("good").read_bytes()))
        store(fields)
        message = "'c.json'"
        try:
            count(jsonl)
        except CheckpointError as error:
            message = str(error)
        assert "'c.json'" in message

    @pytest.mark.parametrize(
        "fields",
        [
            {"done": [-1, 0]},
            {"done": [99, 0]},
            {"done": [0]},
            {"done": [0, True]},
            {"done": None},
            {"large": 1},
            {"part": None},
            {"part": {}},
            {"files": []},
            {"files": [["a.jsonl"]]},
            {"files": [["a.jsonl", -5, "", None, "7"]]},
            {"files": {}},
            {"run": None},
        ],
        ids=str,
    )
    def test_fields(self, jsonl: str, fields: dict[str, Any]) -> None:
        stop(jsonl)
        store(stored() | fields)
        with pytest.raises(CheckpointError, match=r"'c\.json'.* to begin anew"):
            count(jsonl)

    @posix_only
    def test_not_readable(self, jsonl: str) -> None:
        Path("c.json").symlink_to("c.json")
        for path in ("c.json", "a\0b", "."):
            with pytest.raises(CheckpointError, match="cannot be read: "):
                Checkpoint(path, load_source(jsonl), "run").load()


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 1.5, "", "x", [], {}, [[]], 10**90, float("nan"), "\ud800", [1, 2, 3]]
)


def damage(data: st.DataObject, value: Any) -> Any:
    """Replaces, removes or repeats something in JSON, at any depth."""
    value = copy.copy(value)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return data.draw(VALUES)
    key = data.draw(st.sampled_from(keys))
    if isinstance(value[key], (dict, list)) and data.draw(st.integers(0, 5)):
        value[key] = damage(data, value[key])
    elif data.draw(st.booleans()):
        value[key] = data.draw(VALUES)
    elif data.draw(st.booleans()) and isinstance(value, list):
        value.append(value[key])
    else:
        del value[key]
    return value


@functools.cache
def part_as_json() -> str:
    some = list(load_samples())[-3:]
    question = prepare(encodings="cl100k_base", metrics="all")
    part, _ = local.count_source(some, question.spec)
    return part.to_json()


class TestPart:
    @settings(max_examples=30)
    @given(data=st.data())
    def test_any_value(self, data: st.DataObject) -> None:
        damaged = json.dumps(damage(data, json.loads(part_as_json())))
        try:
            part = Part.from_json(damaged)
        except CheckpointError:
            return
        Part.from_json((part + part).to_json())

    @pytest.mark.parametrize(
        "text",
        [
            *("", "{", "[]", "null", "5", "NaN", '"x"', "\0", "[" * 100_000, "1" * 5_000),
            '{"groups": {}, "groups": {}}',
        ],
        ids=lambda text: text[:9],
    )
    def test_no_part(self, text: str) -> None:
        with pytest.raises(CheckpointError, match="A part of a result that was stored is damaged"):
            Part.from_json(text)

    def test_cut_anywhere(self) -> None:
        text = part_as_json()
        for length in range(0, len(text), len(text) // 50):
            with pytest.raises(CheckpointError, match="stored is damaged"):
                Part.from_json(text[:length])

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('"documents": 1', '"documents": -1'),
            ('"documents": 1', '"documents": 1.0'),
            ('"documents": 1', '"documents": true'),
            ('"documents": 1', '"documents": NaN'),
            ('"documents": 1', f'"documents": {10**100}'),
            ('"digest": "', '"digest": "0x'),
            ('"bytes"', '"bites"'),
            ('"rejected": 0', '"rejected": "0"'),
            ('"seen": ["', '"seen": [5, "'),
            ('"notes": []', '"notes": ""'),
            ('"read": [', '"read": [1, '),
        ],
    )
    def test_one_value(self, old: str, new: str) -> None:
        assert old in part_as_json()
        with pytest.raises(CheckpointError, match="stored is damaged"):
            Part.from_json(part_as_json().replace(old, new, 1))


class TestTime:
    """The first one is written with the first chunk, the next ones after some seconds."""

    def written(self, times: list[float], jsonl: str) -> list[bool]:
        now = [0.0]
        keeper = Checkpoint("c.json", load_source(jsonl), "run", clock=lambda: now[0])
        found = []
        for number, time in enumerate(times, start=1):
            now[0] = time
            keeper.note((0, number), 10, PartSum(), is_large=True)
            found.append(Path("c.json").exists() and stored()["done"] == [0, number])
        return found

    def test_by_time(self, jsonl: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checkpoints, "EVERY", 1 << 26)
        times = [0.1, 0.2, 5.0, 5.1, 6, 10, 10.1, 1000, 1004]
        expected = [True, False, False, True, False, False, True, True, False]
        assert self.written(times, jsonl) == expected

    def test_by_size(self, jsonl: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checkpoints, "EVERY", 25)
        assert self.written([0] * 7, jsonl) == [True, False, False, True, False, False, True]

    def test_writing_takes_a_small_share_of_the_time(
        self, jsonl: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checkpoints, "EVERY", 1 << 26)
        times = iter([0, 0, 0, 10, 199, 210, 210, 220])
        keeper = Checkpoint("c.json", load_source(jsonl), "run", clock=lambda: next(times))
        # The first takes ten seconds, so the next is due at 10 + 20 * 10.
        for number in (1, 2, 3):
            keeper.note((0, number), 10, PartSum(), is_large=True)
            assert stored()["done"] == [0, 1 if number < 3 else 3]


class TestVersions:
    def refuse(self, jsonl: str) -> None:
        with pytest.raises(CheckpointError, match="other files or with other options or another"):
            count(jsonl, metrics="fertility")

    @pytest.mark.parametrize("library", ["regex", "tiktoken"])
    def test_library(self, library: str, jsonl: str, monkeypatch: pytest.MonkeyPatch) -> None:
        stop(jsonl, metrics="fertility")
        installed = quantities.installed_version
        monkeypatch.setattr(
            quantities,
            "installed_version",
            lambda name: "99.1" if name == library else installed(name),
        )
        self.refuse(jsonl)

    def test_unicode(self, jsonl: str, monkeypatch: pytest.MonkeyPatch) -> None:
        stop(jsonl, metrics="fertility")
        monkeypatch.setattr("unicodedata.unidata_version", "99.0.0")
        self.refuse(jsonl)
