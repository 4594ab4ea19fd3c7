"""Where text comes from: documents, and the sample sets that travel with the package.

A source holds documents and says which text they are. A record that cannot be read is an error
that names file, line and reason. Nothing is counted here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from tokcompare.data import data_path
from tokcompare.errors import ArgumentError, SourceError, require_str, unknown_name
from tokcompare.languages import UNDETERMINED, describe_language

SAMPLES: dict[str, str] = {
    "gpt-4o": "the language table of the GPT-4o announcement (OpenAI, 2024-05-13)",
    "udhr": "the Universal Declaration of Human Rights, its preamble and 30 articles",
}
"""The built-in sample sets: what each is, by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A text and its language.

    Attributes:
        text: The text.
        language: BCP 47 code, or what people write for it ("guj_Gujr"); "und" (undetermined) if
            nobody has named it.
        published: Numbers of tokens that have been published for this very text, by encoding.
    """

    text: str
    language: str = UNDETERMINED
    published: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        require_str("The text of a document", self.text)
        require_str("The language of a document", self.language)
        if not isinstance(self.published, Mapping) or not all(
            type(number) is int for number in self.published.values()
        ):
            raise ArgumentError("What is published for a document must be whole numbers by name.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Documents, and which text they are.

    Attributes:
        name: What the source is called, for example "gpt-4o".
        sha256: SHA-256 of the text that the documents were read from, in hexadecimal digits.
        documents: The documents, in the order of the source.
        selection: The languages that were selected, in the order of the source; None if none were
            left out.
    """

    name: str
    sha256: str
    documents: tuple[Document, ...]
    selection: tuple[str, ...] | None = None

    def __iter__(self) -> Iterator[Document]:
        return iter(self.documents)

    def __len__(self) -> int:
        return len(self.documents)

    @property
    def languages(self) -> list[str]:
        """The codes of the languages that there are documents of, in order of first appearance."""
        return list(dict.fromkeys(map(_code, self.documents)))

    def select(self, languages: str | Iterable[str]) -> Source:
        """Returns the documents of some languages only, in the order of the source.

        Raises:
            UnknownNameError: There is no document of such a language.
        """
        known = self.languages
        names = {describe_language(code).name: code for code in known}
        wanted = set()
        for language in [languages] if isinstance(languages, str) else languages:
            require_str("A language", language)
            code = describe_language(language).code
            if code not in known:
                raise unknown_name("language", language, known, also=names)
            wanted.add(code)
        if wanted == set(known):
            return self
        return replace(
            self,
            documents=tuple(document for document in self.documents if _code(document) in wanted),
            selection=tuple(code for code in known if code in wanted),
        )


def _code(document: Document) -> str:
    return describe_language(document.language).code


def load_samples(name: str = "gpt-4o") -> Source:
    """Returns a built-in sample set.

    Args:
        name: "gpt-4o", the twenty sentences of the GPT-4o announcement, or "udhr", the Universal
            Declaration of Human Rights in the same languages, one document an article.

    Raises:
        UnknownNameError: There is no set of that name.
        SourceError: The file that holds the set is missing or damaged.

    >>> load_samples().documents[-1].text
    "Hello, my name is GPT-4o. I'm a new type of language model, it's nice to meet you!"
    """
    require_str("The name of a sample set", name)
    if name not in SAMPLES:
        raise unknown_name("sample set", name, SAMPLES)
    path = data_path("samples", f"{name}.jsonl")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(
            f"The sample set {str(path)!r} cannot be read: {error.strerror}."
        ) from error
    return Source(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        documents=tuple(read_json_lines(content, name=str(path))),
    )


def read_json_lines(content: bytes, *, name: str) -> Iterator[Document]:
    r"""Yields a document for each line of JSON Lines in UTF-8.

    A line is an object with "text", and if it likes "language" (BCP 47) and "published" (numbers
    of tokens by encoding); other keys are left alone, and so are empty lines.

    Args:
        content: The whole file.
        name: What error messages call it.

    Raises:
        SourceError: A line is no such object.

    >>> list(read_json_lines(b'{"language": "en", "text": "Hi"}\n', name="example"))
    [Document(text='Hi', language='en', published={})]
    """
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield _read_record(line)
        except (ValueError, RecursionError) as error:
            # UnicodeDecodeError and JSONDecodeError are ValueErrors, and so is ArgumentError.
            raise SourceError(f"{name!r}, line {number}: {error}") from error


def _read_record(line: bytes) -> Document:
    record = json.loads(line.decode("utf-8"))
    if not isinstance(record, dict):
        raise ArgumentError(f"A line must hold a JSON object, not {type(record).__name__}.")
    if "text" not in record:
        raise ArgumentError('The key "text" is missing.')
    return Document(
        text=record["text"],
        language=record.get("language", UNDETERMINED),
        published=record.get("published", {}),
    )
