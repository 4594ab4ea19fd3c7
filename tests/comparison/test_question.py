"""Questions: other systems count Arrow batches with `count`, and `answer` adds up the parts."""

from __future__ import annotations

import itertools
import json
import pickle
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import examples
from tokcompare import Comparison, Document, Part, SourceError, compare, prepare

WORDS = ["Hello", "હેલો", "你好", "naïve", "don't", "\u0378", "\U0001f600", " ", "\r\n", ""]
RECORDS = [
    {
        "text": f"{WORDS[place % 10]} {place} " * (place % 4),
        "language": ["en", "gu", "zh", None, "eng_Latn"][place % 5],
        "field": f"f{place % 3}",
    }
    for place in range(500)
]
DOCUMENTS = [
    Document(
        text=str(record["text"]),
        language=record["language"] or "und",
        fields={"field": str(record["field"])},
    )
    for record in RECORDS
]


def assert_same(comparison: Comparison, **options: Any) -> None:
    """Asserts that a comparison is that of the same documents, counted here one by one."""
    expected = compare(DOCUMENTS, **options)
    rows = sorted(comparison.rows, key=lambda row: row.group)
    assert [(row.group, row.counts) for row in rows] == [
        (row.group, row.counts) for row in sorted(expected.rows, key=lambda row: row.group)
    ]
    assert comparison.total == expected.total
    assert comparison.rejections == expected.rejections


def answer_of(table: pa.Table, size: int = 64, **options: Any) -> Comparison:
    """Returns the comparison of a table that is counted batch by batch."""
    question = prepare(**options)
    # Unless an engine is asked for, so few documents are counted by tiktoken.
    engine = question.spec.for_large().engine_in_use if "engine" in options else ""
    batches = table.to_batches(max_chunksize=size)
    return question.answer(map(question.count, batches), engine=engine)


