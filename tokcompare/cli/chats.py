"""`tokcompare count --chat`: reads chat messages, counts them, and shows their tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokcompare.cli.texts import Given
from tokcompare.encodings import LoadedEncoding
from tokcompare.encodings.chat import ChatCount, count_parsed
from tokcompare.encodings.models.chat import CHAT_FORMATS
from tokcompare.errors import RecordError
from tokcompare.messages import Chat, find_messages, list_not_counted, parse_chat
from tokcompare.sources.document import pieces_of_document

if TYPE_CHECKING:
    from tokcompare.sources.formats.format import ReadOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatFile:
    """The counts of the chats in a file.

    Attributes:
        label: The name of the file.
        path: Its path; "" for a text of the command line.
        chats: How many chats it has.
        counts: The counts of all of them together, under each model.
    """

    label: str
    path: str
    chats: int
    counts: tuple[ChatCount, ...]


def count_file(
    given: Given,
    models: Sequence[str],
    encodings: Sequence[LoadedEncoding],
    options: ReadOptions | None,
) -> ChatFile:
    """Counts the chats in a file.

    Args:
        given: The file, or the text of one.
        models: The names of the models, as the user wrote them.
        encodings: Their encodings.
        options: How a file is read.

    Raises:
        SourceError: It cannot be read, or is not JSON, or has messages of another form.
    """
    chats = list(_read(given, options))
    counts = tuple(
        _add([count_parsed(chat, encoding, model) for chat in chats], encoding.name)
        for model, encoding in zip(models, encodings, strict=True)
    )
    return ChatFile(label=given.label, path=given.path, chats=len(chats), counts=counts)


def add_files(files: Sequence[ChatFile]) -> ChatFile:
    """Returns the counts of all files together."""
    counts = zip(*(file.counts for file in files), strict=True)
    return ChatFile(
        label="(total)",
        path="",
        chats=sum(file.chats for file in files),
        counts=tuple(_add(of_model, of_model[0].encoding) for of_model in counts),
    )


def _read(given: Given, options: ReadOptions | None) -> Iterator[Chat]:
    """Yields the chats of a file: one, or one a line.

    Raises:
        SourceError: The file cannot be read.
        RecordError: It is not JSON, or has messages of another form.
    """
    name = given.label if given.path else "TEXT"
    text = "".join(
        piece
        for document in given.read(options)
        for piece in pieces_of_document(document, may_cut=False)
    )
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and _is_json(lines[0]):
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield _parse(line, name, number)
    else:
        yield _parse(text, name, None)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _parse(text: str, name: str, line: int | None) -> Chat:
    try:
        return parse_chat(*find_messages(json.loads(text)))
    except json.JSONDecodeError as error:
        number = error.lineno if line is None else line
        raise RecordError(name, f"malformed JSON ({error.msg})", line=number) from None
    except RecursionError:
        reason = "arrays and objects are nested too deep"
        raise RecordError(name, reason, line=line) from None
    except ValueError as error:
        raise RecordError(name, str(error), line=line) from None


def _add(counts: Sequence[ChatCount], encoding: str) -> ChatCount:
    overheads = [each.overhead for each in counts]
    others: dict[str, int] = {}
    for each in counts:
        for kind, number in each.not_counted.items():
            others[kind] = others.get(kind, 0) + number
    return ChatCount(
        encoding=encoding,
        messages=sum(each.messages for each in counts),
        contents=sum(each.contents for each in counts),
        overhead=None if None in overheads else sum(each for each in overheads if each is not None),
        not_counted=others,
    )


def to_table(files: Sequence[ChatFile], models: Sequence[str]) -> str:
    """Returns a table with a row for each file and model, and totals if there are several files."""
    from tokcompare.tables import align, shorten

    rows = [["tokens", "contents", "overhead", "model", "text"]]
    for file in [*files, add_files(files)] if len(files) > 1 else files:
        for model, counted in zip(models, file.counts, strict=True):
            numbers = (counted.total, counted.contents, counted.overhead)
            cells = ["–" if number is None else f"{number:,}" for number in numbers]
            rows.append([*cells, model, shorten(file.label)])
    return "\n".join(align(rows, left={3, 4})) + "\n"


def to_json(files: Sequence[ChatFile], models: Sequence[str]) -> str:
    """Returns the counts of each file and of all files as JSON."""
    from tokcompare.comparison.records import SCHEMA

    def numbers(file: ChatFile) -> dict[str, Any]:
        return {
            "chats": file.chats,
            "messages": file.counts[0].messages,
            "tokens": {
                model: {
                    "total": counted.total,
                    "contents": counted.contents,
                    "overhead": counted.overhead,
                }
                for model, counted in zip(models, file.counts, strict=True)
            },
            "not_counted": dict(file.counts[0].not_counted),
            **({"file": file.label} if file.path else {}),
        }

    content = {
        "schema": SCHEMA,
        "models": {
            model: counted.encoding for model, counted in zip(models, files[0].counts, strict=True)
        },
        "texts": list(map(numbers, files)),
        "total": numbers(add_files(files)),
    }
    return json.dumps(content, indent=2) + "\n"


def notes_on_chats(files: Sequence[ChatFile], models: Sequence[str]) -> list[str]:
    """Returns the notes on the counts of chats: what they leave out, and what they assume."""
    from tokcompare.tables import shorten

    notes = [
        f"{shorten(file.label)!r}: not counted: {list_not_counted(file.counts[0].not_counted)}."
        for file in files
        if file.counts[0].not_counted
    ]
    unknown = [
        model
        for model, counted in zip(models, files[0].counts, strict=True)
        if counted.overhead is None
    ]
    if unknown:
        notes.append(
            f"How many tokens a model adds to messages is not known for {', '.join(unknown)}. It "
            f"is known for: {', '.join(CHAT_FORMATS)}."
        )
    return notes
