"""Hugging Face's tokenizer.json files, trained here: equal to the library `tokenizers`."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from tokenizers import (
    AddedToken,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from tests.platforms import needs_links, posix_only
from tests.strategies import TEXT, examples
from tokcompare import VocabularyError, load_encoding
from tokcompare.bundled import data_path
from tokcompare.encodings import load_encodings
from tokcompare.encodings.kinds.huggingface import HuggingFaceEncoding
from tokcompare.errors import ArgumentError
from tokcompare.text import replace_surrogates


@cache
def articles() -> list[str]:
    lines = data_path("samples", "udhr.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


@cache
def byte_level() -> str:
    """The kind of Llama 3 and DeepSeek: byte pairs in text that a pattern splits."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1_000,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(articles(), trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)]
    )
    return tokenizer.to_str()


@cache
def unigram() -> str:
    """The kind of T5 and XLM-R: pieces, a mark for spaces, an unknown token."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=800, special_tokens=["<s>", "<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(articles()[:60], trainer)
    return tokenizer.to_str()


@cache
def wordpiece() -> str:
    """The kind of BERT: words and pieces of words, in lower case, without accents."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=1_000, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], show_progress=False
    )
    tokenizer.train_from_iterator(articles()[:60], trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.enable_truncation(8)
    tokenizer.enable_padding(length=16)
    return tokenizer.to_str()


KINDS: dict[str, Callable[[], str]] = {
    "byte_level": byte_level,
    "unigram": unigram,
    "wordpiece": wordpiece,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tokenizer.json of each kind, each in a folder of its own."""
    folder = tmp_path_factory.mktemp("tokenizers")
    for kind, make in KINDS.items():
        (folder / kind).mkdir()
        (folder / kind / "tokenizer.json").write_text(make(), "utf-8")
    return folder


def load(path: Path) -> HuggingFaceEncoding:
    encoding = load_encoding(str(path))
    assert isinstance(encoding, HuggingFaceEncoding)
    return encoding


def write(path: Path, description: dict[str, Any]) -> HuggingFaceEncoding:
    path.write_text(json.dumps(description), "utf-8")
    return load(path)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=examples(300), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT)
def test_equals_tokenizers(folder: Path, kind: str, text: str) -> None:
    reference = Tokenizer.from_str(KINDS[kind]())
    reference.no_truncation()
    reference.no_padding()
    # The only difference from the library: special tokens are not searched for.
    assume("<|endoftext|>" not in text)
    expected = reference.encode(replace_surrogates(text), add_special_tokens=False).ids
    encoding = load(folder / kind / "tokenizer.json")
    assert encoding.encode(text) == expected
    assert encoding.decode(expected) == reference.decode(expected, skip_special_tokens=False)
    assert all(0 <= token < encoding.vocabulary_size for token in expected)


@pytest.mark.parametrize("kind", KINDS)
def test_equals_tokenizers_on_articles(folder: Path, kind: str) -> None:
    reference = Tokenizer.from_str(KINDS[kind]())
    reference.no_truncation()
    reference.no_padding()
    encoding = load(folder / kind / "tokenizer.json")
    for article in articles():
        assert encoding.encode(article) == reference.encode(article, add_special_tokens=False).ids


@pytest.mark.parametrize(
    ("kind", "special", "keeps_text", "unknown"),
    [
        ("byte_level", "<|endoftext|>", True, None),
        ("unigram", "<s>", False, "<unk>"),
        ("wordpiece", "[CLS]", False, "[UNK]"),
    ],
)
def test_properties(
    folder: Path, kind: str, special: str, keeps_text: bool, unknown: str | None
) -> None:
    encoding = load(folder / kind / "tokenizer.json")
    reference = Tokenizer.from_str(KINDS[kind]())
    assert encoding.name == kind
    assert encoding.vocabulary_size == reference.get_vocab_size()
    assert (encoding.library, encoding.cuts_at_space) == ("tokenizers", False)
    assert encoding.keeps_text is keeps_text
    expected = None if unknown is None else reference.token_to_id(unknown)
    assert encoding.unknown_token == expected
    # The library itself finds the special token.
    token = reference.token_to_id(special)
    assert token in reference.encode(f"a {special} b", add_special_tokens=False).ids
    # A Unigram model has the special token among its pieces.
    assert (token in encoding.encode(f"a {special} b")) is (kind == "unigram")


def test_unknown_character_is_the_unknown_token(folder: Path) -> None:
    encoding = load(folder / "wordpiece" / "tokenizer.json")
    assert encoding.encode("𐍈") == [encoding.unknown_token]
    assert encoding.decode([1]) == "[UNK]"


def test_truncation_and_padding_are_off(folder: Path) -> None:
    encoding = load(folder / "wordpiece" / "tokenizer.json")
    assert len(encoding.encode("a")) == 1
    assert len(encoding.encode("a " * 100)) == 100


@settings(max_examples=examples(500), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXT)
def test_text_that_is_kept_comes_back(folder: Path, text: str) -> None:
    encoding = load(folder / "byte_level" / "tokenizer.json")
    assert encoding.keeps_text
    assert encoding.decode(encoding.encode(text)) == replace_surrogates(text)


SPLIT = {"type": "Split", "pattern": {"Regex": r"\s+"}, "invert": False}
TO_BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}


def added(content: str, **options: bool) -> dict[str, Any]:
    flags = dict.fromkeys(["single_word", "lstrip", "rstrip", "normalized", "special"], False)
    return {"content": content} | flags | options


class TestKeepsText:
    """True only for files that lose nothing. For each other file a text shows the loss."""

    @pytest.fixture
    def description(self) -> dict[str, Any]:
        description: dict[str, Any] = json.loads(byte_level())
        return description

    @pytest.mark.parametrize("behavior", ["Isolated", "MergedWithPrevious", "Contiguous"])
    def test_split(self, tmp_path: Path, description: dict[str, Any], behavior: str) -> None:
        steps = [SPLIT | {"behavior": behavior}, TO_BYTES | {"use_regex": False}]
        description["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}
        encoding = write(tmp_path / "a.json", description)
        assert encoding.keeps_text
        assert encoding.decode(encoding.encode(" a  b\n")) == " a  b\n"

    @pytest.mark.parametrize(
        ("changes", "text"),
        [
            ({"normalizer": {"type": "NFC"}}, "e\u0301"),
            ({"normalizer": {"type": "Lowercase"}}, "A"),
            ({"pre_tokenizer": TO_BYTES | {"add_prefix_space": True}}, "a"),
            ({"pre_tokenizer": None}, " "),
            ({"pre_tokenizer": {"type": "Whitespace"}}, "a b"),
            (
                {
                    "pre_tokenizer": {
                        "type": "Sequence",
                        "pretokenizers": [SPLIT | {"behavior": "Removed"}, TO_BYTES],
                    }
                },
                "a b",
            ),
            (
                {
                    "pre_tokenizer": {
                        "type": "Sequence",
                        "pretokenizers": [{"type": "WhitespaceSplit"}, TO_BYTES],
                    }
                },
                "a b",
            ),
            (
                {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [TO_BYTES, TO_BYTES]}},
                "é",
            ),
            ({"decoder": None}, "a b c"),
            ({"decoder": {"type": "Fuse"}}, " "),
        ],
    )
    def test_steps_that_lose_text(
        self, tmp_path: Path, description: dict[str, Any], changes: dict[str, Any], text: str
    ) -> None:
        encoding = write(tmp_path / "a.json", description | changes)
        assert encoding.keeps_text is False
        assert encoding.decode(encoding.encode(text)) != text

    @pytest.mark.parametrize(
        ("token", "text", "keeps_text"),
        [
            (added("<tool>"), "a <tool> b", True),
            (added("éa\u0300 "), "éa\u0300 ", True),
            (added("<s>", lstrip=True, special=True), "a <s> b", True),
            (added("<tool>", lstrip=True), "a <tool> b", False),
            (added("<tool>", rstrip=True), "a <tool> b", False),
            # The decoder reads each of these letters as a byte.
            (added("éé"), "éé", False),
        ],
    )
    def test_added_tokens(
        self,
        tmp_path: Path,
        description: dict[str, Any],
        token: dict[str, Any],
        text: str,
        keeps_text: bool,
    ) -> None:
        token["id"] = len(description["model"]["vocab"])
        description["added_tokens"].append(token)
        encoding = write(tmp_path / "a.json", description)
        assert encoding.keeps_text is keeps_text
        assert (encoding.decode(encoding.encode(text)) == text) is keeps_text

    def test_byte_without_token(self, tmp_path: Path, description: dict[str, Any]) -> None:
        vocabulary, merges = description["model"]["vocab"], description["model"]["merges"]
        del vocabulary["\u0100"]
        description["model"]["merges"] = [pair for pair in merges if "\u0100" not in "".join(pair)]
        encoding = write(tmp_path / "a.json", description)
        assert encoding.keeps_text is False
        assert encoding.encode("a\0") == encoding.encode("a")

    def test_two_tokens_of_one_id(self, tmp_path: Path, description: dict[str, Any]) -> None:
        vocabulary = description["model"]["vocab"]
        vocabulary["b"] = vocabulary["a"]
        description["model"]["merges"] = []
        encoding = write(tmp_path / "a.json", description)
        assert encoding.keeps_text is False
        assert encoding.encode("b") == encoding.encode("a")

    def test_added_token_of_the_id_of_another(
        self, tmp_path: Path, description: dict[str, Any]
    ) -> None:
        token = added("<tool>") | {"id": description["model"]["vocab"]["a"]}
        description["added_tokens"].append(token)
        assert write(tmp_path / "a.json", description).keeps_text is False

    @pytest.mark.parametrize("option", ["continuing_subword_prefix", "end_of_word_suffix"])
    def test_marks_of_words(self, tmp_path: Path, description: dict[str, Any], option: str) -> None:
        description["model"] |= {option: "@", "merges": []}
        assert write(tmp_path / "a.json", description).keeps_text is False


class TestErrors:
    @pytest.mark.parametrize(
        "content",
        [
            *(b"{}", b"null", b"[" * 100_000, b"\xff", b'{"model": [7]}', b'{"model": {}}'),
            b'{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}',
        ],
    )
    def test_malformed(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "a.json"
        path.write_bytes(content)
        message = r"^The file '.*a\.json' is not a tokenizer\.json that `tokenizers` can read: "
        with pytest.raises(VocabularyError, match=message):
            load_encoding(str(path))

    @pytest.mark.parametrize(
        ("content", "kind"),
        [(b"", "is empty"), (b'{"model": 7}', "is a vocabulary without the rules")],
    )
    def test_file_of_another_kind(self, tmp_path: Path, content: bytes, kind: str) -> None:
        path = tmp_path / "a.json"
        path.write_bytes(content)
        with pytest.raises(VocabularyError, match=rf"^The file '.*a\.json' {kind}"):
            load_encoding(str(path))

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(VocabularyError, match=r"a\.json' cannot be read: No such file"):
            load_encoding(str(tmp_path / "a.json"))

    @pytest.mark.parametrize("path", ["a\0/a/tokenizer.json", "~no-such-user/tokenizer.json"])
    def test_invalid_path(self, path: str) -> None:
        with pytest.raises(VocabularyError, match=r"cannot be (read: embedded|resolved: C)"):
            load_encoding(path)
        with pytest.raises(VocabularyError, match=r"cannot be (read: embedded|resolved: C)"):
            load_encoding(f"own={path}")

    def test_dropout(self, tmp_path: Path) -> None:
        description = json.loads(byte_level())
        description["model"]["dropout"] = 0.1
        with pytest.raises(VocabularyError, match=r"has a dropout of 0\.1: its tokens are random"):
            write(tmp_path / "a.json", description)

    def test_no_pattern(self, folder: Path) -> None:
        with pytest.raises(ArgumentError, match=r"rank file, not for unigram\."):
            load_encoding(str(folder / "unigram" / "tokenizer.json"), pattern=".")

    def test_text_that_cannot_be_encoded(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        path.write_text(Tokenizer(models.WordLevel({"a": 0}, "[UNK]")).to_str())
        encoding = load(path)
        assert encoding.unknown_token is None
        with pytest.raises(VocabularyError, match=r"'a' failed on a text of 1 characters: .*UNK"):
            encoding.encode("b")

    def test_panic_becomes_an_error(
        self, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        description = json.loads(byte_level())
        pattern = {"Regex": "(a|a)*b|(x+x+)+y"}
        steps = [SPLIT | {"pattern": pattern, "behavior": "Isolated"}, TO_BYTES]
        description["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": steps}
        encoding = write(tmp_path / "a.json", description)
        with pytest.raises(VocabularyError, match="failed on a text of 5,000 characters"):
            encoding.encode("x" * 5_000)
        assert "panicked" in capfd.readouterr().err
        assert encoding.decode(encoding.encode("xy")) == "xy"

    def test_not_a_text(self, folder: Path) -> None:
        with pytest.raises(ArgumentError, match="A text must be a str, not bytes"):
            load(folder / "unigram" / "tokenizer.json").encode(b"a")  # type: ignore[arg-type]

    def test_library_is_missing(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "tokenizers", None)
        path = folder / "unigram" / "tokenizer.json"
        with pytest.raises(VocabularyError, match=r"pip install 'tokcompare\[hf\]'"):
            load_encoding(f"fresh={path}")


def test_pickles_as_its_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    encoding = load(Path("byte_level", "tokenizer.json"))
    pickled = pickle.dumps(encoding)
    assert len(pickled) < 500
    code = (
        "import pickle, sys; encoding = pickle.loads(sys.stdin.buffer.read());"
        "print(encoding.name, *encoding.encode('All human beings'))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], input=pickled, capture_output=True, check=True, cwd="/"
    )
    tokens = map(str, encoding.encode("All human beings"))
    assert process.stdout.decode().split() == ["byte_level", *tokens]
    assert process.stderr == b""


def test_pickle_of_a_file_that_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(wordpiece(), "utf-8")
    pickled = pickle.dumps(load(path))
    path.write_text(unigram(), "utf-8")
    with pytest.raises(VocabularyError, match="has changed: its SHA-256 was"):
        pickle.loads(pickled)
    # Loading it again, without the pickle, takes the new file.
    assert load(path).encode("All") == Tokenizer.from_str(unigram()).encode("All").ids


class TestNames:
    def test_given_name(self, folder: Path) -> None:
        path = folder / "unigram" / "tokenizer.json"
        assert load_encoding(f"t5={path}").name == "t5"

    def test_stem(self, folder: Path, tmp_path: Path) -> None:
        path = tmp_path / "bert-base.json"
        path.write_bytes((folder / "wordpiece" / "tokenizer.json").read_bytes())
        assert load_encoding(str(path)).name == "bert-base"

    @needs_links
    def test_in_the_cache_of_hugging_face(self, folder: Path, tmp_path: Path) -> None:
        path = tmp_path / "models--Qwen--Qwen3-8B" / "snapshots" / "0a1b2c" / "tokenizer.json"
        path.parent.mkdir(parents=True)
        (tmp_path / "blob").write_bytes((folder / "wordpiece" / "tokenizer.json").read_bytes())
        path.symlink_to(tmp_path / "blob")
        encoding = load(path)
        assert encoding.name == "Qwen3-8B"
        assert pickle.loads(pickle.dumps(encoding)) is encoding

    def test_folder_is_resolved(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(folder / "unigram")
        assert load_encoding("tokenizer.json").name == "unigram"
        assert load_encoding("../byte_level/../wordpiece/tokenizer.json").name == "wordpiece"
        monkeypatch.chdir(folder)
        (folder / "unigram" / "onnx").mkdir(exist_ok=True)
        assert load_encoding("unigram/onnx/../tokenizer.json").name == "unigram"

    def test_path_with_equals_sign(self, folder: Path, tmp_path: Path) -> None:
        path = tmp_path / "a=b.json"
        path.write_bytes((folder / "wordpiece" / "tokenizer.json").read_bytes())
        assert load_encoding(f"own={path}").name == "own"
        with pytest.raises(ArgumentError, match=r"would be called 'a=b', .* NAME=PATH"):
            load_encoding(str(path))

    def test_two_with_the_same_name(self, folder: Path, tmp_path: Path) -> None:
        other = tmp_path / "unigram"
        other.mkdir()
        (other / "tokenizer.json").write_text(wordpiece(), "utf-8")
        paths = [str(folder / "unigram" / "tokenizer.json"), str(other / "tokenizer.json")]
        with pytest.raises(ArgumentError, match=r"both be called 'unigram'; name one .* NAME=PATH"):
            load_encodings(paths)
        loaded = load_encodings([paths[0], f"other={paths[1]}"])
        assert [encoding.name for encoding in loaded] == ["unigram", "other"]

    def test_name_of_tiktoken(self, folder: Path) -> None:
        path = folder / "unigram" / "tokenizer.json"
        with pytest.raises(ArgumentError, match="is not 'o200k_base', which is an encoding of tik"):
            load_encoding(f"o200k_base={path}")

    @pytest.mark.parametrize("given", ["a=", "a=b", "a=o200k_base"])
    def test_name_without_a_path(self, given: str) -> None:
        with pytest.raises(ArgumentError, match=r"is not NAME=PATH: the path must end in"):
            load_encoding(given)


def test_added_token_is_found_as_in_the_library(tmp_path: Path) -> None:
    tokenizer = Tokenizer.from_str(byte_level())
    tokenizer.add_tokens([AddedToken("human beings", normalized=False)])
    path = tmp_path / "a.json"
    tokenizer.save(str(path))
    encoding = load(path)
    assert encoding.encode("human beings") == [tokenizer.token_to_id("human beings")]
    assert encoding.vocabulary_size == tokenizer.get_vocab_size()


@posix_only
@pytest.mark.parametrize("kind", KINDS)
def test_forking_is_silent(folder: Path, kind: str) -> None:
    # The library warns in a forked process if it encoded with threads before.
    code = (
        "import os, sys; from tokcompare import load_encoding;"
        "encoding = load_encoding(sys.argv[1]); encoding.encode('human ' * 10_000);"
        "pid = os.fork(); pid and os.waitpid(pid, 0);"
        "print(*encoding.encode('human'), flush=True); pid or os._exit(0)"
    )
    path = str(folder / kind / "tokenizer.json")
    process = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True)
    line = " ".join(map(str, load_encoding(path).encode("human"))).encode() + b"\n"
    assert (process.stdout, process.stderr) == (line * 2, b"")
