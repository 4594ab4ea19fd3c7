"""Encodings of models whose tokenizers are not public: recorded counts, and calibrated estimates.

`claude=field:usage_tokens` takes the number of tokens from a field of each document, where a
provider's API has counted them. `claude=claude.json` estimates them: a file that `tokcompare
calibrate` wrote has a factor for each language, which a public encoding's tokens are multiplied
with, and a constant, which is added for each document. Neither has tokens, only their number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NoReturn

from tokcompare.encodings.kinds.openai import VOCABULARIES
from tokcompare.encodings.names import absolute_path, read_file, require_valid_name, split_name
from tokcompare.encodings.protocol import LoadedEncoding
from tokcompare.errors import ArgumentError, VocabularyError, with_hint

if TYPE_CHECKING:
    from tokcompare.encodings.closed.calibration import Calibration

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
    return RecordedCounts(name=require_free_name(name, given), field=rest.removeprefix(_FIELD))


def require_free_name(name: str, given: str) -> str:
    """Returns a name unchanged if an encoding of the caller can have it.

    Raises:
        ArgumentError: It is not allowed, or that of an encoding of tiktoken.
    """
    if name in VOCABULARIES:
        raise ArgumentError(
            f"{given!r} would be called {name!r}, which is an encoding of tiktoken. Give it "
            "another name: NAME=..."
        )
    return require_valid_name(name, given)


def recorded_fields(encodings: Iterable[LoadedEncoding]) -> dict[str, str]:
    """Returns the fields of the recorded counts among some encodings, by the encoding's name."""
    return {each.name: each.field for each in encodings if isinstance(each, RecordedCounts)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CalibratedEncoding:
    """An encoding whose numbers of tokens are estimated from those of a base encoding.

    While text is counted it is the base encoding; `counting.estimated` makes the estimates of the
    sums.

    Attributes:
        calibration: The numbers.
        base: The base encoding.
        name: The name that the estimates have.
        sha256: The SHA-256 of the calibration's file.
    """

    calibration: Calibration
    base: LoadedEncoding
    name: str
    sha256: str

    vocabulary_size: ClassVar[int] = 0

    @property
    def library(self) -> str:
        """The package of the base encoding."""
        return self.base.library

    @property
    def keeps_text(self) -> bool | None:
        """Whether the base encoding keeps text."""
        return self.base.keeps_text

    @property
    def unknown_token(self) -> int | None:
        """The id of the base encoding's unknown token, or None."""
        return self.base.unknown_token

    @property
    def cuts_at_space(self) -> bool:
        """Whether text can be cut for the base encoding."""
        return self.base.cuts_at_space

    @property
    def can_decode(self) -> bool:
        """Whether the base encoding can decode."""
        return self.base.can_decode

    def encode(self, text: str) -> NoReturn:
        """Refuses a text.

        Raises:
            ArgumentError: Always: a factor is that of a language, which a text does not say.
        """
        raise with_hint(
            ArgumentError,
            f"{self.name!r} has no tokens: their number is estimated, by a factor for each "
            f"language, from those of {self.base.name}.",
            python="Give compare() or cost() documents with their languages.",
            command="Use tokcompare report or tokcompare cost, which know the language.",
        )

    def decode(self, tokens: Sequence[int]) -> str | None:
        """Returns the text of tokens of the base encoding."""
        return self.base.decode(tokens)

    def count_lost_bytes(self, text: str, tokens: Sequence[int]) -> int:
        """Returns the bytes that the tokens of the base encoding lose."""
        return self.base.count_lost_bytes(text, tokens)


def find_calibration(given: str) -> tuple[str, str, bytes] | None:
    """Returns the name, the path and the content of a calibration's file; None for anything else.

    Args:
        given: PATH or NAME=PATH.
    """
    named = None if "://" in given or not given.lower().endswith(".json") else split_name(given)
    if named is None:
        return None
    from tokcompare.encodings.closed.calibration import is_calibration, read_calibration

    content = read_file(absolute_path(named[1]))
    if not is_calibration(content):
        return None
    is_named = given != named[1]
    name = named[0] if is_named else read_calibration(content, named[1]).name
    return require_free_name(name, given), named[1], content


def load_calibrated(
    name: str, path: str, content: bytes, load: Callable[[str], LoadedEncoding]
) -> CalibratedEncoding:
    """Loads an encoding from a calibration.

    Args:
        name: The name of the encoding.
        path: The path of the file, for messages.
        content: Its content.
        load: Loads the base encoding by its name.

    Raises:
        VocabularyError: The file is damaged, or the base encoding is another one than it names.
    """
    from tokcompare.encodings.closed.calibration import read_calibration

    calibration = read_calibration(content, path)
    base = load(calibration.base)
    if base.sha256 != calibration.base_sha256:
        raise VocabularyError(
            f"{path!r} was calibrated with another {calibration.base!r} than the one that is here: "
            f"its SHA-256 was {calibration.base_sha256}, and is {base.sha256}."
        )
    sha256 = hashlib.sha256(content).hexdigest()
    return CalibratedEncoding(calibration=calibration, base=base, name=name, sha256=sha256)


def encoder_of(encoding: LoadedEncoding) -> LoadedEncoding | None:
    """Returns the encoding that encodes text for an encoding; None if its counts are recorded."""
    if isinstance(encoding, CalibratedEncoding):
        return encoding.base
    return None if isinstance(encoding, RecordedCounts) else encoding


def has_tokens(encoding: LoadedEncoding) -> bool:
    """Returns whether an encoding has tokens, and not only their number."""
    return not isinstance(encoding, (RecordedCounts, CalibratedEncoding))


def calibrations_of(encodings: Iterable[LoadedEncoding]) -> dict[str, Calibration]:
    """Returns the calibrations among some encodings, by the encoding's name."""
    return {
        each.name: each.calibration for each in encodings if isinstance(each, CalibratedEncoding)
    }
