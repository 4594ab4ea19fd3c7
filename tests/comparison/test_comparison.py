"""A comparison groups by language, signs what it measured, and writes its numbers in every form."""

from __future__ import annotations

import hashlib
import json
import math
import pickle
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tiktoken

import tokcompare
from tests import ROOT
from tests.formats import show
from tokcompare import ArgumentError, Document, UnknownNameError, compare, load_samples, load_source
from tokcompare.metrics import METRICS

# Measured with tiktoken 0.14.0 itself, in the order of the announcement: cl100k_base, o200k_base.
# Eighteen are the published pairs; Persian was published as 61 and 32, Japanese as 37 and 26.
MEASURED = {
    "gu": (145, 33),
    "te": (159, 45),
    "ta": (116, 35),
    "mr": (96, 33),
    "hi": (90, 31),
    "ur": (82, 33),
    "ar": (53, 26),
    "fa": (63, 32),
    "ru": (39, 23),
    "ko": (45, 27),
    "vi": (46, 30),
    "zh": (34, 24),
    "ja": (38, 27),
    "tr": (39, 30),
    "it": (34, 28),
    "de": (34, 29),
    "es": (29, 26),
    "pt": (30, 27),
    "fr": (31, 28),
    "en": (27, 24),
}


def pair(counts: dict[str, int] | tokcompare.Counts) -> tuple[int, int]:
    tokens = counts.tokens if isinstance(counts, tokcompare.Counts) else counts
    return tokens["cl100k_base"], tokens["o200k_base"]


def test_repr_is_a_line_and_str_the_table() -> None:
    comparison = compare()
    assert repr(comparison) == "<Comparison cl100k_base, o200k_base: 20 languages>"
    assert str(comparison).startswith(show(comparison, "table").partition("\n\n")[0])
    assert str(comparison).splitlines()[-1].startswith("signature ")
    assert comparison.signature not in str(comparison)
    by_source = compare("one", encodings="o200k_base", by="source")
    assert repr(by_source) == "<Comparison o200k_base: 1 source>"
    documents = [Document(text="a", fields={"kind": kind}) for kind in "ab"]
    assert repr(compare(documents, by="kind")).endswith(": 2 rows by kind>")


def test_the_twenty_pairs() -> None:
    rows = compare().rows
    assert {row.language.code: pair(row.counts) for row in rows} == MEASURED
    assert [row.language.code for row in rows] == list(MEASURED)


def test_eighteen_pairs_are_the_published_ones() -> None:
    differing = {
        row.language.code: pair(dict(row.counts.published))
        for row in compare().rows
        if row.counts.published != row.counts.tokens
    }
    assert differing == {"fa": (61, 32), "ja": (37, 26)}


def test_declaration_has_tiktokens_counts(references: dict[str, tiktoken.Encoding]) -> None:
    expected: dict[str, list[int]] = {}
    for document in load_samples("udhr"):
        tokens = expected.setdefault(document.language, [0, 0])
        for position, name in enumerate(("cl100k_base", "o200k_base")):
            tokens[position] += len(references[name].encode_ordinary(str(document.text)))
    rows = compare(load_samples("udhr")).rows
    assert {row.language.code: list(pair(row.counts)) for row in rows} == expected
    assert {row.counts.documents for row in rows} == {31}


def test_total_is_sum_and_ratio_of_sums() -> None:
    comparison = compare()
    assert pair(comparison.total) == (1_230, 591)
    assert comparison.total.documents == 20
    total = comparison.to_dict()["total"]
    assert total["compression_ratio"] == {"o200k_base": 1_230 / 591}
    assert total["published"] is None


DIGEST_OF_THE_TWENTY = "8ad88a66afec5d5cacf18eea2b830c9d9370bff6f81d01f892b5de742e39f33d"


def test_signature_names_everything_that_the_numbers_depend_on() -> None:
    samples = load_samples()
    records = map(json.loads, (ROOT / "data/samples/gpt-4o.jsonl").read_bytes().splitlines())
    texts = [f"{record['language']}\n{record['text']}".encode() for record in records]
    digests = [int.from_bytes(hashlib.sha256(text).digest(), "big") for text in texts]
    assert f"{sum(digests) % 2**256:064x}" == DIGEST_OF_THE_TWENTY
    assert compare().signature == (
        f"tokcompare:{tokcompare.__version__}|tiktoken:{tiktoken.__version__}"
        "|encodings:cl100k_base@223921b7,o200k_base@446a9538"
        f"|source:gpt-4o@{DIGEST_OF_THE_TWENTY}|languages:all"
        "|special:as-text|normalization:none|aggregation:ratio-of-sums"
        "|by:language|interval:0.95,linear"
    )
    assert "|languages:en,hi|" in compare(samples.select(["en", "hi"])).signature
    assert "|languages:none|" in compare(samples.select([])).signature
    renamed = replace(samples, name="a|b\n")
    assert r"|source:a%7Cb\n@" in compare(renamed).signature


