"""A record is a record: what people's files hold is read as it is, or refused with a reason."""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any, ClassVar

import click
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from tests.command import invoke
from tests.files import zstd
from tokcompare import ArgumentError, Comparison, SourceError, compare, load_source
from tokcompare.cli import COMMANDS, load_command

ISSUE = b'id\ttext\n1\t"Guten Tag\n2\tHallo Welt\n3\tBis bald"\n4\tEnde\n'
ROWS = [f"{n},row number {n}" for n in range(1, 1001)]


def texts(path: Path, content: bytes | str | None = None, **options: Any) -> list[str]:
    if content is not None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [str(document.text) for document in load_source(path, **options)]


def skip(path: Path, content: bytes | str, **options: Any) -> Comparison:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = load_source(path, **options)
    return compare(source, encodings="cl100k_base", on_error="skip")


class TestQuoting:
    def test_bare_tsv(self, tmp_path: Path) -> None:
        found = skip(tmp_path / "a.tsv", ISSUE)
        assert (found.total.documents, found.total.tokens) == (4, {"cl100k_base": 11})
        assert found.rejections.number == 0
        assert "quotation marks are taken as text" in found.notes[0]
        assert "--quoting minimal" in found.notes[0]
        assert texts(tmp_path / "a.tsv", quoting="minimal") == [
            "Guten Tag\n2\tHallo Welt\n3\tBis bald",
            "Ende",
        ]
        result = invoke("report", str(tmp_path / "a.tsv"), "-f", "json", "--quoting", "none")
        assert json.loads(result.stdout)["total"]["documents"] == 4

    @pytest.mark.parametrize("quoting", [0, 1, 2])
    def test_quoted_tsv(self, quoting: Any, tmp_path: Path) -> None:
        frame = pd.DataFrame(
            {"id": ["1", "2", "3"], "text": ["a\tb", 'say "hi"\n\nto', "plain"], "z": ["x"] * 3}
        )
        content = frame.to_csv(sep="\t", index=False, quoting=quoting)
        found = skip(tmp_path / "a.tsv", content)
        assert texts(tmp_path / "a.tsv") == list(frame.text)
        assert "quotation marks are taken as quotation of fields" in found.notes[0]

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("rows", "expected"),
        [
            (['say "hi"', "b"], ['say "hi"', "b"]),
            (['"hi" he said', "b"], ['"hi" he said', "b"]),
            (['"hi', "b"], ['"hi', "b"]),
            (['"hi"', "b"], ['"hi"', "b"]),
            (['"a ""b"" c"', "b"], ['a "b" c', "b"]),
            (['5" screen', '6" screen'], ['5" screen', '6" screen']),
            (['"one', "two", 'three"', '"four', 'five"'], None),
        ],
    )
    def test_tsv_without_line_ends_in_fields(
        self, rows: list[str], expected: list[str] | None, tmp_path: Path
    ) -> None:
        content = "id\ttext\n" + "".join(f"{n}\t{row}\n" for n, row in enumerate(rows))
        assert texts(tmp_path / "a.tsv", content) == (expected or rows)
        # The same behind many lines without a quotation mark, and beyond the first sample.
        many = "".join(f"{n}\tplain row\n" for n in range(100_000))
        content = content.replace("id\ttext\n", f"id\ttext\n{many}")
        assert texts(tmp_path / "a.tsv", content)[100_000:] == (expected or rows)

    def test_several_readings_are_an_error(self, tmp_path: Path) -> None:
        for content in ('id\ttext\n1\t"Hello"\n2\t"World"\n', 'text\n"a\nb"\nc\n'):
            with pytest.raises(SourceError, match=r"--quoting none .* --quoting minimal"):
                texts(tmp_path / "a.tsv", content)
            assert len(texts(tmp_path / "a.tsv", quoting="none")) > 1
            assert len(texts(tmp_path / "a.tsv", quoting="minimal")) > 1

    def test_quoted_field_that_swallows_records_of_csv(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        content = ISSUE.replace(b"\t", b",")
        with pytest.raises(SourceError, match="each of its 3 lines is a record by itself"):
            texts(path, content)
        found = skip(path, content)
        assert (found.total.documents, found.rejections.number) == (1, 1)
        assert (found.rejections.lines, found.rejections.bytes) == (3, 38)
        assert len(texts(path, quoting="none")) == 4
        assert len(texts(path, quoting="minimal")) == 2

    @pytest.mark.parametrize(("name", "read"), [("a.csv", 999), ("a.tsv", 1000)])
    def test_quotation_mark_that_is_never_closed(
        self, name: str, read: int, tmp_path: Path
    ) -> None:
        rows = list(ROWS)
        rows[8] = '9,"row number 9'
        content = "\n".join(["id,text", *rows, ""])
        if name == "a.tsv":
            content = content.replace(",", "\t")
        found = skip(tmp_path / name, content)
        assert found.total.documents == read
        assert found.rejections.number == found.rejections.lines == 1000 - read
        if name == "a.csv":
            with pytest.raises(SourceError, match=r"line 10.*opened and never closed\. --quoting"):
                texts(tmp_path / name)

    @pytest.mark.parametrize(
        "content",
        [
            'text,language\n"one\ntwo",en\nthree,en\n',
            'id,text\n1,"Dear all,\n\nhello, and welcome\n"\n2,b\n',
            'text,language\n"Hello, dear\nfriend",en\nHi,en\n',
            'text\n"a\nb"\nc\n',
            'id,text\n1,"a, b"\n2,"c\n3,d"\n4,e\n',
        ],
    )
    def test_csv_with_line_ends_in_fields(self, content: str, tmp_path: Path) -> None:
        expected = pd.read_csv(io.StringIO(content), dtype=str).text
        assert texts(tmp_path / "a.csv", content) == list(expected)

    def test_delimiter_and_header(self, tmp_path: Path) -> None:
        path = tmp_path / "a.csv"
        content = "id;text\n1;a,b\n"
        assert texts(path, content, delimiter=";") == ["a,b"]
        with pytest.raises(SourceError, match="--delimiter ';'"):
            texts(path)
        assert texts(path, "a\tb\n", delimiter="\\t", header=False, text_field="1") == ["b"]
        assert texts(path, "a b\nc\n", header=None) == ["a b", "c"]
        with pytest.raises(SourceError, match=r"numbers from 0 to 1.*--text-field 0"):
            texts(path, "a,b\n", header=False)
        arguments = ("report", str(path), "--no-header", "--text-field", "1", "-f", "json")
        path.write_text("1|a\n2|b\n")
        result = invoke(*arguments, "--delimiter", "|")
        assert json.loads(result.stdout)["total"]["documents"] == 2
        bad: dict[str, Any] = {"quoting": "some", "delimiter": "ab", "header": 0}
        for option, value in bad.items():
            with pytest.raises(ValueError, match=option):
                load_source(path, **{option: value})


class TestFields:
    RECORD: ClassVar = {
        "data": {"body": "a", "x.y": "b"},
        "messages": [{"content": "c"}, {"content": "d"}],
        "translation": {"hi": "e"},
        "a.b": "f",
        "a": {"b": "g"},
        "meta": {"lang": "hi"},
    }

    @pytest.mark.parametrize("kind", ["jsonl", "json", "parquet", "feather"])
    def test_paths(self, kind: str, tmp_path: Path) -> None:
        path = tmp_path / f"a.{kind}"
        if kind == "parquet":
            pq.write_table(pa.Table.from_pylist([self.RECORD]), path)
        elif kind == "feather":
            feather.write_feather(pa.Table.from_pylist([self.RECORD]), path)
        else:
            path.write_text(json.dumps(self.RECORD, indent=2 if kind == "json" else None))
        for field, text in {
            "data.body": "a",
            "data.x.y": "b",
            "messages[].content": "c\nd",
            "translation.hi": "e",
            "a.b": "f",
        }.items():
            (document,) = load_source(path, text_field=field, language_field="meta.lang")
            assert (document.text, document.language) == (text, "hi")
        assert texts(path, text_field=["data.body", "a.b"]) == ["a\nf"]
        with pytest.raises(SourceError, match=r"data\.nope"):
            texts(path, text_field="data.nope")

    @pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.csv", "a.parquet"])
    def test_several_text_fields_are_one_text(self, name: str, tmp_path: Path) -> None:
        path = tmp_path / name
        rows = [{"instruction": "a b", "output": "c"}, {"instruction": "", "output": "d"}]
        if name == "a.parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
        elif name == "a.csv":
            path.write_text("instruction,output\na b,c\n,d\n")
        else:
            lines = "\n".join(map(json.dumps, rows))
            path.write_text(json.dumps(rows) if name == "a.json" else lines)
        fields = ["instruction", "output"]
        assert texts(path, text_field=fields) == ["a b\nc", "\nd"]
        options = [part for field in fields for part in ("--text-field", field)]
        total = json.loads(invoke("report", str(path), *options, "-f", "json").stdout)["total"]
        assert total["tokens"] == compare(["a b\nc", "\nd"]).total.tokens
        with pytest.raises(SourceError, match="nope"):
            texts(path, text_field=["instruction", "nope"])

    def test_no_text_field(self) -> None:
        with pytest.raises(ArgumentError, match="No field of the text"):
            load_source("gpt-4o", text_field=[])

    def test_name_twice_in_a_nested_object(self, tmp_path: Path) -> None:
        content = '{"data": {"body": "a", "body": "b"}}\n'
        with pytest.raises(SourceError, match="'body' is there twice"):
            texts(tmp_path / "a.jsonl", content, text_field="data.body")


class TestJson:
    @pytest.mark.parametrize("indent", [None, 0, 2])
    def test_array(self, indent: int | None, tmp_path: Path) -> None:
        rows = [{"text": f'"[{{{n}\\', "n": [n, {"a": []}]} for n in range(2000)]
        content = json.dumps(rows, indent=indent)
        assert texts(tmp_path / "a.json", content) == [row["text"] for row in rows]
        assert (
            compare(load_source(tmp_path / "a.json")).total
            == compare([str(row["text"]) for row in rows]).total
        )

    def test_other_shapes(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        pretty = json.dumps({"text": "a"}, indent=1)
        assert texts(path, pretty) == ["a"]
        assert texts(path, f"{pretty}\n{pretty}") == ["a", "a"]
        assert texts(path, '{"text": "a"}\n{"text": "b"}\n') == ["a", "b"]
        assert texts(path, "\ufeff [ ] ") == []
        assert texts(tmp_path / "x", '[{"text": "a"}]', input_format="json") == ["a"]

    @pytest.mark.parametrize(
        ("content", "place"),
        [
            ('[\n{"text": "a"},\n{"text": 5}]', "line 3, byte 17"),
            ('[\n{"text": "a"}\n', "line 3, byte 16: malformed JSON .the array is not closed"),
            ('[{"text": "a"}]]', "line 1, byte 15: malformed JSON"),
            ('[{"text": "a"]', "line 1, byte 13: malformed JSON"),
            ('[{"text": "a"},]', "malformed JSON"),
            ('{\n"text": "a\n', "malformed JSON"),
        ],
    )
    def test_faults(self, content: str, place: str, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=place):
            texts(tmp_path / "a.json", content)

    def test_array_in_json_lines(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="--input-format json"):
            texts(tmp_path / "a.jsonl", '[\n{"text": "a"}\n]')


class TestArrow:
    def test_each_kind(self, tmp_path: Path) -> None:
        table = pa.table({"text": [f"text {n}" for n in range(3000)], "n": list(range(3000))})
        feather.write_feather(table, tmp_path / "a.feather")
        with pa.ipc.new_stream(tmp_path / "b.arrow", table.schema) as stream:
            stream.write_table(table, max_chunksize=700)
        with pa.ipc.new_file(tmp_path / "c.ipc", table.schema) as file:
            file.write_table(table, max_chunksize=700)
        for name in ("a.feather", "b.arrow", "c.ipc"):
            assert texts(tmp_path / name) == table["text"].to_pylist(), name
        content = (tmp_path / "b.arrow").read_bytes()
        found = skip(tmp_path / "b.arrow", content[: len(content) // 2])
        assert 0 < found.total.documents < 3000
        assert found.rejections.number == 1
        assert found.rejections.bytes > 0
        with pytest.raises(SourceError, match="no Arrow file"):
            texts(tmp_path / "d.arrow", b"something else")


def test_archives_of_several_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    (tmp_path / "a.txt").write_text("a" * 600)
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "a.txt", "a.txt")
    (tmp_path / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c\x00\x04")
    for name, message in {
        "a.zip": r"is a zip archive.*unpack it.*zip://PATH::",
        "a.tar.gz": r"is a tar archive.*unpack it.*tar://PATH::",
        "a.7z": r"is a 7z archive.*unpack it",
    }.items():
        for options in ({}, {"input_format": "jsonl"}, {"input_format": "csv"}):
            with pytest.raises(SourceError, match=message):
                texts(tmp_path / name, **options)
    assert [d.text for d in load_source(f"zip://a.txt::{tmp_path / 'a.zip'}")] == ["a"]


def test_zstd_with_a_window_above_128_mebibytes(tmp_path: Path) -> None:
    options: dict[int, int] = {
        zstd.CompressionParameter.window_log: 31,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    # Without its size, a frame has the window that was asked for.
    compressor = zstd.ZstdCompressor(options=options)
    packed = compressor.compress(b'{"text": "a"}\n') + compressor.flush()
    assert zstd.get_frame_info(packed).decompressed_size is None
    with pytest.raises(zstd.ZstdError):
        zstd.decompress(packed)
    assert texts(tmp_path / "a.jsonl.zst", packed) == ["a"]


def test_git_lfs_pointer(tmp_path: Path) -> None:
    content = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"
    for name in ("a.jsonl", "a.txt", "a.csv", "a.json"):
        with pytest.raises(SourceError, match=r"is a Git LFS pointer.*git lfs pull"):
            texts(tmp_path / name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", ""),
        ("a.jsonl", "\n\n"),
        ("a.json", ""),
        ("a.json", "[]"),
        ("a.csv", "text\n"),
        ("a.tsv", "text\tn\n"),
    ],
)
def test_file_without_records_has_a_note(name: str, content: str, tmp_path: Path) -> None:
    found = skip(tmp_path / name, content)
    (note,) = found.notes
    assert name in note
    assert "is empty" in note or "has a header and no rows" in note
    assert found.rejections.number == found.total.documents == 0


def test_column_language_that_nobody_asked_for(tmp_path: Path) -> None:
    for number, column in enumerate(([1], [None], [["en"]], [{"a": "en"}])):
        table = pa.table({"text": ["a"], "language": column})
        pq.write_table(table, tmp_path / f"{number}.parquet")
        feather.write_feather(table, tmp_path / f"{number}.arrow")
        for suffix in ("parquet", "arrow"):
            path = tmp_path / f"{number}.{suffix}"
            found = compare(load_source(path, language="te"), encodings="o200k_base")
            assert [row.group for row in found.rows] == ["te"]
            assert "the column 'language' holds" in found.notes[0]
            assert "is ignored" in found.notes[0]
            with pytest.raises(SourceError, match="'language' must hold strings"):
                texts(path, language_field="language")


class TestFolders:
    NAMES = ("README.md", "LICENSE", "_SUCCESS", "dataset_info.json", "part-0.jsonl.crc")

    def test_files_that_describe_data_are_left_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        folder = tmp_path / "d"
        folder.mkdir()
        for name in self.NAMES:
            (folder / name).write_text("about")
        (folder / "part-0.jsonl").write_text('{"text": "a"}\n')
        (folder / "notes.txt").write_text("b")
        for name in ("d", "d/*", "d/**", f"file://{folder}"):
            source = load_source(name)
            assert [document.text for document in source] == ["b", "a"], name
            (note,) = source.notes
            assert note.startswith(f"{name!r}: 5 files are left out")
            assert all(known in note for known in self.NAMES)
        assert texts(folder / "README.md") == ["about"]
        assert [d.text for d in load_source("d/*.md")] == ["about"]

    def test_folder_without_data_is_read_as_it_is(self, tmp_path: Path) -> None:
        for name in ("README.md", "main.py"):
            (tmp_path / name).write_text(name)
        source = load_source(tmp_path)
        assert [document.text for document in source] == ["README.md", "main.py"]
        assert source.notes == ()


@pytest.mark.parametrize("name", COMMANDS)
def test_option_of_one_value_given_twice(name: str) -> None:
    command = load_command(name)
    for parameter in command.params:
        if not isinstance(parameter, click.Option) or parameter.multiple or parameter.is_flag:
            continue
        option = max(parameter.opts, key=len)
        for given in ([option, "1", option, "2"], [f"{option}=1", f"{option}=1"]):
            result = invoke(name, *given)
            assert result.exit_code == 2, (name, given)
            assert f"Option '{option}' is given more than once" in result.stderr
