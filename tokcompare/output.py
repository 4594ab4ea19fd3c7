"""Where results go: a file, written whole or not at all, or standard output.

It takes finished text; what the text looks like is not its business.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from tokcompare.errors import OutputError


def write_file(path: str, text: str, *, temporary: str | None = None) -> None:
    """Writes a file in UTF-8, whole or not at all: until all is written the old one stays.

    A symbolic link stays a link, and a file that is replaced keeps its permissions; its owner is
    whoever writes. A device or a pipe cannot be replaced; it is written to as it is.

    Args:
        path: Its path.
        text: What is written.
        temporary: The name, in the same folder, that the file has until all is written; None for
            one that nobody has.

    Raises:
        OutputError: The file cannot be written; what was there before is still there.
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
        # Renaming over a file does not ask whether it is writable; its owner may have meant it.
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
        OutputError: It cannot be deleted.
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
        BrokenPipeError: Whoever read it has gone.
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
    """Lets go of what could not be written: it is in a buffer that Python writes again on exit."""
    with Path(os.devnull).open("wb") as null:
        os.dup2(null.fileno(), sys.stdout.fileno())


def terminal_width() -> int | None:
    """Returns how many columns the terminal has that standard output is; None if it is none."""
    if sys.stdout is None or not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def shows_color() -> bool:
    """Returns whether standard output is a terminal whose user has nothing against colours.

    See https://no-color.org for `NO_COLOR`.
    """
    return sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
