"""The counts are the same in any number of threads, processes and blocks."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tiktoken

from tests.files import (
    LANGUAGES,
    PACK,
    PAIRS,
    as_csv,
    as_jsonl,
    as_parquet,
    write,
)
from tests.small_chunks import cut_small
from tests.tokenizers import Bytes
from tokcompare import (
    ArgumentError,
    Comparison,
    Document,
    Source,
    SourceError,
    UnknownNameError,
    compare,
    load_samples,
    load_source,
)
from tokcompare.counting.parallel import local as running
from tokcompare.counting.parallel.local import ProgressUpdate

ENGINE = f"engine:fastokens {version('fastokens')}"

SIZES = ((200, 5), (900, 1), (4_000, 2))
"""The sizes of blocks and the numbers of jobs that must make no difference."""


def without_engine(comparison: Comparison) -> dict[str, Any]:
    found = comparison.to_dict()
    found["signature"] = re.sub(r"\|engine:[^|]*", "", found["signature"])
    return found


def agree(source: Source, *, engine: str = ENGINE, **options: Any) -> dict[str, Any]:
    """Counts a source at once and in every other way, and returns what all of them say."""
    expected = compare(source, **options)
    assert "engine:" not in expected.signature
    for size, jobs in SIZES:
        with pytest.MonkeyPatch.context() as patch:
            cut_small(patch, size)
            comparison = compare(source, jobs=jobs, **options)
        assert without_engine(comparison) == expected.to_dict(), (size, jobs)
        assert (f"|{engine}|" in comparison.signature) if engine else True
    return expected.to_dict()


@pytest.fixture
def jsonl(tmp_path: Path) -> str:
    return write(tmp_path / "a.jsonl", as_jsonl())


def numbers(found: dict[str, Any]) -> dict[str, int]:
    return {row.get("language") or row["group"]: row["documents"] for row in found["rows"]}


class TestFormats:
    def test_all_formats_are_counted_alike(self, tmp_path: Path) -> None:
        names = [
            write(tmp_path / "a.jsonl", as_jsonl()),
            write(tmp_path / "a.jsonl.gz", PACK[".gz"](as_jsonl())),
            write(tmp_path / "a.jsonl.zst", PACK[".zst"](as_jsonl())),
            write(tmp_path / "a.csv", as_csv()),
            as_parquet(tmp_path / "a.parquet"),
        ]
        found = [agree(load_source(name)) for name in names]
        assert numbers(found[0]).keys() == LANGUAGES
        assert sum(numbers(found[0]).values()) == len(PAIRS)
        for other in found[1:]:
            assert (other["rows"], other["total"]) == (found[0]["rows"], found[0]["total"])

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    @pytest.mark.parametrize("per_line", [False, True])
    def test_plain_text(self, tmp_path: Path, end: str, per_line: bool) -> None:
        # Some lines are longer than the smaller of the blocks, and some than what may be held.
        texts = [re.sub(r"[\r\n]", " ", text) for text, _ in PAIRS]
        name = write(tmp_path / "a.txt", end.join(texts).encode())
        found = agree(load_source(name, per_line=per_line))
        assert numbers(found) == {"und": len(texts) if per_line else 1}
        size = sum(len(text.encode()) for text in texts)
        ends = 0 if per_line else len(end) * (len(texts) - 1)
        assert found["total"]["bytes"] == size + ends

    @pytest.mark.slow
    def test_files_of_all_formats_in_one_source(self, tmp_path: Path) -> None:
        names = [
            write(tmp_path / "a.txt", b"one two\n" * 99),
            as_parquet(tmp_path / "b.parquet"),
            write(tmp_path / "c.csv", as_csv()),
            write(tmp_path / "d.txt", b""),
            write(tmp_path / "e.jsonl", as_jsonl()),
            "gpt-4o",
        ]
        found = agree(load_source(names, per_line=True), by="source")
        assert numbers(found) == dict(
            zip(
                [*names[:3], *names[4:]],
                [99, len(PAIRS), len(PAIRS), len(PAIRS), 20],
                strict=True,
            )
        )
        agree(load_source(names))

    def test_sample_set_with_published_numbers(self) -> None:
        found = agree(load_samples("gpt-4o"), engine="")
        assert [row["published"] for row in found["rows"] if row["language"] == "gu"] == [
            {"cl100k_base": 145, "o200k_base": 33}
        ]

    def test_lone_surrogates_and_repeated_names(self, tmp_path: Path) -> None:
        content = b'{"text": "a\\ud800b"}\n{"text": "b", "language": "en"}\n' * 9
        content += b'{"text": "c", "other": {"text": 1}}\n{"te\\u0078t": "d"}\n'
        assert numbers(agree(load_source(write(tmp_path / "a.jsonl", content)))) == {
            "und": 11,
            "en": 9,
        }


class TestOptions:
    @pytest.mark.slow
    def test_by_field(self, jsonl: str, tmp_path: Path) -> None:
        found = agree(load_source(as_parquet(tmp_path / "a.parquet")), by="place")
        assert list(numbers(found)) == ["0", "1", "2", "3"]
        # A number that is no string must be looked at record by record.
        assert numbers(agree(load_source(jsonl), by="place")) == numbers(found)

    def test_missing_field_is_the_same_error(self, tmp_path: Path) -> None:
        lines = as_jsonl(more="a").splitlines(keepends=True)
        lines[40] = b'{"text": "no such field"}\n'
        lines[60] = b'{"text": "nor here"}\n'
        source = load_source(write(tmp_path / "a.jsonl", b"".join(lines)))
        check_stop(source, r"a\.jsonl', line 41, byte \d+: the field 'more' is missing", by="more")

    @pytest.mark.slow
    def test_order_matters_to_a_premium(self, tmp_path: Path) -> None:
        articles: dict[str, list[Document]] = {"en": [], "gu": [], "hi": []}
        for document in load_samples("udhr"):
            if document.language in articles:
                articles[document.language].append(document)
        pairs = [(str(d.text), d.language) for every in articles.values() for d in every]
        shuffled = sorted(pairs, key=lambda pair: pair[0][3:9])
        orders = set()
        for name, content in (("a", pairs), ("b", shuffled)):
            source = load_source(write(tmp_path / f"{name}.jsonl", as_jsonl(content)))
            found = agree(source, metrics="premium", resamples=100, confidence=0.9)
            (order,) = re.findall(r"\|order:(\w+)", found["signature"])
            orders.add(order)
            assert found["rows"][1]["intervals"]["premium"]["o200k_base"] is not None
        assert len(orders) == 2

    def test_selection(self, jsonl: str, tmp_path: Path) -> None:
        few = [("only one", "te"), *PAIRS, ("last", "te")]
        source = load_source(write(tmp_path / "b.jsonl", as_jsonl(few)))
        # There are blocks of which nothing is taken.
        assert numbers(agree(source.select(["te"]))) == {"te": 2}
        found = agree(load_source(jsonl).select(["en", "gu"]))
        assert numbers(found).keys() == {"gu", "en"}

    @pytest.mark.parametrize("format_name", ["jsonl", "parquet", "csv", "txt"])
    def test_selection_of_nothing(self, tmp_path: Path, format_name: str) -> None:
        content = {"jsonl": as_jsonl(), "csv": as_csv(), "txt": b"one two " * 99}
        path = tmp_path / f"a.{format_name}"
        if format_name == "parquet":
            as_parquet(path)
        else:
            write(path, content[format_name])
        for size, jobs in SIZES:
            with pytest.MonkeyPatch.context() as patch:
                cut_small(patch, size)
                kind = SourceError if format_name == "txt" else UnknownNameError
                with pytest.raises(kind, match="'te'"):
                    compare(load_source(path).select("te"), jobs=jobs)

    @pytest.mark.slow
    @pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC"])
    def test_normalization(self, jsonl: str, form: str) -> None:
        agree(load_source(jsonl), normalization=form)

    def test_tokenizer_of_the_users_own(self, jsonl: str, tmp_path: Path) -> None:
        whole = write(tmp_path / "a.txt", as_csv())
        for encodings in ([Bytes()], ["o200k_base", Bytes()]):
            found = agree(load_source([jsonl, whole]), encodings=encodings, engine="")
            for row in found["rows"]:
                assert row["tokens"]["one-a-byte"] == row["bytes"]

    def test_tokenizer_that_says_it_keeps_the_text(self, jsonl: str, tmp_path: Path) -> None:
        whole = write(tmp_path / "a.txt", as_csv())
        encodings = ["o200k_base", KeepingBytes()]
        found = agree(load_source([jsonl, whole]), encodings=encodings)
        for row in found["rows"]:
            assert row["tokens"]["one-a-byte"] == row["bytes"]

    @pytest.mark.slow
    @pytest.mark.parametrize("metrics", [["fertility"], ["renyi_efficiency"], "all"])
    def test_metrics_that_do_not_fit_columns(
        self, jsonl: str, tmp_path: Path, metrics: str
    ) -> None:
        whole = write(tmp_path / "a.txt", as_csv())
        found = agree(load_source([jsonl, whole]), metrics=metrics, engine="")
        assert "engine:" not in found["signature"]

    @pytest.mark.slow
    def test_resamples(self, jsonl: str) -> None:
        agree(load_source(jsonl), resamples=100, seed=3)

    @pytest.mark.slow
    def test_everything_verified(self, jsonl: str) -> None:
        agree(load_source(jsonl), verify=1)


class KeepingBytes(Bytes):
    keeps_text = True
    cuts_at_space = True


def check_stop(source: Source, message: str, **options: Any) -> None:
    """Checks that a source is the very same error in every way of counting it."""
    with pytest.raises(SourceError, match=message) as expected:
        compare(source, **options)
    for size, jobs in SIZES:
        with pytest.MonkeyPatch.context() as patch:
            cut_small(patch, size)
            with pytest.raises(SourceError) as raised:
                compare(source, jobs=jobs, **options)
        assert str(raised.value) == str(expected.value), (size, jobs)


class TestWhatCannotBeRead:
    BAD = (3, 4, 17, 18, 30, 31, 40, 41, 50, 51, 60, 61)
    """The places of bad records, from 0."""

    @pytest.fixture
    def damaged(self, tmp_path: Path) -> Source:
        content = as_jsonl().splitlines(keepends=True)
        for place in self.BAD:
            content[place] = (b'{"text": \xff}\n', b'{"txt": "a"}\n', b"[]\n")[place % 3]
        return load_source(write(tmp_path / "a.jsonl", b"".join(content)))

    def test_skip(self, damaged: Source) -> None:
        found = agree(damaged, on_error="skip")
        assert found["rejected"] == len(self.BAD)
        assert [r["line"] for r in found["rejections"]] == [place + 1 for place in self.BAD[:10]]
        content = Path(damaged.files[0].path).read_bytes().splitlines(keepends=True)
        before = sum(map(len, content[:3]))
        # The invalid byte is the tenth of its line, and a record that lacks a field begins it.
        assert found["rejections"][0]["offset"] == before + 9
        assert found["rejections"][1]["offset"] == before + len(content[3])
        assert sum(numbers(found).values()) == len(PAIRS) - len(self.BAD)

    def test_stop(self, damaged: Source) -> None:
        check_stop(damaged, "line 4, byte [0-9]+: invalid UTF-8")

    @pytest.mark.slow
    def test_skip_in_files_of_all_formats(self, damaged: Source, tmp_path: Path) -> None:
        rows = as_csv().split(b"\r\n")
        rows[5] = b"too,many,fields,here"
        rows[-2] = b"\xff,en,1"
        lines = [b"good"] * 80
        lines[50], lines[79] = b"bad \xff" + b" long" * 90, b"\xff"
        names = [
            write(tmp_path / "a.csv", b"\r\n".join(rows)),
            damaged.files[0].path,
            write(tmp_path / "b.txt", b"\n".join(lines)),
            write(tmp_path / "empty.gz", b""),
            write(tmp_path / "c.png", b"\x89PNG\0"),
        ]
        found = agree(load_source(names, per_line=True), on_error="skip")
        assert found["rejected"] == 2 + len(self.BAD) + 2 + 1 + 1
        assert [r["line"] for r in found["rejections"]][2:] == [p + 1 for p in self.BAD[:8]]
        found = agree(load_source(names[2:], per_line=True), on_error="skip")
        places = [(r["line"], r["offset"]) for r in found["rejections"]]
        # 50 lines of five bytes; that line, and 28 more.
        length = len(lines[50]) + 1
        assert places[:2] == [(51, 250 + 4), (80, 250 + length + 28 * 5)]
        assert found["total"]["documents"] == 78
        check_stop(load_source(names[2:], per_line=True), r"b\.txt', line 51, byte 254: ")

    @pytest.mark.slow
    def test_rows_of_parquet(self, tmp_path: Path) -> None:
        texts = [None if n % 20 == 10 else f"text {n}" for n in range(100)]
        path = tmp_path / "a.parquet"
        pq.write_table(pa.table({"text": texts}), path, row_group_size=30)
        found = agree(load_source(path), on_error="skip")
        assert [r["row"] for r in found["rejections"]] == [11, 31, 51, 71, 91]
        assert numbers(found) == {"und": 95}
        check_stop(load_source(path), "row 11: the field 'text' must be a string")

    @pytest.mark.slow
    @pytest.mark.parametrize("suffix", PACK)
    def test_archive_cut_short(self, tmp_path: Path, suffix: str) -> None:
        # So much that more than one block can be unpacked of what is left.
        content = as_jsonl(
            [(f"{n * n * n} {text}", code) for n in range(3) for text, code in PAIRS]
        )
        packed = PACK[suffix](content)
        for name in ("a.jsonl", "b.txt"):
            path = tmp_path / f"{name}{suffix}"
            write(path, packed[: len(packed) * 2 // 3])
            source = load_source([path, "gpt-4o"])
            found = agree(source, on_error="skip", engine="" if name == "b.txt" else ENGINE)
            assert found["rejected"] == 1
            assert "archive ends too early" in found["rejections"][0]["message"]
            assert found["total"]["documents"] >= 20
            check_stop(source, "archive ends too early")

    def test_fault_in_a_long_text_is_not_half_counted(self, tmp_path: Path) -> None:
        source = load_source(
            [
                write(tmp_path / "a.txt", b"one two " * 1_000 + b"\xff" + b"more " * 9),
                write(tmp_path / "b.txt", b"good"),
            ]
        )
        found = agree(source, on_error="skip", engine="")
        assert found["total"]["bytes"] == 4
        assert [r["offset"] for r in found["rejections"]] == [8_000]
        check_stop(source, r"a\.txt', byte 8000: invalid UTF-8")


class TestIterables:
    def test_generator(self, monkeypatch: pytest.MonkeyPatch) -> None:
        expected = compare(Document(text=text, language=code) for text, code in PAIRS)
        for size, jobs in SIZES:
            cut_small(monkeypatch, size)
            documents = (Document(text=text, language=code) for text, code in PAIRS)
            comparison = compare(documents, jobs=jobs)
            assert without_engine(comparison) == expected.to_dict()
            assert f"|{ENGINE}|" in comparison.signature

    def test_generator_that_raises(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class BrokenError(Exception):
            pass

        def documents() -> Iterator[str]:
            yield from (text for text, _ in PAIRS)
            raise BrokenError("at the end")

        with pytest.raises(BrokenError, match="at the end"):
            compare(documents())
        for size, jobs in SIZES:
            cut_small(monkeypatch, size)
            with pytest.raises(BrokenError, match="at the end"):
                compare(documents(), jobs=jobs)

    def test_first_error_is_the_one_however_many_jobs(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def documents() -> Iterator[Document]:
            for number in range(10):
                yield Document(text="one two " * 30, fields={} if number == 5 else {"f": "x"})
            raise OSError("behind the document that lacks the field")

        for size, jobs in ((100, 1), (100, 5), (1_000, 2)):
            cut_small(monkeypatch, size)
            with pytest.raises(ArgumentError, match="are to be grouped by 'f'"):
                compare(documents(), by="f", jobs=jobs)

    def test_no_more_is_read_ahead_than_threads_need(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cut_small(monkeypatch, 100)
        given, most_ahead = 0, 0

        def documents() -> Iterator[str]:
            nonlocal given
            for number in range(300):
                given += 1
                yield f"{number} " + "x" * 100

        def note(advance: ProgressUpdate) -> None:
            nonlocal most_ahead
            most_ahead = max(most_ahead, given - advance.documents)

        compare(documents(), jobs=2, progress=note)
        assert given == 300
        # A document is a block here: six for each thread, the one just folded, one that is read.
        assert most_ahead <= 6 * 2 + 2

    def test_error_of_a_tokenizer_comes_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Failing(Bytes):
            def encode(self, text: str) -> list[int]:
                if text == "bad":
                    raise ZeroDivisionError("my own")
                return super().encode(text)

        texts = ["good " * 30] * 30 + ["bad"] + ["good " * 30] * 30
        for size, jobs in SIZES:
            cut_small(monkeypatch, size)
            with pytest.raises(ZeroDivisionError, match="my own"):
                compare(texts, encodings=Failing(), jobs=jobs)


@pytest.mark.parametrize("is_large", [False, True])
def test_progress_rises(
    jsonl: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_large: bool
) -> None:
    names = [jsonl, write(tmp_path / "b.jsonl.gz", gzip.compress(as_jsonl())), "gpt-4o"]
    cut_small(monkeypatch, 1_000)
    if not is_large:
        monkeypatch.setattr(running, "SMALL", 1 << 22)
    advances: list[ProgressUpdate] = []
    comparison = compare(load_source(names), progress=advances.append, jobs=2)
    assert len(advances) > 20
    keys = [(a.files, a.position or 0, a.text, a.documents) for a in advances]
    assert keys == sorted(keys)
    texts, documents = [a.text for a in advances], [a.documents for a in advances]
    assert (texts, documents) == (sorted(texts), sorted(documents))
    assert (advances[0].files, advances[-1].files) == (0, 2)
    assert documents[-1] == comparison.total.documents == 2 * len(PAIRS) + 20
    for place, name in enumerate(names[:2]):
        last = max(a.position or 0 for a in advances if a.files == place)
        assert last == Path(name).stat().st_size
    assert texts[-1] == 2 * len(as_jsonl()) + Path(load_samples().files[0].path).stat().st_size


def run_python(code: str, *arguments: str) -> str:
    process = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, timeout=120, check=False
    )
    assert process.returncode == 0, process.stderr.decode()
    return process.stdout.decode()


class TestEngines:
    @pytest.mark.slow
    def test_small_inputs_load_no_engine(self, jsonl: str, tmp_path: Path) -> None:
        names = [jsonl, write(tmp_path / "a.txt", b"a " * (1 << 18))]
        code = (
            "import sys; from tokcompare import compare, load_source\n"
            "for name in sys.argv[1:]:\n"
            "    comparison = compare(load_source(name), jobs=2)\n"
            "    assert 'engine:' not in comparison.signature\n"
            "comparison.to_dict(); print(*sys.modules)"
        )
        modules = set(run_python(code, *names).split())
        assert "tiktoken" in modules
        assert not {"numpy", "fastokens", "awkward", "pandas", "pyarrow"} & modules

    @pytest.mark.parametrize("jobs", [1, 2])
    def test_files_of_medium_size(self, tmp_path: Path, jobs: int) -> None:
        lines = (
            f'{{"text": "Zeile {number} \u017f", "language": "de"}}\n' for number in range(9_000)
        )
        source = load_source(write(tmp_path / "a.jsonl", "".join(lines).encode()))
        expected = compare(source, engine="tiktoken")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(running, "ONE_WORKER", 0)
            comparison = compare(source, jobs=jobs)
            patch.setattr(running, "MEDIUM", 0)
            other = compare(source, jobs=jobs)
        assert f"|engine:splintr-rs {version('splintr-rs')}|" in comparison.signature
        assert "engine:" not in other.signature
        assert without_engine(comparison) == without_engine(other) == without_engine(expected)

    @pytest.mark.parametrize("engine", ["auto", "tiktoken", "fastokens"])
    def test_engine_in_the_signature(
        self, jsonl: str, monkeypatch: pytest.MonkeyPatch, engine: str
    ) -> None:
        comparison = compare(load_source(jsonl), engine=engine)
        assert (f"|{ENGINE}|" in comparison.signature) == (engine == "fastokens")
        monkeypatch.setattr(running, "SMALL", 0)
        large = compare(load_source(jsonl), engine=engine)
        assert (f"|{ENGINE}|" in large.signature) == (engine != "tiktoken")
        assert without_engine(large) == without_engine(comparison)

    @pytest.mark.slow
    def test_named_engine_counts_a_small_input(
        self, references: dict[str, tiktoken.Encoding]
    ) -> None:
        code = (
            "import sys; from tokcompare import compare\n"
            "comparison = compare('Hello, my name is GPT-4o.', engine='fastokens')\n"
            "print('fastokens' in sys.modules, comparison.total.tokens, comparison.signature)"
        )
        output = run_python(code)
        text = "Hello, my name is GPT-4o."
        tokens = {name: len(e.encode_ordinary(text)) for name, e in references.items()}
        assert output.startswith(f"True {tokens} ")
        assert f"|{ENGINE}|" in output

    def test_encoding_that_no_engine_knows(self, jsonl: str) -> None:
        comparison = compare(load_source(jsonl), encodings=Bytes(), engine="fastokens")
        assert "engine:" not in comparison.signature

    @pytest.mark.slow
    def test_megabytes_of_text_equal_tiktoken(
        self, references: dict[str, tiktoken.Encoding], tmp_path: Path
    ) -> None:
        path, size = tmp_path / "a.jsonl", 0
        tokens: dict[str, dict[str, int]] = {}
        with path.open("w", encoding="utf-8") as stream:
            for number in range(20):
                for place, document in enumerate(load_samples("udhr")):
                    text = f"{document.text}\r\n{number}"[number * 2 :] * (1 + place % 2)
                    record = {"text": text, "language": document.language}
                    size += stream.write(json.dumps(record, ensure_ascii=number % 2 == 0) + "\n")
                    of = tokens.setdefault(document.language, dict.fromkeys(references, 0))
                    for name, encoding in references.items():
                        of[name] += len(encoding.encode_ordinary(text))
        assert running.SMALL < size < running.MEDIUM
        assert "|engine:splintr-rs " in compare(load_source(path)).signature
        for engine in ("splintr-rs", "fastokens"):
            comparison = compare(load_source(path), engine=engine)
            assert f"|engine:{engine} {version(engine)}|" in comparison.signature
            assert {row.group: row.counts.tokens for row in comparison.rows} == tokens
