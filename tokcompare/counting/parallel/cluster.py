"""A cluster: the units of a plan are counted by Dask's workers, and the parts merged in a tree.

Nothing is known here of how anything is counted: a worker calls `count_unit`, and two parts are
merged as they are on one machine. A worker that is lost costs time and no number: Dask has its
units counted again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from uuid import uuid4

from tokcompare.counting.parallel.local import Advance, Progress
from tokcompare.counting.parallel.plan import UNIT, WorkUnit, count_unit, plan, sizes_of
from tokcompare.counting.parts import Part, Task, add_parts
from tokcompare.errors import ClusterError
from tokcompare.sources.source import Source

RETRIES = 3
"""How often a unit is counted again whose worker was lost, or that failed."""

LEAST_UNIT = 1 << 22
"""How many bytes a unit has at the least: fewer are not worth a task."""

_UNITS_EACH = 4
"""How many units there are for each worker at the least, if they are large enough."""

_AT_ONCE = 16
"""How many parts are merged at a time."""


def count_on_cluster(
    source: Source, task: Task, address: str, *, progress: Progress | None = None
) -> tuple[Part, str]:
    """Returns what has been counted of a source on a cluster, and the engine that was used.

    Args:
        source: The source; every worker must be able to read it under the same names.
        task: What is counted.
        address: The scheduler's ("tcp://host:8786"), or "local" or "local:N" for a cluster of N
            processes on this machine.
        progress: What is called when a unit is done; None for nothing.

    Raises:
        ClusterError: The cluster cannot be reached, or a unit was lost for good.
        SourceError: A file cannot be read, or a record, if the task stops there.
    """
    task = task.for_many()
    size = sum(sizes_of(source))  # what no worker could read is refused before anybody is called
    with _connect(address) as (client, dask_version):
        units = plan(source, unit=_size_of_unit(size, client))
        if not units:
            return Part(), task.engine_in_use
        # Others may count on the same scheduler, and to Dask the same key is the same work.
        run = uuid4().hex
        named = {f"count-{run}-{place}": unit for place, unit in enumerate(units)}
        futures = client.map(
            count_unit,
            units,
            key=list(named),
            task=task,
            reading=source.reading,
            retries=RETRIES,
            pure=False,
        )
        merged = _merge(client, futures)
        try:
            if progress is not None:
                _watch(futures, units, progress)
            del futures
            part: Part = merged.result()
        except Exception as error:
            raise _explain(error, named) from error
    if task.stops and part.rejections.number:
        raise part.rejections.first[0]
    engine = ",".join(filter(None, [f"dask {dask_version}", task.engine_in_use]))
    return part, engine


@contextmanager
def _connect(address: str) -> Iterator[tuple[Any, str]]:
    try:
        distributed: Any = import_module("distributed")
        dask: Any = import_module("dask")
    except ImportError as error:
        raise ClusterError(
            "For a cluster, Dask is needed, here and on its workers: pip install 'tokcompare[dask]'"
        ) from error
    if address.partition(":")[0] == "local":
        local = re.fullmatch(r"local(?::([1-9]\d*))?", address)
        if local is None:
            raise _unreachable(address, "there is no such number of processes")
        options = {
            "n_workers": int(local[1]) if local[1] else None,
            "threads_per_worker": 1,
            "dashboard_address": "127.0.0.1:0",
            # What goes wrong is an error here; workers need not say so, too.
            "silence_logs": logging.CRITICAL,
        }
        # A worker is given a unit when it has none, so that none is lost with another.
        with (
            dask.config.set({"distributed.scheduler.worker-saturation": 1.0}),
            distributed.LocalCluster(**options) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client, dask.__version__
        return
    try:
        client = distributed.Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise _unreachable(address, str(error)) from error
    with client:
        yield client, dask.__version__


def _unreachable(address: str, reason: str) -> ClusterError:
    return ClusterError(
        f"The cluster {address!r} cannot be reached: {reason}. An address is that of a scheduler "
        "(tcp://host:8786), or local or local:N for N processes here."
    )


def _size_of_unit(size: int, client: Any) -> int:
    """Returns how many bytes of so many a unit should have, so that there are some for everyone."""
    workers = max(1, len(client.nthreads()))
    return min(UNIT, max(size // (_UNITS_EACH * workers), LEAST_UNIT))


def _merge(client: Any, futures: list[Any]) -> Any:
    """Returns the future of all parts merged, in their order."""
    while len(futures) > 1:
        futures = [
            client.submit(add_parts, futures[start : start + _AT_ONCE], retries=RETRIES, pure=False)
            for start in range(0, len(futures), _AT_ONCE)
        ]
    return futures[0]


def _watch(futures: list[Any], units: list[WorkUnit], progress: Progress) -> None:
    """Shows how much has been counted until all is, in whichever order units are."""
    as_completed: Any = import_module("distributed").as_completed
    sizes = {future.key: unit.size for future, unit in zip(futures, units, strict=True)}
    done = 0
    for future in as_completed(futures):
        done += sizes[future.key]
        progress(Advance(files=0, position=done, text=done, documents=0))


def _explain(error: Exception, named: dict[str, WorkUnit]) -> Exception:
    """Returns the error that says which unit was lost, if that is what happened."""
    killed: Any = import_module("distributed").KilledWorker
    unit = named.get(str(getattr(error, "task", "")))
    if isinstance(error, killed) and unit is not None:
        return ClusterError(
            f"The unit of work {unit}, or one that waited for the same worker, was lost "
            f"{RETRIES + 1} times with the worker that counted it: it may need more memory than a "
            "worker has. Nothing is reported."
        )
    return error