def test_signature_of_documents_depends_on_text_and_language() -> None:
    # printf 'und\\na' | sha256sum
    digest = "54860eeeab63a37214ccda17baba3f1830dd72cd6c3e2cc7e581dd8c66350764"
    assert f"|source:documents@{digest}|" in compare("a").signature
    signatures = {
        compare(documents).signature
        for documents in (
            ["a"],
            ["b"],
            ["a", "a"],
            ["a", "b"],
            ["ab"],
            [Document(text="a", language="en")],
            ["\ud800"],
        )
    }
    assert len(signatures) == 7
    # In which order documents are read changes no number, and so it does not change this.
    assert compare(["a", "b"]).signature == compare(["b", "a"]).signature


NO_INTERVALS = {"compression_ratio": {"o200k_base": None}, "tokens_saved": {"o200k_base": None}}


def test_to_dict_is_the_promised_form() -> None:
    document = Document(text="Hello", language="en", published={"cl100k_base": 1})
    comparison = compare([document, Document(text="", language="xx")])
    as_json = json.loads(json.dumps(comparison.to_dict()))
    assert as_json == {
        "schema": 1,
        "signature": comparison.signature,
        "encodings": ["cl100k_base", "o200k_base"],
        "keeps_text": {"cl100k_base": True, "o200k_base": True},
        "by": "language",
        "metrics": ["compression_ratio", "tokens_saved"],
        "confidence": 0.95,
        "rows": [
            {
                "language": "en",
                "name": "English",
                "documents": 1,
                "bytes": 5,
                "characters": 5,
                "tokens": {"cl100k_base": 1, "o200k_base": 1},
                "compression_ratio": {"o200k_base": 1.0},
                "tokens_saved": {"o200k_base": 0.0},
                "intervals": NO_INTERVALS,
                "has_few_documents": True,
                "differences": {},
                "published": {"cl100k_base": 1},
                "codes": ["en"],
            },
            {
                "language": "xx",
                "name": "xx",
                "documents": 1,
                "bytes": 0,
                "characters": 0,
                "tokens": {"cl100k_base": 0, "o200k_base": 0},
                "compression_ratio": {"o200k_base": None},
                "tokens_saved": {"o200k_base": None},
                "intervals": NO_INTERVALS,
                "has_few_documents": True,
                "differences": {},
                "published": None,
                "codes": ["xx"],
            },
        ],
        "total": {
            "documents": 2,
            "bytes": 5,
            "characters": 5,
            "tokens": {"cl100k_base": 1, "o200k_base": 1},
            "compression_ratio": {"o200k_base": 1.0},
            "tokens_saved": {"o200k_base": 0.0},
            "intervals": {
                "compression_ratio": {"o200k_base": [1.0, 1.0]},
                "tokens_saved": {"o200k_base": [0.0, 0.0]},
            },
            "has_few_documents": True,
            "differences": {},
            "published": None,
        },
        "rejected": 0,
        "rejected_lines": 0,
        "rejected_bytes": 0,
        "rejections": [],
        "notes": [],
    }


def test_gujarati_in_json() -> None:
    gujarati = compare().to_dict()["rows"][0]
    assert gujarati == {
        "language": "gu",
        "name": "Gujarati",
        "documents": 1,
        "bytes": 229,
        "characters": 91,
        "tokens": {"cl100k_base": 145, "o200k_base": 33},
        "compression_ratio": {"o200k_base": 4.393939393939394},
        "tokens_saved": {"o200k_base": 112 / 145},
        "intervals": NO_INTERVALS,
        "has_few_documents": True,
        "differences": {},
        "published": {"cl100k_base": 145, "o200k_base": 33},
        "codes": ["gu"],
    }


