"""Jobs in a few threads, no more of them waiting than memory has room for; the first that fails stops the rest."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

__all__ = ["Work"]


class Work:
    """Threads for writing, syncing and compressing, which let go of Python's lock. A context manager."""

    def __init__(self, threads: int | None = None) -> None:
        count = threads or min(8, 2 + (os.cpu_count() or 1))
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="publish")
        self._most = 2 * count
        self._waiting: deque[Future[Any]] = deque()

    def do(self, job: Callable[..., Any], *args: Any) -> Future[Any]:
        """Have a job done; waits while too many are under way. Raises what an earlier one raised."""
        if len(self._waiting) >= self._most:
            self._waiting.popleft().result()
        future = self._pool.submit(job, *args)
        self._waiting.append(future)
        return future

    def finish(self) -> None:
        """Wait for all. Raises what the first of them that failed raised."""
        while self._waiting:
            self._waiting.popleft().result()

    def __enter__(self) -> Work:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._waiting.clear()
