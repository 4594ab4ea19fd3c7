"""Progress: how far a run is and how fast, on standard error, for people who wait.

Nothing is shown unless standard error is a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate

from tokcompare.counting.parallel.local import Advance, Progress
from tokcompare.sources.source import Source
from tokcompare.sources.storage import stored_file


@contextmanager
def show_progress(source: Source, *, hidden: bool = False) -> Iterator[Progress | None]:
    """Shows the progress of a run over a source while it goes on.

    How far it is, is how much of the files has been read as they stand on disk, compressed or not;
    how fast, is how much text has been counted. Nothing is shown of the first second.

    Args:
        source: What is counted.
        hidden: Whether to show nothing.
    """
    if hidden or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]
        # Its monitor would be a thread, and a process of several threads must not be forked.
        monitor_interval = 0

    sizes = [stored_file(file.path).size() for file in source.files]
    before = list(accumulate((size or 0 for size in sizes), initial=0))
    total = None if None in sizes else before[-1]
    known = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
    with Bar(
        total=total,
        unit="B",
        unit_scale=True,
        dynamic_ncols=True,
        leave=False,
        file=sys.stderr,
        delay=1,
        bar_format=known if total is not None else "{n_fmt} [{elapsed}{postfix}]",
    ) as bar:

        def show(advance: Advance) -> None:
            speed = advance.text / max(bar.format_dict["elapsed"], 1e-9) / 1e6
            documents = f"{advance.documents:,} documents, " if advance.documents else ""
            bar.set_postfix_str(f"{documents}{speed:.0f} MB/s", refresh=False)
            start = before[advance.files]
            position = advance.text if advance.position is None else start + advance.position
            bar.update(max(0, position - bar.n))

        yield show
