"""The page of a report: one file, no request, every number in it, nothing of the user's texts."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import subprocess
from html import unescape
from pathlib import Path

import html5lib
import pytest

import tokcompare.cli.pages
from tests.command import TOKCOMPARE, invoke
from tokcompare import compare
from tokcompare.cli.pages import command_line
from tokcompare.sources.source import load_samples

MARKER = "zyxwabc"
FOUR = ["-e", "cl100k_base", "-e", "llama3", "-e", "deepseek-v3", "-e", "o200k_base"]
HOSTILE = "</script><script>document.title='run'</script>\"'><img src=x onerror=alert(1)>\u202e\x1b"


def page_of(*arguments: str) -> str:
    result = invoke(*arguments, "-f", "html")
    assert result.exit_code == 0, result.stderr
    return result.stdout


def text_of(html: str) -> str:
    body = re.sub(r"<(script|style)>.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def texts_of(html: str) -> dict[str, str]:
    """Returns the texts that are drawn with their tokens, by their names."""
    found = re.findall(r'<span class="who">([^<]*).*?<p class="cut"[^>]*>(.*?)</p>', html, re.S)
    return {name.strip(): unescape(re.sub("<[^>]*>", "", text)) for name, text in found}


def tokens_of(html: str) -> str:
    return html.partition('<section id="tokens"')[2]


def check(html: str) -> None:
    """Checks that a page is valid, and needs nothing outside of it."""
    html5lib.HTMLParser(strict=True).parse(html)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for kind in ("style", "script"):
        (content,) = re.findall(rf"<{kind}>(.*?)</{kind}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    tags = re.findall(r"<[a-z][^>]*>", html)
    assert not [tag for tag in tags if re.search(r'\s(style|on[a-z]+)="', tag)]
    links = [link for tag in tags for link in re.findall(r'\s(?:href|src)="([^"]*)"', tag)]
    assert {link for link in links if not link.startswith("#")} == {"data:,"}
    ids = re.findall(r'<[^>]*\sid="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]", html)


@pytest.fixture(scope="module")
def samples() -> str:
    return page_of("report")


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        (["report"], 300_000),
        (["report", "udhr"], 300_000),
        pytest.param(["report", *FOUR], 450_000, marks=pytest.mark.slow),
        pytest.param(["report", "udhr", *FOUR], 450_000, marks=pytest.mark.slow),
        (["report", "-e", "o200k_base"], 300_000),
        pytest.param(["report", "udhr", "-m", "all"], 400_000, marks=pytest.mark.slow),
        (["cost"], 300_000),
        (["cost", "--to", "gpt-4o", "--to", "gpt-4o-mini"], 300_000),
        (["context"], 300_000),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_page_is_valid_and_small(arguments: list[str], most: int) -> None:
    html = page_of(*arguments)
    check(html)
    assert len(html.encode()) < most


def test_page_has_the_numbers_of_the_comparison(samples: str) -> None:
    text = text_of(samples)
    comparison = compare()
    assert "The same text takes 2.08 times fewer tokens under o200k_base" in text
    assert "1,230 → , now 591" in text
    assert "18 of 20" in text
    table = re.search(r'<table class="figures-table.*?</table>', samples, re.DOTALL)
    assert table is not None
    rows = re.findall(r"<tr.*?(?=<tr|</table)", table[0], re.DOTALL)[1:]
    assert len(rows) == len(comparison.rows) + 1
    every = [*(row.counts for row in comparison.rows), comparison.total]
    for counts, shown in zip(every, rows, strict=True):
        for name in comparison.encodings:
            assert f">{counts.tokens[name]:,}<" in shown


NEUTRAL = "Each line goes from the old number of tokens to the new one."


@pytest.mark.parametrize(
    ("arguments", "said", "unsaid"),
    [
        (
            [],
            [
                "The same text takes 2.08 times fewer tokens under o200k_base than under",
                "Gujarati gains most (4.39×), French least (1.11×).",
                "of the tokens saved 52.0%",
                f"{NEUTRAL} The new numbers stand closer together: the largest is 2.0 times the "
                "smallest, of the old ones 5.9 times.",
            ],
            ["loses most"],
        ),
        (
            ["-e", "o200k_base", "-e", "cl100k_base"],
            [
                "The same text takes 2.08 times more tokens under cl100k_base than under",
                "Gujarati loses most (0.23×), French least (0.90×).",
                "more tokens 108.1%",
                NEUTRAL,
                "145 tokens under cl100k_base, 4.39 times more.",
            ],
            ["gains most", "stand closer", "of the tokens saved"],
        ),
        (
            ["udhr", "-l", "en"],
            ["The same text takes about as many tokens under o200k_base as under", NEUTRAL],
            ["times fewer tokens under", "gains most", "loses most", "stand closer"],
        ),
    ],
    ids=["gain", "loss", "same"],
)
def test_words_follow_the_numbers(arguments: list[str], said: list[str], unsaid: list[str]) -> None:
    text = text_of(page_of("report", *arguments))
    for sentence in said:
        assert sentence in text
    for sentence in unsaid:
        assert sentence not in text


def test_the_same_number_of_tokens_and_none(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text":"Hello"}\n{"text":" outraged नम","language":"hi"}\n')
    text = text_of(page_of("report", str(path)))
    assert "Hindi gains most" in text
    path.write_text('{"text":"Hello"}\n')
    text = text_of(page_of("report", str(path)))
    assert "The same text takes as many tokens under o200k_base as under cl100k_base ." in text
    assert "gains most" not in text
    path.write_text('{"text":""}\n')
    html = page_of("report", str(path))
    check(html)
    assert 'id="chart"' not in html
    assert "How many tokens the same text takes under cl100k_base and o200k_base" in text_of(html)


def test_a_baseline_without_tokens_is_not_called_equal(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text":"Hello","usage":0}\n')
    text = text_of(page_of("report", str(path), "-e", "a=field:usage", "-e", "o200k_base"))
    assert "How many tokens the same text takes under" in text
    assert "about as many" not in text


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "The same text costs 9.50 times less with gpt-4o than with gpt-4-turbo."),
        (
            ["--from", "gpt-4o", "--to", "gpt-4-turbo"],
            "The same text costs 9.50 times more with gpt-4-turbo than with gpt-4o.",
        ),
        (
            ["--from", "gpt-4o", "--to", "claude-sonnet-4-5", "--encoding", "cl100k_base"],
            "The same text costs ≈ 2.85 times more with claude-sonnet-4-5 than with gpt-4o.",
        ),
    ],
)
def test_words_of_costs(arguments: list[str], said: str) -> None:
    assert said in text_of(page_of("cost", *arguments))


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["report", "-o", "a.html"], "tokcompare report -f html"),
        (["report", "--output", "a.html", "udhr"], "tokcompare report udhr -f html"),
        (["report", "-oa.html", "-f", "html"], "tokcompare report -f html"),
        (["cost", "--output=b.htm", "-l", "hi"], "tokcompare cost -l hi -f html"),
        (["report", "-o", "a.html", "--", "-b.txt"], "tokcompare report -f html -- -b.txt"),
    ],
)
def test_the_command_that_makes_the_page_again_has_no_name_of_a_file(
    arguments: list[str], shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["tokcompare", *arguments])
    assert command_line() == shown


def test_page_is_the_same_under_each_name(tmp_path: Path) -> None:
    for name in ("a.html", "folder/b.htm"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        subprocess.run([*TOKCOMPARE, "report", "-l", "hi", "-o", str(tmp_path / name)], check=True)
    page = (tmp_path / "a.html").read_bytes()
    assert page == (tmp_path / "folder" / "b.htm").read_bytes()
    assert str(tmp_path).encode() not in page


def test_dashes_are_tokens(samples: str) -> None:
    """The dashes under each text are as many as the tokens that are counted in it."""
    texts = re.findall(r'<p class="cut"[^>]*>(.*?)</p>', samples)
    rows = compare().rows
    assert len(texts) == len(rows)
    for row, text in zip(rows, texts, strict=True):
        for letter, name in zip("ab", ("cl100k_base", "o200k_base"), strict=True):
            dashes = 0
            for classes in re.findall(r'<i(?: class="([^"]*)")?>', text):
                numbers = re.findall(rf"\b{letter}(\d+)\b", classes)
                dashes += int(numbers[0]) if numbers else 1
                dashes -= f"{letter}j" in classes.split()
            assert dashes == row.counts.tokens[name], (row.name, name)


def test_text_is_whole_in_the_drawing(samples: str) -> None:

    shown = [re.sub("<[^>]*>", "", text) for text in re.findall(r'<p class="cut".*?</p>', samples)]
    import html

    assert sorted(map(html.unescape, shown)) == sorted(
        str(document.text) for document in load_samples("gpt-4o")
    )


@pytest.mark.slow
def test_page_is_the_same_under_each_hash_seed(tmp_path: Path) -> None:
    pages = []
    for seed in ("1", "2"):
        process = subprocess.run(
            [*TOKCOMPARE, "report", "udhr", "-f", "html"],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        pages.append(process.stdout)
    assert pages[0] == pages[1]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Documents of a user, each with a word that is nowhere else, and with others."""
    path = tmp_path / "corpus.jsonl"
    texts = {
        "en": [f"{MARKER}{n} and some other words {'more ' * n}" for n in range(7)],
        "gu": [f"{MARKER}{n} હેલો, મારું નામ {'નામ ' * n * n}" for n in range(7)],
    }
    path.write_text(
        "".join(
            json.dumps({"text": text, "language": code}) + "\n"
            for code, some in texts.items()
            for text in some
        )
    )
    return path


