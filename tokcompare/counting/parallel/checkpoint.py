"""Checkpoints: how far a run came, so that one that was killed goes on from there.

A checkpoint is a file that is replaced as a whole, so that whoever is killed while writing it
leaves the one before. It says what was counted and of which files, and goes with no other run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokcompare.counting.parts import Collector
from tokcompare.counting.steps import Step
from tokcompare.counting.stored import (
    measured_as_dict,
    measured_from_dict,
    part_as_dict,
    part_from_dict,
)
from tokcompare.errors import CheckpointError
from tokcompare.output import write_file
from tokcompare.sources.source import Source, SourceFile
from tokcompare.sources.storage import stored_file

EVERY = 1 << 26
"""After how many bytes of text a checkpoint is written."""

_FORM = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """How far a run came.

    Attributes:
        done: The place up to which all is counted: see `Step.place`.
        collector: What was counted.
        is_large: Whether it was counted in the way of large inputs.
    """

    done: tuple[int, int]
    is_large: bool
    collector: Collector


class Checkpoint:
    """The file that a run's progress is kept in."""

    def __init__(self, path: str, source: Source, task: str) -> None:
        """Makes a checkpoint of a source.

        Args:
            path: Where it is kept.
            source: What is counted.
            task: All that the counts depend on besides, in one line.

        Raises:
            CheckpointError: The source cannot be read again.
        """
        self._path, self._source = path, source
        self._task = hashlib.sha256(task.encode()).hexdigest()
        self._size = 0
        self._states = list(map(_state_of, source.files))

    def load(self) -> Progressed | None:
        """Returns how far the run came; None if it is at its beginning.

        Raises:
            CheckpointError: The file is none of this run, or what was counted has changed.
        """
        try:
            stored = json.loads(Path(self._path).read_bytes())
            form, task, files = stored["form"], stored["task"], stored["files"]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CheckpointError(f"{self._path!r} cannot be read: {error.strerror}.") from error
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise CheckpointError(
                f"{self._path!r} is no checkpoint of tokcompare; name another file."
            ) from error
        advice = f"Delete {self._path!r} to begin anew."
        if form != _FORM or task != self._task or [f[0] for f in files] != self._names():
            raise CheckpointError(
                f"The checkpoint {self._path!r} is one of a run over other files or with other "
                f"options or another version. {advice}"
            )
        for then, now in zip(files, self._states, strict=True):
            if then != now:
                raise CheckpointError(
                    f"{now[0]!r} has changed since the checkpoint was written. {advice}"
                )
        measured = stored["open"] and measured_from_dict(stored["open"])
        collector = Collector(part_from_dict(stored["part"]), measured)
        return Progressed(done=tuple(stored["done"]), is_large=stored["large"], collector=collector)

    def note(self, step: Step, collector: Collector, *, is_large: bool) -> None:
        """Notes that a step is done, and now and then writes it down.

        Raises:
            OutputError: The file cannot be written.
        """
        self._size += step.size
        if self._size >= EVERY:
            self._size = 0
            self._write(step.place, collector, is_large=is_large)

    def finish(self, collector: Collector, *, is_large: bool) -> None:
        """Writes down that all is counted.

        Raises:
            OutputError: The file cannot be written.
        """
        self._write((len(self._states), 0), collector, is_large=is_large)

    def _write(self, done: tuple[int, int], collector: Collector, *, is_large: bool) -> None:
        measured = collector.open and measured_as_dict(collector.open)
        stored: dict[str, Any] = {
            "form": _FORM,
            "task": self._task,
            "files": self._states,
            "done": list(done),
            "large": is_large,
            "open": measured,
            "part": part_as_dict(collector.part()),
        }
        # Under one name, so that runs that are killed while writing it leave one file at the most.
        write_file(self._path, json.dumps(stored), temporary=f"{Path(self._path).name}.tmp")

    def _names(self) -> list[str]:
        return [state[0] for state in self._states]


def _state_of(file: SourceFile) -> list[Any]:
    state = stored_file(file.path).state()
    if state is None:
        raise CheckpointError(
            f"{file.name!r} is no file that could be read again, so a run over it can have no "
            "checkpoint."
        )
    return [file.name, state]
