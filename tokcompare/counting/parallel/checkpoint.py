"""Checkpoints: the progress of a run is kept in a file, and a run that was killed continues there.

The file is replaced as a whole, so a run that is killed while it writes leaves the last checkpoint.
A checkpoint names the files and everything else that the counts depend on, and belongs to that run
only.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokcompare.counting.parts import Part, PartSum
from tokcompare.errors import CheckpointError, OutputError
from tokcompare.files import without_secrets
from tokcompare.output import write_file
from tokcompare.sources.document import SourceFile
from tokcompare.sources.source import Source
from tokcompare.sources.storage import stored_file

EVERY = 1 << 26
"""After how many bytes of text a checkpoint is written."""

_FORM = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The progress that a checkpoint holds.

    Attributes:
        done: The place up to which everything is counted: the number of a file in the source, from
            0, and how many of its chunks are counted.
        is_large: Whether the source was counted as a large one.
        part: The counts.
    """

    done: tuple[int, int]
    is_large: bool
    part: Part


class Checkpoint:
    """The file that keeps the progress of a run."""

    def __init__(self, path: str, source: Source, fingerprint: str) -> None:
        """Makes a checkpoint of a source.

        Args:
            path: The path of the checkpoint.
            source: The source that is counted.
            fingerprint: Everything else that the counts depend on, in one line.

        Raises:
            CheckpointError: The source cannot be read again.
        """
        self._path, self._source = path, source
        self._fingerprint = hashlib.sha256(fingerprint.encode()).hexdigest()
        self._size = 0
        self._states = list(map(_state_of, source.files))

    def load(self) -> Stored | None:
        """Returns the stored progress; None if there is no checkpoint yet.

        Raises:
            CheckpointError: The file belongs to another run, or a counted file has changed.
        """
        try:
            stored = json.loads(Path(self._path).read_bytes())
            form, run, files = stored["form"], stored["run"], stored["files"]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CheckpointError(f"{self._path!r} cannot be read: {error.strerror}.") from error
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise CheckpointError(
                f"{without_secrets(self._path)!r} is no checkpoint of tokcompare; name another "
                "file."
            ) from error
        advice = f"Delete {self._path!r} to begin anew."
        if form != _FORM or run != self._fingerprint or [f[0] for f in files] != self._names():
            raise CheckpointError(
                f"The checkpoint {self._path!r} is one of a run over other files or with other "
                f"options or another version. {advice}"
            )
        for then, now in zip(files, self._states, strict=True):
            if then != now:
                raise CheckpointError(
                    f"{now[0]!r} has changed since the checkpoint was written. {advice}"
                )
        part = Part.from_dict(stored["part"])
        return Stored(done=tuple(stored["done"]), is_large=stored["large"], part=part)

    def note(self, place: tuple[int, int], size: int, total: PartSum, *, is_large: bool) -> None:
        """Notes that a chunk is counted, and writes the checkpoint now and then.

        Args:
            place: The place of the chunk: see `Stored.done`.
            size: About how many bytes the chunk has.
            total: The counts so far.
            is_large: As in `Stored`.

        Raises:
            OutputError: The file cannot be written.
        """
        self._size += size
        if self._size >= EVERY:
            self._size = 0
            self._write(place, total, is_large=is_large)

    def finish(self, total: PartSum, *, is_large: bool) -> None:
        """Writes that everything is counted.

        Raises:
            OutputError: The file cannot be written.
        """
        self._write((len(self._states), 0), total, is_large=is_large)

    def _write(self, done: tuple[int, int], total: PartSum, *, is_large: bool) -> None:
        stored: dict[str, Any] = {
            "form": _FORM,
            "run": self._fingerprint,
            "files": self._states,
            "done": list(done),
            "large": is_large,
            "part": total.part().to_dict(),
        }
        write_file(self._path, json.dumps(stored))

    def _names(self) -> list[str]:
        return [state[0] for state in self._states]


def delete_checkpoint(path: str) -> None:
    """Deletes a checkpoint, once the result is written.

    A link that somebody made stays, and so does a file that is no checkpoint any more.

    Raises:
        OutputError: The file cannot be deleted.
    """
    try:
        target = Path(path).resolve()
        if _is_checkpoint(target):
            target.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise OutputError(
            f"The file {without_secrets(path)!r} cannot be deleted: {reason}."
        ) from error


def _is_checkpoint(path: Path) -> bool:
    try:
        stored = json.loads(path.read_bytes()) if path.is_file() else None
    except (ValueError, RecursionError):
        return False
    return isinstance(stored, dict) and {"form", "run", "files"} <= stored.keys()


def _state_of(file: SourceFile) -> list[Any]:
    state = stored_file(file.path).state()
    if state is None:
        raise CheckpointError(
            f"{file.name!r} cannot be read again, so a run over it can have no checkpoint."
        )
    return [file.name, state]