def test_text_of_the_user_is_not_shown(corpus: Path) -> None:
    html = page_of("report", str(corpus))
    check(html)
    for word in (MARKER, "હેલો", "some other", "words"):
        assert word not in re.sub("<[^>]*>", "", html)
    assert 'id="tokens"' not in html
    # Which entries save most would tell words of the texts.
    assert 'id="why"' in html
    assert 'class="cards"' not in html


def test_texts_are_shown_on_demand(corpus: Path) -> None:
    html = page_of("report", str(corpus), "--show-texts")
    check(html)
    # The ratios of Gujarati rise with the number of words: 0 least, 3 the median, 6 most.
    shown = {
        name.removeprefix("Gujarati, "): text.split()[0].removeprefix(MARKER)
        for name, text in texts_of(tokens_of(html)).items()
        if name.startswith("Gujarati")
    }
    assert shown == {"median": "3", "most changed": "6", "least changed": "0"}
    assert "the document whose ratio is the median" in html
    assert 'class="cards"' not in html


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("language", ["English"]),
        ("source", ["{0}/a/x.jsonl", "{0}/b/y.jsonl"]),
        ("tree", ["{0}/a/x.jsonl", "{0}/b/y.jsonl"]),
        ("folder", ["{0}/a", "{0}/b"]),
        ("topic", ["x", "y"]),
    ],
)
def test_texts_stand_in_their_rows(by: str, names: list[str], tmp_path: Path) -> None:
    for folder, name in ("ax", "by"):
        path = tmp_path / folder / f"{name}.jsonl"
        path.parent.mkdir()
        document = {"text": f"{name} " * 3, "language": "en", "topic": name}
        path.write_text(json.dumps(document) + "\n")
    html = page_of("report", str(tmp_path), "--by", by, "--show-texts")
    texts = texts_of(tokens_of(html))
    kinds = {name.rpartition(", ")[2] for name in texts}
    assert {name.rpartition(", ")[0] for name in texts} == {n.format(tmp_path) for n in names}
    assert kinds == ({"median", "least changed"} if by == "language" else {"median"})
    if by != "language":
        assert sorted(texts.values()) == ["x x x ", "y y y "]


