"""Reports on sources of chat messages: OpenAI's files for fine-tuning and for batches."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import feather

from tests import ROOT
from tests.command import invoke
from tests.small_chunks import cut_small
from tests.strategies import TEXT
from tokcompare import (
    ArgumentError,
    Document,
    RecordError,
    SourceError,
    compare,
    count_tokens,
    load_source,
)
from tokcompare.messages import parse_chat
from tokcompare.text import count_graphemes

COOKBOOK = json.loads((ROOT / "tests" / "data" / "cookbook_chat.json").read_text())["messages"]
MODELS = ("gpt-4", "gpt-4o")


def write(path: Path, *records: Any) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


def test_a_file_for_fine_tuning(tmp_path: Path) -> None:
    name = write(tmp_path / "a.jsonl", {"messages": COOKBOOK}, {"messages": COOKBOOK[:1]})
    comparison = compare(load_source(name), metrics="all", by="source")
    assert comparison.total.documents == 2
    assert comparison.total.tokens["o200k_base"] == 83 + count_tokens(
        COOKBOOK[0]["content"], "o200k_base"
    )
    texts = [message["content"] for message in [*COOKBOOK, COOKBOOK[0]]]
    assert comparison.total.characters == sum(map(len, texts))
    assert comparison.total.sums["graphemes"] == sum(map(count_graphemes, texts))
    assert comparison.notes[0].startswith(f"{name!r} has records without the field 'text', but")
    assert "chat:" not in comparison.signature


def test_a_batch_file(tmp_path: Path) -> None:
    record = {"custom_id": "1", "body": {"model": "gpt-4o", "messages": COOKBOOK}}
    name = write(tmp_path / "a.jsonl", record, record)
    source = load_source(name, text_field="body.messages")
    assert compare(source).total.tokens == {"cl100k_base": 176, "o200k_base": 166}
    whole = compare(source, encodings=MODELS, chat=True)
    assert whole.total.tokens == {"cl100k_base": 258, "o200k_base": 248}
    assert "|chat:3/1/3,3/1/3|" in whole.signature
    assert not any("chat messages" in note for note in whole.notes)
    with pytest.raises(RecordError, match="the field 'text' is missing; there are: custom_id"):
        compare(load_source(name))


def test_json_arrays_and_other_fields(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    records = [{"messages": COOKBOOK, "language": "en", "topic": "work"}, {"text": "Hi"}]
    path.write_text(json.dumps(records, indent=1))
    source = load_source(str(path))
    assert [row.counts.tokens["o200k_base"] for row in compare(source).rows] == [83, 1]
    with pytest.raises(ArgumentError, match=r"but a document has none. .* such as body\.messages"):
        compare(source, encodings=MODELS, chat=True)
    chat = next(iter(source))
    assert chat.chat == parse_chat(COOKBOOK)
    assert chat.text == "\n".join(message["content"] for message in COOKBOOK)


def test_text_is_preferred(tmp_path: Path) -> None:
    name = write(tmp_path / "a.jsonl", {"text": "Hi", "messages": COOKBOOK})
    assert compare(load_source(name)).total.tokens["o200k_base"] == 1
    assert compare(load_source(name, text_field="messages")).total.tokens["o200k_base"] == 83
    # As before: the contents are joined to one text.
    joined = compare(load_source(name, text_field="messages[].content")).total
    assert joined.characters == sum(len(message["content"]) for message in COOKBOOK) + 5


def test_what_is_not_counted_is_said(tmp_path: Path) -> None:
    image = {"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": "Hi"}]}
    call = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    name = write(tmp_path / "a.jsonl", {"messages": [image, call]})
    comparison = compare(load_source(name))
    assert comparison.total.tokens["o200k_base"] == 1
    for kind in ("image_url", "tool_calls"):
        assert (
            f"{name!r} has chat messages with {kind!r}, which is not counted." in comparison.notes
        )


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"messages": [{"role": "user"}]}, "messages[0].content is missing"),
        ({"messages": "Hi"}, "messages must be an array of chat messages, not a string"),
        ({"messages": ["Hi"]}, "messages[0] must be an object, not a string"),
    ],
)
def test_malformed_messages(tmp_path: Path, record: Any, reason: str) -> None:
    name = write(tmp_path / "a.jsonl", {"messages": COOKBOOK}, record)
    with pytest.raises(RecordError) as caught:
        compare(load_source(name))
    assert caught.value.line == 2
    assert caught.value.reason == reason
    skipped = compare(load_source(name), on_error="skip")
    assert skipped.total.tokens["o200k_base"] == 83
    assert skipped.rejections.number == 1


def test_names_of_nested_messages_and_repeated_ones(tmp_path: Path) -> None:
    name = write(tmp_path / "a.jsonl", {"body": {"messages": [{"content": "Hi"}]}})
    with pytest.raises(RecordError, match=r"line 1, byte 0: body\.messages\[0\]\.role is missing"):
        compare(load_source(name, text_field="body.messages"))
    path = tmp_path / "b.jsonl"
    path.write_text('{"messages": [], "messages": []}\n')
    with pytest.raises(RecordError, match="the field 'messages' is there twice"):
        compare(load_source(str(path)))


CHATS = st.lists(
    st.fixed_dictionaries({"role": TEXT, "content": TEXT}, optional={"name": TEXT}), max_size=4
)


@given(st.lists(CHATS, min_size=1, max_size=4))
def test_documents_of_chats_are_counted_as_single_chats(
    chats: list[list[Mapping[str, str]]],
) -> None:
    documents = [Document(text="", chat=parse_chat(chat)) for chat in chats]
    contents = compare(documents, encodings=MODELS).total
    whole = compare(documents, encodings=MODELS, chat=True).total
    for model, encoding in zip(MODELS, ("cl100k_base", "o200k_base"), strict=True):
        texts = [message["content"] for chat in chats for message in chat]
        assert contents.tokens[encoding] == sum(count_tokens(text, encoding) for text in texts)
        assert whole.tokens[encoding] == sum(count_tokens(chat, model=model) for chat in chats)
    assert contents.bytes == whole.bytes


def test_any_number_of_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [{"messages": COOKBOOK[: n % 6 + 1], "language": "en"} for n in range(60)]
    source = load_source(write(tmp_path / "a.jsonl", *records))
    expected = compare(source, encodings=MODELS, chat=True, jobs=1)
    cut_small(monkeypatch, 2_000)
    found = compare(source, encodings=MODELS, chat=True, jobs=2)
    assert found.rows == expected.rows
    assert found.total.tokens["o200k_base"] == sum(
        count_tokens(record["messages"], model="gpt-4o") for record in records
    )


def test_digest_depends_on_the_messages() -> None:
    def digest(*messages: Mapping[str, str]) -> int:
        return compare(Document(text="", chat=parse_chat(messages))).total.digest

    first, second = COOKBOOK[:2]
    digests = {digest(first), digest(second), digest(first, second), digest(first | {"role": "a"})}
    assert len(digests) == 4


def test_the_command(tmp_path: Path) -> None:
    name = write(tmp_path / "a.jsonl", *[{"messages": COOKBOOK}] * 3)
    result = invoke("report", name, "--chat", "-e", "gpt-4", "-e", "gpt-4o", "-f", "csv")
    (row,) = csv.DictReader(result.stdout.splitlines())
    assert (row["tokens_cl100k_base"], row["tokens_o200k_base"]) == ("387", "372")
    wrong = invoke("report", name, "--chat")
    assert wrong.exit_code == 1
    assert "How many tokens 'cl100k_base' adds to chat messages is not known" in wrong.stderr
    assert wrong.stderr.endswith(
        "Without --chat, the contents are counted, for any model and encoding.\n"
    )
    plain = tmp_path / "a.txt"
    plain.write_text("Hi")
    none = invoke("report", str(plain), "--chat", "-e", "gpt-4o")
    assert none.exit_code == 1
    assert "but a document has none" in none.stderr
    long = tmp_path / "long.txt"
    long.write_text("word " * 1_000_000)
    assert "but a document has none" in invoke("report", str(long), "--chat", "-e", "gpt-4").stderr


def chat_files(tmp_path: Path, chats: list[Any]) -> dict[str, str]:
    """Returns a file of each format of tables with the same chats: a column "messages"."""
    as_json = [json.dumps(chat, ensure_ascii=False) for chat in chats]
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([["messages"], *([each] for each in as_json)])
    pq.write_table(pa.table({"messages": as_json}), tmp_path / "json.parquet")
    pq.write_table(pa.table({"messages": chats}), tmp_path / "list.parquet")
    feather.write_feather(pa.table({"messages": chats}), str(tmp_path / "a.arrow"))
    write(tmp_path / "a.jsonl", *({"messages": each} for each in as_json))
    return {path.name: str(path) for path in sorted(tmp_path.iterdir())}


def test_columns_of_chat_messages(tmp_path: Path) -> None:
    for name, path in chat_files(tmp_path, [COOKBOOK, COOKBOOK[:1]]).items():
        source = load_source(path, text_field="messages")
        contents = 83 + count_tokens(COOKBOOK[0]["content"], "o200k_base")
        assert compare(source).total.tokens["o200k_base"] == contents, name
        whole = compare(source, encodings=MODELS, chat=True).total.tokens["o200k_base"]
        assert whole == 124 + count_tokens(COOKBOOK[:1], model="gpt-4o"), name


def test_columns_of_chat_messages_note_what_is_not_counted(tmp_path: Path) -> None:
    chats = [[{"role": "assistant", "content": "Hi", "refusal": "No"}]]
    for name, path in chat_files(tmp_path, chats).items():
        comparison = compare(load_source(path, text_field="messages"))
        assert comparison.total.tokens["o200k_base"] == 1, name
        note = f"{path!r} has chat messages with 'refusal', which is not counted."
        assert note in comparison.notes


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"role": "user"', "malformed JSON (Expecting ',' delimiter), character 17"),
        ('[{"a":' + "[" * 100_000, "arrays and objects that are nested too deep"),
        ('[{"a":' + "1" * 5_000 + "}]", "a number with too many digits"),
        ('[{"role": "user"}]', "messages[0].content is missing"),
    ],
)
def test_strings_that_are_no_chat_messages(tmp_path: Path, text: str, reason: str) -> None:
    pq.write_table(pa.table({"messages": [text]}), tmp_path / "a.parquet")
    with pytest.raises(RecordError) as caught:
        compare(load_source(tmp_path / "a.parquet", text_field="messages"))
    assert reason in str(caught.value)


def test_other_strings_are_text(tmp_path: Path) -> None:
    texts = ["[Hi]", "Hi", "[1]"]
    pq.write_table(pa.table({"messages": texts}), tmp_path / "a.parquet")
    total = compare(load_source(tmp_path / "a.parquet", text_field="messages")).total
    assert (total.documents, total.characters) == (3, 9)
    pq.write_table(pa.table({"body": ['[{"role": "user"}]']}), tmp_path / "b.parquet")
    assert compare(load_source(tmp_path / "b.parquet", text_field="body")).total.characters == 18


def test_a_column_of_other_structures_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"messages": [[{"from": "a", "value": "b"}]]}), tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="must hold strings, not list"):
        compare(load_source(tmp_path / "a.parquet", text_field="messages"))
