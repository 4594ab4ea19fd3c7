"""Recorded counts: the numbers of a field are counted like those of an encoding.

In most tests the field holds the tokens of o200k_base, so every number must be that of o200k_base.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.command import invoke
from tests.files import PAIRS, write
from tests.small_chunks import cut_small
from tokcompare import (
    ArgumentError,
    Comparison,
    Document,
    SourceError,
    compare,
    count_tokens,
    load_source,
    prepare,
)
from tokcompare.errors import number_of
from tokcompare.metrics import METRICS

O200K, RECORDED = "o200k_base", "claude=field:usage"
NUMBERS = [count_tokens(text, O200K) for text, _ in PAIRS]
# Metrics of single tokens are undefined for recorded counts.
OF_TOKENS = {
    *("continued_words", "single_token_retention", "renyi_efficiency"),
    *("vocabulary_utilization", "type_token_ratio"),
}


def records(numbers: list[Any] | None = None) -> list[dict[str, Any]]:
    return [
        {"text": text, "language": code, "usage": number}
        for (text, code), number in zip(PAIRS, numbers or NUMBERS, strict=True)
    ]


def as_jsonl(numbers: list[Any] | None = None) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records(numbers)).encode()


def check(comparison: Comparison) -> None:
    """Checks that all numbers of the recorded counts are those of o200k_base."""
    recorded = comparison.encodings[-1]
    for counts in [*(row.counts for row in comparison.rows), comparison.total]:
        assert counts.tokens[recorded] == counts.tokens[O200K]
        for name, metric in METRICS.items():
            if name not in comparison.metric_names:
                continue
            if recorded in comparison.encodings_of(metric) and name not in OF_TOKENS:
                one = comparison.measure(counts, name, recorded)
                assert repr(one) == repr(comparison.measure(counts, name, O200K)), name
            elif name in OF_TOKENS:
                assert str(comparison.value(counts, name, recorded)) == "nan", name


def jsonl(folder: Path) -> str:
    return write(folder / "a.jsonl", as_jsonl())


def nested(folder: Path) -> str:
    lines = (
        json.dumps({"text": r["text"], "language": r["language"], "usage": {"tokens": r["usage"]}})
        for r in records()
    )
    return write(folder / "n.jsonl", "\n".join(lines).encode())


def array(folder: Path) -> str:
    return write(folder / "a.json", json.dumps(records(), indent=1).encode())


def delimited(folder: Path) -> str:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, ["text", "language", "usage"])
    writer.writeheader()
    writer.writerows(records())
    return write(folder / "a.csv", stream.getvalue().encode())


def parquet(folder: Path) -> str:
    # pandas writes a column in which a number is missing as floats.
    table = pa.Table.from_pylist(records())
    floats = table.set_column(2, "usage", table["usage"].cast(pa.float64()))
    pq.write_table(pa.concat_tables([floats]), folder / "a.parquet", row_group_size=17)
    return str(folder / "a.parquet")


def decimals(folder: Path) -> str:
    table = pa.Table.from_pylist(records())
    column = table["usage"].cast(pa.decimal128(21, 2))
    pq.write_table(table.set_column(2, "usage", column), folder / "d.parquet")
    return str(folder / "d.parquet")


class TestEqualsAnEncoding:
    @pytest.mark.parametrize("make", [jsonl, nested, array, delimited, parquet, decimals])
    def test_in_every_format(self, make: Callable[[Path], str], tmp_path: Path) -> None:
        path = make(tmp_path)
        encoding = "claude=field:usage.tokens" if make is nested else RECORDED
        comparison = compare(
            load_source(path), encodings=["cl100k_base", O200K, encoding], metrics="all"
        )
        assert comparison.total.documents == len(PAIRS)
        check(comparison)

    @pytest.mark.parametrize("by", ["language", "source", "usage"])
    @pytest.mark.parametrize("resamples", [0, 200])
    def test_by_each_group(self, tmp_path: Path, by: str, resamples: int) -> None:
        comparison = compare(
            load_source(jsonl(tmp_path)),
            encodings=[O200K, RECORDED],
            by=by,
            metrics=["bytes_per_token", "fertility"],
            resamples=resamples,
        )
        check(comparison)
        if by == "usage":
            assert {int(row.group) for row in comparison.rows} == set(NUMBERS)

    def test_documents_in_python(self) -> None:
        documents = [
            Document(text=text, language=code, fields={"usage": number, "kind": "x"})
            for (text, code), number in zip(PAIRS, NUMBERS, strict=True)
        ]
        check(compare(documents, encodings=[O200K, RECORDED]))

    def test_baseline(self, tmp_path: Path) -> None:
        comparison = compare(
            load_source(jsonl(tmp_path)), encodings=[RECORDED, O200K], metrics=["continued_words"]
        )
        assert not any("not separated" in note and "English" in note for note in comparison.notes)
        assert comparison.total.tokens["claude"] == comparison.total.tokens[O200K]

    def test_arrow_batches(self) -> None:
        question = prepare(encodings=[O200K, RECORDED])
        batches = pa.Table.from_pylist(records()).to_batches(max_chunksize=10)
        check(question.answer(question.count(batch) for batch in batches))


@pytest.fixture
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    cut_small(monkeypatch, 4_000)


@pytest.mark.usefixtures("_small_chunks")
class TestEveryWay:
    @pytest.mark.parametrize("jobs", [1, 2])
    @pytest.mark.parametrize("engine", ["auto", "tiktoken"])
    def test_jobs(self, tmp_path: Path, jobs: int, engine: str) -> None:
        source = load_source([jsonl(tmp_path), delimited(tmp_path), parquet(tmp_path)])
        comparison = compare(source, encodings=[O200K, RECORDED], jobs=jobs, engine=engine)
        assert comparison.total.documents == 3 * len(PAIRS)
        check(comparison)

    def test_checkpoint(self, tmp_path: Path) -> None:
        class StopError(Exception):
            pass

        source = load_source(jsonl(tmp_path))
        kept = tmp_path / "c.checkpoint"
        options: dict[str, Any] = {"encodings": [O200K, RECORDED], "checkpoint": kept}

        def stop(update: object) -> None:
            raise StopError

        with pytest.raises(StopError):
            compare(source, progress=stop, **options)
        stored = json.loads(kept.read_bytes())
        numbers = [counts["sums"] for counts in stored["part"]["groups"].values()]
        assert 0 < sum(n["tokens claude"] for n in numbers) < sum(NUMBERS)
        resumed = compare(source, **options)
        check(resumed)
        assert resumed.to_dict() == compare(source, encodings=[O200K, RECORDED]).to_dict()

    @pytest.mark.slow
    def test_cluster(self, tmp_path: Path) -> None:
        source = load_source([jsonl(tmp_path), parquet(tmp_path)])
        comparison = compare(source, encodings=[O200K, RECORDED], cluster="local:2")
        assert comparison.total.documents == 2 * len(PAIRS)
        check(comparison)


class TestLongTexts:
    """A text that is cut counts its number once."""

    def test_held_in_memory(self) -> None:
        text = "one two three. " * 100_000
        document = Document(text=text, language="en", fields={"usage": 7})
        comparison = compare([document, document], encodings=[O200K, RECORDED])
        assert comparison.total.tokens["claude"] == 14
        assert comparison.total.products["tokens claude", "tokens claude"] == 2 * 49

    def test_streamed(self) -> None:
        def strings() -> Iterator[str]:
            for _ in range(100):
                yield "one two three. " * 1_000

        def documents() -> list[Document]:
            return [
                Document(text=strings(), language="en", fields={"usage": number})
                for number in (7, 9)
            ]

        streamed = compare(documents(), encodings=[O200K, RECORDED])
        assert streamed.total.tokens["claude"] == 16
        assert streamed.total.products["tokens claude", "tokens claude"] == 49 + 81
        held = [
            Document(text="".join(strings()), language="en", fields={"usage": number})
            for number in (7, 9)
        ]
        assert compare(held, encodings=[O200K, RECORDED]).to_dict() == streamed.to_dict()

    def test_streamed_without_the_field(self) -> None:
        document = Document(text=iter(["a", "b"]), language="en")
        with pytest.raises(ArgumentError, match="recorded in the field 'usage'"):
            compare([document], encodings=[RECORDED])


class TestRejected:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            ("null", "not null"),
            ("-1", "not -1"),
            ("3.5", "not 3.5"),
            ("true", "not true"),
            ('"many"', "not 'many'"),
            ('"1,000"', "not '1,000'"),
            ('"-1"', "not '-1'"),
            ('""', "not ''"),
            ("[3]", "not list"),
            ('{"a": 3}', "not dict"),
            ("1e400", "not inf"),
            ("9007199254740993", "not 9007199254740993"),
            ("123456789012345678901234567890", "not 123456789012345678901234567890"),
        ],
    )
    def test_is_named_by_its_place(self, tmp_path: Path, value: str, shown: str) -> None:
        lines = ['{"text": "a", "usage": 2}', f'{{"text": "b", "usage": {value}}}']
        path = write(tmp_path / "a.jsonl", "\n".join([*lines, lines[0]]).encode())
        reason = "the field 'usage' must be a whole number of tokens, 0 or more, "
        with pytest.raises(SourceError, match=r"a\.jsonl', line 2, byte 26: ") as caught:
            compare(load_source(path), encodings=[RECORDED])
        assert str(caught.value).endswith(reason + shown)
        skipped = compare(load_source(path), encodings=[RECORDED], on_error="skip")
        assert skipped.total.tokens == {"claude": 4}
        assert skipped.rejections.number == 1

    def test_missing(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a.jsonl", b'{"text": "a", "usage": 2}\n{"text": "b"}\n')
        result = invoke("report", path, "-e", RECORDED, "--on-error", "skip", "-f", "json")
        assert result.exit_code == 1
        content = json.loads(result.stdout)
        assert content["total"]["tokens"] == {"claude": 2}
        assert (content["rejected"], content["rejected_lines"]) == (1, 1)
        assert "line 2, byte 26: the field 'usage' is missing; there are: text" in result.stderr

    @pytest.mark.parametrize(
        ("suffix", "content", "message"),
        [
            (".csv", b"text,usage\na,\n", "line 2, byte 11: the field 'usage' must be a whole"),
            (".csv", b"text,tokens\na,1\n", "the header has no field 'usage'"),
            (".txt", b"some text", "plain text has no field 'usage'"),
        ],
    )
    def test_in_other_formats(
        self, tmp_path: Path, suffix: str, content: bytes, message: str
    ) -> None:
        path = write(tmp_path / f"a{suffix}", content)
        result = invoke("report", path, "-e", RECORDED)
        assert (result.exit_code, result.stdout) == (1, "")
        assert message in result.stderr

    def test_samples_and_standard_input_have_none(self) -> None:
        assert "the field 'usage' is missing" in invoke("report", "-e", RECORDED).stderr
        result = invoke("report", "-", "-e", RECORDED, stdin=b"text")
        assert (result.exit_code, result.stdout) == (1, "")
        assert "plain text has no field 'usage'" in result.stderr

    def test_documents_in_python(self) -> None:
        for fields in ({}, {"usage": "x"}, {"usage": -1}):
            document = Document(text="a", fields=fields)
            with pytest.raises(ArgumentError, match="field 'usage'"):
                compare([Document(text="b", fields={"usage": 1}), document], encodings=[RECORDED])
        with pytest.raises(ArgumentError, match="strings or whole numbers by name"):
            Document(text="a", fields={"usage": 1.0})  # type: ignore[dict-item]

    @given(st.integers(0, 2**53))
    def test_accepted(self, number: int) -> None:
        spellings = [number, str(number), f"{number}.0", f"{number}.00"]
        for value in [*spellings, *([float(number)] if number < 2**53 else [])]:
            assert number_of(value, "usage") == number


class TestWhatIsSaid:
    def compared(self, folder: Path, numbers: list[Any] | None = None) -> Comparison:
        path = write(folder / "a.jsonl", as_jsonl(numbers))
        return compare(load_source(path), encodings=[O200K, RECORDED])

    def test_signature(self, tmp_path: Path) -> None:
        comparison = self.compared(tmp_path)
        assert "|encodings:o200k_base@446a9538,claude=field:usage|" in comparison.signature
        other = self.compared(tmp_path, [number + 1 for number in NUMBERS])
        assert other.signature != comparison.signature
        named = compare(
            load_source(tmp_path / "a.jsonl"), encodings=["x=field:a|b,c"], on_error="skip"
        )
        assert "|encodings:x=field:a%7Cb%2Cc|" in named.signature

    def test_note(self, tmp_path: Path) -> None:
        (note,) = [n for n in self.compared(tmp_path).notes if "claude" in n]
        assert note == (
            "The counts of 'claude' were read from the field usage; they include what the provider "
            "puts around a message."
        )
        path = write(tmp_path / "a.jsonl", as_jsonl())
        comparison = compare(load_source(path), encodings=[O200K, RECORDED], metrics="all")
        *_, last = [n for n in comparison.notes if "claude" in n]
        assert last == (
            "continued_words, single_token_retention, renyi_efficiency, vocabulary_utilization, "
            "type_token_ratio: undefined for claude, of which only the number of tokens is known."
        )
        assert {name for name, metric in METRICS.items() if metric.needs_tokens} == OF_TOKENS

    def test_json(self, tmp_path: Path) -> None:
        content = self.compared(tmp_path).to_dict()
        assert content["recorded"] == {"claude": "usage"}
        assert content["keeps_text"] == {O200K: True, "claude": None}
        assert "is_estimate" not in content
