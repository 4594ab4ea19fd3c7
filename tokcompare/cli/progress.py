"""Shows progress on standard error: how much of the input has been read, and how fast.

Nothing is shown unless standard error is a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate

from tokcompare.counting.parallel.local import Progress, ProgressUpdate
from tokcompare.sources.source import Source
from tokcompare.sources.storage import stored_file


@contextmanager
def show_progress(source: Source, *, hidden: bool = False) -> Iterator[Progress | None]:
    """Shows a progress bar while a source is counted.

    The bar is the share of the files' bytes, as they are on disk, that has been read. The speed is
    that of the decompressed text. Nothing is shown during the first second.

    Args:
        source: The source that is counted.
        hidden: Whether to show nothing.

    Yields:
        A function to call with the progress; None if nothing is shown.
    """
    if hidden or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg]
        # tqdm's monitor is a thread, and a process with several threads must not be forked.
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

        def show(update: ProgressUpdate) -> None:
            speed = update.text / max(bar.format_dict["elapsed"], 1e-9) / 1e6
            documents = f"{update.documents:,} documents, " if update.documents else ""
            bar.set_postfix_str(f"{documents}{speed:.0f} MB/s", refresh=False)
            start = before[update.files]
            position = update.text if update.position is None else start + update.position
            bar.update(max(0, position - bar.n))

        yield show
