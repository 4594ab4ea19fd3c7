"""Targets: the files that a command will write, checked before anything is read."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tokcompare.errors import OutputError
from tokcompare.files import find_same, identity_of_status, without_secrets
from tokcompare.output import check_checkpoint, check_writable, find_input, redirected_to

if TYPE_CHECKING:
    from tokcompare.sources.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The files that a command will write.

    Attributes:
        output: The path of the output; None for standard output.
        checkpoint: The path of the checkpoint; None for none.
    """

    output: str | None
    checkpoint: str | None = None

    @staticmethod
    def of(
        output: str | None,
        *,
        checkpoint: str | None = None,
        inputs: Iterable[str | None] = (),
    ) -> Targets:
        """Checks the files that a command will write, and returns them.

        Args:
            output: The path of the output; None or "-" for standard output.
            checkpoint: The path of the checkpoint; None for none.
            inputs: The names of sources, and the paths of other files that the command reads.

        Raises:
            OutputError: The output cannot be written, or is an input or the checkpoint.
            CheckpointError: The checkpoint is an input.
        """
        targets = Targets(output=None if output == "-" else output, checkpoint=checkpoint)
        if targets.output is not None:
            check_writable(targets.output)
            if checkpoint is not None and find_same(targets.output, [checkpoint]) is not None:
                raise OutputError(
                    f"The output {without_secrets(targets.output)!r} and the checkpoint "
                    f"{without_secrets(checkpoint)!r} are the same file; name two files."
                )
        targets.check_inputs(_local_inputs(filter(None, inputs)))
        return targets

    def check_source(self, source: Source) -> Source:
        """Returns the source without a file that is empty because it is standard output.

        Raises:
            OutputError: The output is one of the files of the source.
            CheckpointError: The checkpoint is.
        """
        status = redirected_to() if self.output is None else None
        if status is not None and not status.st_size:
            # The shell made it for the output, in a folder that is counted.
            inputs = [_local_inputs([file.path]) for file in source.files]
            own = [identity_of_status(status) in each for each in inputs]
            if any(own) and not all(own):
                files = [file for file, is_own in zip(source.files, own, strict=True) if not is_own]
                name = source.files[own.index(True)].name
                note = f"{name!r} is left out: standard output is redirected to it."
                source = replace(source, files=tuple(files), notes=(*source.notes, note))
        self.check_inputs(_local_inputs(file.path for file in source.files))
        return source

    def check_inputs(self, inputs: Mapping[Hashable, str]) -> None:
        """Checks that no input would be lost.

        Args:
            inputs: The names of the inputs, by their keys: see `files.identity_of_file`.

        Raises:
            OutputError: The output is one of them.
            CheckpointError: The checkpoint is.
        """
        if self.checkpoint is not None:
            check_checkpoint(self.checkpoint, inputs)
        if self.output is not None:
            if (name := find_input(self.output, inputs)) is not None:
                raise OutputError(
                    f"The output {without_secrets(self.output)!r} is also the input {name!r}, "
                    "which would be lost; name another file."
                )
        elif (status := redirected_to()) is not None and (
            name := inputs.get(identity_of_status(status))
        ) is not None:
            raise OutputError(
                f"Standard output is redirected to {name!r}, which is also an input; redirect it "
                "to another file."
            )


def _local_inputs(names: Iterable[str]) -> dict[Hashable, str]:
    """Returns the local files and folders of some names, by their keys."""
    names = list(names)
    if not names:
        return {}
    # Imported only for files: saves start time.
    from tokcompare.sources.paths import local_inputs

    return local_inputs(names)
