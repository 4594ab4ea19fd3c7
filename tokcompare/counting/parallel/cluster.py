"""A cluster: Dask's workers count the shards of a plan, and the parts are added in a tree.

A worker calls `count_shard`, and parts are added as they are on one machine. A lost worker costs
time and changes no number: Dask has its shards counted again.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any
from uuid import uuid4

from tokcompare.counting.parallel.local import Progress, ProgressUpdate
from tokcompare.counting.parallel.plan import SHARD, Shard, count_shard, plan, sizes_of
from tokcompare.counting.parallel.workers import most_workers
from tokcompare.counting.parts import Part, add_parts
from tokcompare.counting.spec import CountSpec
from tokcompare.errors import ClusterError
from tokcompare.files import hide_secrets, is_url, without_secrets
from tokcompare.sources.source import Source

RETRIES = 3
"""How often a shard is counted again after it failed or its worker was lost."""

LEAST_SHARD = 1 << 22
"""How many bytes a shard has at least: fewer are not worth a task."""

_SHARDS_EACH = 4
"""How many shards there are for each worker at least, if they are large enough."""

_AT_ONCE = 16
"""How many parts are added at a time."""


def count_on_cluster(
    source: Source, spec: CountSpec, address: str, *, progress: Progress | None = None
) -> tuple[Part, str]:
    """Counts a source on a cluster, and returns the counts and the engine that was used.

    Args:
        source: The source; every worker must be able to read it under the same names.
        spec: How it is counted.
        address: The scheduler's ("tcp://host:8786"), or "local" or "local:N" for a cluster of N
            processes on this machine.
        progress: Called when a shard is counted; None for no call.

    Raises:
        ClusterError: The cluster cannot be reached, or a shard was lost for good.
        SourceError: A file cannot be read, or a record, if the specification stops there.
    """
    spec = spec.for_large()
    size = sum(sizes_of(source))  # refuses files that no worker can read, before it connects
    with _connect(address) as (client, dask_version):
        shards = plan(source, size=_size_of_shard(size, client))
        if not shards:
            return Part(), spec.engine_in_use
        # Others may count on the same scheduler, and to Dask the same key is the same work.
        run = uuid4().hex
        named = {f"count-{run}-{place}": shard for place, shard in enumerate(shards)}
        futures = client.map(
            count_shard,
            shards,
            key=list(named),
            spec=spec,
            retries=RETRIES,
            pure=False,
        )
        total = _add(client, futures)
        try:
            if progress is not None:
                _watch(futures, shards, progress)
            del futures
            part: Part = total.result()
        except Exception as error:
            raise _explain(error, named) from error
    if spec.stop_on_error and part.rejections.number:
        raise part.rejections.first[0]
    engine = ",".join(filter(None, [f"dask {dask_version}", spec.engine_in_use]))
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
        options = {
            "n_workers": _processes_here(address),
            "threads_per_worker": 1,
            "dashboard_address": "127.0.0.1:0",
            # Errors are raised here; workers need not log them too.
            "silence_logs": logging.CRITICAL,
        }
        # A worker gets a shard when it has none, so that no shard is lost with another.
        with (
            _environment_of_workers(),
            dask.config.set({"distributed.scheduler.worker-saturation": 1.0}),
            _start_here(distributed, address, options) as cluster,
            distributed.Client(cluster) as client,
        ):
            yield client, dask.__version__
        return
    try:
        client = distributed.Client(address, timeout=10)
    except (OSError, ValueError) as error:
        failure = _unreachable(address, str(error))
    else:
        with client:
            yield client, dask.__version__
        return
    # Not in the handler: the error that it comes from may have a password of the address.
    raise failure


def _start_here(distributed: Any, address: str, options: dict[str, Any]) -> Any:
    try:
        return distributed.LocalCluster(**options)
    except Exception as error:  # Dask raises RuntimeError, TimeoutError or OSError.
        reason = str(error.__cause__ or error).rstrip(".")
        raise ClusterError(
            f"The cluster {address!r} cannot be started: {reason}. In a script, call compare under "
            "if __name__ == '__main__':, because each process imports the script."
        ) from error


def _processes_here(address: str) -> int | None:
    """Returns the number of processes that an address asks for; None if it asks for none.

    Raises:
        ClusterError: It is no number, or too large.
    """
    local = re.fullmatch(r"local(?::([1-9][0-9]*))?", address)
    if local is None:
        raise _unreachable(address, "there is no such number of processes")
    most = most_workers()
    if local[1] and (len(local[1]) > 9 or int(local[1]) > most):
        raise _unreachable(address, f"on the cores of this machine at most {most} processes start")
    return int(local[1]) if local[1] else None


@contextmanager
def _environment_of_workers() -> Iterator[None]:
    """Has no process started that looks for modules in the working directory.

    That folder may hold data from anywhere, and a process that Python spawns looks there first.
    Python has no other way to tell it than the environment, which Dask changes too. At the end it
    is as it was.
    """
    before = dict(os.environ)
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


def _unreachable(address: str, reason: str) -> ClusterError:
    url = address if is_url(address) else f"tcp://{address}"
    shown = without_secrets(url) if is_url(address) else without_secrets(url).partition("://")[2]
    return ClusterError(
        f"The cluster {shown!r} cannot be reached: "
        f"{hide_secrets(reason, of=url)}. Give the address of a scheduler "
        "(tcp://host:8786), or local or local:N for N processes here."
    )


def _size_of_shard(size: int, client: Any) -> int:
    """Returns how many bytes a shard should have, so that every worker gets several."""
    workers = max(1, len(client.nthreads()))
    return min(SHARD, max(size // (_SHARDS_EACH * workers), LEAST_SHARD))


def _add(client: Any, futures: list[Any]) -> Any:
    """Returns the future of the sum of all parts, in their order."""
    while len(futures) > 1:
        futures = [
            client.submit(add_parts, futures[start : start + _AT_ONCE], retries=RETRIES, pure=False)
            for start in range(0, len(futures), _AT_ONCE)
        ]
    return futures[0]


def _watch(futures: list[Any], shards: list[Shard], progress: Progress) -> None:
    """Reports progress until all shards are counted, in any order."""
    as_completed: Any = import_module("distributed").as_completed
    sizes = {future.key: shard.size for future, shard in zip(futures, shards, strict=True)}
    done = 0
    for future in as_completed(futures):
        done += sizes[future.key]
        progress(ProgressUpdate(files=0, position=done, text=done, documents=0))


def _explain(error: Exception, named: dict[str, Shard]) -> Exception:
    """Returns an error that names the shard, if a shard was lost."""
    killed: Any = import_module("distributed").KilledWorker
    shard = named.get(str(getattr(error, "task", "")))
    if isinstance(error, killed) and shard is not None:
        return ClusterError(
            f"The shard {shard}, or one that waited for the same worker, was lost "
            f"{RETRIES + 1} times with the worker that counted it: it may need more memory than a "
            "worker has. Nothing is reported."
        )
    return error
