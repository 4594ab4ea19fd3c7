"""Checkpoints: the progress of a run is kept in a file, and a run that was killed continues there.

The file is replaced as a whole, so a run that is killed while it writes leaves the last checkpoint.
It has a checksum, and names the files and everything else that the counts depend on: it belongs to
that run only.

A file that was read, or partly, is known again by its size and a digest of its content, so that a
folder may be copied to another machine. Of a large file not all is hashed: a change between the
hashed blocks of a file that was replaced by one of the same size is not noticed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokcompare.counting import stored as checked
from tokcompare.counting.parts import Part, PartSum
from tokcompare.errors import CheckpointError, OutputError
from tokcompare.files import FileState, without_secrets
from tokcompare.output import write_file
from tokcompare.sources.document import SourceFile
from tokcompare.sources.source import Source
from tokcompare.sources.storage import (
    LocalFile,
    RemoteFile,
    check_unchanged,
    open_unchanged,
    stored_file,
    unreadable,
)

EVERY = 1 << 26
"""After how many bytes of text a checkpoint is written."""

SECONDS = 5.0
"""After how many seconds one is written, if fewer bytes than that were counted."""

_SHARE = 20
"""How many times longer than the writing of one the time before the next one is, at least."""

BLOCK = 1 << 20
"""How many bytes of a file are hashed at a time."""

BLOCKS = 16
"""How many blocks of a file are hashed. A file of no more is hashed as a whole; of a larger one,
the first, the last, and others at equal distances."""

_FORM = 4

_CHECKED = re.compile(rb'\{"sha256": "([0-9a-f]{64})", ')
"""The beginning of a checkpoint. The SHA-256 is that of everything behind it."""


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

    def __init__(
        self,
        path: str,
        source: Source,
        fingerprint: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Makes a checkpoint of a source.

        Args:
            path: The path of the checkpoint.
            source: The source that is counted.
            fingerprint: Everything else that the counts depend on, in one line.
            clock: Returns a time in seconds.

        Raises:
            CheckpointError: The source cannot be read again.
        """
        self._path = path
        self._files = [(file, _state_of(file)) for file in source.files]
        self._fingerprint = hashlib.sha256(fingerprint.encode()).hexdigest()
        self._digests: list[str] = []
        self._size = 0
        # The first one is written with the first chunk.
        self._clock, self._due = clock, clock()

    def load(self) -> Stored | None:
        """Returns the stored progress; None if there is no checkpoint yet.

        Raises:
            CheckpointError: The file is damaged or belongs to another run, or a counted file has
                changed.
        """
        try:
            content = Path(self._path).read_bytes()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            reason = error.strerror if isinstance(error, OSError) else error
            raise CheckpointError(f"{self._path!r} cannot be read: {reason}.") from error
        stored = self._parse(content)
        try:
            files = checked.items(stored["files"], _file)
            file, chunk = checked.row(stored["done"], checked.whole, checked.whole)
            if file > len(files):
                raise ValueError("there is no such place")
            is_large = checked.truth(stored["large"])
            part = Part.from_dict(stored["part"])
        except (ValueError, KeyError, CheckpointError) as error:
            raise self._refused(f"is damaged: {error}") from error
        if [name for name, *_ in files] != [file.name for file, _ in self._files]:
            raise self._of_another_run()
        for (now, state), then in zip(self._files, files, strict=True):
            self._check_file(now, state, then)
        return Stored(done=(file, chunk), is_large=is_large, part=part)

    def note(self, place: tuple[int, int], size: int, total: PartSum, *, is_large: bool) -> None:
        """Notes that a chunk is counted, and writes the checkpoint now and then.

        Args:
            place: The place of the chunk: see `Stored.done`.
            size: About how many bytes the chunk has.
            total: The counts so far.
            is_large: As in `Stored`.

        Raises:
            OutputError: The file cannot be written.
            ChangedFileError: A file has changed since the run began.
        """
        self._size += size
        if self._size >= EVERY or self._clock() >= self._due:
            self._write(place, total, is_large=is_large)

    def finish(self, total: PartSum, *, is_large: bool) -> None:
        """Writes that everything is counted.

        Raises:
            OutputError: The file cannot be written.
            ChangedFileError: A file has changed since the run began.
        """
        self._write((len(self._files), 0), total, is_large=is_large)

    def _write(self, done: tuple[int, int], total: PartSum, *, is_large: bool) -> None:
        started = self._clock()
        begun = self._files[: done[0] + 1]
        for file, state in begun[len(self._digests) :]:
            self._digests.append(_digest(file, state))
        if done[0] < len(self._files):
            file, state = self._files[done[0]]
            stored = stored_file(file.path)
            check_unchanged(stored, state, stored.state())
        digests = itertools.chain(self._digests, itertools.repeat(""))
        fields: dict[str, Any] = {
            "form": _FORM,
            "run": self._fingerprint,
            "files": [
                _stored_of(file, state, digest)
                for (file, state), digest in zip(self._files, digests, strict=False)
            ],
            "done": list(done),
            "large": is_large,
            "part": total.part().to_dict(),
        }
        content = json.dumps(fields)[1:]
        digest = hashlib.sha256(content.encode()).hexdigest()
        write_file(self._path, f'{{"sha256": "{digest}", {content}')
        self._size = 0
        ended = self._clock()
        self._due = ended + max(SECONDS, _SHARE * (ended - started))

    def _parse(self, content: bytes) -> Mapping[str, Any]:
        """Returns the fields of a checkpoint whose checksum is right."""
        try:
            stored = json.loads(content)
            form, run, _ = stored["form"], stored["run"], stored["files"]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise CheckpointError(
                f"{without_secrets(self._path)!r} is no checkpoint of tokcompare; name another "
                "file."
            ) from error
        if form != _FORM:
            raise self._of_another_run()
        head = _CHECKED.match(content)
        if head is None or hashlib.sha256(content[head.end() :]).hexdigest() != head[1].decode():
            raise self._refused("is damaged: its checksum is not that of its content")
        if run != self._fingerprint:
            raise self._of_another_run()
        return checked.record(stored)

    def _check_file(self, file: SourceFile, state: FileState, then: Sequence[Any]) -> None:
        """Checks that a file is the one that was counted."""
        _, size, digest, identity, version = then
        has_changed = size != state.size
        if digest and not has_changed:
            # A large file that was not replaced may have changed between the hashed blocks.
            is_touched = identity == _list_of(state) and version != str(state.version)
            is_large = (state.size or 0) > BLOCK * BLOCKS
            now = _digest(file, state)
            has_changed = now != digest or (is_touched and is_large)
            self._digests.append(now)
        if has_changed:
            raise CheckpointError(
                f"{file.name!r} has changed since the checkpoint was written. Delete "
                f"{self._path!r} to begin anew."
            )

    def _of_another_run(self) -> CheckpointError:
        return CheckpointError(
            f"The checkpoint {self._path!r} is one of a run over other files or with other options "
            f"or another version. Delete {self._path!r} to begin anew."
        )

    def _refused(self, reason: str) -> CheckpointError:
        return CheckpointError(f"The checkpoint {self._path!r} {reason}. Delete it to begin anew.")


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


