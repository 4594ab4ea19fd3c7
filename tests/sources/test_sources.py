"""Sources yield the documents of the named files, and errors for unreadable ones."""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import socket
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import ROOT
from tests.platforms import linux_only, needs_links, posix_only
from tokcompare import (
    ArgumentError,
    Document,
    SourceError,
    UnknownNameError,
    compare,
    load_samples,
    load_source,
)
from tokcompare.sources import source as sources
from tokcompare.sources.paths import format_of_path

SAMPLES = ROOT / "data" / "samples" / "gpt-4o.jsonl"
UDHR = ROOT / "data" / "samples" / "udhr.jsonl"
TEXTS_SHA256 = "4102a974cf69e60bc43fd010123f04bd48ff8616ed46034a67f4cc7b0df725e6"


def test_samples_are_the_twenty_sentences() -> None:
    samples = load_samples("gpt-4o")
    assert len(list(samples)) == 20
    languages = "gu te ta mr hi ur ar fa ru ko vi zh ja tr it de es pt fr en"
    assert " ".join(samples.languages) == languages
    # The strings as they were archived: a change to any of them changes the hash.
    texts = "\n".join(str(document.text) for document in samples)
    assert hashlib.sha256(texts.encode()).hexdigest() == TEXTS_SHA256


def test_published_ratio_is_the_published_pair_rounded() -> None:
    for line in SAMPLES.read_bytes().splitlines():
        record = json.loads(line)
        published = record["published"]
        ratio = published["cl100k_base"] / published["o200k_base"]
        assert abs(record["published_times_fewer"] - ratio) <= 0.05 + 1e-9


def test_declaration_is_parallel_text_in_normalization_form_c() -> None:
    records = [json.loads(line) for line in UDHR.read_bytes().splitlines()]
    articles = [(record["language"], record["article"]) for record in records]
    assert articles == [(code, n) for code in load_samples().languages for n in range(31)]
    for record in records:
        assert record["text"].strip() == record["text"] != ""
        assert unicodedata.is_normalized("NFC", record["text"])
    assert [document.text for document in load_samples("udhr")] == [r["text"] for r in records]


def test_declaration_in_english() -> None:
    english = [document for document in load_samples("udhr") if document.language == "en"]
    # Article 4, from the United Nations' page.
    assert english[4].text == (
        "No one shall be held in slavery or servitude; "
        "slavery and the slave trade shall be prohibited in all their forms."
    )


def test_unknown_sample_set() -> None:
    message = r"^Unknown sample set 'gpt4o'\. Did you mean 'gpt-4o'\? There are: gpt-4o, udhr\.$"
    with pytest.raises(UnknownNameError, match=message):
        load_samples("gpt4o")


def test_missing_sample_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "sample_path", lambda name: tmp_path / f"{name}.jsonl")
    with pytest.raises(SourceError, match=r"gpt-4o\.jsonl' cannot be read: No such file"):
        list(load_samples())


def test_selection_keeps_the_order_of_the_source() -> None:
    selected = load_samples().select(["eng_Latn", "hi", "en"])
    assert selected.languages == ["hi", "en"]
    assert selected.selection == ("en", "hi")
    assert load_samples().select("hi").languages == ["hi"]
    assert load_samples().select([]).languages == []


@pytest.mark.parametrize("language", ["hindu", "hinndi"])
def test_unknown_language_suggests_a_code(language: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"language '{language}'\. Did you mean 'hi'\?"):
        list(load_samples().select([language]))


@pytest.mark.parametrize("language", ["Hindi", "hindi", "हिन्दी"])
def test_name_of_a_language_selects_with_a_note(language: str) -> None:
    source = load_samples().select([language])
    assert [document.language for document in source] == ["hi"]
    assert source.notes == (f"The language {language!r} is read as its code 'hi'.",)


def test_pair_of_languages_cannot_be_selected() -> None:
    with pytest.raises(ArgumentError, match=r"'en-de' names two languages.*'en', 'de'"):
        load_samples().select("en-de")
    with pytest.raises(ArgumentError, match="'en-de' names two languages"):
        load_source("gpt-4o", language="en-de")


def test_text_of_a_document_must_be_a_string() -> None:
    with pytest.raises(ArgumentError, match="text of a document must be a str, not bytes"):
        Document(text=b"bytes")  # type: ignore[arg-type]
    assert len({Document(text="a"), Document(text="a")}) == 1


@pytest.mark.parametrize("name", [None, 5, b"gpt-4o", []])
def test_names_must_be_strings(name: object) -> None:
    with pytest.raises(ArgumentError, match="name of a sample set must be a str, not"):
        load_samples(name)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="A language must be a str, not"):
        load_samples().select([name])  # type: ignore[list-item]