def test_records_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text(
        '{"text": "one", "language": "en"}\nno JSON\n{"text": "two", "language": "de"}\n'
    )
    result = invoke("report", str(path), "--on-error", "skip", "--show-texts", "-f", "html")
    check(result.stdout)
    assert sorted(texts_of(tokens_of(result.stdout)).values()) == ["one", "two"]


def test_only_the_first_documents_are_compared(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokcompare.cli.pages, "_MOST_DOCUMENTS", 3)
    html = page_of("report", str(corpus), "--show-texts")
    assert "At most the first 3 documents were considered." in html
    assert {name.split(",")[0] for name in texts_of(tokens_of(html))} == {"English"}


def test_long_texts_are_cut(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("start " + "word " * 10_000 + MARKER)
    html = page_of("report", str(path), "-l", "en", "--show-texts")
    (text,) = texts_of(tokens_of(html)).values()
    assert text.startswith("start word")
    assert 200 <= len(text) < 210
    assert "The text goes on." in html
    assert len(html.encode()) < 100_000


def test_texts_are_shown_as_they_were_counted(tmp_path: Path) -> None:
    path = tmp_path / "nfd.txt"
    path.write_text("cafe\u0301 noir")
    html = page_of("report", str(path), "-l", "fr", "--show-texts", "--normalize", "NFC")
    assert list(texts_of(tokens_of(html)).values()) == ["café noir"]


@pytest.mark.parametrize("format_name", ["table", "csv", "json", "markdown"])
def test_texts_are_shown_on_pages_only(format_name: str) -> None:
    result = invoke("report", "--show-texts", "-f", format_name)
    assert result.exit_code == 2
    assert "--show-texts shows texts on a page: -f html, or -o FILE.html." in result.stderr


@pytest.mark.parametrize("name", ["report.html", "report.htm"])
def test_suffix_chooses_the_format(name: str, tmp_path: Path, samples: str) -> None:
    path = tmp_path / name
    result = invoke("report", "-o", str(path))
    assert (result.exit_code, result.stdout) == (0, "")
    html = path.read_text(encoding="utf-8")
    command = re.compile(r'(<pre id="command"[^>]*>).*?</pre>')
    assert command.sub(r"\1", html) == command.sub(r"\1", samples)


class TestWithoutTokens:
    """A page says why it shows no tokens."""

    def test_recorded_counts(self, tmp_path: Path) -> None:
        path = tmp_path / "recorded.jsonl"
        documents = [{"text": f"Hello {n}", "language": "en", "tokens": 5 + n} for n in range(3)]
        path.write_text("".join(json.dumps(document) + "\n" for document in documents))
        arguments = ["report", str(path), "-e", "o200k_base", "-e", "x=field:tokens"]
        html = page_of(*arguments, "--show-texts")
        check(html)
        assert "No tokens are shown: those of x are not known, only their number." in html
        assert "the entries of the vocabulary of x are not known" in html
        assert 'id="tokens"' not in html
        assert 'id="why"' not in html

    def test_five_encodings(self) -> None:
        html = page_of("report", *FOUR, "-e", "qwen3")
        check(html)
        assert "Tokens are shown under 4 encodings at most." in html
        assert 'id="tokens"' not in html

    def test_standard_input(self) -> None:
        result = invoke(
            "report", "-", "-l", "en", "--show-texts", "-f", "html", stdin=b"one two three"
        )
        check(result.stdout)
        assert "standard input cannot be read a second time" in result.stdout


def test_undefined_numbers_are_dashes(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text('{"text": "", "language": "en"}\n{"text": "a b", "language": "de"}\n')
    html = page_of("report", str(path), "--show-texts")
    check(html)
    assert "nan" not in text_of(html).split()
    assert re.search(r"<th scope=\"row\">English.*?–", html)


def test_empty_source(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text("")
    check(page_of("report", str(path), "--show-texts"))


def test_hostile_names_and_texts(tmp_path: Path) -> None:
    path = tmp_path / f"{HOSTILE.replace('/', '')}.jsonl"
    documents = [
        {"text": HOSTILE * 3, "language": "en", "topic": HOSTILE},
        {"text": "a\x00b" + "\u0301" * 50, "language": HOSTILE, "topic": "x" * 400},
        {"text": "", "language": "ar", "topic": "\u202eabc"},
    ]
    path.write_text("".join(json.dumps(document) + "\n" for document in documents))
    for options in ([], ["--by", "topic"], ["--by", "source"]):
        html = page_of("report", str(path), "--show-texts", *options)
        check(html)
        assert html.count("<script>") == 1
        assert "<img" not in html
