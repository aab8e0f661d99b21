"""Work on buckets in other processes, on this machine or others that see the same files (dask.distributed)."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from analytics.bucket import Bucket, BucketAccount, build_bucket
from analytics.build import Work
from analytics.errors import UsageError

ATTEMPTS = 3
"""So often a bucket is tried again when the process that worked on it is gone."""

CONNECT_SECONDS = 15


@contextmanager
def open_cluster(address: str) -> Generator[Work]:
    """Yield what works on buckets at a dask scheduler, one bucket a task.

    The workers run the same version of this software and see the source's store under the same path. A
    bucket appears whole or not at all, so a worker that is killed loses nothing: another one does its bucket.

    Parameters
    ----------
    address
        Of the scheduler, for example ``tcp://10.0.0.5:8786``.

    Raises
    ------
    UsageError
        If dask is not installed, or nobody answers at the address.
    """
    try:
        connect: Any = import_module("distributed").Client  # an extra: without it there are no types to check
    except ImportError:
        raise UsageError(
            "Working on a cluster needs dask, which is not installed.", "", "Install lutetia[cluster]."
        ) from None
    try:
        client = connect(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"No scheduler answers ({error}).", address, "Start one with «dask scheduler» and workers beside it."
        ) from None

    def work(buckets: Iterator[Bucket]) -> Iterator[tuple[BucketAccount, bool]]:
        tasks = [client.submit(build_bucket, bucket, pure=False, retries=ATTEMPTS) for bucket in buckets]
        for task in tasks:
            yield task.result()
            task.release()

    with client:
        yield work
