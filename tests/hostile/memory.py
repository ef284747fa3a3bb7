"""A bound on memory while hostile data is read: what would pass it raises MemoryError, which no test allows."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

__all__ = ["bounded", "peak_mb"]

MB: Final = 1 << 20


@contextmanager
def bounded(megabytes: int) -> Iterator[None]:
    """Inside, the process may take so many MiB of address space more than it has now; Linux alone holds it to that."""
    if sys.platform != "linux":
        yield
        return
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + megabytes * MB, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def peak_mb() -> float:
    """The most memory that this process ever held, in MiB; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0.0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
