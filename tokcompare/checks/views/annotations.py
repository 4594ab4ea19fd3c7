"""The result of a check as workflow commands, which GitHub shows beside the lines of files.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tokcompare.checks.results import CheckResult, Finding
from tokcompare.checks.views.table import verdict
from tokcompare.sources.document import SourceFile
from tokcompare.sources.storage import stored_file
from tokcompare.text import printable


def as_annotations(result: CheckResult, *, root: str | None = None) -> str:
    """Returns an annotation for each finding, and one for the result; one a line.

    Args:
        result: The result.
        root: The folder that GitHub names files from: that of the repository. None for the working
            directory.
    """
    return "".join(f"{line}\n" for line in _lines(result, root or os.curdir))


def _lines(result: CheckResult, root: str) -> Iterator[str]:
    for finding in result.findings:
        yield command("error", finding.message, **_properties(finding, root))
    yield command("notice", verdict(result), title="tokcompare")


def _properties(finding: Finding, root: str) -> dict[str, str]:
    properties = {}
    if finding.file is not None and (path := _path_from(finding.file, root)) is not None:
        properties["file"] = path
        if finding.line is not None:
            properties["line"] = str(finding.line)
    return {**properties, "title": f"tokcompare {finding.rule}"}


def _path_from(file: SourceFile, root: str) -> str | None:
    """Returns the path of a file from a folder on; None for a URL, or a file outside of it."""
    stored = stored_file(file.path)
    if not stored.is_local:
        return None
    # Links to folders are followed, and one to a file is not: it is in the repository itself.
    folder, name = os.path.split(file.path)
    path = Path(os.path.realpath(folder or os.curdir), name)
    try:
        return path.relative_to(os.path.realpath(root)).as_posix()
    except ValueError:
        return None


def command(name: str, message: str, **properties: str) -> str:
    r"""Returns a workflow command, escaped as GitHub's runner reads it.

    >>> command("error", "100% of\n", file="a,b:c.md", line="3")
    '::error file=a%2Cb%3Ac.md,line=3::100%25 of\\n'
    """
    shown = ",".join(f"{key}={_escape(value)}" for key, value in properties.items())
    # What a terminal or a log could take for a control character is shown as an escape.
    return f"::{name}{' ' if shown else ''}{shown}::{_escape_data(printable(message))}"


def _escape_data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape(text: str) -> str:
    return _escape_data(text).replace(":", "%3A").replace(",", "%2C")