def test_records_have_columns_of_published_numbers_only_if_there_are_some() -> None:
    common = [
        "language",
        "name",
        "documents",
        "bytes",
        "characters",
        "tokens_cl100k_base",
        "tokens_o200k_base",
        "compression_ratio_o200k_base",
        "tokens_saved_o200k_base",
        "compression_ratio_low_o200k_base",
        "compression_ratio_high_o200k_base",
        "tokens_saved_low_o200k_base",
        "tokens_saved_high_o200k_base",
    ]
    published = ["published_cl100k_base", "published_o200k_base"]
    assert list(compare("a").to_records()[0]) == compare("a").columns == [*common, "codes"]
    assert (
        list(compare().to_records()[0])
        == compare().columns
        == [
            *common,
            *published,
            "codes",
        ]
    )
    assert compare([]).columns == [*common, "codes"]
    assert compare([]).to_records() == []


def test_frame_is_tidy() -> None:
    frame = compare().to_frame()
    assert len(frame) == 40
    assert list(frame.columns) == [
        "language",
        "name",
        "encoding",
        "documents",
        "bytes",
        "characters",
        "tokens",
        "published",
        "compression_ratio",
        "compression_ratio_low",
        "compression_ratio_high",
        "tokens_saved",
        "tokens_saved_low",
        "tokens_saved_high",
        "codes",
    ]
    tokens = frame.pivot_table(index="language", columns="encoding", values="tokens", sort=False)
    assert {code: (row.cl100k_base, row.o200k_base) for code, row in tokens.iterrows()} == MEASURED
    baseline = frame[frame.encoding == "cl100k_base"]
    assert baseline.compression_ratio.isna().all()
    assert frame[frame.encoding == "o200k_base"].compression_ratio.iloc[0] == 145 / 33


def test_frame_of_odd_comparisons() -> None:
    assert len(compare([]).to_frame()) == 0
    frame = compare([Document(text="", language="nan")]).to_frame()
    assert frame.language.tolist() == ["nan", "nan"]
    assert frame.published.isna().all()
    assert str(frame.published.dtype) == "Int64"
    assert frame.compression_ratio.isna().all()
    assert isinstance(frame, pd.DataFrame)


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ("one text", {"und": 1}),
        (Document(text="one", language="gu"), {"gu": 1}),
        (["a", "b"], {"und": 2}),
        ([], {}),
        ((), {}),
        (["a", Document(text="b", language="gu"), "c"], {"und": 2, "gu": 1}),
        ([Document(text="a", language="\ud800")], {"\ufffd": 1}),
    ],
)
def test_documents_of_every_kind(
    documents: str | Document | list[str | Document], expected: dict[str, int]
) -> None:
    comparison = compare(documents)
    assert {row.language.code: row.counts.documents for row in comparison.rows} == expected
    assert comparison.total.documents == sum(expected.values())


def test_codes_of_one_language_make_one_row() -> None:
    codes = ["gu", "guj_Gujr", "guj", "gu-IN", "nan", "foo"]
    comparison = compare([Document(text="a", language=code) for code in codes])
    rows = {row.language.code: row.counts.documents for row in comparison.rows}
    assert rows == {"gu": 3, "gu-IN": 1, "nan": 1, "foo": 1}


def test_documents_are_read_once() -> None:
    def texts() -> Iterator[str]:
        yield "a"
        yield "b"

    assert compare(texts()).total.documents == 2


@pytest.mark.parametrize(
    "documents",
    [
        *(b"bytes", bytearray(b"bytes"), {"gu": "a"}, 7, pd.DataFrame({"text": ["a"]})),
        *([b"bytes"], [None], [["a"]], [("gu", "a")]),
    ],
)
def test_other_types_are_not_documents(documents: object) -> None:
    with pytest.raises(ArgumentError, match=r"must be (strings|a str) or"):
        compare(documents)  # type: ignore[arg-type]


def test_empty_comparison_has_undefined_ratios() -> None:
    total = compare([]).to_dict()["total"]
    assert total["compression_ratio"] == {"o200k_base": None}
    assert total["tokens"] == {"cl100k_base": 0, "o200k_base": 0}


def test_one_encoding_has_nothing_to_compare_with() -> None:
    comparison = compare(encodings="o200k_base")
    assert comparison.encodings == ("o200k_base",)
    assert comparison.to_dict()["rows"][0]["compression_ratio"] == {}


def test_metrics_of_an_encoding_that_is_not_compared() -> None:
    comparison = compare("a")
    with pytest.raises(UnknownNameError, match="Unknown encoding 'gpt2'"):
        comparison.metrics(comparison.total, "gpt2")


def test_metrics_are_undefined_without_tokens() -> None:
    comparison = compare("")
    assert math.isnan(comparison.metrics(comparison.total, "o200k_base")["compression_ratio"])


