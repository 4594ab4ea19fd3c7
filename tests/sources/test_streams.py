"""A stream returns the bytes that were written, or an error with the position of the damage."""

from __future__ import annotations

import bz2
import codecs
import io
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.files import PACK, zstd
from tokcompare.errors import RecordError, SourceError, TokcompareError
from tokcompare.sources.compression import READ_SIZE
from tokcompare.sources.storage import display_name
from tokcompare.sources.streams import open_lines, open_text

CONTENT = "Hello, \u0ab9\u0ac7\u0ab2\u0acb!\n".encode() * 5


def content_of(path: Path | str) -> bytes:
    with open_text(str(path)) as file:
        return file.stream.read()


def give_standard_input(patch: pytest.MonkeyPatch, content: bytes) -> None:
    patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize("suffix", PACK)
class TestCompression:
    @given(parts=st.lists(st.binary(max_size=40), min_size=1, max_size=4))
    def test_concatenated_archives(
        self, suffix: str, parts: list[bytes], tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        path = tmp_path_factory.mktemp("parts") / f"a.txt{suffix}"
        path.write_bytes(b"".join(PACK[suffix](b"x" + part) for part in parts))
        expected = b"".join(b"x" + part for part in parts)
        if b"\0" in expected:
            with pytest.raises(SourceError, match="binary"):
                content_of(path)
        else:
            assert content_of(path) == expected

    def test_empty_content_and_padding(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"a{suffix}"
        path.write_bytes(PACK[suffix](b""))
        assert content_of(path) == b""
        path.write_bytes(PACK[suffix](b"") + PACK[suffix](b"abc") + bytes(512))
        assert content_of(path) == b"abc"

    def test_detected_by_first_bytes(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / "no suffix"
        path.write_bytes(PACK[suffix](CONTENT))
        assert content_of(path) == CONTENT
        path.write_bytes(PACK[suffix](b""))
        assert content_of(path) == b""

    def test_cut_at_every_byte(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"a.txt{suffix}"
        packed = PACK[suffix](CONTENT)
        for length in range(len(packed)):
            path.write_bytes(packed[:length])
            with pytest.raises(
                SourceError, match=r"ends too early|empty|first bytes are different"
            ):
                content_of(path)

    def test_second_archive_cut_at_every_byte(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"a.txt{suffix}"
        packed = PACK[suffix](CONTENT)
        for length in range(1, len(packed)):
            path.write_bytes(packed + packed[:length])
            with open_text(str(path)) as file:
                assert file.stream.read(len(CONTENT)) == CONTENT  # the first archive
                with pytest.raises(RecordError, match="ends too early") as raised:
                    file.stream.read()
            assert raised.value.offset is not None
            assert raised.value.offset >= len(CONTENT)

    def test_each_byte_changed(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"a.txt{suffix}"
        packed = PACK[suffix](CONTENT)
        refused = 0
        for position in range(len(packed)):
            damaged = bytearray(packed)
            damaged[position] ^= 0x55
            path.write_bytes(damaged)
            try:
                assert content_of(path) == CONTENT  # the date of gzip, for example
            except TokcompareError:
                refused += 1
        assert refused > 0.8 * len(packed)

    @pytest.mark.parametrize("junk", [b"J", b"junk", b"junk" * 10])
    def test_junk_at_the_end(self, suffix: str, junk: bytes, tmp_path: Path) -> None:
        path = tmp_path / f"a.txt{suffix}"
        path.write_bytes(PACK[suffix](CONTENT) + junk)
        with pytest.raises(RecordError, match=r"archive (is damaged|ends too early)"):
            content_of(path)

    def test_empty_file(self, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"a.txt{suffix}"
        path.write_bytes(b"")
        with pytest.raises(RecordError, match="byte 0: the file is empty, so it is not a"):
            content_of(path)

    @pytest.mark.parametrize("other", [*PACK, ""])
    def test_suffix_of_another_compression(self, suffix: str, other: str, tmp_path: Path) -> None:
        if suffix == other:
            return
        path = tmp_path / f"a.txt{suffix}"
        path.write_bytes(PACK.get(other, bytes)(CONTENT))
        with pytest.raises(
            SourceError, match=r"a\.txt.* is not a \w+ file, although its suffix says so"
        ):
            content_of(path)

    def test_on_standard_input(self, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
        give_standard_input(monkeypatch, PACK[suffix](CONTENT))
        assert content_of("-") == CONTENT

    def test_lines_before_the_damage_are_returned(self, suffix: str, tmp_path: Path) -> None:
        lines = b"".join(b"%d %s\n" % (n, bytes([65 + n * 7 % 26]) * 9) for n in range(50_000))
        path = tmp_path / f"a.txt{suffix}"
        # Two archives: how much of the cut one is decompressed depends on its library.
        path.write_bytes(PACK[suffix](lines) + PACK[suffix](lines)[:-5])
        read: list[bytes] = []
        with pytest.raises(RecordError, match="ends too early"), open_text(str(path)) as file:
            read.extend(file.stream)
        assert len(read) >= 50_000
        assert b"".join(read) == (lines + lines)[: len(b"".join(read))]


def test_skippable_zstd_frames(tmp_path: Path) -> None:
    # RFC 8878, 3.1.2: magic number 0x184D2A5?, four bytes of length, and as many bytes.
    skipped = b"\x5e\x2a\x4d\x18\x03\x00\x00\x00abc"
    path = tmp_path / "a.txt.zst"
    path.write_bytes(skipped + zstd.compress(b"one ") + skipped + zstd.compress(b"two") + skipped)
    assert content_of(path) == b"one two"


def test_zstd_without_checksum_does_not_detect_a_changed_literal(tmp_path: Path) -> None:
    # A frame of one raw block without a checksum: a changed byte cannot be detected.
    packed = bytearray(zstd.compress(b"abc"))
    assert packed.endswith(b"abc")
    packed[-1] ^= 1
    path = tmp_path / "a.txt.zst"
    path.write_bytes(packed)
    assert content_of(path) == b"abb"


@pytest.mark.parametrize("text", ["BZh", "BZhello, this begins like bzip2", "BZh9 is no block"])
def test_text_that_begins_like_an_archive(text: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)
    assert content_of(path) == text.encode()


class TestByteOrderMarks:
    @pytest.mark.parametrize(
        ("mark", "encoding"),
        [
            (codecs.BOM_UTF8, "utf-8"),
            (codecs.BOM_UTF16_LE, "utf-16-le"),
            (codecs.BOM_UTF16_BE, "utf-16-be"),
            (codecs.BOM_UTF32_LE, "utf-32-le"),
            (codecs.BOM_UTF32_BE, "utf-32-be"),
        ],
    )
    @pytest.mark.parametrize("suffix", ["", *PACK])
    def test_each_mark_in_each_archive(
        self, mark: bytes, encoding: str, suffix: str, tmp_path: Path
    ) -> None:
        # Long enough for characters to be split between chunks: 3 bytes of UTF-8, or 2, or 4.
        text = "a" + "\u0ab9\U0001f600\n" * 200_000
        path = tmp_path / f"a.txt{suffix}"
        path.write_bytes(PACK.get(suffix, bytes)(mark + text.encode(encoding)))
        assert content_of(path) == text.encode()
        path.write_bytes(PACK.get(suffix, bytes)(mark))
        assert content_of(path) == b""

    def test_only_one_mark_is_removed(self, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_bytes(codecs.BOM_UTF8 * 2 + b"a")
        assert content_of(path) == codecs.BOM_UTF8 + b"a"

    @pytest.mark.parametrize(
        ("content", "offset", "reason"),
        [
            (b"\xff\xfea\0b\0c", 6, r"UTF-16 \(truncated data\)"),
            (b"\xff\xfea\0\x00\xd8b\0", 4, r"UTF-16 \(illegal UTF-16 surrogate\)"),
            (b"\xff\xfea\0\x00\xdcb\0", 4, r"UTF-16 \(illegal encoding\)"),
            (b"\xfe\xff\0a\xd8\0", 4, r"UTF-16 \(unexpected end of data\)"),
            (b"\xff\xfe\0\0a\0\0\0\xff\xff\xff\xff", 8, "UTF-32"),
            (b"\xff\xfe" + b"a\0" * 700_000 + b"\x00\xdc", 1_400_002, "UTF-16"),
        ],
    )
    def test_invalid(self, content: bytes, offset: int, reason: str, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_bytes(content)
        with pytest.raises(RecordError, match=reason) as raised:
            content_of(path)
        assert raised.value.offset == offset

    def test_lines_before_an_invalid_byte_are_returned(self, tmp_path: Path) -> None:
        path = tmp_path / "a.txt"
        path.write_bytes(b"\xff\xfea\0\n\0b\0\n\0c\0\x00\xdc")
        lines: list[bytes] = []
        with pytest.raises(RecordError, match="byte 12: invalid UTF-16"):  # noqa: SIM117
            with open_text(str(path)) as file:
                lines.extend(file.stream)
        assert lines == [b"a\n", b"b\n"]

    def test_archives_of_one_byte(self, tmp_path: Path) -> None:
        # A mark that is read byte by byte is detected, too.
        content = codecs.BOM_UTF16_LE + "hé".encode("utf-16-le")
        path = tmp_path / "a.txt.bz2"
        path.write_bytes(b"".join(bz2.compress(content[n : n + 1]) for n in range(len(content))))
        assert content_of(path) == "hé".encode()


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\0",
        b"text\0",
        b"a" * 8191 + b"\0",
        codecs.BOM_UTF8 + b"\0",
        "a\0b".encode("utf-16-le"),  # UTF-16 without a mark
        b"\x7fELF\x02\x01\x01\0",
        b"PAR1\x15\x04\x15\0",
    ],
)
def test_binary_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "image.txt"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"image\.txt' looks like a binary file") as raised:
        content_of(path)
    assert ("if so, name that as its format" in str(raised.value)) == content.startswith(b"PAR1")


class TestUnreadableFiles:
    def test_missing_and_folder(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match=r"nope' cannot be read: No such file"):
            content_of(tmp_path / "nope")
        with pytest.raises(SourceError, match="cannot be read: Is a directory"):
            content_of(tmp_path)

    def test_closed_standard_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", None)
        with pytest.raises(SourceError, match="Standard input is closed; name a file"):
            content_of("-")

    def test_disk_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Failing(io.RawIOBase):
            reads = 0

            def readable(self) -> bool:
                return True

            def readinto(self, buffer: object) -> int:
                self.reads += 1
                if self.reads > 1:
                    raise OSError(5, "Input/output error")
                memoryview(buffer)[:4] = b"abc\n"  # type: ignore[arg-type]
                return 4

        class Input:
            buffer = Failing()

        monkeypatch.setattr(sys, "stdin", Input())
        lines: list[bytes] = []
        message = r"byte 4: the file cannot be read: Input/output error"
        with pytest.raises(RecordError, match=message), open_text("-") as file:
            lines.extend(file.stream)
        assert lines == [b"abc\n"]

    def test_non_blocking_input(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Empty(io.RawIOBase):
            def readable(self) -> bool:
                return True

            def readinto(self, buffer: object) -> None:
                return None

        class Input:
            buffer = Empty()

        monkeypatch.setattr(sys, "stdin", Input())
        with pytest.raises(RecordError, match="no data is available yet"):
            content_of("-")


class TestOpenLines:
    @pytest.fixture
    def path(self, tmp_path: Path) -> str:
        path = tmp_path / "a"
        path.write_bytes(b"a" * 3 * READ_SIZE + b"\nb\nc\n")
        return str(path)

    @pytest.mark.parametrize("stop", [None, 3 * READ_SIZE + 3])
    def test_first_line_after_the_position(self, path: str, stop: int | None) -> None:
        with open_lines(path, 10, stop) as stream:
            assert (stream.offset, stream.stream.read()) == (3 * READ_SIZE + 1, b"b\nc\n")

    def test_search_for_a_line_ends_at_the_stop(self, path: str) -> None:
        with open_lines(path, 10, 20) as stream:
            assert stream.offset == 9 + READ_SIZE

    def test_truncated_file(self, path: str) -> None:
        with pytest.raises(RecordError, match="byte 9999999: the file became shorter while it"):
            open_lines(path, 10_000_000, None).__enter__()


@pytest.mark.parametrize(
    ("path", "name"),
    [("-", "(standard input)"), ("a\udcff", "a\\xff"), ("\ud800", "\\ud800"), ("é\n", "é\n")],
)
def test_display_name(path: str, name: str) -> None:
    assert display_name(path) == name