def make(folder: Path, *names: str) -> None:
    """Creates files that contain their own names."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def texts_of(*names: str | Path) -> list[str]:
    return [str(document.text) for document in load_source([str(name) for name in names])]


class TestNames:
    @pytest.fixture(autouse=True)
    def _work_in_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)

    def test_folder_is_sorted_and_without_hidden_files(self, tmp_path: Path) -> None:
        make(tmp_path, "c/b.txt", "c/a/z.txt", "c/a.txt", "c/.hidden", "c/.git/x", "c/B.txt")
        assert texts_of("c") == ["c/B.txt", "c/a.txt", "c/a/z.txt", "c/b.txt"]
        assert texts_of("c/.hidden") == ["c/.hidden"]
        assert texts_of(tmp_path / "c") == texts_of("c") == texts_of("./c/")

    def test_globs(self, tmp_path: Path) -> None:
        make(tmp_path, "c/b.txt", "c/a/z.txt", "c/a.txt", "c/.h.txt", "c/d/e/f.txt", "c/g.md")
        assert texts_of("c/*.txt") == ["c/a.txt", "c/b.txt"]
        assert texts_of("c/?.txt") == texts_of("c/[ab].txt") == ["c/a.txt", "c/b.txt"]
        everything = ["c/a.txt", "c/a/z.txt", "c/b.txt", "c/d/e/f.txt", "c/g.md"]
        for pattern in ("c/**", "c/**/*", "**", "**/*", "*", "c/*", str(tmp_path / "c/**"), "./**"):
            assert texts_of(pattern) == everything, pattern
            assert load_source(pattern).notes == (), pattern
        assert texts_of("c/**/*.txt") == everything[:-1]
        assert texts_of("**/e") == ["c/d/e/f.txt"]  # a folder that a glob matches
        with pytest.raises(SourceError, match=r"^No file matches 'c/\*\.csv'\.$"):
            texts_of("c/*.csv")
        (tmp_path / "empty" / "x").mkdir(parents=True)
        with pytest.raises(SourceError, match=r"^No file matches 'empty/\*'\.$"):
            texts_of("empty/*")

    @needs_links
    def test_missing_names(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        (tmp_path / "file").touch()
        (tmp_path / "dangling").symlink_to("nowhere")
        for name, message in {
            "empty": r"^There is no file in the folder 'empty'\.$",
            "": "^The name of a source is empty",
            "gpt4o": r"^'gpt4o' does not exist\. Did you mean 'gpt-4o'\? A source is a file",
            "nope.txt": r"^'nope\.txt' does not exist\. A source is a file",
            "dangling": "^'dangling' does not exist",
            "file/x": "^'file/x' cannot be read: Not a directory",
            "a\0b": r"^'a\\x00b' cannot be read: .*embedded null",
            "x" * 5000: "cannot be read: File name too long",
            "\ud800": "cannot be read",
        }.items():
            with pytest.raises(SourceError, match=message):
                texts_of(name)

    @posix_only
    @pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may read everything")
    def test_permission_denied(self, tmp_path: Path) -> None:
        make(tmp_path, "c/a.txt", "d/e/b.txt")
        (tmp_path / "c/a.txt").chmod(0)
        (tmp_path / "d/e").chmod(0)
        try:
            with pytest.raises(SourceError, match=r"'c/a\.txt' cannot be read: Permission denied"):
                texts_of("c")
            for name in ("d", "d/**", "d/*/*.txt"):
                with pytest.raises(SourceError, match="'d/e' cannot be read: Permission denied"):
                    texts_of(name)
            make(tmp_path, "d/f/c.txt")
            for name in ("d", "d/**", "d/*/*.txt"):
                assert texts_of(name) == ["d/f/c.txt"]
                (note,) = load_source(name).notes
                assert note.endswith("left out: 'd/e' cannot be read: Permission denied.")
        finally:
            (tmp_path / "d/e").chmod(0o700)

    @needs_links
    @posix_only
    def test_walk_reads_regular_files_and_says_what_it_leaves_out(self, tmp_path: Path) -> None:
        make(tmp_path, "c/a.txt", "c/d/b.txt", "e.txt")
        os.mkfifo("c/d/pipe")
        Path("c/link.txt").symlink_to("../e.txt")
        Path("c/nowhere").symlink_to("none")
        Path("c/circle").symlink_to("circle")
        Path("c/null").symlink_to("/dev/null")
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("c/socket")
        left_out = [
            "'c/circle' is a link that leads nowhere",
            "'c/d/pipe' is a named pipe",
            "'c/nowhere' is a link that leads nowhere",
            "'c/null' is a device",
            "'c/socket' is a socket",
        ]
        for name in ("c", "c/**", "c/*"):
            assert texts_of(name) == ["c/a.txt", "c/d/b.txt", "e.txt"]
            (note,) = load_source(name).notes
            assert note == f"{name!r}: 5 files or folders are left out: {'; '.join(left_out)}."
        for name in ("c/d/p*", "c/d/pip[e]"):
            with pytest.raises(SourceError, match="has no file to read: 'c/d/pipe' is a"):
                texts_of(name)

    @posix_only
    def test_pipe_that_is_named_is_read(self, tmp_path: Path) -> None:
        os.mkfifo("pipe")
        with ThreadPoolExecutor() as pool:
            written = pool.submit(Path("pipe").write_text, "from a pipe")
            assert texts_of("pipe") == ["from a pipe"]
            assert written.result() == 11

    @needs_links
    def test_same_file_is_read_once(self, tmp_path: Path) -> None:
        make(tmp_path, "c/a.txt")
        (tmp_path / "link").symlink_to("c/a.txt")
        (tmp_path / "hard").hardlink_to(tmp_path / "c/a.txt")
        (tmp_path / "folder").symlink_to("c")
        for other in ("link", "hard", "folder", tmp_path / "c/a.txt", "c/*.txt", "./c/../c/a.txt"):
            source = load_source(["c/a.txt", str(other)])
            assert [file.path for file in source.files] == ["c/a.txt"]
            shown = {"folder": "folder/a.txt"}.get(str(other), str(other))
            expected = f"{shown!r} is the same file as 'c/a.txt' and is read once."
            if other == "c/*.txt":
                expected = "'c/a.txt' was given twice and is read once."
            assert source.notes == (expected,)
        assert load_source(["-", "-"]).notes == (
            "'(standard input)' was given twice and is read once.",
        )
        assert len(list(load_source(["gpt-4o", str(SAMPLES), "gpt-4o"]))) == 20

    @needs_links
    def test_link_to_a_folder_above(self, tmp_path: Path) -> None:
        make(tmp_path, "c/d/a.txt", "c/b.txt", "e/x.txt")
        (tmp_path / "c/d/up").symlink_to("..")
        (tmp_path / "c/to-e").symlink_to("../e")
        for name in ("c", "c/**", "c/**/*.txt"):
            source = load_source(name)
            paths = [file.path for file in source.files]
            assert paths == ["c/b.txt", "c/d/a.txt", "c/to-e/x.txt"], name
            assert source.notes == ()

    @linux_only
    def test_unusual_names(self, tmp_path: Path) -> None:
        names = ["a b.txt", "a[1].txt", "*.txt", "new\nline.txt", "é.txt", "-x.txt", "a?.txt"]
        make(tmp_path, *names)
        (tmp_path / "\udcff.txt").write_text("bytes")
        for name in names:
            if name == "*.txt":  # the file of that name, not the matches
                assert [file.path for file in load_source(name).files] == [name]
            assert texts_of(name) == [name]
        (source,) = {document.source for document in load_source("\udcff.txt")}
        assert source == "\\xff.txt"
        assert sorted(texts_of(".")) == sorted([*names, "bytes"])

    def test_files_named_like_sample_sets_and_standard_input(self, tmp_path: Path) -> None:
        make(tmp_path, "udhr", "gpt-4o", "-")
        assert len(texts_of("udhr")) == 620
        assert texts_of("./udhr") == ["udhr"]
        expected = ["-", "gpt-4o", "udhr"]
        assert texts_of("*") == texts_of(".") == texts_of("./*") == texts_of("./-", "*") == expected
        assert len(list(load_source(["udhr", "./udhr"]))) == 621

    @posix_only
    def test_fifo(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")

        def write() -> None:
            with (tmp_path / "pipe").open("wb", buffering=0) as pipe:
                for byte in codecs.BOM_UTF16_LE + "aé\n".encode("utf-16-le"):
                    pipe.write(bytes([byte]))  # a mark that needs two reads

        writer = threading.Thread(target=write)
        writer.start()
        assert texts_of("pipe") == ["aé\n"]
        writer.join()

    def test_parquet_without_random_access(self) -> None:
        message = r"'%s': Parquet needs random access, .* decompress it first\."
        with pytest.raises(SourceError, match=message % r"\(standard input\)"):
            load_source("-", input_format="parquet")
        Path("a.parquet.gz").touch()
        with pytest.raises(SourceError, match=message % r"a\.parquet\.gz"):
            load_source("a.parquet.gz")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a", "text"),
        ("a.txt", "text"),
        ("dev.guj", "text"),
        ("a.JSONL.GZ", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.csv.zst", "csv"),
        ("a.tsv.xz", "tsv"),
        ("a.pq", "parquet"),
        ("a.csv.txt", "text"),
        ("-", "text"),
    ],
)
def test_format_of_path(path: str, name: str) -> None:
    assert format_of_path(path) == name


class TestLanguages:
    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("corpus/gu/a.txt", "gu"),
            ("eng_Latn.devtest", "en"),
            ("dev.guj", "gu"),
            ("guj_Gujr.jsonl.gz", "gu"),
            ("flores/dev.hi.txt.xz", "hi"),
            ("zh-Hant/part.0001.csv", "zh-Hant"),
            ("nan.txt", "nan"),
        ],
    )
    def test_from_path(
        self, path: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        make(tmp_path, path)
        (file,) = load_source(path, language_from_path=True).files
        assert file.language == code

    def test_path_without_a_language(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        make(tmp_path, "data/x1.txt")
        make(tmp_path, "data/x2.txt")
        make(tmp_path, "data/gu/x3.txt")
        source = load_source("data", language_from_path=True, language="te")
        (note,) = source.notes
        assert note.startswith("No language is named in the path 'data/x1.txt' and 1 more; expec")
        assert source.languages == ["gu", "te"]

    def test_current_folder_names_no_language(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make(tmp_path, "gu/a.txt")
        monkeypatch.chdir(tmp_path / "gu")
        assert load_source("a.txt", language_from_path=True).languages == ["und"]
        assert load_source(".", language_from_path=True).languages == ["und"]

    @pytest.mark.parametrize(
        ("name", "path", "code"),
        [
            ("home/gu/a.txt", "home/gu/a.txt", "und"),
            ("home/gu/a.hi.txt", "home/gu/a.hi.txt", "hi"),
            ("home/gu/corpus", "home/gu/corpus/x1.txt", "und"),
            ("home/gu", "home/gu/x1.txt", "gu"),
            ("home/ben", "home/ben/x1.txt", "und"),
            ("home/gu/corpus", "home/gu/corpus/hi/x1.txt", "hi"),
            ("home/gu/*/x1.txt", "home/gu/hi/x1.txt", "hi"),
            ("home/gu/*.txt", "home/gu/x1.txt", "und"),
        ],
    )
    def test_only_what_stands_below_the_name_counts(
        self, name: str, path: str, code: str, tmp_path: Path
    ) -> None:
        make(tmp_path, path)
        source = load_source(tmp_path / name, language_from_path=True)
        assert source.languages == [code]

    def test_relative_path_counts_as_it_is_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make(tmp_path, "home/ben/work/a.txt")
        make(tmp_path, "home/gu/a.txt")
        make(tmp_path, "home/gu/hi/a.txt")
        monkeypatch.chdir(tmp_path / "home/ben/work")
        assert load_source("../work/a.txt", language_from_path=True).languages == ["und"]
        assert load_source("../../gu/hi", language_from_path=True).languages == ["hi"]

    @pytest.mark.parametrize("folder", ["en-de", "eng-kin", "deu-eng", "fr-ca"])
    def test_pair_in_a_path_is_undetermined_with_a_note(
        self, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        make(tmp_path, f"p/{folder}/c.txt")
        for name in ("p", f"p/{folder}/c.txt", "p/*/*.txt"):
            source = load_source(name, language_from_path=True)
            assert source.languages == ["und"]
            (note,) = source.notes
            assert note.startswith(f"{folder!r} in the path 'p/{folder}/c.txt' names a pair")

    def test_spelling_in_a_path_is_kept(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        for code in ("aka_Latn", "twi_Latn", "gu", "guj_Gujr"):
            make(tmp_path, f"p/{code}.txt")
        rows = compare(load_source("p", language_from_path=True)).rows
        assert {row.group: row.codes for row in rows} == {
            "ak-Latn": ("aka_Latn",),
            "tw-Latn": ("twi_Latn",),
            "gu": ("gu", "guj_Gujr"),
        }

    def test_selection_from_text_without_a_language(self, tmp_path: Path) -> None:
        make(tmp_path, "a.txt")
        source = load_source(tmp_path / "a.txt").select(["en", "gu"])
        with pytest.raises(SourceError, match="None of the text says its language, so none of it"):
            list(source)

    def test_language_of_a_record_wins_over_the_path(self, tmp_path: Path) -> None:
        path = tmp_path / "gu.jsonl"
        path.write_text('{"text": "a"}\n{"text": "b", "language": "te"}\n')
        source = load_source(str(path), language_from_path=True)
        assert [document.language for document in source] == ["gu", "te"]
        assert [d.text for d in source.select("te")] == ["b"]


def test_arguments_of_load_source() -> None:
    with pytest.raises(UnknownNameError, match="Unknown format 'xml'"):
        load_source("gpt-4o", input_format="xml")
    with pytest.raises(ArgumentError, match="name of a source must be a str, not int"):
        load_source([5])  # type: ignore[list-item]
    with pytest.raises(ArgumentError, match="The language must be a str"):
        load_source("gpt-4o", language=None)  # type: ignore[arg-type]
    assert load_source([str(SAMPLES)] * 5).name.endswith(" and 4 more")