def test_all_metrics_by_language_and_by_source() -> None:
    assert compare("a", metrics="all").metric_names == tuple(METRICS)
    by_source = compare("a", metrics=["tokens_saved", "all"], by="source")
    assert by_source.metric_names[:2] == ("tokens_saved", "compression_ratio")
    assert set(METRICS) - set(by_source.metric_names) == {"premium", "gini"}


def test_groups_that_are_not_languages() -> None:
    documents = [
        Document(text="one", source="a.txt", fields={"domain": "law"}),
        Document(text="two three", source="b.txt", fields={"domain": "news"}),
        Document(text="four", source="a.txt", fields={"domain": "news"}),
    ]
    by_source = compare([*documents, "five"], by="source")
    assert [(row.group, row.counts.documents) for row in by_source.rows] == [
        ("a.txt", 2),
        ("b.txt", 1),
        ("documents", 1),
    ]
    assert by_source.columns[:2] == ["group", "documents"]
    assert by_source.to_dict()["rows"][0]["group"] == "a.txt"
    assert by_source.to_frame().group.tolist()[:2] == ["a.txt", "a.txt"]
    by_domain = compare(documents, by="domain")
    assert [row.name for row in by_domain.rows] == ["law", "news"]
    assert "|by:domain|" in by_domain.signature
    with pytest.raises(ArgumentError, match="grouped by 'topic', which is not a field of each"):
        compare(documents, by="topic")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"confidence": 1.0}, "confidence must lie between 0 and 1, not be 1.0"),
        ({"confidence": math.nan}, "confidence must lie between 0 and 1, not be nan"),
        (
            {"resamples": -1},
            "number of resamples must be from 100 to 1,000,000, or 0 for none, not -1",
        ),
        ({"resamples": 10**9}, "must be from 100 to 1,000,000, or 0 for none, not 1000000000"),
        (
            {"resamples": 99},
            "number of resamples must be from 100 to 1,000,000, or 0 for none, not 99",
        ),
        (
            {"resamples": True},
            "number of resamples must be from 100 to 1,000,000, or 0 for none, not True",
        ),
        ({"metrics": 5}, "The name of a metric must be a str or several, not int"),
        ({"encodings": {"gpt-4"}}, "Encodings must be in order, with the baseline first, but a s"),
        ({"seed": -1}, "seed must be a whole number, 0 or more, not -1"),
        ({"normalization": "NFX"}, "Unknown choice for normalization 'NFX'. Did you mean 'NF"),
        ({"on_error": "ignore"}, "Unknown choice for on_error 'ignore'. There are: stop, skip"),
        ({"by": 5}, "The argument by must be a str, not int"),
        ({"metrics": [5]}, "name of a metric must be a str, not int"),
        ({"metrics": "fertilty"}, "Unknown metric 'fertilty'. Did you mean 'fertility'?"),
        ({"reference_encoding": "gpt2"}, "Unknown reference encoding 'gpt2'."),
    ],
)
def test_invalid_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        compare("a", **options)


def test_sequence_length_is_relative_to_the_reference_encoding() -> None:
    comparison = compare(metrics="normalized_sequence_length", reference_encoding="o200k_base")
    gujarati = comparison.to_dict()["rows"][0]
    assert gujarati["normalized_sequence_length"] == {"cl100k_base": 145 / 33}
    assert "|reference-encoding:o200k_base" in comparison.signature


def test_reference_encoding_may_be_a_model() -> None:
    comparison = compare(
        encodings=["gpt-4", "gpt-4o"],
        metrics="normalized_sequence_length",
        reference_encoding="gpt-4o",
        confidence=np.float64(0.9),
        resamples=np.int64(100),
        seed=np.uint8(3),
    )
    assert comparison.reference_encoding == "o200k_base"
    assert "|interval:0.9,bootstrap-t,100,seed 3|" in comparison.signature
    assert "|reference-encoding:o200k_base" in comparison.signature


