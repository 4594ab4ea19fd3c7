"""An explanation: the tokens of a text under some encodings, and what each part of it saves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tokcompare.encodings import EncodingLike, LoadedEncoding, load_encodings
from tokcompare.errors import require_str
from tokcompare.explanations.spans import Span, split_spans
from tokcompare.explanations.tokens import Token, locate_tokens
from tokcompare.text import replace_surrogates

DEFAULT_ENCODINGS = ("cl100k_base", "o200k_base")
"""What is explained unless the caller names encodings: that of GPT-4, and that of GPT-4o."""

LONGEST = 3_000
"""How many characters of a text a notebook shows."""

SCHEMA = 1
"""The version of `Explanation.to_dict`: keys are only added."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Explanation:
    """The tokens of a text under some encodings.

    Attributes:
        text: The text; a lone surrogate is U+FFFD.
        encodings: The names of the encodings, the baseline first.
        tokens: The tokens under each encoding, in order.
        spans: The text, split where all encodings begin a token and a grapheme begins, too.
    """

    text: str
    encodings: tuple[str, ...]
    tokens: tuple[tuple[Token, ...], ...]
    spans: tuple[Span, ...]

    @property
    def counts(self) -> tuple[int, ...]:
        """The number of tokens under each encoding."""
        return tuple(map(len, self.tokens))

    @property
    def saved(self) -> tuple[int, ...]:
        """How many tokens fewer than under the baseline there are under each encoding."""
        first, *_ = self.counts
        return tuple(first - count for count in self.counts)

    def __repr__(self) -> str:
        """Returns one line: the encodings and their numbers of tokens."""
        counts = ", ".join(f"{count:,}" for count in self.counts)
        unit = "token" if self.counts == (1,) else "tokens"
        return f"<Explanation {', '.join(self.encodings)}: {counts} {unit}>"

    def __str__(self) -> str:
        """Returns the output of `tokcompare explain`, without colours."""
        from tokcompare.explanations.terminal import Style, show_explanation  # saves start time

        return show_explanation(self, Style()).rstrip("\n")

    def _repr_html_(self) -> str:
        """Returns the beginning of the text with its tokens as HTML, which notebooks show."""
        from tokcompare.explanations.view import token_view  # saves start time
        from tokcompare.page.notebook import output_of_text

        view = token_view(self, longest=LONGEST)
        return output_of_text(view, encodings=self.encodings)

    def to_dict(self) -> dict[str, Any]:
        """Returns the explanation as JSON objects. Offsets are bytes of the text in UTF-8."""
        return {
            "schema": SCHEMA,
            "text": self.text,
            "encodings": list(self.encodings),
            "tokens": dict(zip(self.encodings, self.counts, strict=True)),
            "saved": dict(zip(self.encodings, self.saved, strict=True)),
            "spans": [self._span_to_dict(span) for span in self.spans],
        }

    def _span_to_dict(self, span: Span) -> dict[str, Any]:
        return {
            "start": span.start,
            "end": span.end,
            "text": span.text,
            "saved": dict(zip(self.encodings, span.saved, strict=True)),
            "tokens": {
                encoding: [
                    {
                        "id": token.id,
                        "start": token.start,
                        "end": token.end,
                        "bytes": token.content.hex(),
                    }
                    for group in groups
                    for token in group.tokens
                ]
                for encoding, groups in zip(self.encodings, span.groups, strict=True)
            },
        }


def explain(
    text: str, encodings: EncodingLike | Sequence[EncodingLike] = DEFAULT_ENCODINGS
) -> Explanation:
    """Returns the tokens of a text under some encodings, and the parts that they agree on.

    Args:
        text: Any string.
        encodings: One encoding or several, the baseline first: see `load_encoding`.

    Raises:
        ArgumentError: The text is no string, or the tokens of an encoding do not give it back.
        UnknownNameError: There is no such encoding.
        VocabularyError: An encoding cannot be loaded.

    >>> [(span.text, span.tokens) for span in explain("Hi नमस्ते").spans]
    [('Hi', (1, 1)), (' नम', (3, 1)), ('स्ते', (4, 2))]
    """
    require_str("A text", text)
    return explain_under(text, load_encodings(encodings))


def explain_under(text: str, encodings: Sequence[LoadedEncoding]) -> Explanation:
    """Returns the explanation of a text under loaded encodings: see `explain`."""
    tokens = [locate_tokens(text, encoding) for encoding in encodings]
    return Explanation(
        text=replace_surrogates(text),
        encodings=tuple(encoding.name for encoding in encodings),
        tokens=tuple(map(tuple, tokens)),
        spans=split_spans(text, tokens),
    )
