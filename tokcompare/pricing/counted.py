"""Models with the encodings that count their tokens: their own, or a proxy that the caller gave."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tokcompare.encodings import LoadedEncoding, load_encoding
from tokcompare.encodings.closed.calibration import Calibration
from tokcompare.encodings.closed.recorded import CalibratedEncoding, RecordedCounts
from tokcompare.encodings.models import (
    find_tokenizer_of_model,
    identify_model,
    known_prefixes,
)
from tokcompare.encodings.models.openai import KnownModel
from tokcompare.encodings.named.catalogue import find_tokenizer
from tokcompare.encodings.named.places import find_place, install_command
from tokcompare.errors import ArgumentError, UnknownNameError, VocabularyError, with_hint
from tokcompare.pricing.catalogue import normal_name
from tokcompare.pricing.proxies import Proxies


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedModel:
    """A model and the encoding that counts its tokens.

    Attributes:
        model: The model, as the caller named it.
        encoding: The name of the encoding.
        is_estimate: Whether the model's own encoding is not public, so that another one counts.
        calibration: The calibration that the counts are made with; None for none.
        field: The field in which the counts of the model's provider stand; "" for none.
    """

    model: str
    encoding: str
    is_estimate: bool
    calibration: Calibration | None = None
    field: str = ""

    @property
    def has_known_error(self) -> bool:
        """Whether the error of the counts is known, so that there are intervals."""
        return not self.is_estimate or self.calibration is not None

    @property
    def label(self) -> str:
        """The name of the model in tables, behind "≈" if its counts are estimates."""
        return f"≈ {self.model}" if self.is_estimate else self.model


class Counted(NamedTuple):
    """How the tokens of a model are counted: see `CountedModel`."""

    encoding: str
    is_estimate: bool
    calibration: Calibration | None = None
    field: str = ""


def own_encoding(model: str, substitute: str | None) -> Counted:
    """Returns how the tokens of a model are counted.

    Args:
        model: The model.
        substitute: The encoding to use if the model's tokenizer is not public or cannot be loaded;
            None for none. A file that has the name of an open model's tokenizer is that tokenizer.

    Raises:
        UnknownNameError: The model's tokenizer is not public or not here, and there is no
            substitute.
    """
    if (known := _known(model)) is not None:
        return Counted(known.encoding, is_estimate=False)
    proxy = None if substitute is None else load_encoding(str(substitute))
    given = None if proxy is None else proxy.name
    tokenizer = find_tokenizer_of_model(normal_name(model))
    if tokenizer is not None:
        reason = "" if given == tokenizer else _why_not_here(tokenizer)
        if not reason:
            return Counted(tokenizer, is_estimate=False)
        if proxy is None:
            raise with_hint(
                UnknownNameError,
                f"The tokenizer of {model!r} is {tokenizer}, which is not here. {reason}",
                python=f"Or give its file: encoding='{tokenizer}=PATH/tokenizer.json'.",
                command=f"Or give its file with --encoding {tokenizer}=PATH/tokenizer.json.",
            )
    if proxy is not None:
        return _counted_by(proxy)
    marked = "The results are then marked as estimates."
    raise with_hint(
        UnknownNameError,
        f"The tokenizer of {model!r} is not public, or not known here, so its tokens cannot be "
        f"counted.{_what_is_known(model)} Another encoding can estimate them:",
        python=f"encoding='o200k_base'. {marked}",
        command=f"--encoding o200k_base. {marked}",
    )


def _counted_by(proxy: LoadedEncoding) -> Counted:
    """Returns how an encoding that the caller gave counts the tokens of a closed model."""
    if isinstance(proxy, RecordedCounts):
        return Counted(proxy.name, is_estimate=False, field=proxy.field)
    calibration = proxy.calibration if isinstance(proxy, CalibratedEncoding) else None
    return Counted(proxy.name, is_estimate=True, calibration=calibration)


def _known(model: str) -> KnownModel | None:
    """Returns the model of OpenAI that a name means; None for any other."""
    try:
        return identify_model(normal_name(model))
    except UnknownNameError:
        return None


def _why_not_here(tokenizer: str) -> str:
    """Returns why the tokenizer of open models cannot be loaded by its name; "" if it can."""
    try:
        load_encoding(tokenizer)
    except UnknownNameError:
        return "No package that contains it is known."
    except VocabularyError as error:
        known = find_tokenizer(tokenizer)
        if known is None or find_place(known) is not None:
            return str(error)
        return f"This command installs it: {install_command(known)}"
    return ""


def _what_is_known(model: str) -> str:
    """Returns a sentence on the models that tiktoken knows, for a model named as OpenAI's are."""
    if re.search(r"(?:^|/)(?:chat)?gpt-|(?:^|/)o\d(?:-|$)", normal_name(model)) is None:
        return ""
    names = ", ".join(f"{prefix}…" for prefix in known_prefixes())
    return f" tiktoken knows the models {names}."


