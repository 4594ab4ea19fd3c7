"""Readers return the documents that were written, and errors for unreadable records."""

from __future__ import annotations

import builtins
import codecs
import csv
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.files import PACK, read_documents
from tests.platforms import linux_only
from tests.strategies import examples
from tokcompare.errors import RecordError, SourceError, TokcompareError
from tokcompare.sources.compression import READ_SIZE
from tokcompare.sources.document import Document
from tokcompare.sources.formats.format import ReadOptions

SUFFIXES = ["", *PACK]
CODES = ["nan", "NA", "null", "None", "007", "en", "guj_Gujr", "zh-Hans", "true"]

# Text as it may stand in a file: everything but surrogates; and what is special somewhere, often.
special = st.sampled_from([*'",;\t\n\r\0\\ \x0b\x0c\x1a\x1c\x85\u2028\u2029\ufeff', "\r\n", '""'])
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.one_of(special, st.text(max_size=3)), max_size=9).map("".join),
    st.sampled_from(["", "NA", "null", "nan", "007", "1e5", "true", "None", "\U0001f600"]),
).map(lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
records = st.lists(st.tuples(texts, st.sampled_from(CODES)), min_size=1, max_size=6)


def stop(error: SourceError) -> None:
    raise error


def read(
    path: Path, name: str, reading: ReadOptions | None = None
) -> tuple[list[Document], list[SourceError]]:
    """Reads a file with the reader of a format, and continues after errors."""
    errors: list[SourceError] = []
    documents = []
    try:
        for document in read_documents(name, str(path), reading or ReadOptions(), errors.append):
            if not isinstance(document.text, str):
                try:
                    document = Document(text="".join(document.text), language=document.language)
                except RecordError as error:
                    errors.append(error)
                    continue
            documents.append(document)
    except SourceError as error:
        errors.append(error)
    return documents, errors


def read_pairs(path: Path, name: str, reading: ReadOptions | None = None) -> list[tuple[str, str]]:
    documents, errors = read(path, name, reading)
    assert errors == []
    return [(str(document.text), document.language) for document in documents]


def places(errors: list[SourceError]) -> list[tuple[int | None, int | None, int | None]]:
    assert all(isinstance(error, RecordError) for error in errors), errors
    return [(e.line, e.row, e.offset) for e in errors if isinstance(e, RecordError)]


def write(path: Path, content: bytes, suffix: str = "") -> Path:
    path = path.with_name(path.name + suffix)
    path.write_bytes(PACK.get(suffix, bytes)(content))
    return path


law = settings(
    max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("suffix", SUFFIXES)
class TestParsingIsTheInverseOfWriting:
    @law
    @given(text=texts)
    def test_plain_text(self, suffix: str, text: str, tmp_path: Path) -> None:
        text = text.replace("\0", "").lstrip("\ufeff")
        path = write(tmp_path / "a.txt", text.encode(), suffix)
        assert read_pairs(path, "text") == [(text, "und")]

    @law
    @given(lines=st.lists(texts, max_size=6), end=st.sampled_from(["\n", "\r\n"]))
    def test_lines(self, suffix: str, lines: list[str], end: str, tmp_path: Path) -> None:
        lines = [line.replace("\n", "").replace("\0", "").rstrip("\r") for line in lines]
        if lines:
            lines[0] = lines[0].lstrip("\ufeff")
        content = "".join(line + end for line in lines).encode()
        path = write(tmp_path / "a.txt", content, suffix)
        reading = ReadOptions(per_line=True, language="nan")
        assert read_pairs(path, "text", reading) == [(line, "nan") for line in lines]

    @law
    @given(pairs=records, only_ascii=st.booleans(), marked=st.booleans())
    def test_json_lines(
        self,
        suffix: str,
        pairs: list[tuple[str, str]],
        only_ascii: bool,
        marked: bool,
        tmp_path: Path,
    ) -> None:
        content = codecs.BOM_UTF8 * marked + b"".join(
            json.dumps({"text": text, "language": code}, ensure_ascii=only_ascii).encode() + b"\n"
            for text, code in pairs
        )
        assert read_pairs(write(tmp_path / "a.jsonl", content, suffix), "jsonl") == pairs

    @law
    @given(pairs=records, name=st.sampled_from(["csv", "tsv"]), quoting=st.sampled_from([0, 1, 2]))
    def test_separated(
        self, suffix: str, pairs: list[tuple[str, str]], name: str, quoting: int, tmp_path: Path
    ) -> None:
        pairs = [(text.replace("\0", ""), code) for text, code in pairs]
        stream = io.StringIO(newline="")
        delimiter = {"csv": ",", "tsv": "\t"}[name]
        writer = csv.writer(stream, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
        writer.writerows([("text", "language"), *pairs])
        path = write(tmp_path / "a", stream.getvalue().encode(), suffix)
        assert read_pairs(path, name) == pairs

    def test_pandas_csv(self, suffix: str, tmp_path: Path) -> None:
        pairs = [
            (text, code) for text in ("NA", "null", "007", "", '"', "a\r\nb") for code in CODES
        ]
        path = tmp_path / f"a.csv{suffix}"
        content = pd.DataFrame(pairs, columns=["text", "language"]).to_csv(index=False)
        write(tmp_path / "a.csv", content.encode(), suffix)
        assert read_pairs(path, "csv") == pairs

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
    def test_other_encodings(self, suffix: str, encoding: str, tmp_path: Path) -> None:
        pairs = [("હેલો\u2028,\n😀", "gu"), ("NA", "nan")]
        lines = "".join(json.dumps({"text": t, "language": c}) + "\n" for t, c in pairs)
        path = write(tmp_path / "j", lines.encode(encoding), suffix)
        assert read_pairs(path, "jsonl") == pairs
        table = 'text,language\n"હેલો\u2028,\n😀",gu\nNA,nan\n'
        path = write(tmp_path / "c", table.encode(encoding), suffix)
        assert read_pairs(path, "csv") == pairs
        path = write(tmp_path / "t", "é\n\n😀".encode(encoding), suffix)
        lines_read = read_pairs(path, "text", ReadOptions(per_line=True))
        assert lines_read == [("é", "und"), ("", "und"), ("😀", "und")]


def test_surrogates_of_json_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "a", rb'{"text": "a\ud800 \ud83d\ude00 \u0000"}')
    assert read_pairs(path, "jsonl") == [("a\ud800 \U0001f600 \0", "und")]


STRING_TYPES: dict[str, Callable[[], Any]] = {
    "string": pa.string,
    "large_string": pa.large_string,
    "string_view": pa.string_view,
    "dictionary": lambda: pa.dictionary(pa.int32(), pa.string()),
}


class TestParquet:
    @law
    @given(
        pairs=records,
        kind=st.sampled_from(list(STRING_TYPES)),
        group=st.integers(1, 4),
        packing=st.sampled_from(["none", "snappy", "gzip", "zstd", "brotli", "lz4"]),
    )
    def test_parsing_is_the_inverse_of_writing(
        self, pairs: list[tuple[str, str]], kind: str, group: int, packing: str, tmp_path: Path
    ) -> None:
        columns = [
            pa.array(column).cast(STRING_TYPES[kind]()) for column in zip(*pairs, strict=True)
        ]
        path = tmp_path / "a.parquet"
        pq.write_table(
            pa.table(columns, ["text", "language"]), path, row_group_size=group, compression=packing
        )
        assert read_pairs(path, "parquet") == pairs

    def test_more_rows_than_one_batch(self, tmp_path: Path) -> None:
        pairs = [(f"text {n}", CODES[n % 9]) for n in range(5000)]
        path = tmp_path / "a"
        table = pa.table({"text": [t for t, _ in pairs], "language": [c for _, c in pairs]})
        pq.write_table(table, path, row_group_size=777)
        assert read_pairs(path, "parquet") == pairs

    def test_nulls(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        pq.write_table(pa.table({"text": ["a", None, ""], "language": [None, "gu", "nan"]}), path)
        documents, errors = read(path, "parquet", ReadOptions(language="te"))
        assert [(d.text, d.language) for d in documents] == [("a", "te"), ("", "nan")]
        assert [str(e) for e in errors] == [
            f"{str(path)!r}, row 2: the field 'text' must be a string, not null"
        ]

    @pytest.mark.parametrize("kind", list(STRING_TYPES)[:3])
    def test_invalid_utf8(self, kind: str, tmp_path: Path) -> None:
        path = tmp_path / "a"
        content = pa.array([b"a", b"\xff", b"b"]).cast(
            {"string": pa.binary, "large_string": pa.large_binary, "string_view": pa.binary_view}[
                kind
            ]()
        )
        pq.write_table(pa.table({"text": content.view(STRING_TYPES[kind]())}), path)
        documents, errors = read(path, "parquet")
        assert [d.text for d in documents] == ["a", "b"]
        assert places(errors) == [(None, 2, None)]
        assert "invalid UTF-8 (invalid start byte)" in str(errors[0])

    @pytest.mark.parametrize(
        ("column", "kind"),
        [
            (pa.array([b"a"]), "binary"),
            (pa.array([5]), "int64"),
            (pa.array([["a"]]), "list<"),
            (pa.array([{"a": "b"}]), "struct<"),
            (pa.array([None]), "null"),
        ],
    )
    def test_columns_without_strings(self, column: Any, kind: str, tmp_path: Path) -> None:
        path = tmp_path / "a"
        strings = pa.array(["a"])
        pq.write_table(pa.table({"text": column, "language": strings}), path)
        documents, errors = read(path, "parquet")
        assert documents == []
        assert f"{str(path)!r}: the column 'text' must hold strings, not {kind}" in str(errors[0])
        pq.write_table(pa.table({"text": strings, "language": column}), path)
        # Nobody asked for it, so it is ignored; if somebody does, it is an error.
        assert read_pairs(path, "parquet", ReadOptions(language="te")) == [("a", "te")]
        _, errors = read(path, "parquet", ReadOptions(language_field="language"))
        assert "the column 'language' must hold strings" in str(errors[0])

    @pytest.mark.parametrize(
        "reading",
        [
            ReadOptions(text_field="nope"),
            ReadOptions(language_field="nope"),
            ReadOptions(fields=("nope",)),
        ],
    )
    def test_missing_column(self, reading: ReadOptions, tmp_path: Path) -> None:
        path = tmp_path / "a"
        pq.write_table(pa.table({"text": ["a"], "b": ["c"]}), path)
        message = f"{str(path)!r} has no column 'nope'; there are: text, b."
        assert [str(error) for error in read(path, "parquet", reading)[1]] == [message]

    def test_duplicate_column(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        pq.write_table(pa.table([pa.array(["a"]), pa.array(["b"])], ["text", "text"]), path)
        assert "has more than one column 'text'" in str(read(path, "parquet")[1][0])

    def test_other_fields(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        pq.write_table(pa.table({"text": ["a", "b"], "n": [1, 2], "x.y": [True, None]}), path)
        documents, errors = read(path, "parquet", ReadOptions(fields=("n", "x.y", "text")))
        assert [d.fields for d in documents] == [{"n": "1", "x.y": "true", "text": "a"}]
        assert "row 2: the field 'x.y' must be a string or a number, not null" in str(errors[0])

    def test_truncated_or_changed_file(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        texts = [f"{n} one two" for n in range(40)]
        pq.write_table(pa.table({"text": texts}), path, row_group_size=10, write_page_checksum=True)
        packed = path.read_bytes()
        for length in range(0, len(packed), 7):
            path.write_bytes(packed[:length])
            documents, errors = read(path, "parquet")
            assert len(errors) == 1
        data = packed.index(b"0 one two")
        damaged = bytearray(packed)
        damaged[data] ^= 1
        path.write_bytes(damaged)
        documents, errors = read(path, "parquet")
        assert documents == []
        assert "row 1: it is damaged, or no Parquet file" in str(errors[0])

    def test_damage_after_good_rows(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        texts = [f"{n} one two" for n in range(400)]
        pq.write_table(
            pa.table({"text": texts}), path, row_group_size=100, write_page_checksum=True
        )
        damaged = bytearray(path.read_bytes())
        damaged[damaged.index(b"200 one") + 3] ^= 1
        path.write_bytes(damaged)
        documents, errors = read(path, "parquet")
        number = len(documents)
        assert [d.text for d in documents] == texts[:number]
        assert 0 < number <= 200
        assert places(errors) == [(None, number + 1, None)]

    def test_files_that_are_not_parquet(self, tmp_path: Path) -> None:
        for content in (b"", b"PAR1", b"text\n" * 100, b"PAR1" * 100):
            path = write(tmp_path / "a.parquet", content)
            assert "it is damaged, or no Parquet file" in str(read(path, "parquet")[1][0])
        assert "cannot be read: No such file" in str(read(tmp_path / "no", "parquet")[1][0])
        assert "cannot be read: Is a directory" in str(read(tmp_path, "parquet")[1][0])

    def test_without_pyarrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = builtins.__import__

        def without(name: str, *arguments: Any, **options: Any) -> Any:
            if name.startswith("pyarrow"):
                raise ImportError(name)
            return real(name, *arguments, **options)

        monkeypatch.setattr(builtins, "__import__", without)
        message = r"'a\.parquet': .* pyarrow is needed: pip install 'tokcompare\[parquet\]'"
        with pytest.raises(SourceError, match=message):
            list(read_documents("parquet", "a.parquet", ReadOptions(), stop))

    def test_path_that_is_not_utf8(self, tmp_path: Path) -> None:
        path = tmp_path / "a\udcff"
        pq.write_table(pa.table({"text": ["a"]}), tmp_path / "b")
        (tmp_path / "b").rename(path)
        assert read_pairs(path, "parquet") == [("a", "und")]


class TestPlainText:
    @pytest.mark.parametrize(
        ("before", "bad"),
        [
            (0, b"\xff"),
            (10, b"\xed\xa0\x80"),  # a surrogate
            (3, b"\xc0\x80"),  # an overlong NUL
            (READ_SIZE - 1, b"\xe0\xaa"),  # cut, at the end of the first chunk
            (READ_SIZE - 1, b"\xe0\xaa\xff"),
            (READ_SIZE - 2, b"\xf0\x9f\x98"),
            (READ_SIZE, b"\xff"),
            (READ_SIZE + 5, b"\x80"),
            (3 * READ_SIZE - 1, b"\xe0\xaaa"),
        ],
    )
    @pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
    def test_invalid_utf8_at_its_byte(
        self, before: int, bad: bytes, mark: bytes, tmp_path: Path
    ) -> None:
        for after in (b"", b"b" * 9, b"b" * READ_SIZE):
            path = write(tmp_path / "a", mark + b"a" * before + bad + after)
            documents, errors = read(path, "text")
            assert documents == []
            assert places(errors) == [(None, None, len(mark) + before)]
            assert "invalid UTF-8" in str(errors[0])
            # The same inside a line, with lines before and after it.
            path = write(tmp_path / "a", mark + b"ok\n" + b"a" * before + bad + after + b"\nend\n")
            documents, errors = read(path, "text", ReadOptions(per_line=True))
            assert [d.text for d in documents] == ["ok", "end"]
            assert places(errors) == [(2, None, len(mark) + 3 + before)]

    def test_characters_across_chunks(self, tmp_path: Path) -> None:
        for shift in range(4):
            text = "a" * shift + "\U0001f600" * (READ_SIZE // 2) + "\n"
            path = write(tmp_path / "a", text.encode())
            assert read_pairs(path, "text") == [(text, "und")]
            lines = read_pairs(path, "text", ReadOptions(per_line=True))
            assert lines == [(text[:-1], "und")]

    @pytest.mark.parametrize(
        "length", [READ_SIZE - 2, READ_SIZE - 1, READ_SIZE, READ_SIZE + 1, 2 * READ_SIZE - 1]
    )
    @pytest.mark.parametrize("end", [b"\n", b"\r\n", b"", b"\r", b"\r\r\n"])
    def test_ends_of_long_lines(self, length: int, end: bytes, tmp_path: Path) -> None:
        expected = "a" * length + {b"\r": "\r", b"\r\r\n": "\r"}.get(end, "")
        path = write(tmp_path / "a", b"a" * length + end)
        reading = ReadOptions(per_line=True)
        assert read_pairs(path, "text", reading) == [(expected, "und")]
        if end.endswith(b"\n"):
            path = write(tmp_path / "a", b"a" * length + end + b"\nz")
            assert [t for t, _ in read_pairs(path, "text", reading)] == [expected, "", "z"]

    def test_long_text_that_is_read_too_late(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a", b"a" * 2 * READ_SIZE + b"\nb")
        for reading in (ReadOptions(), ReadOptions(per_line=True)):
            document, *_ = read_documents("text", str(path), reading, stop)
            with pytest.raises(SourceError, match="too long to be kept"):
                list(document.text)

    def test_long_text_that_is_read_twice(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a", b"a" * (READ_SIZE + 9))
        documents = read_documents("text", str(path), ReadOptions(), stop)
        document = next(documents)
        assert sum(map(len, document.text)) == READ_SIZE + 9
        with pytest.raises(SourceError, match="too long to be kept"):
            list(document.text)
        documents = read_documents("text", str(path), ReadOptions(), stop)
        document = next(documents)
        documents.close()  # type: ignore[attr-defined]
        with pytest.raises(SourceError, match="too long to be kept"):
            list(document.text)

    def test_long_line_left_unread(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a", b"a" * 3 * READ_SIZE + b"\n\xff\nb")
        errors: list[SourceError] = []
        documents = list(
            read_documents("text", str(path), ReadOptions(per_line=True), errors.append)
        )
        assert [d.text for d in documents[1:]] == ["b"]
        assert places(errors) == [(2, None, 3 * READ_SIZE + 1)]

    @pytest.mark.slow
    @pytest.mark.parametrize("suffix", PACK)
    def test_long_line_cut_short_is_one_error(self, suffix: str, tmp_path: Path) -> None:
        lines = b"one\ntwo\n"
        # The second archive, which is cut, may give nothing or a part of its content.
        noise = bytes(97 + (n * n >> 3) % 26 for n in range(4 * READ_SIZE))
        packed = PACK[suffix](lines) + PACK[suffix](noise)[:-9]
        path = tmp_path / f"a{suffix}"
        path.write_bytes(packed)
        documents, errors = read(path, "text", ReadOptions(per_line=True))
        assert [d.text for d in documents] == ["one", "two"]
        assert len(errors) == 1
        assert "ends too early" in str(errors[0])

    def test_fields(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a", b"a\nb\n")
        for reading in (
            ReadOptions(fields=("topic",)),
            ReadOptions(fields=("topic",), per_line=True),
        ):
            documents, errors = read(path, "text", reading)
            assert documents == []
            assert [str(e) for e in errors] == [f"{str(path)!r}: plain text has no field 'topic'"]


class TestJsonLines:
    @pytest.mark.parametrize(
        ("line", "at", "reason"),
        [
            # The byte is that of the error, or of the beginning of the line.
            ('{"text": "é😀" x}', 18, "malformed JSON (Expecting ',' delimiter)"),
            ("{'text': 1}", 1, "malformed JSON (Expecting property name"),
            ('{"text": "é', 9, "malformed JSON (Unterminated string"),
            ('{"text": "a\tb"}', 11, "malformed JSON (Invalid control character"),
            ('{"text": "a"} {"text": "b"}', 14, "malformed JSON (Extra data)"),
            ("\ufeff{}", 0, "malformed JSON"),
            ('["text"]', 0, "a line must hold a JSON object, not an array"),
            ('"text"', 0, "not a string"),
            ("5", 0, "not a number"),
            ("null", 0, "not null"),
            ("false", 0, "not true or false"),
            ("{}", 0, "the field 'text' is missing"),
            ('{"Text": "a"}', 0, "the field 'text' is missing"),
            ('{"text": null}', 0, "the field 'text' must be a string, not null"),
            ('{"text": 5}', 0, "the field 'text' must be a string, not a number"),
            ('{"text": true}', 0, "the field 'text' must be a string, not true or false"),
            ('{"text": ["a"]}', 0, "the field 'text' must be a string, not an array"),
            ('{"text": {"a": 1}}', 0, "the field 'text' must be a string, not an object"),
            ('{"text": "a", "language": 5}', 0, "'language' must be a string, not a number"),
            ('{"text": "a", "language": ["en"]}', 0, "'language' must be a string, not an array"),
            ('{"text": "a", "text": "b"}', 0, "the field 'text' is there twice"),
            ('{"text": "a", "language": "a", "language": "b"}', 0, "'language' is there twice"),
            ('{"text": "a", "n": ' + "1" * 5000 + "}", 0, "a number of 5,000 digits"),
            ("[" * 100_000, 0, "nested too deep"),
            ('{"text": ' * 100_000, 0, "nested too deep"),
        ],
    )
    def test_invalid_records(self, line: str, at: int, reason: str, tmp_path: Path) -> None:
        good = '{"text": "é"}\n'
        path = write(tmp_path / "a", f"{good}\n{line}\n{good}".encode())
        documents, errors = read(path, "jsonl")
        assert [d.text for d in documents] == ["é", "é"]
        # 14 characters, one more byte for "é", and an empty line.
        assert places(errors) == [(3, None, 16 + at)]
        assert reason in str(errors[0])

    @pytest.mark.parametrize(("mark", "encoding"), [(3, "utf-8-sig"), (None, "utf-16")])
    def test_place_after_a_mark(self, mark: int | None, encoding: str, tmp_path: Path) -> None:
        path = write(tmp_path / "a", '{"text": "é"}\n{x}'.encode(encoding))
        offset = None if mark is None else mark + 15 + 1
        assert places(read(path, "jsonl")[1]) == [(2, None, offset)]

    @pytest.mark.parametrize("before", [0, READ_SIZE - 20, READ_SIZE, 2 * READ_SIZE + 1])
    def test_invalid_utf8_at_its_byte(self, before: int, tmp_path: Path) -> None:
        line = b'{"text": "' + b"a" * before + b'\xe0\xaa"}\n'
        path = write(tmp_path / "a", b'{"text": ""}\n' + line + b'{"text": "b"}')
        documents, errors = read(path, "jsonl")
        assert [d.text for d in documents] == ["", "b"]
        assert places(errors) == [(2, None, 13 + 10 + before)]

    def test_unusual_records_that_are_read(self, tmp_path: Path) -> None:
        lines = [
            b'{"text": "a", "x": [1, {"y": 1, "y": 2}], "z": NaN, "z": 1, "language": null}\r',
            b" \t\r",
            b"",
            b' {"language": "", "text": "b", "published": {"x": "many"}} ',
        ]
        path = write(tmp_path / "a", b"\n".join(lines))
        assert read_pairs(path, "jsonl", ReadOptions(language="te")) == [("a", "te"), ("b", "te")]

    def test_fields(self, tmp_path: Path) -> None:
        lines = [
            *('{"t": "a", "f": "x\\ud800"}', '{"t": "a", "f": 5}', '{"t": "a", "f": 0.5}'),
            *('{"t": "a", "f": false}', '{"t": "a", "f": null}', '{"t": "a"}'),
            *('{"t": "a", "f": [1]}', '{"t": "a", "f": "1", "f": "2"}'),
        ]
        path = write(tmp_path / "a", "\n".join(lines).encode())
        documents, errors = read(path, "jsonl", ReadOptions(text_field="t", fields=("f",)))
        assert [d.fields["f"] for d in documents] == ["x\ufffd", "5", "0.5", "false"]
        assert [place[0] for place in places(errors)] == [5, 6, 7, 8]
        assert "the field 'f' is missing" in str(errors[1])

    def test_named_language_field_is_required(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a", b'{"text": "a", "lang": "gu"}\n{"text": "b"}')
        documents, errors = read(path, "jsonl", ReadOptions(language_field="lang"))
        assert [d.language for d in documents] == ["gu"]
        assert "line 2, byte 28: the field 'lang' is missing" in str(errors[0])


class TestSeparated:
    @pytest.mark.parametrize(
        ("rows", "line", "offset", "reason"),
        [
            (b"a\n", 3, 24, "1 field, but the header has 2"),
            (b"a,b,c\n", 3, 24, "3 fields, but the header has 2"),
            (b'"a\n', 3, 24, "a quotation mark is opened and never closed"),
            (b'"a"b,c\n', 3, 24, "',' expected after '\"'"),
            (b"a\rb,c\n", 3, 24, "a carriage return outside quotation marks"),
            (b"a,\xff\n", 3, 26, "invalid UTF-8 (invalid start byte)"),
            (b'"a\n\nb\xe0\xaa",c\n', 3, 29, "invalid UTF-8"),
            (b'"a\xff\nb\n",c\n', 3, 26, "invalid UTF-8"),
            (b'"a\nb"\n', 3, 24, "1 field, but the header has 2"),
        ],
    )
    def test_invalid_records(
        self, rows: bytes, line: int, offset: int, reason: str, tmp_path: Path
    ) -> None:
        # 14 + 1 bytes of header, and a record of two lines and 3 + 2 + 4 bytes... written out:
        good = b"text,language\n" + b'"\xc3\xa9,\n",gu\n'
        assert good.count(b"\n") == 3
        assert len(good) == 24
        path = write(tmp_path / "a", good + rows + b"end,te\n")
        documents, errors = read(path, "csv")
        line += 1  # the record before has two lines
        swallowed = "never closed" in reason
        expected = [("é,\n", "gu")] + [("end", "te")] * (not swallowed)
        assert [(d.text, d.language) for d in documents] == expected
        assert places(errors) == [(line, None, offset)]
        assert reason in str(errors[0])

    @pytest.mark.parametrize(
        ("header", "reason"),
        [
            (b"", "line 1, byte 0: there is no header"),
            (b"\n\r\n", "line 1, byte 0: there is no header"),
            (b"a,b\nc,d\n", "line 1, byte 0: the header has no field 'text'; there are: a, b"),
            (b"text,text\na,b\n", "line 1, byte 0: the header has the field 'text' twice"),
            (b"text,language,language\n", "the header has the field 'language' twice"),
            (b"\n\ntex\xff,b\n", "line 3, byte 5: invalid UTF-8"),
            (b'"text\n', "never closed"),
            (b"text;language\na;b\n", "has no field 'text'; there are: text;language"),
            (b"text\ra\rb\r", "carriage return"),
        ],
    )
    def test_header(self, header: bytes, reason: str, tmp_path: Path) -> None:
        documents, errors = read(write(tmp_path / "a", header), "csv")
        assert documents == []
        assert len(errors) == 1
        assert reason in str(errors[0])

    def test_unread_columns_may_repeat(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a", b"id,text,,\n1,a,,\n2,b,x,y\n")
        assert read_pairs(path, "csv") == [("a", "und"), ("b", "und")]
        reading = ReadOptions(fields=("",))
        assert "the header has the field '' twice" in str(read(path, "csv", reading)[1][0])

    def test_header_only_and_mark(self, tmp_path: Path) -> None:
        assert read_pairs(write(tmp_path / "a", b"text"), "csv") == []
        path = write(tmp_path / "a", codecs.BOM_UTF8 + b"text,language\r\nNA,nan\r\n\r\n007,\r\n")
        assert read_pairs(path, "csv", ReadOptions(language="te")) == [("NA", "nan"), ("007", "te")]

    def test_long_fields_and_the_limit_of_others(self, tmp_path: Path) -> None:
        limit = csv.field_size_limit()
        text = "a " * (20 << 20)
        path = write(tmp_path / "a", f"text\n{text}\n".encode())
        documents = read_documents("csv", str(path), ReadOptions(), stop)
        assert next(documents).text == text
        assert csv.field_size_limit() == limit == 131_072
        assert list(documents) == []

    def test_limit(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a", b"text\n12345678901\nb\n")
        documents, errors = read(path, "csv", ReadOptions(max_record=10))
        assert [d.text for d in documents] == ["b"]
        assert places(errors) == [(2, None, 5)]
        assert "it has more than 10 bytes" in str(errors[0])

    def test_tabs(self, tmp_path: Path) -> None:
        path = write(tmp_path / "a", b'language\ttext\ngu\ta,b\nnan\t"c\td\n"\n')
        assert read_pairs(path, "tsv") == [("a,b", "gu"), ("c\td\n", "nan")]


SEEDS = {
    "text": b"\xef\xbb\xbfone\r\ntwo\n",
    "jsonl": b'{"text": "a", "language": "gu"}\n[1]\n',
    "csv": b'text,language\n"a\nb",gu\n',
    "tsv": b"text\tlanguage\na\tgu\n",
}


@pytest.mark.parametrize("name", SEEDS)
class TestAnyBytes:
    @law
    @given(content=st.binary(max_size=200), suffix=st.sampled_from(SUFFIXES), wrapped=st.booleans())
    def test_bytes(
        self, name: str, content: bytes, suffix: str, wrapped: bool, tmp_path: Path
    ) -> None:
        self.check(name, content, suffix, wrapped, tmp_path)

    @law
    @given(data=st.data(), suffix=st.sampled_from(SUFFIXES), wrapped=st.booleans())
    def test_damaged_file(
        self, name: str, data: st.DataObject, suffix: str, wrapped: bool, tmp_path: Path
    ) -> None:
        content = bytearray(SEEDS[name] if wrapped else PACK.get(suffix, bytes)(SEEDS[name]))
        for _ in range(data.draw(st.integers(1, 4))):
            start = data.draw(st.integers(0, len(content)))
            end = data.draw(st.integers(start, min(len(content), start + 4)))
            content[start:end] = data.draw(st.binary(max_size=4))
        self.check(name, bytes(content), suffix, wrapped, tmp_path)

    def check(self, name: str, content: bytes, suffix: str, wrapped: bool, folder: Path) -> None:
        """Reads twice: both give the same documents or TokcompareErrors, never another error."""
        path = folder / f"a{suffix}"
        path.write_bytes(PACK[suffix](content) if suffix and wrapped else content)
        for reading in (ReadOptions(), ReadOptions(per_line=True)):
            documents, errors = read(path, name, reading)
            again, _ = read(path, name, reading)
            assert again == documents
            if errors:
                with pytest.raises(TokcompareError):
                    self.read_to_the_end(name, path, reading)

    def read_to_the_end(self, name: str, path: Path, reading: ReadOptions) -> None:
        for document in read_documents(name, str(path), reading, stop):
            "".join(document.text)


FUZZ_PARQUET = """
import random, sys
import pyarrow as pa, pyarrow.parquet as pq
from tokcompare.errors import SourceError
from tokcompare.sources.chunks import read_file
from tokcompare.sources.document import SourceFile
from tokcompare.sources.formats.format import ReadOptions
path = sys.argv[1]
for packing in ("none", "snappy", "zstd"):
    pq.write_table(pa.table({"text": ["a b", "c", ""] * 9, "n": list(range(27))}), path,
                   row_group_size=9, compression=packing, write_page_checksum=True)
    good = open(path, "rb").read()
    for seed in range(300):
        draw = random.Random(seed)
        damaged = bytearray(good)
        for _ in range(draw.randint(1, 3)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        open(path, "wb").write(damaged)
        errors = []
        try:
            file = SourceFile(path=path, name=path, format="parquet")
            for document in read_file(file, ReadOptions(fields=("n",)), errors.append):
                assert isinstance(document.text, str)
        except SourceError:
            pass
print("done")
"""


@pytest.mark.slow
def test_any_bytes_of_parquet(tmp_path: Path) -> None:
    # In a separate process: a library not written in Python could crash it.
    command = [sys.executable, "-c", FUZZ_PARQUET, str(tmp_path / "a")]
    process = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (process.stdout, process.returncode) == ("done\n", 0), process.stderr[-2000:]


MEASURE = """
import resource, sys
from tokcompare.errors import SourceError
from tokcompare.sources.chunks import read_file
from tokcompare.sources.document import SourceFile
from tokcompare.sources.formats.format import ReadOptions
def stop(error): raise error
name, path, per_line = sys.argv[1], sys.argv[2], sys.argv[3] == "lines"
options = ReadOptions(per_line=per_line)
try:
    list(read_file(SourceFile(path="/dev/null", name="", format=name), options, stop))
except SourceError:
    pass
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
characters = documents = 0
for document in read_file(SourceFile(path=path, name=path, format=name), options, stop):
    documents += 1
    for piece in [document.text] if isinstance(document.text, str) else document.text:
        characters += len(piece)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(documents, characters, (after - before) // 1024)
"""


@linux_only
@pytest.mark.slow
class TestMemory:
    """ReadOptions 200 MB takes less than 40 MB of memory, whatever the content."""

    def measure(self, name: str, path: Path, how: str = "whole") -> Iterator[int]:
        command = [sys.executable, "-c", MEASURE, name, str(path), how]
        output = subprocess.run(command, capture_output=True, timeout=60, check=True).stdout
        return map(int, output.split())

    @pytest.mark.parametrize("how", ["whole", "lines"])
    def test_one_line_of_200_megabytes(self, how: str, tmp_path: Path) -> None:
        path = tmp_path / "a"
        with path.open("wb") as file:
            for _ in range(200):
                file.write("é ab".encode() * 200_000)
        documents, characters, megabytes = self.measure("text", path, how)
        assert (documents, characters) == (1, 160_000_000)
        assert megabytes < 40

    @pytest.mark.parametrize(
        ("name", "line"),
        [("text", b"x" * 999), ("jsonl", b'{"text": "%s"}' % (b"x" * 987)), ("csv", b"x" * 999)],
    )
    def test_many_lines(self, name: str, line: bytes, tmp_path: Path) -> None:
        path = tmp_path / "a"
        with path.open("wb") as file:
            file.write(b"text\n" if name == "csv" else b"")
            for _ in range(50):
                file.write((line + b"\n") * 1000)
        documents, characters, megabytes = self.measure(name, path, "lines")
        assert documents == 50_000
        assert characters >= 50_000 * 987
        assert megabytes < 40

    @pytest.mark.parametrize("suffix", PACK)
    def test_decompression_bomb(self, suffix: str, tmp_path: Path) -> None:
        path = write(tmp_path / "a", PACK[suffix](b" " * (100 << 20)))
        for how in ("whole", "lines"):
            documents, characters, megabytes = self.measure("text", path, how)
            assert (documents, characters) == (1, 100 << 20)
            assert megabytes < 60

    def test_parquet(self, tmp_path: Path) -> None:
        path = tmp_path / "a"
        schema = pa.schema([("text", pa.string())])
        # A page is decompressed at once, so the writer must check its size every ten rows.
        options = {"compression": "none", "use_dictionary": False, "write_batch_size": 10}
        with pq.ParquetWriter(path, schema, **options) as writer:
            table = pa.table({"text": ["x" * 100_000] * 1000}, schema=schema)
            for _ in range(2):
                writer.write_table(table, row_group_size=1000)
        documents, characters, megabytes = self.measure("parquet", path)
        assert (documents, characters) == (2000, 200_000_000)
        assert megabytes < 100


def test_gzip_of_many_members_is_read_to_its_end(tmp_path: Path) -> None:
    lines = [json.dumps({"text": str(n)}).encode() + b"\n" for n in range(300)]
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(b"".join(map(gzip.compress, lines)))
    assert [text for text, _ in read_pairs(path, "jsonl")] == [str(n) for n in range(300)]
