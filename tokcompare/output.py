"""Output: writes finished text to a file, whole or not at all, or to standard output."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Hashable, Mapping
from pathlib import Path

from tokcompare.errors import CheckpointError, OutputError
from tokcompare.files import identity_of_file, without_secrets


def check_writable(path: str) -> None:
    """Checks that a file can be written, before the work that ends with it. Creates nothing.

    Raises:
        OutputError: It is a folder, there is no folder for it, or it may not be written.
    """
    try:
        try:
            mode = Path(path).stat().st_mode
        except FileNotFoundError:
            mode = None
        if mode is not None and stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if mode is not None and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if mode is None or stat.S_ISREG(mode):
            _check_folder(Path(path).resolve().parent)
    except (OSError, ValueError, RuntimeError) as error:
        raise _not_written(path, error) from error


def _check_folder(folder: Path) -> None:
    """Raises the error that creating a file in a folder would raise."""
    if not stat.S_ISDIR(folder.stat().st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if hasattr(os, "O_TMPFILE"):  # a file without a name, which nobody sees
        try:
            os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600))
            return
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.ENOENT, errno.EINVAL):
                raise
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def find_input(path: str, inputs: Mapping[Hashable, str]) -> str | None:
    """Returns the name of the input that writing a file would destroy; None if there is none.

    Args:
        path: The path of the file to be written. A terminal, say, can be both.
        inputs: The names of the inputs, by their keys: see `files.identity_of_file`.
    """
    name = inputs.get(identity_of_file(path))
    return None if name is None or _is_character_device(path) else name


def _is_character_device(path: str) -> bool:
    try:
        return stat.S_ISCHR(Path(path).stat().st_mode)
    except (OSError, ValueError):
        return False


def check_checkpoint(path: str, inputs: Mapping[Hashable, str]) -> None:
    """Checks that a checkpoint can be kept in a file, before anything is read.

    Args:
        path: The path of the checkpoint.
        inputs: The names of the inputs, by their keys: see `files.identity_of_file`.

    Raises:
        CheckpointError: The file is one of the inputs, or no regular file.
        OutputError: It cannot be written.
    """
    if (name := find_input(path, inputs)) is not None:
        raise CheckpointError(
            f"{without_secrets(path)!r} is also the input {name!r}, so it is no checkpoint of "
            "tokcompare; name another file."
        )
    try:
        mode = Path(path).stat().st_mode
    except (OSError, ValueError):
        pass  # There is none yet, or the next check says why it cannot be one.
    else:
        if not stat.S_ISREG(mode):
            reason = os.strerror(errno.EISDIR) if stat.S_ISDIR(mode) else "it is no regular file"
            raise CheckpointError(f"{without_secrets(path)!r} cannot be read: {reason}.")
    check_writable(path)


def write_file(path: str, text: str) -> None:
    """Writes a file in UTF-8, whole or not at all: the old file stays until all is written.

    A symbolic link stays a link. A file that is replaced keeps its permissions, but its owner
    becomes the user who writes it. A device or a pipe is not replaced: it is written to directly.

    Args:
        path: The path of the file.
        text: The content.

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
            _replace_file(Path(path).resolve(), content, mode)
        else:
            Path(path).write_bytes(content)
    except (OSError, ValueError, RuntimeError) as error:
        raise _not_written(path, error) from error


def _not_written(path: str, error: Exception) -> OutputError:
    # A ValueError is a NUL in the path, a RuntimeError is a circle of links.
    reason = error.strerror if isinstance(error, OSError) else error
    return OutputError(f"The file {without_secrets(path)!r} cannot be written: {reason}.")


def _replace_file(target: Path, content: bytes, mode: int | None) -> None:
    if mode is None:
        mode = _mode_of_new_file(target.parent)
    else:
        # Renaming would also replace a file that is not writable, and its owner may not want that.
        target.open("ab").close()
    descriptor, temporary = _create_file(target.parent, 0o600)
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        # Not before all is written, so that nobody reads what only its owner may read.
        temporary.chmod(stat.S_IMODE(mode))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _synchronize(target.parent)


def _create_file(folder: Path, mode: int) -> tuple[int, Path]:
    """Creates a file of a name that no other has, and opens it; returns descriptor and path."""
    path = folder / f".{os.urandom(8).hex()}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), mode), path


def _mode_of_new_file(folder: Path) -> int:
    """Returns the mode that a new file gets in a folder.

    An empty file shows it. To ask for the umask would change it for all threads for a moment.
    """
    descriptor, path = _create_file(folder, 0o666)
    try:
        try:
            return os.fstat(descriptor).st_mode
        finally:
            os.close(descriptor)
    finally:
        path.unlink()


def _synchronize(folder: Path) -> None:
    """Has a new name in a folder kept when the power fails, where the system can do that."""
    if hasattr(os, "O_DIRECTORY"):
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


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


def redirected_to() -> os.stat_result | None:
    """Returns the status of the file that standard output is; None for a terminal or a pipe."""
    try:
        status = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # closed, or not a file of the system
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def shows_color() -> bool:
    """Returns whether standard output is a terminal and colours are not switched off.

    `NO_COLOR` switches them off: https://no-color.org.
    """
    return sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