def test_difference_of_premiums_is_paired() -> None:
    comparison = compare(load_samples("udhr").select(["gu", "en"]), metrics=["premium", "gini"])
    gujarati, english = (row.counts for row in comparison.rows)
    difference = comparison.difference(gujarati, "premium", "o200k_base")
    residuals = []
    for name, sign in (("o200k_base", 1), ("cl100k_base", -1)):
        x, y = (np.array(part.values[f"tokens {name}"]) for part in (gujarati, english))
        residuals.append(sign * (x - x.sum() / y.sum() * y) / y.sum())
    error = math.sqrt(31 / 30 * (sum(residuals) ** 2).sum())
    assert difference.interval.high - difference.value == pytest.approx(1.959963984540054 * error)
    # The file of records has no total, so each row says what is said of all languages.
    gini = comparison.value(comparison.total, "gini", "o200k_base")
    assert [record["gini_o200k_base"] for record in comparison.to_records()] == [gini, gini]
    frame = comparison.to_frame()
    assert frame.gini.tolist()[1::2] == [gini, gini]
    assert frame.premium_difference.tolist()[1] == difference.value
    assert math.isnan(frame.premium_difference.tolist()[0])
    # One encoding against another has no difference to the other.
    assert math.isnan(comparison.difference(gujarati, "compression_ratio", "o200k_base").value)


def test_signature_depends_on_the_order_where_it_matters() -> None:
    english, german = (
        [Document(text=text, language=language) for text in texts]
        for language, texts in (("en", ["one", "two three"]), ("de", ["eins", "zwei drei"]))
    )
    one = compare(english + german, metrics="premium")
    other = compare(english + german[::-1], metrics="premium")
    assert one.signature != other.signature
    assert one.signature.split("|order:")[0] == other.signature.split("|order:")[0]


def test_rejections_in_json(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n{"text": 5}\n', encoding="utf-8")
    as_dict = compare(load_source(path), on_error="skip").to_dict()
    assert as_dict["rejected"] == 1
    (rejection,) = as_dict["rejections"]
    assert rejection["message"].startswith(f"'{path}', line 2, byte 14: ")
    assert (rejection["name"], rejection["line"], rejection["offset"]) == (str(path), 2, 14)
    assert rejection["row"] is None


def test_comparison_can_be_sent_to_another_process(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n{"text": 5}\n', encoding="utf-8")
    comparison = compare(load_source(path), on_error="skip", metrics="all")
    copy = pickle.loads(pickle.dumps(comparison))
    assert copy.to_dict() == comparison.to_dict()
    (error,) = copy.rejections.first
    assert (error.name, error.line, error.row, error.offset) == (str(path), 2, None, 14)


def test_difference_in_json_and_csv() -> None:
    documents = [Document(text=text, language="gu") for text in ("નમસ્તે", "કેમ છો", "હેલો")]
    comparison = compare(documents, metrics="bytes_per_token")
    row = comparison.rows[0].counts
    expected = comparison.difference(row, "bytes_per_token", "o200k_base")
    assert expected.value == row.bytes / row.tokens["o200k_base"] - (
        row.bytes / row.tokens["cl100k_base"]
    )
    (as_dict,) = comparison.to_dict()["rows"]
    assert as_dict["differences"]["bytes_per_token"] == {
        "o200k_base": {
            "value": expected.value,
            "interval": [expected.interval.low, expected.interval.high],
        }
    }
    (record,) = comparison.to_records()
    assert record["bytes_per_token_difference_o200k_base"] == expected.value
    assert record["bytes_per_token_difference_low_o200k_base"] == expected.interval.low
    assert list(record) == comparison.columns


class TestSort:
    def codes(self, *arguments: str, reverse: bool = False) -> str:
        documents = [
            Document(text="Hello, world", language="en"),
            Document(text="", language="de"),
            Document(text="નમસ્તે", language="gu"),
        ]
        rows = compare(documents).sort(*arguments, reverse=reverse).rows
        return " ".join(row.language.code for row in rows)

    def test_order_of_the_source(self) -> None:
        assert self.codes() == "en de gu"
        assert self.codes(reverse=True) == "gu de en"

    def test_by_text_and_number(self) -> None:
        assert self.codes("language") == "de en gu"
        assert self.codes("name", reverse=True) == "gu de en"
        assert self.codes("characters") == "de gu en"
        assert self.codes("tokens") == "de en gu"
        assert self.codes("tokens_cl100k_base", reverse=True) == "gu en de"

    def test_undefined_comes_last_either_way(self) -> None:
        assert self.codes("compression_ratio") == "en gu de"
        assert self.codes("compression_ratio", reverse=True) == "gu en de"

    def test_by_an_unknown_column(self) -> None:
        with pytest.raises(ArgumentError, match="key to sort by must be a str, not int"):
            self.codes(5)  # type: ignore[arg-type]
        with pytest.raises(UnknownNameError, match=r"column 'ratio'\. Did you mean 'compression_"):
            self.codes("ratio")
