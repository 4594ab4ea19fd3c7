"""Encodings of models whose tokenizers are not public: recorded counts, and calibrated estimates.

`claude=field:usage_tokens` takes the number of tokens from a field of each document, where a
provider's API has counted them. `claude=claude.json` estimates them: a file that `tokcompare
calibrate` wrote has a factor for each language, which a public encoding's tokens are multiplied
with, and a constant, which is added for each document. Neither has tokens, only their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NoReturn

from tokcompare.encodings.names import require_valid_name
from tokcompare.encodings.protocol import LoadedEncoding
from tokcompare.errors import ArgumentError, with_hint

_FIELD = "field:"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordedCounts:
    """The numbers of tokens that a provider's API has counted, in a field of each document.

    Attributes:
        name: The name that the counts have.
        field: The field, as `ReadOptions.text_field` names one: a name or a path.
    """

    name: str
    field: str

    vocabulary_size: ClassVar[int] = 0
    sha256: ClassVar[str] = ""
    library: ClassVar[str] = ""
    keeps_text: ClassVar[bool | None] = None
    unknown_token: ClassVar[int | None] = None
    cuts_at_space: ClassVar[bool] = True
    can_decode: ClassVar[bool] = False

    def encode(self, text: str) -> NoReturn:
        """Refuses a text.

        Raises:
            ArgumentError: Always: a text has no fields.
        """
        raise with_hint(
            ArgumentError,
            f"The tokens of {self.name!r} stand in the field {self.field!r} of documents, and a "
            "text by itself has no fields.",
            python="Give compare() documents that have the field.",
            command=f"Compare records that have the field: tokcompare report FILE -e "
            f"{self.name}={_FIELD}{self.field}",
        )

    def decode(self, tokens: Sequence[int]) -> None:
        """Returns None: there are no tokens."""

    def count_lost_bytes(self, text: str, tokens: Sequence[int]) -> int:
        """Returns 0: there are no tokens that could lose text."""
        return 0


def find_recorded(given: str) -> RecordedCounts | None:
    """Returns the recorded counts that NAME=field:FIELD means; None for anything else.

    Raises:
        ArgumentError: The name or the field is missing, or the name is not allowed.
    """
    name, equals, rest = given.partition("=")
    if given.startswith(_FIELD) or (equals and rest == _FIELD):
        raise ArgumentError(
            f"{given!r} is not NAME=field:FIELD, such as claude=field:usage_tokens: a name for the "
            "counts, and the field of the documents in which they stand."
        )
    if not rest.startswith(_FIELD):
        return None
    return RecordedCounts(name=require_valid_name(name, given), field=rest.removeprefix(_FIELD))


def recorded_fields(encodings: Iterable[LoadedEncoding]) -> dict[str, str]:
    """Returns the fields of the recorded counts among some encodings, by the encoding's name."""
    return {each.name: each.field for each in encodings if isinstance(each, RecordedCounts)}


def encoder_of(encoding: LoadedEncoding) -> LoadedEncoding | None:
    """Returns the encoding that encodes text for an encoding; None if its counts are recorded."""
    return None if isinstance(encoding, RecordedCounts) else encoding


def has_tokens(encoding: LoadedEncoding) -> bool:
    """Returns whether an encoding has tokens, and not only their number."""
    return not isinstance(encoding, RecordedCounts)