class TestArrow:
    TABLE = pa.Table.from_pylist(RECORDS)

    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"by": "field"},
            {"encodings": "o200k_base", "normalization": "NFC"},
            {"metrics": "all"},
            {"engine": "tiktoken"},
            {"engine": "fastokens", "verify": 1},
            {"resamples": 100, "seed": 7},
        ],
        ids=str,
    )
    def test_batches_add_up(self, options: dict[str, Any]) -> None:
        comparison = answer_of(self.TABLE, **options)
        assert_same(comparison, **options)
        # In the same order, even the order of the rows is the same.
        assert comparison == compare(DOCUMENTS, **options)

    @settings(max_examples=examples(20))
    @given(sizes=st.lists(st.integers(0, 200), max_size=8))
    def test_split_anywhere_and_sent_as_json(self, sizes: list[int]) -> None:
        question = prepare()
        ends = [min(end, 500) for end in itertools.accumulate(sizes)]
        parts = []
        for start, end in zip([0, *ends], [*ends, 500], strict=True):
            part = question.count(self.TABLE.slice(start, end - start))
            assert Part.from_json(part.to_json()) == part
            parts.append(Part.from_json(part.to_json()))
        assert question.answer(parts, engine="") == compare(DOCUMENTS)
        assert "|engine:fastokens " in question.answer(parts).signature

    def test_a_table_and_a_batch_are_the_same(self) -> None:
        question = prepare()
        (batch,) = self.TABLE.combine_chunks().to_batches()
        assert question.count(batch) == question.count(self.TABLE)

    @pytest.mark.parametrize(
        "kind",
        [
            pa.string(),
            pa.large_string(),
            pa.string_view(),
            pa.dictionary(pa.int8(), pa.string()),
            pa.dictionary(pa.int32(), pa.large_string()),
        ],
        ids=str,
    )
    def test_every_kind_of_string(self, kind: pa.DataType) -> None:
        columns: dict[str, Any] = {}
        for name in ("text", "language", "field"):
            values = [record[name] for record in RECORDS]
            index = pa.int16() if name == "text" else pa.int8()
            is_dictionary = pa.types.is_dictionary(kind)
            wanted = pa.dictionary(index, kind.value_type) if is_dictionary else kind
            columns[name] = pa.array(values).cast(wanted)
        for by in ("language", "field"):
            assert_same(answer_of(pa.table(columns), by=by), by=by)

    def test_no_language_at_all(self) -> None:
        comparison = answer_of(self.TABLE.select(["text"]))
        expected = compare([str(record["text"]) for record in RECORDS])
        assert comparison == expected
        assert [row.group for row in comparison.rows] == ["und"]

    def test_by_source_all_is_one_group(self) -> None:
        assert [row.group for row in answer_of(self.TABLE, by="source").rows] == ["documents"]

    @pytest.mark.parametrize("number", [0, 1])
    def test_empty_batch(self, number: int) -> None:
        question = prepare()
        parts = [question.count(self.TABLE.slice(0, 0)), question.count(self.TABLE)][: number + 1]
        assert question.answer(parts).total.documents == number * 500

    def test_no_batch(self) -> None:
        assert prepare().answer([]).total.documents == 0

    def test_null_is_rejected_and_counted(self) -> None:
        table = pa.table({"text": ["a", None, "b", None, "c"], "language": ["en"] * 5})
        comparison = answer_of(table, 2, on_error="skip")
        assert comparison.total == compare([Document(text=t, language="en") for t in "abc"]).total
        assert comparison.rejections.number == 2
        assert "must be a string, not null" in str(comparison.rejections.first[0])

    def test_null_stops(self) -> None:
        question = prepare()
        # Only the caller who has all parts knows which rejection is the first.
        with pytest.raises(SourceError, match="row 2: the field 'text' must be a string"):
            question.answer([question.count(pa.table({"text": ["a", None, "b"]}))])

    @pytest.mark.parametrize(
        ("table", "message"),
        [
            (pa.table({"body": ["a"]}), "has no column 'text'; there are: body"),
            (pa.table({"text": [1]}), "the column 'text' must hold strings, not int64"),
            (pa.table({"text": [b"a"]}), "the column 'text' must hold strings, not binary"),
            (pa.table({"text": ["a"], "language": [1]}), "the column 'language' must hold strings"),
            (pa.table({"text": pa.nulls(1)}), "the column 'text' must hold strings, not null"),
        ],
    )
    def test_column_that_is_missing_or_no_text(self, table: pa.Table, message: str) -> None:
        with pytest.raises(SourceError, match=message):
            prepare().count(table)

    def test_field_that_is_missing(self) -> None:
        with pytest.raises(SourceError, match="has no column 'nope'"):
            prepare(by="nope").count(self.TABLE)

    def test_question_is_small_and_goes_anywhere(self) -> None:
        question = prepare()
        pickled = pickle.dumps(question)
        assert len(pickled) < 10_000
        assert pickle.loads(pickled).count(self.TABLE) == question.count(self.TABLE)


# PySpark 4.3 warns of pandas 3, which this test does not use.
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    sql = pytest.importorskip("pyspark.sql")
    # Without this variable Spark runs the python3 of the path, which may be another.
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    try:
        columns = "text string, language string, field string"
        frame = session.createDataFrame(RECORDS, columns).repartition(5)
        question = prepare(by="field")

        def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                yield pa.RecordBatch.from_pydict({"part": [question.count(batch).to_json()]})

        rows = frame.mapInArrow(count, "part string").collect()
        assert len(rows) > 1
        assert_same(question.answer(Part.from_json(row.part) for row in rows), by="field")
    finally:
        session.stop()


# Ray 2.60 warns of its own defaults.
@pytest.mark.filterwarnings(r"ignore:`use_\w+` is deprecated:DeprecationWarning")
def test_ray(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ray = pytest.importorskip("ray")
    data = pytest.importorskip("ray.data")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    # Ray writes a token to the home folder.
    monkeypatch.setenv("HOME", str(tmp_path))
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        question = prepare(by="field")

        def count(batch: pa.Table) -> pa.Table:
            return pa.table({"part": [question.count(batch).to_json()]})

        dataset = data.from_arrow(pa.Table.from_pylist(RECORDS)).repartition(5)
        parts = dataset.map_batches(count, batch_format="pyarrow", batch_size=64).take_all()
        assert len(parts) > 1
        comparison = question.answer(Part.from_json(row["part"]) for row in parts)
        assert_same(comparison, by="field")
        assert json.loads(parts[0]["part"])["rejected"] == 0
    finally:
        ray.shutdown()
