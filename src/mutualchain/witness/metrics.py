"""Counters in Prometheus's text format 0.0.4."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from .core import Seen

__all__ = ["CONTENT_TYPE", "Metrics"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """What a witness counts. Each number has one writing thread, so nothing is locked."""

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, int]] = Counter()
        self._commits = 0
        self._swaps = 0

    def answered(self, endpoint: str, status: int) -> None:
        """Count an answer; called by the event loop only."""
        self._answers[endpoint, status] += 1

    def committed(self, swaps: int) -> None:
        """Count a durable commit; called by the committing thread only."""
        self._commits += 1
        self._swaps += swaps

    def text(self, seen: Mapping[str, Seen], logs: int) -> str:
        """All of it, with the state of each log (``seen``) and the number of logs known."""
        lines = [
            *_head("requests_total", "counter", "Answers, by endpoint and HTTP status."),
            *(
                f'mutualchain_witness_requests_total{{endpoint="{endpoint}",status="{status}"}} {count}'
                for (endpoint, status), count in sorted(self._answers.items())
            ),
            *_head("commits_total", "counter", "Durable commits of the state."),
            f"mutualchain_witness_commits_total {self._commits}",
            *_head("swaps_total", "counter", "Checkpoints in those commits."),
            f"mutualchain_witness_swaps_total {self._swaps}",
            *_head("logs", "gauge", "Logs that this witness knows."),
            f"mutualchain_witness_logs {logs}",
            *_head("log_size", "gauge", "Leaves in the newest checkpoint cosigned."),
            *(f"mutualchain_witness_log_size{_origin(name)} {state.size}" for name, state in sorted(seen.items())),
            *_head("log_time_seconds", "gauge", "When the newest checkpoint was cosigned, in seconds since 1970."),
            *(
                f"mutualchain_witness_log_time_seconds{_origin(name)} {state.time}"
                for name, state in sorted(seen.items())
            ),
        ]
        return "".join(f"{line}\n" for line in lines)


def _head(name: str, kind: str, text: str) -> tuple[str, str]:
    return f"# HELP mutualchain_witness_{name} {text}", f"# TYPE mutualchain_witness_{name} {kind}"


def _origin(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{{origin="{escaped}"}}'
