"""Chat messages: what is text in them, and what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from tokcompare.messages import find_messages, list_not_counted, may_be_messages, parse_chat

USER = {"role": "user", "content": "Hi"}


def test_contents_roles_and_names() -> None:
    chat = parse_chat(
        [
            {"role": "system", "content": "Be brief.", "name": "rules"},
            {"role": "user", "content": "", "name": None, "weight": 1},
        ]
    )
    assert chat.contents == ("Be brief.", "")
    assert chat.labels == (("system", "rules"), ("user", None))
    assert chat.not_counted == {}
    assert chat.text == "Be brief.\n"
    assert parse_chat([]).contents == ()


def test_what_is_not_counted() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    chat = parse_chat(
        [
            {"role": "user", "content": [{"type": "text", "text": "Look:"}, image, image]},
            {"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}, {"id": "2"}]},
            {"role": "tool", "content": "42", "tool_call_id": "1"},
            {"role": "assistant", "content": None, "refusal": "No."},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]},
            {"role": "assistant", "audio": {"id": "a"}, "function_call": None},
            {"role": "assistant", "content": "x", "reasoning_content": "y", "tool_calls": []},
        ]
    )
    assert chat.contents == ("Look:", "42", "x")
    assert chat.not_counted == {
        **{"image_url": 2, "input_audio": 1, "tool_calls": 2, "tool_call_id": 1},
        **{"refusal": 2, "audio": 1, "reasoning_content": 1},
    }
    assert list_not_counted(chat.not_counted).startswith("2 image_url, 1 input_audio, 2 tool_calls")


@pytest.mark.parametrize(
    ("messages", "error"),
    [
        ("Hi", "messages must be an array of chat messages, not a string"),
        (USER, "messages must be an array of chat messages, not an object"),
        (None, "messages must be an array of chat messages, not null"),
        ([USER, "Hi"], "messages[1] must be an object, not a string"),
        ([USER, {"content": "Hi"}], "messages[1].role is missing"),
        ([{"role": 3, "content": "Hi"}], "messages[0].role must be a string, not a number"),
        ([USER | {"name": ["a"]}], "messages[0].name must be a string, not an array"),
        ([{"role": "user"}], "messages[0].content is missing"),
        ([{"role": "user", "content": None}], "messages[0].content is null"),
        (
            [USER | {"content": True}],
            "messages[0].content must be a string or an array of parts, not true or false",
        ),
        ([USER | {"content": ["a"]}], "messages[0].content[0] must be an object, not a string"),
        ([USER | {"content": [{"text": "a"}]}], "messages[0].content[0].type is missing"),
        ([USER | {"content": [{"type": "text"}]}], "messages[0].content[0].text is missing"),
        (
            [USER | {"content": [{"type": "text", "text": None}]}],
            "messages[0].content[0].text must be a string, not null",
        ),
    ],
)
def test_malformed_messages(messages: Any, error: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared whole
        parse_chat(messages)
    assert str(caught.value) == error


def test_where_messages_are() -> None:
    assert find_messages([USER]) == ([USER], "messages")
    assert find_messages({"model": "gpt-4o", "messages": [USER]}) == ([USER], "messages")
    assert find_messages({"body": {"messages": [USER]}}) == ([USER], "body.messages")
    with pytest.raises(ValueError, match="'messages' is missing; there are: body, id"):
        find_messages({"body": {}, "id": 1})
    with pytest.raises(ValueError, match="'messages' is missing; there is none"):
        find_messages({})
    with pytest.raises(ValueError, match="must be an array, not a string"):
        find_messages("Hi")
    assert may_be_messages([USER])
    assert not any(map(may_be_messages, ([], ["Hi"], {}, "Hi", None)))


def test_key() -> None:
    chats = [[USER], [USER, USER], [USER | {"role": "system"}], [USER | {"name": "user"}]]
    assert len({parse_chat(chat).key for chat in chats}) == 4
