"""Output: writes finished text to a file, whole or not at all, or to standard output."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from tokcompare.errors import OutputError


def write_file(path: str, text: str, *, temporary: str | None = None) -> None:
    """Writes a file in UTF-8, whole or not at all: the old file stays until all is written.

    A symbolic link stays a link. A file that is replaced keeps its permissions, but its owner
    becomes the user who writes it. A device or a pipe is not replaced: it is written to directly.

    Args:
        path: The path of the file.
        text: The content.
        temporary: The name that the file has, in the same folder, until all is written; None for a
            random name.

    Raises:
        OutputError: The file cannot be written. The old file is unchanged.
    """
    content = text.encode()
    try:
        try:
            mode = Path(path).stat().st_mode
        except FileNotFoundError:
            mode = None
        if mode is None or stat.S_ISREG(mode):
            target = Path(path).resolve()
            name = temporary or f".{os.urandom(8).hex()}.tmp"
            _replace_file(target, content, mode, target.with_name(name))
        else:
            Path(path).write_bytes(content)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else error
        raise OutputError(f"The file {path!r} cannot be written: {reason}.") from error


def _replace_file(target: Path, content: bytes, mode: int | None, temporary: Path) -> None:
    if mode is not None:
        # Renaming would also replace a file that is not writable, and its owner may not want that.
        target.open("ab").close()
    try:
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            temporary.chmod(stat.S_IMODE(mode))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def delete_file(path: str) -> None:
    """Deletes a file.

    Raises:
        OutputError: The file cannot be deleted.
    """
    try:
        Path(path).unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise OutputError(f"The file {path!r} cannot be deleted: {reason}.") from error


def write_standard_output(text: str) -> None:
    """Writes to standard output: to a terminal in its encoding, to anything else in UTF-8.

    Raises:
        OutputError: Standard output is closed or full.
        BrokenPipeError: The reader of the pipe has closed it.
    """
    if sys.stdout is None:
        raise OutputError("Standard output is closed; use --output FILE.")
    encoding = sys.stdout.encoding if sys.stdout.isatty() else "utf-8"
    try:
        sys.stdout.buffer.write(text.encode(encoding, "backslashreplace"))
        sys.stdout.buffer.flush()
    except OSError as error:
        discard_standard_output()
        if isinstance(error, BrokenPipeError):
            raise
        raise OutputError(f"Standard output cannot be written: {error.strerror}.") from error


def discard_standard_output() -> None:
    """Discards output that could not be written, because Python would write it again on exit."""
    with Path(os.devnull).open("wb") as null:
        os.dup2(null.fileno(), sys.stdout.fileno())


def terminal_width() -> int | None:
    """Returns the number of columns of the terminal; None if standard output is not a terminal."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    import shutil  # takes 4 ms, and only a terminal needs it

    return shutil.get_terminal_size().columns


def is_redirected_to_file() -> bool:
    """Returns whether standard output is a file, and neither a terminal nor a pipe."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError, AttributeError):  # closed, or not a file of the system
        return False


def shows_color() -> bool:
    """Returns whether standard output is a terminal and colours are not switched off.

    `NO_COLOR` switches them off: https://no-color.org.
    """
    return sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
