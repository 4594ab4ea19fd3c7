"""Proxies: the encodings that count for models whose tokenizers are not public, one for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import TypeAlias

from tokcompare.encodings import load_encoding
from tokcompare.encodings.names import path_of
from tokcompare.errors import ArgumentError, require_names, with_hint
from tokcompare.pricing.catalogue import normal_name

ProxyLike: TypeAlias = "str | Mapping[str, str] | Sequence[str] | None"
"""An encoding for all models that need one, encodings by model, or both: see `Proxies.of`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """The encodings that a caller gave for models whose tokenizers are not public.

    Attributes:
        for_all: The encoding of the models that none is given for; None for none.
        by_model: The encodings of single models, by the normal names of these.
    """

    for_all: str | None = None
    by_model: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(given: ProxyLike, models: Iterable[str]) -> Proxies:
        """Returns the encodings that a caller gave.

        Args:
            given: The name or path of an encoding, or several, each with its model before it
                ("MODEL=ENCODING") but one; or a mapping from models to encodings.
            models: The models of the call.

        Raises:
            ArgumentError: A model is none of these or is named twice, or several encodings are
                given without one.
        """
        known = {normal_name(model): model for model in models}
        if given is None:
            return Proxies()
        if isinstance(given, Mapping):
            pairs = [(str(model), str(encoding)) for model, encoding in given.items()]
        else:
            if isinstance(given, PathLike):
                given = str(given)
            pairs = [_split(each, known) for each in require_names("An encoding", given)]
        by_model: dict[str, str] = {}
        for_all = [encoding for model, encoding in pairs if not model]
        for model, encoding in pairs:
            if not model:
                continue
            name = normal_name(model)
            if name not in known:
                raise ArgumentError(
                    f"There is an encoding for {model!r}, which is not one of the models: "
                    f"{', '.join(map(repr, known.values()))}."
                )
            if name in by_model:
                raise ArgumentError(f"There are two encodings for {model!r}; one is enough.")
            by_model[name] = encoding
        if len(for_all) > 1:
            raise with_hint(
                ArgumentError,
                f"{for_all[0]!r} and {for_all[1]!r}: say which model each encoding is for.",
                python="encoding={MODEL: ENCODING, ...}.",
                command="--encoding MODEL=ENCODING.",
            )
        return Proxies(for_all=for_all[0] if for_all else None, by_model=by_model)

    def of_model(self, model: str) -> str | None:
        """Returns the encoding for a model, as the caller gave it; None if there is none."""
        return self.by_model.get(normal_name(model), self.for_all)

    def by_encoding(self) -> dict[str, str]:
        """Returns the encodings as the caller gave them, by their names.

        Raises:
            ArgumentError: Two would have the same name.
        """
        found: dict[str, str] = {}
        for given in [*self.by_model.values(), *filter(None, [self.for_all])]:
            name = load_encoding(given).name
            if found.setdefault(name, given) != given:
                raise ArgumentError(
                    f"{found[name]!r} and {given!r} would both be called {name!r}; name one of "
                    "them: NAME=PATH."
                )
        return found


def proxy_paths(given: Iterable[str]) -> list[str]:
    """Returns the paths of the files of encodings that are given with or without their models."""
    names = [name for each in given for name in (each, each.partition("=")[2])]
    return [path for name in names if (path := path_of(name)) is not None]


def _split(given: str, known: Mapping[str, str]) -> tuple[str, str]:
    """Splits MODEL=ENCODING; the model is "" if another name, or none, precedes the encoding."""
    model, equals, encoding = given.partition("=")
    is_of_model = model.strip() and equals and normal_name(model) in known
    return (model, encoding) if is_of_model else ("", given)
