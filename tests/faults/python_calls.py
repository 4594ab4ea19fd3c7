"""Faults without a tracer: a call that Python makes on a file fails, or ends the run as a kill."""

from __future__ import annotations

import builtins
import io
import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

OS_CALLS = ("open", "stat", "fstat", "chmod", "replace", "unlink", "fsync", "close")
"""The functions of `os` that tokcompare calls for files, most of them through `pathlib`."""


class Killed(BaseException):
    """The process is dead."""


@dataclass
class FileCalls:
    """The calls on the files of a folder, in their order, of which one goes wrong.

    Attributes:
        folder: The folder.
        at: The call that goes wrong, and its number from 1 among the equal ones; None for none.
        error: The error that it gives; None if it kills the process, which makes no more calls.
        calls: How many calls there were of each kind: the function and the name of the file.
        is_done: Whether the call has gone wrong.
    """

    folder: Path
    at: tuple[str, int] | None = None
    error: int | None = None
    calls: Counter[str] = field(default_factory=Counter)
    is_done: bool = False
    _descriptors: dict[int, str] = field(default_factory=dict)

    def patch(self, patch: pytest.MonkeyPatch) -> None:
        """Puts itself between Python and the system."""
        for name in OS_CALLS:
            patch.setattr(os, name, self._wrapped(name, getattr(os, name)))
        opened = self._wrapped_open(io.open)
        patch.setattr(io, "open", opened)
        patch.setattr(builtins, "open", opened)

    def step(self, call: str, path: str) -> None:
        """Notes a call.

        Raises:
            OSError: It fails.
            Killed: It killed the process, or an earlier one did.
        """
        name = re.sub(r"[0-9a-f]{16}", "*", Path(path).name)
        self.calls[f"{call} {name}"] += 1
        if self.at == (f"{call} {name}", self.calls[f"{call} {name}"]):
            self.is_done = True
            if self.error is not None:
                raise OSError(self.error, os.strerror(self.error), path)
        if self.is_dead:
            raise Killed

    @property
    def is_dead(self) -> bool:
        return self.is_done and self.error is None

    def forget(self, descriptor: int) -> None:
        """Forgets an open file that is closed now: the system gives its number to another."""
        self._descriptors.pop(descriptor, None)

    def _path_of(self, file: object) -> str | None:
        """Returns the path of a file of the folder; None for any other file."""
        if isinstance(file, int):
            return self._descriptors.get(file)
        path = os.fspath(file) if isinstance(file, str | os.PathLike) else ""
        is_inside = isinstance(path, str) and Path(path).is_relative_to(self.folder)
        return path if is_inside else None

    def _wrapped(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(file: Any, *rest: Any, **options: Any) -> Any:
            path = self._path_of(file)
            if path is not None:
                self.step(name, path)
            if name == "close":
                self.forget(file)
            result = real(file, *rest, **options)
            if name == "open" and path is not None:
                self._descriptors[result] = path
            return result

        return call

    def _wrapped_open(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
            path = self._path_of(file)
            if path is None:
                return real(file, mode, *rest, **options)
            assert mode in ("rb", "wb", "ab")
            self.step("open", path)
            raw = _File(file, mode, self, path)
            self._descriptors[raw.fileno()] = path
            return io.BufferedReader(raw) if mode == "rb" else io.BufferedWriter(raw)

        return call


class _File(io.FileIO):
    """A file whose reads, writes and closing are calls of their own."""

    def __init__(self, file: Any, mode: str, calls: FileCalls, path: str) -> None:
        super().__init__(file, mode)
        self._calls, self._path = calls, path

    def read(self, size: int | None = -1, /) -> Any:
        self._calls.step("read", self._path)
        return super().read(-1 if size is None else size)

    def readall(self) -> Any:
        self._calls.step("read", self._path)
        return super().readall()

    def readinto(self, buffer: Any, /) -> Any:
        self._calls.step("read", self._path)
        return super().readinto(buffer)

    def write(self, data: Any, /) -> Any:
        if self._calls.is_dead:  # Python empties its buffers when it deletes a file's object.
            return len(data)
        self._calls.step("write", self._path)
        return super().write(data)

    def close(self) -> None:
        try:
            if not self.closed and not self._calls.is_dead:
                self._calls.step("close", self._path)
        finally:
            if not self.closed:
                self._calls.forget(self.fileno())
            super().close()