def encodings_of(models: Iterable[CountedModel], proxies: Proxies) -> list[str]:
    """Returns the encodings of models, each once, as `compare` can load them.

    Args:
        models: The models.
        proxies: The encodings that the caller gave.

    Raises:
        ArgumentError: Two of these would have the same name.
    """
    # The name of a file's encoding is not enough to load it.
    given = proxies.by_encoding()
    names = dict.fromkeys(model.encoding for model in models)
    return [given.get(name, name) for name in names]


def check_proxies(models: Sequence[CountedModel], proxies: Proxies) -> None:
    """Checks that encodings given for closed models are used, and let them be compared.

    Args:
        models: The models; the first is compared with each of the others.
        proxies: The encodings that the caller gave for models whose tokenizers are not public.

    Raises:
        ArgumentError: A model does not need its encoding; or one counts both sides of a comparison,
            so that their ratio would be that of an encoding and itself; or the counts of one model
            would stand for several.
    """
    for name, substitute in proxies.by_model.items():
        _check_used(substitute, [each for each in models if normal_name(each.model) == name])
    others = [each for each in models if normal_name(each.model) not in proxies.by_model]
    if proxies.for_all is not None:
        _check_used(proxies.for_all, others)
        _check_single(proxies.for_all, others)
    for model in models[1:]:
        first = models[0]
        is_closed = first.is_estimate or model.is_estimate or first.field or model.field
        if first.encoding == model.encoding and is_closed:
            closed = " and ".join(
                each.model for each in (first, model) if each.is_estimate or each.field
            )
            raise with_hint(
                ArgumentError,
                f"{first.model} and {model.model} cannot be compared by {model.encoding}: it would "
                "count the tokens of both, so the result would be 1.00x for any text. The "
                f"tokenizer of {closed} is not public, or not known here.",
                python="Give another encoding=, or compare prices alone with price().",
                command="Give another --encoding. Its choice decides the result, which is an "
                "estimate.",
            )


def _check_used(substitute: str, models: Sequence[CountedModel]) -> None:
    if _is_used(substitute, models):
        return
    names = ", ".join(f"{model.model} ({model.encoding})" for model in models) or "none is left"
    raise with_hint(
        ArgumentError,
        "The encoding to estimate with would be ignored, because the tokenizer of each model "
        f"is known: {names}.",
        python="Leave out encoding=, or compare encodings with compare().",
        command="Leave out --encoding, or compare encodings with tokcompare report -e.",
    )


def _is_used(substitute: str, models: Sequence[CountedModel]) -> bool:
    """Returns whether an encoding that the caller gave counts the tokens of a model."""
    if any(model.is_estimate or model.field for model in models):
        return True
    open_models = {model.encoding for model in models if _known(model.model) is None}
    return bool(open_models) and load_encoding(substitute).name in open_models


def _check_single(substitute: str, models: Sequence[CountedModel]) -> None:
    """Checks that the counts of one model do not stand for several."""
    counted = [model.model for model in models if model.calibration is not None or model.field]
    if len(counted) > 1:
        raise with_hint(
            ArgumentError,
            f"{substitute!r} has the counts of one model, and would be used for "
            f"{' and '.join(counted)}. Say which model it is for:",
            python=f"encoding={{{counted[0]!r}: {substitute!r}}}.",
            command=f"--encoding {counted[0]}={substitute}.",
        )


def notes_on_tokenizers(models: Iterable[CountedModel]) -> list[str]:
    """Returns a note for each model whose encoding is not that of its name in tiktoken's table."""
    return [note for model in models if (note := _note_on_tokenizer(model))]


def _note_on_tokenizer(model: CountedModel) -> str:
    if model.calibration is not None:
        return (
            f"{model.label}: an estimate, by the calibration {model.encoding}; each document is "
            "taken as a request."
        )
    if model.field:
        return f"{model.model}: its provider counted its tokens, in the field {model.field}."
    if model.is_estimate:
        own = find_tokenizer_of_model(model.model)
        why = f"{own}, is not here" if own else "is not public, or not known here"
        return (
            f"{model.label}: an estimate. Its tokenizer{',' if own else ''} {why}; "
            f"{model.encoding} counted its tokens. Numbers marked ≈ depend on that choice, and "
            "have no interval."
        )
    if (known := _known(model.model)) is not None:
        return known.note
    return f"{model.model}: an open model; its own tokenizer, {model.encoding}, counted its tokens."