def _state_of(file: SourceFile) -> FileState:
    state = file.state or stored_file(file.path).state()
    if state is None:
        raise CheckpointError(
            f"{file.name!r} cannot be read again, so a run over it can have no checkpoint."
        )
    return state


def _list_of(state: FileState) -> list[int] | None:
    return None if state.identity is None else list(state.identity)


def _stored_of(file: SourceFile, state: FileState, digest: str) -> list[Any]:
    return [file.name, state.size, digest, _list_of(state), str(state.version)]


def _file(stored: object) -> tuple[Any, ...]:
    """Reads the state of a file that `_stored_of` wrote."""

    def size(value: object) -> int | None:
        return None if value is None else checked.whole(value)

    def identity(value: object) -> list[int] | None:
        return None if value is None else list(checked.row(value, checked.whole, checked.whole))

    return checked.row(stored, checked.string, size, checked.string, identity, checked.string)


def _digest(file: SourceFile, state: FileState) -> str:
    """Returns a digest of the content of a file, or of some of its blocks.

    Raises:
        ChangedFileError: The file is not in that state.
        SourceError: It cannot be read.
    """
    if state.identity is None or state.size is None:  # a remote file, whose storage has a digest
        return hashlib.sha256(str(state.version).encode()).hexdigest()
    stored = stored_file(file.path, name=file.name)
    if isinstance(stored, RemoteFile) and (path := stored.local_path()) is not None:
        stored = LocalFile(path, file.name)
    digest = hashlib.sha256()
    last = max(0, state.size - BLOCK)
    starts: Sequence[int] = range(0, state.size, BLOCK)
    if len(starts) > BLOCKS:
        starts = [last * place // (BLOCKS - 1) for place in range(BLOCKS)]
    with open_unchanged(stored, state) as raw:
        try:
            for start in starts:
                raw.seek(start)
                digest.update(raw.read(BLOCK))
        except OSError as error:
            raise unreadable(file.name, error) from error
    return digest.hexdigest()
